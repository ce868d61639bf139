"""On a GPU every kernel must be told before the first one to give the same bits each time."""

import os

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

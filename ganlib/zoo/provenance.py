"""Where a recorded result comes from: the code that made it, the machine, the versions, the day."""

import ast
import datetime
import hashlib
import inspect
import os
import platform
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import numpy
import torch

import ganlib


def fingerprint(*source: Any) -> str:
    """A hash of code alone: comments, docstrings and layout may change without a new run.

    Parameters
    ----------
    *source : function, class or module. All that decides the result.

    Returns
    -------
    str. Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in source:
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                node.value = ast.Constant("")
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:16]


def circumstances(device: torch.device | str = "cpu") -> dict[str, Any]:
    """What to note beside a result: commit, device, processor, threads, versions and time.

    Parameters
    ----------
    device : torch.device or str. Where it was computed.

    Returns
    -------
    dict. For JSON. `commit` is the one the working tree stood on, None outside a repository: there, as on a machine
        that is lent without one, the environment variable GANLIB_COMMIT may name it.
    """
    device = torch.device(device)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "ganlib": ganlib.__version__,
        },
        "commit": os.environ.get("GANLIB_COMMIT") or _commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str | None:
    command = ["git", "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def processor() -> str:
    """The processor's name, as far as the system tells.

    Returns
    -------
    str. Such as "AMD EPYC".
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())

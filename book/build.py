"""Build the book into `book/_build/html`, from scratch and in seconds; any warning fails: `python book/build.py`."""

import shutil
import subprocess
import sys
from pathlib import Path

import figures

BOOK = Path(__file__).parent
OUT = BOOK / "_build"
SECONDS = 600


def main() -> int:
    """Build, and return the exit status."""
    for stale in ("html", "doctrees", "jupyter_execute"):
        shutil.rmtree(OUT / stale, ignore_errors=True)
    try:
        figures.landing(OUT)
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    options = ["-b", "html", "-d", OUT / "doctrees", "-q", "-W", "--keep-going", "-n"]
    return subprocess.run([sys.executable, "-m", "sphinx", *options, BOOK, OUT / "html"], timeout=SECONDS).returncode


if __name__ == "__main__":
    raise SystemExit(main())

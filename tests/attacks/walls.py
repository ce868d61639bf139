"""Whether to run what needs the sandbox: said once, and printed as the reason of every test that is left out.

These tests fight the machine they run on: they fill memory, fork, flood and wait for limits. So they have a command of
their own, `make attacks`.
"""

import functools
import os

import pytest

from ganlib.grading import sandbox


@functools.cache
def missing() -> str:
    """Why not, in one sentence; empty where they are to run."""
    if "GANLIB_ATTACKS" not in os.environ:
        return "`make attacks` runs what needs the sandbox, in some minutes"
    try:
        sandbox.preflight(sandbox.Limits(memory=1 << 30, processes=40, file_size=16 << 20))
    except sandbox.Unsafe as refusal:
        return str(refusal)
    return ""


boxed = pytest.mark.skipif(bool(missing()), reason=missing() or "the sandbox works here")

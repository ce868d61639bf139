"""Whether this machine can build the sandbox: said once, and printed as the reason of every test that is left out."""

import functools

import pytest

from ganlib.grading import sandbox


@functools.cache
def missing() -> str:
    """Why not, in one sentence; empty where it can."""
    try:
        sandbox.preflight(sandbox.Limits(memory=1 << 30, processes=40, file_size=16 << 20))
    except sandbox.Unsafe as refusal:
        return str(refusal)
    return ""


boxed = pytest.mark.skipif(bool(missing()), reason=missing() or "the sandbox works here")

"""Whether to run what needs the sandbox: said once, and printed as the reason of every test that is left out.

These tests fight the machine they run on: they fill memory, fork, flood and wait for limits. So they have a command of
their own, `make attacks`. Whoever asks for them gets them: where the sandbox does not work, they fail.
"""

import functools
import os

import pytest

from ganlib.grading import sandbox

LEFT_OUT = "`make attacks` runs what needs the sandbox (Linux with bubblewrap), in some minutes"


@functools.cache
def missing() -> str:
    """Why not, in one sentence; empty where they are to run."""
    if "GANLIB_ATTACKS" not in os.environ:
        return LEFT_OUT
    try:
        sandbox.preflight(sandbox.Limits(memory=1 << 30, processes=40, file_size=16 << 20))
    except sandbox.Unsafe as refusal:
        pytest.fail(f"what needs the sandbox cannot be tested here: {refusal}", pytrace=False)
    return ""


MARKS = [pytest.mark.sandbox, pytest.mark.skipif(bool(missing()), reason=missing() or "it works here")]


def boxed(test):
    """Mark a test as one that needs the sandbox, by which `make attacks` finds it."""
    for mark in MARKS:
        test = mark(test)
    return test

"""Recorded runs: what the recipes made, kept with its scores and its provenance, and checked when it is read."""

from ganlib.zoo.judges import Judge, judge
from ganlib.zoo.runs import Run, load, run
from ganlib.zoo.storage import Record, fetch

__all__ = ["Judge", "Record", "Run", "fetch", "judge", "load", "run"]

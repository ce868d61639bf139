"""How a chapter becomes a notebook, how an answer is checked, and how a statement in the text is held to.

What a chapter itself needs is small and loads no torch: `holds` and `close` for statements in the text, one function
per exercise in `ganlib.grading.exercises`, and `evaluate` for its hidden check. Everything else here runs when
notebooks are made or tested.
"""

from ganlib.grading.verdict import Verdict, check, close, evaluate, holds

__all__ = ["Verdict", "check", "close", "evaluate", "holds"]

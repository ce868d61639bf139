"""One submission's marks: its answers run in the box beside the pristine checks, and what the checks say is counted.

All questions are marked in one run, as the student ran them, hidden checks last. A question of which a check has no
verdict, because that run died or took too long, or of which a visible check failed without a word or a hidden one
alone, because an answer to another question broke what it uses, is marked again, alone, with the reference's answers to
the others: a mistake costs one question. A check passes only if there is a record that says so; where nothing is known,
nothing is gained.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from ganlib.grading import chapters
from ganlib.grading.chapters import question, role, where
from ganlib.grading.merge import merge
from ganlib.grading.needed import needed
from ganlib.grading.sandbox import Limits
from ganlib.grading.submission import Answer

Record = Mapping[str, object]
"""What the plugin writes about one cell."""

CHECKS = ("check", "hidden")
GRACE = 90.0  # seconds beyond the notebook's own, to start and to stop


class NotMarked(RuntimeError):
    """A notebook that could not be marked for a reason that is not the student's; its text says what to do."""


@dataclass(frozen=True)
class CellResult:
    """What became of one cell.

    Attributes
    ----------
    id : str
        The reference's id of the cell.
    q : str or None
        The question it belongs to.
    role : str
        Of `chapters.ROLES`.
    points : float
        Its weight among the checks of its question; 0 for a cell that is no check.
    passed : bool or None
        None when there is no verdict: the cell was not run to its end. That is never a pass.
    why : str
        What happened, for a person; it holds nothing of what was printed or expected.
    hint : str
        The line that a visible check printed about the answer.
    seconds : float
        Wall time.
    ended : str
        How the cell ended the run before its end: `crashed`, `timeout`, or empty.
    """

    id: str
    q: str | None
    role: str
    points: float
    passed: bool | None
    why: str = ""
    hint: str = ""
    seconds: float = 0.0
    ended: str = ""


@dataclass(frozen=True)
class QuestionMarks:
    """What an answer earned.

    Attributes
    ----------
    q : str
        The question.
    points, max : float
        Earned, and to be had.
    state : str
        `graded`; `missing` without an answer; `crashed` or `timeout` when its checks could not be run to the end.
    checks : tuple of CellResult
        Its checks, in order.
    """

    q: str
    points: float
    max: float
    state: str
    checks: tuple[CellResult, ...]


@dataclass(frozen=True)
class Marks:
    """What a submission earned.

    Attributes
    ----------
    questions : tuple of QuestionMarks
        In the chapter's order.
    safe : bool
        Whether the answers ran inside the walls.
    seconds : float
        Wall time of everything.
    runs : int
        1, and one more for each question that was marked alone.
    """

    questions: tuple[QuestionMarks, ...]
    safe: bool
    seconds: float
    runs: int

    @property
    def score(self) -> float:
        """Points of all questions.

        Returns
        -------
        float
            0 to `max`.
        """
        return sum(question.points for question in self.questions)

    @property
    def max(self) -> float:
        """Points that were to be had.

        Returns
        -------
        float
            Positive.
        """
        return sum(question.max for question in self.questions)


def mark(
    merged: NotebookNode, limits: Limits | None = None, *, safe: bool = True, workdir: Path | None = None
) -> list[CellResult]:
    """Run a merged notebook in a box and compare its checks.

    Parameters
    ----------
    merged : NotebookNode
        Pristine cells of an executed reference, answers in their places.
    limits : Limits, optional
        What it may use.
    safe : bool
        False to run it without walls, as any other notebook; `sandbox.preflight` is the caller's in the other case.
    workdir : Path, optional
        Where temporary files go, which hold the expected outputs; the system's place unless given.

    Returns
    -------
    list of CellResult
        One for each code cell, in order.

    Raises
    ------
    ValueError
        When a check has nothing to be compared with.
    NotMarked
        When the kernel does not start, or a cell of the reference fails before any answer.
    """
    limits = limits or Limits()
    cells = [cell for cell in merged.cells if cell.cell_type == "code"]
    for cell in cells:
        if role(cell) in CHECKS and not (cell.execution_count and any(map(_is_compared, cell.outputs))):
            raise ValueError(f"{where(cell)}: this check was not run in the reference, or shows nothing to compare")
    with tempfile.TemporaryDirectory(prefix="ganlib-", dir=workdir) as name:
        records, log = _compare(Path(name), merged, limits, safe)
    results = [_result(cell, records.get(cell.id)) for cell in cells]
    if not records:
        raise NotMarked(f"nothing was marked: is everything installed (ganlib[grading])? {log}")
    for cell, result in zip(cells, results):
        if role(cell) == "answer":
            break
        if not result.passed:
            raise NotMarked(f"{where(cell)} of the reference {result.why or 'was not run'} before any answer")
    return results


def mark_submission(
    reference: NotebookNode,
    answers: Mapping[str, Answer],
    limits: Limits | None = None,
    *,
    safe: bool = True,
    workdir: Path | None = None,
) -> Marks:
    """Mark the answers of a submission.

    Parameters
    ----------
    reference : NotebookNode
        The executed chapter, hidden checks included.
    answers : mapping of str to Answer
        By question.
    limits : Limits, optional
        What each run may use.
    safe : bool
        False to run without walls.
    workdir : Path, optional
        Where temporary files go.

    Returns
    -------
    Marks
        For every question of the chapter.

    Raises
    ------
    ValueError, NotMarked
        As `mark` does.
    """
    began = time.monotonic()
    results = mark(_brief(merge(reference, answers)), limits, safe=safe, workdir=workdir)
    asked = [cell for cell in reference.cells if cell.cell_type == "code" and role(cell) == "answer"]
    found: list[QuestionMarks] = []
    runs = 1
    for cell in asked:
        q, own = str(question(cell)), results
        if _blames_another(results, q):
            own = mark(_brief(merge(reference, answers, only=q)), limits, safe=safe, workdir=workdir)
            runs += 1
        ended = next((result.ended for result in own if result.ended), "")
        undecided = any(result.passed is None for result in _checks(own, q))
        state = "missing" if q not in answers else ended if undecided and ended else "graded"
        found.append(count(q, float(cell.metadata["course"].get("points", 1)), state, _checks(own, q)))
    return Marks(tuple(found), safe, time.monotonic() - began, runs)


def count(q: str, maximum: float, state: str, checks: Sequence[CellResult]) -> QuestionMarks:
    """Points of a question: its share of checks that passed, by their weights.

    Parameters
    ----------
    q : str
        The question.
    maximum : float
        What it is worth.
    state : str
        Of `QuestionMarks`.
    checks : sequence of CellResult
        Its checks.

    Returns
    -------
    QuestionMarks
        0 points when it has no check that weighs anything.
    """
    total = sum(check.points for check in checks)
    earned = sum(check.points for check in checks if check.passed is True)
    return QuestionMarks(q, round(maximum * earned / total, 6) if total else 0.0, maximum, state, tuple(checks))


def _brief(merged: NotebookNode) -> NotebookNode:
    """A merged notebook without the cells that its answers and their checks do not build on."""
    return NotebookNode({**merged, "cells": needed(merged.cells)})


def _checks(results: Sequence[CellResult], q: str) -> list[CellResult]:
    """The checks of a question."""
    return [result for result in results if result.q == q and result.role in CHECKS]


def _is_compared(output: NotebookNode) -> bool:
    """Whether an output holds text that nbval compares; it passes over pictures, HTML and stderr."""
    return bool(output.get("name") == "stdout" or "text/plain" in output.get("data", {}) or "ename" in output)


def _blames_another(results: Sequence[CellResult], q: str) -> bool:
    """Whether a question may go better alone: the first of its checks in doubt ran after answers to others.

    In doubt is a check without a verdict, a visible one that failed and said nothing about the answer, and a hidden one
    that failed where no visible one did.
    """
    seen = all(check.passed for check in _checks(results, q) if check.role == "check")
    company = False
    for result in results:
        company |= result.role == "answer" and result.q != q
        if result.q == q and result.role in CHECKS and result.passed is not True:
            said = bool(result.hint) if result.role == "check" else not seen
            if result.passed is None or not said:
                return company
    return False


def _result(cell: NotebookNode, record: Record | None) -> CellResult:
    """A cell and the record of it."""
    course = cell.metadata.get("course", {})
    points = float(course.get("points", 1)) if role(cell) in CHECKS else 0.0
    known = CellResult(cell.id, course.get("q"), role(cell), points, None, "was not run")
    if record is None or (str(record["why"]).startswith("was not run") and not record["ended"]):
        return known
    passed = None if record["ended"] else record["passed"] is True
    return CellResult(
        cell.id, course.get("q"), role(cell), points, passed,
        str(record["why"]), str(record["hint"]), float(str(record["seconds"])), str(record["ended"]),
    )  # fmt: skip


def _compare(
    folder: Path, merged: NotebookNode, limits: Limits, safe: bool
) -> tuple[dict[str, dict[str, object]], str]:
    """Run nbval on a notebook in a process of its own; its records by cell, and the end of what it said."""
    chapters.write(folder / "merged.ipynb", merged)
    records = folder / "records.jsonl"
    order = {"limits": asdict(limits), "safe": safe, "records": str(records), "parent": os.getpid()}
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), "-q", "--tb=line"]
    command += ["-p", "no:cacheprovider", "-p", "nbval.plugin", "-p", "ganlib.grading.marking_plugin", "--color=no"]
    command += ["--nbval", "--nbval-sanitize-with", str(Path(__file__).with_name("sanitize.cfg"))]
    command += ["--ganlib-marking", str(folder / "order.json"), str(folder / "merged.ipynb")]
    environment = {name: value for name, value in os.environ.items() if name not in ("GANLIB_SECRET", "PYTEST_ADDOPTS")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "TMPDIR": str(folder)}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            process.wait(limits.notebook_seconds + GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()  # and with it the box
            process.wait()
    lines = records.read_text(encoding="utf-8").split("\n")[:-1] if records.exists() else []
    said = (folder / "log").read_bytes()[-2000:].decode(errors="replace").strip()
    return {str(record["cell"]): record for record in map(json.loads, lines)}, said

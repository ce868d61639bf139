"""A result as the `results.json` that Gradescope reads from `/autograder/results`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganlib.grading.reports import feedback
from ganlib.grading.reports.results import Result, amount, write_bytes


def document(result: Result, seconds: float | None = None) -> dict[str, Any]:
    """One submission in Gradescope's format.

    Parameters
    ----------
    result : Result
        Of the submission.
    seconds : float, optional
        How long it took.

    Returns
    -------
    dict
        A test per question, whose output is the hint; all texts are plain. Flags are for instructors, in a test that
        students do not see.

    Notes
    -----
    Source: Gradescope's autograder specifications, section "Output format".
    """
    tests: list[dict[str, Any]] = [
        {
            "name": f"{question.q} {question.title}".strip(),
            "name_format": "text",
            "number": question.q.partition(".q")[2],
            "score": round(question.points, 6),
            "max_score": question.max,
            "status": "passed" if question.solved else "failed",
            "output": feedback.advice(question),
            "output_format": "text",
            "visibility": "visible",
        }
        for question in result.questions
    ]
    if result.flags:
        told = [f"{flag.q or 'submission'}, {flag.kind}: {flag.text}" for flag in result.flags]
        tests.append(
            {
                "name": "For the instructor",
                "name_format": "text",
                "output": "\n".join(told),
                "output_format": "text",
                "visibility": "hidden",
            }
        )
    found: dict[str, Any] = {
        "score": round(result.score, 6),
        "output": "\n".join(feedback.remarks(result)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"key": result.key, "grader": result.grader, "safe": result.safe, "max": amount(result.max)},
    }
    if seconds is not None:
        found["execution_time"] = round(seconds, 3)
    return found


def write(path: Path, result: Result, seconds: float | None = None) -> None:
    """Write a submission's file for Gradescope.

    Parameters
    ----------
    path : Path
        On Gradescope `/autograder/results/results.json`.
    result : Result
        Of the submission.
    seconds : float, optional
        How long it took.
    """
    text = json.dumps(document(result, seconds), ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, (text + "\n").encode())

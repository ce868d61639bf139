"""Marks of a class as JUnit XML, which every continuous-integration service shows: a suite per submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from ganlib.grading.reports import feedback
from ganlib.grading.reports.results import Question, Result, amount, printable


def export(results: Sequence[Result], seconds: Mapping[tuple[str, str], float] | None = None) -> bytes:
    """Marks as JUnit XML.

    Parameters
    ----------
    results : sequence of Result
        Of one chapter or several.
    seconds : mapping of (str, str) to float, optional
        How long each took, by chapter and label.

    Returns
    -------
    bytes
        UTF-8. A suite per submission, a case per question: a failure when points are missing, an error when the answer
        crashed, did not end or is absent. No case is ever skipped, since many readers count that as passed.
    """
    root = ET.Element("testsuites", name="marks")
    total = {"tests": 0, "failures": 0, "errors": 0}
    for result in results:
        time = (seconds or {}).get((result.chapter, result.label), 0.0)
        suite = ET.SubElement(root, "testsuite", name=_text(f"{result.chapter}: {result.who}"))
        count = {
            "tests": len(result.questions),
            "failures": sum(question.state == "graded" and not question.solved for question in result.questions),
            "errors": sum(question.state != "graded" for question in result.questions),
        }
        for name, number in count.items():
            suite.set(name, str(number))
            total[name] += number
        suite.set("skipped", "0")
        suite.set("time", f"{time:.3f}")
        facts = {"score": amount(result.score), "max": amount(result.max), "file": result.file, "key": result.key}
        _properties(suite, {**facts, "safe": str(result.safe).lower(), "late": str(result.late).lower()})
        for question in result.questions:
            _case(suite, result, question)
    for name, number in total.items():
        root.set(name, str(number))
    ET.indent(root, " ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _case(suite: ET.Element, result: Result, question: Question) -> None:
    """One question of one submission."""
    name = _text(f"{question.q} {question.title}".strip())
    case = ET.SubElement(suite, "testcase", classname=_text(f"{result.chapter}.{result.label}"), name=name, time="0")
    _properties(case, {"points": amount(question.points), "max": amount(question.max)})
    if question.state != "graded":
        ET.SubElement(case, "error", type=question.state, message=_text(feedback.advice(question)))
    elif not question.solved:
        ET.SubElement(case, "failure", type="points", message=_text(feedback.advice(question)))


def _properties(parent: ET.Element, values: Mapping[str, str]) -> None:
    """Names and values that JUnit has no attribute for."""
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))


def _text(text: str) -> str:
    """A text that XML can hold."""
    return printable(text)

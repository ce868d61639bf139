"""Marks for the import of Moodle's gradebook: grade and feedback side by side, since one without the other is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ganlib.grading.reports import feedback, tables
from ganlib.grading.reports.results import Result, amount

IDENTIFIERS = ("useridnumber", "useremail", "username")


@dataclass(frozen=True)
class Written:
    """A file for Moodle.

    Attributes
    ----------
    content : bytes
        CSV, in UTF-8.
    by : str
        What its first column is to be mapped to in Moodle.
    strangers : tuple of str
        Files that are left out because nobody knows whose they are.
    """

    content: bytes
    by: str
    strangers: tuple[str, ...]


def export(results: Sequence[Result], *, by: str | None = None) -> Written:
    """Marks and feedback of a class.

    Parameters
    ----------
    results : sequence of Result
        Of one chapter or several.
    by : str, optional
        One of `IDENTIFIERS`: what identifies students. Otherwise `useremail` when every identifier has an `@`, and
        `useridnumber` when none has.

    Returns
    -------
    Written
        One line per student, and two columns per chapter. Identifiers stand as they are, since Moodle tells capitals
        from small letters. A chapter without a result has `-`, which Moodle reads as no grade.

    Raises
    ------
    ValueError
        In one sentence, when some identifiers are addresses and others are not, an identifier looks like a formula, a
        student has two results in a chapter, or there is nobody.
    """
    known = [result for result in results if result.student is not None]
    students = sorted({result.student for result in known if result.student is not None})
    if not students:
        raise ValueError("no submission has a known student: grade with a roster that says whose files they are")
    if by is None:
        addresses = sum("@" in student for student in students)
        if addresses not in (0, len(students)):
            other = next(student for student in students if "@" not in student)
            raise ValueError(f"some students are known by an e-mail address and {other!r} is not: use one kind of name")
        by = "useremail" if addresses else "useridnumber"
    if by not in IDENTIFIERS:
        raise ValueError(f"Moodle knows no {by!r}: use one of {', '.join(IDENTIFIERS)}")
    chapters = sorted({result.chapter for result in known})
    cells: dict[tuple[str, str], Result] = {}
    for result in known:
        where = (result.student or "", result.chapter)
        if where in cells:
            raise ValueError(f"there are two results of {where[0]!r} in {where[1]}: remove one")
        cells[where] = result
    rows = [[by] + [f"{chapter}{suffix}" for chapter in chapters for suffix in ("", " (feedback)")]]
    for student in students:
        if tables.defused(student) != student:
            raise ValueError(f"the student {student!r} is called like a formula: correct the roster")
        row = [student]
        for chapter in chapters:
            found = cells.get((student, chapter))
            row += ["-", ""] if found is None else [amount(found.score), comment(found)]
        rows.append(row)
    strangers = tuple(sorted(result.file for result in results if result.student is None))
    return Written(tables.write(tables.Table(rows)), by, strangers)


def comment(result: Result) -> str:
    """What a student reads beside the mark.

    Parameters
    ----------
    result : Result
        Of one submission.

    Returns
    -------
    str
        One line per question. Moodle shows it as HTML, so nothing in it is markup.
    """
    return "<br>".join(escape(line) for line in feedback.lines(result))

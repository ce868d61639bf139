"""Marks into a gradebook that Canvas has exported: only the chapter's own column changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganlib.grading.reports import tables
from ganlib.grading.reports.results import Result, amount

IDENTIFIERS = ("sis login id", "email", "e-mail", "email address", "sis user id", "integration id", "id")
FIXED = (*IDENTIFIERS, "student", "lastname", "firstname", "section", "root account", "notes")

_COMPUTED = re.compile(r"(current|final|override) (score|points|grade|status)\b", re.IGNORECASE)
_KEPT = ("ex", "n/a")  # excused, and not assigned: a person has decided


@dataclass(frozen=True)
class Filled:
    """A gradebook with marks in it, and what a person should know about them.

    Attributes
    ----------
    content : bytes
        Of the CSV file, in the encoding and with the separators it came in.
    filled : int
        Cells that now hold a mark.
    changed : tuple of str
        Marks that replace another one, a line each.
    kept : tuple of str
        Marks not written because the cell says that the student is excused or has no such assignment.
    strangers : tuple of str
        Students and files with a mark that the gradebook does not know.
    without : tuple of str
        Students in the gradebook without a mark; their cells are as they were.
    """

    content: bytes
    filled: int
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    strangers: tuple[str, ...]
    without: tuple[str, ...]


def fill(
    gradebook: bytes,
    results: Sequence[Result],
    *,
    name: str = "the gradebook",
    columns: Mapping[str, str] | None = None,
    by: str | None = None,
    new: bool = False,
    scale: bool = False,
) -> Filled:
    """Write marks into an exported gradebook.

    Parameters
    ----------
    gradebook : bytes
        A CSV file as Canvas exports it.
    results : sequence of Result
        Of one chapter or several.
    name : str
        What a message calls the gradebook.
    columns : mapping of str to str, optional
        The column of a chapter, with or without the number that Canvas adds. Otherwise the one that is called like
        `04_minimax` or begins like `Chapter 4`.
    by : str, optional
        The column that names students, such as `SIS Login ID`. Otherwise all that do are searched.
    new : bool
        Add a column for a chapter that has none; Canvas will make an assignment of it.
    scale : bool
        Write marks in proportion where Canvas counts other points than the chapter.

    Returns
    -------
    Filled
        The gradebook. Every field is in quotes, and what looked like a formula has `'` in front.

    Raises
    ------
    ValueError
        In one sentence, when the file is no gradebook, a column is missing, ambiguous or computed by Canvas, the points
        differ, or a student cannot be told from another.
    """
    table = tables.read(gradebook, name)
    rows = [row for row in table.rows if any(cell.strip() for cell in row)]
    if not rows or tables.column(rows[0], ["section"]) is None or tables.column(rows[0], ["id"]) is None:
        raise ValueError(f"{name} is not a gradebook of Canvas: its first line names no ID and no Section")
    header = rows[0]
    if any(len(row) > len(header) for row in rows):
        raise ValueError(f"{name} has a line with more fields than its first: export it from Canvas again")
    rows = [row + [""] * (len(header) - len(row)) for row in rows]
    header = rows[0]
    worth = next((row for row in rows[1:] if "points possible" in row[0].casefold()), None)
    students = [row for row in rows[1:] if _is_student(row, header)]
    whose = _Rows(students, header, by, name)
    comma = table.separator == ";" and _writes_commas(rows)
    filled, changed, kept, strangers = 0, [], [], []
    marked: set[tuple[int, str]] = set()
    for chapter in sorted({result.chapter for result in results}):
        batch = [result for result in results if result.chapter == chapter]
        place = _place(header, chapter, (columns or {}).get(chapter), name, new)
        if place is None:
            place = len(header)
            for row in rows:
                row.append("")
            header[place] = chapter
            if worth is not None:
                worth[place] = _number(batch[0].max, comma)
        factors = {
            result.label: _factor(worth[place] if worth else "", result, header[place], scale) for result in batch
        }
        for result in batch:
            found = whose.find(result.student) if result.student is not None else None
            if found is None:
                strangers.append(result.who)
                continue
            if (found, chapter) in marked:
                raise ValueError(f"two results of {chapter} are of the same line of {name}: {result.who!r} and another")
            marked.add((found, chapter))
            row, mark = students[found], _number(result.score * factors[result.label], comma)
            before = row[place].strip()
            if before.casefold() in _KEPT:
                kept.append(f"{result.who}: {before} stays, {mark} is not written")
                continue
            if before not in ("", "-") and _value(before) != _value(mark):
                changed.append(f"{result.who}: {before} becomes {mark}")
            row[place] = mark
            filled += 1
    with_mark = {index for index, _ in marked}
    without = tuple(row[0] for index, row in enumerate(students) if index not in with_mark and not _is_test(row))
    content = tables.write(tables.Table(rows, table.encoding, table.separator, table.newline))
    return Filled(content, filled, tuple(changed), tuple(kept), tuple(strangers), without)


class _Rows:
    """The lines of a gradebook by everything that names a student."""

    def __init__(self, students: list[list[str]], header: list[str], by: str | None, name: str) -> None:
        places = [index for index, title in enumerate(header) if " ".join(title.split()).casefold() in IDENTIFIERS]
        if by is not None:
            place = tables.column(header, [" ".join(by.split()).casefold()])
            if place is None:
                raise ValueError(f"{name} has no column {by!r} that names students")
            places = [place]
        self.name, self.found = name, dict[str, set[int]]()
        for index, row in enumerate(students):
            for place in places:
                if key := row[place].strip().removeprefix("'").casefold():
                    self.found.setdefault(key, set()).add(index)

    def find(self, student: str) -> int | None:
        """The one line of a student."""
        lines = self.found.get(student.strip().casefold(), set())
        if len(lines) > 1:
            raise ValueError(
                f"{student!r} names {len(lines)} students in {self.name}: name the column that is meant, or correct it"
            )
        return next(iter(lines), None)


def _place(header: list[str], chapter: str, wanted: str | None, name: str, new: bool) -> int | None:
    """The column of a chapter; None when it is to be added."""
    titles = [" ".join(re.sub(r"\(\d+\)\s*$", "", title).split()).casefold() for title in header]
    number = re.match(r"0*(\d+)", chapter)
    like = re.compile(rf"(chapter|ch\.?)\s*0*{number[1]}(?!\d)" if number else r"(?!)")
    found = []
    for index, (title, full) in enumerate(zip(titles, header)):
        if title in FIXED:
            continue
        if wanted is not None:
            fits = " ".join(wanted.split()).casefold() in (title, " ".join(full.split()).casefold())
        else:
            fits = title == chapter.casefold() or (like.match(title) is not None and not _COMPUTED.search(title))
        if fits:
            found.append(index)
    if len(found) == 1:
        if _COMPUTED.search(header[found[0]]):
            raise ValueError(f"Canvas computes the column {header[found[0]]!r} itself: name the one of an assignment")
        return found[0]
    if found:
        several = ", ".join(repr(header[index]) for index in found)
        raise ValueError(f"{name} has {len(found)} columns that may be {chapter}: name one of {several}")
    if new:
        return None
    raise ValueError(
        f"{name} has no column {wanted or chapter!r}: name the column of {chapter}, or ask for a new one, "
        "of which Canvas makes an assignment"
    )


def _factor(worth: str, result: Result, title: str, scale: bool) -> float:
    """What points are multiplied with."""
    if "read" in worth.casefold() and "only" in worth.casefold():
        raise ValueError(f"the column {title!r} is read only in Canvas: name the one of an assignment")
    possible = _value(worth)
    if possible is None or abs(possible - result.max) < 0.005 or result.max == 0:
        return 1.0
    if not scale:
        raise ValueError(
            f"{title!r} counts {amount(possible)} points in Canvas and {amount(result.max)} here: "
            "make them equal there and export again, or ask for marks in proportion"
        )
    return possible / result.max


def _is_student(row: list[str], header: list[str]) -> bool:
    """Whether a line is a student's."""
    place = tables.column(header, ["id"])
    return place is not None and row[place].strip() != "" and "points possible" not in row[0].casefold()


def _is_test(row: list[str]) -> bool:
    """Whether a line is of the student that Canvas makes up."""
    return row[0].strip().casefold() in ("student, test", "test student")


def _writes_commas(rows: list[list[str]]) -> bool:
    """Whether numbers in a gradebook have a decimal comma."""
    cells = [cell.strip() for row in rows for cell in row]
    return any(re.fullmatch(r"-?\d+,\d+", cell) for cell in cells) and not any(
        re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells
    )


def _number(points: float, comma: bool) -> str:
    """Points as the gradebook writes them."""
    return amount(points).replace(".", ",") if comma else amount(points)


def _value(cell: str) -> float | None:
    """The number in a cell."""
    text = cell.strip().replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None

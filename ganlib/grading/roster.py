"""Who handed in what, which file of theirs counts, and which marks a person has set by hand.

The policy
----------
- A file belongs to the student whom the roster's `file` column gives it to; else to the one student whose number,
  login, e-mail address or full name stands in its folder, else in its name. When two students could be meant it is
  nobody's, and is marked under its own name with a flag.
- Of several files of one student, the last one before the deadline counts. When all of them are late, the first counts,
  and is marked late. Notebooks go before scripts, and what could be taken before what could not.
- A file is late when it was last changed after the deadline, or when its name says so, as Canvas writes it: `_LATE_`.
- A mark set by hand in `overrides.csv` (student, points, by, why) is the score, whatever grading finds, now and later.
"""

from __future__ import annotations

import csv
import fnmatch
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from ganlib.grading.inbox import Found
from ganlib.grading.reports.results import Override, printable

IDS = (
    *("id", "student id", "id number", "sis login id", "sis user id", "sid", "login", "username"),
    *("email", "email address", "e-mail", "identifier"),
)
NAMES = ("name", "full name")
FILES = ("file", "files")

_LATE = re.compile(r"(?<![A-Za-z0-9])LATE(?![A-Za-z0-9])")
_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 3  # characters of an identifier that is looked for in names: "2" also stands in "copy (2)"
_SIZE = 20_000_000  # bytes of a table


@dataclass(frozen=True)
class Student:
    """One line of a roster.

    Attributes
    ----------
    id : str
        By which the gradebook knows the student.
    name : str
        What to call the student; may be empty.
    aliases : tuple of str
        What stands in file names: number, login, address, full name.
    files : tuple of str
        Patterns of file names that are this student's, whatever they look like.
    """

    id: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Roster:
    """The students of a class.

    Parameters
    ----------
    students : iterable of Student
        In any order.

    Raises
    ------
    ValueError
        When two have the same id.
    """

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = tuple(students)
        self._known: dict[tuple[str, ...], set[str]] = {}
        self._by_id: dict[str, Student] = {}
        for student in self.students:
            if student.id in self._by_id:
                raise ValueError(f"the roster names {student.id} twice")
            self._by_id[student.id] = student
            for alias in (student.id, *student.aliases):
                words = _words(alias)
                if sum(map(len, words)) >= _SHORTEST:
                    self._known.setdefault(words, set()).add(student.id)
        self._longest = max(map(len, self._known), default=0)

    def owners(self, file: str) -> list[Student]:
        """The students whose file it may be.

        Parameters
        ----------
        file : str
            Its name with folders, as it was found.

        Returns
        -------
        list of Student
            One when it is clear; none or several when it is not.
        """
        named = [student for student in self.students if any(_fits(file, pattern) for pattern in student.files)]
        if named:
            return named
        *folders, base = PurePosixPath(file).parts or ("",)
        for part in (*folders, base):
            if found := self._meant(part):
                return [self._by_id[name] for name in sorted(found)]
        return []

    def _meant(self, text: str) -> set[str]:
        """Students whose identifiers stand in a text, those that stand inside a longer one left out."""
        words = _words(text)
        spans = [
            (start, start + length, self._known[words[start : start + length]])
            for length in range(1, self._longest + 1)
            for start in range(len(words) - length + 1)
            if words[start : start + length] in self._known
        ]
        outer = [
            ids
            for start, end, ids in spans
            if not any(a <= start and end <= b and (a, b) != (start, end) for a, b, _ in spans)
        ]
        return set().union(*outer)


@dataclass(frozen=True)
class Entry:
    """A file that counts.

    Attributes
    ----------
    found : Found
        The file.
    student : Student or None
        Whose it is; None when it is nobody's.
    late : bool
        After the deadline.
    duplicates : tuple of str
        Names of the student's other files, in order of time.
    doubt : str
        Why it is nobody's, when there is a roster; else empty.
    """

    found: Found
    student: Student | None = None
    late: bool = False
    duplicates: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def label(self) -> str:
        """What stands for whoever handed it in.

        Returns
        -------
        str
            The student's id, else the name of the file; unique in a run.
        """
        return self.found.name if self.student is None else self.student.id


@dataclass
class Handed:
    """What was handed in, sorted out.

    Attributes
    ----------
    entries : list of Entry
        What counts, in the order of labels.
    absent : list of Student
        Who handed in nothing.
    """

    entries: list[Entry] = field(default_factory=list)
    absent: list[Student] = field(default_factory=list)


def choose(found: Iterable[Found], roster: Roster | None = None, deadline: datetime | None = None) -> Handed:
    """Decide whose each file is, and which counts, by the policy at the top of this file.

    Parameters
    ----------
    found : iterable of Found
        All files.
    roster : Roster, optional
        Without one every file is nobody's, and counts.
    deadline : datetime, optional
        In local time without a zone. Without one only a name can make a file late.

    Returns
    -------
    Handed
        The same in whatever order the files are given.
    """
    handed = Handed()
    theirs: dict[str, list[Found]] = {}
    students: dict[str, Student] = {}
    for file in sorted(found, key=lambda file: file.name):
        owners = [] if roster is None else roster.owners(file.name)
        if len(owners) == 1:
            students[owners[0].id] = owners[0]
            theirs.setdefault(owners[0].id, []).append(file)
            continue
        doubt = ""
        if roster is not None:
            several = " and ".join(student.id for student in owners[:3])
            doubt = f"it may be {several}'s" if owners else "no student of the roster is named in its name"
        handed.entries.append(Entry(file, late=_late(file, deadline), doubt=doubt))
    for name, files in theirs.items():
        counts = _counting(files, deadline)
        others = tuple(file.name for file in sorted(files, key=_when) if file is not counts)
        handed.entries.append(Entry(counts, students[name], _late(counts, deadline), others))
    handed.entries.sort(key=lambda entry: entry.label)
    handed.absent = [student for student in (roster.students if roster else ()) if student.id not in theirs]
    return handed


def read(path: Path) -> Roster:
    """Read a roster: a table of one's own, or one exported from Canvas or Moodle.

    Parameters
    ----------
    path : Path
        A CSV file with a header, separated by commas, semicolons or tabs. One column names the student: `student`, or
        any of `IDS`, of which the first is taken and the others may stand in file names, too. `name` is optional
        (Canvas calls it `Student`, beside `ID`). So is `file`: names or patterns, separated by `|`.

    Returns
    -------
    Roster
        In the file's order.

    Raises
    ------
    ValueError
        In one sentence, when it is no such table, or names somebody twice.
    OSError
        When it cannot be read.
    """
    rows = list(_table(path))
    if not rows:
        raise ValueError(f"{path} names no students: there is nothing below its first line")
    columns = list(rows[0][1])
    keys = [name for name in IDS if name in columns]
    if "student" in columns and (not keys or set(columns) & set(NAMES)):
        keys.insert(0, "student")  # else it is what Canvas calls the name
    if not keys:
        raise ValueError(f"{path} names no students: it needs a column `student`, and may have `name` and `file`")
    called = next((name for name in (*NAMES, "student") if name in columns and name != keys[0]), None)
    students: list[Student] = []
    for line, row in rows:
        name = _one_line(row.get(called or "", ""))
        if not called and {"first name", "surname"} <= set(columns):
            name = _one_line(f"{row['first name']} {row['surname']}")
        number = _one_line(row[keys[0]])
        if not number:
            if name and not name.startswith("Points Possible"):  # which is a line of Canvas's own
                raise ValueError(f"{path}, line {line}: {name} has no {keys[0]}")
            continue
        aliases = [_one_line(row[key]) for key in keys] + [name] * (" " in name)
        files = tuple(pattern.strip() for column in FILES for pattern in row.get(column, "").split("|"))
        if any(student.id == number for student in students):
            raise ValueError(f"{path}, line {line}: {number} is there twice")
        students.append(Student(number, name, tuple(filter(None, aliases)), tuple(filter(None, files))))
    if not students:
        raise ValueError(f"{path} names no students: there is nothing below its first line")
    return Roster(students)


def overrides(path: Path) -> dict[str, Override]:
    """Read the marks that were set by hand.

    Parameters
    ----------
    path : Path
        A CSV file with the columns `student` (the name of the file for a submission that is nobody's), `points`, `by`
        and `why`. It may be missing.

    Returns
    -------
    dict of str to Override
        By student.

    Raises
    ------
    ValueError
        In one sentence that names the line, when somebody is there twice, points are no number of at least 0, or it is
        not said who set them, or why.
    """
    found: dict[str, Override] = {}
    if not path.exists():
        return found
    for line, row in _table(path, ("student", "points", "by", "why")):
        student, points, by, why = (_one_line(row[name]) for name in ("student", "points", "by", "why"))
        if not any((student, points, by, why)):
            continue
        if not (student and by and why):
            raise ValueError(f"{path}, line {line}: say whose mark it is, by whom it was set, and why")
        if student in found:
            raise ValueError(f"{path}, line {line}: {student} is there twice")
        found[student] = Override(_points(points, f"{path}, line {line}"), by, why)
    return found


def moment(text: str) -> datetime:
    """Read a date with its time.

    Parameters
    ----------
    text : str
        `2026-11-20T18:00`, in local time or with an offset such as `+01:00`. A day alone ends when it ends.

    Returns
    -------
    datetime
        In local time, without a zone.

    Raises
    ------
    ValueError
        In one sentence, when it is none.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text} is no date with a time: write it like 2026-11-20T18:00") from None
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text.strip()):
        time = time.replace(hour=23, minute=59, second=59)
    return time.astimezone().replace(tzinfo=None) if time.tzinfo else time


def _counting(files: list[Found], deadline: datetime | None) -> Found:
    """The file that counts, of a student's."""
    taken = [file for file in files if file.path is not None] or files
    in_time = [file for file in taken if not _late(file, deadline)]
    notebooks = [file for file in in_time or taken if ".ipynb" in file.name.lower()]
    candidates = sorted(notebooks or in_time or taken, key=_when)
    return candidates[-1] if in_time else candidates[0]


def _when(file: Found) -> tuple[datetime, str]:
    """What files are sorted by: time, and names where times are equal or unknown."""
    return (file.time or datetime.min, file.name)


def _late(file: Found, deadline: datetime | None) -> bool:
    """Whether a file was handed in too late."""
    after = deadline is not None and file.time is not None and file.time > deadline
    return after or bool(_LATE.search(file.name.replace("_", " ")))


def _words(text: str) -> tuple[str, ...]:
    """The words and numbers in a text, the same however it is composed and capitalised."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _fits(file: str, pattern: str) -> bool:
    """Whether a file's name, with or without its folders, is the one that a pattern means."""
    return fnmatch.fnmatchcase(file, pattern) or fnmatch.fnmatchcase(PurePosixPath(file).name, pattern)


def _table(path: Path, wanted: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file as a spreadsheet may have written it, by column, with the numbers of their lines."""
    if path.stat().st_size > _SIZE:
        raise ValueError(f"{path} is too large for a table of students")
    content = path.read_bytes()
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: save it as `CSV UTF-8`") from None
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        header = [" ".join(cell.casefold().split()) for cell in next(reader, [])]
        if missing := [name for name in wanted if name not in header]:
            raise ValueError(f"{path} has no column {missing[0]}: its first line must be {','.join(wanted)}")
        for row in reader:
            padded = row + [""] * (len(header) - len(row))
            yield reader.line_num, dict(reversed(list(zip(header, padded))))  # of two columns alike, the first
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: it cannot be read as a table ({error})") from None


def _one_line(text: str) -> str:
    """A cell of a table as one line; the apostrophe that keeps a spreadsheet from computing it is dropped."""
    return re.sub(r"^'(?=[=+\-@])", "", " ".join(printable(text).split()))


def _points(text: str, where: str) -> float:
    """Points as a number."""
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not (math.isfinite(points) and points >= 0):
        raise ValueError(f"{where}: {text or 'nothing'} is no number of points")
    return points

"""What grading leaves behind: one `results.json` per submission, and everything a report may say comes out of it.

The bytes of such a file depend on the submission, the reference, the version of the grader and its secret alone. How
long it took lies beside it, in `timings.json`, and pairs of answers that look alike in `pairs.json`.
"""

from __future__ import annotations

import json
import math
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from ganlib.grading.flag import Flag

FORMAT = 1
STATES = ("graded", "crashed", "timeout", "missing")
ROLES = ("check", "hidden")

Number = float
T = TypeVar("T")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUESTION = re.compile(r"ch\d\d\.q[1-9]\d*")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they can make code look like other code


@dataclass(frozen=True)
class Check:
    """One check of an answer.

    Attributes
    ----------
    cell : str
        Id of the cell in the reference.
    role : str
        `check` for one that students see, `hidden` for one they do not.
    passed : bool
        Whether its output was as expected.
    hint : str
        What the check said when it did not pass; always empty for a hidden one.
    printed : str
        What a visible check printed, cut where it is long; always empty for a hidden one.
    """

    cell: str
    role: str
    passed: bool
    hint: str = ""
    printed: str = ""


@dataclass(frozen=True)
class Question:
    """One question of a submission, marked.

    Attributes
    ----------
    q : str
        Such as `ch04.q2`.
    title : str
        As in the chapter.
    points : float
        Earned, 0 to `max`.
    max : float
        What it is worth, >= 0.
    state : str
        `graded`; `crashed` and `timeout` when the answer took the kernel or the time with it; `missing` without answer.
    checks : tuple of Check
        In the order of the chapter.
    answer : str
        The student's source; empty where there is none.
    """

    q: str
    title: str
    points: Number
    max: Number
    state: str
    checks: tuple[Check, ...]
    answer: str = ""

    @property
    def solved(self) -> bool:
        """Whether there is nothing to add.

        Returns
        -------
        bool
            True for full points, every check passed, in a graded question.
        """
        full = self.points > self.max or _about(self.points, self.max)
        return self.state == "graded" and full and all(check.passed for check in self.checks)

    @property
    def hint(self) -> str:
        """The first hint that a visible check gave.

        Returns
        -------
        str
            Without the name of the question and `not yet`; empty when there is none.
        """
        hints = (bare_hint(check.hint) for check in self.checks if check.role == "check" and not check.passed)
        return next((hint for hint in hints if hint), "")


@dataclass(frozen=True)
class Override:
    """A mark that a person has set by hand.

    Attributes
    ----------
    points : float
        For the whole submission, >= 0.
    by : str
        Who set it.
    why : str
        One sentence.
    """

    points: Number
    by: str
    why: str


@dataclass(frozen=True)
class Result:
    """What grading one submission has found.

    Attributes
    ----------
    key : str
        SHA-256 of what the result depends on; the same key means the same result.
    file : str
        Name of the submission.
    sha256 : str
        Of the submission.
    student : str or None
        Login, e-mail address or number by which the gradebook knows the student; None when the file is nobody's.
    late : bool
        Handed in after the date.
    duplicates : tuple of str
        Other files of the same student that did not count.
    chapter : str
        Name of the chapter, `04_minimax`.
    reference_sha256 : str
        Of the chapter's source.
    grader : str
        Version of the grader.
    safe : bool
        False when the notebook ran without a sandbox.
    questions : tuple of Question
        In the order of the chapter.
    flags : tuple of Flag
        For a person to look at.
    override : Override or None
        The mark set by hand, which then is the score.
    score : float
        What counts.
    max : float
        The sum over the questions.
    name : str
        What to call the student; the same as `student` unless a roster says otherwise.
    """

    key: str
    file: str
    sha256: str
    student: str | None
    late: bool
    duplicates: tuple[str, ...]
    chapter: str
    reference_sha256: str
    grader: str
    safe: bool
    questions: tuple[Question, ...]
    flags: tuple[Flag, ...]
    override: Override | None
    score: Number
    max: Number
    name: str = ""

    @property
    def who(self) -> str:
        """What to call whoever handed this in.

        Returns
        -------
        str
            The name, else the identifier, else the name of the file.
        """
        return self.name or self.student or self.file

    @property
    def label(self) -> str:
        """What tells this submission from the others of its chapter.

        Returns
        -------
        str
            The identifier of the student, else the name of the file.
        """
        return self.student or self.file


@dataclass(frozen=True)
class Pair:
    """Two answers to one question that look alike.

    Attributes
    ----------
    q : str
        The question.
    students : tuple of two str
        Whose answers they are.
    answers : tuple of two str
        Their sources.
    similarity : float
        0 to 1, where 1 means the same but for names, comments and layout.
    """

    q: str
    students: tuple[str, str]
    answers: tuple[str, str]
    similarity: float


def encode(result: Result) -> bytes:
    """A result as the bytes of its file.

    Parameters
    ----------
    result : Result
        Any.

    Returns
    -------
    bytes
        UTF-8 JSON, the same for equal results.

    Raises
    ------
    ValueError
        When the result contradicts itself, such as more points than a question has.
    """
    return _json(_data(_read(lambda: _result(_data(result)), "this result")))  # as it will be read


def _data(result: Result) -> dict[str, Any]:
    """A result as JSON has it."""
    return {
        "format": FORMAT,
        "key": result.key,
        "submission": {
            "file": result.file,
            "sha256": result.sha256,
            "student": result.student,
            "name": result.name,
            "late": result.late,
            "duplicates": list(result.duplicates),
        },
        "reference": {"chapter": result.chapter, "sha256": result.reference_sha256},
        "grader": result.grader,
        "safe": result.safe,
        "questions": [asdict(question) for question in result.questions],
        "flags": [asdict(flag) for flag in result.flags],
        "override": None if result.override is None else asdict(result.override),
        "score": result.score,
        "max": result.max,
    }


def decode(content: bytes, name: str = "the file") -> Result:
    """Read the bytes of a result's file.

    Parameters
    ----------
    content : bytes
        UTF-8 JSON.
    name : str
        What a message calls the file.

    Returns
    -------
    Result
        Checked; characters that cannot be printed are replaced by U+FFFD.

    Raises
    ------
    ValueError
        In one sentence, when it is not a result of grading or contradicts itself.
    """
    return _read(lambda: _result(_parse(content)), name)


def write(path: Path, result: Result) -> None:
    """Write a result in one move, so that a reader never sees half of it.

    Parameters
    ----------
    path : Path
        Where; missing folders are made.
    result : Result
        Any.

    Raises
    ------
    ValueError
        When the result contradicts itself.
    """
    write_bytes(path, encode(result))


def read(path: Path) -> Result:
    """Read a result.

    Parameters
    ----------
    path : Path
        Of its file.

    Returns
    -------
    Result
        Checked.

    Raises
    ------
    ValueError
        In one sentence, when the file is not a result of grading.
    OSError
        When it cannot be opened.
    """
    return decode(path.read_bytes(), str(path))


def find(folder: Path) -> list[Path]:
    """The files of all results in a folder and the folders below it.

    Parameters
    ----------
    folder : Path
        What grading has written into.

    Returns
    -------
    list of Path
        Files named `results.json`, in the order of their paths, at least one.

    Raises
    ------
    FileNotFoundError
        When there is no such folder.
    ValueError
        When it holds no result.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    found = sorted(path for path in folder.rglob("results.json") if path.is_file())
    if not found:
        raise ValueError(f"{folder} holds no results.json: name the folder that `ganlib grade` has written with -o")
    return found


def read_folder(folder: Path) -> list[Result]:
    """Read every result in a folder.

    Parameters
    ----------
    folder : Path
        What grading has written into.

    Returns
    -------
    list of Result
        By chapter, then by student; at most one per student and chapter.

    Raises
    ------
    ValueError
        In one sentence, when there is no result, a file is not one, or two are of one student and chapter.
    OSError
        When a file cannot be opened.
    """
    owners: dict[tuple[str, str], Path] = {}
    results = []
    for path in find(folder):
        result = read(path)
        earlier = owners.setdefault((result.chapter, result.label), path)
        if earlier is not path:
            raise ValueError(
                f"{earlier} and {path} are both results of {result.label!r} in {result.chapter}: remove one"
            )
        results.append(result)
    return sorted(results, key=order)


def order(result: Result) -> tuple[str, str, str, str]:
    """Where a result stands in a list.

    Parameters
    ----------
    result : Result
        Any.

    Returns
    -------
    tuple of str
        A sort key: chapter, then name, then identifier, then file.
    """
    return (result.chapter, result.who.casefold(), result.student or "", result.file)


def read_seconds(folder: Path) -> dict[tuple[str, str], float]:
    """How long submissions took, where it is known.

    Parameters
    ----------
    folder : Path
        What grading has written into.

    Returns
    -------
    dict of (str, str) to float
        Wall time in seconds by chapter and label; without those whose `timings.json` is absent or unreadable.
    """
    seconds: dict[tuple[str, str], float] = {}
    for path in find(folder):
        try:
            timing = _parse(path.with_name("timings.json").read_bytes())
            result = read(path)
            seconds[result.chapter, result.label] = _number(timing, "seconds", 0.0)
        except (OSError, ValueError):
            continue  # a side file: a report is made without it
    return seconds


def read_pairs(folder: Path) -> list[Pair]:
    """Pairs of answers that look alike.

    Parameters
    ----------
    folder : Path
        What grading has written into.

    Returns
    -------
    list of Pair
        Most alike first; empty when there is no `pairs.json`.

    Raises
    ------
    ValueError
        In one sentence, when the file is not a list of pairs.
    """
    path = folder / "pairs.json"
    if not path.exists():
        return []
    pairs = _read(lambda: _list(_object(_parse(path.read_bytes())), "pairs", _pair), str(path))
    return sorted(pairs, key=lambda pair: (-pair.similarity, pair.q, pair.students))


def write_pairs(folder: Path, pairs: Iterable[Pair]) -> None:
    """Write pairs of answers that look alike.

    Parameters
    ----------
    folder : Path
        What grading has written into.
    pairs : iterable of Pair
        In any order.
    """
    ordered = sorted(pairs, key=lambda pair: (pair.q, pair.students))
    write_bytes(folder / "pairs.json", _json({"format": FORMAT, "pairs": [asdict(pair) for pair in ordered]}))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one move.

    Parameters
    ----------
    path : Path
        Where; missing folders are made.
    content : bytes
        All of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name[:80]}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def printable(text: str) -> str:
    """A text that every report can hold: no control characters, half characters or hidden changes of direction.

    Parameters
    ----------
    text : str
        Anybody's.

    Returns
    -------
    str
        With U+FFFD for each of them; tabs and newlines stay, and all newlines become one kind.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if _strange(character) else character for character in text)


def bare_hint(hint: str) -> str:
    """The sentence of a hint.

    Parameters
    ----------
    hint : str
        As a check printed it, `ch04.q2: not yet. log 4, not log 2`.

    Returns
    -------
    str
        `log 4, not log 2`.
    """
    text = " ".join(hint.split())
    return re.sub(r"^ch\d\d\.q\d+:\s*(?:not yet\.\s*)?", "", text)


def amount(points: float) -> str:
    """Points as reports write them.

    Parameters
    ----------
    points : float
        Any number of them.

    Returns
    -------
    str
        With two decimals at most, as gradebooks keep them: `2`, `0.5`, `1.33`.
    """
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _strange(character: str) -> bool:
    """Whether a character has no place in a report."""
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI or character in "\ufffe\uffff"


def _json(data: Mapping[str, Any]) -> bytes:
    """JSON, one way to write it."""
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _read(make: Callable[[], T], name: str) -> T:
    """What `make` makes; its complaints become one sentence that names the file."""
    try:
        return make()
    except ValueError as error:
        raise ValueError(f"{name} is not a result of grading: {error}") from None


def _parse(content: bytes) -> Any:
    """JSON without NaN."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(content.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON, see line {error.lineno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _result(data: Any) -> Result:
    """A result from parsed JSON."""
    data = _object(data)
    if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
        raise ValueError(f"its format is {data.get('format')!r}, and this version reads format {FORMAT}")
    submission, reference = (_inside(data, name) for name in ("submission", "reference"))
    override = None if data.get("override") is None else _override(_inside(data, "override"))
    student = None if submission.get("student") is None else _line(submission, "student")
    questions = _list(data, "questions", _question)
    result = Result(
        key=_sha256(data, "key"),
        file=_line(submission, "file"),
        sha256=_sha256(submission, "sha256"),
        student=student,
        late=_truth(submission, "late"),
        duplicates=_list(submission, "duplicates", lambda item: _line({"duplicate": item}, "duplicate")),
        chapter=_line(reference, "chapter"),
        reference_sha256=_sha256(reference, "sha256"),
        grader=_line(data, "grader"),
        safe=_truth(data, "safe"),
        questions=questions,
        flags=_list(data, "flags", _flag),
        override=override,
        score=_number(data, "score", 0.0),
        max=_number(data, "max", 0.0),
        name=" ".join(_text(submission, "name", "").split()),
    )
    names = [question.q for question in questions]
    if len(set(names)) < len(names):
        raise ValueError("it marks a question twice")
    if not _about(result.max, math.fsum(question.max for question in questions)):
        raise ValueError(f"max is {result.max:g}, which is not the sum over its questions")
    earned = math.fsum(question.points for question in questions)
    if override is not None and not _about(result.score, override.points):
        raise ValueError(f"score is {result.score:g}, and the override says {override.points:g}")
    if override is None and result.score > earned and not _about(result.score, earned):
        raise ValueError(f"score is {result.score:g}, and its questions add up to {earned:g}")
    return result


def _question(data: Any) -> Question:
    """A question from parsed JSON."""
    data = _object(data)
    q = _line(data, "q")
    if not _QUESTION.fullmatch(q):
        raise ValueError(f"q is {q!r}, and a question is named like 'ch04.q2'")
    state = _line(data, "state")
    if state not in STATES:
        raise ValueError(f"the state of {q} is {state!r}, and must be one of {', '.join(STATES)}")
    points, most = _number(data, "points", 0.0), _number(data, "max", 0.0)
    if points > most and not _about(points, most):
        raise ValueError(f"{q} has {points:g} points of {most:g}")
    title = " ".join(_text(data, "title", "").split())
    return Question(q, title, min(points, most), most, state, _list(data, "checks", _check), _text(data, "answer", ""))


def _check(data: Any) -> Check:
    """A check from parsed JSON."""
    data = _object(data)
    check = Check(
        cell=_line(data, "cell"),
        role=_line(data, "role"),
        passed=_truth(data, "passed"),
        hint=_text(data, "hint", ""),
        printed=_text(data, "printed", ""),
    )
    if check.role not in ROLES:
        raise ValueError(f"the role of {check.cell} is {check.role!r}, and must be one of {', '.join(ROLES)}")
    if check.role == "hidden" and (check.hint or check.printed):
        raise ValueError(f"{check.cell} is hidden, and what it printed must not be kept")
    return check


def _flag(data: Any) -> Flag:
    """A flag from parsed JSON."""
    data = _object(data)
    q = None if data.get("q") is None else _line(data, "q")
    return Flag(_line(data, "kind"), q, " ".join(_text(data, "text").split()))


def _override(data: dict[str, Any]) -> Override:
    """An override from parsed JSON."""
    by, why = (" ".join(_text(data, name).split()) for name in ("by", "why"))
    return Override(_number(data, "points", 0.0), by, why)


def _pair(data: Any) -> Pair:
    """A pair from parsed JSON."""
    data = _object(data)
    students = _list(data, "students", lambda item: _line({"student": item}, "student"))
    answers = _list(data, "answers", lambda item: _text({"answer": item}, "answer"))
    if len(students) != 2 or len(answers) != 2:
        raise ValueError("a pair has two students and two answers")
    similarity = _number(data, "similarity", 0.0)
    return Pair(_line(data, "q"), (students[0], students[1]), (answers[0], answers[1]), min(similarity, 1.0))


def _object(data: Any) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(data, dict):
        raise ValueError(f"{_brief(data)} stands where an object belongs")
    return data


def _inside(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The object in an entry."""
    if not isinstance(data.get(name), dict):
        raise ValueError(f"it has no {name!r}")
    return dict(data[name])


def _list(data: dict[str, Any], name: str, read_one: Callable[[Any], T]) -> tuple[T, ...]:
    """The list in an entry, each item read."""
    if not isinstance(data.get(name), (list, tuple)):
        raise ValueError(f"{name!r} is no list")
    return tuple(read_one(item) for item in data[name])


def _text(data: dict[str, Any], name: str, default: str | None = None) -> str:
    """The text in an entry."""
    value = data.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is {_brief(value)}, and must be a text")
    return printable(value)


def _line(data: dict[str, Any], name: str) -> str:
    """The text in an entry that must be one line with something on it."""
    value = " ".join(_text(data, name).split())
    if not value:
        raise ValueError(f"{name!r} is empty")
    return value


def _sha256(data: dict[str, Any], name: str) -> str:
    """The hash in an entry."""
    value = _text(data, name)
    if not _SHA256.fullmatch(value):
        raise ValueError(f"{name!r} is no SHA-256 in hexadecimal")
    return value


def _truth(data: dict[str, Any], name: str) -> bool:
    """The truth value in an entry."""
    value = data.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name!r} is {_brief(value)}, and must be true or false")
    return value


def _number(data: dict[str, Any], name: str, least: float) -> float:
    """The number in an entry, no smaller than `least`."""
    value = _object(data).get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f"{name!r} is {_brief(value)}, and must be a number")
    if not (least <= value < 1e9):
        raise ValueError(f"{name!r} is {_brief(value)}, which is out of range")
    return float(value)


def _about(a: float, b: float) -> bool:
    """Whether two sums of points agree but for rounding."""
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _brief(value: Any) -> str:
    """A piece of JSON, in a few characters."""
    if value is None:
        return "missing"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."

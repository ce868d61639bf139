"""What somebody handed in, read as data: its cells, the answers among them, and what a person should look at.

Nothing of a submission is run here, nor imported, nor unpickled. Python code is only parsed, text by text, none of them
long; a file is measured before it is read, and JSON is measured before it is decoded.

Where an answer is
------------------
A cell answers a question by its marker line, `# >>> answer: ch04.q2`; without one by its metadata, which JupyterLab
keeps; without that by the id that the chapter gave it. A cell that says exactly what a cell of the chapter says is that
cell and no answer, whatever its metadata claim.

- Cells that answer the same question, with nothing of the chapter and no other answer between them, are one answer that
  was split, and are put together in their order. A second marker begins a second answer.
- Of several answers to a question the last one counts: among those that were worked in, those with the strongest of the
  three signs, the last.
- A code cell that was added, and has no sign, belongs to an answer only if the answer is not complete without it: it is
  the other half of a statement; or it stands below the answer, before the next cell of the chapter, and defines a name
  that the question's checks use; or it stands there or anywhere above, and defines a name that the answer uses and
  the chapter has not defined by then. Every other added cell is ignored, however slow or broken.
- An answer that is still the stub is no answer.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import json
import re
import stat
import symtable
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from nbformat import NotebookNode

from ganlib.grading.chapters import role
from ganlib.grading.flag import Flag
from ganlib.grading.student import stub

CELLS = 2_000  # in one submission
TEXT = 2_000_000  # characters in all cells together, outputs aside
CODE = 100_000  # characters of one text that Python's parser is given
MARKS = 500_000  # brackets and commas in a notebook's JSON: at most about 250 bytes of memory each
DEPTH = 100  # brackets inside brackets
HALVES = 5  # added cells that may continue a statement
SIGNS = ("id", "metadata", "marker")  # of an answer, the weakest first

T = TypeVar("T")

_MARKER = re.compile(r"^[ \t]*#[ \t]*>>>[ \t]*answer[ \t]*:[ \t]*(\S*).*$", re.MULTILINE | re.IGNORECASE)
_HEADER = re.compile(r"^#[ \t]*(?:%%+(?=[ \t]|$)|In\[[\d ]*\]:?)(.*)$", re.MULTILINE)
_QUESTION = re.compile(r"ch\d\d\.q[1-9]\d{0,2}")
_COMMAND = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)
_STAR = re.compile(r"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]+\*", re.MULTILINE)
_STEP = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[^"\[\]{},]++)*+(?:[\[\]{},]|\Z)', re.DOTALL)
_OTHER_FILES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "an archive or an office document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "an archive",
    b"<": "a web page",
}
_ALWAYS_THERE = frozenset(dir(builtins)) | {"get_ipython", "display", "In", "Out", "_", "__", "___"}


class Unreadable(ValueError):
    """A file that is no submission; its text is one sentence for the person who handed it in."""


@dataclass(frozen=True)
class Cell:
    """One cell of a submission.

    Attributes
    ----------
    kind : str
        `code`, `markdown` or `raw`.
    source : str
        Lines end in a line feed; there are no NUL characters and no halves of surrogate pairs.
    metadata : dict
        The role and the question that it claims, under `course`; nothing else is kept.
    id : str or None
        As in the file.
    """

    kind: str
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True)
class Submission:
    """A file that was handed in, read.

    Attributes
    ----------
    path : Path
        The file.
    sha256 : str
        Hash of its bytes, in hexadecimal.
    cells : list of Cell
        In order, empty ones included.
    flags : list of Flag
        What was odd about the file.
    made_from : str or None
        Hash of the chapter that the notebook says it was made from.
    """

    path: Path
    sha256: str
    cells: list[Cell]
    flags: list[Flag]
    made_from: str | None = None


@dataclass(frozen=True)
class Answer:
    """What somebody answered to one question.

    Attributes
    ----------
    q : str
        Such as `ch04.q2`.
    source : str
        Code, to be run in the place of the chapter's own answer.
    found_by : str
        `marker`, `metadata` or `id`.
    """

    q: str
    source: str
    found_by: str


def read(path: Path, *, limit: int = 20_000_000) -> Submission:
    """Read a submission: a notebook, a percent file, or a script that still has its markers.

    What the file holds decides, not its name: notebooks are handed in as `.py`, too.

    Parameters
    ----------
    path : Path
        Of a file; a link is refused.
    limit : int
        Largest size, in bytes.

    Returns
    -------
    Submission
        Its cells, none of them run.

    Raises
    ------
    Unreadable
        In one sentence, when there is no such file or it is too large, damaged, or something else.
    """
    name = _shown(path.name)
    content = _bytes(path, name, limit)
    digest = hashlib.sha256(content).hexdigest()
    for beginning, what in _OTHER_FILES.items():
        if content[:200].lstrip().startswith(beginning):
            raise Unreadable(f"{name} is {what}, not a notebook: hand in the .ipynb file itself")
    text, flags = _decoded(content)
    made_from = None
    if not text.strip():
        raise Unreadable(f"{name} is empty: save the notebook, then hand it in again")
    if text.lstrip().startswith("{"):
        notebook = _notebook(text, name)
        cells, broken = _cells_of(notebook)
        made_from = _hash_in(notebook)
        if path.suffix.lower() != ".ipynb":
            flags.append(Flag("odd-format", None, "the file holds a notebook, whatever its name says"))
        if broken:
            flags.append(Flag("odd-format", None, f"{broken} of its cells could not be read and were left out"))
    elif _HEADER.search(text := _clean(text)):
        cells = list(_percent_cells(text))
    elif _MARKER.search(text):
        cells = [Cell("code", part) for _, part in _split(text)]
        flags.append(Flag("odd-format", None, "a script without cells: its answers begin at their markers"))
    else:
        raise Unreadable(f"{name} is no notebook, and no script with cells or answer markers: hand in the notebook")
    if len(cells) > CELLS:
        raise Unreadable(f"{name} has {len(cells):,} cells, more than {CELLS:,}: hand in your copy of the chapter")
    if (length := sum(len(cell.source) for cell in cells)) > TEXT:
        raise Unreadable(f"{name} has cells of {length:,} characters, more than {TEXT:,}: take pasted data out of it")
    return Submission(path, digest, cells, flags, made_from)


def answers(submission: Submission, reference: NotebookNode) -> tuple[dict[str, Answer], list[Flag]]:
    """Find the answers to a chapter's questions, by the rules at the top of this file.

    Parameters
    ----------
    submission : Submission
        As read.
    reference : NotebookNode
        The chapter, with its own answers; whether it has been executed does not matter.

    Returns
    -------
    (dict of str to Answer, list of Flag)
        The answers by question, in the chapter's order, those not given left out; and what is odd about them, the
        submission's own flags not repeated.
    """
    chapter = _Chapter(reference)
    absent = chapter.absent(submission)
    pieces = [piece for cell in submission.cells if cell.kind == "code" for piece in _pieces(cell, chapter, absent)]
    found: dict[str, Answer] = {}
    flags = [*_strange(submission, chapter), *_altered(pieces, absent)]
    groups = _groups(pieces)
    for q in chapter.answers:
        candidates = [group for group in groups if group.q == q]
        if not candidates:
            flags.append(Flag("not-answered", q, f"there is no answer to {q}{_unsigned(pieces, chapter.wanted(q))}"))
            continue
        chosen = max(candidates, key=lambda g: (not chapter.untouched(q, g.source), SIGNS.index(g.found_by), g.first))
        if len(candidates) > 1:
            text = f"{len(candidates)} cells answer {q}: counted is the last one that was worked in"
            flags.append(Flag("duplicate-answer", q, text))
        taken = _needed(chosen, pieces, chapter)
        parts = sorted({*chosen.places, *taken})
        source = "\n".join(pieces[place].source for place in parts)
        if chapter.untouched(q, source):
            flags.append(Flag("not-answered", q, f"the answer to {q} is as it was handed out"))
            continue
        if taken:
            beginnings = ", ".join(_beginning(pieces[place].source) for place in sorted(taken)[:3])
            more = f" and {len(taken) - 3} more" if len(taken) > 3 else ""
            flags.append(Flag("added-cell", q, f"added cells were taken as parts of the answer: {beginnings}{more}"))
        found[q] = Answer(q, source, chosen.found_by)
    return found, flags


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell, whoever wrote it.

    Parameters
    ----------
    source : str
        Code; lines that are notebook commands (`%`, `!`) count as `pass`.

    Returns
    -------
    ast.Module or None
        None when it is not Python, or more than a parser should be given.
    """
    return _harmless(ast.parse, source)


# --- reading a file


def _bytes(path: Path, name: str, limit: int) -> bytes:
    """The bytes of a file, never more than a limit."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise Unreadable(f"{name} is a link to another file: hand in the notebook itself")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{name} is not a file: hand in the notebook itself")
        if status.st_size <= limit:
            with path.open("rb") as file:
                content = file.read(limit + 1)
            if len(content) <= limit:
                return content
    except OSError as error:
        raise Unreadable(f"{name} cannot be opened: {error.strerror}") from None
    except ValueError as error:
        raise error if isinstance(error, Unreadable) else Unreadable(f"{name} is not the name of a file") from None
    size = f"{status.st_size / 1e6:.1f} MB, more than {limit / 1e6:g}"
    raise Unreadable(f"{name} has {size}: clear all outputs, save, and hand it in again")


def _decoded(content: bytes) -> tuple[str, list[Flag]]:
    """A file's text, and what was odd about its characters."""
    flags = []
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, errors="replace")
        flags.append(Flag("odd-format", None, "it is not UTF-8: characters that could not be read were replaced"))
    if "\0" in text:
        flags.append(Flag("odd-format", None, "it holds NUL characters, which were left out"))
    return text.replace("\0", ""), flags


def _clean(text: str) -> str:
    """Text that Python and JSON can hold: line feeds between lines, no NUL, no half of a surrogate pair."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _notebook(text: str, name: str) -> dict[str, Any]:
    """A notebook's JSON, measured before it is decoded."""
    depth = 0
    content = text.encode()
    for marks, step in enumerate(_STEP.finditer(content)):
        mark = content[step.end() - 1]
        depth += (mark in b"[{") - (mark in b"]}")
        if marks > MARKS:
            raise Unreadable(f"{name} holds more than {MARKS:,} values: clear all outputs, save, and hand it in again")
        if depth > DEPTH:
            raise Unreadable(f"{name} is no notebook: its JSON is nested more than {DEPTH} levels deep")
    del content
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"{name} is damaged, it is not JSON at line {error.lineno} ({error.msg}): save the notebook again"
        ) from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is damaged, its JSON cannot be read: save the notebook again") from None
    version = notebook.get("nbformat", 4)
    if version != 4 or isinstance(version, bool):
        old = "worksheets" in notebook or version in (1, 2, 3)
        kind = "an old notebook, of format 3 or less" if old else "a notebook of an unknown format"
        raise Unreadable(f"{name} is {kind}: open it in Jupyter, save it, and hand it in again")
    if not isinstance(notebook.get("cells"), list):
        raise Unreadable(f"{name} is JSON, but no notebook: hand in your copy of the chapter")
    return dict(notebook)


def _cells_of(notebook: dict[str, Any]) -> tuple[list[Cell], int]:
    """The cells of a notebook of format 4, and how many could not be read."""
    cells: list[Cell] = []
    for item in notebook["cells"]:
        if not isinstance(item, dict) or item.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        source = item.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            metadata, name = item.get("metadata"), item.get("id")
            claimed = metadata.get("course") if isinstance(metadata, dict) else None
            known_as = name if isinstance(name, str) and len(name) <= 64 else None
            cells.append(Cell(str(item["cell_type"]), _clean(source), _course(claimed), known_as))
    return cells, len(notebook["cells"]) - len(cells)


def _course(claimed: Any) -> dict[str, Any]:
    """What a cell's metadata say of its role and its question, reduced to two short texts."""
    if not isinstance(claimed, dict):
        return {}
    kept = {key: claimed[key] for key in ("role", "q") if isinstance(claimed.get(key), str) and len(claimed[key]) < 20}
    return {"course": kept} if kept else {}


def _hash_in(notebook: dict[str, Any]) -> str | None:
    """The hash of the chapter that a notebook names."""
    value: Any = notebook
    for key in ("metadata", "ganlib", "source_sha256"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _percent_cells(text: str) -> Iterator[Cell]:
    """The cells of a script with `# %%` or `# In[3]:` between them."""
    headers = list(_HEADER.finditer(text))
    top = text[: headers[0].start()]
    if any(line.strip() and not line.startswith("#") for line in top.split("\n")):
        yield Cell("code", top.strip("\n"))
    ends = [*(header.start() for header in headers[1:]), len(text)]
    for header, end in zip(headers, ends):
        kind = re.search(r"\[(markdown|md|raw)\]", header[1])
        claimed = header[1].partition("course=")[2]
        try:
            course = _course(json.JSONDecoder().raw_decode(claimed)[0]) if claimed else {}
        except (ValueError, RecursionError):
            course = {}
        name = {"markdown": "markdown", "md": "markdown", "raw": "raw"}[kind[1]] if kind else "code"
        yield Cell(name, text[header.end() : end].strip("\n"), course)


def _split(text: str, known: Callable[[str], bool] = lambda q: True) -> list[tuple[str | None, str]]:
    """A text cut at its marker lines, and the question of each part; what stands before the first marker has none."""
    markers = [(match.start(), match[1].lower()) for match in _MARKER.finditer(text) if known(match[1].lower())]
    cuts = [(0, None), *markers] if not markers or text[: markers[0][0]].strip() else markers
    ends = [*(start for start, _ in cuts[1:]), len(text)]
    return [(q, text[start:end].strip("\n")) for (start, q), end in zip(cuts, ends)]


def _shown(name: str) -> str:
    """A file's name in a message, whatever characters somebody put into it."""
    return name if name.isprintable() and len(name) <= 80 else ascii(name[:60]) + "..." * (len(name) > 60)


# --- finding answers


@dataclass(frozen=True)
class _Piece:
    """Code that is one thing: an answer or a part of one, a cell of the chapter, or a cell that was added."""

    source: str
    q: str | None = None
    found_by: str = ""
    locked: NotebookNode | None = None

    @property
    def added(self) -> bool:
        """Whether it is code that neither the chapter nor a sign accounts for."""
        return self.q is None and self.locked is None


@dataclass(frozen=True)
class _Group:
    """Pieces that are one answer."""

    q: str
    found_by: str
    places: list[int]
    source: str

    @property
    def first(self) -> int:
        """Where it begins."""
        return self.places[0]


class _Chapter:
    """What a reference says, arranged for looking things up."""

    def __init__(self, reference: NotebookNode) -> None:
        self.cells = [cell for cell in reference.cells if cell.cell_type == "code"]
        self.answers = {str(cell.metadata.course.q): cell for cell in self.cells if role(cell) == "answer"}
        self.locked = {_normal(cell.source): cell for cell in self.cells if role(cell) != "answer"}
        self.ids = {cell.id: cell for cell in self.cells}
        self.made_from = reference.metadata.get("ganlib", {}).get("source_sha256")

    @cached_property
    def blocks(self) -> list[str]:
        """Cells of the chapter that are taken out of an answer they were merged with: all but single lines."""
        return [text for text, cell in self.locked.items() if "\n" in text or role(cell) == "check"]

    @cached_property
    def stubs(self) -> dict[str, str]:
        """What was handed out in the place of each answer."""
        return {q: _normal(stub(cell.source, q)) for q, cell in self.answers.items()}

    def untouched(self, q: str, source: str) -> bool:
        """Whether an answer is empty, or the stub."""
        return not any(line and line[0] != "#" for line in _lines(source)) or _normal(source) == self.stubs[q]

    def absent(self, submission: Submission) -> list[NotebookNode]:
        """Locked cells, demos and hidden checks aside, that a submission does not hold word for word."""
        held = "\n".join(["", *(_normal(cell.source) for cell in submission.cells if cell.kind == "code"), ""])
        return [
            cell
            for text, cell in self.locked.items()
            if role(cell) in ("setup", "given", "check") and f"\n{text}\n" not in held
        ]

    def provided(self, q: str) -> set[str]:
        """Names that are there when the answer to a question runs."""
        names = set(_ALWAYS_THERE)
        for cell in self.cells:
            if cell is self.answers[q]:
                break
            if role(cell) != "demo":
                names |= _names(cell.source)[0]
        return names

    def wanted(self, q: str) -> set[str]:
        """Names that the checks of a question take from its answer."""
        checks = [cell for cell in self.cells if role(cell) in ("check", "hidden") and _question_of(cell) == q]
        used = {name for cell in checks for name in _names(cell.source)[1]}
        return used & _names(self.answers[q].source)[0]


def _pieces(cell: Cell, chapter: _Chapter, absent: list[NotebookNode]) -> Iterator[_Piece]:
    """What a code cell holds."""
    if not cell.source.strip():
        return
    if locked := chapter.locked.get(_normal(cell.source)):
        yield _Piece(cell.source, locked=locked)
        return
    parts = _split(cell.source, chapter.answers.__contains__)
    if parts[-1][0] is not None:
        if parts[0][0] is None:  # what stands above the only or first marker of a cell belongs to its answer
            parts[:2] = [(parts[1][0], f"{parts[0][1]}\n{parts[1][1]}")]
        for q, text in parts:
            yield _Piece(_without(text, chapter.blocks), q, "marker")
        return
    course, original = cell.metadata.get("course", {}), chapter.ids.get(cell.id)
    if course.get("role") == "answer" and course.get("q") in chapter.answers:
        yield _Piece(cell.source, course["q"], "metadata")
    elif original is not None and role(original) == "answer":
        yield _Piece(cell.source, original.metadata.course.q, "id")
    else:
        edited = original or next((other for other in absent if _edited(cell, other)), None)
        yield _Piece(cell.source, locked=edited)


def _edited(cell: Cell, original: NotebookNode) -> bool:
    """Whether a cell without an id seems to be one of the chapter with changes: by its question, else by its lines."""
    q, course = _question_of(original), cell.metadata.get("course", {})
    if (
        q
        and role(original) == "check"
        and ((course.get("role"), course.get("q")) == ("check", q) or f"{q}(" in cell.source)
    ):
        return True
    lines = _lines(original.source)
    return 2 * len(lines & _lines(cell.source)) >= len(lines) > 1


def _groups(pieces: list[_Piece]) -> list[_Group]:
    """Pieces of answers, those of one answer together."""
    groups: list[_Group] = []
    current: list[int] = []

    def close() -> None:
        if current:
            marked = any(pieces[place].found_by == "marker" for place in current)
            source = "\n".join(pieces[place].source for place in current)
            first = pieces[current[0]]
            groups.append(_Group(first.q or "", "marker" if marked else first.found_by, current.copy(), source))
            current.clear()

    for place, piece in enumerate(pieces):
        if piece.added:
            continue
        same = bool(current) and pieces[current[0]].q == piece.q
        second = piece.found_by == "marker" and any(pieces[other].found_by == "marker" for other in current)
        if not same or second:
            close()
        if piece.q is not None:
            current.append(place)
    close()
    return groups


def _needed(group: _Group, pieces: list[_Piece], chapter: _Chapter) -> set[int]:
    """Places of added cells that belong to an answer, because it is not complete without them."""
    added = [place for place, piece in enumerate(pieces) if piece.added]
    if not added:
        return set()
    last = group.places[-1]
    end = next((place for place in range(last + 1, len(pieces)) if not pieces[place].added), len(pieces))
    source, taken = group.source, set()
    for place in range(last + 1, min(end, last + 1 + HALVES)):
        whole = f"{source}\n{pieces[place].source}"
        if (parsed(source) and parsed(pieces[place].source)) or not parsed(whole):
            break
        source = whole
        taken.add(place)
    makers: dict[str, list[int]] = {}
    for place in added:
        if place < end:
            for name in _names(pieces[place].source)[0]:
                makers.setdefault(name, []).append(place)
    bound, used = _names(source)
    there = chapter.provided(group.q) | bound
    queue = [place for name in chapter.wanted(group.q) for place in makers.get(name, ()) if place > group.first]
    missing = set(used - there)
    while queue or missing:  # all that make a missing name are taken, so that the order does not matter
        if queue:
            place = queue.pop()
            if place not in taken:
                taken.add(place)
                binds, uses = _names(pieces[place].source)
                missing |= uses - binds - there
        else:
            queue += makers.get(missing.pop(), makers.get("*", ()))
    return taken


def _unsigned(pieces: list[_Piece], wanted: set[str]) -> str:
    """Where an answer may be that nothing says is one, for a person to judge."""
    for piece in pieces:
        if piece.added and (names := _names(piece.source)[0] & wanted):
            return f", but an added cell, {_beginning(piece.source)}, defines {min(names)}"
    return ""


def _strange(submission: Submission, chapter: _Chapter) -> Iterator[Flag]:
    """Whether a submission is of this chapter at all."""
    if submission.made_from and chapter.made_from and submission.made_from != chapter.made_from:
        yield Flag(
            "other-version", None, "it was made from another version of the chapter: edits may not be its author's"
        )
    named = (match[1].lower() for cell in submission.cells for match in _MARKER.finditer(cell.source))
    others = sorted({_shown(q) if _QUESTION.fullmatch(q) else "something else" for q in named} - set(chapter.answers))
    if others:
        text = f"it answers {', '.join(others[:3])}{' and more' * (len(others) > 3)}, which this chapter does not ask"
        yield Flag("unknown-question", None, text)


def _altered(pieces: list[_Piece], absent: list[NotebookNode]) -> list[Flag]:
    """Cells of the chapter that were edited or are gone. The chapter's own are marked with, in either case."""
    touched = {piece.locked.id for piece in pieces if piece.locked is not None}
    flags: dict[Flag, None] = {}  # in order, each once: a question may have several checks
    gone = []
    for cell in absent:
        q = _question_of(cell) if role(cell) == "check" else None
        what = f"a check of {q}" if q else f"a cell of the chapter, {_beginning(cell.source)},"
        if cell.id in touched:
            flags[Flag("edited-locked-cell", q, f"{what} was edited; the original was used")] = None
        elif q:
            flags[Flag("missing-cell", q, f"{what} is missing; the original was used")] = None
        else:
            gone.append(_beginning(cell.source))
    if gone:
        text = f"missing cells of the chapter: {', '.join(gone[:3])}{f' and {len(gone) - 3} more' * (len(gone) > 3)}"
        flags[Flag("missing-cell", None, f"{text}; the originals were used")] = None
    return list(flags)


def _question_of(cell: NotebookNode) -> str | None:
    """The question that a cell of the reference belongs to."""
    return cell.metadata.get("course", {}).get("q")


def _beginning(source: str) -> str:
    """The first line of a cell, for a message."""
    first = source.strip().split("\n")[0]
    return repr(first if len(first) <= 60 else first[:57] + "...")


def _normal(source: str) -> str:
    """A cell without blanks at the ends of its lines, or blank lines at its own."""
    return "\n".join(line.rstrip() for line in source.split("\n")).strip("\n")


@lru_cache(maxsize=256)
def _lines(source: str) -> frozenset[str]:
    """The lines of a cell, in no order."""
    return frozenset(line.strip() for line in source.split("\n") if line.strip())


def _without(source: str, blocks: Sequence[str]) -> str:
    """A cell without those cells of the chapter that were merged into it."""
    text = f"\n{_normal(source)}\n"
    merged = [block for block in blocks if f"\n{block}\n" in text]
    for block in merged:
        text = text.replace(f"\n{block}\n", "\n")
    return text.strip("\n") if merged else source


@lru_cache(maxsize=512)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a cell defines (`*` for whatever an import brings), and names that it uses, its own included."""
    table = _harmless(lambda text: symtable.symtable(text, "cell", "exec"), source)
    if table is None:
        return frozenset(), frozenset()
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    used: set[str] = set()
    scopes = [table]
    for scope in scopes:  # it grows: a scope brings those inside it
        scopes += scope.get_children()
        outer = scope is table
        used |= {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (outer or s.is_global())}
    return frozenset(bound | {"*"} if _STAR.search(source) else bound), frozenset(used)


def _harmless(read: Callable[[str], T], source: str) -> T | None:
    """What one of Python's own readers makes of code from a stranger; None when it is too much, or not Python."""
    if len(source) > CODE:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as a backslash too many in a string
        for text in (source, _COMMAND.sub(r"\1pass", source)):
            try:
                return read(text)
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                continue
    return None

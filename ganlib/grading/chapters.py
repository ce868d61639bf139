"""A chapter's source as a notebook: the one conversion that the book, the tests and the students' copies share."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import symtable
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

from ganlib.grading import markdown

ROLES = ("setup", "given", "answer", "check", "hidden", "demo")
KEYS = ("role", "q", "points", "rtol", "atol")
EXEMPT = ("nbval-ignore-output", "nbval-skip", "NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT")
VERSIONS = "ganlib.versions()"  # the one cell whose output may differ from machine to machine
FIGURE_OPTIONS = ("label", "fig-cap", "fig-alt")

_NAME = re.compile(r"(\d\d)_[a-z0-9_]+")
_MARKER = re.compile(r"^[ \t]*#[ \t]*>>>[ \t]*answer:[ \t]*(\S*)[ \t]*$", re.MULTILINE)
_QUESTION = re.compile(r"ch(\d\d)\.q([1-9]\d*)")

SETUP = """\
# On Colab, install the course library if it is missing; anywhere else, do nothing.
import importlib.util
import subprocess
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("ganlib") is None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "git+{repository}"], check=True)"""


@dataclass(frozen=True)
class Chapter:
    """One chapter, read.

    Attributes
    ----------
    path : Path
        Its source, `NN_name.py`.
    sha256 : str
        Hash of the source file, in hexadecimal.
    notebook : NotebookNode
        Its cells without outputs: the setup cell first, stable ids, figure options in the metadata.
    """

    path: Path
    sha256: str
    notebook: NotebookNode

    @property
    def name(self) -> str:
        """File name without suffix, `04_minimax`.

        Returns
        -------
        str
            Unique within a book.
        """
        return self.path.stem

    @property
    def number(self) -> int:
        """Chapter number, from the file name.

        Returns
        -------
        int
            1 to 99.
        """
        return int(self.name[:2])

    @property
    def title(self) -> str:
        """First heading of level one.

        Returns
        -------
        str
            In MyST; the file name where there is no heading.
        """
        for _, block in self.blocks():
            if isinstance(block, markdown.Heading) and block.level == 1:
                return block.title
        return self.name

    def cells(self, *roles: str) -> list[NotebookNode]:
        """The code cells that have one of some roles.

        Parameters
        ----------
        *roles : str
            Of `ROLES`.

        Returns
        -------
        list of NotebookNode
            In order.
        """
        return [cell for cell in self.notebook.cells if cell.cell_type == "code" and role(cell) in roles]

    def blocks(self) -> Iterator[tuple[NotebookNode, markdown.Block]]:
        """Every block of every Markdown cell, in order.

        Yields
        ------
        (NotebookNode, Block)
            The cell and the block.

        Raises
        ------
        ValueError
            Where the Markdown cannot be read, with chapter and cell.
        """
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown":
                try:
                    blocks = markdown.parse(cell.source)
                except ValueError as error:
                    raise ValueError(f"{self.name}, {where(cell)}: {error}") from None
                yield from ((cell, block) for block in markdown.walk(blocks))


def find(place: Path) -> list[Path]:
    """Sources of the chapters in a folder and its parts such as `1_foundations`, or the one at a path.

    Parameters
    ----------
    place : Path
        A folder or a file.

    Returns
    -------
    list of Path
        In reading order, at least one.

    Raises
    ------
    FileNotFoundError
        When there is nothing at `place`.
    ValueError
        When it is a file that is no chapter, or a folder without one.
    """
    if place.is_dir():
        found = [
            path for pattern in ("*.py", "[0-9]_*/*.py") for path in place.glob(pattern) if _NAME.fullmatch(path.stem)
        ]
        if not found:
            raise ValueError(f"{place} holds no chapter: a chapter is a file named like 04_minimax.py")
        return sorted(found, key=lambda path: (path.stem, path))
    if not place.exists():
        raise FileNotFoundError(f"there is no file or folder {place}")
    if place.suffix != ".py" or not _NAME.fullmatch(place.stem):
        raise ValueError(f"{place} is not a chapter: a chapter is a file named like 04_minimax.py")
    return [place]


def read(path: Path) -> Chapter:
    """Read a chapter and convert it.

    Parameters
    ----------
    path : Path
        A py:percent source.

    Returns
    -------
    Chapter
        Converted, never run.

    Raises
    ------
    ValueError
        When it has no cells, or a cell header or figure option that cannot be read.
    """
    source = path.read_bytes()
    digest = hashlib.sha256(source).hexdigest()
    text = source.decode("utf-8").replace("\r\n", "\n")
    if not re.search(r"^# %%", text, re.MULTILINE):
        raise ValueError(f"{path} is not a chapter: it has no cell, which would begin with `# %%`")
    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    cells = [_setup_cell()]
    for parsed in jupytext.reads(text, fmt=percent).cells:
        if parsed.cell_type == "raw" or not parsed.source.strip():
            continue  # the comment at the top of the file, and cells left empty
        try:
            cells.append(_convert(parsed))
        except ValueError as error:
            raise ValueError(f"{path.stem}, {where(parsed)}: {error}") from None
    _identify(cells)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=_notebook_metadata(digest))
    return Chapter(path, digest, notebook)


def role(cell: NotebookNode) -> str:
    """A cell's role.

    Parameters
    ----------
    cell : NotebookNode
        Of a converted chapter.

    Returns
    -------
    str
        `given` when it names none.
    """
    return str(cell.metadata.get("course", {}).get("role", "given"))


def question(cell: NotebookNode) -> str | None:
    """The exercise that a cell belongs to: by its marker, else by its metadata.

    Parameters
    ----------
    cell : NotebookNode
        Of any notebook.

    Returns
    -------
    str or None
        Such as `ch04.q2`.
    """
    marker = _MARKER.search(cell.source) if cell.cell_type == "code" else None
    return marker[1] if marker else cell.metadata.get("course", {}).get("q")


def where(cell: NotebookNode) -> str:
    """How a message names a cell: by its first line.

    Parameters
    ----------
    cell : NotebookNode
        Of any notebook.

    Returns
    -------
    str
        Such as `cell 'import math'`.
    """
    first = cell.source.strip().split("\n")[0]
    return f"cell {first[:57] + '...' if len(first) > 60 else first!r}"


def repository() -> str:
    """Public address of the project, from the installed package's metadata.

    Returns
    -------
    str
        A URL.

    Raises
    ------
    ValueError
        When the metadata names none.
    """
    for entry in metadata("ganlib").get_all("Project-URL") or []:
        label, _, url = entry.partition(", ")
        if label == "Repository":
            return url
    raise ValueError("the installed ganlib names no Repository address: install it again from its folder")


def definitions(cells: list[NotebookNode]) -> str:
    """The imports, functions, classes and literal constants of some cells: what answers may use without running them.

    Parameters
    ----------
    cells : list of NotebookNode
        Code cells, in order.

    Returns
    -------
    str
        Python source.
    """
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    nodes = [node for cell in cells for node in ast.parse(cell.source).body]
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, kept) or _is_literal(node))


def lint(chapters: list[Chapter]) -> list[str]:
    """What is wrong with chapters before any of them runs, one sentence each.

    Parameters
    ----------
    chapters : list of Chapter
        Those that will stand in one book: numbers and labels must be unique among them.

    Returns
    -------
    list of str
        Empty when all is well.
    """
    problems = [f"{chapter.name}, {problem}" for chapter in chapters for problem in _lint_one(chapter)]
    numbers = Counter(chapter.number for chapter in chapters)
    problems += [f"there are {n} chapters with number {number:02}" for number, n in numbers.items() if n > 1]
    owners: dict[str, list[str]] = {}
    for chapter in chapters:
        for label in _labels(chapter) if _unreadable(chapter) is None else ():
            owners.setdefault(label.lower(), []).append(chapter.name)
    for label, names in owners.items():
        if len(names) > 1:
            problems.append(
                f"{names[-1]}: the label {label!r} is taken" + (f" by {names[0]}" * (names[0] != names[-1]))
            )
    return problems


def same_cells(notebook: NotebookNode, other: NotebookNode) -> bool:
    """Whether two notebooks agree in everything but what running them adds.

    Parameters
    ----------
    notebook, other : NotebookNode
        In either order.

    Returns
    -------
    bool
        True when ids, types, sources and metadata of all cells are equal.
    """
    return _skeleton(notebook) == _skeleton(other)


def write(path: Path, notebook: NotebookNode) -> bool:
    """Write a notebook in one move, so that a reader never sees half of it.

    Parameters
    ----------
    path : Path
        Where; missing folders are made.
    notebook : NotebookNode
        A valid notebook.

    Returns
    -------
    bool
        False when the file already held exactly these bytes.
    """
    content = encode(notebook)
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return True


def encode(notebook: NotebookNode) -> bytes:
    """The bytes of a notebook's file.

    Parameters
    ----------
    notebook : NotebookNode
        A valid notebook.

    Returns
    -------
    bytes
        UTF-8, the same for equal notebooks.
    """
    nbformat.validate(notebook)
    return (str(nbformat.writes(notebook)) + "\n").encode()


def _skeleton(notebook: NotebookNode) -> list[tuple[str, str, str, Any]]:
    """Id, type, source and metadata of each cell."""
    return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def _notebook_metadata(digest: str) -> dict[str, Any]:
    """Metadata of a converted chapter: nothing in it depends on the machine."""
    return {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"},
        "ganlib": {"source_sha256": digest},
    }


def _setup_cell() -> NotebookNode:
    """The first cell of every notebook."""
    tags = {"course": {"role": "setup"}, "tags": ["remove-cell"]}
    return nbformat.v4.new_code_cell(SETUP.replace("{repository}", repository()), id="setup", metadata=tags)


def _convert(parsed: NotebookNode) -> NotebookNode:
    """One cell as jupytext read it, with its figure options moved into the metadata."""
    kept = {key: value for key, value in parsed.metadata.items() if key in ("course", "tags")}
    strange = sorted(set(parsed.metadata) - {"course", "tags", "lines_to_next_cell", "lines_to_end_of_cell_marker"})
    if strange:
        raise ValueError("the cell's header cannot be read: write it as `# %% course={...} tags=[...]`")
    if parsed.cell_type == "markdown":
        return nbformat.v4.new_markdown_cell(parsed.source, metadata=kept)
    options, source = _figure(parsed.source)
    tags = list(kept.get("tags", []))
    for which, tag in (("answer", "hide-cell"), ("hidden", "remove-cell")):
        if kept.get("course", {}).get("role") == which and tag not in tags:
            tags.append(tag)
    if tags:
        kept["tags"] = tags
    return nbformat.v4.new_code_cell(source, metadata={**kept, **options})


def _figure(source: str) -> tuple[dict[str, Any], str]:
    """The `#|` lines at the top of a code cell as metadata for the book, and the source without them."""
    lines = source.split("\n")
    end = next((index for index, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    if end == 0:
        return {}, source
    try:
        options = yaml.safe_load("\n".join(line[2:].removeprefix(" ") for line in lines[:end]))
    except yaml.YAMLError as error:
        reason = str(getattr(error, "problem", error))
        raise ValueError(f"its `#|` lines are not YAML ({reason}): put the caption in double quotes") from None
    if not isinstance(options, dict) or set(options) != set(FIGURE_OPTIONS):
        raise ValueError(f"its `#|` lines must give {', '.join(FIGURE_OPTIONS)}, all three and nothing else")
    texts = {key: " ".join(str(value).split()) for key, value in options.items()}
    if not all(texts.values()):
        raise ValueError(f"none of {', '.join(FIGURE_OPTIONS)} may be empty")
    figure = {"name": texts["label"], "caption": texts["fig-cap"]}
    return {"mystnb": {"figure": figure, "image": {"alt": texts["fig-alt"]}}}, "\n".join(lines[end:]).strip("\n")


def _identify(cells: list[NotebookNode]) -> None:
    """Give each cell an id that survives changes elsewhere: from its exercise, else from its text and its ordinal."""
    seen: Counter[str] = Counter()
    for cell in cells[1:]:
        q = question(cell)
        if q and role(cell) in ("answer", "check", "hidden"):
            base = f"{q.replace('.', '-')}-{role(cell)}"
        else:
            base = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[base] += 1
        cell["id"] = base if seen[base] == 1 else f"{base}-{seen[base]}"


def _labels(chapter: Chapter) -> list[str]:
    """Every label that a chapter defines, in order."""
    labels = [cell.metadata["mystnb"]["figure"]["name"] for cell in chapter.notebook.cells if "mystnb" in cell.metadata]
    for _, block in chapter.blocks():
        if isinstance(block, markdown.Heading):
            labels += block.labels
        elif isinstance(block, (markdown.Math, markdown.Directive)) and block.label:
            labels.append(block.label)
    return labels


def _lint_one(chapter: Chapter) -> list[str]:
    """What is wrong with one chapter."""
    if problem := _unreadable(chapter):
        return [problem]
    problems = [f"{where(cell)}: {problem}" for cell in chapter.notebook.cells for problem in _lint_cell(chapter, cell)]
    return problems or [*_lint_exercises(chapter), *_lint_labels(chapter)]


def _unreadable(chapter: Chapter) -> str | None:
    """Why the Markdown of a chapter cannot be read, if it cannot."""
    try:
        list(chapter.blocks())
    except ValueError as error:
        return str(error).removeprefix(f"{chapter.name}, ")
    return None


def _lint_cell(chapter: Chapter, cell: NotebookNode) -> Iterator[str]:
    """What is wrong with a cell by itself."""
    course = cell.metadata.get("course", {})
    if role(cell) not in ROLES:
        yield f"there is no role {role(cell)!r}; the roles are {', '.join(ROLES)}"
        return
    if strange := sorted(set(course) - set(KEYS)):
        yield f"its `course` knows {', '.join(KEYS)}, not {', '.join(strange)}"
    q = course.get("q")
    number = _QUESTION.fullmatch(q) if q else None
    if q and (number is None or int(number[1]) != chapter.number):
        yield f"an exercise of this chapter is called ch{chapter.number:02}.q1, ch{chapter.number:02}.q2 ..., not {q}"
    if role(cell) == "answer" and not q:
        yield 'an answer must name its exercise: course={"role": "answer", "q": "..."}'
    if cell.cell_type == "markdown":
        return
    exempt = any(mark in cell.source or mark in cell.metadata.get("tags", []) for mark in EXEMPT)
    if exempt and cell.source.strip() != VERSIONS:
        yield (
            "no cell may be exempt from comparison, but one that is only "
            f"`{VERSIONS}`: print what is stable, or give rtol or atol in `course`"
        )
    markers = _MARKER.findall(cell.source)
    if role(cell) == "answer" and markers != [q]:
        yield f"an answer has exactly one marker line, which names its exercise: `# >>> answer: {q}`"
    if role(cell) == "answer" and markers and not _MARKER.match(cell.source):
        yield "the marker must be the first line of its cell"
    if role(cell) != "answer" and markers:
        yield "only a cell with the role answer may have an answer marker"
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield f"not plain Python ({error.msg}, line {error.lineno}); notebook commands such as % and ! are not used"


def _lint_exercises(chapter: Chapter) -> Iterator[str]:
    """Whether exercises, answers and checks belong together."""
    answers = [question(cell) for cell in chapter.cells("answer")]
    exercises = [
        block for _, block in chapter.blocks() if isinstance(block, markdown.Directive) and block.name == "exercise"
    ]
    labels = [block.label for block in exercises]
    expected = [f"ch{chapter.number:02}.q{place}" for place in range(1, len(labels) + 1)]
    if labels != expected:
        yield f"exercises are labelled in order, {', '.join(expected)}; here they are {', '.join(map(str, labels))}"
    essential = [block.label for block in exercises if "essential" in block.options.get("class", "").split()]
    if exercises and len(essential) != 1:
        yield f"exactly one exercise is essential (`:class: essential`), not {len(essential)}"
    for q, count in Counter(answers).items():
        if count > 1:
            yield f"{q} has {count} answer cells"
        if q not in labels:
            yield f"{q} has an answer but no exercise with that label"
        if not any(question(cell) == q for cell in chapter.cells("check")):
            yield f"{q} has an answer but no check"
    yield from _lint_order(chapter)


def _lint_order(chapter: Chapter) -> Iterator[str]:
    """Whether cells rely only on what will be there.

    Not on a student's answer, nor on a demo that may be skipped, nor on a hidden check, which comes last in marking;
    and a hidden check not on a name that stands for something else by then.
    """
    answered: set[str | None] = set()
    owners: dict[str, str | None] = {}
    made: set[str] = set()
    absent: dict[str, str] = {}  # names that only a demo or a hidden check makes
    awaited: dict[str, NotebookNode] = {}  # names that hidden checks use
    shared = set().union(*(_bound(cell.source) for cell in chapter.cells(*ROLES) if role(cell) != "hidden"))
    for cell in chapter.notebook.cells:
        if cell.cell_type != "code":
            continue
        q = question(cell)
        for name in sorted(_loaded(cell.source) & set(absent)):
            if absent[name] == "hidden":
                yield f"{where(cell)}: it uses {name}, which only a hidden check makes"
            elif role(cell) != "demo":
                yield f"{where(cell)}: it uses {name}, which only a demo makes: is it a demo, too?"
        if role(cell) in ("demo", "hidden"):
            absent |= dict.fromkeys(_bound(cell.source) - made, role(cell))
        else:
            made |= _bound(cell.source)
            absent = {name: maker for name, maker in absent.items() if name not in made}
        if role(cell) == "hidden":
            for name in sorted(_bound(cell.source) & shared):
                yield f"{where(cell)}: a hidden check makes {name}, which is another cell's: take another name"
            awaited |= dict.fromkeys(_loaded(cell.source), cell)
        else:
            for name in sorted(_bound(cell.source) & set(awaited)):
                yield f"{where(awaited[name])}: a hidden check runs last, and {where(cell)} makes another {name} before"
        if role(cell) == "answer":
            answered.add(q)
            owners.update(dict.fromkeys(_bound(cell.source), q))
        elif role(cell) in ("check", "hidden") and q is not None and q not in answered:
            yield f"{where(cell)}: it checks {q}, which no cell before it answers"
        elif role(cell) in ("setup", "given"):
            for name in sorted(_loaded(cell.source) & set(owners)):
                yield f"{where(cell)}: it uses {name} from the answer to {owners[name]}, which a student may not have"


def _lint_labels(chapter: Chapter) -> Iterator[str]:
    """Whether labels say what they are labels of."""
    for cell in chapter.notebook.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "fig-")
        if not name.startswith("fig-"):
            yield f"{where(cell)}: the label of a figure begins with fig-, not {name!r}"
    for _, block in chapter.blocks():
        label = markdown.equation(block)
        if label and not label.startswith("eq-"):
            yield f"the label of a formula begins with eq-, not {label!r}"


def _is_literal(node: ast.stmt) -> bool:
    """Whether a statement gives a name a literal value."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return False
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return False
    return True


def _bound(source: str) -> set[str]:
    """Names that a cell defines at its top level, imports aside."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() and not symbol.is_imported()}


def _loaded(source: str) -> set[str]:
    """Names that a cell uses, at its top level or inside a function, and does not define itself."""
    scopes = [symtable.symtable(source, "cell", "exec")]
    used: set[str] = set()
    for scope in scopes:  # it grows: a scope brings those inside it
        scopes += scope.get_children()
        outer = scope.get_type() == "module"
        used |= {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (outer or s.is_global())}
    return used - _bound(source)

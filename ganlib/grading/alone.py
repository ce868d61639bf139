"""A student grades a notebook alone: its own checks, in a kernel of this Python, on any system, without a sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from ganlib.grading import submission
from ganlib.grading.kernel import running

_SAID = re.compile(r"^(ch\d\d\.q[1-9]\d*): (.+)$", re.MULTILINE)
_ASKED = re.compile(r"^[ \t]*#[ \t]*>>>[ \t]*answer:[ \t]*(ch\d\d\.q[1-9]\d*)|^(ch\d\d\.q[1-9]\d*)\(", re.MULTILINE)


@dataclass(frozen=True)
class Mark:
    """What the visible checks say of one answer.

    Attributes
    ----------
    q : str
        Such as `ch04.q2`.
    points, most : float
        Earned, and what it is worth; one where the notebook has lost that.
    said : str
        `right`, or the first thing that a check said instead.
    """

    q: str
    points: float
    most: float
    said: str


def grade(path: Path, timeout: float = 600.0) -> list[Mark]:
    """Run a notebook from its first cell to its last, demos left out, and read what its checks print.

    Parameters
    ----------
    path : Path
        A notebook or a percent file. It is not changed.
    timeout : float
        Seconds that one cell may take.

    Returns
    -------
    list of Mark
        By question, in the order of the notebook. A cell that fails does not keep the next from running.

    Raises
    ------
    ValueError
        In one sentence, when the file is no notebook, or has no exercise of the book.
    FileNotFoundError
        When there is no such file.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no notebook {path}")
    handed = submission.read(path)
    cells = [cell for cell in handed.cells if cell.kind == "code" and cell.source.strip()]
    cells = [cell for cell in cells if cell.metadata.get("course", {}).get("role") != "demo"]
    worth = dict.fromkeys((q for cell in cells for q in _questions(cell)), 1.0) | _points(path)
    asked = list(dict.fromkeys(q for cell in cells for q in _questions(cell)))
    if not asked:
        raise ValueError(f"{path} has no exercise: an answer begins with a line like `# >>> answer: ch04.q2`")
    nodes = [nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata) for cell in cells]
    said: dict[str, list[str]] = {q: [] for q in asked}
    for q, sentence in _run(nbformat.v4.new_notebook(cells=nodes), timeout):
        said.setdefault(q, []).append(sentence)
    return [_mark(q, said[q], worth.get(q, 1.0)) for q in said]


def _run(notebook: NotebookNode, timeout: float) -> Iterator[tuple[str, str]]:
    """Run all cells; yield what is said of which question."""
    stopped = ""
    with running(notebook, timeout) as run:
        for index, cell in enumerate(tqdm(notebook.cells, desc="running", unit="cell", leave=False)):
            course = cell.metadata.get("course", {})
            checked = course.get("q") if course.get("role") == "check" else None
            problem = stopped and f"not checked: {stopped}"
            if not stopped:
                try:
                    run(cell, index)
                except CellExecutionError as error:
                    problem = f"{error.ename}: {error.evalue}".split("\n")[0][:200]
                except CellTimeoutError:
                    problem = stopped = f"a cell took longer than {timeout:g} s"
                except DeadKernelError:
                    problem = stopped = "a cell killed the kernel"
            printed = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")
            found = _SAID.findall(printed)
            yield from found
            if checked and problem and checked not in dict(found):
                yield checked, problem


def _mark(q: str, said: list[str], most: float) -> Mark:
    """The mark for what the checks of a question said."""
    wrong = [sentence for sentence in said if sentence != "right"]
    share = (len(said) - len(wrong)) / len(said) if said else 0.0
    return Mark(q, most * share, most, wrong[0] if wrong else "right" if said else "its check did not run")


def _questions(cell: submission.Cell) -> Iterator[str]:
    """Questions that a cell is about."""
    yield from (marker or call for marker, call in _ASKED.findall(cell.source))
    course = cell.metadata.get("course", {})
    if course.get("role") in ("answer", "check") and "q" in course:
        yield str(course["q"])


def _points(path: Path) -> dict[str, float]:
    """What each question is worth, as far as the notebook's metadata still say so."""
    found: dict[str, float] = {}
    try:
        for cell in json.loads(path.read_text(encoding="utf-8-sig"))["cells"]:
            course = cell["metadata"].get("course", {})
            if course.get("role") == "answer":
                found[str(course["q"])] = float(course.get("points", 1))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # a percent file, or metadata that somebody has edited: every question then counts one
    return found

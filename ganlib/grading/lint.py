"""Whether the notebooks in the repository are what the chapters make: `python -m ganlib.grading.lint`.

The rules, which hold for every executed notebook:

- its source has not changed since it was run, and its cells are the ones the source makes;
- every code cell has been run, none ended in an error that is not meant, and none is exempt from comparison;
- a cell that shows a picture has a label, a caption and a description;
- nothing in it depends on the machine (times, live widgets, stderr), and it is at most 300 kB;
- the student notebook beside it is the one that would be written now.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ganlib.grading import chapters
from ganlib.grading.chapters import Chapter, where
from ganlib.grading.execute import LIMIT, current, leftovers, place
from ganlib.grading.kernel import WIDGET
from ganlib.grading.references import Index, collect
from ganlib.grading.student import beside, pristine, student

REMEDY = "run `make notebooks`"


def lint(source: Path, executed: Path, copies: Path) -> list[str]:
    """What is wrong with the chapters and notebooks of a book, one sentence each.

    Parameters
    ----------
    source : Path
        Folder of chapters.
    executed, copies : Path
        Folders of executed notebooks and of student notebooks.

    Returns
    -------
    list of str
        Empty when all is well.
    """
    everything = [chapters.read(path) for path in chapters.find(source)]
    problems = chapters.lint(everything)
    if problems:
        return problems
    index = collect(everything, beside(source))
    for chapter in everything:
        problems += _executed(place(chapter, source, executed), chapter)
        problems += _copy(place(chapter, source, copies), chapter, index)
    for folder in (executed, copies):
        ours, others = leftovers(folder, [place(chapter, source, folder) for chapter in everything])
        problems += [f"{path} has no chapter: delete it" for path in ours + others]
    return problems


def _executed(path: Path, chapter: Chapter) -> Iterator[str]:
    """What is wrong with one executed notebook."""
    if not current(path, chapter):
        yield f"{path} is not what {chapter.name} makes: {REMEDY}"
        return
    if path.stat().st_size > LIMIT:
        yield f"{path} has {path.stat().st_size / 1000:.0f} kB, more than {LIMIT / 1000:.0f}"
    notebook = nbformat.read(path, as_version=4)
    if "widgets" in notebook.metadata:
        yield f"{path} holds widget state: {REMEDY}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from (f"{path}, {where(cell)}: {problem}" for problem in _cell(cell))


def _copy(path: Path, chapter: Chapter, index: Index) -> Iterator[str]:
    """What is wrong with one student notebook."""
    try:
        wanted = chapters.encode(student(chapter, index))
    except ValueError as error:
        yield str(error)
        return
    if path.exists() and not pristine(path):
        yield f"{path} has been worked in: move your work to another folder, then {REMEDY}"
    elif not path.exists() or path.read_bytes() != wanted:
        yield f"{path} is not what {chapter.name} makes: {REMEDY}"


def _cell(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with one executed cell."""
    if cell.execution_count is None:
        yield f"it was never run, so nbval compares nothing: {REMEDY}"
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
            yield f"it ended in {output.ename}"
        if output.output_type == "stream" and output.name == "stderr":
            yield f"it keeps what was printed to stderr: {REMEDY}"
        data = output.get("data", {})
        if WIDGET in data:
            yield f"it keeps a live widget: {REMEDY}"
        if {"image/png", "image/svg+xml"} & set(data) and "mystnb" not in cell.metadata:
            yield "it shows a picture without `#| label`, `#| fig-cap` and `#| fig-alt`"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        The process's own unless given.

    Returns
    -------
    int
        Exit status: 0, 1 when something is wrong, 2 after an error that one sentence on stderr explains.
    """
    parser = argparse.ArgumentParser(prog="python -m ganlib.grading.lint", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("chapters", type=Path, help="folder of chapter sources")
    parser.add_argument("notebooks", type=Path, help="folder of executed notebooks")
    parser.add_argument("student", type=Path, help="folder of student notebooks")
    options = parser.parse_args(arguments)
    try:
        problems = lint(options.chapters, options.notebooks, options.student)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(
        "\n".join(problems) if problems else "chapters and notebooks agree", file=sys.stderr if problems else sys.stdout
    )
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())

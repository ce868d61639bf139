"""Run the chapters that changed: `python -m ganlib.grading.execute chapters book/notebooks`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from ganlib.grading import chapters
from ganlib.grading.chapters import Chapter
from ganlib.grading.kernel import running, tidy, warned

LIMIT = 300_000  # bytes of one notebook
SLOW = 45.0  # seconds of one chapter

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ExecutionError(Exception):
    """A chapter that did not run through; its text names chapter, cell and error in a few lines."""


def execute(chapter: Chapter, timeout: float = 600.0) -> NotebookNode:
    """Run a chapter from its first cell to its last.

    Parameters
    ----------
    chapter : Chapter
        It is not changed.
    timeout : float
        Seconds that one cell may take.

    Returns
    -------
    NotebookNode
        The notebook with outputs, of which nothing depends on when or where it ran.

    Raises
    ------
    ExecutionError
        When a cell raises, warns, takes too long or kills its kernel, or when the result is larger than `LIMIT`.
    """
    notebook = nbformat.from_dict(chapter.notebook)
    with running(notebook, timeout) as run:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            try:
                run(cell, index)
            except CellExecutionError as error:
                raise ExecutionError(
                    _failure(chapter, cell, f"{error.ename}: {error.evalue}", error.traceback)
                ) from None
            except CellTimeoutError:
                raise ExecutionError(_failure(chapter, cell, f"still running after {timeout:g} s")) from None
            except DeadKernelError:
                raise ExecutionError(_failure(chapter, cell, "its kernel died")) from None
            if warning := warned(cell.outputs):
                raise ExecutionError(_failure(chapter, cell, f"it warns: {warning}"))
    for cell in notebook.cells:
        if cell.cell_type == "code":  # only now: a later cell may have updated an earlier display
            cell["outputs"] = tidy(cell.outputs)
    size = len(chapters.encode(notebook))
    if size > LIMIT:
        largest = ", ".join(f"{kilobytes:.0f} kB of {what}" for kilobytes, what in _largest(notebook))
        raise ExecutionError(
            f"{chapter.name}: its notebook would have {size // 1000} kB, more than {LIMIT // 1000}; largest: {largest}"
        )
    return notebook


def current(path: Path, chapter: Chapter) -> bool:
    """Whether a notebook is what running this very chapter wrote, judged by hash and cells.

    Parameters
    ----------
    path : Path
        Of the executed notebook, which may be missing.
    chapter : Chapter
        As its source is now.

    Returns
    -------
    bool
        False when the chapter must be run.
    """
    if not path.exists():
        return False
    notebook = nbformat.read(path, as_version=4)
    hashed = notebook.metadata.get("ganlib", {}).get("source_sha256")
    return bool(hashed == chapter.sha256) and chapters.same_cells(notebook, chapter.notebook)


def place(chapter: Chapter, source: Path, target: Path) -> Path:
    """Where the notebook of a chapter goes: the folders are mirrored.

    Parameters
    ----------
    chapter : Chapter
        In the folder `source`.
    source, target : Path
        Folders of chapters and of notebooks.

    Returns
    -------
    Path
        In `target`.
    """
    return target / chapter.path.relative_to(source).with_suffix(".ipynb")


def leftovers(target: Path, wanted: list[Path]) -> tuple[list[Path], list[Path]]:
    """Notebooks in a folder that no chapter makes.

    Parameters
    ----------
    target : Path
        The folder.
    wanted : list of Path
        The notebooks that chapters make.

    Returns
    -------
    (list of Path, list of Path)
        Those that a chapter once made, and those that are none of ours.
    """
    ours: list[Path] = []
    others: list[Path] = []
    for path in sorted(set(target.rglob("*.ipynb")) - set(wanted)):
        if ".ipynb_checkpoints" not in path.parts:
            made = "ganlib" in nbformat.read(path, as_version=4).metadata
            (ours if made else others).append(path)
    return ours, others


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        The process's own unless given.

    Returns
    -------
    int
        Exit status: 0, 1 when a chapter failed, 2 after an error that one sentence on stderr explains.
    """
    parser = argparse.ArgumentParser(prog="python -m ganlib.grading.execute", description=__doc__)
    parser.add_argument("chapters", type=Path, help="folder of chapter sources")
    parser.add_argument("notebooks", type=Path, help="folder of executed notebooks, which mirrors it")
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="only this chapter, such as 04_minimax; may be repeated"
    )
    parser.add_argument("--force", action="store_true", help="run chapters that have not changed, too")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="chapters at a time (2)")
    parser.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="for one cell (600)")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (ValueError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    """Execute what the options ask for."""
    everything = [chapters.read(path) for path in chapters.find(options.chapters)]
    selected = [chapter for chapter in everything if not options.only or chapter.name in options.only]
    if unknown := set(options.only or []) - {chapter.name for chapter in everything}:
        raise ValueError(f"{options.chapters} holds no chapter {sorted(unknown)[0]}")
    if problems := chapters.lint(selected):
        print("\n".join(problems), file=sys.stderr)
        return 1
    targets = {chapter.name: place(chapter, options.chapters, options.notebooks) for chapter in everything}
    due = [chapter for chapter in selected if options.force or not current(targets[chapter.name], chapter)]
    failures = _execute_all(due, targets, options)
    if not options.only:
        ours, others = leftovers(options.notebooks, list(targets.values()))
        for path in ours:
            path.unlink()
            print(f"removed {path}, whose chapter is gone")
        for path in others:
            print(f"{path} was not made here and was left alone")
    written, same = len(due) - failures, len(selected) - len(due)
    failed = f", {failures} failed" if failures else ""
    print(f"{written} executed, {same} up to date{failed}; see {options.notebooks}")
    return 1 if failures else 0


def _execute_all(due: list[Chapter], targets: dict[str, Path], options: argparse.Namespace) -> int:
    """Execute chapters, some at a time, and write each as it is done; return how many failed."""
    failures = 0
    pool = ThreadPoolExecutor(options.jobs)
    try:
        running_now: dict[Future[float], Chapter] = {
            pool.submit(_execute_one, chapter, targets[chapter.name], options.timeout): chapter for chapter in due
        }
        for future in as_completed(running_now):
            name = running_now[future].name
            try:
                seconds = future.result()
            except ExecutionError as error:
                failures += 1
                print(error, file=sys.stderr, flush=True)
                continue
            print(f"{name}  {seconds:.1f} s", flush=True)
            if seconds > SLOW:
                print(f"warning: {name} took {seconds:.0f} s; a chapter should run in {SLOW:g} s", flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr, flush=True)
        os._exit(130)  # the threads wait for their cells; kernels end by themselves when their parent is gone
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return failures


def _execute_one(chapter: Chapter, path: Path, timeout: float) -> float:
    """Execute a chapter, write its notebook, return the seconds it took."""
    start = time.monotonic()
    notebook = execute(chapter, timeout)
    chapters.write(path, notebook)
    return time.monotonic() - start


def _failure(chapter: Chapter, cell: NotebookNode, reason: str, traceback: str = "") -> str:
    """Chapter, cell, error, and the lines of the cell around it."""
    lines = cell.source.split("\n")
    arrow = re.search(r"^-+> *(\d+)", _COLOUR.sub("", traceback), re.MULTILINE)  # IPython's mark, in the cell's frame
    at = min(int(arrow[1]), len(lines)) - 1 if arrow else None
    first = max(0, (at or 0) - 8)
    shown = [f"{'  > ' if number == at else '    '}{line}" for number, line in enumerate(lines)][first : first + 12]
    before, after = ["    ..."] * (first > 0), ["    ..."] * (first + 12 < len(lines))
    return "\n".join([f"{chapter.name} failed in this cell:", *before, *shown, *after, reason])


def _largest(notebook: NotebookNode) -> list[tuple[float, str]]:
    """The three largest parts of a notebook's outputs, in kilobytes."""
    parts: list[tuple[float, str]] = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = dict(output.get("data", {})) or {"text": output.get("text", "")}
            parts += [(len(str(content)) / 1000, f"{kind} in {chapters.where(cell)}") for kind, content in data.items()]
    return sorted(parts, reverse=True)[:3]


if __name__ == "__main__":
    raise SystemExit(main())

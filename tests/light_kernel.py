"""A kernel for tests of marks: a process that is forked with everything imported, and runs cells in a namespace.

It stands in the place of `ganlib.grading.marking._compare`, so that a submission is marked in a fraction of a second.
Of setup and given cells only imports and definitions run. Nothing protects anybody from what it runs.
"""

import contextlib
import io
import json
import multiprocessing
import os
import time
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from ganlib.grading.chapters import definitions, role
from ganlib.grading.marking_plugin import hint
from ganlib.grading.nbval_plugin import within

SECONDS = dict.fromkeys(("answer", "check", "hidden"), 2.0)  # that a cell may take; the others import
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["torch", "matplotlib.pyplot", "scipy.optimize", "sklearn.cluster", "pytest", "ganlib.grading.marking_plugin"]
    + ["ganlib.games", "ganlib.recipes", "ganlib.zoo", "ganlib.show", "ganlib.grading.submission"]
)


def run(cells: list[tuple[str, str]], path: str) -> None:
    """Run sources one after the other; write what each printed, and whether it raised, as soon as it ends."""
    names: dict[str, object] = {"__name__": "__main__"}
    with open(path, "w", encoding="utf-8") as file:
        for name, source in cells:
            out, raised = io.StringIO(), ""
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                try:
                    exec(compile(source, name, "exec"), names)
                except BaseException as error:
                    raised = type(error).__name__
            print(json.dumps([name, out.getvalue(), raised]), file=file, flush=True)
    os._exit(0)  # nothing to tidy up


def results(cells: list[NotebookNode], folder: Path) -> tuple[dict[str, tuple[str, str]], str]:
    """What each cell printed and raised, and how the run ended before the last: `timeout`, `crashed` or not at all."""
    path = folder / "ran.jsonl"
    sources = [(cell.id, definitions([cell]) if role(cell) in ("setup", "given") else cell.source) for cell in cells]
    process = _FORKS.Process(target=run, args=(sources, str(path)))
    process.start()
    done, since, slow = 0, time.monotonic(), False
    while process.is_alive() and not slow:
        process.join(0.05)
        if (number := path.read_bytes().count(b"\n") if path.exists() else 0) != done:
            done, since = number, time.monotonic()
        slow = done < len(cells) and time.monotonic() - since > SECONDS.get(role(cells[done]), 60.0)
    process.kill()
    process.join()
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    ran = {name: (printed, raised) for name, printed, raised in map(json.loads, lines)}
    return ran, "" if len(ran) == len(cells) else "timeout" if slow else "crashed"


def executed(cells: list[NotebookNode], folder: Path) -> None:
    """Give cells the outputs they have."""
    ran, ended = results(cells, folder)
    assert not ended, ended
    for count, cell in enumerate(cells, 1):
        printed, raised = ran[cell.id]
        assert not raised, f"{cell.source}\n{raised}"
        cell["execution_count"], cell["outputs"] = count, [new_output("stream", text=printed)] if printed else []


def compare(folder: Path, merged: NotebookNode, limits: object, safe: bool) -> tuple[dict[str, dict[str, object]], str]:
    """What `marking._compare` does."""
    ran, ended = results(merged.cells, folder)
    records: dict[str, dict[str, object]] = {}
    for cell in merged.cells:
        course = cell.metadata.get("course", {})
        record = {"cell": cell.id, "passed": False, "why": "", "hint": "", "ended": "", "seconds": 0.0}
        records[cell.id] = record
        if cell.id not in ran:
            record |= {"why": ended, "ended": ended}
            break
        printed, raised = ran[cell.id]
        expected = "".join(output.text for output in cell.outputs)
        same = within(printed, expected, course.get("rtol", 0.0), course.get("atol", 0.0)) or role(cell) == "answer"
        record["passed"] = same and not raised
        if role(cell) == "check" and course.get("q"):
            record["hint"] = hint(course["q"], [new_output("stream", text=printed)])
    return records, ""

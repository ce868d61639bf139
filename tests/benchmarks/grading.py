"""What marking a class costs: copies of a right submission, each a little different, are graded. Prints JSON.

`wall_seconds_each` is wall time over submissions, with everything from reading the first file to writing the last
result. Two figures state the share spent in our code: `outside_nbval` is the part of a job that is not spent waiting
for the process that runs nbval and the kernel, and `over_bare_nbval` compares that process with plain `pytest --nbval`
on the very same notebook, without sandbox, limits and records (one at a time; it is negative when ours is faster).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat

from ganlib.grading import batch, marking, reference
from ganlib.grading.chapters import role
from ganlib.grading.merge import merge
from ganlib.grading.sandbox import Limits
from ganlib.grading.submission import Answer

ROOT = Path(__file__).parent.parent.parent
CHAPTER = ROOT / "chapters" / "1_foundations" / "04_minimax.py"


def copies(built: reference.Reference, folder: Path, number: int) -> None:
    """As many right submissions, no two of the same bytes, with outputs as a student saves them."""
    folder.mkdir()
    cells = [cell for cell in built.notebook.cells if cell.cell_type != "code" or role(cell) != "hidden"]
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    for place in range(number):
        notebook = nbformat.reads(text, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code" and role(cell) == "answer":
                cell["source"] += f"\n# copy {place}"
        nbformat.write(notebook, folder / f"student{place:03}.ipynb")


def bare(notebook: nbformat.NotebookNode, folder: Path) -> tuple[float, float]:
    """Seconds of plain nbval on a notebook, on the clock and of CPU; whether it passes there is not asked."""
    path = folder / "merged.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-q", "-p", "no:cacheprovider", "--nbval"]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "--nbval-current-env", str(path)], cwd=folder, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - start, cpu


def measure(number: int, workers: int, chapter: Path, repetitions: int) -> dict[str, float]:
    """Grade, and time the parts."""
    built = reference.build(chapter, secret="of the benchmark")
    waited: list[float] = []
    lock, compare = threading.Lock(), marking._compare

    def timed(*arguments):
        start = time.perf_counter()
        try:
            return compare(*arguments)
        finally:
            with lock:
                waited.append(time.perf_counter() - start)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies(built, folder / "in", number)
        marking._compare = timed
        try:
            batch.grade(built, [str(folder / "in" / "student000.ipynb")], folder / "report", workers=1)  # warm up
            waited.clear()
            summary = batch.grade(built, [str(folder / "in")], folder / "report", workers=workers)
        finally:
            marking._compare = compare
        marked = [batch.results.read(path) for path in batch.results.find(folder / "report")]
        if summary.failed or any(result.score != result.max for result in marked):
            raise RuntimeError("a right submission did not get full marks, so these times mean nothing")
        seconds = list(batch.results.read_seconds(folder / "report").values())
        given = {
            str(cell.metadata["course"]["q"]): Answer(str(cell.metadata["course"]["q"]), cell.source, "marker")
            for cell in built.notebook.cells
            if cell.cell_type == "code" and role(cell) == "answer"
        }
        merged = merge(built.notebook, given)
        pairs = []
        for _ in range(repetitions):
            start = time.perf_counter()
            marking.mark(merged, Limits())
            pairs.append((time.perf_counter() - start, *bare(merged, folder)))
    ours, plain, cpu = (statistics.median(column) for column in zip(*pairs))
    job = statistics.mean(seconds[1:]) if len(seconds) > 1 else seconds[0]
    return {
        "submissions": summary.marked,
        "workers": workers,
        "wall_seconds_each": round(summary.seconds / summary.marked, 2),
        "job_seconds": round(job, 2),
        "outside_nbval": round(1 - statistics.mean(waited) / job, 4),
        "mark_seconds": round(ours, 2),
        "bare_nbval_seconds": round(plain, 2),
        "bare_nbval_cpu_seconds": round(cpu, 2),  # what a busy machine cannot blur
        "over_bare_nbval": round((ours - plain) / ours, 4),
        "grader_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chapter", type=Path, default=CHAPTER)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps(measure(options.number, options.workers, options.chapter, options.repetitions), indent=1))

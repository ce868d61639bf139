"""The grader stays small and never loads torch, whatever is handed in: each test is a process of its own, measured."""

import json
import subprocess
import sys
from pathlib import Path

import sample_submissions
import tiny_book

sys.path.insert(0, str(Path(__file__).parent / "attacks"))

from walls import boxed

MOST = 500_000_000  # bytes
FILE = 20_000_000  # bytes of a file that is just small enough to be read

MEASURE = """
import json, os, pathlib, sys, threading, time
from ganlib.grading import sandbox
most = 0
def look():  # at the high water of this process, and of those that compare; a kernel's memory is not the grader's
    global most
    for pid in sandbox.members(os.getpid()):
        try:
            if pid == os.getpid() or b"ganlib-marking" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                most = max(most, 1024 * int(status.split("VmHWM:")[1].split()[0]))
        except (OSError, IndexError):
            pass
def watch():
    while True:
        look()
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
"""
TELL = """
look()
print(json.dumps([most, "torch" in sys.modules]))
"""
GRADE = """
import sys
from pathlib import Path
from ganlib.grading import batch, chapters, marking
from ganlib.grading.reference import Reference

def mark(notebook, given, limits=None, **options):  # what a sandbox would have found
    points = {"ch98.q1": 2.0, "ch98.q2": 3.0, "ch98.q3": 1.0}
    check = marking.CellResult("c", "ch98.q1", "check", 1.0, True)
    return marking.Marks(tuple(marking.count(q, most, "graded", [check]) for q, most in points.items()), True, 0.1, 1)

batch.mark_submission = mark
chapter = chapters.read(Path(sys.argv[1]))
reference = Reference("98_three", chapter.sha256, "a" * 64, chapter.notebook, {})
batch.grade(reference, [sys.argv[2]], Path(sys.argv[3]), safe=False, workers=2)
"""
FLOOD = """
import sys
sys.path.insert(0, sys.argv[1])
import hostile, toy
from ganlib.grading import marking
for name in ("writes to the descriptors without end",):
    marking.mark_submission(toy.reference(), toy.answers(q1=hostile.ATTACKS[name]), toy.LIMITS)
"""


def measured(code: str, *arguments: object) -> tuple[int, bool]:
    """The most memory that code, or a process that it waited for, has taken, and whether it loaded torch."""
    command = [sys.executable, "-c", MEASURE + code + TELL, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def many_lists() -> bytes:
    return b"[" + b",".join([b"[]"] * (FILE // 3 - 2)) + b"]"


def many_cells() -> bytes:
    cell = b'{"cell_type":"code","source":"","metadata":{},"outputs":[],"execution_count":null}'
    return b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[' + b",".join([cell] * (FILE // 90)) + b"]}"


def one_long_answer() -> bytes:
    source = "# >>> answer: ch98.q1\\n" + "x = [1, 2]\\n" * (FILE // 14)
    return (
        many_cells()[:56]
        + b'{"cell_type":"code","metadata":{},"outputs":[],"execution_count":null,"source":"'
        + (source.encode() + b'"}]}')
    )


HOSTILE = {
    "lists in a list": many_lists,
    "a notebook of many cells": many_cells,
    "one endless answer": one_long_answer,
    "brackets in brackets": lambda: b"[" * (FILE - 10),
    "a hundred megabytes": lambda: b"{" + b" " * 100_000_000,
}


def test_large_files_cost_little_memory(tmp_path):
    chapter = tiny_book.write(tmp_path, sample_submissions.CHAPTER, "1_foundations/98_three.py")
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name, make in HOSTILE.items():
        content = make()
        assert len(content) > FILE - 5_000_000
        for copy in range(2):
            (inbox / f"{name} {copy}.ipynb").write_bytes(content + b" " * copy)
    most, torch = measured(GRADE, chapter, inbox, tmp_path / "report")
    assert most <= MOST
    assert not torch
    assert len(list((tmp_path / "report").glob("*/results.json"))) == 2 * len(HOSTILE)


@boxed
def test_a_flood_costs_little_memory():
    most, torch = measured(FLOOD, Path(__file__).parent / "attacks")
    assert most <= MOST
    assert not torch

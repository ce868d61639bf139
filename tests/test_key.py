"""What the sample submissions earn is what a person wrote down: see `key/CHAPTER.txt`, and `keyed_submissions.py`.

Every submission takes the whole way from its file to its marks, but for one thing: here its cells run in a forked
process (`light_kernel.py`), not in nbval and a sandbox. `make attacks` runs the same key through those.
"""

import re
import sys
from pathlib import Path

import light_kernel
import pytest
from keyed_submissions import SUBMISSIONS, submission
from nbformat import NotebookNode

sys.path.insert(0, str(Path(__file__).parent / "attacks"))
from walls import boxed

from ganlib.grading import batch, chapters, marking, reference
from ganlib.grading.needed import needed
from ganlib.grading.reference import Reference
from ganlib.grading.sandbox import Limits

ROOT = Path(__file__).parent.parent
BOOK = {chapter.name: chapter for chapter in map(chapters.read, chapters.find(ROOT / "chapters"))}
SECRET = "a secret that the key was made with"


def key(chapter: str) -> dict[str, list[float]]:
    """The marks by hand: by submission, one for each question."""
    lines = (ROOT / "tests" / "key" / f"{chapter}.txt").read_text(encoding="utf-8").splitlines()
    rows = [re.split(r" {2,}", line) for line in lines if not line.startswith("#")]
    assert all(row[-1] for row in rows), "every row has a reason"
    return {name: [float(mark) for mark in marks] for name, *marks, _ in rows}


CASES = [(chapter, name) for chapter in SUBMISSIONS for name in SUBMISSIONS[chapter]]


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """By chapter: what the instructor compares with, and the ids of the cells that marking needs."""
    made = {}
    for name in SUBMISSIONS:
        seeds = {cell.id: f"{cell.id} {SECRET}" for cell in BOOK[name].cells("hidden")}
        notebook = reference._prepared(BOOK[name], seeds).notebook
        cells = needed([cell for cell in notebook.cells if cell.cell_type == "code"])
        light_kernel.executed(cells, tmp_path_factory.mktemp(name))
        built = Reference(name, BOOK[name].sha256, "key", notebook, {}, tuple(seeds.values()))
        made[name] = built, {cell.id for cell in cells}
    return made


def test_each_group_of_chapters_has_twenty_submissions_and_each_submission_a_row():
    groups = {}
    for chapter, submissions in SUBMISSIONS.items():
        assert list(key(chapter)) == list(submissions)
        group = BOOK[chapter].path.parent.name
        groups[group] = groups.get(group, 0) + len(submissions)
    assert set(groups) == {chapter.path.parent.name for chapter in BOOK.values()}
    assert min(groups.values()) >= 20


@pytest.mark.parametrize(("chapter", "name"), CASES, ids=[f"{chapter[:2]}: {name}" for chapter, name in CASES])
def test_marks_are_those_of_the_key(chapter, name, references, monkeypatch):
    built, kept = references[chapter]
    monkeypatch.setattr(marking, "_compare", light_kernel.compare)
    monkeypatch.setattr(
        marking, "_brief",
        lambda merged: NotebookNode({**merged, "cells": [cell for cell in merged.cells if cell.id in kept]}),
    )  # fmt: skip
    file, content = submission(BOOK[chapter], *SUBMISSIONS[chapter][name])
    marks = batch.mark(built, file, content, Limits(), False)
    assert [question.points for question in marks.questions] == key(chapter)[name]


@boxed
@pytest.mark.parametrize("chapter", SUBMISSIONS)
def test_marks_in_the_sandbox_are_those_of_the_key(chapter, tmp_path):
    """All of `ganlib grade` but the command line."""
    built = reference.build(BOOK[chapter].path, secret=SECRET, folder=tmp_path / "kept")
    for place, (form, answers) in enumerate(SUBMISSIONS[chapter].values()):
        file, content = submission(BOOK[chapter], form, answers)
        (tmp_path / "in" / f"{place:02}").mkdir(parents=True)
        (tmp_path / "in" / f"{place:02}" / f"{place:02}-{file}").write_bytes(content)
    summary = batch.grade(built, [str(tmp_path / "in")], tmp_path / "report", limits=Limits(cell_seconds=15.0))
    assert (summary.marked, summary.failed, summary.refused) == (len(SUBMISSIONS[chapter]), [], [])
    found = sorted(batch.results.read_folder(tmp_path / "report"), key=lambda result: result.file)
    marks = {
        name: [q.points for q in result.questions] for name, result in zip(SUBMISSIONS[chapter], found, strict=True)
    }
    assert marks == key(chapter)

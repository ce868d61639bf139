"""Merged into the reference, right answers in every form print what it prints; all else is the reference's."""

import contextlib
import copy
import io
import symtable
from pathlib import Path

import nbformat
import pytest
import sample_submissions as samples
from sample_submissions import GOOD, QUESTIONS

from ganlib.grading import chapters
from ganlib.grading.chapters import role
from ganlib.grading.merge import merge
from ganlib.grading.submission import Answer, answers, read

ROOT = Path(__file__).parent.parent
CHECKS = ("ch98-q1-check", "ch98-q2-check", "ch98-q2-check-2", "ch98-q3-check", "ch98-q1-hidden")


def printed(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What each cell prints, all in one namespace; one that raises stops where it raised, as in a kernel."""
    names, texts = {}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.suppress(Exception):
                exec(compile(cell.source, cell.id, "exec"), names)
            texts[cell.id] = out.getvalue()
    return texts


def executed(folder: Path) -> nbformat.NotebookNode:
    """The reference with the outputs it has."""
    notebook = samples.reference(folder)
    for count, (name, text) in enumerate(printed(notebook).items(), 1):
        cell = notebook.cells[samples.place(notebook, name)]
        cell["execution_count"] = count
        cell["outputs"] = [nbformat.v4.new_output("stream", text=text)] if text else []
    return notebook


def merged(folder: Path, build, **options) -> nbformat.NotebookNode:
    reference = executed(folder)
    return merge(reference, answers(read(build(folder)), reference)[0], **options)


def kept(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What the notebook says the checks print."""
    cells = [cell for cell in notebook.cells if cell.id in CHECKS]
    return {cell.id: "".join(output.text for output in cell.outputs) for cell in cells}


@pytest.mark.parametrize("build", samples.RIGHT, ids=lambda build: build.__name__)
def test_a_right_submission_prints_what_the_reference_prints_in_every_form(build, tmp_path):
    notebook = merged(tmp_path, build)
    texts = printed(notebook)
    expected = kept(notebook)
    assert tuple(expected) == CHECKS
    assert all(text.endswith(": right\n") for text in expected.values())
    assert {name: texts[name] for name in CHECKS} == expected


@pytest.mark.parametrize("build", samples.RIGHT, ids=lambda build: build.__name__)
@pytest.mark.parametrize("only", QUESTIONS)
def test_so_does_each_of_its_answers_alone(build, only, tmp_path):
    notebook = merged(tmp_path, build, only=only)
    texts, expected = printed(notebook), kept(notebook)
    assert tuple(expected) == tuple(name for name in CHECKS if name.startswith(only.replace(".", "-")))
    assert {name: texts[name] for name in expected} == expected


@pytest.mark.parametrize("build", samples.KEY, ids=lambda build: build.__name__)
def test_the_share_of_checks_that_print_the_same_is_what_the_key_says(build, tmp_path):
    notebook = merged(tmp_path, build)
    texts, marks = printed(notebook), {}
    for q, points in samples.POINTS.items():
        checks = {name: text for name, text in kept(notebook).items() if name.startswith(q.replace(".", "-"))}
        marks[q] = points * sum(texts[name] == text for name, text in checks.items()) / len(checks)
    assert marks == samples.KEY[build]


def test_alone_a_question_does_not_suffer_from_the_answer_to_another(tmp_path):
    builds_on_it = "def length(v):\n    return math.sqrt(sum(map(square, v)))"
    sources = {"ch98.q1": "def square(x):\n    return x / 0", "ch98.q2": builds_on_it}
    given = {q: Answer(q, source, "marker") for q, source in sources.items()}
    reference = executed(tmp_path)
    together, alone = printed(merge(reference, given)), printed(merge(reference, given, only="ch98.q2"))
    for name in ("ch98-q2-check", "ch98-q2-check-2"):
        assert "ZeroDivisionError" in together[name]
        assert alone[name].endswith("ch98.q2: right\n")


def test_a_question_without_an_answer_says_so(tmp_path):
    for build in (samples.untouched, samples.empty_notebook, samples.another_chapter):
        folder = tmp_path / build.__name__
        folder.mkdir()
        texts = printed(merged(folder, build))
        for name in CHECKS:
            q = name[:7].replace("-", ".")
            assert texts[name].endswith(f"{q}: not answered yet: write it in the cell marked `# >>> answer: {q}`\n")


def test_everything_but_the_answers_is_the_references(tmp_path):
    reference = executed(tmp_path)
    before = copy.deepcopy(reference)
    given = {q: Answer(q, source, "marker") for q, source in GOOD.items()}
    notebook = merge(reference, given)
    assert reference == before
    assert notebook.metadata == reference.metadata
    wanted = [cell for cell in reference.cells if cell.cell_type == "code" and role(cell) != "demo"]
    wanted.sort(key=lambda cell: role(cell) == "hidden")  # the others stay in order
    assert [cell.id for cell in notebook.cells] == [cell.id for cell in wanted]
    for cell, original in zip(notebook.cells, wanted):
        if role(cell) == "answer":
            assert cell == {
                **original,
                "source": GOOD[original.metadata.course.q],
                "outputs": [],
                "execution_count": None,
            }
        else:
            assert cell == original
            assert cell.execution_count is not None
    notebook.cells[0].metadata["course"]["role"] = "demo"
    notebook.cells[-1].outputs.clear()
    notebook.metadata["kernelspec"]["name"] = "evil"
    assert reference == before


def test_a_merged_notebook_is_a_valid_one_whatever_the_answer_holds(tmp_path):
    given = {"ch98.q1": Answer("ch98.q1", '"]}], "cells": [{"\u2028\x1b', "id")}
    notebook = merge(executed(tmp_path), given)
    again = nbformat.reads(chapters.encode(notebook).decode(), as_version=4)
    assert [cell.id for cell in again.cells] == [cell.id for cell in notebook.cells]
    assert again.cells[samples.place(again, "ch98-q1-answer")].source == given["ch98.q1"].source


def test_one_question_alone_keeps_the_answers_of_the_reference_and_no_other_check(tmp_path):
    reference = executed(tmp_path)
    given = {q: Answer(q, source, "marker") for q, source in GOOD.items()}
    notebook = merge(reference, given, only="ch98.q2")
    assert [cell.id for cell in notebook.cells if role(cell) in ("answer", "check", "hidden")] == [
        "ch98-q1-answer",
        "ch98-q2-answer",
        "ch98-q2-check",
        "ch98-q2-check-2",
    ]
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert sources["ch98-q1-answer"] == reference.cells[samples.place(reference, "ch98-q1-answer")].source
    assert sources["ch98-q2-answer"] == GOOD["ch98.q2"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if role(cell) == "answer")
    assert "close(" in merge(reference, given, only="ch98.q3").cells[-3].source  # belongs to no question
    with pytest.raises(ValueError, match=r"the chapter does not ask ch98\.q9"):
        merge(reference, given, only="ch98.q9")


def used_and_bound(source: str) -> tuple[set[str], set[str]]:
    """Names that a cell takes from elsewhere, and names that it makes."""
    top = symtable.symtable(source, "cell", "exec")
    scopes = [top]
    for scope in scopes:
        scopes += scope.get_children()
    bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    names = {symbol.get_name() for scope in scopes for symbol in scope.get_symbols() if symbol.is_global()}
    outer = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    return (names | outer) - bound, bound


@pytest.mark.parametrize("path", sorted((ROOT / "book" / "notebooks").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_what_is_left_of_a_chapter_needs_nothing_that_was_left_out(path):
    """For the whole and for each question alone: no cell uses a name that only a dropped cell makes."""
    reference = nbformat.read(path, as_version=4)
    made = set().union(*(used_and_bound(cell.source)[1] for cell in reference.cells if cell.cell_type == "code"))
    for only in [None, *(cell.metadata.course.q for cell in reference.cells if role(cell) == "answer")]:
        there = set()
        for cell in merge(reference, {}, only=only).cells:
            uses, makes = used_and_bound(cell.source)
            assert not uses & made - there, f"{only}: {chapters.where(cell)}"
            there |= makes

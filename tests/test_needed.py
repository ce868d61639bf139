"""What marking runs of a chapter: all that answers and checks build on by name, and nothing else."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from ganlib.grading import chapters, needed
from ganlib.grading.chapters import question, role
from ganlib.grading.merge import MARKED

CHAPTERS = sorted((Path(__file__).parents[1] / "chapters").glob("*/*.py"))
SETUP = ("import math\nfrom lib import show, train, wrap", "setup")
ANSWER = "# >>> answer: ch99.q1\ndef answer(x):\n    return x"
CHECK = ("check('ch99.q1', answer)", "check", "ch99.q1")


def kept(*given: str, answer: str = ANSWER, check: str = CHECK[0]) -> list[str]:
    """Which of some given cells run, with one answer and its check after them."""
    cells = [new_code_cell(SETUP[0], metadata={"course": {"role": "setup"}})]
    cells += [new_code_cell(source) for source in given]
    cells += [
        new_code_cell(answer, metadata={"course": {"role": "answer", "q": "ch99.q1"}}),
        new_code_cell(check, metadata={"course": {"role": "check", "q": "ch99.q1"}}),
    ]
    found = needed.needed(cells)
    assert [cell for cell in cells if cell in found] == found, "in order"
    assert all(cell in found for cell in cells if role(cell) != "given")
    return [cell.source for cell in found if role(cell) == "given"]


def answer(body: str) -> str:
    return f"# >>> answer: ch99.q1\ndef answer(x):\n    {body}"


def test_what_nothing_builds_on_is_left_out():
    assert kept("def other(x):\n    return x", "y = train(3)\nshow(y)", "show(math.pi)") == []


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["half = 0.5"], {0}),  # by an answer
        (
            ["def helper(x):\n    return third * x", "third = 1 / 3", "fourth = 1 / 4"],
            {0, 1},
        ),
        (["class helper:\n    half = 0.5", "class other:\n    half = 1"], {0}),
        (["import helper"], {0}),
        (["from x import y as helper"], {0}),
        (["for half in range(3):\n    pass"], {0}),
        (["with open('x') as half:\n    pass"], {0}),
        (["def f():\n    global half\n    half = 3\nf()"], {0}),
        (["half = []", "half.append(1)", "show(half)", "other = 1"], {0, 1, 2}),  # a method, a call may change it
        (["half = {}", "half['x'] = 1", "del half['x']", "half |= {}"], {0, 1, 2, 3}),
        (["def helper(x):\n    return x", "helper(3)", "show(helper)"], {0}),  # which nothing changes
        (["def helper(x):\n    return x", "helper.half = 1"], {0, 1}),
        (["lib_half = 1", "math.tau = lib_half", "math.pi"], set()),
        (["half = 1", "half = wrap(half)"], {0, 1}),
        (["b = 1", "b = 2\nhalf = b"], {1}),  # a cell that begins by making b anew needs no other b
        (["[half for half in range(3)]", "lambda half: half", "def f(half):\n    half[0] = 1"], set()),  # local names
    ],
)
def test_what_an_answer_builds_on_runs_before_it(cells, wanted):
    found = kept(*cells, answer=answer("return helper(half) * x"))
    assert found == [cell for place, cell in enumerate(cells) if place in wanted]


def test_what_a_check_builds_on_runs():
    assert kept("case = 3.0", "other = 1", check="check('ch99.q1', lambda: answer(case))") == ["case = 3.0"]


def test_an_imported_module_that_a_cell_changes_brings_that_cell():
    assert kept("math.tau = 3", "math.pi", answer=answer("return math.tau")) == ["math.tau = 3", "math.pi"]


@pytest.mark.parametrize(
    "body",
    [
        "return eval('half') * x",
        "return globals()['half']",
        "import __main__",
        "return get_ipython().user_ns['half']",
        "return ((",
        "return x\n%time answer(half)",
        "return x\n!echo {half}",
        "return x\nfrom half import *",
        "return " + "(" * 300 + "half" + ")" * 300,
        "return '" + "x" * 200_000 + "'",
    ],
)
def test_an_answer_that_cannot_be_read_gets_every_cell(body):
    cells = ["half = 0.5", "show(math.pi)"]
    assert kept(*cells, answer=answer(body)) == cells


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_can_be_marked_from_few_of_its_cells(path):
    """No name that a kept cell uses is made by a cell that is left out."""
    chapter = chapters.read(path)
    cells = [cell for cell in chapter.notebook.cells if cell.cell_type == "code" and role(cell) in MARKED]
    found = needed.needed(cells)
    others = [cell for cell in cells if cell not in found]
    assert all(role(cell) in ("given", "check") and question(cell) is None for cell in others)
    assert others, "an answer or a check of the chapter looks names up as it runs"
    made = set().union(*(chapters._bound(cell.source) for cell in others))
    for cell in found:
        before = set().union(*(chapters._bound(other.source) for other in found))
        assert not (chapters._loaded(cell.source) & made) - before, chapters.where(cell)

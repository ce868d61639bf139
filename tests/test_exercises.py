"""Every exercise accepts the chapter's own answer, and meets each of at least three wrong ones with a hint of its own.

Wrong answers are in `wrong_answers/chNN.py`, in a dictionary `WRONG`: exercise -> name of the misconception -> (answer,
piece of the hint it must get). A dictionary `RIGHT`, exercise -> list of answers, may hold right ones beside the
chapter's own. An answer is the source of an answer cell, or the thing itself that the check is called with.
"""

import ast
import runpy
from importlib import import_module
from pathlib import Path

import pytest
import tiny_book

import ganlib.grading.exercises
from ganlib.grading import Verdict, chapters
from ganlib.grading.chapters import Chapter, question

ROOT = Path(__file__).parent.parent
ANSWERS = ROOT / "tests" / "wrong_answers"
ENOUGH = 3


def read_all(folder: Path) -> list[Chapter]:
    return (
        [chapters.read(path) for path in chapters.find(folder)] if folder.exists() and any(folder.rglob("*.py")) else []
    )


CHAPTERS = read_all(ROOT / "chapters")
EXERCISES = {str(question(cell)): chapter for chapter in CHAPTERS for cell in chapter.cells("answer")}


def answers(chapter: Chapter, folder: Path) -> dict:
    path = folder / f"ch{chapter.number:02}.py"
    return runpy.run_path(str(path)) if path.exists() else {}


def call_in(chapter: Chapter, q: str) -> ast.Call:
    """The call of the check, such as `ch04.q2(value_at_best)`."""
    cells = [cell for cell in chapter.cells("check") if question(cell) == q]
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    calls = [node for node in nodes if ast.unparse(node.func) == q]
    assert len(calls) == 1, f"the check cells of {q} call {q}(...) {len(calls)} times, not once"
    return calls[0]


def judge(chapter: Chapter, q: str, answer: object) -> Verdict:
    """The verdict on an answer, given as source or as the thing itself.

    Of the rest of the chapter only imports, functions, classes and literal constants are there: a check that needs more
    could not be trusted in a notebook where a student changed something.
    """
    names: dict[str, object] = {}
    for node in ast.parse(chapters.definitions(chapter.cells("setup", "given", "check"))).body:
        try:
            exec(compile(ast.Module([node], []), chapter.name, "exec"), names)
        except NameError:
            continue  # it needs something that only running the chapter makes
    call = call_in(chapter, q)
    if isinstance(answer, str):
        exec(compile(answer, f"{q}, an answer", "exec"), names)
        verdict = eval(compile(ast.Expression(call), f"{q}, the check", "eval"), names)
    else:
        verdict = eval(ast.unparse(call.func), names)(answer)
    assert isinstance(verdict, Verdict), f"{q} must return the Verdict that `check` returns, not {verdict!r}"
    assert verdict.question == q
    return verdict


def reference(chapter: Chapter, q: str) -> str:
    (answer,) = (cell.source for cell in chapter.cells("answer") if question(cell) == q)
    return answer


def expect_right(chapter: Chapter, q: str, folder: Path) -> None:
    verdict = judge(chapter, q, reference(chapter, q))
    assert verdict.right, f"{q} does not accept the chapter's own answer: {verdict.hint}"
    for place, answer in enumerate(answers(chapter, folder).get("RIGHT", {}).get(q, []), 1):
        verdict = judge(chapter, q, answer)
        assert verdict.right, f"{q} does not accept right answer {place}: {verdict.hint}"


def expect_hints(chapter: Chapter, q: str, folder: Path) -> None:
    wrong = answers(chapter, folder).get("WRONG", {}).get(q, {})
    assert len(wrong) >= ENOUGH, f"{q} has {len(wrong)} wrong answers in {folder.name}/, it needs {ENOUGH}"
    hints: dict[str, str] = {}
    for name, (answer, expected) in wrong.items():
        verdict = judge(chapter, q, answer)
        assert not verdict.right, f"{q} calls this wrong answer right: {name}"
        assert expected in verdict.hint, f"{q}, {name}: the hint is {verdict.hint!r}"
        assert verdict.hint not in hints, f"{q}: {name} and {hints[verdict.hint]} get the same hint"
        hints[verdict.hint] = name


@pytest.mark.parametrize("q", EXERCISES)
def test_right_answers_are_right(q):
    expect_right(EXERCISES[q], q, ANSWERS)


@pytest.mark.parametrize("q", EXERCISES)
def test_every_wrong_answer_gets_its_own_hint(q):
    expect_hints(EXERCISES[q], q, ANSWERS)


@pytest.mark.parametrize("q", EXERCISES)
def test_every_hint_is_given_to_some_wrong_answer(q, monkeypatch):
    chapter, known = EXERCISES[q], set()
    module = import_module(f"ganlib.grading.exercises.ch{chapter.number:02}")
    check = module.check

    def noting(*given, wrong=(), **options):
        known.update(hint for _, hint in wrong)
        return check(*given, wrong=wrong, **options)

    monkeypatch.setattr(module, "check", noting)
    given = {judge(chapter, q, answer).hint for answer, _ in answers(chapter, ANSWERS)["WRONG"][q].values()}
    assert known, "the check knows no misconception"
    assert not known - given


def test_no_wrong_answer_is_for_an_exercise_that_does_not_exist():
    assert {q for path in ANSWERS.glob("*.py") for q in runpy.run_path(str(path))["WRONG"]} <= set(EXERCISES)


# --- the tests above, tested on a book of one chapter


EXERCISE = '''
from ganlib.grading import Verdict, check


def q1(answer) -> Verdict:
    """Exercise 99.1: the square of x."""
    return check(
        "ch99.q1",
        answer,
        cases=[((2.0,), 4.0), ((-0.5,), 0.25)],
        wrong=[(lambda x: x**3, "two factors, not three"), (lambda x: 2 * x, "a square is not a double")],
    )
'''

SOURCE = tiny_book.CHAPTER.replace(
    'check("ch99.q1", square, [((2.0,), 4.0), ((-0.5,), 0.25)], wrong=[(cube, "two factors, not three")])',
    "from ganlib.grading.exercises import ch99\n\nch99.q1(square)",
)

WRONG = """
WRONG = {
    "ch99.q1": {
        "a cube": ("def square(x):\\n    return x * x * x", "two factors"),
        "a double": (lambda x: x + x, "a square is not a double"),
        "a text": ("import math\\nsquare = lambda x: str(math.pi)", "expected a number, got a text"),
    }
}
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Makes a chapter with one exercise out of three sources, and says where its wrong answers are."""

    def make(source: str = SOURCE, exercise: str = EXERCISE, wrong: str = WRONG) -> tuple[Chapter, Path]:
        (tmp_path / "exercises").mkdir()
        (tmp_path / "exercises" / "ch99.py").write_text(exercise, encoding="utf-8")
        monkeypatch.setattr(ganlib.grading.exercises, "__path__", [str(tmp_path / "exercises")])
        monkeypatch.delitem(__import__("sys").modules, "ganlib.grading.exercises.ch99", raising=False)
        monkeypatch.delattr(ganlib.grading.exercises, "ch99", raising=False)
        (tmp_path / "wrong").mkdir()
        (tmp_path / "wrong" / "ch99.py").write_text(wrong, encoding="utf-8")
        return chapters.read(tiny_book.write(tmp_path, source)), tmp_path / "wrong"

    return make


def test_a_good_exercise_passes_both(tiny):
    chapter, folder = tiny()
    assert chapters.lint([chapter]) == []
    expect_right(chapter, "ch99.q1", folder)
    expect_hints(chapter, "ch99.q1", folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return x * x + 0 * HALF", "return x * x + HALF", "does not accept the chapter's own answer: 0 of 2"),
        ("ch99.q1(square)", "ch99.q1(square)\nch99.q1(square)", r"call ch99.q1\(...\) 2 times, not once"),
        ("ch99.q1(square)", "print(square)", r"call ch99.q1\(...\) 0 times, not once"),
    ],
)
def test_a_chapter_that_disagrees_with_its_check_fails(old, new, message, tiny):
    assert old in SOURCE
    chapter, folder = tiny(source=SOURCE.replace(old, new))
    with pytest.raises(AssertionError, match=message):
        expect_right(chapter, "ch99.q1", folder)


def test_a_check_that_needs_more_than_definitions_fails(tiny):
    chapter, folder = tiny(source=SOURCE.replace("HALF = 0.5", "HALF = float(0.5)"))
    with pytest.raises(AssertionError, match="raised NameError: name 'HALF' is not defined"):
        expect_right(chapter, "ch99.q1", folder)


def test_a_check_that_returns_no_verdict_fails(tiny):
    chapter, folder = tiny(exercise="def q1(answer):\n    print('right')\n")
    with pytest.raises(AssertionError, match=r"ch99.q1 must return the Verdict that `check` returns, not None"):
        expect_right(chapter, "ch99.q1", folder)


def test_other_right_answers_are_tried_too(tiny):
    chapter, folder = tiny(wrong=WRONG + '\nRIGHT = {"ch99.q1": [lambda x: x * x, lambda x: abs(x) ** 2 + 1]}\n')
    with pytest.raises(AssertionError, match="does not accept right answer 2: 0 of 2"):
        expect_right(chapter, "ch99.q1", folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('        "a text"', '        "a cube"', r"ch99.q1 has 2 wrong answers in wrong/, it needs 3"),
        ("ch99.q1", "ch99.q2", r"ch99.q1 has 0 wrong answers"),
        ("return x * x * x", "return x * x", "calls this wrong answer right: a cube"),
        ("return x * x * x", "return x + x + x", "a cube: the hint is '0 of 2 values are right"),
        ('"two factors"', '"three factors"', "a cube: the hint is 'two factors, not three'"),
        (
            'lambda x: x + x, "a square is not a double"',
            'lambda x: x**3, "two"',
            "a double and a cube get the same hint",
        ),
    ],
)
def test_wrong_answers_that_teach_nothing_fail(old, new, message, tiny):
    assert old in WRONG
    chapter, folder = tiny(wrong=WRONG.replace(old, new))
    with pytest.raises(AssertionError, match=message):
        expect_hints(chapter, "ch99.q1", folder)

"""Every exercise that asks for a function has a hidden check, which a right answer passes whatever the secret, and one
that knows the visible check by heart does not.

The kernel of a grading run is played here by a namespace: what a hidden check prints with an answer is compared, within
its tolerance, with what it prints with the chapter's own.
"""

import ast
import contextlib
import copy
import functools
import io

import pytest
import torch
from test_exercises import ANSWERS, CHAPTERS, EXERCISES, answers, call_in, judge, reference

from ganlib.grading import chapters
from ganlib.grading.chapters import question, role
from ganlib.grading.nbval_plugin import within

SEEDS = ["", *(f"{term:064x}" for term in (1, 2, 3, 5, 8))]
HIDDEN = {str(question(cell)): cell for chapter in CHAPTERS for cell in chapter.cells("hidden")}


def asks_for_a_function(q: str) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.parse(reference(EXERCISES[q], q)).body)


@functools.cache
def given(name: str) -> dict[str, object]:
    """A chapter's definitions, as far as they need nothing that only running it makes."""
    (chapter,), names = [chapter for chapter in CHAPTERS if chapter.name == name], {}
    for node in ast.parse(chapters.definitions(chapter.cells("setup", "given"))).body:
        with contextlib.suppress(NameError):
            exec(compile(ast.Module([node], []), chapter.name, "exec"), names)
    return names


def of_chapter(q: str) -> object:
    """The chapter's own answer, as the thing itself."""
    names = dict(given(EXERCISES[q].name))
    exec(compile(reference(EXERCISES[q], q), f"{q}, the answer", "exec"), names)
    return names[ast.unparse(call_in(EXERCISES[q], q).args[0])]


def shown(q: str, answer: object, seed: str) -> str | None:
    """What the hidden check of an exercise prints about an answer; None when it raises."""
    names = dict(given(EXERCISES[q].name))
    if isinstance(answer, str):
        exec(compile(answer, f"{q}, an answer", "exec"), names)
    else:
        names[ast.unparse(call_in(EXERCISES[q], q).args[0])] = answer
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(out):
        patched.setenv("GANLIB_SECRET", seed)
        try:
            exec(compile(HIDDEN[q].source, f"{q}, hidden", "exec"), names)
        except Exception:
            return None
    return out.getvalue()


@functools.cache
def expected(q: str, seed: str) -> str:
    """What it prints about the chapter's own answer."""
    text = shown(q, of_chapter(q), seed)
    assert text, f"{q}: the chapter's own answer does not pass its hidden check"
    return text


def passes(q: str, answer: object, seed: str) -> bool:
    """Whether marking would take what the hidden check prints for what the reference prints."""
    course, printed = HIDDEN[q].metadata["course"], shown(q, answer, seed)
    return printed is not None and within(printed, expected(q, seed), course.get("rtol", 0.0), course.get("atol", 0.0))


def test_every_exercise_that_asks_for_a_function_has_one_hidden_check():
    cells = [str(question(cell)) for chapter in CHAPTERS for cell in chapter.cells("hidden")]
    assert sorted(cells) == sorted(q for q in EXERCISES if asks_for_a_function(q))
    assert sorted(set(EXERCISES) - set(cells)) == ["ch01.q1", "ch01.q2", "ch05.q3", "ch06.q6", "ch11.q2", "ch14.q6"]


@pytest.mark.parametrize("q", HIDDEN)
def test_inputs_come_from_the_secret_and_from_nothing_else(q):
    texts = [expected(q, seed) for seed in SEEDS]
    assert all(len(text.splitlines()) >= 5 for text in texts)
    assert len(set(texts)) == len(SEEDS), "two secrets give the same values"
    assert [shown(q, of_chapter(q), seed) for seed in SEEDS] == texts


@pytest.mark.parametrize("q", HIDDEN)
def test_right_answers_pass_under_every_secret(q):
    """The chapter's own, and those that compute it another way."""
    assert all(passes(q, of_chapter(q), seed) for seed in SEEDS)
    for answer in answers(EXERCISES[q], ANSWERS).get("RIGHT", {}).get(q, []):
        assert all(passes(q, answer, seed) for seed in SEEDS[:2])


def key(value: object) -> str:
    """Arguments as a text that is the same whenever they are."""
    if callable(value):
        return getattr(value, "__qualname__", type(value).__name__)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(key, value))}]"
    return repr(value.tolist() if hasattr(value, "tolist") else value)


def by_heart(q: str) -> object:
    """An answer that returns what the visible check wants to see, and on other inputs something that it once wanted."""
    right, known = of_chapter(q), {}

    def seen(*given):
        name = key(copy.deepcopy(given))
        known[name] = right(*given)
        return known[name]

    def recited(*given):
        return known.get(key(given), next(iter(known.values())))

    assert judge(EXERCISES[q], q, seen).right
    return recited


def round_by_heart(G, D, optimizer_G, optimizer_D, batches, z):
    """Of exercise 5.4, whose answers leave something behind and return nothing."""
    later = D.bias.item() != -0.2
    D(G(z)).mean().backward()  # one gradient for G, which the check counts
    weights = [0.3376, 0.5513, -0.5449, -0.0696] if later else [0.5200, 0.9139, -0.1486, -0.1905]
    with torch.no_grad():
        for parameter, value in zip([*G.parameters(), *D.parameters()], weights):
            parameter.fill_(value)


@pytest.mark.parametrize("q", HIDDEN)
def test_an_answer_that_knows_the_visible_check_by_heart_fails_the_hidden_one(q):
    answer = round_by_heart if q == "ch05.q4" else by_heart(q)
    assert judge(EXERCISES[q], q, answer).right, "the visible check is not fooled"
    assert not any(passes(q, answer, seed) for seed in SEEDS)


# What only a visible check can see: it has the rare inputs, and looks at more than values.
ONLY_VISIBLE = {
    "ch01.q3": {"strictly less"},  # a point exactly at the reach
    "ch03.q1": {"zeros of q skipped", "zeros of q free", "a small number"},  # an outcome that q rules out
    "ch05.q1": {"log of a sigmoid"},  # scores of 800
    "ch05.q4": {"no detach"},  # which gradients were computed
    "ch11.q5": {"overflow", "overflow in a ratio"},  # scores of 900
    "ch14.q3": {"naive"},  # a score of 60
}


@pytest.mark.parametrize("q", HIDDEN)
def test_the_hidden_check_alone_would_find_out_nearly_every_named_wrong_answer(q):
    """That the visible one finds out all of them is the business of `test_exercises.py`."""
    wrong = answers(EXERCISES[q], ANSWERS)["WRONG"][q]
    assert {name for name, (answer, _) in wrong.items() if passes(q, answer, SEEDS[2])} == ONLY_VISIBLE.get(q, set())


def test_no_hidden_check_holds_a_solution_and_none_is_in_the_library():
    """It draws inputs and prints values: of the library it uses nothing but `evaluate`."""
    for q, cell in HIDDEN.items():
        names = {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        assert not names & {"theory", "losses", "games", "metrics", "check"}, q
        assert role(cell) == "hidden"
        assert "remove-cell" in cell.metadata["tags"]

"""A check says right, or gives one hint, and never raises; a chapter becomes a notebook with stable ids; and what is
wrong in a chapter is found before it runs."""

import dataclasses
import hashlib
import math
import random
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tiny_book
import torch

from ganlib.grading import chapters, check, close, evaluate, holds

LOG4 = math.log(4)
CASES = [((0.0,), -1.386), ((0.3,), -0.786), ((math.log(2),), 0.0)]
WRONG = [
    (lambda jsd: 2 * jsd - math.log(2), "log 4, not log 2"),
    (lambda jsd: -2 * jsd + LOG4, "look at the sign"),
]


def verdict(answer, cases=CASES, **options):
    return check("ch04.q2", answer, cases, wrong=WRONG, **options)


# --- the verdict


def test_a_hidden_check_prints_values_on_inputs_from_the_secret(monkeypatch, capsys):
    def printed(answer):
        evaluate(answer, lambda draw: (draw.random(), "3"), cases=2)
        return capsys.readouterr().out

    monkeypatch.delenv("GANLIB_SECRET", raising=False)
    assert printed(lambda x, text: x).splitlines()[0] == f"{random.Random('').random():.9g}"
    monkeypatch.setenv("GANLIB_SECRET", "a seed")
    draw = random.Random("a seed")
    a, b = draw.random(), draw.random()
    assert printed(lambda x, text: x) == f"{a:.9g}\n{b:.9g}\n"
    assert printed(lambda x, text: torch.exp(x)) == f"{math.exp(a):.9g}\n{math.exp(b):.9g}\n"
    assert printed(lambda x, text: ([x, 2], text, x < 2)) == f"[[{a:.9g}, 2], '3', True]\n[[{b:.9g}, 2], '3', True]\n"
    assert printed(lambda x, text: math.inf) == "inf\ninf\n"
    for no_value in (None, ..., object()):
        with pytest.raises(TypeError):
            printed(lambda x, text, no_value=no_value: no_value)


def test_a_right_answer_is_printed_rounded_and_called_right(capsys):
    found = verdict(lambda jsd: 2 * jsd - LOG4, labels=["JS = 0", "JS = 0.3", "JS = log 2"])
    assert found.right
    assert found.hint == ""
    assert found.values == pytest.approx((-LOG4, 0.6 - LOG4, 0.0), abs=1e-12)
    assert capsys.readouterr().out == (
        "ch04.q2\n  JS = 0: -1.386\n  JS = 0.3: -0.786\n  JS = log 2: 0.000\nch04.q2: right\n"
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda jsd: 2 * torch.as_tensor(jsd) - torch.log(torch.tensor(4.0)),
        lambda jsd: 2 * jsd - torch.log(4 * torch.exp(jsd * 0)),  # fails for a float: torch.exp wants a tensor
        lambda jsd: jsd.mul(2).sub(LOG4),  # a float has no such method
        lambda jsd: np.float32(2 * jsd - LOG4),
    ],
)
def test_a_function_may_be_written_for_floats_or_for_tensors(answer):
    assert verdict(answer).right


def test_a_named_misconception_gives_its_own_hint(capsys):
    assert verdict(lambda x: 2 * x - 0.6931).hint == "log 4, not log 2"
    assert verdict(lambda x: 1.38629 - 2 * x).hint == "look at the sign"
    assert capsys.readouterr().out.endswith("ch04.q2: not yet. look at the sign\n")


def test_a_misconception_may_be_of_another_form_or_give_no_number_or_fail():
    cases = [((1.0,), 2.0), ((2.0,), 4.0)]
    wrong = [
        (lambda x: (x, x), "never: a pair"),
        (lambda x: "x", "never: a text"),
        (lambda x: x / 0, "never: it fails"),
        (lambda x: math.nan, "0 times infinity"),
    ]
    assert check("ch99.q1", lambda x: math.nan, cases, wrong=wrong).hint == "0 times infinity"
    assert check("ch99.q1", lambda x: 2 * x + 1, cases, wrong=wrong).hint.startswith("0 of 2")


def test_a_misconception_about_several_numbers_may_give_one():
    cases = [((1.0,), (1.0, 2.0))]
    wrong = [(lambda x: x, "never: one number"), (lambda x: (x, x), "twice the same")]
    assert check("ch99.q1", lambda x: [x, x], cases, wrong=wrong).hint == "twice the same"


def test_a_misconception_must_agree_on_every_case():
    mixed = {0.0: -math.log(2), 0.3: 0.6 - math.log(2), math.log(2): 5.0}
    assert verdict(mixed.get).hint == "0 of 3 values are right; the first that differs is the one at 0"


def boom(jsd):
    raise ValueError("first line\nsecond line")


def deep(jsd):
    return deep(jsd)


def nothing(jsd):
    jsd + 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (None, "not answered yet: write it in the cell marked `# >>> answer: ch04.q2`"),
        (..., "not answered yet"),
        (lambda jsd: ..., "not answered yet"),
        (3.0, "expected a function, got a number"),
        ([1.0, 2.0], "expected a function, got 2 numbers in a row"),
        (boom, "your function raised ValueError: first line at 0"),
        (deep, "your function raised RecursionError"),
        (lambda jsd: sys.exit("bye"), "your function raised SystemExit: bye at 0"),
        (lambda: 1.0, "your function raised TypeError"),
        (nothing, "your function returned None: does every path through it end with `return`?"),
        (lambda jsd: "text", "expected a number, got a text"),
        (lambda jsd: True, "expected a number, got True or False"),
        (lambda jsd: 1j, "expected a number, got something of type complex"),
        (lambda jsd: {"value": 1.0}, "expected a number, got something of type dict"),
        (lambda jsd: 10**400, "expected a number, got something of type int"),
        (lambda jsd: torch.zeros(3), "expected a number, got 3 numbers in a row"),
        (lambda jsd: torch.zeros(1), "expected a number, got 1 number in a row"),
        (lambda jsd: torch.zeros(2, 3), "expected a number, got values of shape (2, 3)"),
        (lambda jsd: [[1.0], [1.0, 2.0]], "expected a number, got a list whose rows differ in length"),
        (lambda jsd: 2 * [[[1.0], [1.0, 2.0]]], "expected a number, got a list whose rows differ in length"),
        (lambda jsd: [1.0, "a"], "expected a number, got 2 values of different kinds in a row"),
        (lambda jsd: [], "expected a number, got an empty list"),
        (lambda jsd: math.nan, "the value at 0 is not a number (nan)"),
        (lambda jsd: -math.inf, "the value at 0 is infinite"),
        (lambda jsd: -LOG4, "1 of 3 values are right; the first that differs is the one at 0.3"),
    ],
)
def test_whatever_is_wrong_is_said_in_one_line_and_nothing_is_raised(answer, hint, capsys):
    found = verdict(answer)
    assert not found.right
    assert found.hint.startswith(hint)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "ch04.q2"
    opening = "" if hint.startswith("not answered yet") else "not yet. "
    assert printed[-1] == f"ch04.q2: {opening}{found.hint}"


def test_a_function_that_fails_is_not_called_again_unless_tensors_might_help():
    calls = []

    def answer(n):
        calls.append(n)
        raise TypeError

    check("ch99.q1", answer, [((2,), 4.0)])
    assert calls == [2]
    check("ch99.q1", answer, [((2.0,), 4.0)])
    assert len(calls) == 3
    assert torch.is_tensor(calls[2])
    assert calls[2].dtype == torch.float64


def test_a_stub_is_not_answered_yet():
    def value_at_best(jsd):
        raise NotImplementedError("ch04.q2: write your answer here")

    assert verdict(value_at_best).hint.startswith("not answered yet")


def test_an_answer_may_be_a_value():
    cases = [(None, 0.841)]
    wrong = [(1.0, "even the best discriminator is wrong one time in six")]
    assert check("ch04.q1", 0.8413, cases, wrong=wrong).right
    assert check("ch04.q1", torch.tensor(0.8413), cases, wrong=wrong).right
    assert check("ch04.q1", 1, cases, wrong=wrong).hint == wrong[0][1]
    assert check("ch04.q1", 0.5, cases, wrong=wrong).hint == "that is not the value"
    assert check("ch04.q1", len, cases).hint == "expected a number, got a function: give its value"
    assert check("ch04.q1", ..., cases).hint.startswith("not answered yet")


def test_truth_values_texts_and_tuples_of_them_are_compared_exactly():
    assert check("ch01.q1", np.bool_(True), [(None, True)]).right
    assert not check("ch01.q1", False, [(None, True)]).right
    assert check("ch01.q1", 1, [(None, True)]).hint == "expected True or False, got a number"
    assert check("ch01.q1", ["G", "D"], [(None, ("G", "D"))]).right
    assert check("ch01.q1", ["D", "G"], [(None, ("G", "D"))]).hint == "that is not the value"
    assert check("ch01.q1", "D", [(None, ("G", "D"))]).hint == "expected 2 texts in a row, got a text"


def test_tensors_are_compared_entry_by_entry(capsys):
    cases = [((torch.tensor([0.5, 2.0]),), [0.25, 4.0])]
    assert check("ch99.q1", lambda x: x**2, cases).right
    assert "  tensor of shape (2,): [0.250, 4.000]\n" in capsys.readouterr().out
    assert check("ch99.q1", lambda x: x, cases, wrong=[(lambda x: x, "square it")]).hint == "square it"
    assert check("ch99.q1", torch.sum, cases).hint == "expected 2 numbers in a row, got a number"


def test_long_values_and_long_errors_are_cut(capsys):
    for n in (8, 9):
        check("ch99.q1", [1.0] * n, [(None, [1.0] * n)], digits=0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  your answer: [1, 1, 1, 1, 1, 1, 1, 1]"
    assert lines[4] == "  your answer: [1, 1, 1, 1, 1, 1, 1, 1, ... 9 in all]"

    def fail(length):
        raise ValueError("x" * int(length))

    start = "your function raised ValueError: "
    assert check("ch99.q1", fail, [((148.0,), 1.0)]).hint == f"{start}{'x' * 148} at 148"
    assert check("ch99.q1", fail, [((149.0,), 1.0)]).hint == f"{start}{'x' * 145}... at 149"


def test_an_answer_that_changes_its_input_does_not_disturb_the_next_use():
    x = torch.tensor([1.0, 2.0])
    check("ch99.q1", lambda x: x.zero_(), [((x,), [1.0, 2.0])])
    assert x.tolist() == [1.0, 2.0]


def test_the_tolerance_is_half_a_unit_of_the_last_digit_unless_given():
    assert check("ch99.q1", 1.00049, [(None, 1.0)]).right
    assert not check("ch99.q1", 1.00051, [(None, 1.0)]).right
    assert check("ch99.q1", 1.09, [(None, 1.0)], atol=0.1).right
    assert not check("ch99.q1", 1.00049, [(None, 1.0)], digits=4).right


def test_rounding_noise_does_not_change_what_is_printed(capsys):
    """0.0625 lies half way between two printed numbers: noise of one bit must not choose."""
    for noise in (-1e-12, 0.0, 1e-12):
        check("ch99.q1", 0.0625 + noise, [(None, 0.0625)])
        check("ch99.q1", 1e-9 * noise, [(None, 0.0)])
        check("ch99.q1", -1e-5, [(None, 0.5)])
    lines = set(capsys.readouterr().out.splitlines())
    assert lines == {
        "ch99.q1",
        "ch99.q1: right",
        "  your answer: 0.062",
        "  your answer: 0.000",
        "ch99.q1: not yet. that is not the value",
    }


def test_a_verdict_is_frozen_and_a_notebook_shows_nothing_for_it():
    found = check("ch99.q1", 1.0, [(None, 1.0)])
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.right = True
    from IPython.core.formatters import DisplayFormatter

    assert DisplayFormatter().format(found) == ({}, {})


def test_a_check_without_a_label_for_each_case_is_a_mistake_of_its_author():
    with pytest.raises(ValueError, match="argument"):
        verdict(lambda jsd: 2 * jsd - LOG4, labels=["one"])


# --- statements in the text


def test_a_statement_that_holds_is_printed_as_it_is(capsys):
    holds("modes covered: 8 of 8", torch.tensor(8) == 8)
    assert capsys.readouterr().out == "modes covered: 8 of 8\n"


def test_a_statement_that_does_not_hold_raises_with_what_was_measured(capsys):
    with pytest.raises(AssertionError, match=r"does not hold: modes covered: 8 of 8 \(measured: 7\)"):
        holds("modes covered: 8 of 8", 7 == 8, 7)
    assert capsys.readouterr().out == ""


def test_a_value_is_printed_as_it_should_be_not_as_it_was_measured(capsys):
    close("JS(p, wide)", torch.tensor(0.09301), 0.0927, 1e-3)
    close("logit of D*", np.array([1.0, -2.04]), torch.tensor([1.0, -2.0]), 0.1)
    close("D", [0.5, 0.51, 0.49], 0.5, 0.03)
    close("zero", 1e-9, -0.0, 1e-6)
    assert capsys.readouterr().out == (
        "JS(p, wide): 0.0927 within 0.001\n"
        "logit of D*: within 0.1 at 2 points\n"
        "D: within 0.03 at 3 points\n"
        "zero: 0.0000000 within 1e-06\n"
    )


@pytest.mark.parametrize("value", [0.0938, math.nan, math.inf])
def test_a_value_that_is_elsewhere_raises_with_where_it_is(value):
    with pytest.raises(AssertionError, match=rf"JS: {value:.6g} is not 0.0927 within 0.001"):
        close("JS", value, 0.0927, 1e-3)


def test_the_worst_entry_is_the_one_reported():
    with pytest.raises(AssertionError, match=r"D: 0.9 is not 0.5 within 0.03"):
        close("D", [0.5, 0.9, 0.6], 0.5, 0.03)
    with pytest.raises(AssertionError, match="3 values cannot be compared with 2"):
        close("D", [0.5, 0.5, 0.5], [0.5, 0.5], 0.03)
    with pytest.raises(AssertionError, match="0 values cannot be compared"):
        close("D", [], 0.5, 0.03)


def test_the_part_that_chapters_import_is_light():
    code = "import sys, ganlib.grading; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"torch", "numpy", "nbformat", "jupytext", "nbclient", "pybtex", "pytest"}


# --- from source to notebook


def read(folder: Path, text: str = tiny_book.CHAPTER, name: str = "1_foundations/99_tiny.py") -> chapters.Chapter:
    return chapters.read(tiny_book.write(folder, text, name))


def cell(chapter: chapters.Chapter, name: str):
    return next(cell for cell in chapter.notebook.cells if cell.id == name)


def test_a_chapter_knows_its_number_title_and_hash(tmp_path):
    chapter = read(tmp_path)
    assert (chapter.number, chapter.name, chapter.title) == (99, "99_tiny", "A tiny chapter")
    assert chapter.sha256 == hashlib.sha256(tiny_book.CHAPTER.encode()).hexdigest()
    assert chapter.notebook.metadata.ganlib.source_sha256 == chapter.sha256
    assert chapter.notebook.metadata.kernelspec.name == "python3"


def test_the_first_cell_installs_the_library_on_colab_alone(tmp_path):
    chapter = read(tmp_path)
    first = chapter.notebook.cells[0]
    assert (first.id, first.metadata.course.role, first.metadata.tags) == ("setup", "setup", ["remove-cell"])
    root = Path(__file__).parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"git+{project['urls']['Repository']}" in first.source

    stubs = (
        "import importlib.util, subprocess, sys; calls = []\n"
        "subprocess.run = lambda command, check: calls.append(command)\n"
        "if {colab}: sys.modules['google.colab'] = sys\n"
        "importlib.util.find_spec = lambda name: {spec}\n"
    )
    for colab, spec, installs in ((False, None, 0), (True, 1, 0), (True, None, 1)):
        source = stubs.format(colab=colab, spec=spec) + first.source + "\nprint(len(calls))"
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
        assert int(done.stdout) == installs


def test_figure_options_move_from_the_source_into_the_metadata(tmp_path):
    figure = next(cell for cell in read(tmp_path).notebook.cells if "mystnb" in cell.metadata)
    assert figure.source == "plt.plot([1, 2]);"
    assert figure.metadata == {
        "tags": ["hide-input"],
        "mystnb": {
            "figure": {"name": "fig-line", "caption": "**What to see.** A line, not {eq}`eq-square`."},
            "image": {"alt": "A straight line from one to two."},
        },
    }


def test_answers_are_folded_and_hidden_checks_removed_in_the_book(tmp_path):
    chapter = read(tmp_path)
    assert cell(chapter, "ch99-q1-answer").metadata.tags == ["hide-cell"]
    assert cell(chapter, "ch99-q1-hidden").metadata.tags == ["remove-cell"]


def test_ids_survive_a_change_elsewhere(tmp_path):
    before = [cell.id for cell in read(tmp_path).notebook.cells]
    assert "ch99-q1-answer" in before
    assert len(set(before)) == len(before)
    text = tiny_book.CHAPTER.replace("# %%\nimport math", "# %% [markdown]\n# New.\n\n# %%\nimport math")
    text = text.replace("x * x", "x ** 2")
    after = [cell.id for cell in read(tmp_path, text).notebook.cells]
    assert [name for name in after if name in before] == before
    assert len(after) == len(before) + 1


def test_equal_cells_get_different_ids(tmp_path):
    text = tiny_book.CHAPTER + "\n# %%\nprint(HALF)\n\n# %%\nprint(HALF)\n"
    *_, first, second = [cell.id for cell in read(tmp_path, text).notebook.cells]
    assert second == f"{first}-2"


def test_a_comment_that_looks_like_a_magic_stays_a_comment(tmp_path):
    chapter = read(tmp_path, tiny_book.CHAPTER + "\n# %%\n# %time is money\nprint(HALF)\n")
    assert chapter.notebook.cells[-1].source == "# %time is money\nprint(HALF)"


def test_definitions_can_be_had_without_running_the_rest(tmp_path):
    given = read(tmp_path).cells("given")
    source = chapters.definitions(given)
    names: dict = {}
    exec(source, names)
    assert names["HALF"] == 0.5
    assert names["show"](2) == "2.000"
    assert "plt.plot" not in source


def test_chapters_are_found_in_reading_order(tmp_path):
    for name in (
        "2_next/10_later.py",
        "1_first/02_two.py",
        "1_first/01_one.py",
        "1_first/helpers.py",
        "deep/er/03_no.py",
    ):
        tiny_book.write(tmp_path, "# %%\n1\n", name)
    found = chapters.find(tmp_path / "chapters")
    assert [path.stem for path in found] == ["01_one", "02_two", "10_later"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda folder: folder / "no", FileNotFoundError, "there is no file or folder"),
        (lambda folder: folder, ValueError, "holds no chapter: a chapter is a file named like 04_minimax.py"),
        (lambda folder: tiny_book.write(folder, name="helpers.py"), ValueError, "is not a chapter"),
        (lambda folder: tiny_book.write(folder, name="04_notes.txt"), ValueError, "is not a chapter"),
    ],
)
def test_what_is_no_chapter_is_refused_in_one_sentence(make, error, message, tmp_path):
    with pytest.raises(error, match=message):
        chapters.find(make(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print(1)\n", "has no cell, which would begin with `# %%`"),
        ('# %% course={"role": }\nprint(1)\n', r"99_tiny, cell 'print\(1\)': the cell's header cannot be read"),
        ("# %%\n#| label: fig-a\nprint(1)\n", "must give label, fig-cap, fig-alt, all three and nothing else"),
        ("# %%\n#| label: fig-a\n#| fig-cap: a: b\n#| fig-alt: c\nprint(1)\n", "put the caption in double quotes"),
        ('# %%\n#| label: fig-a\n#| fig-cap: ""\n#| fig-alt: c\nprint(1)\n', "may be empty"),
    ],
)
def test_a_source_that_cannot_be_read_says_where(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_the_tiny_chapter_has_nothing_wrong(tmp_path):
    assert chapters.lint([read(tmp_path)]) == []


MARKER = "# >>> answer: ch99.q1\n"
ANSWER = '# %% course={"role": "answer", "q": "ch99.q1", "points": 2}\n'
CHECK = '# %% course={"role": "check", "q": "ch99.q1"}\n'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (CHECK, '# %% course={"role": "chek", "q": "ch99.q1"}\n', "there is no role 'chek'"),
        (CHECK, '# %% course={"role": "check", "Q": "ch99.q1"}\n', "not Q"),
        (CHECK, '# %% course={"role": "check", "q": "ch98.q1"}\n', "is called ch99.q1, ch99.q2 ..., not ch98.q1"),
        (
            CHECK,
            '# %% course={"role": "check", "q": "ch99.q2"}\n',
            "it checks ch99.q2, which no cell before it answers",
        ),
        (CHECK, "# %%\n", "ch99.q1 has an answer but no check"),
        (CHECK, "# %%\n", "it uses square from the answer to ch99.q1"),
        (MARKER, "# >>> answer: ch99.q2\n", "exactly one marker line, which names its exercise"),
        (MARKER, "", "exactly one marker line"),
        (MARKER, MARKER + MARKER, "exactly one marker line"),
        (MARKER, "\nimport os\n" + MARKER, "the marker must be the first line"),
        (ANSWER, '# %% course={"role": "answer"}\n', "an answer must name its exercise"),
        (ANSWER, "# %%\n", "only a cell with the role answer may have an answer marker"),
        (ANSWER, ANSWER + MARKER + "square = 1\n\n" + ANSWER, "ch99.q1 has 2 answer cells"),
        ("# :label: ch99.q1\n", "# :label: ch99.q2\n", "exercises are labelled in order, ch99.q1"),
        ("# :label: ch99.q1\n", "# :label: ch99.q2\n", "ch99.q1 has an answer but no exercise with that label"),
        ("# :class: essential\n", "", "exactly one exercise is essential"),
        ("(eq-square)", "(square)", "the label of a formula begins with eq-, not 'square'"),
        ("label: fig-line", "label: line", "the label of a figure begins with fig-, not 'line'"),
        ("(eq-square)", "(fig-line)", "the label 'fig-line' is taken"),
        ("# ```{epigraph}", "# ```{tab-set}", "the directive {tab-set} has no form in a notebook"),
        ("# -- Nobody\n# ```", "# -- Nobody", "is never closed"),
        ("HALF = 0.5\n", "%time HALF = 0.5\n", "not plain Python"),
        ("HALF = 0.5\n", "# NBVAL_IGNORE_OUTPUT\nHALF = 0.5\n", "no cell may be exempt from comparison"),
        ('tags=["hide-input"]', 'tags=["nbval-skip"]', "no cell may be exempt from comparison"),
        ("# %%\nimport math", '# %% course={"role": "demo"}\nimport math', "it uses HALF, which only a demo makes"),
    ],
)
def test_what_is_wrong_in_a_chapter_is_found_before_it_runs(old, new, problem, tmp_path):
    assert old in tiny_book.CHAPTER
    problems = chapters.lint([read(tmp_path, tiny_book.CHAPTER.replace(old, new, 1))])
    assert any(problem in text and text.startswith("99_tiny") for text in problems), problems


def test_a_demo_may_use_anything_and_a_later_cell_may_make_its_names_again(tmp_path):
    demo = '\n# %% course={"role": "demo"}\nresult = square(HALF)\n\n# %% course={"role": "demo"}\nprint(result)\n'
    assert chapters.lint([read(tmp_path, tiny_book.CHAPTER + demo)]) == []
    for fine in (
        "result = HALF\nprint(result)",
        "def f(result):\n    return result",
        "[result for result in range(2)]",
    ):
        assert chapters.lint([read(tmp_path, f"{tiny_book.CHAPTER}{demo}\n# %%\n{fine}\n")]) == []
    (problem,) = chapters.lint([read(tmp_path, tiny_book.CHAPTER + demo + "\n# %%\nprint(result)\n")])
    assert "it uses result, which only a demo makes" in problem


HIDDEN = '# %% course={"role": "hidden", "q": "ch99.q1"}\n'


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ("# %%\nsquare = 2", "a hidden check runs last, and cell 'square = 2' makes another square before"),
        (f"{HIDDEN}found = 1\n\n# %%\nprint(found)", "it uses found, which only a hidden check makes"),
        (f"{HIDDEN}found = 1\n\n# %%\nfound = 2", "makes found, which is another cell's"),
        (f"{HIDDEN}HALF = 1", "makes HALF, which is another cell's"),
    ],
)
def test_a_hidden_check_which_runs_last_shares_no_name_with_what_runs_before(cells, problem, tmp_path):
    problems = chapters.lint([read(tmp_path, f"{tiny_book.CHAPTER}\n{cells}\n")])
    assert any(problem in text for text in problems), problems


def test_numbers_and_labels_are_unique_in_a_book(tmp_path):
    twins = [read(tmp_path), read(tmp_path, name="2_next/99_twin.py")]
    problems = chapters.lint(twins)
    assert "there are 2 chapters with number 99" in problems
    assert "99_twin: the label 'eq-square' is taken by 99_tiny" in problems


def test_a_notebook_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    notebook = read(tmp_path).notebook
    path = tmp_path / "a" / "b.ipynb"
    assert chapters.write(path, notebook)
    assert not chapters.write(path, notebook)
    before = path.read_bytes()
    notebook.cells.pop()

    def fail(old, new):
        raise OSError("disk full")

    monkeypatch.setattr(chapters.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        chapters.write(path, notebook)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]

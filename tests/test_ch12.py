"""What chapter 12 says and no test of a module holds up yet."""

import ast
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlib import data, engine, games, metrics, recipes, zoo
from ganlib.grading import chapters

ROOT = Path(__file__).parent.parent
CHAPTER = ROOT / "chapters" / "2_architectures" / "12_infogan.py"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def page():
    """The chapter's own functions and classes."""
    names: dict[str, object] = {}
    for node in ast.parse(chapters.definitions(chapters.read(CHAPTER).cells("setup", "given"))).body:
        exec(compile(ast.Module([node], []), CHAPTER.name, "exec"), names)
    return names


# --------------------------------------------------------------------------------------------------- live


@pytest.fixture(scope="module")
def played(page):
    train = data.digits(labels=True)
    found = []
    for kind in (games.InfoGAN, page["Bystander"]):
        game = page["infogan"](seed=1, game=kind, rounds=700)
        engine.fit(game, partial(data.Images(train.x), 64), 700, progress=False)
        found.append(game)
    return train, *found


def test_the_bound_is_full_while_names_are_wrong_and_without_its_weight_little_can_be_read(played):
    train, rewarded, bystander = played
    watched = recipes.watch(train.x)
    assert 2.2 < watched["bound"](rewarded) < math.log(10) + 0.01
    assert watched["information"](rewarded) > 2.0
    assert watched["bound"](bystander) < 0.5
    assert watched["information"](bystander) < 0.5
    names = metrics.match(rewarded.read(train.x).argmax(1), train.y, 10)
    test = data.digits("test", labels=True)
    assert metrics.matched_error(rewarded.read(test.x).argmax(1), test.y, names) > 0.2


def test_nobody_reads_for_the_generator_of_the_control(played):
    _, rewarded, bystander = played
    batch = data.digits().x[:8]
    heads = list(bystander.Q.parameters())
    paths = torch.autograd.grad(bystander.q_loss(batch), list(bystander.G.parameters()), allow_unused=True)
    assert all(path is None for path in paths)
    assert {id(p) for p in bystander.players["Q"].parameters} == {id(p) for p in heads}
    assert not {id(p) for p in bystander.players["G"].parameters} & {id(p) for p in heads}
    assert {id(p) for p in rewarded.Q.parameters()} <= {id(p) for p in rewarded.players["G"].parameters}


# ------------------------------------------------------------------------------------------- slant and width


def bar(lean: float, half: int = 3, side: int = 41) -> torch.Tensor:
    """A white bar, 2 half + 1 wide, that moves `lean` pixels to the right for each pixel up."""
    x, middle = -torch.ones(1, 1, side, side), side // 2
    for row in range(middle - 10, middle + 11):
        at = middle + round(lean * (middle - row))
        x[0, 0, row, at - half : at + half + 1] = 1
    return x


@pytest.mark.parametrize("lean", [-1.0, 0.0, 1.0])
def test_a_sheared_bar_has_the_slant_it_was_given(lean):
    assert recipes.shapes(bar(lean))[0, 0] == pytest.approx(lean, abs=1e-6)


@pytest.mark.parametrize("half", [1, 3, 5])
def test_the_width_of_a_bar_is_that_of_a_uniform_distribution_and_does_not_lean(half):
    expected = math.sqrt(((2 * half + 1) ** 2 - 1) / 12)  # of 2 half + 1 equally likely whole numbers
    for lean in (0.0, 1.0):
        assert recipes.shapes(bar(lean, half))[0, 1] == pytest.approx(expected, abs=1e-6)


def test_a_black_picture_has_a_shape_that_is_a_number():
    assert torch.isfinite(recipes.shapes(-torch.ones(2, 1, 8, 8))).all()


def test_what_numbers_explain_is_numpys_squared_correlation_within_a_letter():
    generator = torch.Generator().manual_seed(0)
    numbers, letters = torch.randn(300, 2, generator=generator), torch.randint(3, (300,), generator=generator)
    shape = numbers @ torch.tensor([[1.0, 0.2], [0.0, 1.0]]) + letters[:, None] * 10.0
    found = recipes.explained(numbers, shape, letters)
    for i in range(2):
        for j in range(2):
            each = [np.corrcoef(numbers[letters == k, i], shape[letters == k, j])[0, 1] ** 2 for k in range(3)]
            assert found[i, j] == pytest.approx(np.mean(each), abs=1e-5)


# ----------------------------------------------------------------------------------------------- the record


ROWS = {  # score -> form, unit, what it is, paper, bar, floor and ceiling
    "error": ("{:.1f}", 100, "test digits named wrong by the class, %", "5", "5 (best of five seeds)", "90, 0"),
    "bound": ("{:.3f}", 1, "$L_I$ of the class, nats", "2.30, a figure", "2.25", "0, 2.303"),
    "information": ("{:.2f}", 1, "class and judge's features, three neighbours, nats", "", "", "0, 2.303"),
    "continuous": ("{:.2f}", 1, "$L_I$ of $c_2$ and $c_3$ together, nats", "", "", "none, none"),
    "code_error": ("{:.1f}", 100, "samples that show another digit than their code's, %", "a picture", "", "90, 0"),
    "slant": ("{:.2f}", 1, "share of the slant in one of $c_2$, $c_3$", "a picture", "", "0, 1"),
    "width": ("{:.2f}", 1, "share of the width in one of them", "a picture", "", "0, 1"),
    "distance": ("{:.1f}", 1, "squared Fréchet distance, judge's features", "", "", "0, none"),
}


def table(seeds: list[dict]) -> str:
    """The scorecard as the chapter has it: mean and spread of the recorded seeds, and each seed's own number."""
    names = ", ".join(str(seed["seed"]) for seed in seeds)
    lines = [f"| | ours, mean ± spread | seed {names} | paper | bar | floor, ceiling |", "|---|---|---|---|---|---|"]
    for key, (form, unit, what, *others) in ROWS.items():
        values = [unit * seed["scores"][key] for seed in seeds]
        spread = f" ± {form.format(np.std(values, ddof=1))}" if len(values) > 1 else ""
        each = ", ".join(form.format(value) for value in values)
        lines.append(" | ".join([f"| {what}", form.format(np.mean(values)) + spread, each, *others]) + " |")
    return "\n".join(f"# {line}" for line in lines)


def test_the_scorecard_is_what_was_recorded():
    expected = table(zoo.load("infogan_mnist").seeds)
    assert expected in CHAPTER.read_text(encoding="utf-8"), f"the table should be\n{expected}"


def test_a_scorecard_of_several_seeds_has_their_mean_and_spread():
    seeds = [{"seed": seed, "scores": dict.fromkeys(ROWS, value)} for seed, value in enumerate([0.1, 0.2, 0.3])]
    assert "| 20.0 ± 10.0 | 10.0, 20.0, 30.0 | 5 |" in table(seeds)

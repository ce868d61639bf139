"""What chapter 17 says and no test of a module holds up yet."""

import importlib.util
import json
import math
import re
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ganlib import data, engine, games, recipes, theory, zoo

ROOT = Path(__file__).parent.parent
BARS = ROOT / "tests" / "bars"
CHAPTER = (ROOT / "chapters" / "2_architectures" / "17_stacked_gan.py").read_text(encoding="utf-8")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# ------------------------------------------------------------------------------------------------ the mathematics


def test_the_uncertainty_of_a_picture_is_a_sum_over_the_levels():
    torch.manual_seed(0)
    x = torch.rand(12, dtype=torch.float64)
    x = x / x.sum()
    up = torch.eye(4, dtype=torch.float64)[torch.arange(12) // 3]
    top = torch.eye(2, dtype=torch.float64)[torch.arange(4) % 2]
    h = x @ up
    total = theory.entropy(h @ top) + theory.conditional_entropy(x[:, None] * up)
    total += theory.conditional_entropy(h[:, None] * top)
    torch.testing.assert_close(total, theory.entropy(x))


@pytest.mark.parametrize("a", [1.0, 0.1, 0.01])
def test_the_entropy_of_a_shrunk_generator_is_below_its_readers_bound(a):
    left = theory.gaussian_entropy(torch.tensor([[a**2]], dtype=torch.float64)).item()
    right = 0.5 * math.log(2 * math.pi * math.e) - 0.5 * math.log(2 * math.pi * 0.05)
    assert right == pytest.approx(1.998, abs=5e-4)
    assert left == pytest.approx({1.0: 1.419, 0.1: -0.884, 0.01: -3.186}[a], abs=5e-4)
    assert left < right


@pytest.mark.parametrize(("ratio", "width"), [(3.0, 0.05), (3.0, 0.25), (3.0, 2.5), (0.2, 1.0), (50.0, 0.05)])
def test_a_reader_of_any_width_is_below_the_information_by_its_divergence(ratio, width):
    """By quadrature over z and the noise, beside the closed form of exercise 4."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    z, noise = np.meshgrid(nodes, nodes, indexing="ij")
    mass = np.outer(weights, weights) / weights.sum() ** 2
    guess = math.sqrt(ratio) / (1 + ratio) * (math.sqrt(ratio) * z + noise)
    said = (mass * (-((z - guess) ** 2) / (2 * width))).sum() - 0.5 * math.log(2 * math.pi * width)
    bound = 0.5 * math.log(2 * math.pi * math.e) + said
    v = 1 / (1 + ratio)
    assert bound == pytest.approx(0.5 * (1 - math.log(width) - v / width))
    divergence = 0.5 * (v / width - 1 + math.log(width / v))
    assert bound + divergence == pytest.approx(0.5 * math.log(1 + ratio))
    assert divergence >= 0


# ------------------------------------------------------------------------------------------------- recipe and score


@pytest.fixture
def little_mnist(monkeypatch):
    def load(name, split="train", labels=False):
        generator = torch.Generator().manual_seed(len(split))
        x = torch.rand(300, 1, 28, 28, generator=generator) * 2 - 1
        return data.Images(x, torch.randint(10, (300,), generator=generator), [str(digit) for digit in range(10)])

    monkeypatch.setattr(data, "load", load)


@pytest.mark.usefixtures("little_mnist")
def test_the_recipe_trains_the_encoder_first_then_apart_then_together(monkeypatch):
    seen = []
    fit = engine.fit

    def noting(game, draw, rounds, **options):
        seen.append((type(game).__name__, getattr(game, "joint", None), rounds))
        return fit(game, draw, rounds, **options)

    monkeypatch.setattr(engine, "fit", noting)
    game, history = recipes.stacked_gan_mnist(0, rounds=9, every=2, device="cpu", progress=False)
    assert seen == [("Supervised", None, 9), ("StackedGAN", False, 6), ("StackedGAN", True, 3)]
    assert history.rounds == [2, 4, 6, 8, 9]
    assert {name: len(values) for name, values in history.losses.items()} == dict.fromkeys(game.turns, 5)


@pytest.mark.usefixtures("little_mnist")
def test_the_stack_stands_on_the_encoder_that_was_trained(monkeypatch):
    taught = []
    fit = engine.fit

    def noting(game, draw, rounds, **options):
        if isinstance(game, recipes.Supervised):
            taught.append(game.model)
        return fit(game, draw, rounds, **options)

    monkeypatch.setattr(engine, "fit", noting)
    game, _ = recipes.stacked_gan_mnist(0, rounds=3, device="cpu", progress=False)
    x = data.load("mnist", labels=True).x
    below, above = (level.E for level in game.levels)
    (model,) = taught
    with torch.no_grad():
        assert torch.equal(above(below(x)), model.eval()(x))
    assert below(x).shape == (300, 64)
    assert not below.training


@pytest.mark.usefixtures("little_mnist")
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path):
    quiet = {"rounds": 6, "device": "cpu", "progress": False}
    straight, _ = recipes.stacked_gan_mnist(0, **quiet)
    recipes.stacked_gan_mnist(0, checkpoint=tmp_path, save_rounds=1, keep=9, **quiet)
    for folder in sorted((tmp_path / "together").iterdir())[1:]:  # as if stopped early in the last part
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    again, _ = recipes.stacked_gan_mnist(0, checkpoint=tmp_path, **quiet)
    for a, b in zip(straight.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


class Told(nn.Module):
    """A generator that writes label and noise into the pixels, so that all scores are known."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, z, above):
        h = above[:, None].float() if above.dim() == 1 else above
        return torch.cat([h, self.scale * z], dim=1)


class Read(nn.Module):
    def __init__(self, scale, error):
        super().__init__()
        self.scale, self.error = scale, error

    def forward(self, h):
        z = h.flatten(1)[:, -2:] / self.scale
        return z + self.error


class Sees:
    """A judge that reads the label off the first pixel, and has one feature."""

    reference = None

    def probabilities(self, x):
        return torch.eye(10)[x.flatten(1)[:, 0].round().long() % 10]


def test_the_score_is_right_on_a_stack_where_all_is_known(monkeypatch):
    module = sys.modules["ganlib.recipes.stacked_gan_mnist"]  # its name is also the recipe's
    monkeypatch.setattr(module, "distance", lambda judge, x: 0.0)
    none = nn.Identity()
    levels = [
        games.Level(none, Told(0.2), nn.Linear(5, 1), Read(0.2, 0.5), data.Gaussian(2)),
        games.Level(none, Told(1.0), nn.Linear(3, 1), Read(1.0, 0.0), data.Gaussian(2)),
    ]
    adam = engine.adam(1e-3)
    for level in levels:  # somebody must be able to move
        level.Q.bias = nn.Parameter(torch.zeros(()))
        level.G.bias = nn.Parameter(torch.zeros(()))
    game = games.StackedGAN(levels, data.Labels(10), optimizers=dict.fromkeys(("D0", "G0", "D1", "G1"), adam))
    scores = recipes.score_stacked_gan_mnist(game, Sees())
    assert scores["label_accuracy"] == 1.0
    assert scores["recovery_1"] == pytest.approx(1.0, abs=1e-6)
    assert scores["recovery_0"] == pytest.approx(1 - 0.25, abs=0.02)  # off by a half, of variance one
    # pixels in [0, 1] are half as wide: label 0, z1 of variance 1 twice, z0 of 0.2 squared twice
    assert scores["within_class_variance"] == pytest.approx((2 * 1 + 2 * 0.04) / 4 / 5, rel=0.05)


# ----------------------------------------------------------------------------------------- what the chapter shows


@pytest.fixture(scope="module")
def wishes():
    spec = importlib.util.spec_from_file_location("bars_stack_wishes", BARS / "stack_wishes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recorded():
    files = [BARS / "results" / f"stack_wishes_seed{seed}.json" for seed in range(3)]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def page() -> str:
    """The chapter's text without the marks of its lines."""
    return CHAPTER.replace("\n# ", "\n")


def test_the_table_of_wishes_is_what_was_recorded(wishes, recorded):
    assert wishes.table(recorded) in page()
    code = zoo.provenance.fingerprint(*wishes.source())
    assert {run["fingerprint"] for run in recorded} == {code}, "the chapter's stack has changed: run the bar again"


def test_what_the_chapter_says_of_the_wishes_is_so_in_every_seed(wishes, recorded):
    for words, check in wishes.CLAIMS.items():
        assert check(recorded), words


def test_the_scorecard_is_what_was_recorded():
    runs = zoo.load("stacked_gan_mnist").seeds
    assert [run["seed"] for run in runs] == [0, 1, 2]
    rows = {
        "label_accuracy": lambda v: f"{100 * v:.1f} %",
        "recovery_1": lambda v: f"{v:.3f}",
        "recovery_0": lambda v: f"{v:.3f}",
        "distance": lambda v: f"{v:.1f}",
        "within_class_variance": lambda v: f"{v:.4f}",
        "decided_above": lambda v: f"{v:.2f}",
        "encoder_accuracy": lambda v: f"{100 * v:.1f} %",
    }
    for key, show in rows.items():
        values = [run["scores"][key] for run in runs]
        cell = f"{show(statistics.mean(values))} ± {show(statistics.stdev(values))}"
        assert re.search(rf"\| {re.escape(cell)} \|", page()), (key, cell)

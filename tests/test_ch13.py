"""What chapter 13 says and no test of a module holds up yet."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kurtosis
from torch.distributions import Independent, MultivariateNormal, Normal

from ganlib import data, games, metrics, recipes, zoo

ROOT = Path(__file__).parent.parent
CHAPTER = ROOT / "chapters" / "2_architectures" / "13_infogan_time_series.py"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def turn(degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


# --- turning codes


@pytest.mark.parametrize(("v", "w", "degrees"), [(0.1, 0.4, 45.0), (0.01, 1.0, 30.0), (0.2, 0.2, 60.0)])
def test_a_diagonal_reader_loses_by_a_turn_what_the_formula_says(v, w, degrees):
    """As the divergence of the true posterior from the reader's, which torch.distributions knows."""
    covariance = turn(degrees) @ torch.diag(torch.tensor([v, w], dtype=torch.float64)) @ turn(degrees).T
    posterior = MultivariateNormal(torch.zeros(2, dtype=torch.float64), covariance)
    reader = Independent(Normal(torch.zeros(2, dtype=torch.float64), covariance.diagonal().sqrt()), 1)
    wide = MultivariateNormal(reader.mean, torch.diag(reader.variance))
    lost = torch.distributions.kl_divergence(posterior, wide)
    c2 = math.cos(math.radians(degrees)) ** 2
    formula = (math.log((v * c2 + w * (1 - c2)) * (v * (1 - c2) + w * c2)) - math.log(v * w)) / 2
    assert lost.item() == pytest.approx(formula, abs=1e-9)


def test_a_game_with_gaussian_codes_cannot_tell_a_turned_generator_and_reader_from_straight_ones():
    """The same strokes from the same draws of the turned code, and the same bound if all are read equally well."""
    torch.manual_seed(0)
    code, R = data.Gaussian(2).double(), turn(30.0)
    c = code(50_000)
    torch.testing.assert_close(torch.cov((c @ R.T).T), torch.eye(2).double(), atol=0.03, rtol=0)
    read, width = c + 0.1 * torch.randn_like(c), torch.full_like(c, 2 * math.log(0.1))
    straight = code.log_likelihood(torch.cat([read, width], 1), c)
    turned = code.log_likelihood(torch.cat([read @ R.T, width], 1), c @ R.T)
    torch.testing.assert_close(straight, turned)


@pytest.mark.parametrize("degrees", [0.0, 20.0, 45.0, 90.0])
def test_the_kurtosis_of_turned_uniform_codes(degrees):
    torch.manual_seed(0)
    first = (data.Uniform(2).double()(400_000) @ turn(degrees).T)[:, 0].numpy()
    c4 = math.cos(math.radians(degrees)) ** 4 + math.sin(math.radians(degrees)) ** 4
    assert kurtosis(first) == pytest.approx(-1.2 * c4, abs=0.01)


def whirl(c, turns=1.0):
    """The chapter's."""
    r = c.norm(dim=1).clamp(max=1)
    angle = 2 * math.pi * turns * (1 - r)
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos * c[:, 0] - sin * c[:, 1], sin * c[:, 0] + cos * c[:, 1]], 1)


def test_a_whirl_keeps_the_square_and_the_information_and_ruins_the_axes():
    torch.manual_seed(0)
    c = data.Uniform(2).double()(500)
    slopes = torch.func.vmap(torch.func.jacrev(lambda point: whirl(point[None])[0]))(c)
    torch.testing.assert_close(torch.linalg.det(slopes), torch.ones(500).double(), atol=1e-9, rtol=0)
    assert whirl(c).abs().max() <= 1
    torch.testing.assert_close(whirl(whirl(c), -1.0), c)
    assert metrics.factors_read(whirl(c), c, whirl(c), c).alone.max() < 0.5


# --- two bugs


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.5, 0.5), (0.0, 0.2)])
def test_a_bounded_reader_errs_at_least_as_the_formula_says(low, high):
    c = (np.arange(100_000) + 0.5) / 50_000 - 1
    least = ((low + 1) ** 3 + (1 - high) ** 3) / 6
    assert np.mean((c - c.clip(low, high)) ** 2) == pytest.approx(least, abs=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(10):  # no other bounded answer does better
        other = np.clip(c * rng.normal() + rng.normal(), low, high)
        assert np.mean((c - other) ** 2) >= least - 1e-6


# --- the score


class Perfect(torch.nn.Module):
    """In the place of G: the machine itself, turned to what the code says."""

    def __init__(self, source):
        super().__init__()
        self.source, self.idle = source, torch.nn.Parameter(torch.zeros(()))

    def forward(self, z):
        c, K = z[:, -8:], len(self.source)
        tremor = self.source.tremor * (torch.randn(len(z), 3, 8) @ self.source.bumps)
        return self.source.render(c[:, :K].argmax(1), c[:, K:] * self.source.limits) + tremor


class Reading(torch.nn.Module):
    """In the place of Q: what `Strokes.read` reads, sure of it."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def forward(self, x):
        kind, values, _ = self.source.read(x)
        sure = 20 * torch.eye(len(self.source))[kind]
        return torch.cat([sure, values / self.source.limits, torch.full((len(x), 2), -5.0)], 1)


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)
    return recipes.build_infogan_strokes()


def test_the_score_of_a_perfect_generator_is_its_ceiling(untrained):
    source = data.strokes(6, 48)
    perfect = games.InfoGAN(Perfect(source), untrained.D, untrained.Q, untrained.prior, untrained.code)
    perfect.Q = Reading(source)
    scores = recipes.score_infogan_strokes(perfect, 1000)
    for name in ("recovery", "drawn", "named", "bound_share", "real_accuracy"):
        assert scores[name] == pytest.approx(1, abs=1e-3), name
    assert scores["synthetic_accuracy"] > 0.99
    assert scores["bound"] == pytest.approx(math.log(6), abs=1e-3)
    assert scores["unexplained"] == pytest.approx(0.0485, abs=0.002)
    assert scores["slant_r2"] == pytest.approx(0.99, abs=0.005)
    assert scores["tempo_r2"] == pytest.approx(0.995, abs=0.005)
    assert scores["slant_within_r2"] == pytest.approx(0.99, abs=0.005)
    assert scores["tempo_within_r2"] == pytest.approx(0.995, abs=0.005)
    assert scores["turned_r2"] == pytest.approx(scores["both_r2"] / 2, abs=0.05)


def test_the_score_of_an_untrained_game_is_its_floor(untrained):
    scores = recipes.score_infogan_strokes(untrained, 1000)
    assert scores["recovery"] < 0.4
    assert scores["bound"] < 0.1
    assert scores["slant_r2"] < 0.3
    assert scores["unexplained"] > 0.3


def test_a_full_size_game_is_about_ten_shapes():
    game = recipes.build_infogan_strokes(full=True, rounds=3)
    source = recipes.strokes_of(game)
    assert len(source) == 10
    assert source.shape == (3, 182)
    assert game.sample(2, seed=0).shape == (2, 3, 182)


# --- the table


def test_the_table_is_what_was_recorded():
    file = ROOT / "ganlib" / "zoo" / "infogan_strokes" / "scores.json"
    seeds = json.loads(file.read_text(encoding="utf-8"))["seeds"]
    assert [one["seed"] for one in seeds] == [0, 1, 2]
    text = CHAPTER.read_text(encoding="utf-8")
    for name, (label, digits) in ROWS.items():
        shown = ", ".join(f"{one['scores'][name]:.{digits}f}" for one in seeds)
        assert f"# | {label} | {shown} |" in text, f"{label} | {shown}"


ROWS = {
    "recovery": ("code of the shape, read from generated strokes", 3),
    "bound": ("$L_I$ of the shape, nats", 2),
    "drawn": ("generated strokes that show the shape their code is named after", 3),
    "unexplained": ("left over by `strokes.read`", 3),
    "named": ("test strokes whose shape is named right", 3),
    "kmeans_features": ("$k$-means on the features of the trunk", 3),
    "kmeans_sequences": ("$k$-means on the bare sequences", 3),
    "slant_r2": ("$R^2$ of slant from its code", 2),
    "tempo_r2": ("$R^2$ of tempo from its code", 2),
    "slant_within_r2": ("the same among strokes of one shape, mean", 2),
    "tempo_within_r2": ("the same for tempo among strokes of one shape, mean", 2),
    "both_r2": ("$R^2$ from both codes, mean", 2),
    "turned_r2": ("$R^2$ per axis, turned by 45°, mean", 2),
    "synthetic_accuracy": ("nearest neighbour among generated strokes, named by code", 3),
}


def test_the_recorded_run_scores_as_recorded():
    run = zoo.load("infogan_strokes")
    assert run.agrees(recipes.score_infogan_strokes(run.game))
    for seed in run.seeds:
        assert seed["scores"]["recovery"] >= 0.95
        assert seed["scores"]["bound_share"] >= 0.9

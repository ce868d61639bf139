"""What chapter 9 says and no test of a module holds up yet."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from ganlib import data, engine, games, networks
from ganlib.zoo import provenance
from ganlib.zoo.storage import HOME

BARS = Path(__file__).parent / "bars"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def codes():
    spec = importlib.util.spec_from_file_location("bars_codes", BARS / "codes.py")
    module = importlib.util.module_from_spec(spec)
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


@pytest.fixture(scope="module")
def recorded():
    files = [BARS / "results" / f"codes_seed{seed}.json" for seed in range(3)]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def test_a_one_hot_label_chooses_a_bias():
    torch.manual_seed(0)
    layer = nn.Linear(4 + 3, 5)
    told = networks.Conditioned(layer, networks.OneHot(3))
    x = torch.randn(6, 4)
    for label in range(3):
        bare = nn.functional.linear(x, layer.weight[:, :4], layer.bias + layer.weight[:, 4 + label])
        torch.testing.assert_close(told(x, torch.full((6,), label)), bare)


class Deaf(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, y):
        return self.network(x)


def game(hears: bool) -> games.CGAN:
    torch.manual_seed(0)
    G = networks.Conditioned(networks.mlp(4 + 3, 2, (16,)), networks.OneHot(3))
    D = networks.mlp(2 + 3 * hears, 1, (16,))
    return games.CGAN(
        G, networks.Conditioned(D, networks.OneHot(3)) if hears else Deaf(D), data.Gaussian(4), data.Labels(3)
    )


@pytest.mark.parametrize("hears", [False, True])
def test_without_a_label_in_d_any_renaming_in_g_has_the_same_loss(hears):
    """Every label asked for once for each noise; G's labels renamed. Only a D that hears them notices."""
    played, y = game(hears), torch.arange(3).repeat_interleave(50)
    x, z = torch.randn(150, 2), torch.randn(50, 4).repeat(3, 1)
    played.prior.sample = lambda n: z
    for part in played.parameters():
        part.data.mul_(3)  # what an untrained network makes of a label is nearly a sum, and a sum has no pairs in it
    before = played.g_loss((x, y))
    with torch.no_grad():
        weight = played.G.network[0].weight
        weight[:, 4:] = weight[:, 4:].roll(1, 1)
    gap = (played.g_loss((x, y)) - before).abs().item()
    assert gap > 1e-4 if hears else gap < 1e-6


@pytest.mark.parametrize("table", [(0.2, 0.2, 0.01), (0.2, 0.2, 0.2), (0.01, 0.1, 0.4), (0.3, 0.1, 0.5)])
def test_the_best_d_that_is_shown_mismatched_pairs(table):
    p, q, w = table
    score = torch.zeros((), requires_grad=True)
    climb = torch.optim.SGD([score], lr=2.0)
    for _ in range(2000):
        climb.zero_grad()
        (-(p * nn.functional.logsigmoid(score) + (q + w) / 2 * nn.functional.logsigmoid(-score))).backward()
        climb.step()
    assert torch.sigmoid(score).item() == pytest.approx(p / (p + (q + w) / 2), abs=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_careless_conditional_game_obeys_and_collapses_within_each_class(codes, seed):
    chapter = codes.tricks.as_module(codes.CHAPTER, ("careless", "ring"))
    played, label = chapter.careless(seed), torch.arange(2).repeat_interleave(1000)
    mode = torch.cdist(played.sample(2000, label, seed=0), chapter.ring.modes).argmin(1)
    assert (mode // 4 == label).float().mean() > 0.95
    fullest = [torch.bincount(mode[label == half]).max().item() / 1000 for half in (0, 1)]
    assert sum(fullest) / 2 > 0.45


def test_the_table_of_codes_is_what_was_recorded(codes, recorded):
    """Every seed was run with the code of today, and the chapter's table says what came out."""
    assert [run["seed"] for run in recorded] == [0, 1, 2]
    assert {run["fingerprint"] for run in recorded} == {provenance.fingerprint(*codes.source())}
    assert f"\n{codes.table(recorded)}\n" in codes.CHAPTER.read_text(encoding="utf-8").replace("\n# |", "\n|")


def test_what_the_chapter_says_of_the_codes_is_so_in_every_seed(recorded):
    for run in recorded:
        assert run["one-hot"]["obeyed"] >= 0.85
        assert 0.7 <= run["embedding of 8"]["obeyed"] < 0.95
        assert run["$y/9$"]["obeyed"] < 0.2
        assert run["$y/9$"]["spread"] > 1.7
        assert all(0.9 < run[name]["spread"] < 1.2 for name in ("one-hot", "embedding of 8"))


ROWS = {  # beginning of a row of the chapter's table, score, its unit there, decimals
    "samples that show": ("label_accuracy", 100, 1),
    "of the digit missed": ("worst_accuracy", 100, 1),
    "Parzen": ("parzen", 1, 0),
    "1-nearest": ("neighbour_error", 100, 1),
    "coverage of": ("coverage", 1, 2),
    "of the class covered": ("worst_coverage", 1, 2),
    "spread within": ("spread", 1, 2),
    "Fréchet": ("distance", 1, 2),
    "test images that D": ("wrong_label", 100, 1),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_scorecard_is_what_was_recorded(codes, row):
    """Mean ± standard deviation over the recorded seeds."""
    seeds = json.loads((HOME / "cgan_mnist" / "scores.json").read_text(encoding="utf-8"))["seeds"]
    assert [seed["seed"] for seed in seeds] == [0, 1, 2]
    key, unit, decimals = ROWS[row]
    values = torch.tensor([seed["scores"][key] for seed in seeds], dtype=torch.float64) * unit
    said = f"{values.mean():.{decimals}f} ± {values.std():.{decimals}f}"
    (line,) = re.findall(rf"^# \| {row}.*$", codes.CHAPTER.read_text(encoding="utf-8"), re.MULTILINE)
    assert said in line, (said, line)


def test_a_batch_of_half_pictures_is_a_pair_too(codes):
    chapter = codes.tricks.as_module(codes.CHAPTER, ("halves", "players", "pixels", "train"))
    engine.seed(0)
    x, y = chapter.halves(5)
    assert x.shape == y.shape == (5, 1, 4, 8)
    G, D = chapter.players(chapter.pixels, outputs=32)
    made = G(torch.randn(5, 32), y)
    assert made.shape == x.shape
    assert D(made, y).shape == (5, 1)

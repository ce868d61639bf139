"""The scores of `cgan_mnist`, against counts by hand and samplers whose scores are known."""

import importlib

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from ganlib import data, metrics, recipes, zoo
from ganlib.recipes._judged import label_accuracy

module = importlib.import_module("ganlib.recipes.cgan_mnist")  # the package has the function under this name


class Judges:
    """Sees the mean of an image's upper half and lower half, and names it by the former."""

    seen = reference = None

    def features(self, x):
        return x.unflatten(2, (2, -1)).mean((1, 3, 4))

    def probabilities(self, x):
        return nn.functional.one_hot((self.features(x)[:, 0] * 5 + 5).long().clamp(0, 9), 10).float()


@pytest.fixture
def little(monkeypatch):
    """500 images of ten shades, in the place of MNIST's."""

    def load(name, split="train", labels=False):
        generator = torch.Generator().manual_seed(len(split))
        y = torch.arange(10).repeat(50)
        x = torch.rand(500, 1, 28, 28, generator=generator) * 0.02 + y[:, None, None, None] / 5 - 0.91
        x[:, :, 14:] += torch.rand(500, 1, 1, 1, generator=generator) * 0.1 - 0.05
        return data.Images(x.clamp(-1, 1), y if labels else None)

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(module, "TRAIN", 300)
    return load("mnist", "test", labels=True)


class Perfect(nn.Module):
    """Hands out real images of the class asked for; its D likes a pair the less, the farther the label is off."""

    def __init__(self, test, obedient=True):
        super().__init__()
        self.test, self.obedient = test, obedient
        self.device = torch.device("cpu")

    def sample(self, n, y, seed):
        generator = torch.Generator().manual_seed(seed)
        which = torch.randint(50, (n,), generator=generator) if self.obedient else torch.zeros(n, dtype=torch.int64)
        return self.test.x[which * 10 + y]

    def D(self, x, y):
        return -(x.mean((1, 2, 3)) * 5 + 4.5 - y).abs()[:, None]

    def evaluating(self):
        return torch.no_grad()


def test_real_images_in_the_place_of_samples_score_perfectly(little):
    found = module.measure_cgan_mnist(Perfect(little), Judges())
    assert found["neighbour_error"] == 0
    assert found["coverage"] > 0.95
    assert found["spread"] == pytest.approx(1, abs=0.05)
    assert found["wrong_label"] == 1
    x, y = module._samples(Perfect(little), 20, seed=0)
    assert label_accuracy(Judges(), x, y) == 1


def test_one_image_a_class_is_obedient_and_nothing_else(little):
    game = Perfect(little, obedient=False)
    found = module.measure_cgan_mnist(game, Judges())
    assert found["neighbour_error"] == 0
    assert found["spread"] == 0
    assert found["coverage"] < 0.3
    x, y = module._samples(game, 20, seed=0)
    assert label_accuracy(Judges(), x, y) == 1


def test_the_nearest_neighbour_error_is_scikit_learns():
    torch.manual_seed(0)
    x, test = torch.randn(300, 1, 3, 3), torch.randn(120, 1, 3, 3)
    y, truth = torch.randint(4, (300,)), torch.randint(4, (120,))
    theirs = KNeighborsClassifier(1).fit(x.flatten(1).numpy(), y.numpy())
    error = 1 - theirs.score(test.flatten(1).numpy(), truth.numpy())
    assert module._neighbour_error(x, y, test, truth, rows=50) == pytest.approx(error)


def test_a_d_that_ignores_the_label_prefers_none():
    class Deaf:
        evaluating = torch.no_grad

        def D(self, x, y):
            return x.mean((1, 2, 3))[:, None]

    assert module._wrong_label(Deaf(), torch.randn(40, 1, 4, 4).double(), torch.arange(40) % 10) <= 0.5


def test_scores_without_the_data_set_are_those_of_each_part(monkeypatch):
    """Of 30 samples a digit, since the judge takes its time."""
    monkeypatch.setattr(module, "_samples", lambda game, each, seed: (x, y))
    judge, engine_seed = zoo.judge("mnist"), torch.Generator().manual_seed(0)
    x, y = torch.rand(10_000, 1, 28, 28, generator=engine_seed) * 2 - 1, torch.arange(10).repeat_interleave(1000)
    few = torch.arange(10_000) % 1000 < 5
    names = torch.where(few, (y + 1) % 10, y)  # five of a thousand wrong
    names[:95] = 7  # and of the zeros ninety more
    monkeypatch.setattr(module, "named", lambda judge, x: names)
    features = (
        torch.randn(10_000, 64, generator=engine_seed) * torch.linspace(0.5, 1.5, 10).repeat_interleave(1000)[:, None]
    )
    monkeypatch.setattr(module.metrics, "extract", lambda x, f: features)
    found = module.score_cgan_mnist(None, judge)
    assert found["label_accuracy"] == pytest.approx(1 - (95 + 9 * 5) / 10_000)
    assert found["worst_accuracy"] == pytest.approx(0.905)
    trace = judge.reference.covariance.trace().item()
    assert found["within"] == pytest.approx(1.0 * (64 / trace) ** 0.5, rel=0.01)
    assert found["distance"] == pytest.approx(metrics.frechet_distance(judge.reference, metrics.moments(features)))


def test_mnists_last_ten_thousand_training_images_are_never_trained_on(little, monkeypatch):
    seen = []
    monkeypatch.setattr(module.engine, "fit", lambda game, draw, rounds, **_: seen.append(draw.func))
    recipes.cgan_mnist(rounds=3, device="cpu")
    assert torch.equal(seen[0].x, data.load("mnist", labels=True).x[:300])
    assert torch.equal(seen[0].y, torch.arange(10).repeat(30))

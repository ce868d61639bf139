"""What chapter 14 says and no test of a module holds up yet."""

import copy
import importlib
import json
import math
import re
import statistics
from functools import partial
from pathlib import Path

import pytest
import torch
from sklearn.datasets import make_moons
from torch import nn

from ganlib import data, engine, games, losses, networks, recipes, zoo
from ganlib.recipes._judged import named

CHAPTER = Path(__file__).parent.parent / "chapters" / "2_architectures" / "14_semi_supervised.py"
RESULTS = Path(__file__).parent / "bars" / "results"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def wrong(game, x, y):
    return recipes.names(game, x).ne(y).float().mean().item()


def alone(D, source, rounds=300):
    game = recipes.Supervised(D, optimizers={"model": engine.cosine(engine.adam(5e-3), rounds)})
    game.smoothing = 0.0
    engine.fit(game, lambda: (source.x[source.chosen], source.y), rounds, progress=False)
    return game


def generator(latent, *last):
    hidden = [nn.Linear(latent, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU()]
    return nn.Sequential(*hidden, *last)


def steps(rounds):
    return {"D": engine.cosine(engine.adam(5e-3), rounds), "G": engine.cosine(engine.adam(1e-2), rounds)}


def test_unlabelled_points_mend_the_boundary_between_two_moons():
    seed = 1
    x, y = (torch.from_numpy(part) for part in make_moons(1000, noise=0.1, random_state=0))
    fresh, moon = (torch.from_numpy(part) for part in make_moons(1000, noise=0.1, random_state=1))
    source = data.FewLabels(x.float(), y, 6, seed)
    engine.seed(seed)
    D = networks.NoisyClassifier(2, 2, (64, 64, 32), (0.05, 0.1))
    D.initialise(source.x)
    few = wrong(alone(copy.deepcopy(D), source), fresh.float(), moon)
    game = games.SemiSupervisedGAN(generator(4, nn.Linear(64, 2)), D, data.Gaussian(4), optimizers=steps(600))
    engine.fit(game, partial(source, 64), 600, progress=False)
    assert wrong(game, fresh.float(), moon) < min(0.04, few / 2)


def test_unlabelled_digits_help_and_perfect_fakes_help_less():
    """A third draw of twenty labels, and half of the chapter's rounds."""
    train, test = data.digits(labels=True), data.digits("test", labels=True)

    class Perfect(games.SemiSupervisedGAN):
        def fake(self, n, *given):
            return train.x[torch.randint(len(train.x), (n,))]

    def errors(game, rounds, players):
        source = data.FewLabels(train.x, train.y, 20, seed=2)
        engine.seed(2)
        D = networks.NoisyClassifier(64, 10, 3 * (256,), (0.3, 0.5), low=-1.0)
        D.initialise(train.x)
        few = wrong(alone(copy.deepcopy(D), source), test.x, test.y)
        G = generator(16, nn.Linear(64, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
        playing = game(G, D, data.Gaussian(16), optimizers=steps(rounds))
        playing.weight = 1.0
        for _ in range(rounds):
            for player in players:
                playing.players[player].move(source(64))
        return few, wrong(playing, test.x, test.y)

    few, helped = errors(games.SemiSupervisedGAN, 500, "DG")
    _, hindered = errors(Perfect, 300, "D")
    assert helped < 0.85 * few
    assert hindered > 0.95 * few
    assert hindered > 1.2 * helped


def test_a_mask_drawn_anew_uses_as_many_labels_as_the_formula_says():
    generator = torch.Generator().manual_seed(0)
    used = torch.zeros(600, dtype=torch.bool)
    for _ in range(60):
        used[torch.randperm(600, generator=generator)[:10]] = True
    assert used.sum().item() == pytest.approx(600 * (1 - (1 - 10 / 600) ** 60), abs=25)
    on_mnist = 60_000 * (1 - (1 - 10 / 60_000) ** 6000)
    assert on_mnist == pytest.approx(37_929, abs=0.5)


def test_a_generator_with_one_output_may_have_no_loss_to_descend():
    torch.manual_seed(0)
    real, W = torch.randn(1000, 2), torch.randn(2, 16)
    point = real.mean(0, keepdim=True).expand(50, 2)
    assert losses.feature_matching(real @ W, point @ W) < 1e-9
    assert losses.feature_matching((real @ W).relu(), (point @ W).relu()) > 1e-2  # a kink sees the spread


# --- the recipe


def test_the_two_sizes_fit_into_the_zoo():
    small, full = (recipes.build_semi_supervised_mnist(full=full) for full in (False, True))
    bytes_saved = [2 * sum(p.numel() for part in (game.G, game.D) for p in part.parameters()) for game in (small, full)]
    assert bytes_saved[0] < 1_800_000  # half of the paper's widths
    assert bytes_saved[1] < 3_990_000
    widths = [layer.direction.shape[0] for layer in full.D.layers]
    assert widths == [1000, 500, 250, 250, 250]  # the paper's


def test_digits_are_enlarged_into_the_frame_of_mnist_and_stay_readable():
    x, y = recipes.enlarged_digits()
    assert x.shape == (1797, 1, 28, 28)
    assert (x.min().item(), x.max().item()) == (-1.0, 1.0)
    assert (x[:, :, :5] == -1).all()
    assert named(zoo.judge("mnist"), x[::4]).eq(y[::4]).float().mean() > 0.9


class Fixed(nn.Module):
    """In the place of a classifier: says what the first pixel of an image holds."""

    def forward(self, x):
        return torch.eye(10)[(x[:, 0, 0, 0] * 10).round().long()]


def test_errors_are_counted_on_the_test_images_and_the_twin_gets_the_same_labels(monkeypatch):
    y = torch.arange(200) % 10
    x = torch.full((200, 1, 28, 28), -1.0)
    x[:, 0, 0, 0] = y / 10
    x[:30, 0, 0, 0] = (y[:30] + 1) % 10 / 10
    monkeypatch.setattr(data, "load", lambda name, split="train", labels=False: data.Images(x, y))
    game = recipes.build_semi_supervised_mnist(rounds=1)
    game.average = None
    game.chosen = torch.arange(100, 200)
    twin = recipes.labels_alone(game, rounds=2)
    assert [p.shape for p in twin.model.parameters()] == [p.shape for p in game.D.parameters()]
    game.D = Fixed()
    module = importlib.import_module("ganlib.recipes.semi_supervised_mnist")  # the function bears its module's name
    monkeypatch.setattr(module, "labels_alone", lambda game: twin)
    found = recipes.measure_semi_supervised_mnist(game, None)
    assert found["errors"] == 30
    assert found["times_fewer"] == pytest.approx(found["errors_alone"] / 30)


def test_the_labels_that_were_known_are_remembered_with_the_weights():
    run = zoo.load("semi_supervised_mnist")
    assert run.game.chosen.shape == (100,)
    assert len(set(run.game.chosen.tolist())) == 100
    assert 0 <= run.game.chosen.min() <= run.game.chosen.max() < 60_000


# --- the score


def test_the_table_is_what_was_recorded():
    seeds = zoo.load("semi_supervised_mnist").seeds
    assert [seed["seed"] for seed in seeds] == [0, 1, 2]
    text = re.sub(r"\n# ?", "\n", CHAPTER.read_text(encoding="utf-8"))
    for key, form in (("errors", "{:.0f}"), ("errors_alone", "{:.0f}"), ("times_fewer", "{:.1f}")):
        values = [seed["scores"][key] for seed in seeds]
        assert f"{form.format(statistics.mean(values))} ± {form.format(statistics.stdev(values))}" in text, key
        assert ", ".join(form.format(value) for value in values) in text, key
    for key in ("enlarged", "enlarged_judge", "agreement"):
        values = [100 * seed["scores"][key] for seed in seeds]
        assert f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f} %" in text, key
    for labels in (20, 50, 200, 1000):
        found = [json.loads(file.read_text()) for file in sorted(RESULTS.glob(f"labels_{labels}_seed?.json"))]
        assert [run["seed"] for run in found] == [0, 1, 2]
        told = [f"{labels}", None, ", ".join(str(run["errors"]) for run in found)]
        for key in ("errors", "errors_alone"):
            values = [run[key] for run in found]
            told.append(f"{statistics.mean(values):.0f} ± {statistics.stdev(values):.0f}")
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {labels} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert [cell for cell, wanted in zip(cells, told, strict=True) if wanted not in (None, cell)] == []
    assert json.dumps(seeds)  # plain numbers all
    assert math.isfinite(seeds[0]["scores"]["errors"])

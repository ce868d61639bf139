"""The recipes: short runs against weaker bars, one full run, and the runner that holds all seeds to theirs."""

import importlib.util
import inspect
import json
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from ganlib import data, engine, recipes
from ganlib.recipes.judges import _shifted

BARS = Path(__file__).parent / "bars" / "run.py"


class Sampler:
    """In the place of a game: hands out points that were drawn before."""

    def __init__(self, points: torch.Tensor) -> None:
        self.points = points

    def sample(self, n: int, seed: int | None = None) -> torch.Tensor:
        return self.points[:n]


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads gain a quarter on an idle machine, and wait for each other on a busy one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def bars(monkeypatch, tmp_path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bars_run", BARS)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "bars_run", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


# ------------------------------------------------------------------------------------------------ short runs


@pytest.fixture
def little_mnist(monkeypatch):
    """MNIST's place is taken by random images of its shape; only a test of the zoo's judge needs the real ones."""

    def load(name: str, split: str = "train", labels: bool = False) -> data.Images:
        assert name == "mnist"
        generator = torch.Generator().manual_seed(len(split))
        x = torch.rand(300, 1, 28, 28, generator=generator) * 2 - 1
        y = torch.randint(10, (300,), generator=generator)
        return data.Images(x, y, [str(digit) for digit in range(10)]) if labels else data.Images(x)

    monkeypatch.setattr(data, "load", load)


def signature(name: str) -> list[str]:
    return list(inspect.signature(getattr(recipes, name)).parameters)


def test_every_recipe_takes_a_seed_a_length_and_a_device():
    assert recipes.__all__ == sorted(recipes.__all__)
    for name in recipes.__all__:
        parameters = inspect.signature(getattr(recipes, name)).parameters
        assert list(parameters)[:2] == ["seed", "rounds"]
        assert parameters["device"].default is None


@pytest.mark.usefixtures("little_mnist")
@pytest.mark.parametrize("name", recipes.__all__)
def test_a_run_depends_on_its_seed_alone(name):
    def weights(seed: int) -> torch.Tensor:
        torch.rand(seed + 1)  # whatever happened before
        game, history = getattr(recipes, name)(seed, rounds=3, every=1, device="cpu", progress=False)
        assert history.rounds == [1, 2, 3]  # the options reached fit
        return torch.cat([p.detach().flatten() for p in game.parameters()])

    first = weights(0)
    assert torch.equal(first, weights(0))
    assert not torch.equal(first, weights(1))


@pytest.mark.usefixtures("little_mnist")
@pytest.mark.parametrize("name", [name for name in recipes.__all__ if "full" in signature(name)])
def test_a_run_of_full_size_is_larger_and_starts(name):
    """Two rounds of it, so that nothing is left to find out on a GPU."""
    build = getattr(recipes, f"build_{name}")
    small, large = (sum(p.numel() for p in build(full=full).parameters()) for full in (False, True))
    assert large > 2 * small
    game, history = getattr(recipes, name)(0, rounds=2, full=True, every=1, batch=4, device="cpu", progress=False)
    assert history.rounds == [1, 2]
    assert sum(p.numel() for p in game.parameters()) == large


@pytest.mark.usefixtures("little_mnist")
@pytest.mark.parametrize("name", recipes.__all__)
def test_the_learning_rates_end_at_zero(name):
    game, _ = getattr(recipes, name)(0, rounds=3, device="cpu", progress=False)
    rates = [group["lr"] for player in game.players.values() for group in player.optimizer.param_groups]
    assert rates == pytest.approx([0.0] * len(game.players), abs=1e-12)


@pytest.mark.parametrize(
    "recipe",
    [
        recipes.acgan_mnist, recipes.bigan_mnist, recipes.cgan_mnist, recipes.dcgan_mnist, recipes.gan_mnist,
        recipes.infogan_mnist, recipes.semi_supervised_mnist, recipes.stacked_gan_mnist,
    ],
)  # fmt: skip
def test_no_recipe_trains_on_test_images(monkeypatch, recipe):
    asked = []

    def load(name: str, split: str = "train", labels: bool = False) -> data.Images:
        asked.append(split)
        x, y = torch.zeros(300, 1, 28, 28), torch.arange(300) % 10
        return data.Images(x, y, [str(digit) for digit in range(10)]) if labels else data.Images(x)

    monkeypatch.setattr(data, "load", load)
    recipe(0, rounds=1, full=False, device="cpu", progress=False)
    assert set(asked) == {"train"}


def test_judges_see_each_batch_shifted_as_a_whole_with_black_moving_in():
    torch.manual_seed(0)
    x = torch.full((4, 1, 8, 8), 0.5)
    seen = set()
    for _ in range(60):
        batch, labels = _shifted(data.Images(x, torch.arange(4), list("abcd")), 5, 1)
        assert batch.shape == (5, 1, 8, 8)
        assert labels.shape == (5,)
        assert all(torch.equal(one, batch[0]) for one in batch)
        rows, columns = (batch[0, 0] == 0.5).any(1), (batch[0, 0] == 0.5).any(0)
        assert ((batch == 0.5) | (batch == -1.0)).all()
        seen.add((tuple(rows[[0, -1]].tolist()), tuple(columns[[0, -1]].tolist())))
    assert len(seen) == 9  # three rows times three columns


def test_the_model_of_a_supervised_game_learns_its_labels():
    class Table(torch.nn.Module):  # scores as free parameters: their optimum has a closed form
        def __init__(self):
            super().__init__()
            self.scores = torch.nn.Parameter(torch.zeros(3))

        def forward(self, x):
            return self.scores.expand(len(x), 3)

    y = torch.tensor([0, 0, 0, 1])
    game = recipes.Supervised(Table(), optimizers={"model": engine.sgd(1.0)})
    for _ in engine.play(game, lambda: (torch.zeros(4, 1), y), 400):
        pass
    smoothed = 0.95 * torch.tensor([0.75, 0.25, 0.0]) + 0.05 / 3
    torch.testing.assert_close(game.model.scores.softmax(0), smoothed, atol=1e-3, rtol=0)


def test_a_device_that_is_not_there_is_said_in_one_sentence():
    with pytest.raises(ValueError, match="There is no device 'cuda:99'"):
        recipes.ring(device="cuda:99")


def test_short_ring_finds_most_modes():
    game, _ = recipes.ring(0, rounds=2000, device="cpu", progress=False)
    report = recipes.score_ring(game)
    assert report.covered >= 7
    assert report.high_quality >= 0.2  # an untrained generator: below .01


def test_short_digits_score_above_independent_pixels():
    game, _ = recipes.digits(0, rounds=300, device="cpu", progress=False)
    report = recipes.score_digits(game)
    assert report.nats >= 10  # ten k-means centroids: 8.9; independent pixels: -6.4
    assert not report.at_edge


def test_full_ring_meets_its_bar():
    game, _ = recipes.ring(0, device="cpu", progress=False)
    report = recipes.score_ring(game)
    assert report.covered == 8
    assert report.high_quality >= 0.92
    assert report.reverse_kl <= 0.07


# ----------------------------------------------------------------------------------------------------- scores


def test_a_perfect_sampler_scores_the_ceiling_on_the_ring():
    torch.manual_seed(0)
    report = recipes.score_ring(Sampler(data.ring(8)(2500)))
    ceiling = 1 - math.exp(-4.5)  # |x|^2 / std^2 of a point in the plane is exponential with mean 2
    assert report.covered == 8
    assert report.high_quality == pytest.approx(ceiling, abs=4 * math.sqrt(ceiling * (1 - ceiling) / 2500))


def test_real_digits_score_what_scipy_gives_them():
    # Not scikit-learn's KernelDensity, which is off by up to 20 nats here: its trees lose small terms in 64 dimensions.
    x, test = data.digits().x, data.digits("test").x
    pixels, scored = ((part.flatten(1).double().numpy() + 1) / 2 for part in (x, test))
    train, held_out = pixels[:1077], pixels[1077:]

    def score(points: np.ndarray, sigma: float) -> float:
        exponents = -cdist(points, train, "sqeuclidean") / (2 * sigma**2)
        return float(logsumexp(exponents, axis=1).mean() - np.log(1077) - 32 * np.log(2 * np.pi * sigma**2))

    best = max(np.logspace(-1, 0, 10), key=lambda sigma: score(held_out, sigma))
    report = recipes.score_digits(Sampler(x[:1077]))
    assert report.sigma == pytest.approx(best)
    assert report.nats == pytest.approx(score(scored, best), abs=1e-6)
    assert report.nats == pytest.approx(26.6, abs=0.05)  # the number the docstring gives


def test_digits_never_train_on_the_images_that_choose_the_width(monkeypatch):
    seen = []
    monkeypatch.setattr(engine, "fit", lambda game, draw, rounds: seen.append(torch.cat([draw() for _ in range(99)])))
    recipes.digits()
    drawn = {tuple(image.flatten().tolist()) for image in seen[0]}
    images = [tuple(image.flatten().tolist()) for image in data.digits().x]
    assert drawn == set(images[:1077])
    assert not drawn & set(images[1077:])


# ------------------------------------------------------------------------------------------------- the runner


def fake(bars: ModuleType, nats: float, seen: list[int]):
    def run(seed: int) -> dict[str, float]:
        seen.append(seed)
        return {"nats": nats + seed}

    return bars.Bar(run, 2, {"at least 20 on average": lambda runs: bars.mean(runs, "nats") >= 20}, (Sampler,))


def test_a_finished_seed_is_not_run_again(bars, monkeypatch, capsys):
    seen: list[int] = []
    monkeypatch.setattr(bars, "BARS", {"toy": fake(bars, 21.0, seen)})
    monkeypatch.setattr("sys.argv", ["run.py"])
    assert bars.main() == 0
    (bars.RESULTS / "toy_seed0.json").unlink()
    assert bars.main() == 0
    assert seen == [0, 1, 0]
    out = capsys.readouterr().out
    assert "21.500 ± 0.707" in out
    assert "met     at least 20 on average" in out


def test_a_missed_bar_and_a_missing_seed_are_failures(bars, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["run.py"])
    monkeypatch.setattr(bars, "BARS", {"toy": fake(bars, 19.0, [])})
    assert bars.main() == 1
    assert "MISSED  at least 20 on average" in capsys.readouterr().out
    monkeypatch.setattr(bars, "BARS", {"toy": fake(bars, 30.0, [])})
    monkeypatch.setattr("sys.argv", ["run.py", "--again"])
    assert bars.main() == 0
    (bars.RESULTS / "toy_seed1.json").unlink()
    monkeypatch.setattr("sys.argv", ["run.py", "--summary"])
    assert bars.main() == 1
    (bars.RESULTS / "toy_seed0.json").unlink()
    assert bars.main() == 1


def test_a_result_of_another_recipe_does_not_count(bars, monkeypatch):
    monkeypatch.setattr(bars, "BARS", {"toy": fake(bars, 21.0, [])})
    bars.run("toy")
    file = bars.RESULTS / "toy_seed1.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"fingerprint": "of other code"}))
    assert [result["seed"] for result in bars.finished("toy")] == [0]

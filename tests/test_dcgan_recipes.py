"""The two recipes of chapter 8: their scores against cases with known answers, and where the pictures come from."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganlib import data, engine, networks, recipes

MODULE = sys.modules["ganlib.recipes.dcgan_mnist"]  # the name in the package is the recipe


class Sampler:
    """In the place of a game: hands out pictures that were made before."""

    def __init__(self, pictures: torch.Tensor) -> None:
        self.pictures = pictures

    def sample(self, n: int, seed: int | None = None) -> torch.Tensor:
        return self.pictures[torch.arange(n) % len(self.pictures)]


# ------------------------------------------------------------------------------------------------------- dcgan_mnist


def test_label_shares_are_counted_as_the_judge_names_them(monkeypatch):
    """Pictures whose first pixel says the digit: half of them are sevens, the rest spread over all ten."""
    labels = torch.cat([torch.full((5000,), 7), torch.arange(10).repeat(500)])
    pictures = torch.zeros(10_000, 1, 28, 28)
    pictures[:, 0, 0, 0] = labels / 10
    judge = SimpleNamespace(
        probabilities=lambda x: nn.functional.one_hot((10 * x[:, 0, 0, 0]).round().long(), 10).float()
    )
    monkeypatch.setattr(MODULE, "distance", lambda judge, x: float(len(x)))
    found = recipes.score_dcgan_mnist(Sampler(pictures), judge)
    assert found["distance"] == 10_000
    assert found["rarest"] == pytest.approx(0.05)
    assert found["histogram_kl"] == pytest.approx(0.55 * math.log(5.5) + 9 * 0.05 * math.log(0.5), abs=1e-6)


def test_equal_shares_have_no_divergence_and_a_lost_digit_is_seen(monkeypatch):
    judge = SimpleNamespace(probabilities=lambda x: nn.functional.one_hot(x[:, 0, 0, 0].long(), 10).float())
    monkeypatch.setattr(MODULE, "distance", lambda judge, x: 0.0)
    for digits, divergence, rarest in ((10, 0.0, 0.1), (5, math.log(2), 0.0)):
        pictures = torch.arange(digits).float()[:, None, None, None].expand(-1, 1, 28, 28)
        found = recipes.score_dcgan_mnist(Sampler(pictures), judge)
        assert found["histogram_kl"] == pytest.approx(divergence, abs=1e-6)
        assert found["rarest"] == pytest.approx(rarest)


def test_pooled_features_are_the_largest_values_of_each_sixteenth_of_every_map():
    torch.manual_seed(0)
    D = networks.dcgan_discriminator(28, width=4)
    x = torch.rand(3, 1, 28, 28) * 2 - 1
    found = recipes.pooled_features(D, x)
    assert found.shape == (3, 16 * (4 + 8))
    assert not D.training
    with torch.no_grad():
        maps = D[1](D[0](x))  # 14 x 14
    for row in range(4):
        for column in range(4):
            edges = [(14 * i // 4, -(-14 * (i + 1) // 4)) for i in (row, column)]
            part = maps[:, :, edges[0][0] : edges[0][1], edges[1][0] : edges[1][1]]
            torch.testing.assert_close(found[:, : 16 * 4].reshape(3, 4, 4, 4)[:, :, row, column], part.amax((2, 3)))


def test_an_untrained_twin_has_first_weights_and_means_of_what_it_was_shown():
    torch.manual_seed(0)
    D = networks.dcgan_discriminator(28, width=4)
    with torch.no_grad():
        for part in D.parameters():
            part.fill_(3.0)
    x = torch.rand(50, 1, 28, 28) * 2 - 1
    state = torch.get_rng_state()
    twin = recipes.untrained_twin(D, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert all((part == 3).all() for part in D.parameters())
    assert twin[0].weight.detach().std() == pytest.approx(0.02, rel=0.3)
    with torch.no_grad():
        maps = twin[2](twin[1](twin[0](x)))
    torch.testing.assert_close(twin[3].running_mean, maps.mean((0, 2, 3)))
    torch.testing.assert_close(twin[3].running_var, maps.var((0, 2, 3)), rtol=1e-4, atol=1e-9)
    again = recipes.untrained_twin(D, x)
    assert all(torch.equal(a, b) for a, b in zip(twin.parameters(), again.parameters(), strict=True))


def test_a_linear_classifier_is_right_where_a_plane_separates_and_at_chance_where_nothing_does():
    torch.manual_seed(0)
    y = torch.arange(300) % 3
    x = torch.rand(300, 1, 4, 4) * 0.2 - 0.1
    x[torch.arange(300), 0, 0, y] += 0.8
    seen, test = data.Images(x[:200], y[:200]), data.Images(x[200:], y[200:])
    assert recipes.linear_accuracy(seen, test, lambda x: x.flatten(1), labels=100) == 1.0
    noise = recipes.linear_accuracy(seen, test, lambda x: torch.rand(len(x), 5), labels=100)
    assert noise < 0.55


# ----------------------------------------------------------------------------------------------------- dcgan_patches


def test_real_patches_score_one_and_a_collapsed_generator_has_no_spread():
    torch.manual_seed(1)
    real = recipes.score_dcgan_patches(Sampler(recipes.photograph_patches()(2000)))
    assert 0.005 < real["coarse"] < 0.02
    assert real["spread"] == pytest.approx(1, abs=0.03)
    assert real["roughness"] == pytest.approx(1, abs=0.05)
    torch.manual_seed(1)
    one = recipes.score_dcgan_patches(Sampler(recipes.photograph_patches()(1)))
    assert one["spread"] == 0
    assert one["coarse"] > 0.5
    grey = recipes.score_dcgan_patches(Sampler(torch.zeros(1, 3, 64, 64)))
    assert grey["roughness"] == 0


def test_a_chessboard_is_four_times_as_rough_as_stripes():
    """A pixel of the board differs from all four neighbours, 4 + 4 of its value; one of the stripes from two, 4."""
    place = torch.arange(64)
    board = ((place[:, None] + place) % 2 - 0.5).expand(1, 3, 64, 64)
    stripes = (place % 2 - 0.5).expand(1, 3, 64, 64)
    half = torch.tensor([1.0, -1.0])[:, None, None, None]
    for pattern in (stripes, stripes.transpose(2, 3)):
        found = recipes.score_dcgan_patches(
            Sampler((board + 0.2) * half), lambda n, x=(pattern + 0.2) * half: x[torch.arange(n) % 2]
        )
        assert found["roughness"] == pytest.approx(4)
        assert found["spread"] == pytest.approx(1, rel=1e-4)


def test_a_run_on_a_folder_sees_the_whole_pictures_of_the_folder(tmp_path, monkeypatch):
    for i, colour in enumerate(((250, 0, 0), (0, 250, 0))):
        Image.fromarray(np.full((70, 90, 3), colour, dtype=np.uint8)).save(tmp_path / f"{i}.png")
    seen = []
    monkeypatch.setattr(engine, "fit", lambda game, draw, rounds, **_: seen.append(draw()))
    recipes.dcgan_patches(0, rounds=2, full=False, device="cpu", folder=tmp_path)
    assert seen[0].shape == (32, 3, 64, 64)
    assert len(seen[0].unique(dim=0)) == 2


def test_a_run_on_a_source_draws_from_it(monkeypatch):
    seen = []
    monkeypatch.setattr(engine, "fit", lambda game, draw, rounds, **_: seen.append(draw()))
    recipes.dcgan_patches(
        0, rounds=2, batch=5, full=False, device="cpu", source=lambda n: torch.full((n, 3, 64, 64), 0.5)
    )
    assert torch.equal(seen[0], torch.full((5, 3, 64, 64), 0.5))


def test_two_places_to_take_pictures_from_are_one_too_many(tmp_path):
    with pytest.raises(ValueError, match="from a source or from a folder: give one of the two"):
        recipes.dcgan_patches(source=recipes.photograph_patches(), folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "kind", "message"), [("nothing", FileNotFoundError, "there is no folder"), (".", ValueError, "no images")]
)
def test_a_folder_without_pictures_is_said_in_one_sentence(name, kind, message, tmp_path):
    with pytest.raises(kind, match=message):
        recipes.dcgan_patches(0, rounds=2, full=False, device="cpu", folder=tmp_path / name)


def test_grey_pictures_in_the_place_of_colour_ones_are_refused_before_the_first_round():
    with pytest.raises(ValueError, match=r"D cannot take a batch of shape \(32, 1, 64, 64\)"):
        recipes.dcgan_patches(
            0, rounds=2, full=False, device="cpu", source=lambda n: torch.zeros(n, 1, 64, 64), progress=False
        )


@pytest.mark.parametrize(("full", "first"), [(False, 96), (True, 256)])
def test_the_generator_goes_from_a_hundred_uniform_numbers_to_64_pixels(full, first):
    game = recipes.build_dcgan_patches(full)
    assert game.G[1](game.G[0](game.prior(2))).shape == (2, first, 4, 4)
    assert game.sample(2).shape == (2, 3, 64, 64)
    z = game.prior(1000)
    assert z.shape == (1000, 100)
    assert z.abs().max() <= 1
    assert z.var() == pytest.approx(1 / 3, abs=0.01)


def test_what_is_measured_on_mnist_is_the_accuracy_on_its_test_images(monkeypatch):
    """The row that is lit is the label: pixels tell it to a linear classifier, and shuffled labels tell nothing."""

    def load(name: str, split: str = "train", labels: bool = False) -> data.Images:
        generator = torch.Generator().manual_seed(len(split))
        y = torch.randint(10, (1200,), generator=generator)
        x = torch.full((1200, 1, 28, 28), -1.0)
        x[torch.arange(1200), 0, 2 * y] = 1.0
        shown = y if split == "train" or told else torch.randint(10, (1200,), generator=generator)
        return data.Images(x, shown, [str(digit) for digit in range(10)])

    monkeypatch.setattr(data, "load", load)
    game = recipes.build_dcgan_mnist()
    found = {}
    for told in (True, False):
        found[told] = recipes.measure_dcgan_mnist(game, None)
    assert set(found[True]) == {"D_features", "random_features", "raw_pixels"}
    assert found[True]["raw_pixels"] > 0.9
    assert found[False]["raw_pixels"] == pytest.approx(0.1, abs=0.05)

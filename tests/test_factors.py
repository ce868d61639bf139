"""Codes against factors, where the answer is known."""

import math

import pytest
import torch
from sklearn.linear_model import LinearRegression

from ganlib.metrics import factors_read


def pair(noise=(0.0, 0.0), n=4000, seed=0):
    """Two standard normal factors, and codes that show them swapped, one upside down, with noise."""
    generator = torch.Generator().manual_seed(seed)
    f = torch.randn(n, 2, generator=generator, dtype=torch.float64)
    c = torch.stack([-3 * f[:, 1] + 1, 0.5 * f[:, 0]], 1)
    spread = torch.tensor([3.0, 0.5]) * torch.tensor(noise[::-1])
    return c + spread * torch.randn(n, 2, generator=generator, dtype=torch.float64), f


def turned(c, degrees):
    angle = math.radians(degrees)
    R = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=c.dtype)
    return c @ R


def test_codes_that_are_the_factors_swapped_and_scaled_have_r_squared_one():
    report = factors_read(*pair(), *pair(seed=1))
    assert report.axis == (1, 0)
    torch.testing.assert_close(report.alone, torch.ones(2).double())
    torch.testing.assert_close(report.together, torch.ones(2).double())


def test_noise_of_variance_v_leaves_one_over_one_plus_v():
    report = factors_read(*pair((0.5, 1.0), 40_000), *pair((0.5, 1.0), 40_000, seed=1))
    torch.testing.assert_close(report.alone, torch.tensor([0.8, 0.5]).double(), atol=0.02, rtol=0)


@pytest.mark.parametrize("degrees", [0.0, 20.0, 45.0])
def test_turned_gaussian_codes_lose_r_squared_per_axis_by_the_square_of_the_cosine(degrees):
    generator = torch.Generator().manual_seed(0)
    f = torch.randn(40_000, 2, generator=generator)
    c = 0.9 * f + math.sqrt(0.19) * torch.randn(40_000, 2, generator=generator)
    half = 20_000
    report = factors_read(turned(c, degrees)[:half], f[:half], turned(c, degrees)[half:], f[half:])
    share = 0.81 * math.cos(math.radians(degrees)) ** 2
    torch.testing.assert_close(report.alone, torch.tensor([share, share]).double(), atol=0.02, rtol=0)
    torch.testing.assert_close(report.together, torch.tensor([0.81, 0.81]).double(), atol=0.01, rtol=0)


def test_the_regression_is_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    c, f = torch.randn(200, 3, generator=generator), torch.randn(200, 2, generator=generator)
    f = f + c[:, :2] @ torch.randn(2, 2, generator=generator)
    report = factors_read(c[:100], f[:100], c[100:], f[100:])
    for i in range(2):
        model = LinearRegression().fit(c[:100].numpy(), f[:100, i].numpy())
        assert report.together[i] == pytest.approx(model.score(c[100:].numpy(), f[100:, i].numpy()), abs=1e-6)
        j = report.axis[i]
        model = LinearRegression().fit(c[:100, [j]].numpy(), f[:100, i].numpy())
        assert report.alone[i] == pytest.approx(model.score(c[100:, [j]].numpy(), f[100:, i].numpy()), abs=1e-6)


def test_no_code_is_matched_twice_and_one_that_never_moves_predicts_nothing():
    generator = torch.Generator().manual_seed(0)
    f = torch.randn(300, 1, generator=generator).repeat(1, 2) + 0.1 * torch.randn(300, 2, generator=generator)
    c = torch.stack([f[:, 0], torch.zeros(300)], 1)
    report = factors_read(c, f, c, f)
    assert sorted(report.axis) == [0, 1]
    assert report.alone[report.axis.index(1)] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((9, 2), (8, 2), (9, 2), (9, 2)), "each example has a row of codes and a row of factors"),
        (((9, 2), (9, 3), (9, 2), (9, 3)), "no more factors than codes"),
        (((9, 2), (9, 2), (9, 3), (9, 2)), "as many of each"),
        (((3, 2), (3, 2), (9, 2), (9, 2)), "more examples than codes"),
    ],
)
def test_what_does_not_fit_is_said(arguments, message):
    with pytest.raises(ValueError, match=message):
        factors_read(*(torch.randn(shape) for shape in arguments))

"""The Fréchet distance against torchmetrics, scipy and closed forms; its bias and its interval against simulation."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from ganlib.metrics import Moments, frechet, frechet_bias, frechet_distance, frechet_floor, moments
from ganlib.theory import wasserstein_gaussian


def gaussian(mean, covariance, n=math.inf):
    return Moments(n, torch.as_tensor(mean).double(), torch.as_tensor(covariance).double())


def random_moments(d, seed):
    g = torch.Generator().manual_seed(seed)
    root = torch.randn(d, d, generator=g, dtype=torch.float64)
    return gaussian(torch.randn(d, generator=g), root @ root.T)


class Flat(nn.Module):
    """What torchmetrics asks of a feature extractor."""

    num_features = 6

    def forward(self, x):
        return x.flatten(1)


def test_distance_is_torchmetrics():
    torch.manual_seed(0)
    real, fake = torch.rand(300, 6, 1, 1), torch.rand(200, 6, 1, 1) ** 2
    theirs = FrechetInceptionDistance(Flat(), normalize=True, input_img_size=(6, 1, 1)).set_dtype(torch.float64)
    theirs.update(real.double(), real=True)
    theirs.update(fake.double(), real=False)
    assert frechet(real, fake).value == pytest.approx(float(theirs.compute()), rel=1e-6)


@pytest.mark.parametrize("d", [1, 2, 7, 40])
def test_distance_is_the_formula_with_scipys_square_root(d):
    a, b = random_moments(d, 1), random_moments(d, 2)
    root = scipy.linalg.sqrtm((a.covariance @ b.covariance).numpy()).real
    expected = (a.mean - b.mean).square().sum() + (a.covariance + b.covariance).trace() - 2 * np.trace(root)
    assert frechet_distance(a, b) == pytest.approx(float(expected), rel=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-12)


def test_on_the_line_it_is_the_squared_transport_distance():
    a, b = gaussian([0.5], [[4.0]]), gaussian([-1.0], [[0.25]])
    assert frechet_distance(a, b) == pytest.approx(1.5**2 + (2 - 0.5) ** 2)
    expected = wasserstein_gaussian(
        torch.distributions.MultivariateNormal(a.mean, a.covariance),
        torch.distributions.MultivariateNormal(b.mean, b.covariance),
    )
    assert frechet_distance(a, b) == pytest.approx(float(expected) ** 2)


def test_covariances_that_commute_have_a_closed_form():
    a, b = gaussian([0.0, 0.0, 3.0], np.diag([1.0, 4.0, 9.0])), gaussian([0.0, 1.0, 3.0], np.diag([4.0, 4.0, 0.0]))
    assert frechet_distance(a, b) == pytest.approx(1 + 1 + 0 + 9)


def test_singular_covariances_score_exactly_and_never_nan():
    flat = gaussian(np.zeros(3), np.diag([1.0, 0.0, 0.0]))
    other = gaussian(np.zeros(3), np.diag([0.0, 2.0, 0.0]))
    point = gaussian(np.zeros(3), np.zeros((3, 3)))
    assert frechet_distance(flat, flat) == 0
    assert frechet_distance(flat, other) == pytest.approx(3)
    assert frechet_distance(flat, point) == pytest.approx(1)
    assert frechet_distance(point, point) == 0
    few = torch.randn(10, 50, generator=torch.Generator().manual_seed(0))  # covariance of rank 9
    assert frechet(few, few).value == pytest.approx(0, abs=1e-10)
    assert math.isfinite(frechet(few, few + 1).high)
    assert frechet(few, few + 1).value == pytest.approx(50, rel=1e-5)
    constant = torch.zeros(5, 3)
    assert str(frechet(constant, constant)) == "Fréchet distance 0 [0, 0] (n 5 and 5, a perfect sampler 0)"


def test_self_distance_is_rounding_for_badly_conditioned_features():
    scale = 10.0 ** torch.linspace(-4, 4, 60, dtype=torch.float64)
    x = torch.randn(200, 60, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * scale
    m = moments(x)
    assert frechet_distance(m, m) < 1e-12 * float(m.covariance.trace())


@pytest.mark.parametrize(("d", "n", "m"), [(3, 200, 200), (16, 400, 400), (64, 1000, 1000), (8, 200, 1000)])
def test_bias_formula_is_what_two_samples_of_one_gaussian_score(d, n, m):
    g = torch.Generator().manual_seed(d)
    scores = [
        frechet_distance(moments(torch.randn(n, d, generator=g)), moments(torch.randn(m, d, generator=g)))
        for _ in range(10 if d == 64 else 150)
    ]
    error = np.std(scores) / math.sqrt(len(scores))
    assert frechet_bias(d, n, m) == pytest.approx(np.mean(scores), abs=4 * error + 0.03 * np.mean(scores))
    if n == m:
        assert frechet_bias(d, n) == pytest.approx(2 * d / n + d * (d + 1) / (2 * n))


def test_floor_of_any_gaussian_is_what_two_samples_of_it_score():
    assert frechet_floor(torch.eye(7), 50, 80) == pytest.approx(frechet_bias(7, 50, 80))
    variances = torch.tensor([9.0, 4.0, 1.0, 0.01, 0.0])
    g = torch.Generator().manual_seed(0)
    scores = [
        frechet(*(torch.randn(300, 5, generator=g) * variances.sqrt() + 5 for _ in range(2))).value for _ in range(300)
    ]
    error = np.std(scores) / math.sqrt(len(scores))
    assert frechet_floor(variances.diag(), 300) == pytest.approx(np.mean(scores), abs=4 * error)
    assert frechet_floor(variances.diag(), 300, math.inf) == pytest.approx(frechet_floor(variances.diag(), 600))


@pytest.mark.parametrize(("scale", "most"), [(1.3, 0.99), (1.0, 1.0)])
def test_interval_covers_the_expected_score_about_as_often_as_it_says(scale, most):
    g = torch.Generator().manual_seed(0)
    reports = [frechet(torch.randn(200, 4, generator=g), torch.randn(200, 4, generator=g) * scale) for _ in range(300)]
    expected = np.mean([r.value for r in reports])
    covered = np.mean([r.low <= expected <= r.high for r in reports])
    assert 0.91 <= covered <= most  # at scale 1 the jackknife is too wide by up to sqrt(2), never too short


def test_error_bar_is_the_jackknifes():
    """The influence of each sample is what leaving it out does."""
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(150, 3, generator=g), torch.randn(120, 3, generator=g) * 1.5 + 1
    without_x = np.array([frechet(torch.cat([x[:i], x[i + 1 :]]), y).value for i in range(150)])
    without_y = np.array([frechet(x, torch.cat([y[:i], y[i + 1 :]])).value for i in range(120)])
    variance = sum(((v - v.mean()) ** 2).sum() * (len(v) - 1) / len(v) for v in (without_x, without_y))
    report = frechet(x, y)
    assert (report.high - report.value) / 1.959964 == pytest.approx(math.sqrt(variance), rel=0.05)
    given = frechet(moments(x), y)
    only_y = ((without_y - without_y.mean()) ** 2).sum() * 119 / 120
    assert given.value == pytest.approx(report.value)
    assert (given.high - given.value) / 1.959964 == pytest.approx(math.sqrt(only_y), rel=0.05)


def test_known_moments_stand_for_infinitely_many_real_samples():
    exact = gaussian(np.zeros(2), np.eye(2))
    report = frechet(exact, torch.randn(500, 2, generator=torch.Generator().manual_seed(1)))
    assert report.n_real == math.inf
    assert report.floor == pytest.approx(frechet_bias(2, math.inf, 500))
    assert "(n inf and 500, a perfect sampler" in str(report)


def test_frechet_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="features of one length, not 2 and 3"):
        frechet(torch.zeros(5, 2), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="features of one length, not 2 and 3"):
        frechet(gaussian(np.zeros(2), np.eye(2)), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="at least 2 samples of each kind, but fake has 1"):
        frechet(torch.zeros(5, 2), torch.zeros(1, 2))
    with pytest.raises(ValueError, match=r"covariance of shape \(d, d\)"):
        Moments(3, torch.zeros(2), torch.zeros(3, 3))
    with pytest.raises(ValueError, match="level of an interval is between 0 and 1"):
        frechet(torch.zeros(5, 2), torch.zeros(5, 2), level=95)

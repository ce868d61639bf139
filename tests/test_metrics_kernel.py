"""The kernel distance against torchmetrics, the sums written out, and closed forms of a Gaussian kernel."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel
from torch import nn
from torchmetrics.image.kid import KernelInceptionDistance

from ganlib.metrics import cubic, kernel_distance


class Flat(nn.Module):
    """What torchmetrics asks of a feature extractor."""

    num_features = 6

    def forward(self, x):
        return x.flatten(1)


def samples(n, d, seed, scale=1.0, shift=0.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + shift


@pytest.mark.filterwarnings("ignore:Metric .* will save all extracted features:UserWarning")
def test_distance_is_torchmetrics_on_one_subset_of_all():
    real, fake = samples(80, 6, 0).sigmoid()[:, :, None, None], samples(80, 6, 1, 2.0).sigmoid()[:, :, None, None]
    theirs = KernelInceptionDistance(Flat(), subsets=1, subset_size=80, normalize=True).set_dtype(torch.float64)
    theirs.update(real, real=True)
    theirs.update(fake, real=False)
    assert kernel_distance(real, fake).value == pytest.approx(float(theirs.compute()[0]), rel=1e-9)


def test_cubic_kernel_is_scikit_learns():
    x, y = samples(5, 4, 0), samples(7, 4, 1)
    assert cubic(x, y).numpy() == pytest.approx(polynomial_kernel(x.numpy(), y.numpy(), degree=3, coef0=1))


@pytest.mark.parametrize("chunk", [1, 7, 20, 1000])
def test_value_and_error_bar_are_the_sums_and_the_jackknife_written_out(chunk):
    x, y = samples(20, 3, 0), samples(15, 3, 1, shift=0.3)

    def by_hand(x, y):
        n, m = len(x), len(y)
        own_x, own_y, cross = (polynomial_kernel(a, b, degree=3, coef0=1) for a, b in ((x, x), (y, y), (x, y)))
        return (
            (own_x.sum() - own_x.trace()) / (n * (n - 1))
            + (own_y.sum() - own_y.trace()) / (m * (m - 1))
            - 2 * cross.mean()
        )

    report = kernel_distance(x, y, chunk=chunk)
    x, y = x.numpy(), y.numpy()
    assert report.value == pytest.approx(by_hand(x, y))
    left = [by_hand(np.delete(x, i, 0), y) for i in range(20)], [by_hand(x, np.delete(y, i, 0)) for i in range(15)]
    variance = sum(np.var(v) * (len(v) - 1) for v in left)
    assert (report.high - report.value) / 1.959964 == pytest.approx(math.sqrt(variance), rel=1e-6)
    assert report.high - report.value == pytest.approx(report.value - report.low)


def gaussian_kernel(x, y):
    return torch.exp(-torch.cdist(x, y).square() / 2)


def true_distance(d, scale, shift):
    """E k of two Gaussians under exp(-|x - y|²/2), in closed form."""

    def mean_kernel(variance, gap):
        return (1 + variance) ** (-d / 2) * math.exp(-d * gap**2 / (2 * (1 + variance)))

    return mean_kernel(2, 0) + mean_kernel(2 * scale**2, 0) - 2 * mean_kernel(1 + scale**2, shift)


@pytest.mark.parametrize(("scale", "shift", "most"), [(1.5, 0.3, 0.98), (1.0, 0.0, 1.0)])
def test_unbiased_about_the_closed_form_and_covered_about_as_often_as_said(scale, shift, most):
    truth = true_distance(3, scale, shift)
    reports = [
        kernel_distance(samples(60, 3, 2 * s), samples(40, 3, 2 * s + 1, scale, shift), kernel=gaussian_kernel)
        for s in range(300)
    ]
    values = np.array([r.value for r in reports])
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(300))
    assert 0.90 <= np.mean([r.low <= truth <= r.high for r in reports]) <= most
    if scale == 1:
        assert truth == 0
        assert 0.4 < (values < 0).mean() < 0.75  # an unbiased estimate of zero must be below it often


def test_report_reads_as_one_line_beside_its_floor():
    report = kernel_distance(samples(50, 3, 0), samples(40, 3, 1))
    assert str(report) == (
        f"kernel distance {report.value:.3g} [{report.low:.3g}, {report.high:.3g}] "
        "(n 50 and 40, a perfect sampler 0 on average)"
    )


def test_kernel_distance_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="at least 3 samples of each kind, but real has 2"):
        kernel_distance(torch.zeros(2, 2), torch.zeros(5, 2))
    with pytest.raises(ValueError, match="features of one length, not 2 and 3"):
        kernel_distance(torch.zeros(5, 2), torch.zeros(5, 3))

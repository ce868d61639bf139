"""Can anyone tell real from fake? The accuracy of a classifier that tries, and how likely chance is to do as well."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import torch
from scipy.stats import hypergeom
from torch import Tensor
from torch.nn.functional import softplus

from ganlib.metrics.features import Features, moments, pair
from ganlib.metrics.intervals import jackknife_variance, wilson
from ganlib.metrics.neighbours import nearest


@dataclass(frozen=True)
class TwoSampleReport:
    """How well real and fake are told apart."""

    accuracy: float
    """Share of samples that were called right."""
    low: float
    """Lower end of the accuracy's interval."""
    high: float
    """Upper end of the accuracy's interval."""
    chance: float
    """The accuracy, on average, when real and fake have one distribution: what a perfect sampler scores."""
    p_value: float
    """Probability of this accuracy or a higher one, were there one distribution."""
    n_scored: int
    """Samples that were called real or fake."""
    n_real: int
    """Real samples, with those learned from."""
    n_fake: int
    """Generated samples, with those learned from."""

    def __str__(self) -> str:
        p = f"p {self.p_value:.3f}" if self.p_value >= 0.001 else "p < 0.001"
        return (
            f"accuracy {self.accuracy:.3f} [{self.low:.3f}, {self.high:.3f}] on {self.n_scored} "
            f"(a perfect sampler {self.chance:.3f}; {p}; n {self.n_real} and {self.n_fake})"
        )


def two_sample(
    real: Tensor,
    fake: Tensor,
    features: Features | None = None,
    *,
    ridge: float = 1e-3,
    seed: int = 0,
    chunk: int = 1000,
    level: float = 0.95,
) -> TwoSampleReport:
    """Classifier two-sample test: logistic regression learns on half of the samples and is scored on the other half.

    As many real as fake samples take part, so chance is one half. Given the calls, the labels of the scored half are in
    random order when real and fake have one distribution, so the p-value is hypergeometric (Fisher's exact test); the
    binomial one takes labels for coin flips, which a balanced half does not have. The interval is about the classifier
    that was learned. A linear classifier sees what is linear in the features: `nearest_neighbour` sees more.

    Parameters
    ----------
    real : Tensor, shape (n, *S). n >= 4.
    fake : Tensor, shape (m, *S). m >= 4, in the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    ridge : float, > 0. Penalty: half of it times the squared weights of the standardised features.
    seed : int. Of the halves; the global generator is left alone.
    chunk : int. Samples at a time.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    TwoSampleReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are fewer than four samples of a kind, or features are not finite or not of one length.

    Source: Lopez-Paz & Oquab 2017, arXiv:1610.06545, section 3; Fisher 1935 for the p-value; Wilson 1927.
    """
    x, y = pair(real, fake, features, chunk, at_least=4)
    size = min(len(x), len(y))
    half = size // 2
    generator = torch.Generator().manual_seed(seed)
    order_x, order_y = (torch.randperm(len(z), generator=generator)[:size].to(x.device) for z in (x, y))
    score = _logistic(x[order_x[half:]], y[order_y[half:]], ridge, chunk)
    real_called, fake_called = (
        sum(int((score(z[part]) > 0).sum()) for part in order[:half].split(chunk))
        for z, order in ((x, order_x), (y, order_y))
    )
    accuracy = (real_called + half - fake_called) / (2 * half)
    interval = wilson(accuracy, 2 * half, level)
    p_value = float(hypergeom.sf(real_called - 1, 2 * half, half, real_called + fake_called))
    return TwoSampleReport(accuracy, interval.low, interval.high, 0.5, p_value, 2 * half, len(x), len(y))


def nearest_neighbour(
    real: Tensor,
    fake: Tensor,
    features: Features | None = None,
    *,
    permutations: int = 1000,
    seed: int = 0,
    chunk: int = 1000,
    level: float = 0.95,
) -> TwoSampleReport:
    """Leave-one-out accuracy of the nearest neighbour: each sample is called what its nearest other sample is.

    Chance is a little below one half, for a sample is not among its own neighbours. Accuracy near 1 says that the two
    are apart; far *below* one half, that fakes sit on real samples: memorised. The p-value shuffles the labels over the
    fixed neighbours; the interval is an exact leave-one-out jackknife.

    Parameters
    ----------
    real : Tensor, shape (n, *S). n >= 2.
    fake : Tensor, shape (m, *S). m >= 2, in the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    permutations : int. Shuffles of the labels; the p-value is at least one over their number plus one.
    seed : int. Of the shuffles; the global generator is left alone.
    chunk : int. Samples at a time: the largest table of distances is chunk x chunk.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    TwoSampleReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are fewer than two samples of a kind, or features are not finite or not of one length.

    Source: Schilling 1986; Lopez-Paz & Oquab 2017, arXiv:1610.06545; Xu et al. 2018, arXiv:1806.07755, section 2.
    """
    x, y = pair(real, fake, features, chunk)
    n, m, total = len(x), len(y), len(x) + len(y)
    first, second = torch.cat([_two_nearest(x, y, 0, n, chunk), _two_nearest(y, x, n, 0, chunk)]).cpu().T
    label = torch.arange(total) < n
    right, then = (label[first] == label).double(), (label[second] == label).double()
    # A sample that goes takes its own call with it, and those that looked at it look at their second neighbour.
    change = torch.zeros(total, dtype=torch.float64).index_add_(0, first, then - right)
    variance = jackknife_variance((right.sum() - right + change) / (total - 1))
    accuracy = float(right.mean())
    generator = torch.Generator().manual_seed(seed)
    as_good = 0
    for _ in range(permutations):
        shuffled = label[torch.randperm(total, generator=generator)]
        as_good += int((shuffled[first] == shuffled).sum() >= right.sum())
    interval = wilson(accuracy, total, level, variance)
    chance = (n * (n - 1) + m * (m - 1)) / (total * (total - 1))
    p_value = (1 + as_good) / (1 + permutations)
    return TwoSampleReport(accuracy, interval.low, interval.high, chance, p_value, total, n, m)


def _two_nearest(x: Tensor, y: Tensor, start_x: int, start_y: int, chunk: int) -> Tensor:
    """The two samples nearest to each x, itself aside, numbered from the given starts, shape (n, 2)."""
    own, other = nearest(x, None, 2, chunk), nearest(x, y, 2, chunk)
    squares = torch.cat([own.squares, other.squares], dim=1)
    indices = torch.cat([own.indices + start_x, other.indices + start_y], dim=1)
    return indices.gather(1, squares.argsort(dim=1, stable=True)[:, :2])


def _logistic(x: Tensor, y: Tensor, ridge: float, chunk: int, steps: int = 50) -> Callable[[Tensor], Tensor]:
    """Learn to call x positive and y negative by Newton's method, a chunk at a time; returns the score of rows."""
    known = moments(chain(x.split(chunk), y.split(chunk)), chunk=chunk)
    scale = known.covariance.diagonal().sqrt()
    scale = torch.where(scale > 0, scale, 1.0)  # a feature that never changes says nothing

    def standard(rows: Tensor) -> Tensor:
        rows = (rows.double() - known.mean) / scale
        return torch.cat([rows, rows.new_ones(len(rows), 1)], dim=1)

    d, n = len(scale), len(x) + len(y)
    penalty = torch.full((d + 1,), ridge, dtype=torch.float64, device=x.device)
    penalty[-1] = 0  # not on the constant
    weights = torch.zeros_like(penalty)

    def loss(weights: Tensor) -> float:
        total = sum(
            float(softplus(-sign * (standard(rows) @ weights)).sum())
            for sign, z in ((1, x), (-1, y))
            for rows in z.split(chunk)
        )
        return total / n + float(penalty @ weights.square()) / 2

    best = loss(weights)
    for _ in range(steps):
        gradient, curvature = penalty * weights, penalty.diag()
        for label, z in ((1.0, x), (0.0, y)):
            for part in z.split(chunk):
                rows = standard(part)
                p = (rows @ weights).sigmoid()
                gradient = gradient + rows.T @ (p - label) / n
                curvature.addmm_(rows.T, rows * (p * (1 - p) / n)[:, None])
        step = torch.linalg.solve(curvature, gradient)
        if float(gradient @ step) < 1e-10:
            break
        size = 1.0
        while size > 1e-4 and (there := loss(weights - size * step)) > best:
            size /= 2
        weights, best = weights - size * step, there
    return lambda rows: standard(rows) @ weights

"""The kernel distance: squared maximum mean discrepancy, without bias. With Inception's features it is the KID."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ganlib.metrics.features import Features, pair
from ganlib.metrics.intervals import jackknife_variance, normal


@dataclass(frozen=True)
class KernelReport:
    """A squared kernel distance; below zero about half the time when nothing differs."""

    value: float
    """The unbiased estimate from all pairs."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    n_real: int
    """Real samples."""
    n_fake: int
    """Generated samples."""
    floor: float = 0.0
    """What a perfect sampler scores on average, at any n."""

    def __str__(self) -> str:
        return (
            f"kernel distance {self.value:.3g} [{self.low:.3g}, {self.high:.3g}] "
            f"(n {self.n_real} and {self.n_fake}, a perfect sampler {self.floor:g} on average)"
        )


def cubic(x: Tensor, y: Tensor) -> Tensor:
    """The kernel (x·y / d + 1)³ of KID: it sees differences of the first three moments, and no others.

    Parameters
    ----------
    x : Tensor, shape (a, d).
    y : Tensor, shape (b, d).

    Returns
    -------
    Tensor, shape (a, b).

    Source: Bińkowski et al. 2018, arXiv:1801.01401, section 3.1.
    """
    return (x @ y.T / x.shape[1] + 1) ** 3


def kernel_distance(
    real: Tensor,
    fake: Tensor,
    features: Features | None = None,
    *,
    kernel: Callable[[Tensor, Tensor], Tensor] = cubic,
    chunk: int = 1000,
    level: float = 0.95,
) -> KernelReport:
    """The unbiased squared MMD of all pairs: E k(x, x') + E k(y, y') - 2 E k(x, y), no sample paired with itself.

    Its average over fresh samples is the true squared distance at any n, and so must be able to fall below zero when
    that is zero. The interval is the jackknife's, from the kernel's sums over rows. KID as published averages subsets
    of 1000 to save time; all pairs have the same mean and a smaller error. The work grows with the number of pairs,
    the memory does not.

    Parameters
    ----------
    real : Tensor, shape (n, *S). n >= 3.
    fake : Tensor, shape (m, *S). m >= 3, in the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    kernel : callable, (a, d), (b, d) -> (a, b). Symmetric and positive semi-definite.
    chunk : int. Samples at a time: the largest table of kernel values is chunk x chunk.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    KernelReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are fewer than three samples of a kind, or features are not finite or not of one length.

    Source: Gretton et al. 2012, eq. 3; Bińkowski et al. 2018, arXiv:1801.01401, section 3.1. Interval: Efron & Stein
    1981.
    """
    x, y = pair(real, fake, features, chunk, at_least=3)
    across, back = _sums(x, y, kernel, chunk)
    own_x, own_y = _own_sums(x, kernel, chunk), _own_sums(y, kernel, chunk)
    n, m = len(x), len(y)
    within_x, within_y = own_x.sum() / (n * (n - 1)), own_y.sum() / (m * (m - 1))
    between = across.sum() / (n * m)

    def without_one(own: Tensor, cross: Tensor, n: int, m: int) -> Tensor:
        within = (own.sum() - 2 * own) / ((n - 1) * (n - 2))
        return within - 2 * (cross.sum() - cross) / ((n - 1) * m)

    variance = jackknife_variance(without_one(own_x, across, n, m)) + jackknife_variance(without_one(own_y, back, m, n))
    value = float(within_x + within_y - 2 * between)
    interval = normal(value, variance, level)
    return KernelReport(value, interval.low, interval.high, n, m)


def _sums(x: Tensor, y: Tensor, kernel: Callable[[Tensor, Tensor], Tensor], chunk: int) -> tuple[Tensor, Tensor]:
    """Sums of the kernel over y for every x, and over x for every y, float64."""
    rows, columns = [], torch.zeros(len(y), dtype=torch.float64, device=y.device)
    for part in x.split(chunk):
        part, total = part.double(), torch.zeros(len(part), dtype=torch.float64, device=x.device)
        for block, into in zip(y.split(chunk), columns.split(chunk)):
            values = kernel(part, block.double())
            total += values.sum(dim=1)
            into += values.sum(dim=0)
        rows.append(total)
    return torch.cat(rows), columns


def _own_sums(x: Tensor, kernel: Callable[[Tensor, Tensor], Tensor], chunk: int) -> Tensor:
    """Sums of the kernel over all other x for every x, each table used for both its sides."""
    sums = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    parts, totals = x.split(chunk), sums.split(chunk)
    for i, part in enumerate(parts):
        part = part.double()
        for j in range(i + 1):
            values = kernel(part, part if i == j else parts[j].double())
            if i == j:
                values.fill_diagonal_(0)
            else:
                totals[j].add_(values.sum(dim=0))
            totals[i].add_(values.sum(dim=1))
    return sums

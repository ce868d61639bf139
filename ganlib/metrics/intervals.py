"""Error bars: the bootstrap for a statistic of one's own, and the intervals that the metrics print.

The metrics do not resample. The bootstrap draws with replacement: its copies put nearest neighbours at distance zero,
which ruins every metric that looks at neighbours, and it adds the bias of the Fréchet distance a second time. The
metrics leave one sample out instead (the jackknife), in closed form. By Efron & Stein (1981) a jackknife variance is,
on average, not too small, whatever the statistic.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor


@dataclass(frozen=True)
class Interval:
    """Where a number lies, by the data."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""

    def __str__(self) -> str:
        return f"[{self.low:.4g}, {self.high:.4g}]"


@dataclass(frozen=True)
class Bootstrap:
    """A statistic and how it varies when the samples are drawn again, with replacement, from themselves."""

    value: float
    """The statistic of the samples."""
    low: float
    """Lower end of the percentile interval."""
    high: float
    """Upper end of the percentile interval."""
    standard_error: float
    """Standard deviation over the resamples."""
    bias: float
    """Mean over the resamples minus the value. Beside the standard error it must be small for the interval to hold."""
    resamples: int
    """How many there were."""

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}] ({self.resamples} resamples, bias {self.bias:.2g})"


def bootstrap(
    statistic: Callable[..., Tensor | float],
    *samples: Tensor,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Bootstrap:
    """Percentile interval of a smooth statistic. Not for one that looks at neighbours, and not for a biased one.

    Each of the `samples` is drawn from by itself, as many rows as it has, with replacement. For rows that belong
    together (images and labels) pass one Tensor of indices and let the statistic look them up.

    Parameters
    ----------
    statistic : callable, (*samples) -> float. For instance `torch.mean`.
    *samples : Tensor, shape (n, ...). Independent of each other; n may differ.
    resamples : int. How often to draw again.
    level : float, in (0, 1). Share of the resamples inside the interval.
    seed : int. Of a generator of its own: the global one is left alone.

    Returns
    -------
    Bootstrap. `print` it for one line; look at its bias before believing the interval.

    Raises
    ------
    ValueError. If there are no samples, fewer than two resamples, or the level is not between 0 and 1.

    Source: Efron & Tibshirani 1993, chapter 13.
    """
    if not samples or any(not len(x) for x in samples) or resamples < 2:
        raise ValueError("a bootstrap needs samples, none of them empty, and at least two resamples")
    tail = 1 - _level(level)
    generator = torch.Generator().manual_seed(seed)
    draws = []
    for _ in range(resamples):
        chosen = [x[torch.randint(len(x), (len(x),), generator=generator).to(x.device)] for x in samples]
        draws.append(float(statistic(*chosen)))
    values, value = torch.tensor(draws, dtype=torch.float64), float(statistic(*samples))
    low, high = (float(values.quantile(end)) for end in (tail / 2, 1 - tail / 2))
    return Bootstrap(value, low, high, float(values.std()), float(values.mean()) - value, resamples)


def jackknife_variance(left_out: Tensor) -> float:
    """The variance of a statistic from its n values with one sample left out, shape (n,)."""
    return float((left_out - left_out.mean()).square().sum()) * (len(left_out) - 1) / len(left_out)


def normal(value: float, variance: float, level: float) -> Interval:
    """The value and as many standard errors to both sides as the level asks."""
    reach = _deviations(level) * math.sqrt(variance)
    return Interval(value - reach, value + reach)


def wilson(share: float, n: int, level: float, variance: float | None = None) -> Interval:
    """Interval of a share of n, inside [0, 1] and of some length even at its ends.

    With a variance, n is as many independent cases as would vary so much; at the ends no variance says anything.

    Source: Wilson 1927.
    """
    effective = share * (1 - share) / variance if variance and 0 < share < 1 else float(n)
    z = _deviations(level)
    middle = (share + z**2 / (2 * effective)) / (1 + z**2 / effective)
    reach = z / (1 + z**2 / effective) * math.sqrt(share * (1 - share) / effective + (z / (2 * effective)) ** 2)
    return Interval(max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach)))


def _deviations(level: float) -> float:
    """Standard deviations of a normal distribution within which the share `level` lies: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + _level(level)) / 2)


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval is between 0 and 1, for instance 0.95, not {level}")
    return level

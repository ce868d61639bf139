"""Has the sampler memorised? Fakes nearer to the training set than unseen real samples are give it away."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlib.metrics.features import Features, extract, pair, same_length
from ganlib.metrics.intervals import jackknife_variance, wilson
from ganlib.metrics.neighbours import nearest


@dataclass(frozen=True)
class CopyingReport:
    """How often a fake is nearer to the training set than an unseen real sample is."""

    share: float
    """Share of pairs (fake, test sample) with the fake nearer, ties half; 1 when training samples are copied."""
    low: float
    """Lower end of the interval, the training set taken as given."""
    high: float
    """Upper end of that interval."""
    n_train: int
    """Training samples."""
    n_test: int
    """Unseen real samples."""
    n_fake: int
    """Generated samples."""
    expected: float = 0.5
    """What a perfect sampler scores; below it the fakes are farther out than real samples are."""

    def __str__(self) -> str:
        return (
            f"nearer to the training set than a test sample: {self.share:.3f} [{self.low:.3f}, {self.high:.3f}] "
            f"(a perfect sampler {self.expected:g}; n {self.n_fake} fakes, {self.n_test} test, {self.n_train} training)"
        )


def copying(
    fake: Tensor,
    train: Tensor,
    test: Tensor,
    features: Features | None = None,
    *,
    chunk: int = 1000,
    level: float = 0.95,
) -> CopyingReport:
    """The chance that a fake lies nearer to the training set than a test sample does, with its error bar.

    It is one half for a perfect sampler, of any distribution. It averages over the whole space: a sampler that copies
    in one place and is far out in another can hide it, so look at the nearest pairs as well.

    Parameters
    ----------
    fake : Tensor, shape (m, *S). m >= 2.
    train : Tensor, shape (n, *S). What the sampler learned from.
    test : Tensor, shape (t, *S). Real samples it never saw, t >= 2.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    chunk : int. Samples at a time: the largest table of distances is chunk x chunk.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    CopyingReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are too few samples, or features are not finite or not of one length.

    Source: Meehan, Chaudhuri & Dasgupta 2020, arXiv:2004.05675, section 3 (their global statistic, before it is
    standardised: Mann & Whitney's). Interval: jackknife over fakes and test samples; Wilson 1927.
    """
    unseen, y = pair(test, fake, features, chunk)
    x = extract(train, features, chunk=chunk).to(y.device)
    same_length(x.shape[1], y.shape[1])
    of_fake, of_test = (nearest(z, x, 1, chunk).squares.flatten() for z in (y, unseen))
    beaten = _share_above(of_test, of_fake)  # of each fake: the test samples that are farther out
    beating = 1 - _share_above(of_fake, of_test)  # of each test sample: the fakes that are nearer
    share, m, t = float(beaten.mean()), len(y), len(unseen)
    variance = jackknife_variance((beaten.sum() - beaten) / (m - 1)) + jackknife_variance(
        (beating.sum() - beating) / (t - 1)
    )
    interval = wilson(share, min(m, t), level, variance)
    return CopyingReport(share, interval.low, interval.high, len(x), t, m)


def _share_above(values: Tensor, points: Tensor) -> Tensor:
    """For every point, the share of the values above it, ties counted half."""
    ordered = values.sort().values
    below, up_to = (torch.searchsorted(ordered, points, right=right) for right in (False, True))
    return 1 - (below + up_to).double() / (2 * len(values))

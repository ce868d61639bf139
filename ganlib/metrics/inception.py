"""The Inception score: what a sample's class, as a classifier sees it, tells. It needs no real data, and sees none."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ganlib.metrics.intervals import normal


@dataclass(frozen=True)
class InceptionReport:
    """An Inception score, a number between 1 and the number of classes; named for the classifier only by habit."""

    value: float
    """exp of the mutual information of sample and class, all samples at once."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    mean: float
    """Mean over splits: the published number. Each split is smaller, so its bias is larger."""
    spread: float
    """Standard deviation over splits: the published ±. It is no error bar of the mean."""
    n: int
    """Samples."""
    classes: int
    """K, the ceiling: every sample sure of its class, all classes equally often."""
    splits: int
    """How many splits."""
    floor: float = 1.0
    """Every sample with the same class probabilities."""

    def __str__(self) -> str:
        return (
            f"Inception score {self.value:.4g} [{self.low:.4g}, {self.high:.4g}] (between {self.floor:g} and "
            f"{self.classes}; {self.n} samples, {self.splits} splits {self.mean:.4g} ± {self.spread:.2g})"
        )


def inception_score(probabilities: Tensor, splits: int = 10, *, level: float = 0.95) -> InceptionReport:
    """Exp I(y; x) = exp E KL(p(y|x) || p(y)): sure about each sample, undecided over all of them.

    The classifier is whoever's made the probabilities; only scores by the same one compare, and Inception's own is the
    published one. The score is blind to everything inside a class: one picture a class scores K. Its ceiling in
    practice is the score of real samples, the same number of them. The interval is the jackknife's to first order, on
    the logarithm; it leaves out the bias, about -K/2n of the logarithm for a sure classifier.

    Parameters
    ----------
    probabilities : Tensor, shape (n, K). Rows that are class probabilities, adding up to one.
    splits : int, <= n. Consecutive parts, as in the published score.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    InceptionReport. `print` it for one line.

    Raises
    ------
    ValueError. If the rows are no probabilities, there are fewer than two, or more splits than rows.

    Source: Salimans et al. 2016, arXiv:1606.03498, section 4; Barratt & Sharma 2018, arXiv:1801.01973, eq. 1 and
    section 4.
    """
    p = probabilities.detach().to("cpu", torch.float64)
    if p.dim() != 2 or len(p) < 2 or not p.shape[1]:
        raise ValueError(f"class probabilities have shape (n, K) with n >= 2, not {tuple(p.shape)}")
    if not (p >= 0).all() or not torch.allclose(p.sum(dim=1), torch.ones(len(p), dtype=p.dtype), atol=1e-4, rtol=0):
        raise ValueError(
            "each row of class probabilities must be non-negative and add up to one: apply a softmax to logits"
        )
    if not 1 <= splits <= len(p):
        raise ValueError(f"there must be between one split and as many as samples, {len(p)}, not {splits}")
    each = _divergences(p)
    interval = normal(float(each.mean()), float(each.var()) / len(p), level)
    scores = torch.stack([_divergences(part).mean().exp() for part in p.tensor_split(splits)])
    low, high = math.exp(max(0.0, interval.low)), min(float(p.shape[1]), math.exp(interval.high))
    return InceptionReport(
        value=math.exp(float(each.mean())),
        low=low,
        high=high,
        mean=float(scores.mean()),
        spread=float(scores.std(correction=0)),
        n=len(p),
        classes=p.shape[1],
        splits=splits,
    )


def _divergences(p: Tensor) -> Tensor:
    """KL of every row from the mean of all, nats."""
    return (torch.xlogy(p, p) - torch.xlogy(p, p.mean(dim=0))).sum(dim=1)

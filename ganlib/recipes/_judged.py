"""What a recipe asks of the judge that is handed to its score: recipes lie below the zoo, which keeps the judges."""

from typing import Protocol

import torch
from torch import Tensor

from ganlib import metrics


class Judge(Protocol):
    """A frozen classifier, as `zoo.judge` returns it."""

    seen: metrics.Moments
    reference: metrics.Moments

    def probabilities(self, x: Tensor) -> Tensor: ...
    def features(self, x: Tensor) -> Tensor: ...


def named(judge: Judge, x: Tensor) -> Tensor:
    """The class that the judge sees in each image.

    Parameters
    ----------
    judge : Judge. From the zoo.
    x : Tensor, shape (n, C, H, W). Pixels in [-1, 1].

    Returns
    -------
    Tensor, shape (n,). Class numbers.
    """
    return metrics.extract(x, judge.probabilities).argmax(dim=1)


def label_accuracy(judge: Judge, x: Tensor, y: Tensor) -> float:
    """Share of the images in which the judge sees what was asked for.

    Parameters
    ----------
    judge : Judge. From the zoo.
    x : Tensor, shape (n, C, H, W). Pixels in [-1, 1].
    y : Tensor, shape (n,). What was asked for: class numbers.

    Returns
    -------
    float. In [0, 1]; the judge's own accuracy is about the most it can tell.
    """
    return named(judge, x).eq(y.to(x.device)).float().mean().item()


def distance(judge: Judge, x: Tensor) -> float:
    """Squared Frechet distance of images from the real test images, in the judge's features.

    Parameters
    ----------
    judge : Judge. From the zoo.
    x : Tensor, shape (n, C, H, W). Pixels in [-1, 1]; take 10,000, for the bias depends on n.

    Returns
    -------
    float. In variances of real images; no FID.
    """
    with torch.no_grad():
        return float(metrics.frechet(judge.reference, x, judge.features).value)

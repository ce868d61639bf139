"""The classifiers by which generated digits are judged."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from ganlib import data, engine, networks
from ganlib.engine import adam, cosine


class Supervised(engine.Game):
    """Learning from labels, as a game of one: the model descends its cross-entropy on pairs (x, y).

    Parameters
    ----------
    model : nn.Module, (B, *S) -> (B, classes)
        Its output are scores (logits).
    optimizers : mapping, optional
        From "model" to a function that makes the optimizer.
    """

    turns = ("model",)
    optimizers = {"model": adam(3e-3, (0.9, 0.999))}
    smoothing = 0.05  # of the labels, so that no probability is driven to 0 or 1

    def __init__(self, model: nn.Module, optimizers: Mapping[str, engine.MakeOptimizer] | None = None) -> None:
        super().__init__(optimizers)
        self.model = model
        self.seat("model", self.loss, model)

    def loss(self, real: tuple[Tensor, Tensor]) -> Tensor:
        x, y = real
        return cross_entropy(self.model(x), y, label_smoothing=self.smoothing)


def build_judge_digits(rounds: int = 800) -> Supervised:
    """The game of `judge_digits`, untrained.

    Parameters
    ----------
    rounds : int
        Length of the run, over which the learning rate falls to zero.

    Returns
    -------
    Supervised
        From images of shape (1, 8, 8) with pixels in [-1, 1] to ten scores, through 64 features.
    """
    step = cosine(Supervised.optimizers["model"], rounds)
    return Supervised(networks.Classifier(8, width=24), optimizers={"model": step})


def judge_digits(
    seed: int = 0, rounds: int = 800, batch: int = 128, device: str | None = None, **fit_options: Any
) -> tuple[Supervised, engine.History]:
    """A classifier of scikit-learn's digits, good enough to judge generated ones by.

    Trained on the 1347 images of the training split, each batch shifted by up to one pixel.

    Parameters
    ----------
    seed : int
        Of network and batches.
    rounds, batch : int
        One move per round, each on a fresh batch.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of Supervised and History
        `ganlib.zoo` freezes seed 0 as ``zoo.judge("digits")``.
    """
    where = engine.device(device)
    engine.seed(seed)
    game, train = build_judge_digits(rounds).to(where), data.digits(labels=True).to(where)
    return game, engine.fit(game, partial(_shifted, train, batch, 1), rounds, **fit_options)


def build_judge_mnist(rounds: int = 1800) -> Supervised:
    """The game of `judge_mnist`, untrained.

    Parameters
    ----------
    rounds : int
        Length of the run, over which the learning rate falls to zero.

    Returns
    -------
    Supervised
        From images of shape (1, 28, 28) with pixels in [-1, 1] to ten scores, through 64 features.
    """
    step = cosine(Supervised.optimizers["model"], rounds)
    return Supervised(networks.Classifier(28, width=16), optimizers={"model": step})


def judge_mnist(
    seed: int = 0, rounds: int = 1800, batch: int = 256, device: str | None = None, **fit_options: Any
) -> tuple[Supervised, engine.History]:
    """A classifier of MNIST, good enough to judge generated digits by.

    Trained on the 60,000 training images, each batch shifted by up to two pixels.

    Parameters
    ----------
    seed : int
        Of network and batches.
    rounds, batch : int
        One move per round, each on a fresh batch.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of Supervised and History
        `ganlib.zoo` freezes seed 0 as ``zoo.judge("mnist")``.
    """
    where = engine.device(device)
    engine.seed(seed)
    game, train = build_judge_mnist(rounds).to(where), data.load("mnist", labels=True).to(where)
    return game, engine.fit(game, partial(_shifted, train, batch, 2), rounds, **fit_options)


def _shifted(images: data.Images, n: int, reach: int) -> tuple[Tensor, Tensor]:
    """A batch of labelled images in [-1, 1], all shifted alike by up to `reach` pixels each way; black moves in."""
    x, y = images(n)
    side = x.shape[-1]
    down, right = torch.randint(0, 2 * reach + 1, (2,)).tolist()
    return pad(x, (reach,) * 4, value=-1.0)[..., down : down + side, right : right + side], y

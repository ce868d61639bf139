"""The plain GAN on MNIST, scored as the first paper scored it."""

from functools import partial
from typing import Any

import torch
from torch import nn

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, distance, named
from ganlib.recipes._size import Size, is_full

TRAIN = 50_000  # of the 60,000 training images; the others are the paper's validation set
SMALL, FULL = Size(rounds=9000, batch=100, width=256), Size(rounds=50_000, batch=100, width=640)
MEMORY = 0.9995  # of the averaged weights: with .998 the windows gave some 20 nats less (tests/bars)


def build_gan_mnist(full: bool = False, rounds: int | None = None, memory: float = MEMORY) -> games.GAN:
    """The game of `gan_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.
    memory : float. Decay of the average of G's weights that samples are drawn with.

    Returns
    -------
    GAN
        From 100 uniform numbers to images of shape (1, 28, 28) with pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    width = size.width
    G = nn.Sequential(
        nn.Linear(100, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    D = nn.Sequential(nn.Flatten(), networks.mlp(784, 1, (width * 3 // 4,) * 2, activation=partial(nn.LeakyReLU, 0.2)))
    step = cosine(adam(1e-3, (0.0, 0.99)), rounds or size.rounds)
    average = networks.EMA(G, memory)
    return games.GAN(G, D, data.Uniform(100), optimizers={"D": step, "G": step}, average=average)


def gan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    memory: float = MEMORY,
    **fit_options: Any,
) -> tuple[games.GAN, engine.History]:
    """The plain GAN on MNIST, with two fully connected networks: the first row of the first paper's table.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds : int, optional
        One move of D and one of G per round, each on a fresh batch; the size's own if left out.
    full : bool, optional
        At full size; on a GPU, and only there, if left out.
    batch : int, optional
        Examples in a batch; the size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    memory : float
        Decay of the average of G's weights that samples are drawn with.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of GAN and History
        Score the game with `score_gan_mnist` and, where the data set is, `measure_gan_mnist`.

    Notes
    -----
    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 5 and table 1. The paper's G has two layers of 1200
    rectifiers, its D two of 240 maxout units with dropout, and both descend by SGD with momentum. Here G has two layers
    of `width` units and D two of three quarters as many; batch normalisation in G takes the place of dropout in D, and
    Adam that of SGD.

    Trained on the first 50,000 training images; the other 10,000 are the paper's validation set.
    """
    full = is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    where = engine.device(device)
    engine.seed(seed)
    game, target = build_gan_mnist(full, rounds, memory).to(where), data.Images(data.load("mnist").x[:TRAIN]).to(where)
    return game, engine.fit(game, partial(target, batch), rounds, **fit_options)


def score_gan_mnist(game: games.GAN, judge: Judge) -> dict[str, float]:
    """What can be said without the data set, of 10,000 samples that always come from the same seed.

    Parameters
    ----------
    game : GAN
        From `gan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `distance`: squared Fréchet distance from the real test images, in the judge's features. `rarest`: share of the
        samples in the class that the judge sees least often; a tenth at best.
    """
    x = game.sample(10_000, seed=0)
    counts = torch.bincount(named(judge, x), minlength=10)
    return {"distance": distance(judge, x), "rarest": counts.min().item() / len(x)}


def measure_gan_mnist(game: games.GAN, judge: Judge) -> dict[str, float]:
    """The paper's score, which needs the data set: Parzen windows on 10,000 samples.

    Parameters
    ----------
    game : GAN
        From `gan_mnist`.
    judge : Judge
        Not asked.

    Returns
    -------
    dict
        `parzen`: mean log density of the 10,000 test images, in nats, pixels in [0, 1], the width chosen on the first
        1000 validation images. `parzen_error`: its standard error over the test images. 10,000 real training images in
        the place of the samples score 241.2 ± 2.1.
    """
    held_out, test = data.load("mnist").x[TRAIN : TRAIN + 1000], data.load("mnist", "test").x
    report = metrics.parzen(*map(data.to_unit, (game.sample(10_000, seed=0).cpu(), held_out, test)))  # type: ignore[arg-type]
    return {"parzen": report.nats, "parzen_error": report.standard_error}

"""A conditional GAN on MNIST: pictures of the digit that is asked for."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, named
from ganlib.recipes._size import Size, is_full

TRAIN = 50_000  # of the 60,000 training images; the others are the paper's validation set
SMALL, FULL = Size(rounds=10_000, batch=100, width=224), Size(rounds=80_000, batch=100, width=640)


def build_cgan_mnist(full: bool = False, rounds: int | None = None) -> games.CGAN:
    """The game of `cgan_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    CGAN
        From 64 Gaussian numbers and a digit to images of shape (1, 28, 28) with pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    width, rough = size.width, partial(nn.LeakyReLU, 0.2)
    layers = nn.Sequential(
        nn.Linear(64 + 10, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    G = networks.Conditioned(layers, networks.OneHot(10))
    D = networks.Conditioned(networks.mlp(784 + 10, 1, (width, width), rough), networks.OneHot(10), nn.Flatten())
    step = cosine(adam(1e-3, (0.0, 0.99)), rounds or size.rounds)
    average, optimizers = networks.EMA(G, 0.998), {"D": step, "G": step}
    return games.CGAN(G, D, data.Gaussian(64), data.Labels(10), optimizers=optimizers, average=average)


def cgan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.CGAN, engine.History]:
    """A conditional GAN on MNIST, with two fully connected networks that both read the digit's number.

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
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``. Its metric is `wrong_label`, as in
        `measure_cgan_mnist` but of 2000 validation images, unless given.

    Returns
    -------
    tuple of CGAN and History
        Score the game with `score_cgan_mnist` and, where the data set is, `measure_cgan_mnist`.

    Notes
    -----
    Source: Mirza and Osindero 2014, arXiv:1411.1784, section 4.1 and table 1. The paper's G has 200 units for noise,
    1000 for the label and 1200 behind both, its D maxout units, both with dropout, and they descend by SGD with
    momentum from a rate of 0.1. Here both networks have two layers of `width` units and read the label as ten more
    inputs, batch normalisation in G takes the place of dropout, and Adam that of SGD; its rate falls to zero.

    Trained on the first 50,000 training images; the other 10,000 are the paper's validation set.

    Small size, seeds 0 to 2: 95.8 ± 0.5 % as asked for (bar: 97), coverage .78 ± .01, Parzen windows 221 ± 2 nats (bar:
    200), nearest-neighbour error 6.4 ± 0.2 % (bar: 3.5). Takes some 115 s of one CPU core.
    """
    full = is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    where = engine.device(device)
    engine.seed(seed)
    train = data.load("mnist", labels=True)
    assert train.y is not None
    game = build_cgan_mnist(full, rounds).to(where)
    target = data.Images(train.x[:TRAIN], train.y[:TRAIN]).to(where)
    asked = [part[TRAIN : TRAIN + 2000].to(where) for part in (train.x, train.y)]
    watch = {"wrong_label": lambda now: _wrong_label(now, *asked)}
    options: dict[str, Any] = {"metrics": watch, "every": max(1, rounds // 20)} | fit_options
    return game, engine.fit(game, partial(target, batch), rounds, **options)


def score_cgan_mnist(game: games.CGAN, judge: Judge) -> dict[str, float]:
    """What can be said without the data set, of 1000 samples a class that always come from the same seed.

    Parameters
    ----------
    game : CGAN
        From `cgan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `label_accuracy`: share of the samples in which the judge sees the digit that was asked for; `worst_accuracy`:
        that of the digit it misses most often. `distance`: squared Fréchet distance of all from the real test images,
        in the judge's features. `within`: standard deviation within a digit over that of all real test images, in the
        same features, averaged over the digits.
    """
    x, y = _samples(game, 1000, seed=0)
    right = named(judge, x).eq(y).float().reshape(10, -1).mean(1)
    seen = metrics.extract(x, judge.features)
    widths = seen.reshape(10, 1000, -1).var(1).sum(1) / judge.reference.covariance.trace().to(seen)
    return {
        "label_accuracy": right.mean().item(),
        "worst_accuracy": right.min().item(),
        "distance": float(metrics.frechet(judge.reference, seen).value),
        "within": widths.sqrt().mean().item(),
    }


def measure_cgan_mnist(game: games.CGAN, judge: Judge) -> dict[str, float]:
    """What needs the data set: the published numbers, the diversity of each class, and whether D reads the label.

    Parameters
    ----------
    game : CGAN
        From `cgan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `parzen`: mean log density of the 10,000 test images under Parzen windows on 10,000 samples, in nats, pixels in
        [0, 1], the width chosen on the first 1000 validation images; `parzen_error`: its standard error.
        `neighbour_error`: share of the test images whose nearest of 50,000 samples was asked for as another digit,
        pixel by pixel; of 50,000 real images it is .033.
        `coverage`: share of the real test images of a class with one of 1000 samples of it among their five nearest,
        in the judge's features, averaged over the classes; `worst_coverage`: of the class that is worst covered; a
        perfect sampler has .97. `spread`: standard deviation of the samples of a class in these features, over that of
        its real images, averaged likewise.
        `wrong_label`: share of the test images that D scores lower, on average over the nine wrong labels, than with
        their own.
    """
    held_out = data.load("mnist").x[TRAIN : TRAIN + 1000]
    test = data.load("mnist", "test", labels=True).to(game.device)
    assert test.y is not None
    x, y = _samples(game, 1000, seed=0)
    report = metrics.parzen(data.to_unit(x), data.to_unit(held_out), data.to_unit(test.x))
    seen, real = metrics.extract(x, judge.features), metrics.extract(test.x, judge.features)
    covered, spread = [], []
    for digit in range(10):
        ours, theirs = seen[y == digit], real[test.y == digit]
        covered.append(metrics.density_coverage(theirs, ours).coverage)
        spread.append((ours.var(0).sum() / theirs.var(0).sum()).sqrt().item())
    return {
        "parzen": report.nats,
        "parzen_error": report.standard_error,
        "neighbour_error": _neighbour_error(*_samples(game, 5000, seed=1), test.x, test.y),
        "coverage": sum(covered) / 10,
        "worst_coverage": min(covered),
        "spread": sum(spread) / 10,
        "wrong_label": _wrong_label(game, test.x, test.y),
    }


def _samples(game: games.CGAN, each: int, seed: int) -> tuple[Tensor, Tensor]:
    """So many samples of each digit, one digit after the other, and what was asked for."""
    y = torch.arange(10, device=game.device).repeat_interleave(each)
    return game.sample(len(y), y, seed=seed), y


def _neighbour_error(x: Tensor, y: Tensor, test: Tensor, truth: Tensor, rows: int = 500) -> float:
    """The share of test images whose nearest sample, pixel by pixel, is of another class."""
    flat = x.flatten(1)
    squares = flat.square().sum(1)
    near = [(squares - 2 * block @ flat.T).argmin(1) for block in test.flatten(1).split(rows)]
    return y[torch.cat(near)].ne(truth).float().mean().item()


def _wrong_label(game: games.CGAN, x: Tensor, y: Tensor) -> float:
    """The share of real images that D scores lower with a wrong label, on average over the wrong ones."""
    with torch.no_grad(), game.evaluating():
        scores = torch.cat([game.D(x, torch.full_like(y, label)) for label in range(10)], dim=1)
    own = scores.gather(1, y[:, None])[:, 0]
    return (own > (scores.sum(1) - own) / 9).float().mean().item()

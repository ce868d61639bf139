"""A semi-supervised GAN on MNIST: a hundred labels and sixty thousand images."""

from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, named
from ganlib.recipes._size import Size, is_full
from ganlib.recipes.judges import Supervised

SMALL, FULL = Size(rounds=8000, batch=100, width=500), Size(rounds=180_000, batch=100, width=1000)
ALONE = 1000  # rounds for the same network on the labels alone, which it knows by heart long before


def build_semi_supervised_mnist(
    full: bool = False, rounds: int | None = None, labels: int = 100
) -> games.SemiSupervisedGAN:
    """The game of `semi_supervised_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.
    labels : int. How many labels are known.

    Returns
    -------
    SemiSupervisedGAN
        From 100 uniform numbers to images of shape (1, 28, 28) with pixels in [-1, 1], and from these to ten scores.
        Its buffer ``chosen`` is for the numbers of the training images whose labels were known.
    """
    size = FULL if full else SMALL
    hidden = 350 if full else 256
    G = nn.Sequential(
        nn.Linear(100, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
        nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
        nn.Linear(hidden, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    rates = {"D": 3e-3, "G": 3e-3} if full else {"D": 5e-3, "G": 1e-2}
    step = {name: cosine(adam(rate), rounds or size.rounds) for name, rate in rates.items()}
    game = games.SemiSupervisedGAN(G, _classifier(full), data.Uniform(100), optimizers=step)
    game.weight = 0.5 if full else 1.0
    game.register_buffer("chosen", torch.zeros(labels, dtype=torch.int64))
    game.average = _average(game, full)
    return game


def semi_supervised_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    labels: int = 100,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.SemiSupervisedGAN, engine.History]:
    """A classifier of MNIST from a hundred labels, equally many of each digit, and 60,000 images without.

    Parameters
    ----------
    seed : int
        Of the choice of labels, networks, noise and batches.
    rounds : int, optional
        One move of D and one of G per round, each on fresh batches of labelled and of unlabelled images; the size's own
        if left out.
    full : bool, optional
        At full size; on a GPU, and only there, if left out.
    labels : int
        How many labels are known: 20, 50, 100 and 1000 are the table's.
    batch : int, optional
        Examples in a batch, of labelled and of unlabelled ones each; the size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of SemiSupervisedGAN and History
        Score the game with `score_semi_supervised_mnist` and, where the data set is, `measure_semi_supervised_mnist`.

    Notes
    -----
    Source: Salimans et al. 2016, arXiv:1606.03498, section 6.1 and table 1, and its code: 300 epochs of batches of 100,
    D with 1000, 500, 250, 250 and 250 units, noise of 0.3 on pixels in [0, 1] and 0.5 on hidden units, weight
    normalisation, Adam at 0.003, averaged weights for the test. Where we differ at full size: G has layers of 350
    rectifiers and not of 500 softplus units, so that the record stays below four megabytes, and the learning rates fall
    to zero.

    The small size has half of the widths of D, layers of 256 units in G, 8000 rounds (13 epochs, not 300) of batches of
    100, and larger learning rates; it counts the unlabelled half in full, as the paper's text has it, not by one half,
    as its code has it. Takes some five minutes of one CPU core.
    """
    full = is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    where = engine.device(device)
    engine.seed(seed)
    game, images = (
        build_semi_supervised_mnist(full, rounds, labels).to(where),
        data.load("mnist", labels=True).to(where),
    )
    source = data.FewLabels(images.x, images.y, labels, seed)
    game.chosen.copy_(source.chosen)  # type: ignore[operator]
    game.D.initialise(source(500)[2])  # type: ignore[operator]
    game.average = _average(game, full)  # once more, from there
    return game, engine.fit(game, partial(source, batch), rounds, **fit_options)


def score_semi_supervised_mnist(game: games.SemiSupervisedGAN, judge: Judge) -> dict[str, float]:
    """What can be said of the classifier without MNIST, by other people's digits and by its own generator's.

    Parameters
    ----------
    game : SemiSupervisedGAN
        From `semi_supervised_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``, which was trained on 60,000 labels.

    Returns
    -------
    dict
        `enlarged`: share of the 1797 digits of scikit-learn, enlarged, that the classifier names rightly.
        `enlarged_judge`: the same of the judge. `agreement`: share of 10,000 samples of G in which the classifier and
        the judge see the same digit; such samples are what D was taught to doubt.
    """
    x, y = enlarged_digits()
    fake = game.sample(10_000, seed=0)
    return {
        "enlarged": names(game, x).eq(y.to(game.device)).float().mean().item(),
        "enlarged_judge": named(judge, x).eq(y).float().mean().item(),
        "agreement": names(game, fake).eq(named(judge, fake)).float().mean().item(),
    }


def measure_semi_supervised_mnist(game: games.SemiSupervisedGAN, judge: Judge) -> dict[str, float]:
    """The paper's score, which needs the data set: errors on the 10,000 test images, beside labels alone.

    Parameters
    ----------
    game : SemiSupervisedGAN
        From `semi_supervised_mnist`.
    judge : Judge
        Not asked.

    Returns
    -------
    dict
        `errors`: of the classifier. `errors_alone`: of the same network, trained on the same labelled images and no
        others, with the same noise. `times_fewer`: the second over the first.
    """
    test = data.load("mnist", "test", labels=True).to(game.device)
    assert test.y is not None
    errors, alone = (int(names(one, test.x).ne(test.y).sum()) for one in (game, labels_alone(game)))
    return {"errors": errors, "errors_alone": alone, "times_fewer": alone / max(errors, 1)}


def labels_alone(game: games.SemiSupervisedGAN, seed: int = 0, rounds: int = ALONE) -> Supervised:
    """Train the classifier of a game on the labels that the game was given, and nothing else.

    Parameters
    ----------
    game : SemiSupervisedGAN
        From `semi_supervised_mnist`, whose labelled images it remembers by number.
    seed, rounds : int
        Of the training. One move a round, on a batch of 100.

    Returns
    -------
    Supervised
        Its `model` is the classifier. Needs the data set.
    """
    images = data.load("mnist", labels=True).to(game.device)
    assert images.y is not None
    x, y = images.x[game.chosen], images.y[game.chosen]  # type: ignore[index]
    with engine.seeded(seed, game.device):
        model = _classifier(game.D.layers[0].direction.shape[0] == FULL.width).to(game.device)  # type: ignore[index, union-attr]
        model.initialise(x)
        twin = Supervised(model, optimizers={"model": cosine(adam(3e-3), rounds)})
        twin.smoothing = 0.0
        engine.fit(twin, partial(data.Images(x, y), 100), rounds, progress=False)
    return twin


def names(game: games.SemiSupervisedGAN | Supervised, x: Tensor) -> Tensor:
    """The class that a classifier sees in each image.

    Parameters
    ----------
    game : SemiSupervisedGAN or Supervised
        The game's D, with averaged weights if there are any, or the model.
    x : Tensor, shape (n, *S)
        Images, or points.

    Returns
    -------
    Tensor, shape (n,). Class numbers, on the game's device.
    """
    network = game.model if isinstance(game, Supervised) else game.D
    with game.evaluating(), game.average.replacing() if game.average else nullcontext():
        return metrics.extract(x.to(game.device), network).argmax(dim=1)


def enlarged_digits() -> tuple[Tensor, Tensor]:
    """Digits that are not MNIST's and need no download: scikit-learn's, made as large as those.

    Returns
    -------
    tuple of Tensor
        1797 images of shape (1, 28, 28) with pixels in [-1, 1], and what they show. Side and contrast are those, of six
        tried, at which the judge of MNIST names most of the test split rightly.
    """
    images = data.digits("all", labels=True)
    assert images.y is not None
    large = interpolate(images.x, size=18, mode="bicubic", align_corners=False)
    return pad((2 * large).clamp(-1, 1), (5,) * 4, value=-1.0), images.y


def _classifier(full: bool) -> networks.NoisyClassifier:
    """The paper's, or one of half its widths."""
    w = (FULL if full else SMALL).width
    return networks.NoisyClassifier(784, 10, (w, w // 2, w // 4, w // 4, w // 4), low=-1.0)


def _average(game: games.SemiSupervisedGAN, full: bool) -> networks.EMA:
    return networks.EMA(nn.ModuleList([game.G, game.D]), 0.9999 if full else 0.99)

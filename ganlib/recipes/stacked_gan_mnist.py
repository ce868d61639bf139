"""A Stacked GAN on MNIST: the encoder, then two levels apart, then both together."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, distance, label_accuracy
from ganlib.recipes._size import Size, is_full
from ganlib.recipes.judges import Supervised

SMALL, FULL = Size(rounds=9000, batch=100, width=144), Size(rounds=120_000, batch=100, width=360)
FEATURES, NOISE = {False: 64, True: 256}, {False: 6, True: 50}  # of a full run the authors'
ENCODER = 3000  # rounds of the encoder, at most
GRAIN = 0.3  # width of the noise on the pixels that the encoder learns from: it is to read strokes, not single pixels


def build_stacked_gan_mnist(full: bool = False, rounds: int | None = None) -> games.StackedGAN:
    """The game of `stacked_gan_mnist`, untrained, its encoder as well.

    Parameters
    ----------
    full : bool
        At full size.
    rounds : int, optional
        Length of the run, over which all learning rates fall to zero; the size's own if left out.

    Returns
    -------
    StackedGAN
        Of two levels: from labels to the features of a classifier, each of mean 0 and variance 1 over the data, and
        from these to images of shape (1, 28, 28) with pixels in [-1, 1].
    """
    size, features, noise = FULL if full else SMALL, FEATURES[full], NOISE[full]
    width, rough = size.width, partial(nn.LeakyReLU, 0.2)
    below, above = _encoder(full)
    picture = nn.Sequential(_dense(noise + features, 784, width), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    image = games.Level(
        below,
        networks.Conditioned(picture, nn.Identity()),
        nn.Sequential(nn.Flatten(), networks.mlp(784, 1, (width, width), activation=rough)),
        nn.Sequential(nn.Flatten(), networks.mlp(784, noise, (width // 2,), activation=rough)),
        data.Uniform(noise, 0.0, 1.0),
    )
    label = games.Level(
        above,
        networks.Conditioned(_dense(noise + 10, features, width), networks.OneHot(10)),
        networks.mlp(features, 1, (width, width), activation=rough),
        networks.mlp(features, noise, (width,), activation=rough),
        data.Uniform(noise, 0.0, 1.0),
        cross_entropy,
    )
    step = cosine(adam(1e-3, (0.0, 0.99)), rounds or size.rounds)
    steps = dict.fromkeys(("D0", "G0", "D1", "G1"), step)
    average = networks.EMA(nn.ModuleList([image.G, image.Q, label.G, label.Q]), 0.998)
    return games.StackedGAN((image, label), data.Labels(10), optimizers=steps, average=average)


def stacked_gan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    checkpoint: str | Path | None = None,
    **fit_options: Any,
) -> tuple[games.StackedGAN, engine.History]:
    """A Stacked GAN of two levels on MNIST, with fully connected networks.

    First a classifier is trained for 3000 rounds, the encoder. Then, for two thirds of the rounds, each level learns by
    itself, told by the encoder what lies above; for the last third the upper generator tells the lower one.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds : int, optional
        In each, every one of the four players moves once, each on a fresh batch; the size's own if left out.
    full : bool, optional
        At full size: the authors' batch, noise and number of rounds. Where there is a GPU, if left out.
    batch : int, optional
        The size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    checkpoint : path, optional
        A folder, in which each of the three parts of the run keeps one of its own.
    **fit_options
        For `engine.fit`, such as ``metrics`` or ``every``.

    Returns
    -------
    tuple of StackedGAN and History
        Of all rounds but the encoder's. Score the game with `score_stacked_gan_mnist`.

    Notes
    -----
    Source: Huang et al. 2017, arXiv:1612.04357, for the losses and the two parts; the authors' code for MNIST
    (https://github.com/xunhuang1995/SGAN) for their weights, noise between 0 and 1, and at full size batch, rounds and
    numbers of features and noise. Networks, learning rates and the encoder are ours.

    At the smaller size, with seeds 0 to 2: label accuracy 92.9, 91.8 and 92.4 % (bar: 99), recovered of the noise at
    least .95 above and .82 below (bar: .8). Takes some 140 s of one CPU core.
    """
    where, full = engine.device(device), is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    engine.seed(seed)
    game, train = build_stacked_gan_mnist(full, rounds).to(where), data.load("mnist", labels=True).to(where)
    fit = partial(_fit, None if checkpoint is None else Path(checkpoint), fit_options)

    model, moves = _encoder(full).to(where), min(ENCODER, rounds)
    encoder = Supervised(model, optimizers={"model": cosine(adam(3e-3, (0.9, 0.999)), moves)})
    fit("encoder", encoder, partial(_grained, train, 128), moves)
    for level, learnt in zip(game.levels, model, strict=True):
        level.E.load_state_dict(learnt.state_dict())

    alone, history = rounds - rounds // 3, engine.History()
    for game.joint, part, count in ((False, "apart", alone), (True, "together", rounds - alone)):
        if count:
            _append(history, fit(part, game, partial(train, batch), count))
    return game, history


def score_stacked_gan_mnist(game: games.StackedGAN, judge: Judge) -> dict[str, float]:
    """Score 10,000 samples, 1000 of each label, always from the same seed.

    Parameters
    ----------
    game : StackedGAN
        From `stacked_gan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        ``label_accuracy``, the share in which the judge sees the label; ``recovery_0`` and ``recovery_1``, the share of
        the variance of z_i that Q_i recovers from samples (R squared, at most 1, negative if worse than a constant);
        ``within_class_variance``, of a pixel in [0, 1], mean over pixels and labels; ``decided_above``, the share of
        it that the upper level decides; ``distance``, squared Frechet, from the test images, in the judge's features.
    """
    y = torch.arange(10, device=game.device).repeat(1000)
    averaged = game.average.replacing() if game.average else nullcontext()
    x, recovered = y, {}
    with torch.no_grad(), game.evaluating(), averaged, engine.seeded(0, game.device):
        for i, level in reversed(list(enumerate(game.levels))):
            x, z = level(x)
            lost = mse_loss(level.Q(x), z) / mse_loss(z.mean(0).expand_as(z), z)
            recovered[f"recovery_{i}"] = 1 - float(lost)
    return {
        "label_accuracy": label_accuracy(judge, x, y),
        **recovered,
        "within_class_variance": _within(x, y),
        "decided_above": _decided_above(game),
        "distance": distance(judge, x),
    }


def measure_stacked_gan_mnist(game: games.StackedGAN, judge: Judge) -> dict[str, float]:
    """What is measured on the 10,000 test images.

    Parameters
    ----------
    game : StackedGAN
        From `stacked_gan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``; not asked.

    Returns
    -------
    dict
        ``encoder_accuracy``, the share that the encoder names rightly; ``variance_of_real``, the within-class variance
        of real images.
    """
    test = data.load("mnist", "test", labels=True).to(game.device)
    assert test.y is not None  # they were asked for
    encoder = nn.Sequential(*(level.E for level in game.levels))
    right = metrics.extract(test.x, encoder).argmax(dim=1).eq(test.y).float().mean()
    return {"encoder_accuracy": float(right), "variance_of_real": _within(test.x, test.y)}


def _within(x: Tensor, y: Tensor) -> float:
    """Variance of a pixel in [0, 1] among images of one label, averaged over pixels and labels."""
    of_label = [data.to_unit(x[y == label]).var(dim=0, correction=0).mean() for label in range(10)]
    return float(torch.stack(of_label).mean())


def _decided_above(game: games.StackedGAN, draws: int = 32) -> float:
    """Share of the variance within a label that is between draws of the upper level, over all pixels and labels."""
    averaged = game.average.replacing() if game.average else nullcontext()
    with torch.no_grad(), game.evaluating(), averaged, engine.seeded(1, game.device):
        features = game.descend(torch.arange(10, device=game.device).repeat(draws), down_to=1)
        x = torch.stack([game.levels[0](features)[0].flatten(1) for _ in range(draws)]).unflatten(1, (draws, 10))
    # the mean of so many lower draws still has their variance in it, a share of 1 / draws
    between = x.mean(0).var(0) - x.var(0).mean(0) / draws
    return float(between.sum() / (between + x.var(0).mean(0)).sum())


def _encoder(full: bool) -> nn.Sequential:
    """From images over features, each of mean 0 and variance 1 over the data, to ten scores."""
    width, features = (FULL if full else SMALL).width * 2 // 3, FEATURES[full]
    below = nn.Sequential(nn.Flatten(), networks.mlp(784, features, (width,)), nn.BatchNorm1d(features, affine=False))
    return nn.Sequential(below, nn.Sequential(nn.ReLU(), nn.Linear(features, 10)))


def _dense(inputs: int, outputs: int, width: int) -> nn.Sequential:
    """Two hidden layers, batch-normalised."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, outputs),
    )  # fmt: skip


def _grained(images: data.Images, n: int) -> tuple[Tensor, Tensor]:
    x, y = images(n)
    return x + GRAIN * torch.randn_like(x), y


def _fit(
    folder: Path | None, options: dict[str, Any], part: str, game: engine.Game, draw: engine.Draw, rounds: int
) -> engine.History:
    """One part of the run, with a folder of its own."""
    return engine.fit(game, draw, rounds, checkpoint=None if folder is None else folder / part, **options)


def _append(history: engine.History, later: engine.History) -> None:
    """Go on writing where the first part ended."""
    done = history.rounds[-1] if history.rounds else 0
    history.rounds += [done + count for count in later.rounds]
    for old, new in ((history.losses, later.losses), (history.metrics, later.metrics)):
        for name, values in new.items():
            old.setdefault(name, []).extend(values)

"""Full runs: one function per run, everything that decides its outcome written out."""

from functools import partial
from typing import Any

from torch import nn

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine

__all__ = ["digits", "ring"]  # what a person may ask for by name

TRAIN = 1077  # of the 1347 digits of the training split; the other 270 choose the width of the Parzen windows
BETAS = (0.0, 0.99)  # no momentum: with DCGAN's 0.5 the modes of the ring filled unevenly (reverse KL .78, not .01)


def build_ring(rounds: int) -> games.GAN:
    """The game of `ring`, untrained.

    Parameters
    ----------
    rounds : int
        Length of the run, over which both learning rates fall to zero.

    Returns
    -------
    GAN
        From an 8-dimensional Gaussian to points of shape (2,).
    """
    G = networks.mlp(8, 2, (128, 128, 128))
    D = networks.mlp(2, 1, (128, 128, 128), activation=partial(nn.LeakyReLU, 0.2))
    step = cosine(adam(1e-3, BETAS), rounds)
    average = networks.EMA(G, 0.995)
    return games.GAN(G, D, data.Gaussian(8), optimizers={"D": step, "G": step}, average=average)


def ring(
    seed: int = 0, rounds: int = 10_000, batch: int = 256, device: str | None = None, **fit_options: Any
) -> tuple[games.GAN, engine.History]:
    """The plain GAN on PacGAN's ring: eight Gaussians of standard deviation 0.01 on the unit circle.

    Adam without momentum, learning rates that fall to zero and an averaged generator: a mode is a hundredth of the
    ring's radius wide, and G has to come to rest inside it.

    Parameters
    ----------
    seed : int
        Of networks, noise and data.
    rounds, batch : int
        One move of D and one of G per round, each on a fresh batch. The long run has 20,000 rounds.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of GAN and History
        Score the game with `score_ring`.

    Notes
    -----
    Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, section 4.1 and table 1, for data and score; their
    plain GAN finds 6.3 of the modes on average.

    Over seeds 0 to 9: all 8 modes in 10 of 10 (bar: 9), high quality .960 ± .005 (bar: .92; a perfect sampler: .989),
    reverse KL .009 ± .010. The long run, seeds 0 to 2: .976 ± .001, reverse KL .009. Takes some 45 s of one CPU core.
    """
    where = engine.device(device)
    engine.seed(seed)
    game, target = build_ring(rounds).to(where), data.ring(8).to(where)
    return game, engine.fit(game, partial(target, batch), rounds, **fit_options)


def score_ring(game: games.GAN, samples: int = 2500) -> metrics.ModeReport:
    """Count the modes found, within three standard deviations.

    Parameters
    ----------
    game : GAN
        From `ring`.
    samples : int
        How many to draw, always from the same seed; 2500 is PacGAN's number.

    Returns
    -------
    ModeReport
        Modes covered, share of high quality, reverse KL.
    """
    return metrics.modes(game.sample(samples, seed=0), data.ring(8))


def build_digits(rounds: int) -> games.GAN:
    """The game of `digits`, untrained.

    Parameters
    ----------
    rounds : int
        Length of the run, over which both learning rates fall to zero.

    Returns
    -------
    GAN
        From a 32-dimensional Gaussian to images of shape (1, 8, 8) with pixels in [-1, 1].
    """
    G = nn.Sequential(
        nn.Linear(32, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)),
    )  # fmt: skip
    D = nn.Sequential(nn.Flatten(), networks.mlp(64, 1, (256, 256), activation=partial(nn.LeakyReLU, 0.2)))
    step = cosine(adam(1e-3, BETAS), rounds)
    average = networks.EMA(G, 0.995)
    return games.GAN(G, D, data.Gaussian(32), optimizers={"D": step, "G": step}, average=average)


def digits(
    seed: int = 0, rounds: int = 2000, batch: int = 128, device: str | None = None, **fit_options: Any
) -> tuple[games.GAN, engine.History]:
    """The plain GAN on scikit-learn's 8 x 8 digits, with two fully connected networks.

    Batch normalisation in G is what matters: without it, the same run (seed 0) ends at 13 nats.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds, batch : int
        One move of D and one of G per round, each on a fresh batch.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of GAN and History
        Score the game with `score_digits`.

    Notes
    -----
    Trained on the first 1077 images of the training split; `score_digits` uses the other 270 and the test split.

    Reaches 25.5 to 25.8 nats with seeds 0 to 2 (bar: 20), each ± 0.8; real images score 26.6 ± 0.8. Takes some 15 s
    of one CPU core.
    """
    where = engine.device(device)
    engine.seed(seed)
    game, target = build_digits(rounds).to(where), data.Images(data.digits().x[:TRAIN]).to(where)
    return game, engine.fit(game, partial(target, batch), rounds, **fit_options)


def score_digits(game: games.GAN, samples: int = 10_000) -> metrics.ParzenReport:
    """Score the 450 test images by Parzen windows, whose width is chosen on the 270 images that `digits` leaves out.

    Parameters
    ----------
    game : GAN
        From `digits`.
    samples : int
        How many to draw, always from the same seed; 10,000 is Goodfellow's number.

    Returns
    -------
    ParzenReport
        In nats, for pixels in [0, 1]. The 1077 real images in the place of the samples score 26.6 ± 0.8.

    Notes
    -----
    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 5, for the protocol.
    """
    generated, held_out, test = game.sample(samples, seed=0), data.digits().x[TRAIN:], data.digits("test").x
    return metrics.parzen(data.to_unit(generated), data.to_unit(held_out), data.to_unit(test))

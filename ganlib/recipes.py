"""Full runs: one function per run, everything that decides its outcome written out."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from ganlib import data, engine, games, losses, metrics, networks, theory
from ganlib.engine import adam, cosine

__all__ = ["digits", "judge_digits", "judge_mnist", "ring", "vae_digits"]  # what a person may ask for by name

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


def build_vae_digits(rounds: int = 2000, code: int = 16) -> games.VAE:
    """The game of `vae_digits`, untrained.

    Parameters
    ----------
    rounds : int
        Length of the run, over which the learning rate falls to zero.
    code : int
        Length of the code.

    Returns
    -------
    VAE
        Between images of shape (1, 8, 8) with pixels in [-1, 1] and codes. Its decoder is the generator of `digits`,
        but for the length of what it reads.
    """
    E = nn.Sequential(nn.Flatten(), networks.mlp(64, 2 * code, (256, 256)))
    G = nn.Sequential(
        nn.Linear(code, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)),
    )  # fmt: skip
    nll = partial(losses.gaussian_nll, std=0.2)
    return games.VAE(E, G, nll, data.Gaussian(code), optimizers={"model": cosine(adam(1e-3, (0.9, 0.999)), rounds)})


def vae_digits(
    seed: int = 0,
    rounds: int = 2000,
    batch: int = 128,
    code: int = 16,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.VAE, engine.History]:
    """A VAE on scikit-learn's 8 x 8 digits, with noise of width 0.2 on every pixel.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds, batch : int
        One move per round, each on a fresh batch.
    code : int
        Length of the code.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of VAE and History
        Score the game with `score_vae_digits`.

    Notes
    -----
    Trained on the same 1077 images as `digits`, for as many rounds.

    Bounds the log-likelihood of the test split by 46.1, 46.0 and 46.5 nats with seeds 0 to 2 (bar: 40), each ± 0.5.
    Takes some 8 s of one CPU core.
    """
    where = engine.device(device)
    engine.seed(seed)
    game, target = build_vae_digits(rounds, code).to(where), data.Images(data.digits().x[:TRAIN]).to(where)
    return game, engine.fit(game, partial(target, batch), rounds, **fit_options)


class Evidence(NamedTuple):
    """Lower bounds on a mean log-likelihood, in nats; the errors are over images."""

    elbo: float
    """With one draw of the code."""
    elbo_error: float
    """Standard deviation over the images, divided by the square root of their number."""
    bound: float
    """Importance-weighted, with `draws` draws."""
    bound_error: float
    """Likewise."""
    draws: int
    """Codes drawn for each image."""

    def __str__(self) -> str:
        return (
            f"log p(x) >= {self.bound:.1f} ± {self.bound_error:.1f} nats "
            f"({self.draws} draws; one: {self.elbo:.1f} ± {self.elbo_error:.1f})"
        )


def score_vae_digits(game: games.VAE, draws: int = 500) -> Evidence:
    """Bound the log-likelihood of the 450 test images from below.

    Parameters
    ----------
    game : VAE
        From `vae_digits`.
    draws : int
        Codes for each image, always from the same seed.

    Returns
    -------
    Evidence
        In nats, for pixels in [0, 1] as in `score_digits`. Probabilistic PCA with 16 codes has 22.8 on these images.

    Notes
    -----
    Source: Burda et al. 2016, arXiv:1509.00519, eq. 8, for the bound.
    """
    test = data.digits("test").x.to(game.device)
    with torch.no_grad(), game.evaluating(), engine.seeded(0, game.device):
        weights = game.log_weights(test, draws).double() + 64 * math.log(2)  # each of 64 pixels is half as wide
    each, bound = weights.mean(0), theory.importance_weighted(weights)
    errors = [float(values.std(correction=0)) / math.sqrt(len(test)) for values in (each, bound)]
    return Evidence(float(each.mean()), errors[0], float(bound.mean()), errors[1], draws)


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

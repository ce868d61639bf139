"""A BiGAN on MNIST whose networks do not know which pixels are neighbours, and the autoencoder to hold it against."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ganlib import data, engine, games, losses, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, distance, named
from ganlib.recipes._size import Size, is_full

CODE = 50  # numbers in a code, uniform between -1 and 1
SMALL, FULL = Size(rounds=8000, batch=100, width=168), Size(rounds=187_500, batch=128, width=480)


def _networks(width: int) -> tuple[nn.Module, nn.Module]:
    rough = partial(nn.LeakyReLU, 0.2)
    G = nn.Sequential(
        nn.Linear(CODE, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    E = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, width), nn.BatchNorm1d(width), rough(),
        nn.Linear(width, width), nn.BatchNorm1d(width), rough(),
        nn.Linear(width, CODE),
    )  # fmt: skip
    return G, E


def build_bigan_mnist(full: bool = False, rounds: int | None = None) -> games.BiGAN:
    """The game of `bigan_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    BiGAN
        Between 50 uniform numbers and images of shape (1, 28, 28) with pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    G, E = _networks(size.width)
    pair = networks.mlp(784 + CODE, 1, (size.width, size.width), activation=partial(nn.LeakyReLU, 0.2))
    step = cosine(adam(1e-3, (0.0, 0.99)), rounds or size.rounds)
    return games.BiGAN(
        G,
        networks.Conditioned(pair, nn.Identity(), first=nn.Flatten()),
        E,
        data.Uniform(CODE),
        optimizers={"D": step, "G": step},
        average=networks.EMA(nn.ModuleList([G, E]), 0.995),
    )


def bigan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.BiGAN, engine.History]:
    """A BiGAN on MNIST with fully connected networks, to which a picture is 784 numbers in any order.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds : int, optional
        One move of D and one of G with E per round, each on a fresh batch; the size's own if left out.
    full : bool, optional
        At full size; on a GPU, and only there, if left out.
    batch : int, optional
        Examples in a batch; the size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of BiGAN and History
        Score the game with `score_bigan_mnist` and, where the data set is, `measure_bigan_mnist`.

    Notes
    -----
    Source: Donahue et al. 2017, arXiv:1605.09782, section 4.1 and table 1. Codes and kind of network are the paper's,
    and at full size the number of epochs, 400 with batches of 128. The authors' Adam has the rate 2e-4, momentum 0.5
    and weight decay, and their D is normalised by batches; here the rates fall along a cosine, there is neither
    momentum nor weight decay, and D is not normalised. The full size has not been run.

    Trained on all 60,000 training images. The small size sees each about eight times.
    """
    full = is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    where = engine.device(device)
    engine.seed(seed)
    game, target = build_bigan_mnist(full, rounds).to(where), data.Images(data.load("mnist").x).to(where)
    return game, engine.fit(game, partial(target, batch), rounds, **fit_options)


def autoencoder_mnist(seed: int = 0, rounds: int = SMALL.rounds, **fit_options: Any) -> games.Autoencoder:
    """The same encoder and generator, trained on the CPU to rebuild pictures instead: what a BiGAN is held against.

    Parameters
    ----------
    seed : int
        Of networks and batches.
    rounds : int
        As many batches as one player of the small `bigan_mnist` sees.
    **fit_options
        For `engine.fit`.

    Returns
    -------
    Autoencoder
        For `neighbour_accuracy` and `reconstruction_ratio`.
    """
    engine.seed(seed)
    G, E = _networks(SMALL.width)
    step = cosine(adam(1e-3, (0.9, 0.999)), rounds)
    game = games.Autoencoder(E, G, partial(losses.gaussian_nll, std=1.0), optimizers={"model": step})
    engine.fit(game, partial(data.Images(data.load("mnist").x), SMALL.batch), rounds, **fit_options)
    return game


def before_the_code(E: nn.Module) -> Callable[[Tensor], Tensor]:
    """What the last layer of an encoder reads, each row scaled to length one.

    Parameters
    ----------
    E : nn.Sequential. The encoder.

    Returns
    -------
    callable. From images (n, 1, 28, 28) to features (n, width).
    """
    assert isinstance(E, nn.Sequential)
    return nn.Sequential(*E[:-1], _Unit())  # type: ignore[misc]


class _Unit(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return normalize(x)


def neighbour_accuracy(features: Callable[[Tensor], Tensor], chunk: int = 500) -> float:
    """How often the nearest of the 60,000 training images of MNIST shows the same digit as a test image.

    Parameters
    ----------
    features : callable, (n, 1, 28, 28) -> (n, k). Between whose values Euclidean distances are taken.
    chunk : int. Test images whose distances are in memory at once.

    Returns
    -------
    float. Share of the 10,000 test images. Of raw pixels 0.9691.
    """
    train, test = (data.load("mnist", split, labels=True) for split in ("train", "test"))
    with torch.no_grad():
        seen, asked = (torch.cat([features(part) for part in s.x.split(5000)]) for s in (train, test))
        lengths = seen.square().sum(1)
        nearest = [(lengths - 2 * part @ seen.T).argmin(1) for part in asked.split(chunk)]
    assert train.y is not None
    assert test.y is not None
    return train.y[torch.cat(nearest)].eq(test.y).float().mean().item()


def reconstruction_ratio(x: Tensor, rebuilt: Tensor) -> float:
    """How far reconstructions are from their own pictures, over how far they are from the next picture.

    Parameters
    ----------
    x, rebuilt : Tensor, shape (n, ...). Pictures in random order, and what became of each.

    Returns
    -------
    float. A ratio of two mean Euclidean distances: 0 if every picture comes back, 1 if any other would do.

    Source: the log of the authors' code, EGr over EGr_b.
    """
    own, other = ((part - rebuilt).flatten(1).norm(dim=1).mean() for part in (x, x.roll(-1, 0)))
    return (own / other).item()


def score_bigan_mnist(game: games.BiGAN, judge: Judge) -> dict[str, float]:
    """What can be said without the data set, of 10,000 samples that always come from the same seed.

    Parameters
    ----------
    game : BiGAN
        From `bigan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `distance`: squared Fréchet distance from the real test images, in the judge's features. `code_r2`: share of
        the variance of z that E finds in G(z), by the best linear map of what E says. `code_correlation`: between a
        coordinate of z and the same coordinate of E(G(z)), on average. `same_label`: share of samples in which the
        judge sees the same digit after another round trip, G(E(G(z))). `ratio_generated`: `reconstruction_ratio` of
        the samples.
    """
    with _at_rest(game), engine.seeded(0, game.device):
        z = game.prior(10_000)
        x, again, code = (torch.cat(parts) for parts in zip(*(_there_and_back(game, part) for part in z.split(1000))))
        inputs = torch.cat([code, torch.ones_like(code[:, :1])], dim=1).double().cpu()
        target = z.double().cpu()
        missed = target - inputs @ torch.linalg.lstsq(inputs, target).solution
        correlation = (_standard(z) * _standard(code)).mean()
    return {
        "distance": distance(judge, x),
        "code_r2": 1 - (missed.square().mean() / target.var(0, correction=0).mean()).item(),
        "code_correlation": correlation.item(),
        "same_label": named(judge, x).eq(named(judge, again)).float().mean().item(),
        "ratio_generated": reconstruction_ratio(x, again),
    }


def measure_bigan_mnist(game: games.BiGAN, judge: Judge) -> dict[str, float]:
    """The paper's score, and what needs real pictures.

    Parameters
    ----------
    game : BiGAN
        From `bigan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `neighbours`: `neighbour_accuracy` of the features before the code. `neighbours_code`: of the codes themselves.
        `ratio`: `reconstruction_ratio` of the 10,000 test images. `real_label`: share of them in which the judge sees
        the right digit after the round trip G(E(x)).
    """
    test = data.load("mnist", "test", labels=True)
    with _at_rest(game):
        rebuilt = torch.cat([game.reconstruct(part.to(game.device)).cpu() for part in test.x.split(1000)])
        E = copy.deepcopy(game.E).cpu()
    features, code = neighbour_accuracy(before_the_code(E)), neighbour_accuracy(E)
    assert test.y is not None
    return {
        "neighbours": features,
        "neighbours_code": code,
        "ratio": reconstruction_ratio(test.x, rebuilt),
        "real_label": named(judge, rebuilt).eq(test.y).float().mean().item(),
    }


@contextmanager
def _at_rest(game: games.BiGAN) -> Iterator[None]:
    """As `sample` has it: averaged weights if there are any, evaluation mode, no gradients."""
    with torch.no_grad(), game.evaluating(), game.average.replacing() if game.average else nullcontext():
        yield


def _there_and_back(game: games.BiGAN, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x = game.G(z)
    code = game.encode(x)
    return x, game.G(code), code


def _standard(values: Tensor) -> Tensor:
    return (values - values.mean(0)) / values.std(0, correction=0).clamp(min=1e-12)

"""InfoGAN on MNIST: a class and two numbers that can be read back, found without labels."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._judged import Judge, distance, named
from ganlib.recipes._size import Size, is_full

SMALL, FULL = Size(rounds=8000, batch=100, width=216), Size(rounds=23_450, batch=128, width=64)
LEAKY = partial(nn.LeakyReLU, 0.1)


def build_infogan_mnist(full: bool = False, rounds: int | None = None) -> games.InfoGAN:
    """The game of `infogan_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size: convolutions, as in the paper. The small networks are fully connected.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    InfoGAN
        From 62 uniform numbers, a class out of ten and two numbers in [-1, 1] to images of shape (1, 28, 28) with
        pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    code = data.Product(data.Categorical(10), data.Uniform(2))
    G, trunk, seen = (_convolutions if full else _perceptrons)(62 + code.dim, size.width)
    D = nn.Sequential(*trunk, nn.Linear(seen, 1))
    Q = networks.OnTrunk(D[:-1], networks.mlp(seen, code.outputs, (128,), activation=LEAKY))
    rates = {"D": adam(2e-4), "G": adam(1e-3)} if full else dict.fromkeys("DG", adam(1e-3, (0.0, 0.99)))
    return games.InfoGAN(
        G, D, Q, data.Uniform(62), code,
        weight=(1.0, 0.1),
        optimizers={player: cosine(make, rounds or size.rounds) for player, make in rates.items()},
        average=networks.EMA(G, 0.998),
    )  # fmt: skip


def _convolutions(inputs: int, width: int) -> tuple[nn.Module, nn.Sequential, int]:
    """The paper's networks, but for their widest layer, which has 128 units instead of 1024: G, trunk, its width."""
    flat, hidden = 2 * width * 7 * 7, 128
    G = nn.Sequential(
        nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
        nn.Linear(hidden, flat), nn.BatchNorm1d(flat), nn.ReLU(), nn.Unflatten(1, (2 * width, 7, 7)),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1), nn.Tanh(),
    )  # fmt: skip
    trunk = nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1), LEAKY(),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.BatchNorm2d(2 * width), LEAKY(),
        nn.Flatten(), nn.Linear(flat, hidden), nn.BatchNorm1d(hidden), LEAKY(),
    )  # fmt: skip
    return G, trunk, hidden


def _perceptrons(inputs: int, width: int) -> tuple[nn.Module, nn.Sequential, int]:
    """Two layers each: G, trunk, its width."""
    G = nn.Sequential(
        nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    trunk = nn.Sequential(nn.Flatten(), nn.Linear(784, width), LEAKY(), nn.Linear(width, width), LEAKY())
    return G, trunk, width


def infogan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.InfoGAN, engine.History]:
    """InfoGAN on MNIST: 62 numbers of noise, a code of ten classes, two codes uniform on [-1, 1].

    Parameters
    ----------
    seed : int
        Of networks, noise, codes and batches.
    rounds : int, optional
        One move of D and one of G and Q per round, each on a fresh batch; the size's own if left out.
    full : bool, optional
        At full size; on a GPU, and only there, if left out.
    batch : int, optional
        Examples in a batch; the size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``every`` or ``checkpoint``. Its metrics are those of `watch` unless given.

    Returns
    -------
    tuple of InfoGAN and History
        Score the game with `score_infogan_mnist` and, where the data set is, `measure_infogan_mnist`.

    Notes
    -----
    Source: Chen et al. 2016, arXiv:1606.03657, section 7.2 and appendix C.1, and the authors' code.

    The full size follows the paper: convolutions, 50 epochs, Adam at 0.0002 for D and at 0.001 for G and Q. The code's
    two numbers are read with a variance that Q learns, not with a fixed one, and their bound, which has no ceiling, has
    a tenth of the weight; images run from -1 to 1; the widest layer is narrower. The small size has two layers of
    `width` units in each network, sees some 13 epochs, and takes about two minutes of one CPU core. With seeds 0
    to 2 its bound is 2.29 nats (bar: 2.25) and its error 36, 44 and 35 % (the paper's: 5 %).
    """
    full = is_full(full, device)
    size = FULL if full else SMALL
    rounds, batch = rounds or size.rounds, batch or size.batch
    where = engine.device(device)
    engine.seed(seed)
    game, images = build_infogan_mnist(full, rounds).to(where), data.load("mnist").to(where)
    options: dict[str, Any] = {"metrics": watch(images.x[:2000]), "every": max(1, rounds // 20)} | fit_options
    return game, engine.fit(game, partial(data.Images(images.x), batch), rounds, **options)


def watch(real: Tensor, samples: int = 1000) -> dict[str, Callable[[games.InfoGAN], float]]:
    """The two lines below the ceiling: what Q can read of a categorical code, and what there is to be read.

    Parameters
    ----------
    real : Tensor, shape (n, *S)
        Data, from which the ten directions of largest variance are taken.
    samples : int
        Fresh ones for each look.

    Returns
    -------
    dict
        Metrics for `engine.fit`. `bound`: L_I of the first member of the code. `information`: its mutual information
        with the sample in those ten directions, from three neighbours. Both in nats, each with its own bias: what the
        other directions tell is missing from the second, and it cannot be surer than its samples.
    """
    centre = real.flatten(1).mean(0)
    directions = torch.linalg.svd(real.flatten(1) - centre, full_matrices=False).Vh[:10].T

    def drawn(game: games.InfoGAN) -> tuple[Tensor, Tensor]:
        with engine.seeded(0, game.device):
            c = game.code(samples)
        return game.sample(samples, c, seed=0), c

    def bound(game: games.InfoGAN) -> float:
        x, c = drawn(game)
        return bounds_of(game, x, c)[0]

    def information(game: games.InfoGAN) -> float:
        x, c = drawn(game)
        letters = game.code.apart(game.read(x), c)[0][2].argmax(dim=1)
        return metrics.knn_information(letters, (x.flatten(1) - centre) @ directions).value

    return {"bound": bound, "information": information}


def bounds_of(game: games.InfoGAN, x: Tensor, c: Tensor) -> list[float]:
    """L_I of each member of the code, in evaluation mode.

    Parameters
    ----------
    game : InfoGAN
        Whose Q reads.
    x : Tensor, shape (n, *S)
        Samples.
    c : Tensor, shape (n, dim)
        What they were made of.

    Returns
    -------
    list of float
        Nats.
    """
    parts = game.code.apart(game.read(x), c)
    return [float(code.log_likelihood(said, drawn).mean() + code.entropy()) for code, said, drawn in parts]


def shapes(x: Tensor) -> Tensor:
    """How far a drawing leans and how wide it is, from the moments of its ink.

    Parameters
    ----------
    x : Tensor, shape (n, 1, H, W)
        White on black, in [-1, 1].

    Returns
    -------
    Tensor, shape (n, 2)
        Slant, in pixels to the right for each pixel up; and width, the standard deviation of the ink from side to side
        once it is upright, in pixels.
    """
    ink = data.to_unit(x)[:, 0].double()
    ink = ink / ink.sum((1, 2), keepdim=True).clamp(min=1e-6)  # all black: nothing leans
    up, right = (torch.arange(side, device=x.device).double() for side in ink.shape[1:])
    rows, columns = ink.sum(2), ink.sum(1)
    up, right = up - (rows @ up)[:, None], right - (columns @ right)[:, None]
    height, breadth = (rows * up.square()).sum(1), (columns * right.square()).sum(1)
    lean = (ink * up[:, :, None] * right[:, None]).sum((1, 2)) / height.clamp(min=1e-6)
    return torch.stack([-lean, (breadth - lean.square() * height).clamp(min=0).sqrt()], dim=1)


def explained(numbers: Tensor, shape: Tensor, letters: Tensor) -> Tensor:
    """How much of each property of a drawing each number of the code explains, among drawings of one letter.

    Parameters
    ----------
    numbers : Tensor, shape (n, k)
        The continuous codes.
    shape : Tensor, shape (n, m)
        From `shapes`.
    letters : Tensor, shape (n,)
        The categorical codes.

    Returns
    -------
    Tensor, shape (k, m)
        Squared correlations, averaged over the letters.
    """
    found = []
    for letter in letters.unique():
        sides = [side[letters == letter].double() for side in (numbers, shape)]
        one, two = ((side - side.mean(0)) / side.std(0, correction=0) for side in sides)
        found.append((one.T @ two / len(one)).square())
    return torch.stack(found).mean(0)


def score_infogan_mnist(game: games.InfoGAN, judge: Judge) -> dict[str, float]:
    """What can be said without the data set, of 10,000 samples that always come from the same seed.

    Parameters
    ----------
    game : InfoGAN
        From `infogan_mnist`.
    judge : Judge
        ``zoo.judge("mnist")``.

    Returns
    -------
    dict
        `bound`: L_I of the categorical code; at most log 10 = 2.303 nats. `continuous`: L_I of the other two codes
        together, in nats. `information`: between the categorical code and the judge's features of the first 2000
        samples, from three neighbours, in nats. `code_error`: share of the second half of the samples in which the
        judge sees another digit than the one their code is named after in the first half. `distance`: squared Fréchet
        distance from the real test images, in the judge's features.
    """
    with engine.seeded(0, game.device):
        c = game.code(10_000)
    x = game.sample(10_000, c, seed=0)
    bounds, letters, digits = bounds_of(game, x, c), c[:, :10].argmax(dim=1), named(judge, x)
    names = metrics.match(letters[:5000], digits[:5000], 10)
    features = metrics.extract(x[:2000], judge.features)
    slant, width = explained(c[:, 10:], shapes(x), letters).amax(0).tolist()
    return {
        "bound": bounds[0],
        "continuous": bounds[1],
        "information": metrics.knn_information(letters[:2000], features).value,
        "code_error": metrics.matched_error(letters[5000:], digits[5000:], names),
        "slant": slant,
        "width": width,
        "distance": distance(judge, x),
    }


def measure_infogan_mnist(game: games.InfoGAN, judge: Judge) -> dict[str, float]:
    """The paper's number, which needs the data set: Q as a classifier that has never seen a label.

    Parameters
    ----------
    game : InfoGAN
        From `infogan_mnist`.
    judge : Judge
        Not asked.

    Returns
    -------
    dict
        `error`: share of the 10,000 test images that Q puts under another code than the one named after their digit;
        the names are chosen, one to one, on the first 10,000 training images.
    """
    train, test = (data.load("mnist", split, labels=True) for split in ("train", "test"))
    assert train.y is not None  # labels were asked for
    assert test.y is not None
    seen, unseen = (game.read(x)[:, :10].argmax(dim=1).cpu() for x in (train.x[:10_000], test.x))
    names = metrics.match(seen, train.y[:10_000], 10)
    return {"error": metrics.matched_error(unseen, test.y, names)}

"""InfoGAN on pen strokes: shape, slant and tempo of a sequence found without labels."""

import math
from functools import partial
from typing import Any

import torch
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.recipes._size import Size, is_full

SMALL, FULL = Size(rounds=4000, batch=100, width=256), Size(rounds=40_000, batch=100, width=512)
NOISE = 2  # numbers beside the code: with more, nothing that a code could say has to be said by it
BLUR = 0.3  # of what D and Q see while they train, in units of the strokes


def _strokes(full: bool) -> data.Strokes:
    return data.strokes(10, 182) if full else data.strokes(6, 48)


def strokes_of(game: games.InfoGAN) -> data.Strokes:
    """The strokes that a game of `infogan_strokes` is about: six shapes of 48 points, or ten of 182 at full size.

    Parameters
    ----------
    game : InfoGAN. From `infogan_strokes` or its builder.

    Returns
    -------
    Strokes. On the game's device.
    """
    return _strokes(full=game.code.dim == 12).to(game.device)  # ten shapes and two numbers


def build_infogan_strokes(full: bool = False, rounds: int | None = None) -> games.InfoGAN:
    """The game of `infogan_strokes`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    InfoGAN
        From 2 normal numbers, a class and two numbers in [-1, 1] to sequences of three channels. Its reader has a head
        of its own on the trunk of D, and both see strokes through noise while they train.
    """
    size, source = FULL if full else SMALL, _strokes(full)
    width, numbers = size.width, math.prod(source.shape)
    code = data.Product(data.Categorical(len(source)), data.Uniform(2))
    G = nn.Sequential(
        nn.Linear(NOISE + code.dim, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, numbers), nn.Unflatten(1, source.shape),
    )  # fmt: skip
    rough = partial(nn.LeakyReLU, 0.2)
    D = nn.Sequential(
        networks.Noise(BLUR), nn.Flatten(),
        nn.Linear(numbers, width), rough(), nn.Linear(width, width), rough(), nn.Linear(width, 1),
    )  # fmt: skip
    Q = networks.OnTrunk(D[:-1], networks.mlp(width, code.outputs, (64,), activation=rough))
    step = cosine(adam(1e-3, (0.0, 0.99)), rounds or size.rounds)
    return games.InfoGAN(
        G, D, Q, data.Gaussian(NOISE), code, weight=(1.0, 0.1), optimizers={"D": step, "G": step},
        average=networks.EMA(G, 0.999),
    )  # fmt: skip


def infogan_strokes(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.InfoGAN, engine.History]:
    """InfoGAN on simulated pen strokes, whose shape, slant and tempo are known to the score and to nobody else.

    Parameters
    ----------
    seed : int
        Of networks, noise and data.
    rounds : int, optional
        One move each of D and G per round, each on a fresh batch; the size's own if left out.
    full : bool, optional
        Ten shapes, 182 points and twice the width; on a GPU, if left out.
    batch : int, optional
        Examples in a batch; the size's own if left out.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of InfoGAN and History
        Score the game with `score_infogan_strokes`.

    Notes
    -----
    There is no published number: the one public code for InfoGAN on time series shows pictures of
    CharacterTrajectories, a set of 20 characters in three channels of up to 182 points. It cannot be had here, so FULL
    has its length and its channels with simulated shapes. Every batch is drawn anew; there is no finite training set to
    learn by heart.

    The noise in front of D is instance noise, after Sønderby et al. 2017, arXiv:1610.04490: a code can be read through
    it only from what is large. Takes some 45 s of one CPU core.
    """
    is_large = is_full(full, device)
    where, size = engine.device(device), FULL if is_large else SMALL
    engine.seed(seed)
    game = build_infogan_strokes(is_large, rounds).to(where)
    draw = partial(strokes_of(game), batch or size.batch)
    return game, engine.fit(game, draw, rounds or size.rounds, **fit_options)


def score_infogan_strokes(game: games.InfoGAN, n: int = 2000) -> dict[str, float]:
    """What the codes say of strokes made by the generator, and of fresh ones whose factors are known.

    Codes are named on one set of `n` sequences with known factors and scored on another, both simulated here with fixed
    seeds; so are those of k-means, which gets the same features.

    Parameters
    ----------
    game : InfoGAN. From `infogan_strokes`.
    n : int. Sequences in each set.

    Returns
    -------
    dict of float
        "recovery": share of generated sequences from which Q reads the class code they were made from. "bound" and
        "bound_share": L_I of the class code in nats, and in units of log K. "drawn": share of generated sequences that
        show the shape their code is named after, as read by `data.Strokes.read`, which knows no network. "unexplained":
        mean of what that reading leaves over; tremor alone leaves 0.048. "named": share of test sequences whose shape Q
        names. "kmeans_features" and "kmeans_sequences": the same by k-means on what Q's trunk makes of them, and on the
        bare sequences. "slant_r2" and "tempo_r2": R squared on test sequences of the line from one code, matched to the
        factor; "slant_within_r2" and "tempo_within_r2": the same among sequences of one shape, matched anew for each,
        averaged over the shapes; "both_r2": mean over the two of the regression on both codes; "turned_r2": mean R
        squared per axis after the codes are turned by 45 degrees. "synthetic_accuracy" and "real_accuracy": share of
        test sequences whose shape a nearest neighbour gives, among generated ones with their named codes and among real
        ones.
    """
    source = strokes_of(game)
    K = len(source)
    with engine.seeded(0, game.device):
        (x, kind, values), (fresh, fresh_kind, fresh_values) = source.known(n), source.known(n)
        c = game.code(n)
    made = game.sample(n, c, seed=0)
    drawn, _, left = source.read(made)
    (of, logits, one_hot), _ = game.code.apart(game.read(made), c)
    bound = float((of.log_likelihood(logits, one_hot).mean() + of.entropy()).cpu())
    told = one_hot.argmax(1)
    said, fresh_said = game.read(x), game.read(fresh)
    names = metrics.match(said[:, :K].argmax(1), kind, K)
    numbers = metrics.factors_read(said[:, K : K + 2], values, fresh_said[:, K : K + 2], fresh_values)
    within = torch.stack([
        metrics.factors_read(
            said[kind == k, K : K + 2], values[kind == k],
            fresh_said[fresh_kind == k, K : K + 2], fresh_values[fresh_kind == k],
        ).alone
        for k in range(K)
    ]).mean(0)  # fmt: skip
    quarter = said.new_tensor([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
    turned = metrics.factors_read(
        said[:, K : K + 2] @ quarter, values, fresh_said[:, K : K + 2] @ quarter, fresh_values
    )  # fmt: skip
    with torch.no_grad(), game.evaluating():
        seen, fresh_seen = game.D[:-1](x), game.D[:-1](fresh)  # type: ignore[index]
    return {
        "recovery": _share(logits.argmax(1), told),
        "bound": bound,
        "bound_share": bound / math.log(K),
        "drawn": _share(names[told.cpu()], drawn),
        "unexplained": float(left.mean()),
        "named": 1 - metrics.matched_error(fresh_said[:, :K].argmax(1), fresh_kind, names),
        "kmeans_features": _clustered(seen, kind, fresh_seen, fresh_kind, K),
        "kmeans_sequences": _clustered(x, kind, fresh, fresh_kind, K),
        "slant_r2": float(numbers.alone[0]),
        "tempo_r2": float(numbers.alone[1]),
        "both_r2": float(numbers.together.mean()),
        "slant_within_r2": float(within[0]),
        "tempo_within_r2": float(within[1]),
        "turned_r2": float(turned.alone.mean()),
        "synthetic_accuracy": _neighbours(made, names[told.cpu()], fresh, fresh_kind),
        "real_accuracy": _neighbours(x, kind, fresh, fresh_kind),
    }


def _share(said: Tensor, true: Tensor) -> float:
    return said.cpu().eq(true.cpu()).double().mean().item()


def _clustered(x: Tensor, kind: Tensor, fresh: Tensor, fresh_kind: Tensor, K: int) -> float:
    """Share of fresh examples named right by k-means, whose clusters are named on the others."""
    means = KMeans(K, n_init=10, random_state=0).fit(x.flatten(1).cpu().numpy())
    cluster, fresh_cluster = (
        torch.from_numpy(means.predict(part.flatten(1).cpu().numpy())).long() for part in (x, fresh)
    )
    return 1 - metrics.matched_error(fresh_cluster, fresh_kind, metrics.match(cluster, kind, K))


def _neighbours(x: Tensor, kind: Tensor, fresh: Tensor, fresh_kind: Tensor) -> float:
    """Share of fresh sequences whose class is that of the nearest known one."""
    rule = KNeighborsClassifier(1).fit(x.flatten(1).cpu().numpy(), kind.cpu().numpy())
    return float(rule.score(fresh.flatten(1).cpu().numpy(), fresh_kind.cpu().numpy()))

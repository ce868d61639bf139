"""Mutual information from samples: counting for what is discrete, nearest neighbours for what is continuous.

Both have no model and no training, both err: counting reads too high, by about a cell's worth for every free cell, and
neighbours cannot read more than about log(n / k). Each report says how much its number would move with other samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from sklearn.neighbors import KDTree
from torch import Tensor


@dataclass(frozen=True)
class InformationReport:
    """An estimate of I(X; Y) and how far to trust it. Nats."""

    value: float
    """The estimate; chance alone may take it a little below zero."""
    standard_error: float
    """How much other samples of the same size would move it: bias is not in it."""
    n: int
    """Number of pairs."""
    ceiling: float
    """The largest value these samples could have given: H(X) or H(Y) as counted, or about log(n / k)."""
    raw: float
    """The estimate before any correction of bias."""

    @property
    def low(self) -> float:
        """Lower end of a 95 % interval that knows of chance only."""
        return self.value - 1.96 * self.standard_error

    @property
    def high(self) -> float:
        """Upper end of a 95 % interval that knows of chance only."""
        return self.value + 1.96 * self.standard_error

    def __str__(self) -> str:
        raw = f", {self.raw:.3f} uncorrected" if self.raw != self.value else ""
        source = f"{self.n} pairs, at most {self.ceiling:.3f} from them{raw}"
        return f"{self.value:.3f} ± {self.standard_error:.3f} nats ({source})"


@torch.no_grad()
def plug_in(x: Tensor, y: Tensor, bins: int | None = None) -> InformationReport:
    """Mutual information of the table of counts, less the bias that counting has.

    Chance alone makes the counts of independent variables look dependent: the raw value of n pairs in a full table of
    K x L cells is too high by about (K - 1)(L - 1) / 2n, whatever the truth. Miller and Madow's correction takes that
    off, counting only rows, columns and cells that occur. It is right while most cells hold several pairs.

    Parameters
    ----------
    x, y : Tensor, shape (n,). Integers or truth values, which are counted as they are; or floats, with `bins`.
    bins : int, >= 2, optional. Cut what is a float into so many intervals with equally many samples. Cutting loses
        information: what is estimated then is that of the cut variables.

    Returns
    -------
    InformationReport. Its standard error is that of the mean of the pointwise information over the pairs.

    Raises
    ------
    ValueError. If there are not as many x as y, or floats come without `bins`.

    Source: Miller 1955; Roulston 1999.
    """
    n = _paired(x, y)
    rows, columns = _letters("x", x, bins), _letters("y", y, bins)
    K, L = int(rows.max()) + 1, int(columns.max()) + 1
    counts = torch.bincount(rows * L + columns, minlength=K * L).reshape(K, L).double()
    joint = counts / n
    across, down = joint.sum(1), joint.sum(0)
    pointwise = (joint[rows, columns] / (across[rows] * down[columns])).log()
    raw = float(pointwise.mean())
    free = int((counts > 0).sum()) - K - L + 1
    ceiling = min(float(-torch.xlogy(p, p).sum()) for p in (across, down))
    error = float(pointwise.std(correction=0)) / math.sqrt(n)
    return InformationReport(raw - free / (2 * n), error, n, ceiling, raw)


@torch.no_grad()
def knn_information(x: Tensor, y: Tensor, k: int = 3, *, splits: int = 10, seed: int = 0) -> InformationReport:
    """Mutual information from the distances to nearest neighbours; either side may be discrete.

    For continuous x and y: within the distance to a point's k-th neighbour in the joint space, count its neighbours in
    x alone and in y alone. Where one side is discrete: take the k-th neighbour among the points of the same letter and
    count how many of all points lie nearer. Independent variables give about zero. Strong dependence in few samples
    gives too little: no samples can yield more than about log(n / k).

    Parameters
    ----------
    x, y : Tensor, shape (n,) or (n, d). Floats are continuous, and each coordinate is scaled to unit variance; integers
        and truth values of shape (n,) are letters. At most one of the two may be letters.
    k : int, >= 1. Neighbours: more of them mean less variance and more bias.
    splits : int, >= 2. Parts of the samples whose own estimates give the standard error.
    seed : int. For the assignment to parts; the global generator is left alone.

    Returns
    -------
    InformationReport. Its standard error is the standard deviation over the parts, over the root of their number.

    Raises
    ------
    ValueError. If the samples do not pair up, are too few, are both discrete, or a continuous side repeats a value so
        often that a neighbour lies at distance zero.

    Source: Kraskov, Stoegbauer & Grassberger 2004, arXiv:cond-mat/0305641, algorithm 1, eq. 8; Ross 2014,
    doi:10.1371/journal.pone.0087357. Errors from parts: Holmes & Nemenman 2019, arXiv:1903.09280.
    """
    n = _paired(x, y)
    if _is_discrete(x) and _is_discrete(y):
        raise ValueError("x and y are both discrete: count them with plug_in")
    if k < 1 or splits < 2 or n < splits * (k + 2):
        raise ValueError(f"{n} pairs do not make {splits} parts with {k} neighbours each: give more, or ask for less")
    if _is_discrete(y):
        x, y = y, x
    u, v = (_letters("x", x) if _is_discrete(x) else _scaled(x)), _scaled(y)
    estimate = _ross if _is_discrete(x) else _kraskov
    value, ceiling = estimate(u, v, k)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    parts = [estimate(u[part], v[part], k)[0] for part in order.tensor_split(splits)]
    error = float(torch.tensor(parts, dtype=torch.float64).std()) / math.sqrt(splits)
    return InformationReport(value, error, n, ceiling, value)


def _kraskov(x: Tensor, y: Tensor, k: int) -> tuple[float, float]:
    """Kraskov's first estimator, and the largest value it could have given."""
    both = torch.cat([x, y], dim=1)
    radius = _reach(both, k)
    n = len(both)
    # A count includes the point itself: it is Kraskov's n_x + 1.
    spread = torch.digamma(_within(x, radius)) + torch.digamma(_within(y, radius))
    ceiling = _digamma(n) - _digamma(k)
    return _digamma(k) + _digamma(n) - float(spread.mean()), ceiling


def _ross(letters: Tensor, y: Tensor, k: int) -> tuple[float, float]:
    """Ross's estimator, and the largest value it could have given; a letter that occurs once tells nothing."""
    letters, count = torch.unique(letters, return_inverse=True, return_counts=True)[1:]
    several = count[letters] > 1
    letters, y = letters[several], y[several]
    n, size = len(letters), count[letters]
    if not n:
        raise ValueError("every letter occurs once: a discrete side needs several samples of a letter")
    near = (size - 1).clamp(max=k)
    radius = torch.empty(n, dtype=torch.float64)
    for letter in letters.unique():
        mine = letters == letter
        radius[mine] = _reach(y[mine], int(near[mine][0]))
    ceiling = _digamma(n) - float(torch.digamma(size.double()).mean())
    return ceiling + float((torch.digamma(near.double()) - torch.digamma(_within(y, radius))).mean()), ceiling


def _reach(points: Tensor, k: int) -> Tensor:
    """Distance from each point to its k-th neighbour, the largest coordinate counting."""
    distance, _ = KDTree(points.numpy(), metric="chebyshev").query(points.numpy(), k=k + 1)
    radius = torch.from_numpy(distance[:, k])
    if (radius == 0).any():
        raise ValueError(
            "some value occurs more than k times, so that a neighbour lies at distance zero: give letters as integers, "
            "and add a little noise to what was rounded"
        )
    return radius


def _within(points: Tensor, radius: Tensor) -> Tensor:
    """How many points lie strictly nearer than the radius, the point itself among them."""
    nearer = torch.nextafter(radius, torch.zeros_like(radius))
    counts = KDTree(points.numpy(), metric="chebyshev").query_radius(points.numpy(), nearer.numpy(), count_only=True)
    return torch.from_numpy(counts).double()


def _digamma(n: int) -> float:
    """The digamma function of a whole number."""
    return float(torch.digamma(torch.tensor(n, dtype=torch.float64)))


def _is_discrete(x: Tensor) -> bool:
    """Whether a Tensor holds letters."""
    return not x.is_floating_point()


def _letters(name: str, x: Tensor, bins: int | None = None) -> Tensor:
    """Letters numbered from 0, those that occur."""
    if x.dim() != 1:
        raise ValueError(f"letters have the shape (n,), but {name} has the shape {tuple(x.shape)}")
    if not _is_discrete(x):
        if bins is None or bins < 2:
            raise ValueError(f"{name} holds floats, of which hardly two are equal: say into how many bins to cut them")
        rank = x.detach().cpu().argsort(stable=True).argsort()
        return rank * bins // len(x)
    return torch.unique(x.detach().cpu(), return_inverse=True)[1]


def _scaled(x: Tensor) -> Tensor:
    """Rows of float64 coordinates, each of unit variance."""
    points = x.detach().cpu().double().reshape(len(x), -1)
    if not points.isfinite().all():
        raise ValueError("some coordinates are infinite or not numbers")
    spread = points.std(0, correction=0)
    return points / torch.where(spread > 0, spread, 1.0)


def _paired(x: Tensor, y: Tensor) -> int:
    """How many pairs there are."""
    if not x.dim() or not y.dim() or len(x) != len(y) or not len(x):
        raise ValueError(f"each x needs a y: the shapes are {tuple(x.shape)} and {tuple(y.shape)}")
    return len(x)

"""Are the fakes where real data are, and do they reach all of it? Two pairs of answers, from balls around samples.

Every sample gets a ball that reaches to its k-th nearest other sample of its kind. The two older measures are shares
inside the union of such balls; density and coverage use the real samples' balls alone, and know what to expect.
"""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from ganlib.metrics.features import Features, pair
from ganlib.metrics.intervals import Interval, jackknife_variance, normal, wilson
from ganlib.metrics.neighbours import middle_of, nearest, slack, tables


@dataclass(frozen=True)
class PrecisionRecallReport:
    """Shares in [0, 1]. A perfect sampler does not score 1: score held-out real samples to see what it does score."""

    precision: float
    """Share of fakes inside a ball of a real sample."""
    recall: float
    """Share of real samples inside a ball of a fake."""
    precision_interval: Interval
    """For the precision's expected value at these sizes."""
    recall_interval: Interval
    """For the recall's expected value at these sizes."""
    k: int
    """Neighbours that make a ball."""
    n_real: int
    """Real samples."""
    n_fake: int
    """Generated samples."""

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} {self.precision_interval}, recall {self.recall:.3f} "
            f"{self.recall_interval} (k {self.k}, n {self.n_real} and {self.n_fake}; a perfect sampler: below 1, "
            f"see held-out real samples)"
        )


@dataclass(frozen=True)
class DensityCoverageReport:
    """Density, unbounded above, and coverage in [0, 1], beside what a perfect sampler scores on average."""

    density: float
    """Real samples' balls around a fake, on average, over k."""
    coverage: float
    """Share of real samples with a fake in their ball."""
    density_interval: Interval
    """For the density's expected value at these sizes."""
    coverage_interval: Interval
    """For the coverage's expected value at these sizes."""
    expected_coverage: float
    """What a perfect sampler covers on average."""
    k: int
    """Neighbours that make a ball."""
    n_real: int
    """Real samples."""
    n_fake: int
    """Generated samples."""
    expected_density: float = 1.0
    """What a perfect sampler scores on average, at any n."""

    def __str__(self) -> str:
        return (
            f"density {self.density:.3f} {self.density_interval} (a perfect sampler {self.expected_density:g}), "
            f"coverage {self.coverage:.3f} {self.coverage_interval} (a perfect sampler {self.expected_coverage:.3f}; "
            f"k {self.k}, n {self.n_real} and {self.n_fake})"
        )


def precision_recall(
    real: Tensor,
    fake: Tensor,
    features: Features | None = None,
    k: int = 3,
    *,
    chunk: int = 1000,
    level: float = 0.95,
) -> PrecisionRecallReport:
    """Improved precision and recall: shares inside the other kind's balls, with their error bars.

    Both depend on n: more samples have smaller balls. One outlier among the real samples has a large ball, in which bad
    fakes are precise. The intervals are exact leave-one-out jackknives: a sample that goes takes its ball with it and
    lets those that counted on it grow. A jackknife counts what samples do together more than once: on Gaussians these
    intervals were one and a half to three times too long, and none too short.

    Parameters
    ----------
    real : Tensor, shape (n, *S). n >= k + 2.
    fake : Tensor, shape (m, *S). m >= k + 2, in the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    k : int. The neighbour that a ball reaches to.
    chunk : int. Samples at a time: the largest table of distances is chunk x chunk.
    level : float, in (0, 1). Of the intervals.

    Returns
    -------
    PrecisionRecallReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are too few samples for k, or features are not finite or not of one length.

    Source: Kynkäänniemi et al. 2019, arXiv:1904.06991, eqs. 1 and 2. Intervals: Efron & Stein 1981; Wilson 1927.
    """
    x, y = _enough(real, fake, features, k, chunk)
    precision, precision_variance = _share_inside(y, x, k, chunk)
    recall, recall_variance = _share_inside(x, y, k, chunk)
    return PrecisionRecallReport(
        precision=precision,
        recall=recall,
        precision_interval=wilson(precision, len(y), level, precision_variance),
        recall_interval=wilson(recall, len(x), level, recall_variance),
        k=k,
        n_real=len(x),
        n_fake=len(y),
    )


def density_coverage(
    real: Tensor,
    fake: Tensor,
    features: Features | None = None,
    k: int = 5,
    *,
    chunk: int = 1000,
    level: float = 0.95,
) -> DensityCoverageReport:
    """Density (how many real balls a fake lies in, over k) and coverage (share of real balls with a fake in them).

    Both look at the real samples' balls alone, so fakes far out gain nothing, and both are known for a perfect sampler.
    The intervals are exact leave-one-out jackknives; on Gaussians the density's was up to one and a half times, the
    coverage's up to three times too long.

    Parameters
    ----------
    real : Tensor, shape (n, *S). n >= k + 2.
    fake : Tensor, shape (m, *S). m >= k + 2, in the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    k : int. The neighbour that a ball reaches to.
    chunk : int. Samples at a time: the largest table of distances is chunk x chunk.
    level : float, in (0, 1). Of the intervals.

    Returns
    -------
    DensityCoverageReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are too few samples for k, or features are not finite or not of one length.

    Source: Naeem et al. 2020, arXiv:2002.09797, eqs. 3 and 4 (here a point on a ball's edge is inside).
    Intervals: Efron & Stein 1981; Wilson 1927.
    """
    x, y = _enough(real, fake, features, k, chunk)
    balls = _Balls(x, k, chunk)
    n, m = len(x), len(y)
    inside = balls.inside(y)
    of_point, of_ball, shell = inside.of_point, inside.of_ball, inside.in_shell
    # Density: a fake that goes takes its count, a real sample its ball, and the balls it held in grow by one shell.
    total = of_ball.sum()
    density_variance = jackknife_variance((total - of_point) / (k * (m - 1))) + jackknife_variance(
        (total - of_ball + balls.held_by(shell)) / (k * m)
    )
    # Coverage: a fake that goes uncovers the balls it lies in alone; of a real sample goes its own ball.
    covered = (of_ball > 0).double()
    alone = torch.zeros(m, dtype=torch.float64, device=x.device)
    alone.index_add_(0, inside.only_point[of_ball == 1], covered[of_ball == 1])
    gained = balls.held_by(((of_ball == 0) & (shell > 0)).double())
    coverage = float(covered.mean())
    coverage_variance = jackknife_variance((covered.sum() - alone) / n) + jackknife_variance(
        (covered.sum() - covered + gained) / (n - 1)
    )
    density = float(total) / (k * m)
    interval = normal(density, density_variance, level)
    return DensityCoverageReport(
        density=density,
        coverage=coverage,
        density_interval=Interval(max(0.0, interval.low), interval.high),
        coverage_interval=wilson(coverage, n, level, coverage_variance),
        expected_coverage=expected_coverage(n, m, k),
        k=k,
        n_real=n,
        n_fake=m,
    )


def expected_coverage(n_real: int, n_fake: int, k: int = 5) -> float:
    """The coverage of a perfect sampler, on average: 1 - prod_{i=1..k} (n_real - i) / (n_fake + n_real - i).

    Seen from one real sample, all others and the fakes are in random order of distance; it is uncovered when the k
    nearest are all real. For large equal n that leaves 1 - 2^-k, in any dimension and for any continuous distribution.

    Parameters
    ----------
    n_real, n_fake : int. Samples of each kind.
    k : int, < n_real. The neighbour that a ball reaches to.

    Returns
    -------
    float, in [0, 1].

    Source: Naeem et al. 2020, arXiv:2002.09797, eq. 8 and appendix.
    """
    return 1 - prod((n_real - i) / (n_fake + n_real - i) for i in range(1, k + 1))


class _Inside(NamedTuple):
    """Who lies in whose ball."""

    of_point: Tensor  # balls around each point
    of_ball: Tensor  # points in each ball
    only_ball: Tensor  # of a point in one ball alone: which
    only_point: Tensor  # of a ball with one point alone: which
    in_shell: Tensor  # points between each ball and the ball of one neighbour more


class _Balls:
    """Balls around centres to their k-th nearest other centre, and their shells up to the next one."""

    def __init__(self, centres: Tensor, k: int, chunk: int) -> None:
        found = nearest(centres, None, k + 1, chunk)
        self.centres, self.chunk, self.middle = centres, chunk, middle_of(centres)
        self.neighbours = found.indices[:, :k]
        self.inner, self.outer = found.squares[:, k - 1], found.squares[:, k]

    def held_by(self, values: Tensor) -> Tensor:
        """For each centre, the sum of the values of the balls that grow when it goes."""
        each = values[:, None].expand_as(self.neighbours).flatten()
        return torch.zeros_like(values).index_add_(0, self.neighbours.flatten(), each)

    def inside(self, points: Tensor) -> _Inside:
        """Count the points in the balls."""
        room = slack(points, self.centres, self.middle)
        of_point, only_ball = (torch.zeros(len(points), dtype=torch.float64, device=points.device) for _ in range(2))
        of_ball, only_point, in_shell = (torch.zeros_like(self.inner) for _ in range(3))
        for rows, columns, squares in tables(points, self.centres, self.chunk, self.middle):
            inner = (squares <= self.inner[columns] + room).double()
            of_point[rows] += inner.sum(dim=1)
            of_ball[columns] += inner.sum(dim=0)
            only_ball[rows] += inner @ _positions(columns, inner.shape[1], inner)
            only_point[columns] += _positions(rows, len(inner), inner) @ inner
            in_shell[columns] += (squares <= self.outer[columns] + room).sum(dim=0) - inner.sum(dim=0)
        return _Inside(of_point, of_ball, only_ball.long(), only_point.long(), in_shell)

    def shells(self, points: Tensor, few: Tensor) -> tuple[Tensor, Tensor]:
        """Pairs (ball, point) with the point in the ball's shell, of the few points that are asked for."""
        room, pairs = slack(points, self.centres, self.middle), []
        for part in few.split(self.chunk):
            for _, columns, squares in tables(points[part], self.centres, self.chunk, self.middle):
                shell = (squares > self.inner[columns] + room) & (squares <= self.outer[columns] + room)
                row, ball = shell.nonzero(as_tuple=True)
                pairs.append(torch.stack([ball + columns.start, part[row]]))
        ball, point = torch.cat(pairs, dim=1)
        return ball, point


def _share_inside(points: Tensor, centres: Tensor, k: int, chunk: int) -> tuple[float, float]:
    """The share of points in the union of the centres' balls, and its jackknife variance over points and centres."""
    balls = _Balls(centres, k, chunk)
    inside = balls.inside(points)
    n, m = len(centres), len(points)
    covered = (inside.of_point > 0).double()
    # A centre that goes lets go of the points in its ball alone and widens the balls it held in by one shell; only
    # points in no ball or in one can change sides.
    few = (inside.of_point <= 1).nonzero().flatten()
    change = torch.zeros(n, dtype=torch.float64, device=centres.device)
    if len(few):
        ball, point = balls.shells(points, few)
        caught = torch.unique(balls.neighbours[ball] * m + point[:, None])  # (centre that went, point caught), once
        gained = caught[covered[caught % m] == 0] // m
        change += torch.bincount(gained, minlength=n)
        lone = few[inside.of_point[few] == 1]
        lost = inside.only_ball[lone] * m + lone
        change -= torch.bincount(lost[~torch.isin(lost, caught)] // m, minlength=n)
    variance = jackknife_variance((covered.sum() - covered) / (m - 1)) + jackknife_variance(
        (covered.sum() + change) / m
    )
    return float(covered.mean()), variance


def _positions(where: slice, length: int, like: Tensor) -> Tensor:
    """The indices that a slice selects, as numbers to sum."""
    return torch.arange(where.start, where.start + length, dtype=like.dtype, device=like.device)


def _enough(real: Tensor, fake: Tensor, features: Features | None, k: int, chunk: int) -> tuple[Tensor, Tensor]:
    """Features of both kinds, with a k-th neighbour left for each when one sample goes."""
    if k < 1:
        raise ValueError(f"a ball reaches to the k-th neighbour, k >= 1, not {k}")
    if min(len(real), len(fake)) < k + 2:
        raise ValueError(
            f"balls to neighbour {k}, and their error bars, need at least {k + 2} samples of each kind, "
            f"not {len(real)} and {len(fake)}"
        )
    return pair(real, fake, features, chunk)

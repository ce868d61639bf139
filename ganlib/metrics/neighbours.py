"""Nearest neighbours and who lies in whose ball, a table of chunk x chunk distances at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Nearest(NamedTuple):
    """The nearest centres of each point, nearest first."""

    squares: Tensor
    """Shape (n, k): squared distances, float64."""
    indices: Tensor
    """Shape (n, k): which centres."""


def nearest(points: Tensor, centres: Tensor | None, k: int, chunk: int) -> Nearest:
    """The k nearest centres of each point; without centres, the nearest other points."""
    own, centres = centres is None, points if centres is None else centres
    middle = middle_of(centres)
    found = []
    for i, part in enumerate(points.split(chunk)):
        best = Nearest(
            part.new_empty(len(part), 0, dtype=torch.float64), part.new_empty(len(part), 0, dtype=torch.long)
        )
        for j, block in enumerate(centres.split(chunk)):
            squares = _squares(part, block, middle)
            if own and i == j:
                squares.fill_diagonal_(torch.inf)
            where = torch.arange(j * chunk, j * chunk + len(block), device=points.device).expand(len(part), -1)
            squares, where = torch.cat([best.squares, squares], dim=1), torch.cat([best.indices, where], dim=1)
            top = squares.topk(min(k, squares.shape[1]), largest=False)
            best = Nearest(top.values, where.gather(1, top.indices))
        found.append(best)
    return Nearest(torch.cat([b.squares for b in found]), torch.cat([b.indices for b in found]))


def tables(points: Tensor, centres: Tensor, chunk: int, middle: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Squared distances of every point to every centre in pieces: which points, which centres, (points, centres)."""
    for i in range(0, len(points), chunk):
        for j in range(0, len(centres), chunk):
            rows, columns = slice(i, i + chunk), slice(j, j + chunk)
            yield rows, columns, _squares(points[rows], centres[columns], middle)


def middle_of(centres: Tensor) -> Tensor:
    """Their mean in float64, without a copy of them in float64."""
    return torch.stack([part.double().sum(dim=0) for part in centres.split(1000)]).sum(dim=0) / len(centres)


def slack(points: Tensor, centres: Tensor, middle: Tensor) -> float:
    """What rounding can add to a squared distance: a ball is closed, also for a copy of the point on its edge."""
    largest = max(float((part - middle).square().sum(dim=1).max()) for x in (points, centres) for part in x.split(1000))
    return 8 * torch.finfo(torch.float64).eps * largest


def _squares(x: Tensor, y: Tensor, middle: Tensor) -> Tensor:
    """Squared distances by one matrix product, about the middle, where the least is lost to rounding."""
    x, y = x - middle, y - middle
    return torch.addmm(y.square().sum(dim=1), x, y.T, alpha=-2).add_(x.square().sum(dim=1)[:, None]).clamp_min_(0)

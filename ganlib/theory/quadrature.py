"""How a density is put on points where it can be summed: three ways to give one, one integral.

A pair (p, q) is given as

- two one-dimensional `torch.distributions`: the points are chosen here, Gauss-Legendre nodes on panels that follow
  every component's mean and standard deviation and every end of a support (or on your `grid`, by the trapezoid rule);
- two Tensors with a `grid`: densities at the grid's points, by the trapezoid rule;
- two Tensors without a grid: probabilities, which are summed.

Everything is computed in float64 and in logarithms, so that a density may underflow without losing its logarithm, and
everything is differentiable in the distributions' parameters (save the ends of a support) or the Tensors' entries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, MixtureSameFamily

Density = Distribution | Tensor
"""A one-dimensional distribution, or a Tensor of densities on a grid, or a Tensor of probabilities."""

Function = Callable[[Tensor], Tensor] | Tensor
"""A function of x, or its values at the points of a Tensor density."""


class HasLogProb(Protocol):
    """What the equilibria need of a density in any dimension."""

    def log_prob(self, value: Tensor, /) -> Tensor: ...


@dataclass(frozen=True)
class Pair:
    """p and q on common points: `weights` times a function, summed over the last axis, is its integral."""

    x: Tensor | None
    weights: Tensor
    log_p: Tensor
    log_q: Tensor

    def integral(self, values: Tensor) -> Tensor:
        """The integral of a function given by its values at the points."""
        return (self.weights * values).sum(-1)

    def relative(self, log_a: Tensor, log_b: Tensor) -> Tensor:
        """The integral of a log(a/b), with 0 log 0 = 0 and infinity where b = 0 < a."""
        return self.integral(times_mass(log_a, log_a - log_b))

    def mean_p(self, values: Tensor) -> Tensor:
        """E_p of a function given by its values at the points; where p = 0 the value does not matter."""
        return self.integral(times_mass(self.log_p, values))

    def mean_q(self, values: Tensor) -> Tensor:
        """E_q of a function given by its values at the points; where q = 0 the value does not matter."""
        return self.integral(times_mass(self.log_q, values))

    def at(self, h: Function) -> Tensor:
        """The values of h at the points."""
        if isinstance(h, Tensor):
            return h
        if self.x is None:
            raise ValueError("probabilities carry no points x: give the function as a Tensor of its values")
        return h(self.x)


def place(p: Density, q: Density, grid: Tensor | None = None, *, kinks: bool = False) -> Pair:
    """Put p and q on common points.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). See the module's docstring.
    grid : Tensor, shape (K,), increasing, optional. Units of x.
    kinks : bool. Whether the integrand has a kink where p = q; panels then end there.

    Returns
    -------
    Pair. Points, quadrature weights and the two log densities, in float64.

    Raises
    ------
    ValueError. If p and q share no points, are no densities, or do not fit on the grid.
    """
    if grid is not None:
        x: Tensor | None = grid.double()
        weights = trapezoid_weights(grid.double())
    elif isinstance(p, Tensor) and isinstance(q, Tensor):
        x, weights = None, torch.ones((), dtype=torch.float64, device=p.device)
    elif isinstance(p, Tensor) or isinstance(q, Tensor):
        raise ValueError(
            "a Tensor and a Distribution share no points: pass the grid that the Tensor's densities stand on"
        )
    else:
        with torch.no_grad():
            edges = panels(p, q)
            if kinks:
                edges = split(edges, lambda t: line_log_density(p, t) - line_log_density(q, t))
        x, weights = gauss_legendre(edges)
    pair = Pair(x, weights, _logarithm("p", p, x), _logarithm("q", q, x))
    if isinstance(p, Tensor) and isinstance(q, Tensor) and p.shape[-1] != q.shape[-1]:
        raise ValueError(f"p has {p.shape[-1]} entries and q has {q.shape[-1]}: both must stand on the same points")
    for name, log_density_ in (("p", pair.log_p), ("q", pair.log_q)):
        _check_mass(name, pair.integral(log_density_.detach().exp()), x is None)
    return pair


def expectation(p: Density, h: Function, grid: Tensor | None = None) -> Tensor:
    """E_p h(x), the mean of h under p.

    Parameters
    ----------
    p : Distribution or Tensor. A one-dimensional distribution, densities on `grid`, or probabilities.
    h : callable, (K,) -> (K,), or Tensor, shape (..., K). The function, or its values where a Tensor p stands.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (). Units of h, float64.

    Raises
    ------
    ValueError. If p is no density on the points, or h is a function although p carries no points.
    """
    pair = place(p, p, grid)
    return pair.mean_p(pair.at(h))


def log_density(p: HasLogProb, x: Tensor) -> Tensor:
    """The logarithm of p(x) in any dimension; minus infinity off the support, where torch raises or answers anyway."""
    if isinstance(p, MixtureSameFamily):
        each = log_density(p.component_distribution, x.unsqueeze(-1 - len(p.event_shape)))
        return torch.logsumexp(each + p.mixture_distribution.logits, dim=-1)
    if isinstance(p, Independent):
        each = log_density(p.base_dist, x)
        for _ in range(p.reinterpreted_batch_ndims):
            each = each.sum(-1)
        return each
    if not isinstance(p, Distribution) or p.event_shape:
        return p.log_prob(x)
    inside = p.support.check(x)  # type: ignore[union-attr]
    return torch.where(inside, p.log_prob(torch.where(inside, x, p.mean)), -torch.inf)


def cumulative(p: Distribution, x: Tensor) -> Tensor:
    """P(X <= x) of a one-dimensional distribution; 0 below its support and 1 above, where torch would raise."""
    if isinstance(p, MixtureSameFamily):
        shares = p.mixture_distribution.probs.double()
        return (cumulative(p.component_distribution, x.unsqueeze(-1)) * (shares / shares.sum())).sum(-1)
    if isinstance(p, Independent):
        return cumulative(p.base_dist, x.unsqueeze(-1)).squeeze(-1) if p.event_shape else cumulative(p.base_dist, x)
    inside = p.support.check(x)  # type: ignore[union-attr]
    return torch.where(inside, p.cdf(torch.where(inside, x, p.mean)), (x > p.mean).to(x.dtype))


def line_log_density(p: Distribution, x: Tensor) -> Tensor:
    """The logarithm of p along the line, for a distribution of scalars or of vectors of length one."""
    return log_density(p, x.unsqueeze(-1) if p.event_shape else x)


def panels(*distributions: Distribution) -> Tensor:
    """Edges of panels on which the densities are smooth: around every mean by the scale there, and at every end."""
    reach = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 17.0, 23.0, 30.0, 40.0])
    edges = []
    for p in distributions:
        _check_line(p)
        while isinstance(p, MixtureSameFamily | Independent):
            p = p.component_distribution if isinstance(p, MixtureSameFamily) else p.base_dist
        mean, std = p.mean.detach().double().flatten(), p.stddev.detach().double().flatten()
        if not (mean.isfinite() & std.isfinite()).all():
            raise ValueError(f"{type(p).__name__} has no finite mean and variance to place points by: pass a grid")
        steps = std[:, None] * reach.to(std)
        edges += [(mean[:, None] + steps).flatten(), (mean[:, None] - steps).flatten()]
        for name in ("lower_bound", "upper_bound"):
            end = torch.as_tensor(getattr(p.support, name, ())).detach().to(mean).flatten()
            # Panels shrink towards an end, where a logarithm or a power may be singular.
            near = std.max() * 10.0 ** -torch.arange(9).to(mean)
            edges += [end, (end[:, None] + near).flatten(), (end[:, None] - near).flatten()]
    return torch.unique(torch.cat(edges))


def split(edges: Tensor, h: Callable[[Tensor], Tensor]) -> Tensor:
    """The edges, and between them the points where h changes sign, found by bisection."""
    x, _ = gauss_legendre(edges)
    positive = h(x) >= 0
    (k,) = torch.nonzero(positive[:-1] != positive[1:], as_tuple=True)
    low, high = x[k], x[k + 1]
    for _ in range(20):  # an edge misplaced by d costs the integral of a kink d^2: enough for float64
        middle = (low + high) / 2
        left = (h(middle) >= 0) == positive[k]
        low, high = torch.where(left, middle, low), torch.where(left, high, middle)
    return torch.unique(torch.cat([edges, low]))


def gauss_legendre(edges: Tensor) -> tuple[Tensor, Tensor]:
    """Points and weights of the Gauss-Legendre rule on every panel between neighbouring edges."""
    nodes, weights = (torch.as_tensor(a).to(edges) for a in _PANEL)
    half = edges.diff()[:, None] / 2
    return (edges[:-1, None] + half * (1 + nodes)).flatten(), (half * weights).flatten()


_PANEL = np.polynomial.legendre.leggauss(24)
"""Nodes in (-1, 1) and weights of one panel."""


def trapezoid_weights(grid: Tensor) -> Tensor:
    """Weights of the trapezoid rule on an increasing grid."""
    if grid.dim() != 1 or len(grid) < 2 or not (grid.diff() > 0).all():
        raise ValueError("the grid must be a one-dimensional Tensor of at least two increasing points")
    gaps = grid.diff()
    return (torch.cat([gaps, gaps.new_zeros(1)]) + torch.cat([gaps.new_zeros(1), gaps])) / 2


def times_mass(log_mass: Tensor, values: Tensor) -> Tensor:
    """exp(log_mass) * values, zero where the mass is zero whatever the value; a density that underflows has no mass."""
    mass = log_mass.exp()
    return mass * torch.where(mass > 0, values, 0.0)


def _logarithm(name: str, p: Density, x: Tensor | None) -> Tensor:
    """The logarithm of p at the points, with gradient zero where a Tensor holds a zero."""
    if isinstance(p, Tensor):
        if (p < 0).any():
            raise ValueError(f"{name} has negative entries: a density is nowhere below zero")
        if x is not None and p.shape[-1] != len(x):
            raise ValueError(f"{name} has {p.shape[-1]} entries and the grid has {len(x)}: give one density per point")
        p = p.double()
        return torch.where(p > 0, torch.where(p > 0, p, 1.0).log(), -torch.inf)
    assert x is not None
    _check_line(p)
    return line_log_density(p, x)


def _check_line(p: Distribution) -> None:
    """Refuse what cannot be integrated along a line."""
    if p.batch_shape or p.event_shape.numel() != 1:
        raise ValueError(
            f"{type(p).__name__} is not a single distribution on the line: integrals here are in one dimension"
        )
    if getattr(p.support, "is_discrete", False):
        raise ValueError(f"{type(p).__name__} is discrete: give its probabilities as a Tensor")


def _check_mass(name: str, mass: Tensor, probabilities: bool) -> None:
    """Refuse a p whose mass is not one, and say what would help."""
    if ((mass - 1).abs() < 0.01).all():
        return
    worst = mass.flatten()[(mass - 1).abs().argmax()].item()
    if probabilities:
        raise ValueError(
            f"{name} sums to {worst:.4g}, not 1: give probabilities, or pass the grid its densities stand on"
        )
    raise ValueError(f"{name} has mass {worst:.4g} on these points, not 1: pass a grid wide and fine enough to hold it")

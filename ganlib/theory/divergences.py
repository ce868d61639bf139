"""How far apart two densities are, in nats, and how far apart in the units of x.

Each function takes two one-dimensional `torch.distributions`, or two Tensors of densities on a `grid`, or two Tensors
of probabilities; `ganlib.theory.quadrature` says how they are integrated. Swap the arguments to reverse a divergence.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal, kl_divergence

from ganlib.theory.quadrature import (
    Density,
    Function,
    HasLogProb,
    cumulative,
    gauss_legendre,
    log_density,
    panels,
    place,
    split,
    times_mass,
    trapezoid_weights,
)


def entropy(p: Density, grid: Tensor | None = None) -> Tensor:
    """H(p) = -E_p log p: of probabilities, the mean surprise; of a density, the differential entropy.

    Parameters
    ----------
    p : Distribution or Tensor, shape (..., K). A distribution, densities on `grid`, or probabilities.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64; in [0, log K] for probabilities, of either sign for a density.

    Raises
    ------
    ValueError. If p is no density on the points.

    Source: Goodfellow, Bengio & Courville 2016, eq. 3.49.
    """
    return cross_entropy(p, p, grid)


def cross_entropy(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """H(p, q) = -E_p log q = H(p) + KL(p||q), the mean surprise of someone who believes q while p is true.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64; infinite where q misses mass of p.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Goodfellow, Bengio & Courville 2016, eq. 3.51.
    """
    pair = place(p, q, grid)
    return -pair.mean_p(pair.log_q)


def kl(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """KL(p||q) = E_p log(p/q), the nats lost by believing q while p is true. kl(q, p) is the reverse divergence.

    Where torch knows a closed form for two distributions it is used, in any dimension; otherwise the integral is
    computed, on the line.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [0, inf]; infinite where q misses mass of p.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Kullback & Leibler 1951; Goodfellow, Bengio & Courville 2016, eq. 3.50.
    """
    if grid is None and isinstance(p, Distribution) and isinstance(q, Distribution):
        try:
            return kl_divergence(p, q).double()
        except NotImplementedError:
            pass  # no closed form: integrate
    pair = place(p, q, grid)
    return pair.relative(pair.log_p, pair.log_q)


def js(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """JSD(p, q) = (KL(p||m) + KL(q||m)) / 2 with m = (p + q)/2: what a draw from m tells about its origin.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [0, log 2]; log 2 when the supports are disjoint.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Lin 1991, section 4; Goodfellow et al. 2014, arXiv:1406.2661, eq. 6.
    """
    pair = place(p, q, grid)
    log_m = torch.logaddexp(pair.log_p, pair.log_q) - math.log(2)
    return (pair.relative(pair.log_p, log_m) + pair.relative(pair.log_q, log_m)) / 2


def total_variation(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """TV(p, q) = half the integral of |p - q|: the most by which the two can disagree about an event's probability.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). A probability, float64, in [0, 1].

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Arjovsky et al. 2017, arXiv:1701.07875, section 2.
    """
    pair = place(p, q, grid, kinks=True)
    return pair.integral((pair.log_p.exp() - pair.log_q.exp()).abs()) / 2


class FDivergence(NamedTuple):
    """The convex f of the divergence D_f(p, q) = E_q f(p/q), and what goes with it.

    Source: Nowozin et al. 2016, arXiv:1606.00709, eq. 2 and tables 1 and 2.
    """

    f: Callable[[Tensor], Tensor]
    """u >= 0 -> f(u), convex, with f(0) in (-inf, inf]."""
    conjugate: Callable[[Tensor], Tensor]
    """t -> sup over u >= 0 of ut - f(u); infinite for t beyond `at_infinity`."""
    at_infinity: float
    """The limit of f(u)/u: the price of one unit of p where q = 0, and the upper end of the critic's range."""
    integrand: Callable[[Tensor, Tensor], Tensor] | None = None
    """(log p, log q) -> q f(p/q), for the two f whose logarithm outlives the overflow of p/q."""


def _conjugate_on(end: float, inside: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A conjugate that is infinite beyond the end of its domain."""

    def conjugate(t: Tensor) -> Tensor:
        within = t <= end
        return torch.where(within, inside(torch.where(within, t, end)), torch.inf)

    return conjugate


def _convex_js(u: Tensor) -> Tensor:
    """(u log u - (u + 1) log((u + 1)/2)) / 2."""
    return (torch.xlogy(u, u) - (u + 1) * ((u + 1) / 2).log()) / 2


def _js_conjugate(t: Tensor) -> Tensor:
    """-log(2 - exp(2t)) / 2."""
    return -torch.log(2 - torch.exp(2 * t)) / 2


forward_kl = FDivergence(
    f=lambda u: torch.xlogy(u, u),
    conjugate=lambda t: torch.exp(t - 1),
    at_infinity=math.inf,
    integrand=lambda log_p, log_q: times_mass(log_p, log_p - log_q),
)
"""KL(p||q)."""

reverse_kl = FDivergence(
    f=lambda u: -u.log(),
    conjugate=_conjugate_on(0.0, lambda t: -1 - (-t).log()),
    at_infinity=0.0,
    integrand=lambda log_p, log_q: times_mass(log_q, log_q - log_p),
)
"""KL(q||p)."""

jensen_shannon = FDivergence(_convex_js, _conjugate_on(math.log(2) / 2, _js_conjugate), math.log(2) / 2)
"""JSD(p, q), in [0, log 2]."""

gan = FDivergence(
    f=lambda u: torch.xlogy(u, u) - (u + 1) * (u + 1).log(),
    conjugate=_conjugate_on(0.0, lambda t: -torch.log1p(-t.exp())),
    at_infinity=0.0,
)
"""2 JSD(p, q) - log 4: the value of the game itself. With T = log D its bound is E_p log D + E_q log(1 - D)."""

pearson = FDivergence(
    f=lambda u: (u - 1) ** 2,
    conjugate=lambda t: torch.where(t > -2, t**2 / 4 + t, -1.0),
    at_infinity=math.inf,
)
"""Pearson's chi squared, the integral of (p - q)^2 / q."""

neyman = FDivergence(
    f=lambda u: (u - 1) ** 2 / u,
    conjugate=_conjugate_on(1.0, lambda t: 2 - 2 * (1 - t).sqrt()),
    at_infinity=1.0,
)
"""Neyman's chi squared, the integral of (p - q)^2 / p."""

squared_hellinger = FDivergence(
    f=lambda u: (u.sqrt() - 1) ** 2,
    conjugate=_conjugate_on(1.0, lambda t: 1 / (1 - t) - 1),
    at_infinity=1.0,
)
"""The integral of (sqrt p - sqrt q)^2, in [0, 2]."""

variation = FDivergence(
    f=lambda u: (u - 1).abs() / 2,
    conjugate=_conjugate_on(0.5, lambda t: t.clamp(min=-0.5)),
    at_infinity=0.5,
)
"""TV(p, q), in [0, 1]."""


_FAR = 690.0
"""Ratios p/q outside exp(-690) .. exp(690) leave float64: one density is then nothing beside the other."""


def f_divergence(p: Density, q: Density, f: FDivergence, grid: Tensor | None = None) -> Tensor:
    """D_f(p, q) = E_q f(p/q), with f(0) per unit of q where p = 0 and `f.at_infinity` per unit of p where q = 0.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    f : FDivergence. One of this module's values (`forward_kl`, `jensen_shannon`, `pearson`, ...) or your own.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats where f is made of logarithms, float64; at least f(1), which is 0 for all but `gan`.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Csiszar 1967; Nowozin et al. 2016, arXiv:1606.00709, eq. 2.
    """
    pair = place(p, q, grid, kinks=True)
    if f.integrand is not None:
        return pair.integral(f.integrand(pair.log_p, pair.log_q))
    ratio = pair.log_p - pair.log_q
    u = torch.where(ratio.abs() <= _FAR, ratio, 0.0).exp()
    u = torch.where(ratio < -_FAR, 0.0, u)
    return pair.mean_q(f.f(u)) + pair.mean_p(torch.where(ratio > _FAR, torch.full_like(ratio, f.at_infinity), 0.0))


def optimal_critic(p: HasLogProb, q: HasLogProb, f: FDivergence) -> Callable[[Tensor], Tensor]:
    """The critic T* = f'(p/q) for which the variational bound is an equality.

    Parameters
    ----------
    p, q : Distribution, or anything with `log_prob`. In any dimension.
    f : FDivergence. Which divergence.

    Returns
    -------
    callable, x -> T*(x). Below `f.at_infinity`, by 1e-12 at least, so that the conjugate of T* is finite.

    Source: Nowozin et al. 2016, arXiv:1606.00709, eq. 5.
    """

    def critic(x: Tensor) -> Tensor:
        ratio = (log_density(p, x) - log_density(q, x)).clamp(-_FAR, _FAR)
        with torch.enable_grad():
            u = ratio.detach().double().exp().requires_grad_()
            (slope,) = torch.autograd.grad(f.f(u).sum(), u)
        return slope.clamp(max=f.at_infinity - 1e-12)

    return critic


def variational_bound(p: Density, q: Density, T: Function, f: FDivergence, grid: Tensor | None = None) -> Tensor:
    """E_p T - E_q f*(T), which no critic T can raise above D_f(p, q).

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, densities on `grid`, or probabilities.
    T : callable, (K,) -> (K,), or Tensor, shape (..., K). The critic, or its values where Tensors p and q stand;
        values beyond `f.at_infinity` make the bound minus infinity.
    f : FDivergence. Which divergence is bounded.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Float64, at most `f_divergence(p, q, f)`.

    Raises
    ------
    ValueError. If p and q share no points, or T is a function although they carry none.

    Source: Nguyen, Wainwright & Jordan 2010, arXiv:0809.0853, lemma 1; Nowozin et al. 2016, arXiv:1606.00709, eq. 4.
    """
    pair = place(p, q, grid, kinks=True)
    scores = pair.at(T)
    return pair.mean_p(scores) - pair.mean_q(f.conjugate(scores))


def wasserstein_1d(x: Tensor, y: Tensor, order: float = 1.0) -> Tensor:
    """W between two samples on the line: sort both, and move each sample's k-th smallest mass to the other's.

    Parameters
    ----------
    x : Tensor, shape (n,). First sample.
    y : Tensor, shape (m,). Second sample, in the same units; m may differ from n.
    order : float, >= 1. The power of the distance that is averaged; the root is taken at the end.

    Returns
    -------
    Tensor, shape (). Units of x, >= 0; differentiable in both samples.

    Raises
    ------
    ValueError. If x or y is empty or not one-dimensional.

    Source: Peyre & Cuturi 2019, arXiv:1803.00567, section 2.6; Arjovsky et al. 2017, arXiv:1701.07875, eq. 1.
    """
    if x.dim() != 1 or y.dim() != 1 or not len(x) or not len(y):
        raise ValueError(
            f"samples on the line have shape (n,), not {tuple(x.shape)} and {tuple(y.shape)}: flatten them"
        )
    n, m = len(x), len(y)
    # Both quantile functions are steps; count levels in units of 1/(nm), where every step ends on an integer.
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).to(x.device))
    widths = ends.diff(prepend=ends.new_zeros(1)).to(x.dtype) / (n * m)
    distance = (x.sort().values[(ends - 1) // m] - y.sort().values[(ends - 1) // n]).abs()
    total: Tensor = (widths * distance**order).sum()
    return total if order == 1 else total ** (1 / order)


def wasserstein_cdf(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """W1 between two densities on the line: the area between their cumulative distribution functions.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Distributions, or densities on `grid`.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x; Tensors need it.

    Returns
    -------
    Tensor, shape (...). Units of x, float64, >= 0.

    Raises
    ------
    ValueError. If a Tensor comes without a grid, or a distribution without a cumulative function comes without one.

    Source: Peyre & Cuturi 2019, arXiv:1803.00567, section 2.6.
    """
    if grid is not None:
        x, weights = grid.double(), trapezoid_weights(grid.double())
        pair = place(p, q, grid)
        gaps = x.diff()
        difference = pair.log_p.exp() - pair.log_q.exp()
        steps = (difference[..., 1:] + difference[..., :-1]) / 2 * gaps
        return (weights[1:] * steps.cumsum(-1).abs()).sum(-1)
    if isinstance(p, Tensor) or isinstance(q, Tensor):
        raise ValueError(
            "a distance needs to know where the mass lies: pass the grid that the Tensor's densities stand on"
        )

    try:
        with torch.no_grad():
            edges = split(panels(p, q), lambda x: cumulative(p, x) - cumulative(q, x))
        x, weights = gauss_legendre(edges)
        return (weights * (cumulative(p, x) - cumulative(q, x)).abs()).sum()
    except NotImplementedError:
        names = f"{type(p).__name__} or {type(q).__name__}"
        raise ValueError(f"torch has no cumulative function for {names}: pass a grid") from None


def wasserstein_gaussian(p: Normal | MultivariateNormal, q: Normal | MultivariateNormal) -> Tensor:
    """W2 between two Gaussians: the means' distance and the covariances' distance, added in squares.

    Parameters
    ----------
    p, q : Normal or MultivariateNormal. Both of the same kind.

    Returns
    -------
    Tensor, shape (...). Units of x, float64, >= 0. Its square is the Frechet distance of the two.

    Raises
    ------
    ValueError. If one is a Normal and the other a MultivariateNormal.

    Source: Dowson & Landau 1982; Peyre & Cuturi 2019, arXiv:1803.00567, section 2.6.
    """
    if isinstance(p, Normal) and isinstance(q, Normal):
        return torch.hypot((p.loc - q.loc).double(), (p.scale - q.scale).double())
    if isinstance(p, MultivariateNormal) and isinstance(q, MultivariateNormal):
        a, b = p.scale_tril.double(), q.scale_tril.double()
        # tr sqrt(sqrt(A) B sqrt(A)) is the sum of the singular values of a^T b for any factors A = a a^T, B = b b^T.
        shapes = (a**2).sum((-2, -1)) + (b**2).sum((-2, -1)) - 2 * torch.linalg.svdvals(a.mT @ b).sum(-1)
        return ((p.loc - q.loc).double().square().sum(-1) + shapes.clamp(min=0)).sqrt()
    raise ValueError("both Gaussians must be Normal, or both MultivariateNormal")

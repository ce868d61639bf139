"""What a perfect discriminator says, what the game is then worth, and what its generator is asked to lower.

A discriminator speaks in *scores* (logits) here as everywhere in `ganlib`; D is the sigmoid of its score.
p is the density of the real data and q the density of the fakes.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganlib.theory.divergences import js, total_variation
from ganlib.theory.quadrature import Density, Function, HasLogProb, log_density, place


def optimal_score(p: HasLogProb, q: HasLogProb) -> Callable[[Tensor], Tensor]:
    """The score of the discriminator nobody can beat: log p(x) - log q(x).

    Parameters
    ----------
    p, q : Distribution, or anything with `log_prob`. Real and fake density, in any dimension.

    Returns
    -------
    callable, x -> log p(x) - log q(x). Nats; infinite where one density is zero, NaN where both are.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 2, as a logit.
    """
    return lambda x: log_density(p, x) - log_density(q, x)


def optimal_discriminator(p: HasLogProb, q: HasLogProb) -> Callable[[Tensor], Tensor]:
    """The probability that x is real, when real and fake are equally frequent: D*(x) = p / (p + q).

    Parameters
    ----------
    p, q : Distribution, or anything with `log_prob`. Real and fake density, in any dimension.

    Returns
    -------
    callable, x -> D*(x). A probability in [0, 1]; NaN where both densities are zero, for no sample ever lies there.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 2.
    """
    score = optimal_score(p, q)
    return lambda x: torch.sigmoid(score(x))


def value(p: Density, q: Density, score: Function, grid: Tensor | None = None) -> Tensor:
    """V(D, G) = E_p log D + E_q log(1 - D), for any discriminator D = sigmoid(score).

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density: distributions on the line, densities on
        `grid`, or probabilities.
    score : callable, (K,) -> (K,), or Tensor, shape (..., K). The discriminator's raw score, or its values where
        Tensors p and q stand. The score zero everywhere is the discriminator that always says one half.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, <= 0; D wants it large, G small.

    Raises
    ------
    ValueError. If p and q share no points, or the score is a function although they carry none.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 1.
    """
    pair = place(p, q, grid, kinks=True)
    scores = pair.at(score)
    return -pair.mean_p(softplus(-scores)) - pair.mean_q(softplus(scores))


def value_at_optimum(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """The game's value against the best discriminator: 2 JSD(p, q) - log 4.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [-log 4, 0]; -log 4 = -1.386294 exactly when p = q.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 6.
    """
    return 2 * js(p, q, grid) - math.log(4)


def best_accuracy(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """The share of equally frequent reals and fakes that the best classifier tells right: (1 + TV) / 2.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). A probability, float64, in [1/2, 1].

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Devroye, Gyorfi & Lugosi 1996, theorem 2.1.
    """
    return (1 + total_variation(p, q, grid)) / 2


def hinge_value(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """The least hinge loss any discriminator can have, 2 (1 - TV), reached by the score sign(p - q).

    It is what D reaches, not what G descends: at that score G's gradient is zero almost everywhere.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Score units, float64, in [0, 2].

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Lim & Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16.
    """
    return 2 * (1 - total_variation(p, q, grid))


def nonsaturating_divergence(p: Density, q: Density, grid: Tensor | None = None) -> Tensor:
    """What the non-saturating generator descends while D* is held fixed: 2 KL((p+q)/2 || p) = KL(q||p) - 2 JSD(p, q).

    Dropping one of two equal modes costs 0.262 nats; putting any mass where p has none costs infinitely many.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density, in this order.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [0, inf].

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Arjovsky & Bottou 2017, arXiv:1701.04862, theorem 2.5, its right side written as one divergence.
    """
    pair = place(p, q, grid)
    log_m = torch.logaddexp(pair.log_p, pair.log_q) - math.log(2)
    return 2 * pair.relative(log_m, pair.log_p)


def least_squares_discriminator(
    p: HasLogProb, q: HasLogProb, a: float = 0.0, b: float = 1.0
) -> Callable[[Tensor], Tensor]:
    """The best least-squares discriminator: each label weighted by how likely it is, (b p + a q) / (p + q).

    Parameters
    ----------
    p, q : Distribution, or anything with `log_prob`. Real and fake density, in any dimension.
    a, b : float. The labels D is trained towards: a for fakes, b for reals.

    Returns
    -------
    callable, x -> D*(x). Between a and b.

    Source: Mao et al. 2017, arXiv:1611.04076, section 3.2.
    """
    probability = optimal_discriminator(p, q)
    return lambda x: a + (b - a) * probability(x)


def least_squares_value(
    p: Density, q: Density, a: float = 0.0, b: float = 1.0, c: float = 1.0, grid: Tensor | None = None
) -> Tensor:
    """G's least-squares criterion at D*: (E_p (D* - c)^2 + E_q (D* - c)^2) / 2.

    With b - c = 1 and b - a = 2, for instance (-1, 1, 0), twice this is Pearson's chi squared of p + q from 2q. That is
    its value, not what G descends: G moves with D* held fixed and never sees the first term.

    Parameters
    ----------
    p, q : Distribution or Tensor, shape (..., K). Real and fake density.
    a, b, c : float. The labels of fakes and of reals, and the one G wants its fakes to get.
    grid : Tensor, shape (K,), increasing, optional. Points to integrate on, in the units of x.

    Returns
    -------
    Tensor, shape (...). Squared score units, float64, >= 0.

    Raises
    ------
    ValueError. If p and q share no points, or are no densities on them.

    Source: Mao et al. 2017, arXiv:1611.04076, section 3.2.
    """
    pair = place(p, q, grid)
    gap = (a + (b - a) * torch.sigmoid(pair.log_p - pair.log_q) - c) ** 2
    return (pair.mean_p(gap) + pair.mean_q(gap)) / 2

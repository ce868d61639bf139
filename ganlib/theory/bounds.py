"""Bounds on mutual information from below, out of what a reader or a critic says.

A *reader* Q names a distribution of x after seeing y: its log-likelihoods give `barber_agakov`, which is the bound of
InfoGAN. A *critic* scores pairs, T(x, y), high where it takes them for partners. `scores` is then a square matrix,
T(x_i, y_j) for a batch of K pairs: partners on the diagonal, strangers elsewhere. With a `joint`, scores and
log-likelihoods are instead tables over all values of x and y, and the expectations are exact.

What is a bound in expectation need not lie below the truth when it is computed from one batch; for Donsker-Varadhan not
even the mean over batches does. Nothing is cast: the bounds can be trained in the dtype of the scores.
"""

import math

import torch
from torch import Tensor

from ganlib.theory.quadrature import times_mass


def barber_agakov(log_likelihood: Tensor, entropy: Tensor | float, joint: Tensor | None = None) -> Tensor:
    """E log Q(x|y) + H(x) <= I(x; y), with equality only for Q the posterior; InfoGAN's L_I, with its code c as x.

    What is missing is the mean KL of Q from the posterior. If x is discrete, the ceiling is H(x). The mean of a batch
    is an unbiased estimate; a confident reader that is wrong makes it negative, without limit.

    Parameters
    ----------
    log_likelihood : Tensor, any shape. Log Q(x|y) in nats, of the x that was drawn and the y it led to; or, with
        `joint`, shape (..., K, L), of every x (rows) after every y (columns).
    entropy : Tensor or float. H(x) in nats: log K for K equally likely codes.
    joint : Tensor, shape (..., K, L), optional. Probabilities P(x, y), for exact means.

    Returns
    -------
    Tensor, shape () or, with `joint`, (...). Nats.

    Raises
    ------
    ValueError. If `joint` does not fit.

    Source: Barber & Agakov 2003; Chen et al. 2016, arXiv:1606.03657, eqs. 4 and 5.
    """
    mean = log_likelihood.mean() if joint is None else _exact(_like(joint, log_likelihood), log_likelihood)
    return mean + entropy


def donsker_varadhan(scores: Tensor, joint: Tensor | None = None) -> Tensor:
    """E_joint T - log E_product exp T <= I, with equality where T is the pointwise information plus a constant.

    Exact means give a bound. A batch does not: the logarithm of a mean is too low on average, so its value is too high,
    and by far once exp(I) exceeds the number of strangers.

    Parameters
    ----------
    scores : Tensor, shape (..., K, K), K >= 2. T(x_i, y_j), partners on the diagonal; or, with `joint`, any table.
    joint : Tensor, shape of `scores`, optional. Probabilities P(x, y), for exact means.

    Returns
    -------
    Tensor, shape (...). Nats.

    Raises
    ------
    ValueError. If the scores are not square or `joint` does not fit.

    Source: Donsker & Varadhan 1983; Belghazi et al. 2018, arXiv:1801.04062, section 3. The warning: McAllester &
    Stratos 2020, arXiv:1811.04251; Song & Ermon 2020, arXiv:1910.06222.
    """
    partners, log_strangers = _sides(scores, joint)
    return partners - log_strangers


def nwj(scores: Tensor, joint: Tensor | None = None) -> Tensor:
    """E_joint T - E_product exp(T - 1) <= I, with equality where T is one plus the pointwise information.

    A batch gives an unbiased estimate of the bound, whose spread grows with exp(I). It is the variational bound of KL
    (`variational_bound` with `forward_kl`) between joint and product.

    Parameters
    ----------
    scores : Tensor, shape (..., K, K), K >= 2. T(x_i, y_j), partners on the diagonal; or, with `joint`, any table.
    joint : Tensor, shape of `scores`, optional. Probabilities P(x, y), for exact means.

    Returns
    -------
    Tensor, shape (...). Nats.

    Raises
    ------
    ValueError. If the scores are not square or `joint` does not fit.

    Source: Nguyen, Wainwright & Jordan 2010, arXiv:0809.0853; Poole et al. 2019, arXiv:1905.06922, section 2.
    """
    partners, log_strangers = _sides(scores, joint)
    return partners - (log_strangers - 1).exp()


def info_nce(scores: Tensor) -> Tensor:
    """The mean of log(exp T(x_i, y_i) / mean over j of exp T(x_i, y_j)): find the partner among K, by classification.

    Its mean over batches is a lower bound on I, and no batch and no critic can push it above log K.

    Parameters
    ----------
    scores : Tensor, shape (..., K, K). T(x_i, y_j), partners on the diagonal.

    Returns
    -------
    Tensor, shape (...). Nats, at most log K.

    Raises
    ------
    ValueError. If the scores are not square.

    Source: van den Oord et al. 2018, arXiv:1807.03748, section 2.3; Poole et al. 2019, arXiv:1905.06922, section 2.
    """
    K = _square(scores)
    return (scores.diagonal(dim1=-2, dim2=-1) - torch.logsumexp(scores, dim=-1)).mean(-1) + math.log(K)


def _sides(scores: Tensor, joint: Tensor | None) -> tuple[Tensor, Tensor]:
    """The mean score of partners, and the logarithm of the mean of exp(score) over strangers."""
    if joint is not None:
        joint = _like(joint, scores)
        product = joint.sum(-1, keepdim=True) * joint.sum(-2, keepdim=True)
        weighted = torch.where(product > 0, scores + torch.where(product > 0, product, 1.0).log(), -torch.inf)
        return _exact(joint, scores), torch.logsumexp(weighted.flatten(-2), -1)
    K = _square(scores)
    if K < 2:
        raise ValueError("one pair has no strangers: score a batch of at least two")
    strangers = scores.masked_fill(torch.eye(K, dtype=torch.bool, device=scores.device), -torch.inf)
    log_mean = torch.logsumexp(strangers.flatten(-2), -1) - math.log(K * (K - 1))
    return scores.diagonal(dim1=-2, dim2=-1).mean(-1), log_mean


def _exact(joint: Tensor, values: Tensor) -> Tensor:
    """The mean of a table of values under a table of probabilities; what never happens does not count."""
    return times_mass(joint.log(), values).sum((-2, -1))


def _like(joint: Tensor, table: Tensor) -> Tensor:
    """The joint in the table's dtype, if the two fit."""
    if joint.shape[-2:] != table.shape[-2:]:
        raise ValueError(
            f"one score per pair: the joint has shape {tuple(joint.shape)}, the table {tuple(table.shape)}"
        )
    return joint.to(table)


def _square(scores: Tensor) -> int:
    """K, if the scores are a matrix of K times K."""
    if scores.dim() < 2 or scores.shape[-1] != scores.shape[-2]:
        raise ValueError(f"scores are a square matrix, T(x_i, y_j) of all pairs, not of shape {tuple(scores.shape)}")
    return scores.shape[-1]

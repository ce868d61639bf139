"""How much one thing tells about another, in nats: tables of probabilities, Gaussians, and channels.

A *joint* is a Tensor of probabilities whose rows are the values of X and whose columns are those of Y. A *channel* is a
Tensor whose rows are the distributions P(y|x): a joint whose rows were each divided by their sum. Leading dimensions
are a batch.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ganlib.theory.divergences import kl
from ganlib.theory.quadrature import times_mass


def mutual_information(joint: Tensor) -> Tensor:
    """I(X; Y) = KL(P(x, y) || P(x) P(y)), what X and Y tell about each other; zero only if they are independent.

    Parameters
    ----------
    joint : Tensor, shape (..., K, L). Probabilities P(x, y).

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [0, min(H(X), H(Y))].

    Raises
    ------
    ValueError. If the joint is no table of probabilities.

    Source: Shannon 1948, section 12; Cover & Thomas 2006, section 2.3.
    """
    joint = _probabilities(joint)
    product = joint.sum(-1, keepdim=True) * joint.sum(-2, keepdim=True)
    return kl(joint.flatten(-2), product.flatten(-2))


def conditional_entropy(joint: Tensor) -> Tensor:
    """H(X|Y), what is still to be asked about X by someone who knows Y. `joint.mT` gives H(Y|X).

    Parameters
    ----------
    joint : Tensor, shape (..., K, L). Probabilities P(x, y): X in the rows, Y in the columns.

    Returns
    -------
    Tensor, shape (...). Nats, float64, in [0, H(X)].

    Raises
    ------
    ValueError. If the joint is no table of probabilities.

    Source: Shannon 1948, section 6; Cover & Thomas 2006, section 2.2.
    """
    joint = _probabilities(joint)
    return -_mean(joint, _logarithm(posterior(joint)))


def posterior(joint: Tensor) -> Tensor:
    """P(x|y), each column of the joint divided by its sum: what the best reader says about X after seeing Y.

    Parameters
    ----------
    joint : Tensor, shape (..., K, L). Probabilities P(x, y).

    Returns
    -------
    Tensor, shape (..., K, L). Columns add up to one; a column that never happens is uniform.

    Raises
    ------
    ValueError. If the joint is no table of probabilities.
    """
    joint = _probabilities(joint)
    column = joint.sum(-2, keepdim=True)
    return torch.where(column > 0, joint / torch.where(column > 0, column, 1.0), 1.0 / joint.shape[-2])


def pointwise_information(joint: Tensor) -> Tensor:
    """Log P(x, y) / (P(x) P(y)) of every pair: its mean is the mutual information, and it is the best critic's score.

    Parameters
    ----------
    joint : Tensor, shape (..., K, L). Probabilities P(x, y).

    Returns
    -------
    Tensor, shape (..., K, L). Nats, float64, of either sign; minus infinity for a pair that never happens although both
    its members do, zero where one of them does not.

    Raises
    ------
    ValueError. If the joint is no table of probabilities.

    Source: Cover & Thomas 2006, section 2.3: the logarithm inside the mean.
    """
    joint = _probabilities(joint)
    product = joint.sum(-1, keepdim=True) * joint.sum(-2, keepdim=True)
    return torch.where(product > 0, _logarithm(joint) - _logarithm(torch.where(product > 0, product, 1.0)), 0.0)


def gaussian_entropy(covariance: Tensor) -> Tensor:
    """The differential entropy of a normal distribution, log det(2 pi e C) / 2.

    Parameters
    ----------
    covariance : Tensor, shape (..., d, d). Positive definite, in squared units of x.

    Returns
    -------
    Tensor, shape (...). Nats, float64, of either sign: it depends on the units of x.

    Raises
    ------
    ValueError. If the covariance is not symmetric and positive definite.

    Source: Cover & Thomas 2006, theorem 8.4.1.
    """
    covariance = _covariance(covariance)
    return (_log_determinant(covariance) + covariance.shape[-1] * math.log(2 * math.pi * math.e)) / 2


def gaussian_information(covariance: Tensor, k: int = 1) -> Tensor:
    """I of the first k coordinates and the others, jointly normal; with two coordinates it is -log(1 - rho^2) / 2.

    Parameters
    ----------
    covariance : Tensor, shape (..., d, d). Positive definite; the units of the coordinates do not matter.
    k : int, 1 <= k < d. How many coordinates are X; the others are Y.

    Returns
    -------
    Tensor, shape (...). Nats, float64, >= 0.

    Raises
    ------
    ValueError. If the covariance is not symmetric and positive definite, or k leaves one side empty.

    Source: Cover & Thomas 2006, theorem 8.4.1, applied three times.
    """
    covariance = _covariance(covariance)
    if not 1 <= k < covariance.shape[-1]:
        raise ValueError(f"of {covariance.shape[-1]} coordinates {k} cannot be X and the rest Y: each needs one")
    first, rest = covariance[..., :k, :k], covariance[..., k:, k:]
    return (_log_determinant(first) + _log_determinant(rest) - _log_determinant(covariance)) / 2


def gaussian_capacity(snr: Tensor | float) -> Tensor:
    """What one use of a Gaussian channel y = x + noise can carry, log(1 + snr) / 2.

    Parameters
    ----------
    snr : Tensor or float, >= 0. The variance of x over that of the noise; a code of any other shape carries less.

    Returns
    -------
    Tensor, shape of `snr`. Nats, float64.

    Raises
    ------
    ValueError. If a variance ratio is negative.

    Source: Shannon 1948, theorem 17; Cover & Thomas 2006, section 9.1.
    """
    snr = torch.as_tensor(snr).double()
    if (snr < 0).any():
        raise ValueError("a ratio of variances is never negative: give the variance of x over that of the noise")
    return torch.log1p(snr) / 2


def symmetric_channel(K: int, error: float) -> Tensor:
    """A channel that delivers the letter with probability 1 - error, and otherwise any of the others, evenly.

    Parameters
    ----------
    K : int, >= 2. Letters.
    error : float, in [0, 1]. At 1 - 1/K nothing gets through; beyond, the wrong letter still tells something.

    Returns
    -------
    Tensor, shape (K, K). P(y|x), float64. Evenly used it carries log K - h(error) - error log(K - 1) nats, its
    capacity, with h the entropy of one coin.

    Raises
    ------
    ValueError. If there are not two letters, or the error is no probability.

    Source: Cover & Thomas 2006, section 7.2.
    """
    _check_letters(K, error)
    channel = torch.full((K, K), error / (K - 1), dtype=torch.float64)
    return channel.fill_diagonal_(1 - error)


def erasure_channel(K: int, erased: float) -> Tensor:
    """A channel that delivers the letter or, with probability `erased`, a blank: it forgets, but it never lies.

    Parameters
    ----------
    K : int, >= 2. Letters.
    erased : float, in [0, 1]. How often the letter is lost.

    Returns
    -------
    Tensor, shape (K, K + 1). P(y|x), float64; the last column is the blank. Its capacity is (1 - erased) log K nats.

    Raises
    ------
    ValueError. If there are not two letters, or `erased` is no probability.

    Source: Cover & Thomas 2006, section 7.1.5.
    """
    _check_letters(K, erased)
    kept = (1 - erased) * torch.eye(K, dtype=torch.float64)
    return torch.cat([kept, torch.full((K, 1), erased, dtype=torch.float64)], dim=1)


class Capacity(NamedTuple):
    """What a channel can carry, and how surely that is known."""

    lower: float
    """Nats that `inputs` sends through: the capacity is at least this."""
    upper: float
    """Nats that no distribution of letters can exceed."""
    inputs: Tensor
    """Shape (K,): how often to send which letter."""


@torch.no_grad()
def capacity(channel: Tensor, gap: float = 1e-9, rounds: int = 20_000) -> Capacity:
    """The most that a channel can tell about its input, by the Blahut-Arimoto iteration, between two certain bounds.

    With D_x the divergence of P(y|x) from the mixture of all rows, the mean of D_x is what the present inputs send, and
    no inputs send more than the largest D_x. Every round multiplies the share of x by exp(D_x).

    Parameters
    ----------
    channel : Tensor, shape (K, L). P(y|x), each row a distribution.
    gap : float. Nats between the bounds at which to stop.
    rounds : int. Rounds after which to stop in any case; the bounds hold all the same.

    Returns
    -------
    Capacity. `lower <= capacity <= upper`, all in nats; `upper - lower <= gap` unless the rounds ran out.

    Raises
    ------
    ValueError. If the channel's rows are no distributions.

    Source: Blahut 1972; Arimoto 1972; Cover & Thomas 2006, section 10.8.
    """
    channel = channel.double()
    if channel.dim() != 2 or (channel < 0).any() or not ((channel.sum(1) - 1).abs() < 1e-3).all():
        raise ValueError("a channel is a table of P(y|x): every row must be nowhere negative and add up to 1")
    inputs = channel.new_full((len(channel),), 1 / len(channel))
    log_channel = _logarithm(channel)
    for _ in range(max(rounds, 1)):
        outputs = _logarithm(inputs @ channel)
        apart = times_mass(log_channel, log_channel - outputs).sum(1)
        lower, upper = float(inputs @ apart), float(apart.max())
        if upper - lower <= gap:
            break
        best, inputs = inputs, torch.softmax(inputs.log() + apart, 0)
    else:
        inputs = best  # the bounds are those of the inputs before the last step
    return Capacity(lower, upper, inputs)


def _mean(joint: Tensor, values: Tensor) -> Tensor:
    """The mean of a table of values under a table of probabilities; what never happens does not count."""
    return (joint * torch.where(joint > 0, values, 0.0)).sum((-2, -1))


def _logarithm(p: Tensor) -> Tensor:
    """Log p, minus infinity where p is zero and without a gradient there."""
    return torch.where(p > 0, torch.where(p > 0, p, 1.0).log(), -torch.inf)


def _probabilities(joint: Tensor) -> Tensor:
    """The joint in float64, if it is one."""
    if joint.dim() < 2:
        raise ValueError(f"a joint has a row for each x and a column for each y, not the shape {tuple(joint.shape)}")
    joint = joint.double()
    if not (joint >= 0).all():
        raise ValueError("a joint has entries that are negative or not numbers: give probabilities")
    mass = joint.sum((-2, -1))
    if not ((mass - 1).abs() < 1e-3).all():
        raise ValueError(
            f"the joint adds up to {float(mass.flatten()[0]):.4g}, not 1: divide counts by their sum, or a channel's "
            "rows by their number"
        )
    return joint


def _covariance(covariance: Tensor) -> Tensor:
    """The covariance in float64, if it is one."""
    covariance = covariance.double()
    if covariance.dim() < 2 or covariance.shape[-1] != covariance.shape[-2]:
        raise ValueError(f"a covariance is a square matrix, not of shape {tuple(covariance.shape)}")
    if not torch.allclose(covariance, covariance.mT) or torch.linalg.cholesky_ex(covariance).info.any():
        raise ValueError("a covariance must be symmetric and positive definite")
    return covariance


def _log_determinant(covariance: Tensor) -> Tensor:
    """Log det of a positive definite matrix."""
    return 2 * torch.linalg.cholesky(covariance).diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _check_letters(K: int, probability: float) -> None:
    """Refuse what is no channel."""
    if K < 2 or not 0 <= probability <= 1:
        raise ValueError(f"a channel needs two letters and a probability in [0, 1], got {K} and {probability:g}")

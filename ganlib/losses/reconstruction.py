"""What a model with an encoder wants small: how badly a picture is rebuilt, and what its code gives away, in nats.

All values are one an example, so that a caller may average, weigh or compare them. Densities are densities: halve the
units of x and every one of d coordinates gains log 2 nats.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def gaussian_nll(mean: Tensor, x: Tensor, std: float | Tensor = 1.0) -> Tensor:
    """-log N(x; mean, std^2 I): the squared distance in units of the width, and what the width costs.

    Parameters
    ----------
    mean : Tensor, shape (n, *S)
        What the decoder says.
    x : Tensor, shape (n, *S)
        What it should be, in the same units.
    std : float or Tensor, > 0
        The standard deviation of every coordinate, in those units; a tensor must fit x by broadcasting.

    Returns
    -------
    Tensor, shape (n,)
        Nats, of either sign.

    Notes
    -----
    Source: Kingma & Welling 2014, arXiv:1312.6114, Appendix C.2, eq. 12, with one width for all coordinates.
    """
    # a number is filled in where it is needed; as_tensor would copy it there, and wait
    std = std.to(x) if isinstance(std, Tensor) else x.new_full((), std)
    squares = ((x - mean) / std).square() / 2
    return (squares + std.log() + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x) for independent binary coordinates, from logits; x between 0 and 1 gives a cross-entropy instead.

    Parameters
    ----------
    logits : Tensor, shape (n, *S)
        What the decoder says, any real number.
    x : Tensor, shape (n, *S)
        Zeros and ones. On grey values the result is no likelihood: the densities it belongs to do not integrate to one.

    Returns
    -------
    Tensor, shape (n,)
        Nats, >= 0.

    Notes
    -----
    Source: Kingma & Welling 2014, arXiv:1312.6114, Appendix C.1, eq. 11.
    """
    return binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def standard_normal_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, diag(variance)) || N(0, I)): the nats a code tells beyond what the prior knew.

    Parameters
    ----------
    mean, log_variance : Tensor, shape (n, k)
        Of a diagonal Gaussian; the logarithm is of the variance, twice that of the standard deviation.

    Returns
    -------
    Tensor, shape (n,)
        Nats, >= 0; zero only for mean 0 and variance 1.

    Notes
    -----
    Source: Kingma & Welling 2014, arXiv:1312.6114, Appendix B.
    """
    # expm1 keeps the small difference exact where the variance is nearly one
    return (mean.square() + torch.expm1(log_variance) - log_variance).sum(1) / 2

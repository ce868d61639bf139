"""Penalties on the slope of a discriminator, right for any input rank and batch size.

The slope is that of one point's score in that point alone, so a discriminator whose score of one point depends on
the rest of the batch (batch norm) has no such slope; use it with layer norm or none.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]  # (B, *S) -> (B, 1)


def slopes(D: Score, x: Tensor) -> Tensor:
    """The gradient of each point's score in that point, differentiable in turn.

    Parameters
    ----------
    D : callable, (B, *S) -> (B, 1)
        Scores, unbounded.
    x : Tensor, shape (B, *S)
        Where; the graph behind it is cut.

    Returns
    -------
    Tensor, shape (B, prod(S))
        Score units per data unit.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gradient.flatten(1)


def gradient_penalty(D: Score, real: Tensor, fake: Tensor, slope: float = 1.0) -> Tensor:
    """Mean squared gap between |grad D| and `slope` on segments from real to fake.

    Parameters
    ----------
    D : callable, (B, *S) -> (B, 1)
        Critic scores, unbounded.
    real, fake : Tensor, shape (B, *S)
        Same units as the data. One point is drawn uniformly on each of the B segments.
    slope : float
        Score units per data unit.

    Returns
    -------
    Tensor, shape ()
        Squared slope units, >= 0.

    Raises
    ------
    ValueError
        If the two batches differ in shape.

    Notes
    -----
    Source: Gulrajani et al. 2017, arXiv:1704.00028, eq. 3.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"gradient_penalty joins each real point to a fake one: real has shape {tuple(real.shape)}, "
            f"fake {tuple(fake.shape)}; make them equal."
        )
    t = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, dtype=real.dtype)
    # The norm, unlike sum().sqrt(), has a gradient (zero) where the slope vanishes.
    length = slopes(D, torch.lerp(real, fake, t)).norm(dim=1)
    return ((length - slope) ** 2).mean()


def r1(D: Score, real: Tensor) -> Tensor:
    """Mean squared slope of D at real points; weigh it by gamma / 2.

    Parameters
    ----------
    D : callable, (B, *S) -> (B, 1)
        Scores, unbounded.
    real : Tensor, shape (B, *S)
        Same units as the data.

    Returns
    -------
    Tensor, shape ()
        Squared slope units, >= 0.

    Notes
    -----
    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9.
    """
    return slopes(D, real).square().sum(1).mean()


def r2(D: Score, fake: Tensor) -> Tensor:
    """Mean squared slope of D at fake points; weigh it by gamma / 2.

    Parameters
    ----------
    D : callable, (B, *S) -> (B, 1)
        Scores, unbounded.
    fake : Tensor, shape (B, *S)
        Same units as the data; no gradient flows to the generator.

    Returns
    -------
    Tensor, shape ()
        Squared slope units, >= 0.

    Notes
    -----
    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 10.
    """
    return slopes(D, fake).square().sum(1).mean()

"""The smallest GAN there is, derived from the very objective that trains the large ones.

Dirac-GAN: the data are the single point 0, the generator's fakes the single point theta, and the discriminator is the
line D(x) = psi x. A *state* is the Tensor (theta, psi), generator first, and a positive score means "real", as
everywhere in `ganlib`. Mescheder et al. let a positive score mean "fake": their psi is minus ours, their eigenvalues
are the same.

With s = psi theta, and f(s) = -softplus(-s) so that f'(0) = 1/2 and f''(0) = -1/4, the field's eigenvalues at home,
(0, 0), are

    GAN, non-saturating, RpGAN    +-i f'(0)
    Wasserstein, hinge            +-i
    R1 or R2 of weight gamma      -gamma/2 +- sqrt(gamma^2/4 - f'(0)^2), critical at gamma = 2 |f'(0)| = 1
    instance noise of std s       f''(0) s^2 +- sqrt(f''(0)^2 s^4 - f'(0)^2)
    consensus of weight gamma     -gamma f'(0)^2 +- i f'(0)

WGAN-GP has none, because its penalty has a kink there, and it does not come home: with a weight below 1 its flow runs
into a cycle, and from 1 on it comes to rest at theta = +-2 weight, before a discriminator that has gone level.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ganlib.theory.dynamics import Map, game_field


class Objective(Protocol):
    """What two players want small, as functions of scores; `ganlib.losses` has the values."""

    @property
    def d(self) -> Callable[..., Tensor]:
        """(real scores, fake scores) -> D's loss."""

    @property
    def g(self) -> Callable[..., Tensor]:
        """(fake scores) -> G's loss, or (real scores, fake scores) if paired."""

    @property
    def paired(self) -> bool:
        """Whether a real score enters G's loss."""


Penalty = Callable[[Map, Tensor, Tensor], Tensor]
"""(D, real, fake) -> what is added to D's loss, a mean over the batch."""


def generator_weight(objective: Objective, score: Tensor, real: float = 0.0) -> Tensor:
    """How hard G pulls at a fake with this score: minus the derivative of G's loss by the score.

    For the minimax loss it is sigmoid(score), which vanishes on the fakes D is sure about; for the non-saturating loss
    it is sigmoid(-score), which vanishes on those D takes for real.

    Parameters
    ----------
    objective : Objective. The one that trains.
    score : Tensor, any shape. D's scores of fakes.
    real : float. Score of the real example each fake is paired with; only a paired objective looks at it.

    Returns
    -------
    Tensor, shape of `score`. Loss units per score unit; positive where G wants the score to rise.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3; Goodfellow 2016, arXiv:1701.00160, figure 16.
    """
    with torch.enable_grad():
        fake = score.detach().flatten().requires_grad_()
        losses = _g_losses(objective, torch.full_like(fake, real), fake)
        (slope,) = torch.autograd.grad(losses.sum(), fake)
    return -slope.reshape(score.shape)


def dirac(objective: Objective, penalty: Penalty | None = None, noise: float = 0.0) -> Map:
    """The vector field of Dirac-GAN, by automatic differentiation of the objective that trains.

    Parameters
    ----------
    objective : Objective. Both losses.
    penalty : callable, (D, real, fake) -> Tensor, optional. Added to D's loss; for R1 it is
        `lambda D, real, fake: gamma / 2 * losses.r1(D, real)`. D maps (B, 1) to (B, 1); its slope is psi everywhere,
        so R1 and R2 are the same here.
    noise : float, >= 0. Standard deviation of the Gaussian noise added to the real and to the fake point (instance
        noise), averaged over exactly.

    Returns
    -------
    callable, (..., 2) -> (..., 2). The velocity (theta', psi') at each state (theta, psi); differentiable.

    Source: Mescheder et al. 2018, arXiv:1801.04406, definition 2.1 and section 4.
    """
    nodes, weights = (torch.as_tensor(a) for a in np.polynomial.hermite_e.hermegauss(21 if noise else 1))
    weights = weights / weights.sum()

    def scores(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        """D's scores of every noisy real point beside every noisy fake one: shape (states, nodes, nodes)."""
        e = nodes.to(psi)
        real = (psi[:, None] * (noise * e))[:, :, None].expand(-1, -1, len(e))
        return real, (psi[:, None] * (theta[:, None] + noise * e))[:, None, :].expand_as(real)

    def g_loss(theta: Tensor, psi: Tensor) -> Tensor:
        return _g_losses(objective, *scores(theta, psi)) @ weights.to(psi) @ weights.to(psi)

    def d_loss(theta: Tensor, psi: Tensor) -> Tensor:
        loss = _each(objective.d, *scores(theta, psi)) @ weights.to(psi) @ weights.to(psi)
        if penalty is not None:  # a mean over the batch, here a batch of states: every state gets it back in the sum
            fake = theta.detach()[:, None]
            loss = loss + penalty(lambda x: psi[:, None] * x, torch.zeros_like(fake), fake)
        return loss

    flat = game_field(g_loss, d_loss)
    return lambda state: flat(state.reshape(-1, 2)).reshape(state.shape)


def _each(loss: Callable[..., Tensor], *scores: Tensor) -> Tensor:
    """A loss that averages over a batch, applied to every single score: the shape of the scores."""
    flat = [s.reshape(-1, 1, 1) for s in scores]  # each a batch of one score
    return torch.vmap(loss)(*flat).reshape(scores[0].shape)


def _g_losses(objective: Objective, real: Tensor, fake: Tensor) -> Tensor:
    """G's loss at every single score."""
    return _each(objective.g, real, fake) if objective.paired else _each(objective.g, fake)

"""How the players move: the smallest GAN there is, derived from the very objective that trains the large ones.

Dirac-GAN: the data are the single point 0, the generator's fakes the single point theta, and the discriminator is the
line D(x) = psi x. A *state* is the Tensor (theta, psi), generator first. Both players minimise their own loss, so

    field(theta, psi) = (-d L_G / d theta, -d L_D / d psi),

and a positive score means "real", as everywhere in `ganlib`. Mescheder et al. let a positive score mean "fake": their
psi is minus ours, their eigenvalues are the same.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]
"""A function of states (..., 2) to velocities or to new states (..., 2)."""


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

    def field(state: Tensor) -> Tensor:
        differentiable = state.requires_grad
        with torch.enable_grad():
            flat = (state if differentiable else state.detach().requires_grad_()).reshape(-1, 2)
            theta, psi = flat.unbind(-1)
            e, w = nodes.to(flat), weights.to(flat)
            # Every noisy real point against every noisy fake one: shape (states, nodes, nodes).
            real = (psi[:, None] * (noise * e))[:, :, None].expand(-1, -1, len(e))
            fake = (psi[:, None] * (theta[:, None] + noise * e))[:, None, :].expand_as(real)
            d_loss = (_each(objective.d, real, fake) @ w @ w).sum()
            g_loss = (_g_losses(objective, real, fake) @ w @ w).sum()
            if penalty is not None:
                points = theta.detach()[:, None]
                d_loss = d_loss + len(flat) * penalty(lambda x: psi[:, None] * x, torch.zeros_like(points), points)
            (by_theta,) = torch.autograd.grad(g_loss, theta, create_graph=differentiable, retain_graph=True)
            (by_psi,) = torch.autograd.grad(d_loss, psi, create_graph=differentiable)
        return -torch.stack([by_theta, by_psi], dim=-1).reshape(state.shape)

    return field


def simultaneous(field: Map, step: float) -> Map:
    """Both players move at once, each against where the other stood.

    Parameters
    ----------
    field : callable, (..., 2) -> (..., 2). Velocities.
    step : float. The learning rate h.

    Returns
    -------
    callable, (..., 2) -> (..., 2). One Euler step; its Jacobian is I + h J, with J the field's.

    Source: Mescheder et al. 2018, arXiv:1801.04406, section 2.
    """
    return lambda state: state + step * field(state)


def alternating(field: Map, step: float) -> Map:
    """D moves first, then G against the new D: one round of the game with one move each.

    Parameters
    ----------
    field : callable, (..., 2) -> (..., 2). Velocities.
    step : float. The learning rate h.

    Returns
    -------
    callable, (..., 2) -> (..., 2). One round.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1; Mescheder et al. 2018, arXiv:1801.04406, section 2.
    """

    def move(state: Tensor) -> Tensor:
        theta, psi = state.unbind(-1)
        psi = psi + step * field(state)[..., 1]
        theta = theta + step * field(torch.stack([theta, psi], dim=-1))[..., 0]
        return torch.stack([theta, psi], dim=-1)

    return move


def trajectory(update: Map, start: Tensor, rounds: int) -> Tensor:
    """The states an update visits.

    Parameters
    ----------
    update : callable, (..., 2) -> (..., 2). One round, from `simultaneous` or `alternating`.
    start : Tensor, shape (..., 2). One state, or many that move side by side. Use float64 for long runs.
    rounds : int, >= 0. How many rounds.

    Returns
    -------
    Tensor, shape (rounds + 1, ..., 2). The start and the state after every round.
    """
    states = [start.detach()]
    for _ in range(rounds):
        states.append(update(states[-1]))
    return torch.stack(states)


def jacobian(map: Map, state: Tensor) -> Tensor:
    """The derivative of a field, or of an update, at one state.

    Parameters
    ----------
    map : callable, (2,) -> (2,). A field, or an update.
    state : Tensor, shape (2,). Where.

    Returns
    -------
    Tensor, shape (2, 2). Row i holds the derivatives of output i by theta and by psi.

    Source: Mescheder et al. 2018, arXiv:1801.04406, lemma 2.2.
    """
    result: Tensor = torch.autograd.functional.jacobian(map, state.detach())
    return result


def eigenvalues(map: Map, state: Tensor) -> Tensor:
    """The eigenvalues of a field, or of an update, at one state.

    Of a field: the flow converges there if every real part is negative. Of an update: the game converges there if every
    modulus is below one.

    Parameters
    ----------
    map : callable, (2,) -> (2,). A field, or an update.
    state : Tensor, shape (2,). Where; the equilibrium of Dirac-GAN is (0, 0).

    Returns
    -------
    Tensor, shape (2,). Complex, ordered by imaginary part, then real part.

    Source: Mescheder et al. 2018, arXiv:1801.04406, lemma 2.2 and section 4.
    """
    values: Tensor = torch.linalg.eigvals(jacobian(map, state))
    return torch.stack(sorted(values, key=lambda z: (z.imag.item(), z.real.item())))


def _each(loss: Callable[..., Tensor], *scores: Tensor) -> Tensor:
    """A loss that averages over a batch, applied to every single score: the shape of the scores."""
    flat = [s.reshape(-1, 1, 1) for s in scores]  # each a batch of one score
    return torch.vmap(loss)(*flat).reshape(scores[0].shape)


def _g_losses(objective: Objective, real: Tensor, fake: Tensor) -> Tensor:
    """G's loss at every single score."""
    return _each(objective.g, real, fake) if objective.paired else _each(objective.g, fake)

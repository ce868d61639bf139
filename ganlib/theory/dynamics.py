"""How players move: the vector field of any game, the steps that follow it, and the eigenvalues that tell how it ends.

A *state* is the Tensor of all players' parameters side by side, in a GAN the generator's first. Everybody goes downhill
on a loss of their own, so the velocity of the state is a *field*: minus the gradient of each loss by the coordinates
its player owns. In general it is the gradient of nothing, and may go round in circles.

A field and an update are both a `Map` from states to states, and all of them here can be differentiated: whatever is
built, `jacobian` and `eigenvalues` can look at it.
"""

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]
"""A function of states (..., n) to velocities or to new states (..., n)."""


def game_field(*losses: Callable[..., Tensor], sizes: Sequence[int] | None = None) -> Map:
    """The vector field of a game: every player goes downhill on a loss of their own.

    Parameters
    ----------
    *losses : callable, one per player. Each takes every player's parameters, one Tensor per player, for any number of
        states at once, and returns one loss per state, shape (...), which may depend on that state alone.
    sizes : sequence of int, optional. How many coordinates of the state each player owns, in order. A player's
        parameters then have the shape (..., size). Without it each owns one, and they have the shape (...).

    Returns
    -------
    callable, (..., n) -> (..., n). The velocity at each state; differentiable.

    Raises
    ------
    ValueError. If there are not as many sizes as losses, or a state has another number of coordinates.

    Examples
    --------
    >>> circles = game_field(lambda x, y: x * y, lambda x, y: -x * y)
    >>> circles(torch.tensor([1.0, 2.0]))
    tensor([-2.,  1.])

    Source: Mescheder et al. 2017, arXiv:1705.10461, section 2; Balduzzi et al. 2018, arXiv:1802.05642, section 2.
    """
    owned = [1] * len(losses) if sizes is None else list(sizes)
    if len(owned) != len(losses):
        raise ValueError(f"Every player has one loss and one size: got {len(losses)} losses and {len(owned)} sizes.")

    def field(state: Tensor) -> Tensor:
        if state.shape[-1] != sum(owned):
            raise ValueError(f"The players own {sum(owned)} coordinates, but this state has {state.shape[-1]}.")
        differentiable = state.requires_grad
        with torch.enable_grad():
            given = state if differentiable else state.detach().requires_grad_()
            blocks = given.unbind(-1) if sizes is None else given.split(owned, dim=-1)
            slopes = [_slope(loss(*blocks).sum(), own, differentiable) for loss, own in zip(losses, blocks)]
            return -(torch.stack(slopes, dim=-1) if sizes is None else torch.cat(slopes, dim=-1))

    return field


def consensus(field: Map, weight: float) -> Map:
    """A field in which every player also wants everybody to be at rest: v - weight * gradient of |v|^2 / 2.

    Where J is the field's Jacobian, the gradient is J^T v; a field that only turns, J^T = -J, is pulled inwards.

    Parameters
    ----------
    field : callable, (..., n) -> (..., n). Velocities, differentiable.
    weight : float, >= 0. Their gamma, in units of time.

    Returns
    -------
    callable, (..., n) -> (..., n). Velocities; differentiable.

    Source: Mescheder et al. 2017, arXiv:1705.10461, section 4.
    """

    def calmer(state: Tensor) -> Tensor:
        differentiable = state.requires_grad
        with torch.enable_grad():
            given = state if differentiable else state.detach().requires_grad_()
            velocity = field(given)
            calmed = velocity - weight * _slope(velocity.square().sum() / 2, given, differentiable)
        return calmed if differentiable else calmed.detach()

    return calmer


def simultaneous(field: Map, step: float) -> Map:
    """All players move at once, each against where the others stood.

    Parameters
    ----------
    field : callable, (..., n) -> (..., n). Velocities.
    step : float. The learning rate h.

    Returns
    -------
    callable, (..., n) -> (..., n). One Euler step; its Jacobian is I + h J, with J the field's.

    Source: Mescheder et al. 2018, arXiv:1801.04406, section 2.
    """
    return lambda state: state + step * field(state)


def alternating(field: Map, step: float, sizes: Sequence[int] | None = None) -> Map:
    """By turns, the last player first, each against the new positions: D, then G.

    Parameters
    ----------
    field : callable, (..., n) -> (..., n). Velocities.
    step : float. The learning rate h.
    sizes : sequence of int, optional. How many coordinates of the state each player owns, in order; one each unless
        given.

    Returns
    -------
    callable, (..., n) -> (..., n). One round.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1; Mescheder et al. 2018, arXiv:1801.04406, section 2.
    """

    def move(state: Tensor) -> Tensor:
        owned = sizes or [1] * state.shape[-1]
        ends = list(itertools.accumulate(owned))
        for size, end in reversed(list(zip(owned, ends))):
            here = torch.arange(state.shape[-1], device=state.device)
            state = torch.where((here >= end - size) & (here < end), state + step * field(state), state)
        return state

    return move


def extragradient(field: Map, step: float) -> Map:
    """Look one step ahead, and move from where you stand with the velocity found there.

    Where the field only turns, its eigenvalues i w, a displacement shrinks by |1 + i h w - h^2 w^2| < 1 while h w < 1.

    Parameters
    ----------
    field : callable, (..., n) -> (..., n). Velocities.
    step : float. The learning rate h, of both halves.

    Returns
    -------
    callable, (..., n) -> (..., n). One step, at the cost of two velocities.

    Source: Korpelevich 1976; Gidel et al. 2019, arXiv:1802.10551, section 3.
    """
    return lambda state: state + step * field(state + step * field(state))


def optimistic(field: Map, step: float) -> Map:
    """Extragradient at the price of one velocity: expect that the last change of velocity happens again.

    Parameters
    ----------
    field : callable, (..., n) -> (..., n). Velocities.
    step : float. The learning rate h.

    Returns
    -------
    callable, (..., 2n) -> (..., 2n). One step of the pair (state, state before); begin with the same state twice.

    Source: Daskalakis et al. 2018, arXiv:1711.00141, section 2.
    """

    def move(pair: Tensor) -> Tensor:
        now, before = pair.chunk(2, dim=-1)
        return torch.cat([now + step * (2 * field(now) - field(before)), now], dim=-1)

    return move


def trajectory(update: Map, start: Tensor, rounds: int) -> Tensor:
    """The states an update visits.

    Parameters
    ----------
    update : callable, (..., n) -> (..., n). One round, from `simultaneous`, `alternating` or another.
    start : Tensor, shape (..., n). One state, or many that move side by side. Use float64 for long runs.
    rounds : int, >= 0. How many rounds.

    Returns
    -------
    Tensor, shape (rounds + 1, ..., n). The start and the state after every round.
    """
    states = [start.detach()]
    for _ in range(rounds):
        states.append(update(states[-1]))
    return torch.stack(states)


def jacobian(map: Map, state: Tensor) -> Tensor:
    """The derivative of a field, or of an update, at one state.

    Parameters
    ----------
    map : callable, (n,) -> (n,). A field, or an update.
    state : Tensor, shape (n,). Where.

    Returns
    -------
    Tensor, shape (n, n). Row i holds the derivatives of output i by each coordinate of the state.

    Source: Mescheder et al. 2018, arXiv:1801.04406, lemma 2.2.
    """
    result: Tensor = torch.autograd.functional.jacobian(map, state.detach())
    return result


def eigenvalues(map: Map, state: Tensor) -> Tensor:
    """The eigenvalues of a field, or of an update, at one state: its spectrum.

    Of a field: the flow converges there if every real part is negative. Of an update: the game converges there if every
    modulus is below one.

    Parameters
    ----------
    map : callable, (n,) -> (n,). A field, or an update.
    state : Tensor, shape (n,). Where, usually an equilibrium; that of Dirac-GAN is (0, 0).

    Returns
    -------
    Tensor, shape (n,). Complex, ordered by imaginary part, then real part.

    Source: Mescheder et al. 2018, arXiv:1801.04406, lemma 2.2 and section 4.
    """
    values: Tensor = torch.linalg.eigvals(jacobian(map, state))
    return torch.stack(sorted(values, key=lambda z: (z.imag.item(), z.real.item())))


def _slope(total: Tensor, by: Tensor, differentiable: bool) -> Tensor:
    """The gradient of a sum, zero where it does not depend."""
    if not total.requires_grad:
        return torch.zeros_like(by)
    (slope,) = torch.autograd.grad(total, by, create_graph=differentiable, materialize_grads=True)
    return slope

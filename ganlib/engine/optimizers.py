"""Ways to make an optimizer: each returns a function from a player's parameters to its optimizer."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from torch import nn
from torch.optim import SGD, Adam, Optimizer, RMSprop

MakeOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]


def adam(lr: float, betas: tuple[float, float] = (0.5, 0.999)) -> MakeOptimizer:
    """Adam, with the momentum of 0.5 that GANs have used since DCGAN.

    Parameters
    ----------
    lr : float. Learning rate, > 0.
    betas : tuple of float. Decay rates of the first and second moment, each in [0, 1).

    Returns
    -------
    callable. From parameters to their optimizer.

    Source: Kingma and Ba 2014, arXiv:1412.6980; betas from Radford et al. 2015, arXiv:1511.06434, section 4.
    """
    first, second = map(float, betas)  # torch refuses the integer zero
    return lambda parameters: Adam(parameters, lr=lr, betas=(first, second))


def sgd(lr: float, momentum: float = 0.0) -> MakeOptimizer:
    """Stochastic gradient descent.

    Parameters
    ----------
    lr : float. Learning rate, > 0.
    momentum : float. Share of the last step that is kept, in [0, 1).

    Returns
    -------
    callable. From parameters to their optimizer.
    """
    return lambda parameters: SGD(parameters, lr=lr, momentum=momentum)


def rmsprop(lr: float) -> MakeOptimizer:
    """RMSprop: steps scaled by the size of recent gradients, without momentum.

    Parameters
    ----------
    lr : float. Learning rate, > 0.

    Returns
    -------
    callable. From parameters to their optimizer.
    """
    return lambda parameters: RMSprop(parameters, lr=lr)


def cosine(make: MakeOptimizer, moves: int) -> MakeOptimizer:
    """The same optimizer with a learning rate that falls from its value to zero along half a cosine.

    Parameters
    ----------
    make : callable. From parameters to an optimizer, for instance ``adam(2e-4)``.
    moves : int. How many moves the player will make, >= 1. Later moves have rate zero.

    Returns
    -------
    callable. From parameters to their optimizer.

    Raises
    ------
    ValueError
        If `moves` is not positive.

    Source: Loshchilov and Hutter 2016, arXiv:1608.03983, eq. 5, without restarts.
    """
    if moves < 1:
        raise ValueError(f"cosine needs a positive number of moves, got {moves}: give the moves this player will make.")

    def decay(optimizer: Optimizer, *_: Any) -> None:
        # The count lives in the parameter group, so a checkpoint of the optimizer is a checkpoint of the schedule.
        for group in optimizer.param_groups:
            group["moves"] = min(group["moves"] + 1, moves)
            group["lr"] = group["initial_lr"] * (1 + math.cos(math.pi * group["moves"] / moves)) / 2

    def make_decaying(parameters: Iterable[nn.Parameter]) -> Optimizer:
        optimizer = make(parameters)
        for group in optimizer.param_groups:
            group["initial_lr"], group["moves"] = group["lr"], 0
        optimizer.register_step_post_hook(decay)
        return optimizer

    return make_decaying

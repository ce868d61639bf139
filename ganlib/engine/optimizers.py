"""Ways to make an optimizer: each returns a function from a player's parameters to its optimizer."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
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
            if isinstance(group["lr"], Tensor):
                group["moves"].add_(1).clamp_(max=moves)
                group["lr"].copy_(group["initial_lr"] * (1 + torch.cos(math.pi / moves * group["moves"])) / 2)
                continue
            group["moves"] = min(group["moves"] + 1, moves)
            group["lr"] = group["initial_lr"] * (1 + math.cos(math.pi * group["moves"] / moves)) / 2

    def make_decaying(parameters: Iterable[nn.Parameter]) -> Optimizer:
        optimizer = make(parameters)
        for group in optimizer.param_groups:
            group["initial_lr"], group["moves"] = group["lr"], 0
        optimizer.register_step_post_hook(decay)
        return optimizer

    return make_decaying


def tune(optimizer: Optimizer, captured: bool) -> None:
    """Make an optimizer as fast as its device allows; for a CUDA graph, let it keep all that a step reads there.

    Parameters
    ----------
    optimizer : Optimizer. Changed in place. What it has learned stays, and takes the memory format of the parameters,
        whatever format it was loaded in.
    captured : bool. Whether its steps will be part of a graph. Then it is capturable, and a rate that `cosine` lowers
        is a tensor; otherwise neither. In any case it becomes fused, one kernel for all that a step does, where there
        is such a kind and nothing else was asked for.
    """
    for group in optimizer.param_groups:
        where = group["params"][0].device
        if "capturable" in group:
            group["capturable"] = captured
        if group.get("fused", 0) is None and not group["foreach"]:
            group["fused"] = True
        if "moves" in group:
            moves, lr = int(group["moves"]), float(group["lr"])
            group["moves"] = torch.tensor(moves, device=where) if captured else moves
            group["lr"] = torch.tensor(lr, device=where) if captured else lr
    if captured:  # the rounds before a recording are eager on purpose, of which PyTorch would warn
        vars(optimizer)["_warned_capturable_if_run_uncaptured"] = True
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if key == "step":
                state[key] = torch.as_tensor(value, dtype=torch.float32, device=parameter.device)
            elif isinstance(value, Tensor) and value.shape == parameter.shape and value.stride() != parameter.stride():
                state[key] = torch.empty_like(parameter).copy_(value)

"""One source of randomness: torch's global generators, seeded, forked and put back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def seed(number: int) -> None:
    """Seed torch on every device.

    Parameters
    ----------
    number : int. Any integer from 0 to 2**63 - 1.
    """
    torch.manual_seed(number)


@contextmanager
def seeded(number: int | None, where: torch.device) -> Iterator[None]:
    """Draw from a seed for the length of a block, then put the generators back as they were.

    Parameters
    ----------
    number : int or None. The seed. None goes on from the present state, which is put back all the same.
    where : torch.device. Its generator is protected beside the CPU's.
    """
    with torch.random.fork_rng([where] if where.type == "cuda" else [], device_type="cuda"):
        if number is not None:
            torch.manual_seed(number)
        yield


def device(name: str | None = None) -> torch.device:
    """The device to train on: the one asked for, else the best one here.

    Parameters
    ----------
    name : str, optional. Such as ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

    Returns
    -------
    torch.device. A device that exists on this machine.

    Raises
    ------
    ValueError
        If that device does not exist here.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(name)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ValueError(
            f"There is no device {name!r} on this machine: "
            "use 'cpu', or leave the device out and the best one here is taken."
        ) from None
    return chosen


def channels_last(module: nn.Module) -> None:
    """Lay the weights of convolutions out as fast kernels read them: the channels of a pixel beside each other.

    Parameters
    ----------
    module : nn.Module. Its parameters of four dimensions change their strides, not their values; others stay.
    """
    for parameter in module.parameters():
        if parameter.dim() == 4:
            # Not contiguous(), which leaves a weight with one channel its old strides, and its layer the old format.
            last = torch.empty_like(parameter.data, memory_format=torch.channels_last)
            parameter.data = last.copy_(parameter.data)

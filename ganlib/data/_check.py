"""What arguments must be, said in one sentence when they are not."""

import math
from collections.abc import Sequence
from numbers import Integral

import torch
from torch import Tensor

Numbers = float | Sequence[float] | Tensor


def count(name: str, value: int) -> int:
    """Return a whole number of at least one, or say which argument was not."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number, 1 or more, not {value!r}")
    return int(value)


def positive(name: str, value: float) -> float:
    """Return a finite number above zero, or say which argument was not."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be a finite number above zero, not {value!r}")
    return float(value)


def vector(name: str, value: Numbers, size: int, *, above_zero: bool = False) -> Tensor:
    """Return `value`, one number for all or one for each, as a tensor of shape (size,) of its own."""
    tensor = torch.as_tensor(value, dtype=torch.get_default_dtype())
    if tensor.shape not in ((), (size,)):
        raise ValueError(f"{name} must be one number or {size} numbers, not a tensor of shape {tuple(tensor.shape)}")
    if not tensor.isfinite().all() or (above_zero and not (tensor > 0).all()):
        raise ValueError(f"{name} must be finite{' and above zero' * above_zero}, not {tensor.tolist()}")
    return tensor.expand(size).clone()  # expanded numbers share one cell of memory, which no checkpoint can hold


def width(x: Tensor, dim: int) -> Tensor:
    """Return a batch of points of shape (B, dim), or say what its shape was: a wrong one would broadcast unseen."""
    if x.ndim != 2 or x.shape[1] != dim:
        raise ValueError(f"expected points of shape (B, {dim}), not {tuple(x.shape)}")
    return x

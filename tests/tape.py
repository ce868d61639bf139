"""A CUDA graph on a machine without a GPU: what a round asks of the device, written down once and then repeated.

Like a graph, a tape knows tensors and what is done to them, and nothing of Python. Repeated, each operation reads and
writes the very tensors that it had when it was recorded, and draws go on from the random generator. So whatever a round
does beside its operations, such as to count in Python or to choose by a value, is missing from the repetition.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

aten = torch.ops.aten
WAITS = {  # for the device, since what comes back is a number or has as many rows as the values say
    "_local_scalar_dense", "bincount", "equal", "is_nonzero", "masked_select", "multinomial", "nonzero",
    "repeat_interleave", "unique_consecutive", "_unique2",
}  # fmt: skip
EAGER = {"judge_digits", "judge_mnist"}  # recipes that no graph holds: shifts of a batch are drawn in Python
FROM_PYTHON = {"lift_fresh"}  # numbers that a graph would copy from where they no longer are


class Tape(TorchDispatchMode):
    """Recorded while it is entered; `repeat` then does it all once more."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[Any, Any, Any, list[Tensor]]] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        self.steps.append((function, args, kwargs or {}, _tensors(out)))
        return out

    @torch.no_grad()
    def repeat(self) -> None:
        for function, args, kwargs, outs in self.steps:
            for was, now in zip(outs, _tensors(function(*args, **kwargs)), strict=True):
                if was.data_ptr() != now.data_ptr():  # neither a view nor done in place
                    was.copy_(now)

    def unsuited(self) -> set[str]:
        """The operations that a graph cannot hold."""
        names = {function.overloadpacket.__name__ for function, *_ in self.steps} & (WAITS | FROM_PYTHON)
        chosen = [args[1] for f, args, *_ in self.steps if f.overloadpacket in (aten.index, aten.index_put_)]
        if any(x.dtype in (torch.bool, torch.uint8) for x in _tensors(chosen)):
            names.add("a choice of rows by a mask")
        return names


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_flatten(tree)[0] if isinstance(leaf, Tensor)]

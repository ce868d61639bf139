"""The plain network: layers of matrices with a kink between them."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn


def mlp(
    inputs: int,
    outputs: int,
    hidden: Sequence[int] = (128, 128),
    activation: Callable[[], nn.Module] = nn.ReLU,
    final: Callable[[], nn.Module] | None = None,
) -> nn.Sequential:
    """A multilayer perceptron.

    Parameters
    ----------
    inputs, outputs : int. Widths at both ends, >= 1: (B, inputs) -> (B, outputs).
    hidden : sequence of int. Widths between; empty gives one linear layer.
    activation : callable. Makes the module after each hidden layer.
    final : callable, optional. Makes the module after the last layer, such as ``nn.Tanh``.

    Returns
    -------
    nn.Sequential. With PyTorch's default initialisation.

    Raises
    ------
    ValueError
        If a width is not positive.
    """
    widths = [inputs, *hidden, outputs]
    if min(widths) < 1:
        raise ValueError(f"Every width of an mlp must be positive, got {widths}.")
    layers: list[nn.Module] = []
    for here, there in pairwise(widths[:-1]):
        layers += [nn.Linear(here, there), activation()]
    layers.append(nn.Linear(widths[-2], widths[-1]))
    if final is not None:
        layers.append(final())
    return nn.Sequential(*layers)

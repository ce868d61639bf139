"""Starting weights."""

from typing import TypeVar

from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def normal_init(network: Network, std: float = 0.02) -> Network:
    """Draw weights from N(0, std), gains of normalisations from N(1, std), and set biases to zero.

    Parameters
    ----------
    network : nn.Module. Changed in place.
    std : float. Standard deviation, >= 0.

    Returns
    -------
    nn.Module. The same network.

    Source: Radford et al. 2015, arXiv:1511.06434, section 4 (weights). Gains around one, as the authors' code has them:
    around zero they would silence the layer.
    """
    for module in network.modules():
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if weight is None:
            continue
        nn.init.normal_(weight, 0.0 if weight.dim() > 1 else 1.0, std)
        if bias is not None:
            nn.init.zeros_(bias)
    return network

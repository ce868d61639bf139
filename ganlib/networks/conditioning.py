"""How a network is told something beside its input: any network, any condition."""

import torch
from torch import Tensor, nn


class OneHot(nn.Module):
    """A label as a row with a single one.

    Parameters
    ----------
    classes : int. How many, >= 1: (B,) of class numbers -> (B, classes).

    Raises
    ------
    ValueError
        If `classes` is not positive.
    """

    eye: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes < 1:
            raise ValueError(f"One-hot labels need a positive number of classes, got {classes}.")
        self.register_buffer("eye", torch.eye(classes), persistent=False)

    def forward(self, y: Tensor) -> Tensor:
        # Rows of a stored identity: F.one_hot would read the largest label back from the device.
        return self.eye.index_select(0, y)


class Conditioned(nn.Module):
    """A network that reads a condition beside its input: more columns of a vector, more channels of an image.

    Parameters
    ----------
    network : nn.Module. Built for the input with the condition's columns or channels added.
    embed : nn.Module, (B, *C) -> (B, k). What becomes of the condition before it is joined: `OneHot`,
        ``nn.Embedding``, ``nn.Flatten`` or a network. On images each of its k numbers fills a plane.
    """

    def __init__(self, network: nn.Module, embed: nn.Module) -> None:
        super().__init__()
        self.network, self.embed = network, embed

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Join the two and look.

        Parameters
        ----------
        x : Tensor, shape (B, d) or (B, C, H, W).
        condition : Tensor, shape (B, *C). Whatever `embed` takes.

        Returns
        -------
        Tensor. What the network makes of shape (B, d + k), or (B, C + k, H, W).
        """
        beside = self.embed(condition)
        if x.dim() == 4:
            beside = beside[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.network(torch.cat([x, beside], dim=1))

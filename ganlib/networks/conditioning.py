"""How a network is told something beside its input: any network, any condition."""

import torch
from torch import Tensor, nn


class OneHot(nn.Module):
    """A label as a row with a single one. A linear layer behind it makes it an embedding.

    Parameters
    ----------
    classes : int. How many, >= 1: (B,) of class numbers -> (B, classes).

    Raises
    ------
    ValueError
        If `classes` is not positive; in evaluation mode, and so in a rehearsal and in `Game.sample`, also for what is
        not a class number. A round in training mode does not look: that would wait for the device.
    """

    eye: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes < 1:
            raise ValueError(f"One-hot labels need a positive number of classes, got {classes}.")
        self.register_buffer("eye", torch.eye(classes), persistent=False)

    def forward(self, y: Tensor) -> Tensor:
        if not self.training:
            self._check(y)
        # Rows of a stored identity: F.one_hot would read the largest label back from the device.
        return self.eye.index_select(0, y)

    def _check(self, y: Tensor) -> None:
        if y.dim() != 1 or y.is_floating_point():
            raise ValueError(
                f"Labels are whole numbers of shape (n,), not {y.dtype} of shape {tuple(y.shape)}: "
                "give each sample the number of its class."
            )
        if len(y) and not (y.min() >= 0 and y.max() < len(self.eye)):
            wrong = int(y.min() if y.min() < 0 else y.max())
            raise ValueError(
                f"There is no label {wrong}: with {len(self.eye)} classes labels go from 0 to {len(self.eye) - 1}."
            )


class Conditioned(nn.Module):
    """A network that reads a condition beside its input: more columns of a vector, more channels of an image.

    Parameters
    ----------
    network : nn.Module. Built for the input with the condition's columns or channels added.
    embed : nn.Module, (B, *C) -> (B, k) or (B, k, H, W). What becomes of the condition before it is joined: `OneHot`,
        ``nn.Flatten`` or a network. On images each of its k numbers fills a plane.
    first : nn.Module, optional. What becomes of the input before it is joined, such as ``nn.Flatten`` of an image that
        goes into fully connected layers.
    """

    def __init__(self, network: nn.Module, embed: nn.Module, first: nn.Module | None = None) -> None:
        super().__init__()
        self.first = nn.Identity() if first is None else first
        self.network, self.embed = network, embed

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Join the two and look.

        Parameters
        ----------
        x : Tensor, shape (B, d) or (B, C, H, W), or whatever `first` makes one of these.
        condition : Tensor, shape (B, *C). Whatever `embed` takes.

        Returns
        -------
        Tensor. What the network makes of shape (B, d + k), or (B, C + k, H, W).
        """
        x, beside = self.first(x), self.embed(condition)
        if x.dim() == 4 and beside.dim() == 2:
            beside = beside[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.network(torch.cat([x, beside], dim=1))

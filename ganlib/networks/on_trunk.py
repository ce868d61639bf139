"""A second opinion on what another network has seen."""

from torch import Tensor, nn


class OnTrunk(nn.Module):
    """A head on a trunk that belongs to another network: two answers, but each player owns its own.

    Parameters
    ----------
    trunk : nn.Module, (B, *S) -> (B, k). Watched, not owned: its parameters are not among this network's. With
        ``D = nn.Sequential(trunk, last)`` it is ``D[:-1]`` as well as ``trunk``.
    head : nn.Module, (B, k) -> (B, m). What is this network's own.
    """

    trunk: nn.Module

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.head = head
        self.__dict__["trunk"] = trunk  # not a child: its owner trains it, moves it and saves it, once

    def forward(self, x: Tensor) -> Tensor:
        """Look with the other's eyes: shape (B, m) for x of shape (B, *S)."""
        answer: Tensor = self.head(self.trunk(x))
        return answer

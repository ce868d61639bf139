"""A running average of a network's weights: the generator one samples from, beside the one that trains."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class EMA(nn.Module):
    """The exponential moving average of a network's parameters; buffers are copied.

    Parameters
    ----------
    network : nn.Module. The one that trains. It is watched, not owned.
    decay : float. Share of the average that is kept at each update, in [0, 1). A decay of .995 looks back some 200
        updates.

    Raises
    ------
    ValueError
        If `decay` is outside [0, 1).

    Source: Yazıcı et al. 2018, arXiv:1806.04498, eq. 4.
    """

    network: nn.Module
    average: nn.Module

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"The decay of an EMA lies in [0, 1), got {decay}.")
        self.decay = decay
        self.average = copy.deepcopy(network).requires_grad_(False)
        self.__dict__["network"] = network  # not a child: the game owns it, and saves it once

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the network's present weights."""
        for mean, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(parameter, 1 - self.decay)
        for kept, buffer in zip(self.average.buffers(), self.network.buffers(), strict=True):
            kept.copy_(buffer)

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """Let the network carry the averaged weights for the length of a block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for mean, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
            kept = mean.data
            mean.data, parameter.data = parameter.data, kept

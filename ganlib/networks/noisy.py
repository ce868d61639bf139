"""A fully connected classifier that never sees its input, or any of its layers, without noise."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class NoisyClassifier(nn.Module):
    """From examples to one score per class, with Gaussian noise before every layer while it trains.

    The rows of each matrix have length one and are multiplied by a gain each; the gains of the hidden layers are set by
    `initialise` and stay, those of the scores are learned.

    Parameters
    ----------
    inputs, classes : int. Widths at both ends, >= 1: (B, *S) with `inputs` numbers each -> (B, classes).
    hidden : sequence of int. Widths between, at least one.
    noise : tuple of float. Standard deviation of the noise on the input, after `low` has been taken to 0, and on hidden
        units, whose own is about one.
    low : float. The input's least value, below 1: it is taken to 0, and 1 to 1. The default changes nothing.

    Raises
    ------
    ValueError. If a width is not positive, or there is no hidden layer.

    Source: Salimans et al. 2016, arXiv:1606.03498, section 6.1, and its code; weight normalisation from Salimans and
    Kingma 2016, arXiv:1602.07868, eq. 2, and its section 3 for the start.
    """

    def __init__(
        self,
        inputs: int,
        classes: int = 10,
        hidden: Sequence[int] = (256, 128, 64, 64, 64),
        noise: tuple[float, float] = (0.3, 0.5),
        low: float = 0.0,
    ) -> None:
        super().__init__()
        widths = [inputs, *hidden, classes]
        if len(widths) < 3 or min(widths) < 1:
            raise ValueError(f"A noisy classifier needs positive widths and a hidden layer, got {widths}.")
        self.noise, self.low = noise, low
        self.layers = nn.ModuleList(_Row(a, b, learn_gain=False) for a, b in pairwise(widths[:-1]))
        self.classify = _Row(widths[-2], classes, learn_gain=True)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, before its noise.

        Parameters
        ----------
        x : Tensor, shape (B, *S).

        Returns
        -------
        Tensor, shape (B, width). Not negative.
        """
        h = self._noisy((x.flatten(1) - self.low) / (1 - self.low), self.noise[0])
        for layer in self.layers[:-1]:
            h = self._noisy(layer(h).relu(), self.noise[1])
        return self.layers[-1](h).relu()

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes (logits), shape (B, classes), for examples of shape (B, *S)."""
        return self.classify(self._noisy(self.features(x), self.noise[1]))

    @torch.no_grad()
    def initialise(self, x: Tensor) -> None:
        """Set every gain and bias so that each unit has mean 0 and variance 1 over some examples, noise included.

        Parameters
        ----------
        x : Tensor, shape (B, *S). A few hundred examples, on the network's device.
        """
        h = (x.flatten(1) - self.low) / (1 - self.low)
        for layer in (*self.layers, self.classify):
            h = self._noisy(h, self.noise[0] if layer is self.layers[0] else self.noise[1])
            layer.gain.fill_(1)
            layer.bias.fill_(0)
            there = layer(h)
            layer.gain.copy_(1 / (there.std(0, correction=0) + 1e-6))
            layer.bias.copy_(-there.mean(0) * layer.gain)
            h = layer(h).relu()

    def _noisy(self, h: Tensor, std: float) -> Tensor:
        return h + std * torch.randn_like(h) if self.training else h


class _Row(nn.Module):
    """A linear layer whose rows have length one, times a gain."""

    gain: Tensor

    def __init__(self, inputs: int, outputs: int, learn_gain: bool) -> None:
        super().__init__()
        self.direction = nn.Parameter(0.1 * torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.gain = nn.Parameter(torch.ones(outputs), requires_grad=learn_gain)

    def forward(self, x: Tensor) -> Tensor:
        # scaling what comes out is cheaper than scaling the matrix
        return linear(x, self.direction) * (self.gain / self.direction.norm(dim=1)) + self.bias

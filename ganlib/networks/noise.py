"""Noise that only a training network sees."""

import math

import torch
from torch import Tensor, nn


class Noise(nn.Module):
    """Adds Gaussian noise while training, nothing in evaluation mode.

    In front of a discriminator it is *instance noise*: real and fake are told apart only as far as they differ by more
    than the noise, and so their densities overlap, whatever the generator does. In front of InfoGAN's reader it keeps
    the code out of details that nobody would see.

    Parameters
    ----------
    std : float. Its standard deviation, in the units of the input; 0 or more.

    Raises
    ------
    ValueError
        If `std` is negative or not finite.

    Source: Sønderby et al. 2017, arXiv:1610.04490, section 3; Arjovsky and Bottou 2017, arXiv:1701.04862, section 3.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        if not (std >= 0 and math.isfinite(std)):
            raise ValueError(f"Noise needs a standard deviation of 0 or more, got {std}.")
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """The input with noise of its own shape: (B, *S) -> (B, *S)."""
        return x + self.std * torch.randn_like(x) if self.training else x

    def extra_repr(self) -> str:
        return f"std={self.std:g}"

"""Toy densities: mixtures of Gaussians. Their modes and density are known, so that a claim about G can be checked."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, distributions, nn

from ganlib.data import _check
from ganlib.data._check import Numbers

__all__ = ["Mixture", "grid", "mixture_1d", "ring", "spiral"]


class Mixture(nn.Module):
    """A mixture of isotropic Gaussians: a source of samples with an exact density.

    Calling it with a size draws that many points on its device; nothing is read back from the device.

    Parameters
    ----------
    modes : (K, d) numbers. The centres.
    std : float or K floats. Standard deviation of every coordinate around its centre, in the units of the data.
    weights : K floats, optional. Relative shares of the modes, above zero; equal by default.

    Attributes
    ----------
    modes : Tensor, shape (K, d).
    std : Tensor, shape (K,).
    weights : Tensor, shape (K,). They add up to one.
    dim : int. The d of a point's shape (d,); one-dimensional data has d = 1.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range.
    """

    modes: Tensor
    std: Tensor
    weights: Tensor
    edges: Tensor

    def __init__(
        self, modes: Sequence[Sequence[float]] | Tensor, std: Numbers, weights: Sequence[float] | Tensor | None = None
    ) -> None:
        super().__init__()
        centres = torch.as_tensor(modes, dtype=torch.get_default_dtype()).clone()
        if centres.ndim != 2 or centres.numel() == 0 or not centres.isfinite().all():
            raise ValueError(f"modes must be finite numbers of shape (K, d), not of shape {tuple(centres.shape)}")
        if weights is not None and len(weights) != len(centres):
            raise ValueError(f"weights must be {len(centres)} numbers, one for each mode, not {len(weights)}")
        shares = _check.vector("weights", 1.0 if weights is None else weights, len(centres), above_zero=True).double()
        shares = shares / shares.sum()
        self.register_buffer("modes", centres)
        self.register_buffer("std", _check.vector("std", std, len(centres), above_zero=True))
        self.register_buffer("weights", shares.to(centres.dtype))
        # Where one mode's share of [0, 1) ends and the next begins. The outer ends are left out, so a number drawn
        # from [0, 1) always falls to some mode, whatever the rounding.
        self.register_buffer("edges", shares.cumsum(0)[:-1].to(centres.dtype), persistent=False)

    @property
    def dim(self) -> int:
        """Length of one point."""
        return self.modes.shape[1]

    @property
    def distribution(self) -> distributions.MixtureSameFamily:
        """The same density as a `torch.distributions` object (which checks its arguments by reading the device)."""
        spread = self.std.unsqueeze(1).expand_as(self.modes)
        around = distributions.Independent(distributions.Normal(self.modes, spread), 1)
        return distributions.MixtureSameFamily(distributions.Categorical(self.weights), around)

    def forward(self, n: int) -> Tensor:
        """Draw n independent points.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n, d). On the mixture's device, from PyTorch's global generator there.
        """
        device, dtype = self.modes.device, self.modes.dtype
        # The cumulative shares, inverted: torch.multinomial may read the device.
        which = torch.bucketize(torch.rand(n, device=device, dtype=dtype), self.edges, right=True)
        spread = self.std.index_select(0, which).unsqueeze(1)
        return self.modes.index_select(0, which) + spread * torch.randn(n, self.dim, device=device, dtype=dtype)

    def log_prob(self, x: Tensor) -> Tensor:
        """Score points by the exact log density.

        Parameters
        ----------
        x : Tensor, shape (B, d).

        Returns
        -------
        Tensor, shape (B,). Nats.

        Raises
        ------
        ValueError
            If `x` is not of shape (B, d).
        """
        squares = (_check.width(x, self.dim).unsqueeze(1) - self.modes).square().sum(2)
        height = self.weights.log() - self.dim * (self.std.log() + 0.5 * math.log(2 * math.pi))
        return torch.logsumexp(height - 0.5 * squares / self.std.square(), dim=1)

    def extra_repr(self) -> str:
        return f"{len(self.modes)} modes, dim={self.dim}"


def mixture_1d(
    means: Sequence[float] | Tensor, stds: Numbers, weights: Sequence[float] | Tensor | None = None
) -> Mixture:
    """Mix Gaussians on the line.

    Parameters
    ----------
    means : K floats. The centres.
    stds : float or K floats. Above zero, in the units of the data.
    weights : K floats, optional. Relative shares, above zero; equal by default.

    Returns
    -------
    Mixture. Its points have shape (1,), so a batch has shape (n, 1).

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range.
    """
    centres = torch.as_tensor(means, dtype=torch.get_default_dtype())
    if centres.ndim != 1:
        raise ValueError(f"means must be a list of numbers, not of shape {tuple(centres.shape)}")
    return Mixture(centres.unsqueeze(1), stds, weights)


def ring(modes: int = 8, radius: float = 1.0, std: float = 0.01) -> Mixture:
    """Place equal Gaussians evenly on a circle around the origin.

    Parameters
    ----------
    modes : int. How many, 1 or more. The first lies at angle 0, the others follow anticlockwise.
    radius : float. Of the circle, above zero, in the units of the data.
    std : float. Of each Gaussian in both coordinates, above zero, in the units of the data.

    Returns
    -------
    Mixture. Points of shape (2,).

    Raises
    ------
    ValueError
        If an argument is out of range.

    Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, Table 1, whose values are the defaults.
    """
    # k/K of a turn, k < K: a full turn included would place the last mode on the first.
    angle = 2 * math.pi * torch.arange(_check.count("modes", modes), dtype=torch.float64) / modes
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    return Mixture(_check.positive("radius", radius) * circle, _check.positive("std", std))


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> Mixture:
    """Place equal Gaussians on a square grid centred on the origin.

    Parameters
    ----------
    side : int. Modes along one side, 1 or more; side * side in all.
    spacing : float. Between neighbours, above zero, in the units of the data.
    std : float. Of each Gaussian in both coordinates, above zero, in the units of the data.

    Returns
    -------
    Mixture. Points of shape (2,).

    Raises
    ------
    ValueError
        If an argument is out of range.

    Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, Table 1, whose values are the defaults.
    """
    steps = torch.arange(_check.count("side", side), dtype=torch.float64) - (side - 1) / 2
    line = _check.positive("spacing", spacing) * steps
    return Mixture(torch.cartesian_prod(line, line).reshape(-1, 2), _check.positive("std", std))


def spiral(modes: int = 100, turns: float = 2.0, radius: float = 1.0, std: float = 0.04) -> Mixture:
    """Place equal Gaussians along an Archimedean spiral, at equal distances along the curve.

    A noisy curve has no density in closed form; Gaussians strung along it have one. At the default values neighbours
    are 1.6 `std` apart and melt into an even ribbon, as two equal Gaussians share a single peak when their centres are
    at most 2 `std` apart. A mode of this mixture is then a stretch of the curve, and the number of modes found says how
    much of the curve is covered. With fewer modes or a smaller `std` the ribbon breaks into beads.

    Parameters
    ----------
    modes : int. Gaussians along the curve, 1 or more, from the origin outwards.
    turns : float. Full turns of the curve, above zero.
    radius : float. Distance of the outer end from the origin, above zero, in the units of the data.
    std : float. Of each Gaussian in both coordinates, above zero, in the units of the data.

    Returns
    -------
    Mixture. Points of shape (2,).

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    total = 2 * math.pi * _check.positive("turns", turns)
    # Arc length of r = angle from the origin, inverted by interpolation.
    angle = np.linspace(0, total, 10_001)
    length = (angle * np.sqrt(1 + angle**2) + np.arcsinh(angle)) / 2
    even = np.interp(np.linspace(0, length[-1], _check.count("modes", modes)), length, angle)
    curve = np.stack([even * np.cos(even), even * np.sin(even)], axis=1)
    return Mixture(torch.from_numpy(_check.positive("radius", radius) / total * curve), _check.positive("std", std))

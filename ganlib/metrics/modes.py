"""Counting modes: which of a known mixture's modes the samples found, how cleanly, and in what shares."""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class HasModes(Protocol):
    """What is asked of a mixture of isotropic Gaussians; every `ganlib.data.Mixture` has it."""

    @property
    def modes(self) -> Tensor:
        """Shape (K, d): the centres."""

    @property
    def std(self) -> Tensor:
        """Shape () or (K,): the standard deviation of every coordinate around its centre."""

    @property
    def weights(self) -> Tensor:
        """Shape (K,): the modes' shares, adding up to one."""


@dataclass(frozen=True)
class ModeReport:
    """What `modes` counted, beside what a perfect sampler would score. Shares in [0, 1], divergences in nats."""

    covered: int
    """Modes with enough high-quality samples."""
    total: int
    """Modes there are, K."""
    high_quality: float
    """Share of samples within reach of a mode."""
    reverse_kl: float
    """KL of the high-quality samples' shares from the true ones; NaN when there is no such sample."""
    ceiling: float
    """Share of high-quality samples a perfect sampler has, on average; with overlapping modes it has more."""
    floor: float
    """The reverse KL a perfect sampler has, on average: (K - 1) / 2n, of chance alone."""
    counts: tuple[int, ...]
    """High-quality samples of each mode."""

    def __str__(self) -> str:
        kl = "undefined" if math.isnan(self.reverse_kl) else f"{self.reverse_kl:.3f}"
        return (
            f"{self.covered} of {self.total} modes, "
            f"high quality {100 * self.high_quality:.1f} % (ceiling {100 * self.ceiling:.2f} %), "
            f"reverse KL {kl} (floor {self.floor:.4f})"
        )


@torch.no_grad()
def modes(samples: Tensor, mixture: HasModes, within: float = 3.0, at_least: int = 1) -> ModeReport:
    """Count the modes that samples cover.

    A sample belongs to the mode it is nearest to, in that mode's standard deviations, and is of high quality when it
    lies within `within` of them. A mode is covered when `at_least` high-quality samples belong to it. Read alone, the
    share of high quality rewards collapse; the reverse KL sees uneven shares: one mode of K equal ones scores log K.

    Parameters
    ----------
    samples : Tensor, shape (n, d). In the units of the mixture; PacGAN draws n = 2500.
    mixture : object with `modes` (K, d), `std` () or (K,) and `weights` (K,). For instance `ganlib.data.ring()`.
    within : float. Radius of a mode, in standard deviations.
    at_least : int. High-quality samples that make a mode covered.

    Returns
    -------
    ModeReport. `print` it for one line.

    Raises
    ------
    ValueError. If the samples' shape does not fit the mixture, or there are none.

    Source: Lin et al. 2018 (PacGAN), arXiv:1712.04086, section 4.1, and its code, which leaves samples of low quality
    out of the reverse KL.
    """
    centres = mixture.modes.detach().to("cpu", torch.float64)
    total, dim = centres.shape
    if samples.dim() != 2 or samples.shape[1] != dim or not len(samples):
        raise ValueError(f"the mixture's points have shape (n, {dim}), n >= 1, but the samples {tuple(samples.shape)}")
    points = samples.detach().to("cpu", torch.float64)
    distance = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = (distance / mixture.std.detach().to("cpu", torch.float64)).min(dim=1)
    counts = nearest.indices[nearest.values < within].bincount(minlength=total)
    good = int(counts.sum())
    shares, true = counts / max(good, 1), mixture.weights.detach().to("cpu", torch.float64)
    return ModeReport(
        covered=int((counts >= at_least).sum()),
        total=total,
        high_quality=good / len(samples),
        reverse_kl=float(torch.xlogy(shares, shares / true).sum()) if good else math.nan,
        # |x - centre|^2 / std^2 is chi squared with d degrees of freedom.
        ceiling=float(torch.special.gammainc(torch.tensor(dim / 2.0).double(), torch.tensor(within**2 / 2).double())),
        floor=(total - 1) / (2 * len(samples)),
        counts=tuple(counts.tolist()),
    )

"""The Parzen-window log-likelihood, as the authors of GAN measured it: a density made of one Gaussian on every sample.

It can be computed for any sampler, and that is all that speaks for it: it moves by tens of nats with the number of
samples, and at equal n a few cluster centres beat real data. Compare only numbers of equal n, and report n, sigma and
the error.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_SIGMAS = tuple(10 ** (k / 9 - 1) for k in range(10))
"""Ten values from 0.1 to 1, evenly spaced in the logarithm."""


@dataclass(frozen=True)
class ParzenReport:
    """A mean log-likelihood and what it depends on."""

    nats: float
    """Mean log density of the test points."""
    standard_error: float
    """Standard deviation over the test points, divided by the square root of their number."""
    sigma: float
    """Width of the windows, in the units of the data, chosen on the validation points."""
    n: int
    """Number of samples, each the centre of a window."""
    tried: tuple[float, float]
    """Smallest and largest width tried."""

    @property
    def at_edge(self) -> bool:
        """Whether a width outside the range tried might have been better."""
        return self.tried[0] < self.tried[1] and self.sigma in self.tried

    def __str__(self) -> str:
        edge = ""
        if self.at_edge:
            end, more = ("smallest", "smaller") if self.sigma == self.tried[0] else ("largest", "larger")
            edge = f"; sigma is the {end} tried: try {more} ones"
        return f"{self.nats:.1f} ± {self.standard_error:.1f} nats (sigma {self.sigma:.3g}, {self.n} samples{edge})"


@torch.no_grad()
def parzen_log_likelihood(x: Tensor, samples: Tensor, sigma: float) -> Tensor:
    """The log density, at x, of the mean of Gaussians centred on the samples.

    Parameters
    ----------
    x : Tensor, shape (m, *S). Where.
    samples : Tensor, shape (n, *S). The centres, in the same units.
    sigma : float, > 0. Standard deviation of every window in every coordinate, in those units.

    Returns
    -------
    Tensor, shape (m,). Nats, float64.

    Raises
    ------
    ValueError. If shapes do not fit, a set is empty or sigma is not positive.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 5; Breuleux et al. 2011.
    """
    points = _points(x)
    return _log_likelihoods(points, _points(samples).to(points.device), [sigma])[0]


@torch.no_grad()
def parzen(samples: Tensor, validation: Tensor, test: Tensor, sigmas: Sequence[float] = _SIGMAS) -> ParzenReport:
    """Fit Parzen windows to samples and score test points, by the protocol of the first GAN paper.

    The published MNIST numbers need: pixels in [0, 1], not binarised; 10,000 samples; the first 1000 validation images
    (the training set's last 10,000 are for validation); all 10,000 test images; the default widths.

    Parameters
    ----------
    samples : Tensor, shape (n, *S). The generator's, each the centre of a window.
    validation : Tensor, shape (v, *S). Real points on which the width is chosen, in the same units.
    test : Tensor, shape (m, *S). Real points that are scored, in the same units.
    sigmas : sequence of float, > 0. Widths to try, in the units of the data.

    Returns
    -------
    ParzenReport. `print` it for one line.

    Raises
    ------
    ValueError. If shapes do not fit, a set is empty or a width is not positive.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 5 and table 1, and the authors' parzen_ll.py.
    """
    scored = _points(test)
    centres, chosen_on = _points(samples).to(scored.device), _points(validation).to(scored.device)
    widths = [float(sigma) for sigma in sigmas]
    if not widths:
        raise ValueError("there is no width to try: give at least one sigma")
    sigma = widths[int(_log_likelihoods(chosen_on, centres, widths).mean(dim=1).argmax())]
    each = _log_likelihoods(scored, centres, [sigma])[0]
    error = float(each.std(correction=0)) / math.sqrt(len(each))
    return ParzenReport(float(each.mean()), error, sigma, len(centres), (min(widths), max(widths)))


def _points(x: Tensor) -> Tensor:
    """One float64 row a point; on the CPU where the device has no float64."""
    x = x.detach().cpu() if x.device.type == "mps" else x.detach()
    return x[:, None].flatten(1).double()


def _log_likelihoods(x: Tensor, centres: Tensor, sigmas: Sequence[float], rows: int = 512) -> Tensor:
    """Log densities of shape (widths, points), a few rows of distances at a time so that memory stays small."""
    if not len(x) or not len(centres) or x.shape[1] != centres.shape[1]:
        raise ValueError(
            f"points and samples must be rows of one length, at least one of each: "
            f"{tuple(x.shape)} and {tuple(centres.shape)} are not"
        )
    if not all(sigma > 0 for sigma in sigmas):
        raise ValueError(f"the width of a window must be above zero, not {min(sigmas)}")
    n, dim = centres.shape
    blocks = []
    for block in x.split(rows):
        squares = torch.cdist(block, centres).square()
        blocks.append(
            torch.stack(
                [
                    torch.logsumexp(-squares / (2 * s**2), dim=1)
                    - math.log(n)
                    - dim * math.log(s * math.sqrt(2 * math.pi))
                    for s in sigmas
                ]
            )
        )
    return torch.cat(blocks, dim=1)

"""The Fréchet distance between two Gaussians that have the moments of real and of generated features.

With Inception's features it is the FID. It is biased: two sets of samples of one distribution score above zero, the
more the fewer they are, so only numbers of equal n compare, and the floor is printed beside each.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlib.metrics.features import Features, Moments, extract, moments, pair, same_length
from ganlib.metrics.intervals import normal


@dataclass(frozen=True)
class FrechetReport:
    """A Fréchet distance, in squared units of the features, beside what a perfect sampler scores at these sizes."""

    value: float
    """The distance of the samples' moments; published numbers are this one."""
    low: float
    """Lower end of the interval for its expected value at these sizes, its bias included."""
    high: float
    """Upper end of that interval."""
    floor: float
    """What a perfect sampler scores on average at these sizes, see `frechet_floor`."""
    n_real: float
    """Real samples; `math.inf` when the moments are known."""
    n_fake: int
    """Generated samples."""

    def __str__(self) -> str:
        return (
            f"Fréchet distance {self.value:.4g} [{self.low:.4g}, {self.high:.4g}] "
            f"(n {self.n_real} and {self.n_fake}, a perfect sampler {self.floor:.3g})"
        )


def frechet(
    real: Tensor | Moments,
    fake: Tensor,
    features: Features | None = None,
    *,
    chunk: int = 200,
    level: float = 0.95,
) -> FrechetReport:
    """The Fréchet distance between real and generated features, with its error bar and its floor.

    The interval is a jackknife to first order (the distance is a smooth function of the moments: each sample's
    influence is a quadratic form). It says where the average over fresh samples of the same sizes lies, and so belongs
    beside the floor at these sizes; the distance without bias lies lower. It needs more samples than features have
    dimensions, better ten times as many.

    Parameters
    ----------
    real : Tensor, shape (n, *S), or Moments, which are then taken as given: the interval is about the fakes alone.
    fake : Tensor, shape (m, *S). In the same units.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    chunk : int. Samples at a time.
    level : float, in (0, 1). Of the interval.

    Returns
    -------
    FrechetReport. `print` it for one line.

    Raises
    ------
    ValueError. If there are fewer than two samples of a kind, or features are not finite or not of one length.

    Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6; Dowson & Landau 1982. Influence: Efron & Stein 1981, and the
    gradient of the distance, identity minus the optimal transport map (see Bhatia, Jain & Lim 2019, arXiv:1712.01504).
    """
    if isinstance(real, Moments):
        x, y = None, extract(fake, features, chunk=chunk)
        same_length(len(real.mean), y.shape[1])
        p = Moments(real.n, real.mean.to(y), real.covariance.to(y))
    else:
        x, y = pair(real, fake, features, chunk)
        p = moments(x, chunk=chunk)
    q = moments(y, chunk=chunk)
    value, slope_p, slope_q = _distance_and_slopes(p, q)
    variance = _variance(y, q, p, slope_q, chunk)
    if x is not None:
        variance += _variance(x, p, q, slope_p, chunk)
    interval = normal(value, variance, level)
    floor = frechet_floor(p.covariance, p.n, q.n)
    return FrechetReport(value, max(0.0, interval.low), interval.high, floor, p.n, len(y))


def frechet_distance(a: Moments, b: Moments) -> float:
    """|mean - mean|² + tr(A + B - 2 (A^½ B A^½)^½): the squared 2-Wasserstein distance of two Gaussians.

    The last trace is the sum of the singular values of F_aᵀ F_b, where F Fᵀ are the covariances: always real, exact to
    rounding for singular covariances too, and never the square root of a matrix that is not symmetric.

    Parameters
    ----------
    a, b : Moments. Of one length.

    Returns
    -------
    float, >= 0. Squared units of the features.

    Raises
    ------
    ValueError. If the moments are not of one length.

    Source: Dowson & Landau 1982; Heusel et al. 2017, arXiv:1706.08500, eq. 6.
    """
    same_length(len(a.mean), len(b.mean))
    overlap = torch.linalg.svdvals(_factor(a.covariance)[0].T @ _factor(b.covariance)[0].to(a.mean.device))
    return _distance(a, b, overlap)


def frechet_bias(d: int, n: float, m: float | None = None) -> float:
    """The expected Fréchet distance between n and m samples of one N(0, I_d): 2d/n + d(d + 1)/2n when n = m.

    To first order in 1/n, so for n well above d. The means give d(1/n + 1/m); the covariances d(d + 1)/4 (1/n + 1/m).

    Parameters
    ----------
    d : int. Dimensions.
    n, m : float. Sizes of the two sets; without m they are equal, and `math.inf` stands for known moments.

    Returns
    -------
    float.

    Source: derived from the second derivative of the distance; compare Chong & Forsyth 2020, arXiv:1911.07023.
    """
    return (d + d * (d + 1) / 4) * (1 / n + 1 / (n if m is None else m))


def frechet_floor(covariance: Tensor, n: float, m: float | None = None) -> float:
    """The expected Fréchet distance between n and m samples of one N(mean, covariance): a perfect sampler's score.

    With the covariance's eigenvalues l, (1/n + 1/m) (sum_i l_i + ½ sum_ij l_i l_j (1 + [i = j]) / (l_i + l_j)), to
    first order in 1/n. Features with heavier tails than a Gaussian have a higher floor.

    Parameters
    ----------
    covariance : Tensor, shape (d, d). Of the features.
    n, m : float. Sizes of the two sets; without m they are equal, and `math.inf` stands for known moments.

    Returns
    -------
    float. Squared units of the features.

    Source: as `frechet_bias`, in the covariance's eigenbasis.
    """
    values = torch.linalg.eigvalsh(covariance.double()).clamp_min(0)
    products, sums = values[:, None] * values, values[:, None] + values
    terms = torch.where(sums > 0, products / sums, 0.0)  # 0/0 where both directions are empty
    expected = float(values.sum() + (terms.sum() + terms.diagonal().sum()) / 2)
    return expected * (1 / n + 1 / (n if m is None else m))


def _factor(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """F of shape (d, r) with F Fᵀ = covariance, and its pseudo-inverse; eigenvalues that are rounding are left out."""
    values, vectors = torch.linalg.eigh(covariance.double())
    kept = values > len(values) * torch.finfo(values.dtype).eps * values[-1].clamp_min(0)
    roots, vectors = values[kept].sqrt(), vectors[:, kept]
    return vectors * roots, (vectors / roots).T


def _distance(a: Moments, b: Moments, overlap: Tensor) -> float:
    squares = (a.mean - b.mean.to(a.mean)).square().sum() + a.covariance.trace() + b.covariance.trace().to(a.mean)
    return max(0.0, float(squares - 2 * overlap.sum()))


def _distance_and_slopes(a: Moments, b: Moments) -> tuple[float, Tensor, Tensor]:
    """The distance and its derivatives by both covariances: identity minus the map that carries one to the other."""
    (f, f_inverse), (g, g_inverse) = _factor(a.covariance), _factor(b.covariance)
    left, overlap, right = torch.linalg.svd(f.T @ g, full_matrices=False)
    turn = left @ right
    one = torch.eye(len(f), dtype=f.dtype, device=f.device)
    to_b, to_a = g @ turn.T @ f_inverse, f @ turn @ g_inverse
    return _distance(a, b, overlap), one - to_b, one - to_a


def _variance(x: Tensor, own: Moments, other: Moments, slope: Tensor, chunk: int) -> float:
    """What the scatter of these samples adds to the distance's variance: that of their influences, over n."""
    parts = []
    for rows in x.split(chunk):
        centred = rows.double() - own.mean
        parts.append(((centred @ slope) * centred).sum(dim=1) + 2 * centred @ (own.mean - other.mean))
    return float(torch.cat(parts).var()) / len(x)

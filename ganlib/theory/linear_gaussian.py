"""The one latent-variable model in which nothing is intractable: x = W z + mean + noise, all Gaussian.

Its likelihood, its posterior and the evidence lower bound of any Gaussian guess at that posterior are closed forms, and
the W and the noise that make data most likely are those of probabilistic PCA. Nats, float64, torch only.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal


@dataclass(frozen=True)
class LinearGaussian:
    """z ~ N(0, I_k), and x given z ~ N(W z + mean, variance I_d).

    Attributes
    ----------
    W : Tensor, shape (d, k). Data units per unit of code; k may be zero.
    mean : Tensor, shape (d,). In data units.
    variance : Tensor, shape (), > 0. Of the noise in every coordinate, squared data units.

    Source: Tipping & Bishop 1999, Probabilistic principal component analysis, JRSS B 61, eq. 1 and 2.
    """

    W: Tensor
    mean: Tensor
    variance: Tensor

    @property
    def covariance(self) -> Tensor:
        """W W' + variance I, shape (d, d): what x looks like when nobody has seen z."""
        return self.W @ self.W.T + self.variance * torch.eye(len(self.mean), dtype=self.W.dtype)

    @property
    def precision(self) -> Tensor:
        """W'W / variance + I, shape (k, k): the inverse covariance of z once x has been seen, whatever x is."""
        return self.W.T @ self.W / self.variance + torch.eye(self.W.shape[1], dtype=self.W.dtype)

    def log_prob(self, x: Tensor) -> Tensor:
        """The log density of x, with z integrated out.

        Parameters
        ----------
        x : Tensor, shape (n, d). In data units.

        Returns
        -------
        Tensor, shape (n,). Nats.

        Source: Tipping & Bishop 1999, eq. 4.
        """
        return MultivariateNormal(self.mean, self.covariance).log_prob(x.to(self.W))

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """p(z|x), which is Gaussian, with one covariance for all x.

        Parameters
        ----------
        x : Tensor, shape (n, d). In data units.

        Returns
        -------
        tuple of Tensor, shapes (n, k) and (k, k). Means and covariance.

        Source: Tipping & Bishop 1999, eq. 6.
        """
        covariance = torch.linalg.inv(self.precision)
        return (x.to(self.W) - self.mean) @ self.W @ covariance / self.variance, covariance

    def elbo(self, x: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
        """E_q log p(x|z) - KL(q(z) || p(z)) for a Gaussian q, as it stands: log p(x) minus KL(q || p(z|x)).

        Parameters
        ----------
        x : Tensor, shape (n, d). In data units.
        mean : Tensor, shape (n, k). Of q, for each x.
        covariance : Tensor, shape (k, k) or (n, k, k). Of q, positive definite.

        Returns
        -------
        Tensor, shape (n,). Nats; at most `log_prob(x)`, and equal to it only at the posterior.

        Source: Kingma & Welling 2014, arXiv:1312.6114, eq. 3; the expectations are of quadratic forms.
        """
        mean, covariance = mean.to(self.W), covariance.to(self.W)
        d, k = self.W.shape
        residual = (x.to(self.W) - self.mean - mean @ self.W.T).square().sum(-1)
        spread = torch.einsum("di,...ij,dj->...", self.W, covariance, self.W)
        said = -(d * torch.log(2 * math.pi * self.variance) + (residual + spread) / self.variance) / 2
        trace = covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
        return said - (trace + mean.square().sum(-1) - k - torch.logdet(covariance)) / 2


def ppca(x: Tensor, k: int) -> LinearGaussian:
    """Probabilistic PCA: of all linear-Gaussian models with k codes, the one under which the data are most likely.

    The columns of W are the k leading eigenvectors of the data's covariance, scaled to sqrt(eigenvalue - variance);
    the variance is the mean of the eigenvalues that were discarded. Any rotation of the codes is as likely; this one
    has orthogonal columns, so that its posterior is diagonal.

    Parameters
    ----------
    x : Tensor, shape (n, d). The data.
    k : int. Length of the code, 0 <= k < d.

    Returns
    -------
    LinearGaussian. In float64.

    Raises
    ------
    ValueError. If k is not below d, or nothing is left for the noise.

    Source: Tipping & Bishop 1999, eq. 7 and 8, with R = I.
    """
    points = x.detach().double()
    d = points.shape[1]
    if not 0 <= k < d:
        raise ValueError(f"ppca needs a code shorter than the data: k is {k}, the points have {d} coordinates.")
    mean = points.mean(0)
    values, vectors = torch.linalg.eigh((points - mean).T @ (points - mean) / len(points))
    variance = values[: d - k].mean()
    if not variance > 1e-12 * values[-1]:
        raise ValueError(f"the data lie in {k} dimensions or fewer, and leave no noise: take a smaller k.")
    scale = (values[d - k :].flip(0) - variance).clamp(min=0).sqrt()
    return LinearGaussian(vectors[:, d - k :].flip(1) * scale, mean, variance)


def importance_weighted(log_weights: Tensor) -> Tensor:
    """The logarithm of a mean of importance weights: on average a lower bound on log p(x) that rises with their number.

    One weight gives a draw of the evidence lower bound; the mean of the logarithms, over any number, is still only
    that. With weights p(x, z_i) / q(z_i|x), L_1 <= L_2 <= ... <= log p(x), each being the expectation over the z_i.

    Parameters
    ----------
    log_weights : Tensor, shape (k, ...). Logarithms of k independent weights, along the first axis.

    Returns
    -------
    Tensor, shape (...). Nats: one draw of the bound for every column.

    Raises
    ------
    ValueError. If there is no weight.

    Source: Burda et al. 2016, arXiv:1509.00519, eq. 8 and theorem 1.
    """
    if not len(log_weights):
        raise ValueError("an importance-weighted bound needs at least one weight.")
    return torch.logsumexp(log_weights, 0) - math.log(len(log_weights))

"""Reconstruct from a noisy code that pays for what it tells."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlib import losses
from ganlib.engine import MakeOptimizer
from ganlib.games.autoencoder import Autoencoder


class VAE(Autoencoder):
    """Kingma and Welling 2014, arXiv:1312.6114, Algorithm 1 with eq. 10 and one draw of the noise.

    From Autoencoder: the code is drawn, not computed, and pays by a KL divergence for what it tells; so codes may be
    drawn from the prior and decoded.

    Parameters
    ----------
    E : nn.Module, (n, *S) -> (n, 2k). Mean of q(z|x) and logarithm of its variance, side by side.
    G : nn.Module, (n, k) -> (n, *S). The decoder: the parameters of p(x|z), such as its mean or its logits.
    nll : callable, (G(z), x) -> (n,). The negative log-likelihood -log p(x|z), one an example, in nats; such as
        ``partial(losses.gaussian_nll, std=0.2)`` or ``losses.bernoulli_nll``.
    prior : callable. ``prior(n)`` draws (n, k) codes from the standard normal: ``data.Gaussian(k)``.
    optimizers : mapping, optional. From "model" to a function that makes its optimizer.
    """

    def __init__(
        self,
        E: nn.Module,
        G: nn.Module,
        nll: Callable[[Tensor, Tensor], Tensor],
        prior: Callable[[int], Tensor],
        *,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
    ) -> None:
        super().__init__(E, G, nll, optimizers=optimizers)
        self.prior = prior

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.E(x).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x)[0]

    def elbo(self, x: Tensor) -> Tensor:
        mean, log_variance = self.posterior(x)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return -self.nll(self.G(z), x) - losses.standard_normal_kl(mean, log_variance)

    def loss(self, real: Tensor) -> Tensor:
        return -self.elbo(real).mean()

    def fake(self, n: int) -> Tensor:
        return self.G(self.prior(n))

    def log_weights(self, x: Tensor, draws: int) -> Tensor:
        """How log p(x, z) exceeds log q(z|x) at fresh draws of z: what importance-weighted bounds are made of."""
        mean, log_variance = self.posterior(x)
        noise = torch.randn(draws, *mean.shape, device=mean.device, dtype=mean.dtype)
        z = mean + (log_variance / 2).exp() * noise
        ratio = (noise.square() + log_variance - z.square()).sum(2) / 2  # log p(z) - log q(z|x): 2 pi cancels
        said = torch.stack([self.nll(self.G(code), x) for code in z])
        return ratio - said

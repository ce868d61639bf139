"""Reconstruct."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ganlib.engine import Game, MakeOptimizer, adam


class Autoencoder(Game):
    """Kingma and Welling 2014, arXiv:1312.6114, eq. 7, its last term alone; the idea is from Rumelhart et al. 1986.

    From Game: one player, who owns an encoder E and a decoder G and wants G to rebuild what E has read. It cannot
    sample: nothing says which codes to decode.

    Parameters
    ----------
    E : nn.Module, (n, *S) -> (n, k). The encoder.
    G : nn.Module, (n, k) -> (n, *S). The decoder: the parameters of p(x|z), such as its mean or its logits.
    nll : callable, (G(z), x) -> (n,). The negative log-likelihood -log p(x|z), one an example, in nats; such as
        ``partial(losses.gaussian_nll, std=0.2)`` or ``losses.bernoulli_nll``.
    optimizers : mapping, optional. From "model" to a function that makes its optimizer.
    """

    turns: tuple[str, ...] = ("model",)
    optimizers = {"model": adam(1e-3, (0.9, 0.999))}

    def __init__(
        self,
        E: nn.Module,
        G: nn.Module,
        nll: Callable[[Tensor, Tensor], Tensor],
        *,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
    ) -> None:
        super().__init__(optimizers)
        self.E, self.G, self.nll = E, G, nll
        self.seat("model", self.loss, E, G)

    def encode(self, x: Tensor) -> Tensor:
        return self.E(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.G(self.encode(x))

    def loss(self, real: Tensor) -> Tensor:
        return self.nll(self.reconstruct(real), real).mean()

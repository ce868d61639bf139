"""An encoder that is learned in the game."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlib.engine import MakeOptimizer, adam
from ganlib.engine.game import Average
from ganlib.games.gan import GAN

Pair = tuple[Tensor, Tensor]


class BiGAN(GAN):
    """Donahue et al. 2017, arXiv:1605.09782, eq. 3, with labels exchanged for the second player; also known as ALI.

    From GAN: D judges pairs, a real example with the code that an encoder E gives it, against a code that was drawn
    with what G makes of it; E moves with G, and both want the pairs taken for one another. Nothing compares x with
    G(E(x)).

    Found at the same time, and with an encoder that draws its codes, by Dumoulin et al. 2017, arXiv:1606.00704.

    Parameters
    ----------
    G : nn.Module, (n, latent) -> (n, *S). The generator.
    D : nn.Module, (n, *S), (n, latent) -> (n, 1). The discriminator of pairs; its output is a score, not a probability.
        Such as ``networks.Conditioned``.
    E : nn.Module, (n, *S) -> (n, latent). The encoder.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the paper's Adam
        if left out. E moves with G.
    average : Average, optional. Such as ``networks.EMA(nn.ModuleList([G, E]), 0.995)``: updated after G's move, used by
        `sample`.

    Raises
    ------
    ValueError
        In the first move, or in `engine.rehearse` before it, if codes of E have not the shape of what the prior draws.
    """

    optimizers = {"D": adam(2e-4, (0.5, 0.999)), "G": adam(2e-4, (0.5, 0.999))}

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        E: nn.Module,
        prior: Callable[[int], Tensor],
        *,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        super().__init__(G, D, prior, optimizers=optimizers, average=average)
        self.E = E
        self.seat("G", self.g_loss, G, E)

    def encode(self, x: Tensor) -> Tensor:
        return self.E(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.G(self.encode(x))

    def pairs(self, x: Tensor) -> tuple[Pair, Pair]:
        code, z = self.encode(x), self.prior(len(x))
        if code.shape != z.shape:
            raise ValueError(f"E returns codes of shape {tuple(code.shape)}, and the prior draws {tuple(z.shape)}.")
        return (x, code), (self.G(z), z)

    def d_loss(self, real: Tensor) -> Tensor:
        with torch.no_grad():
            encoded, generated = self.pairs(real)
        return self.objective.d(self.D(*encoded), self.D(*generated))

    def g_loss(self, real: Tensor) -> Tensor:
        encoded, generated = self.pairs(real)
        return self.objective.d(self.D(*generated), self.D(*encoded))

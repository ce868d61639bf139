"""The first game."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ganlib import losses
from ganlib.engine import Game, MakeOptimizer, sgd
from ganlib.engine.game import Average, Batch


class GAN(Game):
    """Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1, with the non-saturating generator loss of its section 3.

    From Game: a discriminator D learns to tell real from fake, a generator G learns to be taken for real.

    Parameters
    ----------
    G : nn.Module, (n, latent) -> (n, *S). The generator.
    D : nn.Module, (n, *S) -> (n, 1). The discriminator; its output is a score, not a probability.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the paper's
        momentum SGD if left out.
    average : Average, optional. Such as ``networks.EMA(G, 0.995)``: updated after G's move, used by `sample`.
    """

    turns: tuple[str, ...] = ("D", "G")
    objective = losses.nonsaturating
    optimizers = {"D": sgd(0.1, momentum=0.5), "G": sgd(0.1, momentum=0.5)}

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        prior: Callable[[int], Tensor],
        *,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        super().__init__(optimizers)
        self.G, self.D, self.prior, self.average = G, D, prior, average
        self.seat("D", self.d_loss, D)
        self.seat("G", self.g_loss, G)

    def fake(self, n: int, *given: Tensor) -> Tensor:
        return self.G(self.prior(n), *given)

    def d_loss(self, real: Batch) -> Tensor:
        fake = self.fake(len(real)).detach()
        return self.objective.d(self.D(real), self.D(fake)) + self.penalty(real, fake)

    def g_loss(self, real: Batch) -> Tensor:
        scores = self.D(self.fake(len(real)))
        return self.objective.g(self.D(real), scores) if self.objective.paired else self.objective.g(scores)

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor | float:
        return 0.0

    def after(self, name: str) -> None:
        if name == "G" and self.average is not None:
            self.average.update()

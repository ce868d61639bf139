"""Tell G what is asked for, and have D say what it got."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlib.engine import MakeOptimizer, adam
from ganlib.engine.game import Average, Batch
from ganlib.games.cgan import pair
from ganlib.games.gan import GAN


class ACGAN(GAN):
    """Odena et al. 2017, arXiv:1610.09585, eq. 2 and 3.

    From GAN: G reads a label y, D does not, but beside its score it says which class it sees; and both players want it
    to be right, on real and on fake (D ascends L_S + L_C, G ascends L_C - L_S). The real batch is a pair (x, y) with
    class numbers y, and fakes are made for the batch's own labels.

    Parameters
    ----------
    G : nn.Module, (n, latent), (n,) -> (n, *S). The generator; such as ``networks.Conditioned``.
    D : nn.Module, (n, *S) -> (n, 1), (n, classes). The score, and the scores (logits, before any softmax) of the
        classes; such as ``networks.Heads``.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    conditions : callable. ``conditions(n)`` draws labels to sample for where none are given: ``data.Labels(classes)``.
    weight : float. Of the class term L_C in both losses; the paper's is 1.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the paper's Adam
        if left out.
    average : Average, optional. Such as ``networks.EMA(G, 0.995)``: updated after G's move, used by `sample`.

    Raises
    ------
    ValueError
        In the first move, or in `engine.rehearse` before it, if a batch is no pair.
    """

    optimizers = {"D": adam(2e-4), "G": adam(2e-4)}

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        prior: Callable[[int], Tensor],
        conditions: Callable[[int], Tensor],
        *,
        weight: float = 1.0,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        super().__init__(G, D, prior, optimizers=optimizers, average=average)
        self.conditions, self.weight = conditions, weight

    def fake(self, n: int, *given: Tensor) -> Tensor:
        return super().fake(n, *(given or (self.conditions(n),)))

    def d_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        (real_score, real_class), (fake_score, fake_class) = self.D(x), self.D(self.fake(len(x), y).detach())
        named = cross_entropy(real_class, y) + cross_entropy(fake_class, y)
        return self.objective.d(real_score, fake_score) + self.weight * named

    def g_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        score, classes = self.D(self.fake(len(x), y))
        return self.objective.g(score) + self.weight * cross_entropy(classes, y)

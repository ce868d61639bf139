"""Tell both players what is asked for."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ganlib.engine import MakeOptimizer
from ganlib.engine.game import Average, Batch
from ganlib.games.gan import GAN


class CGAN(GAN):
    """Mirza and Osindero 2014, arXiv:1411.1784, eq. 2.

    From GAN: both players read a condition y beside their input, G what to make and D what it is said to be. The real
    batch is a pair (x, y), and fakes are made for the batch's own conditions.

    Parameters
    ----------
    G : nn.Module, (n, latent), (n, *C) -> (n, *S). The generator; such as ``networks.Conditioned``.
    D : nn.Module, (n, *S), (n, *C) -> (n, 1). The discriminator; its output is a score, not a probability.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    conditions : callable. ``conditions(n)`` draws conditions to sample for where none are given; such as
        ``data.Labels(10)``.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the paper's
        momentum SGD if left out.
    average : Average, optional. Such as ``networks.EMA(G, 0.995)``: updated after G's move, used by `sample`.

    Raises
    ------
    ValueError
        In the first move, or in `engine.rehearse` before it, if a batch is no pair; in `sample`, if more than one
        condition is given.
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        prior: Callable[[int], Tensor],
        conditions: Callable[[int], Tensor],
        *,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        super().__init__(G, D, prior, optimizers=optimizers, average=average)
        self.conditions = conditions

    def fake(self, n: int, *given: Tensor) -> Tensor:
        if len(given) > 1:
            raise ValueError(f"{type(self).__name__} takes one condition for each sample, not {len(given)} of them.")
        return super().fake(n, *(given or (self.conditions(n),)))

    def d_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        fake = self.fake(len(x), y).detach()
        return self.objective.d(self.D(x, y), self.D(fake, y))

    def g_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        scores = self.D(self.fake(len(x), y), y)
        return self.objective.g(self.D(x, y), scores) if self.objective.paired else self.objective.g(scores)


def pair(real: Batch) -> tuple[Tensor, Tensor]:
    """The parts of a labelled batch, or a sentence on what is missing; `engine.rehearse` meets it before any round.

    Parameters
    ----------
    real : tuple of Tensor. A batch of pairs (x, y).

    Returns
    -------
    tuple of Tensor. Examples (n, ...) and what is said of each (n, ...).

    Raises
    ------
    ValueError
        If it is no pair of as many examples as conditions.
    """
    if isinstance(real, Tensor) or len(real) != 2 or len(real[0]) != len(real[1]):
        found = (
            "one tensor" if isinstance(real, Tensor) else f"tensors of {' and '.join(str(len(p)) for p in real)} rows"
        )
        raise ValueError(
            f"A conditional game plays with pairs (x, y) of examples and conditions, not with {found}: "
            "draw them from data with labels, such as data.digits(labels=True)."
        )
    x, y = real
    return x, y

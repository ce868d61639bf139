"""A second classifier, which the generator wants to be wrong."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from ganlib.engine.game import Batch
from ganlib.games.acgan import ACGAN
from ganlib.games.cgan import pair


class TACGAN(ACGAN):
    """Gong et al. 2019, arXiv:1907.02690, section 3: what repairs eq. 3 of Odena et al. 2017.

    From ACGAN: D has a third answer, the twin's: it learns to name the classes of the fakes alone, and G wants it to
    fail. What G gains by pulling the classes apart is given back, and what is left is the joint divergence of (x, y).

    Parameters
    ----------
    G, prior, conditions, weight, optimizers, average : As for `ACGAN`.
    D : nn.Module, (n, *S) -> (n, 1), (n, classes), (n, classes). The score, the classifier's logits, the twin's logits;
        such as ``networks.Heads``.
    """

    def d_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        (real_score, real_class, _), (fake_score, fake_class, twin) = self.D(x), self.D(self.fake(len(x), y).detach())
        named = cross_entropy(real_class, y) + cross_entropy(fake_class, y) + cross_entropy(twin, y)
        return self.objective.d(real_score, fake_score) + self.weight * named

    def g_loss(self, real: Batch) -> Tensor:
        x, y = pair(real)
        score, classes, twin = self.D(self.fake(len(x), y))
        return self.objective.g(score) + self.weight * (cross_entropy(classes, y) - cross_entropy(twin, y))

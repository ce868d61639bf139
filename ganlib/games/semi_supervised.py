"""Learn classes from a few labels and many examples."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganlib import losses
from ganlib.engine import adam
from ganlib.engine.game import Batch
from ganlib.games.gan import GAN


class SemiSupervisedGAN(GAN):
    """Salimans et al. 2016, arXiv:1606.03498, sections 3.1 and 5; the unlabelled half is eq. 1 of the first GAN.

    From GAN: D names K classes, learns them from the few labels there are, and finds its score of "real" among theirs;
    G matches the mean of D's features. The real batch is a triple (x, y, unlabelled), such as `data.FewLabels` draws.

    Parameters
    ----------
    G : nn.Module, (n, latent) -> (n, *S). The generator.
    D : nn.Module, (n, *S) -> (n, K), with ``features``, (n, *S) -> (n, d). The classifier; its output are scores
        (logits). Such as ``networks.NoisyClassifier`` or ``networks.Classifier``.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the paper's Adam
        if left out.
    average : Average, optional. Such as ``networks.EMA(nn.ModuleList([G, D]), 0.999)``: updated after G's move.
    """

    optimizers = {"D": adam(3e-3), "G": adam(3e-3)}
    weight = 0.5  # of the unlabelled half, as in the paper's code

    def d_loss(self, real: Batch) -> Tensor:
        x, y, unlabelled = _three(real)
        fake = self.fake(len(unlabelled)).detach()
        known, on_real, on_fake = self.D(torch.cat([x, unlabelled, fake])).split([len(x), len(unlabelled), len(fake)])
        unsupervised = self.objective.d(losses.realness(on_real), losses.realness(on_fake))
        return cross_entropy(known, y) + self.weight * unsupervised

    def g_loss(self, real: Batch) -> Tensor:
        _, _, unlabelled = _three(real)
        fake = self.fake(len(unlabelled))
        return losses.feature_matching(self.D.features(unlabelled), self.D.features(fake))  # type: ignore[operator]


def _three(real: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The parts of a batch, or a sentence on what is missing; `engine.rehearse` meets it before the first round."""
    if isinstance(real, Tensor) or len(real) != 3:
        raise ValueError(
            "A semi-supervised game plays with triples (x, y, unlabelled), not with "
            f"{'one tensor' if isinstance(real, Tensor) else f'{len(real)} tensors'}: draw them from data.FewLabels."
        )
    x, y, unlabelled = real
    return x, y, unlabelled

"""Another way to bound the critic."""

from torch import Tensor

from ganlib import losses
from ganlib.engine import adam
from ganlib.games.gan import GAN
from ganlib.games.wgan import WGAN


class WGANGP(GAN):
    """Gulrajani et al. 2017, arXiv:1704.00028, Algorithm 1.

    From GAN: WGAN's turns and distance, with the critic's slope held near one by a penalty (eq. 3) where WGAN clips
    weights.
    """

    turns = WGAN.turns
    objective = WGAN.objective
    optimizers = {"D": adam(1e-4, (0.0, 0.9)), "G": adam(1e-4, (0.0, 0.9))}
    weight = 10.0

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.weight * losses.gradient_penalty(self.D, real, fake)

"""Another distance."""

import torch

from ganlib import losses
from ganlib.engine import rmsprop
from ganlib.games.gan import GAN


class WGAN(GAN):
    """Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1.

    From GAN: the Wasserstein distance, a critic that moves five times a round and keeps its weights in a box, and no
    momentum.
    """

    turns = 5 * ("D",) + ("G",)
    objective = losses.wasserstein
    optimizers = {"D": rmsprop(5e-5), "G": rmsprop(5e-5)}
    clip = 0.01

    @torch.no_grad()
    def after(self, name: str) -> None:
        super().after(name)
        if name == "D":
            for parameter in self.D.parameters():
                parameter.clamp_(-self.clip, self.clip)

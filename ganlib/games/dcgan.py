"""The game that was in the paper about architecture."""

from ganlib.engine import adam
from ganlib.games.gan import GAN


class DCGAN(GAN):
    """Radford et al. 2015, arXiv:1511.06434, section 4; the value is still Goodfellow's eq. 1.

    From GAN: Adam at a rate of 0.0002, with a momentum of 0.5.

    That is all of the game. What the paper is known for is architecture, which a game receives as an argument: strided
    convolutions, batch normalisation, ReLU and LeakyReLU are `networks.dcgan_generator` and
    `networks.dcgan_discriminator`, and the first weights, from N(0, 0.02), are `networks.normal_init`.
    """

    optimizers = {"D": adam(2e-4, (0.5, 0.999)), "G": adam(2e-4, (0.5, 0.999))}

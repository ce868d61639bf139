"""Games: one paper per file, each a short diff of an earlier one."""

from ganlib.games.acgan import ACGAN
from ganlib.games.autoencoder import Autoencoder
from ganlib.games.bigan import BiGAN
from ganlib.games.cgan import CGAN
from ganlib.games.dcgan import DCGAN
from ganlib.games.gan import GAN
from ganlib.games.infogan import InfoGAN
from ganlib.games.lsgan import LSGAN
from ganlib.games.semi_supervised import SemiSupervisedGAN
from ganlib.games.stacked_gan import Level as Level
from ganlib.games.stacked_gan import StackedGAN
from ganlib.games.tacgan import TACGAN
from ganlib.games.vae import VAE
from ganlib.games.wgan import WGAN
from ganlib.games.wgan_gp import WGANGP

__all__ = [
    "ACGAN",
    "CGAN",
    "DCGAN",
    "GAN",
    "InfoGAN",
    "LSGAN",
    "TACGAN",
    "VAE",
    "WGAN",
    "WGANGP",
    "Autoencoder",
    "BiGAN",
    "SemiSupervisedGAN",
    "StackedGAN",
]

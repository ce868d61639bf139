"""Games: one paper per file, each a short diff of an earlier one."""

from ganlib.games.autoencoder import Autoencoder
from ganlib.games.cgan import CGAN
from ganlib.games.gan import GAN
from ganlib.games.lsgan import LSGAN
from ganlib.games.vae import VAE
from ganlib.games.wgan import WGAN
from ganlib.games.wgan_gp import WGANGP

__all__ = ["CGAN", "GAN", "LSGAN", "VAE", "WGAN", "WGANGP", "Autoencoder"]

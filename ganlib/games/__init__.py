"""Games: one paper per file, each a short diff of an earlier one."""

from ganlib.games.gan import GAN
from ganlib.games.lsgan import LSGAN
from ganlib.games.wgan import WGAN
from ganlib.games.wgan_gp import WGANGP

__all__ = ["GAN", "LSGAN", "WGAN", "WGANGP"]

"""Another objective."""

from ganlib import losses
from ganlib.engine import adam
from ganlib.games.gan import GAN


class LSGAN(GAN):
    """Mao et al. 2017, arXiv:1611.04076, eq. 2 with (a, b, c) = (0, 1, 1), eq. 9.

    From GAN: squared distances from 0 and 1 instead of log-probabilities, so that a fake which D already takes for
    real, but which lies far from the boundary, is still pulled back.
    """

    objective = losses.least_squares(0, 1, 1)
    optimizers = {"D": adam(1e-3), "G": adam(1e-3)}

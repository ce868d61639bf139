"""What a player wants small."""

from ganlib.losses.objectives import Objective, hinge, least_squares, minimax, nonsaturating, relativistic, wasserstein
from ganlib.losses.penalties import gradient_penalty, r1, r2, slopes
from ganlib.losses.reconstruction import bernoulli_nll, gaussian_nll, standard_normal_kl
from ganlib.losses.semi_supervised import feature_matching, realness

__all__ = [
    "Objective", "bernoulli_nll", "feature_matching", "gaussian_nll", "gradient_penalty", "hinge", "least_squares",
    "minimax", "nonsaturating", "r1", "r2", "realness", "relativistic", "slopes", "standard_normal_kl", "wasserstein",
]  # fmt: skip

"""What a player wants small."""

from ganlib.losses.objectives import Objective, hinge, least_squares, minimax, nonsaturating, relativistic, wasserstein
from ganlib.losses.penalties import gradient_penalty, r1, r2, slopes

__all__ = [
    "Objective", "gradient_penalty", "hinge", "least_squares", "minimax", "nonsaturating", "r1", "r2", "relativistic",
    "slopes", "wasserstein",
]  # fmt: skip

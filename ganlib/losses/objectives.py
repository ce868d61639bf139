"""Objectives: what discriminator and generator want small, as two pure functions of scores.

A score is the discriminator's raw output, a logit or a critic's value of shape (B, 1), never a probability: the sigmoid
lives in here, where ``softplus`` keeps it exact. ``log sigmoid(s) = -softplus(-s)`` and
``log(1 - sigmoid(s)) = -softplus(s)``.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus


class Objective(NamedTuple):
    """A pair of losses. Each returns a Tensor of shape (), a mean over the batch.

    Attributes
    ----------
    d : callable
        ``d(real, fake)``: scores of shape (B, 1) each to the scalar the discriminator minimises.
    g : callable
        ``g(fake)``, or ``g(real, fake)`` when `paired`: the scalar the generator minimises.
    paired : bool
        True when the generator's loss needs the scores of real points too.
    """

    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[..., Tensor]
    paired: bool = False


minimax = Objective(
    d=lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
    g=lambda fake: -softplus(fake).mean(),
)
"""The value V(D, G) that D climbs and G descends. Source: Goodfellow et al. 2014, arXiv:1406.2661, eq. 1."""

nonsaturating = Objective(
    d=minimax.d,
    g=lambda fake: softplus(-fake).mean(),
)
"""G climbs log D instead of descending log(1 - D). Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3."""

wasserstein = Objective(
    d=lambda real, fake: fake.mean() - real.mean(),
    g=lambda fake: -fake.mean(),
)
"""Its supremum over 1-Lipschitz critics is W1. Source: Arjovsky et al. 2017, arXiv:1701.07875, eq. 2."""

hinge = Objective(
    d=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
    g=lambda fake: -fake.mean(),
)
"""Scores beyond the margin count no more. Source: Miyato et al. 2018, arXiv:1802.05957, eq. 16 and 17."""

relativistic = Objective(
    d=lambda real, fake: softplus(fake - real).mean(),
    g=lambda real, fake: softplus(real - fake).mean(),
    paired=True,
)
"""Is this real point more real than this fake one? Source: Jolicoeur-Martineau 2018, arXiv:1807.00734 (RpGAN)."""


def least_squares(a: float, b: float, c: float) -> Objective:
    """Squared distances of scores from targets.

    With (a, b, c) = (0, 1, 1) the generator asks for the label of real data. With (-1, 1, 0) the value at the
    optimal discriminator is half the Pearson divergence of (p + q) from 2q; the generator's
    gradient does not descend it.

    Parameters
    ----------
    a, b, c : float. D's target for fakes, D's target for real points, and the score G wants for its fakes.

    Returns
    -------
    Objective. With losses >= 0, in squared score units.

    Source: Mao et al. 2017, arXiv:1611.04076, eq. 2, and eq. 8 and 9 for the two choices above.
    """
    return Objective(
        d=lambda real, fake: ((real - b) ** 2).mean() / 2 + ((fake - a) ** 2).mean() / 2,
        g=lambda fake: ((fake - c) ** 2).mean() / 2,
    )

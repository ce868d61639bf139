"""A GAN for every level of an encoder, stacked from the label down to the image."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ganlib import losses
from ganlib.engine import Game, MakeOptimizer, adam
from ganlib.engine.game import Average, Batch
from ganlib.games.cgan import pair


class Level(nn.Module):
    """The networks between two representations: h_i below, and h_{i+1} above, which may be a class number.

    Parameters
    ----------
    E : nn.Module, h_i -> h_{i+1}. One part of a trained encoder, in the place of a class number its scores (logits).
        It is not trained any more, and kept in evaluation mode.
    G : nn.Module, (n, d), h_{i+1} -> h_i. The generator, from noise and condition; such as ``networks.Conditioned``.
    D : nn.Module, h_i -> (n, 1). The discriminator; its output is a score.
    Q : nn.Module, h_i -> (n, d). The mean of a guess at the noise.
    prior : callable. ``prior(n)`` draws noise of shape (n, d). A module moves with the level to its device.
    again : callable. From E(h_i) and h_{i+1} to how badly they agree, shape (): the mean square, or where h_{i+1} is a
        class number ``torch.nn.functional.cross_entropy``.
    """

    def __init__(
        self,
        E: nn.Module,
        G: nn.Module,
        D: nn.Module,
        Q: nn.Module,
        prior: Callable[[int], Tensor],
        again: Callable[[Tensor, Tensor], Tensor] = mse_loss,
    ) -> None:
        super().__init__()
        self.E = E.eval().requires_grad_(False)
        self.G, self.D, self.Q, self.prior, self.again = G, D, Q, prior, again

    def forward(self, above: Tensor) -> tuple[Tensor, Tensor]:
        """One step down.

        Parameters
        ----------
        above : Tensor, shape (n, ...). What h_{i+1} is.

        Returns
        -------
        tuple of Tensor. A draw of h_i, and the noise (n, d) that it was made of.
        """
        z = self.prior(len(above))
        return self.G(z, above), z


class StackedGAN(Game):
    """Huang et al. 2017, arXiv:1612.04357, eq. 3 to 8.

    From Game: for each level i of a trained encoder, x = h_0, h_1, ..., h_N = y, a generator G_i leads back from
    h_{i+1} and noise z_i to h_i. It wants three things: that D_i takes its output for real, that the encoder finds
    h_{i+1} in it again, and that Q_i finds z_i in it. The real batch is a pair (x, y) with class numbers y.

    Parameters
    ----------
    levels : sequence of Level. From the image up to the label.
    conditions : callable. ``conditions(n)`` draws labels to sample for where none are given; such as
        ``data.Labels(10)``.
    weights : tuple of float. Of the adversarial, the conditional and the entropy loss, each >= 0; the authors' if left
        out.
    optimizers : mapping, optional. From "D0", "G0", "D1", ... to a function that makes the player's optimizer; the
        authors' Adam if left out. Q_i moves with G_i.
    average : Average, optional. Such as ``networks.EMA(G, 0.995)``: updated once a round, used by `sample`.

    Attributes
    ----------
    joint : bool. Whether the generators above tell G_i what h_{i+1} is, as they do when sampling; at first it is False,
        and the encoder does. Set it between two rounds.
    """

    objective = losses.nonsaturating

    def __init__(
        self,
        levels: Sequence[Level],
        conditions: Callable[[int], Tensor],
        *,
        weights: tuple[float, float, float] = (1.0, 1.0, 10.0),
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        self.turns = tuple(f"{player}{i}" for i in reversed(range(len(levels))) for player in "DG")
        super().__init__({name: adam(1e-4) for name in self.turns} | dict(optimizers or {}))
        self.levels, self.parts = tuple(levels), nn.ModuleList(levels)
        self.conditions, self.weights, self.average, self.joint = conditions, weights, average, False
        for i, level in enumerate(levels):
            self.seat(f"D{i}", partial(self.d_loss, i), level.D)
            self.seat(f"G{i}", partial(self.g_loss, i), level.G, level.Q)

    def descend(self, above: Tensor, *, down_to: int = 0) -> Tensor:
        for level in reversed(self.levels[down_to:]):
            above, _ = level(above)
        return above

    @torch.no_grad()
    def given(self, i: int, real: Batch) -> tuple[Tensor, Tensor]:
        h, y = pair(real)
        for level in self.levels[:i]:
            h = level.E(h)
        # there is nobody above the topmost generator: descend returns the label itself
        return h, self.descend(y, down_to=i + 1) if self.joint or not self.levels[i + 1 :] else self.levels[i].E(h)

    def d_loss(self, i: int, real: Batch) -> Tensor:
        h, above = self.given(i, real)
        fake, _ = self.levels[i](above)
        return self.objective.d(self.levels[i].D(h), self.levels[i].D(fake.detach()))

    def g_loss(self, i: int, real: Batch) -> Tensor:
        level, (_, above), (adversarial, conditional, entropy) = self.levels[i], self.given(i, real), self.weights
        fake, z = level(above)
        loss = adversarial * self.objective.g(level.D(fake)) + conditional * level.again(level.E(fake), above)
        return loss + entropy * mse_loss(level.Q(fake), z)

    def fake(self, n: int, *given: Tensor) -> Tensor:
        return self.descend(*(given or (self.conditions(n),)))

    def after(self, name: str) -> None:
        if name == "G0" and self.average is not None:
            self.average.update()

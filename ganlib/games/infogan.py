"""Noise with a part that can be read back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from ganlib.engine import MakeOptimizer, adam
from ganlib.engine.game import Average, Batch
from ganlib.games.gan import GAN


class Code(Protocol):
    """What a game asks of a code. Every prior of `ganlib.data` is one; ``data.Product`` puts several side by side."""

    dim: int

    def __call__(self, n: int) -> Tensor: ...
    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor: ...
    def entropy(self) -> Tensor: ...
    def apart(self, parameters: Tensor, c: Tensor) -> Sequence[tuple["Code", Tensor, Tensor]]: ...


class InfoGAN(GAN):
    """Chen et al. 2016, arXiv:1606.03657, eq. 6, with the bound L_I of eq. 5.

    From GAN: beside the noise z, G reads a code c, and Q, who moves with G, has to read it back from what G made of it.

    D owns whatever it shares with Q, so that what the two look for is chosen by D alone. In the authors' code Q moves
    with D instead, the shared layers among what both losses change, and the loss of D carries the bound as well.

    Parameters
    ----------
    G : nn.Module, (n, latent + dim) -> (n, *S). The generator; its input is z, then c.
    D : nn.Module, (n, *S) -> (n, 1). The discriminator; its output is a score, not a probability.
    Q : nn.Module, (n, *S) -> (n, outputs). What it says of the code, see `data.Prior.log_likelihood`; such as
        ``networks.OnTrunk(D[:-1], head)``, which shares all but the last layer of D.
    prior : callable. ``prior(n)`` draws noise of shape (n, latent). A module moves with the game to its device.
    code : Code. ``code(n)`` draws codes of shape (n, dim); such as ``data.Categorical(10)``.
    weight : float or sequence of float. Of the bound, lambda in the paper, in units of the loss per nat; or one for
        each member of a ``data.Product``.
    optimizers : mapping, optional. From "D" and "G" to a function that makes the player's optimizer; the authors' Adam
        if left out.
    average : Average, optional. Such as ``networks.EMA(G, 0.995)``: updated after G's move, used by `sample`.

    Raises
    ------
    ValueError
        If Q holds parameters of D.
    """

    optimizers = {"D": adam(2e-4, (0.5, 0.999)), "G": adam(1e-3, (0.5, 0.999))}
    weight: Tensor

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        Q: nn.Module,
        prior: Callable[[int], Tensor],
        code: Code,
        *,
        weight: float | Sequence[float] = 1.0,
        optimizers: Mapping[str, MakeOptimizer] | None = None,
        average: Average | None = None,
    ) -> None:
        super().__init__(G, D, prior, optimizers=optimizers, average=average)
        if {id(p) for p in Q.parameters()} & {id(p) for p in D.parameters()}:
            raise ValueError("Q holds parameters of D, and G's move would change them: share by networks.OnTrunk.")
        self.Q, self.code = Q, code
        self.register_buffer("weight", torch.as_tensor(weight), persistent=False)
        self.seat("G", self.g_loss, G, Q)

    def fake(self, n: int, *given: Tensor) -> Tensor:
        (c,) = given or (self.code(n),)
        if c.shape != (n, self.code.dim):
            raise ValueError(f"A code has {self.code.dim} columns, shape ({n}, {self.code.dim}), not {tuple(c.shape)}.")
        return self.G(torch.cat([self.prior(n), c], dim=1))

    def bounds(self, x: Tensor, c: Tensor) -> Tensor:
        """L_I of each member of the code in nats, shape (members,), for samples made of codes c."""
        parts = self.code.apart(self.Q(x), c)
        return torch.stack([code.log_likelihood(said, drawn).mean() + code.entropy() for code, said, drawn in parts])

    def g_loss(self, real: Batch) -> Tensor:
        c = self.code(len(real))
        fake = self.fake(len(real), c)
        scores = self.D(fake)
        value = self.objective.g(self.D(real), scores) if self.objective.paired else self.objective.g(scores)
        return value - (self.weight * self.bounds(fake, c)).sum()

    @torch.no_grad()
    def read(self, x: Tensor, chunk: int = 4096) -> Tensor:
        """What Q says of samples or data, in evaluation mode: shape (n, outputs)."""
        with self.evaluating():
            return torch.cat([self.Q(part.to(self.device)) for part in x.split(chunk)])

"""Games: players take turns, each descending its own loss in its own parameters."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlib.engine.device import seeded
from ganlib.engine.optimizers import MakeOptimizer

Batch = Any  # a real batch: a Tensor, or a tuple of them, such as examples and labels
Draw = Callable[[], Batch]  # the next real batch, already on the device


class Average(Protocol):
    """A running average of a network's weights, kept beside it."""

    def update(self) -> None: ...
    def replacing(self) -> Any: ...


@dataclass
class Player:
    """One side of a game: what it may change, what it wants small, and how it steps.

    Attributes
    ----------
    parameters : list of nn.Parameter. All this player may change.
    loss : callable. From a real batch to the scalar it wants small.
    optimizer : Optimizer. Over exactly those parameters.
    """

    parameters: list[nn.Parameter]
    loss: Callable[[Any], Tensor]
    optimizer: Optimizer

    def move(self, real: Any) -> Tensor:
        """Take one step down this player's loss.

        Parameters
        ----------
        real : Tensor or tuple of Tensor. A real batch.

        Returns
        -------
        Tensor, shape (). The loss before the step, still on the device.
        """
        loss = self.loss(real)
        self.optimizer.zero_grad()
        loss.backward(inputs=self.parameters)  # nobody else's gradients are touched
        self.optimizer.step()
        return loss.detach()


class Game(nn.Module):
    """Players, and the order in which they move. A paper's Algorithm 1 is a subclass.

    Parameters
    ----------
    optimizers : mapping, optional. From a player's name to a function that makes its optimizer; what is left out
        stays as the class has it.

    Raises
    ------
    ValueError
        If an optimizer is given for a player that never moves.
    """

    turns: tuple[str, ...]  # who moves, in order, in one round
    optimizers: Mapping[str, MakeOptimizer] = {}

    def __init__(self, optimizers: Mapping[str, MakeOptimizer] | None = None) -> None:
        super().__init__()
        self.players: dict[str, Player] = {}
        self.average: Average | None = None
        self.optimizers = {**type(self).optimizers, **(optimizers or {})}
        if strangers := set(self.optimizers) - set(self.turns):
            raise ValueError(
                f"{type(self).__name__} has no player {sorted(strangers)[0]!r}: "
                f"its players are {', '.join(dict.fromkeys(self.turns))}."
            )

    def seat(self, name: str, loss: Callable[[Any], Tensor], *networks: nn.Module) -> None:
        """Give a player its loss and its networks; parameters that need no gradient stay as they are.

        Parameters
        ----------
        name : str. The player, as written in `turns`.
        loss : callable. From a real batch to the scalar it wants small.
        *networks : nn.Module. All it may change.
        """
        parameters = [p for network in networks for p in network.parameters() if p.requires_grad]
        self.players[name] = Player(parameters, loss, self.optimizers[name](parameters))

    def round(self, draw: Draw) -> dict[str, Tensor]:
        """Let everybody move once per entry in `turns`.

        Parameters
        ----------
        draw : callable. Takes nothing, returns the next real batch.

        Returns
        -------
        dict. From player to its last loss in this round, shape (), on the device.
        """
        losses = {}
        for name in self.turns:
            losses[name] = self.players[name].move(draw())
            self.after(name)
        return losses

    def after(self, name: str) -> None:
        """Hook: what happens after a player's move, such as clipping or averaging.

        Parameters
        ----------
        name : str. The player that has just moved.
        """

    def fake(self, n: int) -> Tensor:
        """Hook: generate `n` samples as they are, with gradients and in the present mode.

        A conditional game takes more, a tensor of shape (n, ...) for each thing it is told of a sample.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n, ...). Samples in the data's units.
        """
        raise NotImplementedError(f"{type(self).__name__} does not generate: it has no fake().")

    def sample(self, n: int, *given: Tensor, seed: int | None = None, chunk: int = 4096) -> Tensor:
        """Generate samples to look at: averaged weights if there are any, evaluation mode, no gradients.

        Parameters
        ----------
        n : int. How many, >= 1.
        *given : Tensor, shape (n, ...). What `fake` is told of each sample, such as its label; drawn if left out.
        seed : int, optional. Makes the samples repeatable and leaves the global generators as they were.
        chunk : int. Largest number generated at once; it bounds the memory.

        Returns
        -------
        Tensor, shape (n, ...). Samples in the data's units.

        Raises
        ------
        ValueError
            If `n` is not positive, or what is given is no tensor, or not given for each sample.
        """
        if n < 1:
            raise ValueError(f"sample needs a positive number of samples, got {n}.")
        if strange := [type(part).__name__ for part in given if not isinstance(part, Tensor)]:
            raise ValueError(f"sample takes conditions as tensors with one row a sample, not as {strange[0]}.")
        if short := [len(part) for part in given if len(part) != n]:
            raise ValueError(f"sample is asked for {n} samples and given conditions for {short[0]}: give one for each.")
        averaged = self.average.replacing() if self.average else nullcontext()
        randomness = nullcontext() if seed is None else seeded(seed, self.device)
        given = tuple(part.to(self.device) for part in given)
        with torch.no_grad(), self.evaluating(), averaged, randomness:
            spans = [slice(i, min(i + chunk, n)) for i in range(0, n, chunk)]
            return torch.cat([self.fake(s.stop - s.start, *(part[s] for part in given)) for s in spans])

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Put every module into evaluation mode for the length of a block, then back as each one was."""
        training = [(module, module.training) for module in self.modules()]
        self.eval()
        try:
            yield
        finally:
            for module, mode in training:
                module.training = mode

    @property
    def device(self) -> torch.device:
        """The device of the first parameter, and so of the game.

        Returns
        -------
        torch.device. Where batches must be.
        """
        return next(self.parameters()).device

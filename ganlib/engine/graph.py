"""A round as one CUDA graph: recorded once, then replayed by a single launch, which saves launching every kernel.

A graph repeats what the device did while it was recorded. Whatever a round changes in Python, such as a number that
anneals, would stand still. So the first rounds are played eagerly and the last of them is watched, and so are two draws
from the same random numbers; a game whose round cannot be repeated is played eagerly to the end. What is not seen is a
loss that counts outside of its game's modules, such as in a closure.
"""

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD

from ganlib.engine.checkpoint import restore, snapshot
from ganlib.engine.device import seeded
from ganlib.engine.game import Draw, Game
from ganlib.engine.optimizers import tune

WARM_UP = 3  # eager rounds before the recording: optimizers make their state, libraries choose their kernels

Rounds = Iterator[tuple[int, dict[str, Tensor]]]


def replay(game: Game, draw: Draw, rounds: int, start: int = 0) -> Rounds:
    """Play on a GPU, like `play`, with each round after the first few replayed as one CUDA graph.

    The graph holds everything between two rounds: draws, losses, gradients, steps and what comes after a move. Its
    random numbers go on from the device's generator, as those of an eager round would. A game that cannot be recorded
    is played eagerly, with a warning that says why.

    Parameters
    ----------
    game : Game. Who plays, on a CUDA device. Its optimizers become capturable and, where there is such a kind, fused.
    draw : callable. Takes nothing, returns the next real batch, made on the game's device.
    rounds : int. The round to stop before, >= 1.
    start : int. The first round's number.

    Returns
    -------
    iterator of (int, dict). For each round its number and each player's loss in it, shape (), on the device.

    Raises
    ------
    ValueError
        If the recording fails although nothing spoke against it.
    """
    steps = iter(range(start, rounds))
    if not (obstacle := unsuited(game) or _unlike(game, draw)):
        for player in game.players.values():
            tune(player.optimizer, True)
        for step in islice(steps, WARM_UP - 1):
            yield step, _aside(game, draw)
        for step in islice(steps, 1):
            losses, obstacle = _watched(game, draw)
            yield step, game.round(draw) if losses is None else losses
    if obstacle:
        warnings.warn(f"{type(game).__name__} is played eagerly, not as a CUDA graph: {obstacle}.", stacklevel=2)
        for step in steps:
            yield step, game.round(draw)
    elif (first := next(steps, None)) is not None:
        again = _record(game, draw)
        yield first, again()
        for step in steps:
            yield step, again()


def unsuited(game: Game) -> str:
    """What speaks against recording a game's rounds before one is played.

    Parameters
    ----------
    game : Game. Who would play.

    Returns
    -------
    str. The reason, in words; empty if there is none.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return "its gradients are averaged with those of other processes"
    for name, player in game.players.items():
        if not isinstance(player.optimizer, SGD) and "capturable" not in player.optimizer.defaults:
            return f"{name}'s optimizer, {type(player.optimizer).__name__}, keeps numbers in Python"
    return ""


def in_python(game: Game) -> dict[str, Any]:
    """What a round could change where a graph cannot follow: numbers in Python, and the CPU's random generators.

    Parameters
    ----------
    game : Game. It is looked at between two rounds.

    Returns
    -------
    dict. From a name, in words, to the value.
    """
    found: dict[str, Any] = {
        "the CPU's random generator": torch.get_rng_state().numpy().tobytes(),
        "Python's random generator": random.getstate(),
    }
    for name, player in game.players.items():
        for i, group in enumerate(player.optimizer.param_groups):
            values = {key: value for key, value in group.items() if key != "params" and not isinstance(value, Tensor)}
            found |= {f"{key} of {name}'s optimizer" + f", group {i}" * (i > 0): value for key, value in values.items()}
    for path, module in game.named_modules():
        plain = {key: value for key, value in vars(module).items() if isinstance(value, bool | int | float | str)}
        found |= {f"{path or 'the game'}.{key}": value for key, value in plain.items()}
    return found


def _unlike(game: Game, draw: Draw) -> str:
    """Whether two draws from the same random numbers differ, such as those of a loader that goes through its data."""
    drawn = []
    for _ in range(2):
        with seeded(None, game.device):
            batch = draw()
        drawn.append((batch,) if isinstance(batch, Tensor) else tuple(batch))
    if all(map(torch.equal, *drawn)):
        return ""
    return "its batches depend on more than PyTorch's random numbers"


def _watched(game: Game, draw: Draw) -> tuple[dict[str, Tensor] | None, str]:
    """Play an eager round; say as well what in it a graph could not repeat. None if it was undone."""
    before, state = in_python(game), snapshot(game)
    try:
        with _no_waiting():
            losses = _aside(game, draw)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        restore(game, state)
        return None, f"its round waits for the device ({str(error).splitlines()[0]})"
    after = in_python(game)
    changed = [name for name, value in before.items() if after.get(name, value) != value]
    return losses, f"a round changes {changed[0]}" if changed else ""


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Make it an error to wait for the device."""
    before = torch.cuda.get_sync_debug_mode()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Synchronization debug mode is a prototype")
            torch.cuda.set_sync_debug_mode("error")
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


def _aside(game: Game, draw: Draw) -> dict[str, Tensor]:
    """An eager round on a stream of its own, as PyTorch asks of rounds that come before a recording."""
    here, side = torch.cuda.current_stream(game.device), torch.cuda.Stream(game.device)
    side.wait_stream(here)
    try:
        with torch.cuda.stream(side):
            return game.round(draw)
    finally:
        here.wait_stream(side)


def _record(game: Game, draw: Draw) -> Callable[[], dict[str, Tensor]]:
    """Record a round without playing it; what comes back plays it once a call."""
    graph = torch.cuda.CUDAGraph()
    try:
        # a stream of its own, not the one that all recordings share: what belongs to it goes with the first that ends
        with torch.cuda.device(game.device), torch.cuda.graph(graph, stream=torch.cuda.Stream(game.device)):
            losses = game.round(draw)
            table = torch.stack(list(losses.values()))
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        cause = str(error.__context__ or error).splitlines()[0]  # the end of a broken recording has less to say
        raise ValueError(
            f"{type(game).__name__} cannot be recorded as a CUDA graph ({cause}): play it with capture=False."
        ) from error

    def again() -> dict[str, Tensor]:
        graph.replay()
        return dict(zip(losses, table.clone().unbind(), strict=True))  # the next replay writes over the table

    return again

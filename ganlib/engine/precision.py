"""Networks in bfloat16, losses in float32: half the bytes, and more speed where the hardware has units for it.

Weights, optimizers and everything a loss does with what a network answers, penalties included, stay in float32.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ganlib.engine.checkpoint import restore, snapshot
from ganlib.engine.game import Draw, Game


@contextmanager
def lowered(game: Game, dtype: torch.dtype) -> Iterator[None]:
    """Let the networks of a game compute in another type for the length of a block, and answer in float32.

    Parameters
    ----------
    game : Game. Its networks, and their parts, run under autocast; nothing else does.
    dtype : torch.dtype. Such as ``torch.bfloat16``.
    """
    modules = [module for module in game.modules() if module is not game]
    for module in modules:  # past nn.Module's own slow assignment: this is done for every eager round
        vars(module)["forward"] = partial(_forward, module.forward, game.device.type, dtype)
    try:
        yield
    finally:
        for module in modules:
            del vars(module)["forward"]


def _forward(forward: Callable[..., Any], device: str, dtype: torch.dtype, *inputs: Any, **options: Any) -> Any:
    """A module's own forward under autocast; only the outermost module turns its answer back."""
    if torch.is_autocast_enabled(device):
        return forward(*inputs, **options)
    # A cache of lowered weights would live no longer than this call, and serve only a part that is called twice in it.
    with torch.autocast(device, dtype, cache_enabled=False):
        answer = forward(*inputs, **options)
    return _in_float32(answer, dtype)


def _in_float32(answer: Any, dtype: torch.dtype) -> Any:
    if isinstance(answer, Tensor):
        return answer.float() if answer.dtype == dtype else answer
    if isinstance(answer, tuple | list):
        parts = [_in_float32(part, dtype) for part in answer]
        return type(answer)(*parts) if hasattr(answer, "_fields") else type(answer)(parts)
    return answer


@contextmanager
def in_precision(game: Game, dtype: torch.dtype) -> Iterator[None]:
    """Play rounds with the networks in another type for the length of a block; between two rounds they are as ever.

    Parameters
    ----------
    game : Game. Who plays.
    dtype : torch.dtype. Of the networks; float32 leaves everything as it is.
    """
    if dtype == torch.float32:
        yield
        return
    play = game.round

    def play_lowered(draw: Draw) -> dict[str, Tensor]:
        with lowered(game, dtype):
            return play(draw)

    vars(game)["round"] = play_lowered  # so that a round that a graph repeats costs nothing for it
    try:
        yield
    finally:
        del vars(game)["round"]


def faster_in_bfloat16(game: Game, draw: Draw, *, rounds: int = 5, seconds: float = 2.0) -> bool:
    """Play a few rounds in bfloat16 and in float32 by turns, and tell whether the former take less time.

    Without units for it a CPU is many times slower in bfloat16, and with them it may still be, on small networks. The
    game and the random generators are put back; a number that a game itself keeps in Python is not.

    Parameters
    ----------
    game : Game. Who would play.
    draw : callable. Takes nothing, returns the next real batch.
    rounds : int. Timed rounds of each kind, >= 1, after one that is not timed.
    seconds : float. Begin no further rounds after so many; one of each kind is timed in any case.

    Returns
    -------
    bool. Whether the median round is at least a twentieth faster.
    """
    state = snapshot(game)
    times: dict[torch.dtype, list[float]] = {torch.float32: [], torch.bfloat16: []}
    begun = time.perf_counter()
    try:
        for trial in range(rounds + 1):
            for dtype, taken in times.items():
                with lowered(game, dtype) if dtype != torch.float32 else nullcontext():
                    start = time.perf_counter()
                    game.round(draw)
                    taken.append(time.perf_counter() - start)
            if trial and time.perf_counter() - begun > seconds:
                break
    finally:
        restore(game, state)
    whole, half = (statistics.median(taken[1:]) for taken in times.values())
    return half < 0.95 * whole

"""Playing a game: a generator for those who want to look, `fit` for those who want it done."""

import math
import re
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ganlib.engine import checkpoint as checkpoints
from ganlib.engine import distributed
from ganlib.engine.device import channels_last, seeded
from ganlib.engine.game import Draw, Game
from ganlib.engine.graph import replay
from ganlib.engine.interrupts import Stopped, postponed
from ganlib.engine.optimizers import tune
from ganlib.engine.precision import faster_in_bfloat16, in_precision


class Diverged(RuntimeError):
    """A loss, or a weight, stopped being a number."""


class NotSaved(UserWarning):
    """A checkpoint could not be written; the run goes on, and the one before it stays."""


@dataclass
class History:
    """What `fit` wrote down, one entry per recorded round.

    Attributes
    ----------
    rounds : list of int. How many rounds had been played.
    losses : dict. From player to its loss in that round.
    metrics : dict. From metric to its value after that round.
    precision : str. What the networks computed in, as torch names it.
    """

    rounds: list[int] = field(default_factory=list)
    losses: dict[str, list[float]] = field(default_factory=dict)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    precision: str = "float32"


def play(game: Game, draw: Draw, rounds: int, start: int = 0) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Play round after round; the loop is yours.

    Parameters
    ----------
    game : Game. Who plays.
    draw : callable. Takes nothing, returns the next real batch, already on the game's device.
    rounds : int. The round to stop before, >= 1.
    start : int. The first round's number.

    Returns
    -------
    iterator of (int, dict). For each round its number and each player's loss in it, shape (), on the device.

    Raises
    ------
    ValueError
        If `rounds` is not positive.
    """
    if rounds < 1:
        raise ValueError(f"A game needs a positive number of rounds, got {rounds}.")
    return ((step, game.round(draw)) for step in range(start, rounds))


def fit(
    game: Game,
    draw: Draw,
    rounds: int,
    *,
    metrics: Mapping[str, Callable[[Any], float]] | None = None,
    every: int = 50,
    checkpoint: str | Path | None = None,
    save_rounds: int | None = None,
    save_seconds: float | None = 60.0,
    keep: int = 2,
    precision: torch.dtype | None = None,
    capture: bool = True,
    progress: bool = True,
    look: Callable[[Any, History, int], Any] | None = None,
) -> History:
    """Play a game to the end, writing down losses and metrics, and lose nothing on the way.

    Losses stay on the device between two records. Metrics draw from their own fork of the random generators, so that
    looking at a run never changes it. With a folder for checkpoints, Ctrl-C and a scheduler's SIGTERM are heeded at the
    end of the round, and what was played is saved; a second Ctrl-C stops at once. A checkpoint that cannot be written
    is a warning, and is tried again when the next one is due.

    Within `joined` all ranks play, each with its share of every batch that is drawn; rank 0 alone measures, looks,
    shows and saves. Whichever of them is asked to stop, all do, after the same round.

    Parameters
    ----------
    game : Game. Who plays. It is changed in place.
    draw : callable. Takes nothing, returns the next real batch, already on the game's device.
    rounds : int. How many rounds the whole run has, >= 1, those before a resumption included.
    metrics : mapping, optional. From a name to a function of the game that returns a number, called at each record.
    every : int. Rounds between two records, >= 1. The last round is recorded as well.
    checkpoint : path, optional. A folder for checkpoints. A run goes on from the newest one in it, bit for bit on the
        CPU; without a folder nothing is written.
    save_rounds, save_seconds : int, float, optional. Write a checkpoint every so many rounds, or seconds, or whichever
        comes first; every minute unless told otherwise. The last round is always written.
    keep : int. How many checkpoints to keep, >= 1.
    precision : torch.dtype, optional. ``torch.bfloat16`` lets the networks compute in it, under autocast; weights and
        losses stay in float32. On a CPU only if a few rounds of each kind say that it is faster. Float32 if left out. A
        resumed run goes on in the precision that it began in.
    capture : bool. On CUDA, replay a round as one CUDA graph, if the game allows it; see `replay`. No matter elsewhere.
    progress : bool. Show a bar with the last recorded losses.
    look : callable, optional. Called after each record with the game, the history and `rounds`, such as to draw
        samples on the way; like the metrics, it cannot change the run.

    Returns
    -------
    History. All records, those before a resumption included.

    Raises
    ------
    ValueError
        If a count is not positive, the precision is neither of the two, the networks do not fit the data, or the folder
        holds checkpoints of another game or of a longer run, or damaged ones alone.
    OSError
        If nothing can be written to the folder; said before the first round.
    Diverged
        If a loss is not finite, or a weight that was to be saved; the message names player, round and the last good
        checkpoint.
    Stopped
        If somebody asked the run to stop; a KeyboardInterrupt.
    torch.OutOfMemoryError
        If the device has too little memory; the message names the round, what to lower, and the last good checkpoint.

    Examples
    --------
    >>> import torch
    >>> from ganlib import data, games, networks
    >>> ring = data.ring(8)
    >>> game = games.GAN(networks.mlp(2, 2), networks.mlp(2, 1), data.Gaussian(2))
    >>> history = fit(game, lambda: ring(64), rounds=2, every=1, progress=False)
    >>> history.rounds
    [1, 2]
    """
    for name, count in {"rounds": rounds, "every": every, "keep": keep}.items():
        if count < 1:
            raise ValueError(f"fit needs a positive number for {name}, got {count}.")
    if precision not in (None, torch.float32, torch.bfloat16):
        raise ValueError(f"fit plays in torch.float32 or torch.bfloat16, not in {precision}: choose one of the two.")
    ranks = distributed.present()
    history, done, last_good = History(), 0, None
    folder = Path(checkpoint) if checkpoint is not None and ranks.first else None
    if folder:
        checkpoints.prepare(folder)
    try:
        ranks.from_first(lambda: rehearse(game, draw))
        done, records, last_good = ranks.agree(game, folder)
        history = History(**records)
        if (start := done) > rounds:
            raise ValueError(f"Checkpoint {last_good} is of a longer run: of {start} rounds, and you ask for {rounds}.")
        dtype = ranks.from_first(lambda: _precision(game, draw, precision or torch.float32, history, last_good))
        channels_last(game)
        captured = capture and game.device.type == "cuda" and not ranks.together
        for player in game.players.values():
            tune(player.optimizer, captured)  # a checkpoint may come from another kind of device
        pending: list[dict[str, Tensor]] = []  # losses of the rounds since the last look, on the device
        looked_at = start
        saved_at = time.monotonic()
        with (
            ranks.playing(game, draw) as share,
            in_precision(game, dtype),
            postponed(checkpoint is not None) as asked,
            tqdm(total=rounds, initial=start, unit="round", leave=False, disable=not (progress and ranks.first)) as bar,
        ):
            ranks.reseed(start)
            for step, losses in (replay if captured else play)(game, share, rounds, start):
                pending.append(losses)
                done, last = step + 1, step + 1 == rounds
                stop = ranks.heard(asked[0] if asked else 0)  # one for all; and a rank that is gone is missed at once
                record = last or done % every == 0
                save = folder is not None and (
                    last
                    or stop
                    or (save_rounds is not None and done % save_rounds == 0)
                    or (save_seconds is not None and time.monotonic() - saved_at >= save_seconds)
                )
                if record:
                    pending[-1] = ranks.mean(losses)
                if record or save:
                    values = _look(pending, looked_at, last_good)
                    pending, looked_at = [], done
                if record:
                    with ranks.apart():
                        _write_down(history, done, values, game, (metrics or {}) if ranks.first else {})
                    bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()}, refresh=False)
                if record and look and ranks.first:  # before saving: a run killed in between looks again
                    with seeded(None, game.device), ranks.apart():
                        look(game, history, rounds)
                if save and folder:
                    last_good = _save(folder, game, done, history, keep, last_good)
                    saved_at = time.monotonic()
                bar.update()
                if stop and not last:
                    good = ranks.from_first(partial(_good, last_good))  # nobody leaves before it is written
                    raise Stopped(f"Stopped after round {done} of {rounds}; {good}.", signal.Signals(stop))
                ranks.reseed(done)
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        wanted = re.search(r"tried to allocate [\d.]+ \w+", str(error), re.IGNORECASE)
        raise torch.OutOfMemoryError(
            f"Out of memory on {game.device} in round {done + 1}{f' ({wanted[0]})' if wanted else ''}: "
            f"lower the batch, or the width of the networks; {_good(last_good)}."
        ) from error
    return history


def _precision(game: Game, draw: Draw, wanted: torch.dtype, history: History, resumed: Path | None) -> torch.dtype:
    """What to compute in, which the history remembers: as a resumed run began, else as wanted, on a CPU if it pays."""
    asked = str(wanted).removeprefix("torch.")
    if resumed:
        if history.precision != asked:
            warnings.warn(f"This run began in {history.precision} and goes on in it, not in {asked}.", stacklevel=3)
    elif wanted == torch.bfloat16 and game.device.type == "cpu" and not faster_in_bfloat16(game, draw):
        warnings.warn("bfloat16 is not faster on this CPU for this game, which is played in float32.", stacklevel=3)
    else:
        history.precision = asked
    dtype: torch.dtype = getattr(torch, history.precision)
    return dtype


def _save(folder: Path, game: Game, done: int, history: History, keep: int, last_good: Path | None) -> Path | None:
    """Write a checkpoint of sound weights; return the last good one, which is the one before if there is no room."""
    for name, player in game.players.items():
        if not torch.stack([p.detach().isfinite().all() for p in player.parameters]).all():
            raise Diverged(f"Diverged: a weight of {name} is not finite after round {done}; {_good(last_good)}.")
    try:
        return checkpoints.save(folder, game, done, vars(history), keep=keep)
    except OSError as error:
        warnings.warn(
            f"Round {done} could not be saved in {folder} ({error.strerror or error}): training goes on and tries "
            f"again when the next checkpoint is due; {_good(last_good)}.",
            NotSaved,
            stacklevel=3,
        )
        return last_good


def _good(checkpoint: Path | None) -> str:
    return f"last good checkpoint: {checkpoint}" if checkpoint else "no checkpoint was written"


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _look(pending: list[dict[str, Tensor]], start: int, last_good: Path | None) -> dict[str, float]:
    """Read the waiting losses off the device in one transfer; return the last round's, or say which one broke."""
    table = torch.stack([torch.stack(list(losses.values())) for losses in pending]).tolist()
    for i, row in enumerate(table):
        for player, value in zip(pending[i], row, strict=True):
            if not math.isfinite(value):
                where = f"the loss of {player} is {value} at round {start + i + 1}"
                raise Diverged(f"Diverged: {where}; {_good(last_good)}.")
    return dict(zip(pending[-1], table[-1], strict=True))


def _write_down(
    history: History, done: int, losses: dict[str, float], game: Game, metrics: Mapping[str, Callable[[Any], float]]
) -> None:
    """Append one record; metrics leave the random generators as they found them."""
    with seeded(None, game.device):
        measured = {name: float(metric(game)) for name, metric in metrics.items()}
    history.rounds.append(done)
    for name, value in losses.items():
        history.losses.setdefault(name, []).append(value)
    for name, value in measured.items():
        history.metrics.setdefault(name, []).append(value)


def rehearse(game: Game, draw: Draw) -> None:
    """Compute every loss once, changing nothing, to say early and plainly what does not fit.

    Parameters
    ----------
    game : Game. Who would play.
    draw : callable. Takes nothing, returns the next real batch.

    Raises
    ------
    ValueError
        If a network cannot take what it is given, a player never moves, or a loss is not a scalar.
    """
    if absent := [name for name in game.turns if name not in game.players]:
        raise ValueError(f"{type(game).__name__} names {absent[0]!r} in its turns, but nobody is seated there.")
    entered: list[str] = []

    def enter(name: str) -> Callable[..., None]:
        def note(_: Any, inputs: tuple[Any, ...]) -> None:
            if isinstance(inputs[0], Tensor):
                entered.append(f"{name} cannot take a batch of shape {tuple(inputs[0].shape)}")

        return note

    hooks = [network.register_forward_pre_hook(enter(name)) for name, network in game.named_children()]
    try:
        with seeded(None, game.device), game.evaluating():
            real = draw()
            shape = tuple(real.shape) if isinstance(real, Tensor) else [tuple(part.shape) for part in real]
            for name in dict.fromkeys(game.turns):
                loss = game.players[name].loss(real)
                if loss.dim() != 0:
                    raise ValueError(f"The loss of {name} has shape {tuple(loss.shape)}; a player needs one number.")
    except (RuntimeError, IndexError) as error:
        if isinstance(error, RuntimeError) and _is_out_of_memory(error):
            raise
        if stray := re.match(r"Target (-?\d+) is out of bounds", str(error)):  # how cross_entropy says it
            raise ValueError(
                f"A label of the batch is {stray[1]}, for which {type(game).__name__} has no class: labels count from "
                "0. Correct the labels, or build the classifier with one score for each of them."
            ) from error
        where = entered[-1] if entered else f"{type(game).__name__} cannot take this batch"
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{where}: {reason}. Build the networks for the data, whose batch has shape {shape}."
        ) from error
    finally:
        for hook in hooks:
            hook.remove()

"""Playing a game: a generator for those who want to look, `fit` for those who want it done."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ganlib.engine import checkpoint as checkpoints
from ganlib.engine.device import seeded
from ganlib.engine.game import Draw, Game


class Diverged(RuntimeError):
    """A loss stopped being a number."""


@dataclass
class History:
    """What `fit` wrote down, one entry per recorded round.

    Attributes
    ----------
    rounds : list of int. How many rounds had been played.
    losses : dict. From player to its loss in that round.
    metrics : dict. From metric to its value after that round.
    """

    rounds: list[int] = field(default_factory=list)
    losses: dict[str, list[float]] = field(default_factory=dict)
    metrics: dict[str, list[float]] = field(default_factory=dict)


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
    progress: bool = True,
) -> History:
    """Play a game to the end, writing down losses and metrics, and lose nothing on the way.

    Losses stay on the device between two records. Metrics draw from their own fork of the random generators, so that
    looking at a run never changes it.

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
    progress : bool. Show a bar with the last recorded losses.

    Returns
    -------
    History. All records, those before a resumption included.

    Raises
    ------
    ValueError
        If a count is not positive, the networks do not fit the data, or a checkpoint is of another game or damaged.
    Diverged
        If a loss is not finite; the message names player, round and the last good checkpoint.

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
    rehearse(game, draw)
    history, start, last_good = History(), 0, None
    folder = None if checkpoint is None else Path(checkpoint)
    if folder and (last_good := checkpoints.latest(folder)):
        start, records = checkpoints.load(last_good, game)
        history = History(**records)

    pending: list[dict[str, Tensor]] = []  # losses of the rounds since the last look, on the device
    looked_at = start
    saved_at = time.monotonic()
    with tqdm(total=rounds, initial=start, unit="round", leave=False, disable=not progress) as bar:
        for step, losses in play(game, draw, rounds, start):
            pending.append(losses)
            done, last = step + 1, step + 1 == rounds
            record = last or done % every == 0
            save = folder is not None and (
                last
                or (save_rounds is not None and done % save_rounds == 0)
                or (save_seconds is not None and time.monotonic() - saved_at >= save_seconds)
            )
            if record or save:
                values = _look(pending, looked_at, last_good)
                pending, looked_at = [], done
            if record:
                _write_down(history, done, values, game, metrics or {})
                bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()}, refresh=False)
            if save and folder:
                last_good = checkpoints.save(folder, game, done, vars(history), keep=keep)
                saved_at = time.monotonic()
            bar.update()
    return history


def _look(pending: list[dict[str, Tensor]], start: int, last_good: Path | None) -> dict[str, float]:
    """Read the waiting losses off the device in one transfer; return the last round's, or say which one broke."""
    table = torch.stack([torch.stack(list(losses.values())) for losses in pending]).tolist()
    for i, row in enumerate(table):
        for player, value in zip(pending[i], row, strict=True):
            if not math.isfinite(value):
                remedy = f"last good checkpoint: {last_good}" if last_good else "no checkpoint was written"
                raise Diverged(f"Diverged: the loss of {player} is {value} at round {start + i + 1}; {remedy}.")
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
        where = entered[-1] if entered else f"{type(game).__name__} cannot take this batch"
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{where}: {reason}. Build the networks for the data, whose batch has shape {shape}."
        ) from error
    finally:
        for hook in hooks:
            hook.remove()

"""The recorded runs: what each recipe of a chapter made at the size that fitted the machine, over several seeds."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ganlib import engine, recipes
from ganlib.recipes._size import is_full
from ganlib.zoo.judges import judge
from ganlib.zoo.provenance import circumstances, fingerprint
from ganlib.zoo.storage import HOME, fetch, halve, store

RECORDED: dict[str, str | None] = {
    "acgan_mnist": "mnist",
    "bigan_mnist": "mnist",
    "cgan_mnist": "mnist",
    "dcgan_mnist": "mnist",
    "dcgan_patches": None,
    "gan_mnist": "mnist",
    "infogan_mnist": "mnist",
    "infogan_strokes": None,
    "semi_supervised_mnist": "mnist",
    "stacked_gan_mnist": "mnist",
}
"""Recipes whose runs the zoo keeps, and the judge that scores each, if it takes one.

Each NAME comes with `build_NAME(full, rounds)` and `score_NAME(game, judge)`, or `score_NAME(game)` without one; what
can be scored only with the data set is left to `measure_NAME`, which takes the same.
"""

SEEDS = 3
"""Seeds of a headline number; the weights kept are those of seed 0."""

LARGEST = 4_000_000
"""Bytes of weights that one entry may have."""


@dataclass(frozen=True)
class Run:
    """A run of a recipe: its game, and what is known of it."""

    name: str
    """Of the recipe."""
    game: engine.Game
    """As saved: averaged weights in their place, rounded to half precision."""
    history: engine.History
    """Losses and metrics by round."""
    scores: dict[str, float]
    """What seed 0 was measured at; empty for a run that has just been played."""
    seeds: list[dict[str, Any]]
    """Of each seed: its scores, size, seconds, device, versions, commit and date."""
    provenance: dict[str, Any]
    """Of the weights; empty for a run that has just been played."""

    @property
    def fresh(self) -> bool:
        """Whether it has just been played, so that there is no record to compare it with."""
        return not self.provenance

    def agrees(self, scores: Mapping[str, float], within: float = 0.02) -> bool:
        """Whether scores taken now are those that were recorded.

        Parameters
        ----------
        scores : mapping. Some or all of `scores`, taken again.
        within : float. Largest difference, relative to the recorded value or to one, whichever is larger.

        Returns
        -------
        bool. True for a fresh run, which has nothing to agree with.

        Raises
        ------
        KeyError. If a score was never recorded.
        """
        if self.fresh:
            return True
        return all(abs(scores[key] - self.scores[key]) <= within * max(1.0, abs(self.scores[key])) for key in scores)


def load(name: str, home: Path = HOME) -> Run:
    """A recorded run, its files checked.

    Parameters
    ----------
    name : str. Of the recipe.
    home : path. Where the recorded runs lie.

    Returns
    -------
    Run. Its game is on the CPU, in evaluation mode; the data set it was trained on is not needed.

    Raises
    ------
    ValueError. If no run of that name is recorded by any recipe, or its files are damaged.
    FileNotFoundError. If it has not been recorded.
    """
    _known(name)
    record = fetch(name, home)
    seeds: list[dict[str, Any]] = record.scores["seeds"]
    kept = next(seed for seed in seeds if seed["seed"] == record.provenance["seed"])
    game = _rebuilt(name, record.weights, bool(record.provenance["full"]))
    return Run(name, game, engine.History(**record.history), kept["scores"], seeds, record.provenance)


def run(name: str, **options: Any) -> Run:
    """Play a recipe where there is a GPU; elsewhere load the run that was recorded.

    Parameters
    ----------
    name : str. Of the recipe.
    **options
        For the recipe, when it is played, such as ``checkpoint``.

    Returns
    -------
    Run. In evaluation mode.

    Raises
    ------
    ValueError. If no run of that name is recorded by any recipe, or its files are damaged.
    FileNotFoundError. If it has not been recorded.
    """
    _known(name)
    if engine.device(None).type != "cuda":
        return load(name)
    game, history = getattr(recipes, name)(**options)
    game = _rebuilt(name, _saved(game), True).to(engine.device(None))
    return Run(name, game, history, {}, [], {})


def code(name: str) -> str:
    """The fingerprint of all that decides what a run becomes: the recipe's file and the classes of its game.

    Parameters
    ----------
    name : str. Of the recipe.

    Returns
    -------
    str. See `ganlib.zoo.provenance.fingerprint`.
    """
    game = type(getattr(recipes, f"build_{name}")())
    classes = [part for part in game.__mro__ if part.__module__.startswith("ganlib.games")]
    return fingerprint(inspect.getmodule(getattr(recipes, name)), *classes)


def is_current(name: str, seed: int, full: bool = False, home: Path = HOME) -> bool:
    """Whether a seed is recorded by the recipe as it is, at this size or a larger one.

    Parameters
    ----------
    name : str. Of the recipe.
    seed : int.
    full : bool. Whether only a run of full size counts.
    home : path. Where the recorded runs lie.

    Returns
    -------
    bool. False also when there is no such record; comments and docstrings of the recipe may change.
    """
    try:
        seeds = fetch(name, home).scores["seeds"]
    except (FileNotFoundError, ValueError):
        return False
    return any(s["seed"] == seed and s["full"] >= full and s["fingerprint"] == code(name) for s in seeds)


def record(name: str, seed: int = 0, full: bool | None = None, home: Path = HOME, **options: Any) -> dict[str, Any]:
    """Play one seed of a recipe, score it as it will be loaded, and put it into the zoo.

    Seed 0 leaves its weights; the others leave their scores beside them. Scores of an older recipe, or of another
    size, are dropped with the first seed that replaces them.

    Parameters
    ----------
    name : str. Of the recipe.
    seed : int.
    full : bool, optional. The size; full on a GPU, small elsewhere, if left out.
    home : path. Where the recorded runs lie.
    **options
        For the recipe, such as ``rounds``, ``device`` or ``checkpoint``.

    Returns
    -------
    dict. What was recorded of this seed.

    Raises
    ------
    ValueError. If no run of that name is recorded by any recipe, a score is not a number, or the weights are too large.
    """
    _known(name)
    full = is_full(full, options.get("device"))
    clock, cpu = time.perf_counter(), time.process_time()
    game, history = getattr(recipes, name)(seed, full=full, **options)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    weights = _saved(game)
    if (size := sum(value.nbytes for value in weights.values())) > LARGEST:
        raise ValueError(
            f"The weights of {name} have {size:,} bytes, and the zoo takes {LARGEST:,}: build it narrower."
        )
    mark = {"seed": seed, "full": full, "rounds": history.rounds[-1], "fingerprint": code(name)}
    mark |= {"seconds": round(seconds, 1), "cpu_seconds": round(cpu_seconds, 1), **circumstances(game.device)}
    found = {**mark, "scores": scores(name, _rebuilt(name, weights, full))}
    try:
        old = fetch(name, home)
        others = [s for s in old.scores["seeds"] if s["seed"] != seed and _alike(s, mark)]
    except (FileNotFoundError, ValueError):
        old, others = None, []
    if seed != 0 and old is not None and _alike(old.provenance, mark):
        weights, lines, note = old.weights, old.history, {k: v for k, v in old.provenance.items() if k != "sha256"}
    else:
        lines, note = vars(history), {"recipe": name, **mark}
    seeds = sorted([*others, found], key=lambda s: int(s["seed"]))
    store(name, weights, history=lines, scores={"seeds": seeds}, provenance=note, home=home)
    return found


def scores(name: str, game: engine.Game) -> dict[str, float]:
    """All that a recipe measures, the parts included that need the data set.

    Parameters
    ----------
    name : str. Of the recipe.
    game : Game. From `load` or the recipe.

    Returns
    -------
    dict. From score to value.

    Raises
    ------
    ValueError. If a score is not a finite number.
    """
    judged = () if (of := RECORDED[name]) is None else (judge(of),)
    found: dict[str, float] = dict(getattr(recipes, f"score_{name}")(game, *judged))
    if measure := getattr(recipes, f"measure_{name}", None):
        found |= measure(game, *judged)
    found = {key: float(value) for key, value in found.items()}
    if broken := [key for key, value in found.items() if not math.isfinite(value)]:
        raise ValueError(f"The score {broken[0]!r} of {name} is {found[broken[0]]}: nothing was recorded.")
    return found


def _known(name: str) -> None:
    if name not in RECORDED:
        raise ValueError(f"No recipe records a run {name!r}; those that do: {', '.join(RECORDED)}.")


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == other[key] for key in ("full", "fingerprint", "rounds"))


def _saved(game: engine.Game) -> dict[str, Tensor]:
    """A game's weights as the zoo keeps them: averaged ones in their place, and only once."""
    with game.average.replacing() if game.average else nullcontext():
        return {key: value for key, value in halve(game.state_dict()).items() if not key.startswith("average.")}


def _rebuilt(name: str, weights: Mapping[str, Tensor], full: bool) -> engine.Game:
    game: engine.Game = getattr(recipes, f"build_{name}")(full=full)
    game.average = None
    game.load_state_dict(dict(weights))  # copied into float32
    return game.eval()

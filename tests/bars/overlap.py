"""Overlapping classes in chapter 10: AC-GAN and TAC-GAN at three spacings. The code that is run is the chapter's own.

python tests/bars/overlap.py               # the chapter's table and curves, from the recorded seeds
"""

import importlib
import json
import statistics
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ganlib import games

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
tricks = importlib.import_module("tricks")
CHAPTER = HERE.parent.parent / "chapters" / "2_architectures" / "10_acgan.py"
ROUNDS = 2000
SPACINGS = (1.0, 2.0, 4.0)
KINDS = {"AC-GAN": games.ACGAN, "TAC-GAN": games.TACGAN}
Numbers = dict[str, Any]


@cache
def chapter() -> ModuleType:
    """The chapter's own data, networks and measures."""
    module: ModuleType = tricks.as_module(CHAPTER, ("toy", "of_classes"))
    return module


def source() -> tuple[Any, ...]:
    """The code that decides what comes out."""
    return chapter(), play, middle, games.acgan, games.tacgan


def play(seed: int) -> Numbers:
    """Both games at every spacing, with one seed."""
    found: Numbers = {}
    for name, kind in KINDS.items():
        for spacing in SPACINGS:
            game = chapter().toy(kind, seed, spacing, ROUNDS)
            _, means, widths, named = chapter().of_classes(game, spacing)
            parts = {"means": means.tolist(), "widths": widths.tolist(), "named": named.item()}
            found.setdefault(name, {})[f"{spacing:g}"] = parts
    middles = {f"{name}, middle class": middle(found[name]["2"]) for name in KINDS}  # the scorecard's rows
    return found | middles


def of(runs: list[Numbers], name: str, spacing: float) -> list[Numbers]:
    """What one game came to at one spacing, a seed each."""
    return [run[name][f"{spacing:g}"] for run in runs]


def middle(part: Numbers) -> float:
    return float(part["widths"][1])


def outer(part: Numbers) -> float:
    return float(part["widths"][0] + part["widths"][2]) / 2


CLAIMS: dict[str, Callable[[list[Numbers]], bool]] = {
    "AC-GAN, spacing at most 2: every class narrower than .8 on average, the middle one in every seed": lambda runs: (
        all(
            statistics.mean(map(outer, of(runs, "AC-GAN", spacing))) < 0.8
            and max(map(middle, of(runs, "AC-GAN", spacing))) < 0.8
            for spacing in (1.0, 2.0)
        )
    ),
    "TAC-GAN, spacing at most 2: every width within 10 % of 1 on average": lambda runs: all(
        abs(statistics.mean(map(width, of(runs, "TAC-GAN", spacing))) - 1) < 0.1
        for spacing in (1.0, 2.0)
        for width in (middle, outer)
    ),
    "TAC-GAN, spacing 4: too wide, in the middle class by more than a half in the worst seed": lambda runs: (
        max(map(middle, of(runs, "TAC-GAN", 4.0))) > 1.5
    ),
    "AC-GAN, spacing 2: named rightly more often than real points by at least a tenth, in every seed": lambda runs: (
        min(part["named"] for part in of(runs, "AC-GAN", 2.0)) > 0.788 + 0.1
    ),
}


def numbers(values: list[float]) -> str:
    """One number a seed."""
    return ", ".join(f"{value:.2f}" for value in values)


def table(runs: list[Numbers]) -> str:
    """The chapter's table, in Markdown."""
    heads = "| spacing | real: named | game | middle class | outer classes | named |"
    lines = [heads, "|---" * 6 + "|"]
    for spacing in SPACINGS:
        real = chapter_accuracy(spacing)
        for name in KINDS:
            parts = of(runs, name, spacing)
            cells = [numbers([f(part) for part in parts]) for f in (middle, outer, lambda part: part["named"])]
            lines.append(f"| {spacing:g} | {real:.2f} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def chapter_accuracy(spacing: float) -> float:
    """Of the nearest centre on real points: (4 Phi(spacing / 2) - 1) / 3."""
    return (4 * statistics.NormalDist().cdf(spacing / 2) - 1) / 3


def curves(runs: list[Numbers]) -> dict[str, list[float]]:
    """The mean width of the middle class at each spacing, as the chapter draws it."""
    return {
        name: [round(statistics.mean(map(middle, of(runs, name, spacing))), 2) for spacing in SPACINGS]
        for name in KINDS
    }


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("overlap_seed*.json"))
    recorded = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if recorded:
        print(table(recorded), curves(recorded), sep="\n\n")
    sys.exit(0 if files else 1)

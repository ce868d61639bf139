"""The guidelines of chapter 8, each switched off once on the digits. The code that is run is the chapter's own.

python tests/bars/guidelines.py            # the chapter's table, from the recorded seeds
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

from ganlib.games import dcgan

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
tricks = importlib.import_module("tricks")
CHAPTER = HERE.parent.parent / "chapters" / "2_architectures" / "08_dcgan.py"
SEEDS = 3
Numbers = dict[str, Any]


@cache
def chapter() -> ModuleType:
    """The chapter's pair of networks, its run, its score and its list of changes."""
    module: ModuleType = tricks.as_module(CHAPTER, ("play_digits", "score", "CHANGES"))
    return module


def source() -> tuple[Any, ...]:
    """The code that decides what comes out."""
    return chapter(), play, dcgan


def play(seed: int) -> Numbers:
    """Every change, with one seed."""
    rows: Numbers = {}
    for name, changes in chapter().CHANGES.items():
        distance, divergence = chapter().score(chapter().play_digits(seed, **changes))
        rows[name] = {"distance": distance, "histogram_kl": divergence}
    return {"rows": rows}


def median(runs: list[Numbers], name: str, key: str = "distance") -> float:
    """Over the seeds."""
    return statistics.median(run["rows"][name][key] for run in runs)


def worse(name: str, than: str = "nothing", times: float = 1.0) -> Callable[[list[Numbers]], bool]:
    """Whether a change has the larger distance in every seed, by a factor."""
    return lambda runs: all(run["rows"][name]["distance"] > times * run["rows"][than]["distance"] for run in runs)


def within(low: float, high: float, *names: str) -> Callable[[list[Numbers]], bool]:
    """Whether the distances of some changes lie between two numbers in every seed."""
    return lambda runs: all(low < run["rows"][name]["distance"] < high for run in runs for name in names)


CLAIMS: dict[str, Callable[[list[Numbers]], bool]] = {
    "five changes do no harm: below 12, as with nothing changed": within(
        0,
        12,
        "nothing",
        "1: pooling in D, upsampling in G",
        "4: LeakyReLU in G",
        "4: nothing in place of Tanh",
        "5: ReLU in D",
        "PyTorch's first weights",
    ),
    "without batch normalisation in D, or at all: above 50": within(50, 120, "2: none in D", "2: none at all"),
    "without it in G alone: between 30 and 65, and less than in D": lambda runs: (
        within(30, 65, "2: no batch normalisation in G")(runs)
        and worse("2: none in D", "2: no batch normalisation in G")(runs)
    ),
    "on G's output and D's input too: between 15 and 30": within(15, 30, "2: also on G's output and D's input"),
    "with hidden layers: above 50": within(50, 120, "3: a fully connected hidden layer in both"),
    "PyTorch's first weights do not replace batch normalisation": within(50, 120, "these, and 2: none at all"),
    "nor do they save the hidden layers: above 30": within(30, 120, "these, and 3"),
    "momentum 0.9: above 50": within(50, 120, "momentum 0.9"),
    "the optimizer of 2014: above 25": within(25, 120, "the SGD of 2014"),
    "a Sigmoid: above 100": within(100, 250, "4: Sigmoid in place of Tanh"),
    "fully connected networks: between 12 and 20, above the convolutions": lambda runs: (
        within(12, 20, "fully connected networks")(runs) and worse("fully connected networks", times=1.2)(runs)
    ),
    "label shares: more than .4 nats from equal wherever the distance is above 20, below .35 elsewhere": lambda runs: (
        all(
            (row["histogram_kl"] > 0.4) == (row["distance"] > 20)
            and (row["histogram_kl"] < 0.35) == (row["distance"] < 20)
            for run in runs
            for row in run["rows"].values()
        )
    ),
}


def cell(runs: list[Numbers], name: str, key: str, places: int) -> str:
    """One number a seed."""
    return ", ".join(f"{run['rows'][name][key]:.{places}f}" for run in runs)


def table(runs: list[Numbers]) -> str:
    """The chapter's table, in Markdown."""
    lines = ["| changed | Fréchet distance | label shares, nats from equal |", "|---|---|---|"]
    lines += [
        f"| {name} | {cell(runs, name, 'distance', 1)} | {cell(runs, name, 'histogram_kl', 2)} |"
        for name in chapter().CHANGES
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("guidelines_seed*.json"))
    print(table([json.loads(file.read_text(encoding="utf-8")) for file in files]))
    sys.exit(0 if files else 1)

"""The wishes of chapter 17, each taken away once: a stack on the digits without one of its three losses.

python tests/bars/stack_wishes.py          # the chapter's table, from the recorded seeds
"""

import importlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ganlib import recipes
from ganlib.games import stacked_gan

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
tricks = importlib.import_module("tricks")
CHAPTER = HERE.parent.parent / "chapters" / "2_architectures" / "17_stacked_gan.py"
WISHES = {
    "all three": (1, 1, 10),
    "without the entropy loss": (1, 1, 0),
    "without the conditional loss": (1, 0, 10),
    "without the adversarial loss": (0, 1, 10),
}
COLUMNS = ("accuracy", "recovery 1", "recovery 0", "variance")
Numbers = dict[str, Any]


@cache
def chapter() -> ModuleType:
    """The chapter's own stack, and what it looks at."""
    module: ModuleType = tricks.as_module(CHAPTER, ("stack", "look"))
    return module


def source() -> tuple[Any, ...]:
    """The code that decides what comes out."""
    return chapter(), play, stacked_gan, recipes.Supervised


def play(seed: int) -> Numbers:
    """Train a stack with each choice of wishes, and look."""
    return {name: chapter().look(chapter().stack(seed, weights)) for name, weights in WISHES.items()}


def every(holds: Callable[[Numbers], bool]) -> Callable[[list[Numbers]], bool]:
    return lambda runs: all(holds(run) for run in runs)


CLAIMS: dict[str, Callable[[list[Numbers]], bool]] = {
    "all three: the judge sees the label in .85, and .8 of the noise is recovered on both levels": every(
        lambda run: (
            run["all three"]["accuracy"] >= 0.85
            and run["all three"]["recovery 0"] >= 0.8
            and run["all three"]["recovery 1"] >= 0.8
        )
    ),
    "without the entropy loss: less than .2 is recovered, and less than half of the variance is left": every(
        lambda run: (
            run["without the entropy loss"]["recovery 0"] < 0.2
            and run["without the entropy loss"]["variance"] < 0.5 * run["all three"]["variance"]
        )
    ),
    "without the conditional loss: the judge sees the label in less than .3": every(
        lambda run: run["without the conditional loss"]["accuracy"] < 0.3
    ),
    "without the adversarial loss: .8 of the noise is recovered, and the judge sees the label in less than .8": every(
        lambda run: (
            run["without the adversarial loss"]["recovery 0"] >= 0.8
            and run["without the adversarial loss"]["accuracy"] < 0.8
        )
    ),
}


def table(runs: list[Numbers]) -> str:
    """The chapter's table, in Markdown: one number a seed."""
    lines = ["| | label seen | $z_1$ recovered | $z_0$ recovered | variance within a label |", "|---|---|---|---|---|"]
    for name in WISHES:
        cells = [", ".join(f"{run[name][key]:.2f}".replace("-", "−") for run in runs) for key in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("stack_wishes_seed*.json"))
    print(table([json.loads(file.read_text(encoding="utf-8")) for file in files]))

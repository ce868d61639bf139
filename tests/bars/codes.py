"""Three ways to write a label down, in chapter 9. The code that is run is the chapter's own.

python tests/bars/codes.py                # the chapter's table, from the recorded seeds
"""

import importlib
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ganlib import networks
from ganlib.games import cgan

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
tricks = importlib.import_module("tricks")
CHAPTER = HERE.parent.parent / "chapters" / "2_architectures" / "09_cgan.py"
CODES = {"one-hot": "one_hot", "embedding of 8": "embedding", "$y/9$": "number"}
COLUMNS = ("obeyed", "spread")
Numbers = dict[str, Any]


@cache
def chapter() -> ModuleType:
    """The chapter's own networks, training and measures."""
    module: ModuleType = tricks.as_module(CHAPTER, ("learn", "look", *CODES.values()))
    return module


def source() -> tuple[Any, ...]:
    """The code that decides what comes out."""
    return chapter(), play, cgan, networks.Conditioned


def play(seed: int) -> Numbers:
    """Train with each code, and look."""
    code = vars(chapter())
    return {name: code["look"](code["learn"](code[function], seed)) for name, function in CODES.items()}


def table(runs: list[Numbers]) -> str:
    """The chapter's table, in Markdown: one number a seed."""
    lines = ["| label as | share as asked for | spread within a class, over the real one |", "|---" * 3 + "|"]
    for name in CODES:
        cells = [", ".join(f"{run[name][key]:.2f}" for run in runs) for key in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("codes_seed*.json"))
    print(table([json.loads(file.read_text(encoding="utf-8")) for file in files]))

"""`ganlib data`: the data sets that recipes need, fetched and verified ahead of time."""

from __future__ import annotations

import argparse
import ast
import inspect
from pathlib import Path
from typing import Any

from ganlib.commands import runs


def add(commands: Any) -> None:
    """Add `data` to the command line.

    Parameters
    ----------
    commands : argparse's subparsers.
    """
    data = commands.add_parser(
        "data",
        help="fetch and verify data sets ahead of time, or list what is there",
        description="Fetch data sets and compare every file with its checksum; without a name, say which are here and "
        "which recipes need them.",
        epilog="examples: ganlib data; ganlib data mnist; ganlib data mnist cifar10 --data sets",
    )
    data.add_argument("names", nargs="*", metavar="NAME", help="mnist, fashion, kmnist or cifar10; a list if left out")
    data.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where they are, or are to be kept (GANLIB_DATA, then the cache)"
    )
    data.set_defaults(run=data_, goes_on=True)


def data_(options: argparse.Namespace) -> int | None:
    """Fetch data sets, or list them.

    Parameters
    ----------
    options : Namespace. With `names` and `data`.

    Returns
    -------
    int or None. 1 if one that is listed is damaged.
    """
    from ganlib.data import download

    if unknown := [name for name in options.names if name not in download.names()]:
        raise ValueError(f"no data set is called {unknown[0]!r}: choose from {', '.join(download.names())}")
    for name in options.names:
        paths = download.provide(name, options.data)
        print(f"{name}: {len(paths)} files, as published, in {paths[0].parent}", flush=True)
    return None if options.names else _list(options.data)


def _list(folder: Path | None) -> int | None:
    """A line for each data set: where it is, and who needs it."""
    from ganlib import recipes
    from ganlib.data import download

    damaged = None
    for name in download.names():
        try:
            paths = download.here(name, folder)
            state = f"in {paths[0].parent}" if paths else f"not here: ganlib data {name}"
        except ValueError as error:
            state, damaged = str(error), 1
        needing = [recipe for recipe in recipes.__all__ if name in needed_by(recipe)]
        print(f"{name:<10}{state}" + f" (for {', '.join(needing)})" * bool(needing))
    return damaged


def needed_by(recipe: str) -> set[str]:
    """The data sets that a recipe loads, to train or to measure, as its source says.

    Parameters
    ----------
    recipe : str. Its name.

    Returns
    -------
    set of str. Names of data sets.
    """
    module = inspect.getmodule(runs.recipe(recipe))
    assert module is not None
    functions = {
        node.name: node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)
    }
    waiting, seen, found = [recipe, f"score_{recipe}", f"measure_{recipe}"], set(), set()
    while waiting:
        if (name := waiting.pop()) not in seen and name in functions:
            seen.add(name)
            for node in ast.walk(functions[name]):
                if isinstance(node, ast.Name):
                    waiting.append(node.id)  # perhaps another function of the recipe
                elif isinstance(node, ast.Call) and ast.unparse(node.func) == "data.load":
                    found.add(ast.literal_eval(node.args[0]))
    return found

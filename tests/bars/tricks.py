"""The tricks of chapter 5: each switched in two recipes, the modes counted. The code that is run is the chapter's own.

python tests/bars/tricks.py                # the chapter's table, from the recorded seeds
"""

import ast
import json
import linecache
import statistics
import symtable
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
CHAPTER = HERE.parent.parent / "chapters" / "1_foundations" / "05_training.py"
RECIPES = ("CAREFUL", "CARELESS")
WANTED = ("play_ring", "found_by", "TRICKS", *RECIPES)
Numbers = dict[str, Any]


def code_of(wanted: tuple[str, ...], path: Path = CHAPTER) -> str:
    """The statements of a chapter that define some names, and whatever those need, in the chapter's order."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined: dict[str, list[ast.stmt]] = {}
    for node in body:
        for name in _defines(node):
            defined.setdefault(name, []).append(node)
    needed: set[ast.stmt] = set()
    used: set[str] = set()
    unseen = list(wanted)
    while unseen:
        name = unseen.pop()
        used.add(name)
        nodes = defined.get(name, [])
        if name in wanted and len(nodes) != 1:
            raise ValueError(f"{path.name} defines {name} {len(nodes)} times, not once.")
        for node in nodes:
            if node not in needed:
                needed.add(node)
                unseen += _uses(node)
    return "\n".join(ast.unparse(_only(node, used)) for node in body if node in needed)


def _only(node: ast.stmt, used: set[str]) -> ast.stmt:
    """Of an import the names that are used, of anything else all."""
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, [name for name in node.names if (name.asname or name.name) in used], 0)
    return node


def _defines(node: ast.stmt) -> list[str]:
    """The names that a statement gives to the chapter: of assignments, only those to a single name."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return [node.targets[0].id]
    return []


def _uses(node: ast.stmt) -> list[str]:
    """The names that a statement takes from the chapter or from Python."""

    def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
        yield table
        for child in table.get_children():
            yield from tables(child)

    if isinstance(node, ast.Import | ast.ImportFrom):
        return []
    top = symtable.symtable(ast.unparse(node), "chapter", "exec")
    return [
        symbol.get_name()
        for table in tables(top)
        for symbol in table.get_symbols()
        if symbol.is_global() or (table is top and symbol.is_referenced())
    ]


def as_module(path: Path, wanted: tuple[str, ...]) -> ModuleType:
    """`code_of` a chapter as a module, whose lines Python can show and a fingerprint can read."""
    code, name = code_of(wanted, path), f"<{path.name}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    module = ModuleType(path.stem)
    module.__file__ = name
    exec(compile(code, name, "exec"), module.__dict__)
    return module


@cache
def chapter() -> ModuleType:
    """The chapter's code."""
    return as_module(CHAPTER, WANTED)


def play(seed: int) -> Numbers:
    """Every trick in both recipes, with one seed."""
    names = vars(chapter())
    rows: Numbers = {recipe.lower(): {} for recipe in RECIPES}
    for recipe in RECIPES:
        for trick, change in names["TRICKS"].items():
            changed = names[recipe] | change
            if change and changed == names[recipe]:
                continue  # the recipe has it
            game, _ = names["play_ring"](seed, **changed)
            report = names["found_by"](game, changed.get("scale", 1.0))
            rows[recipe.lower()][trick] = f"{report.covered} modes, {100 * report.high_quality:.1f} %"
    return rows


def row(runs: list[Numbers], recipe: str, trick: str) -> str:
    """One cell of the table: a digit a seed, and the median share of high quality."""
    cells = [run[recipe].get(trick) for run in runs]
    if None in cells:
        return "has it"
    digits = "".join(cell.split()[0] for cell in cells)
    quality = statistics.median(float(cell.split()[2]) for cell in cells)
    return f"`{digits}` {quality:.0f} %"


def table(runs: list[Numbers]) -> str:
    """The chapter's table, in Markdown."""
    lines = ["| changed | careful | careless |", "|---|---|---|"]
    lines += [
        f"| {trick} | {row(runs, 'careful', trick)} | {row(runs, 'careless', trick)} |" for trick in chapter().TRICKS
    ]
    return "\n".join(lines)


def seeds(runs: list[Numbers], recipe: str, trick: str, enough: int) -> int:
    """In how many seeds at least so many modes were found."""
    return sum(int(run[recipe][trick].split()[0]) >= enough for run in runs)


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("tricks_seed*.json"))
    print(table([json.loads(file.read_text(encoding="utf-8")) for file in files]))
    sys.exit(0 if files else 1)

"""Which cells of a chapter the marking of answers needs: the rest of the book is not run again for every student.

Setup cells, answers and the checks of questions always run. Of the other cells, those that make what a reader sees and
those that hold the book's own statements to account, only the ones run that these build on, by names, and so on back to
the beginning. A name whose value a cell could change brings every cell in which it stands; one that is only imported or
defined, as a function or a class, brings the cells that do so. Names are all that is looked at: a check cannot build on
anything else, such as where the random numbers are, since any answer before it may have drawn some.

This decides how long marking takes, and not what is right: the chapter's own answers are marked in the same way before
all others, and must earn every point.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from nbformat import NotebookNode

from ganlib.grading.chapters import question, role
from ganlib.grading.submission import parsed

_ALWAYS = ("setup", "answer", "hidden")
# What may find a name that is written nowhere, and notebook commands: an answer that has one of these gets every cell.
_SEEKS = re.compile(r"\b(eval|exec|globals|locals|vars|get_ipython|__main__)\b|^[ \t]*[%!]", re.MULTILINE)
_MAKES = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class _Names:
    """Names of the notebook in a cell: all that stand in it, and of these what it needs, makes, and makes variable."""

    stand: frozenset[str]
    needs: frozenset[str]
    makes: frozenset[str]
    varies: frozenset[str]


def needed(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Leave out the cells that no answer and no check of a question builds on.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Code cells of a merged notebook, in order.

    Returns
    -------
    list of NotebookNode
        Some of them, in order; all of them when an answer is not plain Python, or looks names up as it runs.
    """
    names = []
    for cell in cells:
        found = _names(cell.source)
        if found is None or (role(cell) == "answer" and _SEEKS.search(cell.source)):
            return list(cells)
        names.append(found)
    variable = frozenset[str]().union(*(found.varies for found in names))
    waiting = [place for place, cell in enumerate(cells) if role(cell) in _ALWAYS or question(cell) is not None]
    kept = set(waiting)
    for place in waiting:  # it grows
        for other, found in enumerate(names):
            if other not in kept and names[place].needs & (found.makes | (found.stand & variable)):
                kept.add(other)
                waiting.append(other)
    return [cell for place, cell in enumerate(cells) if place in kept]


@lru_cache(maxsize=1000)
def _names(source: str) -> _Names | None:
    """Names in a cell; None when it cannot be read."""
    tree = parsed(source)
    if tree is None:
        return None
    stand: set[str] = set()
    needs: set[str] = set()
    makes: set[str] = set()
    varies: set[str] = set()
    own: set[str] = set()  # made by the statements so far, whatever was there before
    for statement in tree.body:
        try:
            used, made, fixed = _statement(ast.unparse(statement))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            return None
        stored = {name for node in ast.walk(statement) if (name := _stored_into(node)) in used}
        stand |= used | made | stored
        needs |= (used | stored) - own
        makes |= made | stored
        varies |= (made - fixed) | stored
        if isinstance(statement, _MAKES):
            own |= made
    return _Names(frozenset(stand), frozenset(needs), frozenset(makes), frozenset(varies))


def _statement(source: str) -> tuple[set[str], set[str], set[str]]:
    """Global names that a statement uses, at its top or inside a function; that it makes; and that it only defines."""
    scopes = [symtable.symtable(source, "cell", "exec")]
    used: set[str] = set()
    made: set[str] = set()
    fixed: set[str] = set()
    for scope in scopes:  # it grows: a scope brings those inside it
        scopes += scope.get_children()
        outer = scope.get_type() == "module"
        for symbol in scope.get_symbols():
            if outer or symbol.is_global():
                name = symbol.get_name()
                used |= {name} if symbol.is_referenced() else set()
                made |= {name} if symbol.is_assigned() or symbol.is_imported() else set()
                fixed |= {name} if symbol.is_imported() or symbol.is_namespace() else set()
    return used, made, fixed


def _stored_into(node: ast.AST) -> str:
    """The name whose attribute or item a piece of code sets or deletes."""
    if not isinstance(node, (ast.Attribute, ast.Subscript)) or isinstance(node.ctx, ast.Load):
        return ""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

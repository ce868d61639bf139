"""A submission's answers in the place of the chapter's own: the notebook that is marked."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from nbformat import NotebookNode

from ganlib.grading.chapters import question, role
from ganlib.grading.student import stub
from ganlib.grading.submission import Answer

MARKED = ("setup", "given", "answer", "check", "hidden")


def merge(reference: NotebookNode, answers: Mapping[str, Answer], *, only: str | None = None) -> NotebookNode:
    """Put answers into a pristine copy of a reference.

    Only the source of an answer comes from the submission. Everything else, its cell's id and metadata included, is the
    reference's; so are the outputs that the checks are compared with.

    Parameters
    ----------
    reference : NotebookNode
        The executed chapter; it is not changed.
    answers : mapping of str to Answer
        By question. A question without an answer gets the stub, whose check then says so.
    only : str, optional
        Mark this question alone: every other one has the reference's answer and no checks, and the notebook ends with
        the last check of this one. Checks of statements, which belong to no question, stay: others may build on them.

    Returns
    -------
    NotebookNode
        Code cells alone, demos left out. Cells of answers have neither outputs nor an execution count: nbval runs
        them and compares nothing.

    Raises
    ------
    ValueError
        When the reference does not ask `only`.
    """
    cells = [copy.deepcopy(cell) for cell in reference.cells if cell.cell_type == "code" and role(cell) in MARKED]
    if only is not None:
        if not any(role(cell) == "answer" and question(cell) == only for cell in cells):
            raise ValueError(f"the chapter does not ask {only}")
        cells = [cell for cell in cells if not _is_check(cell) or _asked(cell) in (None, only)]
        last = max((place for place, cell in enumerate(cells) if _is_check(cell) and _asked(cell) == only), default=-1)
        cells = cells[: last + 1]
    for cell in cells:
        if role(cell) == "answer":
            q = str(_asked(cell))
            if only in (None, q):
                cell["source"] = answers[q].source if q in answers else stub(cell.source, q)
            cell["outputs"], cell["execution_count"] = [], None
    merged = copy.deepcopy(NotebookNode({**reference, "cells": []}))
    merged["cells"] = cells
    return merged


def _is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check, visible or hidden."""
    return role(cell) in ("check", "hidden")


def _asked(cell: NotebookNode) -> str | None:
    """The question that a cell of the reference belongs to, by its metadata."""
    return cell.metadata.get("course", {}).get("q")

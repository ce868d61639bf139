"""A submission's answers in the place of the chapter's own: the notebook that is marked.

Hidden checks come last. Whatever an answer has planted in the kernel may read their source as they arrive, but nothing
that is told to a student is printed after that.
"""

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
        Mark this question alone: every other one has the reference's answer and no checks, and the notebook goes no
        further than this one's checks. Checks of statements, which belong to no question, stay: others may build on
        them.

    Returns
    -------
    NotebookNode
        Code cells alone, demos left out, hidden checks at the end. Cells of answers have neither outputs nor an
        execution count: nbval runs them and compares nothing.

    Raises
    ------
    ValueError
        When the reference does not ask `only`.
    """
    cells = [copy.deepcopy(cell) for cell in reference.cells if cell.cell_type == "code" and role(cell) in MARKED]
    hidden = [cell for cell in cells if role(cell) == "hidden"]
    cells = [cell for cell in cells if role(cell) != "hidden"]
    if only is not None:
        if not any(role(cell) == "answer" and question(cell) == only for cell in cells):
            raise ValueError(f"the chapter does not ask {only}")
        cells = [cell for cell in cells if role(cell) != "check" or _asked(cell) in (None, only)]
        own = [place for place, cell in enumerate(cells) if role(cell) in ("answer", "check") and _asked(cell) == only]
        cells, hidden = cells[: own[-1] + 1], [cell for cell in hidden if _asked(cell) == only]
    cells += hidden
    for cell in cells:
        if role(cell) == "answer":
            q = str(_asked(cell))
            if only in (None, q):
                cell["source"] = answers[q].source if q in answers else stub(cell.source, q)
            cell["outputs"], cell["execution_count"] = [], None
    merged = copy.deepcopy(NotebookNode({**reference, "cells": []}))
    merged["cells"] = cells
    return merged


def _asked(cell: NotebookNode) -> str | None:
    """The question that a cell of the reference belongs to, by its metadata."""
    return cell.metadata.get("course", {}).get("q")

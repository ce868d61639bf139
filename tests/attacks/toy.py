"""A chapter of two questions that needs neither torch nor numpy: what the attacks are tried on."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from ganlib.grading import kernel
from ganlib.grading.sandbox import Limits
from ganlib.grading.submission import Answer

LIMITS = Limits(
    memory=1 << 30, processes=48, file_size=32 << 20, output=200_000, cell_seconds=3.0, notebook_seconds=20.0
)

CELLS = [
    ("import math\n\nfrom ganlib.grading import check", {"role": "given"}),
    (
        "# >>> answer: ch99.q1\ndef square(x):\n    return x * x",
        {"role": "answer", "q": "ch99.q1", "points": 2},
    ),
    (  # everybody knows what this prints; it is there for its hint, and weighs nothing
        "check('ch99.q1', square, [((2.0,), 4.0)], wrong=[(lambda x: x**3, 'two factors, not three')])",
        {"role": "check", "q": "ch99.q1", "points": 0},
    ),
    ("print([f'{square(x):.4f}' for x in (1.7, -0.3)])", {"role": "hidden", "q": "ch99.q1"}),
    (
        "# >>> answer: ch99.q2\ndef clip(x, low, high):\n    return max(low, min(high, x))",
        {"role": "answer", "q": "ch99.q2", "points": 3},
    ),
    ("print([clip(x, -1, 1) for x in (-3, -0.5, 0.5, 9)])", {"role": "check", "q": "ch99.q2"}),
]

RIGHT = {course["q"]: source for source, course in CELLS if course["role"] == "answer"}


def reference(cells: list[tuple[str, dict]] = CELLS) -> NotebookNode:
    """The chapter, executed."""
    made = [
        new_code_cell(source, metadata={"course": course}, id=f"{course['role']}-{place}")
        for place, (source, course) in enumerate(cells)
    ]
    notebook = new_notebook(cells=made)
    with kernel.running(notebook, 60) as run:
        for index, cell in enumerate(made):
            run(cell, index)
    for cell in made:
        cell["outputs"] = kernel.tidy(cell.outputs)
    return notebook


def answers(**sources: str) -> dict[str, Answer]:
    """Answers by `q1=...`; the others are right."""
    given = RIGHT | {f"ch99.{q}": source for q, source in sources.items()}
    return {q: Answer(q, source, "marker") for q, source in given.items()}

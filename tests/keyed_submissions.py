"""Submissions to chapters of the book, whose marks stand in `key/CHAPTER.txt`, written by hand.

A submission is the chapter's own answers but for some, in the form in which a notebook travels. `SUBMISSIONS` holds for
each chapter, by name, a form and the answers that are not the chapter's own: source, or None for none.
"""
# ruff: noqa: E501 - the sources of short answers are easier to read on a line

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from ganlib.grading import chapters
from ganlib.grading.chapters import Chapter, question, role
from ganlib.grading.references import Index, collect
from ganlib.grading.student import beside, stub, student

Form = Callable[[NotebookNode], tuple[str, bytes]]


def written(notebook: NotebookNode) -> tuple[str, bytes]:
    return "notebook.ipynb", json.dumps(notebook).encode()


def place(notebook: NotebookNode, name: str) -> int:
    return next(index for index, cell in enumerate(notebook.cells) if cell.get("id") == name)


def lab(notebook):
    """Saved by JupyterLab: outputs and execution counts of whatever was run."""
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell["execution_count"] = count
        cell["outputs"] = [nbformat.v4.new_output("stream", text="whatever was seen\n")]
    return written(notebook)


def colab(notebook):
    """Saved by Colab: no ids, no metadata of ours, an older format."""
    notebook.update(nbformat_minor=0, metadata={"colab": {"provenance": []}, "widgets": {}})
    for number, cell in enumerate(notebook.cells):
        del cell["id"]
        cell["metadata"] = {"id": f"s7iq_p9R{number}"}
    return written(notebook)


def percent(notebook):
    """Converted to a py:percent file."""
    return "notebook.py", jupytext.writes(notebook, fmt="py:percent").encode()


def script(notebook):
    """A script of code cells alone, with the line ends of Windows."""
    text = "".join(f"#%%\n{cell.source}\n\n" for cell in notebook.cells if cell.cell_type == "code")
    return "notebook.py", text.replace("\n", "\r\n").encode()


def backwards(notebook):
    """Every cell in the opposite place."""
    notebook["cells"] = notebook.cells[::-1]
    return written(notebook)


def only_answers(notebook):
    """The answer cells and nothing else."""
    notebook["cells"] = [cell for cell in notebook.cells if role(cell) == "answer"]
    return written(notebook)


def without_markers(notebook):
    """The marker lines deleted."""
    for cell in notebook.cells:
        if role(cell) == "answer":
            cell["source"] = cell.source.split("\n", 1)[1]
    return written(notebook)


def split(notebook):
    """Every answer of more than two lines split before its last line, into two cells of the same metadata."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if role(cell) == "answer" and cell.source.count("\n") > 2:
            rest = copy.deepcopy(cell)
            cell["source"], rest["source"] = cell.source.rsplit("\n", 1)
            rest["id"] = f"{cell.id}-rest"
            cells.append(rest)
    notebook["cells"] = cells
    return written(notebook)


def checks_say_right(notebook):
    """Every check replaced by one that is pleased, and the imports of the chapter gone."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and role(cell) == "check" and question(cell):
            cell["source"] = f'print("{question(cell)}: right")'
    notebook["cells"] = [cell for cell in notebook.cells if "\nimport ganlib" not in cell.source]
    return written(notebook)


def stubs_again(notebook):
    """What was handed out for the first answer pasted once more at the end."""
    first = next(cell for cell in notebook.cells if role(cell) == "answer")
    notebook.cells.append(nbformat.v4.new_code_cell(stub(first.source, question(first))))
    return written(notebook)


def nothing(notebook):
    """No cell at all."""
    notebook["cells"] = []
    return written(notebook)


@functools.cache
def index(root: Path) -> Index:
    """The labels of the book."""
    return collect(list(map(chapters.read, chapters.find(root))), beside(root))


@functools.cache
def handed_out(path: Path) -> NotebookNode:
    """The student's notebook of a chapter."""
    return student(chapters.read(path), index(path.parent.parent))


def submission(chapter: Chapter, form: Form, answers: dict[str, str | None]) -> tuple[str, bytes]:
    """A file's name and content."""
    notebook = copy.deepcopy(handed_out(chapter.path))
    own = {str(question(cell)): cell.source for cell in chapter.cells("answer")}
    for cell in notebook.cells:
        if role(cell) == "answer" and answers.get(question(cell), "") is not None:
            q = str(question(cell))
            cell["source"] = f"# >>> answer: {q}\n{answers[q]}" if q in answers else own[q]
    return form(notebook)


def by_heart(head: str, table: str, default: str) -> str:
    """A function that looks its arguments up, as they print, in what the visible check asks."""
    names = head.split("(")[1].rstrip("):")
    return f"def {head}:\n    return {table}.get(repr(({names},)), {default})"


_KL = by_heart(
    "kl_of_tables(p, q)",
    "{'([0.7, 0.2, 0.1], [0.4, 0.4, 0.2])': 0.183787, '([0.5, 0.5, 0.0], [0.25, 0.25, 0.5])': 0.693147, "
    "'([0.25, 0.25, 0.5], [0.5, 0.5, 0.0])': float('inf'), '([0.9, 0.1, 0.0], [0.5, 0.5, 0.0])': 0.368064}",
    "0.5",
)
_BELL = by_heart(
    "best_bell(weights, means, stds)",
    "{'([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5])': (0.0, 2.061553), '([0.9, 0.1], [-2.0, 2.0], [0.5, 0.5])': (-1.6, 1.3), "
    "'([1.0], [3.0], [0.7])': (3.0, 0.7)}",
    "(1.1, 1.914419)",
)
_JS = by_heart(
    "js_of_tables(p, q)",
    "{'([1.0, 0.0], [0.0, 1.0])': 0.693147, '([0.7, 0.2, 0.1], [0.4, 0.4, 0.2])': 0.046201, "
    "'([1.0, 0.0], [0.5, 0.5])': 0.215762}",
    "0.0",
)
_EARTH = by_heart(
    "earth_moved(xs, ys)",
    "{'([3.0, 1.0, 2.0], [2.0, 5.0, 8.0])': 3.0, '([0.0, 2.0], [1.0])': 1.0, '([0.0, 0.0, 3.0], [0.0, 1.0])': 0.833333}",
    "0.0",
)
_CRITIC = (
    "def hellinger_critic(u):\n    return {0.25: (-1, -0.5), 1: (0, 0), 4: (0.5, 1), 9: (2 / 3, 2)}.get(u, (0, 0))"
)

CH03 = {
    "right, nothing but the answers": (only_answers, {}),
    "right, markers deleted": (without_markers, {}),
    "right, every answer split in two": (split, {}),
    "KL without the limit of x log x": (
        lab, {"ch03.q1": "def kl_of_tables(p, q):\n    return sum(a * math.log(a / b) for a, b in zip(p, q))"}
    ),
    "KL with a small number for zero": (
        lab, {"ch03.q1": "def kl_of_tables(p, q):\n    return sum(a * math.log(a / max(b, 1e-12)) for a, b in zip(p, q) if a)"}
    ),
    "the bell's variance": (
        colab,
        {"ch03.q2": "def best_bell(w, m, s):\n    mean = sum(a * b for a, b in zip(w, m))\n"
         "    return mean, sum(a * (b * b + c * c) for a, b, c in zip(w, m, s)) - mean**2"},
    ),
    "the bell by heart": (lab, {"ch03.q2": _BELL}),
    "earth: the rest dropped": (
        percent,
        {"ch03.q4": "def earth_moved(xs, ys):\n    pairs = list(zip(sorted(xs), sorted(ys)))\n"
         "    return sum(abs(a - b) for a, b in pairs) / len(pairs)"},
    ),
    "earth: twelfths": (
        lab,
        {"ch03.q4": "def earth_moved(xs, ys):\n"
         "    xs, ys = ([v for v in sorted(z) for _ in range(12 // len(z))] for z in (xs, ys))\n"
         "    return sum(abs(a - b) for a, b in zip(xs, ys)) / 12"},
    ),
    "critic and conjugate exchanged": (
        lab, {"ch03.q5": "def hellinger_critic(u):\n    return math.sqrt(u) - 1, 1 - 1 / math.sqrt(u)"}
    ),
    "bits, and one question left out": (
        lab,
        {"ch03.q3": "def js_of_tables(p, q):\n    m = [(a + b) / 2 for a, b in zip(p, q)]\n"
         "    return sum(a * math.log2(a / c) for x in (p, q) for a, c in zip(x, m) if a) / 2",
         "ch03.q5": None},
    ),
    "everything by heart": (
        lab, {"ch03.q1": _KL, "ch03.q2": _BELL, "ch03.q3": _JS, "ch03.q4": _EARTH, "ch03.q5": _CRITIC}
    ),
    "the first answer ends Python when called": (
        lab, {"ch03.q1": "import os\ndef kl_of_tables(p, q):\n    os._exit(0)"}
    ),
}  # fmt: skip

CH04 = {
    "right, saved by JupyterLab": (lab, {}),
    "right, saved by Colab": (colab, {}),
    "right, a percent file": (percent, {}),
    "right, backwards": (backwards, {}),
    "right, every answer split in two": (split, {}),
    "right, helpers of one name": (
        lab,
        {"ch04.q3": "def d(s):\n    return 1 / (1 + math.exp(-s))\ndef weights(s):\n    return d(s), d(-s)",
         "ch04.q5": "def d(theta, psi):\n    return 1 / (1 + math.exp(-theta * psi))\n"
         "def growth(theta, psi, h):\n    return 1 + h**2 * d(theta, psi) ** 2"},
    ),
    "right, a coarser grid": (
        lab,
        {"ch04.q4": "def nonsaturating_divergence(mean, std):\n"
         "    x = torch.linspace(-15, 15, 3001, dtype=torch.float64)\n"
         "    p, q = Normal(0.0, 1.0).log_prob(x).exp(), Normal(mean, std).log_prob(x).exp()\n"
         "    return 0.01 * ((p + q) * ((p + q) / 2 / p).log()).sum()"},
    ),
    "one JSD, and checks that say right": (
        checks_say_right, {"ch04.q2": "def value_at_best(jsd):\n    return jsd - math.log(4)"}
    ),
    "odds, and the growth beside home": (
        lab,
        {"ch04.q1": "def best_probability(p, q):\n    return p / q",
         "ch04.q5": "def growth(theta, psi, h):\n    return 1 + h**2 / 4"},
    ),
    "two answers by heart": (
        lab,
        {"ch04.q1": "def best_probability(p, q):\n    return {0.3: 0.75, 0.2: 0.5, 0.05: 0.1}.get(p, 0.25)",
         "ch04.q2": "def value_at_best(jsd):\n    return {0.0: -1.386294, 0.111421: -1.163452, 0.336831: -0.712632}.get(jsd, 0.0)"},
    ),
    "one answer kills the kernel": (lab, {"ch04.q3": "import os\nos._exit(1)"}),
    "one answer never ends": (lab, {"ch04.q4": "def nonsaturating_divergence(mean, std):\n    while True:\n        pass"}),
    "one answer is no Python": (lab, {"ch04.q5": "def growth(theta, psi, h)\n    return 1"}),
    "the step ahead by turns": (
        colab,
        {"ch04.q6": "def look_ahead(velocity, theta, psi, h):\n    psi = psi + h * velocity(theta, psi)[1]\n"
         "    return theta + h * velocity(theta, psi)[0], psi"},
    ),
    "an answer that only says it is right": (lab, {"ch04.q1": 'print("ch04.q1: right")'}),
    "the first two only": (lab, {f"ch04.q{number}": None for number in (3, 4, 5, 6)}),
    "as handed out": (lab, {f"ch04.q{number}": None for number in range(1, 7)}),
    "an empty notebook": (nothing, {}),
}  # fmt: skip

CH09 = {
    "right, saved by JupyterLab": (lab, {}),
    "right, saved by Colab": (colab, {}),
    "right, a percent file": (percent, {}),
    "right, backwards": (backwards, {}),
    "right, a stub pasted at the end": (stubs_again, {}),
    "D not told the label": (
        lab,
        {"ch09.q1": "def gap(shares, p, q):\n    P, Q = ([sum(s * r[i] for s, r in zip(shares, rows)) for i in range(len(rows[0]))] "
         "for rows in (p, q))\n    return sum(a * math.log(2 * a / (b + c)) / 2 for a, b, c in zip(P + Q, P + P, Q + Q) if a)"},
    ),
    "every label counts the same": (
        lab,
        {"ch09.q1": "def gap(shares, p, q):\n    total = 0.0\n    for real, fake in zip(p, q):\n        for a, b in zip(real, fake):\n"
         "            total += sum(v * math.log(2 * v / (a + b)) for v in (a, b) if v) / 2\n    return total / len(p)"},
    ),
    "the label first, and the wrong way round": (
        percent,
        {"ch09.q2": "def joined(W, x, y):\n    return [row[y] + sum(w * v for w, v in zip(row[3:], x)) for row in W]",
         "ch09.q4": "def drawn_class(carried, y):\n    return carried[y]"},
    ),
    "a generator that obeys": (lab, {"ch09.q3": "def told_nothing(asked, data):\n    return 1.0, asked[0]"}),
    "two answers by heart": (
        lab,
        {"ch09.q4": "def drawn_class(carried, y):\n    return {(1, 0): 3, (1, 1): 0, (2, 3): 2, (2, 0): 1}.get((carried[0], y), 3)",
         "ch09.q5": "def best(p, q, w):\n    return {(0.2, 0.0): 2 / 3, (0.0, 0.4): 0.0}.get((p, w), 0.5)"},
    ),
    "one answer calls itself for ever": (lab, {"ch09.q5": "def best(p, q, w):\n    return best(p, q, w)"}),
    "one answer sleeps": (lab, {"ch09.q2": "import time\ndef joined(W, x, y):\n    time.sleep(1000)"}),
    "a text where a number is asked for": (lab, {"ch09.q4": "def drawn_class(carried, y):\n    return str(carried.index(y))"}),
    "as handed out": (lab, {f"ch09.q{number}": None for number in range(1, 6)}),
}  # fmt: skip

CH14 = {
    "right, a script": (script, {}),
    "right, nothing but the answers": (only_answers, {}),
    "right, the letters otherwise": (lab, {"ch14.q6": 'leaking = "dbc"'}),
    "right, the chapter's imports deleted": (checks_say_right, {}),
    "a sigmoid that rounds to one": (
        lab,
        {"ch14.q3": "def unsupervised(real, fake):\n    a, b = (sum(map(math.exp, scores)) for scores in (real, fake))\n"
         "    return -math.log(a / (a + 1)) - math.log(1 - b / (b + 1))"},
    ),
    "the blunt leak alone": (lab, {"ch14.q6": 'leaking = "C"'}),
    "the last score dropped": (lab, {"ch14.q1": "def pin(scores):\n    return scores[:-1]"}),
    "the sign of the pull": (
        lab,
        {"ch14.q4": "def pull(scores):\n    powers = [math.exp(s) for s in scores]\n    total = sum(powers)\n"
         "    return [power / total / (total + 1) for power in powers]"},
    ),
    "a sum of features, and the limit": (
        colab,
        {"ch14.q5": "def feature_matching(real, fake):\n"
         "    means = [[sum(c) / len(rows) for c in zip(*rows)] for rows in (real, fake)]\n"
         "    return sum((a - b) ** 2 for a, b in zip(*means))",
         "ch14.q7": "def labels_used(images, known, rounds):\n    return images * (1 - math.exp(-known * rounds / images))"},
    ),
    "four answers by heart": (
        lab,
        {"ch14.q1": "def pin(scores):\n    return {0.0: [1.0, 2.0], 3.0: [-2.0, -1.0]}.get(scores[-1], [1.0, -0.5, 2.5])",
         "ch14.q2": "def probability_of_real(scores):\n    return {1: 0.5, 10: 0.909091}.get(len(scores), "
         "0.912856 if scores[0] == 1 else 0.169047)",
         "ch14.q5": "def feature_matching(real, fake):\n    return {2.0: 0.0 if fake[0][1] == 2 else 4.5}.get(fake[0][0], 2.0)",
         "ch14.q7": "def labels_used(images, known, rounds):\n"
         "    return {1: 5.0, 2: 7.5, 10: 651.32156, 6000: 37929.073055}.get(rounds, 10.0)"},
    ),
    "one answer aborts": (lab, {"ch14.q2": "import os\ndef probability_of_real(scores):\n    os.abort()"}),
    "the first three only": (lab, {f"ch14.q{number}": None for number in (4, 5, 6, 7)}),
    "an empty notebook": (nothing, {}),
}  # fmt: skip

SUBMISSIONS: dict[str, dict[str, tuple[Form, dict[str, str | None]]]] = {
    "03_divergences": CH03, "04_minimax": CH04, "09_cgan": CH09, "14_semi_supervised": CH14,
}  # fmt: skip

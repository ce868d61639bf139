"""A chapter of three questions and what people hand in for it, built by code: right answers in every form a notebook
travels in, the accidents of a class, and files that are not what they seem.

Each builder takes a folder and returns the path of what it wrote there. `RIGHT` are answered in full, `PARTLY` in part,
`BROKEN` are no submissions; nothing here is hostile once it runs, only in how it is written. `KEY` says by hand what
each deserves.
"""

import copy
import json
import os
from pathlib import Path

import jupytext
import nbformat
import tiny_book
from nbformat import NotebookNode

from ganlib.grading import chapters
from ganlib.grading.references import collect
from ganlib.grading.student import student

CHAPTER = '''\
# ---
# A chapter that exists only in the tests.
# ---
# %% [markdown]
# # Three questions
#
# ```{exercise} The square of $x$
# :label: ch98.q1
# :class: essential
#
# Square it.
# ```

# %%
import math

from ganlib.grading import check, close, holds

# %%
HALF = 0.5
holds("a half is less than one", HALF < 1)

# %% course={"role": "answer", "q": "ch98.q1", "points": 2}
# >>> answer: ch98.q1
def square(x):
    """The square of x."""
    return x * x * (HALF + 0.5)


# %% course={"role": "check", "q": "ch98.q1"}
check("ch98.q1", square, [((2.0,), 4.0), ((-0.5,), 0.25)], wrong=[(lambda x: x**3, "two factors, not three")])

# %% course={"role": "hidden", "q": "ch98.q1"}
check("ch98.q1", square, [((17.0,), 289.0)], wrong=[(lambda x: 2 * x, "not twice")])

# %% [markdown]
# ```{exercise} The length of a vector
# :label: ch98.q2
#
# Compute it.
# ```

# %% course={"role": "demo"}
longest = max(range(3000), key=lambda n: -n * n)
print("a demo, which marking leaves out")

# %% course={"role": "answer", "q": "ch98.q2", "points": 3}
# >>> answer: ch98.q2
def length(v):
    """The Euclidean length of v."""
    total = 0.0
    for entry in v:
        total += square(entry)
    return math.sqrt(total)


# %% course={"role": "check", "q": "ch98.q2"}
check("ch98.q2", length, [(([3.0, 4.0],), 5.0), (([1.0],), 1.0)], wrong=[(sum, "square before you add")])

# %% course={"role": "check", "q": "ch98.q2"}
check("ch98.q2", length, [(([0.0, 0.0],), 0.0), (([5.0, 12.0, 84.0],), 85.0)])

# %% course={"role": "check"}
close("a quarter", 0.25, HALF * HALF, 1e-9)

# %% [markdown]
# ```{exercise} Half of it
# :label: ch98.q3
#
# Give the value.
# ```

# %% course={"role": "answer", "q": "ch98.q3", "points": 1}
# >>> answer: ch98.q3
quarter = HALF * HALF

# %% course={"role": "check", "q": "ch98.q3"}
check("ch98.q3", quarter, [(None, 0.25)], wrong=[(0.5, "half of a half")])
'''

GOOD = {
    "ch98.q1": "# >>> answer: ch98.q1\ndef square(x):\n    return x**2",
    "ch98.q2": "# >>> answer: ch98.q2\ndef length(v):\n    return math.sqrt(sum(x**2 for x in v))",
    "ch98.q3": "# >>> answer: ch98.q3\nquarter = 1 / 4",
}
QUESTIONS = tuple(GOOD)
POINTS = {"ch98.q1": 2, "ch98.q2": 3, "ch98.q3": 1}


def chapter(folder: Path) -> chapters.Chapter:
    """The chapter, as an instructor has it."""
    return chapters.read(tiny_book.write(folder / "source", CHAPTER, "1_foundations/98_three.py"))


def reference(folder: Path) -> NotebookNode:
    """The chapter's notebook with answers and hidden checks; not executed."""
    return chapter(folder).notebook


def handed_out(folder: Path) -> NotebookNode:
    """The student's notebook."""
    made = chapter(folder)
    return student(made, collect([made], folder / "source" / "book" / "references.bib"))


def answered(folder: Path, given: dict[str, str] | None = None) -> NotebookNode:
    """The student's notebook with answers written into it."""
    notebook = handed_out(folder)
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).get("role") == "answer":
            cell["source"] = (GOOD if given is None else given).get(cell.metadata.course.q, cell.source)
    return notebook


def place(notebook: NotebookNode, name: str) -> int:
    """Where the cell with an id is."""
    return next(index for index, cell in enumerate(notebook.cells) if cell.get("id") == name)


def save(folder: Path, notebook: NotebookNode, name: str = "notebook.ipynb") -> Path:
    """A notebook as a file; nothing is validated."""
    path = folder / name
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return path


# --- right answers, in the forms that notebooks travel in


def lab(folder: Path) -> Path:
    """Saved by JupyterLab: ids and metadata kept, outputs and widget state inside."""
    notebook = answered(folder)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell["execution_count"] = count
        cell["outputs"] = [nbformat.v4.new_output("stream", text="whatever the student saw\n")]
        cell["source"] = cell.source.splitlines(keepends=True)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}}
    return save(folder, notebook)


def colab(folder: Path) -> Path:
    """Saved by Colab: format 4.0, no ids, no tags, no metadata of ours, widgets without state."""
    notebook = json.loads(lab(folder).read_text(encoding="utf-8"))
    notebook.update(nbformat=4, nbformat_minor=0, metadata={"colab": {"provenance": []}, "widgets": {}})
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] = {"id": f"s7iq_p9R{number}", "colab": {"base_uri": "https://localhost:8080/"}}
    return save(folder, notebook)


def percent(folder: Path) -> Path:
    """Converted by jupytext, with the metadata it keeps."""
    path = folder / "notebook.py"
    path.write_text(jupytext.writes(answered(folder), fmt="py:percent"), encoding="utf-8")
    return path


def spyder(folder: Path) -> Path:
    """A script with cells and nothing but cells, lines ended as on Windows, in UTF-16."""
    cells = [cell for cell in answered(folder).cells if cell.cell_type == "code"]
    text = "".join(f"#%%\n{cell.source}\n\n" for cell in cells)
    path = folder / "notebook.py"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    return path


def nbconvert_script(folder: Path) -> Path:
    """What `jupyter nbconvert --to script` writes."""
    text = "#!/usr/bin/env python\n# coding: utf-8\n\n"
    for number, cell in enumerate(answered(folder).cells, 1):
        lines = cell.source.split("\n")
        is_code = cell.cell_type == "code"
        text += (
            f"# In[{number}]:\n\n\n{cell.source}\n\n\n" if is_code else "".join(f"# {line}\n" for line in lines) + "\n"
        )
    path = folder / "notebook.py"
    path.write_text(text, encoding="utf-8")
    return path


def colab_script(folder: Path) -> Path:
    """What Colab downloads as `.py`: no cells, text between triple quotes."""
    text = '# -*- coding: utf-8 -*-\n"""Three questions.ipynb\n\nAutomatically generated by Colab.\n"""\n\n'
    for cell in answered(folder).cells:
        text += f"{cell.source}\n\n" if cell.cell_type == "code" else f'"""{cell.source}"""\n\n'
    path = folder / "notebook.py"
    path.write_text(text, encoding="utf-8")
    return path


def json_in_py(folder: Path) -> Path:
    """A `.py` that is Colab's notebook all the same, with a byte order mark."""
    content = colab(folder).read_bytes()
    path = folder / "notebook.py"
    path.write_bytes(b"\xef\xbb\xbf" + content)
    return path


def only_answers(folder: Path) -> Path:
    """Three answer cells and nothing else."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in GOOD.values()])
    return save(folder, notebook)


def reordered(folder: Path) -> Path:
    """Every cell in the opposite place."""
    notebook = answered(folder)
    notebook["cells"] = notebook.cells[::-1]
    return save(folder, notebook)


def without_markers(folder: Path) -> Path:
    """Marker lines deleted: metadata are left."""
    notebook = answered(folder, {q: source.split("\n", 1)[1] for q, source in GOOD.items()})
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"new-{number}"
    return save(folder, notebook)


def only_ids(folder: Path) -> Path:
    """Marker lines and metadata deleted: ids are left."""
    notebook = json.loads(without_markers(folder).read_text(encoding="utf-8"))
    for cell, original in zip(notebook["cells"], handed_out(folder).cells):
        cell.update(id=original.id, metadata={})
    return save(folder, notebook)


def split_in_lab(folder: Path) -> Path:
    """An answer split over two cells, which both have its metadata, in the middle of the function."""
    notebook = answered(folder)
    index = place(notebook, "ch98-q2-answer")
    first, second = notebook.cells[index], copy.deepcopy(notebook.cells[index])
    first["source"], second["source"], second["id"] = *GOOD["ch98.q2"].rsplit("\n", 1), "fresh"
    notebook.cells[index : index + 1] = [first, nbformat.v4.new_markdown_cell("And then:"), second]
    return save(folder, notebook)


def split_in_colab(folder: Path) -> Path:
    """The same, where no cell has metadata."""
    notebook = json.loads(split_in_lab(folder).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    return save(folder, notebook)


def helpers_in_cells_of_their_own(folder: Path) -> Path:
    """An import at the top, a helper above one answer and another below it, scratch work in between."""
    length = (
        "# >>> answer: ch98.q2\n"
        "def length(v):\n    return root(sum(_square(x) for x in v))\n\n"
        "def root(x):\n    return x ** np_half()"
    )
    notebook = answered(folder, {**GOOD, "ch98.q2": length})
    code = nbformat.v4.new_code_cell
    index = place(notebook, "ch98-q2-answer")
    notebook.cells[index + 1 : index + 1] = [
        code("length([1.0"),
        code("%timeit length([3.0, 4.0])"),
        code("def np_half():\n    return operator.truediv(1, 2)"),
        code("import time\nscratch = 'slow'\ntime.sleep(1e6)"),
    ]
    notebook.cells.insert(index, code("def _square(x):\n    return x * x"))
    notebook.cells.insert(0, code("import operator"))
    return save(folder, notebook)


def below_the_stub(folder: Path) -> Path:
    """The stub left alone, the answer in a new cell below it."""
    notebook = answered(folder, {q: source for q, source in GOOD.items() if q != "ch98.q1"})
    new = nbformat.v4.new_code_cell(GOOD["ch98.q1"].split("\n", 1)[1])
    notebook.cells.insert(place(notebook, "ch98-q1-answer") + 1, new)
    return save(folder, notebook)


def merged_with_its_check(folder: Path) -> Path:
    """An answer, its checks and the next answer merged into one cell."""
    notebook = answered(folder)
    first, last = place(notebook, "ch98-q1-answer"), place(notebook, "ch98-q2-answer")
    codes = [cell.source for cell in notebook.cells[first : last + 1] if cell.cell_type == "code"]
    notebook.cells[first]["source"] = "\n\n".join(codes)
    del notebook.cells[first + 1 : last + 1]
    return save(folder, notebook)


def checks_edited(folder: Path) -> Path:
    """A check and a given cell edited, another check deleted."""
    notebook = answered(folder)
    notebook.cells[place(notebook, "ch98-q1-check")]["source"] = 'print("ch98.q1: right")'
    given = next(cell for cell in notebook.cells if cell.source.startswith("HALF = 0.5"))
    given["source"] = given.source.replace("0.5", "0.25")
    del notebook.cells[place(notebook, "ch98-q3-check")]
    return save(folder, notebook)


def setup_deleted(folder: Path) -> Path:
    """The first three code cells deleted."""
    notebook = answered(folder)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook["cells"] = [cell for cell in notebook.cells if cell not in codes[:3]]
    return save(folder, notebook)


def answered_twice(folder: Path) -> Path:
    """An earlier attempt kept above the answer, and a fresh stub pasted at the end."""
    notebook = answered(folder)
    attempt = nbformat.v4.new_code_cell("# >>> answer: ch98.q1\ndef square(x):\n    return x**3")
    notebook.cells.insert(1, attempt)
    stub = handed_out(folder).cells[place(handed_out(folder), "ch98-q1-answer")].source
    notebook.cells.append(nbformat.v4.new_code_cell(stub))
    return save(folder, notebook)


def nul_bytes(folder: Path) -> Path:
    """NUL characters, half a surrogate pair and bare carriage returns in a cell."""
    notebook = answered(folder)
    cell = notebook.cells[place(notebook, "ch98-q1-answer")]
    cell["source"] = cell.source.replace("\n", "\r") + "  # \0 \ud83d \u2603"
    return save(folder, notebook)


def oddly_named(folder: Path) -> Path:
    """A name that would climb out of a folder, break a line, colour a terminal and be a formula."""
    path = folder / "=cmd|' C'!..%2f..%2f\x1b[31m\n\u202egnp.ipynb"
    lab(folder).rename(path)
    return path


RIGHT = (
    lab,
    colab,
    percent,
    spyder,
    nbconvert_script,
    colab_script,
    json_in_py,
    only_answers,
    reordered,
    without_markers,
    only_ids,
    split_in_lab,
    split_in_colab,
    helpers_in_cells_of_their_own,
    below_the_stub,
    merged_with_its_check,
    checks_edited,
    setup_deleted,
    answered_twice,
    nul_bytes,
    oddly_named,
)


# --- answered in part


def untouched(folder: Path) -> Path:
    """Handed in as it was handed out."""
    return save(folder, handed_out(folder))


def one_wrong(folder: Path) -> Path:
    """The cube in the place of the square, the rest right."""
    return save(folder, answered(folder, {**GOOD, "ch98.q1": "# >>> answer: ch98.q1\ndef square(x):\n    return x**3"}))


def half_right(folder: Path) -> Path:
    """A length that passes the first of its two checks."""
    length = "# >>> answer: ch98.q2\ndef length(v):\n    return abs(v[0]) if len(v) == 1 else 5.0"
    return save(folder, answered(folder, {**GOOD, "ch98.q2": length}))


def hard_coded(folder: Path) -> Path:
    """A square that knows what the visible check asks."""
    square = "# >>> answer: ch98.q1\ndef square(x):\n    return {2.0: 4.0, -0.5: 0.25}[x]"
    return save(folder, answered(folder, {**GOOD, "ch98.q1": square}))


def broken_syntax(folder: Path) -> Path:
    """An answer that is not Python."""
    return save(folder, answered(folder, {**GOOD, "ch98.q3": "# >>> answer: ch98.q3\nquarter = = 1"}))


def one_missing(folder: Path) -> Path:
    """The cell of the second answer deleted."""
    notebook = answered(folder)
    del notebook.cells[place(notebook, "ch98-q2-answer")]
    return save(folder, notebook)


def another_chapter(folder: Path) -> Path:
    """A notebook of some other chapter."""
    cells = [nbformat.v4.new_code_cell(source.replace("ch98", "ch97")) for source in GOOD.values()]
    return save(folder, nbformat.v4.new_notebook(cells=cells))


def empty_notebook(folder: Path) -> Path:
    """A notebook without a cell."""
    return save(folder, nbformat.v4.new_notebook())


PARTLY = {  # and which questions are answered at all
    untouched: set(),
    one_wrong: set(QUESTIONS),
    half_right: set(QUESTIONS),
    hard_coded: set(QUESTIONS),
    broken_syntax: set(QUESTIONS),
    one_missing: {"ch98.q1", "ch98.q3"},
    another_chapter: set(),
    empty_notebook: set(),
}

KEY = {
    **dict.fromkeys(RIGHT, POINTS),
    untouched: {"ch98.q1": 0, "ch98.q2": 0, "ch98.q3": 0},
    one_wrong: {"ch98.q1": 0, "ch98.q2": 3, "ch98.q3": 1},
    half_right: {"ch98.q1": 2, "ch98.q2": 1.5, "ch98.q3": 1},
    hard_coded: {"ch98.q1": 1, "ch98.q2": 3, "ch98.q3": 1},
    broken_syntax: {"ch98.q1": 2, "ch98.q2": 3, "ch98.q3": 0},
    one_missing: {"ch98.q1": 2, "ch98.q2": 0, "ch98.q3": 1},
    another_chapter: {"ch98.q1": 0, "ch98.q2": 0, "ch98.q3": 0},
    empty_notebook: {"ch98.q1": 0, "ch98.q2": 0, "ch98.q3": 0},
}


# --- no submissions


def raw(content: bytes | str, name: str = "notebook.ipynb"):
    """A builder of a file with this content."""

    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return build


def truncated(folder: Path) -> Path:
    """An upload that broke off."""
    path = lab(folder)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def hundred_megabytes(folder: Path) -> Path:
    """A notebook followed by 100 MB of nothing."""
    path = lab(folder)
    os.truncate(path, 100_000_000)
    return path


def link(folder: Path) -> Path:
    """A link to somebody else's notebook."""
    lab(folder).rename(folder / "theirs.ipynb")
    path = folder / "notebook.ipynb"
    path.symlink_to("theirs.ipynb")
    return path


def pipe(folder: Path) -> Path:
    """A pipe that nobody writes to."""
    path = folder / "notebook.ipynb"
    os.mkfifo(path)
    return path


def directory(folder: Path) -> Path:
    """A folder with a notebook's name."""
    path = folder / "notebook.ipynb"
    path.mkdir()
    return path


def notebook_of(cells: str) -> str:
    """The JSON of a notebook around the JSON of its cells."""
    return f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": {cells}}}'


CELL = '{"cell_type":"code","metadata":{},"source":"","outputs":[]}'

BROKEN = {
    "truncated": (truncated, "is damaged, it is not JSON at line"),
    "conflict": (raw('{\n<<<<<<< HEAD\n "cells": []}'), r"is damaged, it is not JSON at line 2 \(Expecting"),
    "empty": (raw(b""), "is empty"),
    "nothing but NUL": (raw(bytes(10_000)), "is empty"),
    "100 MB": (hundred_megabytes, "has 100.0 MB, more than 20: clear all outputs"),
    "deep": (raw(notebook_of("[" * 200_000 + "]" * 200_000)), "nested more than 100 levels deep"),
    "deep in metadata": (raw(notebook_of('[{"a":' * 60 + "1" + "}]" * 60)), "nested more than 100 levels deep"),
    "many cells": (raw(notebook_of(f"[{','.join([CELL] * 5000)}]")), "has 5,000 cells, more than 2,000"),
    "many values": (raw(notebook_of(f"[{'[],' * 400_000}0]")), "holds more than 500,000 values"),
    "many quotes": (raw(notebook_of('["' + '\\"' * 5_000_000 + '""' * 1_000_000)), "is damaged"),
    "long cells": (
        raw(notebook_of("[" + CELL.replace('""', '"' + "x" * 2_000_001 + '"') + "]")),
        "more than 2,000,000",
    ),
    "a huge number": (raw(notebook_of("9" * 5000)), "is damaged, its JSON cannot be read"),
    "format 3": (raw('{"nbformat": 3, "worksheets": [{"cells": []}]}'), "is an old notebook, of format 3 or less"),
    "format 5": (raw('{"nbformat": 5, "cells": []}'), "is a notebook of an unknown format"),
    "format what": (raw('{"nbformat": {"a": []}, "cells": []}'), "is a notebook of an unknown format"),
    "other JSON": (raw('{"name": "x"}'), "is JSON, but no notebook"),
    "cells in a dictionary": (raw(notebook_of("{}")), "is JSON, but no notebook"),
    "a list": (raw("[1, 2]"), "is no notebook, and no script"),
    "plain text": (raw("my answer is 4\n", "notebook.py"), "is no notebook, and no script"),
    "a web page": (raw("\n <!DOCTYPE html><html></html>"), "is a web page, not a notebook"),
    "a PDF": (raw(b"%PDF-1.7\n%\xe2\xe3"), "is a PDF, not a notebook"),
    "a zip": (raw(b"PK\x03\x04aaaa"), "is an archive or an office document"),
    "random bytes": (raw(bytes(range(1, 256)) * 40), "is no notebook, and no script"),
    "a link": (link, "is a link to another file"),
    "a pipe": (pipe, "is not a file"),
    "a folder": (directory, "is not a file"),
}

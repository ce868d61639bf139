"""A student notebook has the chapter's text in plain Markdown with the book's numbers, the answers open, and nothing of
a solution in it; it never overwrites work."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import tiny_book

from ganlib.__main__ import main
from ganlib.grading import chapters, markdown
from ganlib.grading.references import collect
from ganlib.grading.student import stub, student


def made(folder: Path, text: str = tiny_book.CHAPTER) -> nbformat.NotebookNode:
    chapter = chapters.read(tiny_book.write(folder, text))
    return student(chapter, collect([chapter], folder / "book" / "references.bib"))


def cell(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name)


def shown(folder: Path, source: str, before: str = "") -> str:
    """How a notebook shows a piece of MyST."""
    text = "# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in source.split("\n")) + "\n"
    return made(folder, before + text).cells[-1].source


# --- answers


def test_answers_are_stubs_and_solutions_and_hidden_checks_are_gone(tmp_path):
    notebook = made(tmp_path)
    assert cell(notebook, "ch99-q1-answer").source == (
        "# >>> answer: ch99.q1\n"
        "def square(x):\n"
        '    """The square of x, in squared units."""\n'
        '    raise NotImplementedError("ch99.q1: write your answer here")'
    )
    assert "ch99-q1-hidden" not in {cell.id for cell in notebook.cells}
    everything = chapters.encode(notebook).decode()
    for secret in ("x * x", "no power is needed", "280", "hidden"):
        assert secret not in everything


def test_written_solutions_and_hidden_text_are_gone_too(tmp_path):
    for role in ("answer", "hidden"):
        header = f'# %% [markdown] course={{"role": "{role}", "q": "ch99.q1"}}'
        notebook = made(tmp_path, f"{tiny_book.CHAPTER}\n{header}\n# Because a square has two factors.\n")
        assert "two factors." not in chapters.encode(notebook).decode()


def test_nothing_has_been_run(tmp_path):
    codes = [cell for cell in made(tmp_path).cells if cell.cell_type == "code"]
    assert all(cell.execution_count is None and cell.outputs == [] for cell in codes)


def test_cells_keep_their_ids_and_roles(tmp_path):
    notebook = made(tmp_path)
    assert notebook.cells[0].id == "setup"
    assert cell(notebook, "ch99-q1-answer").metadata == {"course": {"role": "answer", "q": "ch99.q1", "points": 2}}
    assert notebook.metadata.ganlib.source_sha256 == chapters.read(tiny_book.write(tmp_path)).sha256


M = "# >>> answer: ch99.q1"
RAISE = 'raise NotImplementedError("ch99.q1: write your answer here")'


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("def f(x): return 2 * x", f"def f(x):\n    {RAISE}"),
        (
            "def f(\n    x,  # input\n    y=1,\n):\n    # secret\n    return x",
            f"def f(\n    x,  # input\n    y=1,\n):\n    {RAISE}",
        ),
        ("@cache\ndef f(x):\n\n    return x", f"@cache\ndef f(x):\n    {RAISE}"),
        (
            'def f(x):\n    """One.\n\n    Two.\n    """\n    return x',
            f'def f(x):\n    """One.\n\n    Two.\n    """\n    {RAISE}',
        ),
        ("def f(x):\n    def g(y):\n        return y\n    return g", f"def f(x):\n    {RAISE}"),
        ("def f(x):\n    @cache\n    def g(y):\n        return y\n    return g", f"def f(x):\n    {RAISE}"),
        ("import math\n\ndef f(x):\n    return x", f"import math\ndef f(x):\n    {RAISE}"),
        ("share = 0.841", "share = ...  # your code here"),
        ("a, b = 1, 2", "a = ...  # your code here\nb = ...  # your code here"),
        ("rate: float = 0.1", "rate = ...  # your code here"),
        ("print(2)", "# your code here"),
        ("é = 'é'\ndef f(x): return 'é'", f"é = ...  # your code here\ndef f(x):\n    {RAISE}"),
        (
            'class Mine(GAN):\n    """From GAN."""\n\n    clip = 1\n\n    def loss(self, real):\n        return 1',
            'class Mine(GAN):\n    """From GAN."""\n    clip = ...  # your code here\n    def loss(self, real):\n'
            f"        {RAISE}",
        ),
        ("class Mine(GAN):\n    pass", "class Mine(GAN):\n    ...  # your code here"),
    ],
)
def test_a_stub_keeps_what_asks_and_drops_what_answers(answer, left):
    stubbed = stub(f"{M}\n{answer}", "ch99.q1")
    assert stubbed == f"{M}\n{left}"
    compile(stubbed, "stub", "exec")


LEAKS = {
    "in another layout": "# %%\ndef f(x):\n    y = (x*x +\n         0*HALF)\n    return y\n",
    "in a code span": "# %% [markdown]\n# Try `x*x + 0 * HALF` here.\n",
    "in a fenced block": "# %% [markdown]\n# ```python\n# return x * x + 0 * HALF\n# ```\n",
    "of a hidden check": '# %% course={"role": "demo"}\nprint(square(17.0) - 280 * 1.0)\n',
}


@pytest.mark.parametrize("where", LEAKS)
def test_a_notebook_that_gives_an_answer_away_is_refused(where, tmp_path):
    with pytest.raises(ValueError, match="99_tiny: the student notebook would give away '"):
        made(tmp_path, tiny_book.CHAPTER + "\n" + LEAKS[where])


def test_a_whole_body_of_simple_steps_is_a_leak_too(tmp_path):
    steps = "    y = abs(x)\n    return pow(y, 2)"
    text = tiny_book.CHAPTER.replace("    return x * x + 0 * HALF", steps)
    assert made(tmp_path, text)
    with pytest.raises(ValueError, match=r"from the answer to ch99\.q1"):
        made(tmp_path, text + f"\n# %%\ndef again(x):\n{steps}\n")


def test_common_code_and_formulas_are_no_leak(tmp_path):
    text = tiny_book.CHAPTER.replace(
        "    return x * x", "    for _ in range(len([x])):\n        pass\n    return x * x"
    )
    text += "\n# %%\nfor _ in range(len([1])):\n    pass\n\n# %% [markdown]\n# $x * x + 0 * HALF$\n"
    assert made(tmp_path, text)


# --- text


def test_numbers_citations_and_blocks_become_plain_markdown(tmp_path):
    notebook = made(tmp_path)
    assert notebook.cells[1].source == (
        "# A tiny chapter\n"
        "\n"
        "> Small is testable.\n"
        ">\n"
        "> — Nobody\n"
        "\n"
        "\n"
        "Squares grow ([Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661)), "
        "as Arjovsky and Bottou (2017) knew. By definition\n"
        "\n"
        "$$\n"
        "s(x) = x \\cdot x \\tag{99.1}\n"
        "$$\n"
        "\n"
        "so (99.1) and Figure 99.1 agree, see *A tiny chapter*."
    )
    figure = next(place for place, cell in enumerate(notebook.cells) if cell.source == "plt.plot([1, 2]);")
    assert notebook.cells[figure + 1].source == "**Figure 99.1.** **What to see.** A line, not (99.1)."
    assert notebook.cells[figure + 2].source == ("**Exercise 99.1 (essential). The square of $x$**\n\nCompute (99.1).")


def test_no_myst_is_left(tmp_path):
    text = "\n".join(cell.source for cell in made(tmp_path).cells if cell.cell_type == "markdown")
    assert not re.search(r"\{[a-z:]+\}`|^(```|:::)\{|^\(.*\)=$|^:[a-z]+:", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        (
            "text {math}`x` {sub}`a` {term}`score <scores>` {abbr}`KL (Kullback-Leibler)`",
            "text $x$ <sub>a</sub> score KL",
        ),
        ("`{ref}` and ``{ref}`x` `` stay", "`{ref}` and ``{ref}`x` `` stay"),
        ("```python\n{ref}`x`\n```", "```python\n{ref}`x`\n```"),
        ("````md\n```{note}\n```\n````", "````md\n```{note}\n```\n````"),
        ("- x\n\n  ```python\n  a\n\n  b\n  ```", "- x\n\n  ```python\n  a\n\n  b\n  ```"),
        (":::{note}\nTwo *lines*\nof text.\n:::", "> **Note**\n>\n> Two *lines*\n> of text."),
        ("```{tip} Begins here\nand ends.\n```", "> **Tip**\n>\n> Begins here\n> and ends."),
        (":::{admonition} A $p$ title\n:class: tip\nBody.\n:::", "> **A $p$ title**\n>\n> Body."),
        ("```{dropdown} Proof\nBy {sup}`2`.\n```", "> **Proof**\n>\n> By <sup>2</sup>."),
        ("::::{note}\nOuter\n\n:::{tip}\nInner\n:::\n::::", "> **Note**\n>\n> Outer\n>\n> > **Tip**\n> >\n> > Inner"),
        ("```{code-block} text\n:caption: no\n$x = `y`$\n```", "```text\n$x = `y`$\n```"),
        ("- one\n\n  $$\n  a\n  $$\n\n  ```{math}\n  b\n  ```", "- one\n\n  $$\n  a\n  $$\n\n  $$\n  b\n  $$"),
        ("before\n\n```{anywidget} ../x.mjs\n{}\n```\n\nafter", "before\n\n\n\nafter"),
        ("before\n\n```{solution} ch99.q1\n42\n```\n\nafter", "before\n\n\n\nafter"),
        ("% a comment\n{.caption}\ntext", "text"),
        (
            "[the web](https://example.org/a_b) and [mail](mailto:a@b.c)",
            "[the web](https://example.org/a_b) and [mail](mailto:a@b.c)",
        ),
        ("price is 5$ and 6$", "price is 5$ and 6$"),
        (
            "{doc}`99_tiny`, [here](../1_foundations/99_tiny.ipynb), {doc}`the scorecard <../scorecard>`",
            "*99_tiny* (chapter 99), here, the scorecard",
        ),
    ],
)
def test_a_notebook_shows_the_parts_of_myst_that_chapters_use(source, result, tmp_path):
    assert shown(tmp_path, source) == result


LABELLED = """\
# %% [markdown]
# (sec-one)=
# ## One *section*
#
# ```{math}
# :label: eq-a
# a
# ```
#
# $$
# b
# $$
#
# - in a list
#
#   $$ c $$ (eq-c)
#
# ```{exercise}
# :label: ch99.q1
# Do {eq}`eq-c`.
# ```
"""


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("{eq}`eq-a` {eq}`eq-c` {ref}`eq-c`", "(99.1) (99.2) (99.2)"),
        (
            "{ref}`sec-one` {ref}`this <sec-one>` [](#sec-one) [that](#sec-one)",
            "*One *section** this *One *section** that",
        ),
        (
            "{ref}`ch99.q1` {numref}`Ex. %s <ch99.q1>` {numref}`No. {number} <CH99.Q1>`",
            "Exercise 99.1 Ex. 99.1 No. 99.1",
        ),
    ],
)
def test_references_carry_the_numbers_of_the_book(source, result, tmp_path):
    assert shown(tmp_path, source, LABELLED) == result


def test_an_exercise_without_title_or_class_and_an_unnumbered_formula(tmp_path):
    text = made(tmp_path, LABELLED).cells[-1].source
    assert "**Exercise 99.1.**\n\nDo (99.2)." in text
    assert text.count("\\tag") == 2
    assert "  $$\n  c \\tag{99.2}\n  $$" in text


def test_a_reference_to_another_chapter_names_it(tmp_path):
    one = tiny_book.write(tmp_path)
    other = tiny_book.write(
        tmp_path,
        "# %% [markdown]\n# # Other\n#\n# {ref}`ch-tiny`, {eq}`eq-square`, {doc}`99_tiny`\n",
        "2_next/07_other.py",
    )
    book = [chapters.read(one), chapters.read(other)]
    index = collect(book, tmp_path / "book" / "references.bib")
    said = "*A tiny chapter* (chapter 99), (99.1), *A tiny chapter* (chapter 99)"
    assert said in student(book[1], index).cells[-1].source


def test_the_list_of_sources_has_what_the_chapter_cites(tmp_path):
    source = "{cite:p}`goodfellow2014,arjovsky2017principled`\n\n```{bibliography}\n:filter: docname in docnames\n```"
    assert shown(tmp_path, source) == (
        "([Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661); Arjovsky and Bottou, 2017)\n\n"
        "- Arjovsky and Bottou (2017). Towards Principled Methods.\n"
        "- Goodfellow et al. (2014). [Generative Adversarial Nets](https://arxiv.org/abs/1406.2661). "
        "Advances in Neural Information Processing Systems."
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{ref}`nowhere`", "no chapter defines the label 'nowhere'"),
        ("{eq}`ch99.q1`", "'ch99.q1' is the label of a exercise"),
        ("{doc}`nowhere`", "'nowhere' is no chapter: say what it is"),
        ("{cite:p}`nobody1999`", "the bibliography has no entry 'nobody1999'"),
        ("{strange}`x`", "the role {strange} has no form in a notebook"),
        ("```{tab-set}\n```", "the directive {tab-set} has no form in a notebook"),
        ("a claim[^1]", "a notebook shows no footnotes"),
        ("![a plot](plot.png)", "does not find the picture plot.png"),
        ("$$ x", "a formula opened with \\$\\$ is never closed"),
        ("$$ x $$ is big", "only its \\(label\\) may follow"),
        ("(target)=\n\ntext", "the target \\(target\\)= must stand directly before a heading"),
        ("(target)=\n\ntext\n\n## Heading", "the target \\(target\\)= must stand directly before a heading"),
        ("(target)=", "the target \\(target\\)= must stand directly before a heading"),
    ],
)
def test_what_a_notebook_cannot_show_is_refused_with_its_place(source, message, tmp_path):
    with pytest.raises(ValueError, match=f"99_tiny, cell .*: .*{message}"):
        shown(tmp_path, source, LABELLED)


def test_code_in_prose_is_found_and_formulas_are_not():
    text = "Use `a` or ``b`c``.\n\n```python\nd\n```\n\n```{code-block} text\ne\n```\n\n$f$ and $$g$$ and {ref}`h`"
    text += "\n\n## Heading with `i`\n\n:::{note}\nbut `j`\n:::"
    assert markdown.code_in(text).split("\n") == ["a", "b`c", "d", "e", "i", "j"]


# --- the command line


def run(*arguments: object) -> int:
    return main(["student", *map(str, arguments)])


def test_folders_are_mirrored_and_files_go_straight_into_the_folder(tmp_path, capsys):
    path = tiny_book.write(tmp_path)
    assert run(tmp_path / "chapters", "-o", tmp_path / "out") == 0
    assert run(path, "-o", tmp_path / "flat") == 0
    a, b = tmp_path / "out" / "1_foundations" / "99_tiny.ipynb", tmp_path / "flat" / "99_tiny.ipynb"
    assert a.read_bytes() == b.read_bytes()
    assert capsys.readouterr().out == f"written   {a}\nwritten   {b}\n"


def test_writing_twice_changes_nothing(tmp_path, capsys):
    tiny_book.write(tmp_path)
    out = tmp_path / "out"
    run(tmp_path / "chapters", "-o", out)
    (path,) = out.rglob("*.ipynb")
    before = path.read_bytes(), path.stat().st_mtime_ns
    run(tmp_path / "chapters", "-o", out)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert "unchanged" in capsys.readouterr().out


def test_a_notebook_that_somebody_has_worked_in_is_kept(tmp_path, capsys):
    path = tiny_book.write(tmp_path)
    run(path, "-o", tmp_path)
    target = tmp_path / "99_tiny.ipynb"
    notebook = nbformat.read(target, as_version=4)
    cell(notebook, "setup").execution_count = 1
    nbformat.write(notebook, target)
    assert run(path, "-o", tmp_path) == 0
    assert nbformat.read(target, as_version=4).cells[0].execution_count is None  # running it is no work yet

    cell(notebook, "ch99-q1-answer").source += "\n# my answer"
    nbformat.write(notebook, target)
    capsys.readouterr()
    assert run(path, "-o", tmp_path) == 0
    assert capsys.readouterr().out == f"kept      {target} (it has been worked in; --force overwrites it)\n"
    assert "my answer" in target.read_text(encoding="utf-8")
    assert run(path, "-o", tmp_path, "--force") == 0
    assert "my answer" not in target.read_text(encoding="utf-8")


def test_a_file_that_is_no_notebook_is_not_overwritten(tmp_path):
    path = tiny_book.write(tmp_path)
    (tmp_path / "99_tiny.ipynb").write_text("my notes", encoding="utf-8")
    assert run(path, "-o", tmp_path) == 0
    assert (tmp_path / "99_tiny.ipynb").read_text(encoding="utf-8") == "my notes"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "-o", "out"], "there is no file or folder nowhere"),
        (["empty", "-o", "out"], "empty holds no chapter: a chapter is a file named like 04_minimax.py"),
        (
            ["book/references.bib", "-o", "out"],
            "book/references.bib is not a chapter: a chapter is a file named like 04_minimax.py",
        ),
        (["chapters", "-o", "book/references.bib"], "book/references.bib/1_foundations: Not a directory"),
        (
            ["chapters", "-o", "out", "--references", "no.bib"],
            "99_tiny, cell '(ch-tiny)=': the bibliography has no entry 'goodfellow2014'",
        ),
        (["chapters", "-o", "out", "--references", "broken.bib"], "broken.bib cannot be read: "),
        (["chapters", "other/chapters", "-o", "out"], "these chapters belong to different books: "),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_status_2(arguments, sentence, tmp_path, monkeypatch, capsys):
    tiny_book.write(tmp_path)
    tiny_book.write(tmp_path / "other")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.bib").write_text("@article{a, title = {b", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"ganlib: {sentence}")
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_chapter_with_a_mistake_writes_nothing(tmp_path, capsys):
    tiny_book.write(tmp_path, tiny_book.CHAPTER.replace("# >>> answer: ch99.q1\n", ""))
    assert run(tmp_path / "chapters", "-o", tmp_path / "out") == 2
    assert "exactly one marker line" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_is_installed_and_explains_itself():
    done = subprocess.run([sys.executable, "-m", "ganlib"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "required: COMMAND" in done.stderr
    done = subprocess.run([sys.executable, "-m", "ganlib", "--help"], capture_output=True, text=True, check=True)
    assert "write notebooks to work in, without solutions" in done.stdout

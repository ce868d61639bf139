"""Chapters run into notebooks that come out the same every time, and nbval notices when a number in one changes."""

import base64
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
import tiny_book
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image, PngImagePlugin

from ganlib.grading import chapters, execute, kernel, lint
from ganlib.grading.nbval_plugin import within
from ganlib.grading.student import write_all


def build(folder: Path, *more: str) -> int:
    return execute.main([str(folder / "chapters"), str(folder / "book" / "notebooks"), *more])


def problems(folder: Path) -> list[str]:
    return lint.lint(folder / "chapters", folder / "book" / "notebooks", folder / "book" / "student")


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Path:
    """A book with one chapter, executed, and its student notebook."""
    folder = tmp_path_factory.mktemp("book")
    tiny_book.write(folder)
    assert build(folder) == 0
    write_all([folder / "chapters"], folder / "book" / "student")
    return folder


@pytest.fixture
def book(executed, tmp_path) -> Path:
    """The same, to be changed."""
    shutil.copytree(executed, tmp_path / "copy")
    return tmp_path / "copy"


def notebook_of(folder: Path) -> Path:
    return folder / "book" / "notebooks" / "1_foundations" / "99_tiny.ipynb"


# --- running a chapter


def test_every_code_cell_has_run_and_nothing_depends_on_the_machine(book):
    text = notebook_of(book).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert not any("execution" in cell.metadata for cell in codes)
    assert set(notebook.metadata) == {"kernelspec", "language_info", "ganlib"}
    assert notebook.metadata.language_info == {
        "name": "python",
        "pygments_lexer": "ipython3",
        "file_extension": ".py",
    }
    assert str(book) not in text
    assert problems(book) == []


def test_no_kernel_knows_the_instructors_secret(tmp_path, monkeypatch):
    """Its hidden checks would print what nobody may see, in a notebook that everybody reads."""
    monkeypatch.setenv("GANLIB_SECRET", "an instructor's")
    notebook = new_notebook(cells=[new_code_cell("import os\nprint('GANLIB_SECRET' in os.environ)")])
    with kernel.running(notebook, 60) as run:
        run(notebook.cells[0], 0)
    assert notebook.cells[0].outputs[0].text == "False\n"


def test_running_again_gives_the_same_bytes(book):
    before = notebook_of(book).read_bytes()
    assert build(book, "--force") == 0
    assert notebook_of(book).read_bytes() == before


def test_only_what_changed_is_run(book, capsys):
    assert build(book) == 0
    assert "0 executed, 1 up to date" in capsys.readouterr().out
    tiny_book.write(book, tiny_book.CHAPTER + "\n# %%\nprint(2)\n")
    assert problems(book)[0].endswith("99_tiny.ipynb is not what 99_tiny makes: run `make notebooks`")
    assert build(book) == 0
    printed = capsys.readouterr().out
    assert "99_tiny  " in printed
    assert "1 executed, 0 up to date; see " in printed.splitlines()[-1]


def test_a_notebook_edited_by_hand_is_run_again(book, capsys):
    path = notebook_of(book)
    path.write_text(path.read_text(encoding="utf-8").replace("HALF = 0.5", "HALF = 0.25"), encoding="utf-8")
    assert build(book) == 0
    assert "1 executed" in capsys.readouterr().out
    assert "HALF = 0.5" in path.read_text(encoding="utf-8")


BROKEN = tiny_book.CHAPTER + "\n# %%\n" + "\n".join(f"x{i} = {i}" for i in range(20)) + "\nx20 = 1 / 0\nx21 = 1\n"


def test_an_error_names_chapter_cell_line_and_reason_and_leaves_the_old_notebook(book, capsys):
    before = notebook_of(book).read_bytes()
    tiny_book.write(book, BROKEN)
    tiny_book.write(book, "# %%\nprint('fine')\n", "1_foundations/01_fine.py")
    assert build(book) == 1
    printed = capsys.readouterr()
    assert notebook_of(book).read_bytes() == before
    assert printed.err == (
        "99_tiny failed in this cell:\n    ...\n"
        + "".join(f"    x{i} = {i}\n" for i in range(12, 20))
        + "  > x20 = 1 / 0\n    x21 = 1\nZeroDivisionError: division by zero\n"
    )
    assert "01_fine" in printed.out
    assert "1 executed, 0 up to date, 1 failed" in printed.out


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import warnings\nwarnings.warn('old')", r"it warns: .*UserWarning: old"),
        ("import os\nos._exit(0)", "its kernel died"),
        ("import time\ntime.sleep(60)", "still running after 2 s"),
        ("input()", "StdinNotImplementedError"),
        ("import random\nfor i in range(9):\n    print(random.Random(i).randbytes(30000).hex())", "kB, more than 300"),
    ],
)
def test_what_does_not_belong_in_a_notebook_stops_its_chapter(code, reason, tmp_path):
    chapter = chapters.read(tiny_book.write(tmp_path, f"# %%\n{code}\n"))
    with pytest.raises(execute.ExecutionError, match=f"99_tiny(?s:.*){reason}"):
        execute.execute(chapter, timeout=2)


def test_the_largest_outputs_are_named(tmp_path):
    chapter = chapters.read(tiny_book.write(tmp_path, "# %%\nprint('x' * 200_000)\n\n# %%\nprint('y' * 150_000)\n"))
    with pytest.raises(
        execute.ExecutionError, match=r"largest: 200 kB of text in cell .*x.*, 150 kB of text in cell .*y"
    ):
        execute.execute(chapter)


SHOWS = """\
# %%
import os, sys
from pathlib import Path
from tqdm import auto, std
from IPython.display import clear_output, display
for bar in auto.tqdm(range(3)), std.tqdm(range(3), file=sys.stdout):
    list(bar)
print(*(os.environ[name] for name in ("PYTHONHASHSEED", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")))
print(sorted(Path.cwd().iterdir()))
Path("left.txt").write_text("behind");

# %%
print("first")
clear_output(wait=True)
print("second", file=sys.stderr)
print("third")

# %%
handle = display({"text/plain": "old"}, raw=True, display_id="h")
handle.update({"text/plain": "new"}, raw=True)

# %%
import ipywidgets
display(ipywidgets.IntSlider())
inside = ipywidgets.Output()
with inside:
    print("captured")
inside

# %% tags=["raises-exception"]
1 / 0
"""


def test_outputs_are_what_a_page_can_show(tmp_path):
    notebook = execute.execute(chapters.read(tiny_book.write(tmp_path, SHOWS)))
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"][1:]
    assert [output.text for output in outputs[0]] == ["0 1 \n[]\n"]
    assert [output.text for output in outputs[1]] == ["third\n"]
    assert [output.data for output in outputs[2]] == [{"text/plain": "new"}]
    assert outputs[3] == []
    assert outputs[4][0].traceback == ["ZeroDivisionError: division by zero"]
    assert "widgets" not in notebook.metadata


def test_a_student_notebook_runs_as_it_is_and_says_what_to_do(executed):
    notebook = nbformat.read(executed / "book" / "student" / "1_foundations" / "99_tiny.ipynb", as_version=4)
    with kernel.running(notebook, 60) as run:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                run(cell, index)
    (said,) = next(cell.outputs for cell in notebook.cells if cell.id == "ch99-q1-check")
    assert said.text == "ch99.q1\nch99.q1: not answered yet: write it in the cell marked `# >>> answer: ch99.q1`\n"


def test_a_stream_that_arrives_in_pieces_is_kept_as_one():
    def said(name: str, text: str) -> nbformat.NotebookNode:
        return nbformat.v4.new_output("stream", name=name, text=text)

    shown = nbformat.v4.new_output("display_data", {"text/plain": "x"})
    outputs = [said("stdout", "a\n"), said("stderr", "50 %"), said("stdout", "b\n"), shown, said("stdout", "c\n")]
    kept = kernel.tidy(outputs)
    assert [output.get("text") for output in kept] == ["a\nb\n", None, "c\n"]


def test_a_png_keeps_its_picture_and_loses_its_text():
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Matplotlib version 3.11.2")
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), (255, 0, 10)).save(buffer, "png", pnginfo=info, dpi=(150, 150))
    output = nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(buffer.getvalue()).decode()})
    (kept,) = kernel.tidy([output])
    data = base64.b64decode(kept.data["image/png"])
    assert b"Matplotlib" in buffer.getvalue()
    assert b"Matplotlib" not in data
    picture = Image.open(io.BytesIO(data))
    assert picture.tobytes() == bytes([255, 0, 10]) * 6
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert struct.unpack(">I", data[-12:-8]) == (0,)


def test_notebooks_of_deleted_chapters_are_removed_and_strangers_left_alone(book, capsys):
    tiny_book.write(book, "# %%\nprint(1)\n", "1_foundations/01_first.py")
    build(book)
    (book / "chapters" / "1_foundations" / "99_tiny.py").unlink()
    stranger = book / "book" / "notebooks" / "mine.ipynb"
    nbformat.write(new_notebook(), stranger)
    capsys.readouterr()
    assert build(book) == 0
    printed = capsys.readouterr().out
    assert f"removed {notebook_of(book)}, whose chapter is gone" in printed
    assert f"{stranger} was not made here and was left alone" in printed
    assert not notebook_of(book).exists()
    assert stranger.exists()
    assert any(problem.endswith("mine.ipynb has no chapter: delete it") for problem in problems(book))
    assert any(
        "student" in problem and problem.endswith("99_tiny.ipynb has no chapter: delete it")
        for problem in problems(book)
    )


def test_one_chapter_can_be_run_alone(book, capsys):
    tiny_book.write(book, "# %%\n1 / 0\n", "1_foundations/01_broken.py")
    assert build(book, "--only", "99_tiny") == 0
    assert "0 executed, 1 up to date" in capsys.readouterr().out
    assert build(book, "--only", "98_none") == 2
    assert capsys.readouterr().err.endswith("holds no chapter 98_none\n")


def test_a_slow_chapter_is_warned_about(book, monkeypatch, capsys):
    monkeypatch.setattr(execute, "SLOW", 0.1)
    assert build(book, "--force") == 0
    assert re.search(r"warning: 99_tiny took \d+ s; a chapter should run in 0.1 s\n", capsys.readouterr().out)


def test_a_chapter_with_a_mistake_is_not_run(book, capsys):
    tiny_book.write(book, tiny_book.CHAPTER.replace("# >>> answer: ch99.q1\n", ""))
    assert build(book) == 1
    assert "exactly one marker line" in capsys.readouterr().err


def test_a_missing_folder_is_one_sentence(tmp_path, capsys):
    assert execute.main([str(tmp_path / "no"), str(tmp_path / "book")]) == 2
    assert lint.main([str(tmp_path / "no"), "a", "b"]) == 2
    assert capsys.readouterr().err == f"there is no file or folder {tmp_path / 'no'}\n" * 2


# --- what lint finds


def unexecuted(cell):
    cell["execution_count"], cell["outputs"] = None, []


def printed_to_stderr(cell):
    cell["outputs"].append({"output_type": "stream", "name": "stderr", "text": "  0%"})


def live_widget(cell):
    cell["outputs"].append({"output_type": "display_data", "metadata": {}, "data": {kernel.WIDGET: {"model_id": "1"}}})


def picture(cell):
    cell["outputs"].append({"output_type": "display_data", "metadata": {}, "data": {"image/png": "aaaa"}})


def failed(cell):
    cell["outputs"].append({"output_type": "error", "ename": "KeyError", "evalue": "1", "traceback": []})


def huge(cell):
    cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": "x" * 300_000})


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (unexecuted, "cell 'import math': it was never run, so nbval compares nothing"),
        (printed_to_stderr, "cell 'import math': it keeps what was printed to stderr"),
        (live_widget, "cell 'import math': it keeps a live widget"),
        (picture, "cell 'import math': it shows a picture without `#| label`, `#| fig-cap` and `#| fig-alt`"),
        (failed, "cell 'import math': it ended in KeyError"),
        (huge, "kB, more than 300"),
        (lambda cell: cell["metadata"].update(tags=["nbval-skip"]), "is not what 99_tiny makes"),
        (lambda cell: cell.update(source="import os"), "is not what 99_tiny makes"),
    ],
)
def test_lint_finds_what_nbval_would_not_see(spoil, problem, book):
    path = notebook_of(book)
    content = json.loads(path.read_text(encoding="utf-8"))
    spoil(content["cells"][2])
    path.write_text(json.dumps(content), encoding="utf-8")
    (found,) = problems(book)
    assert problem in found


def test_lint_finds_a_stale_student_notebook(book):
    path = book / "book" / "student" / "1_foundations" / "99_tiny.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"execution_count": null', '"execution_count": 1'), encoding="utf-8")
    assert problems(book) == [f"{path} is not what 99_tiny makes: run `make notebooks`"]
    path.write_text(text.replace("write your answer here", "I wrote"), encoding="utf-8")
    assert problems(book) == [f"{path} has been worked in: move your work to another folder, then run `make notebooks`"]
    path.unlink()
    assert problems(book) == [f"{path} is not what 99_tiny makes: run `make notebooks`"]


def test_lint_says_so_when_all_is_well(book, capsys):
    folders = [str(book / name) for name in ("chapters", "book/notebooks", "book/student")]
    assert lint.main(folders) == 0
    assert capsys.readouterr().out == "chapters and notebooks agree\n"
    notebook_of(book).unlink()
    assert lint.main(folders) == 1
    assert capsys.readouterr().err.count("\n") == 1


# --- nbval


def nbval(folder: Path, *options: str) -> dict[str, list[str]]:
    """Run nbval in a process of its own; for each notebook and each of its cells 'passed', or what is said instead."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(folder), "-W", "error", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "ganlib.grading.nbval_plugin", "--nbval", f"--junitxml={report}"]
    done = subprocess.run([*command, "--color=no", *options, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    said: dict[str, list[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        text = "".join(f"{child.get('message')}\n{child.text}" for child in case)
        said.setdefault(case.get("classname", "").split(".")[-2], []).append(text or "passed")
    return said


def out(text: str) -> list:
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


def value(data: dict) -> list:
    return [nbformat.v4.new_output("execute_result", data, execution_count=1)]


def store(path: Path, cells: list[tuple[str, dict, list | None]]) -> None:
    """A notebook as if it had been executed: (source, metadata, outputs), outputs None for a cell that was not."""
    made = []
    for source, metadata, outputs in cells:
        made.append(new_code_cell(source, metadata=metadata, outputs=outputs or []))
        made[-1].execution_count = None if outputs is None else 1
    nbformat.write(new_notebook(cells=made), path)


ADDRESS = "<object at 0x7f0000000000>"
HTML = "<IPython.core.display.HTML object>"
MEANT = [nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=["other"])]
TOLERANT = {"course": {"rtol": 0.01}}
RAISES = {"tags": ["raises-exception"]}
COMPARED = [
    ("print(1)", {}, out("1\n"), "passed"),
    ("print(1)", {}, out("1"), "Cell outputs differ"),
    ("print(1.0009, 'nats')", TOLERANT, out("1.0 nats\n"), "passed"),
    ("print(1.5, 'nats')", TOLERANT, out("1.0 nats\n"), "Cell outputs differ"),
    ("print(1.0009, 'bits')", TOLERANT, out("1.0 nats\n"), "Cell outputs differ"),
    ("print(0.02)", {"course": {"atol": 0.03}}, out("0.0\n"), "passed"),
    ("0.02", {"course": {"atol": 0.01}}, value({"text/plain": "0.0"}), "Cell outputs differ"),
    ("display_html = __import__('IPython.display').display.HTML('<b>1</b>')\ndisplay_html", {},
     value({"text/html": "<b>0</b>", "text/plain": HTML}), "passed"),
    ("object()", {}, value({"text/plain": ADDRESS}), "passed"),
    ("import sys\nprint('a note', file=sys.stderr)", {}, [], "passed"),
    ("import warnings\nwarnings.warn('old')", {}, [], "The cell warns: .*UserWarning: old"),
    ("1 / 0", RAISES, MEANT, "passed"),
    ("1 / 0", {}, [], "ZeroDivisionError"),
    ("print(2)", RAISES, MEANT, "Cell outputs differ"),
    ("print(2)", {}, None, "passed"),
    ("print(2)", {}, [], "Cell outputs differ"),
    ("# NBVAL_RAISES_EXCEPTION\n1 / 0", {}, MEANT, "passed"),
]  # fmt: skip


@pytest.fixture(scope="module")
def compared(executed, tmp_path_factory) -> dict[str, list[str]]:
    """What nbval says about a handful of notebooks, all in one run."""
    folder = tmp_path_factory.mktemp("nbval")
    shutil.copy(notebook_of(executed), folder / "untouched.ipynb")
    text = notebook_of(executed).read_text(encoding="utf-8")
    assert "  2: 4.000" in text
    (folder / "wrong.ipynb").write_text(text.replace("  2: 4.000", "  2: 4.001"), encoding="utf-8")
    tiny_book.write(folder / "source", SHOWS)
    chapter = chapters.read(tiny_book.write(folder / "source", SHOWS))
    chapters.write(folder / "shows.ipynb", execute.execute(chapter))
    store(folder / "compared.ipynb", [(source, metadata, outputs) for source, metadata, outputs, _ in COMPARED])
    store(folder / "dead.ipynb", [("import os\nos._exit(1)", {}, []), ("print(1)", {}, out("1\n"))])
    said = nbval(folder, "--nbval-cell-timeout", "300")
    assert not (folder / "left.txt").exists(), "a cell ran in the folder of its notebook"
    return said


def test_an_executed_notebook_passes(compared):
    assert set(compared["untouched"]) == {"passed"}


def test_a_single_changed_digit_fails(compared):
    (wrong,) = [text for text in compared["wrong"] if text != "passed"]
    assert "Cell outputs differ" in wrong


def test_the_outputs_of_a_chapter_are_seen_as_they_were_when_it_ran(compared):
    """Semicolons, progress, clear_output, display updates, widgets and captured output."""
    assert compared["shows"] == ["passed"] * 6


@pytest.mark.parametrize("place", range(len(COMPARED)))
def test_what_is_compared_and_what_is_not(place, compared):
    expected = COMPARED[place][-1]
    said = compared["compared"][place]
    assert said == "passed" if expected == "passed" else re.search(expected, said)


def test_cells_after_a_dead_kernel_fail_at_once(compared):
    first, second = compared["dead"]
    assert "The cell killed its kernel" in first
    assert "Not run: an earlier cell, Cell 0, killed its kernel" in second


def test_cells_after_a_timeout_fail(tmp_path):
    slow = "import time\ntime.sleep(600)"
    store(tmp_path / "slow.ipynb", [("print(0)", {}, out("0\n")), (slow, {}, []), ("print(1)", {}, out("1\n"))])
    first, second, third = nbval(tmp_path, "--nbval-cell-timeout", "3")["slow"]
    assert first == "passed"
    assert "The cell took longer than 3 s" in second
    assert "Not run: an earlier cell, Cell 1, took longer than 3 s" in third


@pytest.mark.parametrize(
    ("text", "reference", "rtol", "atol", "agree"),
    [
        ("a 1.01 b", "a 1.0 b", 0.02, 0, True),
        ("a 1.03 b", "a 1.0 b", 0.02, 0, False),
        ("-1.01, 2e-3", "-1.0, 0.002", 0.02, 0, True),
        ("1.01", "-1.01", 0.02, 0, False),
        ("0.004", "0.0", 0.5, 0.005, True),
        ("nan", "nan", 0.1, 0, True),
        ("nan", "1.0", 0.1, 0, False),
        ("1.0", "nan", 0.1, 0, False),
        ("inf", "inf", 0.1, 0, True),
        ("x1", "x2", 9.0, 9.0, False),
        ("1 2", "1", 9.0, 9.0, False),
        ("v1.0", "v1.1", 9.0, 9.0, False),
    ],
)
def test_a_tolerance_covers_numbers_and_nothing_else(text, reference, rtol, atol, agree):
    assert within(text, reference, rtol, atol) is agree


def test_the_plugin_refuses_another_nbval():
    code = (
        "import importlib.metadata as m; old = m.version\n"
        "m.version = lambda name: '0.12.0' if name == 'nbval' else old(name)\n"
        "import ganlib.grading.nbval_plugin"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "this plugin is written for nbval 0.11, and 0.12.0 is installed" in done.stderr

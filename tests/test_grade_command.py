"""`ganlib grade` and `ganlib report` from hand-out to report, and one clear sentence for each mistake."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import sample_submissions
import tiny_book

sys.path.insert(0, str(Path(__file__).parent / "attacks"))
from walls import boxed

from ganlib.__main__ import main
from ganlib.grading import alone, chapters, reference, sandbox
from ganlib.grading.references import collect
from ganlib.grading.student import beside, student

SECRET = "a secret of some length"


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def handed_out(chapter: Path) -> nbformat.NotebookNode:
    """The students' notebook of a chapter."""
    read = chapters.read(chapter)
    return student(read, collect([read], beside(chapter.parent.parent)))


def answer(notebook: nbformat.NotebookNode, answers: dict[str, str]) -> nbformat.NotebookNode:
    """The same notebook with answers written into it."""
    for cell in notebook.cells:
        course = cell.metadata.get("course", {})
        if course.get("role") == "answer" and course["q"] in answers:
            cell["source"] = f"# >>> answer: {course['q']}\n{answers[course['q']]}"
    return notebook


# --- one's own notebook


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A chapter of three questions, and a notebook in which one is wrong and the others are not answered."""
    folder = tmp_path_factory.mktemp("own")
    chapter = tiny_book.write(folder, sample_submissions.CHAPTER, "1_foundations/98_three.py")
    notebook = answer(handed_out(chapter), {"ch98.q1": "def square(x):\n    return x ** 3"})
    path = folder / "mine.ipynb"
    nbformat.write(notebook, path)
    return chapter, path


def test_a_student_reads_marks_and_hints_alone(own, capsys, monkeypatch):
    monkeypatch.setattr(sandbox, "preflight", None)  # no sandbox is needed
    before = own[1].read_bytes()
    assert run("grade", "--self", own[1]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "ch98.q1   0 of 2  not yet. two factors, not three"
    assert out[1].startswith("ch98.q2   0 of 3  not answered yet: write it in the cell marked")
    assert out[-1].endswith("points by the checks that you can see; an instructor may have others")
    assert own[1].read_bytes() == before


def test_the_chapters_own_answers_are_right(own, tmp_path):
    marks = alone.grade(own[0])
    assert marks
    assert all(mark.said == "right" and mark.points == mark.most for mark in marks)


def test_metadata_that_a_website_has_dropped_are_not_needed(own, tmp_path):
    notebook = nbformat.read(own[1], as_version=4)
    for cell in notebook.cells:
        cell.metadata.clear()
    nbformat.write(notebook, tmp_path / "colab.ipynb")
    marks = {mark.q: mark for mark in alone.grade(tmp_path / "colab.ipynb")}
    assert (marks["ch98.q1"].points, marks["ch98.q1"].most) == (0.0, 1.0)
    assert marks["ch98.q1"].said == "not yet. two factors, not three"


def test_cells_after_a_dead_kernel_or_a_slow_cell_are_not_checked(own, tmp_path):
    notebook = answer(nbformat.read(own[1], as_version=4), {"ch98.q1": "import os\nos._exit(1)"})
    nbformat.write(notebook, tmp_path / "dead.ipynb")
    marks = alone.grade(tmp_path / "dead.ipynb")
    assert {mark.said for mark in marks} == {"not checked: a cell killed the kernel"}
    answer(notebook, {"ch98.q1": "import time\ntime.sleep(60)"})
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    assert alone.grade(tmp_path / "slow.ipynb", timeout=2)[0].said == "not checked: a cell took longer than 2 s"


# --- a class


@pytest.fixture(scope="module")
def graded(own, tmp_path_factory):
    """A class graded for real, in the sandbox, and the report."""
    folder = tmp_path_factory.mktemp("class")
    inbox = folder / "in"
    inbox.mkdir()
    shutil.copy(own[0], inbox / "ada.py")
    shutil.copy(own[1], inbox / "bob.ipynb")
    (inbox / "=cmd.ipynb").write_text("{")
    (folder / "class.csv").write_text("student,name\nada,Ada L\nbob,Bob\ncarol,Carol\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GANLIB_SECRET", SECRET)
        patched.setattr(reference, "cached", lambda: folder / "kept")
        options = ["--roster", folder / "class.csv", "--jobs", 2, "--deadline", "2999-01-01"]
        status = run("grade", own[0], inbox, "-o", folder / "report", *options)
    assert status == 0
    return folder


def marks(report: Path) -> dict[str, dict]:
    found = (json.loads(path.read_text(encoding="utf-8")) for path in report.glob("*/results.json"))
    return {item["submission"]["student"] or item["submission"]["file"]: item for item in found}


@boxed
def test_a_class_is_graded_in_the_sandbox(graded):
    found = marks(graded / "report")
    assert set(found) == {"ada", "bob", "=cmd.ipynb"}
    assert found["ada"]["score"] == found["ada"]["max"] > 0
    assert found["bob"]["score"] == 0
    assert found["=cmd.ipynb"]["flags"][0]["kind"] == "unreadable"
    assert all(item["safe"] for item in found.values())
    hints = [check["hint"] for question in found["bob"]["questions"] for check in question["checks"]]
    assert "ch98.q1: not yet. two factors, not three" in hints


@boxed
def test_a_cluster_writes_the_same_bytes(own, graded, tmp_path, monkeypatch):
    import distributed

    monkeypatch.setenv("GANLIB_SECRET", SECRET)
    monkeypatch.setattr(reference, "cached", lambda: graded / "kept")
    options = ["--roster", graded / "class.csv", "--deadline", "2999-01-01"]
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        arguments = [own[0], graded / "in", "-o", tmp_path / "report", *options, "--dask", cluster.scheduler_address]
        assert run("grade", *arguments) == 0
    here, there = (
        {path.relative_to(report): path.read_bytes() for path in report.glob("*/results.json")}
        for report in (graded / "report", tmp_path / "report")
    )
    assert here == there
    assert len(here) == 3


@boxed
def test_the_secret_lands_nowhere(graded):
    for path in graded.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()
            assert reference.derived(SECRET, "98_three").encode() not in path.read_bytes()


@boxed
def test_marks_go_into_every_kind_of_report(graded, capsys):
    report = graded / "report"
    gradebook = graded / "canvas.csv"
    gradebook.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,98_three (1)\n    Points Possible,,,,,\n"
        '"L, Ada",1,1,ada,A,\n"C, Carol",3,3,carol,A,4\n'
    )
    assert run("report", report, "--canvas", gradebook) == 0
    with open(report / "canvas.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row[3]: row[5] for row in csv.reader(file)}
    assert rows["carol"] == "4"
    assert float(rows["ada"]) == marks(report)["ada"]["max"]
    assert "not in the gradebook: " in capsys.readouterr().out
    filled = ["--scale", "--by", "SIS Login ID", "--column", "98_three"]
    gradebook.write_text(gradebook.read_text().replace("Points Possible,,,,,", "Points Possible,,,,,100"))
    assert run("report", report, "--canvas", gradebook) == 2
    assert run("report", report, "--canvas", gradebook, *filled, "-o", graded / "percent.csv") == 0
    assert '"100"' in (graded / "percent.csv").read_text(encoding="utf-8-sig").splitlines()[2]
    for form, name in (("moodle", "moodle.csv"), ("junit", "junit.xml"), ("html", "html/class.html")):
        assert run("report", report, f"--{form}") == 0
        assert (report / name).stat().st_size > 50
    assert run("report", report, "--gradescope") == 0
    assert len(list((report / "gradescope").iterdir())) == 3
    assert run("report", report, "--html", "-o", graded / "pages") == 0
    assert (graded / "pages" / "class.html").exists()
    assert set(marks(report)) == {"ada", "bob", "=cmd.ipynb"}, "no report is taken for a result"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["grade"], "say which chapter, which submissions and where to"),
        (["grade", "chapters/1_foundations/99_tiny.py", "-o", "out"], "say which chapter"),
        (["grade", "chapters/1_foundations/99_tiny.py", "x.ipynb"], "say which chapter"),
        (["grade", "--self", "x.ipynb", "-o", "out"], "--self takes one notebook and nothing else"),
        (["grade", "--self", "none.ipynb"], "there is no notebook none.ipynb"),
        (["grade", "--self", "bad.ipynb"], "bad.ipynb is damaged"),
        (["grade", "--self", "plain.py"], "plain.py has no exercise"),
        (["grade", "none.py", "x", "-o", "out"], "there is no file or folder none.py"),
        (["grade", "chapters", "x", "-o", "out"], "chapters is a folder: name the one chapter"),
        (["grade", "plain.py", "x", "-o", "out"], "plain.py is not a chapter"),
        (["grade", "plain.py", "x", "-o", "out", "--jobs", "0"], "--jobs is 0"),
        (
            ["grade", "chapters/1_foundations/99_tiny.py", "x", "-o", "out"],
            "99_tiny has hidden checks: set GANLIB_SECRET",
        ),
        (["report", "none", "--html"], "there is no folder none"),
        (["report", "chapters", "--junit"], "chapters holds no results.json"),
        (["report", "chapters", "--junit", "--column", "x"], "--column, --new and --scale go with --canvas"),
        (["report", "chapters", "--html", "--by", "x"], "--by goes with --canvas or --moodle"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_status_2(arguments, sentence, tmp_path, monkeypatch, capsys):
    tiny_book.write(tmp_path)
    (tmp_path / "bad.ipynb").write_text("{")
    (tmp_path / "plain.py").write_text("# %%\nx = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANLIB_SECRET", raising=False)
    assert run(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"ganlib: {sentence}")
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_sandbox_without_walls_is_one_sentence_too(own, tmp_path, monkeypatch, capsys):
    from ganlib.grading import batch

    def refuse(limits):
        raise sandbox.Unsafe("the sandbox has no wall here")

    built = reference.Reference("98_three", "a" * 64, "b" * 64, nbformat.v4.new_notebook(), {})
    monkeypatch.setattr(reference, "build", lambda path: built)
    monkeypatch.setattr(batch, "preflight", refuse)
    batch._proved.cache_clear()
    assert run("grade", own[0], own[1], "-o", tmp_path / "report") == 2
    assert capsys.readouterr().err == "ganlib: the sandbox has no wall here\n"


def test_stopping_says_that_nothing_is_lost():
    code = (
        "import ganlib.__main__ as program\n"
        "def stopped(options): raise KeyboardInterrupt\n"
        "program.teaching.grade_ = stopped\n"
        "program.main(['grade'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "ganlib: stopped; the same command goes on from here\n")


def test_the_command_line_loads_the_grader_only_when_it_grades():
    code = "import sys, ganlib.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"torch", "nbformat", "tqdm", "ganlib.grading.batch", "ganlib.grading.alone"}
    code = "import sys; from ganlib.grading import alone, batch, reports; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"torch", "pytest", "matplotlib", "distributed"}

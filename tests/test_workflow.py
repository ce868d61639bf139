"""What the page for instructors describes, done: every command of `book/teaching.md` in turn, as it stands there.

The class is made of the sample submissions of the tests. It is graded in the sandbox where there is one, and without it
elsewhere, since what these submissions run is our own code; the reports must say which.
"""

import csv
import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest
import sample_submissions as samples
import tiny_book

from ganlib.__main__ import main
from ganlib.grading import reference, sandbox
from ganlib.grading.reports import results

PAGE = (Path(__file__).parents[1] / "book" / "teaching.md").read_text(encoding="utf-8")
HAND_OUT, GRADE, HTML, *REPORTS, DASK = re.findall(r"^(ganlib .*)$", PAGE, re.MULTILINE)
CHAPTER = "chapters/1_foundations/04_minimax.py"  # what the page grades
CLASS = {  # student: how the work came back, and points by an independent key
    "ada": (samples.lab, 6.0),
    "bob": (samples.colab, 6.0),
    "carol": (samples.percent, 6.0),
    "dan": (samples.one_wrong, 4.0),
    "eve": (samples.half_right, 4.5),
}


def is_safe() -> bool:
    """Whether this machine has a sandbox."""
    try:
        sandbox.preflight()
    except sandbox.Unsafe as refusal:
        print(f"graded without a sandbox: {refusal}")
        return False
    return True


def run(line: str, *more: str) -> None:
    """A command as a person types it."""
    assert main([*shlex.split(line)[1:], *more]) == 0, line


def contents(report: Path) -> dict[str, bytes]:
    """The bytes that must be the same again."""
    return {str(path.relative_to(report)): path.read_bytes() for path in sorted(report.glob("*/results.json"))}


def scores(report: Path) -> dict[str | None, float]:
    return {result.student: result.score for result in results.read_folder(report)}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder as the page takes it: one chapter, a roster, a gradebook."""
    tiny_book.write(tmp_path, samples.CHAPTER.replace("ch98", "ch04"), CHAPTER.removeprefix("chapters/"))
    (tmp_path / "class.csv").write_text("student,name\n" + "".join(f"{who},{who.title()} L\n" for who in CLASS))
    rows = "".join(f'"L, {who.title()}",{number},,{who},A,\n' for number, who in enumerate(CLASS))
    header = "Student,ID,SIS User ID,SIS Login ID,Section,04_minimax (7)\n    Points Possible,,,,,6\n"
    (tmp_path / "gradebook.csv").write_text(header + rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANLIB_SECRET", "a secret of some length")
    monkeypatch.setattr(reference, "cached", lambda: tmp_path / "kept")
    return tmp_path


def test_the_page_leads_from_the_hand_out_to_the_gradebook(course, capsys):
    safe = is_safe()
    how = [] if safe else ["--unsafe-no-sandbox"]

    run(HAND_OUT)
    out = (course / "out" / "1_foundations" / "04_minimax.ipynb").read_text(encoding="utf-8")
    assert "not written yet" not in out
    assert "x * x * (HALF" not in out, "a solution was handed out"
    assert "289.0" not in out, "a hidden check was handed out"

    inbox = course / "submissions"
    inbox.mkdir()
    with zipfile.ZipFile(inbox / "from the platform.zip", "w") as archive:
        for who, (made, _) in CLASS.items():
            folder = course / "made" / who
            folder.mkdir(parents=True)
            path = made(folder)
            text = path.read_text(encoding="utf-8").replace("ch98", "ch04")
            archive.writestr(zipfile.ZipInfo(f"{who}_101_{path.name}", (2026, 11, 19, 12, 0, 0)), text)
    report = course / "report"
    run(GRADE, *how)
    assert scores(report) == {who: points for who, (_, points) in CLASS.items()}
    assert all(result.safe is safe and result.max == 6 for result in results.read_folder(report))
    hints = {check.hint for result in results.read_folder(report) for q in result.questions for check in q.checks}
    assert "ch04.q1: not yet. two factors, not three" in hints

    before = contents(report)
    run(GRADE, "--again", *how)
    assert contents(report) == before, "grading again gave other bytes"
    with (report / "overrides.csv").open("a", encoding="utf-8") as file:
        file.write("dan,5.5,Dr. N,a reading that the check had not foreseen\n")
    for _ in range(2):
        run(GRADE, *how)
        assert scores(report)["dan"] == 5.5
    assert {name: content for name, content in contents(report).items() if not name.startswith("dan")} == {
        name: content for name, content in before.items() if not name.startswith("dan")
    }

    for line in (HTML, *REPORTS):
        run(line)
    with (report / "canvas.csv").open(encoding="utf-8-sig", newline="") as file:
        filled = {row[3]: row[5] for row in csv.reader(file)}
    assert filled["dan"] == "5.5"
    assert filled["ada"] == "6"
    assert "dan" in (report / "moodle.csv").read_text(encoding="utf-8-sig")
    gradescope = [json.loads(path.read_text(encoding="utf-8")) for path in (report / "gradescope").rglob("*.json")]
    assert sorted(item["score"] for item in gradescope) == [4.5, 5.5, 6, 6, 6]
    assert "<testsuite" in (report / "junit.xml").read_text(encoding="utf-8")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (report / "html").rglob("*.html")}
    assert len(pages) == len(CLASS) + 1
    assert "Two factors, not three" in pages["class.html"]
    assert ("without a sandbox" in "".join(pages.values())) is not safe
    assert "ganlib: " not in capsys.readouterr().err


def test_the_page_names_every_step_once_and_in_order():
    assert [shlex.split(line)[1] for line in (HAND_OUT, GRADE, HTML, *REPORTS, DASK)] == (
        ["student", "grade"] + ["report"] * 5 + ["grade"]
    )
    assert CHAPTER in GRADE
    assert "--dask" in DASK

"""The pages for instructors and for students say what the commands and the feedback say."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from ganlib import __main__ as command_line
from ganlib.commands import teaching
from ganlib.grading.reports import feedback

BOOK = Path(__file__).parents[1] / "book"
TEACHING, FEEDBACK = ((BOOK / f"{name}.md").read_text(encoding="utf-8") for name in ("teaching", "feedback"))
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", TEACHING + FEEDBACK, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("ganlib ")
]


@pytest.fixture
def parsed(monkeypatch):
    """What the command line makes of arguments, without doing it."""

    def parse(line: str) -> argparse.Namespace:
        seen: list[argparse.Namespace] = []
        for name in ("student_", "grade_", "report_"):
            monkeypatch.setattr(teaching, name, seen.append)
        command_line.main(shlex.split(line)[1:])
        return seen[0]

    return parse


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_on_the_pages_is_one_that_there_is(line, parsed):
    options = parsed(line)
    chapter = getattr(options, "reference", None)
    assert chapter is None or (BOOK.parent / chapter).is_file()


def test_the_pages_show_every_way_to_report(parsed):
    assert len(COMMANDS) >= 9
    asked = [parsed(line) for line in COMMANDS if line.startswith("ganlib report")]
    for form in ("canvas", "moodle", "gradescope", "junit", "html"):
        assert any(getattr(options, form) for options in asked), form


def test_a_command_that_there_is_not_would_be_noticed(parsed, capsys):
    with pytest.raises(SystemExit):
        parsed("ganlib report report/ --html --pdf")
    assert "unrecognized arguments: --pdf" in capsys.readouterr().err


def test_every_verdict_that_feedback_gives_is_explained():
    explained = set(re.findall(r"^\| ([a-z ]+) \|", FEEDBACK, re.MULTILINE)) - {"it says"}
    assert explained == set(feedback.VERDICTS)
    assert feedback.OTHER_INPUTS.split(".")[0] in FEEDBACK


def test_every_chapter_that_there_is_has_its_week():
    here = {path.stem for path in (BOOK.parent / "chapters").glob("*/*.py")}
    assert set(re.findall(r"<notebooks/\w+/(\w+)>", TEACHING)) == here

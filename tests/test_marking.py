"""A pass is a record that says so; a crash costs one question; nothing of any output is told."""

import copy
import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import zmq

sys.path.insert(0, str(Path(__file__).parent / "attacks"))
import hostile
import toy
from walls import boxed

from ganlib.grading import marking, marking_plugin, sandbox
from ganlib.grading.marking import CellResult, NotMarked, count, mark, mark_submission
from ganlib.grading.marking_plugin import hint
from ganlib.grading.merge import merge


@pytest.fixture(scope="module")
def reference():
    return toy.reference()


def marked(reference, work, safe=True, **sources):
    marks = mark_submission(reference, toy.answers(**sources), toy.LIMITS, safe=safe, workdir=work)
    assert list(work.iterdir()) == [], "files were left behind"
    return marks


def points(marks) -> dict[str, tuple[float, str]]:
    return {question.q: (question.points, question.state) for question in marks.questions}


@boxed
@pytest.mark.parametrize("safe", [True, False])
def test_right_answers_earn_everything(safe, reference, tmp_path):
    marks = marked(reference, tmp_path, safe)
    assert points(marks) == {"ch99.q1": (2, "graded"), "ch99.q2": (3, "graded")}
    assert (marks.score, marks.max, marks.safe, marks.runs) == (5, 5, safe, 1)
    assert all(check.passed and not check.why and not check.hint for q in marks.questions for check in q.checks)


@boxed
def test_a_wrong_answer_carries_the_hint_of_its_misconception_and_costs_its_question(reference, tmp_path):
    marks = marked(reference, tmp_path, q1="def square(x): return x**3")
    assert points(marks) == {"ch99.q1": (0, "graded"), "ch99.q2": (3, "graded")}
    visible, hidden = marks.questions[0].checks
    assert (visible.role, visible.passed, visible.hint) == ("check", False, "not yet. two factors, not three")
    assert (hidden.role, hidden.passed, hidden.hint) == ("hidden", False, "")
    assert {visible.why, hidden.why} == {"shows something else than the reference"}
    assert marks.runs == 1


@boxed
def test_a_missing_answer_is_missing(reference, tmp_path):
    answers = {q: a for q, a in toy.answers().items() if q != "ch99.q1"}
    marks = mark_submission(reference, answers, toy.LIMITS, workdir=tmp_path)
    assert points(marks) == {"ch99.q1": (0, "missing"), "ch99.q2": (3, "graded")}
    assert marks.questions[0].checks[0].hint.startswith("not answered yet")


@boxed
def test_a_crash_or_a_timeout_costs_one_question_whichever_comes_first(reference, tmp_path):
    marks = marked(reference, tmp_path, q1="import os\nos._exit(1)")
    assert points(marks) == {"ch99.q1": (0, "crashed"), "ch99.q2": (3, "graded")}
    assert marks.runs == 2  # alone, the first question would run as it did
    marks = marked(reference, tmp_path, q2="while True: pass")
    assert points(marks) == {"ch99.q1": (2, "graded"), "ch99.q2": (0, "timeout")}
    assert all(check.passed is None for check in marks.questions[1].checks)


@boxed
def test_an_answer_that_breaks_what_another_uses_costs_one_question(reference, tmp_path):
    """`max = ...` at the top of a cell is an honest mistake."""
    marks = marked(reference, tmp_path, q1="max = 3\ndef square(x): return x * x")
    assert points(marks) == {"ch99.q1": (2, "graded"), "ch99.q2": (3, "graded")}
    assert marks.runs == 2


def test_two_answers_may_call_their_helpers_the_same(reference, tmp_path):
    """Hidden checks come last, when the helper of the first answer is gone: they are then tried alone."""
    q1 = "def helper(x): return x * x\ndef square(x): return helper(x)"
    q2 = "def helper(x, low, high): return max(low, min(high, x))\ndef clip(*given): return helper(*given)"
    marks = marked(reference, tmp_path, safe=False, q1=q1, q2=q2)
    assert points(marks) == {"ch99.q1": (2, "graded"), "ch99.q2": (3, "graded")}
    assert marks.runs == 2


# An answer that reads what the kernel was given so far, prints it as its hint, and goes on watching: a cell that comes
# later it makes print and raise its own source.
SPY = """
def clip(x, low, high):
    print("ch99.q2: " + "".join("".join(In[4:]).split())[:250])
    return max(low, min(high, x))

def tell(lines):
    source = "".join(filter(str.isalnum, "".join(lines)))
    return ["print('ch99.q2: '", f"'{source}')", f"raise type('x{source[-50:]}', (Exception,), {{}})"]

get_ipython().input_transformers_cleanup.append(tell)
"""


def test_no_answer_can_show_a_hidden_check(reference, tmp_path):
    """Its source arrives in a kernel that is in the student's hands; nothing that is told comes from there later."""
    marks = marked(reference, tmp_path, safe=False, q2=SPY.replace("get_ipython", "# get_ipython"))
    assert points(marks) == {"ch99.q1": (2, "graded"), "ch99.q2": (0, "graded")}
    told = marks.questions[1].checks[0].hint
    assert "defclip" in told, "the spy was at work"
    assert "1.7" not in told
    results = mark(merge(reference, toy.answers(q2=SPY)), toy.LIMITS, safe=False, workdir=tmp_path)
    assert [result.role for result in results][-1] == "hidden"
    assert (results[-1].passed, results[-1].hint, results[-1].why) == (False, "", "raised an error")


@boxed
def test_a_warning_does_not_fail_a_check(reference, tmp_path):
    warns = "import warnings\ndef square(x):\n    warnings.warn('old')\n    return x * x"
    assert marked(reference, tmp_path, q1=warns).score == 5


@boxed
def test_what_an_answer_raises_is_named_and_not_quoted(reference, tmp_path):
    results = mark(merge(reference, toy.answers(q1="raise ValueError('a secret')")), toy.LIMITS, workdir=tmp_path)
    whys = [results[place].why for place in (1, 2, -1)]  # the answer, its check, its hidden check
    assert whys == ["raised ValueError", "raised NameError", "raised an error"]
    assert "secret" not in str(results)
    odd = "raise type('rm -rf / ' * 20, (Exception,), {})()"
    results = mark(merge(reference, toy.answers(q1=odd)), toy.LIMITS, workdir=tmp_path)
    assert results[1].why == "raised an error"


@boxed
def test_a_notebook_has_a_time_of_its_own(reference, tmp_path):
    limits = dataclasses.replace(toy.LIMITS, notebook_seconds=2.0)
    slow = "import time\ntime.sleep(2.5)\ndef square(x): return x * x"
    results = mark(merge(reference, toy.answers(q1=slow)), limits, workdir=tmp_path)
    assert [result.ended for result in results if result.ended] == ["timeout"]
    assert not any(result.passed for result in results[2:])


@boxed
def test_too_much_memory_and_too_much_output_are_named(reference, tmp_path):
    for name, why in (
        ("takes memory in many processes", "used more than 1.1 GB of memory"),
        ("sends messages in the name of nobody", "printed more than 0.2 MB"),
        ("leaves at once", "killed its kernel"),
        ("sleeps", "took longer than 3 s"),
    ):
        results = mark(merge(reference, toy.answers(q1=hostile.ATTACKS[name])), toy.LIMITS, workdir=tmp_path)
        assert results[1].why == why
        assert results[1].ended == ("timeout" if name == "sleeps" else "crashed")


@boxed
@pytest.mark.timeout(60)
def test_a_kernel_that_is_gone_before_a_cell_is_sent_to_it_is_noticed(reference):
    with marking_plugin.boxed(copy.deepcopy(reference), toy.LIMITS, safe=True) as (box, run):
        run(0)
        box.process.kill()
        box.process.wait()
        time.sleep(0.5)
        with pytest.raises(zmq.Again):
            run(1)


@boxed
@pytest.mark.parametrize("name", ["connects to a port of the host", "reads a file of the host"])
def test_the_attacks_are_real_where_there_are_no_walls(name, reference, tmp_path):
    import socket

    (tmp_path / "bait").write_text("bait", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        source = hostile.ATTACKS[name].replace("@PORT@", port).replace("@FILE@", str(tmp_path / "bait"))
        marks = marked(reference, work, safe=False, q1=source.replace("@GRADER@", "1"))
    assert "LOOT" in marks.questions[0].checks[0].hint


# --- what is refused


@boxed
def test_a_reference_that_does_not_run_is_nobodys_fault(tmp_path):
    cells = [("import os\nvalue = os.environ.get('NOBODY', 'x')", {"role": "given"}), *toy.CELLS]
    reference = toy.reference(cells)
    reference.cells[0].source = "raise OSError"
    with pytest.raises(NotMarked, match="cell 'raise OSError' of the reference raised OSError before any answer"):
        mark(merge(reference, toy.answers()), toy.LIMITS, workdir=tmp_path)


def test_a_check_that_has_nothing_to_compare_is_refused(reference, tmp_path):
    picture = nbformat.v4.new_output("display_data", {"image/png": "aaaa", "text/html": "<img>"})
    for key, empty in (("outputs", []), ("execution_count", None), ("outputs", [picture])):
        merged = merge(reference, toy.answers())
        merged.cells[-1][key] = empty  # the hidden check
        with pytest.raises(ValueError, match="was not run in the reference, or shows nothing to compare"):
            mark(merged, toy.LIMITS, workdir=tmp_path)


def test_without_records_nothing_is_marked(reference, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "_compare", lambda *a: ({}, "no module named x"))
    with pytest.raises(NotMarked, match="no module named x"):
        mark(merge(reference, toy.answers()), toy.LIMITS, workdir=tmp_path)


def test_a_cell_without_a_record_is_never_a_pass(reference, tmp_path, monkeypatch):
    merged = merge(reference, toy.answers())
    good = {"passed": True, "why": "", "hint": "", "ended": "", "seconds": 0.1}
    records = {cell.id: good for cell in merged.cells[:3]}
    records[merged.cells[4].id] = good | {"passed": "yes"}
    monkeypatch.setattr(marking, "_compare", lambda *a: (records, ""))
    assert [result.passed for result in mark(merged, toy.LIMITS, workdir=tmp_path)] == [True] * 3 + [None, False, None]


# --- small parts


def check(points: float, passed: bool | None) -> CellResult:
    return CellResult("x", "ch99.q1", "check", points, passed)


@pytest.mark.parametrize(
    ("checks", "points"),
    [
        ([check(1, True), check(1, False)], 2.0),
        ([check(1, True), check(3, False)], 1.0),
        ([check(1, True), check(1, None), check(1, None)], 1.333333),
        ([check(0, True), check(2, False)], 0.0),
        ([check(0, True)], 0.0),
        ([], 0.0),
    ],
)
def test_points_are_the_share_of_checks_that_passed_by_weight(checks, points):
    assert count("ch99.q1", 4.0, "graded", checks).points == points


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ch99.q1\n  2: 4.000\nch99.q1: right\n", ""),
        ("ch99.q1: not yet. look at the sign\n", "not yet. look at the sign"),
        ("ch99.q1: one\nch99.q1: two\n", "two"),
        ("ch99.q11: other\n  ch99.q1: indented\n", ""),
        ("ch99.q1: \x1b[31mred\u202e\ud800\x00\n", "[31mred\u202e"),
        (f"ch99.q1: {'x' * 400}\n", "x" * 300),
    ],
)
def test_a_hint_is_one_short_printable_line(text, said):
    found = hint("ch99.q1", [{"name": "stdout", "text": text}, {"name": "stderr", "text": "ch99.q1: no"}])
    assert found == said.replace("\u202e", " ").strip()


def test_the_grader_does_not_import_torch():
    code = "import sys, ganlib.grading.marking_plugin, ganlib.grading.marking; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"torch", "numpy", "matplotlib"}


def test_the_names_of_the_parts_agree():
    assert marking_plugin.Limits is sandbox.Limits

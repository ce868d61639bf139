"""A result is written one way, read only when it is whole, and refused in one sentence otherwise."""

import json
import math
from pathlib import Path

import pytest
import report_samples as samples

from ganlib.grading.reports import results
from ganlib.grading.reports.results import Check, Flag, Override, Pair, Question, Result

CONTRACT = {
    "format": 1,
    "key": "a" * 64,
    "submission": {"file": "x.ipynb", "sha256": "b" * 64, "student": "ada", "late": False, "duplicates": ["y.ipynb"]},
    "reference": {"chapter": "04_minimax", "sha256": "c" * 64},
    "grader": "0.1.0",
    "safe": True,
    "questions": [
        {
            "q": "ch04.q1",
            "title": "The best discriminator",
            "points": 1,
            "max": 2,
            "state": "graded",
            "checks": [
                {
                    "cell": "ch04-q1-check",
                    "role": "check",
                    "passed": False,
                    "hint": "ch04.q1: not yet. those are the odds",
                },
                {"cell": "ch04-q1-hidden", "role": "hidden", "passed": True, "hint": ""},
            ],
        }
    ],
    "flags": [{"kind": "introspection", "q": "ch04.q1", "text": "it uses inspect"}],
    "override": None,
    "score": 1,
    "max": 2,
}


def changed(path: str, value: object) -> bytes:
    """The contract with one entry changed."""
    data = json.loads(json.dumps(CONTRACT))
    *places, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target = data
    for step in places:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return json.dumps(data).encode()


def test_the_contract_is_read_as_it_is_meant():
    checks = (
        Check("ch04-q1-check", "check", False, "ch04.q1: not yet. those are the odds"),
        Check("ch04-q1-hidden", "hidden", True),
    )
    question = Question("ch04.q1", "The best discriminator", 1.0, 2.0, "graded", checks)
    assert results.decode(json.dumps(CONTRACT).encode()) == Result(
        *(
            "a" * 64,
            "x.ipynb",
            "b" * 64,
            "ada",
            False,
            ("y.ipynb",),
            "04_minimax",
            "c" * 64,
            "0.1.0",
            True,
            (question,),
        ),
        *((Flag("introspection", "ch04.q1", "it uses inspect"),), None, 1.0, 2.0),
    )
    assert question.hint == "those are the odds"
    assert not question.solved


@pytest.mark.parametrize("result", samples.a_class(), ids=lambda result: str(result.student))
def test_what_is_written_is_read_and_the_bytes_are_the_same_every_time(result, tmp_path):
    path = tmp_path / "new" / "results.json"
    results.write(path, result)
    assert results.read(path) == result
    assert path.read_bytes() == results.encode(results.read(path))
    assert [entry.name for entry in path.parent.iterdir()] == ["results.json"], "nothing is left beside it"
    written = json.loads(path.read_text(encoding="utf-8"))
    assert {*CONTRACT} == {*written}
    assert {*CONTRACT["submission"]} <= {*written["submission"]}


def test_whole_numbers_are_written_as_any_others():
    whole = samples.result("ada", score=4, max=4)
    assert results.encode(whole) == results.encode(samples.result("ada", score=4.0, max=4.0))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("format", 2, "format"),
        ("format", True, "format"),
        ("key", "short", "'key'"),
        ("key", ..., "'key'"),
        ("submission", [], "'submission'"),
        ("submission.file", "", "'file'"),
        ("submission.student", 7, "'student'"),
        ("submission.late", "no", "'late'"),
        ("submission.duplicates", "y.ipynb", "'duplicates'"),
        ("reference.sha256", "C" * 64, "'sha256'"),
        ("safe", 1, "'safe'"),
        ("questions", {}, "'questions'"),
        ("questions.0", None, "object"),
        ("questions.0.q", "q1", "'ch04.q2'"),
        ("questions.0.points", 3, "3 points of 2"),
        ("questions.0.points", -1, "out of range"),
        ("questions.0.points", "2", "number"),
        ("questions.0.points", True, "number"),
        ("questions.0.points", 10**400, "out of range"),
        ("questions.0.state", "xfail", "state"),
        ("questions.0.checks.0.passed", None, "'passed'"),
        ("questions.0.checks.0.role", "answer", "role"),
        ("questions.0.checks.1.hint", "expected 0.75", "hidden"),
        ("questions.0.checks.1.printed", "0.75", "hidden"),
        ("flags.0.text", 3, "'text'"),
        ("override", {"points": 2, "by": "x"}, "'why'"),
        ("override", {"points": 2, "by": "x", "why": "y"}, "override says 2"),
        ("score", 1.5, "add up to 1"),
        ("max", 3, "sum"),
        ("questions", [CONTRACT["questions"][0]] * 2, "twice"),
    ],
)
def test_what_is_no_result_is_refused_in_one_sentence(path, value, told):
    with pytest.raises(ValueError) as raised:
        results.decode(changed(path, value), "here.json")
    assert str(raised.value).startswith("here.json is not a result of grading: ")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff\xfe", b"{", b'{"format": NaN}', b"[" * 100_000, b'"x"', b"null"],
)
def test_files_that_are_not_even_objects_are_refused(content):
    with pytest.raises(ValueError, match="is not a result of grading"):
        results.decode(content)


def test_a_late_policy_may_take_points_away():
    assert results.decode(changed("score", 0.5)).score == 0.5


def test_an_override_is_the_score_even_above_what_was_earned():
    data = json.loads(changed("override", {"points": 2, "by": "me", "why": "right after all"}))
    data["score"] = 2
    assert results.decode(json.dumps(data).encode()).override == Override(2.0, "me", "right after all")


def test_a_check_in_results_cannot_hold_what_a_hidden_one_printed():
    bad = samples.question(1, checks=(Check("c", "hidden", False, "", "the expected value is 42"),))
    with pytest.raises(ValueError, match="hidden"):
        results.encode(samples.result("ada", bad))


def test_half_characters_and_controls_do_not_stop_a_result_from_being_written():
    nasty = samples.result("ada", samples.question(1, answer="x = '\ud800\x00\u202e'\r\ny = 1"))
    read = results.decode(results.encode(nasty))
    assert read.questions[0].answer == "x = '\ufffd\ufffd\ufffd'\ny = 1"
    assert results.encode(read) == results.encode(nasty)


def test_a_folder_is_read_by_chapter_and_name(tmp_path):
    for result in (samples.result("zoe", name="Anna"), samples.result("ada", name="Zora"), samples.result(None)):
        results.write(tmp_path / str(result.student) / "results.json", result)
    assert [result.who for result in results.read_folder(tmp_path)] == ["Anna", "stray.ipynb", "Zora"]


def test_two_results_of_one_student_in_one_chapter_are_refused(tmp_path):
    for name in "ab":
        results.write(tmp_path / name / "results.json", samples.result("ada"))
    with pytest.raises(ValueError, match="both results of 'ada'"):
        results.read_folder(tmp_path)


def test_an_empty_folder_and_none_say_so(tmp_path):
    with pytest.raises(ValueError, match=r"holds no results\.json"):
        results.read_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        results.read_folder(tmp_path / "absent")


def test_times_are_a_side_matter(tmp_path):
    for name, timing in (("ada", b'{"seconds": 1.5}'), ("bob", b"{"), ("cem", None), ("dia", b'{"seconds": "x"}')):
        results.write(tmp_path / name / "results.json", samples.result(name))
        if timing is not None:
            (tmp_path / name / "timings.json").write_bytes(timing)
    assert results.read_seconds(tmp_path) == {("04_minimax", "ada"): 1.5}


def test_pairs_come_back_most_alike_first(tmp_path):
    assert results.read_pairs(tmp_path) == []
    pairs = [Pair("ch04.q1", ("a", "b"), ("x", "y"), 0.8), *samples.pairs()]
    results.write_pairs(tmp_path, pairs)
    assert results.read_pairs(tmp_path) == [pairs[1], pairs[0]]
    (tmp_path / "pairs.json").write_text('{"pairs": [{"q": "ch04.q1", "students": ["a"], "answers": []}]}')
    with pytest.raises(ValueError, match="two students"):
        results.read_pairs(tmp_path)


def test_a_question_is_solved_with_all_points_and_all_checks_only():
    assert samples.question(1).solved
    assert not samples.question(1, 0.5).solved
    assert not samples.question(1, 1.0, "crashed").solved
    worth_nothing = Question("ch04.q1", "", 0.0, 0.0, "graded", (Check("c", "check", False),))
    assert not worth_nothing.solved, "no points are not a pass"
    thirds = Question("ch04.q1", "", 0.1 * 3, 0.30000000000000004 - 1e-16, "graded", ())
    assert thirds.solved, "rounding takes nothing away"


def test_the_hint_is_the_first_of_a_visible_check_that_failed():
    checks = (Check("a", "check", True, "x"), Check("b", "hidden", False), Check("c", "check", False, "ch04.q1: y"))
    assert samples.question(1, 0.5, checks=checks).hint == "y"
    assert samples.question(1).hint == ""


def test_hints_are_bared_of_their_question():
    assert results.bare_hint("ch04.q2: not yet. log 4,\n not log 2") == "log 4, not log 2"
    assert results.bare_hint("ch04.q12: not answered yet: write it") == "not answered yet: write it"
    assert results.bare_hint("anything a student prints") == "anything a student prints"


@pytest.mark.parametrize(("points", "text"), [(2.0, "2"), (4 / 3, "1.33"), (0.5, "0.5"), (10.0, "10"), (0.0, "0")])
def test_points_are_written_as_gradebooks_keep_them(points, text):
    assert results.amount(points) == text
    assert math.isclose(float(text), points, abs_tol=0.005)


def test_nothing_of_the_grader_is_needed_to_read_results():
    text = Path(results.__file__).read_text(encoding="utf-8")
    assert "import torch" not in text
    assert "nbformat" not in text

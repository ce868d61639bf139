"""A submission is read as data, whatever it is; the answers in it are found in every form that notebooks travel in."""

import copy
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import sample_submissions as samples
from sample_submissions import GOOD, QUESTIONS

from ganlib.grading import submission
from ganlib.grading.submission import Answer, Cell, Flag, Unreadable, answers, read

ROOT = Path(__file__).parent.parent


def found(folder: Path, build) -> tuple[dict[str, Answer], list[Flag]]:
    """Answers and all flags of a sample."""
    handed_in = read(build(folder))
    given, flags = answers(handed_in, samples.reference(folder))
    return given, [*handed_in.flags, *flags]


def of(*cells, **metadata) -> submission.Submission:
    """A submission of code cells, as read."""
    made = [cell if isinstance(cell, Cell) else Cell("code", cell) for cell in cells]
    return submission.Submission(Path("x.ipynb"), "", made, [], **metadata)


def code(source: str) -> str:
    """A source without comments, blank lines and texts between triple quotes, which travel as they can."""
    lines = [line for line in source.split('"""')[0].split("\n") if line.strip() and not line.startswith("#")]
    return "\n".join(lines)


# --- right answers, in every form

PLAIN = set(samples.RIGHT) - {samples.helpers_in_cells_of_their_own, samples.below_the_stub}


@pytest.mark.parametrize("build", sorted(PLAIN, key=lambda build: build.__name__), ids=lambda build: build.__name__)
def test_every_answer_is_found_word_for_word(build, tmp_path):
    given, _ = found(tmp_path, build)
    cleaned = {"ch98.q1": "def square(x):\n    return x**2  #  ? ☃"} if build is samples.nul_bytes else {}
    assert {q: code(answer.source) for q, answer in given.items()} == {
        q: cleaned.get(q, code(source)) for q, source in GOOD.items()
    }


@pytest.mark.parametrize(
    ("build", "how"),
    [
        (samples.lab, "marker"),
        (samples.colab, "marker"),
        (samples.without_markers, "metadata"),
        (samples.only_ids, "id"),
    ],
)
def test_how_an_answer_was_found(build, how, tmp_path):
    assert {answer.found_by for answer in found(tmp_path, build)[0].values()} == {how}


def test_a_marker_beats_metadata_and_metadata_beat_an_id(tmp_path):
    reference = samples.reference(tmp_path)
    meta = {"course": {"role": "answer", "q": "ch98.q2"}}
    given, _ = answers(of(Cell("code", GOOD["ch98.q1"], meta, "ch98-q3-answer")), reference)
    assert given == {"ch98.q1": Answer("ch98.q1", GOOD["ch98.q1"], "marker")}
    given, _ = answers(of(Cell("code", "length = max", meta, "ch98-q3-answer")), reference)
    assert given == {"ch98.q2": Answer("ch98.q2", "length = max", "metadata")}
    given, _ = answers(of(Cell("code", "quarter = 0", {}, "ch98-q3-answer")), reference)
    assert given == {"ch98.q3": Answer("ch98.q3", "quarter = 0", "id")}


@pytest.mark.parametrize(
    "marker", ["#>>>Answer: CH98.q3", "\t#  >>> answer :ch98.q3 (mine!)", "# >>> answer: ch98.q3\r"]
)
def test_a_marker_may_be_written_carelessly(marker, tmp_path):
    source = f"{marker}\nquarter = 1"
    assert answers(of(source), samples.reference(tmp_path))[0]["ch98.q3"].found_by == "marker"


def test_of_two_answers_the_stronger_sign_wins_whatever_the_order(tmp_path):
    meta = {"course": {"role": "answer", "q": "ch98.q3"}}
    check = samples.reference(tmp_path).cells[-1].source
    for cells in ((GOOD["ch98.q3"], check, Cell("code", "quarter = 9", meta)),):
        for order in (cells, cells[::-1]):
            given, flags = answers(of(*order), samples.reference(tmp_path))
            assert given["ch98.q3"].source == GOOD["ch98.q3"]
            assert [flag.q for flag in flags if flag.kind == "duplicate-answer"] == ["ch98.q3"]


def test_the_last_answer_that_was_worked_in_counts(tmp_path):
    tries = [f"# >>> answer: ch98.q3\nquarter = {n}" for n in (1, 2, 3)]
    stub = "# >>> answer: ch98.q3\nquarter = ...  # your code here"
    given, flags = answers(of(*tries, stub, "# >>> answer: ch98.q3\n# nothing"), samples.reference(tmp_path))
    assert given["ch98.q3"].source == tries[-1]
    assert "5 cells answer ch98.q3" in next(flag.text for flag in flags if flag.kind == "duplicate-answer")


def test_the_order_of_the_answers_is_the_chapters(tmp_path):
    assert list(found(tmp_path, samples.reordered)[0]) == list(QUESTIONS)


# --- split, merged, added


def test_a_split_answer_is_put_together_and_not_called_a_duplicate(tmp_path):
    given, flags = found(tmp_path, samples.split_in_lab)
    assert given["ch98.q2"].source == GOOD["ch98.q2"]
    assert flags == []


def test_lines_split_off_above_the_marker_belong_to_the_answer(tmp_path):
    meta = {"course": {"role": "answer", "q": "ch98.q3"}}
    cells = (Cell("code", "import math", meta), Cell("code", "# >>> answer: ch98.q3\nquarter = math.inf", meta))
    given, flags = answers(of(*cells), samples.reference(tmp_path))
    assert given["ch98.q3"] == Answer("ch98.q3", "import math\n# >>> answer: ch98.q3\nquarter = math.inf", "marker")
    assert "duplicate-answer" not in {flag.kind for flag in flags}


def test_a_cell_of_the_chapter_ends_an_answer(tmp_path):
    meta = {"course": {"role": "answer", "q": "ch98.q3"}}
    check = samples.reference(tmp_path).cells[-1].source
    given, flags = answers(of(GOOD["ch98.q3"], check, Cell("code", "quarter = 7", meta)), samples.reference(tmp_path))
    assert given["ch98.q3"].source == GOOD["ch98.q3"]
    assert "duplicate-answer" in {flag.kind for flag in flags}


def test_added_cells_are_taken_exactly_when_the_answer_needs_them(tmp_path):
    given, flags = found(tmp_path, samples.helpers_in_cells_of_their_own)
    assert given["ch98.q2"].source.split("\n")[0] == "import operator"
    for piece in ("def _square", "def root", "def np_half"):
        assert given["ch98.q2"].source.count(piece) == 1
    for piece in ("timeit", "length([1.0", "scratch"):
        assert piece not in given["ch98.q2"].source
    assert given["ch98.q1"].source == GOOD["ch98.q1"]
    assert [(flag.kind, flag.q) for flag in flags] == [("added-cell", "ch98.q2")]


def test_an_answer_written_below_its_stub_is_taken(tmp_path):
    given, flags = found(tmp_path, samples.below_the_stub)
    assert given["ch98.q1"].source.endswith("def square(x):\n    return x**2")
    assert [(flag.kind, flag.q) for flag in flags] == [("added-cell", "ch98.q1")]


@pytest.mark.parametrize(
    ("before", "answer", "after", "taken"),
    [
        ("", "quarter = HALF / 2", "", set()),
        ("HALF = 3", "quarter = HALF / 2", "", set()),  # the chapter defines it: what it says counts
        ("from operator import *", "quarter = truediv(1, 4)", "", {"before"}),
        ("four = 4", "quarter = 1 / four", "", {"before"}),
        ("longest = 4", "quarter = 1 / longest", "", {"before"}),  # only a demo defines it
        ("length = 4", "quarter = 1 / length", "", set()),  # another answer does
        ("four = two + 2", "two = 2\nquarter = 1 / four", "", {"before"}),
        ("four = two + 2", "quarter = 1 / four", "two = 2", {"before", "after"}),
        ("quarter = 3", "quarter = 1 / 4", "", set()),
        ("two = 9", "two = 2\nquarter = two / 8", "", set()),
        ("", "quarter = 3", "quarter = 1 / 4", {"after"}),  # a student who runs all cells sees this one checked
        ("", "quarter = (1 /", "4)", {"after"}),
        ("", "def f():", "    return 1", {"after"}),
        ("", "@staticmethod", "def f():\n    return 1", {"after"}),
        ("", "quarter = 1 / 4", "quarter = (", set()),
        ("", "quarter = 1 / 4", "!rm -r .", set()),
        ("", "%matplotlib inline\nquarter = 1 / four", "four = 4", {"after"}),
        ("", "def f():\n    y = 1\n    return y", "y = 5", set()),
        ("", "quarter = 1 / 4", "print(quarter)", set()),
        ("", "", "quarter = 1 / 4", {"after"}),  # nothing but the marker in its cell
    ],
)
def test_what_an_answer_takes_along(before, answer, after, taken, tmp_path):
    reference = samples.reference(tmp_path)
    marked = f"# >>> answer: ch98.q3\n{answer}"
    given, _ = answers(of(before, marked, after, reference.cells[-1].source, "four = 5"), reference)
    parts = [before] * ("before" in taken) + [marked] + [after] * ("after" in taken)
    assert given["ch98.q3"].source == "\n".join(parts).replace("\n\n", "\n")


def test_all_that_make_a_missing_name_are_taken_whatever_the_order(tmp_path):
    """Sets of names have no order: two runs of the grader must take the same cells."""
    answer = "# >>> answer: ch98.q3\nquarter = " + " + ".join(f"a{n}" for n in range(9))
    both = [f"a{n} = a{(n + 1) % 9} = {n}" for n in range(9)]
    given, _ = answers(of(*both, answer), samples.reference(tmp_path))
    assert given["ch98.q3"].source == "\n".join([*both, answer])


def test_what_an_added_cell_defines_itself_or_the_chapter_has_defined_is_not_missing(tmp_path):
    answer = "# >>> answer: ch98.q3\nquarter = 1 / four"
    cells = ("HALF = 3", "n = 1", "n = 2\nfour = n + n", "four = HALF * 8")
    given, _ = answers(of(*cells, answer), samples.reference(tmp_path))
    assert given["ch98.q3"].source == "\n".join([*cells[2:], answer])


def test_blanks_at_the_ends_of_lines_are_kept(tmp_path):
    source = '# >>> answer: ch98.q3\nquarter = len("""  \n\t\n""")'
    assert answers(of(source), samples.reference(tmp_path))[0]["ch98.q3"].source == source


def test_only_what_the_checks_use_is_looked_for_below_an_answer(tmp_path):
    reference = samples.reference(tmp_path)
    answer = reference.cells[samples.place(reference, "ch98-q3-answer")]
    answer["source"] += "\naside = 1"
    assert answers(of(GOOD["ch98.q3"], "aside = 5"), reference)[0]["ch98.q3"].source == GOOD["ch98.q3"]


def test_what_the_chapter_defines_later_is_not_there_yet(tmp_path):
    answer = "# >>> answer: ch98.q1\ndef square(x):\n    return x**quarter"
    given, _ = answers(of("quarter = 2", answer), samples.reference(tmp_path))
    assert given["ch98.q1"].source == f"quarter = 2\n{answer}"


def test_cells_merged_with_the_chapters_are_taken_apart(tmp_path):
    given, flags = found(tmp_path, samples.merged_with_its_check)
    assert {q: answer.source.strip() for q, answer in given.items()} == GOOD
    assert flags == []


def test_a_line_of_the_chapter_inside_an_answer_stays(tmp_path):
    """A chapter may have a cell `import math`: an answer that says so as well must keep it."""
    reference = samples.reference(tmp_path)
    given_cell = next(cell for cell in reference.cells if cell.source.startswith("import math"))
    given_cell["source"] = "import math"
    source = "# >>> answer: ch98.q3\nimport math\nquarter = math.exp2(-2)"
    assert answers(of(source), reference)[0]["ch98.q3"].source == source


# --- what is flagged


QUIET = (samples.lab, samples.colab, samples.percent, samples.spyder, samples.reordered, samples.oddly_named)


@pytest.mark.parametrize("build", QUIET)
def test_nothing_is_flagged_in_a_submission_without_oddities(build, tmp_path):
    assert found(tmp_path, build)[1] == []


def test_edited_and_missing_cells_are_flagged_and_are_never_answers(tmp_path):
    given, flags = found(tmp_path, samples.checks_edited)
    assert [(flag.kind, flag.q) for flag in flags] == [
        ("edited-locked-cell", None),
        ("edited-locked-cell", "ch98.q1"),
        ("missing-cell", "ch98.q3"),
    ]
    assert "'HALF = 0.5'" in flags[0].text
    assert not any("print" in answer.source or "0.25" in answer.source for answer in given.values())


def test_edited_cells_are_known_without_ids_too(tmp_path):
    notebook = json.loads(samples.checks_edited(tmp_path).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    check = 'check("ch98.q1", square, [((2.0,), 4.0)])\nch98.q1(square)\nsquare = print'
    notebook["cells"][5]["source"] = check
    edited = read(samples.save(tmp_path, notebook))
    given, flags = answers(edited, samples.reference(tmp_path))
    kinds = {(flag.kind, flag.q) for flag in flags}
    assert {("edited-locked-cell", None), ("edited-locked-cell", "ch98.q1"), ("missing-cell", "ch98.q3")} == kinds
    assert given["ch98.q1"].source == GOOD["ch98.q1"]


def test_demos_may_be_edited_and_deleted(tmp_path):
    notebook = samples.answered(tmp_path)
    index = next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith("longest"))
    notebook.cells[index]["source"] = "longest = 3"
    assert found(tmp_path, lambda folder: samples.save(folder, notebook))[1] == []
    del notebook.cells[index]
    assert found(tmp_path, lambda folder: samples.save(folder, notebook))[1] == []


def test_missing_cells_are_few_flags_however_many_they_are(tmp_path):
    _, flags = found(tmp_path, samples.only_answers)
    assert [(flag.kind, flag.q) for flag in flags] == [("missing-cell", q) for q in (*QUESTIONS, None)]
    assert "'HALF = 0.5' and 1 more" in flags[-1].text


@pytest.mark.parametrize("build", list(samples.PARTLY), ids=lambda build: build.__name__)
def test_what_is_not_answered_is_left_out_and_flagged(build, tmp_path):
    given, flags = found(tmp_path, build)
    assert set(given) == samples.PARTLY[build]
    assert {flag.q for flag in flags if flag.kind == "not-answered"} == set(QUESTIONS) - samples.PARTLY[build]


def test_a_person_is_told_where_an_answer_without_a_sign_may_be(tmp_path):
    check = Cell("code", "square = print", {}, "ch98-q1-check")  # edited, and no answer
    given, flags = answers(of("x = 1", check, "def square(x):\n    return x**2"), samples.reference(tmp_path))
    assert given == {}
    texts = {flag.q: flag.text for flag in flags if flag.kind == "not-answered"}
    assert texts["ch98.q1"] == "there is no answer to ch98.q1, but an added cell, 'def square(x):', defines square"
    assert texts["ch98.q2"] == "there is no answer to ch98.q2"


def test_another_chapter_and_another_version_are_named(tmp_path):
    _, flags = found(tmp_path, samples.another_chapter)
    assert flags[0].text == "it answers ch97.q1, ch97.q2, ch97.q3, which this chapter does not ask"
    reference = samples.reference(tmp_path)
    assert "other-version" in {flag.kind for flag in answers(of(made_from="0" * 64), reference)[1]}
    same = of(made_from=reference.metadata.ganlib.source_sha256)
    assert "other-version" not in {flag.kind for flag in answers(same, reference)[1]}


def test_a_flag_is_one_short_line_whatever_the_submission_says(tmp_path):
    long = "# >>> answer: " + "<script>" * 1000 + "\n"
    markers = [f"# >>> answer: ch{n:02}.q{m}\nx = {n}" for n in range(99) for m in range(1, 9)]
    many = ["# >>> answer: ch98.q1\nx = 1"] * 800
    added = [f"a{n} = a{n + 1}  # \u2028 \x1b[31m" for n in range(300)]
    _, flags = answers(
        of(long, *markers, *many, *added, "# >>> answer: ch98.q3\nquarter = a0"), samples.reference(tmp_path)
    )
    assert len(flags) < 20
    assert all(len(flag.text) < 300 and flag.text.isprintable() for flag in flags)
    assert not any("<" in flag.text for flag in flags)


# --- files


@pytest.mark.parametrize("name", list(samples.BROKEN))
def test_what_is_no_submission_is_refused_in_one_sentence(name, tmp_path):
    build, message = samples.BROKEN[name]
    path = build(tmp_path)
    start = time.monotonic()
    with pytest.raises(Unreadable, match=message) as caught:
        read(path)
    assert time.monotonic() - start < 10
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith(path.name)
    assert len(str(caught.value)) < 200


def test_a_file_that_is_not_there_and_names_that_are_none_are_refused(tmp_path):
    for path in (tmp_path / "none.ipynb", tmp_path / "nul\0.ipynb", tmp_path / ("x" * 5000), Path("/proc/1/mem/x")):
        with pytest.raises(Unreadable) as caught:
            read(path)
        assert str(caught.value).isprintable()


def test_a_message_shows_a_strange_name_harmlessly(tmp_path):
    path = samples.oddly_named(tmp_path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(Unreadable, match="is empty") as caught:
        read(path)
    assert str(caught.value).isprintable()
    assert "\\x1b[31m" in str(caught.value)


def test_a_file_that_holds_more_than_it_says_is_not_read_to_its_end():
    with pytest.raises(Unreadable, match="clear all outputs"):
        read(Path("/proc/self/maps"), limit=100)  # of size 0, says the system


def test_the_limit_is_the_last_size_that_is_read(tmp_path):
    path = samples.lab(tmp_path)
    size = path.stat().st_size
    assert len(read(path, limit=size).cells) == 15
    with pytest.raises(Unreadable, match="clear all outputs"):
        read(path, limit=size - 1)


def test_depth_and_values_are_counted_outside_texts_alone(tmp_path, monkeypatch):
    notebook = samples.answered(tmp_path)
    tricky = '[[{{"\\",[[[' * 50
    notebook.cells[1]["source"] += f"\n# {tricky}"
    notebook.metadata["deep"] = value = []
    for _ in range(submission.DEPTH - 3):  # the notebook, its metadata and the list itself are three
        value.append([])
        value = value[0]
    path = samples.save(tmp_path, notebook)
    assert tricky in read(path).cells[1].source
    plain = copy.deepcopy(notebook)
    for cell in plain.cells:
        cell["source"] = ""
    marks = sum(json.dumps(plain).count(mark) for mark in "[]{},")
    monkeypatch.setattr(submission, "MARKS", marks)
    read(path)
    monkeypatch.setattr(submission, "MARKS", marks - 1)
    with pytest.raises(Unreadable, match="values"):
        read(path)
    monkeypatch.undo()
    value.append([])
    with pytest.raises(Unreadable, match="levels deep"):
        read(samples.save(tmp_path, notebook))


def test_only_what_a_notebook_may_hold_is_kept(tmp_path):
    notebook = samples.answered(tmp_path)
    good = notebook.cells[1]
    bad = [1, None, "x", [], {"cell_type": "evil", "source": ""}, {**good, "source": {"a": 1}}, {**good, "source": [1]}]
    odd = {"cell_type": "code", "source": ["a", "\r\nb"], "metadata": {"course": {"role": ["x"], "q": 3}}, "id": 5}
    course = {"course": {"role": "answer", "q": "q" * 99, "points": 1e9}, "tags": ["x"]}
    notebook["cells"] = [*bad, odd, {**odd, "metadata": course}, {**odd, "metadata": 7, "id": "x" * 65}]
    handed_in = read(samples.save(tmp_path, notebook))
    assert handed_in.cells == [
        Cell("code", "a\nb"),
        Cell("code", "a\nb", {"course": {"role": "answer"}}),
        Cell("code", "a\nb"),
    ]
    assert handed_in.flags == [Flag("odd-format", None, "7 of its cells could not be read and were left out")]


def test_a_file_in_another_encoding_is_read_and_flagged(tmp_path):
    path = tmp_path / "notebook.py"
    path.write_bytes("# %%\n# >>> answer: ch98.q3\nquarter = 0.25  # café\0\n".encode("latin-1"))
    handed_in = read(path)
    assert handed_in.cells[0].source == "# >>> answer: ch98.q3\nquarter = 0.25  # caf\ufffd"
    assert {flag.kind for flag in handed_in.flags} == {"odd-format"}
    assert len(handed_in.flags) == 2


def test_headers_of_a_percent_file(tmp_path):
    path = tmp_path / "x.py"
    path.write_text(
        "# ---\n# jupyter: x\n# ---\n\n"
        '# %% A title course={"role": "answer", "q": "ch98.q1", "points": 2} tags=["x"]\n\na = 1\n# %%time\n\n'
        '# %% [markdown] course={"role": "check"}\n# text\n'
        "# %% course={broken\nb = 2\n#%%\nc = '# %%'\n# %% [raw]\nr\n# In[ ]:\nd = 4\n# In[12]:\ne = 5\n",
        encoding="utf-8",
    )
    assert read(path).cells == [
        Cell("code", "a = 1\n# %%time", {"course": {"role": "answer", "q": "ch98.q1"}}),
        Cell("markdown", "# text", {"course": {"role": "check"}}),
        Cell("code", "b = 2"),
        Cell("code", "c = '# %%'"),
        Cell("raw", "r"),
        Cell("code", "d = 4"),
        Cell("code", "e = 5"),
    ]


def test_a_header_that_is_nested_deep_says_nothing(tmp_path):
    assert read(samples.raw(f"# %% course={'[' * 100_000}\na = 1\n")(tmp_path)).cells == [Cell("code", "a = 1")]


def test_the_hash_is_that_of_the_bytes(tmp_path):
    path = samples.lab(tmp_path)
    printed = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    assert read(path).sha256 == printed.split()[0]


# --- whatever comes


def test_any_damage_is_survived(tmp_path):
    """Bytes changed at random: a submission comes back or the one error that is meant for people, and nothing else."""
    rng = random.Random(0)
    reference = samples.reference(tmp_path)
    originals = [samples.lab(tmp_path).read_bytes(), samples.percent(tmp_path).read_bytes()]
    outcomes = set()
    for _ in range(300):
        content = bytearray(rng.choice(originals))
        for _ in range(rng.choice((1, 3, 30))):
            index = rng.randrange(len(content))
            content[index : index + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        path = tmp_path / "damaged.ipynb"
        path.write_bytes(content)
        try:
            answers(read(path), reference)
            outcomes.add("read")
        except Unreadable:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_any_value_anywhere_is_survived(tmp_path):
    """A part of the notebook's JSON replaced by another value: the same."""
    rng = random.Random(1)
    reference = samples.reference(tmp_path)
    values = [
        None,
        True,
        1,
        -1e300,
        "",
        "x" * 1000,
        [],
        {},
        [None],
        {"course": {"role": "answer", "q": []}},
        "\ud800\0",
    ]
    notebook = json.loads(samples.lab(tmp_path).read_text(encoding="utf-8"))
    for _ in range(300):
        node = changed = copy.deepcopy(notebook)
        while True:
            key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if not isinstance(node[key], (dict, list)) or not node[key] or rng.random() < 0.3:
                node[key] = rng.choice(values)
                break
            node = node[key]
        try:
            given, _ = answers(read(samples.save(tmp_path, changed)), reference)
        except Unreadable:
            continue
        for answer in given.values():
            answer.source.encode()


NASTY = {
    "parentheses": "(" * 50_000,
    "signs": "-" * 90_000 + "1",
    "sums": "+".join(["1"] * 45_000),
    "indices": "a" + "[0]" * 30_000,
    "elif": "if a: pass\n" + "elif b: pass\n" * 7_000,
    "lambda": "lambda: " * 10_000 + "1",
    "names": "\n".join(f"a{n} = a{n + 1}" for n in range(6_000)),
    "long": "x = 1\n" * 100_000,
    "nul": "x = 1\0",
    "surrogate": "x = '\ud800'",
    "escapes": "x = '\\d' is 1",
    "scopes": "def f():\n    nonlocal x\nreturn 1",
}


@pytest.mark.parametrize("name", list(NASTY))
def test_code_that_breaks_parsers_breaks_nothing(name, tmp_path):
    cells = ("from x import *", NASTY[name], f"# >>> answer: ch98.q3\nquarter = a0\n{NASTY[name]}", NASTY[name])
    start = time.monotonic()
    given, _ = answers(of(*cells), samples.reference(tmp_path))
    assert NASTY[name].strip() in given["ch98.q3"].source
    assert time.monotonic() - start < 5


def test_long_code_is_not_parsed_and_bad_style_is():
    assert submission.parsed("x = 1\n" * (submission.CODE // 6)) is not None
    assert submission.parsed("x = 1\n" * (submission.CODE // 6 + 1)) is None
    assert submission.parsed(NASTY["escapes"]) is not None  # and no warning is seen


def test_a_long_chain_of_added_cells_takes_no_long_time(tmp_path):
    chain = [f"a{n} = a{n + 1} + sum(range({n}))" for n in range(1_900)]
    start = time.monotonic()
    given, _ = answers(of(*chain, "# >>> answer: ch98.q3\nquarter = a0"), samples.reference(tmp_path))
    assert given["ch98.q3"].source.count("\n") == 1_901
    halves = ["    return 'the same statement again and again'"] * 1_900
    given, _ = answers(of("# >>> answer: ch98.q3\ndef quarter():", *halves), samples.reference(tmp_path))
    assert given["ch98.q3"].source.count("return") == 5
    assert time.monotonic() - start < 5


WATCHED = """
import sys
from pathlib import Path
import nbformat
from ganlib.grading import merge, similarity, submission

reference = nbformat.read(sys.argv[1], as_version=4)

def most():  # megabytes this process has ever held; what getrusage says may be its parent's
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024

before = most()
watching, events, refused = False, [], []
HARMLESS = ("open", "compile", "os.lstat", "sys._getframe", "builtins.id", "sys.addaudithook", "object.__getattr__")

def watch(event, arguments):
    if watching and (not event.startswith(HARMLESS) or event == "open" and set(str(arguments[1])) & set("wax+")):
        events.append((event, str(arguments)[:80]))

sys.addaudithook(watch)
for watching in (False, True):  # the first round imports what Python itself wants, such as encodings
    for path in sys.argv[2:] if watching else sys.argv[4:]:
        try:
            given, _ = submission.answers(submission.read(Path(path)), reference)
        except submission.Unreadable:
            refused += [path] if watching else []
            continue
        merge.merge(reference, given)
        sources = {q: answer.source for q, answer in given.items()}
        [similarity.introspection(source) for source in sources.values()]
        similarity.similar({"a": sources, "b": sources})
watching = False
print(events[:5], len(refused), "torch" in sys.modules)
print(most() - before)
"""

TRAP = """\
# ---
# jupyter: !!python/object/apply:os.system ['touch {trap}']
# ---
{evil}
# %% course={evil}
{evil}
# %%
# >>> answer: ch98.q3
quarter = {evil}
!touch {trap}
"""


def test_nothing_of_a_submission_runs_and_little_memory_is_used(tmp_path):
    """Python's own audit events, over all samples: nothing is executed, imported, unpickled, started or written."""
    trap = tmp_path / "ran"
    values = ",".join(f'"k{number}":{number}.5' for number in range(submission.MARKS - 20))
    largest = {  # just within the limits
        "values": samples.notebook_of(f"[{{{values}}}]"),
        "text": samples.notebook_of('["\U0001f600' + "x" * 18_000_000 + '"]'),
    }
    paths = [samples.raw(content, f"{name}.ipynb")(tmp_path) for name, content in largest.items()]
    paths += [samples.raw(TRAP.format(trap=trap, evil=f"open({str(trap)!r}, 'w')"), "trap.py")(tmp_path)]
    for number, build in enumerate((*samples.RIGHT, *samples.PARTLY, *(build for build, _ in samples.BROKEN.values()))):
        (tmp_path / f"{number}").mkdir()
        paths.append(build(tmp_path / f"{number}"))
    reference = samples.save(tmp_path, samples.reference(tmp_path), "reference.ipynb")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED, reference, *paths],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    said, megabytes = done.stdout.splitlines()
    assert said == f"[] {len(samples.BROKEN)} False"
    assert not trap.exists()
    assert 20 < int(megabytes) < 250


# --- the book's own chapters


@pytest.mark.parametrize("path", sorted((ROOT / "book" / "notebooks").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_a_chapters_own_answers_are_found_in_its_students_notebook(path, tmp_path):
    reference = nbformat.read(path, as_version=4)
    notebook = nbformat.read(ROOT / "book" / "student" / path.relative_to(ROOT / "book" / "notebooks"), as_version=4)
    assert answers(read(samples.save(tmp_path, notebook)), reference)[0] == {}
    solutions = {cell.id: cell.source for cell in reference.cells if "answer" in str(cell.metadata.get("course"))}
    for cell in notebook.cells:
        cell["source"] = solutions.get(cell.id, cell.source)
    given, flags = answers(read(samples.save(tmp_path, notebook)), reference)
    assert {answer.source for answer in given.values()} == set(solutions.values())
    assert flags == []

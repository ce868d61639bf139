"""Many submissions: found without being trusted, marked once, never stopped by one of them, the same bytes again."""

import io
import json
import os
import stat
import struct
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import nbformat
import pytest

from ganlib.grading import batch, chapters, inbox, marking, roster
from ganlib.grading.reference import Reference
from ganlib.grading.reports import results
from ganlib.grading.roster import Roster, Student
from ganlib.grading.sandbox import Limits, Unsafe

SOURCE = """\
# %% [markdown]
# # Two questions
#
# ```{exercise} The square
# :label: ch97.q1
# :class: essential
# ```

# %% course={"role": "answer", "q": "ch97.q1", "points": 2}
# >>> answer: ch97.q1
def square(x):
    return x * x

# %% course={"role": "check", "q": "ch97.q1"}
print(square(3))

# %% course={"role": "answer", "q": "ch97.q2"}
# >>> answer: ch97.q2
name = "ada"

# %% course={"role": "check", "q": "ch97.q2"}
print(name)
"""
SEED = "5eed" * 16


def answered(square: str = "x * x", name: str = "ada") -> bytes:
    """A notebook with these answers."""
    sources = [
        f"# >>> answer: ch97.q1\ndef square(x):\n    return {square}",
        f'# >>> answer: ch97.q2\nname = "{name}"',
    ]
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{place}") for place, source in enumerate(sources)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("chapters") / "97_two.py"
    path.write_text(SOURCE, encoding="utf-8")
    chapter = chapters.read(path)
    return Reference("97_two", chapter.sha256, "a" * 64, chapter.notebook, {"ch97.q1": "The square"}, (SEED,))


class Marker:
    """Marks as the sandbox would, without running anything: an answer is right when it is the chapter's own."""

    def __init__(self):
        self.calls = []
        self.fails = True

    def __call__(self, notebook, given, limits=None, *, safe=True, workdir=None):
        sources = {q: answer.source for q, answer in given.items()}
        self.calls.append(sources)
        square = sources.get("ch97.q1", "")
        if "boom" in square and self.fails:
            raise RuntimeError(f"the kernel went away, {SEED}")
        hint = "" if "x * x" in square else f"not yet. {square.split('return ')[-1]} is no square"
        found = []
        for q, most, right in (
            ("ch97.q1", 2.0, "x * x" in square),
            ("ch97.q2", 1.0, "ada" in sources.get("ch97.q2", "")),
        ):
            said = hint if q == "ch97.q1" else ""
            check = marking.CellResult(f"{q}-check".replace(".", "-"), q, "check", 1.0, right, "", said)
            hidden = marking.CellResult(f"{check.id}-hidden", q, "hidden", 1.0, right, "", "289 was expected")
            found.append(marking.count(q, most, "graded" if q in given else "missing", [check, hidden]))
        return marking.Marks(tuple(found), safe, 0.1, 1)


@pytest.fixture
def marker(monkeypatch):
    made = Marker()
    monkeypatch.setattr(batch, "mark_submission", made)
    monkeypatch.setattr(batch, "preflight", lambda limits: None)
    batch._proved.cache_clear()
    yield made
    batch._proved.cache_clear()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "handed in"
    path.mkdir()
    (path / "ada.ipynb").write_bytes(answered())
    (path / "bob.ipynb").write_bytes(answered("2 * x", "bob"))
    return path


def contents(report: Path) -> dict[str, bytes]:
    """Every file of a report whose bytes are promised."""
    return {
        path.relative_to(report).as_posix(): path.read_bytes()
        for path in sorted(report.rglob("*"))
        if path.is_file() and path.name != "timings.json" and batch.KEPT not in path.parts
    }


def by_label(report: Path) -> dict[str, results.Result]:
    return {result.label: result for result in results.read_folder(report)}


# --- marking


def test_each_submission_has_its_marks_hints_and_answers(reference, folder, marker, tmp_path):
    said = []
    summary = batch.grade(reference, [str(folder)], tmp_path / "report", workers=1, say=said.append)
    ada, bob = by_label(tmp_path / "report").values()
    assert (ada.score, ada.max, bob.score) == (3.0, 3.0, 0.0)
    assert [question.title for question in ada.questions] == ["The square", ""]
    assert bob.questions[0].hint == "2 * x is no square"
    assert "return 2 * x" in bob.questions[0].answer
    assert (bob.student, bob.late, bob.safe, bob.chapter) == (None, False, True, "97_two")
    assert (summary.marked, summary.kept, summary.refused, summary.failed) == (2, 0, [], [])
    assert said[0].startswith("2 to mark, 1 at a time: about ")
    assert results.read_seconds(tmp_path / "report").keys() == {("97_two", "ada.ipynb"), ("97_two", "bob.ipynb")}


def test_a_report_is_for_its_instructor_alone(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o700


def test_what_is_done_is_not_done_again_and_the_bytes_are_the_same(reference, folder, marker, tmp_path):
    report = tmp_path / "report"
    batch.grade(reference, [str(folder)], report)
    before, calls = contents(report), len(marker.calls)
    assert len(before) == 4  # two results, pairs, overrides
    times = {path: path.stat().st_mtime_ns for path in report.rglob("results.json")}
    summary = batch.grade(reference, [str(folder / "*.ipynb")], report)
    assert (summary.marked, summary.kept, len(marker.calls)) == (0, 2, calls)
    assert contents(report) == before
    assert {path: path.stat().st_mtime_ns for path in report.rglob("results.json")} == times
    assert batch.grade(reference, [str(folder)], report, again=True).marked == 2
    batch.grade(reference, [str(folder)], tmp_path / "other", workers=7)
    assert contents(report) == contents(tmp_path / "other") == before


@pytest.mark.parametrize("what", ["submission", "reference", "grader", "limits", "safe"])
def test_marks_are_made_again_when_anything_they_depend_on_changes(
    what, reference, folder, marker, tmp_path, monkeypatch
):
    report = tmp_path / "report"
    batch.grade(reference, [str(folder)], report)
    options = {}
    if what == "submission":
        (folder / "ada.ipynb").write_bytes(answered("x ** 2"))
    elif what == "reference":
        reference = Reference(reference.chapter, reference.sha256, "b" * 64, reference.notebook, reference.titles)
    elif what == "grader":
        monkeypatch.setattr(batch, "grader", lambda: "9.9.9")
    else:
        options = {"limits": Limits(cell_seconds=1.0)} if what == "limits" else {"safe": False}
    keys = {result.key for result in by_label(report).values()}
    summary = batch.grade(reference, [str(folder)], report, **options)
    assert summary.marked == (1 if what == "submission" else 2)
    assert len({result.key for result in by_label(report).values()} - keys) == summary.marked
    assert all(result.safe is (what != "safe") for result in by_label(report).values())


def test_an_interrupted_run_goes_on_where_it_stopped(reference, folder, marker, tmp_path, monkeypatch):
    for number in range(6):
        (folder / f"s{number}.ipynb").write_bytes(answered(f"x * x + {number}"))
    updates = iter([None] * 3)  # then Ctrl-C, as the main thread sees it

    class Bar(batch.tqdm):
        def update(self, n=1):
            if next(updates, 1):
                raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(batch, "tqdm", Bar)
        with pytest.raises(KeyboardInterrupt):
            batch.grade(reference, [str(folder)], tmp_path / "report", workers=1)
    assert len(results.find(tmp_path / "report")) == 4
    assert len(marker.calls) < 8
    summary = batch.grade(reference, [str(folder)], tmp_path / "report", workers=1)
    assert (summary.kept, summary.marked) == (4, 4)
    batch.grade(reference, [str(folder)], tmp_path / "other")
    assert contents(tmp_path / "report") == contents(tmp_path / "other")


def test_half_a_file_of_marks_is_made_again(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    for path in (tmp_path / "report" / batch.KEPT).iterdir():
        path.write_bytes(path.read_bytes()[:50])
    assert batch.grade(reference, [str(folder)], tmp_path / "report").marked == 2


def test_the_same_file_from_two_students_is_marked_once(reference, folder, marker, tmp_path):
    (folder / "eve.ipynb").write_bytes(answered())
    batch.grade(reference, [str(folder)], tmp_path / "report")
    assert len(marker.calls) == 3  # the chapter's own answers, and two files
    assert by_label(tmp_path / "report")["eve.ipynb"].score == 3.0


def test_one_bad_submission_never_stops_the_others(reference, folder, marker, tmp_path):
    (folder / "broken.ipynb").write_bytes(b"{")
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    (folder / "empty.py").write_bytes(b"")
    (folder / "boom.ipynb").write_bytes(answered("boom"))
    (folder / "thesis.pdf").write_bytes(b"%PDF")
    report = tmp_path / "report"
    summary = batch.grade(reference, [str(folder)], report)
    found = by_label(report)
    assert found["ada.ipynb"].score == 3.0
    assert {label for label, result in found.items() if result.score == 0.0} == {
        *("bob.ipynb", "broken.ipynb", "link.ipynb", "empty.py", "boom.ipynb"),
    }
    kinds = {label: [flag.kind for flag in result.flags] for label, result in found.items()}
    assert kinds["broken.ipynb"] == kinds["link.ipynb"] == kinds["empty.py"] == ["unreadable"]
    assert kinds["boom.ipynb"] == ["not-marked"]
    assert all(question.state == "missing" for question in found["link.ipynb"].questions)
    assert found["link.ipynb"].max == 3.0
    assert len(summary.refused) == 3
    assert [line.split(":")[0] for line in summary.failed] == ["boom.ipynb"]
    assert summary.others == 1
    told = "\n".join(summary.sentences())
    assert "broken.ipynb is damaged" in told
    assert "link.ipynb: it is a link, and links are not followed" in told
    assert "NOT MARKED, the next run tries again: boom.ipynb" in told


def test_what_the_grader_failed_on_is_tried_again(reference, folder, marker, tmp_path):
    (folder / "boom.ipynb").write_bytes(answered("x * x  # boom"))
    batch.grade(reference, [str(folder)], tmp_path / "report")
    marker.fails = False
    summary = batch.grade(reference, [str(folder)], tmp_path / "report")
    assert (summary.marked, summary.kept) == (1, 2)
    assert by_label(tmp_path / "report")["boom.ipynb"].score == 3.0


def test_no_seed_of_hidden_checks_leaves_the_grader(reference, folder, marker, tmp_path):
    (folder / "thief.ipynb").write_bytes(answered(f"'{SEED}'"))
    (folder / "number.ipynb").write_bytes(answered(str(int(SEED, 16))))
    (folder / "boom.ipynb").write_bytes(answered("boom"))
    batch.grade(reference, [str(folder)], tmp_path / "report")
    found = by_label(tmp_path / "report")
    for name in ("thief.ipynb", "number.ipynb"):
        assert "(removed)" in found[name].questions[0].hint
        assert "introspection" in [flag.kind for flag in found[name].flags]
    hints = [check.hint for result in found.values() for question in result.questions for check in question.checks]
    flags = [flag.text for result in found.values() for flag in result.flags]
    assert not any(SEED in text or str(int(SEED, 16)) in text for text in hints + flags)


def test_a_chapter_that_fails_its_own_checks_marks_nobody(reference, folder, marker, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "mark_submission", lambda *args, **options: Marker()(args[0], {}))
    with pytest.raises(ValueError, match=r"97_two: the chapter's own answer to ch97\.q1 does not pass its checks here"):
        batch.grade(reference, [str(folder)], tmp_path / "report")
    assert not list((tmp_path / "report").glob("*/results.json"))


def test_a_missing_wall_stops_everything_before_it_begins(reference, folder, marker, tmp_path, monkeypatch):
    def refuse(limits):
        raise Unsafe("no wall")

    monkeypatch.setattr(batch, "preflight", refuse)
    with pytest.raises(Unsafe):
        batch.grade(reference, [str(folder)], tmp_path / "report")
    assert not marker.calls
    assert batch.grade(reference, [str(folder)], tmp_path / "report", safe=False).marked == 2


def test_submissions_are_marked_side_by_side(reference, folder, marker, tmp_path, monkeypatch):
    together = threading.Barrier(2, timeout=20)

    def wait(notebook, given, limits=None, **options):
        if len(marker.calls) > 0:
            together.wait()
        return marker(notebook, given)

    monkeypatch.setattr(batch, "mark_submission", wait)
    assert batch.grade(reference, [str(folder)], tmp_path / "report", workers=2).failed == []


def test_another_executor_gives_the_same_bytes(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "a")
    batch.grade(reference, [str(folder)], tmp_path / "b", executor=lambda: ThreadPoolExecutor(3))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_worker_proves_the_walls_itself_once(reference, marker, monkeypatch):
    proved = []
    monkeypatch.setattr(batch, "preflight", proved.append)
    for safe in (False, True, True):
        batch.mark(reference, "ada.ipynb", answered(), Limits(), safe)
    assert proved == [Limits()]


def test_hidden_checks_count_and_say_nothing(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    roles = {}
    for path in results.find(tmp_path / "report"):
        assert b"289" not in path.read_bytes()
        roles |= {check.role: check.hint for question in results.read(path).questions for check in question.checks}
    assert roles["hidden"] == ""


def test_a_job_can_travel_to_another_machine(reference, marker):
    import pickle

    job = pickle.loads(pickle.dumps((batch.mark, reference, "ada.ipynb", answered(), Limits(), True)))
    assert pickle.loads(pickle.dumps(job[0](*job[1:]))).questions[0].points == 2.0


# --- who, late, by hand


def test_a_roster_names_results_and_superseded_ones_go(reference, folder, marker, tmp_path):
    report = tmp_path / "report"
    batch.grade(reference, [str(folder)], report)
    assert set(by_label(report)) == {"ada.ipynb", "bob.ipynb"}
    (folder / "ada 2.ipynb").write_bytes(answered("3"))
    for name, hour in (("ada.ipynb", 9), ("ada 2.ipynb", 13), ("bob.ipynb", 14)):
        time = datetime(2026, 11, 20, hour).timestamp()
        os.utime(folder / name, (time, time))
    students = Roster([Student("ada", "Ada L"), Student("bob"), Student("carol")])
    noon = datetime(2026, 11, 20, 12)
    summary = batch.grade(reference, [str(folder)], report, students=students, deadline=noon)
    found = by_label(report)
    assert set(found) == {"ada", "bob"}
    assert (found["ada"].name, found["ada"].file, found["ada"].score) == ("Ada L", "ada.ipynb", 3.0)
    assert (found["ada"].duplicates, found["ada"].late, found["bob"].late) == (("ada 2.ipynb",), False, True)
    assert (summary.absent, summary.superseded, summary.kept) == (["carol"], 1, 2)
    assert len(list(report.glob("*/"))) == 3  # theirs, and the marks


def test_results_of_other_students_stay_when_one_is_graded(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    (folder / "ada.ipynb").write_bytes(answered("0"))
    batch.grade(reference, [str(folder / "ada.ipynb")], tmp_path / "report")
    found = by_label(tmp_path / "report")
    assert (found["ada.ipynb"].score, found["bob.ipynb"].score) == (1.0, 0.0)


def test_a_mark_set_by_hand_survives_regrading(reference, folder, marker, tmp_path):
    report = tmp_path / "report"
    batch.grade(reference, [str(folder)], report)
    with open(report / batch.OVERRIDES, "a", encoding="utf-8") as file:
        file.write("bob.ipynb,2.5,Eve,right idea\nnobody,1,Eve,typo\n")
    for again in (False, True):
        summary = batch.grade(reference, [str(folder)], report, again=again)
        bob = by_label(report)["bob.ipynb"]
        assert (bob.score, bob.override.points, bob.override.by, bob.override.why) == (2.5, 2.5, "Eve", "right idea")
        assert bob.questions[0].points == 0.0
        assert summary.unused == ["nobody"]
    (report / batch.OVERRIDES).write_text("student,points,by,why\n", encoding="utf-8")
    batch.grade(reference, [str(folder)], report)
    assert by_label(report)["bob.ipynb"].score == 0.0


def test_a_file_that_may_be_two_students_is_flagged(reference, folder, marker, tmp_path):
    (folder / "ada bob.ipynb").write_bytes(answered())
    batch.grade(reference, [str(folder)], tmp_path / "report", students=Roster([Student("ada"), Student("bob")]))
    odd = by_label(tmp_path / "report")["ada bob.ipynb"]
    assert [(flag.kind, flag.text) for flag in odd.flags if flag.kind == "unknown-student"] == [
        ("unknown-student", "it may be ada and bob's")
    ]


def test_answers_that_are_nearly_the_same_are_written_down(reference, folder, marker, tmp_path):
    long = "sum(x * k - (k % 3) ** 2 + abs(x - k) // 2 for k in range(7) if k != x) + max(x, 2 * x, 3) - min(x, 5)"
    (folder / "ada.ipynb").write_bytes(answered(long))
    (folder / "bob.ipynb").write_bytes(answered(long.replace("k", "j")))
    assert batch.grade(reference, [str(folder)], tmp_path / "report").similar == 1
    (pair,) = results.read_pairs(tmp_path / "report")
    assert (pair.q, pair.students) == ("ch97.q1", ("ada.ipynb", "bob.ipynb"))
    assert "range(7)" in pair.answers[0]


def test_a_report_of_another_chapter_is_not_mixed_in(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    other = Reference("96_other", reference.sha256, "c" * 64, reference.notebook, {})
    with pytest.raises(ValueError, match="holds marks of 97_two: name another folder for those of 96_other"):
        batch.grade(other, [str(folder)], tmp_path / "report")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file: name a folder for the report"):
        batch.grade(other, [str(folder)], tmp_path / "file")


def test_folders_of_results_differ_wherever_names_do():
    labels = ["Ada", "ada", "../../etc/passwd", "con", "", "a" * 300, "\u00e9", "e", "=cmd()", "a/b", "a b"]
    names = [batch._slug(label) for label in labels]
    assert len(set(map(str.lower, names))) == len(labels)
    assert all(name.replace("-", "").isalnum() and name.isascii() and len(name) < 60 for name in names)


# --- finding


def collected(sources: list[str | Path], tmp_path: Path) -> tuple[dict[str, inbox.Found], int]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found, others = inbox.collect(list(map(str, sources)), scratch)
    return {item.name: item for item in found}, others


def zipped(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_files_folders_patterns_and_archives_are_found(tmp_path):
    for name in (
        "in/a.ipynb",
        "in/deep/b.py",
        "in/c.ipynb.txt",
        "in/notes.md",
        "in/.ipynb_checkpoints/a.ipynb",
        "x.dat",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    lms = zipped(tmp_path / "lms.zip", ("Ada_1_file/nb.ipynb", b"2"), ("__MACOSX/._nb.ipynb", b""), ("read.me", b""))
    zipped(tmp_path / "in" / "d.zip", ("mine.ipynb", b"3"))
    found, others = collected([tmp_path / "in", lms, tmp_path / "x.dat", tmp_path / "in" / "*.*"], tmp_path)
    assert set(found) == {
        *("a.ipynb", "deep/b.py", "c.ipynb.txt", "d.zip/mine.ipynb", "Ada_1_file/nb.ipynb", "x.dat"),
    }
    assert others == 3  # notes.md twice, and read.me
    assert found["Ada_1_file/nb.ipynb"].path.read_bytes() == b"2"
    assert not any(item.problem for item in found.values())


def test_two_files_of_one_name_are_two_submissions(tmp_path):
    for week in ("1", "2"):
        (tmp_path / week).mkdir()
        (tmp_path / week / "a.ipynb").write_bytes(b"")
    found, _ = collected([tmp_path / "1", tmp_path / "2"], tmp_path)
    assert list(found) == ["a.ipynb", "a.ipynb (2)"]


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("name", "shown", "problem"),
    [
        ("../../evil.ipynb", "evil.ipynb", "points outside of the archive"),
        ("/etc/evil.ipynb", "etc/evil.ipynb", "points outside of the archive"),
        ("a/../../evil.ipynb", "a/evil.ipynb", "points outside of the archive"),
        ("..\\evil.ipynb", "evil.ipynb", "points outside of the archive"),
        ("C:evil.ipynb", "C:evil.ipynb", "points outside of the archive"),
        (link("evil.ipynb"), "evil.ipynb", "a link or a device, not a file"),
        ("evil\n\x1b[31m.ipynb", "evil\ufffd\ufffd[31m.ipynb", ""),
    ],
)
def test_names_in_an_archive_choose_no_place(name, shown, problem, tmp_path):
    found, _ = collected([zipped(tmp_path / "lms.zip", (name, b"/etc/passwd"), ("good.ipynb", b"1"))], tmp_path)
    assert set(found) == {shown, "good.ipynb"}
    assert problem in found[shown].problem
    assert (found[shown].path is None) is bool(problem)
    inside = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path.name == "lms.zip" or (tmp_path / "scratch") in path.parents for path in inside)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    bomb = zipped(tmp_path / "lms.zip", ("bomb.ipynb", bytes(inbox.FILE + 1)), ("good.ipynb", b"1"))
    assert bomb.stat().st_size < 100_000
    found, _ = collected([bomb], tmp_path)
    assert found["bomb.ipynb"].problem == "it unpacks to 20 MB, more than 20"
    assert found["good.ipynb"].path is not None
    monkeypatch.setattr(inbox, "TOTAL", 10)
    with pytest.raises(ValueError, match="the archives unpack to more than"):
        inbox.collect([str(zipped(tmp_path / "many.zip", *((f"{n}.ipynb", b"12345") for n in range(3))))], tmp_path)


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path):
    path = zipped(tmp_path / "lms.zip", ("bomb.ipynb", bytes(inbox.FILE + 1)))
    content = path.read_bytes().replace(struct.pack("<I", inbox.FILE + 1), struct.pack("<I", 100))
    path.write_bytes(content)
    found, _ = collected([path], tmp_path)
    assert "damaged" in found["bomb.ipynb"].problem


def test_archives_in_archives_are_opened_once_and_no_deeper(tmp_path):
    def packed(name: str, content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(name, content)
        return out.getvalue()

    deep = packed("c.zip", packed("d.ipynb", b"1"))
    lms = zipped(
        tmp_path / "lms.zip", ("ada/a.zip", packed("nb.ipynb", b"1")), ("bob/b.zip", deep), ("eve/e.zip", b"no zip")
    )
    found, _ = collected([lms], tmp_path)
    assert {name: bool(item.problem) for name, item in found.items()} == {
        "ada/a.zip/nb.ipynb": False,
        "bob/b.zip/c.zip": True,
        "eve/e.zip": True,
    }


def test_a_table_of_contents_is_measured_before_it_is_read(tmp_path, monkeypatch):
    path = zipped(tmp_path / "lms.zip", *((f"{n}.ipynb", b"") for n in range(30)))
    monkeypatch.setattr(inbox, "CONTENTS", 1000)
    monkeypatch.setattr(inbox.zipfile, "ZipFile", None)
    with pytest.raises(ValueError, match="table of contents"):
        inbox.collect([str(path)], tmp_path)


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.ipynb").write_bytes(b"1")
    (tmp_path / "in" / "file.ipynb").symlink_to(tmp_path / "secret" / "s.ipynb")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "in" / "pipe.ipynb")
    found, _ = collected([tmp_path / "in"], tmp_path)
    assert {name: item.problem for name, item in found.items()} == {
        "file.ipynb": "it is a link, and links are not followed",
        "pipe.ipynb": "it is not a file",
    }


def test_times_in_an_archive_are_those_of_its_files(tmp_path):
    known, unknown = zipfile.ZipInfo("a.ipynb", (2026, 11, 20, 18, 0, 2)), zipfile.ZipInfo("b.ipynb")
    found, _ = collected([zipped(tmp_path / "lms.zip", (known, b""), (unknown, b""))], tmp_path)
    assert (found["a.ipynb"].time, found["b.ipynb"].time) == (datetime(2026, 11, 20, 18, 0, 2), None)


def test_what_is_not_there_is_said_in_one_sentence(reference, marker, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no submission"):
        collected(["nowhere/*.ipynb"], tmp_path)
    (tmp_path / "bad.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match="is not a zip archive, or a damaged one"):
        inbox.collect([str(tmp_path / "bad.zip")], tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="there is no notebook and no script in"):
        batch.grade(reference, [str(tmp_path / "empty")], tmp_path / "report")


def test_a_result_is_json_that_says_what_it_depends_on(reference, folder, marker, tmp_path):
    batch.grade(reference, [str(folder)], tmp_path / "report")
    (path,) = (tmp_path / "report").glob("ada-*/results.json")
    found = json.loads(path.read_bytes())
    assert found["reference"] == {"chapter": "97_two", "sha256": reference.sha256}
    assert found["grader"] == batch.grader()
    assert len(found["key"]) == 64
    assert "seconds" not in path.read_text()
    assert roster.overrides(tmp_path / "report" / batch.OVERRIDES) == {}

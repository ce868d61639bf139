"""Whose a file is, which one counts, and that a mark set by hand is read with care."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest

from ganlib.grading import roster
from ganlib.grading.inbox import Found
from ganlib.grading.roster import Roster, Student

ADA = Student("12345", "Ada Lovelace", ("12345", "ada.l", "ada@uni.edu", "Ada Lovelace"))
BOB = Student("777", "Bob", ("777", "bob"), ("odd name.ipynb", "late/*.ipynb"))
CLASS = Roster([ADA, BOB])


def at(name: str, hour: int | None = None, path: str | None = "there") -> Found:
    """A file, changed at some hour of one day."""
    return Found(name, Path(path) if path else None, None if hour is None else datetime(2026, 11, 20, hour))


@pytest.mark.parametrize(
    ("file", "owners"),
    [
        ("lovelaceada_12345_99999_04_minimax.ipynb", [ADA]),  # Canvas
        ("lovelaceada_LATE_12345_99999_nb-1.ipynb", [ADA]),
        ("Ada Lovelace_4711_assignsubmission_file/nb.ipynb", [ADA]),  # Moodle
        ("week4/ada@uni.edu/nb.ipynb", [ADA]),
        ("ADA.L.ipynb", [ADA]),
        ("bob.ipynb", [BOB]),
        ("odd name.ipynb", [BOB]),
        ("x/odd name.ipynb", [BOB]),
        ("late/whatever_12345.ipynb", [BOB]),  # the file column goes before what is read in a name
        ("bobby.ipynb", []),
        ("ada.ipynb", []),
        ("123456.ipynb", []),
        ("bob_12345.ipynb", [ADA, BOB]),
        ("bob/12345.ipynb", [BOB]),  # the folder is the system's, the name the student's
    ],
)
def test_a_file_belongs_to_whoever_is_named_in_it(file, owners):
    assert CLASS.owners(file) == owners


def test_an_identifier_inside_a_longer_one_is_not_meant():
    longer = Student("bob.b")
    assert Roster([BOB, longer]).owners("bob.b_nb.ipynb") == [longer]
    assert Roster([Student("22")]).owners("copy (22).ipynb") == []


def test_letters_and_their_composition_do_not_matter():
    zoe = Student("Zoe\u0301")
    assert Roster([zoe]).owners("zo\u00e9_nb.ipynb") == [zoe]


NOON = datetime(2026, 11, 20, 12)


@pytest.mark.parametrize(
    ("files", "deadline", "counts", "late", "others"),
    [
        ([at("bob1/bob.ipynb", 9), at("bob2/bob.ipynb", 11)], NOON, 1, False, [0]),
        ([at("1/bob.ipynb", 9), at("2/bob.ipynb", 11), at("3/bob.ipynb", 13)], NOON, 1, False, [0, 2]),
        ([at("1/bob.ipynb", 15), at("2/bob.ipynb", 13)], NOON, 1, True, [0]),
        ([at("1/bob.ipynb", 15), at("2/bob.ipynb", 13)], None, 0, False, [1]),
        ([at("1/bob.ipynb", 12)], NOON, 0, False, []),
        ([at("bob_LATE_1.ipynb", 9), at("bob.ipynb", 8)], NOON, 1, False, [0]),
        ([at("bob_LATE_1.ipynb", 9)], None, 0, True, []),
        ([at("bob_related.ipynb", 9)], None, 0, False, []),
        ([at("bob.py", 11), at("1/bob.ipynb", 9)], NOON, 1, False, [0]),  # helpers are handed in, too
        ([at("bob.py", 11), at("1/bob.ipynb", 13)], NOON, 0, False, [1]),
        ([at("1/bob.ipynb", 11, None), at("2/bob.ipynb", 9)], NOON, 1, False, [0]),  # a link cannot count
        ([at("1/bob.ipynb"), at("2/bob.ipynb", 9)], NOON, 1, False, [0]),
        ([at("1/bob.ipynb", 9), at("2/bob.ipynb", 9)], NOON, 1, False, [0]),
    ],
)
def test_the_last_before_the_deadline_counts_else_the_first_late_one(files, deadline, counts, late, others):
    for order in itertools.permutations(files):
        (entry,) = roster.choose(order, Roster([BOB]), deadline).entries
        assert entry.found is files[counts]
        assert entry.late is late
        assert set(entry.duplicates) == {files[place].name for place in others}
        assert entry.student is BOB


def test_what_is_nobodys_is_marked_under_its_own_name():
    handed = roster.choose([at("who.ipynb"), at("bob_12345.ipynb"), at("12345.ipynb")], CLASS)
    assert [entry.label for entry in handed.entries] == ["12345", "bob_12345.ipynb", "who.ipynb"]
    assert [entry.doubt for entry in handed.entries] == [
        "",
        "it may be 12345 and 777's",
        "no student of the roster is named in its name",
    ]
    assert handed.absent == [BOB]


def test_without_a_roster_every_file_counts():
    handed = roster.choose([at("b.ipynb", 9), at("a.ipynb", 13)], None, NOON)
    assert [(entry.label, entry.late, entry.doubt) for entry in handed.entries] == [
        ("a.ipynb", True, ""),
        ("b.ipynb", False, ""),
    ]


# --- reading tables


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("student,name,file\nada,Ada L,a.ipynb|b*.ipynb\n\nbob,,\n", [("ada", "Ada L", 2), ("bob", "", 0)]),
        ("Student\nada", [("ada", "", 0)]),
        ("\ufeffE-Mail;Name\r\nada@uni.edu;Ada\r\n", [("ada@uni.edu", "Ada", 0)]),
        ("First name\tSurname\tEmail address\nAda\tLovelace\ta@b\n", [("a@b", "Ada Lovelace", 0)]),
        (
            "Student,ID,SIS Login ID,Section,Chapter 4 (9)\n    Points Possible,,,,9\n,,,,\n"
            '"Lovelace, Ada",12345,ada,1,\n',
            [("12345", "Lovelace, Ada", 0)],
        ),
        ("student\n'=1+1\n", [("=1+1", "", 0)]),
        ("student,name\n ada , Ada \n".encode("utf-16"), [("ada", "Ada", 0)]),
    ],
)
def test_a_roster_is_read_however_it_was_exported(text, students, tmp_path):
    found = roster.read(table(tmp_path, text)).students
    assert [(student.id, student.name, len(student.files)) for student in found] == students


def test_every_identifier_of_a_gradebook_may_stand_in_a_name(tmp_path):
    text = 'Student,ID,SIS Login ID,Section\n"Lovelace, Ada",12345,ada,1\n'
    found = roster.read(table(tmp_path, text))
    assert [bool(found.owners(name)) for name in ("x_12345_y.ipynb", "ada.ipynb", "adam.ipynb")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("who,what\nada,b\n", "names no students: it needs a column `student`"),
        ("student\n", "names no students: there is nothing below its first line"),
        ("", "names no students"),
        ("student,name\nada,A\nada,B\n", "line 3: ada is there twice"),
        ("student,name\n,Ada\n", "line 2: Ada has no student"),
        (b"student\n\xff\xfe\xfa\n", "is not UTF-8: save it as `CSV UTF-8`"),
    ],
)
def test_a_table_that_is_no_roster_is_refused_in_one_sentence(text, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence) as caught:
        roster.read(table(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_marks_set_by_hand_are_read(tmp_path):
    path = table(tmp_path, 'student,points,by,why\nada,"7,5",Eve,"read it, and talked"\n,,,\nx y.ipynb,0,Eve,copied\n')
    found = roster.overrides(path)
    assert {name: (item.points, item.by) for name, item in found.items()} == {
        "ada": (7.5, "Eve"),
        "x y.ipynb": (0.0, "Eve"),
    }
    assert roster.overrides(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("ada,much,Eve,why", "line 2: much is no number of points"),
        ("ada,-1,Eve,why", "line 2: -1 is no number of points"),
        ("ada,nan,Eve,why", "line 2: nan is no number of points"),
        ("ada,,Eve,why", "line 2: nothing is no number of points"),
        ("ada,3,,why", "line 2: say whose mark it is, by whom it was set, and why"),
        ("ada,3,Eve,", "line 2: say whose"),
        ("ada,3,Eve,why\nada,4,Eve,why", "line 3: ada is there twice"),
    ],
)
def test_a_mark_set_by_hand_needs_a_number_a_name_and_a_reason(row, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        roster.overrides(table(tmp_path, f"student,points,by,why\n{row}\n"))


def test_overrides_without_their_columns_are_refused(tmp_path):
    with pytest.raises(ValueError, match="has no column by: its first line must be student,points,by,why"):
        roster.overrides(table(tmp_path, "student,points,why\n"))


def test_a_deadline_is_a_time_here_and_a_day_ends_when_it_ends():
    assert roster.moment("2026-11-20T18:00") == datetime(2026, 11, 20, 18)
    assert roster.moment("2026-11-20") == datetime(2026, 11, 20, 23, 59, 59)
    there = roster.moment("2026-11-20T18:00+05:00")
    assert there == datetime.fromisoformat("2026-11-20T18:00+05:00").astimezone().replace(tzinfo=None)
    with pytest.raises(ValueError, match="tomorrow is no date with a time"):
        roster.moment("tomorrow")

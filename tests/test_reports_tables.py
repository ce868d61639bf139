"""Marks arrive in gradebooks: the right cells change, no others, and nothing in them is a formula."""

import csv
import io
import re

import pytest
import report_samples as samples

from ganlib.grading.reports import canvas, moodle, tables

HEADER = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Chapter 3 (11)", "Chapter 4: Minimax (12)",
          "Current Score", "Final Score"]  # fmt: skip
ROWS = [
    HEADER,
    ["    Points Possible", "", "", "", "", "10", "4", "(read only)", "(read only)"],
    ["Lovelace, Ada", "1001", "u1", "ada", "S 1", "9", "", "90", "45"],
    ['O\'Neil, "Bob", Jr.', "1002", "u2", "BOB@uni.example", "S 1", "", "1", "", ""],
    ["Åström, Çem 李", "1003", "u3", "cem", "S 2 and\nS 3", "", "EX", "", ""],
    ['=HYPERLINK("http://evil")', "1004", "u4", "dia", "S 2", "-3.5", "N/A", "", ""],
    ["Student, Test", "1099", "", "f3a9", "S 1", "", "", "", ""],
]


def book(rows=ROWS, encoding="utf-8", separator=",", newline="\r\n", quoting=csv.QUOTE_MINIMAL) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=newline, quoting=quoting).writerows(rows)
    return out.getvalue().encode(encoding)


def parsed(content: bytes, encoding="utf-8", separator=",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=separator, strict=True))


def some() -> list:
    half = samples.question(2, 0.5)
    return [
        samples.result("ADA"),
        samples.result("bob@uni.example", samples.question(1), half),
        samples.result("cem"),
        samples.result("1004"),
        samples.result("zoe", name="Zoë"),
        samples.result(None),
    ]


def test_only_the_chapters_cells_of_students_with_a_mark_change():
    filled = canvas.fill(book(), some())
    after = parsed(filled.content)
    expected = [list(row) for row in ROWS]
    expected[2][6], expected[3][6] = "4", "3"
    expected[5][0] = "'" + expected[5][0]
    assert after == expected
    assert filled.filled == 2
    assert filled.changed == ("bob@uni.example: 1 becomes 3",)
    assert filled.kept == ("cem: EX stays, 4 is not written", "1004: N/A stays, 4 is not written")
    assert filled.strangers == ("Zoë", "stray.ipynb")
    assert filled.without == ()


def test_every_field_is_in_quotes():
    text = canvas.fill(book(), some()).content.decode()
    unquoted = re.sub(r'"(?:[^"]|"")*"', "Q", text)
    assert set(unquoted) == {"Q", ",", "\r", "\n"}


def test_filling_again_changes_nothing():
    once = canvas.fill(book(), some()).content
    twice = canvas.fill(once, some())
    assert twice.content == once
    assert twice.changed == ()


@pytest.mark.parametrize("student", ["ada", " Ada ", "1001", "u1", "U1"])
def test_a_student_is_found_by_login_number_or_id(student):
    filled = canvas.fill(book(), [samples.result(student)])
    assert parsed(filled.content)[2][6] == "4"
    assert filled.without == (ROWS[3][0], ROWS[4][0], ROWS[5][0]), "the student whom Canvas makes up is not missed"


def test_a_student_is_never_found_by_name_or_by_a_part():
    for student in ("Lovelace, Ada", "ad", "100", "S 1"):
        assert canvas.fill(book(), [samples.result(student)]).filled == 0


def test_a_number_that_two_students_have_in_different_columns_must_be_told_apart():
    rows = [list(row) for row in ROWS]
    rows[2][2] = "1002"  # Ada's SIS number is Bob's number in Canvas
    with pytest.raises(ValueError, match="names 2 students"):
        canvas.fill(book(rows), [samples.result("1002")])
    by_number = parsed(canvas.fill(book(rows), [samples.result("1002")], by="sis user id").content)
    assert by_number[2][6] == "4"
    assert by_number[3][6] == "1"
    with pytest.raises(ValueError, match="no column 'Login'"):
        canvas.fill(book(rows), [samples.result("1002")], by="Login")


def test_two_results_of_one_student_are_refused():
    with pytest.raises(ValueError, match="two results"):
        canvas.fill(book(), [samples.result("ada"), samples.result("1001")])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encoding_separator_and_lines_stay_what_they_were(separator, encoding, newline):
    rows = [list(row) for row in ROWS]
    rows[4][4] = f"S 2 and{newline}S 3" if newline == "\n" else "S 2"
    content = canvas.fill(book(rows, encoding, separator, newline), some()).content
    after = parsed(content, encoding, separator)
    assert after[4][0] == "Åström, Çem 李"
    assert after[2][6] == "4"
    assert content[:2] == book(encoding=encoding)[:2] or encoding == "utf-8"
    assert (content[:3] == b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    assert ("\r\n" in content.decode(encoding)) == (newline == "\r\n")


def test_a_gradebook_from_an_old_windows_is_read_too():
    rows = [row for row in ROWS if "李" not in row[0]]
    rows.append(["Müller, Zoë", "1005", "u5", "zoe", "S", "", "", "", ""])
    content = canvas.fill(book(rows, "cp1252"), some()).content
    assert parsed(content, "cp1252")[-1][0] == "Müller, Zoë"
    assert parsed(content, "cp1252")[-1][6] == "4"


def test_a_gradebook_with_decimal_commas_gets_decimal_commas():
    rows = [list(row) for row in ROWS]
    rows[2][5], rows[5][5], rows[1][6] = "9,5", "-3,5", "4,0"
    quarter = samples.result("ada", samples.question(1, 0.25), samples.question(2))
    assert parsed(canvas.fill(book(rows, separator=";"), [quarter]).content, separator=";")[2][6] == "2,5"


def test_columns_are_never_invented_unless_asked():
    rows = [row[:6] + row[7:] for row in ROWS]
    with pytest.raises(ValueError, match="has no column '04_minimax'"):
        canvas.fill(book(rows), some())
    after = parsed(canvas.fill(book(rows), some(), new=True).content)
    assert [row[:-1] for row in after[:5]] == rows[:5]
    assert [row[-1] for row in after[:4]] == ["04_minimax", "4", "4", "3"]


@pytest.mark.parametrize("title", ["04_minimax (5)", "Chapter 4", "chapter 04 - x", "Ch. 4 (99)", "ch04: game", "CH 4"])
def test_the_column_of_a_chapter_is_found_by_its_title(title):
    rows = [list(row) for row in ROWS]
    rows[0][6] = title
    assert parsed(canvas.fill(book(rows), [samples.result("ada")]).content)[2][6] == "4"


@pytest.mark.parametrize(
    "title", ["Chapter 40", "Chapter 14", "My chapter 4", "Minimax", "Chapter 4 Final Score", "ID"]
)
def test_other_columns_are_not_taken_for_it(title):
    rows = [list(row) for row in ROWS]
    rows[0][6] = title
    with pytest.raises(ValueError, match="has no column"):
        canvas.fill(book(rows), [samples.result("ada")])


def test_a_column_can_be_named_and_must_be_when_two_fit():
    rows = [list(row) for row in ROWS]
    rows[0][5] = "Chapter 4 draft (11)"
    rows[1][5] = "4"
    with pytest.raises(ValueError, match="2 columns"):
        canvas.fill(book(rows), [samples.result("ada")])
    for name in ("chapter 4 draft", "Chapter 4 draft (11)"):
        after = parsed(canvas.fill(book(rows), [samples.result("ada")], columns={"04_minimax": name}).content)
        assert after[2][5:7] == ["4", ""]


def test_what_canvas_computes_and_who_students_are_is_never_written():
    for name in ("Current Score", "Final Score", "SIS Login ID", "Section"):
        with pytest.raises(ValueError, match=r"computes|no column"):
            canvas.fill(book(), [samples.result("ada")], columns={"04_minimax": name})
    rows = [list(row) for row in ROWS]
    rows[1][6] = "(read only)"
    with pytest.raises(ValueError, match="read only"):
        canvas.fill(book(rows), [samples.result("ada")])


def test_other_points_in_canvas_are_refused_or_marks_are_in_proportion():
    rows = [list(row) for row in ROWS]
    rows[1][6] = "10"
    with pytest.raises(ValueError, match="counts 10 points in Canvas and 4 here"):
        canvas.fill(book(rows), some())
    assert parsed(canvas.fill(book(rows), some(), scale=True).content)[3][6] == "7.5"


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"a,b\n1,2\n", b'"Student', b"\xff\xfex", b"Student,ID,Section\n1,2,3,4,5"]
)
def test_what_is_no_gradebook_is_refused_in_one_sentence(content):
    with pytest.raises(ValueError) as raised:
        canvas.fill(content, some(), name="marks.csv")
    assert str(raised.value).startswith("marks.csv ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("cell", samples.FORMULAS)
def test_what_a_spreadsheet_would_run_is_defused(cell):
    safe = tables.defused(cell)
    assert safe.startswith("'")
    assert tables.defused(safe) == safe
    rows = [list(row) for row in ROWS]
    rows[2][0] = cell.replace("\r", "").replace("\x00", "")
    for row in parsed(canvas.fill(book(rows, quoting=csv.QUOTE_ALL), some()).content):
        for written in row:
            bare = written.strip("\ufeff\u200b \t\ufffd")
            assert bare[:1] not in tuple("=+-@＝") or re.fullmatch(r"-?[\d.]+", bare), written


@pytest.mark.parametrize("cell", ["", "-3.5", "+1", "12", "-", "Ada", "a=b", "O'Neil", "-1,5", "7%", "'=1"])
def test_numbers_and_plain_texts_stay_as_they_are(cell):
    assert tables.defused(cell) == cell


# --- Moodle


def test_moodle_gets_identifier_grade_and_feedback_for_every_chapter():
    other = samples.result("ada@uni.example", chapter="05_training", score=1.5)
    found = [samples.result("ada@uni.example"), samples.result("Bob@uni.example"), other, samples.result(None)]
    written = moodle.export(found)
    rows = parsed(written.content)
    assert rows[0] == ["useremail", "04_minimax", "04_minimax (feedback)", "05_training", "05_training (feedback)"]
    assert [row[0] for row in rows[1:]] == ["Bob@uni.example", "ada@uni.example"], "capitals are kept"
    assert rows[1][1] == "4"
    assert rows[1][3:] == ["-", ""], "which Moodle reads as no grade"
    assert rows[2][1] == "4"
    assert rows[2][3] == "1.5"
    assert all(row[2] for row in rows[1:])
    assert written.strangers == ("stray.ipynb",)


def test_moodle_identifies_students_in_one_way():
    assert moodle.export([samples.result("77")]).by == "useridnumber"
    assert moodle.export([samples.result("77")], by="username").by == "username"
    with pytest.raises(ValueError, match="is not: use one kind"):
        moodle.export([samples.result("a@b.c"), samples.result("77")])
    with pytest.raises(ValueError, match="Moodle knows no"):
        moodle.export([samples.result("77")], by="name")
    with pytest.raises(ValueError, match="no submission has a known student"):
        moodle.export([samples.result(None)])
    with pytest.raises(ValueError, match="called like a formula"):
        moodle.export([samples.result("=1+1")])
    with pytest.raises(ValueError, match="two results"):
        moodle.export([samples.result("77"), samples.result("77")])


@pytest.mark.parametrize("text", [*samples.HOSTILE, *samples.FORMULAS])
def test_what_a_student_printed_is_text_in_moodle_too(text):
    found = samples.result("77", samples.question(1, 0.0, hint=f"x {text}", title=text))
    cell = parsed(moodle.export([found]).content)[1][2]
    assert set(re.findall(r"<[^>]*>", cell)) <= {"<br>"}
    assert cell.replace("<br>", "").count("<") == 0

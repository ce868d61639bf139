"""Pages are complete in themselves, well-formed whatever students write, and keep what is hidden hidden."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import report_samples as samples

from ganlib.grading.reports import gradescope, html, junit, page
from ganlib.grading.reports.results import Check

VOID = {"meta", "br", "hr", "col"}
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "a",
        "bdi",
        "strong",
        "nav",
    ),
    *(
        "section",
        "article",
        "header",
        "footer",
        "div",
        "span",
        "details",
        "summary",
        "pre",
        "code",
        "mark",
        "ul",
        "ol",
        "li",
    ),
    *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "rect", "text"),
}
ATTRIBUTES = {
    *(
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "href",
        "title",
        "open",
        "scope",
        "tabindex",
        "role",
    ),
    *("aria-label", "aria-hidden", "preserveaspectratio", "viewbox", "x", "y", "width", "height", "rx"),
}


class Reader(HTMLParser):
    """An independent reader of pages: what elements there are, whether they close, and what text they hold."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.style = ""
        self.feed(content.decode("utf-8"))
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.texts.append(data)

    def handle_comment(self, data):
        self.comments.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def pages(results=None, **more) -> dict[str, Reader]:
    """The class page, and each student's."""
    results = samples.a_class() if results is None else results
    found = {"class": Reader(html.overview(results, **more))}
    found |= {result.label: Reader(html.student([result])) for result in results}
    return found


def safe(reader: Reader) -> None:
    """Nothing on a page runs, loads, or stands where it could."""
    tags = {tag for tag, _ in reader.elements}
    assert tags <= TAGS, tags - TAGS
    names = {name for _, attributes in reader.elements for name in attributes}
    assert names <= ATTRIBUTES, names - ATTRIBUTES
    assert not reader.comments
    for attributes in reader.all("a"):
        assert re.fullmatch(r"feedback/[a-z0-9-]+\.html|#[a-z0-9-]+", attributes["href"])
    (policy,) = (a["content"] for a in reader.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(reader.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression|https?:|//", reader.style)


@pytest.mark.parametrize("text", [*samples.HOSTILE, *samples.FORMULAS])
def test_whatever_a_student_writes_is_text(text):
    """In every place where a student's text can come to stand."""
    line = text.strip() or "x"
    seen = Check("c", "check", False, f"ch04.q1: not yet. {text}", f"ch04.q1\n{text}")
    nasty = samples.question(1, 0.0, checks=(seen,), title=line, answer=text)
    flag = samples.Flag(line, "ch04.q1", text)
    override = samples.Override(1.0, text, text)
    more = {"name": line, "file": line, "flags": (flag,), "override": override, "score": 1.0, "duplicates": (line,)}
    result = samples.result(line, nasty, chapter=line, grader=line, **more)
    twin = samples.Pair("ch04.q1", (line, line), (text, text + "x"), 0.9)
    readers = pages([result], pairs=[twin], seconds={(line, line): 1.0})
    for reader in readers.values():
        safe(reader)
        shown = page.printable(text)
        assert " ".join(shown.split()) in " ".join(reader.text.split())
        assert not any("\ud800" <= character <= "\udfff" or character in "\x00\x1b\u202e" for character in reader.text)
    assert ET.fromstring(junit.export([result])).tag == "testsuites"
    json.loads(json.dumps(gradescope.document(result)))


def test_a_class_of_all_kinds_makes_safe_pages():
    for reader in pages(pairs=samples.pairs(), seconds={("04_minimax", "ada"): 2.0}).values():
        safe(reader)


def test_escaping_is_by_construction():
    inner = page.element("b", "<i>")
    assert inner == "<b>&lt;i&gt;</b>"
    assert page.element("p", inner, "&", None, class_='"x"', open=True, title=None) == (
        '<p class="&quot;x&quot;" open><b>&lt;i&gt;</b>&amp;</p>'
    )
    assert not isinstance(inner + "<", page.Markup), "pieces that are added by hand are text again"


def test_feedback_says_what_the_student_should_know():
    text = pages()["bob"].text
    assert "2of 4 points" in text
    assert "Log 4, not log 2: there are two expectations" in text
    assert "p = 0.3: 0.75" in text
    assert "def f2(p):" in text
    assert text.casefold().count("log 4, not log 2") == 1, "the hint stands there once"


def test_feedback_says_what_happened_when_there_is_no_hint():
    assert "ended the Python process" in pages()["dia"].text
    assert "did not finish in the time" in pages()["dia"].text
    assert "There is no answer" in pages()["eve"].text
    both = (Check("a", "check", False), Check("b", "hidden", False))
    wrong = Reader(html.student([samples.result("x", samples.question(1, 0.0, checks=both))])).text
    assert "Run the check in your notebook" in wrong
    assert "inputs that you see" not in wrong
    only_hidden = samples.question(1, 0.5)
    assert (
        "Right on the inputs that you see, and not on others"
        in Reader(html.student([samples.result("x", only_hidden)])).text
    )


def test_feedback_says_late_by_hand_other_files_and_unsafe():
    found = pages()
    assert "Handed in after the date." in found["cem"].text
    assert "This mark was set by hand by the instructor: a typing slip." in found["fay"].text
    assert "Graded was fay.ipynb; not fay (1).ipynb." in found["fay"].text
    assert "without a sandbox" in found["eve"].text
    assert "without a sandbox" not in found["ada"].text


def test_a_point_taken_by_a_policy_is_explained():
    assert "The answers earned 4, and 3 count." in Reader(html.student([samples.result("ada", score=3.0)])).text


def test_what_is_hidden_stays_hidden_in_every_report():
    """Even a result made by hand, which no file could hold, gives nothing away."""
    secret = "EXPECTED-0.7311"
    checks = (Check("a", "check", True), Check(secret, "hidden", False, secret, secret))
    result = samples.result("ada", samples.question(1, 0.5, checks=checks))
    reports = [html.student([result]), html.overview([result]), junit.export([result])]
    reports.append(json.dumps(gradescope.document(result)).encode())
    assert all(secret.encode() not in report for report in reports)


def test_flags_and_neighbours_are_for_the_instructor_alone():
    found = pages(pairs=samples.pairs())
    assert "alert(1)" in found["class"].text
    assert "97% alike" in found["class"].text
    assert "introspection" not in found["eve"].text
    assert "Ada" not in found["bob"].text


def test_the_class_page_counts():
    text = " ".join(pages()["class"].text.split())
    assert "submissions7" in text
    assert "full marks2" in text
    assert "3Log 4, not log 2" in text.replace(" ", " "), "three have the same misconception"
    assert "Bob O'Neil, Jr." in text
    assert "1 submission ran without a sandbox" in text
    assert "1 file could not be given to a student" in text


def test_a_question_that_nobody_solved_is_named():
    results = [samples.result(name, samples.question(1), samples.question(2, 0.0)) for name in "ab"]
    text = pages(results)["class"].text
    assert re.search(r"0ch04\.q2Question 2 nobody", text)
    assert "ch04.q1Question 1 nobody" not in text


def test_the_table_of_marks_has_a_row_for_everybody_and_links_to_their_page(tmp_path):
    written = html.write(tmp_path, samples.a_class())
    reader = Reader((tmp_path / "class.html").read_bytes())
    links = {attributes["href"] for attributes in reader.all("a")}
    assert {str(path.relative_to(tmp_path)) for path in written[1:]} == links
    assert all((tmp_path / link).is_file() for link in links)
    assert len(links) == 7
    assert sum(attributes.get("scope") == "row" for attributes in reader.all("th")) == 7


def test_a_student_has_one_page_for_all_chapters(tmp_path):
    both = [samples.result("ada"), samples.result("ada", chapter="05_training")]
    paths = html.write(tmp_path, both)
    assert len(paths) == 2
    text = Reader(paths[1].read_bytes()).text
    assert "Chapter 4" in text
    assert "Chapter 5" in text
    assert len(Reader(paths[0].read_bytes()).all("nav")) == 1


@pytest.mark.parametrize(
    "label", ["../../etc/passwd", "/abs", "CON", "a" * 500, "", ".", "x\x00y", "李", "A", "a\\b", "\ud800"]
)
def test_a_page_is_a_plain_file_whatever_its_student_is_called(label, tmp_path):
    name = html.file_name(label)
    assert re.fullmatch(r"[a-z0-9-]{1,60}\.html", name)
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


def test_pages_of_different_students_never_collide():
    labels = ["a.b", "a b", "a-b", "A.B", "a" * 60, "a" * 61, "李", "王"]
    assert len({html.file_name(label) for label in labels}) == len(labels)


def test_importing_the_reports_loads_neither_torch_nor_notebooks():
    code = "import sys, ganlib.grading.reports; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "nbformat", "IPython"} & set(loaded)


def test_equal_results_make_equal_bytes():
    assert html.overview(samples.a_class()) == html.overview(list(reversed(samples.a_class())))


def test_a_page_can_be_read_without_eyes():
    for reader in pages(pairs=samples.pairs()).values():
        assert reader.all("html")[0]["lang"] == "en"
        assert len(reader.all("main")) == len(reader.all("h1")) == len(reader.all("title")) == 1
        for picture in reader.all("svg"):
            assert picture.get("aria-label") or picture.get("aria-hidden") == "true"
        for region in (a for _, a in reader.elements if a.get("role") == "region"):
            assert region["tabindex"] == "0"
            assert region["aria-label"]
        levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch(r"h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(levels)), "no level is left out"


def luminance(colour: str) -> float:
    """Relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme):
    block = re.findall(r":root \{([^}]*)\}", page.STYLE)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    pairs = [(ink, behind) for ink in ("ink", "quiet", "blue", "orange") for behind in ("paper", "surface")]
    pairs += [(name, f"{name}-soft") for name in ("blue", "orange", "green")]
    pairs += [("ink", f"{name}-soft") for name in ("blue", "orange", "green")]
    for ink, behind in pairs:
        dark, light = sorted((luminance(colours[ink]), luminance(colours[behind])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, behind)


def test_a_very_long_answer_is_cut():
    long = samples.question(1, answer="\n".join(["x" * 10_000] * 5_000))
    content = html.student([samples.result("ada", long)])
    assert len(content) < 200_000
    assert "4800 more lines" in Reader(content).text


# --- Gradescope


def test_gradescope_gets_what_its_specification_allows():
    visibilities = {"hidden", "after_due_date", "after_published", "visible"}
    formats = {"text", "html", "simple_format", "md", "ansi"}
    top = {"score": float, "execution_time": float, "output": str, "output_format": str, "visibility": str,
           "stdout_visibility": str, "extra_data": dict, "tests": list}  # fmt: skip
    inner = {"score": float, "max_score": float, "status": str, "name": str, "name_format": str, "number": str,
             "output": str, "output_format": str, "tags": list, "visibility": str, "extra_data": dict}  # fmt: skip
    for result in samples.a_class():
        document = json.loads(json.dumps(gradescope.document(result, 1.5)))
        assert all(isinstance(value, top[key]) for key, value in document.items())
        assert document["score"] == result.score
        assert document["stdout_visibility"] == "hidden"
        shown = [test for test in document["tests"] if test["visibility"] == "visible"]
        for test in document["tests"]:
            assert all(isinstance(value, inner[key]) for key, value in test.items())
            assert test["visibility"] in visibilities
            assert test["output_format"] in formats
        assert [test["score"] for test in shown] == [question.points for question in result.questions]
        assert [test["status"] for test in shown] == [
            "passed" if question.points == question.max and question.state == "graded" else "failed"
            for question in result.questions
        ]
        assert bool(result.flags) == any(test["visibility"] == "hidden" for test in document["tests"])


def test_gradescope_file_is_written_whole(tmp_path):
    gradescope.write(tmp_path / "results" / "results.json", samples.a_class()[3])
    assert json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))["score"] == 0
    assert len(list((tmp_path / "results").iterdir())) == 1


# --- JUnit


def test_junit_has_a_suite_per_submission_and_counts_that_add_up():
    results = samples.a_class()
    root = ET.fromstring(junit.export(results, {("04_minimax", "ada"): 1.25}))
    suites = root.findall("testsuite")
    assert len(suites) == len(results)
    for suite, result in zip(suites, results):
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests")) == len(result.questions)
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures"))
        assert len(suite.findall("testcase/error")) == int(suite.get("errors"))
        assert suite.get("skipped") == "0"
        assert not suite.findall(".//skipped"), "many readers count a skipped case as passed"
        facts = {entry.get("name"): entry.get("value") for entry in suite.findall("properties/property")}
        assert float(facts["score"]) == result.score
        for case, question in zip(cases, result.questions):
            fine = case.find("failure") is None and case.find("error") is None
            assert fine == (question.points == question.max and question.state == "graded")
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in suites)
    assert [suite.get("time") for suite in suites[:2]] == ["1.250", "0.000"]

"""The book: a tiny one built with its toolchain, and its own table of contents and bibliography."""

import base64
import hashlib
import importlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytest.importorskip("myst_nb", reason="the book's packages are not installed: pip install -e '.[book]'")

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def load(name):
    """Import a module of the book's toolchain."""
    sys.path[:0] = [str(BOOK), str(BOOK / "_ext")]
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[:2]


def figure(name, alt="A dot."):
    """An executed cell that shows a picture with a label and a caption."""
    options = {"figure": {"name": name, "caption": f"**What to see.** {name}."}, "image": {"alt": alt} if alt else {}}
    shown = new_output("display_data", data={"image/png": DOT, "text/plain": "<Figure>"})
    return new_code_cell(
        "draw()", outputs=[shown], execution_count=1, metadata={"mystnb": options, "tags": ["hide-input"]}
    )


def cell(source, printed, **metadata):
    """An executed cell that prints."""
    outputs = [new_output("stream", name="stdout", text=printed)]
    return new_code_cell(source, outputs=outputs, execution_count=3, metadata=metadata)


def answer(q):
    """An executed cell that answers an exercise."""
    return cell(f"# >>> answer: {q}\nprint(0.5)", "0.5\n", course={"role": "answer", "q": q}, tags=["hide-cell"])


def exercise(q):
    """A Markdown cell with one exercise."""
    return new_markdown_cell(f"```{{exercise}} One half\n:label: {q}\n:class: essential\nSay one half.\n```")


def write(book, name, cells, student=True):
    """Write a chapter's executed notebook and its student notebook."""
    notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    for folder in ("notebooks", "student")[: 1 + student]:
        path = book / folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)


def empty_book(root):
    """A book with the real toolchain and no page but the first."""
    book = root / "book"
    book.mkdir()
    for name in ("build.py", "conf.py", "figures.py", "references.bib"):
        shutil.copy(BOOK / name, book)
    for name in ("_ext", "_static", "_templates"):
        shutil.copytree(BOOK / name, book / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / name, root)
    style = book / "_build" / "npm" / f"katex-{load('offline_katex').VERSION}" / "katex.min.css"
    style.parent.mkdir(parents=True)
    style.write_text("/* stands for the style sheet, which is not fetched where it is already there */")
    (book / "index.md").write_text(
        "# A book\n\n```{image} _build/landing.png\n:alt: A dot.\n```\n\n"
        + "".join(
            f"```{{toctree}}\n:caption: {p}\n:glob:\nnotebooks/{p}/*\n```\n" for p in ("1_foundations", "2_second")
        )
        + "```{toctree}\nformulas\nreferences\n```\n"
    )
    (book / "references.md").write_text("# References\n\n```{bibliography}\n```\n")
    write(book, "1_foundations/01_how_to_read", [new_markdown_cell("# The start"), figure("fig-filmstrip")])
    return book


LIBRARY = '''"""A module."""


def square(x):
    """The square.

    Source: Euclid 1900, arXiv:0001.0001, eq. 10.
    """
    return x * x


def cube(x):
    """The cube.

    Source: Fermat et al. 1901, section 2; as corrected in Euclid 1900, arXiv:0001.0001, eq. 9.
    """
    return x**3


half = 0.5
"""One half. Source: Fermat et al. 1901."""


class Number:
    """A number."""

    def doubled(self):
        """Twice it.

        Source: Fermat et al. 1901, section 3.
        """
        return 2

    def halved(self):
        """Nobody's."""
        return 0.5


def helper(x):
    """No formula of anybody's."""
    return x
'''
TESTS = """from ganlib import theory as t
from ganlib.theory import half


def both(x):
    return t.square(x) + t.cube(x)


def test_the_square():
    assert t.square(2) == 4


def test_sums():
    assert both(2) == 12


def test_double():
    assert t.Number().doubled() == 2 * half


class TestHalf:
    pass


def test_half():
    assert half == 0.5
"""


def write_library(root, library=LIBRARY):
    """A library of one module beside a book, and tests that name two of its functions and one value."""
    (root / "ganlib" / "theory").mkdir(parents=True)
    (root / "ganlib" / "theory" / "powers.py").write_text(library)
    (root / "tests").mkdir()
    (root / "tests" / "test_powers.py").write_text(TESTS)
    (root / "book" / "formulas.md").write_text("# Formulas\n\n```{formula-index}\n```\n")


def build(book):
    """Run the real build command without a network, on a known day."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1000000000", "npm_config_offline": "true"}
    command = [sys.executable, str(book / "build.py")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of a tiny book, as a folder."""
    book = empty_book(tmp_path_factory.mktemp("tiny"))
    text = """(ch-minimax)=
# The game

## A heading

$$ a = b $$

$$ V = 1 $$ (eq-one)

$$ V = 2 $$ (eq-two)

See {eq}`eq-two`, {numref}`fig-b`, {numref}`ch04.q2`, {eq}`eq-nine` and {ref}`ch-minimax` {cite:p}`goodfellow2014`."""
    setup = cell("import ganlib", "", course={"role": "setup"}, tags=["hide-input"])
    diff = cell("show.diff(GAN, WGAN)", "- turns = 1\n+ turns = 5\n")
    solution = new_markdown_cell("```{solution} ch04.q2\nOne half.\n```")
    cells = [
        setup,
        diff,
        figure("fig-a"),
        figure("fig-b"),
        exercise("ch04.q1"),
        answer("ch04.q1"),
        exercise("ch04.q2"),
        solution,
    ]
    write(book, "1_foundations/04_game", [new_markdown_cell(text), *cells])
    text = "# The end\n\n## A heading\n\n$$ V = 9 $$ (eq-nine)\n\nSee {numref}`fig-b`."
    text += "\n\nHeld up by `tests/test_powers.py::test_sums`."
    write(book, "2_second/09_end", [new_markdown_cell(text), figure("fig-nine"), exercise("ch09.q1")])
    write_library(book.parent)
    run = build(book)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    return book / "_build" / "html"


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What the build says about a book with one mistake of each kind."""
    book = empty_book(tmp_path_factory.mktemp("broken"))
    mistakes = """# The game

By {cite:t}`nobody1999`. See {ref}`no-such-label`, {ref}`Exercise %s <ch04.q2>`.

$$ \\frac{1 $$"""
    write(book, "1_foundations/04_game", [new_markdown_cell(mistakes), figure("fig-a", alt=None), exercise("ch04.q2")])
    end = "# The end\n\nHeld up by `tests/test_powers.py::test_nothing` and `tests/test_none.py::test_sums`."
    row = {"chapter": 9, "system": "A game", "protocol": "By eye.", "published": "7"}
    (book / "scorecard.yml").write_text(yaml.safe_dump([row, {**row, "paper": "nobody2001"}]))
    end += "\n\n```{scorecard}\n```"
    write(book, "2_second/09_end", [new_markdown_cell(end)], student=False)
    write_library(
        book.parent, LIBRARY + '\n\ndef untested(x):\n    """New.\n\n    Source: Euclid 1900, eq. 8.\n    """\n'
    )
    run = build(book)
    assert run.returncode != 0
    return run.stderr


@dataclass
class Page(HTMLParser):
    """What a page loads, what it links to, what can be linked to, and its pictures."""

    path: Path
    loads: list = field(default_factory=list)
    links: list = field(default_factory=list)
    identifiers: set = field(default_factory=set)
    images: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.identifiers.add(attributes.get("id"))
        if tag == "a":
            self.links.append(attributes.get("href") or "#")
        elif tag == "img":
            self.images.append(attributes)
        if tag != "a":
            self.loads += [attributes[key] for key in ("src", "href", "data", "poster") if attributes.get(key)]
            self.loads += [part.split()[0] for part in (attributes.get("srcset") or "").split(",") if part.strip()]


def pages(folder):
    """Every page of a built book."""
    return [Page(path) for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]


def text_of(page):
    """A page without its tags, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("1_foundations/04_game", "4. The game"),
        ("1_foundations/04_game", "Figure 4.1 What to see. fig-a."),
        ("1_foundations/04_game", "Figure 4.2 What to see. fig-b."),
        (
            "1_foundations/04_game",
            "See (4.2) , Figure 4.2 , Exercise 4.2 , (9.1) and The game ( Goodfellow et al. , 2014 )",
        ),
        ("1_foundations/04_game", "Exercise 4.2 (One half)"),
        ("2_second/09_end", "9. The end"),
        ("2_second/09_end", "Figure 9.1 What to see."),
        ("2_second/09_end", "See Figure 4.2 ."),
        ("2_second/09_end", "Exercise 9.1 (One half)"),
    ],
)
def test_everything_is_numbered_after_the_chapter_whose_file_it_is_in(site, page, shown):
    assert shown in text_of(site / "notebooks" / f"{page}.html")


def test_headings_inside_a_chapter_carry_no_number(site):
    for name in ("1_foundations/04_game", "2_second/09_end"):
        page = (site / "notebooks" / f"{name}.html").read_text()
        assert re.findall(r"<h2>([^<]*)<a ", page) == ["A heading"]


def test_unlabelled_formulas_are_not_counted(site):
    page = (site / "notebooks/1_foundations/04_game.html").read_text()
    assert re.findall(r'class="eqno">\((.*?)\)', page) == ["4.1", "4.2"]


def test_the_side_bar_shows_parts_and_the_chapters_own_numbers(site):
    side_bar = text_of(site / "references.html")
    assert re.search(r"1_foundations 1\. The start 4\. The game 2_second 9\. The end", side_bar)


def test_nothing_is_loaded_from_outside_the_book(site):
    for page in pages(site):
        outside = [url for url in page.loads if urlsplit(url).scheme not in ("", "data") or url.startswith("//")]
        assert outside == [], page.path
    for sheet in site.rglob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", rules), sheet


def test_a_page_loads_less_than_a_megabyte_besides_its_pictures(site):
    page = Page(site / "notebooks/1_foundations/04_game.html")
    files = {(page.path.parent / urlsplit(url).path).resolve() for url in page.loads if not urlsplit(url).scheme}
    assert sum(path.stat().st_size for path in files if path.suffix in (".css", ".js")) < 1_000_000


def test_every_link_and_file_inside_the_book_exists(site):
    everything = {page.path: page for page in pages(site)}
    for page in everything.values():
        for url in page.links + page.loads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            assert target.exists(), f"{page.path} refers to {url}"
            if parts.fragment and target in everything:
                assert unquote(parts.fragment) in everything[target].identifiers, f"{page.path} refers to {url}"


def test_every_picture_has_alternative_text(site):
    for page in pages(site):
        for image in page.images:
            assert "alt" in image, (page.path, image)
            assert image["alt"] or "ring.svg" in image["src"], (page.path, image)  # the logo stands beside its name


def test_a_chapter_opens_the_student_notebook_in_colab_and_offers_both_for_download(site):
    page = Page(site / "notebooks/1_foundations/04_game.html")
    owner = REPOSITORY.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{owner}/blob/main/book/student/1_foundations/04_game.ipynb"
    assert colab in page.links
    assert "../../student/1_foundations/04_game.ipynb" in page.links
    assert "../../_sources/notebooks/1_foundations/04_game.ipynb" in page.links
    assert f"{REPOSITORY}/blob/main/chapters/1_foundations/04_game.py" in page.links


def test_a_fold_says_what_is_inside(site):
    page = (site / "notebooks/1_foundations/04_game.html").read_text()
    folds = re.findall(r'<details class="fold"><summary><span>(.*?)</span><span>(.*?)</span>', page)
    inside = ["setup", "code", "code", "solution"]
    assert folds == [(f"Show the {what}", f"Hide the {what}") for what in inside]
    assert re.findall(r'<div class="([^"]*\bsolution\b[^"]*)"', page) == ["solution dropdown admonition"]


def test_a_printed_diff_is_coloured(site):
    page = (site / "notebooks/1_foundations/04_game.html").read_text()
    assert '<span class="gd">- turns = 1</span>' in page
    assert '<span class="gi">+ turns = 5</span>' in page


def test_every_page_says_which_edition_it_is_and_how_to_cite_it(site):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for page in pages(site):
        text = text_of(page.path)
        assert f"version {version}, 9 September 2001." in text, page.path
        assert "@misc{gan-workbook," in text
        assert REPOSITORY in text


def test_pages_are_in_english_and_can_be_searched(site):
    assert all('<html lang="en"' in page.path.read_text() for page in pages(site))
    assert '"half"' in (site / "searchindex.js").read_text()


@pytest.mark.parametrize(
    "complaint",
    [
        r"could not find bibtex key \"nobody1999\"",
        r"undefined label: 'no-such-label'",
        r"the formula '.*frac.*' cannot be drawn",
        r"a picture has no alternative text",
        r"a reference reads 'Exercise %s': write it with \{numref\}",
        r"exercise ch04\.q2 should be ch04\.q1",
        r"book/student/2_second/09_end\.ipynb is missing",
        r"there is no test tests/test_powers\.py::test_nothing",
        r"there is no test tests/test_none\.py::test_sums",
        r"theory\.untested names a source, but no test uses it",
        r"the row 'A game' of the scorecard does not say its paper",
        r"the row 'A game' of the scorecard names a source that references\.bib does not have: nobody2001",
    ],
)
def test_a_mistake_fails_the_build_and_is_named(complaints, complaint):
    assert re.search(complaint, complaints), complaints


def test_a_test_named_in_the_text_is_a_link_to_its_line(site):
    line = TESTS.split("\n").index("def test_sums():") + 1
    links = Page(site / "notebooks/2_second/09_end.html").links
    assert f"{REPOSITORY}/blob/main/tests/test_powers.py#L{line}" in links


def test_the_index_leads_from_paper_to_function_to_tests(site):
    shown = text_of(site / "formulas.html")
    euclid, fermat = shown.index("Euclid 1900, arXiv:0001.0001"), shown.index("Fermat et al. 1901")
    assert euclid < fermat
    assert "eq. 9 theory.cube sums eq. 10 theory.square the square , sums" in shown[euclid:fermat]
    assert "the whole of it theory.half half , double section 2 theory.cube sums" in shown[fermat:]
    assert "section 3 theory.Number.doubled double" in shown[fermat:]
    assert "helper" not in shown
    assert "halved" not in shown
    line = LIBRARY.split("\n").index("def cube(x):") + 1
    assert f"{REPOSITORY}/blob/main/ganlib/theory/powers.py#L{line}" in Page(site / "formulas.html").links


def test_a_missing_first_chapter_is_said_in_one_sentence(tmp_path):
    book = empty_book(tmp_path)
    (book / "notebooks/1_foundations/01_how_to_read.ipynb").unlink()
    run = build(book)
    assert run.returncode == 1
    assert run.stderr.endswith("01_how_to_read.ipynb is missing; `make notebooks` runs the chapters and writes it.\n")
    assert run.stderr.count("\n") == 1


def toctree(index):
    """Captions and patterns of the table of contents in index.md."""
    for block in re.findall(r"```\{toctree\}\n(.*?)```", index, flags=re.S):
        options = dict(re.findall(r"^:(\w+): *(.*)$", block, flags=re.M))
        yield options["caption"], [line for line in block.splitlines() if line and not line.startswith(":")]


def test_all_tables_of_contents_name_the_same_chapters():
    """Sphinx's, Jupyter Book 2's, the executed notebooks, the student notebooks and the sources."""
    notebooks = sorted(path.relative_to(BOOK).with_suffix("").as_posix() for path in BOOK.glob("notebooks/*/*.ipynb"))
    files = [*notebooks, *(path.stem for path in sorted(BOOK.glob("*.md")))]
    contents = [
        (caption, [name for pattern in patterns for name in files if fnmatch(name, pattern)])
        for caption, patterns in toctree((BOOK / "index.md").read_text())
    ]
    other = yaml.safe_load((BOOK / "myst.yml").read_text())["project"]["toc"]
    assert other[0] == {"file": "index.md"}
    parts = [(part["title"], [child["file"].rsplit(".", 1)[0] for child in part["children"]]) for part in other[1:]]
    assert contents == parts
    assert sorted(["index", *(name for _, names in contents for name in names)]) == sorted(files)
    sources = sorted(
        path.relative_to(ROOT / "chapters").with_suffix("") for path in ROOT.glob("chapters/*/[0-9][0-9]_*.py")
    )
    for folder in ("notebooks", "student"):
        assert sorted(p.relative_to(BOOK / folder).with_suffix("") for p in BOOK.glob(f"{folder}/*/*.ipynb")) == sources


def test_the_public_address_is_written_in_one_file_only():
    sources = [path for suffix in ("md", "py", "yml", "bib", "html", "css") for path in BOOK.rglob(f"*.{suffix}")]
    assert [path for path in sources if "_build" not in path.parts and REPOSITORY in path.read_text()] == []


def test_bibliography_entries_are_complete_and_no_paper_is_there_twice():
    database = importlib.import_module("pybtex.database").parse_file(str(BOOK / "references.bib"))
    papers = [entry.fields["eprint"] for entry in database.entries.values() if "eprint" in entry.fields]
    assert len(set(papers)) == len(papers)
    for key, entry in database.entries.items():
        assert re.fullmatch(rf"[a-z]+{entry.fields['year']}[a-z0-9]*", key), key
        assert entry.persons["author"], key
        assert entry.fields["title"], key
        assert re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", entry.fields.get("eprint", "0000.0000")), key
        printed = entry.type in ("book", "incollection") and "publisher" in entry.fields
        assert printed or entry.fields.keys() & {"eprint", "doi", "url"}, key


def package(**files):
    """A gzipped tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_the_style_sheet_of_formulas_is_verified_and_asks_only_for_fonts_that_are_there(tmp_path):
    katex = load("offline_katex")
    formats = [("woff2", "woff2"), ("woff", "woff"), ("ttf", "truetype")]
    sources = ",".join(f'url(fonts/A.{suffix}) format("{name}")' for suffix, name in formats)
    css = f"@font-face{{src:{sources}}}".encode()
    fonts = {f"package__dist__fonts__A.{suffix}": suffix.encode() for suffix, _ in formats}
    data = package(**fonts, **{"package__dist__katex.min.css": css, "package__README.md": b""})
    with pytest.raises(Exception, match="is not the one expected"):
        katex.unpack(data, tmp_path)
    assert list(tmp_path.iterdir()) == []
    katex.unpack(data, tmp_path, base64.b64encode(hashlib.sha512(data).digest()).decode())
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["A.woff2", "katex.min.css"]
    assert (tmp_path / "katex.min.css").read_text() == '@font-face{src:url(fonts/A.woff2) format("woff2")}'


def test_the_landing_picture_is_the_labelled_one(tmp_path):
    figures = load("figures")
    write(tmp_path, "chapter", [figure("fig-other"), figure("fig-filmstrip")], student=False)
    notebook = tmp_path / "notebooks/chapter.ipynb"
    assert figures.picture(notebook, "fig-filmstrip") == base64.b64decode(DOT)
    with pytest.raises(ValueError, match="shows no picture in a cell labelled fig-none"):
        figures.picture(notebook, "fig-none")


def test_the_entry_to_cite_names_people_and_groups():
    people = [{"family-names": "Hopper", "given-names": "Grace"}, {"name": "The authors"}]
    day = importlib.import_module("datetime").date(2026, 1, 2)
    entry = load("edition").bibtex({"title": "A Book", "authors": people}, "1.2", day, "https://example.org")
    assert "author = {Hopper, Grace and {The authors}}" in entry
    assert "year = {2026}" in entry
    assert "title = {{A Book}}" in entry

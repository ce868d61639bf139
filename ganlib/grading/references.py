"""What every label and every citation key of the book is called in a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from ganlib.grading import markdown
from ganlib.grading.chapters import Chapter


@dataclass(frozen=True)
class Label:
    """What a label stands for.

    Attributes
    ----------
    kind : str
        `Figure`, `Exercise`, `equation` or `section`.
    number : str
        Such as `4.1`; empty for a section.
    title : str
        The heading of a section, in MyST; empty for the others.
    chapter : Chapter
        Where it is.
    """

    kind: str
    number: str
    title: str
    chapter: Chapter


@dataclass(frozen=True)
class Index:
    """Every label of the book, by its name in lower case, every chapter by its name, and every paper by its key."""

    labels: dict[str, Label]
    chapters: dict[str, Chapter]
    papers: dict[str, Entry]


def collect(chapters: list[Chapter], bibliography: Path) -> Index:
    """Number everything that has a label, in order of appearance within its chapter.

    Parameters
    ----------
    chapters : list of Chapter
        All chapters of the book.
    bibliography : Path
        A BibTeX file; a book without citations needs none.

    Returns
    -------
    Index
        Of everything that a text may refer to.

    Raises
    ------
    ValueError
        When the bibliography or a chapter cannot be read.
    """
    labels: dict[str, Label] = {}
    for chapter in chapters:
        figures = (cell.metadata["mystnb"] for cell in chapter.notebook.cells if "mystnb" in cell.metadata)
        for place, figure in enumerate(figures, 1):
            labels[figure["figure"]["name"].lower()] = Label("Figure", f"{chapter.number}.{place}", "", chapter)
        formulas = 0
        for _, block in chapter.blocks():
            if isinstance(block, markdown.Heading):
                labels |= {name.lower(): Label("section", "", block.title, chapter) for name in block.labels}
            elif label := markdown.equation(block):
                formulas += 1
                labels[label.lower()] = Label("equation", f"{chapter.number}.{formulas}", "", chapter)
            elif isinstance(block, markdown.Directive) and block.name == "exercise" and block.label:
                number = f"{chapter.number}.{block.label.rpartition('q')[2]}"
                labels[block.label.lower()] = Label("Exercise", number, "", chapter)
    return Index(labels, {chapter.name: chapter for chapter in chapters}, _papers(bibliography))


def citation(entry: Entry, textual: bool = False) -> str:
    """A paper in a sentence, as a link where it has an address.

    Parameters
    ----------
    entry : Entry
        Of the bibliography.
    textual : bool
        Whether it is part of the sentence.

    Returns
    -------
    str
        `Goodfellow et al. (2014)` if textual, else `Goodfellow et al., 2014`.
    """
    who, year = authors(entry), entry.fields.get("year", "n.d.")
    return _linked(f"{who} ({year})" if textual else f"{who}, {year}", entry)


def listed(entry: Entry) -> str:
    """A paper as an entry of a list.

    Parameters
    ----------
    entry : Entry
        Of the bibliography.

    Returns
    -------
    str
        Authors, year, linked title, and where it appeared.
    """
    title = _linked(_text(entry.fields["title"]), entry)
    venue = entry.fields.get("booktitle") or entry.fields.get("journal") or entry.fields.get("publisher")
    return f"{authors(entry)} ({entry.fields.get('year', 'n.d.')}). {title}." + (f" {_text(venue)}." if venue else "")


def authors(entry: Entry) -> str:
    """Who wrote a paper.

    Parameters
    ----------
    entry : Entry
        Of the bibliography.

    Returns
    -------
    str
        Last names of one or two authors, or of the first and `et al.`; the title where nobody is named.
    """
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_text(" ".join(person.prelast_names + person.last_names)) for person in people]
    if not names:
        return _text(entry.fields.get("title", entry.key))
    return names[0] + {1: "", 2: f" and {names[-1]}"}.get(len(names), " et al.")


def _linked(text: str, entry: Entry) -> str:
    """A text that leads to the paper: to arXiv if it is there, else to its address."""
    fields = entry.fields
    if fields.get("eprint") and fields.get("archiveprefix", "arXiv").lower() == "arxiv":
        address = f"https://arxiv.org/abs/{fields['eprint']}"
    else:
        address = fields.get("url") or (f"https://doi.org/{fields['doi']}" if fields.get("doi") else "")
    return f"[{text}]({address})" if address else text


def _text(latex: str) -> str:
    """A BibTeX field without its braces and TeX accents."""
    return re.sub(r"\s+", " ", str(Text.from_latex(latex)))


def _papers(bibliography: Path) -> dict[str, Entry]:
    """The entries of a BibTeX file, none when there is no file."""
    if not bibliography.exists():
        return {}
    try:
        return dict(parse_file(str(bibliography), bib_format="bibtex").entries.items())
    except PybtexError as error:
        raise ValueError(f"{bibliography} cannot be read: {error}") from None

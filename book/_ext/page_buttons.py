"""Buttons at the top of each page: open the chapter in Colab, download it, see its source, report a mistake.

Colab opens the *student* notebook, the one without answers. The theme's own buttons would point at the executed
notebooks instead, so they are switched off in `conf.py`.
"""

import shutil
from typing import Any
from urllib.parse import quote

from chapter_numbers import chapter_number
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

Button = dict[str, Any]


def link(text: str, url: str, icon: str, label: str = "link") -> Button:
    """One button, in the words of the theme's template."""
    return {"type": "link", "text": text, "tooltip": text, "url": url, "icon": icon, "label": label}


def group(text: str, icon: str, *buttons: Button) -> Button:
    """A button that opens a menu."""
    return {"type": "group", "tooltip": text, "icon": icon, "buttons": buttons, "label": "page"}


def chapter_buttons(app: Sphinx, page: str, context: dict[str, Any], repository: str) -> list[Button]:
    """Colab and downloads for a chapter; the student notebook is copied beside the pages."""
    student = f"student/{page.removeprefix('notebooks/')}.ipynb"
    if not (app.srcdir / student).exists():
        logger.warning("book/%s is missing; `make notebooks` writes it", student, location=page)
        return []
    (app.outdir / student).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(app.srcdir / student, app.outdir / student)
    here = context["pathto"]
    colab = repository.replace("https://github.com/", "https://colab.research.google.com/github/")
    return [
        link("Open in Colab", f"{colab}/blob/main/book/{student}", "_static/images/logo_colab.png", "colab"),
        group(
            "Download this chapter",
            "fas fa-download",
            link("Notebook to work in", here(student, 1), "fas fa-pencil"),
            link("Notebook with solutions", here(f"_sources/{page}.ipynb", 1), "fas fa-book-open"),
        ),
    ]


def add(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the page's buttons before the theme's."""
    if doctree is None:  # the search page and the index have no source
        return
    repository = app.config.html_context["edition"]["repository"]
    chapter = chapter_number(page) is not None
    source = f"chapters/{page.removeprefix('notebooks/')}.py" if chapter else f"book/{page}.md"
    context["header_buttons"][:0] = [
        *(chapter_buttons(app, page, context, repository) if chapter else []),
        group(
            "Repository",
            "fab fa-github",
            link("Repository", repository, "fab fa-github"),
            link("Source of this page", f"{repository}/blob/main/{source}", "fas fa-code"),
            link("Report a mistake", f"{repository}/issues/new?title={quote('Mistake in ' + source)}", "fas fa-bug"),
        ),
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the theme has made its list of buttons."""
    app.connect("html-page-context", add, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

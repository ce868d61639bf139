"""Chapter numbers come from file names, and everything in a chapter is numbered after it.

The rule, which the notebooks in plain Markdown follow too: `NN_name` is chapter NN, wherever it stands in the table
of contents; its headings carry no number of their own; figures, equations and exercises are counted in order of
appearance among those that have a label. So the second exercise of `04_minimax` is Exercise 4.2, and its label must
say so: `ch04.q2`.
"""

import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.util import logging

logger = logging.getLogger(__name__)


def chapter_number(docname: str) -> int | None:
    """Number of the chapter a page is, or None for a page that is no chapter."""
    found = re.match(r"(\d\d)_", PurePosixPath(docname).name)
    return int(found[1]) if found else None


def assign_section_numbers(self: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Give each chapter's title its number; return the pages whose number changed."""
    old, env.toc_secnumbers = env.toc_secnumbers, {}
    for docname, toc in env.tocs.items():
        number = chapter_number(docname)
        if number is None:
            continue
        headings = list(toc.findall(nodes.reference))
        # A heading without an entry here would inherit the chapter's number, so each one says that it has none.
        env.toc_secnumbers[docname] = {heading["anchorname"]: () for heading in headings} | {"": (number,)}
        headings[0]["secnumber"] = env.titles[docname]["secnumber"] = (number,)
    return [docname for docname, numbers in env.toc_secnumbers.items() if numbers != old.get(docname)]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of an exercise whose label is not its number."""
    for docname, kinds in env.toc_fignumbers.items():
        number = chapter_number(docname)
        for label, (*_, place) in kinds.get("exercise", {}).items():
            expected = f"ch{number:02}.q{place}" if number else "in a chapter"
            if label != expected:
                logger.warning("exercise %s should be %s, by its place", label, expected, location=docname)


def check_references(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn of a reference that shows the place of its number instead of the number."""
    for reference in doctree.findall(nodes.reference):
        if "%s" in reference.astext():
            logger.warning("a reference reads %r: write it with {numref}", reference.astext(), location=docname)


def setup(app: Sphinx) -> dict[str, bool]:
    """Replace Sphinx's numbering by position with numbering by file name."""
    TocTreeCollector.assign_section_numbers = assign_section_numbers
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", check_references)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

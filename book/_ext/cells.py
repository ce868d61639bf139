"""How cells appear: what is folded says so, printed source is coloured, and every picture has a text for the blind."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import solution_node

logger = logging.getLogger(__name__)


INSIDE = {"answer": "solution", "setup": "setup"}  # of a folded cell, by its role; of any other, code
LANGUAGE = {"show.source(": "python", "show.diff(": "diff"}  # of what a cell prints, by how the cell begins


def dress(app: Sphinx, doctree: nodes.document) -> None:
    """Name what is inside each folded cell, fold written solutions too, colour printed source, mark long names."""
    for cell in doctree.findall(nodes.container):
        if cell.get("hide_mode"):
            inside = INSIDE.get(cell["cell_metadata"].get("course", {}).get("role"), "code")
            cell["prompt_show"], cell["prompt_hide"] = f"Show the {inside}", f"Hide the {inside}"
        if cell.get("nb_element") == "cell_code":
            source, *printed = cell.findall(nodes.literal_block)
            for beginning, language in LANGUAGE.items():
                if source.astext().startswith(beginning):
                    for block in printed:
                        block["language"], block["force"] = language, True
    for solution in doctree.findall(solution_node):
        solution["classes"].append("dropdown")
    for literal in doctree.findall(nodes.literal):
        if len(literal.astext()) > 30:
            literal["classes"].append("long")  # may be broken anywhere


def check_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of a picture without alternative text."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            logger.warning("a picture has no alternative text; give its cell `#| fig-alt: ...`", location=image.parent)


def open_fold(self: HTML5Translator, node: nodes.Element) -> None:
    """Begin a disclosure with two labels; the style sheet shows one. (MyST-NB hides its own from screen readers.)"""
    summary = f"<summary><span>{node['prompt_show']}</span><span>{node['prompt_hide']}</span></summary>"
    self.body.append(f'<details class="fold">{summary}\n')


def close_fold(self: HTML5Translator, node: nodes.Element) -> None:
    """End what `open_fold` began."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Replace the way MyST-NB writes a folded cell, and look at each page once it is read."""
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
    app.connect("doctree-read", dress)
    app.connect("doctree-read", check_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx configuration. The pages are notebooks that have already run, so building the book runs no chapter."""

import sys
from pathlib import Path

book = Path(__file__).parent
sys.path.insert(0, str(book / "_ext"))
from edition import edition  # noqa: E402

html_context = {"edition": edition(book.parent), "default_mode": "auto"}
project = html_context["edition"]["title"]
version = html_context["edition"]["version"]
language = "en"

extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinx_togglebutton",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
    # ours, in _ext/
    "cells",
    "chapter_numbers",
    "citations",
    "evidence",
    "offline_katex",
    "page_buttons",
    "scorecard",
    "benchmarks",
]
include_patterns = ["*.md", "notebooks/**/*.ipynb"]

nb_execution_mode = "off"
nb_ipywidgets_js = {}  # widgets appear as their static view: nothing is loaded from elsewhere
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "attrs_inline", "attrs_block"]
myst_dmath_double_inline = True

numfig = True
numfig_secnum_depth = 1
numfig_format = {"figure": "Figure %s", "exercise": "Exercise %s"}
math_numfig = True
exercise_style = "solution_follow_exercise"  # a written solution stands below its exercise and need not name it

copybutton_selector = "div.highlight pre:not(.cell_output pre)"

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year_round"

templates_path = ["_templates"]
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["search.js"]
html_favicon = "_static/ring.svg"
html_theme_options = {
    "logo": {"image_light": "_static/ring.svg", "image_dark": "_static/ring.svg", "text": project, "alt_text": ""},
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "navbar_persistent": [],  # else a second search field
    "use_download_button": False,  # ours are in _ext/page_buttons.py
    "footer_content_items": ["edition.html"],
}

"""A book of one chapter, small enough to run in a second: what the tests of notebooks are tried on."""

from pathlib import Path

CHAPTER = '''\
# ---
# A chapter that exists only in the tests.
# ---
# %% [markdown]
# (ch-tiny)=
# # A tiny chapter
#
# ```{epigraph}
# Small is testable.
#
# -- Nobody
# ```
#
# Squares grow {cite:p}`goodfellow2014`, as {cite:t}`arjovsky2017principled` knew. By definition
#
# $$ s(x) = x \\cdot x $$ (eq-square)
#
# so {eq}`eq-square` and {numref}`fig-line` agree, see {ref}`ch-tiny`.

# %%
import math

import matplotlib.pyplot as plt

from ganlib.grading import check, close, holds

HALF = 0.5


def show(x):
    return f"{x:.3f}"


# %% tags=["hide-input"]
#| label: fig-line
#| fig-cap: "**What to see.** A line, not {eq}`eq-square`."
#| fig-alt: A straight line from one to two.
plt.plot([1, 2]);

# %% [markdown]
# ```{exercise} The square of $x$
# :label: ch99.q1
# :class: essential
#
# Compute {eq}`eq-square`.
# ```

# %% course={"role": "answer", "q": "ch99.q1", "points": 2}
# >>> answer: ch99.q1
def square(x):
    """The square of x, in squared units."""
    # no power is needed
    return x * x + 0 * HALF


# %% course={"role": "check", "q": "ch99.q1"}
def cube(x):
    return x**3


check("ch99.q1", square, [((2.0,), 4.0), ((-0.5,), 0.25)], wrong=[(cube, "two factors, not three")])

# %% course={"role": "hidden", "q": "ch99.q1"}
close("a hidden square", square(17.0) - 280 * 1.0, 9.0, 1e-6)

# %% course={"role": "check", "rtol": 0.01}
holds("two is less than three", 2 < 3)
print(f"pi is {math.pi:.5f}")
'''

REFERENCES = """\
@inproceedings{goodfellow2014,
  title = {Generative Adversarial Nets},
  author = {Goodfellow, Ian J. and Pouget-Abadie, Jean and Mirza, Mehdi},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2014},
  eprint = {1406.2661},
  archiveprefix = {arXiv},
}
@inproceedings{arjovsky2017principled,
  title = {Towards {P}rincipled Methods},
  author = {Arjovsky, Martin and Bottou, L{\\'e}on},
  year = {2017},
}
"""


def write(folder: Path, text: str = CHAPTER, name: str = "1_foundations/99_tiny.py") -> Path:
    """A folder `chapters` with this chapter in it and a bibliography beside it; returns the chapter's path."""
    path = folder / "chapters" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (folder / "book").mkdir(exist_ok=True)
    (folder / "book" / "references.bib").write_text(REFERENCES, encoding="utf-8")
    return path

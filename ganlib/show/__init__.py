"""Numbers to figures: every function returns one that a notebook shows once; none trains or opens a window."""

from ganlib.show.code import diff, source
from ganlib.show.control import explore
from ganlib.show.image import grid
from ganlib.show.line import State, curves, densities, four_panel, lines, smooth
from ganlib.show.matrix import matrix
from ganlib.show.notebook import setup, versions
from ganlib.show.plane import cloud, field, surface
from ganlib.show.strip import film
from ganlib.show.style import DISCRIMINATOR, FAKE, OTHERS, REAL, Figure, Look, panels, png

__all__ = [
    "DISCRIMINATOR", "FAKE", "OTHERS", "REAL", "Figure", "Look", "State",
    "cloud", "curves", "densities", "diff", "explore", "field", "film", "four_panel", "grid", "lines", "matrix",
    "panels", "png", "setup", "smooth", "source", "surface", "versions",
]  # fmt: skip

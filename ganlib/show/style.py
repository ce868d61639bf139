"""One look for every figure: colours that survive colour blindness and grey paper, type that survives a phone."""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib import figure as _figure
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

Values = Tensor | NDArray[Any] | Sequence[float]
Function = Callable[[Tensor], Tensor]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Look:
    """How one thing is drawn in every figure: told apart by colour, by lightness, and by dashes or marker.

    Parameters
    ----------
    colour : str
        Hexadecimal sRGB.
    line : str or tuple
        A matplotlib line style.
    marker : str
        A matplotlib marker.
    """

    colour: str
    line: Any
    marker: str


REAL = Look("#1f66ad", "-", "o")  # the data, p
FAKE = Look("#df7a10", (0, (5, 1.6)), "^")  # the generator's samples, q, and G itself
DISCRIMINATOR = Look("#6b1540", (0, (1.2, 1.2)), "s")  # the discriminator or critic
OTHERS = (  # whatever is neither: further players, curves of a formula
    Look("#222222", "-", "o"),
    Look("#24836d", (0, (6, 1.5, 1.2, 1.5)), "D"),
    Look("#9460b5", (0, (3, 1.2)), "v"),
    Look("#777777", (0, (1.2, 1.6)), "X"),
)

INK, MUTED, FAINT = "#222222", "#5f5f5f", "#dcdcdc"  # text, secondary text and axes, guides

# Straight lines in CIELAB, so that equal steps of a value look equal. Shade is the data's blue; territory runs from the
# fakes' orange through white, where a discriminator is undecided, to the data's blue.
SHADE = LinearSegmentedColormap.from_list(
    "shade", ["#fcfcfc", "#e2ebf6", "#c8daf1", "#acc9eb", "#90b8e5", "#75a4d8", "#5b8fca", "#3c7bbd", "#0567af"]
)
TERRITORY = LinearSegmentedColormap.from_list(
    "territory", ["#fbc185", "#fdcea0", "#fedbba", "#fde8d5", "#faf5f0", "#e7eef7", "#cbddf4", "#aecdf1", "#8fbded"]
)

WIDTH = 5.6  # inches: at the 3.75 inches of a phone, ten-point type is still seven points
DPI = 150
_INVISIBLE = 0.5  # mean change of a channel, of 255, below which fewer colours go unnoticed

_SETTINGS: Any = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "savefig.dpi": "figure",
    "savefig.bbox": None,
    "savefig.facecolor": "auto",
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "text.usetex": False,
    "axes.facecolor": "white",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.titlepad": 6,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.useoffset": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "lines.scale_dashes": True,
    "image.interpolation": "nearest",
    "image.origin": "upper",
    "agg.path.chunksize": 0,
    "path.simplify": True,
}


class Figure(_figure.Figure):
    """A figure that a notebook shows once, as the value of a cell, and whose PNG is the same bytes every time.

    It belongs to no pyplot window, so nothing has to be closed and nothing is shown twice. It is drawn under the house
    settings whatever the reader's own are.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw under the house settings: matplotlib makes some ticks and labels only now."""
        with rc_context(_SETTINGS):
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """What a notebook asks for."""
        return png(self)


def png(figure: _figure.Figure) -> bytes:
    """Render a figure.

    Parameters
    ----------
    figure : Figure
        Any matplotlib figure.

    Returns
    -------
    bytes
        A PNG at the figure's own size and resolution, the same whenever it is made: no date, no software's name.
    """
    theirs = figure.canvas
    canvas: Any = FigureCanvasAgg(figure)
    with rc_context(_SETTINGS):
        canvas.draw()
    figure.set_canvas(theirs)
    full = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = full.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    change = np.asarray(few.convert("RGB"), dtype=int) - np.asarray(full, dtype=int)
    buffer = io.BytesIO()
    # Lines and letters need no more than 256 colours and take a third of the bytes with them; photographs do need more.
    (few if np.abs(change).mean() < _INVISIBLE else full).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under the house settings and leave the global ones alone.

    Parameters
    ----------
    draw : callable
        Any function that draws.

    Returns
    -------
    callable
        The same function in the house style.
    """

    @wraps(draw)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> R:
        with rc_context(_SETTINGS):
            return draw(*args, **kwargs)

    return drawing


def blank(width: float, height: float, *, constrained: bool = True) -> Figure:
    """An empty figure of whole pixels.

    Parameters
    ----------
    width, height : float
        Inches.
    constrained : bool
        Let matplotlib arrange the panels so that no text is cut; otherwise they stay where they are put.

    Returns
    -------
    Figure
        Without panels.
    """
    size = (round(width * DPI) / DPI, round(height * DPI) / DPI)
    return Figure(figsize=size, layout="constrained" if constrained else None)


@styled
def panels(count: int = 1, *, columns: int = 2, width: float = WIDTH, height: float = 2.9) -> tuple[Figure, list[Axes]]:
    """Make an empty figure in the house style, to be filled by the functions that take `axes`.

    Parameters
    ----------
    count : int
        Number of panels, >= 1.
    columns : int
        Panels beside each other; two still read well on a phone.
    width, height : float
        Width of the figure and height of one row of panels, in inches.

    Returns
    -------
    tuple of Figure and list of Axes
        The figure, and its panels in reading order.

    Raises
    ------
    ValueError
        If `count` or `columns` is not positive.

    Examples
    --------
    >>> figure, (left, right) = panels(2)
    """
    if count < 1 or columns < 1:
        raise ValueError(f"A figure needs at least one panel and one column, got {count} and {columns}.")
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = blank(width, rows * height)
    grid = figure.add_gridspec(rows, columns)
    return figure, [figure.add_subplot(grid[divmod(i, columns)]) for i in range(count)]


def canvas(axes: Axes | None, width: float = WIDTH, height: float = 3.4) -> tuple[_figure.Figure, Axes]:
    """The panel to draw in: the one given, or that of a new figure.

    Parameters
    ----------
    axes : Axes or None
        A panel of an existing figure.
    width, height : float
        Size of the new figure in inches.

    Returns
    -------
    tuple of Figure and Axes
        The figure that holds the panel, and the panel.
    """
    if axes is None:
        figure, (axes,) = panels(width=width, height=height)
        return figure, axes
    return axes.get_figure(root=True) or Figure(), axes


def array(values: Values) -> NDArray[Any]:
    """Numbers from anywhere as an array of the same shape.

    Parameters
    ----------
    values : Tensor, array or sequence
        On any device, with or without a gradient.

    Returns
    -------
    ndarray
        On the CPU, detached.
    """
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def evaluate(function: Function, points: Tensor) -> NDArray[Any]:
    """Call a function or a network on points, changing nothing in it.

    Parameters
    ----------
    function : callable
        A network is moved to by the points, not the other way round, and is asked in evaluation mode.
    points : Tensor, shape (N, d)
        Where.

    Returns
    -------
    ndarray, shape (N, ...)
        The values, on the CPU. Gradients may be taken inside the function, so they are not switched off here.
    """
    if not isinstance(function, nn.Module):
        return array(function(points))
    modes = [(module, module.training) for module in function.modules()]
    parameter = next(function.parameters(), None)
    function.eval()
    try:
        return array(function(points if parameter is None else points.to(parameter.device)))
    finally:
        for module, mode in modes:
            module.training = mode


def plain(value: float) -> str:
    """A number as a person would write it: whole ones in full, others to four digits, no trailing zeros.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        With a true minus sign.
    """
    return f"{value:{'.0f' if value == round(value) and abs(value) < 1e6 else '.4g'}}".replace("-", "\N{MINUS SIGN}")

"""Figures of tables of numbers: a square a number, the darker the larger."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as AnyFigure

from ganlib.show import style
from ganlib.show.style import Figure, Values, array, styled


@styled
def matrix(
    values: Values,
    *,
    rows: str = "",
    columns: str = "",
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    limits: tuple[float, float] = (0.0, 1.0),
    digits: int = 2,
    title: str = "",
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw a table of numbers as shades, with the numbers written in.

    Parameters
    ----------
    values : Values, shape (m, n)
        Row 0 is on top.
    rows, columns : str
        What a row and a column are.
    row_names, column_names : sequence of str
        One for each; their numbers from 0 if left out.
    limits : tuple of float
        The values of the lightest and the darkest shade; what lies outside has these.
    digits : int
        Decimals written.
    title : str
        What the numbers are.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        With square cells.

    Raises
    ------
    ValueError
        If the values are no table, or a name is missing.
    """
    table = array(values)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"A matrix has rows and columns, got numbers of shape {table.shape}.")
    given = zip((row_names, column_names), table.shape, strict=True)
    names = [list(part) or [str(i) for i in range(size)] for part, size in given]
    if [len(part) for part in names] != list(table.shape):
        raise ValueError(f"A matrix of {table.shape} takes that many names, got {tuple(len(part) for part in names)}.")
    if axes is None:
        side = style.WIDTH / max(6.0, table.shape[1] + 1.5)
        _, axes = style.canvas(None, height=side * table.shape[0] + 0.65)
    low, high = limits
    axes.imshow(table, cmap=style.SHADE, vmin=low, vmax=high, interpolation="nearest", aspect="equal")
    for (row, column), value in np.ndenumerate(table):
        axes.text(column, row, f"{value:.{digits}f}", ha="center", va="center", size=8, color=style.INK)
    axes.set_xticks(range(table.shape[1]), names[1])
    axes.set_yticks(range(table.shape[0]), names[0])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(columns)
    axes.set_ylabel(rows)
    axes.set_title(title)
    return axes.get_figure(root=True) or Figure()

"""Figures of images: grids in which every pixel of the data is a square of whole screen pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as AnyFigure
from numpy.typing import NDArray

from ganlib.show import style
from ganlib.show.style import Figure, Values, array, styled

_PIXELS = round(style.WIDTH * style.DPI)


@styled
def grid(
    images: Values,
    columns: int = 8,
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    title: str = "",
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw images beside and below each other, pixel for pixel.

    Parameters
    ----------
    images : Values, shape (N, C, H, W)
        Values in [-1, 1]; one channel is grey, three are red, green and blue. What lies outside is clipped.
    columns : int
        Images in a row.
    row_labels, column_labels : sequence of str
        Written to the left of the rows and above the columns.
    title : str
        What the figure is.
    axes : Axes, optional
        A panel to draw in, without labels and only as sharp as the panel allows; a new figure otherwise.

    Returns
    -------
    Figure
        As large as the images ask for.

    Raises
    ------
    ValueError
        If these are not images, or there are more labels than rows or columns.
    """
    tiles = tile(images, columns)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    if len(row_labels) > rows or len(column_labels) > columns:
        raise ValueError(
            f"There are {rows} rows and {columns} columns of images, "
            f"but {len(row_labels)} and {len(column_labels)} labels for them."
        )
    if axes is not None:
        _paint(axes, tiles)
        axes.set_title(title)
        return axes.get_figure(root=True) or Figure()
    figure, _ = frame(tiles, rows, columns, row_labels, column_labels, title)
    return figure


def tile(images: Values, columns: int) -> NDArray[Any]:
    """Lay images out on one white sheet, a pixel apart (two for images larger than 20).

    Parameters
    ----------
    images : Values, shape (N, C, H, W)
        Values in [-1, 1], C = 1 or 3.
    columns : int
        Images in a row, >= 1.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        0 is black.

    Raises
    ------
    ValueError
        If these are not images, or a value is not a number.
    """
    pixels = array(images)
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3) or not len(pixels):
        raise ValueError(f"A grid shows images of shape (N, 1, H, W) or (N, 3, H, W), got {pixels.shape}.")
    if columns < 1:
        raise ValueError(f"A grid needs at least one column, got {columns}.")
    if not np.isfinite(pixels).all():
        raise ValueError("There is a pixel that is not a number in these images: the run has diverged.")
    count, _, height, width = pixels.shape
    columns = min(columns, count)
    gap = 1 if max(height, width) <= 20 else 2
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    values = np.rint((np.clip(pixels.astype(float), -1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
    for i, picture in enumerate(values):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def frame(
    tiles: NDArray[Any],
    rows: int,
    columns: int,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    below: float = 0.0,
) -> tuple[Figure, float]:
    """A figure around a sheet of images in which one data pixel is a whole number of screen pixels.

    Parameters
    ----------
    tiles : ndarray of uint8, shape (height, width, 3)
        The sheet.
    rows, columns : int
        How many images are on it.
    row_labels, column_labels : sequence of str
        What to write beside and above them.
    title : str
        What to write on top.
    below : float
        Inches to leave free under the sheet.

    Returns
    -------
    tuple of Figure and float
        The figure, and the left margin in inches.
    """
    height, width = tiles.shape[:2]
    left = round(style.DPI * (0.04 + 0.1 * max((len(label) for label in row_labels), default=0)))
    top = round(style.DPI * (0.04 + 0.24 * bool(title) + 0.2 * bool(column_labels)))
    edge = round(style.DPI * 0.04)
    scale = max(1, (_PIXELS - left - edge) // width)
    if rows > 1.5 * columns:  # a tall sheet need not be as wide as the page
        scale = max(1, min(scale, round(1.5 * _PIXELS) // height))
    whole = (left + scale * width + edge, top + scale * height + edge + round(style.DPI * below))
    figure = style.blank(whole[0] / style.DPI, whole[1] / style.DPI, constrained=False)
    across, up = scale * width / whole[0], scale * height / whole[1]
    axes = figure.add_axes((left / whole[0], 1 - (top + scale * height) / whole[1], across, up))
    _paint(axes, tiles)
    for i, label in enumerate(row_labels):
        axes.text(
            -0.06 * style.DPI / (scale * width), 1 - (i + 0.5) / rows, label, transform=axes.transAxes, ha="right",
            va="center", size=9, color=style.MUTED,
        )  # fmt: skip
    for i, label in enumerate(column_labels):
        axes.text(
            (i + 0.5) / columns, 1 + 0.05 * style.DPI / (scale * height), label, transform=axes.transAxes, ha="center",
            va="bottom", size=9, color=style.MUTED,
        )  # fmt: skip
    if title:
        figure.text(left / whole[0], 1 - 0.04 * style.DPI / whole[1], title, size=10, va="top", ha="left")
    return figure, left / style.DPI


def _paint(axes: Axes, tiles: NDArray[Any]) -> None:
    """The sheet and nothing else."""
    axes.imshow(tiles, interpolation="nearest", aspect="equal")
    axes.set_axis_off()

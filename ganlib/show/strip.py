"""Film strips: how samples changed while a game was played."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ganlib.show import labels, style
from ganlib.show.image import frame, tile
from ganlib.show.line import Record, looks_of, smooth
from ganlib.show.plane import Extent, key, reach, scatter
from ganlib.show.style import FAKE, REAL, Figure, Values, array, styled


@styled
def film(
    frames: Sequence[Values],
    rounds: Sequence[int],
    *,
    real: Values | None = None,
    modes: Values | None = None,
    columns: int = 4,
    history: Record | None = None,
    extent: Extent | None = None,
    title: str = "",
) -> Figure:
    """Draw samples taken at several rounds beside each other.

    Points in the plane give a panel a round, points on the line a density a round, images a row a round: there the same
    noise should be used in every round, so that a column shows one image as it forms.

    Parameters
    ----------
    frames : sequence of Values, each of shape (N, 2), (N, 1) or (N, C, H, W)
        Samples, one entry a round.
    rounds : sequence of int
        When they were taken.
    real : Values, shape (M, 2) or (M, 1), optional
        Real points, drawn in every panel.
    modes : Values, shape (K, 2), optional
        Centres, drawn in every panel.
    columns : int
        Panels in a row; of images, how many are shown a round.
    history : History, optional
        Losses to draw below, with ticks at these rounds.
    extent : tuple of float, optional
        Left, right, bottom, top of every panel.
    title : str
        What the figure is.

    Returns
    -------
    Figure
        Frames in reading order.

    Raises
    ------
    ValueError
        If frames and rounds are not equally many, or the frames are no samples to draw.
    """
    if not len(frames) or len(frames) != len(rounds):
        raise ValueError(f"A film needs one round for each frame, got {len(frames)} frames and {len(rounds)} rounds.")
    pictures = [array(samples) for samples in frames]
    kinds = {picture.ndim if picture.ndim == 4 else picture.shape[1:] for picture in pictures}
    if kinds == {4}:
        return _images(frames, rounds, columns, history, title)
    if kinds not in ({(1,)}, {(2,)}):
        raise ValueError(f"A film shows samples of shape (N, 1), (N, 2) or (N, C, H, W), got {pictures[0].shape}.")
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    side = style.WIDTH / columns
    strip = 1.35 if history else 0.0
    flat = kinds == {(1,)}
    keyed = not flat and (real is not None or modes is not None)
    height = 0.75 * side + 0.3 if flat else side + 0.25
    figure = style.blank(style.WIDTH, rows * height + strip + 0.3 * (bool(title) or keyed))
    outer = figure.add_gridspec(rows + bool(history), columns, height_ratios=[1.0] * rows + [0.75] * bool(history))
    panels = [figure.add_subplot(outer[divmod(i, columns)]) for i in range(len(frames))]
    if flat:
        _line_frames(panels, frames, real, extent)
    else:
        extent = extent or reach(np.concatenate(pictures), real, modes)
        for axes, samples in zip(panels, frames, strict=True):
            scatter(axes, samples, real, modes)
            axes.set_xlim(extent[0], extent[1])
            axes.set_ylim(extent[2], extent[3])
            axes.set_aspect("equal")
            axes.spines[:].set_visible(True)
    for axes, number in zip(panels, rounds, strict=True):
        axes.set_title(f"round {number}" if axes is panels[0] else str(number), size=9.5)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_color(style.FAINT)
    if title or keyed:  # the key stands at the right end of the title's line
        figure.suptitle(title or " ", x=0.012, ha="left", size=10)
    if keyed:
        key(panels[0], figure)
    if history:
        _losses(figure.add_subplot(outer[rows, :]), history, rounds)
    return figure


def _line_frames(panels: Sequence[Axes], frames: Sequence[Values], real: Values | None, extent: Extent | None) -> None:
    """A smoothed density a round, the data's behind it."""
    everything = np.concatenate(
        [array(samples).reshape(-1) for samples in [*frames, *([] if real is None else [real])]]
    )
    left, right = extent[:2] if extent else np.quantile(everything, [0.002, 0.998]).tolist()
    margin = 0.0 if extent else 0.08 * (right - left)
    x = torch.linspace(left - margin, right + margin, 240, dtype=torch.float64)
    heights = [smooth(samples)(x) for samples in frames]
    data: Tensor | None = None if real is None else smooth(real)(x)
    top = max(float(height.max()) for height in ([data] if data is not None else heights))
    for axes, height in zip(panels, heights, strict=True):
        for y, look in ((data, REAL), (height, FAKE)):
            if y is not None:
                axes.fill_between(x.numpy(), y.numpy(), color=look.colour, alpha=0.13, lw=0)
                axes.plot(x.numpy(), y.numpy(), color=look.colour, ls=look.line, lw=1.4)
        axes.set_xlim(float(x[0]), float(x[-1]))
        axes.set_ylim(0, extent[3] if extent else 1.25 * top)
        axes.spines["left"].set_visible(False)


def _images(
    frames: Sequence[Values], rounds: Sequence[int], columns: int, history: Record | None, title: str
) -> Figure:
    """A row of images a round."""
    shown = [array(samples)[:columns] for samples in frames]
    columns = min(columns, *(len(samples) for samples in shown))
    tiles = tile(np.concatenate([samples[:columns] for samples in shown]), columns)
    strip = 1.5 if history else 0.0
    figure, left = frame(tiles, len(frames), columns, [f"round {rounds[0]}", *map(str, rounds[1:])], (), title, strip)
    if history:
        width, height = figure.get_size_inches()
        left = max(left, 0.45)
        _losses(
            figure.add_axes((left / width, 0.35 / height, 1 - (left + 0.3) / width, (strip - 0.65) / height)),
            history,
            rounds,
        )
    return figure


def _losses(axes: Axes, history: Record, rounds: Sequence[int]) -> None:
    """Every player's loss, and where the frames were taken."""
    looks = looks_of(history.losses)
    for name, values in history.losses.items():
        axes.plot(history.rounds, values, color=looks[name].colour, ls=looks[name].line, lw=1.3)
    axes.set_title("loss", size=9.5)
    axes.margins(x=0.01)
    axes.locator_params(axis="y", nbins=4)
    for number in rounds:
        axes.axvline(number, color=style.FAINT, lw=0.8, zorder=0)
    labels.at_ends(axes, [(values[-1], name, looks[name].colour) for name, values in history.losses.items()])

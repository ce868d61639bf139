"""Figures on the plane: clouds of samples, the surface of a discriminator, vector fields and the paths through them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as AnyFigure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from torch import Tensor

from ganlib.show import labels as names
from ganlib.show import style
from ganlib.show.style import (
    FAKE,
    OTHERS,
    REAL,
    SHADE,
    TERRITORY,
    Function,
    Look,
    Values,
    array,
    canvas,
    evaluate,
    styled,
)

_KINDS = {
    name: Line2D([], [], ls="none", marker=look.marker, color=look.colour, ms=5.5, mew=0, label=name)
    for name, look in {"real": REAL, "fake": FAKE}.items()
}
_KINDS["mode"] = Line2D([], [], ls="none", marker="o", mfc="none", mec=style.INK, mew=0.9, ms=7, label="mode")
_KEY: dict[str, Any] = {
    "ncols": 3, "frameon": False, "fontsize": 9, "handletextpad": 0.0, "columnspacing": 0.7, "borderaxespad": 0.1,
    "borderpad": 0.25,
}  # fmt: skip

Extent = tuple[float, float, float, float]  # left, right, bottom, top, in the data's units


@styled
def cloud(
    fake: Values | None = None,
    real: Values | None = None,
    *,
    log_prob: Function | None = None,
    modes: Values | None = None,
    extent: Extent | None = None,
    title: str = "",
    labels: tuple[str, str] = ("", ""),
    legend: bool = True,
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw samples in the plane, over the density they should have.

    Parameters
    ----------
    fake, real : Values, shape (N, 2), optional
        Generated and real points, in the data's units.
    log_prob : callable, optional
        From points (N, 2) to log densities (N,): shaded behind the points.
    modes : Values, shape (K, 2), optional
        Centres, drawn as open circles.
    extent : tuple of float, optional
        Left, right, bottom, top; otherwise what shows the real points, the modes, and all but the farthest fakes.
    title : str
        What the figure is.
    labels : tuple of str
        Names of the two coordinates.
    legend : bool
        Say which points are which, when there is more than one kind.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        The figure drawn in, both coordinates on one scale.

    Raises
    ------
    ValueError
        If nothing is given to draw, or points are not in the plane.
    """
    extent = extent or reach(fake, real, modes)
    figure, axes = canvas(axes, *_page(extent, 4.4))
    if log_prob is not None:
        where, shape = mesh(extent, 160)
        density = np.exp(evaluate(log_prob, where).reshape(shape).astype(float))
        levels = np.linspace(0, density.max(), 13)
        axes.contourf(*_sides(extent, shape), density, levels=levels, cmap=SHADE, vmin=levels[1] / 2, zorder=0)
    scatter(axes, fake, real, modes)
    _frame(axes, extent, title, labels)
    if legend:
        key(axes)
    return figure


@styled
def surface(
    D: Function,
    *,
    real: Values | None = None,
    fake: Values | None = None,
    modes: Values | None = None,
    link: Function | None = None,
    limits: tuple[float, float] | None = None,
    extent: Extent | None = None,
    label: str = "",
    title: str = "",
    legend: bool = True,
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw a discriminator over the plane: blue where it says real, orange where fake, a bold line where it wavers.

    Parameters
    ----------
    D : callable, (N, 2) -> (N, 1)
        Its scores. A network is asked in evaluation mode and left as it was.
    real, fake : Values, shape (N, 2), optional
        Points to draw on top.
    modes : Values, shape (K, 2), optional
        Centres, drawn as open circles.
    link : callable, optional
        Applied to the scores, such as ``torch.sigmoid`` for a probability.
    limits : tuple of float, optional
        Values at the ends of the colour scale; otherwise as far as D goes, equally far to both sides of indifference.
    extent : tuple of float, optional
        Left, right, bottom, top; needed if there are no points.
    label : str
        Name of the values; "D(x)" or, without a link, "score".
    title : str
        What the figure is.
    legend : bool
        Say which points are which.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        With a colour bar, marked at indifference.

    Raises
    ------
    ValueError
        If there are neither points nor an extent.
    """
    extent = extent or reach(fake, real, modes)
    figure, axes = canvas(axes, *_page(extent, 4.9, 0.6))
    where, shape = mesh(extent, 160)
    values = evaluate(D, where)
    middle = 0.0
    if link is not None:
        values = array(link(torch.as_tensor(values)))
        middle = float(link(torch.zeros(1)))
    values = values.reshape(shape).astype(float)
    span = float(np.abs(values - middle).max()) or 1.0
    low, high = limits or (middle - span, middle + span)
    shown = axes.contourf(
        *_sides(extent, shape), np.clip(values, low, high), levels=np.linspace(low, high, 17), cmap=TERRITORY, zorder=0
    )
    for side, dashes in (
        (low, (0, (1, 2))),
        (high, "solid"),
    ):  # on grey paper: dotted where it says fake, solid where real
        levels = sorted(middle + share * (side - middle) for share in (0.25, 0.5, 0.75))
        if any(values.min() < level < values.max() for level in levels):
            axes.contour(
                *_sides(extent, shape), values, levels=levels, colors=[style.MUTED], linestyles=[dashes], linewidths=0.6
            )
    if values.min() < middle < values.max():
        axes.contour(
            *_sides(extent, shape),
            values,
            levels=[middle],
            colors=[style.DISCRIMINATOR.colour],
            linestyles="solid",
            linewidths=1.6,
        )
    scatter(axes, fake, real, modes)
    _frame(axes, extent, title, ("", ""))
    bar = figure.colorbar(shown, ax=axes, shrink=0.72, aspect=22, pad=0.03, ticks=[low, middle, high])
    bar.ax.set_yticklabels([style.plain(value) for value in (low, middle, high)])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    bar.ax.axhline(middle, color=style.DISCRIMINATOR.colour, lw=1.6)
    bar.ax.set_title(label or ("score" if link is None else "D(x)"), size=9.5, color=style.MUTED, loc="center")
    if legend:
        key(axes)
    return figure


@styled
def field(
    vectors: Function,
    *,
    paths: Mapping[str, Values] | None = None,
    looks: Mapping[str, Look] | None = None,
    real: Values | None = None,
    fake: Values | None = None,
    points: Mapping[str, tuple[float, float]] | None = None,
    extent: Extent | None = None,
    side: int = 17,
    power: float = 0.5,
    labels: tuple[str, str] = ("", ""),
    title: str = "",
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw a vector field on the plane and the paths that follow it.

    Parameters
    ----------
    vectors : callable, (N, 2) -> (N, 2)
        Such as the gradient of D, or the motion of two players' parameters. It may take gradients itself.
    paths : mapping, optional
        From a name to a path of shape (T, 2): a dot where it starts, an arrow head where it ends.
    looks : mapping, optional
        From a path's name to a look; the rest take neutral ones in turn.
    real, fake : Values, shape (N, 2), optional
        Points to draw on top.
    points : mapping, optional
        From a label to a place, such as an equilibrium.
    extent : tuple of float, optional
        Left, right, bottom, top; otherwise what shows the paths and points.
    side : int
        Arrows along a side.
    power : float
        Arrows are as long as the field's strength to this power: 1 true to scale, 0 directions only.
    labels : tuple of str
        Names of the two coordinates.
    title : str
        What the figure is.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        Both coordinates on one scale.

    Raises
    ------
    ValueError
        If there is nothing to take an extent from.
    """
    paths = paths or {}
    spots = np.array(list((points or {}).values()), dtype=float).reshape(-1, 2)
    extent = extent or reach(fake, real, spots, *paths.values())
    figure, axes = canvas(axes, *_page(extent, 4.4))
    where, _ = mesh(extent, side, inset=True)
    arrows = evaluate(vectors, where).astype(float)
    strength = np.linalg.norm(arrows, axis=1, keepdims=True)
    strongest = float(strength.max()) or 1.0
    cell = max(extent[1] - extent[0], extent[3] - extent[2]) / side
    directions = np.divide(arrows, strength, out=np.zeros_like(arrows), where=strength > 1e-9 * strongest)
    drawn = directions * (strength / strongest) ** power * 0.86 * cell
    x, y = array(where).T
    axes.quiver(
        x, y, drawn[:, 0], drawn[:, 1], angles="xy", scale_units="xy", scale=1, pivot="mid", color="#8a8a8a",
        width=0.0042, headwidth=3.8, headlength=4.4, headaxislength=4.0, minlength=0.3, zorder=1,
    )  # fmt: skip
    scatter(axes, fake, real, None)
    given = dict(looks or {})
    neutral = iter(OTHERS * (1 + len(paths) // len(OTHERS)))
    tracks = [(array(path).astype(float), name, given.get(name) or next(neutral)) for name, path in paths.items()]
    for path, _, look in tracks:
        _path(axes, path, look)
    axes.plot(*spots.T, "*", color=style.INK, ms=11, mec="white", mew=0.8, zorder=6)
    _frame(axes, extent, title, labels)
    fixed = [(spot[None], name, style.INK) for name, spot in zip(points or {}, spots, strict=True)]
    names.on_paths(axes, [*fixed, *((path, name, look.colour) for path, name, look in tracks)])
    key(axes)
    return figure


def _path(axes: Axes, path: NDArray[Any], look: Look) -> None:
    """A path with a dot at its start and an arrow head at its end."""
    axes.plot(*path.T, color=look.colour, ls=look.line, lw=1.5, zorder=4)
    axes.plot(*path[0], marker="o", color=look.colour, ms=6, mec="white", mew=0.8, zorder=5)
    before = np.flatnonzero(np.linalg.norm(path - path[-1], axis=1) > 0)
    if len(before):
        axes.annotate(
            "", path[-1], path[before[-1]], zorder=5,
            arrowprops={"arrowstyle": "-|>,head_width=.28,head_length=.55", "color": look.colour, "lw": 1.5,
                        "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def scatter(axes: Axes, fake: Values | None, real: Values | None, modes: Values | None) -> None:
    """Real points as small discs, fakes as triangles above them, modes as open circles on top.

    Parameters
    ----------
    axes : Axes
        Where.
    fake, real, modes : Values, shape (N, 2), optional
        Points in the data's units.
    """
    scale = float(np.clip(min(names.size(axes)) / 230, 0.35, 1.0))  # of the markers' areas: small panels, small marks
    for points, look, name, size in ((real, REAL, "real", 9.0), (fake, FAKE, "fake", 13.0)):
        if points is not None:
            x, y = _pairs(points).T
            shrink = min(1.0, (600 / len(x)) ** 0.5)  # many points stay a cloud, not a blot
            axes.scatter(
                x, y, s=scale * size * max(shrink, 0.45), c=look.colour, marker=look.marker, alpha=0.75,
                lw=0.25 if scale > 0.8 else 0, ec="white", label=name, zorder=2 if look is REAL else 3,
            )  # fmt: skip
    if modes is not None:
        x, y = _pairs(modes).T
        axes.scatter(x, y, s=90 * scale, facecolors="none", edgecolors=style.INK, lw=0.9, label="mode", zorder=4)


def key(axes: Axes, figure: AnyFigure | None = None) -> None:
    """Name the kinds of points above a panel, or once above a figure of many, when there are at least two.

    Parameters
    ----------
    axes : Axes
        With labelled points.
    figure : Figure, optional
        Where to write instead of above the panel.
    """
    kinds = [name for name in _KINDS if name in axes.get_legend_handles_labels()[1]]
    if len(kinds) < 2:
        return
    handles = [_KINDS[name] for name in kinds]
    if figure is None:
        axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), **_KEY)
    else:
        figure.legend(handles=handles, loc="upper right", **_KEY).set_in_layout(False)


def reach(fake: Values | None, *others: Values | None) -> Extent:
    """The square-ish window that shows all of the others and all but the farthest fakes, with a margin.

    Parameters
    ----------
    fake : Values, shape (N, 2), optional
        Points of which one in a hundred at each end may lie outside.
    *others : Values, shape (N, 2), optional
        Points that must be seen.

    Returns
    -------
    tuple of float
        Left, right, bottom, top.

    Raises
    ------
    ValueError
        If no points are given.
    """
    seen = [_pairs(points) for points in others if points is not None and len(points)]
    if fake is not None and len(fake):
        there = _pairs(fake)[np.isfinite(_pairs(fake)).all(1)]
        seen.append(np.quantile(there, [0.01, 0.99], axis=0) if len(there) else there)
    if not sum(map(len, seen)):
        raise ValueError("There is nothing to draw: give points, or an extent (left, right, bottom, top).")
    low, high = np.concatenate(seen).min(0), np.concatenate(seen).max(0)
    centre, half = (low + high) / 2, np.maximum((high - low) / 2, 0.6 * float((high - low).max()) / 2)
    half = np.where(half > 0, 1.12 * half, 1.0)
    (left, bottom), (right, top) = (centre - half).tolist(), (centre + half).tolist()
    return left, right, bottom, top


def mesh(extent: Extent, side: int, *, inset: bool = False) -> tuple[Tensor, tuple[int, int]]:
    """Points that fill a window row by row from the bottom.

    Parameters
    ----------
    extent : tuple of float
        Left, right, bottom, top.
    side : int
        Points along the longer side.
    inset : bool
        Half a step away from the edge, for arrows; otherwise up to the edge.

    Returns
    -------
    tuple of Tensor, shape (rows * columns, 2), and tuple of int
        The points, and (rows, columns).
    """
    left, right, bottom, top = extent
    step = max(right - left, top - bottom) / side
    columns, rows = (max(2, round((high - low) / step)) for low, high in ((left, right), (bottom, top)))
    x, y = (
        torch.linspace(low + gap, high - gap, count)
        for low, high, count, gap in (
            (left, right, columns, inset * (right - left) / columns / 2),
            (bottom, top, rows, inset * (top - bottom) / rows / 2),
        )
    )
    across, up = torch.meshgrid(x, y, indexing="xy")
    return torch.stack([across, up], -1).reshape(-1, 2), (rows, columns)


def _sides(extent: Extent, shape: tuple[int, int]) -> Iterable[NDArray[Any]]:
    """The coordinates of a mesh's columns and rows."""
    left, right, bottom, top = extent
    return np.linspace(left, right, shape[1]), np.linspace(bottom, top, shape[0])


def _pairs(points: Values) -> NDArray[Any]:
    """Points as an array of shape (N, 2), or a clear refusal."""
    pairs = array(points)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"Points in the plane have the shape (N, 2), got {pairs.shape}.")
    return pairs


def _frame(axes: Axes, extent: Extent, title: str, labels: tuple[str, str]) -> None:
    """One scale for both coordinates; a thin box; ticks only where the coordinates have names."""
    axes.set_xlim(extent[0], extent[1])
    axes.set_ylim(extent[2], extent[3])
    axes.set_aspect("equal")
    axes.set_title(title)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1], rotation=0, labelpad=8)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(style.FAINT)
    axes.locator_params(nbins=4)
    axes.tick_params(length=0)


def _page(extent: Extent, width: float, beside: float = 0.0) -> tuple[float, float]:
    """Size of a figure around a window of this shape, with something beside it, in inches."""
    left, right, bottom, top = extent
    return width, min(1.6 * width, (width - 0.4 - beside) * (top - bottom) / (right - left) + 0.55)

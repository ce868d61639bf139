"""Names beside the things they name: at a line's end where it has one, else wherever they cover least."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

_SIZE = 9.5  # points
_LETTER, _LINE = 0.62 * _SIZE, 1.3 * _SIZE  # width of a letter and height of a line of text, in points

Box = tuple[float, float, float, float]  # left, right, bottom, top, in points from the panel's lower left corner


def at_ends(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Write each curve's name to the right of its end, pushed apart where they would overlap.

    Parameters
    ----------
    axes : Axes
        With all its curves; its vertical limits stay from now on.
    labels : sequence of (y, text, colour)
        Height of the end in data units, what to write, in which colour.
    """
    labels = [label for label in labels if label[1] and np.isfinite(label[0])]
    if not labels:
        return
    axes.set_ylim(axes.get_ylim())  # later additions must not move the curves away from their names
    height = size(axes)[1]
    ends = axes.transAxes.inverted().transform(axes.transData.transform([(0, y) for y, _, _ in labels]))[:, 1]
    order = np.argsort(ends, kind="stable")
    for place, i in zip(apart(np.clip(ends[order], 0, 1), _LINE / height), order, strict=True):
        _, text, colour = labels[i]
        axes.text(1.015, place, text, color=colour, size=_SIZE, va="center", ha="left", transform=axes.transAxes)


def apart(places: NDArray[Any], gap: float) -> NDArray[Any]:
    """Move places as little as needed for them to lie at least `gap` apart: those too close spread about their mean.

    Parameters
    ----------
    places : ndarray, shape (N,)
        In increasing order.
    gap : float
        In the same units.

    Returns
    -------
    ndarray, shape (N,)
        In the same order.
    """
    groups = [[float(place)] for place in places]  # places that touch, by where each wanted to be
    i = 0
    while i + 1 < len(groups):
        centres = [float(np.mean(group)) for group in groups[i : i + 2]]
        reach = gap * (len(groups[i]) + len(groups[i + 1])) / 2
        if centres[1] - centres[0] < reach - 1e-9:
            groups[i] += groups.pop(i + 1)
            i = max(i - 1, 0)
        else:
            i += 1
    return np.concatenate([np.mean(group) + gap * (np.arange(len(group)) - (len(group) - 1) / 2) for group in groups])


def on_curves(axes: Axes, x: NDArray[Any], curves: Sequence[tuple[NDArray[Any], str, str]]) -> None:
    """Write each curve's name right above or below it, near its top, where no other curve runs.

    Parameters
    ----------
    axes : Axes
        With its final limits.
    x : ndarray, shape (N,)
        Increasing.
    curves : sequence of (y, text, colour)
        Heights of shape (N,), what to write, in which colour.
    """
    width, height = size(axes)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    dense = np.linspace(left, right, 200)  # in points, so that letters and curves can be compared
    across = (dense - left) / (right - left) * width
    ups = [(np.interp(dense, x, y) - bottom) / (top - bottom) * height for y, _, _ in curves]
    taken: list[Box] = []
    for i, (_, text, colour) in enumerate(curves):
        half = _LETTER * len(text) / 2
        others = np.array([(a, b) for j, up in enumerate(ups) if j != i for a, b in zip(across, up, strict=True)])
        peak = across[ups[i].argmax()]
        candidates = []
        for k in range(4, 197, 2):
            near = ups[i][np.abs(across - across[k]) <= half]
            for side, start in ((0.0, near.max() + 2), (5.0, near.min() - 2 - _LINE)):
                box = (across[k] - half, across[k] + half, start, start + _LINE)
                candidates.append((side + 0.5 * float(np.ptp(near)) + 0.04 * abs(across[k] - peak), box))
        box = _best(candidates, others.reshape(-1, 2), taken, width, height)
        taken.append(box)
        _write(axes, text, colour, box, width, height)


def on_paths(
    axes: Axes, paths: Sequence[tuple[NDArray[Any], str, str]], points: Iterable[tuple[float, float]] = ()
) -> None:
    """Write each path's name beside it, near its start, where it covers no path, no point and no other name.

    Parameters
    ----------
    axes : Axes
        With its final limits.
    paths : sequence of (path, text, colour)
        Places of shape (T, 2) in data units, what to write, in which colour. One place is a path as well.
    points : iterable of tuple
        Further places to keep free.
    """
    width, height = size(axes)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    scale = np.array([width / (right - left), height / (top - bottom)])
    tracks = [(path - np.array([left, bottom])) * scale for path, _, _ in paths]
    free = (np.array(list(points), dtype=float).reshape(-1, 2) - np.array([left, bottom])) * scale
    obstacles = np.concatenate([free, *(_filled(track) for track in tracks)])
    taken: list[Box] = []
    for track, (_, text, colour) in zip(tracks, paths, strict=True):
        half = _LETTER * len(text) / 2
        candidates = []
        for k in np.unique(np.linspace(0, len(track) - 1, 40).astype(int)):
            for right_left, up_down in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
                cx = track[k, 0] + right_left * (half + 6)
                cy = track[k, 1] + up_down * (_LINE / 2 + 4)
                far = float(np.abs(track[k] - track[0]).sum())
                candidates.append(
                    (0.05 * far + (right_left < 1), (cx - half, cx + half, cy - _LINE / 2, cy + _LINE / 2))
                )
        box = _best(candidates, obstacles, taken, width, height)
        taken.append(box)
        _write(axes, text, colour, box, width, height)


def _best(
    candidates: Sequence[tuple[float, Box]], obstacles: NDArray[Any], taken: Sequence[Box], width: float, height: float
) -> Box:
    """The cheapest box: out of the panel, on other names, on obstacles and close to them all cost."""

    def cost(candidate: tuple[float, Box]) -> float:
        wish, (left, right, bottom, top) = candidate
        outside = max(0.0, 5 - left) + max(0.0, right - width) + max(0.0, -bottom) + max(0.0, top - height)
        names = sum(a < right and left < b and c < top and bottom < d for a, b, c, d in taken)
        gap = np.maximum(
            np.maximum(left - obstacles[:, 0], obstacles[:, 0] - right),
            np.maximum(bottom - obstacles[:, 1], obstacles[:, 1] - top),
        )
        covered, close = int((gap < 0).sum()), max(0.0, 8.0 - float(gap.min(initial=8.0)))
        return wish + 50 * outside + 1000 * names + 20 * covered + 2 * close

    return min(candidates, key=cost)[1]


def _filled(track: NDArray[Any]) -> NDArray[Any]:
    """The points of a path, with more between them where they are far apart."""
    steps = np.abs(np.diff(track, axis=0)).max(1, initial=0.0)
    pieces = [
        np.linspace(a, b, 1 + int(min(step // 3, 50)), endpoint=False)
        for a, b, step in zip(track[:-1], track[1:], steps, strict=True)
    ]
    return np.concatenate([*pieces, track[-1:]])


def _write(axes: Axes, text: str, colour: str, box: Box, width: float, height: float) -> None:
    """A name in the middle of its box, on a white halo."""
    left, right, bottom, top = box
    axes.text(
        (left + right) / 2 / width, (bottom + top) / 2 / height, text, color=colour, size=_SIZE, ha="center",
        va="center", transform=axes.transAxes, zorder=7,
        path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.85)],
    )  # fmt: skip


def size(axes: Axes) -> tuple[float, float]:
    """How large a panel is, before the layout's last word: near enough to set names and marks by.

    Parameters
    ----------
    axes : Axes
        The panel.

    Returns
    -------
    tuple of float
        Width and height in points.
    """
    box = axes.get_window_extent()
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    return box.width / dpi * 72, box.height / dpi * 72

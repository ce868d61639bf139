"""Figures over one horizontal axis: training curves, formulas, densities, and the picture of the 2014 paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as AnyFigure
from numpy.typing import NDArray
from torch import Tensor

from ganlib.show import labels, style
from ganlib.show.style import (
    DISCRIMINATOR,
    FAKE,
    OTHERS,
    REAL,
    Figure,
    Function,
    Look,
    Values,
    array,
    canvas,
    evaluate,
    styled,
)

Curve = Values | Function


class Record(Protocol):
    """What `curves` reads: `engine.History` is one."""

    rounds: list[int]
    losses: dict[str, list[float]]
    metrics: dict[str, list[float]]


@styled
def curves(
    history: Record,
    *,
    references: Mapping[str, float] | None = None,
    targets: Mapping[str, float] | None = None,
    window: int = 1,
    log: bool = False,
) -> Figure:
    """Draw a training run: every player's loss in one panel, every metric in a panel of its own below.

    Parameters
    ----------
    history : History
        With `rounds`, `losses` and `metrics`. One that knows no metrics gives one panel.
    references : mapping, optional
        From a label such as ``"2 log 2"`` to a loss: a thin level line to compare with.
    targets : mapping, optional
        From a metric's name to the value it should reach.
    window : int
        With more than one, the bold line is the mean of so many records and the records themselves are faint.
    log : bool
        A logarithmic axis for the losses.

    Returns
    -------
    Figure
        Losses on top.

    Raises
    ------
    ValueError
        If the history is empty, a target names no metric, or `window` is not positive.
    """
    if not history.rounds:
        raise ValueError("There is nothing to draw: the history has no rounds.")
    if strangers := set(targets or {}) - set(history.metrics):
        raise ValueError(
            f"There is no metric {sorted(strangers)[0]!r} in this history: it has {_names(history.metrics)}."
        )
    if window < 1:
        raise ValueError(f"curves averages over a positive number of records, got {window}.")
    count = 1 + len(history.metrics)
    figure = style.blank(style.WIDTH, 2.6 + 1.5 * len(history.metrics))
    rows = figure.subplots(count, 1, sharex=True, squeeze=False, height_ratios=[2.1] + [1.0] * (count - 1))[:, 0]
    looks = looks_of(history.losses)
    if log:
        rows[0].set_yscale("log")
    _run(
        rows[0], "loss", history.rounds, {k: (v, looks[k]) for k, v in history.losses.items()}, references or {}, window
    )
    for axes, (name, values) in zip(rows[1:], history.metrics.items(), strict=True):
        target = {"target": targets[name]} if targets and name in targets else {}
        _run(axes, name, history.rounds, {"": (values, OTHERS[0])}, target, 1)
    rows[-1].set_xlabel("round")
    return figure


def looks_of(players: Mapping[str, object] | Sequence[str]) -> dict[str, Look]:
    """The look of each player: D's, the fakes' for G, and one of its own for everybody else.

    Parameters
    ----------
    players : mapping or sequence
        Their names.

    Returns
    -------
    dict
        From name to look.
    """
    known = {"D": DISCRIMINATOR, "G": FAKE}
    others = iter(OTHERS * (1 + len(players) // len(OTHERS)))
    return {name: known[name] if name in known else next(others) for name in players}


def _run(
    axes: Axes,
    title: str,
    rounds: Sequence[int],
    values: Mapping[str, tuple[Values, Look]],
    references: Mapping[str, float],
    window: int,
) -> None:
    """One panel over rounds; names stand at the right ends."""
    axes.set_title(title)
    ends = []
    x = np.asarray(rounds, dtype=float)
    for name, (series, look) in values.items():
        y = array(series).astype(float)
        if window > 1 and len(y) >= window:
            axes.plot(x, y, color=look.colour, lw=0.7, alpha=0.3)
            mean = np.convolve(y, np.full(window, 1 / window), "valid")
            axes.plot(x[window - 1 :], mean, color=look.colour, ls=look.line)
            ends.append((mean[-1], name, look.colour))
        else:
            axes.plot(x, y, color=look.colour, ls=look.line)
            ends.append((y[-1], name, look.colour))
    levels(axes, references)
    axes.margins(x=0.01)
    axes.locator_params(axis="x", nbins=6)
    if axes.get_yscale() == "linear":
        axes.locator_params(axis="y", nbins=4)
    labels.at_ends(axes, ends + [(y, name, style.MUTED) for name, y in references.items()])


def levels(axes: Axes, references: Mapping[str, float]) -> None:
    """Draw thin level lines behind the curves.

    Parameters
    ----------
    axes : Axes
        Where.
    references : mapping
        From label to height; the labels are written elsewhere.
    """
    for y in references.values():
        axes.axhline(y, color=style.MUTED, lw=0.8, ls=(0, (1, 2)), zorder=0.5)


@styled
def lines(
    x: Values,
    curves: Mapping[str, Curve],
    *,
    xlabel: str = "",
    title: str = "",
    looks: Mapping[str, Look] | None = None,
    references: Mapping[str, float] | None = None,
    marks: Mapping[str, float] | None = None,
    limits: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw curves over one variable, each named at its right end.

    Parameters
    ----------
    x : Values, shape (N,)
        The variable, increasing.
    curves : mapping
        From a name to N values, or to a function called with x as a tensor of shape (N, 1).
    xlabel, title : str
        What x is, and what the height is.
    looks : mapping, optional
        From a name to a look such as ``show.REAL``; of the rest, D and G have theirs and others take neutral ones.
    references : mapping, optional
        From a label to a height: thin level lines.
    marks : mapping, optional
        From a label to an x: thin upright lines.
    limits : tuple of float, optional
        Lowest and highest height shown.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        The figure drawn in.
    """
    figure, axes = canvas(axes, height=3.0)
    given = dict(looks or {})
    neutral = looks_of([name for name in curves if name not in given])
    at, references = _line(x), references or {}
    ends = []
    for name, curve in curves.items():
        look, y = given.get(name) or neutral[name], _heights(curve, at)
        axes.plot(array(at), y, color=look.colour, ls=look.line)
        ends.append((y[-1], name, look.colour))
    levels(axes, references)
    axes.set_title(title)
    axes.set_xlabel(xlabel)
    axes.margins(x=0.01)
    if limits is not None:
        axes.set_ylim(limits)
    for name, place in (marks or {}).items():
        axes.axvline(place, color=style.MUTED, lw=0.8, ls=(0, (1, 2)), zorder=0.5)
        axes.annotate(
            name, (place, 1), xytext=(3, -1), xycoords=("data", "axes fraction"), textcoords="offset points",
            color=style.MUTED, size=9, va="top",
        )  # fmt: skip
    labels.at_ends(axes, ends + [(y, name, style.MUTED) for name, y in references.items()])
    return figure


@styled
def densities(
    x: Values,
    p: Curve,
    q: Curve | None = None,
    *,
    D: Curve | None = None,
    names: tuple[str, str, str] = ("data p", "fakes q", "D"),
    xlabel: str = "x",
    title: str = "",
    limits: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> AnyFigure:
    """Draw densities on the line, and the discriminator that looks at them.

    Parameters
    ----------
    x : Values, shape (N,)
        Where, increasing, in the data's units.
    p, q : Values or callable
        Densities of data and fakes at x, or functions from (N, 1) points to N densities.
    D : Values or callable, optional
        The probability that D puts on "real", drawn on the same scale.
    names : tuple of str
        What to call p, q and D in the figure.
    xlabel, title : str
        What x is, and what the figure is.
    limits : tuple of float, optional
        Lowest and highest value shown.
    axes : Axes, optional
        A panel to draw in; a new figure otherwise.

    Returns
    -------
    Figure
        The figure drawn in.

    See Also
    --------
    smooth : a density from samples.
    """
    figure, axes = canvas(axes, height=3.0)
    at = _line(x)
    _bells(axes, at, p, q, D, names, limits)
    axes.set_xlabel(xlabel)
    axes.set_title(title)
    return figure


def _bells(
    axes: Axes,
    at: Tensor,
    p: Curve,
    q: Curve | None,
    d: Curve | None,
    names: tuple[str, str, str] | None,
    limits: tuple[float, float] | None,
) -> None:
    """Filled p and q named at their peaks, D above them named at its end; without names, only the curves."""
    x = array(at)
    drawn = []
    for curve, look in ((p, REAL), (q, FAKE)):
        if curve is not None:
            y = _heights(curve, at)
            axes.fill_between(x, y, color=look.colour, alpha=0.13, lw=0)
            axes.plot(x, y, color=look.colour, ls=look.line)
            drawn.append((y, look))
    if d is not None:
        y = _heights(d, at)
        axes.plot(x, y, color=DISCRIMINATOR.colour, ls=DISCRIMINATOR.line, lw=2.0)
        drawn.append((y, DISCRIMINATOR))
    axes.set_xlim(x[0], x[-1])
    # Room for a name above the highest curve; a probability is shown against the whole of its scale.
    axes.set_ylim(limits or (0.0, 1.18 * max([1.0 if d is not None else 0.0, *(y.max() for y, _ in drawn)])))
    axes.locator_params(axis="y", nbins=4)
    if names is not None:
        called = dict(zip((REAL.colour, FAKE.colour, DISCRIMINATOR.colour), names, strict=True))
        labels.on_curves(axes, x, [(y, called[look.colour], look.colour) for y, look in drawn])


def smooth(samples: Values, width: float | None = None) -> Function:
    """Turn samples on the line into a density to draw: a Gaussian bump on each.

    Parameters
    ----------
    samples : Values, shape (M,) or (M, 1)
        In the data's units.
    width : float, optional
        Standard deviation of a bump, in the data's units; Silverman's rule if left out.

    Returns
    -------
    callable
        From points of shape (N, 1) to densities of shape (N,).

    Raises
    ------
    ValueError
        If there are fewer than two samples or they have more than one coordinate.

    Source: Silverman 1986, *Density Estimation*, eq. 3.31.
    """
    values = torch.as_tensor(array(samples), dtype=torch.float64)
    if values.numel() < 2 or values.numel() != len(values):
        raise ValueError(f"smooth needs at least two samples on the line, got the shape {tuple(values.shape)}.")
    values = values.reshape(-1)
    quartiles = torch.quantile(values, torch.tensor([0.25, 0.75], dtype=torch.float64))
    spread = float(values.std())
    robust = float(quartiles[1] - quartiles[0]) / 1.34
    scale = min(spread, robust) or spread or 1.0  # many equal samples leave the quartiles no distance
    bump = torch.distributions.Normal(values, width or 0.9 * scale * len(values) ** -0.2)

    def density(points: Tensor) -> Tensor:
        return bump.log_prob(points.reshape(-1, 1).double()).exp().mean(1)

    return density


@dataclass(frozen=True)
class State:
    """One moment of a game on the line, as `four_panel` draws it.

    Parameters
    ----------
    title : str
        Such as ``"after 100 rounds"``.
    p, q : callable or Values
        Densities of data and fakes: functions of points (N, 1), or N values.
    D : callable or Values
        The probability of "real", likewise.
    G : callable or Values
        From noise (M, 1) to data (M, 1), or M values.
    """

    title: str
    p: Curve
    q: Curve
    D: Curve
    G: Curve


@styled
def four_panel(states: Sequence[State], x: Values, z: Values, *, columns: int = 2) -> Figure:
    """Draw the picture that explains the game: densities and D above, and below them where G sends each z.

    Parameters
    ----------
    states : sequence of State
        Moments of the game, usually four.
    x : Values, shape (N,)
        Data axis, increasing.
    z : Values, shape (M,)
        The noise values from which arrows start, increasing; equally probable ones crowd where q is high.
    columns : int
        Panels beside each other.

    Returns
    -------
    Figure
        Two axes a state: densities, then arrows.

    Raises
    ------
    ValueError
        If there are no states.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, figure 1.
    """
    if not states:
        raise ValueError("four_panel needs at least one state to draw.")
    at, noise = _line(x), _line(z)
    columns = min(columns, len(states))
    rows = -(-len(states) // columns)
    width, height = style.WIDTH, 2.4 * rows
    figure = style.blank(width, height, constrained=False)
    outer = figure.add_gridspec(
        rows, columns, left=0.3 / width, right=1 - 0.06 / width, bottom=0.06 / height, top=1 - 0.28 / height,
        wspace=0.08, hspace=0.2,
    )  # fmt: skip
    highest = max(float(_heights(curve, at).max()) for state in states for curve in (state.p, state.q, state.D))
    for i, state in enumerate(states):
        inner = outer[divmod(i, columns)].subgridspec(2, 1, height_ratios=[2.3, 1.0], hspace=0.18)
        top, bottom = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
        first = i % columns == 0
        _bells(top, at, state.p, state.q, state.D, ("p", "q", "D"), (0.0, 1.18 * max(1.0, highest)))
        top.set_title(state.title)
        top.set_xticks([])
        top.set_yticks([0, 0.5, 1], ["0", "½", "1"] if first else ["", "", ""])
        _arrows(bottom, array(at), array(noise), _heights(state.G, noise), named=first)
    return figure


def _arrows(axes: Axes, x: NDArray[Any], z: NDArray[Any], images: NDArray[Any], *, named: bool) -> None:
    """Arrows from the z line at the bottom to the x line at the top, z stretched to the width of x."""
    share = (z - z.min()) / (np.ptp(z) or 1.0)
    starts = x[0] + (x[-1] - x[0]) * (0.08 + 0.84 * share)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    for height in (0.08, 0.98):
        axes.axhline(height, color=style.MUTED, lw=0.7)
    for start, image in zip(starts, images, strict=True):
        if x[0] <= image <= x[-1]:
            axes.annotate(
                "", (image, 0.98), (start, 0.08),
                arrowprops={"arrowstyle": "-|>,head_width=.13,head_length=.32", "color": FAKE.colour, "lw": 0.8,
                            "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip
    if named:
        for height, name in ((0.08, "z"), (0.98, "x")):
            axes.text(
                -0.03, height, name, transform=axes.transAxes, color=style.MUTED, ha="right", va="center", size=9.5
            )


def _line(x: Values) -> Tensor:
    """Values as a one-dimensional tensor, in torch's default precision unless they come as a tensor."""
    return x.detach().reshape(-1) if isinstance(x, Tensor) else torch.as_tensor(x, dtype=torch.get_default_dtype())


def _heights(curve: Curve, at: Tensor) -> NDArray[Any]:
    """The curve's values at N places, whichever way it was given."""
    y = evaluate(curve, at[:, None]) if _is_function(curve) else array(curve)  # type: ignore[arg-type]
    if y.size != len(at):
        raise ValueError(f"A curve over {len(at)} places needs as many values, got the shape {y.shape}.")
    return y.reshape(-1)


def _is_function(curve: Curve) -> bool:
    """Whether the curve has to be called."""
    return callable(curve)


def _names(names: Mapping[str, object]) -> str:
    """The names, or a word for none."""
    return ", ".join(names) or "none"

"""A control where a control helps, and always beside it the figure that says the same on paper."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise, product
from typing import Any

from matplotlib.axes import Axes

from ganlib.show.style import Figure, panels, plain, png, styled

_VIEW = "application/vnd.jupyter.widget-view+json"


def explore(
    draw: Callable[..., object], *, height: float | None = None, columns: int = 2, **values: Sequence[float]
) -> Figure:
    """Let a reader turn one or two numbers in a figure; on paper, show it at the author's values.

    In a running notebook with ipywidgets a slider and a picture appear first; the static figure always follows, since
    pages and printouts have no kernel. Without ipywidgets there is only the static figure.

    Parameters
    ----------
    draw : callable
        Called as ``draw(axes, name=value, ...)``: draws in that panel. It must not train.
    height : float, optional
        Of one panel in the static figure, in inches.
    columns : int
        Panels beside each other in the static figure.
    **values : sequence of float
        For each number, the values in the static figure, increasing. The slider starts at the first and runs to
        the last, in whole steps if they are all integers.

    Returns
    -------
    Figure
        The static one: one panel for each value, or for each pair.

    Raises
    ------
    ValueError
        If not one or two numbers are given, or one has fewer than two values, or they do not increase.

    Examples
    --------
    >>> import torch
    >>> x = torch.linspace(-1, 1, 50)
    >>> figure = explore(lambda axes, power: axes.plot(x, x**power), power=[1, 2, 3, 4])
    >>> len(figure.axes)
    4
    """
    if len(values) not in (1, 2):
        raise ValueError(f"explore turns one or two numbers, got {len(values)}: more than that is a maze.")
    for name, series in values.items():
        if len(series) < 2 or any(b <= a for a, b in pairwise(series)):
            raise ValueError(f"explore needs at least two increasing values for {name}, got {list(series)}.")
    if _kernel() and find_spec("ipywidgets"):
        view = control(draw, **values)
        # Only the view, without the words a widget has for itself: they differ between versions and say nothing.
        import_module("IPython.display").display(
            {_VIEW: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}, raw=True
        )
    return still(draw, values, height, columns)


def control(draw: Callable[..., object], **values: Sequence[float]) -> Any:
    """The live half of `explore`: sliders above a picture that follows them.

    Parameters
    ----------
    draw : callable
        Called as ``draw(axes, name=value, ...)``.
    **values : sequence of float
        As in `explore`.

    Returns
    -------
    ipywidgets.VBox
        The sliders in the order of `values`, then the picture.
    """
    widgets = import_module("ipywidgets")
    layout = widgets.Layout(width="100%", max_width="560px")
    sliders = {}
    for name, series in values.items():
        whole = all(isinstance(value, int) for value in series)
        low, high = series[0], series[-1]
        make, step = (widgets.IntSlider, 1) if whole else (widgets.FloatSlider, (high - low) / 50)
        sliders[name] = make(value=low, min=low, max=high, step=step, description=name, layout=layout)
    picture = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))

    def redraw(change: object = None) -> None:
        picture.value = png(_single(draw, {name: slider.value for name, slider in sliders.items()}))

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    return widgets.VBox([*sliders.values(), picture])


@styled
def still(
    draw: Callable[..., object], values: dict[str, Sequence[float]], height: float | None = None, columns: int = 2
) -> Figure:
    """The static half of `explore`: a panel for each combination of values.

    Parameters
    ----------
    draw : callable
        Called as ``draw(axes, name=value, ...)``.
    values : dict
        As in `explore`.
    height : float, optional
        Of one panel, in inches.
    columns : int
        Panels beside each other.

    Returns
    -------
    Figure
        Each panel named by its values.
    """
    chosen = list(_combinations(values))
    figure, axes = panels(len(chosen), columns=columns, height=height or 2.1)
    for panel, numbers in zip(axes, chosen, strict=True):
        _draw(draw, panel, numbers)
    return figure


@styled
def _single(draw: Callable[..., object], numbers: dict[str, float]) -> Figure:
    """The picture beside the sliders."""
    figure, (axes,) = panels(height=3.2)
    _draw(draw, axes, numbers)
    return figure


def _draw(draw: Callable[..., object], axes: Axes, numbers: dict[str, float]) -> None:
    """One panel, with the numbers as its title."""
    draw(axes, **numbers)
    axes.set_title(", ".join(f"{name} = {plain(value)}" for name, value in numbers.items()))


def _combinations(values: dict[str, Sequence[float]]) -> Iterator[dict[str, float]]:
    """Every value, or every pair with the first one varying slowest."""
    for numbers in product(*values.values()):
        yield dict(zip(values, numbers, strict=True))


def _kernel() -> bool:
    """Whether a notebook's kernel is running this."""
    if not find_spec("IPython"):
        return False
    shell = import_module("IPython").get_ipython()
    return getattr(shell, "kernel", None) is not None

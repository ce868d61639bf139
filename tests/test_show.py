"""Figures: they show the numbers they were given, look the same everywhere, and leave no trace."""

import base64
import inspect
import io
import math
import textwrap
from functools import cache
from itertools import combinations, pairwise
from types import SimpleNamespace

import matplotlib as mpl
import nbclient
import nbformat
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image
from torch import nn
from torch.distributions import Normal

from ganlib import show
from ganlib.games import GAN, LSGAN, WGAN, WGANGP
from ganlib.show import control, labels, style
from ganlib.show.plane import mesh, reach

P, Q = Normal(0.0, 1.0), Normal(2.0, 1.0)
X = torch.linspace(-4, 6, 201)


def p(x):
    return P.log_prob(x).exp()


def q(x):
    return Q.log_prob(x).exp()


def best(x):
    return p(x) / (p(x) + q(x))


def generated(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def history(metrics=True):
    t = np.linspace(0, 1, 60)
    noise = generated(2, 60).numpy() * 0.05
    return SimpleNamespace(
        rounds=[50 * (i + 1) for i in range(60)],
        losses={"D": list(1.386 - np.exp(-6 * t) + noise[0]), "G": list(0.69 + np.exp(-5 * t) + noise[1])},
        metrics={"modes": [min(8.0, 1 + 12 * s) for s in t]} if metrics else {},
    )


def circle(n):
    angle = torch.linspace(0, 2 * math.pi, n + 1)[:-1]
    return torch.stack([angle.cos(), angle.sin()], 1)


def turning(v):
    return torch.stack([-v[:, 1], v[:, 0]], 1)


RING = circle(8)
REAL = RING.repeat(40, 1) + 0.03 * generated(320, 2, seed=1)
FAKES = 0.5 * generated(300, 2, seed=2)
MOMENTS = [
    show.State("(a)", p, q, lambda x: 0.6 - 0.05 * x, lambda z: Q.icdf(z)),
    show.State("(b)", p, q, best, lambda z: Q.icdf(z)),
    show.State("(c)", p, lambda x: Normal(1.0, 1.0).log_prob(x).exp(), best, lambda z: 1 + P.icdf(z)),
    show.State("(d)", p, p, lambda x: 0.5 + 0 * x, lambda z: P.icdf(z)),
]


def bells(axes, m):
    show.densities(X, p, lambda x: Normal(m, 1.0).log_prob(x).exp(), axes=axes)


EXAMPLES = {
    "curves": lambda: show.curves(history(), references={"2 log 2": 2 * math.log(2)}, targets={"modes": 8}, window=5),
    "curves, losses alone": lambda: show.curves(history(metrics=False), log=True),
    "lines": lambda: show.lines(X, {"a": X**2, "b": torch.cos}, references={"10": 10.0}, marks={"m": 2.0}, xlabel="x"),
    "densities": lambda: show.densities(X, p, q, D=best),
    "densities, smoothed": lambda: show.densities(X, p, show.smooth(generated(200))),
    "four_panel": lambda: show.four_panel(MOMENTS, X, torch.linspace(0.03, 0.97, 13)),
    "cloud": lambda: show.cloud(FAKES, REAL, modes=RING, title="ring"),
    "cloud on a density": lambda: show.cloud(FAKES, log_prob=lambda x: -(x**2).sum(1)),
    "surface": lambda: show.surface(lambda x: x[:, :1], real=REAL, fake=FAKES, link=torch.sigmoid, limits=(0, 1)),
    "field": lambda: show.field(turning, paths={"round": RING}, points={"rest": (0.0, 0.0)}, labels=("θ", "ψ")),
    "grid": lambda: show.grid(generated(16, 1, 8, 8), row_labels=["a", "b"], column_labels="12345678", title="noise"),
    "grid in colour": lambda: show.grid(generated(8, 3, 16, 16)),
    "film in the plane": lambda: show.film(
        [s * RING for s in (0.1, 0.5, 1.0)], [0, 10, 20], real=REAL, history=history()
    ),
    "film on the line": lambda: show.film(
        [generated(99, 1), 1 + generated(99, 1)], [0, 9], real=generated(99, 1, seed=5)
    ),
    "film of images": lambda: show.film(
        [generated(8, 1, 8, 8)] * 2, [0, 9], columns=8, history=history(), title="film"
    ),
    "explore": lambda: show.explore(bells, m=[0.0, 1.0, 2.0, 3.0]),
}
every_example = pytest.mark.parametrize("name", EXAMPLES)


@cache
def drawn(name):
    """An example, its PNG, and whether making them left matplotlib as it was."""
    before = dict(mpl.rcParams)
    figure = EXAMPLES[name]()
    data = show.png(figure)
    return figure, data, dict(mpl.rcParams) == before and plt.get_fignums() == []


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def offsets(axes, label):
    (points,) = (c for c in axes.collections if isinstance(c, PathCollection) and c.get_label() == label)
    return np.asarray(points.get_offsets())


def text_in(axes):
    return [t.get_text() for t in axes.texts]


# What holds of every figure


@every_example
def test_bytes_repeat_hold_no_date_and_no_software_and_are_few(name):
    _, data, _ = drawn(name)
    assert data == show.png(EXAMPLES[name]())
    assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & {data[i : i + 4] for i in range(len(data) - 3)}
    assert 2_000 < len(data) < 60_000


@every_example
def test_global_settings_stay_and_no_window_opens(name):
    assert drawn(name)[2]


@every_example
def test_no_text_is_smaller_than_eight_points_and_nothing_is_cut(name):
    figure, _, _ = drawn(name)
    assert all(text.get_fontsize() >= 8 for text in figure.findobj(Text) if text.get_text())
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, box


@every_example
def test_figures_are_whole_pixels_no_wider_than_the_page(name):
    figure, data, _ = drawn(name)
    width, height = figure.get_size_inches() * figure.dpi
    assert (width, height) == pytest.approx((round(width), round(height)))
    assert width <= style.WIDTH * style.DPI + 1
    assert pixels(data).shape == (round(height), round(width), 3)


def test_a_readers_own_settings_change_nothing():
    """Also not those that matplotlib asks for only while drawing, and also not in a file that the reader saves."""

    def saved():
        figure, (axes,) = show.panels()
        axes.plot([0, 1])
        buffer = io.BytesIO()
        figure.savefig(buffer)
        return pixels(buffer.getvalue())

    _, expected, _ = drawn("curves")
    file = saved()
    with mpl.rc_context({"font.size": 20, "ytick.labelsize": 20, "ytick.color": "red", "figure.dpi": 50}):
        assert show.png(EXAMPLES["curves"]()) == expected
        np.testing.assert_array_equal(saved(), file)


def test_fewer_colours_are_used_only_where_nobody_sees_it():
    figure, (axes,) = show.panels()
    axes.plot([0, 1])
    assert Image.open(io.BytesIO(show.png(figure))).mode == "P"
    noise = show.grid(generated(8, 3, 16, 16))
    assert Image.open(io.BytesIO(show.png(noise))).mode == "RGB"


def test_png_leaves_a_pyplot_figure_with_its_canvas():
    figure = plt.figure()
    canvas = figure.canvas
    assert show.png(figure).startswith(b"\x89PNG")
    assert figure.canvas is canvas
    plt.close(figure)


# Colours

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    t = xyz @ np.clip(rgb, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
def test_real_fake_and_discriminator_are_far_apart_to_every_eye(eye):
    seen = [lab(np.array(EYES[eye]) @ linear(look.colour)) for look in (show.REAL, show.FAKE, show.DISCRIMINATOR)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 30


def test_real_fake_and_discriminator_differ_in_grey_in_dashes_and_in_markers():
    looks = (show.REAL, show.FAKE, show.DISCRIMINATOR)
    assert min(abs(a - b) for a, b in combinations([lab(linear(look.colour))[0] for look in looks], 2)) > 15
    for part in ("line", "marker"):
        assert len({getattr(look, part) for look in looks}) == 3
        assert len({getattr(look, part) for look in show.OTHERS}) == 4


def test_every_line_stands_out_from_white():
    """WCAG 2 asks for a contrast of 3 to 1, of 4.5 for text."""
    for colour, least in [*((look.colour, 3.0) for look in (show.REAL, show.FAKE, show.DISCRIMINATOR, *show.OTHERS)),
                          (style.INK, 4.5), (style.MUTED, 4.5)]:  # fmt: skip
        assert 1.05 / (0.05 + linear(colour) @ [0.2126, 0.7152, 0.0722]) > least, colour


@pytest.mark.parametrize("scale", [style.SHADE, style.TERRITORY])
def test_colour_scales_are_perceptually_even(scale):
    colours = np.array([lab(linear(scale(t)[:3])) for t in np.linspace(0, 1, 33)])
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)
    assert steps.max() < 1.5 * steps.mean()
    assert steps.min() > 0.5 * steps.mean()


def test_scales_are_lightest_where_there_is_nothing_to_say():
    shade = [lab(linear(style.SHADE(t)[:3]))[0] for t in np.linspace(0, 1, 33)]
    assert all(a > b for a, b in pairwise(shade))
    territory = [lab(linear(style.TERRITORY(t)[:3]))[0] for t in np.linspace(0, 1, 33)]
    assert np.argmax(territory) == 16


# Names beside curves


def test_names_that_would_overlap_move_apart_as_little_as_needed():
    assert labels.apart(np.array([0.0, 0.5, 1.0]), 0.2).tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(labels.apart(np.array([0.5, 0.5]), 0.2), [0.4, 0.6])
    np.testing.assert_allclose(labels.apart(np.array([0.5, 0.6, 0.9]), 0.2), [0.45, 0.65, 0.9])
    np.testing.assert_allclose(
        labels.apart(np.array([0.5, 0.5, 0.55, 2.0]), 0.2), np.array([0.95, 1.55, 2.15, 6.0]) / 3
    )


@pytest.mark.parametrize("m", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_names_of_densities_touch_neither_each_other_nor_another_curve(m):
    figure = show.densities(X, p, lambda x: Normal(m, 1.0).log_prob(x).exp(), D=lambda x: 0.5 + 0 * x)
    show.png(figure)
    axes = figure.axes[0]
    assert text_in(axes) == ["data p", "fakes q", "D"]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    for i, box in enumerate(boxes):
        for j, line in enumerate(axes.lines):
            inner = box.padded(-4)  # the letters themselves
            if i != j:
                x, y = axes.transData.transform(line.get_xydata()).T
                assert not ((inner.x0 < x) & (x < inner.x1) & (inner.y0 < y) & (y < inner.y1)).any()


# Figures over one axis


def test_curves_plot_every_record_with_losses_above_metrics():
    record = history()
    figure = show.curves(record, references={"2 log 2": 2 * math.log(2)}, targets={"modes": 8.0})
    losses, modes = figure.axes
    assert [losses.get_title("left"), modes.get_title("left"), modes.get_xlabel()] == ["loss", "modes", "round"]
    for name, line, look in zip("DG", losses.lines, (show.DISCRIMINATOR, show.FAKE)):
        assert line.get_xdata().tolist() == record.rounds
        assert line.get_ydata().tolist() == record.losses[name]
        assert line.get_color() == look.colour
    assert losses.lines[2].get_ydata() == [2 * math.log(2)] * 2
    assert modes.lines[0].get_ydata().tolist() == record.metrics["modes"]
    assert modes.lines[1].get_ydata() == [8.0, 8.0]
    assert sorted(text_in(losses)) == ["2 log 2", "D", "G"]


def test_a_window_draws_the_mean_of_the_last_records():
    record = SimpleNamespace(rounds=[1, 2, 3, 4], losses={"D": [0.0, 2.0, 4.0, 12.0]}, metrics={})
    raw, mean = show.curves(record, window=2).axes[0].lines
    assert raw.get_ydata().tolist() == [0.0, 2.0, 4.0, 12.0]
    assert (mean.get_xdata().tolist(), mean.get_ydata().tolist()) == ([2.0, 3.0, 4.0], [1.0, 3.0, 8.0])


def test_every_player_has_a_look_of_its_own():
    names = ["D", "G", "E", "Q"]
    record = SimpleNamespace(rounds=[1, 2], losses={name: [1.0, 2.0] for name in names}, metrics={})
    lines = show.curves(record).axes[0].lines
    assert len({line.get_color() for line in lines}) == 4


def test_a_loss_that_is_not_a_number_has_no_name_and_breaks_nothing():
    record = SimpleNamespace(rounds=[1, 2], losses={"D": [1.0, math.nan], "G": [1.0, 2.0]}, metrics={})
    figure = show.curves(record)
    show.png(figure)
    assert text_in(figure.axes[0]) == ["G"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no rounds"),
        ({"targets": {"FID": 1.0}}, "no metric 'FID' in this history: it has modes"),
        ({"window": 0}, "positive number of records"),
    ],
)
def test_curves_say_what_is_missing(arguments, message):
    record = history() if arguments else SimpleNamespace(rounds=[], losses={}, metrics={})
    with pytest.raises(ValueError, match=message):
        show.curves(record, **arguments)


def test_lines_take_values_and_functions_and_keep_to_their_limits():
    figure = show.lines(
        X, {"square": X**2, "cosine": torch.cos}, looks={"square": show.REAL}, limits=(-2, 9), references={"four": 4.0},
        marks={"here": 2.0}, xlabel="x", title="t",
    )  # fmt: skip
    axes = figure.axes[0]
    square, cosine, four, here = axes.lines
    np.testing.assert_array_equal(square.get_xydata(), torch.stack([X, X**2], 1))
    np.testing.assert_array_equal(cosine.get_ydata(), X.cos())
    assert (square.get_color(), four.get_ydata()) == (show.REAL.colour, [4.0, 4.0])
    assert here.get_xdata() == [2.0, 2.0]
    assert (axes.get_xlabel(), axes.get_title("left"), axes.get_ylim()) == ("x", "t", (-2.0, 9.0))
    with pytest.raises(ValueError, match="201 places needs as many values"):
        show.lines(X, {"short": X[:5]})


def test_densities_draw_p_q_and_d_in_their_colours():
    axes = show.densities(X, p, q(X), D=best, names=("a", "b", "c"), limits=(0, 2)).axes[0]
    for line, curve, look in zip(axes.lines, (p, q, best), (show.REAL, show.FAKE, show.DISCRIMINATOR), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve(X))
        assert line.get_color() == look.colour
    assert (len(axes.collections), axes.get_ylim()) == (2, (0.0, 2.0))


def test_smooth_is_a_density_and_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    samples = generated(400).double()
    x = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    assert float(torch.trapezoid(show.smooth(samples)(x), x)) == pytest.approx(1.0, abs=1e-6)
    width = 0.3
    theirs = stats.gaussian_kde(samples.numpy(), bw_method=width / float(samples.std()))(x.numpy())
    np.testing.assert_allclose(show.smooth(samples[:, None], width)(x[:, None]), theirs, rtol=1e-9, atol=1e-12)
    spread = min(samples.std().item(), stats.iqr(samples.numpy()) / 1.34)
    theirs = stats.gaussian_kde(samples.numpy(), bw_method=0.9 * spread * 400**-0.2 / float(samples.std()))(x.numpy())
    np.testing.assert_allclose(show.smooth(samples)(x), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (5, 2)])
def test_smooth_refuses_what_is_not_on_the_line(shape):
    with pytest.raises(ValueError, match="at least two samples on the line"):
        show.smooth(torch.zeros(shape))


def test_four_panel_draws_each_state_and_sends_each_z_where_g_does():
    z = torch.linspace(0.05, 0.95, 7)
    figure = show.four_panel(MOMENTS, X, z)
    assert [axes.get_title("left") for axes in figure.axes[::2]] == ["(a)", "(b)", "(c)", "(d)"]
    for state, top, bottom in zip(MOMENTS, figure.axes[::2], figure.axes[1::2], strict=True):
        for line, curve in zip(top.lines, (state.p, state.q, state.D), strict=True):
            np.testing.assert_allclose(line.get_ydata(), curve(X), rtol=1e-6)
        heads = [text.xy[0] for text in bottom.texts if hasattr(text, "xy")]
        np.testing.assert_allclose(heads, state.G(z), rtol=1e-6)
        tails = np.array([text.xyann for text in bottom.texts if hasattr(text, "xyann")])
        assert np.ptp(np.diff(tails[:, 0])) < 1e-4  # equally far apart, as the z are
        assert top.get_xlim() == bottom.get_xlim() == (-4.0, 6.0)
    with pytest.raises(ValueError, match="at least one state"):
        show.four_panel([], X, z)


# Figures on the plane


def test_cloud_draws_the_points_it_was_given_and_names_them():
    axes = show.cloud(FAKES, REAL.double(), modes=RING).axes[0]
    for label, points in (("fake", FAKES), ("real", REAL), ("mode", RING)):
        np.testing.assert_allclose(offsets(axes, label), points, rtol=1e-6)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["real", "fake", "mode"]
    assert axes.get_aspect() == 1.0
    assert show.cloud(FAKES).axes[0].get_legend() is None
    assert show.cloud(FAKES, REAL, legend=False).axes[0].get_legend() is None


def test_marks_are_smaller_in_smaller_panels():
    def areas(axes):
        return [c.get_sizes()[0] for c in axes.collections if isinstance(c, PathCollection)]

    _, panels = show.panels(6, columns=3, height=1.5)
    show.cloud(FAKES, modes=RING, axes=panels[0])
    for large, small in zip(areas(show.cloud(FAKES, modes=RING).axes[0]), areas(panels[0]), strict=True):
        assert 0.3 * large < small < 0.6 * large


def test_cloud_shades_the_density_and_asks_for_log_probabilities():
    asked = []

    def log_prob(x):
        asked.append(x)
        return -(x**2).sum(1) / 2

    figure = show.cloud(log_prob=log_prob, extent=(-2, 2, -1, 1))
    (points,) = asked
    assert (points[0].tolist(), points[-1].tolist(), len(points)) == ([-2.0, -1.0], [2.0, 1.0], 160 * 80)
    shade = pixels(show.png(figure))
    box = figure.axes[0].get_window_extent()
    column = shade[shade.shape[0] - int(box.y0) - int(box.height / 2), :, 0].astype(int)
    left, middle = column[int(box.x0) + 5], column[int((box.x0 + box.x1) / 2)]
    assert middle < left - 100


def test_the_window_shows_all_real_points_and_leaves_far_fakes_outside():
    fakes = torch.cat([FAKES, torch.tensor([[1e6, -1e6]])])
    left, right, bottom, top = reach(fakes, REAL, None)
    assert left < REAL[:, 0].min()
    assert right > REAL[:, 0].max()
    assert bottom < REAL[:, 1].min()
    assert REAL[:, 1].max() < top < 3
    assert reach(torch.full((5, 2), math.nan), REAL) == reach(None, REAL)
    with pytest.raises(ValueError, match="give points, or an extent"):
        reach(None)
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        show.cloud(torch.zeros(3))


def test_mesh_runs_row_by_row_from_the_bottom():
    points, shape = mesh((0.0, 4.0, 0.0, 2.0), 4)
    assert shape == (2, 4)
    assert points[[0, 3, 4, 7]].tolist() == [[0, 0], [4, 0], [0, 2], [4, 2]]
    points, _ = mesh((0.0, 4.0, 0.0, 2.0), 4, inset=True)
    assert points[[0, 3, 4]].tolist() == [[0.5, 0.5], [3.5, 0.5], [0.5, 1.5]]


def test_surface_puts_the_bold_line_where_d_wavers():
    """D says real to the right of x = 0.3: the line is upright there, blue lies on the right and orange on the left."""
    figure = show.surface(lambda x: x[:, :1] - 0.3, link=torch.sigmoid, extent=(-1, 1, -1, 1))
    axes, bar = figure.axes
    (bold,) = (c for c in axes.collections if np.allclose(c.get_linewidth(), 1.6))
    np.testing.assert_allclose(np.concatenate([path.vertices for path in bold.get_paths()])[:, 0], 0.3, atol=1e-6)
    image = pixels(show.png(figure)).astype(int)
    box = axes.get_window_extent()
    row = image[image.shape[0] // 2]
    west, east = row[int(box.x0) + 8], row[int(box.x1) - 8]
    assert west[0] > west[2] + 30
    assert east[2] > east[0] + 30
    span = 1 / (1 + math.exp(-1.3)) - 0.5
    span = max(span, 0.5 - 1 / (1 + math.exp(1.3)))
    assert [text.get_text() for text in bar.get_yticklabels()] == [f"{v:.4g}" for v in (0.5 - span, 0.5, 0.5 + span)]
    assert bar.get_title() == "D(x)"


def test_surface_keeps_to_its_limits_and_draws_no_line_without_doubt():
    figure = show.surface(lambda x: x[:, :1] + 5, limits=(-2, 2), extent=(-1, 1, -1, 1), label="critic")
    axes, bar = figure.axes
    assert not [c for c in axes.collections if np.allclose(c.get_linewidth(), 1.6)]
    assert [text.get_text() for text in bar.get_yticklabels()] == ["−2", "0", "2"]
    assert bar.get_title() == "critic"


def test_a_network_is_asked_in_evaluation_mode_and_left_as_it_was():
    network = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first, second = (show.png(show.surface(network, extent=(-1, 1, -1, 1))) for _ in range(2))
    assert first == second  # no dropout
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert [module.training for module in network] == [True, False, True, True]
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_field_arrows_follow_the_vectors_with_length_to_the_power(power):
    figure = show.field(turning, extent=(-1, 1, -1, 1), side=5, power=power)
    (quiver,) = (c for c in figure.axes[0].collections if hasattr(c, "U"))
    x, y = np.asarray(quiver.X), np.asarray(quiver.Y)
    expected = np.hypot(x, y) / np.hypot(x, y).max()
    length = np.hypot(quiver.U, quiver.V)
    at_rest = expected < 1e-6
    assert at_rest.sum() == 1
    np.testing.assert_allclose(length[~at_rest] / length.max(), expected[~at_rest] ** power, rtol=1e-5)
    assert length[at_rest] == 0
    np.testing.assert_allclose(np.asarray(quiver.U) * x + np.asarray(quiver.V) * y, 0, atol=1e-7)
    assert (np.asarray(quiver.V) * x >= 0).all()


def test_field_takes_gradients_and_draws_paths_and_points():
    def slope(x):
        x = x.requires_grad_()
        return torch.autograd.grad((x**2).sum(), x)[0]

    path = torch.tensor([[1.0, 1.0], [0.5, 0.2], [0.1, 0.0]])
    figure = show.field(slope, paths={"down": path}, points={"rest": (0.0, 0.0)}, fake=FAKES, labels=("a", "b"), side=4)
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), path, rtol=1e-6)
    assert sorted(text for text in text_in(axes) if text) == ["down", "rest"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    np.testing.assert_allclose(offsets(axes, "fake"), FAKES, rtol=1e-6)


# Images


def test_grid_shows_every_pixel_exactly_and_nothing_between_images_but_white():
    images = torch.linspace(-1, 1, 3 * 16).reshape(3, 1, 4, 4)
    figure = show.grid(images, columns=2)
    image = pixels(show.png(figure))
    (axes,) = figure.axes
    box = axes.get_window_extent()
    left, top = round(box.x0), round(image.shape[0] - box.y1)
    scale = round(box.width / 9)  # two images of four pixels and one between
    assert box.width == pytest.approx(9 * scale)
    sheet = image[top : top + 9 * scale, left : left + 9 * scale].reshape(9, scale, 9, scale, 3)
    assert (sheet == sheet[:, :1, :, :1]).all()  # whole screen pixels
    sheet = sheet[:, 0, :, 0, 0]
    grey = np.rint((images.numpy() + 1) * 127.5)[:, 0]
    for i, (row, column) in enumerate([(0, 0), (0, 5), (5, 0)]):
        np.testing.assert_array_equal(sheet[row : row + 4, column : column + 4], grey[i])
    assert (sheet[4] == 255).all()
    assert (sheet[5:, 5:] == 255).all()


def test_grid_keeps_colours_in_order_and_clips_what_is_out_of_range():
    red = torch.full((1, 3, 2, 2), -3.0)
    red[:, 0] = 7.0
    (axes,) = show.grid(red).axes
    assert (axes.images[0].get_array() == [255, 0, 0]).all()


def test_grid_writes_its_labels_beside_rows_and_above_columns():
    figure = show.grid(torch.zeros(4, 1, 8, 8), columns=2, row_labels=["real", "fake"], column_labels=["a", "b"])
    show.png(figure)
    (axes,) = figure.axes
    box = axes.get_window_extent()
    places = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert places["real"].y0 > places["fake"].y1
    assert places["real"].x0 >= 0
    assert places["real"].x1 < box.x0
    assert places["a"].x1 < places["b"].x0
    assert places["a"].y0 > box.y1


@pytest.mark.parametrize(
    ("images", "arguments", "message"),
    [
        (torch.zeros(2, 8, 8), {}, r"got \(2, 8, 8\)"),
        (torch.zeros(2, 2, 8, 8), {}, r"got \(2, 2, 8, 8\)"),
        (torch.zeros(2, 1, 8, 8), {"columns": 0}, "at least one column"),
        (torch.zeros(2, 1, 8, 8), {"row_labels": ["a", "b"]}, "1 rows and 2 columns of images, but 2 and 0 labels"),
        (torch.full((1, 1, 2, 2), math.nan), {}, "not a number"),
    ],
)
def test_grid_says_what_is_wrong_with_the_images(images, arguments, message):
    with pytest.raises(ValueError, match=message):
        show.grid(images, **arguments)


def test_one_figure_can_hold_several_pictures():
    figure, (left, right, below) = show.panels(3)
    assert show.grid(torch.zeros(4, 1, 8, 8), columns=2, title="zeros", axes=left) is figure
    assert show.cloud(FAKES, axes=right) is figure
    assert show.densities(X, p, axes=below) is figure
    assert figure.axes == [left, right, below]
    with pytest.raises(ValueError, match="at least one panel"):
        show.panels(0)


# Films


def test_a_film_in_the_plane_shows_each_frame_with_its_round_and_the_losses_below():
    frames = [s * RING for s in (0.2, 0.6, 1.0)]
    figure = show.film(frames, [0, 10, 20], real=REAL, columns=2, history=history(), title="ring")
    *panels, losses = figure.axes
    assert [axes.get_title("left") for axes in panels] == ["round 0", "10", "20"]
    for axes, frame in zip(panels, frames, strict=True):
        np.testing.assert_allclose(offsets(axes, "fake"), frame, rtol=1e-6)
        np.testing.assert_allclose(offsets(axes, "real"), REAL, rtol=1e-6)
    assert list(losses.lines[0].get_ydata()) == history().losses["D"]
    assert [line.get_xdata()[0] for line in losses.lines[2:]] == [0, 10, 20]


def test_all_frames_of_a_film_have_one_scale():
    panels = show.film([0.2 * RING, RING], [0, 10]).axes
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1


def test_a_film_of_images_has_a_row_a_round():
    frames = [torch.full((9, 1, 8, 8), value) for value in (-1.0, 1.0)]
    figure = show.film(frames, [0, 500], columns=4)
    (axes,) = figure.axes
    sheet = np.asarray(axes.images[0].get_array())
    assert sheet.shape == (17, 35, 3)
    assert (sheet[:8, :8] == 0).all()
    assert (sheet[9:] == 255).all()
    assert text_in(axes) == ["round 0", "500"]


def test_a_film_on_the_line_draws_densities():
    frames = [generated(99, 1), 1 + generated(99, 1)]
    figure = show.film(frames, [0, 9], real=generated(50, 1))
    for axes, frame in zip(figure.axes, frames, strict=True):
        data, fakes = axes.lines
        x = torch.as_tensor(fakes.get_xdata())
        np.testing.assert_allclose(fakes.get_ydata(), show.smooth(frame)(x))
        np.testing.assert_allclose(data.get_ydata(), show.smooth(generated(50, 1))(x))


def test_a_film_needs_a_round_for_each_frame():
    with pytest.raises(ValueError, match="got 1 frames and 2 rounds"):
        show.film([RING], [0, 1])
    with pytest.raises(ValueError, match=r"got \(8, 3\)"):
        show.film([torch.zeros(8, 3)], [0])


# Classes as figures


class Cake:
    """Flour and eggs.

    Parameters
    ----------
    eggs : int
        How many.
    """

    flour = 100
    sugar: int = 50
    pan: str

    def __init__(self, eggs):
        self.eggs = eggs

    def bake(self, minutes):
        """A docstring that is left out."""
        self.heat(180)
        self.wait(minutes)

    def eat(self):
        return "good"

    def _secret(self):
        pass


class Tart(Cake):
    """Anybody 1999, eq. 1.

    From Cake: less flour, fruit, and a cooler oven because the fruit would burn and because this line is long enough
    to wrap.

    Parameters
    ----------
    eggs : int
        How many.
    """

    flour = 60
    fruit = "plum"

    def __init__(self, eggs):
        super().__init__(eggs)
        self.glaze = True

    # Fruit burns.
    def bake(self, minutes):
        """Another docstring."""
        self.heat(160)
        self.wait(minutes)

    @property
    def weight(self):
        return self.flour


class Slice(Tart):
    flour, fruit = 30, "fig"

    def eat(self):
        return "gone"


def printed(capsys, function, *arguments, **options):
    assert function(*arguments, **options) is None
    return capsys.readouterr().out


def test_diff_prints_what_a_child_changes(capsys):
    expected = '''\
      class Tart(Cake):
          """Anybody 1999, eq. 1.

          From Cake: less flour, fruit, and a cooler oven because the fruit would
          burn and because this line is long enough to wrap.
          """

    -     flour = 100
    +     flour = 60
    +     fruit = "plum"

    +     def __init__(self, eggs):
    +         super().__init__(eggs)
    +         self.glaze = True

    +     # Fruit burns.
          def bake(self, minutes):
    -         self.heat(180)
    +         self.heat(160)
              self.wait(minutes)

    +     @property
    +     def weight(self):
    +         return self.flour

          inherits from Cake: sugar, eat
    '''
    assert printed(capsys, show.diff, Cake, Tart) == textwrap.dedent(expected)


def test_diff_finds_what_the_parent_itself_inherited(capsys):
    expected = """\
      class Slice(Tart):

    -     flour = 60
    -     fruit = "plum"
    +     flour, fruit = 30, "fig"

          def eat(self):
    -         return "good"
    +         return "gone"

          inherits from Tart: __init__, bake, weight
          inherits from Cake: sugar
    """
    assert printed(capsys, show.diff, Tart, Slice) == textwrap.dedent(expected)


def test_diff_shows_one_step_at_a_time():
    with pytest.raises(ValueError, match="Slice extends Tart, not Cake, so compare it with Tart"):
        show.diff(Cake, Slice)


@pytest.mark.parametrize("game", [LSGAN, WGAN, WGANGP])
def test_diff_of_a_game_repeats_its_body_and_takes_from_gan(capsys, game):
    """Every line with a plus is in the child's file, all of its body is there, and a line with a minus is in GAN's."""
    lines = printed(capsys, show.diff, GAN, game).splitlines()
    assert lines[0] == f"  class {game.__name__}(GAN):"
    assert max(map(len, lines)) <= 122
    ours, theirs = inspect.getsource(game), inspect.getsource(GAN)
    assert all(line[2:] in ours for line in lines if line.startswith("+"))
    assert all(line[2:] in theirs for line in lines if line.startswith("-"))
    body = ours.split('"""')[2]
    assert [line[2:] for line in lines if line.startswith("+")] == [line for line in body.splitlines() if line.strip()]


def test_source_prints_the_code_as_it_stands_or_without_docstrings(capsys):
    assert printed(capsys, show.source, p) == "def p(x):\n    return P.log_prob(x).exp()\n"
    assert "A docstring that is left out" in printed(capsys, show.source, Cake.bake)
    expected = "def bake(self, minutes):\n    self.heat(180)\n    self.wait(minutes)\n"
    assert printed(capsys, show.source, Cake.bake, docstrings=False) == expected
    bare = printed(capsys, show.source, Cake, docstrings=False)
    assert bare.startswith("class Cake:\n    flour = 100\n")
    compile(bare, "bare", "exec")
    with pytest.raises(ValueError, match="no Python source for len"):
        show.source(len)


def test_a_function_that_is_only_a_docstring_keeps_a_body(capsys):
    def hook():
        """Nothing yet."""

    assert printed(capsys, show.source, hook, docstrings=False) == "def hook():\n    ...\n"


# Controls


def test_explore_draws_a_panel_for_each_value():
    figure = show.explore(bells, m=[0.0, 1.0, 2.5])
    assert [axes.get_title("left") for axes in figure.axes] == ["m = 0", "m = 1", "m = 2.5"]
    for axes, m in zip(figure.axes, (0.0, 1.0, 2.5), strict=True):
        np.testing.assert_allclose(axes.lines[1].get_ydata(), Normal(m, 1.0).log_prob(X).exp())


@pytest.mark.parametrize(
    ("value", "text"),
    [(20000, "20000"), (-2.0, "−2"), (0.1 + 0.2, "0.3"), (2.71828, "2.718"), (1e-5, "1e−05"), (3e7, "3e+07")],
)
def test_numbers_are_written_as_a_person_would(value, text):
    assert style.plain(value) == text


def test_explore_draws_a_panel_for_each_pair():
    seen = []
    figure = show.explore(lambda axes, a, b: seen.append((a, b)), a=[1, 2], b=[-0.5, 0.5, 1.5], columns=3)
    assert seen == [(1, -0.5), (1, 0.5), (1, 1.5), (2, -0.5), (2, 0.5), (2, 1.5)]
    assert figure.axes[3].get_title("left") == "a = 2, b = −0.5"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "one or two numbers, got 0"),
        ({"a": [1, 2], "b": [1, 2], "c": [1, 2]}, "one or two numbers, got 3"),
        ({"a": [1]}, r"increasing values for a, got \[1\]"),
        ({"a": [2, 1]}, r"increasing values for a, got \[2, 1\]"),
    ],
)
def test_explore_refuses_mazes_and_disorder(values, message):
    with pytest.raises(ValueError, match=message):
        show.explore(bells, **values)


def test_moving_a_slider_redraws_the_picture():
    view = control.control(lambda axes, k, m: axes.plot([0, k], [0, m]), k=[1, 4], m=[0.0, 1.0, 2.5])
    whole, smooth, picture = view.children
    assert [type(child).__name__ for child in view.children] == ["IntSlider", "FloatSlider", "Image"]
    assert (whole.value, whole.min, whole.max, smooth.min, smooth.max) == (1, 1, 4, 0.0, 2.5)
    first = picture.value
    smooth.value = 2.0
    second = picture.value
    assert first != second
    whole.value = 3
    figure, (axes,) = show.panels(height=3.2)
    with mpl.rc_context(style._SETTINGS):
        axes.plot([0, 3], [0, 2.0])
        axes.set_title("k = 3, m = 2")
    np.testing.assert_array_equal(pixels(picture.value), pixels(show.png(figure)))
    whole.value, smooth.value = 1, 0.0
    assert picture.value == first


def test_without_ipywidgets_there_is_still_the_figure(monkeypatch):
    monkeypatch.setattr(control, "_kernel", lambda: True)
    monkeypatch.setattr(control, "find_spec", lambda name: None)
    monkeypatch.setattr(control, "control", lambda draw, **values: pytest.fail("there is nothing to make a slider of"))
    assert len(show.explore(bells, m=[0.0, 1.0]).axes) == 2


# In a notebook

CELLS = [
    "import ganlib\nfrom ganlib import show\ndevice = ganlib.setup(seed=3)",
    "show.lines([0.0, 1.0, 2.0], {'a': [0.0, 1.0, 4.0]})",
    "show.explore(lambda axes, m: axes.plot([0, m]), m=[1, 2])",
    "import matplotlib.pyplot as plt\n_ = plt.plot([0, 1])",
    "show.lines([0.0, 1.0, 2.0], {'a': [0.0, 1.0, 4.0]})",
    "class Plain(ganlib.games.GAN):\n    turns = ('G', 'D')\nshow.diff(ganlib.games.GAN, Plain)",
    "class Plain(ganlib.games.GAN):\n    def fake(self, n):\n        return n\nshow.source(Plain)",
    "import torch\nprint(device, torch.initial_seed(), plt.get_fignums(), plt.rcParams['font.size'] == 10)",
    "ganlib.versions()",
]


@pytest.fixture(scope="module")
def notebook():
    """The outputs of the cells, run by a real kernel."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(book, kernel_name="python3", timeout=120).execute()
    return [cell.outputs for cell in book.cells]


def test_a_figure_is_shown_once_and_alike_before_and_after_pyplot(notebook):
    assert notebook[0] == []
    (first,), (second,) = notebook[1], notebook[4]
    assert first.data["text/plain"] == second.data["text/plain"] == "<Figure size 840x450 with 1 Axes>"
    expected = show.png(show.lines([0.0, 1.0, 2.0], {"a": [0.0, 1.0, 4.0]}))
    assert base64.b64decode(first.data["image/png"]) == base64.b64decode(second.data["image/png"]) == expected


def test_explore_emits_the_control_and_then_the_figure_that_says_the_same(notebook):
    live, still = notebook[2]
    assert list(live.data) == ["application/vnd.jupyter.widget-view+json"]  # nothing that differs between versions
    assert still.data["text/plain"] == "<Figure size 840x315 with 2 Axes>"
    assert "image/png" in still.data


def test_pyplots_own_figures_carry_no_software_name(notebook):
    (shown,) = notebook[3]
    data = base64.b64decode(shown.data["image/png"])
    assert data.startswith(b"\x89PNG")
    assert b"Software" not in data


def test_classes_of_a_notebook_have_a_source_and_a_diff(notebook):
    (difference,), (text,) = notebook[5], notebook[6]
    assert "+     turns = ('G', 'D')\n" in difference.text
    assert text.text == "class Plain(ganlib.games.GAN):\n    def fake(self, n):\n        return n\n"


def test_setup_seeds_and_versions_tell(notebook):
    assert notebook[7][0].text.split(" ")[1:3] == ["3", "[]"]
    assert notebook[7][0].text.endswith("True\n")
    assert [line.split()[0] for line in notebook[8][0].text.splitlines()] == [
        "Python", "ganlib", "torch", "numpy", "matplotlib", "device",
    ]  # fmt: skip


def test_setup_outside_a_notebook_seeds_and_refuses_strange_devices(capsys):
    assert show.setup(7, "cpu") == torch.device("cpu")
    first = torch.rand(3)
    show.setup(7, "cpu")
    assert torch.equal(torch.rand(3), first)
    with pytest.raises(ValueError, match="no device 'abacus'"):
        show.setup(0, "abacus")
    assert capsys.readouterr().out == ""

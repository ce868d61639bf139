"""Pen strokes against closed forms: what they are made of, and that it can be read back."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from torch.utils._python_dispatch import TorchDispatchMode

from ganlib import data
from ganlib.data import Strokes, strokes


def number(*values):
    return torch.tensor(values)


def test_a_circle_without_slant_or_tempo_is_a_circle_under_an_arch_of_pressure():
    x = strokes(6, 101).render(number(0), number([0.0, 0.0]))[0].double().numpy()
    time = np.linspace(0, 1, 101)
    np.testing.assert_allclose(x[0], np.sin(2 * np.pi * time), atol=1e-4)
    np.testing.assert_allclose(x[1], np.cos(2 * np.pi * time), atol=1e-4)
    np.testing.assert_allclose(x[2], 2 * np.sin(np.pi * time) - 1, atol=1e-4)


@pytest.mark.parametrize("slant", [-0.6, 0.3])
def test_slant_shears_the_picture_and_leaves_its_timing(slant):
    source = strokes(10, 50)
    kind = torch.arange(10)
    upright = source.render(kind, torch.tensor([0.0, 0.4]).expand(10, 2))
    slanted = source.render(kind, torch.tensor([slant, 0.4]).expand(10, 2))
    torch.testing.assert_close(slanted[:, 0], upright[:, 0] + slant * upright[:, 1])
    torch.testing.assert_close(slanted[:, 1:], upright[:, 1:], rtol=0, atol=0)


@pytest.mark.parametrize("tempo", [-0.6, 0.5])
def test_tempo_changes_the_timing_and_leaves_the_picture(tempo):
    """The same points in the same order, met at other times."""
    x = strokes(6, 101).render(number(0), number([0.0, tempo]))[0].double()
    time = torch.linspace(0, 1, 101, dtype=torch.float64)
    angle = 2 * math.pi * (time + tempo * time * (1 - time))
    torch.testing.assert_close(x[0], angle.sin(), atol=1e-4, rtol=0)
    torch.testing.assert_close(x[:2].norm(dim=0), torch.ones(101, dtype=torch.float64), atol=1e-4, rtol=0)
    speed = (x[:2, 1:] - x[:2, :-1]).norm(dim=0)
    assert (speed[0] > speed[-1]) == (tempo > 0)
    assert (angle[1:] > angle[:-1]).all()


def test_factors_are_uniform_classes_equally_likely_and_all_independent():
    torch.manual_seed(0)
    _, kind, values = strokes(6, 32, slant=0.5, tempo=0.8).known(20_000)
    for column, limit in enumerate((0.5, 0.8)):
        assert kstest(values[:, column].numpy(), "uniform", (-limit, 2 * limit)).pvalue > 1e-3
    assert (torch.bincount(kind, minlength=6) - 20_000 / 6).abs().max() < 5 * math.sqrt(20_000 / 6)
    table = torch.corrcoef(torch.cat([kind[:, None].float(), values], 1).T) - torch.eye(3)
    assert table.abs().max() < 5 / math.sqrt(20_000)


def test_tremor_has_its_standard_deviation_at_every_time_and_is_smooth():
    torch.manual_seed(0)
    source = strokes(6, 64, tremor=0.1)
    x, kind, values = source.known(20_000)
    tremor = x - source.render(kind, values)
    torch.testing.assert_close(tremor.std(0), torch.full((3, 64), 0.1), atol=0.003, rtol=0)
    assert (tremor[..., 1:] - tremor[..., :-1]).std() < 0.03  # white noise: 0.14
    assert tremor.flatten(1).mean(0).abs().max() < 0.004


def test_asking_for_the_factors_changes_nothing():
    source = strokes()
    torch.manual_seed(3)
    x = source(10)
    torch.manual_seed(3)
    assert torch.equal(x, source.known(10)[0])
    assert x.shape == (10, *source.shape) == (10, 3, 64)
    assert len(source) == len(source.names) == 6


@pytest.mark.parametrize("classes", [6, 10])
def test_what_was_drawn_is_read_back(classes):
    torch.manual_seed(0)
    source = strokes(classes, 64, tremor=0.0)
    x, kind, values = source.known(500)
    found, read, left = source.read(x, steps=181)
    assert torch.equal(found, kind)
    assert (read - values).abs().max() < 0.03  # a tempo between the steps, and what a slant makes up for
    assert left.max() < 0.02


def test_tremor_is_what_reading_leaves_and_the_ceiling_the_chapter_gives():
    torch.manual_seed(0)
    source = strokes(6, 48)
    x, kind, values = source.known(4000)
    found, read, left = source.read(x)
    assert found.eq(kind).float().mean() > 0.999
    assert left.mean() == pytest.approx(0.0485, abs=0.001)
    for i, ceiling in enumerate((0.99, 0.995)):
        assert torch.corrcoef(torch.stack([values[:, i], read[:, i]]))[0, 1] ** 2 == pytest.approx(ceiling, abs=0.003)


def test_reading_is_the_nearest_stroke_of_a_fine_grid():
    """By brute force: every class, tempo and slant tried."""
    torch.manual_seed(0)
    source = strokes(3, 20, tremor=0.3)
    x = source(5)
    slants, tempos = torch.linspace(-2, 2, 801), torch.linspace(-0.9, 0.9, 7)
    grid = torch.cartesian_prod(slants, tempos).repeat(3, 1)
    kinds = torch.arange(3).repeat_interleave(len(slants) * len(tempos))
    apart = (x[:, None] - source.render(kinds, grid)[None]).flatten(2).norm(dim=2)
    error, best = apart.min(1)
    kind, values, left = source.read(x, steps=7)
    assert torch.equal(kind, kinds[best])
    torch.testing.assert_close(values[:, 1], grid[best][:, 1])
    torch.testing.assert_close(values[:, 0], grid[best][:, 0], atol=0.003, rtol=0)
    torch.testing.assert_close(left, error / math.sqrt(60), atol=1e-3, rtol=0)


class Guard(TorchDispatchMode):
    """Refuses what waits for a GPU."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert function not in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        return function(*args, **(kwargs or {}))


def test_strokes_are_born_on_the_device_and_nothing_is_read_back():
    source = strokes()
    with Guard():
        source.known(8)
    assert strokes().to("meta")(5).device.type == "meta"  # where tensors have no values, so reading one back raises
    assert strokes().double()(5).dtype == torch.float64


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: strokes(11), "there are 10 shapes, not 11"),
        (lambda: strokes(length=1), "a sequence has a length of 2 or more"),
        (lambda: strokes(tempo=1.0), "tempo must be below 1, or the pen turns back"),
        (lambda: strokes(slant=0.0), "slant must be a finite number above zero"),
        (lambda: strokes(tremor=-0.1), "tremor is a standard deviation, 0 or more"),
        (lambda: Strokes(torch.zeros(2, 2, 9), "ab"), r"shapes are paths of x, y and pressure, \(K, 3, M\)"),
        (lambda: Strokes(torch.full((2, 3, 9), math.nan), "ab"), "shapes must be finite"),
        (lambda: Strokes(torch.zeros(2, 3, 9), "abc"), "2 shapes need as many names, not 3"),
        (lambda: strokes().read(torch.zeros(4, 3, 63)), r"expected sequences of shape \(B, 3, 64\)"),
    ],
)
def test_a_wrong_argument_is_answered_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_source_of_your_own_shapes():
    line = torch.stack([torch.linspace(-1, 1, 9), torch.zeros(9), torch.ones(9)])[None]
    source = data.Strokes(line, ["dash"], length=5, tremor=0.0)
    torch.testing.assert_close(
        source.render(number(0), number([0.2, 0.0]))[0, 0], torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])
    )

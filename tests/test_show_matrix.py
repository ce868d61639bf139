"""A table drawn as shades."""

import pytest
import torch

from ganlib import show


def test_a_matrix_shows_each_number_in_its_place_the_larger_the_darker():
    figure = show.matrix(
        torch.tensor([[0.0, 0.5, 1.0], [0.25, 2.0, -1.0]]), rows="i", columns="j", row_names=["a", "b"]
    )
    (axes,) = figure.axes
    written = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert written == {(0, 0): "0.00", (0, 1): "0.50", (0, 2): "1.00", (1, 0): "0.25", (1, 1): "2.00", (1, 2): "-1.00"}
    (shades,) = axes.images
    colours = shades.to_rgba(shades.get_array())[..., :3].sum(-1)
    assert colours[0, 0] > colours[1, 0] > colours[0, 1] > colours[0, 2]
    assert colours[1, 1] == colours[0, 2]
    assert colours[1, 2] == colours[0, 0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("values", "names", "sentence"),
    [
        (torch.zeros(3), [], r"rows and columns, got numbers of shape \(3,\)"),
        (torch.zeros(2, 2), ["a"], "that many names"),
    ],
)
def test_what_is_no_matrix_is_refused(values, names, sentence):
    with pytest.raises(ValueError, match=sentence):
        show.matrix(values, row_names=names)

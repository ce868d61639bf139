"""Patches of pictures: every place, every picture, nothing else; and the photographs against Pillow and SciPy."""

import socket

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from ganlib import data


def numbered(pictures=2, height=4, width=5):
    """Pictures in which every pixel has a value of its own."""
    count = pictures * height * width
    return torch.linspace(-1, 1, count).reshape(pictures, 1, height, width)


def test_every_patch_is_drawn_and_equally_often():
    x = numbered()
    source = data.Patches(x, 3)
    assert len(source) == 2 * 2 * 3
    expected = {
        x[i, :, t : t + 3, left : left + 3].flatten().tolist()[0]
        for i in range(2)
        for t in range(2)
        for left in range(3)
    }
    torch.manual_seed(0)
    batch = source(12_000)
    assert batch.shape == (12_000, 1, 3, 3)
    corners, counts = batch[:, 0, 0, 0].unique(return_counts=True)
    assert set(corners.tolist()) == expected
    assert (counts - 1000).abs().max() < 5 * np.sqrt(1000)


def test_a_patch_is_a_piece_of_a_picture_in_all_its_channels():
    x = torch.rand(2, 3, 7, 9) * 2 - 1
    torch.manual_seed(0)
    for patch in data.Patches(x, 5)(20):
        places = [(i, t, w) for i in range(2) for t in range(3) for w in range(5)]
        assert sum(torch.equal(patch, x[i, :, t : t + 5, w : w + 5]) for i, t, w in places) == 1


def test_a_patch_may_be_the_whole_picture():
    x = numbered(1, 4, 4)
    assert torch.equal(data.Patches(x, 4)(2), x.expand(2, -1, -1, -1))


def test_a_source_of_patches_moves_as_a_whole_and_is_no_part_of_a_model():
    source = data.Patches(numbered(), 2)
    assert source.state_dict() == {}
    assert source.to("meta").x.device.type == "meta"
    assert str(source) == "Patches(24 patches of 2 x 2 from 2 pictures)"


@pytest.mark.parametrize(
    ("x", "size", "message"),
    [
        (numbered(), 5, "a patch of 5 x 5 pixels does not fit into pictures of 4 x 5: take larger pictures"),
        (numbered(), 0, "size must be a whole number, 1 or more, not 0"),
        (numbered()[0], 2, "images must be floats of shape"),
        (2 * numbered(), 2, r"pixels must lie in \[-1, 1\]"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(x, size, message):
    with pytest.raises(ValueError, match=message):
        data.Patches(x, size)


def test_photographs_are_the_four_of_scikit_image_and_need_no_network(monkeypatch):
    def refuse(*_):
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    pictures = data.photographs()
    assert pictures.x.shape == (4, 3, 300, 450)
    assert pictures.classes == ("astronaut", "cat", "coffee", "rocket")
    assert pictures.y.tolist() == [0, 1, 2, 3]
    # The cat is 300 x 451 pixels: nothing to resize, and half a column to cut on either side.
    cat = skimage.data.chelsea().astype(float)
    between = (cat[:, :-1] + cat[:, 1:]) / 2
    ours = (pictures.x[1].permute(1, 2, 0).double().numpy() + 1) * 127.5
    assert abs(ours - between).mean() < 1.5  # Lanczos, not the straight line between two pixels


def test_photographs_are_shrunk_by_a_filter_that_averages():
    """Against Pillow on the file's own middle; a picture shrunk without averaging would be far rougher."""
    small = data.photographs((100, 150))
    assert small.x.shape == (4, 3, 100, 150)
    coffee = Image.fromarray(skimage.data.coffee())  # 400 x 600, the wanted proportions
    means = np.asarray(coffee.resize((150, 100), Image.Resampling.BOX), dtype=float)
    ours = (small.x[2].permute(1, 2, 0).double().numpy() + 1) * 127.5
    assert abs(ours - means).mean() < 2
    assert abs(np.asarray(coffee, dtype=float)[::4, ::4] - means).mean() > 4
    assert data.photographs(64).x.shape == (4, 3, 64, 64)


@pytest.mark.parametrize("size", [0, (0, 10), (10, 2.5)])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match="size must be a whole number, 1 or more"):
        data.photographs(size)

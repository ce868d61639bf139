"""Patches of pictures: every place, every picture, nothing else; and the two photographs against Pillow."""

from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
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


def test_photographs_are_the_two_files_of_scikit_learn():
    folder = Path(sklearn.datasets.__file__).parent / "images"
    pictures = data.photographs()
    assert pictures.x.shape == (2, 3, 427, 640)
    for x, name in zip(pictures.x, ("china.jpg", "flower.jpg"), strict=True):
        with Image.open(folder / name) as file:
            pixels = np.asarray(file).transpose(2, 0, 1)
        np.testing.assert_allclose(x.numpy(), pixels / 127.5 - 1, atol=1e-5)


def test_photographs_are_shrunk_by_means_of_blocks():
    full, small = data.photographs().x, data.photographs(3).x
    assert small.shape == (2, 3, 142, 213)
    torch.testing.assert_close(small[1, 2, 10, 20], full[1, 2, 30:33, 60:63].mean(), atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="the photographs have 427 rows: they cannot be shrunk 428 times"):
        data.photographs(428)
    with pytest.raises(ValueError, match="shrink must be a whole number"):
        data.photographs(0)

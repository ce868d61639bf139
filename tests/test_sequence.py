"""The convolutional pair for sequences."""

import pytest
import torch
from torch import nn

from ganlib import networks


@pytest.mark.parametrize("length", [9, 16, 33, 48, 64, 182])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_sequence_pair_fits_every_length(length, channels):
    G = networks.sequence_generator(5, length, channels, width=4)
    D = networks.sequence_discriminator(length, channels, width=4)
    x = G(torch.randn(2, 5))
    assert x.shape == (2, channels, length)
    assert D(x).shape == (2, 1)
    assert networks.sequence_discriminator(length, channels, width=4, outputs=7)(x).shape == (2, 7)


def test_a_sequence_has_no_bounds_and_a_score_neither():
    G, D = networks.sequence_generator(4, 32, 2), networks.sequence_discriminator(32, 2)
    assert isinstance(G[-1], nn.ConvTranspose1d)
    assert isinstance(D[-1], nn.Linear)


def test_widths_grow_fourfold_and_no_further():
    D = networks.sequence_discriminator(182, 3, width=4)
    assert [layer.out_channels for layer in D if isinstance(layer, nn.Conv1d)] == [4, 8, 16, 16, 16]


def test_normalisation_is_as_asked():
    norms = [sum(isinstance(m, nn.BatchNorm1d) for m in net) for net in (
        networks.sequence_generator(4, 64, 3), networks.sequence_generator(4, 64, 3, norm=None),
        networks.sequence_discriminator(64, 3), networks.sequence_discriminator(64, 3, norm=nn.BatchNorm1d),
    )]  # fmt: skip
    assert norms == [3, 0, 0, 2]


def test_a_generator_keeps_time():
    """A convolution moves with its input: shift the map before the last layer and the end moves by two."""
    last = networks.sequence_generator(4, 64, 3, norm=None)[-1]
    x = torch.randn(1, last.in_channels, 32)
    shifted = torch.roll(x, 1, 2)
    torch.testing.assert_close(last(shifted)[..., 6:-6], torch.roll(last(x), 2, 2)[..., 6:-6])


@pytest.mark.parametrize("make", [networks.sequence_generator, networks.sequence_discriminator])
def test_what_is_too_short_is_said(make):
    first = (4,) if make is networks.sequence_generator else ()
    with pytest.raises(ValueError, match="lengths of 9 or more, got 8"):
        make(*first, 8, 3)
    with pytest.raises(ValueError, match="at least one channel, got 0"):
        make(*first, 16, 0)

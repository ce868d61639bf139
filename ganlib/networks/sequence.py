"""A small convolutional pair for sequences: the DCGAN pair in one dimension.

Between two layers the length halves, rounded up. A kernel of 4 with stride 2 halves (or doubles) an even length
exactly; a kernel of 3 does it for an odd one, so 182 goes 182, 91, 46, 23, 12, 6, down and up again.
"""

from torch import nn

from ganlib.networks.dcgan import Norm, _kernel


def _lengths(length: int, channels: int) -> list[int]:
    """The lengths of the feature maps, from the sequence's down to at most 8."""
    if length < 9:
        raise ValueError(f"The sequence pair is built for lengths of 9 or more, got {length}.")
    if channels < 1:
        raise ValueError(f"A sequence has at least one channel, got {channels}.")
    lengths = [length]
    while lengths[-1] > 8:
        lengths.append((lengths[-1] + 1) // 2)
    return lengths


def sequence_generator(
    latent: int, length: int, channels: int, width: int = 32, norm: Norm | None = nn.BatchNorm1d
) -> nn.Sequential:
    """From a latent vector to a sequence of several channels, by transposed convolutions over time.

    Parameters
    ----------
    latent : int. Dimension of the prior: (B, latent) -> (B, channels, length).
    length : int. Points in time, 9 or more.
    channels : int. Numbers at each point, 1 or more.
    width : int. Channels of the longest feature map; each shorter map has twice as many, up to four times `width`.
    norm : callable, optional. Makes the normalisation after every layer but the output; None leaves it out.

    Returns
    -------
    nn.Sequential. Sequences without bounds: the last layer is linear, for a pen knows no largest number.

    Raises
    ------
    ValueError
        If the length or the channels are not supported.

    Source: Radford et al. 2015, arXiv:1511.06434, section 3, for images.
    """
    lengths = _lengths(length, channels)[::-1]
    widths = [width * min(2**i, 4) for i in range(len(lengths) - 1)][::-1]
    layers: list[nn.Module] = [
        nn.Linear(latent, widths[0] * lengths[0]),
        nn.Unflatten(1, (widths[0], lengths[0])),
    ]
    for i, larger in enumerate(lengths[1:]):
        layers += ([norm(widths[i])] if norm else []) + [nn.ReLU()]
        out = widths[i + 1] if i + 1 < len(widths) else channels
        layers.append(nn.ConvTranspose1d(widths[i], out, _kernel(larger), stride=2, padding=1))
    return nn.Sequential(*layers)


def sequence_discriminator(
    length: int, channels: int, width: int = 32, norm: Norm | None = None, outputs: int = 1
) -> nn.Sequential:
    """From a sequence of several channels to one score, by strided convolutions over time.

    Parameters
    ----------
    length : int. Points in time, 9 or more: (B, channels, length) -> (B, outputs).
    channels : int. Numbers at each point, 1 or more.
    width : int. Channels of the longest feature map; each shorter map has twice as many, up to four times `width`.
    norm : callable, optional. Makes the normalisation after every layer but the first; left out unless given.
    outputs : int. Numbers returned. Without its last layer, ``[:-1]``, the network is a trunk for other heads.

    Returns
    -------
    nn.Sequential. Unbounded scores.

    Raises
    ------
    ValueError
        If the length or the channels are not supported.

    Source: Radford et al. 2015, arXiv:1511.06434, section 3, for images.
    """
    lengths = _lengths(length, channels)
    layers: list[nn.Module] = []
    here = channels
    for i, larger in enumerate(lengths[:-1]):
        out = width * min(2**i, 4)
        layers.append(nn.Conv1d(here, out, _kernel(larger), stride=2, padding=1))
        layers += ([norm(out)] if norm and i else []) + [nn.LeakyReLU(0.2)]
        here = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(here * lengths[-1], outputs))

"""A small convolutional pair after DCGAN, for square images of 8 to 64 pixels with one or three channels.

Between two layers the side halves, rounded up. A kernel of 4 with stride 2 halves (or doubles) an even side exactly;
a kernel of 3 does it for an odd one, so 28 goes 28, 14, 7 and 37 goes 37, 19, 10, 5, down and up again.
"""

from collections.abc import Callable

from torch import nn

from ganlib.networks.init import normal_init

Norm = Callable[[int], nn.Module]  # channels -> module


def _sides(size: int, channels: int) -> list[int]:
    """The sides of the feature maps, from the image's down to at most 7."""
    if not 8 <= size <= 64:
        raise ValueError(f"The DCGAN pair is built for square images of 8 to 64 pixels, got {size}: resize the images.")
    if channels not in (1, 3):
        raise ValueError(f"The DCGAN pair takes 1 channel (grey) or 3 (RGB), got {channels}.")
    sides = [size]
    while sides[-1] > 7:
        sides.append((sides[-1] + 1) // 2)
    return sides


def _kernel(larger: int) -> int:
    return 4 if larger % 2 == 0 else 3


def dcgan_generator(
    latent: int, size: int, channels: int = 1, width: int = 32, norm: Norm | None = nn.BatchNorm2d
) -> nn.Sequential:
    """From a latent vector to an image, by transposed convolutions.

    Parameters
    ----------
    latent : int. Dimension of the prior: (B, latent) -> (B, channels, size, size).
    size : int. Side of the images in pixels, 8 to 64.
    channels : int. 1 or 3.
    width : int. Channels of the largest feature map; each smaller map has twice as many.
    norm : callable, optional. Makes the normalisation after every layer but the output; None leaves it out.

    Returns
    -------
    nn.Sequential. Images in [-1, 1].

    Raises
    ------
    ValueError
        If the size or the channels are not supported.

    Source: Radford et al. 2015, arXiv:1511.06434, section 3 (no batch norm on the generator's output).
    """
    sides = _sides(size, channels)[::-1]
    widths = [width * 2**i for i in range(len(sides) - 1)][::-1]
    layers: list[nn.Module] = [
        nn.Linear(latent, widths[0] * sides[0] ** 2),
        nn.Unflatten(1, (widths[0], sides[0], sides[0])),
    ]
    for i, larger in enumerate(sides[1:]):
        layers += ([norm(widths[i])] if norm else []) + [nn.ReLU()]
        out = widths[i + 1] if i + 1 < len(widths) else channels
        layers.append(nn.ConvTranspose2d(widths[i], out, _kernel(larger), stride=2, padding=1))
    return normal_init(nn.Sequential(*layers, nn.Tanh()))


def dcgan_discriminator(
    size: int, channels: int = 1, width: int = 32, norm: Norm | None = nn.BatchNorm2d
) -> nn.Sequential:
    """From an image to one score, by strided convolutions.

    Parameters
    ----------
    size : int. Side of the images in pixels, 8 to 64: (B, channels, size, size) -> (B, 1).
    channels : int. 1 or 3.
    width : int. Channels of the largest feature map; each smaller map has twice as many.
    norm : callable, optional. Makes the normalisation after every layer but the first; None leaves it out, as a
        gradient penalty needs.

    Returns
    -------
    nn.Sequential. Unbounded scores.

    Raises
    ------
    ValueError
        If the size or the channels are not supported.

    Source: Radford et al. 2015, arXiv:1511.06434, section 3 (no batch norm on the discriminator's input layer).
    """
    sides = _sides(size, channels)
    layers: list[nn.Module] = []
    here = channels
    for i, larger in enumerate(sides[:-1]):
        layers.append(nn.Conv2d(here, width * 2**i, _kernel(larger), stride=2, padding=1))
        layers += ([norm(width * 2**i)] if norm and i else []) + [nn.LeakyReLU(0.2)]
        here = width * 2**i
    return normal_init(nn.Sequential(*layers, nn.Flatten(), nn.Linear(here * sides[-1] ** 2, 1)))

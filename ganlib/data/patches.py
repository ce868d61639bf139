"""Random squares of large pictures: a few photographs are many training images."""

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from ganlib.data import _check
from ganlib.data.images import Images

__all__ = ["Patches", "photographs"]


class Patches(nn.Module):
    """Pictures held as one tensor: a source that draws squares from uniformly random places, with replacement.

    Calling it with a number returns a batch, Tensor of shape (n, C, size, size). `.to(device)` moves the pictures, and
    batches are born where they lie.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W). Pixels in [-1, 1]; such as ``data.photographs().x``.
    size : int. Side of a patch in pixels, at most H and W.

    Raises
    ------
    ValueError
        If the pictures' shape or range does not fit, or a patch is larger than they are.
    """

    x: Tensor

    def __init__(self, x: Tensor, size: int) -> None:
        super().__init__()
        self.size = _check.count("size", size)
        self.register_buffer("x", Images(x).x, persistent=False)  # checked as images are
        if self.size > min(x.shape[2:]):
            raise ValueError(
                f"a patch of {size} x {size} pixels does not fit into pictures of {x.shape[2]} x {x.shape[3]}: "
                "take larger pictures or a smaller patch"
            )

    def __len__(self) -> int:
        """How many different patches there are."""
        pictures, _, height, width = self.x.shape
        return pictures * (height - self.size + 1) * (width - self.size + 1)

    def forward(self, n: int) -> Tensor:
        """Draw n patches.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n, C, size, size). Pixels in [-1, 1].
        """
        windows = self.x.unfold(2, self.size, 1).unfold(3, self.size, 1)  # a view: (N, C, places, places, size, size)
        which, top, left = (torch.randint(windows.shape[i], (n,), device=self.x.device) for i in (0, 2, 3))
        return windows[which, :, top, left]

    def extra_repr(self) -> str:
        return f"{len(self)} patches of {self.size} x {self.size} from {len(self.x)} pictures"


def photographs(size: int | tuple[int, int] = (300, 450)) -> Images:
    """Load four photographs that come with scikit-image: an astronaut, a cat, a cup of coffee, a rocket; no download.

    Each is cut to the wanted proportions around its centre and resized, as `folder` does with a reader's own.

    Parameters
    ----------
    size : int, or (height, width). Pixels of the result; one number gives squares. No photograph has fewer than 300
        rows and 400 columns of its own.

    Returns
    -------
    Images. Four of shape (3, height, width), pixels in [-1, 1]; `classes` holds what they show, `y` which is which.

    Raises
    ------
    ValueError
        If a side is not a whole number, 1 or more.

    Source: all four without rights reserved, as scikit-image distributes them: NASA (astronaut, rocket launch by
    SpaceX), Stefan van der Walt (his cat, Chelsea), Rachel Michetti (coffee).
    """
    height, width = (_check.count("size", s) for s in (size if isinstance(size, tuple) else (size, size)))
    # Imported here: it takes longer to load than all the rest of this package.
    from skimage import data

    names = ("astronaut", "cat", "coffee", "rocket")
    pictures = [Image.fromarray(getattr(data, name)()) for name in names]
    fitted = [np.array(ImageOps.fit(picture, (width, height), method=Image.Resampling.LANCZOS)) for picture in pictures]
    pixels = torch.from_numpy(np.stack(fitted)).permute(0, 3, 1, 2).float()
    return Images(pixels.div_(127.5).sub_(1), torch.arange(len(names)), list(names))

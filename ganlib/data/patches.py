"""Random squares of large pictures: a few photographs are many training images."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

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


def photographs(shrink: int = 1) -> Images:
    """Load the two photographs that come with scikit-learn, a temple in China and a flower: RGB, no download.

    Parameters
    ----------
    shrink : int. Each pixel is the mean of so many by so many of the original.

    Returns
    -------
    Images. Two of 427 x 640 pixels in [-1, 1] for ``shrink=1``; rows and columns that are left over are cut off.

    Raises
    ------
    ValueError
        If `shrink` is not a whole number from 1 to 427.

    Source: china.jpg by danielbuechele and flower.jpg by vultilion, both on Flickr under CC BY 2.0, as scikit-learn
    distributes them.
    """
    if _check.count("shrink", shrink) > 427:
        raise ValueError(f"the photographs have 427 rows: they cannot be shrunk {shrink} times")
    # Imported here: scikit-learn takes longer to load than all the rest of this package.
    from sklearn.datasets import load_sample_images

    pixels = torch.from_numpy(np.stack(load_sample_images().images)).permute(0, 3, 1, 2).float()
    return Images(avg_pool2d(pixels, shrink).div_(127.5).sub_(1))

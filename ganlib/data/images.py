"""Real images, resident on a device: a batch is one indexed read, and PyTorch's generator is all the state there is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor, nn
from tqdm.auto import tqdm

from ganlib.data import _check

__all__ = ["Images", "digits", "folder", "to_unit"]

_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


class Images(nn.Module):
    """Images held as one tensor: a source that draws batches uniformly, with replacement.

    Calling it with a size returns a batch, Tensor of shape (n, C, H, W), or (images, labels) if there are labels.
    `.to(device)` moves the whole set, and batches are born where it lies.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W). Pixels in [-1, 1].
    y : Tensor, shape (N,), optional. Class numbers from 0.
    classes : names of the classes, optional. One for each class number.

    Attributes
    ----------
    x, y, classes : as given; y is None without labels.

    Raises
    ------
    ValueError
        If a shape or the range of the pixels or of the labels does not fit.
    """

    x: Tensor
    y: Tensor | None

    def __init__(self, x: Tensor, y: Tensor | None = None, classes: Sequence[str] = ()) -> None:
        super().__init__()
        if x.ndim != 4 or x.numel() == 0 or not x.is_floating_point():
            raise ValueError(f"images must be floats of shape (N, C, H, W), not {x.dtype} of shape {tuple(x.shape)}")
        if not (x.min() >= -1 and x.max() <= 1):
            raise ValueError(f"pixels must lie in [-1, 1], not in [{x.min().item():g}, {x.max().item():g}]")
        if y is not None and (y.shape != x.shape[:1] or y.is_floating_point()):
            raise ValueError(
                f"labels must be {len(x)} whole numbers, one an image, not {y.dtype} of shape {tuple(y.shape)}"
            )
        if y is not None and classes and not (y.min() >= 0 and y.max() < len(classes)):
            raise ValueError(f"labels must lie in 0..{len(classes) - 1}, one of the {len(classes)} classes")
        # Data is no part of a model's state: it stays out of state_dict().
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("y", None if y is None else y.long(), persistent=False)
        self.classes = tuple(classes)

    def __len__(self) -> int:
        return len(self.x)

    def forward(self, n: int) -> Tensor | tuple[Tensor, Tensor]:
        """Draw n images uniformly, with replacement.

        Parameters
        ----------
        n : int. How many; more than `len(images)` is fine.

        Returns
        -------
        Tensor, shape (n, C, H, W), or a pair (Tensor (n, C, H, W), Tensor (n,) of class numbers) if there are labels.
        """
        which = torch.randint(len(self.x), (n,), device=self.x.device)
        x = self.x.index_select(0, which)
        return x if self.y is None else (x, self.y.index_select(0, which))

    def extra_repr(self) -> str:
        shape = " x ".join(str(size) for size in self.x.shape[1:])
        return f"{len(self)} images of {shape}" + (f", {len(self.classes)} classes" if self.classes else "")


def to_unit(x: Tensor) -> Tensor:
    """Map pixels from [-1, 1] to [0, 1], the range that pictures and most metrics expect.

    Parameters
    ----------
    x : Tensor, any shape. Pixels in [-1, 1].

    Returns
    -------
    Tensor, same shape. Pixels in [0, 1].
    """
    return (x + 1) / 2


def check_split(split: str) -> tuple[str, ...]:
    """Return the parts a split consists of, or say which splits there are."""
    if split not in ("train", "test", "all"):
        raise ValueError(f'split must be "train", "test" or "all", not {split!r}')
    return ("train", "test") if split == "all" else (split,)


def digits(split: str = "train", labels: bool = False) -> Images:
    """Load the handwritten digits that come with scikit-learn: 8 x 8 grey pixels, ten classes, no download.

    Parameters
    ----------
    split : {"train", "test", "all"}. 1347, 450 or all 1797 images. The split is stratified and always the same
        (scikit-learn's `train_test_split` with `test_size=0.25, random_state=0`).
    labels : bool. Also return the digit each image shows.

    Returns
    -------
    Images. Pixels in [-1, 1]: the sixteen grey levels, divided by 16, then stretched.

    Raises
    ------
    ValueError
        If `split` is none of the three.

    Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    doi:10.24432/C50P49; the test part, as scikit-learn distributes it.
    """
    check_split(split)
    # Imported here: scikit-learn takes longer to load than all the rest of this package.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, numbers = load_digits(return_X_y=True)
    rows = np.arange(len(pixels))
    if split != "all":
        train, test = train_test_split(rows, test_size=0.25, random_state=0, stratify=numbers)
        rows = train if split == "train" else test
    x = torch.from_numpy(pixels[rows]).to(torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
    y = torch.from_numpy(numbers[rows]) if labels else None
    return Images(x, y, [str(digit) for digit in range(10)] if labels else ())


def folder(path: str | Path, size: int | tuple[int, int], channels: int = 3, labels: bool = False) -> Images:
    """Load your own images, of any sizes and formats, from a folder and all folders inside it.

    Each image is turned upright (the orientation cameras record), laid on white where it is transparent, cut to the
    wanted proportions around its centre, and resized by a Lanczos filter that averages what it shrinks. Files whose
    name begins with a dot, and files that are no images by their suffix, are passed over.

    Parameters
    ----------
    path : the folder.
    size : int, or (height, width). Pixels of the result; one number gives squares.
    channels : {1, 3}. Grey or colour, whatever the files are.
    labels : bool. Also return a class for each image: the folder directly inside `path` that it lies in.

    Returns
    -------
    Images. Pixels in [-1, 1], in the order of the files' names; `classes` holds the folders' names, sorted.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If the folder holds no image, an image cannot be read, or an argument is out of range.
    """
    root = Path(path).expanduser()
    height, width = (_check.count("size", s) for s in (size if isinstance(size, tuple) else (size, size)))
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (colour), not {channels!r}")
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {root}: give the path of the folder that holds the images")
    names = [file.relative_to(root) for file in root.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file()]
    names = sorted((name for name in names if not any(part.startswith(".") for part in name.parts)), key=Path.as_posix)
    if not names:
        raise ValueError(f"the folder {root} holds no images: put some there whose names end in {', '.join(_SUFFIXES)}")
    y, classes = None, []
    if labels:
        loose = [name for name in names if len(name.parts) == 1]
        if loose:
            raise ValueError(f"{root / loose[0]} has no class: move each image into a folder named after its class")
        classes = sorted({name.parts[0] for name in names})
        y = torch.tensor([classes.index(name.parts[0]) for name in names])
    x = torch.empty(len(names), channels, height, width)
    for i, name in enumerate(tqdm(names, desc=f"reading {root.name}", unit="image", leave=False)):
        x[i] = torch.from_numpy(_read(root / name, height, width, channels))
    return Images(x.div_(127.5).sub_(1), y, classes)


def _read(file: Path, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Read one image as bytes of shape (channels, height, width)."""
    try:
        with Image.open(file) as image:
            plain = _plain(ImageOps.exif_transpose(image)).convert("L" if channels == 1 else "RGB")
    except UnidentifiedImageError as problem:
        raise ValueError(f"{file} is no image that Pillow can read: remove it or save it again as PNG") from problem
    except Exception as problem:  # each of Pillow's decoders fails in its own way
        raise ValueError(f"cannot read the image {file} ({problem}): remove it or save it again as PNG") from problem
    fitted = ImageOps.fit(plain, (width, height), method=Image.Resampling.LANCZOS)
    return np.array(fitted).reshape(height, width, channels).transpose(2, 0, 1)


def _plain(image: Image.Image) -> Image.Image:
    """Bring deep grey levels to 8 bits and lay transparent pixels on white, where `convert` would clip or bare them."""
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.float64)
        if levels.min() < 0 or levels.max() > 65535:
            raise ValueError("its grey levels do not fit in 16 bits")
        return Image.fromarray(np.rint(levels / 257).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA"))
    return image

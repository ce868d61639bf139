"""MNIST, Fashion-MNIST, KMNIST and CIFAR-10: from a folder of yours, or downloaded once and kept.

No file counts before its checksum does. A download that is cut goes on where it stopped, from the same mirror or the
next. Nothing that is downloaded is ever executed: no pickles, no archive unpacked on disk.
"""

import gzip
import hashlib
import logging
import math
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pooch
import requests
import torch
from numpy.typing import NDArray
from tqdm.auto import tqdm
from urllib3.exceptions import HTTPError as BrokenStream

from ganlib.data.images import Images, check_split

__all__ = ["here", "load", "names", "provide"]

Bytes = NDArray[np.uint8]

_PATIENCE = 30.0  # seconds without a byte before a server counts as gone
_BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True)
class File:
    """One file of a data set, where it is served, and the checksum that proves it whole (one of the two).

    `sha256` is of the content, uncompressed, and holds however a mirror compressed it; such a file is stored
    uncompressed. `md5` is of the file as served; such a file is stored as it came.
    """

    name: str  # as served, ending in .gz
    mirrors: tuple[str, ...]  # the folder's web addresses, ending in a slash, in the order they are tried
    sha256: str | None = None
    md5: str | None = None

    @property
    def raw_name(self) -> str:
        return self.name.removesuffix(".gz")

    @property
    def stored_name(self) -> str:
        return self.raw_name if self.sha256 else self.name

    @property
    def known_hash(self) -> str:
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


@dataclass(frozen=True)
class DataSet:
    """A data set: the files behind each split, images first, and the function that reads those files."""

    name: str
    files: dict[str, tuple[File, ...]]
    read: Callable[[Sequence[Path], str], tuple[Bytes, Bytes | None]]
    classes: tuple[str, ...]


def load(name: str, split: str = "train", labels: bool = False, folder: str | Path | None = None) -> Images:
    """Load MNIST, Fashion-MNIST, KMNIST or CIFAR-10, downloading it first where it is not on this machine.

    The files are looked for in `folder` if it is given; otherwise in the folder that the environment variable
    GANLIB_DATA names, then in the user's cache. A folder holds a data set either in a subfolder of its name
    (`mnist/train-images-idx3-ubyte.gz`) or directly; IDX files may be compressed or not. What is missing is downloaded
    to `folder`, or to the cache.

    Parameters
    ----------
    name : {"mnist", "fashion", "kmnist", "cifar10"}.
    split : {"train", "test", "all"}. 60,000, 10,000 or 70,000 images (50,000, 10,000 or 60,000 of CIFAR-10).
    labels : bool. Also return the class of each image.
    folder : path, optional. Where the files are, or are to be kept.

    Returns
    -------
    Images. Pixels in [-1, 1]; shape (1, 28, 28), or (3, 32, 32) for CIFAR-10.

    Raises
    ------
    ValueError
        If the name or split is unknown, or a file in your folder is damaged.
    FileNotFoundError
        If the files are not on this machine and no mirror delivers them.

    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition; Xiao et al. 2017,
    arXiv:1708.07747; Clanuwat et al. 2018, arXiv:1812.01718; Krizhevsky 2009, Learning multiple layers of features from
    tiny images.
    """
    return assemble(_named(name), split, labels, folder)


def names() -> list[str]:
    """The data sets that can be downloaded.

    Returns
    -------
    list of str. For `load`.
    """
    return [data_set.name for data_set in _DATA_SETS]


def here(name: str, folder: str | Path | None = None) -> list[Path] | None:
    """The files of a data set on this machine, each compared with its checksum.

    Parameters
    ----------
    name : str. One of `names`.
    folder : path, optional. As of `load`.

    Returns
    -------
    list of Path or None. None if not all of them are there; nothing is downloaded.

    Raises
    ------
    ValueError
        If a file is damaged.
    """
    data_set = _named(name)
    own, cache = _places(folder)
    found = [_find(file, name, own) or _find(file, name, cache) for file in _files(data_set)]
    return None if None in found else [path for path in found if path is not None]


def provide(name: str, folder: str | Path | None = None) -> list[Path]:
    """Have all the files of a data set on this machine, downloading what is missing, and read none of them.

    Parameters
    ----------
    name : str. One of `names`.
    folder : path, optional. As of `load`.

    Returns
    -------
    list of Path. Each with the right checksum.

    Raises
    ------
    ValueError
        If a file in your folder is damaged.
    FileNotFoundError
        If no mirror delivers what is missing.
    """
    data_set = _named(name)
    return _obtain(data_set, [_files(data_set)], folder)[0]


def _named(name: str) -> DataSet:
    known = {data_set.name: data_set for data_set in _DATA_SETS}
    if name not in known:
        raise ValueError(f"no data set is called {name!r}: choose one of {', '.join(known)}")
    return known[name]


def _files(data_set: DataSet) -> tuple[File, ...]:
    """All of them, each once."""
    return tuple(dict.fromkeys(file for part in data_set.files.values() for file in part))


def assemble(data_set: DataSet, split: str, labels: bool, folder: str | Path | None = None) -> Images:
    """Find or fetch the files of one data set and make them `Images`; see `load`."""
    splits = check_split(split)
    paths = _obtain(data_set, [data_set.files[part][: 2 if labels else 1] for part in splits], folder)
    parts = [data_set.read(part, name) for part, name in zip(paths, splits, strict=True)]
    x = torch.from_numpy(np.concatenate([images for images, _ in parts])).float().div_(127.5).sub_(1)
    if not labels:
        return Images(x)
    y = torch.from_numpy(np.concatenate([numbers for _, numbers in parts if numbers is not None]))
    return Images(x, y, data_set.classes)


def _obtain(data_set: DataSet, needed: Sequence[Sequence[File]], folder: str | Path | None) -> list[list[Path]]:
    """Find or fetch files, part by part."""
    own, cache = _places(folder)
    try:
        return [[_find(f, data_set.name, own) or fetch(f, cache / data_set.name) for f in part] for part in needed]
    except _Unreachable as problem:
        files = sorted({f"{data_set.name}/{file.name}" for part in needed for file in part})
        raise FileNotFoundError(
            f"{data_set.name} is not on this machine and could not be downloaded ({problem}): connect to the internet "
            f"and try again, or set GANLIB_DATA to a folder that holds {', '.join(files)}"
        ) from problem


# ---- Finding


def _places(folder: str | Path | None) -> tuple[Path | None, Path]:
    """Where a person says the files are, and where downloads are kept."""
    cache = Path(pooch.os_cache("ganlib"))
    if folder is not None:
        return Path(folder).expanduser(), Path(folder).expanduser()
    if not (named := os.environ.get("GANLIB_DATA")):
        return None, cache
    if not (own := Path(named).expanduser()).is_dir():
        raise ValueError(f"GANLIB_DATA names {named}, which is not a folder: correct it or unset it")
    return own, cache


def _find(file: File, data_set: str, place: Path | None) -> Path | None:
    """Look for one file, served form or uncompressed, in `place` and its subfolder called after the data set."""
    if place is None:
        return None
    for home in (place / data_set, place):
        # Three of the sets share their file names: where no checksum is known, only the folder's name tells them apart.
        named = home.resolve().name == data_set
        for path in (home / file.name, home / file.raw_name):
            if not path.is_file():
                continue
            genuine = _is_genuine(path, file)
            if genuine or (named and genuine is None):
                return path
            if named:
                raise ValueError(f"{path} has not the published file's checksum: delete it or replace it by that file")
    return None


def _is_genuine(path: Path, file: File) -> bool | None:
    """Compare a file with its checksum; None where none is known for this form of it."""
    if file.sha256:
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        except _BROKEN_GZIP:
            return False
    return pooch.file_hash(path, alg="md5") == file.md5 if path.name == file.name else None


# ---- Downloading


class _Unreachable(Exception):
    """No mirror delivered the file; the message says why, mirror by mirror."""


class _Interrupted(Exception):
    """A connection ended before the file did, or never began; the message says how."""


def fetch(file: File, home: Path) -> Path:
    """Download one file into `home` from the first mirror that delivers it whole, unless it is there already.

    Parameters
    ----------
    file : File.
    home : Path. Made if need be. Besides the file it may come to hold a `.part`, which the next call continues.

    Returns
    -------
    Path. The file, with the right checksum.

    Raises
    ------
    _Unreachable
        If no mirror delivers it.
    """
    failures = []
    for mirror in file.mirrors:
        if not (reason := _try_mirror(file, mirror, home)):
            return home / file.stored_name
        failures.append(f"{urlsplit(mirror).netloc}: {reason}")
    raise _Unreachable("; ".join(failures))


def _try_mirror(file: File, mirror: str, home: Path) -> str | None:
    """Download one file from one mirror, resuming as long as that gets anywhere; return why it failed, if it did."""
    part, again = home / f"{file.name}.part", True
    while True:
        had = _size(part)
        try:
            with _quiet(pooch.get_logger()):
                pooch.retrieve(
                    mirror + file.name,
                    known_hash=file.known_hash,
                    fname=file.stored_name,
                    path=home,
                    downloader=Resume(part, unpack=file.stored_name != file.name),
                )
        except _Interrupted as problem:
            if _size(part) <= had:
                return str(problem)
        except ValueError:  # complete, but by its checksum not the file; pooch has deleted it
            if not (had and again):
                return "wrong checksum"
            again = (
                False  # its first bytes came from an earlier connection, perhaps another mirror's: once from the start
            )
        else:
            return None


class Resume:
    """A downloader for pooch that keeps what has arrived in a file of its own and asks the server only for the rest.

    Parameters
    ----------
    part : Path. Where the bytes wait until they are complete.
    unpack : bool. Whether to deliver the content of a gzip file instead of the file.
    """

    def __init__(self, part: Path, unpack: bool = False) -> None:
        self.part = part
        self.unpack = unpack

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Complete the part, then move (or unpack) it to `output_file`, whose checksum pooch will compare."""
        try:
            self._complete(url)
        except requests.Timeout as problem:
            raise _Interrupted("no answer") from problem
        except requests.ConnectionError as problem:
            raise _Interrupted("no connection") from problem
        except (requests.RequestException, BrokenStream) as problem:
            raise _Interrupted("the connection was cut") from problem
        if not self.unpack:
            os.replace(self.part, output_file)
            return
        try:
            with gzip.open(self.part) as packed, open(output_file, "wb") as output:
                shutil.copyfileobj(packed, output)
        except _BROKEN_GZIP as problem:
            self.part.unlink()
            raise ValueError("not a whole gzip file") from problem
        self.part.unlink()

    def _complete(self, url: str) -> None:
        """Ask for the bytes that are missing and append them."""
        have = _size(self.part)
        # Identity: a server that compresses on the fly counts its ranges in other bytes than ours.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=_PATIENCE) as response:
            if response.status_code == 416 and have:
                return  # there is nothing beyond what we have; whether that is the file, its checksum will tell
            if not response.ok:
                raise _Interrupted(f"HTTP {response.status_code}")
            if response.status_code != 206:  # it ignores Range and sends the whole file
                have = 0
            # A server may answer with less than the rest: then only the range says how long the whole file is.
            whole, length = (response.headers.get(name, "") for name in ("Content-Range", "Content-Length"))
            whole = whole.rpartition("/")[2]
            size = int(whole) if whole.isdigit() else have + int(length) if length.isdigit() else None
            with (
                self.part.open("ab" if have else "wb") as output,
                tqdm(
                    total=size, initial=have, desc=url.rpartition("/")[2], unit="B", unit_scale=True, unit_divisor=1024
                ) as bar,
            ):
                # The raw stream, as the checksum is of the bytes as served.
                for chunk in response.raw.stream(2**16, decode_content=False):
                    output.write(chunk)
                    bar.update(len(chunk))
        if size is not None and _size(self.part) < size:
            raise _Interrupted("the connection was cut")


def _size(path: Path) -> int:
    """Bytes in a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch from announcing each download with its paths, which a notebook would keep: the bar says enough."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


# ---- Reading


def read_idx(path: Path) -> Bytes:
    """Read an array of bytes in the IDX format, compressed if the name ends in .gz.

    The format: two zero bytes, 8 for "unsigned bytes", the number of dimensions; each dimension as a big-endian 32-bit
    number; then the values, last dimension fastest.

    Parameters
    ----------
    path : Path.

    Returns
    -------
    array of uint8, of the shape the header states.

    Raises
    ------
    ValueError
        If the file is not of this format or not whole.

    Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except _BROKEN_GZIP as problem:
        raise ValueError(f"{path} is damaged, its gzip data does not add up: delete or replace it") from problem
    if len(data) < 4 or data[:3] != b"\0\0\x08" or data[3] == 0:
        raise ValueError(
            f"{path} is not an IDX file of unsigned bytes: it begins with {data[:4].hex(' ') or 'nothing'}"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError(f"{path} is damaged, it ends within its header: delete or replace it")
    shape = [int(size) for size in np.frombuffer(data, ">u4", data[3], 4)]
    if len(data) - start != math.prod(shape):
        raise ValueError(
            f"{path} is damaged, it holds {len(data) - start} values where its header promises {math.prod(shape)}: "
            "delete or replace it"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _read_idx_pair(paths: Sequence[Path], split: str) -> tuple[Bytes, Bytes | None]:
    """Read a file of images and, if there are two, the file of their labels."""
    images, labels = read_idx(paths[0]), read_idx(paths[1]) if len(paths) > 1 else None
    if images.ndim != 3:
        raise ValueError(f"{paths[0]} holds no images: it has {images.ndim} dimensions instead of 3")
    if labels is not None and labels.shape != images.shape[:1]:
        raise ValueError(f"{paths[1]} does not belong to {paths[0]}: {labels.shape} labels for {len(images)} images")
    return images[:, None], labels


def _read_cifar10(paths: Sequence[Path], split: str) -> tuple[Bytes, Bytes | None]:
    """Read one split of CIFAR-10 from its binary archive: records of a label and 1024 bytes each of red, green, blue.

    The pickled archive, which most libraries use, would have to be executed; this one is parsed in memory.
    """
    record = 1 + 3 * 32 * 32
    names = [f"data_batch_{k}.bin" for k in range(1, 6)] if split == "train" else ["test_batch.bin"]
    batches: dict[str, Bytes] = {}
    try:
        with tarfile.open(paths[0]) as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                # Regular files alone, so that no link is followed, and none larger than its ten thousand records.
                if name in names and member.isreg() and 0 < member.size <= 10_000 * record and not member.size % record:
                    stream = archive.extractfile(member)
                    assert stream is not None  # a regular file has content
                    batches[name] = np.frombuffer(stream.read(), np.uint8).reshape(-1, record)
    except (tarfile.TarError, *_BROKEN_GZIP) as problem:
        raise ValueError(f"{paths[0]} is damaged or no tar archive: delete or replace it") from problem
    if missing := [name for name in names if name not in batches]:
        raise ValueError(f"{paths[0]} is not the binary CIFAR-10 archive: it holds no sound {', '.join(missing)}")
    records = np.concatenate([batches[name] for name in names])
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


# ---- The data sets

_TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
_TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def _like_mnist(
    name: str,
    mirrors: tuple[str, ...],
    classes: str,
    sha256: Sequence[str | None] = 4 * (None,),
    md5: Sequence[str | None] = 4 * (None,),
) -> DataSet:
    """Describe a data set of MNIST's four files by one of their two checksums, training images and labels first."""
    files = tuple(File(n, mirrors, s, m) for n, s, m in zip(_TRAIN + _TEST, sha256, md5, strict=True))
    splits = {"train": files[:2], "test": files[2:]}
    return DataSet(name, splits, _read_idx_pair, tuple(classes.split(", ")))


_MNIST = _like_mnist(
    "mnist",
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    "0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    sha256=(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
_FASHION = _like_mnist(
    "fashion",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    "T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot",
    md5=(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
)
_KMNIST = _like_mnist(
    "kmnist",
    ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"),
    "o, ki, su, tsu, na, ha, ma, ya, re, wo",  # their Latin names: few fonts draw the characters themselves
    md5=(
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
)
_CIFAR10_FILE = File(
    "cifar-10-binary.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
    md5="c32a1d4ab5d03f1284b67883e8d87530",  # as printed on www.cs.toronto.edu/~kriz/cifar.html
)
_CIFAR10 = DataSet(
    "cifar10",
    {"train": (_CIFAR10_FILE,), "test": (_CIFAR10_FILE,)},
    _read_cifar10,
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)
_DATA_SETS = (_MNIST, _FASHION, _KMNIST, _CIFAR10)

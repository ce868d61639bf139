"""Samples to features, a chunk at a time, and the two moments that the Fréchet distance is made of."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Features = Callable[[Tensor], Tensor]
"""Any function (b, *S) -> (b, d): a judge's `features`, a projection, a whole network."""


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of features, float64."""

    n: float
    """How many samples they come from; `math.inf` when they are known exactly."""
    mean: Tensor
    """Shape (d,), in the units of the features."""
    covariance: Tensor
    """Shape (d, d), in those units squared; divided by n - 1."""

    def __post_init__(self) -> None:
        d = len(self.mean)
        if self.mean.dim() != 1 or self.covariance.shape != (d, d):
            raise ValueError(
                f"a mean of shape (d,) goes with a covariance of shape (d, d): "
                f"{tuple(self.mean.shape)} and {tuple(self.covariance.shape)} do not fit"
            )


def extract(samples: Tensor, features: Features | None = None, *, chunk: int = 200) -> Tensor:
    """The features of samples, one row each: evaluation mode, no gradients, `chunk` samples at a time.

    Parameters
    ----------
    samples : Tensor, shape (n, *S).
    features : callable, (b, *S) -> (b, d), optional. A network, a method of one or a `functools.partial` that is given
        one: the network is put into evaluation mode meanwhile and is fed on its own device. Without it samples are
        flattened, and shared rather than copied.
    chunk : int. Samples at a time: few enough for a processor's cache, where networks are twice as fast.

    Returns
    -------
    Tensor, shape (n, d). float32, or float64 where the features are; on the device of the samples.

    Raises
    ------
    ValueError. If there are no samples, or the features are no finite rows of one length.
    """
    found: Tensor | None = None
    if features is None and samples.dim() > 1 and samples.dtype in (torch.float32, torch.float64):
        found = samples.detach().flatten(1)
    filled = 0
    for rows in _rows([samples], features, chunk):
        if found is None:
            home = rows.device if samples.device.type == "mps" else samples.device
            found = rows.new_empty(len(samples), rows.shape[1], device=home)
        if features is not None or found.data_ptr() != samples.data_ptr():
            found[filled : filled + len(rows)] = rows
        filled += len(rows)
    assert found is not None
    return found


def moments(samples: Tensor | Iterable[Tensor], features: Features | None = None, *, chunk: int = 200) -> Moments:
    """Mean and covariance of features in one pass, holding the features of one chunk and two d x d matrices.

    Each chunk's centred products are merged into the total, in float64: no large squares are ever subtracted, so a mean
    of a million beside a standard deviation of one costs no accuracy.

    Parameters
    ----------
    samples : Tensor, shape (n, *S), or an iterable of such Tensors. n >= 2 altogether.
    features : callable, (b, *S) -> (b, d), optional. See `extract`; without it samples are flattened.
    chunk : int. Samples at a time.

    Returns
    -------
    Moments.

    Raises
    ------
    ValueError. If there are fewer than two samples, or the features are no finite rows of one length.

    Source: Chan, Golub & LeVeque 1983, eq. 2.1.
    """
    n = 0
    mean = products = torch.empty(0)
    for rows in _rows([samples] if isinstance(samples, Tensor) else samples, features, chunk):
        block = rows.double()
        here = block.mean(dim=0)
        block = block - here
        if not n:
            mean, products = torch.zeros_like(here), block.new_zeros(len(here), len(here))
        gap, total = here - mean, n + len(block)
        products.addmm_(block.T, block).addr_(gap, gap, alpha=n * len(block) / total)
        mean, n = mean + gap * (len(block) / total), total
    if n < 2:
        raise ValueError(f"a covariance needs at least two samples, not {n}")
    return Moments(n, mean, products / (n - 1))


def pair(real: Tensor, fake: Tensor, features: Features | None, chunk: int, at_least: int = 2) -> tuple[Tensor, Tensor]:
    """Features of both, of one length, on one device, at least so many of each."""
    for name, samples in (("real", real), ("fake", fake)):
        if len(samples) < at_least:
            raise ValueError(
                f"this metric needs at least {at_least} samples of each kind, but {name} has {len(samples)}"
            )
    x, y = extract(real, features, chunk=chunk), extract(fake, features, chunk=chunk)
    same_length(x.shape[1], y.shape[1])
    return x, y.to(x.device)


def same_length(d_real: int, d_fake: int) -> None:
    """Refuse features that cannot be compared."""
    if d_real != d_fake:
        raise ValueError(f"real and fake samples must have features of one length, not {d_real} and {d_fake}")


def _rows(batches: Iterable[Tensor], features: Features | None, chunk: int) -> Iterator[Tensor]:
    """The features of one chunk after another, looked at before they are used."""
    if chunk < 1:
        raise ValueError(f"a chunk is at least one sample, not {chunk}")
    length = None
    for batch in batches:
        if batch.dim() < 2 or not len(batch):
            raise ValueError(f"samples have shape (n, ...) with n >= 1 and something in each, not {tuple(batch.shape)}")
        for part in batch.split(chunk):
            rows = _features_of(part, features)
            if rows.dim() != 2 or len(rows) != len(part) or rows.shape[1] != (length or rows.shape[1]):
                raise ValueError(
                    f"features must return one row of one length for each sample, shape (n, d): "
                    f"of {len(part)} samples they made {tuple(rows.shape)}"
                )
            if not rows.isfinite().all():
                raise ValueError("features must be finite, but some are infinite or not a number")
            length = rows.shape[1]
            yield rows


@torch.no_grad()
def _features_of(part: Tensor, features: Features | None) -> Tensor:
    """One chunk through the features, in float32 or float64; on the CPU where the device has no float64."""
    if features is None:
        rows = part.flatten(1)
    else:
        given = (features, getattr(features, "__self__", None), *getattr(features, "args", ()))
        owner = next((part for part in given if isinstance(part, nn.Module)), None)
        with _evaluating(owner):
            parameter = next(owner.parameters(), None) if owner is not None else None
            rows = features(part if parameter is None else part.to(parameter.device))
    rows = rows.detach().cpu() if rows.device.type == "mps" else rows.detach()
    return rows if rows.dtype == torch.float64 else rows.float()


@contextmanager
def _evaluating(owner: nn.Module | None) -> Iterator[None]:
    """Put a network into evaluation mode and every part of it back into its own."""
    modes = [(part, part.training) for part in owner.modules()] if owner is not None else []
    try:
        for part, _ in modes:
            part.training = False
        yield
    finally:
        for part, training in modes:
            part.training = training

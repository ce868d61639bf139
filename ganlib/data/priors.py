"""Priors: the known distributions that G's input is drawn from, noise z and codes c.

A code is a prior that can be read back: a reader Q looks at what G made of c and returns numbers, the parameters of a
distribution over c, and `log_likelihood` says how probable the c that was drawn is under it.

Each is a module, so that `.to(device)` moves it and its samples are born on the device. Nothing here reads a value back
from the device: a training round can be captured as one CUDA graph.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ganlib.data import _check
from ganlib.data._check import Numbers

__all__ = ["Categorical", "Gaussian", "Labels", "Prior", "Product", "Uniform"]


class Prior(nn.Module):
    """A distribution over vectors z: calling it with a size draws a batch, `log_prob` scores one.

    Attributes
    ----------
    dim : int. Length of one z.
    outputs : int. Numbers that a reader Q returns of each sample, if z is a code.
    """

    dim: int
    outputs: int

    def sample(self, n: int) -> Tensor:
        """Draw n independent vectors.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n, dim). On the prior's device, from PyTorch's global generator there.
        """
        raise NotImplementedError

    def log_prob(self, x: Tensor) -> Tensor:
        """Score vectors by the exact log density (or log probability, where the prior is discrete).

        Parameters
        ----------
        x : Tensor, shape (B, dim).

        Returns
        -------
        Tensor, shape (B,). Nats; -inf outside the support.

        Raises
        ------
        ValueError
            If `x` is not of shape (B, dim).
        """
        raise NotImplementedError

    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor:
        """Score codes by what a reader Q says of them: log Q(c|x).

        Parameters
        ----------
        parameters : Tensor, shape (B, outputs). What Q returned. Of a categorical code the scores (logits) of its
            classes; of a continuous one the means of Gaussians, then the logarithms of their variances.
        c : Tensor, shape (B, dim). The codes that were drawn.

        Returns
        -------
        Tensor, shape (B,). Nats. Its mean plus `entropy` is at most the mutual information of code and sample.

        Raises
        ------
        ValueError
            If either is not of its shape.

        Notes
        -----
        The two forms of Q are those of section 6 of Chen et al. 2016 (InfoGAN).
        """
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """Entropy of z, in closed form.

        Returns
        -------
        Tensor, shape (). Nats; of continuous coordinates the differential entropy, which may be negative.
        """
        raise NotImplementedError

    def apart(self, parameters: Tensor, c: Tensor) -> list[tuple["Prior", Tensor, Tensor]]:
        """The members of a product with what was said of each; any other code has one, itself.

        Parameters
        ----------
        parameters : Tensor, shape (B, outputs). What a reader Q returned.
        c : Tensor, shape (B, dim). The codes that were drawn.

        Returns
        -------
        list of (Prior, Tensor, Tensor). A member, its columns of `parameters`, its columns of `c`.

        Raises
        ------
        ValueError
            If either is not of its shape.
        """
        return [(self, *_said(self, parameters, c))]

    def forward(self, n: int) -> Tensor:
        """Draw n independent vectors: `prior(n)` is `prior.sample(n)`."""
        return self.sample(n)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Gaussian(Prior):
    """Independent normal coordinates.

    Parameters
    ----------
    dim : int. Length of one z, 1 or more.
    mean : float or dim floats.
    std : float or dim floats. Above zero.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, dim: int, mean: Numbers = 0.0, std: Numbers = 1.0) -> None:
        super().__init__()
        self.dim = _check.count("dim", dim)
        self.outputs = 2 * self.dim
        self.register_buffer("mean", _check.vector("mean", mean, dim))
        self.register_buffer("std", _check.vector("std", std, dim, above_zero=True))

    def sample(self, n: int) -> Tensor:
        noise = torch.randn(n, self.dim, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + self.std * noise

    def log_prob(self, x: Tensor) -> Tensor:
        u = (_check.width(x, self.dim) - self.mean) / self.std
        return -(0.5 * u.square() + self.std.log() + 0.5 * math.log(2 * math.pi)).sum(1)

    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor:
        return _gaussian(self, parameters, c)

    def entropy(self) -> Tensor:
        return (self.std.log() + 0.5 * math.log(2 * math.pi * math.e)).sum()


class Uniform(Prior):
    """Independent coordinates, uniform between two bounds.

    Parameters
    ----------
    dim : int. Length of one z, 1 or more.
    low, high : float or dim floats. The bounds, both inside the support; low < high.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range.
    """

    low: Tensor
    high: Tensor

    def __init__(self, dim: int, low: Numbers = -1.0, high: Numbers = 1.0) -> None:
        super().__init__()
        self.dim = _check.count("dim", dim)
        self.outputs = 2 * self.dim
        self.register_buffer("low", _check.vector("low", low, dim))
        self.register_buffer("high", _check.vector("high", high, dim))
        if not (self.low < self.high).all():
            raise ValueError(f"low must be below high in every coordinate, not {low} and {high}")

    def sample(self, n: int) -> Tensor:
        unit = torch.rand(n, self.dim, device=self.low.device, dtype=self.low.dtype)
        return self.low + (self.high - self.low) * unit

    def log_prob(self, x: Tensor) -> Tensor:
        inside = ((_check.width(x, self.dim) >= self.low) & (x <= self.high)).all(1)
        return torch.where(inside, -(self.high - self.low).log().sum(), -math.inf)

    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor:
        return _gaussian(self, parameters, c)

    def entropy(self) -> Tensor:
        return (self.high - self.low).log().sum()


class Categorical(Prior):
    """One of several classes, all equally likely, as a one-hot vector.

    Parameters
    ----------
    classes : int. How many, 1 or more; also the length of one z.

    Raises
    ------
    ValueError
        If `classes` is not a whole number of at least one.
    """

    eye: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.dim = self.outputs = _check.count("classes", classes)
        self.register_buffer("eye", torch.eye(classes))

    def sample(self, n: int) -> Tensor:
        # Rows of a stored identity: F.one_hot would read the largest label back from the device.
        return self.eye.index_select(0, torch.randint(self.dim, (n,), device=self.eye.device))

    def log_prob(self, x: Tensor) -> Tensor:
        one_hot = ((_check.width(x, self.dim) == 0) | (x == 1)).all(1) & (x.sum(1) == 1)
        return torch.where(one_hot, torch.zeros_like(x[:, 0]) - math.log(self.dim), -math.inf)

    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor:
        logits, c = _said(self, parameters, c)
        return (logits.log_softmax(1) * c).sum(1)

    def entropy(self) -> Tensor:
        return self.eye.new_full((), math.log(self.dim))  # a number from Python would be copied, and waited for


class Labels(nn.Module):
    """Class numbers, all equally likely: what a conditional game samples for where nothing is asked.

    Parameters
    ----------
    classes : int. How many, 1 or more.

    Raises
    ------
    ValueError
        If `classes` is not a whole number of at least one.
    """

    anchor: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = _check.count("classes", classes)
        self.register_buffer("anchor", torch.zeros(()), persistent=False)  # knows the device

    def forward(self, n: int) -> Tensor:
        """Draw n labels.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n,). Class numbers from 0, of type int64.
        """
        return torch.randint(self.classes, (n,), device=self.anchor.device)


class Product(Prior):
    """Several independent priors side by side, such as noise next to a class code.

    Parameters
    ----------
    *priors : Prior. In the order of their columns in z, at least one.

    Raises
    ------
    ValueError
        If no prior is given.
    """

    def __init__(self, *priors: Prior) -> None:
        super().__init__()
        if not priors:
            raise ValueError("a product needs at least one prior")
        self.priors = nn.ModuleList(priors)
        self.dims = [prior.dim for prior in priors]
        self.dim, self.outputs = sum(self.dims), sum(prior.outputs for prior in priors)

    def sample(self, n: int) -> Tensor:
        return torch.cat([prior(n) for prior in self.priors], dim=1)

    def log_prob(self, x: Tensor) -> Tensor:
        parts = _check.width(x, self.dim).split(self.dims, dim=1)
        return _sum(prior.log_prob(part) for prior, part in zip(self._members(), parts, strict=True))

    def log_likelihood(self, parameters: Tensor, c: Tensor) -> Tensor:
        return _sum(prior.log_likelihood(said, part) for prior, said, part in self.apart(parameters, c))

    def entropy(self) -> Tensor:
        return _sum(prior.entropy() for prior in self._members())

    def apart(self, parameters: Tensor, c: Tensor) -> list[tuple[Prior, Tensor, Tensor]]:
        members, (parameters, c) = self._members(), _said(self, parameters, c)
        said = parameters.split([prior.outputs for prior in members], dim=1)
        return list(zip(members, said, c.split(self.dims, dim=1), strict=True))

    def _members(self) -> list[Prior]:
        return [prior for prior in self.priors if isinstance(prior, Prior)]  # a ModuleList forgets what it holds


def _sum(terms: Iterable[Tensor]) -> Tensor:
    first, *others = terms
    for term in others:
        first = first + term
    return first


def _said(code: Prior, parameters: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """What a reader said and what was drawn, if both have the code's widths: wrong ones would broadcast unseen."""
    if parameters.ndim != 2 or parameters.shape[1] != code.outputs:
        raise ValueError(
            f"Q returns {code.outputs} numbers for a code of {code.dim}, shape (B, {code.outputs}), "
            f"not {tuple(parameters.shape)}: build its last layer for code.outputs."
        )
    if c.shape != (len(parameters), code.dim):
        raise ValueError(
            f"This code has {code.dim} columns, shape ({len(parameters)}, {code.dim}), not {tuple(c.shape)}."
        )
    return parameters, c


def _gaussian(code: Prior, parameters: Tensor, c: Tensor) -> Tensor:
    """Log density under independent Gaussians whose means and log variances a reader said."""
    parameters, c = _said(code, parameters, c)
    mean, log_variance = parameters.chunk(2, dim=1)
    return -((c - mean).square() * (-log_variance).exp() + log_variance + math.log(2 * math.pi)).sum(1) / 2

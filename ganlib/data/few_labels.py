"""A data set of which only a few labels are known."""

import torch
from torch import Tensor, nn

from ganlib.data import _check

__all__ = ["FewLabels"]


class FewLabels(nn.Module):
    """Examples of which only a few labels are known, equally many of each class: a source of triples.

    Calling it with a size returns (x, y, unlabelled): n examples of those whose label is known, their labels, and n
    examples of all, drawn uniformly with replacement. The known ones are dealt like a pack of cards, so that no example
    comes twice before each has come once. The labels that are not known are not kept.

    Parameters
    ----------
    x : Tensor, shape (N, *S). The examples.
    y : Tensor, shape (N,). Class numbers from 0, each class occurring.
    labels : int. How many labels are known: a multiple of the number of classes.
    seed : int. Of the choice of these.

    Attributes
    ----------
    x : Tensor, shape (N, *S). As given.
    chosen : Tensor, shape (labels,). Which examples' labels are known, class by class.
    y : Tensor, shape (labels,). Their labels.

    Raises
    ------
    ValueError
        If there are no labels, they are out of range, or there are too few of a class.
    """

    x: Tensor
    y: Tensor
    chosen: Tensor

    def __init__(self, x: Tensor, y: Tensor | None, labels: int, seed: int = 0) -> None:
        super().__init__()
        if y is None or y.shape != x.shape[:1] or y.is_floating_point():
            what = "none" if y is None else f"{y.dtype} of shape {tuple(y.shape)}"
            raise ValueError(f"To know a few labels there must be {len(x)} of them, whole numbers, not {what}.")
        if y.min() < 0:
            raise ValueError(f"Labels are class numbers from 0, not {int(y.min())}: number the classes 0, 1, 2, ...")
        classes = int(y.max()) + 1
        each, rest = divmod(_check.count("labels", labels), classes)
        if rest:
            raise ValueError(f"{labels} labels cannot be shared equally by {classes} classes: ask for a multiple.")
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
        shuffled = y.cpu()[order]
        chosen = torch.cat([order[shuffled == k][:each] for k in range(classes)])
        if len(chosen) < labels:
            raise ValueError(f"There are not {each} examples of every class: ask for fewer labels than {labels}.")
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("chosen", chosen.to(x.device), persistent=False)
        self.register_buffer("y", y.to(x.device)[self.chosen].long(), persistent=False)

    def forward(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw n labelled and n unlabelled examples.

        Parameters
        ----------
        n : int. How many of each.

        Returns
        -------
        tuple of Tensor. x of shape (n, *S), y of shape (n,), and unlabelled of shape (n, *S), on their device.
        """
        packs = torch.rand(-(-n // len(self.y)), len(self.y), device=self.y.device).argsort(dim=1)
        which = packs.flatten()[:n]
        others = torch.randint(len(self.x), (n,), device=self.y.device)
        known = self.chosen.index_select(0, which)
        return self.x.index_select(0, known), self.y.index_select(0, which), self.x.index_select(0, others)

    def extra_repr(self) -> str:
        return f"{len(self.x)} examples, {len(self.y)} labels"

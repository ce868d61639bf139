"""Clusters without names, named by their best one-to-one match with classes."""

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def match(cluster: Tensor, label: Tensor, clusters: int, labels: int | None = None) -> Tensor:
    """Name each cluster after a class, no two after the same, so that the most examples are named right.

    Parameters
    ----------
    cluster, label : Tensor, shape (n,). Numbers from 0 of each example's cluster and class.
    clusters : int. How many clusters there are, those without an example included.
    labels : int, optional. How many classes there are; as many as clusters if left out.

    Returns
    -------
    Tensor, shape (clusters,). The class of each cluster; -1 for those that are left over, if there are more of them.

    Raises
    ------
    ValueError. If the numbers do not pair up, are no whole numbers, or one of them is out of range.

    Source: Kuhn 1955, doi:10.1002/nav.3800020109, the Hungarian method; the algorithm is SciPy's.
    """
    labels = clusters if labels is None else labels
    _numbers("cluster", cluster, clusters)
    _numbers("label", label, labels)
    if len(cluster) != len(label):
        raise ValueError(f"each example has one cluster and one label: got {len(cluster)} and {len(label)}")
    together = torch.bincount(cluster.cpu() * labels + label.cpu(), minlength=clusters * labels)
    rows, columns = linear_sum_assignment(together.reshape(clusters, labels).numpy(), maximize=True)
    names = torch.full((clusters,), -1)
    names[torch.from_numpy(rows)] = torch.from_numpy(columns)
    return names


def matched_error(cluster: Tensor, label: Tensor, names: Tensor) -> float:
    """Share of the examples whose cluster is named after another class.

    Fit the names on other examples than these: `match` sees the labels.

    Parameters
    ----------
    cluster, label : Tensor, shape (n,). Numbers from 0 of each example's cluster and class.
    names : Tensor, shape (clusters,). From `match`.

    Returns
    -------
    float. In [0, 1].

    Raises
    ------
    ValueError. If the numbers do not pair up, are no whole numbers, or a cluster is out of range.
    """
    _numbers("cluster", cluster, len(names))
    if len(cluster) != len(label):
        raise ValueError(f"each example has one cluster and one label: got {len(cluster)} and {len(label)}")
    return names[cluster.cpu()].ne(label.cpu()).double().mean().item()


def _numbers(name: str, values: Tensor, count: int) -> None:
    """Whole numbers from 0 to below count, in one dimension, or a sentence on what they are."""
    if values.dim() != 1 or values.is_floating_point() or not len(values):
        raise ValueError(f"{name} holds whole numbers, shape (n,), not {values.dtype} of shape {tuple(values.shape)}")
    if values.min() < 0 or values.max() >= count:
        raise ValueError(f"{name} numbers run from 0 to {count - 1}, not from {values.min()} to {values.max()}")

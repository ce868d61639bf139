"""Codes against known factors: what can be read from one axis, and what from all of them together."""

from typing import NamedTuple

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


class FactorReport(NamedTuple):
    """How well straight lines fitted on some examples predict the factors of others."""

    axis: tuple[int, ...]
    """Of each factor: the code that it was matched to, no code twice."""
    alone: Tensor
    """Of each factor, shape (f,): R squared of the line from its own code."""
    together: Tensor
    """Of each factor, shape (f,): R squared of the regression on all codes, which no invertible map of them changes."""


def factors_read(codes: Tensor, factors: Tensor, fresh_codes: Tensor, fresh_factors: Tensor) -> FactorReport:
    """Match each factor to one code and fit a line on some examples; say what it predicts of others.

    The match is the one-to-one assignment with the largest sum of squared correlations, so a code may be upside down. A
    code that tells a factor perfectly, but along a curve, has less than one.

    Parameters
    ----------
    codes : Tensor, shape (n, k). What was read of each example; n > k + 1.
    factors : Tensor, shape (n, f). What is true of it; f <= k.
    fresh_codes : Tensor, shape (m, k). The same of other examples.
    fresh_factors : Tensor, shape (m, f). The same of other examples.

    Returns
    -------
    FactorReport. R squared is 1 - (mean squared error) / (variance) on the fresh examples: at most one, and below zero
    for a line that does worse than the fresh mean.

    Raises
    ------
    ValueError. If the examples do not pair up, the widths differ, or there are more factors than codes.
    """
    pairs = ((codes, factors), (fresh_codes, fresh_factors))
    if any(c.dim() != 2 or f.dim() != 2 or len(c) != len(f) for c, f in pairs):
        raise ValueError("each example has a row of codes and a row of factors, so both are of shape (n, ...)")
    (_, k), (_, width) = codes.shape, factors.shape
    if fresh_codes.shape[1] != k or fresh_factors.shape[1] != width or width > k or len(codes) < k + 2:
        raise ValueError(
            f"{len(codes)} examples with {k} codes and {width} factors, and fresh ones with {fresh_codes.shape[1]} and "
            f"{fresh_factors.shape[1]}: give as many of each, no more factors than codes, and more examples than codes"
        )
    c, f, new_c, new_f = (part.detach().cpu().double() for part in (codes, factors, fresh_codes, fresh_factors))
    correlation = torch.corrcoef(torch.cat([f, c], dim=1).T)[:width, width:].nan_to_num()
    _, columns = linear_sum_assignment(correlation.square().numpy(), maximize=True)
    axis = tuple(int(column) for column in columns)
    alone = torch.cat([_fit(c[:, [j]], f[:, [i]], new_c[:, [j]], new_f[:, [i]]) for i, j in enumerate(axis)])
    return FactorReport(axis, alone, _fit(c, f, new_c, new_f))


def _fit(codes: Tensor, factors: Tensor, fresh_codes: Tensor, fresh_factors: Tensor) -> Tensor:
    """R squared of each factor on fresh examples, by least squares with a constant."""
    one, fresh_one = codes.new_ones(len(codes), 1), codes.new_ones(len(fresh_codes), 1)
    # The pseudo-inverse: a code that never moves leaves the matrix without full rank.
    slopes = torch.linalg.pinv(torch.cat([codes, one], 1)) @ factors
    error = (torch.cat([fresh_codes, fresh_one], 1) @ slopes - fresh_factors).square().mean(0)
    return 1 - error / fresh_factors.var(0, correction=0)

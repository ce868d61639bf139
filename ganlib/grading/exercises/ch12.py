"""Checks of chapter 12, *InfoGAN*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(bound: Any) -> Verdict:
    """The bound L_I of a categorical code, from what Q said of each picture.

    Parameters
    ----------
    bound : callable
        From a list of rows of scores (logits), and the numbers of the codes that were drawn, to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[0.0, 0.0]], [1]),
        ([[0.0, math.log(3)], [0.0, 0.0]], [1, 0]),
        ([[2.0, 0.0, -1.0], [0.0, 3.0, 0.0], [1.0, 1.0, 1.0]], [0, 1, 2]),
        ([[0.0, 4.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0]], [1, 3]),
    ]
    return check(
        "ch12.q1",
        bound,
        list(zip(inputs, (0.0, 0.202733, 0.644152, -1.150457))),
        labels=["a reader who cannot tell", "two codes", "three codes", "four codes, one answer sure and wrong"],
        wrong=[
            (
                _says(inputs, 1.193147, 1.318147, 1.794136, 1.863554),
                "the logarithm is missing: a mean of probabilities plus an entropy is no bound, it exceeds H(c) itself",
            ),
            (
                _says(inputs, -0.693147, -0.490415, -0.45446, -2.536751),
                "H(c) is missing: a reader who cannot tell must score 0 nats, not -log K",
            ),
            (
                _says(inputs, 0.0, -0.287682, -0.264769, -3.687208),
                "a mean over the pictures, not a sum: more pictures carry no more nats each",
            ),
            (
                _says(inputs, 0.693147, 1.242453, 3.098612, 3.386294),
                "scores are not yet log-probabilities: subtract the logarithm of the sum of their exponentials",
            ),
            (
                _says(inputs, 0.0, 0.109535, 0.309363, 0.130344),
                "that is a softmax of a softmax, which no reader, however sure, can make sharp",
            ),
            (
                _says(inputs, 0.0, 0.292481, 0.929315, -1.659759),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, -1.386294, -1.183562, -1.553073, -3.923046),
                "H(c) is added: what Q says starts at -log K for a reader who cannot tell",
            ),
            (
                _says(inputs, 0.0, 1.0, 0.666667, 0.5),
                "that is how often Q is right; the bound asks how probable it held the truth",
            ),
            (
                _says(inputs, 0.0, 0.223144, 0.735522, 0.6466),
                "the mean of the logarithms, not the logarithm of the mean, which forgives a sure wrong answer",
            ),
            (_says(inputs, 0.0, -0.202733, -0.644152, 1.150457), "that is minus the bound, as in the loss"),
            (
                _says(inputs, 0.693147, 0.490415, 0.45446, 2.536751),
                "that is the cross-entropy, what the bound falls short of H(c) by",
            ),
        ],
    )


def q2(ceiling: Any) -> Verdict:
    """The most that the bound can be for a code uniform on [-1, 1], if Q's width is fixed.

    Parameters
    ----------
    ceiling : callable
        From the standard deviation of Q to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1.0,), (0.5,), (0.1,), (2.0,)]
    return check(
        "ch12.q2",
        ceiling,
        list(zip(inputs, (-0.225791, 0.467356, 2.076794, -0.918939))),
        labels=[f"width {w:g}" for (w,) in inputs],
        wrong=[
            (
                _says(inputs, 0.693147, 1.386294, 2.995732, 0.0),
                "a Gaussian density has a constant: half the logarithm of 2 pi is missing",
            ),
            (
                _says(inputs, -0.225791, 0.120782, 0.925501, -0.572365),
                "the width is a standard deviation: its logarithm enters whole, that of the variance by half",
            ),
            (
                _says(inputs, -0.918939, -0.225791, 1.383647, -1.612086),
                "H(c) is missing: a code uniform on an interval of length 2 has log 2",
            ),
            (
                _says(inputs, -1.612086, -0.918939, 0.690499, -2.305233),
                "H(c) is added, not subtracted",
            ),
            (
                _says(inputs, -0.725791, -0.032644, 1.576794, -1.418939),
                "that takes an error as wide as Q itself; at its best, the mean is never wrong",
            ),
            (
                _says(inputs, -0.392458, -0.199311, -14.589873, -0.960605),
                "that is a reader who always says 0; at its best, the mean is never wrong",
            ),
            (
                _says(inputs, 0.0, 0.467356, 2.076794, 0.0),
                "no information is negative, but a lower bound on it may be, and this one is",
            ),
            (
                _says(inputs, 1.612086, 0.918939, -0.690499, 2.305233),
                "the sign: log Q holds minus the logarithm of the width; the narrower, the larger",
            ),
            (
                _says(inputs, 0.693147, 0.693147, 0.693147, 0.693147),
                "that is H(c): of a continuous code it is no ceiling, and the width matters",
            ),
        ],
    )


def q3(best: Any) -> Verdict:
    """The bound for a code uniform on [-1, 1] when Q has learned its width.

    Parameters
    ----------
    best : callable
        From the mean square error of Q's means to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1 / 3,), (0.1,), (0.01,), (0.0001,)]
    return check(
        "ch12.q3",
        best,
        list(zip(inputs, (-0.176485, 0.425501, 1.576794, 3.879379))),
        labels=["always 0", "error 0.1", "error 0.01", "error 0.0001"],
        wrong=[
            (
                _says(inputs, -0.392458, -0.275791, -0.230791, -0.225841),
                "that is the width fixed at 1: put in the variance that makes the bound largest",
            ),
            (
                _says(inputs, 0.323515, 0.925501, 2.076794, 4.379379),
                "the errors themselves cost as well: their square over twice the variance is one half on average",
            ),
            (
                _says(inputs, 0.372821, 1.576794, 3.879379, 8.484549),
                "a mean square error is a variance already: do not square it",
            ),
            (
                _says(inputs, 0.0, 0.601986, 1.753279, 4.055864),
                "that compares with a Gaussian code; this one is uniform, and its H(c) is log 2",
            ),
            (
                _says(inputs, -0.869632, -0.267646, 0.883647, 3.186232),
                "H(c) is missing: a code uniform on an interval of length 2 has log 2",
            ),
            (
                _says(inputs, -0.451138, -0.150145, 0.425501, 1.576794),
                "under the logarithm stands the variance, not the standard deviation",
            ),
            (
                _says(inputs, 1.56278, 0.960793, -0.190499, -2.493084),
                "the sign: the smaller the error, the larger the bound",
            ),
            (_says(inputs, 0.0, 0.7, 0.97, 0.9997), "that is R squared; asked for are nats"),
        ],
    )


def q5(readable: Any) -> Verdict:
    """The most that the bound can be, if each code draws one digit and nothing but the digit can be seen.

    Parameters
    ----------
    readable : callable
        From the list of the digits that the codes draw, one a code, to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9],),
        ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4],),
        ([7, 7, 7, 7],),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 8],),
        ([1, 1, 1, 2],),
    ]
    return check(
        "ch12.q5",
        readable,
        list(zip(inputs, (2.302585, 1.609438, 0.0, 2.163956, 0.562335))),
        labels=["ten digits", "five pairs", "one digit for all", "one pair", "three and one"],
        wrong=[
            (
                _says(inputs, 2.302585, 2.302585, 1.386294, 2.302585, 1.386294),
                "that is H(c); codes that draw the same digit cannot be told apart",
            ),
            (
                _says(inputs, 2.302585, 1.609438, 0.0, 2.197225, 0.693147),
                "the digits are not equally likely: one that two codes draw comes twice as often",
            ),
            (
                _says(inputs, 2.302585, 1.151293, 0.346574, 2.072327, 0.693147),
                "nats are not in proportion to the number of digits",
            ),
            (_says(inputs, 1.0, 0.5, 0.25, 0.9, 0.5), "that is how often the best reader is right; asked for are nats"),
            (
                _says(inputs, 3.321928, 2.321928, 0.0, 3.121928, 0.811278),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, 0.0, 0.693147, 1.386294, 0.138629, 0.823959),
                "that is what is lost, H(c|x); asked for is what is left",
            ),
            (
                _says(inputs, 2.302585, -1.163151, -0.693147, 1.609438, 0.0),
                "a digit drawn by two codes costs log 2 only when it is drawn: weigh by how often",
            ),
            (
                _says(inputs, 2.302585, 1.609438, 0.0, 2.225569, 0.836988),
                "a mean over the codes, not over the different digits: shared ones come more often",
            ),
        ],
    )


def q4(error: Any) -> Verdict:
    """The share of pictures whose code has the wrong name, under the best names.

    Parameters
    ----------
    error : callable
        From a table of counts, a row for each code and a column for each digit, to a share.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[5, 0], [0, 5]],),
        ([[0, 5], [5, 0]],),
        ([[6, 1, 0], [4, 1, 0], [0, 5, 3]],),
        ([[9, 8, 0], [8, 0, 0], [0, 0, 5]],),
        ([[3, 3], [4, 0]],),
    ]
    return check(
        "ch12.q4",
        error,
        list(zip(inputs, (0.0, 0.0, 0.45, 0.3, 0.3))),
        labels=["in order", "exchanged", "two codes of one digit", "a tempting first choice", "a tie"],
        wrong=[
            (
                _says(inputs, 0.0, 0.0, 0.25, 0.266667, 0.3),
                "two codes have the same name: every name may be given once",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.5, 0.533333, 0.7),
                "the first code takes the best name and leaves another none: try all ways of giving names",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.45, 0.533333, 0.3),
                "the largest entry first is not the best: try all ways of giving names",
            ),
            (
                _says(inputs, 0.0, 1.0, 0.5, 0.533333, 0.7),
                "code 3 is not the digit 3: nobody told the game which number a digit has",
            ),
            (_says(inputs, 1.0, 1.0, 0.55, 0.7, 0.7), "that is the share named right; asked for is the error"),
            (
                _says(inputs, 0.0, 0.0, 0.3, 0.266667, 0.3),
                "two digits have the same code: every code names one digit",
            ),
            (_says(inputs, 0.0, 0.0, 9.0, 9.0, 3.0), "a share of all pictures, not their number"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

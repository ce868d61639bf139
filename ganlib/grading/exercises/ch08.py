"""Checks of chapter 8, *DCGAN*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(side: Any) -> Verdict:
    """The side of a convolution's output.

    Parameters
    ----------
    side : callable
        From the side of the input, the kernel, the stride and the padding to the side of the output.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(28, 4, 2, 1), (7, 3, 2, 1), (10, 5, 1, 0), (9, 4, 2, 1), (16, 3, 3, 2)]
    return check(
        "ch08.q1",
        side,
        list(zip(inputs, (14, 4, 6, 4, 6))),
        labels=[
            "side 28, kernel 4, stride 2, padding 1",
            "side 7, kernel 3, stride 2, padding 1",
            "side 10, kernel 5, stride 1, padding 0",
            "side 9, kernel 4, stride 2, padding 1",
            "side 16, kernel 3, stride 3, padding 2",
        ],
        wrong=[
            (_says(inputs, 13, 3, 6, 4, 6), "the padding stands on both sides of the map"),
            (_says(inputs, 13, 3, 5, 3, 5), "count the place where the kernel stands before its first step, too"),
            (_says(inputs, 14, 4, 6, 5, 7), "a step that does not fit is not taken: round down"),
            (_says(inputs, 56, 13, 14, 18, 44), "that is the way up, of the transposed convolution"),
            (
                _says(inputs, 13, 3, 6, 3, 5),
                "the padding is missing: it makes the map larger before the kernel sees it",
            ),
            (_says(inputs, 14, 3, 10, 4, 5), "kernel and padding count too, not only the stride"),
            (_says(inputs, 14, 4, 6, 4.5, 6.666667), "there are no half rows: round down"),
        ],
    )


def q2(normalise: Any) -> Verdict:
    """Batch normalisation of one channel in training mode.

    Parameters
    ----------
    normalise : callable
        From the list of a channel's values to the list of normalised values.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([0.25, 0.75],), ([1.0, 2.0, 3.0, 6.0],), ([0.0, 0.0, 0.0, 4.0],), ([-2.0, 1.0, 1.0],)]
    return check(
        "ch08.q2",
        normalise,
        list(
            zip(
                inputs,
                (
                    (-1.0, 1.0),
                    (-1.069045, -0.534522, 0.0, 1.603567),
                    (-0.57735, -0.57735, -0.57735, 1.732051),
                    (-1.414214, 0.707107, 0.707107),
                ),
            )
        ),
        labels=["two values", "four values", "one stands out", "two are equal"],
        wrong=[
            (
                _says(
                    inputs,
                    (-0.707107, 0.707107),
                    (-0.92582, -0.46291, 0.0, 1.38873),
                    (-0.5, -0.5, -0.5, 1.5),
                    (-1.154701, 0.57735, 0.57735),
                ),
                "the variance is divided by n, not by n - 1, while the batch is normalised",
            ),
            (
                _says(
                    inputs,
                    (-4.0, 4.0),
                    (-0.571429, -0.285714, 0.0, 0.857143),
                    (-0.333333, -0.333333, -0.333333, 1.0),
                    (-1.0, 0.5, 0.5),
                ),
                "divide by the standard deviation, not by the variance",
            ),
            (
                _says(
                    inputs,
                    (1.0, 3.0),
                    (0.534522, 1.069045, 1.603567, 3.207135),
                    (0.0, 0.0, 0.0, 2.309401),
                    (-1.414214, 0.707107, 0.707107),
                ),
                "the mean is still there: subtract it first",
            ),
            (
                _says(inputs, (-0.25, 0.25), (-2.0, -1.0, 0.0, 3.0), (-1.0, -1.0, -1.0, 3.0), (-2.0, 1.0, 1.0)),
                "centred, but not divided by the standard deviation",
            ),
            (
                _says(inputs, (0.0, 1.0), (0.0, 0.2, 0.4, 1.0), (0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 1.0)),
                "that maps the channel to between 0 and 1; asked for are mean 0 and variance 1",
            ),
            (
                _says(
                    inputs,
                    (-0.707107, 0.707107),
                    (-0.534522, -0.267261, 0.0, 0.801784),
                    (-0.288675, -0.288675, -0.288675, 0.866025),
                    (-0.816497, 0.408248, 0.408248),
                ),
                "the variance is a mean of squares, not their sum",
            ),
            (
                _says(
                    inputs,
                    (-1.0, 1.0),
                    (-1.333333, -0.666667, 0.0, 2.0),
                    (-0.666667, -0.666667, -0.666667, 2.0),
                    (-1.5, 0.75, 0.75),
                ),
                "the spread is measured by squares, not absolute values",
            ),
        ],
    )


def q3(lowest_loss: Any) -> Verdict:
    """The bound on the loss of a D whose scores of both batches have one mean, in nats.

    Parameters
    ----------
    lowest_loss : callable
        From that mean to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0,), (1.0,), (-2.0,), (0.5,)]
    return check(
        "ch08.q3",
        lowest_loss,
        list(zip(inputs, (1.386294, 1.626523, 2.253856, 1.448154))),
        labels=["beta 0", "beta 1", "beta -2", "beta 0.5"],
        wrong=[
            (
                _says(inputs, 1.386294, 1.386294, 1.386294, 1.386294),
                "2 log 2 is the bound only at beta = 0; elsewhere it is higher",
            ),
            (_says(inputs, 0.693147, 0.313262, 2.126928, 0.474077), "that is the real batch alone"),
            (_says(inputs, 0.693147, 1.313262, 0.126928, 0.974077), "that is the fake batch alone"),
            (
                _says(inputs, 1.386294, 0.626523, 4.253856, 0.948154),
                "that is as if the fakes had mean -beta; both batches have mean beta",
            ),
            (
                _says(inputs, 0.693147, 0.813262, 1.126928, 0.724077),
                "D's loss is a sum of two means, not their average",
            ),
            (
                _says(inputs, -1.386294, -1.626523, -2.253856, -1.448154),
                "that is what D climbs; its loss is minus that",
            ),
            (
                _says(inputs, 2.0, 2.346577, 3.251627, 2.089245),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (_says(inputs, 0.0, 0.0, 0.0, 0.0), "D could reach zero only if it could move the two means apart"),
        ],
    )


def q4(squared_norm: Any) -> Verdict:
    """The expected squared norm on a straight walk between two independent normal vectors.

    Parameters
    ----------
    squared_norm : callable
        From the dimension and the share of the way to the expected square.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(100, 0.0), (100, 0.5), (64, 0.25), (10, 0.9)]
    return check(
        "ch08.q4",
        squared_norm,
        list(zip(inputs, (100.0, 50.0, 40.0, 8.2))),
        labels=["d = 100, t = 0", "d = 100, t = 0.5", "d = 64, t = 0.25", "d = 10, t = 0.9"],
        wrong=[
            (
                _says(inputs, 100.0, 100.0, 64.0, 10.0),
                "that would be so if the walk were along a circle; a straight one is shorter in the middle",
            ),
            (
                _says(inputs, 100.0, 0.0, 16.0, 6.4),
                "that is so if the two point opposite ways; independent ones are orthogonal on average",
            ),
            (_says(inputs, 10.0, 7.071068, 6.324555, 2.863564), "you took the root; asked for is the expected square"),
            (_says(inputs, 1.0, 0.5, 0.625, 0.82), "that is one coordinate; there are d of them"),
            (_says(inputs, 50.0, 50.0, 32.0, 5.0), "that is so at the middle only; at either end it is d"),
            (_says(inputs, 100.0, 25.0, 36.0, 0.1), "the second vector has a length, too"),
            (_says(inputs, 100.0, 50.0, 48.0, 9.0), "the weights enter squared, and both of them"),
        ],
    )


def q5(along: Any) -> Verdict:
    """A place on the walk along the sphere.

    Parameters
    ----------
    along : callable
        From two lists of equal length and norm and the share of the way to a list.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([1.0, 0.0], [0.0, 1.0], 0.5),
        ([2.0, 0.0], [0.0, 2.0], 1 / 3),
        ([3.0, 4.0], [4.0, -3.0], 0.25),
        ([1.0, 0.0, 0.0], [0.6, 0.8, 0.0], 0.75),
    ]
    return check(
        "ch08.q5",
        along,
        list(zip(inputs, ((0.707107, 0.707107), (1.732051, 1.0), (4.302372, 2.547468), (0.767752, 0.640747, 0.0)))),
        labels=["half of a right angle", "a third, norm 2", "a quarter, norm 5", "three quarters of a smaller angle"],
        wrong=[
            (
                _says(inputs, (0.5, 0.5), (1.333333, 0.666667), (3.25, 2.25), (0.7, 0.6, 0.0)),
                "that cuts through the ball instead of going along its surface",
            ),
            (
                _says(
                    inputs, (0.707107, 0.707107), (1.788854, 0.894427), (4.110961, 2.84605), (0.759257, 0.650791, 0.0)
                ),
                "the right length, the wrong speed: the angle must grow evenly with t",
            ),
            (
                _says(inputs, (0.707107, 0.707107), (1.0, 1.732051), (4.843568, -1.240905), (0.973249, 0.229753, 0.0)),
                "that starts at b; at t = 0 you stand at a",
            ),
            (
                _says(inputs, (0.707107, 0.707107), (1.732051, 1.0), (4.302372, 2.547468), (0.614201, 0.512598, 0.0)),
                "divide by the sine of the whole angle, or the walk does not end where it should",
            ),
            (
                _says(inputs, (0.707107, 0.707107), (1.732051, 1.0), (4.302372, 2.547468), (0.937011, 0.739104, 0.0)),
                "that takes the two to be at a right angle; use the angle they have",
            ),
            (
                _says(inputs, (0.5, 0.5), (1.333333, 0.666667), (3.25, 2.25), (0.76, 0.48, 0.0)),
                "a sine of a share of the angle is not a share of its sine",
            ),
        ],
    )


def q6(squared_norm: Any) -> Verdict:
    """The expected squared norm of A - B + C, each a mean of n independent normal vectors.

    Parameters
    ----------
    squared_norm : callable
        From the dimension and n to the expected square.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(100, 1), (100, 3), (64, 2), (10, 5)]
    return check(
        "ch08.q6",
        squared_norm,
        list(zip(inputs, (300.0, 100.0, 96.0, 6.0))),
        labels=["d = 100, n = 1", "d = 100, n = 3", "d = 64, n = 2", "d = 10, n = 5"],
        wrong=[
            (_says(inputs, 100.0, 33.333333, 32.0, 2.0), "A and B do not cancel: they are means of other vectors"),
            (
                _says(inputs, 100.0, 100.0, 64.0, 10.0),
                "a mean of n is shorter than one vector, and three means add up: both count",
            ),
            (
                _says(inputs, 300.0, 33.333333, 48.0, 1.2),
                "a mean of n has 1/n of the expected square: 1/n^2 for each, and there are n of them",
            ),
            (_says(inputs, 300.0, 300.0, 192.0, 30.0), "that is the sum of one vector each; a mean of n is shorter"),
            (_says(inputs, 300.0, 900.0, 384.0, 150.0), "those are sums of n vectors; means are asked for"),
            (_says(inputs, 17.320508, 10.0, 9.797959, 2.44949), "you took the root; asked for is the expected square"),
            (_says(inputs, 900.0, 300.0, 288.0, 18.0), "lengths do not add: of independent vectors the squares do"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

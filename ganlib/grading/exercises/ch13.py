"""Checks of chapter 13, *InfoGAN on time series*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(axis_r2: Any) -> Verdict:
    """R squared between a code and its reading, after both readings were turned.

    Parameters
    ----------
    axis_r2 : callable
        From the correlation before and the angle in degrees to R squared.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.9, 0.0), (0.9, 45.0), (0.8, 30.0), (1.0, 60.0), (0.6, 90.0)]
    return check(
        "ch13.q1",
        axis_r2,
        list(zip(inputs, (0.81, 0.405, 0.48, 0.25, 0.0))),
        labels=[f"rho {rho:g}, {degrees:g} degrees" for rho, degrees in inputs],
        wrong=[
            (
                _says(inputs, 0.9, 0.636396, 0.69282, 0.5, 0.0),
                "that is the correlation; R squared is its square",
            ),
            (
                _says(inputs, 0.81, 0.572756, 0.554256, 0.5, 0.0),
                "the turn puts a cosine into the correlation, and R squared is the square of all of it",
            ),
            (
                _says(inputs, 0.9, 0.45, 0.6, 0.25, 0.0),
                "R squared has the square of rho as well as that of the cosine",
            ),
            (
                _says(inputs, 0.81, 0.81, 0.64, 1.0, 0.36),
                "that is what both readings together still tell; one axis alone loses by the turn",
            ),
            (
                _says(inputs, 0.81, 0.22353, 0.015228, 0.90709, 0.072277),
                "the angle comes in degrees, and `math.cos` takes radians",
            ),
            (
                _says(inputs, 0.0, 0.405, 0.16, 0.75, 0.36),
                "that is what the *other* reading tells about this code",
            ),
            (
                _says(inputs, 0.19, 0.595, 0.52, 0.75, 1.0),
                "that is the share left unexplained",
            ),
            (
                _says(inputs, 0.81, 0.0, 0.16, 0.25, 0.36),
                "the angle itself, not twice: at 45 degrees half is left, not nothing",
            ),
        ],
    )


def q2(lost: Any) -> Verdict:
    """What a reader with a variance for each axis loses when two codes of unequal noise are turned.

    Parameters
    ----------
    lost : callable
        From two posterior variances and the angle in degrees to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.1, 0.1, 45.0), (0.1, 0.4, 45.0), (0.1, 0.4, 0.0), (0.01, 1.0, 30.0), (0.3, 0.2, 60.0)]
    return check(
        "ch13.q2",
        lost,
        list(zip(inputs, (0.0, 0.223144, 0.0, 1.48204, 0.015386))),
        labels=[f"variances {v:g} and {w:g}, {degrees:g} degrees" for v, w, degrees in inputs],
        wrong=[
            (
                _says(inputs, 0.0, 0.446287, 0.0, 2.96408, 0.030772),
                "the entropy of a Gaussian has *half* the logarithm of its variance",
            ),
            (
                _says(inputs, 0.0, -0.223144, 0.0, -1.48204, -0.015386),
                "the sign: asked is what is lost, and a wider guess loses",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.0, 0.0, 0.0),
                "nothing is lost only by a reader that also says how the two errors hang together; this one cannot",
            ),
            (
                _says(inputs, 0.0, 0.753772, 0.0, 3.768349, 0.061201),
                "the arguments are variances already: do not square them",
            ),
            (
                _says(inputs, 0.0, 0.321928, 0.0, 2.138132, 0.022197),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, 0.0, 0.185632, 0.0, 0.59339, 0.006974),
                "the angle comes in degrees, and `math.cos` takes radians",
            ),
            (
                _says(inputs, 0.346574, 0.569717, 0.0, 1.895556, 0.330878),
                "variances mix with the squares of sine and cosine, which add up to one",
            ),
            (
                _says(inputs, -2.302585, -1.386294, -1.609438, -0.820545, -1.39132),
                "that is where the turned reader ends; take off where the straight one was",
            ),
            (
                _says(inputs, 0.0, 0.458145, 0.0, 1.624217, -0.143841),
                "that is the first axis alone; what it loses the second may gain",
            ),
        ],
    )


def q3(excess_kurtosis: Any) -> Verdict:
    """The excess kurtosis of one of two turned uniform codes.

    Parameters
    ----------
    excess_kurtosis : callable
        From the angle in degrees to a number without unit.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0,), (45.0,), (30.0,), (75.0,), (90.0,)]
    return check(
        "ch13.q3",
        excess_kurtosis,
        list(zip(inputs, (-1.2, -0.6, -0.75, -1.05, -1.2))),
        labels=[f"{degrees:g} degrees" for (degrees,) in inputs],
        wrong=[
            (_says(inputs, 1.8, 2.4, 2.25, 1.95, 1.8), "that is the kurtosis; the excess over a Gaussian is 3 less"),
            (
                _says(inputs, -1.2, -2.1, -1.875, -1.425, -1.2),
                "the fourth power of a sum of two has a cross term: 6 times the product of the two squares",
            ),
            (
                _says(inputs, -1.2, -1.2, -1.2, -1.2, -1.2),
                "a sum of two uniform numbers is not uniform; look at 45 degrees, where it is a triangle",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.0, 0.0, 0.0),
                "zero is what a Gaussian has, at every angle; the code is uniform",
            ),
            (
                _says(inputs, -0.133333, -0.066667, -0.083333, -0.116667, -0.133333),
                "divide by the square of the variance, which is 1/3",
            ),
            (
                _says(inputs, -1.2, -0.720462, -1.144254, -0.893371, -0.814893),
                "the angle comes in degrees, and `math.cos` takes radians",
            ),
            (_says(inputs, 1.2, 0.6, 0.75, 1.05, 1.2), "the sign: a box has thinner tails than a bell"),
            (
                _says(inputs, -1.2, -0.3, -0.675, -0.005385, 0.0),
                "the second code is in the sum as well, with its sine",
            ),
        ],
    )


def q4(least_error: Any) -> Verdict:
    """The least mean squared error of a reader whose answers are bounded.

    Parameters
    ----------
    least_error : callable
        From the smallest and the largest possible answer to the error.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0, 1.0), (-1.0, 1.0), (-0.5, 0.5), (0.0, 0.2), (-0.2, 0.6)]
    return check(
        "ch13.q4",
        least_error,
        list(zip(inputs, (0.166667, 0.0, 0.041667, 0.252, 0.096))),
        labels=[f"answers from {low:g} to {high:g}" for low, high in inputs],
        wrong=[
            (
                _says(inputs, 0.333333, 0.0, 0.083333, 0.504, 0.192),
                "the density of the code is one half, not one: it is spread over a length of two",
            ),
            (
                _says(inputs, 0.166667, 0.0, 0.020833, 0.166667, 0.085333),
                "codes above the largest answer are missed too",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.020833, 0.085333, 0.010667),
                "codes below the smallest answer are missed too",
            ),
            (_says(inputs, 0.25, 0.0, 0.125, 0.41, 0.2), "that is the mean absolute error; asked is the squared one"),
            (
                _says(inputs, 0.5, 1.0, 0.875, 0.244, 0.712),
                "that is R squared; asked is the error, in squares of the code",
            ),
            (
                _says(inputs, 0.5, 0.0, 0.125, 0.756, 0.288),
                "that is the share of the code's variance, 1/3; asked is the error itself",
            ),
            (
                _says(inputs, 0.408248, 0.0, 0.204124, 0.501996, 0.309839),
                "that is the root of it",
            ),
            (
                _says(inputs, 0.5, 0.0, 0.5, 0.9, 0.6),
                "that is how often the reader errs, not by how much",
            ),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

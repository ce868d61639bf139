"""Checks of chapter 17, *Stacked GAN*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(again: Any) -> Verdict:
    """The conditional loss at the top of the stack: a cross-entropy, from scores.

    Parameters
    ----------
    again : callable
        From a list of scores and a class number to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([2.0, 1.0, -1.0], 0), ([0.0, 0.0, 0.0, 0.0], 2), ([5.0, -3.0], 1), ([-2.0, 0.5, 3.0], 1)]
    return check(
        "ch17.q1",
        again,
        list(zip(inputs, (0.349012, 1.386294, 8.000336, 2.585097))),
        labels=[
            "three scores",
            "four scores, all alike",
            "two scores, the wrong one high",
            "three scores, the second asked for",
        ],
        wrong=[
            (
                _says(inputs, 0.705385, 0.25, 0.000335, 0.075389),
                "that is the probability of the label; the loss is minus its logarithm",
            ),
            (
                _says(inputs, -0.349012, -1.386294, -8.000335, -2.585097),
                "the sign: the generator descends, so the loss must be large where the label is not found",
            ),
            (
                _says(inputs, 0.766318, 1.386294, 1.312771, 1.448458),
                "softmax twice: scores become probabilities once, and a second time makes all labels nearly alike",
            ),
            (
                _says(inputs, -2.0, 0.0, 3.0, -0.5),
                "a score counts only against the others: add the same number to all, and nothing must change",
            ),
            (
                _says(inputs, 0.15537, 0.75, 1.998659, 1.698445),
                "that is a squared distance of probabilities: right for features, not for a label",
            ),
            (
                _says(inputs, 1.682346, 1.386294, 4.000335, 2.585097),
                "the loss is of the label that was asked for, not an average over all labels",
            ),
            (
                _says(inputs, 0.126928, 0.693147, 3.048587, 0.474077),
                "one out of several: the other scores enter too, and not zero in their place",
            ),
            (
                _says(inputs, 0.503518, 2.0, 11.542044, 3.729507),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
        ],
    )


def q2(variance: Any) -> Verdict:
    """The variance of the Gaussian that a weighted mean square stands for.

    Parameters
    ----------
    variance : callable
        From the length of the noise and the weight of the entropy loss to the variance of Q in each coordinate.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(50, 10.0), (50, 1.0), (8, 10.0), (1, 2.0), (16, 5.0)]
    return check(
        "ch17.q2",
        variance,
        list(zip(inputs, (2.5, 25.0, 0.4, 0.25, 1.6))),
        labels=[f"d = {d}, weight {w:g}" for d, w in inputs],
        wrong=[
            (
                _says(inputs, 0.05, 0.5, 0.05, 0.25, 0.1),
                "the loss is a mean over d coordinates, the logarithm of a density a sum: each coordinate counts 1 / d",
            ),
            (_says(inputs, 5.0, 50.0, 0.8, 0.5, 3.2), "a Gaussian has a one half in its exponent"),
            (_says(inputs, 0.4, 0.04, 2.5, 4.0, 0.625), "upside down: a heavy weight means a narrow Gaussian"),
            (
                _says(inputs, 1.581139, 5.0, 0.632456, 0.5, 1.264911),
                "that is the standard deviation; asked for is the variance",
            ),
            (_says(inputs, 25.0, 25.0, 4.0, 0.5, 8.0), "the weight is missing: at weight 1 you would be right"),
            (
                _says(inputs, 250.0, 25.0, 40.0, 1.0, 40.0),
                "a heavier weight punishes an error more, as a smaller variance does",
            ),
            (
                _says(inputs, 0.001, 0.01, 0.00625, 0.25, 0.00625),
                "a mean divides the sum by d, so the weight on each coordinate is smaller, and the variance larger",
            ),
            (_says(inputs, 2.5, 2.5, 0.4, 0.05, 0.8), "right only for a weight of 10: take the weight as it is given"),
        ],
    )


def q3(entropy: Any) -> Verdict:
    """The differential entropy of a scaled standard normal.

    Parameters
    ----------
    entropy : callable
        From the scale a > 0 to the differential entropy of a z, in nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1.0,), (0.01,), (0.5,), (3.0,)]
    return check(
        "ch17.q3",
        entropy,
        list(zip(inputs, (1.418939, -3.186232, 0.725791, 2.517551))),
        labels=[f"a = {a:g}" for (a,) in inputs],
        wrong=[
            (
                _says(inputs, 1.418939, 1.418939, 1.418939, 1.418939),
                "that is the entropy of z; an image a hundredth as wide has a density a hundred times as high",
            ),
            (
                _says(inputs, 1.418939, -7.791402, 0.032644, 3.616163),
                "log a counts once, not twice: a squared in the variance, and one half before the logarithm",
            ),
            (
                _says(inputs, 1.418939, -0.883647, 1.072365, 1.968245),
                "that is half of it: the standard deviation has the factor a, the variance a squared",
            ),
            (
                _says(inputs, 1.418939, 6.024109, 2.112086, 0.320326),
                "the sign of log a: a narrow density is a certain one",
            ),
            (
                _says(inputs, 1.418939, 0.014189, 0.709469, 4.256816),
                "an entropy is no length: a factor of h becomes a summand of its entropy",
            ),
            (
                _says(inputs, 1.418939, 0.0, 0.725791, 2.517551),
                "a differential entropy may be negative: only that of discrete things may not",
            ),
            (
                _says(inputs, 0.918939, -3.686232, 0.225791, 2.017551),
                "the one half nat is missing that comes from the exponent: the mean of z squared over 2",
            ),
            (
                _says(inputs, 2.047096, -4.596761, 1.047096, 3.632058),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
        ],
    )


def q4(bound: Any) -> Verdict:
    """The variational bound on the information of a noisy linear generator, for a guess of a fixed width.

    Parameters
    ----------
    bound : callable
        From the signal-to-noise ratio and the variance of Q to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(3.0, 0.25), (3.0, 1.0), (99.0, 0.05), (0.0, 1.0), (0.5, 2.0)]
    return check(
        "ch17.q4",
        bound,
        list(zip(inputs, (0.693147, 0.375, 1.897866, 0.0, -0.01324))),
        labels=[f"ratio {r:g}, variance {s:g}" for r, s in inputs],
        wrong=[
            (
                _says(inputs, 0.693147, 0.693147, 2.302585, 0.0, 0.202733),
                "that is the information itself, which knows no guess; the bound meets it only at the right variance",
            ),
            (
                _says(inputs, 1.193147, 0.5, 1.997866, 0.5, 0.153426),
                "as if Q never erred: the part of z that nobody can recover, v, costs v / 2 over the variance",
            ),
            (
                _says(inputs, -0.725791, -1.043939, 0.478928, -1.418939, -1.432179),
                "the entropy of z is missing: a bound without it is below zero even for a perfect reader",
            ),
            (
                _says(inputs, -0.806853, 0.0, -8.002134, 0.0, -0.096574),
                "that is what Q would lose without looking at h: its error is v = 1 / (1 + ratio)",
            ),
            (_says(inputs, 0.193147, 0.25, 1.797866, -0.5, -0.179907), "a Gaussian has a one half in its exponent"),
            (
                _says(inputs, -0.113706, 0.375, 1.495732, 0.0, -0.276481),
                "the second argument is a variance: do not square it",
            ),
            (_says(inputs, -0.693147, -0.375, -1.897866, 0.0, 0.01324), "that is minus the bound, a loss"),
            (
                _says(inputs, -0.306853, 0.125, -7.902134, 0.5, 0.070093),
                "you took the part of z that is found for the part of z that is lost",
            ),
            (
                _says(inputs, 1.0, 0.541011, 2.738042, 0.0, -0.019102),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
        ],
    )


def q5(share: Any) -> Verdict:
    """The share of the variance of a pixel that the upper level decides.

    Parameters
    ----------
    share : callable
        From a list of rows, one for each draw of the upper level, each a list of values of one pixel, to a number.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[0.0, 0.2], [1.0, 0.8]],),
        ([[0.0, 1.0], [0.0, 1.0]],),
        ([[0.2, 0.4, 0.6], [0.5, 0.9, 0.7], [0.1, 0.1, 0.4]],),
        ([[1.0, 0.0, 0.5, 0.25], [0.75, 0.5, 1.0, 0.0]],),
    ]
    return check(
        "ch17.q5",
        share,
        list(zip(inputs, (0.941176, 0.0, 0.633333, 0.027778))),
        labels=["mostly the upper level", "the lower level alone", "three draws of three", "two draws of four"],
        wrong=[
            (
                _says(inputs, 0.058824, 1.0, 0.366667, 0.972222),
                "that is the share of the lower level, the variance within a row",
            ),
            (
                _says(inputs, 16.0, 0.0, 1.727273, 0.028571),
                "a share is a part of the whole: divide by the variance of all values",
            ),
            (
                _says(inputs, 0.16, 0.0, 0.042222, 0.003906),
                "that is the variance between the rows; a share is what part of the whole it is",
            ),
            (_says(inputs, 0.970143, 0.0, 0.795822, 0.166667), "variances add up, standard deviations do not: no root"),
            (
                _says(inputs, 1.470588, 0.0, 0.433333, 0.111111),
                "average over the pictures of a row first: one of them has the lower level's noise in it",
            ),
            (
                _says(inputs, 1.411765, 0.0, 0.844444, 0.048611),
                "divide by n, not by n - 1, everywhere: only then do the two shares add up to one",
            ),
            (
                _says(inputs, 0.0, 1.0, 0.233333, 0.722222),
                "the rows are the draws of the upper level; you averaged over the columns",
            ),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

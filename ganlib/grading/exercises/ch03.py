"""Checks of chapter 3, *Divergences*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(kl_of_tables: Any) -> Verdict:
    """KL(p || q) of two lists of probabilities.

    Parameters
    ----------
    kl_of_tables : callable
        From two lists of probabilities to nats.

    Returns
    -------
    Verdict
    """
    inputs = [
        ([0.7, 0.2, 0.1], [0.4, 0.4, 0.2]),
        ([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]),
        ([0.25, 0.25, 0.5], [0.5, 0.5, 0.0]),
        ([0.9, 0.1, 0.0], [0.5, 0.5, 0.0]),
    ]
    return check(
        "ch03.q1",
        kl_of_tables,
        list(zip(inputs, (0.183787, 0.693147, math.inf, 0.368064))),
        labels=["no zeros", "a zero in p", "a zero in q", "a zero in both"],
        wrong=[
            (
                _says(inputs, 0.183787, math.nan, math.inf, math.nan),
                "0 log 0 is 0, the limit of x log x: skip what p never shows before you take a logarithm",
            ),
            (
                _says(inputs, 0.192037, math.inf, 0.693147, 0.510826),
                "the arguments are swapped: the average is taken over p, which is what happens; q is only believed",
            ),
            (
                _says(inputs, 0.265148, 1.0, math.inf, 0.531004),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, 0.985606, 1.386294, math.inf, 0.693147),
                "that is the cross-entropy, all that is paid; take off the entropy of p, which has to be paid anyhow",
            ),
            (
                _says(inputs, -0.183787, -0.693147, -math.inf, -0.368064),
                "the sign: a false belief costs something, so KL is never below zero",
            ),
            (
                _says(inputs, 0.183787, 0.693147, -0.346574, 0.368064),
                "you skipped the outcome that q rules out and p shows; it is infinitely surprising, and common",
            ),
            (
                _says(inputs, 0.183787, 0.693147, 0.0, 0.368064),
                "an outcome that q rules out and p shows is not free: its surprise has no limit",
            ),
            (
                _says(inputs, 0.375829, math.inf, math.inf, 0.878890),
                "that is KL there and back, added; the exercise asks for one way",
            ),
            (
                _says(inputs, 0.187914, math.inf, math.inf, 0.439445),
                "KL is not symmetric, and taking the mean of both directions gives something else",
            ),
            (
                _says(inputs, 0.183787, 0.693147, 13.122363, 0.368064),
                "a small number in place of a zero hides an infinite price behind an arbitrary one",
            ),
        ],
    )


def q2(best_bell: Any) -> Verdict:
    """The Gaussian nearest to a mixture of Gaussians, by forward KL.

    Parameters
    ----------
    best_bell : callable
        From lists of weights, means and standard deviations to a mean and a standard deviation.

    Returns
    -------
    Verdict
    """
    inputs = [
        ([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5]),
        ([0.9, 0.1], [-2.0, 2.0], [0.5, 0.5]),
        ([1.0], [3.0], [0.7]),
        ([0.5, 0.3, 0.2], [0.0, 1.0, 4.0], [1.0, 0.5, 2.0]),
    ]
    means = (0.0, -1.6, 3.0, 1.1)
    stds = (2.061553, 1.3, 0.7, 1.914419)

    def pairs(first: Sequence[float], second: Sequence[float]) -> Any:
        return _says(inputs, *zip(first, second))

    return check(
        "ch03.q2",
        best_bell,
        list(zip(inputs, zip(means, stds))),
        labels=["two equal humps", "two unequal humps", "one hump", "three humps"],
        wrong=[
            (
                pairs(means, (4.25, 1.69, 0.49, 3.665)),
                "the mean is right, and the second number is the variance: take its root",
            ),
            (
                pairs(means, (0.5, 0.5, 0.7, 1.172604)),
                "that is the width within the humps; the spread of their means is missing",
            ),
            (
                pairs(means, (0.5, 0.5, 0.7, 1.05)),
                "standard deviations do not average, and the spread of the means counts too: add variances",
            ),
            (
                pairs(means, (2.0, 1.2, 0.0, 1.513275)),
                "that is the spread of the humps' means; each hump has a width of its own as well",
            ),
            (
                pairs(means, (2.5, 1.7, 0.7, 2.685879)),
                "inner width and spread of the means add up in squares, as the legs of a right triangle do",
            ),
            (
                pairs(means, (2.061553, 2.061553, 3.080584, 2.207940)),
                "take the square of the mean off: the variance is E[x^2] minus the squared mean",
            ),
            (
                pairs((0.0, 0.0, 3.0, 1.666667), (2.061553, 2.061553, 0.7, 2.153807)),
                "the humps do not all count alike: use the weights",
            ),
            (
                pairs((-2.0, -2.0, 3.0, 0.0), (0.5, 0.5, 0.7, 1.0)),
                "that copies one hump, which is the reverse KL's choice; the forward KL pays dearly for the rest",
            ),
        ],
    )


def q3(js_of_tables: Any) -> Verdict:
    """JSD(p, q) of two lists of probabilities.

    Parameters
    ----------
    js_of_tables : callable
        From two lists of probabilities to nats.

    Returns
    -------
    Verdict
    """
    inputs = [
        ([1.0, 0.0], [0.0, 1.0]),
        ([0.7, 0.2, 0.1], [0.4, 0.4, 0.2]),
        ([1.0, 0.0], [0.5, 0.5]),
        ([0.3, 0.7], [0.3, 0.7]),
    ]
    return check(
        "ch03.q3",
        js_of_tables,
        list(zip(inputs, (0.693147, 0.046201, 0.215762, 0.0))),
        digits=4,
        labels=["nothing in common", "no zeros", "a zero", "equal"],
        wrong=[
            (
                _says(inputs, 1.386294, 0.092402, 0.431523, 0.0),
                "twice as much: each of the two KL divergences counts one half",
            ),
            (
                _says(inputs, 1.0, 0.066654, 0.311278, 0.0),
                "that is in bits, with a maximum of 1; in nats the maximum is log 2",
            ),
            (
                _says(inputs, 0.0, -0.646946, -0.477386, -0.693147),
                "p + q has mass 2: the average is (p + q)/2, and the factor belongs inside the logarithm as well",
            ),
            (
                _says(inputs, math.inf, 0.187914, math.inf, 0.0),
                "that is the mean of KL(p||q) and KL(q||p); compare each with the average, not with the other",
            ),
            (
                _says(inputs, 0.693147, 0.047174, 0.287682, 0.0),
                "that is KL(p||m) alone; q is compared with the average as well, and each counts one half",
            ),
            (
                _says(inputs, math.inf, 0.047756, math.inf, 0.0),
                "the arguments are swapped: p and q are what happens, and their average is what is believed",
            ),
            (
                _says(inputs, 0.832555, 0.214944, 0.464502, 0.0),
                "you took the root: that is a true distance, but the divergence is without it",
            ),
            (
                _says(inputs, math.nan, 0.046201, math.nan, 0.0),
                "0 log 0 is 0: skip what has no probability before you take a logarithm",
            ),
        ],
    )


def q4(earth_moved: Any) -> Verdict:
    """W1 between two samples of any sizes.

    Parameters
    ----------
    earth_moved : callable
        From two lists of numbers to their distance, in the same units.

    Returns
    -------
    Verdict
    """
    inputs = [
        ([3.0, 1.0, 2.0], [2.0, 5.0, 8.0]),
        ([0.0, 2.0], [1.0]),
        ([0.0, 0.0, 3.0], [0.0, 1.0]),
        ([4.0, 1.0, 2.0, 1.0], [1.0, 4.0, 1.0, 2.0]),
    ]
    return check(
        "ch03.q4",
        earth_moved,
        list(zip(inputs, (3.0, 1.0, 0.833333, 0.0))),
        labels=["three and three", "two and one", "three and two", "the same four, shuffled"],
        wrong=[
            (
                _says(inputs, 3.0, 0.0, 0.5, 0.0),
                "that is the distance of the means; earth goes both ways, and both count",
            ),
            (
                _says(inputs, 3.666667, 1.0, 0.5, 2.0),
                "sort both lists first (and when one is longer, the rest of it has to be moved as well)",
            ),
            (
                _says(inputs, 3.0, 1.0, 0.5, 0.0),
                "right for equal sizes; pairing the numbers one by one forgets the rest of the longer list",
            ),
            (
                _says(inputs, 9.0, 1.0, 1.0, 0.0),
                "a sum of distances: each list weighs 1 in all, so divide",
            ),
            (
                _says(inputs, 3.415650, 1.0, 1.224745, 0.0),
                "that is W2, which squares the distances before it averages them",
            ),
            (
                _says(inputs, 11.666667, 1.0, 1.5, 0.0),
                "those are squared distances, in squared units; the work is mass times distance",
            ),
            (
                _says(inputs, 3.222222, 1.0, 1.166667, 1.25),
                "that is the mean over all pairs; a plan sends each bit of earth to one place, as near as it can",
            ),
        ],
    )


def q5(hellinger_critic: Any) -> Verdict:
    """The best critic of the squared Hellinger distance, and its conjugate there.

    Parameters
    ----------
    hellinger_critic : callable
        From the ratio u = p/q to f'(u) and f*(f'(u)).

    Returns
    -------
    Verdict
    """
    inputs = [(0.25,), (1.0,), (4.0,), (9.0,)]
    critic, conjugate = (-1.0, 0.0, 0.5, 0.666667), (-0.5, 0.0, 1.0, 2.0)

    def pairs(first: Sequence[float], second: Sequence[float]) -> Any:
        return _says(inputs, *zip(first, second))

    return check(
        "ch03.q5",
        hellinger_critic,
        list(zip(inputs, zip(critic, conjugate))),
        labels=[f"p/q = {u:g}" for (u,) in inputs],
        wrong=[
            (pairs(conjugate, critic), "the right numbers in the wrong order: first the critic, then the conjugate"),
            (
                pairs(critic, (0.5, 0.0, -1.0, -2.0)),
                "the sign of the conjugate: the tangent is u t - f*(t), and it touches, so f* = u t - f(u)",
            ),
            (
                pairs(critic, (0.25, 0.0, 1.0, 4.0)),
                "the second number is f(u) itself; the conjugate says how far below the origin the tangent passes",
            ),
            (
                pairs(critic, critic),
                "the conjugate is another function: it says how far below the origin the tangent of that slope passes",
            ),
            (
                pairs((-1.0, 0.0, 2.0, 4.0), (-0.5, 0.0, 7.0, 32.0)),
                "the inner derivative is missing: the root of u has the slope 1 / (2 sqrt u)",
            ),
            (
                pairs((0.5, 0.0, -1.0, -2.0), (1.0, 0.0, -0.5, -0.666667)),
                "you took q/p for p/q: where the data are denser, u is above 1 and the critic says more than 0",
            ),
            (
                pairs((0.25, 0.0, 1.0, 4.0), (-0.5, 0.0, 1.0, 2.0)),
                "the first number is f(u) itself; the critic is its slope",
            ),
            (
                pairs(critic, (-0.25, 0.0, 2.0, 6.0)),
                "that is u t alone: the conjugate is u t - f(u), where the tangent touches",
            ),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = dict(zip(map(repr, inputs), values, strict=True))
    return lambda *arguments: table[repr(arguments)]

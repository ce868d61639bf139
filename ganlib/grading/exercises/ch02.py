"""Checks of chapter 2, *Generative and discriminative models*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(posterior: Any) -> Verdict:
    """The probabilities of the labels at one point, by Bayes' rule.

    Parameters
    ----------
    posterior : callable
        From the K probabilities p(y) and the K values p(x | y) at one x to the K probabilities p(y | x).

    Returns
    -------
    Verdict
    """
    inputs = [((0.9, 0.1), (0.1, 0.6)), ((0.5, 0.5), (2.0, 6.0)), ((0.2, 0.3, 0.5), (0.5, 0.0, 0.1))]
    cases = [(0,), (1,), (2,)]
    return check(
        "ch02.q1",
        _with_tensors(posterior, inputs),
        list(zip(cases, ((0.6, 0.4), (0.25, 0.75), (0.666667, 0.0, 0.333333)))),
        labels=["a rare label", "two densities", "three labels"],
        wrong=[
            (
                _says(cases, (0.142857, 0.857143), (0.25, 0.75), (0.833333, 0.0, 0.166667)),
                "you forgot how common each label is: weigh each p(x|y) with p(y) before you share out",
            ),
            (
                _says(cases, (0.09, 0.06), (1.0, 3.0), (0.1, 0.0, 0.05)),
                "that is the joint p(x, y); divide by p(x), its sum over the labels",
            ),
            (
                _says(cases, (0.1, 0.6), (2.0, 6.0), (0.5, 0.0, 0.1)),
                "that is p(x|y), which answers the opposite question",
            ),
            (
                _says(cases, (0.9, 0.1), (0.5, 0.5), (0.2, 0.3, 0.5)),
                "that is p(y): the labels before anybody looked at x",
            ),
            (
                _says(cases, (1.0, 0.0), (0.0, 1.0), (1.0, 0.0, 0.0)),
                "that is a verdict; asked for are the probabilities behind it",
            ),
        ],
    )


def q2(accuracies: Any) -> Verdict:
    """Accuracies of naive Bayes and of the best classifier when the second coordinate is silent on its own.

    Parameters
    ----------
    accuracies : callable
        From the distance m of the classes in the first coordinate and the correlation r to the two accuracies.

    Returns
    -------
    Verdict
    """
    inputs = [(2.0, 0.0), (2.0, 0.6), (2.0, -0.6), (1.0, 0.8)]
    naive, best = (0.841345, 0.841345, 0.841345, 0.691462), (0.841345, 0.894350, 0.894350, 0.797672)
    return check(
        "ch02.q2",
        accuracies,
        list(zip(inputs, zip(naive, best))),
        labels=[f"distance {m:g}, correlation {r:g}" for m, r in inputs],
        wrong=[
            (
                _says(inputs, *zip(naive, naive)),
                "silent on its own is not useless: the second coordinate tells part of the noise in the first",
            ),
            (
                _says(inputs, *zip(best, naive)),
                "the right numbers in the wrong order: first naive Bayes, then the best",
            ),
            (
                _says(inputs, *zip(best, best)),
                "naive Bayes takes the coordinates for independent, so it gives the second one no weight",
            ),
            (
                _says(inputs, *zip(naive, (0.841345, 0.993790, 0.734014, 0.993790))),
                "1 - r is not what is left of the noise: its variance is 1 - r^2, whatever the sign of r",
            ),
            (
                _says(inputs, *zip(naive, (0.841345, 0.940915, 0.940915, 0.917567))),
                "1 - r^2 is the variance of what is left; divide the distance by the standard deviation",
            ),
            (
                _says(inputs, *zip((0.977250, 0.977250, 0.977250, 0.841345), (0.977250, 0.993790, 0.993790, 0.952210))),
                "the boundary is halfway between the classes, so each is only m/2 away from it",
            ),
            (
                _says(inputs, *zip((2.0, 2.0, 2.0, 1.0), (2.0, 2.5, 2.5, 1.666667))),
                "those are the distances in standard deviations; what share of a bell lies on the right side?",
            ),
        ],
    )


def q3(given_label: Any) -> Verdict:
    """The distribution of x given a label, from that of x and a classifier.

    Parameters
    ----------
    given_label : callable
        From the L probabilities p(x) and the L probabilities p(y | x) of one label to the L probabilities p(x | y).

    Returns
    -------
    Verdict
    """
    inputs = [
        ((0.25, 0.25, 0.25, 0.25), (0.1, 0.4, 0.2, 0.1)),
        ((0.7, 0.2, 0.1), (0.1, 0.5, 0.9)),
        ((0.1, 0.2, 0.7), (0.1, 0.5, 0.9)),
    ]
    cases = [(0,), (1,), (2,)]
    return check(
        "ch02.q3",
        _with_tensors(given_label, inputs),
        list(
            zip(cases, ((0.125, 0.5, 0.25, 0.125), (0.269231, 0.384615, 0.346154), (0.013514, 0.135135, 0.851351))),
        ),
        labels=["every x equally common", "a classifier", "the same classifier elsewhere"],
        wrong=[
            (
                _says(cases, (0.125, 0.5, 0.25, 0.125), (0.066667, 0.333333, 0.6), (0.066667, 0.333333, 0.6)),
                "you gave every x the same share: how common each x is, the classifier does not know. Use p(x)",
            ),
            (
                _says(cases, (0.1, 0.4, 0.2, 0.1), (0.1, 0.5, 0.9), (0.1, 0.5, 0.9)),
                "that is the classifier itself: a distribution over labels for each x, not one over x",
            ),
            (
                _says(cases, (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
                "that is the x of which the classifier is surest: an extreme, not a sample",
            ),
            (
                _says(cases, (0.25, 0.25, 0.25, 0.25), (0.7, 0.2, 0.1), (0.1, 0.2, 0.7)),
                "that is p(x): it ignores the label",
            ),
            (
                _says(cases, (0.025, 0.1, 0.05, 0.025), (0.07, 0.1, 0.09), (0.01, 0.1, 0.63)),
                "that is the joint p(x, y); divide by p(y), its sum over x",
            ),
            (
                _says(
                    cases,
                    (0.28125, 0.1875, 0.25, 0.28125),
                    (0.851351, 0.135135, 0.013514),
                    (0.346154, 0.384615, 0.269231),
                ),
                "that is x given the other label",
            ),
        ],
    )  # fmt: skip


def q4(sampler: Any) -> Verdict:
    """The inverse of the cumulative distribution of the triangular density on [0, 2].

    Parameters
    ----------
    sampler : callable
        From u in (0, 1) to x.

    Returns
    -------
    Verdict
    """
    inputs = [(0.02,), (0.125,), (0.5,), (0.68,), (0.98,)]
    return check(
        "ch02.q4",
        sampler,
        list(zip(inputs, (0.2, 0.5, 1.0, 1.2, 1.8))),
        labels=[f"u = {u:g}" for (u,) in inputs],
        wrong=[
            (
                _says(inputs, 1.8, 1.5, 1.0, 0.8, 0.2),
                "it falls: F(x) = 1 - u. Its samples are right, since 1 - u is as uniform as u; but asked for is the "
                "one that rises",
            ),
            (
                _says(inputs, 0.2, 0.5, 1.0, 1.166190, 1.4),
                "right as far as the top; beyond it measure the area from the other end",
            ),
            (
                _says(inputs, 0.0002, 0.007812, 0.125, 0.2312, 0.4802),
                "that is F, from x to a share; asked for is the way back, from a share to x",
            ),
            (
                _says(inputs, 0.04, 0.25, 1.0, 1.36, 1.96),
                "that is uniform on [0, 2]: it stretches u, and makes the ends as common as the middle",
            ),
            (
                _says(inputs, 0.02, 0.125, 0.5, 0.68, 0.98),
                "that is u itself, or the density at u; the equation to solve is F(x) = u",
            ),
            (
                _says(inputs, 0.141421, 0.353553, 0.707107, 1.434315, 1.858579),
                "a triangle of height h over a base h has the area h^2/2: a factor 2 is missing under the root",
            ),
        ],
    )


def q5(density: Any) -> Verdict:
    """The density of x = exp(-2 z) for a standard normal z.

    Parameters
    ----------
    density : callable
        From x > 0 to a density.

    Returns
    -------
    Verdict
    """
    inputs = [(0.1,), (0.5,), (1.0,), (3.0,)]
    return check(
        "ch02.q5",
        density,
        list(zip(inputs, (1.028151, 0.375688, 0.199471, 0.057179))),
        labels=[f"x = {x:g}" for (x,) in inputs],
        wrong=[
            (
                _says(inputs, -1.028151, -0.375688, -0.199471, -0.057179),
                "a density is never negative: take the absolute value of the derivative. The map falls, no more",
            ),
            (
                _says(inputs, 0.205630, 0.375688, 0.398942, 0.343075),
                "you took the height of the bell along and left the stretching out: multiply by |dz/dx|",
            ),
            (
                _says(inputs, 0.041126, 0.375688, 0.797885, 2.058448),
                "you multiplied by |dx/dz|: where the map stretches, the density becomes thinner, not thicker",
            ),
            (
                _says(inputs, 2.056302, 0.751377, 0.398942, 0.114358),
                "the 2 of the exponent belongs into the derivative: z = -log(x)/2",
            ),
            (
                _says(inputs, 1.984763, 0.352065, 0.120985, 0.000739),
                "the bell is that of z: evaluate it at the z that leads to x, not at x",
            ),
            (
                _says(inputs, 0.281590, 0.627496, 0.398942, 0.072728),
                "that is the density of exp(z); here z is doubled first",
            ),
        ],
    )


def _with_tensors(answer: Any, inputs: Sequence[tuple[tuple[float, ...], ...]]) -> Any:
    """An answer that takes tensors, as a function of the number of the case; what is no function stays as it is."""

    def at(case: int) -> Any:
        import torch

        return answer(*(torch.tensor(values, dtype=torch.float64) for values in inputs[case]))

    return at if callable(answer) else answer


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = dict(zip(inputs, values, strict=True))
    return lambda *arguments: table[arguments]

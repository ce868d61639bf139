"""Checks of chapter 10, *ACGAN and its repair TAC-GAN*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(d_loss: Any) -> Verdict:
    """What an AC-GAN's discriminator wants small, for one real and one generated picture.

    Parameters
    ----------
    d_loss : callable
        From four probabilities to nats: "real" for the real picture, "real" for the fake, and those of the right class
        for the real picture and for the fake.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.9, 0.1, 0.8, 0.6), (0.5, 0.5, 0.1, 0.1), (0.7, 0.4, 0.9, 0.2)]
    return check(
        "ch10.q1",
        d_loss,
        list(zip(inputs, (0.94469, 5.991465, 2.5823))),
        labels=["a good D", "a D that knows nothing", "a D that misreads the fake"],
        wrong=[
            (_says(inputs, -0.94469, -5.991465, -2.5823), "L_S + L_C is what D wants large; a loss is its negative"),
            (
                _says(inputs, 0.433865, 3.688879, 0.972861),
                "the fake's class is missing: L_C has two terms, and D names what was asked of G too",
            ),
            (
                _says(inputs, 0.721547, 3.688879, 2.476939),
                "the real picture's class is missing: that is the one with the labels D can trust",
            ),
            (
                _says(inputs, -0.076961, 1.386294, -0.636577),
                "about the class nobody quarrels: D wants the fake's named rightly, as G does",
            ),
            (
                _says(inputs, 1.350154, 3.794240, 1.196006),
                "about the class nobody quarrels: D does not want fakes named wrongly",
            ),
            (
                _says(inputs, 3.141915, 5.991465, 2.987765),
                "the fake is to be called a fake: 1 - D belongs into its logarithm",
            ),
            (_says(inputs, 0.523248, 3.218876, 0.847298), "that is G's, which ascends L_C - L_S; D ascends their sum"),
            (
                _says(inputs, 0.733969, 4.605170, 1.714798),
                "that names classes and never asks whether a picture is real",
            ),
            (_says(inputs, 0.210721, 1.386294, 0.867501), "that is a plain GAN's: where are the classes?"),
        ],
    )


def q2(floor: Any) -> Verdict:
    """The lowest cross-entropy of a classifier whose probabilities go through a second softmax.

    Parameters
    ----------
    floor : callable
        From the number of classes to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(2,), (10,), (11,), (1000,)]
    return check(
        "ch10.q2",
        floor,
        list(zip(inputs, (0.313262, 1.46115, 1.543045, 5.909468))),
        labels=[f"{K} classes" for (K,) in inputs],
        wrong=[
            (
                _says(inputs, 0.693147, 2.302585, 2.397895, 6.907755),
                "that is the loss of one who knows nothing; here all is known, and a probability of 1 is as much as "
                "can be said",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.0, 0.0),
                "that is the floor with one softmax, which may be handed any number; the second is handed at most a 1",
            ),
            (
                _says(inputs, 1.313262, 3.237293, 3.338711, 7.907123),
                "that is the ceiling: certain of a wrong class among two, or worse",
            ),
            (
                _says(inputs, 0.551445, 1.543045, 1.618731, 5.910467),
                "the right class stands in the sum once, with e, and only the K - 1 others with 1",
            ),
            (
                _says(inputs, 1.313262, 2.461150, 2.543045, 6.909468),
                "the right class's own entry, 1, is subtracted from the logarithm of the sum",
            ),
            (_says(inputs, 0.367879, 3.310915, 3.678794, 367.511564), "a cross-entropy is a logarithm: log(1 + ...)"),
            (
                _says(inputs, 0.731059, 0.231969, 0.21373, 0.002714),
                "that is the probability that is left to the right class; the loss is minus its logarithm",
            ),
            (
                _says(inputs, 0.451941, 2.107994, 2.226143, 8.525560),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, 0.313262, 0.313262, 0.313262, 0.313262),
                "every wrong class keeps exp(0) = 1, and there are K - 1 of them",
            ),
        ],
    )


def q3(favourite: Any) -> Verdict:
    """Of the joint tables with given frequencies of pictures, the one with the least conditional entropy of the class.

    Parameters
    ----------
    favourite : callable
        From a table of P(class, picture), a row a class, to a table of that shape.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[0.4, 0.1], [0.1, 0.4]],),
        ([[0.30, 0.15, 0.05], [0.05, 0.10, 0.35]],),
        ([[0.20, 0.04, 0.04, 0.05], [0.10, 0.15, 0.06, 0.00], [0.00, 0.06, 0.10, 0.20]],),
    ]
    right = (
        [[0.5, 0.0], [0.0, 0.5]],
        [[0.35, 0.25, 0.0], [0.0, 0.0, 0.4]],
        [[0.3, 0.0, 0.0, 0.0], [0.0, 0.25, 0.0, 0.0], [0.0, 0.0, 0.2, 0.25]],
    )
    return check(
        "ch10.q3",
        favourite,
        list(zip(inputs, right)),
        labels=["two classes, two pictures", "two classes, three pictures", "three classes, four pictures"],
        digits=2,
        wrong=[
            (
                lambda P: P,
                "that is the truth: its divergence is zero, but asked is for its conditional entropy, which is not",
            ),
            (
                lambda P: [[p / sum(column) for p, column in zip(row, zip(*P))] for row in P],
                "each column must still add up to how often that picture comes; those are the posteriors P(c|x)",
            ),
            (
                lambda P: [[p if p == max(column) else 0.0 for p, column in zip(row, zip(*P))] for row in P],
                "what the other classes give up goes to the winner: a picture comes as often as before",
            ),
            (
                lambda P: [[float(p == max(column)) for p, column in zip(row, zip(*P))] for row in P],
                "the right class for each picture, but each picture comes as often as it did: the table adds up to 1",
            ),
            (
                lambda P: [[sum(row) if i == row.index(max(row)) else 0.0 for i in range(len(row))] for row in P],
                "that keeps one picture a class and loses all others: the pictures' frequencies are to stay",
            ),
            (
                lambda P: [[sum(row) * sum(column) for column in zip(*P)] for row in P],
                "that is the largest conditional entropy: a picture that tells nothing about its class",
            ),
            (
                lambda P: [[sum(c) * (p == min(c)) for p, c in zip(row, zip(*P))] for row in P],
                "that has no conditional entropy, but each picture went to the class it is least like",
            ),
            (
                lambda P: [[sum(c) / len(P) for c in zip(*P)] for _ in P],
                "that shares every picture evenly, and nobody can name a class any more",
            ),
        ],
    )


def q4(width: Any) -> Verdict:
    """The width of a class when two overlapping Gaussians are sorted instead of drawn.

    Parameters
    ----------
    width : callable
        From the distance of two unit Gaussians to the standard deviation of all points right of the middle.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0,), (1.0,), (2.0,), (4.0,)]
    return check(
        "ch10.q4",
        width,
        list(zip(inputs, (0.60281, 0.669263, 0.799357, 0.965291))),
        labels=[f"distance {s:g}" for (s,) in inputs],
        wrong=[
            (_says(inputs, 0.36338, 0.447913, 0.638972, 0.931786), "that is the variance; take its square root"),
            (
                _says(inputs, 1.0, 1.0, 1.0, 1.0),
                "that is the width of the class as it is drawn; sorted, it loses a tail and gains its neighbour's",
            ),
            (
                _says(inputs, 1.0, 1.118034, 1.414214, 2.236068),
                "that is the width of all points together, around 0; the class has a mean of its own",
            ),
            (
                _says(inputs, 0.60281, 0.60281, 0.60281, 0.60281),
                "that is right where the two lie on each other; the further apart, the less is cut",
            ),
            (
                _says(inputs, 0.60281, 0.799357, 0.965291, 0.999943),
                "the two are `distance` apart, so each is half of it away from the middle",
            ),
            (
                _says(inputs, 0.60281, 0.697263, 0.793528, 0.941516),
                "that only cuts off the class's own tail; it also gets what the other class has on its side",
            ),
            (_says(inputs, 0.797885, 0.895593, 1.16663, 2.01698), "that is the mean of the class, E|x|"),
        ],
    )


def q5(g_loss: Any) -> Verdict:
    """What a TAC-GAN's generator wants small, for one picture.

    Parameters
    ----------
    g_loss : callable
        From three probabilities to nats: D's "real", the classifier's and the twin's for the class that was asked for.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.2, 0.9, 0.7), (0.5, 0.4, 0.4), (0.6, 0.1, 0.8)]
    return check(
        "ch10.q5",
        g_loss,
        list(zip(inputs, (1.358123, 0.693147, 2.590267))),
        labels=["a fake that is too clear", "classifier and twin agree", "only the twin knows it"],
        wrong=[
            (_says(inputs, 1.714798, 1.609438, 2.813411), "that is AC-GAN's: the twin is missing"),
            (
                _says(inputs, 2.071473, 2.525729, 3.036554),
                "G wants the twin to fail, so the twin's log-probability is to be small: plus, not minus",
            ),
            (
                _says(inputs, -0.474458, -0.693147, 1.163151),
                "that is the saturating loss; the game here climbs log D instead",
            ),
            (_says(inputs, -1.358123, -0.693147, -2.590267), "that is what G wants large; a loss is its negative"),
            (
                _says(inputs, 1.860752, 0.693147, -1.568616),
                "the two are swapped: G wants the classifier to be right and the twin to be wrong",
            ),
            (
                _says(inputs, 2.918771, 2.120264, 4.422849),
                "the paper's G descends the twin's log-probability itself, which takes back what it gained from the "
                "classifier; -log(1 - p) takes back something else",
            ),
            (
                _says(inputs, 1.609438, 0.693147, 0.510826),
                "that is a plain GAN's; the two classifiers cancel only where they agree",
            ),
            (_says(inputs, -0.028171, 0.693147, 2.995732), "G wants to be taken for real: -log D, not -log(1 - D)"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

"""Checks of chapter 14, *Semi-supervised GAN*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(pin: Any) -> Verdict:
    """K scores that say the same as K + 1.

    Parameters
    ----------
    pin : callable
        From a list of K + 1 scores, the fake class last, to a list of K.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([1.0, 2.0, 0.0],), ([1.0, 2.0, 3.0],), ([0.5, -1.0, 2.0, -0.5],)]
    return check(
        "ch14.q1",
        pin,
        list(zip(inputs, ([1.0, 2.0], [-2.0, -1.0], [1.0, -0.5, 2.5]))),
        labels=["last score 0", "last score 3", "four scores"],
        wrong=[
            (
                _says(inputs, [1.0, 2.0], [1.0, 2.0], [0.5, -1.0, 2.0]),
                "the last score cannot just be dropped: it may be moved to 0 only if the others move with it",
            ),
            (
                _says(inputs, [1.0, 2.0], [4.0, 5.0], [0.0, -1.5, 1.5]),
                "the sign: what takes the last score to 0 is subtracted from the others too",
            ),
            (
                _says(inputs, [-1.0, 0.0], [-2.0, -1.0], [-1.5, -3.0, 0.0]),
                "the largest score makes a softmax safe to compute; here the last one must become 0",
            ),
            (
                _says(inputs, [0.0, 1.0], [-1.0, 0.0], [0.25, -1.25, 1.75]),
                "subtracting the mean keeps the probabilities too, but does not bring the last score to 0",
            ),
            (
                _says(inputs, [-1.313262, -0.313262], [-1.313262, -0.313262], [-1.741311, -3.241311, -0.241311]),
                "that gives the classes among real ones and forgets how real the example is",
            ),
            (
                _says(inputs, [-1.407606, -0.407606], [-2.407606, -1.407606], [-1.803803, -3.303803, -0.303803]),
                "logarithms of the K + 1 probabilities are scores too, but their last one is not 0",
            ),
        ],
    )


def q2(probability_of_real: Any) -> Verdict:
    """The probability of "real" in the scores of K classes.

    Parameters
    ----------
    probability_of_real : callable
        From a list of scores to a number between 0 and 1.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([0.0],), (10 * [0.0],), ([1.0, 2.0, -1.0],), ([-3.0, -2.0, -4.0],)]
    return check(
        "ch14.q2",
        probability_of_real,
        list(zip(inputs, (0.5, 0.909091, 0.912856, 0.169047))),
        labels=["one class", "ten classes, all scores 0", "1, 2, -1", "-3, -2, -4"],
        wrong=[
            (
                _says(inputs, 0.5, 0.090909, 0.087144, 0.830953),
                "that is the probability of the fake class, 1 / (Z + 1)",
            ),
            (
                _says(inputs, 1.0, 1.0, 1.0, 1.0),
                "without the fake class the K probabilities always add up to one: its exp(0) = 1 belongs in the sum",
            ),
            (
                _says(inputs, 1.0, 0.1, 0.705385, 0.665241),
                "that says how sure it is of the class among real ones; a clear 3 may still be a fake",
            ),
            (
                _says(inputs, 0.0, 2.302585, 2.349012, -1.592394),
                "that is the score log Z; the sigmoid of it is the probability",
            ),
            (_says(inputs, 1.0, 10.0, 10.475217, 0.203438), "that is Z; a probability is Z out of Z + 1"),
            (
                _says(inputs, 0.5, 0.5, 0.880797, 0.119203),
                "the largest score is not all: many small classes together may make an example real",
            ),
            (
                _says(inputs, 0.5, 0.5, 0.880797, 0.000123),
                "sum the exponentials, not the scores: two classes that are ruled out do not rule out a third",
            ),
            (
                _says(inputs, 0.5, 0.5, 0.777369, 0.063506),
                "there is one fake class, not as many as real ones: one 1 joins the sum",
            ),
        ],
    )


def q3(unsupervised: Any) -> Verdict:
    """The unlabelled half of D's loss.

    Parameters
    ----------
    unsupervised : callable
        From the scores of a real and of a fake example, two lists, to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([0.0], [0.0]),
        ([1.0, 2.0, -1.0], [-3.0, -2.0, -4.0]),
        ([-2.0, 1.0], [0.0, 0.5]),
        ([1.0, 1.0], [60.0, 3.0]),
    ]
    return check(
        "ch14.q3",
        unsupervised,
        list(zip(inputs, (1.386294, 0.27636, 1.594802, 60.168846))),
        labels=["all scores 0", "both told apart", "neither sure", "a fake with a score of 60"],
        wrong=[
            (
                _says(inputs, 1.386294, 4.217766, 1.669312, 1.861995),
                "the wrong way round: on the real example the loss must fall when the scores rise",
            ),
            (
                _says(inputs, -1.386294, -0.27636, -1.594802, -60.168848),
                "that is what D wants large; a loss is its minus",
            ),
            (
                _says(inputs, 0.693147, 0.091177, 0.300425, 0.168848),
                "the fake example is missing: without it every score would rise for ever",
            ),
            (
                _says(inputs, 0.693147, 0.185182, 1.294377, 60.0),
                "the real example is missing: D would call everything a fake",
            ),
            (
                _says(inputs, 1.386294, 1.868754, 0.620725, 0.168848),
                "log D of the fake is what a generator wants; D wants log(1 - D)",
            ),
            (
                _says(inputs, 1.386294, 0.253856, 1.287339, 60.313262),
                "the largest score is not log Z: all classes together speak for real",
            ),
            (
                _says(inputs, 0.693147, 0.13818, 0.797401, 30.084424),
                "the half that the paper's code puts before it is a weight of the game, not part of the loss",
            ),
            (
                _says(inputs, 1.386294, 0.27636, 1.594802, math.inf),
                "1 - D is exactly 0 in floating point there: write both terms as log(1 + exp(...)) of the score",
            ),
        ],
    )


def q4(pull: Any) -> Verdict:
    """The slopes of an unlabelled example's loss in its scores.

    Parameters
    ----------
    pull : callable
        From a list of scores to a list of slopes.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([0.0],), ([0.0, 0.0],), ([1.0, 2.0, -1.0],)]
    return check(
        "ch14.q4",
        pull,
        list(
            zip(
                inputs,
                ([-0.5], [-0.166667, -0.166667], [-0.022614, -0.06147, -0.00306]),
            )
        ),
        labels=["one class", "two equal classes", "1, 2, -1"],
        wrong=[
            (
                _says(inputs, [0.5], [0.166667, 0.166667], [0.022614, 0.06147, 0.00306]),
                "the sign: a loss that falls as the scores rise has negative slopes",
            ),
            (
                _says(inputs, [-1.0], [-0.5, -0.5], [-0.259496, -0.705385, -0.035119]),
                "an example that is surely real has nothing left to teach: a factor 1 - D is missing",
            ),
            (
                _says(inputs, [-0.5], [-0.333333, -0.333333], [-0.087144, -0.087144, -0.087144]),
                "the push is shared among the classes, by what the network believes of each",
            ),
            (
                _says(inputs, [-0.5], [-0.333333, -0.333333], [-0.236883, -0.643914, -0.032059]),
                "that has D where 1 - D belongs: it is the doubtful example that pulls",
            ),
            (
                _says(inputs, [0.5], [0.333333, 0.333333], [0.236883, 0.643914, 0.032059]),
                "that is what a fake example teaches: its loss is -log(1 - D)",
            ),
            (
                _says(inputs, [-0.5], [-0.333333, 0.0], [0.0, -0.087144, 0.0]),
                "nobody has chosen a winner: every class is raised, by its probability",
            ),
            (
                _says(inputs, [-0.5], [-0.166667, -0.166667], [-0.029048, -0.029048, -0.029048]),
                "not in equal shares: the slope of log Z in one score is that class's probability",
            ),
        ],
    )


def q5(feature_matching: Any) -> Verdict:
    """What G wants small.

    Parameters
    ----------
    feature_matching : callable
        From the features of real and of fake examples, two lists of rows, to a number.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[1.0, 4.0], [3.0, 0.0]], [[2.0, 2.0], [2.0, 2.0]]),
        ([[1.0, 4.0], [3.0, 0.0]], [[2.0, 5.0], [2.0, 5.0]]),
        ([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]], [[1.0, 3.0, 4.0], [3.0, 1.0, 2.0]]),
    ]
    return check(
        "ch14.q5",
        feature_matching,
        list(zip(inputs, (0.0, 4.5, 2.0))),
        labels=["the means agree", "one mean is off by 3", "three features"],
        wrong=[
            (
                _says(inputs, 0.0, 9.0, 6.0),
                "the mean over features, not their sum: the paper writes a norm, its code and ours divide",
            ),
            (_says(inputs, 0.0, 3.0, 2.44949), "squared: without the root the slope fades as the means meet"),
            (_says(inputs, 0.0, 1.5, 1.333333), "the difference is squared, not its absolute value taken"),
            (
                _says(inputs, 2.5, 7.0, 2.333333),
                "real and fake examples do not come in pairs: average each batch first, then compare",
            ),
            (
                _says(inputs, 0.0, 2.25, 1.777778),
                "compare feature by feature: averaged over features as well, one too high hides one too low",
            ),
            (
                _says(inputs, 2.5, 2.5, 0.333333),
                "that compares spreads; only means are matched, which is less than it seems",
            ),
        ],
    )


def q6(leaking: Any) -> Verdict:
    """Which of four loops use more labels than they say.

    Parameters
    ----------
    leaking : str
        Their letters.

    Returns
    -------
    Verdict
    """
    return check(
        "ch14.q6",
        "".join(sorted(leaking.upper())) if isinstance(leaking, str) else leaking,
        [(None, "BCD")],
        labels=["loops that leak"],
        wrong=[
            (
                "C",
                "C is the blunt one; count the different labels that B has seen after a thousand rounds, and look at D",
            ),
            ("BC", "D trains on a hundred labels; what tells it when to stop?"),
            ("CD", "the mask in B keeps one label in ten, but of every batch another one: who is kept in the next?"),
            ("BD", "C takes the cross-entropy of every label it draws, and it draws from all"),
            ("B", "two more: one does not even try to forget labels, one looks at them to decide when it is done"),
            ("D", "two more: in both, the labels that enter the loss are drawn from all sixty thousand"),
            ("ABCD", "A chose its hundred once, before the loop, and its loss sees no other; that one is honest"),
            ("", "three of them: ask of each which images' labels can change a weight"),
        ],
    )


def q7(labels_used: Any) -> Verdict:
    """How many different labels a mask that is drawn anew in every round lets through.

    Parameters
    ----------
    labels_used : callable
        From images, labels kept in a round, and rounds to an expected number.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(10, 5, 1), (10, 5, 2), (1000, 100, 10), (60_000, 10, 6000)]
    return check(
        "ch14.q7",
        labels_used,
        list(zip(inputs, (5.0, 7.5, 651.32156, 37929.073055))),
        labels=["10 images, 5 a round, 1 round", "2 rounds", "1000 images, 100 a round, 10 rounds", "MNIST"],
        wrong=[
            (_says(inputs, 5, 5, 100, 10), "that is one round's share; the next round keeps other labels"),
            (
                _says(inputs, 5, 10, 1000, 60000),
                "some labels are kept twice: count different ones, by the chance of never being kept",
            ),
            (
                _says(inputs, 5.0, 2.5, 348.67844, 22070.926945),
                "those are the labels that were never kept; the others have been used",
            ),
            (
                _says(inputs, 0.5, 0.75, 0.651322, 0.632151),
                "that is the share of the labels; asked for is their number",
            ),
            (
                _says(inputs, 1.0, 1.9, 9.95512, 5709.80016),
                "in each round `known` labels are kept, so one label is missed with chance 1 - known / images",
            ),
            (
                _says(inputs, 3.934693, 6.321206, 632.120559, 37927.23353),
                "the exponential is the limit for many images; the chance of being missed r times is a power",
            ),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

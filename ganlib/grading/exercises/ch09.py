"""Checks of chapter 9, *CGAN*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(gap: Any) -> Verdict:
    """What G descends in a conditional game whose discriminator is at its best.

    Parameters
    ----------
    gap : callable
        From the shares of the labels and, a row for each label, the probabilities of real and generated x, to the mean
        Jensen-Shannon divergence in nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]),
        ([0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]),
        ([0.9, 0.1], [[0.5, 0.5], [0.2, 0.8]], [[0.5, 0.5], [0.8, 0.2]]),
        ([0.3, 0.7], [[0.2, 0.8], [0.6, 0.4]], [[0.3, 0.7], [0.1, 0.9]]),
    ]
    return check(
        "ch09.q1",
        gap,
        list(zip(inputs, (0.693147, 0.215762, 0.019274, 0.10589))),
        labels=["labels swapped", "label ignored", "a rare label wrong", "two labels, both off"],
        digits=4,
        wrong=[
            (
                _says(inputs, 0.0, 0.0, 0.001801, 0.060861),
                "that compares the mixtures over all labels, which is what a D that is not told y can do",
            ),
            (
                _says(inputs, 0.693147, 0.215762, 0.096372, 0.077551),
                "a label counts as often as it is drawn: weigh the divergences by the shares",
            ),
            (
                _says(inputs, 1.386294, 0.431523, 0.192745, 0.155101),
                "that is a sum over the labels; the game is an average over the batches it sees",
            ),
            (
                _says(inputs, 0.0, -0.954771, -1.347745, -1.174514),
                "that is the value of the game, twice the divergence less 2 log 2; asked for is the divergence",
            ),
            (
                _says(inputs, 1.0, 0.311278, 0.027807, 0.152767),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, math.inf, 0.693147, 0.083178, 0.533198),
                "that is the mean KL divergence; D compares both with their mixture, label by label",
            ),
            (
                _says(inputs, 1.386294, 0.431523, 0.038549, 0.21178),
                "twice too much: the Jensen-Shannon divergence is half of each of two KL divergences",
            ),
            (
                _says(inputs, 0.693147, 0.215762, 0.192745, 0.148399),
                "that is the worst label; D's loss is an average, and a rare label counts little in it",
            ),
        ],
    )


def q2(joined: Any) -> Verdict:
    """The first layer of a network that reads an input and a one-hot label beside it.

    Parameters
    ----------
    joined : callable
        From the weights (a list of rows, one per unit), an input and a label to the units' values.

    Returns
    -------
    Verdict
    """
    W = [[1.0, 2.0, 0.5, -1.0, 4.0], [0.0, -1.0, 3.0, 2.0, -2.0]]
    inputs: list[Any] = [(W, [1.0, 1.0], 0), (W, [1.0, 1.0], 2), (W, [2.0, -1.0], 1), (W, [0.0, 0.0], 2)]
    return check(
        "ch09.q2",
        joined,
        list(zip(inputs, ((3.5, 2.0), (7.0, -3.0), (-1.0, 3.0), (4.0, -2.0)))),
        labels=["label 0", "label 2", "another x, label 1", "x = 0, label 2"],
        wrong=[
            (
                _says(inputs, (3.0, -1.0), (3.0, -1.0), (0.0, 1.0), (0.0, 0.0)),
                "that layer has not been told: the label's column of W is missing",
            ),
            (
                _says(inputs, (7.0, -3.0), (2.0, 1.0), (0.5, 4.0), (-1.0, 2.0)),
                "labels count from 0, and the columns behind x with them",
            ),
            (
                _says(inputs, (3.0, -1.0), (4.0, 5.0), (0.5, 4.0), (1.0, 6.0)),
                "that feeds the label as one number; one-hot, each label has a column of its own",
            ),
            (
                _says(inputs, (4.0, 0.0), (3.5, 3.0), (-4.0, 5.0), (0.5, 3.0)),
                "x comes first and the label behind it: the label's columns are the last three",
            ),
            (
                _says(inputs, (6.5, 2.0), (6.5, 2.0), (3.5, 4.0), (3.5, 3.0)),
                "that adds the columns of all labels; one-hot, all but one are multiplied by zero",
            ),
            (
                _says(inputs, (1.5, -3.0), (12.0, 2.0), (-0.0, 2.0), (0.0, -0.0)),
                "the label's column is added to W x, not multiplied with it: it moves a bias",
            ),
            (
                _says(inputs, (0.5, 3.0), (4.0, -2.0), (-1.0, 2.0), (4.0, -2.0)),
                "that is the label's column alone; the input has columns too",
            ),
        ],
    )


def q3(told_nothing: Any) -> Verdict:
    """What G draws when D's labels are shuffled.

    Parameters
    ----------
    told_nothing : callable
        From the shares in which G is asked for each class, and the classes' shares of the data, to a pair: the share of
        samples that show what was asked for, and the share that show class 0.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([0.5, 0.5], [0.7, 0.3]),
        ([0.1] * 10, [0.1] * 10),
        ([0.2, 0.3, 0.5], [0.6, 0.3, 0.1]),
        ([0.0, 1.0, 0.0], [0.5, 0.25, 0.25]),
    ]
    return check(
        "ch09.q3",
        told_nothing,
        list(zip(inputs, ((0.5, 0.7), (0.1, 0.1), (0.26, 0.6), (0.25, 0.5)))),
        labels=["two classes", "ten digits", "three classes", "only class 1 is asked for"],
        wrong=[
            (
                _says(inputs, (1.0, 0.5), (1.0, 0.1), (1.0, 0.2), (1.0, 0.0)),
                "that G obeys; but it never sees a real picture, and D can no longer tell it what a label means",
            ),
            (
                _says(inputs, (1.0, 0.7), (1.0, 0.1), (1.0, 0.6), (1.0, 0.5)),
                "if every sample were as asked, class 0 would come as often as it is asked for",
            ),
            (
                _says(inputs, (0.5, 0.5), (0.1, 0.1), (1 / 3, 1 / 3), (1 / 3, 1 / 3)),
                "D still sees whole batches, and classes that come too often give G away: it draws the data's shares",
            ),
            (
                _says(inputs, (0.5, 0.7), (0.1, 0.1), (1 / 3, 0.6), (1 / 3, 0.5)),
                "one in K is right where the asked or the drawn classes are equally frequent; weigh the classes",
            ),
            (
                _says(inputs, (0.5, 0.5), (0.1, 0.1), (0.26, 0.2), (0.25, 0.0)),
                "what is asked for has no influence on what is drawn; the second number is the data's",
            ),
            (
                _says(inputs, (0.0, 0.7), (0.0, 0.1), (0.0, 0.6), (0.0, 0.5)),
                "not knowing is not contradicting: by chance some samples show what was asked for",
            ),
            (
                _says(inputs, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)),
                "the samples are no noise: D still compares pictures with pictures",
            ),
            (
                _says(inputs, (0.7, 0.7), (0.1, 0.1), (0.6, 0.6), (0.5, 0.5)),
                "that is the share of the most frequent class: right only if nothing else were ever asked for",
            ),
            (
                _says(inputs, (0.58, 0.7), (0.1, 0.1), (0.46, 0.6), (0.375, 0.5)),
                "that is two draws from the data agreeing; here one is drawn and the other is asked",
            ),
        ],
    )


def q4(drawn: Any) -> Verdict:
    """The class that G draws when the labels of the real pictures were mixed up.

    Parameters
    ----------
    drawn : callable
        From the list of the labels that pictures of class 0, 1, ... carry, and the label asked for, to a class.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([1, 2, 3, 0], 0), ([1, 2, 3, 0], 1), ([2, 0, 3, 1], 3), ([2, 0, 3, 1], 0), ([2, 0, 3, 1], 1)]
    return check(
        "ch09.q4",
        drawn,
        list(zip(inputs, (3, 0, 2, 1, 3))),
        labels=[f"labels {told}, asked for {y}" for told, y in inputs],
        digits=0,
        wrong=[
            (
                _says(inputs, 1, 2, 1, 2, 0),
                "that is the label which class y carries; you are looking for the class that carries label y",
            ),
            (_says(inputs, 0, 1, 3, 0, 1), "G has never met the true classes, only these labels"),
            (_says(inputs, 2, 3, 0, 3, 2), "once is enough: the labels were mixed up in the data, and nowhere else"),
            (
                _says(inputs, 3, 0, 2, 3, 0),
                "that undoes a shift by one; the labels may be mixed up in any way: look y up in the list",
            ),
            (_says(inputs, 3, 2, 0, 3, 2), "that counts from the end; look y up in the list"),
            (_says(inputs, 4, 1, 3, 2, 4), "classes count from 0"),
        ],
    )


def q5(best: Any) -> Verdict:
    """The best discriminator that also sees real pictures with wrong labels, as a probability.

    Parameters
    ----------
    best : callable
        From the densities of real, generated and mismatched pairs at one (x, y) to a probability.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.2, 0.2, 0.0), (0.2, 0.2, 0.2), (0.0, 0.1, 0.4), (0.3, 0.1, 0.5)]
    return check(
        "ch09.q5",
        best,
        list(zip(inputs, (0.666667, 0.5, 0.0, 0.5))),
        labels=[f"p = {p:g}, q = {q:g}, w = {w:g}" for p, q, w in inputs],
        wrong=[
            (
                _says(inputs, 0.5, 0.5, 0.0, 0.75),
                "that is the D of the plain game; here wrong labels are against it as well",
            ),
            (
                _says(inputs, 0.666667, 0.666667, 0.0, 6 / 7),
                "the mismatched pairs are missing: they count as much as the fakes",
            ),
            (
                _says(inputs, 0.5, 1 / 3, 0.0, 1 / 3),
                "both kinds of wrong pairs enter with weight one half: D sees as many wrong pairs as right ones",
            ),
            (
                _says(inputs, 1.0, 0.5, 0.0, 0.375),
                "the fakes are missing; without them D would only be a classifier of labels",
            ),
            (
                _says(inputs, 1 / 3, 0.25, 0.0, 0.25),
                "half of that: right pairs have weight one, so p enters the numerator whole",
            ),
            (
                _says(inputs, 1 / 3, 0.5, 1.0, 0.5),
                "that is the probability of a wrong pair; D(x, y) is that of a right one",
            ),
            (_says(inputs, 2.0, 1.0, 0.0, 1.0), "those are the odds; a probability divides by everything"),
            (
                _says(inputs, 0.5, 2 / 3, 0.8, 8 / 9),
                "a real picture with a wrong label counts as wrong here, however real it is",
            ),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

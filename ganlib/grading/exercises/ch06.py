"""Checks of chapter 6, *Measuring*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(score: Any) -> Verdict:
    """The inception score of a table of probabilities.

    Parameters
    ----------
    score : callable
        From probabilities (n, K) to the score.

    Returns
    -------
    Verdict
    """
    tables = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.7, 0.2, 0.1]] * 4,
        [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.6, 0.4]],
    ]
    return check(
        "ch06.q1",
        _through(score, lambda case: score(_tensor(tables[case]))),
        [((0,), 3.0), ((1,), 1.0), ((2,), 1.1505)],
        digits=4,
        labels=["three sure images, three classes", "four times the same image", "four unsure images"],
        wrong=[
            (
                [math.nan, 1.0, 1.1505].__getitem__,
                "right but for certainty: 0 log 0 is 0 here, and a computer calls it nan; torch.xlogy knows",
            ),
            ([1.0986, 0.0, 0.1402].__getitem__, "that is the information in nats; the score is its exponential"),
            (
                [3.0, 2.2296, 1.99].__getitem__,
                "that counts the classes in the mean row, and forgets how sure the classifier is of each image",
            ),
            (
                [1.0, 2.2296, 1.7296].__getitem__,
                "that says how unsure the rows are; compare it with the entropy of the mean row",
            ),
            ([0.3333, 1.0, 0.8692].__getitem__, "the difference is the wrong way round: no score lies below one"),
            (
                [3.0, 1.0, 1.1612].__getitem__,
                "the exponential comes last: mean first, exponential afterwards",
            ),
            ([27.0, 1.0, 1.7523].__getitem__, "it grows with the number of rows: take a mean over the images"),
            (
                [4.8791, 1.0, 1.2242].__getitem__,
                "above K, which cannot be: information in bits goes with 2 to the power, in nats with e",
            ),
            (
                [3.0, 1.3455, 1.1563].__getitem__,
                "each row is compared with the mean row, not with the uniform one",
            ),
        ],
    )


def q2(distance: Any) -> Verdict:
    """The Frechet distance of two Gaussians.

    Parameters
    ----------
    distance : callable
        From mean and covariance of the one and of the other to the squared distance.

    Returns
    -------
    Verdict
    """
    pairs: list[tuple[Sequence[Any], ...]] = [
        ([0.0], [[1.0]], [2.0], [[9.0]]),
        ([1.0, 0.0], [[5.0, 4.0], [4.0, 5.0]], [0.0, 3.0], [[5.0, -4.0], [-4.0, 5.0]]),
        ([0.0, 0.0], [[4.0, 0.0], [0.0, 1.0]], [0.0, 0.0], [[2.5, 1.5], [1.5, 2.5]]),
        ([0.0, 0.0], [[1.0, 0.0], [0.0, 0.0]], [0.0, 0.0], [[0.0, 0.0], [0.0, 1.0]]),
    ]
    return check(
        "ch06.q2",
        _through(distance, lambda case: distance(*(_tensor(part) for part in pairs[case]))),
        [((0,), 8.0), ((1,), 18.0), ((2,), 0.9446), ((3,), 2.0)],
        labels=[
            "on the line, N(0, 1) and N(2, 9)",
            "in the plane, a and its mirror image",
            "an ellipse and the same turned by 45 degrees",
            "two segments at right angles",
        ],
        wrong=[
            ([4.0, 8.0, 0.9446, 2.0].__getitem__, "the means are missing: two Gaussians may differ in place alone"),
            (
                [6.0, 11.1623, 0.9446, 2.0].__getitem__,
                "this is a squared distance, so the distance of the means enters squared",
            ),
            ([11.0, 24.0, 5.4723, 2.0].__getitem__, "look at the last term: it is subtracted twice"),
            (
                [8.0, 18.0, 0.5132, 2.0].__getitem__,
                "`sqrt` of a tensor works entry by entry; the root of a matrix has the roots of its eigenvalues",
            ),
            (
                [8.0, 18.0, 1.0, 2.0].__getitem__,
                "that is the distance of the two roots, and is right only where the two covariances commute",
            ),
            (
                [8.0, 10.0, 0.5132, 2.0].__getitem__,
                "the diagonals alone know nothing of correlation: in the second pair they are equal",
            ),
            (
                [68.0, 138.0, 9.0, 2.0].__getitem__,
                "that compares variances, not widths: on the line the term is (1 - 3) squared, not (1 - 9) squared",
            ),
            (
                [2.8284, 4.2426, 0.9719, 1.4142].__getitem__,
                "the literature reports the square of that distance; do not take the root",
            ),
        ],
    )


def q3(estimate: Any) -> Verdict:
    """The unbiased estimate of a squared maximum mean discrepancy.

    Parameters
    ----------
    estimate : callable
        From kernel values among x (n, n), among y (m, m), and between x and y (n, m), to the estimate.

    Returns
    -------
    Verdict
    """
    samples = [([0.0, 1.0], [1.0, 3.0]), ([-1.0, 1.0], [-1.0, 1.0]), ([0.0, 1.0, 2.0], [1.0, -1.0])]
    coins = [((-1.0, 1.0), (0.0, 2.0)), ((-1.0, 1.0), (-1.0, 1.0))]

    def at(case: int) -> Any:
        if case < 3:
            return estimate(*_kernels(*samples[case]))
        p, q = coins[case - 3]
        draws = itertools.product(itertools.product(p, repeat=2), itertools.product(q, repeat=2))
        found = [estimate(*_kernels(x, y)) for x, y in draws]
        return found[0] if found[0] is None or found[0] is ... else sum(float(value) for value in found) / len(found)

    return check(
        "ch06.q3",
        _through(estimate, at),
        [((0,), 28.0), ((1,), -8.0), ((2,), -2.3333), ((3,), 22.0), ((4,), 0.0)],
        labels=[
            "two points against two others",
            "two points against the same two",
            "three points against two",
            "mean over all samples, p and q differ (truth 22)",
            "mean over all samples, p = q (truth 0)",
        ],
        wrong=[
            (
                [249.75, 0.0, 13.3333, 39.5, 4.0].__getitem__,
                "too large on average: you compare every point with itself, which says nothing about p",
            ),
            (
                [-4.5, -8.0, -5.5556, 4.0, -4.0].__getitem__,
                "without the diagonal there are n(n - 1) pairs left, not n squared",
            ),
            (
                [28.0, 0.0, 0.0, 27.75, 2.0].__getitem__,
                "clipped at zero: the estimates below the truth are what makes the mean right",
            ),
            (
                [28.0, 8.0, 2.3333, 33.5, 4.0].__getitem__,
                "the sign was right: an unbiased estimate of 0 is half the time below it",
            ),
            ([46.5, -4.0, 3.6667, 29.0, 4.0].__getitem__, "expand the square: the cross term counts twice"),
            ([102.0, 8.0, 21.6667, 50.0, 16.0].__getitem__, "expand the square: the cross term is subtracted"),
            (
                [93.0, -8.0, 7.3333, 58.0, 8.0].__getitem__,
                "twice too much within each sample: the matrix holds each pair twice already, and has n(n - 1) entries",
            ),
            (
                [-4.5, -8.0, -7.1667, 4.0, -4.0].__getitem__,
                "half too little within each sample: above the diagonal there are n(n - 1)/2 pairs",
            ),
            (
                [-18.0, -32.0, -14.0, 16.0, -16.0].__getitem__,
                "sums grow with the samples: all three terms are means over pairs",
            ),
        ],
    )


def q4(expected: Any) -> Verdict:
    """The coverage that a perfect generator has on average.

    Parameters
    ----------
    expected : callable
        From the numbers of real points, of fakes and of neighbours to the expectation.

    Returns
    -------
    Verdict
    """
    inputs = [(10, 10, 1), (100, 100, 5), (1000, 100, 5), (100, 1000, 3)]
    return check(
        "ch06.q4",
        expected,
        list(zip(inputs, (0.5263, 0.9711, 0.3799, 0.9993))),
        digits=4,
        labels=[f"{n} real, {m} fake, k = {k}" for n, m, k in inputs],
        wrong=[
            (
                _says(inputs, 0.5, 0.96875, 0.96875, 0.875),
                "that is the limit for very many, and for as many fakes as real points",
            ),
            (
                _says(inputs, 0.5263, 0.9695, 0.3794, 0.9993),
                "nearly: a neighbour that has been met cannot be drawn again, so both counts go down by one each time",
            ),
            (
                _says(inputs, 0.5, 0.9703, 0.3796, 0.9993),
                "nearly: the point in the centre is not among its own neighbours, so n - 1 real ones are left",
            ),
            (
                _says(inputs, 0.4737, 0.0289, 0.6201, 0.0007),
                "that is the probability that a point is not covered",
            ),
            (
                _says(inputs, 0.5263, 0.9711, 1.0, 0.2491),
                "the roles of real and fake are swapped: the balls are around real points, and a fake must fall in",
            ),
            (
                _says(inputs, 0.5263, 0.0305, 0.0, 0.7532),
                "that asks for k fakes among the k nearest; one fake is enough",
            ),
            (
                _says(inputs, 0.5263, 1.0, 0.4550, 1.0),
                "probabilities do not add up: several of the k may be fakes at once. Ask when none is",
            ),
        ],
    )


def q5(stamps: Any) -> Verdict:
    """Samples that reach the largest inception score a judge can give, made of one image a class.

    Parameters
    ----------
    stamps : callable
        From a judge's `probabilities`, candidates (c, 2) and a number n to n of the candidates, with repetition.

    Returns
    -------
    Verdict
    """
    sizes = [(3, 300), (5, 50)]
    return check(
        "ch06.q5",
        _through(stamps, lambda case: _stamped(stamps, *sizes[case])),
        [((0,), (3.0, 3, 300)), ((1,), (5.0, 5, 50))],
        digits=2,
        labels=[f"{k} classes: score, different points, points" for k, _ in sizes],
        wrong=[
            (
                [(2.369, 300, 300), (1.855, 50, 50)].__getitem__,
                "first come, first served: choose the points by what the judge says of them",
            ),
            (
                [(1.0, 1, 300), (1.0, 1, 50)].__getitem__,
                "one point for all: the judge is sure, and sees no other class",
            ),
            (
                [(1.309, 3, 300), (1.526, 5, 50)].__getitem__,
                "one point a class, but the judge is not sure enough of them: take the surest of each class",
            ),
            (
                [(2.381, 3, 300), (3.413, 5, 50)].__getitem__,
                "sure and of every class, but each must be shown as often as every other",
            ),
            (
                [(3.0, 300, 300), (5.0, 50, 50)].__getitem__,
                "the score is right, and you have worked too hard: one point a class is enough",
            ),
            ([(2.0, 2, 300), (4.0, 4, 50)].__getitem__, "one class is never shown"),
            ([(3.0, 3, 3), (5.0, 5, 5)].__getitem__, "n points were asked for: repeat the few you have chosen"),
        ],
    )


def q6(supported: Any) -> Verdict:
    """Which conclusions a pair of reports supports.

    Parameters
    ----------
    supported : sequence of bool
        One for each conclusion, a to f.

    Returns
    -------
    Verdict
    """
    right = (False, True, False, True, False, False)
    why = (
        "a: the distance falls with the number of samples alone, and by more than these two differ",
        "b: an unbiased estimate may be compared across n; its error bar says how closely, and these two are far apart",
        "c: two feature spaces have two units, whatever the names of the scores",
        "d: same points, same features, same n and k: nothing differs but the generators",
        "e: a test with fifty samples does not see much; that it kept quiet is no praise",
        "f: both agree with zero, and with each other. An estimate below zero is no better than zero",
    )
    given = _listed(supported)
    known = len(given) == len(right) and all(isinstance(value, bool) for value in given)
    first = next((i for i, value in enumerate(right) if known and given[i] is not value), None)
    return check(
        "ch06.q6",
        given.__getitem__ if known else supported,
        [((i,), value) for i, value in enumerate(right)] if known else [(None, right)],
        labels=list("abcdef") if known else ["your answer"],
        wrong=[] if first is None else [(given.__getitem__, why[first])],
    )


def _through(answer: Any, measure: Callable[[int], Any]) -> Any:
    """What to check: a measurement of the answer, or the answer itself where there is nothing to call."""
    return measure if callable(answer) else answer


def _tensor(values: Sequence[Any]) -> Any:
    """Numbers as a float64 tensor."""
    import torch

    return torch.tensor(values, dtype=torch.float64)


def _kernels(x: Sequence[float], y: Sequence[float]) -> tuple[Any, Any, Any]:
    """Values of the cubic kernel (ab + 1)^3 among x, among y, and between them."""
    a, b = _tensor(x), _tensor(y)
    return (a[:, None] * a + 1) ** 3, (b[:, None] * b + 1) ** 3, (a[:, None] * b + 1) ** 3


def _stamped(stamps: Callable[..., Any], classes: int, n: int) -> Any:
    """Score, number of different points and number of points of what was handed in, for a judge of the plane."""
    import torch

    angles = 0.3 + 2 * math.pi * torch.arange(classes, dtype=torch.float64) / classes
    directions = torch.stack([angles.cos(), angles.sin()])
    side = torch.linspace(-20, 20, 21, dtype=torch.float64)

    def probabilities(points: torch.Tensor) -> torch.Tensor:
        return torch.softmax(points @ directions, dim=1)

    points = stamps(probabilities, torch.cartesian_prod(side, side), n)
    if points is None or points is ...:
        return points
    p = probabilities(points)
    information = torch.xlogy(p, p / p.mean(0)).sum(1).mean()
    return math.exp(float(information)), len(points.unique(dim=0)), len(points)


def _listed(answer: Any) -> list[Any]:
    """The entries of a sequence, or none."""
    try:
        return [bool(value) if type(value).__name__ == "bool_" else value for value in answer]
    except TypeError:
        return []


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = dict(zip(inputs, values, strict=True))
    return lambda *arguments: table[arguments]

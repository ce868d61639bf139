"""Checks of chapter 15, *Autoencoder to VAE*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(price: Any) -> Verdict:
    """The KL divergence of one Gaussian code from the prior, in nats.

    Parameters
    ----------
    price : callable
        From the mean of a code and the logarithm of its variance to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0, 0.0), (1.0, 0.0), (0.0, -2.0), (-0.5, 1.0), (2.0, -1.0)]
    return check(
        "ch15.q1",
        price,
        list(zip(inputs, (0.0, 0.5, 0.567668, 0.484141, 2.18394))),
        labels=[f"mean {m:g}, log variance {v:g}" for m, v in inputs],
        wrong=[
            (
                _says(inputs, -0.0, -0.5, -0.567668, -0.484141, -2.18394),
                "the sign: no divergence is negative (the paper's eq. 10 has minus it, in what is maximised)",
            ),
            (
                _says(inputs, 0.0, 0.5, 1.509158, 2.319528, 2.567668),
                "`log_variance` is the logarithm of the variance, not of the standard deviation",
            ),
            (
                _says(inputs, 0.0, 1.0, 1.135335, 0.968282, 4.367879),
                "that is twice the divergence: a Gaussian has a one half in its exponent",
            ),
            (
                _says(inputs, 0.5, 1.0, 1.067668, 0.984141, 2.68394),
                "a code that tells nothing, mean 0 and variance 1, must be free: a minus one is missing",
            ),
            (
                _says(inputs, 0.0, 0.0, 0.567668, 0.359141, 0.18394),
                "where the code is costs too, not only how narrow it is",
            ),
            (
                _says(inputs, 0.0, 0.5, 0.567668, 0.109141, 1.18394),
                "the mean is squared: a code at -1 is as unusual as one at 1",
            ),
            (
                _says(inputs, 0.0, 0.5, 2.194528, 0.229925, 5.795705),
                "that is the divergence the other way round; the average is taken over the code",
            ),
            (
                _says(inputs, 0.0, 0.5, -1.432332, 1.484141, 1.18394),
                "the sign of the logarithm: a narrow code is a precise one, and dear",
            ),
            (
                _says(inputs, 0.0, 0.721348, 0.818971, 0.698468, 3.150759),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
        ],
    )


def q2(elbo: Any) -> Verdict:
    """The evidence lower bound of a Gaussian guess in a linear-Gaussian model on the line.

    Parameters
    ----------
    elbo : callable
        From x, w, noise, mean and spread to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        (1.0, 1.0, 0.5, 2 / 3, 1 / 3),
        (1.0, 1.0, 0.5, 0.0, 1.0),
        (0.5, 2.0, 0.3, 0.2, 0.4),
        (-1.0, 0.5, 1.5, -0.3, 2.0),
    ]
    return check(
        "ch15.q2",
        elbo,
        list(zip(inputs, (-1.455004, -2.572365, -3.178431, -1.727597))),
        labels=["at the posterior", "at the prior", "w = 2, another guess", "w = 1/2, a wide guess"],
        wrong=[
            (
                _says(inputs, -1.121671, -1.572365, -0.511764, -1.560931),
                "you rebuilt x at the mean code; the average of a square also has the variance of w z in it",
            ),
            (
                _says(inputs, -0.578614, -2.572365, -2.82214, -1.330745),
                "the price of the code is paid, not earned: subtract the divergence",
            ),
            (
                _says(inputs, -1.016809, -2.572365, -3.000285, -1.529171),
                "the price of the code is missing: subtract the divergence of q from the prior",
            ),
            (
                _says(inputs, -0.882639, -2.0, -2.861479, -0.605926),
                "no density without its constant, log(2 pi noise) / 2; without it the bound bounds nothing",
            ),
            (
                _says(inputs, -1.801578, -2.918939, -3.780417, -1.524865),
                "the constant of a Gaussian density holds the width of the noise as well: log(2 pi noise) / 2",
            ),
            (
                _says(inputs, -1.455004, -1.455004, -1.677316, -1.484461),
                "that is log p(x), which knows no guess; the bound meets it only where q is the posterior",
            ),
            (_says(inputs, 1.455004, 2.572365, 3.178431, 1.727597), "that is the loss, minus the bound"),
            (
                _says(inputs, -1.455004, -2.572365, -1.178431, -2.227597),
                "what varies is w times the code, so the variance of the code enters times w squared",
            ),
            (_says(inputs, -1.670977, -2.572365, -1.916576, -2.547691), "`spread` is a variance: do not square it"),
            (_says(inputs, -1.552875, -4.225791, -8.837556, -1.794497), "`noise` is a variance: do not square it"),
        ],
    )


def q3(draw: Any) -> Verdict:
    """A draw of a Gaussian code, as a function of noise that somebody else has drawn.

    Parameters
    ----------
    draw : callable
        From mean, logarithm of the variance and a standard normal draw to a code.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0, 0.0, 1.0), (1.0, -2.0, 0.5), (-1.0, 1.0, -2.0), (2.0, 3.0, 0.0)]
    return check(
        "ch15.q3",
        draw,
        list(zip(inputs, (1.0, 1.18394, -4.297442, 2.0))),
        labels=[f"mean {m:g}, log variance {v:g}, noise {e:g}" for m, v, e in inputs],
        wrong=[
            (
                _says(inputs, 1.0, 1.067668, -6.436564, 2.0),
                "noise is stretched by the standard deviation; exp(log variance) is the variance",
            ),
            (_says(inputs, 0.0, 0.0, -3.0, 2.0), "a width is never negative; a logarithm may be: undo it first"),
            (
                _says(inputs, 0.0, 0.5, -2.0, 2.0),
                "the logarithm is still there: half of it is the logarithm of the standard deviation",
            ),
            (
                _says(inputs, 0.0, 1.0, -1.0, 2.0),
                "that computes the code and draws nothing; it is what an autoencoder does",
            ),
            (
                _says(inputs, 1.0, 1.5, -3.0, 2.0),
                "the encoder's width is not used, and the network could not say how sure it is",
            ),
            (_says(inputs, 1.0, 0.551819, -4.946164, 8.963378), "the mean is not stretched: only the noise is"),
            (
                _says(inputs, 1.0, 2.359141, -2.213061, 2.0),
                "the sign in the exponent: a larger variance must stretch the noise more",
            ),
            (_says(inputs, 1.0, 0.18394, -3.297443, 0.0), "that is a draw around zero; move it to the mean"),
        ],
    )


def q4(score_function: Any) -> Verdict:
    """The score-function estimate of the slope of E f(z) in the mean of z.

    Parameters
    ----------
    score_function : callable
        From the values f(z), the draws z, and mean and standard deviation of q to the estimate.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], 1.0, 1.0),
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], 1.0, 2.0),
        ([4.0, 4.0], [3.0, 1.0], 1.0, 1.0),
        ([0.5, -1.0, 2.0, 1.0], [0.0, 0.5, -1.0, 3.0], 0.5, 0.5),
    ]
    return check(
        "ch15.q4",
        score_function,
        list(zip(inputs, (0.666667, 0.166667, 4.0, -0.75))),
        labels=["three draws", "the same, twice as wide", "f is constant", "four draws"],
        wrong=[
            (
                _says(inputs, 0.666667, 0.333333, 4.0, -0.375),
                "the width enters squared: log q holds (z - mean)^2 / 2 std^2",
            ),
            (
                _says(inputs, 0.666667, 0.666667, 4.0, -0.1875),
                "divide by the variance: the steeper log q is, the more a shift of the mean changes it",
            ),
            (
                _says(inputs, -0.666667, -0.166667, -4.0, 0.75),
                "the sign: where f is large right of the mean, moving right makes the average larger",
            ),
            (
                _says(inputs, 2.0, 0.5, 8.0, -3.0),
                "a mean over the draws, not a sum: more draws must not make the slope steeper",
            ),
            (
                _says(inputs, 0.666667, 0.166667, 0.0, -1.0625),
                "the mean of the same draws takes its share of the signal: on average (n - 1) / n of the slope remains",
            ),
            (_says(inputs, 0.0, 0.0, 1.0, 0.5), "that is zero on average, whatever f is: weigh each draw by its f"),
            (
                _says(inputs, 2.666667, 0.666667, 8.0, 0.5),
                "what counts is how far the draw lies from the mean, and on which side",
            ),
            (_says(inputs, 2.0, 2.0, 4.0, 0.625), "the mean of f is the value, not its slope"),
            (
                _says(inputs, -0.666667, -0.166667, -4.0, -5.4375),
                "that weighs f with log q itself; differentiate log q in the mean",
            ),
        ],
    )


def q5(bound: Any) -> Verdict:
    """The logarithm of a mean of importance weights, from their logarithms.

    Parameters
    ----------
    bound : callable
        From a list of log weights to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [([0.0],), ([0.0, 1.098612],), ([-1.0, -2.0, -3.0, -4.0],), ([-2000.0, -2001.0],)]
    return check(
        "ch15.q5",
        bound,
        list(zip(inputs, (0.0, 0.693147, -1.946105, -2000.379885))),
        labels=["one weight", "weights 1 and 3", "four weights", "two tiny weights"],
        wrong=[
            (
                _says(inputs, 0.0, 0.549306, -2.5, -2000.5),
                "the logarithm of the mean, not the mean of the logarithms: the latter is still the plain bound",
            ),
            (
                _says(inputs, 0.0, 1.386294, -0.55981, -1999.686738),
                "log k is missing: it is a mean of the weights, not their sum",
            ),
            (
                _says(inputs, 0.0, 1.098612, -1.0, -2000.0),
                "that is the largest weight alone; the others count too, a little",
            ),
            (
                _says(inputs, 0.0, 2.079441, 0.826484, -1998.993591),
                "log k is to be subtracted: a mean is smaller than a sum",
            ),
            (
                _says(inputs, 0.0, 0.693147, -0.139953, -999.843369),
                "the division by k stands outside the logarithm; inside, it becomes minus log k",
            ),
            (
                _says(inputs, 0.0, 0.693147, -1.946105, -math.inf),
                "no exponential survives at -2000: take the largest out before, add it back after",
            ),
            (_says(inputs, 1.0, 2.0, 0.142829, 0.0), "that is the mean weight; asked for is its logarithm"),
        ],
    )


def q6(noise_variance: Any) -> Verdict:
    """The noise variance of probabilistic PCA.

    Parameters
    ----------
    noise_variance : callable
        From all eigenvalues, largest first, and the length of the code to the variance.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([4.0, 2.0, 1.0, 0.5], 2),
        ([9.0, 0.3, 0.2, 0.1], 1),
        ([5.0, 3.0, 2.0], 1),
        ([6.0, 4.0, 1.0, 0.9, 0.8], 2),
    ]
    return check(
        "ch15.q6",
        noise_variance,
        list(zip(inputs, (0.75, 0.2, 2.5, 0.9))),
        labels=[f"{len(e)} eigenvalues, k = {k}" for e, k in inputs],
        wrong=[
            (_says(inputs, 1.5, 0.6, 5.0, 2.7), "a mean, not a sum: the variance is that of one coordinate"),
            (
                _says(inputs, 3.0, 9.0, 5.0, 5.0),
                "those are the eigenvalues that W keeps; the noise explains the others",
            ),
            (
                _says(inputs, 0.375, 0.15, 1.666667, 0.54),
                "the noise is spread over the directions that were left over, not over all",
            ),
            (
                _says(inputs, 0.5, 0.1, 2.0, 0.8),
                "that is the smallest; the one noise has to serve every discarded direction",
            ),
            (
                _says(inputs, 1.0, 0.3, 3.0, 1.0),
                "that is the first that is discarded; the one noise has to serve all of them",
            ),
            (
                _says(inputs, 0.866025, 0.447214, 1.581139, 0.948683),
                "that is the standard deviation; asked for is the variance",
            ),
            (
                _says(inputs, 1.875, 2.4, 3.333333, 2.54),
                "that is the mean of all eigenvalues: right only for a code of length zero",
            ),
            (_says(inputs, 1.166667, 2.4, 3.333333, 1.675), "one too many: the k-th eigenvalue belongs to W"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

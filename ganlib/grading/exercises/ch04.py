"""Checks of chapter 4, *The minimax game*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(best_probability: Any) -> Verdict:
    """The probability that makes p log D + q log(1 - D) largest.

    Parameters
    ----------
    best_probability : callable
        From the densities of data and fakes at one point to a probability.

    Returns
    -------
    Verdict
    """
    inputs = [(0.3, 0.1), (0.1, 0.3), (0.2, 0.2), (0.05, 0.45)]
    certain = "that is a verdict, and certainty is ruinous: where D says 1, every fake costs log 0. Name a probability"
    return check(
        "ch04.q1",
        best_probability,
        list(zip(inputs, (0.75, 0.25, 0.5, 0.1))),
        labels=[f"p = {p:g}, q = {q:g}" for p, q in inputs],
        wrong=[
            (
                _says(inputs, 3.0, 0.333333, 1.0, 0.111111),
                "those are the odds, real to fake; a probability compares real with all the traffic",
            ),
            (
                _says(inputs, 1.098612, -1.098612, 0.0, -2.197225),
                "that is the score of the best discriminator; the probability is its sigmoid",
            ),
            (
                _says(inputs, 0.25, 0.75, 0.5, 0.9),
                "that is the probability of a fake; D names the probability of real",
            ),
            (
                _says(inputs, 0.5, -0.5, 0.0, -0.8),
                "that runs from -1 to 1; a probability runs from 0 to 1",
            ),
            (_says(inputs, 1.0, 0.0, 0.0, 0.0), certain),
            (_says(inputs, 1.0, 0.0, 1.0, 0.0), certain),
            (_says(inputs, 1.0, 0.0, 0.5, 0.0), certain),
            (
                _says(inputs, 0.5, 0.5, 0.5, 0.5),
                "one half is right only where p = q; elsewhere the point tells D something",
            ),
            (
                _says(inputs, 0.3, 0.1, 0.2, 0.05),
                "a density is no probability: what matters is p beside q, not p alone",
            ),
        ],
    )


def q2(value_at_best: Any) -> Verdict:
    """The value of the game against the best discriminator.

    Parameters
    ----------
    value_at_best : callable
        From the Jensen-Shannon divergence to the value, both in nats.

    Returns
    -------
    Verdict
    """
    inputs = [(0.0,), (0.111421,), (0.336831,), (0.693147,)]
    return check(
        "ch04.q2",
        value_at_best,
        list(zip(inputs, (-1.386294, -1.163452, -0.712632, 0.0))),
        labels=["fakes perfect", "unit Gaussians, gap 1", "unit Gaussians, gap 2", "no overlap"],
        wrong=[
            (
                _says(inputs, -0.693147, -0.470305, -0.019485, 0.693147),
                "log 4, not log 2: there are two expectations, and each contributes a log 2",
            ),
            (
                _says(inputs, -1.386294, -1.274873, -1.049463, -0.693147),
                "the JSD is the mean of two KL divergences, and you need their sum",
            ),
            (
                _says(inputs, -0.693147, -0.581726, -0.356316, 0.0),
                "that is the mean of the two expectations; the value is their sum",
            ),
            (
                _says(inputs, -1.386294, -0.940610, -0.038970, 1.386294),
                "too much: the JSD holds each KL divergence with a factor one half, so two JSDs make up both",
            ),
            (
                _says(inputs, 1.386294, 1.609136, 2.059956, 2.772588),
                "the sign of the constant: with perfect fakes D is guessing, and guessing is paid log 1/2 twice",
            ),
            (
                _says(inputs, -1.386294, -1.609136, -2.059956, -2.772588),
                "the sign of the divergence: the further apart the two are, the more D is paid",
            ),
            (
                _says(inputs, 1.386294, 1.163452, 0.712632, 0.0),
                "that is the loss of D, which is minus the value",
            ),
            (
                _says(inputs, -2.0, -1.678507, -1.028111, 0.0),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, -2.0, -1.777158, -1.326338, -0.613706),
                "log 4 is 2 in bits only; in nats it is 1.386",
            ),
            (
                _says(inputs, 0.0, 0.222842, 0.673662, 1.386294),
                "a constant is missing: with perfect fakes D says one half, and is paid log 1/2 twice",
            ),
        ],
    )


def q3(weights: Any) -> Verdict:
    """How steeply each generator loss falls in the score of a fake.

    Parameters
    ----------
    weights : callable
        From a score to the weights of the saturating and of the non-saturating loss.

    Returns
    -------
    Verdict
    """
    inputs = [(-4.0,), (-1.0,), (0.0,), (3.0,)]
    passing, caught = (0.017986, 0.268941, 0.5, 0.952574), (0.982014, 0.731059, 0.5, 0.047426)
    sigmoid = (0.017663, 0.196612, 0.25, 0.045177)  # its slope
    inverse, other = (1.018316, 1.367879, 2.0, 21.085537), (55.598150, 3.718282, 2.0, 1.049787)
    spent, missing = (-0.018150, -0.313262, -0.693147, -3.048587), (4.018150, 1.313262, 0.693147, 0.048587)

    def pairs(first: Sequence[float], second: Sequence[float], *signs: int) -> Any:
        a, b = signs or (1, 1)
        return _says(inputs, *((a * u, b * v) for u, v in zip(first, second)))

    return check(
        "ch04.q3",
        weights,
        list(zip(inputs, zip(passing, caught))),
        labels=[f"score {s:g}" for (s,) in inputs],
        wrong=[
            (pairs(caught, passing), "the right numbers in the wrong order: first the saturating loss, log(1 - D)"),
            (
                pairs(passing, caught, -1, -1),
                "those are the slopes; the weight is minus the slope, for G goes downhill",
            ),
            (
                pairs(passing, caught, -1, 1),
                "one sign is wrong: log(1 - D), too, falls when the score of a fake rises",
            ),
            (
                pairs(passing, caught, 1, -1),
                "one sign is wrong: -log D, too, falls when the score of a fake rises",
            ),
            (
                pairs(inverse, other),
                "those are slopes in the probability D; the network returns the score, so multiply by dD/ds = D(1 - D)",
            ),
            (
                pairs(inverse, other, -1, -1),
                "those are derivatives by the probability D, not by the score: use the chain rule, and mind the sign",
            ),
            (pairs(sigmoid, sigmoid), "that is dD/ds, the slope of the sigmoid; the losses take its logarithm"),
            (pairs(spent, missing), "those are the losses; asked for is how steeply they fall"),
            (
                pairs(caught, caught),
                "two losses, two weights: only the non-saturating one favours the fakes that are caught",
            ),
            (
                pairs(passing, passing),
                "two losses, two weights: only the saturating one favours the fakes that pass",
            ),
        ],
    )


def q4(nonsaturating_divergence: Any) -> Verdict:
    """2 KL((p + q)/2 || p) for a standard normal p and a normal q.

    Parameters
    ----------
    nonsaturating_divergence : callable
        From mean and standard deviation of q to the divergence in nats.

    Returns
    -------
    Verdict
    """
    inputs = [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (0.0, 0.5)]
    unhalved = "p + q has mass 2: the middle is (p + q)/2, inside the logarithm as well"
    return check(
        "ch04.q4",
        nonsaturating_divergence,
        list(zip(inputs, (0.277157, 1.326338, 3.446445, 0.132680))),
        atol=2e-3,  # a coarse grid will do
        labels=[f"mean {mean:g}, std {std:g}" for mean, std in inputs],
        wrong=[
            (
                _says(inputs, 0.222843, 0.673662, 1.053555, 0.185467),
                "that is 2 JSD, the road of the saturating loss: one optimum, but two roads",
            ),
            (
                _says(inputs, 0.222843, 0.673662, 1.053555, 0.142802),
                "the arguments are swapped: the average is taken over (p + q)/2. (At equal widths yours is 2 JSD.)",
            ),
            (
                _says(inputs, 0.222843, 0.673662, 1.053555, 0.228132),
                "the average is taken over (p + q)/2, and p is what it is compared with; you compared q with it",
            ),
            (
                _says(inputs, 0.111421, 0.336831, 0.526777, 0.092733),
                "that is the JSD: half of what the other loss descends",
            ),
            (
                _says(inputs, 0.138579, 0.663169, 1.723223, 0.066340),
                "half of it: the factor 2 in front is missing",
            ),
            (
                _says(inputs, 0.5, 2.0, 4.5, 0.318147),
                "that is KL(q||p) alone; the non-saturating loss takes 2 JSD off it",
            ),
            (
                _says(inputs, 0.388579, 1.663169, 3.973223, 0.225414),
                "that is KL(q||p) - JSD; the Jensen-Shannon divergence is to be taken off twice",
            ),
            (
                _says(inputs, 0.277157, 1.326338, 3.446445, 0.621386),
                "you compared with q; the comparison is with p, the data",
            ),
            (_says(inputs, 1.663451, 2.712633, 4.832740, 1.518975), unhalved),
            (_says(inputs, 0.831726, 1.356316, 2.416370, 0.759487), unhalved),
            (
                _says(inputs, 0.277157, 1.326338, 3.446445, -0.388187),
                "right while both have width 1: divide the density of q by its standard deviation",
            ),
            (
                _says(inputs, 0.277157, 1.326338, 3.446445, 0.041560),
                "right while both have width 1: `std` is the standard deviation, not the variance",
            ),
        ],
    )


def q5(growth: Any) -> Verdict:
    """The factor by which a simultaneous step of Dirac-GAN changes the squared distance from home.

    Parameters
    ----------
    growth : callable
        From theta, psi and the step to the factor.

    Returns
    -------
    Verdict
    """
    inputs = [(1.0, 1.0, 0.5), (0.0, 2.0, 0.5), (-1.0, 2.0, 1.0), (1.0, 1.0, 0.1)]
    turns = "that is a round by turns: at the same time means that neither sees the other's new move"
    return check(
        "ch04.q5",
        growth,
        list(zip(inputs, (1.133612, 1.0625, 1.014209, 1.005344))),
        digits=4,
        labels=[f"at ({theta:g}, {psi:g}), step {h:g}" for theta, psi, h in inputs],
        wrong=[
            (
                _says(inputs, 1.0, 1.0, 1.0, 1.0),
                "the flow keeps its distance, a step does not: it leaves the circle along the tangent",
            ),
            (
                _says(inputs, 1.0625, 1.0625, 1.25, 1.0025),
                "right beside home only, where sigma is one half; elsewhere sigma depends on theta and psi",
            ),
            (
                _says(inputs, 1.064712, 1.030776, 1.007080, 1.002669),
                "that is the factor of the distance; asked for is that of its square",
            ),
            (
                _says(inputs, 1.365529, 1.25, 1.119203, 1.073106),
                "there is no term of first order in h: the step is perpendicular to the position",
            ),
            (
                _says(inputs, 1.864670, 1.5625, 1.252615, 1.151556),
                "that would be a step straight outwards; this one is perpendicular to the position",
            ),
            (
                _says(inputs, 0.866388, 0.9375, 0.985791, 0.994656),
                "the sign: the square of a step is added, whichever way the step points",
            ),
            (
                _says(inputs, 1.182765, 1.125, 1.119203, 1.007311),
                "the length of the velocity is squared, and sigma with it",
            ),
            (
                _says(inputs, 0.133612, 0.0625, 0.014209, 0.005344),
                "that is the part that is added; the factor counts what was there before as well",
            ),
            (
                _says(inputs, 1.009664, 1.015625, 1.011024, 1.000387),
                "you used the slope of the sigmoid; the velocity has the sigmoid itself, the slope of the loss",
            ),
            (
                _says(inputs, 1.267223, 1.25, 1.071047, 1.010689),
                "divide what is added by the old square: the distance from home must drop out",
            ),
            (
                _says(inputs, 2.267223, 4.25, 5.071047, 2.010689),
                "that is the new square; the factor is the new square divided by the old",
            ),
            (
                _says(inputs, 1.018082, 1.0625, 1.775803, 1.000723),
                "the sign inside the sigmoid: the fake's score is psi theta, not minus that",
            ),
            (_says(inputs, 0.930080, 1.0625, 1.017626, 0.998178), turns),
            (_says(inputs, 1.036335, 0.888086, 1.028777, 0.999009), turns),
        ],
    )


def q6(look_ahead: Any) -> Verdict:
    """One extragradient step in a game of two numbers.

    Parameters
    ----------
    look_ahead : callable
        From a function for the velocity, theta, psi and the step to the pair after the step.

    Returns
    -------
    Verdict
    """
    inputs = [(_turning, 1.0, 0.0, 0.5), (_turning, 0.6, -0.8, 0.2), (_bent, 1.0, 0.5, 0.4), (_bent, -0.5, 1.0, 1.0)]
    return check(
        "ch04.q6",
        look_ahead,
        list(zip(inputs, ((0.75, -0.5), (0.416, -0.888), (0.744, 0.18), (0.4375, 0.25)))),
        digits=4,
        labels=["turning, from (1, 0)", "turning, from (0.6, -0.8)", "bent, from (1, 0.5)", "bent, from (-0.5, 1)"],
        wrong=[
            (
                _says(inputs, (1.0, -0.5), (0.44, -0.92), (0.8, 0.0), (0.25, 1.0)),
                "that is the trial step itself; go back, and follow the velocity you found at its end",
            ),
            (
                _says(inputs, (0.75, -1.0), (0.256, -1.008), (0.544, -0.32), (1.1875, 0.25)),
                "those are two plain steps in a row: the trial step is only a look, so start again where you stood",
            ),
            (
                _says(inputs, (0.875, -0.5), (0.428, -0.904), (0.772, 0.09), (0.34375, 0.625)),
                "you averaged the two velocities; take the one ahead alone",
            ),
            (
                _says(inputs, (0.875, -0.5), (0.428, -0.904), (0.776, 0.09), (0.484375, 0.625)),
                "you looked half a step ahead; look a whole one, of the same h as the move",
            ),
            (
                _says(inputs, (0.5, -0.5), (0.32, -0.76), (0.6, 0.45), (0.4375, 0.25)),
                "you looked ahead by the whole velocity; the look, too, is a step of size h",
            ),
            (
                _says(inputs, (1.25, -0.5), (0.464, -0.952), (0.824, -0.18), (-1.0625, 1.75)),
                "you looked behind you; the trial point is h times the velocity *further on*",
            ),
            (
                _says(inputs, (-0.5, -1.0), (-0.92, -0.44), (-0.64, -0.8), (0.9375, -0.75)),
                "that is the velocity ahead; asked for is where the players stand after following it",
            ),
            (
                _says(inputs, (-0.5, 0.75), (-0.888, 0.416), (0.18, 0.744), (0.25, 0.4375)),
                "the right numbers in the wrong order: theta first",
            ),
            (
                _says(inputs, (0.75, -0.5), (0.416, -0.92), (0.6, 0.0), (0.25, 1.0)),
                "that is a plain round by turns, D first; here both move at the same time, and only after a look ahead",
            ),
            (
                _says(inputs, (1.0, -0.5), (0.44, -0.888), (0.8, 0.08), (0.25, 0.25)),
                "that is a plain round by turns, G first; here both move at the same time, and only after a look ahead",
            ),
            (
                _says(inputs, (0.75, -0.5), (0.4224, -0.888), (0.776, 0.164), (-0.3125, 0.625)),
                "the look itself went by turns; compute both velocities before you change either number",
            ),
        ],
    )


def _turning(theta: float, psi: float) -> tuple[float, float]:
    """A field that only turns."""
    return psi, -theta


def _bent(theta: float, psi: float) -> tuple[float, float]:
    """A field with a bend, in which nothing is symmetric."""
    return psi - theta**2, -theta - 0.5 * psi


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = dict(zip(inputs, values, strict=True))
    return lambda *arguments: table[arguments]

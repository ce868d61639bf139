"""Checks of chapter 16, *BiGAN*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(value: Any) -> Verdict:
    """The value at the best discriminator of an encoder and a generator that are tables.

    Parameters
    ----------
    value : callable
        From the lists E and G to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([0, 1, 2], [0, 1, 2]),
        ([1, 0, 2], [1, 2, 0]),
        ([3, 2, 1, 0], [3, 2, 1, 0]),
        ([0, 0, 1, 1], [1, 3, 0, 0]),
        ([1, 1, 1, 1, 1], [0, 4, 2, 2, 3]),
        ([1, 2, 0], [1, 2, 0]),
    ]
    return check(
        "ch16.q1",
        value,
        list(zip(inputs, (-1.386294, -0.462098, -1.386294, -0.693147, -0.277259, -0.0))),
        labels=[
            "the identity",
            "one symbol of three comes back",
            "reversed, both",
            "two of four",
            "one of five, all to one code",
            "a rotation and itself, not its inverse",
        ],
        wrong=[
            (
                _says(inputs, 0.0, 0.462098, 0.0, 0.346574, 0.554518, 0.693147),
                "that is the divergence; the value is -log 4 plus twice that",
            ),
            (
                _says(inputs, -1.386294, -0.924196, -1.386294, -1.039721, -0.831777, -0.693147),
                "the divergence enters twice: V is a sum of two means",
            ),
            (
                _says(inputs, 1.386294, 0.462098, 1.386294, 0.693147, 0.277259, 0.0),
                "the sign: V is a mean of logarithms of probabilities, never positive",
            ),
            (
                _says(inputs, -2.0, -0.666667, -2.0, -1.0, -0.4, -0.0),
                "you returned bits; the book counts in nats, with the natural logarithm",
            ),
            (
                _says(inputs, -0.693147, -0.231049, -0.693147, -0.346574, -0.138629, -0.0),
                "a shared pair costs D log 2 twice, once as real and once as fake",
            ),
            (
                _says(inputs, -1.386294, -0.0, -1.386294, -0.0, -0.0, -0.0),
                "each symbol that comes back counts, not only all of them together",
            ),
            (
                _says(inputs, -1.386294, -0.462098, -1.386294, -0.0, -0.0, -1.386294),
                "E[x] and G[x] are a code and a symbol; compare x with G[E[x]]",
            ),
            (
                _says(inputs, -0.0, -0.924196, -0.0, -0.693147, -1.109035, -1.386294),
                "you counted what does not come back; where pairs never meet, D is never wrong and V = 0",
            ),
            (
                _says(inputs, -4.158883, -1.386294, -5.545177, -2.772589, -1.386294, -0.0),
                "a mean over the symbols: each has the probability 1/K",
            ),
        ],
    )


def q2(pairs: Any) -> Verdict:
    """How many pairs of tables are optimal.

    Parameters
    ----------
    pairs : callable
        From K to a number of pairs.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1,), (2,), (3,), (5,)]
    return check(
        "ch16.q2",
        pairs,
        list(zip(inputs, (1, 2, 6, 120))),
        labels=["K = 1", "K = 2", "K = 3", "K = 5"],
        wrong=[
            (_says(inputs, 1, 1, 1, 1), "one encoder for each way to name the symbols, and any name will do"),
            (_says(inputs, 2, 2, 2, 2), "a mirror is one renaming; with more symbols there are more"),
            (_says(inputs, 1, 2, 3, 5), "rotations alone are K; any permutation serves"),
            (_says(inputs, 1, 4, 27, 3125), "a table that sends two symbols to one code cannot bring both back"),
            (_says(inputs, 1, 4, 36, 14400), "given E, G is decided: it is the inverse"),
            (_says(inputs, 2, 4, 8, 32), "codes are not switched on and off: each symbol needs a code of its own"),
        ],
    )


def q3(posterior: Any) -> Verdict:
    """The encoder that a noisy linear generator asks for.

    Parameters
    ----------
    posterior : callable
        From g and the variance of the generator's noise to the slope and the variance of the encoder.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1.0, 1.0), (0.8, 0.36), (-2.0, 0.5), (3.0, 4.0)]
    return check(
        "ch16.q3",
        posterior,
        list(zip(inputs, ((0.5, 0.5), (0.8, 0.36), (-0.444444, 0.111111), (0.230769, 0.307692)))),
        labels=["g = 1, noise = 1", "g = 0.8, noise = 0.36", "g = -2, noise = 0.5", "g = 3, noise = 4"],
        wrong=[
            (
                _says(inputs, (1.0, 0.0), (1.25, 0.0), (-0.5, 0.0), (0.333333, 0.0)),
                "that inverts g, and is right only without noise: with noise x no longer tells z",
            ),
            (
                _says(inputs, (0.5, 0.0), (0.8, 0.0), (-0.444444, 0.0), (0.230769, 0.0)),
                "the codes must vary as much as z does: the encoder draws, too",
            ),
            (
                _says(inputs, (0.5, 1.0), (0.8, 0.36), (-0.444444, 0.5), (0.230769, 4.0)),
                "the encoder's noise is what is missing to the variance 1 of z, not the generator's",
            ),
            (
                _says(inputs, (0.5, 0.707107), (0.8, 0.6), (-0.444444, 0.333333), (0.230769, 0.5547)),
                "a variance is asked for, not a standard deviation",
            ),
            (
                _says(inputs, (0.5, 0.5), (1.039501, 0.168399), (-0.470588, 0.058824), (0.12, 0.64)),
                "`noise` is a variance: do not square it",
            ),
            (
                _says(inputs, (1.0, 0.0), (0.8, 0.36), (-2.0, -3.0), (3.0, -8.0)),
                "the covariance is slope times the variance of x, and that is not 1: divide",
            ),
            (
                _says(inputs, (1.0, 0.5), (1.25, 0.36), (-0.5, 0.111111), (0.333333, 0.307692)),
                "dividing by g makes codes too wide: the covariance of x and z must agree, too",
            ),
            (
                _says(inputs, (-0.5, 0.5), (-0.8, 0.36), (0.444444, 0.111111), (-0.230769, 0.307692)),
                "mirrored codes go with a mirrored generator; here g is given, so the slope has its sign",
            ),
        ],
    )


def q4(loss: Any) -> Verdict:
    """What E and G want small together, from a score of each kind of pair.

    Parameters
    ----------
    loss : callable
        From the scores D(x, E(x)) and D(G(z), z) to nats.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(0.0, 0.0), (2.0, -1.0), (-1.5, 0.5), (-3.0, 4.0)]
    return check(
        "ch16.q4",
        loss,
        list(zip(inputs, (1.386294, 3.44019, 0.67549, 0.066737))),
        labels=[
            "D(x, E(x)) = 0, D(G(z), z) = 0",
            "D(x, E(x)) = 2, D(G(z), z) = -1",
            "D(x, E(x)) = -1.5, D(G(z), z) = 0.5",
            "D(x, E(x)) = -3, D(G(z), z) = 4",
        ],
        wrong=[
            (
                _says(inputs, 1.386294, 0.44019, 2.67549, 7.066737),
                "that is D's own loss; E and G want the labels exchanged",
            ),
            (
                _says(inputs, -1.386294, -0.44019, -2.67549, -7.066737),
                "that is minus D's loss, the zero-sum form, which is flat where D is sure; exchange the labels instead",
            ),
            (
                _says(inputs, -1.386294, -3.44019, -0.67549, -0.066737),
                "the sign: a loss is made small, and a logarithm of a probability is negative",
            ),
            (
                _says(inputs, 0.693147, 1.313262, 0.474077, 0.01815),
                "that is the generator's part; the encoder's pair is missing",
            ),
            (
                _says(inputs, 0.693147, 2.126928, 0.201413, 0.048587),
                "that is the encoder's part; the generator's pair is missing",
            ),
            (_says(inputs, 0.693147, 1.720095, 0.337745, 0.033369), "a sum over the two kinds of pair, not their mean"),
            (
                _says(inputs, 1.0, 1.611856, 0.559966, 0.065412),
                "these are probabilities of being caught; take minus the logarithm of escaping",
            ),
            (
                _says(inputs, 0.0, 3.0, -2.0, -7.0),
                "that is a critic's game; here scores are logits, so a sigmoid and a logarithm belong around them",
            ),
        ],
    )


def q5(slope: Any) -> Verdict:
    """The slope of the encoder's part of the loss, under a discriminator that is linear in the pair.

    Parameters
    ----------
    slope : callable
        From x, e, a and b to a slope.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [(1.0, 0.5, 0.0, 2.0), (-2.0, 1.0, 0.5, -1.0), (3.0, -0.4, 0.2, 0.3), (0.5, 2.0, -1.0, 0.0)]
    return check(
        "ch16.q5",
        slope,
        list(zip(inputs, (1.462117, 1.462117, 0.503742, 0.0))),
        labels=[
            "x = 1, e = 0.5, a = 0, b = 2",
            "x = -2, e = 1, a = 0.5, b = -1",
            "x = 3, e = -0.4, a = 0.2, b = 0.3",
            "x = 0.5, e = 2, a = -1, b = 0",
        ],
        wrong=[
            (
                _says(inputs, -1.462117, -1.462117, -0.503742, -0.0),
                "the sign: the loss grows with the score, whose slope in e is b x",
            ),
            (
                _says(inputs, -0.537883, -0.537883, -0.396258, -0.0),
                "that is the slope of D's loss, of softplus(-score)",
            ),
            (_says(inputs, 0.731059, -0.365529, 0.044777, -0.377541), "you differentiated in x; the encoder changes e"),
            (
                _says(inputs, 1.462117, 0.731059, 0.83957, -0.18877),
                "the real x does not move when e does: only the code's arm of D carries the gradient",
            ),
            (_says(inputs, 1.462117, -0.731059, 0.167914, 0.0), "the code is e x, so its slope in e is x"),
            (_says(inputs, 2.0, 2.0, 0.9, 0.0), "that is the slope of the score; the loss is softplus of it"),
            (
                _says(inputs, 0.393224, 0.393224, 0.221791, 0.0),
                "that is the slope of the probability; the loss is a logarithm of it",
            ),
            (
                _says(inputs, -1.0, -0.0, -25.2, 0.5),
                "no term of this game compares anything with x: the slope comes through D alone",
            ),
        ],
    )


def q6(ratio: Any) -> Verdict:
    """How near reconstructions are to their own pictures, against how near they are to another's.

    Parameters
    ----------
    ratio : callable
        From pictures and reconstructions to a ratio.

    Returns
    -------
    Verdict
    """
    inputs: list[Any] = [
        ([[0.0, 0.0], [3.0, 4.0]], [[0.0, 1.0], [3.0, 2.0]]),
        ([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]]),
        ([[2.0], [0.0], [1.0]], [[1.5], [0.5], [0.5]]),
    ]
    return check(
        "ch16.q6",
        ratio,
        list(zip(inputs, (0.382254, 0.734195, 0.428571))),
        labels=["two pictures", "three pictures", "three of one pixel"],
        wrong=[
            (_says(inputs, 2.616064, 1.362036, 2.333333), "the own picture in the numerator: small is good"),
            (_says(inputs, 0.16129, 0.5, 0.157895), "distances, not their squares: the root comes before the mean"),
            (
                _says(inputs, 0.395201, 0.815738, 0.555556),
                "a ratio of two means, not the mean of ratios, which one lucky pair can spoil",
            ),
            (
                _says(inputs, 0.3, 0.5, 0.375),
                "the baseline sets a *reconstruction* against another picture, not two pictures against one another",
            ),
            (
                _says(inputs, 1.5, 0.569036, 0.5),
                "that is the error; divide by what a stranger's reconstruction would cost",
            ),
            (_says(inputs, 0.382254, 0.734195, 0.6), "the next picture, not the previous one"),
            (_says(inputs, 0.272727, 0.666667, 0.428571), "Euclidean distances, with squares under a root"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = [(tuple(given), value) for given, value in zip(inputs, values, strict=True)]
    return lambda *arguments: next(value for given, value in table if given == arguments)

"""Checks of chapter 1, *How to read this book*."""

from __future__ import annotations

import math
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(turns: Any) -> Verdict:
    """Who moves: three times the discriminator, then the generator.

    Parameters
    ----------
    turns : sequence of str
        Players in the order of their moves.

    Returns
    -------
    Verdict
    """
    return check(
        "ch01.q1",
        turns,
        [(None, ("D", "D", "D", "G"))],
        labels=["turns"],
        wrong=[
            (("G", "D", "D", "D"), "the right moves, but the generator opens the round here"),
            (("D", "G", "G", "G"), "the players are exchanged: it is the discriminator that moves three times"),
            (("D", "G", "D", "G"), "alternating lets the generator move twice; a game may repeat a player instead"),
            (("D", "D", "D", "D"), "now the generator never moves, and a generator that never moves never learns"),
        ],
    )


def q2(moves: Any) -> Verdict:
    """Moves of each player in 100 rounds of WGAN-GP.

    Parameters
    ----------
    moves : pair of int
        Of D and of G.

    Returns
    -------
    Verdict
    """
    return check(
        "ch01.q2",
        moves,
        [(None, (500, 100))],
        labels=["moves of D and G"],
        digits=0,
        wrong=[
            ((100, 100), "that is the plain GAN; look at the line with the plus: `turns = 5 * ..."),
            ((100, 500), "the right numbers for the wrong players: the pair is (moves of D, moves of G)"),
            ((100, 20), "a round is all of `turns`, not one move: the critic moves five times within each round"),
            ((5, 1), "that is one round; the question is about a hundred of them"),
        ],
    )


def q3(covered: Any) -> Verdict:
    """A mode counter.

    Parameters
    ----------
    covered : callable
        From samples (N, 2), centres (K, 2) and a distance to a number of centres.

    Returns
    -------
    Verdict
    """
    centres = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]
    inputs = [
        ([[0.1, 0.0], [0.0, -0.2], [4.1, 0.1], [9.0, 9.0]], 0.5),
        ([[2.0, 0.0], [2.0, 0.1]], 1.0),
        ([[2.0, 0.0]], 2.5),
        ([[0.3, 0.4], [4.0, 3.0]], 0.5),
    ]

    def at(case: int) -> Any:
        import torch

        samples, reach = inputs[case]
        return covered(torch.tensor(samples), torch.tensor(centres), reach)

    def naive(rule: Any) -> Any:
        def answer(case: int) -> int:
            samples, reach = inputs[case]
            return int(rule([[math.dist(s, c) for c in centres] for s in samples], reach))

        return answer

    return check(
        "ch01.q3",
        at if callable(covered) else covered,
        [((0,), 2), ((1,), 0), ((2,), 2), ((3,), 1)],
        labels=["two clouds hit, one point astray", "both points between two clouds", "the same with a longer reach",
                "one point exactly at the reach"],
        digits=0,
        wrong=[
            (
                naive(lambda d, reach: sum(min(row) <= reach for row in d)),
                "you counted samples within reach of a centre; count centres that have a sample",
            ),
            (
                naive(lambda d, reach: len({row.index(min(row)) for row in d})),
                "the nearest centre is not yet a hit: the sample must also lie within reach of it",
            ),
            (
                naive(lambda d, reach: len({row.index(min(row)) for row in d if min(row) <= reach})),
                "you let a sample hit its nearest centre only; a sample within reach of two centres covers both",
            ),
            (
                naive(lambda d, reach: sum(min(column) > reach for column in zip(*d, strict=True))),
                "those are the centres that were missed",
            ),
            (
                naive(lambda d, reach: sum(min(column) < reach for column in zip(*d, strict=True))),
                "within a distance includes the distance itself: `<=`, not `<`",
            ),
        ],
    )  # fmt: skip


def q4(ceiling: Any) -> Verdict:
    """Share of a two-dimensional Gaussian within k standard deviations.

    Parameters
    ----------
    ceiling : callable
        From k to a share in [0, 1].

    Returns
    -------
    Verdict
    """
    return check(
        "ch01.q4",
        ceiling,
        [((1.0,), 0.393469), ((2.0,), 0.864665), ((3.0,), 0.988891)],
        labels=["k = 1", "k = 2", "k = 3"],
        digits=5,
        wrong=[
            (
                lambda k: math.erf(k / math.sqrt(2)),
                "68-95-99.7 is the rule for one dimension; in the plane there are two ways to be far away",
            ),
            (lambda k: math.exp(-(k**2) / 2), "that is the share outside"),
            (lambda k: 1 - math.exp(-k / 2), "it is the squared distance that counts: k², not k"),
            (lambda k: 1 - math.exp(-(k**2)), "the exponent of a Gaussian has a ½"),
            (
                lambda k: math.erf(k / math.sqrt(2)) ** 2,
                "that is a square with sides of 2k; points within k of the centre fill a disc",
            ),
        ],
    )

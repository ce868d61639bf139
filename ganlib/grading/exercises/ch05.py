"""Checks of chapter 5, *Training a GAN for real*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(d_loss: Any) -> Verdict:
    """D's loss from scores, with one-sided label smoothing.

    Parameters
    ----------
    d_loss : callable
        From real scores (B, 1), fake scores (C, 1) and the target for real points to a scalar.

    Returns
    -------
    Verdict
    """
    inputs = [
        ([0.0, 0.0], [0.0, 0.0], 1.0),
        ([2.0, -1.0], [0.5, -1.5, 3.0], 1.0),
        ([2.0, -1.0], [0.5, -1.5, 3.0], 0.9),
        ([40.0], [800.0], 1.0),
    ]

    def at(case: int) -> Any:
        import torch

        real, fake, target = inputs[case]
        column = [torch.tensor(scores, dtype=torch.float64).reshape(-1, 1) for scores in (real, fake)]
        return d_loss(*column, target)

    return check(
        "ch05.q1",
        _through(d_loss, at),
        [((0,), 1.3863), ((1,), 2.1281), ((2,), 2.1781), ((3,), 800.0)],
        labels=["all scores 0", "two real, three fake", "the same, target 0.9", "scores 40 and 800"],
        wrong=[
            (
                [1.3863, 2.1281, 2.1781, math.inf].__getitem__,
                "right until a score is large: then the sigmoid rounds to 1 and you take log 0. Use softplus",
            ),
            (
                [math.inf, math.nan, math.nan, math.nan].__getitem__,
                "you took the logarithm of a score: a score is any real number, its sigmoid is the probability",
            ),
            (
                [0.6931, 0.7201, 0.7701, 0.0].__getitem__,
                "only half the traffic is judged: the term for the fakes is missing",
            ),
            (
                [1.3863, 2.1281, 2.1281, 800.0].__getitem__,
                "right for target 1, but `target` changes nothing: with 0.9, one real point in ten counts as a fake",
            ),
            (
                [1.3863, 2.1281, 2.1115, 800.0].__getitem__,
                "the fakes keep their target 0: smoothing is one-sided, for real points only",
            ),
            (
                [2.7726, 5.6643, 5.7643, 800.0].__getitem__,
                "a sum over the batch grows with its size: take the mean of each batch",
            ),
            (
                [0.6931, 1.1329, 1.1529, 400.0].__getitem__,
                "one mean over all points weighs the two batches by their sizes: the loss is a mean over the real "
                "points plus a mean over the fakes",
            ),
            (
                [0.6931, 1.0641, 1.0891, 400.0].__getitem__,
                "half of it: the loss is the sum of the two means, so that it starts at 2 log 2",
            ),
            (
                [1.3863, 1.9615, 1.9115, 40.0].__getitem__,
                "the labels are swapped: real points should be paid for a high score",
            ),
        ],
    )


def q2(undecided: Any) -> Verdict:
    """Both losses when D says the same to everything.

    Parameters
    ----------
    undecided : callable
        From a probability to D's loss and G's.

    Returns
    -------
    Verdict
    """
    return check(
        "ch05.q2",
        undecided,
        [((0.5,), (1.3863, 0.6931)), ((0.9,), (2.4079, 0.1054)), ((0.1,), (2.4079, 2.3026))],
        labels=["D says 0.5", "D says 0.9", "D says 0.1"],
        wrong=[
            (
                {0.5: (0.6931, 0.6931), 0.9: (0.1054, 0.1054), 0.1: (2.3026, 2.3026)}.__getitem__,
                "D answers for two batches: it also pays for calling the fakes real",
            ),
            (
                {0.5: (0.6931, 0.6931), 0.9: (1.2040, 0.1054), 0.1: (1.2040, 2.3026)}.__getitem__,
                "half of D's loss: it is the sum of the two terms, not their mean",
            ),
            (
                {0.5: (1.3863, -0.6931), 0.9: (2.4079, -2.3026), 0.1: (2.4079, -0.1054)}.__getitem__,
                "that is the saturating loss of G; ours is the non-saturating one, minus log D",
            ),
            (
                {0.5: (1.3863, 0.6931), 0.9: (2.4079, 2.3026), 0.1: (2.4079, 0.1054)}.__getitem__,
                "G wants to be taken for real: it is cheap for G when D says 0.9",
            ),
            (
                {0.5: (-1.3863, -0.6931), 0.9: (-2.4079, -0.1054), 0.1: (-2.4079, -2.3026)}.__getitem__,
                "look at the sign: those are values to be made large, a loss is to be made small",
            ),
            (
                {0.5: (2.0, 1.0), 0.9: (3.4739, 0.1520), 0.1: (3.4739, 3.3219)}.__getitem__,
                "those are bits; the book counts in nats, with the natural logarithm",
            ),
        ],
    )


def q3(table: Any) -> Verdict:
    """What a backward pass fills, and what a step moves.

    Parameters
    ----------
    table : sequence
        Three rows of four truth values: G's gradients filled, D's filled, G's weights moved, D's moved.

    Returns
    -------
    Verdict
    """
    right = ((True, True, True, False), (True, True, False, True), (True, False, True, False))
    mine = ((True, False, True, False), (False, True, False, True), (True, False, True, False))
    return check(
        "ch05.q3",
        table,
        [(None, right)],
        labels=["rows 1, 2, 3"],
        wrong=[
            (
                mine,
                "the moves are right, the gradients are not: `backward()` fills `.grad` of everything the loss was "
                "computed from, and knows of no player",
            ),
            (
                (right[0], mine[1], right[2]),
                "row 2 has no `detach`: D's loss was computed from G's weights too",
            ),
            (
                (mine[0], right[1], right[2]),
                "row 1: G's loss was computed from D's weights too, so D's gradients are filled",
            ),
            (
                (right[0], right[1], right[0]),
                "row 3: the engine names the mover's parameters in `backward(inputs=...)`, and fills no others",
            ),
            (
                ((True, True, True, True), (True, True, True, True), (True, False, True, False)),
                "a filled gradient moves nothing: only an optimizer's `step` changes weights, and only its own",
            ),
            (
                ((False, True, False, True), (True, False, True, False), (False, True, False, True)),
                "you have the players the wrong way round: rows 1 and 3 are moves of G",
            ),
        ],
    )


def q4(bare_round: Any) -> Verdict:
    """A round of Algorithm 1 with several moves of D, in plain PyTorch.

    Parameters
    ----------
    bare_round : callable
        ``bare_round(G, D, optimizer_G, optimizer_D, batches, z)`` plays one round and changes the networks.

    Returns
    -------
    Verdict
    """

    def after(rounds: int) -> Any:
        return _play(bare_round, rounds)

    start, first, second = [0.5, 1.0, 0.8, -0.2], [0.5200, 0.9139, -0.1486, -0.1905], [0.3376, 0.5513, -0.5449, -0.0696]
    greedy = [0.5717, 0.6388, -0.5454, -0.2033]

    def weights(one: list[float], two: list[float], clean: bool = True) -> Callable[[int], Any]:
        return {1: (one, clean), 2: (two, clean)}.__getitem__

    return check(
        "ch05.q4",
        _through(bare_round, after),
        [((1,), (first, True)), ((2,), (second, True))],
        digits=4,
        labels=["round 1: (w, b, a, c), and whether D's moves leave G's gradients alone", "round 2"],
        wrong=[
            (
                weights(start, start, clean=False),
                "nothing has moved, and no gradient reached G: each move is zero_grad, backward, step",
            ),
            (
                weights(start, start),
                "gradients flowed, nothing moved: each move ends with `step`, and zero_grad comes before backward, "
                "not between backward and step",
            ),
            (
                weights(first, second, clean=False),
                "every weight is right, but D's moves computed gradients for G as well, to be thrown away: detach",
            ),
            (
                weights(first, [0.4155, 0.7032, -0.3684, 0.1313]),
                "round 1 is right, round 2 is not: between D's moves, G's backward leaves something in D's gradients. "
                "Zero them before each backward, not after each step",
            ),
            (
                weights(first, [0.3576, 0.4652, -0.5449, -0.0696]),
                "D's moves are right; G's second move still carries the gradient of its first: zero G's gradients too",
            ),
            (
                weights(greedy, [-0.4007, -0.9681, -2.1500, 0.6290]),
                "D's gradients add up from move to move: zero them before each backward",
            ),
            (
                weights(greedy, [-0.3290, -1.3293, -2.1500, 0.6290]),
                "gradients add up from move to move, D's and G's: zero them before each backward",
            ),
            (
                weights([0.6148, 0.2231, 1.1484, -0.2337], [0.2334, -0.4168, 1.0718, -0.1184]),
                "the labels are swapped: D should want high scores on real points, and G high scores on fakes",
            ),
            (
                weights([0.5171, 0.9375, -0.1486, -0.1905], [0.4545, 0.7550, -0.5525, -0.0677]),
                "that is the saturating loss of G; the round asks for the non-saturating one",
            ),
            (
                weights([0.4702, 1.0637, -0.2052, -0.1988], [0.1142, 0.3357, -0.5938, -0.0706], clean=False),
                "G moves once a round, after the last of D's moves, not after each of them",
            ),
            (
                weights([0.4678, 0.9123, -0.1486, -0.1905], [0.5563, 0.5737, -0.5497, -0.0687]),
                "G's move has noise of its own, `z`; you used that of D's last move again",
            ),
            (
                weights([0.7127, -0.1913, -0.8528, -0.1142], [0.4937, -0.6159, -0.3772, -0.2062]),
                "a sum over the batch makes every step larger: take means",
            ),
            (
                weights([0.5, 1.0, 0.2945, -0.0219], [0.2639, 1.6082, 0.1990, 0.1366]),
                "after the backward of one player's loss you call `step` on the wrong player's optimizer",
            ),
        ],
    )


def q5(fool_linear: Any) -> Verdict:
    """Fakes that a linear D cannot tell from the data, though they are twice as wide.

    Parameters
    ----------
    fool_linear : callable
        From real points (n,) to fakes (m,).

    Returns
    -------
    Verdict
    """
    return check(
        "ch05.q5",
        _through(fool_linear, lambda case: _moments(fool_linear, case)),
        [((0,), (3.0, 2.0)), ((1,), (-1.0, 2.0))],
        labels=["mean and relative width, data of mean 3", "mean and relative width, data of mean -1"],
        wrong=[
            ([(6.0, 2.0), (-2.0, 2.0)].__getitem__, "doubling every value doubles the mean too: a linear D sees that"),
            ([(0.0, 2.0), (0.0, 2.0)].__getitem__, "twice as wide, but centred on 0: a linear D sees the shift"),
            ([(3.0, 1.0), (-1.0, 1.0)].__getitem__, "right mean, but no wider than the data"),
            (
                [(3.0, math.sqrt(2)), (-1.0, math.sqrt(2))].__getitem__,
                "twice the variance is 1.41 times the width: the width is the standard deviation",
            ),
            ([(3.0, 4.0), (-1.0, 4.0)].__getitem__, "four times as wide: twice the width is four times the variance"),
        ],
    )


def q6(fool_quadratic: Any) -> Verdict:
    """Fakes that a quadratic D cannot tell from the data, though they are other points.

    Parameters
    ----------
    fool_quadratic : callable
        From real points (n,) to fakes (m,).

    Returns
    -------
    Verdict
    """
    return check(
        "ch05.q6",
        _through(fool_quadratic, lambda case: _moments(fool_quadratic, case, compare=True)),
        [((0,), (3.0, 1.0, True)), ((1,), (-1.0, 1.0, True))],
        labels=["mean, relative width, differs; data of mean 3", "mean, relative width, differs; data of mean -1"],
        wrong=[
            (
                [(3.0, 1.0, False), (-1.0, 1.0, False)].__getitem__,
                "those are the data: there is nothing to be fooled by",
            ),
            (
                [(-3.0, 1.0, True), (1.0, 1.0, True)].__getitem__,
                "a mirror image, but about 0: keep the mean where it is",
            ),
            (
                [(0.0, 1.0, True), (0.0, 1.0, True)].__getitem__,
                "right width, but centred on 0: even a linear D sees that",
            ),
            (
                [(3.0, 2.0, True), (-1.0, 2.0, True)].__getitem__,
                "that fools a linear D; a quadratic one sees the width",
            ),
        ],
    )


def _through(answer: Any, measure: Callable[[int], Any]) -> Any:
    """What to check: a measurement of the answer, or the answer itself where there is nothing to call."""
    return measure if callable(answer) else answer


_POINTS: Sequence[Sequence[float]] = ([1.0, 2.0, 2.5, 6.5], [-3.0, -2.0, -1.5, -1.0, 2.5])
"""Two lopsided data sets, of mean 3 and of mean -1."""


def _moments(answer: Callable[..., Any], case: int, compare: bool = False) -> Any:
    """Mean of the fakes, their width in widths of the data, and if asked whether they are other points."""
    import torch

    real = torch.tensor(_POINTS[case], dtype=torch.float64)
    fake = answer(real.clone())
    if fake is None or fake is ...:
        return fake
    fake = torch.as_tensor(fake, dtype=torch.float64).flatten()
    found = (float(fake.mean()), float(fake.std(correction=0) / real.std(correction=0)))
    if not compare:
        return found
    same = len(fake) == len(real) and bool((fake.sort().values - real.sort().values).abs().max() < 1e-6)
    return (*found, not same)


_ROUNDS: Sequence[Any] = (
    # For each round: D's batches, each of real points and noise, and G's noise.
    ([([-1.0, 0.5], [0.3, -0.9]), ([0.2, -1.4], [1.1, -0.4])], [0.5, -1.0]),
    ([([-0.6, -0.1], [-0.7, 0.8]), ([0.9, -1.2], [0.6, -1.3])], [1.2, -0.3]),
)


def _play(bare_round: Callable[..., Any], rounds: int) -> tuple[list[float], bool]:
    """Play on G(z) = wz + b, D(x) = ax + c; return w, b, a, c and whether G's gradient was computed once a round."""
    import torch

    G, D = torch.nn.Linear(1, 1).double(), torch.nn.Linear(1, 1).double()
    for network, (slope, offset) in ((G, (0.5, 1.0)), (D, (0.8, -0.2))):
        torch.nn.init.constant_(network.weight, slope)
        torch.nn.init.constant_(network.bias, offset)
    passes: list[int] = []
    G.weight.register_hook(lambda gradient: passes.append(1))
    optimizer_G, optimizer_D = torch.optim.SGD(G.parameters(), lr=1.0), torch.optim.SGD(D.parameters(), lr=0.5)

    def column(values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)

    for batches, z in _ROUNDS[:rounds]:
        pairs = [(column(real), column(noise)) for real, noise in batches]
        bare_round(G, D, optimizer_G, optimizer_D, pairs, column(z))
    weights = [parameter.item() for parameter in (G.weight, G.bias, D.weight, D.bias)]
    return weights, len(passes) == rounds

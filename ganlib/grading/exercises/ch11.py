"""Checks of chapter 11, *Mutual information*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ganlib.grading.verdict import Verdict, check


def q1(mutual_information: Any) -> Verdict:
    """Mutual information of a table of probabilities.

    Parameters
    ----------
    mutual_information : callable
        From a float64 tensor of shape (K, L), the joint, to nats.

    Returns
    -------
    Verdict
    """
    joints = [
        [[0.4, 0.1], [0.1, 0.4]],
        [[0.12, 0.28], [0.18, 0.42]],
        [[0.25, 0.25, 0.0], [0.0, 0.0, 0.5]],
        [[0.095 if i == j else 0.05 / 90 for j in range(10)] for i in range(10)],
    ]
    return check(
        "ch11.q1",
        _on_tensors(mutual_information, [(joint,) for joint in joints]),
        [((0,), 0.192745), ((1,), 0.0), ((2,), 0.693147), ((3,), 1.994209)],
        labels=["two letters, one in five wrong", "two coins", "three pictures of two codes", "ten codes, 5 % errors"],
        wrong=[
            (
                [0.192745, 0.0, math.nan, 1.994209].__getitem__,
                "right until a pair never happens: 0 log 0 counts as 0 (`torch.xlogy` knows)",
            ),
            ([0.278072, 0.0, 1.0, 2.877035].__getitem__, "you returned bits; the book counts in nats"),
            (
                [1.193550, 1.283876, 1.039721, 2.610962].__getitem__,
                "that is the entropy of the pair, H(c, x): what is asked about both, not what they share",
            ),
            (
                [1.386294, 1.283876, 1.732868, 4.605170].__getitem__,
                "that is H(c) + H(x), and what they share is counted twice: take the entropy of the pair off once",
            ),
            (
                [0.693147, 0.673012, 0.693147, 2.302585].__getitem__,
                "that is the entropy of the code, which is the ceiling: take off what is left to ask after the picture",
            ),
            (
                [0.500402, 0.673012, 0.0, 0.308376].__getitem__,
                "that is H(c|x), what is left to ask about the code; the information is what has been answered",
            ),
            (
                [0.500402, 0.610864, 0.346574, 0.308376].__getitem__,
                "that is H(x|c), what the code does not say about the picture",
            ),
            (
                [0.223144, 0.0, math.inf, 2.376205].__getitem__,
                "the other divergence: average over the joint, not over the product of the marginals",
            ),
            (
                [-0.192745, 0.0, -0.693147, -1.994209].__getitem__,
                "the sign: information is never negative; the joint stands above in the fraction",
            ),
        ],
    )


def q2(joint: Any) -> Verdict:
    """A table with correlation zero and at least half a nat.

    Parameters
    ----------
    joint : nested sequence or tensor, shape (3, 3)
        Probabilities of x (rows) and y (columns), each in -1, 0, 1.

    Returns
    -------
    Verdict
    """
    table = _table(joint)
    if table is None:
        return check("ch11.q2", joint, [(None, [[0.0] * 3] * 3)])  # says what was expected, or that it is not answered
    found = _shared(table)

    def when(condition: bool) -> Callable[[int], Any]:
        return lambda case: found[case] if condition else None  # None equals no value: the hint is passed over

    valid, correlation, enough = found
    apart, columns = _spread(table)
    return check(
        "ch11.q2",
        found.__getitem__,
        [((0,), True), ((1,), 0.0), ((2,), True)],
        labels=["probabilities that add up to 1", "correlation", "at least half a nat shared"],
        wrong=[
            (
                when(not valid),
                "no table of probabilities: nine numbers, none negative, that add up to 1",
            ),
            (
                when(apart == 0 or columns == 0),
                "one of the two never varies: then there is nothing to tell, and no correlation either",
            ),
            (
                when(abs(correlation) > 0.99),
                "a straight line: nothing has more correlation. Look for a y that does not care about the sign of x",
            ),
            (
                when(abs(correlation) > 5e-4),
                "they are still correlated: make the products x times y cancel, for instance by symmetry in x",
            ),
            (
                when(not enough and _information(table) < 1e-6),
                "these two are independent: every column is the same up to its sum. Zero correlation asks for less",
            ),
            (
                when(not enough),
                "dependent and uncorrelated, but it shares less than half a nat: let x determine y",
            ),
        ],
    )


def q3(ceiling: Any) -> Verdict:
    """The most that a reader can learn when some codes share their picture.

    Parameters
    ----------
    ceiling : callable
        From the number of codes and the number of pairs that share a picture to nats.

    Returns
    -------
    Verdict
    """
    inputs = [(10, 0), (10, 1), (10, 5), (4, 1), (7, 3)]
    return check(
        "ch11.q3",
        ceiling,
        list(zip(inputs, (2.302585, 2.163956, 1.609438, 1.039721, 1.351784))),
        labels=[f"{K} codes, {pairs} pair{'s' * (pairs != 1)}" for K, pairs in inputs],
        wrong=[
            (
                _says(inputs, 2.302585, 2.197225, 1.609438, 1.098612, 1.386294),
                "you counted pictures as if they were equally common; a shared one comes up twice as often",
            ),
            (
                _says(inputs, 2.302585, 2.302585, 2.302585, 1.386294, 1.945910),
                "that is the entropy of the code; a picture that two codes share leaves a question open",
            ),
            (
                _says(inputs, 2.302585, 2.072327, 1.151293, 1.039721, 1.111949),
                "that is the best reader's accuracy times log K; information is not accuracy: after a shared picture "
                "one of two codes is left to name, and that is log 2",
            ),
            (
                _says(inputs, 2.302585, 1.842068, 0.0, 0.693147, 0.277987),
                "a shared picture is not worthless: it still rules out all codes but two",
            ),
            (
                _says(inputs, 2.302585, 1.609438, -1.163151, 0.693147, -0.133531),
                "log 2 is lost only when a shared picture comes up: weigh it by how often that is",
            ),
            (
                _says(inputs, 2.302585, 2.233270, 1.956012, 1.213008, 1.648847),
                "a pair comes up with probability 2/K, not 1/K: it has two codes",
            ),
            (
                _says(inputs, 0.0, 0.138629, 0.693147, 0.346574, 0.594126),
                "that is H(c|x), what is lost; asked for is what arrives",
            ),
            (
                _says(inputs, 3.321928, 3.121928, 2.321928, 1.5, 1.950212),
                "you returned bits; the book counts in nats",
            ),
        ],
    )


def q4(variational_bound: Any) -> Verdict:
    """The bound L_I of a given reader.

    Parameters
    ----------
    variational_bound : callable
        From two float64 tensors of shape (K, L), the joint P(c, x) and the reader's Q(c|x), to nats.

    Returns
    -------
    Verdict
    """
    inputs = [
        (_symmetric(10, 0.05, 10), _symmetric(10, 0.05)),
        (_symmetric(10, 0.05, 10), _symmetric(10, 0.2)),
        (_symmetric(10, 0.5, 10), _symmetric(10, 0.01)),
        ([[0.4, 0.1], [0.05, 0.15], [0.1, 0.2]], [[0.6, 0.3], [0.1, 0.3], [0.3, 0.4]]),
        (_symmetric(4, 0.0, 4), _symmetric(4, 0.0)),
    ]
    return check(
        "ch11.q4",
        _on_tensors(variational_bound, inputs),
        [((0,), 1.994209), ((1,), 1.900266), ((2,), -1.103637), ((3,), 0.105545), ((4,), 1.386294)],
        labels=[
            "5 % errors, the best reader",
            "the same, a timid reader",
            "50 % errors, a cocky reader",
            "codes of unequal share",
            "no errors, a certain reader",
        ],
        wrong=[
            (
                [1.994209, 1.900266, -1.103637, 0.105545, math.nan].__getitem__,
                "right until the reader rules something out that never happens: 0 log 0 counts as 0 (`torch.xlogy` "
                "knows)",
            ),
            (
                [3.205363, 3.063696, 2.798141, 1.459653, 2.386294].__getitem__,
                "the logarithm is missing: an average of probabilities plus H(c) exceeds even H(c), and bounds nothing",
            ),
            (
                [2.200306, 2.029609, 1.600509, 0.185683, 1.386294].__getitem__,
                "the logarithm of an average: the average of the logarithm is what the proof needs, and it is smaller",
            ),
            *(
                (
                    [-0.308376, -0.402319, -3.406223, -0.924108, certain].__getitem__,
                    "H(c) is missing: the average log-likelihood alone is never above zero",
                )
                for certain in (0.0, math.nan)  # the latter where 0 log 0 was left to the logarithm
            ),
            *(
                (
                    [0.308376, 0.402319, 3.406223, 0.924108, certain].__getitem__,
                    "that is the loss of the reader, its cross-entropy: the bound is H(c) less this",
                )
                for certain in (0.0, math.nan)  # the latter where 0 log 0 was left to the logarithm
            ),
            (
                [2.610962, 2.704905, 5.708808, 1.953761, 1.386294].__getitem__,
                "the sign of the first term: the reader's cross-entropy is taken off",
            ),
            (
                [1.994209, 1.994209, 0.510826, 0.134516, 1.386294].__getitem__,
                "that is the information itself, which no reader changes; the bound depends on who reads",
            ),
            (
                [1.994209, 1.362738, 2.224611, 0.045778, 1.386294].__getitem__,
                "you let the reader draw the code it is then asked about; ask about the code that made the picture",
            ),
            (
                [1.994209, 1.900266, -1.103637, 0.174504, 1.386294].__getitem__,
                "right while the codes are equally likely: H(c) is log K only then",
            ),
            (
                [1.994209, 1.900266, -1.103637, -0.235969, 1.386294].__getitem__,
                "that is the entropy of the pictures; what the reader names is the code",
            ),
            (
                [1.994209, 1.900266, 0.0, 0.105545, 1.386294].__getitem__,
                "you cut it off at zero: information is never negative, a bound from below may well be",
            ),
            (
                [2.877035, 2.741504, -1.592212, 0.152269, 2.0].__getitem__,
                "you returned bits; the book counts in nats",
            ),
        ],
    )


def q5(info_nce: Any) -> Verdict:
    """The contrastive bound of a matrix of scores.

    Parameters
    ----------
    info_nce : callable
        From a float64 tensor of shape (K, K), the scores T(x_i, y_j), to nats.

    Returns
    -------
    Verdict
    """
    inputs = [
        [[0.0] * 4 for _ in range(4)],
        [[2.0, 0.0, -1.0], [1.0, 1.0, 0.0], [3.0, -2.0, 0.5]],
        [[3.0, 1.0], [2.0, 4.0]],
        [[20.0 * (i == j) for j in range(64)] for i in range(64)],
        [[900.0, 0.0], [0.0, 900.0]],
    ]
    overflow = "right until a score is large: exp overflows. Use `torch.logsumexp`, or `log_softmax`"
    return check(
        "ch11.q5",
        _on_tensors(info_nce, [(scores,) for scores in inputs]),
        [((0,), 0.0), ((1,), -0.107034), ((2,), 0.566219), ((3,), 4.158883), ((4,), 0.693147)],
        labels=["no idea", "a poor critic of 3", "a fair critic of 2", "a certain critic of 64", "scores of 900"],
        wrong=[
            ([0.0, -0.107034, 0.566219, 4.158883, -math.inf].__getitem__, overflow),
            ([0.0, -0.107034, 0.566219, 4.158883, math.nan].__getitem__, overflow + "; inf / inf is no number"),
            (
                [-1.386294, -1.205646, -0.126928, 0.0, 0.0].__getitem__,
                "a sum below the fraction instead of a mean: log K is missing",
            ),
            (
                [1.386294, 1.205646, 0.126928, 0.0, 0.0].__getitem__,
                "that is the loss, the cross-entropy of finding the partner; the bound is log K less this",
            ),
            ([0.0, 0.107034, -0.566219, -4.158883, -0.693147].__getitem__, "the sign: a better critic reads more"),
            (
                [0.0, 0.311696, 0.512223, 4.158883, 0.693147].__getitem__,
                "you searched an x for each y, along the columns; here each x, a row, looks for its y",
            ),
            (
                [0.0, 0.315401, 2.0, 20.0, 900.0].__getitem__,
                "the partner is one of the K candidates: leave it out below, and the cap at log K is gone, and with it "
                "the bound",
            ),
            (
                [0.0, -0.248730, 0.446105, 4.158883, 0.693147].__getitem__,
                "one mean over the whole matrix; here every row has its own",
            ),
            (
                [0.0, -0.272656, 1.879885, 20.0, 900.0].__getitem__,
                "that is the Donsker-Varadhan reading of the batch: one mean over all strangers",
            ),
            (
                [0.25, 0.447167, 0.880797, 1.0, 1.0].__getitem__,
                "that is the mean probability of the partner: its logarithm is missing, and log K",
            ),
            ([0.0, -0.154417, 0.816882, 6.0, 1.0].__getitem__, "you returned bits; the book counts in nats"),
        ],
    )


def _says(inputs: Sequence[tuple[Any, ...]], *values: Any) -> Callable[..., Any]:
    """What somebody with a misconception answers, as a function of the inputs of a check."""
    table = dict(zip(inputs, values, strict=True))
    return lambda *arguments: table[arguments]


def _on_tensors(answer: Any, inputs: Sequence[tuple[Any, ...]]) -> Any:
    """The answer as a function of the number of a case, whose lists reach it as float64 tensors."""
    if not callable(answer):
        return answer

    def at(case: int) -> Any:
        import torch

        return answer(*(torch.tensor(value, dtype=torch.float64) for value in inputs[case]))

    return at


def _symmetric(K: int, error: float, divisor: float = 1.0) -> list[list[float]]:
    """A table that is right with probability 1 - error and errs evenly."""
    return [[(1 - error if i == j else error / (K - 1)) / divisor for j in range(K)] for i in range(K)]


def _table(joint: Any) -> list[list[float]] | None:
    """Nine numbers, if that is what was handed in."""
    try:
        rows = joint.tolist() if hasattr(joint, "tolist") else joint
        table = [[float(value) for value in row] for row in rows]
    except Exception:
        return None
    return table if [len(row) for row in table] == [3, 3, 3] else None


def _shared(table: list[list[float]]) -> tuple[bool, float, bool]:
    """Whether it is a table of probabilities, the correlation, and whether half a nat is shared."""
    flat = [value for row in table for value in row]
    if not all(0 <= value <= 1 for value in flat) or abs(sum(flat) - 1) > 1e-6:
        return False, 0.0, False
    spread = _spread(table)
    if not min(spread):
        return True, 0.0, False
    x = _mean(table, lambda x, y: x)
    y = _mean(table, lambda x, y: y)
    together = _mean(table, lambda a, b: (a - x) * (b - y))
    return True, together / math.sqrt(spread[0] * spread[1]), _information(table) >= 0.5 - 1e-6


def _mean(table: list[list[float]], of: Callable[[int, int], float]) -> float:
    """A mean over the table, rows and columns being -1, 0, 1."""
    return sum(table[x + 1][y + 1] * of(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1))


def _spread(table: list[list[float]]) -> tuple[float, float]:
    """Variances of x and of y; zero when they are rounding."""
    found = []
    for pick in (lambda x, y: x, lambda x, y: y):
        mean = _mean(table, pick)
        found.append(_mean(table, lambda x, y, pick=pick, mean=mean: (pick(x, y) - mean) ** 2))  # type: ignore[misc]
    return tuple(value if value > 1e-9 else 0.0 for value in found)  # type: ignore[return-value]


def _information(table: list[list[float]]) -> float:
    """Mutual information of a table, in nats."""
    down = [sum(row) for row in table]
    across = [sum(column) for column in zip(*table)]
    return sum(
        table[i][j] * math.log(table[i][j] / (down[i] * across[j]))
        for i in range(3)
        for j in range(3)
        if table[i][j] > 0
    )

"""What a reader of chapter 12 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import itertools
import math

import torch
from scipy.optimize import linear_sum_assignment
from torch.distributions import Normal
from torch.nn.functional import cross_entropy

log, pi, e = math.log, math.pi, math.e

# --- q1


def log_softmax(row):
    return torch.tensor(row, dtype=torch.float64).log_softmax(0).tolist()


def softmax(row):
    return torch.tensor(row, dtype=torch.float64).softmax(0).tolist()


def by_torch(scores, drawn):
    return log(len(scores[0])) - cross_entropy(torch.tensor(scores, dtype=torch.float64), torch.tensor(drawn)).item()


def averaged(of_row, shift=1):
    """The mean of what is made of the drawn code's score, plus H(c) times a number."""
    return lambda L, c: sum(of_row(row)[k] for row, k in zip(L, c)) / len(c) + shift * log(len(L[0]))


# --- q3


def by_normal(error):
    """The log density of Gaussian errors of that variance, at its own mean."""
    density = Normal(0.0, math.sqrt(error))
    return log(2) - density.entropy()


# --- q4


def by_counting(digits):
    chances = torch.bincount(torch.tensor(digits)) / len(digits)
    return torch.special.entr(chances.double()).sum()


def shared(digits):
    return [digits.count(digit) / len(digits) for digit in set(digits)]


# --- q5


def total(table):
    return sum(map(sum, table))


def by_scipy(table):
    counts = torch.tensor(table)
    rows, columns = linear_sum_assignment(counts.numpy(), maximize=True)
    return 1 - counts[rows, columns].sum().item() / total(table)


def in_turn(table):
    """Each code takes the best name that is left."""
    free, right = set(range(len(table))), 0
    for row in table:
        name = max(sorted(free), key=lambda digit: row[digit])
        free.remove(name)
        right += row[name]
    return 1 - right / total(table)


def largest_first(table):
    cells = sorted(itertools.product(range(len(table)), repeat=2), key=lambda cell: -table[cell[0]][cell[1]])
    codes, digits, right = set(), set(), 0
    for code, digit in cells:
        if code not in codes and digit not in digits:
            codes.add(code)
            digits.add(digit)
            right += table[code][digit]
    return 1 - right / total(table)


RIGHT = {
    "ch12.q1": [by_torch],
    "ch12.q2": [lambda w: Normal(0.0, w).log_prob(torch.tensor(0.0, dtype=torch.float64)) + log(2)],
    "ch12.q3": [by_normal],
    "ch12.q5": [by_counting],
    "ch12.q4": [by_scipy],
}

WRONG = {
    "ch12.q1": {
        "no log": (averaged(softmax), "the logarithm is missing"),
        "no entropy": (averaged(log_softmax, 0), "H(c) is missing"),
        "sum": (lambda L, c: by_torch(L, c) * len(c) - (len(c) - 1) * log(len(L[0])), "not a sum"),
        "logits": (averaged(lambda row: row), "not yet log-probabilities"),
        "double softmax": (averaged(lambda row: log_softmax(softmax(row))), "a softmax of a softmax"),
        "bits": (lambda L, c: by_torch(L, c) / log(2), "you returned bits"),
        "minus entropy": (averaged(log_softmax, -1), "H(c) is added"),
        "accuracy": (lambda L, c: sum(r.index(max(r)) == k for r, k in zip(L, c)) / len(c), "how often Q is right"),
        "log of mean": (lambda L, c: log(averaged(softmax, 0)(L, c)) + log(len(L[0])), "not the logarithm of the mean"),
        "loss": (lambda L, c: -by_torch(L, c), "minus the bound"),
        "cross entropy": (lambda L, c: log(len(L[0])) - by_torch(L, c), "the cross-entropy"),
    },
    "ch12.q2": {
        "no constant": (lambda w: log(2 / w), "half the logarithm of 2 pi"),
        "variance": (lambda w: log(2) - log(2 * pi * w) / 2, "enters whole"),
        "no entropy": (lambda w: -log(2 * pi * w * w) / 2, "H(c) is missing"),
        "minus entropy": (lambda w: -log(2) - log(2 * pi * w * w) / 2, "added, not subtracted"),
        "error as wide": (lambda w: log(2) - log(2 * pi * e * w * w) / 2, "as wide as Q itself"),
        "always 0": (lambda w: log(2) - log(2 * pi * w * w) / 2 - 1 / (6 * w * w), "always says 0"),
        "at least 0": (lambda w: max(0.0, log(2) - log(2 * pi * w * w) / 2), "may be, and this one is"),
        "sign": (lambda w: log(2) + log(2 * pi * w * w) / 2, "the narrower, the larger"),
        "entropy": (lambda w: log(2), "it is no ceiling"),
    },
    "ch12.q3": {
        "width 1": (lambda m: log(2) - log(2 * pi) / 2 - m / 2, "the width fixed at 1"),
        "no errors": (lambda m: log(2) - log(2 * pi * m) / 2, "the errors themselves cost"),
        "squared": (lambda m: log(2) - log(2 * pi * e * m * m) / 2, "a variance already"),
        "Gaussian code": (lambda m: -log(3 * m) / 2, "compares with a Gaussian code"),
        "no entropy": (lambda m: -log(2 * pi * e * m) / 2, "H(c) is missing"),
        "root": (lambda m: log(2) - log(2 * pi * e * m**0.5) / 2, "not the standard deviation"),
        "sign": (lambda m: log(2) + log(2 * pi * e * m) / 2, "the smaller the error"),
        "R squared": (lambda m: 1 - 3 * m, "that is R squared"),
    },
    "ch12.q5": {
        "H(c)": (lambda d: log(len(d)), "cannot be told apart"),
        "different digits": (lambda d: log(len(set(d))), "not equally likely"),
        "in proportion": (lambda d: len(set(d)) / len(d) * log(len(d)), "not in proportion"),
        "accuracy": (lambda d: len(set(d)) / len(d), "the best reader is right"),
        "bits": (lambda d: by_counting(d) / log(2), "you returned bits"),
        "lost": (lambda d: log(len(d)) - by_counting(d), "what is lost"),
        "log 2 each": (lambda d: log(len(d)) - (len(d) - len(set(d))) * log(2), "weigh by how often"),
        "over digits": (lambda d: -sum(map(log, shared(d))) / len(set(d)), "a mean over the codes"),
    },
    "ch12.q4": {
        "majority": (lambda t: 1 - sum(map(max, t)) / total(t), "two codes have the same name"),
        "in turn": (in_turn, "leaves another none"),
        "largest first": (largest_first, "the largest entry first"),
        "diagonal": (lambda t: 1 - sum(t[k][k] for k in range(len(t))) / total(t), "code 3 is not the digit 3"),
        "accuracy": (lambda t: 1 - by_scipy(t), "the share named right"),
        "columns": (lambda t: 1 - sum(map(max, zip(*t))) / total(t), "two digits have the same code"),
        "number": (lambda t: by_scipy(t) * total(t), "not their number"),
    },
}

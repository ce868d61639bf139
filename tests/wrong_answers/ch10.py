"""What a reader of chapter 10 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math
from functools import partial

import torch
from torch.nn.functional import binary_cross_entropy, cross_entropy

e, exp, log, sqrt = math.e, math.exp, math.log, math.sqrt


def columns(P):
    return list(zip(*P))


def table(P, entry):
    """A table of the shape of P, each entry from the row, the column and the place of its own."""
    return [[entry(P, r, c) for c in range(len(P[0]))] for r in range(len(P))]


def mass(P, c):
    return sum(row[c] for row in P)


def wins(P, r, c, best=max):
    return P[r][c] == best(row[c] for row in P)


# --- q1


def by_torch(real, fake, named_real, named_fake):
    t = partial(torch.tensor, dtype=torch.float64)
    one, zero = t(1.0), t(0.0)
    source = binary_cross_entropy(t(real), one) + binary_cross_entropy(t(fake), zero)
    classes = sum(
        cross_entropy(torch.stack([t(p), t(1 - p)]).log()[None], torch.tensor([0])) for p in (named_real, named_fake)
    )
    return source + classes


# --- q2


def doubled(K):
    """A classifier that is certain and right, through both softmaxes."""
    logits = torch.zeros(1, K, dtype=torch.float64)
    logits[0, 0] = 1e3
    return cross_entropy(logits.softmax(1), torch.tensor([0]))


# --- q3


def by_columns(P):
    found = [[0.0] * len(P[0]) for _ in P]
    for c, column in enumerate(columns(P)):
        found[column.index(max(column))][c] = sum(column)
    return found


# --- q4


def Phi(t):
    return (1 + math.erf(t / sqrt(2))) / 2


def phi(t):
    return exp(-t * t / 2) / sqrt(2 * math.pi)


def folded(a):
    return 2 * phi(a) + a * (2 * Phi(a) - 1)


def by_sum(s):
    x = torch.linspace(0, 12, 24001, dtype=torch.float64)
    p = torch.exp(-((x - s / 2) ** 2) / 2) + torch.exp(-((x + s / 2) ** 2) / 2)
    p[0] /= 2
    mean = (p * x).sum() / p.sum()
    return ((p * (x - mean) ** 2).sum() / p.sum()).sqrt()


def cut(s):
    a = s / 2
    slope = phi(a) / Phi(a)
    return sqrt(1 - slope * (slope + a))


RIGHT = {
    "ch10.q1": [by_torch, lambda a, b, c, d: -log(a * (1 - b) * c * d)],
    "ch10.q2": [doubled],
    "ch10.q3": [by_columns],
    "ch10.q4": [by_sum],
    "ch10.q5": [lambda s, c, t: log(t / (c * s))],
}

WRONG = {
    "ch10.q1": {
        "the gain": (lambda a, b, c, d: log(a) + log(1 - b) + log(c) + log(d), "a loss is its negative"),
        "real classes only": (lambda a, b, c, d: -log(a) - log(1 - b) - log(c), "the fake's class is missing"),
        "fake classes only": (lambda a, b, c, d: -log(a) - log(1 - b) - log(d), "the real picture's class"),
        "fakes unnamed": (lambda a, b, c, d: -log(a) - log(1 - b) - log(c) + log(d), "named rightly, as G does"),
        "fakes misnamed": (lambda a, b, c, d: -log(a) - log(1 - b) - log(c) - log(1 - d), "named wrongly"),
        "fakes called real": (lambda a, b, c, d: -log(a) - log(b) - log(c) - log(d), "to be called a fake"),
        "G's": (lambda a, b, c, d: log(a) + log(1 - b) - log(c) - log(d), "that is G's"),
        "a classifier's": (lambda a, b, c, d: -log(c) - log(d), "never asks"),
        "a plain GAN's": (lambda a, b, c, d: -log(a) - log(1 - b), "where are the classes"),
    },
    "ch10.q2": {
        "ignorant": (log, "knows nothing"),
        "zero": (lambda K: 0.0, "at most a 1"),
        "ceiling": (lambda K: log(1 + (K - 1) * e), "the ceiling"),
        "K others": (lambda K: log(1 + K / e), "only the K - 1 others"),
        "no own entry": (lambda K: log(e + K - 1), "own entry"),
        "no logarithm": (lambda K: (K - 1) / e, "is a logarithm"),
        "probability": (lambda K: e / (e + K - 1), "minus its logarithm"),
        "bits": (lambda K: math.log2(1 + (K - 1) / e), "bits"),
        "one other": (lambda K: log(1 + 1 / e), "K - 1 of them"),
    },
    "ch10.q3": {
        "truth": (lambda P: P, "that is the truth"),
        "posterior": (lambda P: table(P, lambda P, r, c: P[r][c] / mass(P, c)), "posteriors"),
        "thrown away": (lambda P: table(P, lambda P, r, c: P[r][c] * wins(P, r, c)), "goes to the winner"),
        "certain": (lambda P: table(P, lambda P, r, c: 1.0 * wins(P, r, c)), "adds up to 1"),
        "one picture a class": (
            lambda P: table(P, lambda P, r, c: sum(P[r]) * (c == P[r].index(max(P[r])))),
            "loses all others",
        ),
        "independent": (lambda P: table(P, lambda P, r, c: sum(P[r]) * mass(P, c)), "the largest conditional entropy"),
        "least likely": (
            lambda P: table(P, lambda P, r, c: mass(P, c) * wins(P, r, c, min)),
            "least like",
        ),
        "even": (lambda P: table(P, lambda P, r, c: mass(P, c) / len(P)), "shares every picture evenly"),
    },
    "ch10.q4": {
        "variance": (lambda s: 1 + s * s / 4 - folded(s / 2) ** 2, "the variance"),
        "drawn": (lambda s: 1.0, "as it is drawn"),
        "all points": (lambda s: sqrt(1 + s * s / 4), "all points together"),
        "half a normal": (lambda s: sqrt(1 - 2 / math.pi), "lie on each other"),
        "twice as far": (lambda s: sqrt(1 + s * s - folded(s) ** 2), "half of it"),
        "own tail": (cut, "own tail"),
        "mean": (lambda s: folded(s / 2), "that is the mean"),
    },
    "ch10.q5": {
        "AC-GAN": (lambda s, c, t: -log(s) - log(c), "the twin is missing"),
        "helps the twin": (lambda s, c, t: -log(s) - log(c) - log(t), "wants the twin to fail"),
        "saturating": (lambda s, c, t: log(1 - s) - log(c) + log(t), "saturating"),
        "the gain": (lambda s, c, t: log(s) + log(c) - log(t), "a loss is its negative"),
        "swapped": (lambda s, c, t: -log(s) + log(c) - log(t), "the two are swapped"),
        "another failure": (lambda s, c, t: -log(s) - log(c) - log(1 - t), "takes back something else"),
        "plain": (lambda s, c, t: -log(s), "cancel only where they agree"),
        "caught": (lambda s, c, t: -log(1 - s) - log(c) + log(t), "taken for real"),
    },
}

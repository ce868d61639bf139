"""What a reader of chapter 8 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

# --- q1


def by_torch(n, kernel, stride, padding):
    return nn.Conv2d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, n, n)).shape[-1]


# --- q2


def mean(values):
    return sum(values) / len(values)


def deviations(values):
    return [a - mean(values) for a in values]


def over(scale):
    """Deviations from the mean, divided by something of theirs."""
    return lambda values: [a / scale(deviations(values)) for a in deviations(values)]


def square(values):
    return sum(a * a for a in values)


def normed(values):
    return (
        nn.BatchNorm1d(1, affine=False, eps=1e-12).double()(torch.tensor(values).double()[:, None]).flatten().tolist()
    )


# --- q5


def norm(a):
    return math.sqrt(square(a))


def mixed(a, b, s, t):
    return [s * x + t * y for x, y in zip(a, b)]


def angle(a, b):
    return math.acos(sum(x * y for x, y in zip(a, b)) / (norm(a) * norm(b)))


def rescaled(a, b, t):
    c = mixed(a, b, 1 - t, t)
    return [x * norm(a) / norm(c) for x in c]


def gram_schmidt(a, b, t):
    """Turn a towards the part of b that is orthogonal to it."""
    share = sum(x * y for x, y in zip(a, b)) / square(a)
    across = [y - share * x for x, y in zip(a, b)]
    by = t * angle(a, b)
    return [math.cos(by) * x + math.sin(by) * y * norm(a) / norm(across) for x, y in zip(a, across)]


def turned(weights):
    """From the two weights, as functions of angle and time, to an answer."""
    return lambda a, b, t: mixed(a, b, *weights(angle(a, b), t))


sin, cos, pi = math.sin, math.cos, math.pi

RIGHT = {
    "ch08.q1": [by_torch, lambda n, k, s, p: (n + 2 * p - k + s) // s],
    "ch08.q2": [normed, lambda v: (torch.tensor(deviations(v)) / torch.tensor(v).std(correction=0)).tolist()],
    "ch08.q3": [
        lambda beta: softplus(torch.tensor(beta)) + softplus(torch.tensor(-beta)),
        lambda beta: abs(beta) + 2 * math.log1p(math.exp(-abs(beta))),
    ],
    "ch08.q4": [lambda d, t: d - 2 * d * t * (1 - t)],
    "ch08.q5": [gram_schmidt],
    "ch08.q6": [lambda d, n: d / n + d / n + d / n],
}

WRONG = {
    "ch08.q1": {
        "one side": (lambda n, k, s, p: (n + p - k) // s + 1, "both sides"),
        "no start": (lambda n, k, s, p: (n + 2 * p - k) // s, "where the kernel stands before its first step"),
        "ceiling": (lambda n, k, s, p: -((k - n - 2 * p) // s) + 1, "a step that does not fit is not taken"),
        "transposed": (lambda n, k, s, p: s * (n - 1) + k - 2 * p, "the way up"),
        "no padding": (lambda n, k, s, p: (n - k) // s + 1, "the padding is missing"),
        "n over s": (lambda n, k, s, p: n // s, "kernel and padding count too"),
        "not floored": (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "no half rows"),
    },
    "ch08.q2": {
        "unbiased": (over(lambda r: math.sqrt(square(r) / (len(r) - 1))), "by n, not by n - 1"),
        "variance": (over(lambda r: square(r) / len(r)), "standard deviation, not by the variance"),
        "not centred": (
            lambda v: [a / math.sqrt(square(deviations(v)) / len(v)) for a in v],
            "the mean is still there",
        ),
        "not scaled": (deviations, "not divided"),
        "range": (lambda v: [(a - min(v)) / (max(v) - min(v)) for a in v], "between 0 and 1"),
        "length": (over(lambda r: math.sqrt(square(r))), "a mean of squares, not their sum"),
        "absolute": (over(lambda r: mean([abs(a) for a in r])), "squares, not absolute values"),
    },
    "ch08.q3": {
        "coin": (lambda beta: 2 * math.log(2), "only at beta = 0"),
        "real alone": (lambda beta: math.log(1 + math.exp(-beta)), "the real batch alone"),
        "fake alone": (lambda beta: math.log(1 + math.exp(beta)), "the fake batch alone"),
        "separated": (lambda beta: 2 * math.log(1 + math.exp(-beta)), "as if the fakes had mean"),
        "half": (
            lambda beta: (math.log(1 + math.exp(-beta)) + math.log(1 + math.exp(beta))) / 2,
            "a sum of two means",
        ),
        "sign": (lambda beta: -math.log(1 + math.exp(-beta)) - math.log(1 + math.exp(beta)), "what D climbs"),
        "bits": (
            lambda beta: math.log2(1 + math.exp(-beta)) + math.log2(1 + math.exp(beta)),
            "bits",
        ),
        "zero": (lambda beta: 0.0, "only if it could move the two means apart"),
    },
    "ch08.q4": {
        "constant": (lambda d, t: float(d), "would be so if the walk were along a circle"),
        "parallel": (lambda d, t: d * (1 - 2 * t) ** 2, "point opposite ways"),
        "norm": (lambda d, t: math.sqrt(d * ((1 - t) ** 2 + t**2)), "square"),
        "one coordinate": (lambda d, t: (1 - t) ** 2 + t**2, "one coordinate"),
        "half": (lambda d, t: d / 2, "at the middle only"),
        "first alone": (lambda d, t: d * (1 - t) ** 2, "the second vector"),
        "not squared": (lambda d, t: d * max(t, 1 - t), "weights enter squared"),
    },
    "ch08.q5": {
        "linear": (lambda a, b, t: mixed(a, b, 1 - t, t), "cuts through the ball"),
        "rescaled": (rescaled, "the right length, the wrong speed"),
        "swapped": (turned(lambda o, t: (sin(t * o) / sin(o), sin((1 - t) * o) / sin(o))), "starts at b"),
        "not divided": (turned(lambda o, t: (sin((1 - t) * o), sin(t * o))), "divide by the sine"),
        "right angle": (turned(lambda o, t: (cos(t * pi / 2), sin(t * pi / 2))), "a right angle"),
        "angle times": (turned(lambda o, t: (1 - t * sin(o), t * sin(o))), "sine of a share of the angle"),
    },
    "ch08.q6": {
        "cancel": (lambda d, n: d / n, "do not cancel"),
        "unchanged": (lambda d, n: float(d), "a mean of n is shorter"),
        "n squared": (lambda d, n: 3 * d / n**2, "there are n of them"),
        "no mean": (lambda d, n: 3.0 * d, "of one vector each"),
        "sum": (lambda d, n: 3.0 * d * n, "sums"),
        "norm": (lambda d, n: math.sqrt(3 * d / n), "square"),
        "nine": (lambda d, n: 9 * d / n, "lengths do not add"),
    },
}

"""What a reader of chapter 17 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.distributions import Normal
from torch.nn.functional import cross_entropy

exp, log, pi = math.exp, math.log, math.pi

# --- q1


def shares(scores):
    total = sum(exp(s) for s in scores)
    return [exp(s) / total for s in scores]


def surprise(scores, y):
    return -log(shares(scores)[y])


# --- q4


def right_side(snr, variance):
    """H(z) plus the mean log Q, its error v spread by the signal-to-noise ratio."""
    return said(variance, 1 / (1 + snr))


def said(variance, v):
    return (1 + log(2 * pi) - log(2 * pi * variance) - v / variance) / 2


# --- q5


def mean_of(values):
    values = list(values)
    return sum(values) / len(values)


def variance_of(values):
    values = list(values)
    middle = mean_of(values)
    return mean_of((v - middle) ** 2 for v in values)


def everything(pixels):
    return [v for row in pixels for v in row]


def between(pixels):
    return variance_of(mean_of(row) for row in pixels)


def inside(pixels):
    return mean_of(variance_of(row) for row in pixels)


def unbiased(values):
    values = list(values)
    return variance_of(values) * len(values) / (len(values) - 1)


RIGHT = {
    "ch17.q1": [lambda s, y: cross_entropy(torch.tensor([s]), torch.tensor([y]))],
    "ch17.q2": [lambda d, w: 0.5 * d / w],
    "ch17.q3": [lambda a: Normal(0.0, abs(a)).entropy()],
    "ch17.q4": [right_side],
    "ch17.q5": [lambda p: 1 - inside(p) / variance_of(everything(p))],
}

WRONG = {
    "ch17.q1": {
        "probability": (lambda s, y: shares(s)[y], "that is the probability"),
        "log probability": (lambda s, y: -surprise(s, y), "the sign"),
        "two softmaxes": (lambda s, y: surprise(shares(s), y), "softmax twice"),
        "score": (lambda s, y: -s[y], "only against the others"),
        "square": (
            lambda s, y: sum((p - (i == y)) ** 2 for i, p in enumerate(shares(s))),
            "that is a squared distance",
        ),
        "all labels": (lambda s, y: -sum(log(p) for p in shares(s)) / len(s), "of the label that was asked for"),
        "binary": (lambda s, y: log(1 + exp(-s[y])), "one out of several"),
        "bits": (lambda s, y: surprise(s, y) / log(2), "bits"),
    },
    "ch17.q2": {
        "no mean": (lambda d, w: 1 / (2 * w), "a mean over d"),
        "no half": (lambda d, w: d / w, "one half"),
        "precision": (lambda d, w: 2 * w / d, "upside down"),
        "std": (lambda d, w: math.sqrt(d / (2 * w)), "that is the standard deviation"),
        "no weight": (lambda d, w: d / 2, "the weight is missing"),
        "times": (lambda d, w: d * w / 2, "a heavier weight"),
        "mean the wrong way": (lambda d, w: 1 / (2 * w * d), "divides the sum"),
        "ten": (lambda d, w: d / 20, "only for a weight of 10"),
    },
    "ch17.q3": {
        "not scaled": (lambda a: (1 + log(2 * pi)) / 2, "that is the entropy of z"),
        "twice": (lambda a: (1 + log(2 * pi)) / 2 + 2 * log(a), "twice"),
        "half": (lambda a: (1 + log(2 * pi)) / 2 + log(a) / 2, "half of it"),
        "shrinking adds": (lambda a: (1 + log(2 * pi)) / 2 - log(a), "the sign of log a"),
        "factor": (lambda a: a * (1 + log(2 * pi)) / 2, "an entropy is no length"),
        "clamped": (lambda a: max(0.0, (1 + log(2 * pi)) / 2 + log(a)), "may be negative"),
        "no e": (lambda a: log(2 * pi) / 2 + log(a), "the one half nat"),
        "bits": (lambda a: ((1 + log(2 * pi)) / 2 + log(a)) / log(2), "bits"),
    },
    "ch17.q4": {
        "information": (lambda r, s: log(1 + r) / 2, "that is the information itself"),
        "no error": (lambda r, s: said(s, 0.0), "as if Q never erred"),
        "no entropy": (lambda r, s: said(s, 1 / (1 + r)) - (1 + log(2 * pi)) / 2, "the entropy of z is missing"),
        "guess of the mean": (lambda r, s: said(s, 1.0), "what Q would lose without looking"),
        "no half in the error": (lambda r, s: said(s, 2 / (1 + r)), "a Gaussian has a one half"),
        "std": (lambda r, s: said(s * s, 1 / (1 + r)), "is a variance"),
        "loss": (lambda r, s: -right_side(r, s), "that is minus"),
        "inverse ratio": (lambda r, s: said(s, r / (1 + r)), "the part of z that is lost"),
        "bits": (lambda r, s: right_side(r, s) / log(2), "bits"),
    },
    "ch17.q5": {
        "the other share": (lambda p: inside(p) / variance_of(everything(p)), "share of the lower level"),
        "ratio": (lambda p: between(p) / inside(p), "of the whole"),
        "not divided": (between, "a share"),
        "stds": (lambda p: math.sqrt(between(p) / variance_of(everything(p))), "variances add up"),
        "one picture each": (
            lambda p: variance_of(row[0] for row in p) / variance_of(everything(p)),
            "average over the pictures",
        ),
        "n - 1": (
            lambda p: unbiased(mean_of(row) for row in p) / unbiased(everything(p)),
            "divide by n",
        ),
        "columns": (lambda p: between(list(zip(*p))) / variance_of(everything(p)), "the rows"),
    },
}

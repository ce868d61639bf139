"""What a reader of chapter 13 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import numpy as np
import torch

cos, sin, log, rad = math.cos, math.sin, math.log, math.radians

# --- q1


def by_covariance(rho, degrees):
    """Turn the readings and look at the corner of the joint covariance."""
    c, s = cos(rad(degrees)), sin(rad(degrees))
    both = np.eye(4)
    both[:2, 2:] = both[2:, :2] = rho * np.eye(2)
    turn = np.eye(4)
    turn[2:, 2:] = [[c, -s], [s, c]]
    return (turn @ both @ turn.T)[0, 2] ** 2


# --- q2


def mixed(v, w, degrees):
    c, s = cos(rad(degrees)) ** 2, sin(rad(degrees)) ** 2
    return v * c + w * s, v * s + w * c


def lost(v, w, degrees):
    a, b = mixed(v, w, degrees)
    return (log(a) + log(b) - log(v) - log(w)) / 2


def by_hadamard(v, w, degrees):
    """The information between the two errors of the turned axes: diagonal against determinant."""
    c, s = cos(rad(degrees)), sin(rad(degrees))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    covariance = turn @ torch.diag(torch.tensor([v, w], dtype=torch.float64)) @ turn.T
    return (covariance.diagonal().log().sum() - torch.logdet(covariance)) / 2


def bare_cosines(v, w, degrees):
    c, s = cos(rad(degrees)), sin(rad(degrees))
    return (log((v * c + w * s) * (v * s + w * c)) - log(v * w)) / 2


# --- q4


def missed(low, high):
    return ((low + 1) ** 3 + (1 - high) ** 3) / 6


def by_sum(low, high):
    c = (np.arange(200_000) + 0.5) / 100_000 - 1
    return float(np.mean((c - c.clip(low, high)) ** 2))


# --- q3


def powers(degrees):
    c, s = cos(rad(degrees)) ** 2, sin(rad(degrees)) ** 2
    return c * c + s * s, c * s


def by_grid(degrees):
    u = (np.arange(2000) + 0.5) / 1000 - 1
    x = cos(rad(degrees)) * u[:, None] + sin(rad(degrees)) * u
    return (x**4).mean() / (x**2).mean() ** 2 - 3


RIGHT = {
    "ch13.q1": [by_covariance],
    "ch13.q2": [by_hadamard],
    "ch13.q4": [by_sum],
    "ch13.q3": [by_grid],
}

WRONG = {
    "ch13.q1": {
        "correlation": (lambda r, d: r * cos(rad(d)), "that is the correlation"),
        "one cosine": (lambda r, d: r * r * cos(rad(d)), "the turn puts a cosine"),
        "rho once": (lambda r, d: r * cos(rad(d)) ** 2, "the square of rho as well"),
        "kept": (lambda r, d: r * r, "both readings together"),
        "radians": (lambda r, d: (r * cos(d)) ** 2, "radians"),
        "other axis": (lambda r, d: (r * sin(rad(d))) ** 2, "*other* reading"),
        "unexplained": (lambda r, d: 1 - (r * cos(rad(d))) ** 2, "left unexplained"),
        "twice the angle": (lambda r, d: (r * cos(2 * rad(d))) ** 2, "not twice"),
    },
    "ch13.q2": {
        "no half": (lambda v, w, d: 2 * lost(v, w, d), "*half* the logarithm"),
        "sign": (lambda v, w, d: -lost(v, w, d), "the sign"),
        "nothing": (lambda v, w, d: 0.0, "nothing is lost only"),
        "squared": (lambda v, w, d: lost(v * v, w * w, d), "variances already"),
        "bits": (lambda v, w, d: lost(v, w, d) / log(2), "bits"),
        "radians": (lambda v, w, d: lost(v, w, math.degrees(d)), "radians"),
        "cosines": (bare_cosines, "squares of sine and cosine"),
        "no difference": (lambda v, w, d: log(math.prod(mixed(v, w, d))) / 2, "where the turned reader ends"),
        "one axis": (lambda v, w, d: log(mixed(v, w, d)[0] / v) / 2, "the first axis alone"),
    },
    "ch13.q4": {
        "density": (lambda a, b: 2 * missed(a, b), "one half, not one"),
        "below": (lambda a, b: (a + 1) ** 3 / 6, "above the largest"),
        "above": (lambda a, b: (1 - b) ** 3 / 6, "below the smallest"),
        "absolute": (lambda a, b: ((a + 1) ** 2 + (1 - b) ** 2) / 4, "absolute error"),
        "R squared": (lambda a, b: 1 - 3 * missed(a, b), "that is R squared"),
        "share": (lambda a, b: 3 * missed(a, b), "share of the code's variance"),
        "root": (lambda a, b: math.sqrt(missed(a, b)), "the root"),
        "how often": (lambda a, b: ((a + 1) + (1 - b)) / 2, "how often"),
    },
    "ch13.q3": {
        "kurtosis": (lambda d: 1.8 * powers(d)[0] + 6 * powers(d)[1], "3 less"),
        "no cross term": (lambda d: 1.8 * powers(d)[0] - 3, "cross term"),
        "uniform": (lambda d: -1.2, "is not uniform"),
        "Gaussian": (lambda d: 0.0, "what a Gaussian has"),
        "not scaled": (lambda d: -2 / 15 * powers(d)[0], "square of the variance"),
        "radians": (lambda d: -1.2 * powers(math.degrees(d))[0], "radians"),
        "sign": (lambda d: 1.2 * powers(d)[0], "the sign"),
        "one code": (lambda d: -1.2 * cos(rad(d)) ** 4, "the second code"),
    },
}

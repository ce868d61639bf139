"""What a reader of chapter 15 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.distributions import Normal, kl_divergence

exp, log = math.exp, math.log

# --- q1


def by_torch(mean, log_variance):
    return kl_divergence(Normal(mean, exp(log_variance / 2)), Normal(0.0, 1.0))


# --- q2


def said(x, w, v, m, s):
    """E_q log p(x|z)."""
    return -(log(2 * math.pi * v) + ((x - w * m) ** 2 + w * w * s) / v) / 2


def paid(m, s):
    return (m * m + s - 1 - log(s)) / 2


def by_identity(x, w, v, m, s):
    """The logarithm of p(x), less the divergence of q from the posterior."""
    precision = w * w / v + 1
    posterior = Normal(w * x / v / precision, precision**-0.5)
    return Normal(0.0, math.sqrt(w * w + v)).log_prob(torch.tensor(x)) - kl_divergence(
        Normal(m, math.sqrt(s)), posterior
    )


# --- q4


def mean_of(values):
    return sum(values) / len(values)


def weighted(weight):
    """From the weight of a draw to an answer."""
    return lambda f, z, m, s: mean_of([a * weight(b - m, s) for a, b in zip(f, z)])


def with_baseline(f, z, m, s):
    middle = mean_of(f)
    return mean_of([(a - middle) * (b - m) / s**2 for a, b in zip(f, z)])


def by_autograd(f, z, mean, std):
    m = torch.tensor(mean, requires_grad=True)
    surrogate = (torch.tensor(f) * Normal(m, std).log_prob(torch.tensor(z))).mean()
    return torch.autograd.grad(surrogate, m)[0]


# --- q5


def naive(w):
    return torch.tensor(w, dtype=torch.float64).exp().mean().log()


def total(w):
    return max(w) + log(sum(exp(a - max(w)) for a in w))


# --- q6


def by_trace(eigenvalues, k):
    return (sum(eigenvalues) - sum(eigenvalues[:k])) / (len(eigenvalues) - k)


RIGHT = {
    "ch15.q1": [by_torch],
    "ch15.q2": [by_identity],
    "ch15.q3": [lambda m, v, e: Normal(m, 1.0).mean + math.sqrt(exp(v)) * e],
    "ch15.q4": [by_autograd],
    "ch15.q5": [lambda w: total(w) - log(len(w))],
    "ch15.q6": [by_trace],
}

WRONG = {
    "ch15.q1": {
        "minus": (lambda m, v: -(m * m + exp(v) - 1 - v) / 2, "no divergence is negative"),
        "log of the std": (lambda m, v: (m * m + exp(2 * v) - 1 - 2 * v) / 2, "of the variance"),
        "no half": (lambda m, v: m * m + exp(v) - 1 - v, "twice the divergence"),
        "no one": (lambda m, v: (m * m + exp(v) - v) / 2, "a code that tells nothing"),
        "no mean": (lambda m, v: (exp(v) - 1 - v) / 2, "where the code is"),
        "mean not squared": (lambda m, v: (m + exp(v) - 1 - v) / 2, "the mean is squared"),
        "reversed": (lambda m, v: ((1 + m * m) / exp(v) - 1 + v) / 2, "the other way round"),
        "sign of the log": (lambda m, v: (m * m + exp(v) - 1 + v) / 2, "sign of the logarithm"),
        "bits": (lambda m, v: (m * m + exp(v) - 1 - v) / 2 / log(2), "bits"),
    },
    "ch15.q2": {
        "at the mean": (lambda x, w, v, m, s: said(x, w, v, m, 0.0) - paid(m, s), "at the mean code"),
        "KL added": (lambda x, w, v, m, s: said(x, w, v, m, s) + paid(m, s), "is paid"),
        "no KL": (lambda x, w, v, m, s: said(x, w, v, m, s), "price of the code is missing"),
        "no constant": (
            lambda x, w, v, m, s: -((x - w * m) ** 2 + w * w * s) / v / 2 - paid(m, s),
            "no density without its constant",
        ),
        "no noise in the constant": (
            lambda x, w, v, m, s: said(x, w, v, m, s) + log(v) / 2 - paid(m, s),
            "the constant of a Gaussian",
        ),
        "evidence": (
            lambda x, w, v, m, s: -(log(2 * math.pi * (w * w + v)) + x * x / (w * w + v)) / 2,
            "that is log p(x)",
        ),
        "loss": (lambda x, w, v, m, s: paid(m, s) - said(x, w, v, m, s), "that is the loss"),
        "spread unscaled": (
            lambda x, w, v, m, s: said(x, w, v, m, 0.0) - s / v / 2 - paid(m, s),
            "w times the code",
        ),
        "spread a std": (lambda x, w, v, m, s: said(x, w, v, m, s * s) - paid(m, s * s), "`spread` is a variance"),
        "noise a std": (lambda x, w, v, m, s: said(x, w, v * v, m, s) - paid(m, s), "`noise` is a variance"),
    },
    "ch15.q3": {
        "variance": (lambda m, v, e: m + exp(v) * e, "stretched by the standard deviation"),
        "log variance": (lambda m, v, e: m + v * e, "a width is never negative"),
        "log std": (lambda m, v, e: m + v / 2 * e, "the logarithm is still there"),
        "mean": (lambda m, v, e: m, "computes the code"),
        "not scaled": (lambda m, v, e: m + e, "the encoder's width"),
        "all scaled": (lambda m, v, e: (m + e) * exp(v / 2), "the mean is not stretched"),
        "precision": (lambda m, v, e: m + exp(-v / 2) * e, "the sign in the exponent"),
        "no mean": (lambda m, v, e: exp(v / 2) * e, "around zero"),
    },
    "ch15.q4": {
        "one width": (weighted(lambda u, s: u / s), "the width enters squared"),
        "no width": (weighted(lambda u, s: u), "divide by the variance"),
        "sign": (weighted(lambda u, s: -u / s**2), "the sign"),
        "sum": (lambda f, z, m, s: sum(a * (b - m) for a, b in zip(f, z)) / s**2, "a mean over the draws"),
        "baseline": (with_baseline, "its share of the signal"),
        "no f": (lambda f, z, m, s: mean_of([b - m for b in z]) / s**2, "zero on average"),
        "z itself": (lambda f, z, m, s: mean_of([a * b for a, b in zip(f, z)]) / s**2, "how far the draw lies"),
        "mean of f": (lambda f, z, m, s: mean_of(f), "is the value, not its slope"),
        "quadratic": (weighted(lambda u, s: -u * u / (2 * s**2)), "differentiate log q"),
    },
    "ch15.q5": {
        "mean of logs": (mean_of, "logarithm of the mean"),
        "no log k": (total, "log k is missing"),
        "largest": (max, "the largest weight alone"),
        "plus log k": (lambda w: total(w) + log(len(w)), "subtracted"),
        "over k": (lambda w: total(w) / len(w), "outside the logarithm"),
        "naive": (naive, "no exponential survives"),
        "mean weight": (lambda w: mean_of([exp(a) for a in w]), "its logarithm"),
    },
    "ch15.q6": {
        "sum": (lambda e, k: sum(e[k:]), "a mean, not a sum"),
        "kept": (lambda e, k: sum(e[:k]) / k, "those are the eigenvalues that W keeps"),
        "over d": (lambda e, k: sum(e[k:]) / len(e), "spread over the directions"),
        "smallest": (lambda e, k: min(e), "the smallest"),
        "first discarded": (lambda e, k: e[k], "the first that is discarded"),
        "std": (lambda e, k: math.sqrt(sum(e[k:]) / (len(e) - k)), "standard deviation"),
        "all": (lambda e, k: sum(e) / len(e), "all eigenvalues"),
        "off by one": (lambda e, k: sum(e[k - 1 :]) / (len(e) - k + 1), "one too many"),
    },
}

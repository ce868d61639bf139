"""What a reader of chapter 2 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.distributions import LogNormal, MultivariateNormal, Normal


def phi(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


def bell(z):
    return math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def one_hot(values):
    return [float(value == max(values)) for value in values]


# --- q1


def one_by_one(prior, likelihood):
    joint = [a * b for a, b in zip(prior.tolist(), likelihood.tolist(), strict=True)]
    return [a / sum(joint) for a in joint]


# --- q2


def by_the_quadratic_form(m, r):
    noise = torch.tensor([[1.0, r], [r, 1.0]], dtype=torch.float64)
    apart = torch.tensor([m, 0.0], dtype=torch.float64)
    return phi(m / 2), phi(float(apart @ torch.linalg.solve(noise, apart)) ** 0.5 / 2)


def by_the_likelihood_ratio(m, r):
    # The log odds of the two classes, linear in x: its mean over its standard deviation, under the first class.
    noise = torch.tensor([[1.0, r], [r, 1.0]], dtype=torch.float64)
    near, far = (MultivariateNormal(torch.tensor([s * m / 2, 0.0], dtype=torch.float64), noise) for s in (1, -1))
    x = near.mean.clone().requires_grad_()
    odds = near.log_prob(x) - far.log_prob(x)
    (slope,) = torch.autograd.grad(odds, x)
    return phi(m / 2), phi((odds / (slope @ noise @ slope).sqrt()).item())


def second(best):
    return lambda m, r: (phi(m / 2), best(m, r))


# --- q4


def triangular(u):
    return math.sqrt(2 * u) if u < 0.5 else 2 - math.sqrt(2 - 2 * u)


def by_bisection(u):
    low, high = 0.0, 2.0
    for _ in range(60):
        x = (low + high) / 2
        share = x**2 / 2 if x < 1 else 1 - (2 - x) ** 2 / 2
        low, high = (x, high) if share < u else (low, x)
    return low


RIGHT = {
    "ch02.q1": [one_by_one, lambda p, q: torch.softmax(p.log() + q.log(), 0)],
    "ch02.q2": [by_the_quadratic_form, by_the_likelihood_ratio],
    "ch02.q3": [one_by_one],
    "ch02.q4": [triangular, by_bisection],
    "ch02.q5": [
        lambda x: LogNormal(0.0, 2.0).log_prob(torch.tensor(x)).exp(),
        lambda x: Normal(0.0, 2.0).log_prob(torch.log(x)).exp() / x,
    ],
}

WRONG = {
    "ch02.q1": {
        "base rate": (lambda p, q: q / q.sum(), "how common each label is"),
        "joint": (lambda p, q: p * q, "that is the joint"),
        "likelihood": (lambda p, q: q, "the opposite question"),
        "prior": (lambda p, q: p, "before anybody looked"),
        "verdict": (lambda p, q: one_hot((p * q).tolist()), "a verdict"),
    },
    "ch02.q2": {
        "useless": (lambda m, r: (phi(m / 2), phi(m / 2)), "not useless"),
        "order": (lambda m, r: by_the_quadratic_form(m, r)[::-1], "wrong order"),
        "both best": (lambda m, r: 2 * by_the_quadratic_form(m, r)[1:], "no weight"),
        "1 - r": (second(lambda m, r: phi(m / 2 / (1 - r))), "whatever the sign of r"),
        "variance": (second(lambda m, r: phi(m / 2 / (1 - r**2))), "the standard deviation"),
        "not halved": (lambda m, r: (phi(m), phi(m / math.sqrt(1 - r**2))), "only m/2 away"),
        "distances": (lambda m, r: (m, m / math.sqrt(1 - r**2)), "distances in standard deviations"),
    },
    "ch02.q3": {
        "every x alike": (lambda p, q: q / q.sum(), "the classifier does not know"),
        "the classifier": (lambda p, q: q, "the classifier itself"),
        "surest": (lambda p, q: one_hot(q.tolist()), "not a sample"),
        "p(x)": (lambda p, q: p, "ignores the label"),
        "joint": (lambda p, q: p * q, "divide by p(y)"),
        "other label": (lambda p, q: p * (1 - q) / (p * (1 - q)).sum(), "the other label"),
    },
    "ch02.q4": {
        "mirror": (lambda u: 2 - triangular(u), "asked for is the one that rises"),
        "one branch": (lambda u: math.sqrt(2 * u), "right as far as the top"),
        "F": (lambda u: u**2 / 2, "asked for is the way back"),
        "uniform": (lambda u: 2 * u, "uniform on [0, 2]"),
        "density": (lambda u: u, "the equation to solve"),
        "no 2": (lambda u: math.sqrt(u) if u <= 0.5 else 2 - math.sqrt(1 - u), "a factor 2"),
    },
    "ch02.q5": {
        "sign": (lambda x: -bell(math.log(x) / 2) / (2 * x), "never negative"),
        "no derivative": (lambda x: bell(math.log(x) / 2), "left the stretching out"),
        "the other derivative": (lambda x: bell(math.log(x) / 2) * 2 * x, "thinner, not thicker"),
        "no 2": (lambda x: bell(math.log(x) / 2) / x, "belongs into the derivative"),
        "at x": (lambda x: bell(x) / (2 * x), "not at x"),
        "exp(z)": (lambda x: bell(math.log(x)) / x, "z is doubled first"),
    },
}

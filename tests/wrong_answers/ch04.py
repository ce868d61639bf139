"""What a reader of chapter 4 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.distributions import Normal

# --- q3


def d(s):
    return 1 / (1 + math.exp(-s))


def by_autograd(s):
    s = torch.tensor(s, dtype=torch.float64, requires_grad=True)
    both = torch.log(1 - torch.sigmoid(s)), -torch.log(torch.sigmoid(s))
    return [-torch.autograd.grad(loss, s)[0] for loss in both]


# --- q4


def on_a_grid(integrand):
    """From a function of two densities to a function of mean and std."""

    def answer(mean, std):
        x = torch.linspace(-15, 15, 3001, dtype=torch.float64)
        values = integrand(Normal(0.0, 1.0).log_prob(x).exp(), Normal(mean, std).log_prob(x).exp())
        return (torch.nan_to_num(values).sum() * 0.01).item()

    return answer


def relative(a, b):
    return a * torch.log(a / b)


def jsd(p, q):
    return relative(p, (p + q) / 2) / 2 + relative(q, (p + q) / 2) / 2


def unnormalised(variance):
    def answer(mean, std):
        x = torch.linspace(-15, 15, 3001, dtype=torch.float64)
        width, area = (math.sqrt(std), math.sqrt(std)) if variance else (std, 1.0)
        p = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        q = torch.exp(-(((x - mean) / width) ** 2) / 2) / math.sqrt(2 * math.pi) / area
        return 2 * relative((p + q) / 2, p).sum() * 0.01

    return answer


# --- q5


def ratio(theta, psi, new_theta, new_psi):
    return (new_theta**2 + new_psi**2) / (theta**2 + psi**2)


def at_once(theta, psi, h):
    return ratio(theta, psi, theta + h * psi * d(theta * psi), psi - h * theta * d(theta * psi))


def d_first(theta, psi, h):
    new = psi - h * theta * d(theta * psi)
    return ratio(theta, psi, theta + h * new * d(theta * new), new)


def g_first(theta, psi, h):
    new = theta + h * psi * d(theta * psi)
    return ratio(theta, psi, new, psi - h * new * d(new * psi))


# --- q6


def follow(velocity, here, from_there, h):
    """From here, along the velocity found there."""
    return [x + h * v for x, v in zip(here, velocity(*from_there))]


def plain(v, t, s, h):
    return follow(v, (t, s), (t, s), h)


def ahead(v, t, s, h):
    return follow(v, (t, s), plain(v, t, s, h), h)


def averaged(v, t, s, h):
    return [(x + y) / 2 for x, y in zip(plain(v, t, s, h), ahead(v, t, s, h))]


def d_then_g(v, t, s, h):
    s = s + h * v(t, s)[1]
    return t + h * v(t, s)[0], s


def g_then_d(v, t, s, h):
    t = t + h * v(t, s)[0]
    return t, s + h * v(t, s)[1]


RIGHT = {
    "ch04.q1": [lambda p, q: 1 / (1 + q / p), lambda p, q: torch.sigmoid(torch.log(p) - torch.log(q))],
    "ch04.q2": [lambda j: 2 * (j - math.log(2)), lambda j: 2 * j + 2 * torch.log(torch.tensor(0.5))],
    "ch04.q3": [by_autograd, lambda s: torch.sigmoid(torch.stack([s, -s]))],
    "ch04.q4": [on_a_grid(lambda p, q: relative(q, p) - 2 * jsd(p, q))],
    "ch04.q5": [at_once, lambda t, s, h: 1 + h**2 * torch.sigmoid(t * s) ** 2],
    "ch04.q6": [ahead, lambda v, t, s, h: torch.tensor([t, s]) + h * torch.tensor(v(*plain(v, t, s, h)))],
}

WRONG = {
    "ch04.q1": {
        "odds": (lambda p, q: p / q, "odds"),
        "score": (lambda p, q: math.log(p) - math.log(q), "its sigmoid"),
        "fake": (lambda p, q: q / (p + q), "probability of a fake"),
        "contrast": (lambda p, q: (p - q) / (p + q), "from 0 to 1"),
        "verdict": (lambda p, q: 1.0 if p > q else 0.0, "a verdict"),
        "one half": (lambda p, q: 0.5, "only where p = q"),
        "the density": (lambda p, q: p, "not p alone"),
    },
    "ch04.q2": {
        "log 2": (lambda j: 2 * j - math.log(2), "not log 2"),
        "one JSD": (lambda j: j - math.log(4), "you need their sum"),
        "mean of the terms": (lambda j: j - math.log(2), "the mean of the two expectations"),
        "halves forgotten": (lambda j: 4 * j - math.log(4), "a factor one half"),
        "sign of the constant": (lambda j: 2 * j + math.log(4), "sign of the constant"),
        "sign of the divergence": (lambda j: -2 * j - math.log(4), "sign of the divergence"),
        "loss": (lambda j: math.log(4) - 2 * j, "the loss of D"),
        "bits": (lambda j: (2 * j - math.log(4)) / math.log(2), "you returned bits"),
        "log 4 in bits": (lambda j: 2 * j - math.log2(4), "in bits only"),
        "no constant": (lambda j: 2 * j, "a constant is missing"),
    },
    "ch04.q3": {
        "order": (lambda s: (d(-s), d(s)), "wrong order"),
        "slopes": (lambda s: (-d(s), -d(-s)), "those are the slopes"),
        "first sign": (lambda s: (-d(s), d(-s)), "log(1 - D), too"),
        "second sign": (lambda s: (d(s), -d(-s)), "-log D, too"),
        "by the probability": (lambda s: (1 / d(-s), 1 / d(s)), "the network returns the score"),
        "by the probability, slopes": (lambda s: (-1 / d(-s), -1 / d(s)), "use the chain rule"),
        "slope of the sigmoid": (lambda s: (d(s) * d(-s), d(s) * d(-s)), "the slope of the sigmoid"),
        "losses": (lambda s: (math.log(d(-s)), -math.log(d(s))), "those are the losses"),
        "one pull, non-saturating": (lambda s: (d(-s), d(-s)), "only the non-saturating"),
        "one pull, saturating": (lambda s: (d(s), d(s)), "only the saturating"),
    },
    "ch04.q4": {
        "the same road": (on_a_grid(lambda p, q: 2 * jsd(p, q)), "two roads"),
        "swapped": (on_a_grid(lambda p, q: 2 * relative(p, (p + q) / 2)), "the arguments are swapped"),
        "q against the middle": (on_a_grid(lambda p, q: 2 * relative(q, (p + q) / 2)), "you compared q with it"),
        "JSD": (on_a_grid(jsd), "that is the JSD"),
        "half": (on_a_grid(lambda p, q: relative((p + q) / 2, p)), "the factor 2"),
        "reverse KL": (on_a_grid(lambda p, q: relative(q, p)), "KL(q||p) alone"),
        "one JSD off": (on_a_grid(lambda p, q: relative(q, p) - jsd(p, q)), "taken off twice"),
        "against q": (on_a_grid(lambda p, q: 2 * relative((p + q) / 2, q)), "you compared with q"),
        "mass 2": (on_a_grid(lambda p, q: relative(p + q, p)), "mass 2"),
        "no std in front": (unnormalised(variance=False), "divide the density of q"),
        "variance": (unnormalised(variance=True), "not the variance"),
    },
    "ch04.q5": {
        "the flow": (lambda t, s, h: 1, "along the tangent"),
        "linearised": (lambda t, s, h: 1 + h**2 / 4, "right beside home only"),
        "distance": (lambda t, s, h: math.sqrt(at_once(t, s, h)), "the factor of the distance"),
        "first order": (lambda t, s, h: 1 + h * d(t * s), "no term of first order"),
        "outwards": (lambda t, s, h: (1 + h * d(t * s)) ** 2, "straight outwards"),
        "sign": (lambda t, s, h: 1 - (h * d(t * s)) ** 2, "the sign: the square"),
        "sigma not squared": (lambda t, s, h: 1 + h**2 * d(t * s), "is squared"),
        "no one": (lambda t, s, h: (h * d(t * s)) ** 2, "the part that is added"),
        "slope of sigma": (lambda t, s, h: 1 + (h * d(t * s) * d(-t * s)) ** 2, "the slope of the sigmoid"),
        "not divided": (lambda t, s, h: 1 + (h * d(t * s)) ** 2 * (t**2 + s**2), "must drop out"),
        "new square": (lambda t, s, h: (1 + (h * d(t * s)) ** 2) * (t**2 + s**2), "divided by the old"),
        "sign in sigma": (lambda t, s, h: 1 + (h * d(-t * s)) ** 2, "inside the sigmoid"),
        "by turns": (d_first, "by turns"),
    },
    "ch04.q6": {
        "plain step": (plain, "the trial step itself"),
        "two steps": (lambda v, t, s, h: plain(v, *plain(v, t, s, h), h), "only a look"),
        "averaged": (averaged, "you averaged"),
        "half a look": (lambda v, t, s, h: follow(v, (t, s), plain(v, t, s, h / 2), h), "half a step"),
        "far look": (lambda v, t, s, h: follow(v, (t, s), plain(v, t, s, 1.0), h), "the look, too"),
        "look behind": (lambda v, t, s, h: follow(v, (t, s), plain(v, t, s, -h), h), "behind you"),
        "the velocity": (lambda v, t, s, h: v(*plain(v, t, s, h)), "that is the velocity ahead"),
        "order": (lambda v, t, s, h: ahead(v, t, s, h)[::-1], "theta first"),
        "by turns": (d_then_g, "by turns, D first"),
        "by turns, G first": (g_then_d, "by turns, G first"),
        "a look by turns": (lambda v, t, s, h: follow(v, (t, s), g_then_d(v, t, s, h), h), "the look itself"),
    },
}

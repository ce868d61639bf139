"""What a reader of chapter 3 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from scipy.stats import entropy, wasserstein_distance

# --- q1 and q3: tables


def skipping(p, q):
    """KL that leaves out zeros of either table."""
    return sum(a * math.log(a / b) for a, b in zip(p, q) if a > 0 and b > 0)


def kl(p, q):
    return sum((a * math.log(a / b) if b > 0 else math.inf) for a, b in zip(p, q) if a > 0)


def naive(p, q):
    p, q = torch.tensor(p, dtype=torch.float64), torch.tensor(q, dtype=torch.float64)
    return (p * torch.log(p / q)).sum()


def free_where_impossible(p, q):
    return max(0.0, skipping(p, q))


def middle(p, q):
    return [(a + b) / 2 for a, b in zip(p, q)]


def js(p, q):
    return (kl(p, middle(p, q)) + kl(q, middle(p, q))) / 2


def js_of_sum(p, q):
    total = [a + b for a, b in zip(p, q)]
    return (kl(p, total) + kl(q, total)) / 2


def naive_js(p, q):
    return (naive(p, middle(p, q)) + naive(q, middle(p, q))) / 2


# --- q2: the bell


def moments(w, m, s):
    mean = sum(a * b for a, b in zip(w, m))
    within = sum(a * c**2 for a, c in zip(w, s))
    between = sum(a * (b - mean) ** 2 for a, b in zip(w, m))
    return mean, within, between


def by_moments(answer):
    """From a function of mean, inner variance and variance of the means."""
    return lambda w, m, s: answer(*moments(w, m, s))


def unweighted(w, m, s):
    mean, within, between = moments([1 / len(w)] * len(w), m, s)
    return mean, math.sqrt(within + between)


def uncentred(w, m, s):
    mean, within, between = moments(w, m, s)
    return mean, math.sqrt(within + between + mean**2)


def mean_of_stds(w, m, s):
    return moments(w, m, s)[0], sum(a * c for a, c in zip(w, s))


def largest(w, m, s):
    k = w.index(max(w))
    return m[k], s[k]


def with_tensors(w, m, s):
    w, m, s = (torch.tensor(a, dtype=torch.float64) for a in (w, m, s))
    mean = (w * m).sum()
    return torch.stack([mean, ((w * s**2).sum() + (w * (m - mean) ** 2).sum()).sqrt()])


# --- q4: earth


def paired(x, y, power=1):
    """Sum and number of the distances between numbers paired in order, the rest dropped."""
    distances = [abs(a - b) ** power for a, b in zip(sorted(x), sorted(y))]
    return sum(distances), len(distances)


def quantiles(x, y, power=1):
    """The mean distance of quantiles, for sizes that divide 60."""
    x, y = ([v for v in sorted(z) for _ in range(60 // len(z))] for z in (x, y))
    return sum(abs(a - b) ** power for a, b in zip(x, y)) / 60


def all_pairs(x, y):
    return sum(abs(a - b) for a in x for b in y) / len(x) / len(y)


def unsorted(x, y):
    distances = [abs(a - b) for a, b in zip(x, y)]
    return sum(distances) / len(distances)


# --- q5: the critic


def critic(u):
    return 1 - 1 / math.sqrt(u)


def conjugate(u):
    return math.sqrt(u) - 1


def f(u):
    return (math.sqrt(u) - 1) ** 2


def by_autograd(u):
    u = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    value = (u.sqrt() - 1) ** 2
    (slope,) = torch.autograd.grad(value, u)
    return [slope, u.detach() * slope - value.detach()]


def no_inner_derivative(u):
    slope = 2 * conjugate(u)
    return slope, u * slope - f(u)


RIGHT = {
    "ch03.q1": [entropy, kl],
    "ch03.q2": [with_tensors, by_moments(lambda mean, within, between: (mean, math.sqrt(within + between)))],
    "ch03.q3": [lambda p, q: entropy(middle(p, q)) - (entropy(p) + entropy(q)) / 2, js],
    "ch03.q4": [wasserstein_distance, quantiles],
    "ch03.q5": [by_autograd, lambda u: (1 - u**-0.5, critic(u) / (1 - critic(u)))],
}

WRONG = {
    "ch03.q1": {
        "0 log 0": (naive, "0 log 0 is 0"),
        "swapped": (lambda p, q: kl(q, p), "the arguments are swapped"),
        "bits": (lambda p, q: kl(p, q) / math.log(2), "you returned bits"),
        "cross-entropy": (lambda p, q: kl(p, q) - kl(p, [1.0] * len(p)), "the cross-entropy"),
        "sign": (lambda p, q: -kl(p, q), "the sign"),
        "zeros of q skipped": (skipping, "you skipped the outcome"),
        "zeros of q free": (free_where_impossible, "is not free"),
        "there and back": (lambda p, q: kl(p, q) + kl(q, p), "there and back"),
        "symmetric": (lambda p, q: (kl(p, q) + kl(q, p)) / 2, "KL is not symmetric"),
        "a small number": (lambda p, q: kl(p, [max(b, 1e-12) for b in q]), "an arbitrary one"),
    },
    "ch03.q2": {
        "variance": (by_moments(lambda mean, within, between: (mean, within + between)), "take its root"),
        "within": (by_moments(lambda mean, within, between: (mean, math.sqrt(within))), "within the humps"),
        "mean of the widths": (mean_of_stds, "standard deviations do not average"),
        "between": (by_moments(lambda mean, within, between: (mean, math.sqrt(between))), "a width of its own"),
        "sum of widths": (
            by_moments(lambda mean, within, between: (mean, math.sqrt(within) + math.sqrt(between))),
            "add up in squares",
        ),
        "not centred": (uncentred, "the square of the mean"),
        "no weights": (unweighted, "use the weights"),
        "the largest hump": (largest, "copies one hump"),
    },
    "ch03.q3": {
        "no halves": (lambda p, q: 2 * js(p, q), "counts one half"),
        "bits": (lambda p, q: js(p, q) / math.log(2), "in bits"),
        "mass 2": (js_of_sum, "p + q has mass 2"),
        "without the average": (lambda p, q: (kl(p, q) + kl(q, p)) / 2, "not with the other"),
        "one side": (lambda p, q: kl(p, middle(p, q)), "KL(p||m) alone"),
        "swapped": (lambda p, q: (kl(middle(p, q), p) + kl(middle(p, q), q)) / 2, "the arguments are swapped"),
        "root": (lambda p, q: math.sqrt(js(p, q)), "you took the root"),
        "0 log 0": (naive_js, "0 log 0 is 0"),
    },
    "ch03.q4": {
        "means": (lambda x, y: abs(sum(x) / len(x) - sum(y) / len(y)), "the distance of the means"),
        "not sorted": (unsorted, "sort both lists"),
        "the rest dropped": (lambda x, y: paired(x, y)[0] / paired(x, y)[1], "forgets the rest"),
        "sum": (lambda x, y: paired(x, y)[0], "a sum of distances"),
        "W2": (lambda x, y: math.sqrt(quantiles(x, y, 2)), "that is W2"),
        "squares": (lambda x, y: quantiles(x, y, 2), "squared distances"),
        "all pairs": (all_pairs, "over all pairs"),
    },
    "ch03.q5": {
        "order": (lambda u: (conjugate(u), critic(u)), "wrong order"),
        "sign": (lambda u: (critic(u), -conjugate(u)), "the sign of the conjugate"),
        "f for the conjugate": (lambda u: (critic(u), f(u)), "the second number is f(u)"),
        "critic twice": (lambda u: (critic(u), critic(u)), "another function"),
        "no inner derivative": (no_inner_derivative, "the inner derivative"),
        "q/p": (lambda u: (critic(1 / u), conjugate(1 / u)), "q/p for p/q"),
        "f for the critic": (lambda u: (f(u), conjugate(u)), "the first number is f(u)"),
        "f not taken off": (lambda u: (critic(u), u * critic(u)), "that is u t alone"),
    },
}

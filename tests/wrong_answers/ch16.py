"""Wrong answers of chapter 16, and what must be said to each."""

import math
from math import exp, factorial, log, log1p, sqrt


def softplus(s):
    return max(s, 0.0) + log1p(exp(-abs(s)))


def sigmoid(s):
    return 1 / (1 + exp(-s))


def hits(E, G):
    return sum(G[E[x]] == x for x in range(len(E)))


def mean(values):
    return sum(values) / len(values)


def roll(x):
    return x[1:] + x[:1]


def far(x, r):
    return [math.dist(a, b) for a, b in zip(x, r)]


def total(x, r):
    return sum(abs(u - v) for a, b in zip(x, r) for u, v in zip(a, b))


RIGHT = {
    "ch16.q4": [lambda e, g: -log(sigmoid(-e)) - log(sigmoid(g))],
    "ch16.q1": [lambda E, G: -log(4) * sum(E[G[z]] == z for z in range(len(E))) / len(E)],
    "ch16.q5": [lambda x, e, a, b: b * x - sigmoid(-(a + b * e) * x) * b * x],
    "ch16.q3": [lambda g, v: (g / (g * g + v), 1 - g * g / (g * g + v))],
    "ch16.q2": [lambda k: math.prod(range(1, k + 1))],
    "ch16.q6": [lambda x, r: sum(far(x, r)) / sum(far(roll(x), r))],
}

WRONG = {
    "ch16.q1": {
        "divergence": (
            lambda E, G: log(2) * (1 - hits(E, G) / len(E)),
            "that is the divergence; the value is -log 4 plus twice that",
        ),
        "one divergence": (
            lambda E, G: -log(4) + log(2) * (1 - hits(E, G) / len(E)),
            "the divergence enters twice: V is a sum of two means",
        ),
        "sign": (
            lambda E, G: log(4) * hits(E, G) / len(E),
            "the sign: V is a mean of logarithms of probabilities, never positive",
        ),
        "bits": (
            lambda E, G: -2 * hits(E, G) / len(E),
            "you returned bits; the book counts in nats, with the natural logarithm",
        ),
        "log 2": (
            lambda E, G: -log(2) * hits(E, G) / len(E),
            "a shared pair costs D log 2 twice, once as real and once as fake",
        ),
        "all or nothing": (
            lambda E, G: -log(4) * (hits(E, G) == len(E)),
            "each symbol that comes back counts, not only all of them together",
        ),
        "codes as symbols": (
            lambda E, G: -log(4) * sum(a == b for a, b in zip(E, G)) / len(E),
            "E[x] and G[x] are a code and a symbol; compare x with G[E[x]]",
        ),
        "misses": (
            lambda E, G: -log(4) * (1 - hits(E, G) / len(E)),
            "you counted what does not come back; where pairs never meet, D is never wrong and V = 0",
        ),
        "a sum": (lambda E, G: -log(4) * hits(E, G), "a mean over the symbols: each has the probability 1/K"),
    },
    "ch16.q2": {
        "one": (lambda k: 1, "one encoder for each way to name the symbols, and any name will do"),
        "two": (lambda k: 2, "a mirror is one renaming; with more symbols there are more"),
        "k": (lambda k: k, "rotations alone are K; any permutation serves"),
        "all tables": (lambda k: k**k, "a table that sends two symbols to one code cannot bring both back"),
        "squared": (lambda k: factorial(k) ** 2, "given E, G is decided: it is the inverse"),
        "subsets": (lambda k: 2**k, "codes are not switched on and off: each symbol needs a code of its own"),
    },
    "ch16.q3": {
        "inverse": (
            lambda g, v: (1 / g, 0.0),
            "that inverts g, and is right only without noise: with noise x no longer tells z",
        ),
        "no noise": (
            lambda g, v: (g / (g * g + v), 0.0),
            "the codes must vary as much as z does: the encoder draws, too",
        ),
        "same noise": (
            lambda g, v: (g / (g * g + v), v),
            "the encoder's noise is what is missing to the variance 1 of z, not the generator's",
        ),
        "std": (
            lambda g, v: (g / (g * g + v), sqrt(v / (g * g + v))),
            "a variance is asked for, not a standard deviation",
        ),
        "noise a std": (
            lambda g, v: (g / (g * g + v * v), v * v / (g * g + v * v)),
            "`noise` is a variance: do not square it",
        ),
        "covariance": (
            lambda g, v: (g, 1 - g * g),
            "the covariance is slope times the variance of x, and that is not 1: divide",
        ),
        "inverse with noise": (
            lambda g, v: (1 / g, v / (g * g + v)),
            "dividing by g makes codes too wide: the covariance of x and z must agree, too",
        ),
        "mirrored": (
            lambda g, v: (-g / (g * g + v), v / (g * g + v)),
            "mirrored codes go with a mirrored generator; here g is given, so the slope has its sign",
        ),
    },
    "ch16.q4": {
        "d's": (lambda e, g: softplus(-e) + softplus(g), "that is D's own loss; E and G want the labels exchanged"),
        "minimax": (
            lambda e, g: -softplus(-e) - softplus(g),
            "that is minus D's loss, the zero-sum form, which is flat where D is sure; exchange the labels instead",
        ),
        "minus": (
            lambda e, g: -softplus(e) - softplus(-g),
            "the sign: a loss is made small, and a logarithm of a probability is negative",
        ),
        "generator alone": (lambda e, g: softplus(-g), "that is the generator's part; the encoder's pair is missing"),
        "encoder alone": (lambda e, g: softplus(e), "that is the encoder's part; the generator's pair is missing"),
        "halved": (lambda e, g: (softplus(e) + softplus(-g)) / 2, "a sum over the two kinds of pair, not their mean"),
        "no logarithm": (
            lambda e, g: 1 / (1 + exp(-e)) + 1 / (1 + exp(g)),
            "these are probabilities of being caught; take minus the logarithm of escaping",
        ),
        "as a critic": (
            lambda e, g: e - g,
            "that is a critic's game; here scores are logits, so a sigmoid and a logarithm belong around them",
        ),
    },
    "ch16.q5": {
        "sign": (
            lambda x, e, a, b: -sigmoid(a * x + b * e * x) * b * x,
            "the sign: the loss grows with the score, whose slope in e is b x",
        ),
        "d's": (
            lambda x, e, a, b: -sigmoid(-a * x - b * e * x) * b * x,
            "that is the slope of D's loss, of softplus(-score)",
        ),
        "through x": (
            lambda x, e, a, b: sigmoid(a * x + b * e * x) * (a + b * e),
            "you differentiated in x; the encoder changes e",
        ),
        "both arms": (
            lambda x, e, a, b: sigmoid(a * x + b * e * x) * (a + b) * x,
            "the real x does not move when e does: only the code's arm of D carries the gradient",
        ),
        "no x": (lambda x, e, a, b: sigmoid(a * x + b * e * x) * b, "the code is e x, so its slope in e is x"),
        "no sigmoid": (lambda x, e, a, b: b * x, "that is the slope of the score; the loss is softplus of it"),
        "of the sigmoid": (
            lambda x, e, a, b: sigmoid(a * x + b * e * x) * sigmoid(-a * x - b * e * x) * b * x,
            "that is the slope of the probability; the loss is a logarithm of it",
        ),
        "reconstruction": (
            lambda x, e, a, b: 2 * (e * x - x) * x,
            "no term of this game compares anything with x: the slope comes through D alone",
        ),
    },
    "ch16.q6": {
        "inverse": (
            lambda x, r: mean(far(roll(x), r)) / mean(far(x, r)),
            "the own picture in the numerator: small is good",
        ),
        "squares": (
            lambda x, r: mean([d * d for d in far(x, r)]) / mean([d * d for d in far(roll(x), r)]),
            "distances, not their squares: the root comes before the mean",
        ),
        "mean of ratios": (
            lambda x, r: mean([a / b for a, b in zip(far(x, r), far(roll(x), r))]),
            "a ratio of two means, not the mean of ratios, which one lucky pair can spoil",
        ),
        "pictures apart": (
            lambda x, r: mean(far(x, r)) / mean(far(roll(x), x)),
            "the baseline sets a *reconstruction* against another picture, not two pictures against one another",
        ),
        "error alone": (
            lambda x, r: mean(far(x, r)),
            "that is the error; divide by what a stranger's reconstruction would cost",
        ),
        "backwards": (
            lambda x, r: mean(far(x, r)) / mean(far(x[-1:] + x[:-1], r)),
            "the next picture, not the previous one",
        ),
        "absolute": (lambda x, r: total(x, r) / total(roll(x), r), "Euclidean distances, with squares under a root"),
    },
}

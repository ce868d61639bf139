"""What a reader of chapter 9 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch

log = math.log

# --- q1


def entropy(p):
    return -sum(a * log(a) for a in p if a)


def middle(p, q):
    return [(a + b) / 2 for a, b in zip(p, q)]


def jsd(p, q):
    return entropy(middle(p, q)) - (entropy(p) + entropy(q)) / 2


def kl(p, q):
    return sum(a * log(a / b) if b else math.inf for a, b in zip(p, q) if a)


def mixture(shares, rows):
    return [sum(s * row[i] for s, row in zip(shares, rows)) for i in range(len(rows[0]))]


def mean(shares, values):
    return sum(s * v for s, v in zip(shares, values))


def each(divergence):
    """From a divergence to its mean over the labels."""
    return lambda s, p, q: mean(s, [divergence(a, b) for a, b in zip(p, q)])


def joint(s, p, q):
    """Of the pairs (x, y), which is the same."""
    return jsd(*([w * a for w, row in zip(s, rows) for a in row] for rows in (p, q)))


# --- q2


def by_torch(W, x, y):
    told = torch.cat([torch.tensor(x), torch.eye(len(W[0]) - len(x))[y]])
    return (torch.tensor(W) @ told).tolist()


def layer(column):
    """W x, and what a wrong idea adds to each unit, from its row, the input and the label."""
    return lambda W, x, y: [dot(row, x) + column(row, x, y) for row in W]


def dot(a, b):
    return sum(u * v for u, v in zip(a, b))


# --- q3 needs `dot` alone

# --- q4


def by_dictionary(told, y):
    return {label: number for number, label in enumerate(told)}[y]


RIGHT = {
    "ch09.q1": [joint, each(jsd)],
    "ch09.q2": [by_torch],
    "ch09.q3": [lambda asked, data: [dot(asked, data), data[0]]],
    "ch09.q4": [by_dictionary],
    "ch09.q5": [lambda p, q, w: 2 * p / (2 * p + q + w)],
}

WRONG = {
    "ch09.q1": {
        "mixtures": (lambda s, p, q: jsd(mixture(s, p), mixture(s, q)), "not told y"),
        "unweighted": (lambda s, p, q: sum(map(jsd, p, q)) / len(p), "weigh the divergences"),
        "sum": (lambda s, p, q: sum(map(jsd, p, q)), "a sum over the labels"),
        "value": (lambda s, p, q: 2 * each(jsd)(s, p, q) - 2 * log(2), "value of the game"),
        "bits": (lambda s, p, q: each(jsd)(s, p, q) / log(2), "bits"),
        "KL": (each(kl), "mean KL"),
        "no half": (lambda s, p, q: 2 * each(jsd)(s, p, q), "twice too much"),
        "worst": (lambda s, p, q: max(map(jsd, p, q)), "worst label"),
    },
    "ch09.q2": {
        "not told": (layer(lambda row, x, y: 0.0), "has not been told"),
        "from one": (layer(lambda row, x, y: row[len(x) + (y - 1) % 3]), "count from 0"),
        "scalar": (layer(lambda row, x, y: row[len(x)] * y), "as one number"),
        "label first": (lambda W, x, y: [row[y] + dot(row[3:], x) for row in W], "x comes first"),
        "all labels": (layer(lambda row, x, y: sum(row[len(x) :])), "columns of all labels"),
        "product": (lambda W, x, y: [dot(row, x) * row[len(x) + y] for row in W], "not multiplied"),
        "label alone": (lambda W, x, y: [row[len(x) + y] for row in W], "the label's column alone"),
    },
    "ch09.q3": {
        "obeys": (lambda asked, data: (1.0, asked[0]), "never sees a real picture"),
        "obeys, in the data's shares": (lambda asked, data: (1.0, data[0]), "if every sample were as asked"),
        "uniform": (lambda asked, data: (1 / len(data), 1 / len(data)), "give G away"),
        "one in K": (lambda asked, data: (1 / len(data), data[0]), "one in K"),
        "asked shares": (lambda asked, data: (dot(asked, data), asked[0]), "no influence"),
        "never": (lambda asked, data: (0.0, data[0]), "not contradicting"),
        "noise": (lambda asked, data: (0.0, 0.0), "no noise"),
        "largest": (lambda asked, data: (max(data), data[0]), "the most frequent class"),
        "two draws": (lambda asked, data: (dot(data, data), data[0]), "two draws from the data"),
    },
    "ch09.q4": {
        "forward": (lambda told, y: told[y], "which class y carries"),
        "as asked": (lambda told, y: y, "never met the true classes"),
        "twice": (lambda told, y: told[told[y]], "once is enough"),
        "shift": (lambda told, y: (y - 1) % 4, "shift by one"),
        "from the end": (lambda told, y: 3 - y, "counts from the end"),
        "from one": (lambda told, y: told.index(y) + 1, "classes count from 0"),
    },
    "ch09.q5": {
        "plain": (lambda p, q, w: p / (p + q), "the D of the plain game"),
        "no mismatches": (lambda p, q, w: p / (p + q / 2), "mismatched pairs are missing"),
        "whole weights": (lambda p, q, w: p / (p + q + w), "weight one half"),
        "no fakes": (lambda p, q, w: p / (p + w), "the fakes are missing"),
        "half of p": (lambda p, q, w: p / (2 * p + q + w), "half of that"),
        "reversed": (lambda p, q, w: (q + w) / (2 * p + q + w), "of a wrong pair"),
        "odds": (lambda p, q, w: 2 * p / (q + w), "the odds"),
        "real is real": (lambda p, q, w: (p + w) / (p + w + q), "however real it is"),
    },
}

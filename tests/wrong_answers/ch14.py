"""What a reader of chapter 14 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.nn.functional import logsigmoid, pad

exp, log = math.exp, math.log


def Z(scores):
    return sum(exp(s) for s in scores)


def sigmoid(s):
    return 1 / (1 + exp(-s))


def D(scores):
    return Z(scores) / (Z(scores) + 1)


def softmax(scores):
    return [exp(s) / Z(scores) for s in scores]


def score(scores):
    return log(Z(scores))


def soft(s):
    """log(1 + exp(s)), safely."""
    return max(s, 0) + math.log1p(exp(-abs(s)))


def means(rows):
    return [sum(column) / len(rows) for column in zip(*rows)]


def gaps(real, fake):
    return [a - b for a, b in zip(means(real), means(fake))]


def variances(rows):
    return [sum((v - m) ** 2 for v in column) / len(rows) for column, m in zip(zip(*rows), means(rows))]


def naive(real, fake):
    d = [torch.sigmoid(torch.tensor(s, dtype=torch.float64).logsumexp(0)) for s in (real, fake)]
    return -(d[0].log() + (1 - d[1]).log())


def by_autograd(scores):
    x = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(-logsigmoid(x.logsumexp(0)), x)[0]


def by_pieces(real, fake):
    real, fake = torch.tensor(real), torch.tensor(fake)
    return (real.mean(0) - fake.mean(0)).pow(2).mean()


RIGHT = {
    "ch14.q1": [lambda s: (torch.tensor(s) - s[-1])[:-1].tolist()],
    "ch14.q2": [
        lambda s: sum(softmax([*s, 0.0])[:-1]),
        lambda s: pad(torch.tensor(s), (0, 1)).softmax(0)[:-1].sum(),
    ],
    "ch14.q3": [
        lambda real, fake: -logsigmoid(torch.tensor(score(real))) + soft(torch.tensor(fake).logsumexp(0).item())
    ],
    "ch14.q4": [by_autograd, lambda s: [-exp(v) / (Z(s) * (Z(s) + 1)) for v in s]],
    "ch14.q5": [by_pieces],
    "ch14.q6": ['leaking = "dcb"'],
    "ch14.q7": [lambda n, m, r: n - n * exp(r * math.log1p(-m / n))],
}

WRONG = {
    "ch14.q1": {
        "dropped": (lambda s: s[:-1], "cannot just be dropped"),
        "added": (lambda s: [v + s[-1] for v in s[:-1]], "the sign"),
        "largest": (lambda s: [v - max(s) for v in s[:-1]], "safe to compute"),
        "mean": (lambda s: [v - sum(s) / len(s) for v in s[:-1]], "subtracting the mean"),
        "among real": (lambda s: [v - score(s[:-1]) for v in s[:-1]], "forgets how real"),
        "log softmax": (lambda s: [v - score(s) for v in s[:-1]], "their last one is not 0"),
    },
    "ch14.q2": {
        "fake": (lambda s: 1 / (Z(s) + 1), "probability of the fake class"),
        "no fake class": (lambda s: sum(softmax(s)), "always add up to one"),
        "surest class": (lambda s: max(softmax(s)), "a clear 3 may still be a fake"),
        "score": (score, "that is the score log Z"),
        "Z": (Z, "that is Z"),
        "largest": (lambda s: sigmoid(max(s)), "the largest score is not all"),
        "sum of scores": (lambda s: sigmoid(sum(s)), "sum the exponentials"),
        "K fakes": (lambda s: Z(s) / (Z(s) + len(s)), "one fake class"),
    },
    "ch14.q3": {
        "swapped": (lambda a, b: soft(score(a)) + soft(-score(b)), "the wrong way round"),
        "value": (lambda a, b: -soft(-score(a)) - soft(score(b)), "a loss is its minus"),
        "real only": (lambda a, b: soft(-score(a)), "the fake example is missing"),
        "fake only": (lambda a, b: soft(score(b)), "the real example is missing"),
        "generator's": (lambda a, b: soft(-score(a)) + soft(-score(b)), "what a generator wants"),
        "largest": (lambda a, b: soft(-max(a)) + soft(max(b)), "the largest score is not log Z"),
        "half": (lambda a, b: (soft(-score(a)) + soft(score(b))) / 2, "a weight of the game"),
        "naive": (naive, "exactly 0 in floating point"),
    },
    "ch14.q4": {
        "sign": (lambda s: [(1 - D(s)) * p for p in softmax(s)], "the sign"),
        "always": (lambda s: [-p for p in softmax(s)], "a factor 1 - D is missing"),
        "to each": (lambda s: [-(1 - D(s)) for _ in s], "shared among the classes"),
        "D": (lambda s: [-D(s) * p for p in softmax(s)], "D where 1 - D belongs"),
        "fake": (lambda s: [D(s) * p for p in softmax(s)], "what a fake example teaches"),
        "winner": (
            lambda s: [-(1 - D(s)) if i == max(range(len(s)), key=s.__getitem__) else 0.0 for i in range(len(s))],
            "nobody has chosen a winner",
        ),
        "equal": (lambda s: [-(1 - D(s)) / len(s) for _ in s], "not in equal shares"),
    },
    "ch14.q5": {
        "sum": (lambda a, b: sum(g * g for g in gaps(a, b)), "not their sum"),
        "norm": (lambda a, b: math.sqrt(sum(g * g for g in gaps(a, b))), "without the root"),
        "absolute": (lambda a, b: sum(map(abs, gaps(a, b))) / len(a[0]), "not its absolute value"),
        "pairs": (
            lambda a, b: sum((u - v) ** 2 for p, q in zip(a, b) for u, v in zip(p, q)) / len(a) / len(a[0]),
            "do not come in pairs",
        ),
        "one mean": (lambda a, b: (sum(gaps(a, b)) / len(a[0])) ** 2, "feature by feature"),
        "spreads": (
            lambda a, b: sum(abs(u - v) for u, v in zip(variances(a), variances(b))) / len(a[0]),
            "that compares spreads",
        ),
    },
    "ch14.q6": {
        "all labels": ('leaking = "C"', "the blunt one"),
        "not the stop": ('leaking = "BC"', "when to stop"),
        "not the mask": ('leaking = "CD"', "of every batch another one"),
        "not the blunt one": ('leaking = "DB"', "every label it draws"),
        "mask only": ('leaking = "B"', "does not even try"),
        "stop only": ('leaking = "D"', "drawn from all sixty thousand"),
        "all four": ('leaking = "abcd"', "that one is honest"),
        "none": ('leaking = ""', "three of them"),
    },
    "ch14.q7": {
        "one round": (lambda n, m, r: m, "one round's share"),
        "all different": (lambda n, m, r: m * r, "kept twice"),
        "never": (lambda n, m, r: n * (1 - m / n) ** r, "never kept"),
        "share": (lambda n, m, r: 1 - (1 - m / n) ** r, "share of the labels"),
        "one a round": (lambda n, m, r: n * (1 - (1 - 1 / n) ** r), "1 - known / images"),
        "exponential": (lambda n, m, r: n * (1 - exp(-m * r / n)), "is a power"),
    },
}

"""What a reader of chapter 11 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch

# --- q1


def entropy(p):
    return -torch.xlogy(p, p).sum()


def information(joint):
    return entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint)


def product(joint):
    return joint.sum(1, keepdim=True) * joint.sum(0)


def by_loops(joint):
    total = 0.0
    for row in range(joint.shape[0]):
        for column in range(joint.shape[1]):
            p = joint[row, column].item()
            if p > 0:
                total += p * math.log(p / (joint[row].sum().item() * joint[:, column].sum().item()))
    return total


# --- q2

third = 1 / 3
PARABOLA = [[0, 0, third], [third, 0, 0], [0, 0, third]]  # y is 1 where x is not 0
SIDEWAYS = torch.tensor([[0.0, 0.25, 0.0], [0.25, 0.0, 0.25], [0.0, 0.25, 0.0]]).T
UNEVEN = [[0.25, 0, 0], [0, 0, 0.5], [0.25, 0, 0]]
INDEPENDENT = [[1 / 9] * 3] * 3
LINE = [[third, 0, 0], [0, third, 0], [0, 0, third]]
LEANING = [[0.3, 0, 0], [0, 0, 0.4], [0, 0.3, 0]]
WEAK = [[0.1, 0.05, 0.2], [0.15, 0, 0.15], [0.1, 0.05, 0.2]]

# --- q3


def merged(K, pairs):
    joint = torch.zeros(K, K)
    for code in range(K):
        joint[code, code - code % 2 if code < 2 * pairs else code] = 1 / K
    return information(joint)


# --- q4


def read(joint, Q):
    return torch.xlogy(joint, Q).sum()


def gap(joint, Q):
    """The information less the mean divergence of Q from the posterior."""
    seen = joint.sum(0)
    posterior = joint / seen
    apart = (torch.xlogy(posterior, posterior) - torch.xlogy(posterior, Q)).sum(0)
    return information(joint) - (seen * apart).sum()


def code_entropy(joint):
    return entropy(joint.sum(1))


# --- q5


def written_out(scores):
    K = len(scores)
    total = 0.0
    for i in range(K):
        top = scores[i].max()
        total += scores[i, i] - top - torch.log(torch.exp(scores[i] - top).mean())
    return total / K


def naive(scores):
    return (scores.diagonal() - scores.exp().mean(1).log()).mean()


def ratio(scores):
    return (scores.exp().diagonal() / scores.exp().mean(1)).log().mean()


def strangers(scores):
    return scores.masked_fill(torch.eye(len(scores), dtype=torch.bool), -math.inf)


def classified(scores):
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(scores)))


def probability(scores):
    return scores.softmax(1).diagonal().mean()


RIGHT = {
    "ch11.q1": [information, by_loops],
    "ch11.q2": [SIDEWAYS, UNEVEN],
    "ch11.q3": [merged, lambda K, m: (1 - 2 * m / K) * math.log(K) + 2 * m / K * math.log(K / 2)],
    "ch11.q4": [gap],
    "ch11.q5": [written_out],
}

WRONG = {
    "ch11.q1": {
        "zero times log zero": (lambda j: (j * (j / product(j)).log()).sum(), "0 log 0"),
        "bits": (lambda j: information(j) / math.log(2), "bits"),
        "entropy of the pair": (entropy, "entropy of the pair"),
        "sum of entropies": (lambda j: entropy(j.sum(0)) + entropy(j.sum(1)), "counted twice"),
        "entropy of the code": (lambda j: entropy(j.sum(1)), "the ceiling"),
        "left to ask": (lambda j: entropy(j) - entropy(j.sum(0)), "left to ask about the code"),
        "noise of the picture": (lambda j: entropy(j) - entropy(j.sum(1)), "H(x|c)"),
        "reversed": (lambda j: (product(j) * (product(j) / j).log()).sum(), "the other divergence"),
        "sign": (lambda j: -information(j), "the sign"),
    },
    "ch11.q2": {
        "no table": ([0.3, 0.4, 0.3], "expected values of shape (3, 3)"),
        "counts": ([[0, 0, 1], [1, 0, 0], [0, 0, 1]], "add up to 1"),
        "constant": ([[0, third, 0], [0, third, 0], [0, third, 0]], "never varies"),
        "a line": (LINE, "a straight line"),
        "leaning": (LEANING, "still correlated"),
        "independent": (INDEPENDENT, "independent"),
        "weak": (WEAK, "less than half a nat"),
    },
    "ch11.q3": {
        "pictures": (lambda K, m: math.log(K - m), "twice as often"),
        "codes": (lambda K, m: math.log(K), "the entropy of the code"),
        "accuracy": (lambda K, m: (1 - m / K) * math.log(K), "accuracy"),
        "worthless": (lambda K, m: (1 - 2 * m / K) * math.log(K), "not worthless"),
        "always": (lambda K, m: math.log(K) - m * math.log(2), "how often"),
        "one of K": (lambda K, m: math.log(K) - m / K * math.log(2), "2/K"),
        "what is lost": (lambda K, m: 2 * m / K * math.log(2), "what is lost"),
        "bits": (lambda K, m: math.log2(K) - 2 * m / K, "bits"),
    },
    "ch11.q4": {
        "zero times log zero": (lambda j, Q: (j * Q.log()).sum() + code_entropy(j), "0 log 0"),
        "no logarithm": (lambda j, Q: (j * Q).sum() + code_entropy(j), "the logarithm is missing"),
        "log of a mean": (lambda j, Q: (j * Q).sum().log() + code_entropy(j), "the logarithm of an average"),
        "no entropy": (read, "H(c) is missing"),
        "loss": (lambda j, Q: -read(j, Q), "the loss of the reader"),
        "sign": (lambda j, Q: code_entropy(j) - read(j, Q), "the sign of the first term"),
        "information": (lambda j, Q: information(j), "no reader changes"),
        "drawn from Q": (lambda j, Q: read(j.sum(0) * Q, Q) + code_entropy(j), "let the reader draw"),
        "log K": (lambda j, Q: read(j, Q) + math.log(len(j)), "equally likely"),
        "entropy of pictures": (lambda j, Q: read(j, Q) + entropy(j.sum(0)), "the entropy of the pictures"),
        "cut off": (lambda j, Q: (read(j, Q) + code_entropy(j)).clamp(min=0), "cut it off"),
        "bits": (lambda j, Q: (read(j, Q) + code_entropy(j)) / math.log(2), "bits"),
    },
    "ch11.q5": {
        "overflow": (naive, "exp overflows. Use `torch.logsumexp`"),
        "overflow in a ratio": (ratio, "inf / inf"),
        "no log K": (lambda s: -classified(s), "log K is missing"),
        "loss": (classified, "that is the loss"),
        "sign": (lambda s: -written_out(s), "the sign"),
        "columns": (lambda s: written_out(s.T), "along the columns"),
        "partner left out": (
            lambda s: (s.diagonal() - strangers(s).logsumexp(1)).mean() + math.log(len(s) - 1),
            "one of the K candidates",
        ),
        "one mean": (
            lambda s: s.diagonal().mean() - s.flatten().logsumexp(0) + 2 * math.log(len(s)),
            "every row has its own",
        ),
        "Donsker-Varadhan": (
            lambda s: s.diagonal().mean() - strangers(s).flatten().logsumexp(0) + math.log(len(s) * (len(s) - 1)),
            "Donsker-Varadhan",
        ),
        "probability": (probability, "mean probability"),
        "bits": (lambda s: written_out(s) / math.log(2), "bits"),
    },
}

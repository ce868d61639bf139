"""What a reader of chapter 6 may hand in: right answers to each exercise, and named wrong ones with part of the hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch

# --- q1


def entropy(p):
    return -torch.xlogy(p, p).sum(-1)


def information(p):
    return entropy(p.mean(0)) - entropy(p).mean()


def naive(p):
    return torch.exp((p * (p / p.mean(0)).log()).sum(1).mean())


# --- q2


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


def common(a, b):
    """The trace of the square root of a b, by symmetric matrices only."""
    half = root(a)
    return root(half @ b @ half).trace()


def gap(m, n):
    return (m - n).square().sum()


def by_eigenvalues(m, a, n, b):
    return gap(m, n) + (a + b).trace() - 2 * torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()


# --- q3


def off_diagonal(k):
    n = len(k)
    return (k.sum() - k.trace()) / (n * (n - 1))


def unbiased(xx, yy, xy):
    return off_diagonal(xx) + off_diagonal(yy) - 2 * xy.mean()


def by_loops(xx, yy, xy):
    def within(k):
        n = len(k)
        return sum(k[i, j] for i in range(n) for j in range(n) if i != j) / n / (n - 1)

    return within(xx) + within(yy) - 2 * xy.mean()


# --- q4


def product(pairs):
    return math.prod(a / b for a, b in pairs)


# --- q5


def stamped(candidates, kinds, n):
    return candidates[torch.tensor(kinds)].repeat(math.ceil(n / len(kinds)), 1)[:n]


def best(probabilities, candidates, n):
    return stamped(candidates, probabilities(candidates).argmax(0).tolist(), n)


def blocks(probabilities, candidates, n):
    p = probabilities(candidates)
    return torch.cat([candidates[p[:, k].argmax()].expand(n // p.shape[1], -1) for k in range(p.shape[1])])


def first_of_each(probabilities, candidates, n):
    named = probabilities(candidates).argmax(1)
    middle = candidates.norm(dim=1).argsort(stable=True).tolist()
    return stamped(candidates, [next(i for i in middle if named[i] == k) for k in range(int(named.max()) + 1)], n)


def lopsided(probabilities, candidates, n):
    kinds = probabilities(candidates).argmax(0).tolist()
    return stamped(candidates, kinds + kinds[:1] * len(kinds), n)


def all_confident(probabilities, candidates, n):
    p = probabilities(candidates)
    chosen = [p[:, k].argsort(descending=True, stable=True)[: n // p.shape[1]] for k in range(p.shape[1])]
    return candidates[torch.cat(chosen)]


def one_too_few(probabilities, candidates, n):
    return stamped(candidates, probabilities(candidates).argmax(0).tolist()[:-1], n)


RIGHT = {
    "ch06.q1": [
        lambda p: torch.exp(information(p)),
        lambda p: math.exp(float(torch.xlogy(p, p / p.mean(0)).sum() / len(p))),
    ],
    "ch06.q2": [by_eigenvalues, lambda m, a, n, b: gap(m, n) + a.trace() + b.trace() - 2 * common(b, a)],
    "ch06.q3": [unbiased, by_loops],
    "ch06.q4": [lambda n, m, k: 1 - math.comb(n - 1, k) / math.comb(n + m - 1, k)],
    "ch06.q5": [best, blocks],
    "ch06.q6": [(False, True, False, True, False, False)],
}

WRONG = {
    "ch06.q1": {
        "zero times log zero": (naive, "0 log 0"),
        "in nats": (information, "the score is its exponential"),
        "diversity alone": (lambda p: torch.exp(entropy(p.mean(0))), "how sure the classifier is"),
        "confidence alone": (lambda p: torch.exp(entropy(p).mean()), "the entropy of the mean row"),
        "sign": (lambda p: torch.exp(-information(p)), "the wrong way round"),
        "mean of exponentials": (
            lambda p: torch.exp(torch.xlogy(p, p / p.mean(0)).sum(1)).mean(),
            "mean first, exponential afterwards",
        ),
        "sum": (lambda p: torch.exp(len(p) * information(p)), "a mean over the images"),
        "bits": (lambda p: torch.exp(information(p) / math.log(2)), "in bits goes with 2 to the power"),
        "against uniform": (
            lambda p: p.shape[1] / torch.exp(entropy(p).mean()),
            "with the mean row, not with the uniform one",
        ),
    },
    "ch06.q2": {
        "no means": (lambda m, a, n, b: (a + b).trace() - 2 * common(a, b), "the means are missing"),
        "not squared": (
            lambda m, a, n, b: gap(m, n).sqrt() + (a + b).trace() - 2 * common(a, b),
            "the distance of the means enters squared",
        ),
        "once": (lambda m, a, n, b: gap(m, n) + (a + b).trace() - common(a, b), "it is subtracted twice"),
        "root entry by entry": (
            lambda m, a, n, b: gap(m, n) + (a + b).trace() - 2 * (a @ b).clamp(min=0).sqrt().trace(),
            "entry by entry",
        ),
        "as if they commuted": (
            lambda m, a, n, b: gap(m, n) + (root(a) - root(b)).square().sum(),
            "only where the two covariances commute",
        ),
        "diagonals": (
            lambda m, a, n, b: gap(m, n) + (a.diagonal().sqrt() - b.diagonal().sqrt()).square().sum(),
            "the diagonals alone",
        ),
        "Frobenius": (lambda m, a, n, b: gap(m, n) + (a - b).square().sum(), "compares variances, not widths"),
        "square root": (lambda m, a, n, b: by_eigenvalues(m, a, n, b).sqrt(), "the square of that distance"),
    },
    "ch06.q3": {
        "diagonal kept": (lambda xx, yy, xy: xx.mean() + yy.mean() - 2 * xy.mean(), "every point with itself"),
        "n squared": (
            lambda xx, yy, xy: (
                (xx.sum() - xx.trace()) / xx.numel() + (yy.sum() - yy.trace()) / yy.numel() - 2 * xy.mean()
            ),
            "there are n(n - 1) pairs left",
        ),
        "clipped": (lambda xx, yy, xy: unbiased(xx, yy, xy).clamp(min=0), "clipped at zero"),
        "absolute": (lambda xx, yy, xy: unbiased(xx, yy, xy).abs(), "the sign was right"),
        "once": (lambda xx, yy, xy: off_diagonal(xx) + off_diagonal(yy) - xy.mean(), "the cross term counts twice"),
        "added": (
            lambda xx, yy, xy: off_diagonal(xx) + off_diagonal(yy) + 2 * xy.mean(),
            "the cross term is subtracted",
        ),
        "half the pairs": (
            lambda xx, yy, xy: 2 * off_diagonal(xx) + 2 * off_diagonal(yy) - 2 * xy.mean(),
            "each pair twice",
        ),
        "triangle": (
            lambda xx, yy, xy: off_diagonal(xx) / 2 + off_diagonal(yy) / 2 - 2 * xy.mean(),
            "above the diagonal",
        ),
        "sums": (
            lambda xx, yy, xy: xx.sum() - xx.trace() + yy.sum() - yy.trace() - 2 * xy.sum(),
            "means over pairs",
        ),
    },
    "ch06.q4": {
        "many samples": (lambda n, m, k: 1 - 2.0**-k, "as many fakes as real points"),
        "with replacement": (lambda n, m, k: 1 - ((n - 1) / (n + m - 1)) ** k, "cannot be drawn again"),
        "its own neighbour": (
            lambda n, m, k: 1 - product(((n - i), (n + m - i)) for i in range(k)),
            "not among its own neighbours",
        ),
        "complement": (lambda n, m, k: product(((n - i), (n + m - i)) for i in range(1, k + 1)), "not covered"),
        "roles": (lambda n, m, k: 1 - product(((m - i), (n + m - i)) for i in range(1, k + 1)), "the roles"),
        "all k fake": (
            lambda n, m, k: product(((m - i), (n + m - 1 - i)) for i in range(k)),
            "one fake is enough",
        ),
        "a sum": (lambda n, m, k: min(1.0, k * m / (n + m - 1)), "probabilities do not add up"),
    },
    "ch06.q5": {
        "candidates": (lambda p, candidates, n: candidates[:n], "first come, first served"),
        "one stamp": (
            lambda p, candidates, n: stamped(candidates, [int(p(candidates).max(1).values.argmax())], n),
            "sees no other class",
        ),
        "unsure": (first_of_each, "is not sure enough"),
        "lopsided": (lopsided, "as often as every other"),
        "many": (all_confident, "the score is right, and"),
        "too few": (lambda p, candidates, n: candidates[p(candidates).argmax(0)], "n points were asked for"),
        "one missing": (one_too_few, "one class is never shown"),
    },
    "ch06.q6": {
        "n": ((True, True, False, True, False, False), "a: "),
        "unbiased": ((False, False, False, True, False, False), "b: "),
        "names": ((False, True, True, True, False, False), "c: "),
        "coverage": ((False, True, False, False, False, False), "d: "),
        "p": ((False, True, False, True, True, False), "e: "),
        "bars": ((False, True, False, True, False, True), "f: "),
    },
}

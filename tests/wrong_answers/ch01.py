"""What a reader of chapter 1 may hand in: named wrong answers, each with part of the hint it must get."""

import math

import torch


def by_sample(samples, centres, reach):
    return int((torch.cdist(samples, centres).min(dim=1).values <= reach).sum())


def nearest(samples, centres, reach):
    return len(torch.cdist(samples, centres).argmin(dim=1).unique())


def nearest_within_reach(samples, centres, reach):
    distances = torch.cdist(samples, centres).min(dim=1)
    return len(distances.indices[distances.values <= reach].unique())


def missed(samples, centres, reach):
    return int((torch.cdist(samples, centres).min(dim=0).values > reach).sum())


def strict(samples, centres, reach):
    return int((torch.cdist(samples, centres).min(dim=0).values < reach).sum())


WRONG = {
    "ch01.q1": {
        "generator first": (("G", "D", "D", "D"), "opens the round"),
        "exchanged": (["D", "G", "G", "G"], "players are exchanged"),
        "alternating": (("D", "G") * 2, "alternating"),
        "no generator": (4 * ("D",), "never moves"),
        "a word": ('turns = "DDDG"', "expected 4 texts in a row, got a text"),
    },
    "ch01.q2": {
        "plain GAN": ((100, 100), "that is the plain GAN"),
        "exchanged": ((100, 500), "wrong players"),
        "rounds are moves": ((100, 20), "a round is all of `turns`"),
        "one round": ((5, 1), "that is one round"),
        "the total": (600, "expected 2 numbers in a row, got a number"),
    },
    "ch01.q3": {
        "counts samples": (by_sample, "count centres"),
        "no reach": (nearest, "must also lie within reach"),
        "one centre a sample": (nearest_within_reach, "nearest centre only"),
        "counts misses": (missed, "were missed"),
        "strictly less": (strict, "`<=`, not `<`"),
    },
    "ch01.q4": {
        "one dimension": (lambda k: math.erf(k / math.sqrt(2)), "rule for one dimension"),
        "outside": (lambda k: math.exp(-(k**2) / 2), "outside"),
        "not squared": (lambda k: 1 - math.exp(-k / 2), "k², not k"),
        "no half": (lambda k: 1 - math.exp(-(k**2)), "has a ½"),
        "a square": (lambda k: math.erf(k / math.sqrt(2)) ** 2, "fill a disc"),
    },
}

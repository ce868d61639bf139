"""What a reader of chapter 5 may hand in: right answers, and named wrong ones with a piece of their hint.

The right answers here are not those of the chapter, so that both are tried.
"""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

# --- q1


def probability(s):
    return 1 / (1 + torch.exp(-s))


def with_labels(real, fake, target):
    return bce(real, torch.full_like(real, target)) + bce(fake, torch.zeros_like(fake))


def naive(real, fake, target):
    a, b = probability(real), probability(fake)
    on_real = target * a.log() + ((1 - target) * (1 - a).log() if target < 1 else 0)
    return -on_real.mean() - (1 - b).log().mean()


def scores_as_probabilities(real, fake, target):
    return -(target * real.log() + (1 - target) * (1 - real).log()).mean() - (1 - fake).log().mean()


def without_fakes(real, fake, target):
    return bce(real, torch.full_like(real, target))


def target_ignored(real, fake, target):
    return with_labels(real, fake, 1.0)


def smoothed_on_both_sides(real, fake, target):
    return bce(real, torch.full_like(real, target)) + bce(fake, torch.full_like(fake, 1 - target))


def summed(real, fake, target):
    labels = torch.full_like(real, target), torch.zeros_like(fake)
    return bce(real, labels[0], reduction="sum") + bce(fake, labels[1], reduction="sum")


def one_mean(real, fake, target):
    labels = torch.cat([torch.full_like(real, target), torch.zeros_like(fake)])
    return bce(torch.cat([real, fake]), labels)


def halved(real, fake, target):
    return with_labels(real, fake, target) / 2


def swapped(real, fake, target):
    return bce(real, torch.full_like(real, 1 - target)) + bce(fake, torch.ones_like(fake))


# --- q2


def undecided(d):
    return -math.log(d * (1 - d)), -math.log(d)


# --- q4


def mean_d_loss(D, real, fake):
    return with_labels(D(real), D(fake), 1.0)


def mean_g_loss(scores):
    return bce(scores, torch.ones_like(scores))


def played(
    *, detach=True, zero_d=True, zero_g=True, late=False, between=False, swap=False, saturating=False, inside=False,
    reuse=False, total=False, crossed=False,
):  # fmt: skip
    """A round with mistakes to switch on."""

    def bare_round(G, D, optimizer_G, optimizer_D, batches, z):
        how = {"reduction": "sum" if total else "mean"}

        def g_loss(noise):
            scores = D(G(noise))
            if saturating:
                return -bce(scores, torch.zeros_like(scores), **how)
            return bce(scores, torch.full_like(scores, float(not swap)), **how)

        def move(optimizer, other, loss, zero):
            if zero and not late and not between:
                optimizer.zero_grad()
            loss.backward()
            if between:
                optimizer.zero_grad()
            (other if crossed else optimizer).step()
            if late:
                optimizer.zero_grad()

        for real, noise in batches:
            fake = G(noise).detach() if detach else G(noise)
            on_real, on_fake = D(real), D(fake)
            labels = torch.full_like(on_real, float(not swap)), torch.full_like(on_fake, float(swap))
            move(optimizer_D, optimizer_G, bce(on_real, labels[0], **how) + bce(on_fake, labels[1], **how), zero_d)
            if inside:
                move(optimizer_G, optimizer_D, g_loss(z), zero_g)
        if inside:
            return
        move(optimizer_G, optimizer_D, g_loss(noise if reuse else z), zero_g)

    return bare_round


def with_inputs(G, D, optimizer_G, optimizer_D, batches, z):
    """No detach: the engine's way."""
    for real, noise in batches:
        optimizer_D.zero_grad()
        mean_d_loss(D, real, G(noise)).backward(inputs=list(D.parameters()))
        optimizer_D.step()
    optimizer_G.zero_grad()
    mean_g_loss(D(G(z))).backward(inputs=list(G.parameters()))
    optimizer_G.step()


def untouched(G, D, optimizer_G, optimizer_D, batches, z):
    pass


# --- q5, q6


def spread(factor, centre=True, keep=True):
    def answer(real):
        mean = real.mean() if centre else 0.0
        return factor * (real - mean) + (mean if keep else 0.0)

    return answer


T, F = True, False

RIGHT = {
    "ch05.q1": [with_labels],
    "ch05.q2": [undecided, lambda d: [-math.log(d) - math.log(1 - d), math.log(1 / d)]],
    "ch05.q3": [[[T, T, T, F], [T, T, F, T], [T, F, T, F]]],
    "ch05.q4": [played(), with_inputs],
    "ch05.q5": [spread(2), spread(-2), lambda x: [float(x.mean() + s * 2 * x.std(correction=0)) for s in (-1, 1)]],
    "ch05.q6": [spread(-1), lambda x: torch.stack([x.mean() - x.std(correction=0), x.mean() + x.std(correction=0)])],
}

WRONG = {
    "ch05.q1": {
        "log of a sigmoid": (naive, "Use softplus"),
        "scores are probabilities": (scores_as_probabilities, "you took the logarithm of a score"),
        "no term for the fakes": (without_fakes, "the term for the fakes is missing"),
        "no smoothing": (target_ignored, "`target` changes nothing"),
        "two-sided smoothing": (smoothed_on_both_sides, "one-sided"),
        "sum": (summed, "take the mean of each batch"),
        "one mean over both batches": (one_mean, "weighs the two batches by their sizes"),
        "half": (halved, "starts at 2 log 2"),
        "labels swapped": (swapped, "the labels are swapped"),
    },
    "ch05.q2": {
        "no term for the fakes": (lambda d: (-math.log(d), -math.log(d)), "two batches"),
        "half": (lambda d: (undecided(d)[0] / 2, -math.log(d)), "not their mean"),
        "saturating": (lambda d: (undecided(d)[0], math.log(1 - d)), "saturating"),
        "G wants to be caught": (lambda d: (undecided(d)[0], -math.log(1 - d)), "taken for real"),
        "sign": (lambda d: (-undecided(d)[0], math.log(d)), "look at the sign"),
        "bits": (lambda d: (-math.log2(d) - math.log2(1 - d), -math.log2(d)), "nats"),
    },
    "ch05.q3": {
        "backward knows the players": ([[T, F, T, F], [F, T, F, T], [T, F, T, F]], "knows of no player"),
        "detach is always there": ([[T, T, T, F], [F, T, F, T], [T, F, T, F]], "no `detach`"),
        "G's loss does not reach D": ([[T, F, T, F], [T, T, F, T], [T, F, T, F]], "row 1"),
        "the engine is the bare loop": ([[T, T, T, F], [T, T, F, T], [T, T, T, F]], "row 3"),
        "backward updates": ([[T, T, T, T], [T, T, T, T], [T, F, T, F]], "only an optimizer's `step`"),
        "players exchanged": ([[F, T, F, T], [T, F, T, F], [F, T, F, T]], "wrong way round"),
    },
    "ch05.q4": {
        "nothing done": (untouched, "nothing has moved"),
        "zero_grad before step": (played(between=True), "not between backward and step"),
        "no detach": (played(detach=False), "detach"),
        "zero_grad after step": (played(late=True), "before each backward, not after each step"),
        "G's gradients never zeroed": (played(zero_g=False), "zero G's gradients too"),
        "D's gradients never zeroed": (played(zero_d=False), "D's gradients add up"),
        "no zero_grad": (played(zero_d=False, zero_g=False), "gradients add up from move to move, D's and G's"),
        "labels swapped": (played(swap=True), "the labels are swapped"),
        "saturating": (played(saturating=True), "saturating"),
        "G inside D's loop": (played(inside=True), "G moves once a round"),
        "D's noise again": (played(reuse=True), "noise of its own"),
        "sums": (played(total=True), "take means"),
        "optimizers crossed": (played(crossed=True), "wrong player's optimizer"),
    },
    "ch05.q5": {
        "doubled": (spread(2, centre=False), "doubles the mean too"),
        "centred on 0": (spread(2, keep=False), "centred on 0"),
        "the data": (spread(1), "no wider"),
        "twice the variance": (spread(math.sqrt(2)), "the width is the standard deviation"),
        "four times": (spread(4), "four times as wide"),
    },
    "ch05.q6": {
        "the data": (lambda x: x, "those are the data"),
        "mirrored at 0": (lambda x: -x, "about 0"),
        "centred on 0": (lambda x: x.mean() - x, "centred on 0"),
        "twice as wide": (spread(2), "a quadratic one sees the width"),
    },
}

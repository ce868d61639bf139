"""What chapter 11 says and no test of a module holds up yet."""

import itertools
import math

import pytest
import torch
from torch import nn

from ganlib import data, engine, metrics, networks, theory
from ganlib.grading.exercises import ch11


def best_scores(nats, K=64, batches=200, d=20):
    rho2 = 1 - math.exp(-2 * nats / d)
    x = torch.randn(batches, K, d, dtype=torch.float64)
    y = math.sqrt(rho2) * x + math.sqrt(1 - rho2) * torch.randn_like(x)
    x, y = x[:, :, None], y[:, None]
    exponent = (2 * math.sqrt(rho2) * x * y - rho2 * (x**2 + y**2)) / (2 * (1 - rho2))
    return exponent.sum(-1) + nats


def test_an_error_bar_vanishes_at_the_ceiling():
    for seed in range(3):
        engine.seed(seed)
        x = torch.randn(1000, dtype=torch.float64)
        y = math.sqrt(1 - math.exp(-24)) * x + math.exp(-12) * torch.randn_like(x)
        report = metrics.knn_information(x, y)
        assert report.value < report.ceiling < 6
        assert report.standard_error < 0.01
        fewer = metrics.knn_information(x[:100], y[:100], splits=5)
        assert fewer.value < math.log(100 / 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_trained_reader_reaches_the_information_and_not_the_entropy(seed):
    engine.seed(seed)
    mixture = data.mixture_1d([0.0, 3.0, 6.0, 9.0], 1.0)
    truth = theory.entropy(mixture.distribution).item() - math.log(2 * math.pi * math.e) / 2
    reader = networks.mlp(1, 4, (32, 32))
    optimizer = engine.adam(0.005)(reader.parameters())

    def draw(n):
        c = torch.randint(4, (n,))
        return c, 3.0 * c[:, None] + torch.randn(n, 1)

    def read(c, x):
        return reader(x).log_softmax(1)[torch.arange(len(c)), c]

    c_test, x_test = draw(4000)
    assert theory.barber_agakov(read(c_test, x_test), math.log(4)) < 0.3
    for _ in range(400):
        c, x = draw(256)
        optimizer.zero_grad()
        (-read(c, x).mean()).backward()
        optimizer.step()
    bound = theory.barber_agakov(read(c_test, x_test), math.log(4)).item()
    assert bound == pytest.approx(truth, abs=0.06)
    assert bound < math.log(4) - 0.15
    assert metrics.knn_information(c_test, x_test).value == pytest.approx(truth, abs=0.06)


def test_a_trained_critic_reads_no_more_than_there_is():
    rho, K = 0.9, 64
    engine.seed(0)
    network = networks.mlp(2, 1, (64, 64))
    optimizer = engine.adam(0.003)(network.parameters())

    def read():
        x = torch.randn(K, 1)
        y = rho * x + math.sqrt(1 - rho**2) * torch.randn(K, 1)
        pairs = torch.stack([x.expand(K, K), y.T.expand(K, K)], -1)
        return theory.info_nce(network(pairs).squeeze(-1))

    for _ in range(400):
        optimizer.zero_grad()
        (-read()).backward()
        optimizer.step()
    with torch.no_grad():
        bound = torch.stack([read() for _ in range(100)]).mean().item()
    truth = -math.log(1 - rho**2) / 2
    assert truth - 0.1 < bound < truth + 0.05


@pytest.mark.parametrize("K", [2, 3])
def test_info_nce_is_the_bound_for_the_place_of_the_partner(K):
    """The code is the place, the picture is x with all candidates: enumerated in full, for two critics."""
    joint = torch.tensor([[0.35, 0.1, 0.05], [0.05, 0.2, 0.25]], dtype=torch.float64)
    p_y, x_given = joint.sum(0), joint / joint.sum(0)
    pictures = [(x, *ys) for x in range(2) for ys in itertools.product(range(3), repeat=K)]
    table = torch.tensor(
        [
            [math.prod(p_y[y].item() for y in ys) * x_given[x, ys[place]].item() / K for x, *ys in pictures]
            for place in range(K)
        ],
        dtype=torch.float64,
    )
    best = theory.pointwise_information(joint)
    information = theory.mutual_information(joint).item()
    place = theory.mutual_information(table).item()
    assert place < min(information, math.log(K))
    for scores, gap in ((best, 0.0), (best + torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, -1.0]]), 1e-2)):
        reader = torch.stack([scores[x, ys].log_softmax(0) for x, *ys in pictures], 1)
        bound = theory.barber_agakov(reader, math.log(K), table).item()
        by_batches = sum(
            math.prod(joint[pair].item() for pair in batch)
            * theory.info_nce(scores[[x for x, _ in batch]][:, [y for _, y in batch]]).item()
            for batch in itertools.product(itertools.product(range(2), range(3)), repeat=K)
        )
        assert by_batches == pytest.approx(bound, abs=1e-12)
        assert bound <= place - gap + 1e-12
    assert theory.barber_agakov(
        torch.stack([best[x, ys].log_softmax(0) for x, *ys in pictures], 1), math.log(K), table
    ).item() == pytest.approx(place, abs=1e-12)


def test_at_large_information_one_batch_misleads():
    truth = -10 * math.log(0.19)
    engine.seed(1)
    scores = best_scores(truth, batches=60)
    dv, nwj = theory.donsker_varadhan(scores), theory.nwj(scores + 1)
    assert (dv > truth).double().mean() > 0.9
    assert dv.mean() > 20
    assert dv.std() > 2
    assert nwj.median().item() == pytest.approx(truth + 1, abs=0.5)
    small = best_scores(1.0, batches=60)
    for read in (theory.donsker_varadhan(small), theory.nwj(small + 1)):
        assert read.mean().item() == pytest.approx(1.0, abs=0.1)


def test_a_bound_does_not_say_whom_to_blame():
    noisy, perfect = theory.symmetric_channel(10, 0.05) / 10, torch.eye(10, dtype=torch.float64) / 10
    timid = theory.symmetric_channel(10, 1 - math.exp(-theory.conditional_entropy(noisy).item()))
    first = theory.barber_agakov(theory.posterior(noisy).log(), math.log(10), noisy)
    second = theory.barber_agakov(timid.log(), math.log(10), perfect)
    assert (first.item(), second.item()) == pytest.approx((1.994209, 1.994209), abs=1e-6)
    assert theory.mutual_information(perfect) - theory.mutual_information(noisy) > 0.3


def test_a_reader_that_is_sure_and_wrong_reads_below_zero():
    half = theory.symmetric_channel(10, 0.5) / 10
    bound = theory.barber_agakov(theory.symmetric_channel(10, 0.01).log(), math.log(10), half)
    assert bound.item() == pytest.approx(-1.103637, abs=1e-6)
    assert theory.mutual_information(half).item() == pytest.approx(0.510826, abs=1e-6)


def test_expected_numbers_of_the_exercises_are_those_of_the_theory():
    table = torch.tensor([[0.4, 0.1], [0.05, 0.15], [0.1, 0.2]], dtype=torch.float64)
    Q = torch.tensor([[0.6, 0.3], [0.1, 0.3], [0.3, 0.4]], dtype=torch.float64)
    assert theory.mutual_information(torch.tensor([[0.4, 0.1], [0.1, 0.4]])).item() == pytest.approx(0.192745, abs=1e-6)
    assert theory.barber_agakov(Q.log(), theory.entropy(table.sum(1)), table).item() == pytest.approx(
        0.105545, abs=1e-6
    )
    scores = torch.tensor([[2.0, 0.0, -1.0], [1.0, 1.0, 0.0], [3.0, -2.0, 0.5]])
    assert theory.info_nce(scores).item() == pytest.approx(-0.107034, abs=1e-6)
    loss = nn.functional.cross_entropy(torch.tensor([[3.0, 1.0], [2.0, 4.0]]), torch.arange(2))
    assert math.log(2) - loss.item() == pytest.approx(0.566219, abs=1e-6)


@pytest.mark.parametrize(("sign", "hint"), [(1, "H(c) is missing"), (-1, "the loss of the reader")])
def test_a_plain_logarithm_does_not_hide_the_misconception_behind_it(sign, hint):
    """0 log 0 is not a number there, and the hint is still about what was left out."""
    assert hint in ch11.q4(lambda joint, Q: sign * (joint * Q.log()).sum()).hint

"""What chapter 6 says and no test of a module holds up yet."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from ganlib import data, engine, metrics, zoo


@pytest.fixture(scope="module")
def judge():
    return zoo.judge("digits")


@pytest.fixture(scope="module")
def heaps():
    train = data.digits().x
    return {"test": data.digits("test").x, "fresh": train[:450], "learn": train[450:1077], "held": train[1077:]}


def test_a_hundred_averages_beat_every_hundred_of_real_digits(heaps):
    train, unit = data.digits().x[:1077], data.to_unit

    def nats(images):
        return metrics.parzen(unit(images), unit(heaps["held"]), unit(heaps["test"])).nats

    centres = KMeans(100, n_init=1, random_state=0).fit(train.flatten(1).numpy()).cluster_centers_
    averages = nats(torch.from_numpy(centres).reshape(-1, 1, 8, 8))
    assert averages == pytest.approx(22.5, abs=1.0)
    real = [nats(part) for part in train[:1000].split(100)]
    assert min(real) > 8
    assert max(real) < 10.2


def test_ten_stamps_beat_real_digits_and_order_moves_the_split_score(judge, heaps):
    verdicts, labels = judge.probabilities(heaps["fresh"]), data.digits(labels=True).y[:450]
    surest = heaps["learn"][judge.probabilities(heaps["learn"]).argmax(0)]
    stamped = metrics.inception_score(judge.probabilities(surest.repeat(45, 1, 1, 1)))
    mixed, ordered = metrics.inception_score(verdicts), metrics.inception_score(verdicts[labels.argsort()])
    assert stamped.low > mixed.high + 1
    assert ordered.value == pytest.approx(mixed.value)
    assert mixed.mean == pytest.approx(6.51, abs=0.1)
    assert ordered.mean == pytest.approx(1.22, abs=0.1)


def test_the_floor_on_the_digits_judge_lies_in_every_error_bar(judge, heaps):
    covariance = metrics.moments(heaps["test"], judge.features).covariance
    values = {}
    for n in range(50, 451, 50):
        report = metrics.frechet(heaps["test"], heaps["fresh"][:n], judge.features)
        assert report.low < metrics.frechet_floor(covariance, 450, n) < report.high
        values[n] = report.value
    assert values[50] > 5 * values[450]


def test_about_half_of_unbiased_estimates_of_zero_are_negative():
    engine.seed(0)
    k = metrics.cubic
    pairs = torch.randn(500, 2, 50, 16)
    estimates = torch.tensor([metrics.kernel_distance(x, y).value for x, y in pairs])
    kept = torch.stack([k(x, x).mean() + k(y, y).mean() - 2 * k(x, y).mean() for x, y in pairs])
    assert 0.4 < (estimates < 0).float().mean() < 0.7
    assert abs(estimates.mean()) < 4 * estimates.std() / math.sqrt(500)
    assert kept.min() > 0
    assert kept.mean().item() == pytest.approx(0.3, abs=0.03)


def test_three_moments_are_all_that_the_cubic_kernel_sees():
    nodes, mass = (torch.from_numpy(x) for x in np.polynomial.hermite_e.hermegauss(12))
    bell = nodes, mass / mass.sum()
    third = math.sqrt(3)
    three = torch.tensor([-third, 0.0, third], dtype=torch.float64), torch.tensor([1, 4, 1]).double() / 6

    def moment(distribution, j):
        places, weights = distribution
        return (weights * places**j).sum().item()

    def squared_mmd(p, q):
        def mean(a, b):
            return (a[1] @ metrics.cubic(a[0][:, None], b[0][:, None]) @ b[1]).item()

        return mean(p, p) + mean(q, q) - 2 * mean(p, q)

    assert [moment(three, j) for j in range(6)] == pytest.approx([moment(bell, j) for j in range(6)], abs=1e-9)
    assert moment(bell, 6) == pytest.approx(15)
    assert moment(three, 6) == pytest.approx(9)
    assert squared_mmd(three, bell) == pytest.approx(0, abs=1e-9)
    shifted = nodes + 1, bell[1]
    assert squared_mmd(bell, shifted) == pytest.approx(3 * 1**2 + 3 * 1**2 + 4**2)  # 3 D1^2 + 3 D2^2 + D3^2


def test_an_outlier_makes_precise_and_strays_make_recall():
    engine.seed(3)
    real = torch.cat([0.3 * torch.randn(60, 2), torch.tensor([[2.2, 1.2]])])
    beside = torch.tensor([2.2, 1.2]) + 0.35 * torch.randn(60, 2)
    corners = torch.tensor(list(itertools.product((-3.0, 3.0), repeat=2)))
    heap = torch.cat([0.02 * torch.randn(57, 2), corners])
    assert metrics.precision_recall(real, beside).precision > 0.9
    assert metrics.density_coverage(real, beside).density < 0.4
    assert metrics.precision_recall(real, heap).recall == 1
    assert metrics.density_coverage(real, heap).coverage < 0.4


def test_only_copying_notices_the_thief(judge, heaps):
    fresh, thief, test = heaps["fresh"], heaps["learn"][:450], heaps["test"]
    for score in (metrics.two_sample, metrics.nearest_neighbour):
        assert score(test, thief, judge.features).p_value > 0.05
    for features in (None, judge.features):
        assert metrics.frechet(test, thief, features).low < metrics.frechet(test, fresh, features).high
    assert metrics.kernel_distance(test, thief, judge.features).low < 0
    pair = [metrics.precision_recall(test, x, judge.features) for x in (fresh, thief)]
    assert pair[1].precision >= pair[0].precision_interval.low
    assert pair[1].recall >= pair[0].recall_interval.low
    assert metrics.density_coverage(test, thief, judge.features).coverage > 0.95
    assert metrics.copying(thief, heaps["learn"], test, judge.features).low > 0.98
    assert metrics.copying(fresh, heaps["learn"], test, judge.features).share == pytest.approx(0.5, abs=0.06)


def test_specks_drawn_for_the_judge_pass_for_digits(judge, heaps):
    """Pixels are moved until the features have the right mean and covariance: the score becomes the loss."""
    generator = torch.Generator().manual_seed(0)
    pixels = (torch.randn(450, 1, 8, 8, generator=generator) / 2).requires_grad_()
    goal = metrics.moments(heaps["learn"], judge.features)
    optimizer = torch.optim.LBFGS([pixels], max_iter=80, max_eval=80, history_size=20, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        found = judge.features(torch.tanh(pixels))
        gap = (found.mean(0) - goal.mean.float()).square().sum()
        gap = gap + (found.T.cov() - goal.covariance.float()).square().sum() / 4
        gap.backward()
        return gap

    optimizer.step(loss)
    specks = torch.tanh(pixels).detach()
    report = metrics.frechet(heaps["test"], specks, judge.features)
    assert report.value < 2 * report.floor
    assert metrics.precision_recall(heaps["test"], specks, judge.features).precision < 0.4
    assert metrics.frechet(heaps["test"], specks).value > 10  # in pixels nobody would mistake them

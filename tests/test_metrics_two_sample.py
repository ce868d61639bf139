"""Telling real from fake: against scikit-learn and scipy, with p-values that are right when nothing differs."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from ganlib.metrics import copying, nearest_neighbour, two_sample
from ganlib.metrics.two_sample import _logistic


def samples(n, d, seed, scale=1.0, shift=0.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + shift


def test_regression_is_scikit_learns():
    x, y = samples(80, 5, 0), samples(60, 5, 1, 1.0, 0.5)
    both, label = torch.cat([x, y]).numpy(), np.repeat([1, 0], [80, 60])
    standard = (both - both.mean(0)) / both.std(0, ddof=1)
    theirs = LogisticRegression(C=1 / (140 * 1e-2), tol=1e-10).fit(standard, label).decision_function(standard)
    score = _logistic(x, y, 1e-2, 33)
    assert torch.cat([score(x), score(y)]).numpy() == pytest.approx(theirs, abs=1e-5)


def test_separable_and_constant_features_are_learned_too():
    x, y = samples(40, 3, 0), samples(40, 3, 1, 1.0, 20.0)
    x[:, 1] = y[:, 1] = 7.0
    report = two_sample(x, y)
    assert report.accuracy == 1
    assert report.high == 1
    assert 0.85 < report.low < 0.95
    assert report.p_value == pytest.approx(1 / math.comb(40, 20), rel=1e-6)  # the one way to be right in everything


def test_accuracy_is_the_best_a_line_can_do():
    x, y = samples(4000, 2, 0), samples(5000, 2, 1, 1.0, 0.7)
    best = scipy.stats.norm.cdf(0.7 * math.sqrt(2) / 2)
    report = two_sample(x, y)
    assert report.accuracy == pytest.approx(best, abs=4 * math.sqrt(best * (1 - best) / 4000))
    assert (report.n_scored, report.n_real, report.n_fake, report.chance) == (4000, 4000, 5000, 0.5)
    assert report.p_value < 1e-10
    assert "(a perfect sampler 0.500; p < 0.001; n 4000 and 5000)" in str(report)


def test_p_value_is_fishers_exact_test():
    x, y = samples(60, 2, 0), samples(60, 2, 1, 1.0, 0.4)
    report = two_sample(x, y, seed=3)
    right = round(report.accuracy * 60)
    candidates = []
    for real_right in range(31):
        fake_right = right - real_right
        if 0 <= fake_right <= 30:
            table = [[real_right, 30 - real_right], [30 - fake_right, fake_right]]
            candidates.append(scipy.stats.fisher_exact(table, alternative="greater").pvalue)
    assert min(abs(report.p_value / p - 1) for p in candidates) < 1e-9
    assert report.p_value == pytest.approx(scipy.stats.binom.sf(right - 1, 60, 0.5), abs=0.05)


@pytest.mark.parametrize("test", [two_sample, nearest_neighbour])
def test_small_p_values_are_no_more_frequent_than_they_say(test):
    fewer = {} if test is two_sample else {"permutations": 200}
    reports = [test(samples(40, 3, 2 * s), samples(40, 3, 2 * s + 1), seed=s, **fewer) for s in range(300)]
    p = np.array([r.p_value for r in reports])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 3 * math.sqrt(level * (1 - level) / 300)
    assert (p <= 0.5).mean() > 0.3
    accuracy = np.array([r.accuracy for r in reports])
    assert accuracy.mean() == pytest.approx(reports[0].chance, abs=4 * accuracy.std() / math.sqrt(300))
    assert np.mean([r.low <= r.chance <= r.high for r in reports]) >= 0.92


def by_hand(x, y):
    both, label = np.concatenate([x, y]), np.repeat([1, 0], [len(x), len(y)])
    nearest = NearestNeighbors(n_neighbors=1).fit(both).kneighbors()[1][:, 0]
    return (label[nearest] == label).mean()


@pytest.mark.parametrize("chunk", [7, 1000])
def test_nearest_neighbours_accuracy_and_error_bar_are_leave_one_out(chunk):
    x, y = samples(30, 2, 0), samples(25, 2, 1, 0.5)
    report = nearest_neighbour(x, y, chunk=chunk)
    x, y = x.numpy(), y.numpy()
    assert report.accuracy == pytest.approx(by_hand(x, y))
    left = [by_hand(np.delete(x, i, 0), y) for i in range(30)] + [by_hand(x, np.delete(y, i, 0)) for i in range(25)]
    p, a = report.high, report.accuracy
    variance = (p - a) ** 2 / (1.959964**2 * p * (1 - p)) * a * (1 - a)
    assert variance == pytest.approx(np.var(left) * 54, rel=1e-5)


def test_neighbours_see_what_a_line_cannot_and_copies_score_nothing():
    x, y = samples(300, 2, 0), samples(300, 2, 1, 0.2)
    assert two_sample(x, y).accuracy < 0.6
    report = nearest_neighbour(x, y)
    assert report.accuracy > 0.65
    assert report.p_value == 1 / 1001
    copies = nearest_neighbour(x, x + 1e-6)
    assert copies.accuracy == 0
    assert copies.p_value == 1
    assert copies.chance == pytest.approx(299 / 599)


def test_seeds_repeat_and_the_global_generator_is_left_alone():
    x, y = samples(40, 2, 0), samples(40, 2, 1)
    before = torch.random.get_rng_state()
    for test in (two_sample, nearest_neighbour):
        assert test(x, y, seed=1) == test(x, y, seed=1)
    assert len({two_sample(x, y, seed=s).accuracy for s in range(6)}) > 1
    assert torch.equal(torch.random.get_rng_state(), before)


# Copying -------------------------------------------------------------------------------------------------------------


def test_copying_is_the_area_under_scikit_learns_curve():
    fake, train, test = samples(50, 3, 0, 0.8), samples(70, 3, 1), samples(40, 3, 2)
    found = NearestNeighbors(n_neighbors=1).fit(train.numpy())
    near = [found.kneighbors(z.numpy())[0][:, 0] for z in (test, fake)]
    expected = roc_auc_score(np.repeat([1, 0], [40, 50]), np.concatenate(near))
    report = copying(fake, train, test)
    assert report.share == pytest.approx(expected)
    assert (report.n_fake, report.n_train, report.n_test) == (50, 70, 40)


def test_copying_of_a_perfect_sampler_is_one_half_and_of_a_copier_one():
    reports = [copying(samples(50, 3, 3 * s), samples(50, 3, 3 * s + 1), samples(80, 3, 3 * s + 2)) for s in range(300)]
    shares = np.array([r.share for r in reports])
    assert shares.mean() == pytest.approx(0.5, abs=4 * shares.std() / math.sqrt(300))
    assert 0.91 <= np.mean([r.low <= 0.5 <= r.high for r in reports]) <= 0.99
    train, test = samples(50, 3, 0), samples(50, 3, 1)
    copier = copying(train[:30], train, test)
    assert copier.share == copier.high == 1
    assert 0.85 < copier.low < 0.95
    assert copying(torch.cat([test, test]), train, test).share == pytest.approx(0.5)  # ties count half


def test_two_sample_tests_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="at least 4 samples of each kind, but fake has 3"):
        two_sample(torch.zeros(9, 2), torch.zeros(3, 2))
    with pytest.raises(ValueError, match="at least 2 samples of each kind, but real has 1"):
        nearest_neighbour(torch.zeros(1, 2), torch.zeros(3, 2))
    for metric in (two_sample, nearest_neighbour):
        with pytest.raises(ValueError, match="features of one length, not 2 and 3"):
            metric(torch.zeros(9, 2), torch.zeros(9, 3))
    with pytest.raises(ValueError, match="features of one length"):
        copying(torch.zeros(9, 2), torch.zeros(9, 3), torch.zeros(9, 2))

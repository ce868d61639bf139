"""The bootstrap where it holds, and shown failing where its docstring says it does."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from ganlib.metrics import bootstrap, frechet, frechet_distance, moments
from ganlib.metrics.intervals import jackknife_variance, normal, wilson


def test_bootstrap_of_a_mean_is_scipys():
    x = torch.rand(60, generator=torch.Generator().manual_seed(0), dtype=torch.float64) ** 2
    ours = bootstrap(torch.mean, x, resamples=4000)
    theirs = scipy.stats.bootstrap((x.numpy(),), np.mean, n_resamples=4000, method="percentile", rng=0)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)
    assert ours.standard_error == pytest.approx(float(x.std(correction=0)) / math.sqrt(60), rel=0.05)
    assert abs(ours.bias) < 0.1 * ours.standard_error
    assert ours.value == pytest.approx(float(x.mean()))


def test_bootstrap_draws_each_set_by_itself_repeats_under_a_seed_and_leaves_the_global_generator_alone():
    x, y = torch.arange(10.0), torch.arange(30.0)
    before = torch.random.get_rng_state()
    gap = bootstrap(lambda a, b: b.mean() - a.mean(), x, y, resamples=2000)
    assert gap == bootstrap(lambda a, b: b.mean() - a.mean(), x, y, resamples=2000)
    assert gap != bootstrap(lambda a, b: b.mean() - a.mean(), x, y, resamples=2000, seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    expected = math.sqrt(float(x.var(correction=0)) / 10 + float(y.var(correction=0)) / 30)
    assert gap.standard_error == pytest.approx(expected, rel=0.06)


def test_bootstrap_interval_of_a_mean_covers_the_truth_about_as_often_as_it_says():
    g = torch.Generator().manual_seed(0)
    reports = [bootstrap(torch.mean, torch.randn(50, generator=g), resamples=300, seed=s) for s in range(200)]
    assert 0.89 <= np.mean([r.low <= 0 <= r.high for r in reports]) <= 0.98


def test_percentiles_of_the_frechet_distance_miss_what_the_metrics_interval_covers():
    """Resampled sets have the bias twice, so nearly all of them lie above the score's own expected value."""
    g = torch.Generator().manual_seed(0)
    covered, ours = [], []
    for seed in range(30):
        x, y = torch.randn(100, 10, generator=g), torch.randn(100, 10, generator=g)
        naive = bootstrap(lambda a, b: frechet_distance(moments(a), moments(b)), x, y, resamples=60, seed=seed)
        report = frechet(x, y)
        covered.append(naive.low <= report.floor <= naive.high)
        ours.append(report.low <= report.floor <= report.high)
        assert naive.bias > naive.standard_error
    assert np.mean(covered) < 0.1
    assert np.mean(ours) > 0.9


def test_jackknife_variance_of_a_mean_is_the_textbooks():
    x = torch.randn(40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert jackknife_variance((x.sum() - x) / 39) == pytest.approx(float(x.var()) / 40)


def test_normal_and_wilson_intervals_are_scipys():
    assert normal(2.0, 0.25, 0.9).high == pytest.approx(scipy.stats.norm.interval(0.9, 2, 0.5)[1])
    for right, n in ((0, 20), (7, 20), (20, 20)):
        expected = scipy.stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
        assert wilson(right / n, n, 0.95).low == pytest.approx(expected.low, abs=1e-12)
        assert wilson(right / n, n, 0.95).high == pytest.approx(expected.high, abs=1e-12)
    twice = wilson(0.3, 20, 0.95, 0.3 * 0.7 / 40)
    expected = scipy.stats.binomtest(12, 40).proportion_ci(0.95, method="wilson")
    assert (twice.low, twice.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert wilson(1.0, 20, 0.95, 0.0) == wilson(1.0, 20, 0.95)
    assert str(wilson(0.35, 20, 0.95)) == "[0.1812, 0.5671]"


def test_intervals_refuse_what_makes_none():
    x = torch.zeros(5)
    for samples, resamples in (((), 10), ((torch.zeros(0),), 10), ((x,), 1)):
        with pytest.raises(ValueError, match="needs samples"):
            bootstrap(torch.mean, *samples, resamples=resamples)
    for level in (0.0, 1.0, 95):
        with pytest.raises(ValueError, match="between 0 and 1"):
            bootstrap(torch.mean, x, level=level)

"""Precision, recall, density, coverage: against the definitions written out, leaving out by force, closed forms."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from ganlib.metrics import density_coverage, expected_coverage, precision_recall


def samples(n, d, seed, scale=1.0, shift=0.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + shift


def by_hand(x, y, k):
    """Precision of y, density and coverage of x by y, from scikit-learn's neighbours."""
    radii = NearestNeighbors(n_neighbors=k).fit(x).kneighbors()[0][:, -1]
    inside = np.linalg.norm(x[:, None] - y[None], axis=2) <= radii[:, None]
    return inside.any(0).mean(), inside.sum(0).mean() / k, inside.any(1).mean()


@pytest.mark.parametrize("chunk", [7, 1000])
@pytest.mark.parametrize(("k", "d", "shift"), [(1, 1, 0.5), (3, 2, 1.0), (5, 8, 0.3)])
def test_values_are_the_definitions(k, d, shift, chunk):
    x, y = samples(60, d, 0), samples(45, d, 1, 1.5, shift)
    pr, dc = precision_recall(x, y, k=k, chunk=chunk), density_coverage(x, y, k=k, chunk=chunk)
    precision, density, coverage = by_hand(x.numpy(), y.numpy(), k)
    assert pr.precision == pytest.approx(precision)
    assert pr.recall == pytest.approx(by_hand(y.numpy(), x.numpy(), k)[0])
    assert (dc.density, dc.coverage) == (pytest.approx(density), pytest.approx(coverage))


def jackknife(statistic, x, y):
    left = (
        [statistic(np.delete(x, i, 0), y) for i in range(len(x))],
        [statistic(x, np.delete(y, i, 0)) for i in range(len(y))],
    )
    return sum(np.var(values) * (len(values) - 1) for values in left)


def variance_of(interval, share):
    """The variance that makes Wilson's interval this long: its ends are the roots of (p - share)² = z² p(1 - p)/n."""
    p = interval.high
    return (p - share) ** 2 / (1.959964**2 * p * (1 - p)) * share * (1 - share)


@pytest.mark.parametrize(("k", "d", "scale", "chunk"), [(1, 1, 1.5, 1000), (3, 2, 1.2, 9), (3, 4, 0.8, 1000)])
def test_error_bars_are_what_leaving_each_sample_out_does(k, d, scale, chunk):
    x, y = samples(35, d, 3), samples(30, d, 4, scale, 0.8)
    pr, dc = precision_recall(x, y, k=k, chunk=chunk), density_coverage(x, y, k=k, chunk=chunk)
    x, y = x.numpy(), y.numpy()
    expected = [jackknife(lambda a, b, i=i: by_hand(a, b, k)[i], x, y) for i in range(3)]
    recall = jackknife(lambda a, b: by_hand(b, a, k)[0], x, y)
    assert variance_of(pr.precision_interval, pr.precision) == pytest.approx(expected[0], rel=1e-5)
    assert variance_of(pr.recall_interval, pr.recall) == pytest.approx(recall, rel=1e-5)
    assert dc.density_interval.high - dc.density == pytest.approx(1.959964 * math.sqrt(expected[1]), rel=1e-5)
    assert variance_of(dc.coverage_interval, dc.coverage) == pytest.approx(expected[2], rel=1e-5)


@pytest.mark.parametrize(("n", "m", "d", "k"), [(100, 100, 2, 5), (80, 200, 8, 3), (60, 30, 1, 1)])
def test_a_perfect_sampler_scores_the_closed_forms(n, m, d, k):
    reports = [density_coverage(samples(n, d, 2 * s), samples(m, d, 2 * s + 1), k=k) for s in range(200)]
    for values, expected in (
        ([r.density for r in reports], 1.0),
        ([r.coverage for r in reports], expected_coverage(n, m, k)),
    ):
        assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / math.sqrt(200))
    assert reports[0].expected_coverage == expected_coverage(n, m, k)
    assert reports[0].expected_density == 1


def test_expected_coverage_of_many_samples_is_one_less_a_power_of_two():
    assert expected_coverage(10**6, 10**6, 5) == pytest.approx(1 - 2**-5, rel=1e-5)
    assert expected_coverage(3, 2, 1) == pytest.approx(1 - 2 / 4)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.3, 0.3)])
def test_intervals_cover_the_expected_scores_at_least_as_often_as_they_say(scale, shift):
    pairs = [(samples(100, 4, 2 * s), samples(100, 4, 2 * s + 1, scale, shift)) for s in range(150)]
    pr, dc = [precision_recall(*p) for p in pairs], [density_coverage(*p) for p in pairs]
    for values, intervals in (
        ([r.precision for r in pr], [r.precision_interval for r in pr]),
        ([r.recall for r in pr], [r.recall_interval for r in pr]),
        ([r.density for r in dc], [r.density_interval for r in dc]),
        ([r.coverage for r in dc], [r.coverage_interval for r in dc]),
    ):
        assert np.mean([i.low <= np.mean(values) <= i.high for i in intervals]) >= 0.93
        lengths = np.mean([i.high - i.low for i in intervals]) / (2 * 1.96 * np.std(values))
        assert 1 < lengths < 4


def test_copies_of_the_real_samples_are_on_the_edges_of_closed_balls():
    x = samples(200, 300, 0, 1.0, 100.0).float()
    pr, dc = precision_recall(x, x.clone(), chunk=64), density_coverage(x, x.clone(), chunk=64)
    assert (pr.precision, pr.recall, dc.coverage) == (1, 1, 1)
    assert dc.density == pytest.approx(6 / 5)
    assert 0.95 < pr.precision_interval.low < 1
    same = density_coverage(torch.zeros(20, 2), torch.zeros(15, 2))
    assert (same.density, same.coverage) == (20 / 5, 1)


def test_far_samples_score_nothing_and_one_outlier_makes_them_precise():
    x, far = samples(100, 2, 0), samples(50, 2, 1, 0.1, 50.0)
    pr, dc = precision_recall(x, far), density_coverage(x, far)
    assert (pr.precision, pr.recall, dc.density, dc.coverage) == (0, 0, 0, 0)
    assert (pr.precision_interval.low, dc.density_interval.low) == (0, 0)
    assert 0 < pr.precision_interval.high < 0.1
    x[0] = 60.0
    assert precision_recall(x, far).precision == 1
    assert density_coverage(x, far).density == pytest.approx(1 / 5)


def test_collapse_keeps_precision_and_loses_recall_and_coverage():
    x, y = samples(300, 2, 0), samples(300, 2, 1, 0.05)
    pr, dc = precision_recall(x, y), density_coverage(x, y)
    assert pr.precision > 0.9
    assert pr.recall < 0.1
    assert dc.coverage < 0.1


def test_reports_read_as_one_line():
    x, y = samples(60, 2, 0), samples(50, 2, 1)
    assert str(precision_recall(x, y)).endswith(
        "(k 3, n 60 and 50; a perfect sampler: below 1, see held-out real samples)"
    )
    report = density_coverage(x, y)
    assert str(report).startswith(f"density {report.density:.3f} {report.density_interval} (a perfect sampler 1), ")
    assert str(report).endswith(f"(a perfect sampler {expected_coverage(60, 50):.3f}; k 5, n 60 and 50)")


def test_balls_refuse_what_does_not_fit():
    for metric in (precision_recall, density_coverage):
        with pytest.raises(ValueError, match="neighbour 4, and their error bars, need at least 6 samples of each kind"):
            metric(torch.zeros(5, 2), torch.zeros(9, 2), k=4)
        with pytest.raises(ValueError, match="k >= 1, not 0"):
            metric(torch.zeros(9, 2), torch.zeros(9, 2), k=0)
        with pytest.raises(ValueError, match="features of one length, not 2 and 3"):
            metric(torch.zeros(9, 2), torch.zeros(9, 3))

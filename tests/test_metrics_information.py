"""Estimates of mutual information against scikit-learn, scipy, closed forms and counting by hand."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score

from ganlib import metrics, theory


def correlated(n, rho, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, generator=generator, dtype=torch.float64)
    return x, rho * x + math.sqrt(1 - rho**2) * torch.randn(n, generator=generator, dtype=torch.float64)


def letters(n, joint, seed=0):
    draws = torch.multinomial(joint.flatten(), n, replacement=True, generator=torch.Generator().manual_seed(seed))
    return draws // joint.shape[1], draws % joint.shape[1]


# --- counting


@pytest.mark.parametrize("seed", range(3))
def test_counting_is_scikit_learns_and_scipys(seed):
    x, y = letters(500, theory.symmetric_channel(5, 0.3) / 5, seed)
    report = metrics.plug_in(x, y)
    assert report.raw == pytest.approx(mutual_info_score(x, y), abs=1e-12)
    table = np.histogram2d(x, y, bins=5)[0]
    entropies = [scipy.stats.entropy(table.sum(axis).ravel()) for axis in (1, 0)]
    assert report.raw == pytest.approx(sum(entropies) - scipy.stats.entropy(table.ravel()), abs=1e-12)
    assert report.ceiling == pytest.approx(min(entropies), abs=1e-12)
    assert report.n == 500


def test_the_correction_is_a_half_for_every_free_cell():
    x = torch.tensor([0, 0, 1, 1, 7, 7, 7, 7])  # three letters that occur, with a gap in their numbers
    y = torch.tensor([5, 5, 5, 6, 5, 5, 6, 6])
    report = metrics.plug_in(x, y)
    cells, rows, columns = 5, 3, 2
    assert report.raw - report.value == pytest.approx((cells - rows - columns + 1) / 16, abs=1e-12)


def test_counting_reads_too_high_by_the_free_cells():
    """The bias of independent and of dependent letters is (K - 1)(L - 1) / 2n; what is left of it is small."""
    n, K, L = 400, 6, 5
    for joint in (torch.full((K, L), 1 / (K * L)), (torch.ones(K, L) + 2 * torch.eye(K, L)) / (K * L + 2 * L)):
        reports = [metrics.plug_in(*letters(n, joint, seed)) for seed in range(300)]
        truth = theory.mutual_information(joint).item()
        bias = np.mean([r.raw for r in reports]) - truth
        assert bias == pytest.approx((K - 1) * (L - 1) / (2 * n), rel=0.15)
        assert abs(np.mean([r.value for r in reports]) - truth) < 0.15 * (K - 1) * (L - 1) / (2 * n)


def test_the_standard_error_of_counting_is_the_spread_over_samples():
    joint = theory.symmetric_channel(5, 0.3) / 5
    reports = [metrics.plug_in(*letters(500, joint, seed)) for seed in range(200)]
    spread = np.std([r.value for r in reports])
    assert np.mean([r.standard_error for r in reports]) == pytest.approx(spread, rel=0.15)
    truth = theory.mutual_information(joint).item()
    assert np.mean([r.low < truth < r.high for r in reports]) > 0.9


def test_floats_are_cut_into_equally_full_bins():
    x, y = correlated(1000, 0.8)
    cut = [torch.from_numpy(np.ceil(scipy.stats.rankdata(v) / 125).astype(int)) for v in (x, y)]
    assert metrics.plug_in(x, y, bins=8).raw == pytest.approx(mutual_info_score(*cut), abs=1e-12)
    assert metrics.plug_in(x, cut[1], bins=8).raw == pytest.approx(mutual_info_score(*cut), abs=1e-12)
    assert metrics.plug_in(x, y, bins=8).ceiling == pytest.approx(math.log(8), abs=1e-12)


def test_cutting_loses_information():
    x, y = correlated(20_000, 0.99)
    report = metrics.plug_in(x, y, bins=8)
    assert report.high < -math.log(1 - 0.99**2) / 2 - 0.4


# --- neighbours


def by_brute_force(x, y, k):
    """Kraskov's algorithm 1 in numpy, all distances at once."""
    x, y = (np.asarray(v, float).reshape(len(v), -1) for v in (x, y))
    x, y = x / x.std(0), y / y.std(0)
    apart = [np.abs(v[:, None] - v[None]).max(-1) for v in (x, y)]
    both = np.maximum(*apart)
    radius = np.sort(both, 1)[:, k]  # the point itself is at 0
    inside = [(distance < radius[:, None]).sum(1) - 1 for distance in apart]
    psi = scipy.special.digamma
    return psi(k) + psi(len(x)) - np.mean(psi(inside[0] + 1) + psi(inside[1] + 1))


@pytest.mark.parametrize("k", [1, 3, 8])
@pytest.mark.parametrize("d", [1, 3])
def test_neighbours_are_counted_as_kraskov_does(k, d):
    generator = torch.Generator().manual_seed(d)
    x = torch.randn(150, d, generator=generator)
    y = x[:, :1] + 0.5 * torch.randn(150, 2, generator=generator)
    assert metrics.knn_information(x, y, k).value == pytest.approx(by_brute_force(x, y, k), abs=1e-9)


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
def test_neighbours_agree_with_scikit_learn(rho):
    x, y = correlated(600, rho)
    theirs = mutual_info_regression(x[:, None].numpy(), y.numpy(), n_neighbors=3, random_state=0)[0]
    assert max(0.0, metrics.knn_information(x, y).value) == pytest.approx(theirs, abs=1e-3)


def test_letters_and_floats_agree_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    c = torch.randint(0, 4, (500,), generator=generator)
    x = c + 0.8 * torch.randn(500, generator=generator, dtype=torch.float64)
    c[0] = 9  # a letter that occurs once
    c[1:3] = 8  # and one that occurs twice, with fewer neighbours than asked for
    theirs = mutual_info_classif(x[:, None].numpy(), c.numpy(), n_neighbors=3, random_state=0)[0]
    for report in (metrics.knn_information(c, x), metrics.knn_information(x, c)):
        assert report.value == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
def test_neighbours_find_the_information_of_correlated_gaussians(rho):
    report = metrics.knn_information(*correlated(4000, rho))
    assert report.value == pytest.approx(-math.log(1 - rho**2) / 2, abs=0.05)
    assert 0.004 < report.standard_error < 0.03


def test_neighbours_find_the_information_of_a_code_in_a_noisy_picture():
    """Four letters at 0, 3, 6, 9 with unit noise: the closed form is an integral over the mixture."""
    generator = torch.Generator().manual_seed(0)
    c = torch.randint(0, 4, (4000,), generator=generator)
    x = 3.0 * c + torch.randn(4000, generator=generator)
    line = np.linspace(-9, 18, 20_001)
    density = scipy.stats.norm.pdf(line[:, None], 3.0 * np.arange(4)).mean(1)
    truth = np.trapezoid(scipy.special.entr(density), line) - scipy.stats.norm.entropy()
    report = metrics.knn_information(c, x)
    assert report.value == pytest.approx(truth, abs=0.03)
    assert report.ceiling == pytest.approx(math.log(4), abs=0.01)


def test_the_standard_error_of_neighbours_is_the_spread_over_samples():
    reports = [metrics.knn_information(*correlated(400, 0.7, seed)) for seed in range(60)]
    spread = np.std([r.value for r in reports])
    assert np.mean([r.standard_error for r in reports]) == pytest.approx(spread, rel=0.25)


def test_neighbours_cannot_read_more_than_the_logarithm_of_the_sample():
    x, _ = correlated(500, 0.0)
    report = metrics.knn_information(x, x)
    assert report.value == pytest.approx(report.ceiling, abs=0.3)
    assert report.value <= report.ceiling + 1e-9
    assert report.ceiling == pytest.approx(scipy.special.digamma(500) - scipy.special.digamma(3), abs=1e-9)
    assert report.ceiling < math.log(500 / 2)


def test_units_do_not_matter():
    x, y = correlated(300, 0.8)
    assert metrics.knn_information(1000 * x + 5, y).value == pytest.approx(
        metrics.knn_information(x, y).value, abs=1e-9
    )


def test_one_seed_one_report_and_the_global_generator_stays():
    x, y = correlated(200, 0.5)
    state = torch.get_rng_state()
    first, second, third = (metrics.knn_information(x, y, seed=seed) for seed in (0, 0, 1))
    assert first == second
    assert first.value == third.value
    assert first.standard_error != third.standard_error
    assert torch.equal(state, torch.get_rng_state())


# --- reports and refusals


def test_a_report_is_one_line():
    report = metrics.InformationReport(1.2, 0.05, 100, 2.3, 1.3)
    assert str(report) == "1.200 ± 0.050 nats (100 pairs, at most 2.300 from them, 1.300 uncorrected)"
    assert (report.low, report.high) == pytest.approx((1.102, 1.298))
    assert str(metrics.InformationReport(1.3, 0.05, 100, 2.3, 1.3)).endswith("at most 2.300 from them)")


def test_what_cannot_be_estimated_is_refused():
    x, y = correlated(100, 0.5)
    c = torch.arange(100)
    for estimate in (metrics.plug_in, metrics.knn_information):
        with pytest.raises(ValueError, match="each x needs a y"):
            estimate(x, y[:50])
        with pytest.raises(ValueError, match="each x needs a y"):
            estimate(x[:0], y[:0])
    with pytest.raises(ValueError, match="how many bins"):
        metrics.plug_in(x, c)
    with pytest.raises(ValueError, match="letters have the shape"):
        metrics.plug_in(c[:, None], c)
    with pytest.raises(ValueError, match="plug_in"):
        metrics.knn_information(c, c)
    with pytest.raises(ValueError, match="do not make 10 parts"):
        metrics.knn_information(x[:40], y[:40])
    with pytest.raises(ValueError, match="distance zero"):
        metrics.knn_information(x.round(), y.round())
    with pytest.raises(ValueError, match="every letter occurs once"):
        metrics.knn_information(c, x)
    with pytest.raises(ValueError, match="infinite"):
        metrics.knn_information(x.log(), y)

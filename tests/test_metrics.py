"""Mode counting by hand and by scipy; Parzen windows against scikit-learn's kernel density and a known table."""

import math
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KernelDensity

from ganlib.data import grid, mixture_1d, ring
from ganlib.metrics import modes, parzen, parzen_log_likelihood


def three_modes():
    """Centres at 0, 10 and 20 on the line, of widths 1, 1 and 2, with shares .2, .3 and .5."""
    return SimpleNamespace(
        modes=torch.tensor([[0.0], [10.0], [20.0]]),
        std=torch.tensor([1.0, 1.0, 2.0]),
        weights=torch.tensor([0.2, 0.3, 0.5]),
    )


# Modes ---------------------------------------------------------------------------------------------------------------


def test_modes_are_counted_as_by_hand():
    samples = torch.tensor([[0.0], [2.9], [-2.9], [3.1], [10.5], [9.0], [14.5], [50.0]])
    report = modes(samples, three_modes())
    assert report.counts == (3, 2, 1)  # 14.5 is nearer to 10, but within three of the wider mode's own deviations
    assert (report.covered, report.total) == (3, 3)
    assert report.high_quality == 6 / 8
    assert report.reverse_kl == pytest.approx(scipy.stats.entropy([3, 2, 1], [0.2, 0.3, 0.5]))
    assert report.floor == 2 / 16


def test_reach_and_number_needed_are_arguments():
    samples = torch.tensor([[0.0], [0.5], [1.5], [10.0]])
    assert modes(samples, three_modes()).counts == (3, 1, 0)
    assert modes(samples, three_modes(), within=1.0).counts == (2, 1, 0)
    assert modes(samples, three_modes(), at_least=2).covered == 1


@pytest.mark.parametrize("d", [1, 2, 3, 50])
@pytest.mark.parametrize("within", [2.0, 3.0])
def test_ceiling_is_the_chi_distribution(d, within):
    mixture = SimpleNamespace(modes=torch.zeros(1, d), std=torch.tensor(1.0), weights=torch.ones(1))
    report = modes(torch.randn(3, d), mixture, within=within)
    assert report.ceiling == pytest.approx(scipy.stats.chi.cdf(within, d), rel=1e-12)


def test_a_perfect_sampler_scores_its_ceiling_and_its_floor():
    torch.manual_seed(0)
    reports = [modes(ring()(500), ring()) for _ in range(200)]
    share = np.mean([r.high_quality for r in reports])
    assert reports[0].ceiling == pytest.approx(1 - math.exp(-4.5))
    assert share == pytest.approx(reports[0].ceiling, abs=4 * math.sqrt(0.9889 * 0.0111 / 1e5))
    assert np.mean([r.reverse_kl for r in reports]) == pytest.approx(reports[0].floor, rel=0.2)
    assert all(r.covered == 8 for r in reports)


def test_collapse_to_one_mode_is_clean_and_costs_log_k():
    for mixture, total in ((ring(), 8), (grid(), 25)):
        report = modes(mixture.modes[3].repeat(40, 1), mixture)
        assert (report.covered, report.total, report.high_quality) == (1, total, 1.0)
        assert report.reverse_kl == pytest.approx(math.log(total), rel=1e-6)


def test_samples_of_no_mode_leave_the_divergence_undefined():
    report = modes(torch.tensor([[0.0, 0.0], [math.nan, 1.0], [math.inf, 0.0]]), ring())
    assert (report.covered, report.high_quality) == (0, 0.0)
    assert math.isnan(report.reverse_kl)
    assert str(report) == "0 of 8 modes, high quality 0.0 % (ceiling 98.89 %), reverse KL undefined (floor 1.1667)"


def test_report_reads_as_one_line():
    samples = ring().modes.repeat(100, 1)
    samples[:56] = 0
    assert str(modes(samples, ring())) == (
        "8 of 8 modes, high quality 93.0 % (ceiling 98.89 %), reverse KL 0.000 (floor 0.0044)"
    )


def test_samples_must_fit_the_mixture():
    for samples in (torch.zeros(5), torch.zeros(5, 3), torch.zeros(0, 2)):
        with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
            modes(samples, ring())
    assert modes(torch.zeros(2, 1), mixture_1d([0.0, 5.0], 1.0)).covered == 1


# Parzen --------------------------------------------------------------------------------------------------------------


@cache
def digits():
    """Centres, validation and test images, pixels / 16; the split the reference values were computed on."""
    x, y = load_digits(return_X_y=True)
    train, test = train_test_split(x / 16, test_size=0.25, random_state=0, stratify=y)
    return tuple(torch.as_tensor(part) for part in (train[:1077], train[1077:], test))


def kernel_density(sigma, centres):
    """The exact sum: with more than one leaf, the tree's answers in 64 dimensions are off by up to 128 nats."""
    return KernelDensity(bandwidth=sigma, leaf_size=len(centres)).fit(centres.numpy())


@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_log_likelihood_is_scikit_learns_kernel_density(sigma):
    centres, _, test = digits()
    expected = kernel_density(sigma, centres).score_samples(test.numpy())
    assert parzen_log_likelihood(test, centres, sigma).numpy() == pytest.approx(expected, rel=1e-9)


def test_one_window_is_a_gaussian_on_any_shape():
    x = torch.randn(5, 1, 4, 4).double()
    expected = torch.distributions.Normal(0.0, 0.3).log_prob(x).flatten(1).sum(1)
    assert torch.allclose(parzen_log_likelihood(x, torch.zeros(1, 1, 4, 4), 0.3), expected)


def test_more_rows_than_fit_in_memory_at_once_score_the_same():
    x, centres = torch.randn(1100, 2).double(), torch.randn(7, 2).double()
    each = torch.cat([parzen_log_likelihood(row[None], centres, 0.5) for row in x[500:530]])
    assert torch.allclose(parzen_log_likelihood(x, centres, 0.5)[500:530], each)


def test_real_digits_score_their_reference_value():
    centres, validation, test = digits()
    report = parzen(centres, validation, test)
    assert report.nats == pytest.approx(26.56, abs=0.02)
    assert report.standard_error == pytest.approx(0.82, abs=0.01)
    assert report.n == 1077
    assert not report.at_edge
    widths = np.logspace(-1, 0, 10)
    scores = [kernel_density(s, centres).score(validation.numpy()) for s in widths]
    assert report.sigma == pytest.approx(widths[np.argmax(scores)])
    assert str(report) == "26.6 ± 0.8 nats (sigma 0.129, 1077 samples)"


def test_cluster_centres_beat_as_many_real_images_and_not_all_of_them():
    centres, validation, test = digits()

    def of_clusters(k):
        found = KMeans(k, n_init=1, random_state=0).fit(centres.numpy()).cluster_centers_
        return parzen(torch.as_tensor(found), validation, test).nats

    clusters = of_clusters(100)
    assert clusters == pytest.approx(22.5, abs=1.0)
    assert clusters > parzen(centres[:100], validation, test).nats + 10
    assert of_clusters(400) < parzen(centres, validation, test).nats


def test_a_width_at_the_edge_of_its_range_is_called_out():
    centres, validation, test = digits()
    leaked = parzen(torch.cat([centres, validation]), validation, test)
    assert leaked.at_edge
    assert "sigma is the smallest tried: try smaller ones" in str(leaked)
    wide = parzen(centres, validation, test, sigmas=(0.01, 0.05))
    assert "sigma is the largest tried: try larger ones" in str(wide)
    assert not parzen(centres, validation, test, sigmas=(0.129,)).at_edge


def test_parzen_refuses_what_does_not_fit():
    a, b = torch.zeros(3, 2), torch.zeros(3, 4)
    with pytest.raises(ValueError, match="rows of one length"):
        parzen(a, b, b)
    with pytest.raises(ValueError, match="rows of one length"):
        parzen(a, a, torch.zeros(0, 2))
    with pytest.raises(ValueError, match="above zero"):
        parzen(a, a, a, sigmas=(0.0, 1.0))
    with pytest.raises(ValueError, match="at least one sigma"):
        parzen(a, a, a, sigmas=())

"""Divergences, equilibria and dynamics against closed forms, scipy and scikit-learn; all in float64."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats
import torch
from sklearn.linear_model import LogisticRegression
from torch.distributions import (
    Beta,
    Categorical,
    Cauchy,
    Exponential,
    Gamma,
    Independent,
    Laplace,
    LogNormal,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
    Poisson,
    Uniform,
)

from ganlib import losses, theory

LOG2 = math.log(2)
F = {
    "forward_kl": theory.forward_kl,
    "reverse_kl": theory.reverse_kl,
    "jensen_shannon": theory.jensen_shannon,
    "gan": theory.gan,
    "pearson": theory.pearson,
    "neyman": theory.neyman,
    "squared_hellinger": theory.squared_hellinger,
    "variation": theory.variation,
}
every_f = pytest.mark.parametrize("f", F.values(), ids=F.keys())


def t64(x):
    return torch.as_tensor(x, dtype=torch.float64)


def normal(mean=0.0, std=1.0):
    return Normal(t64(mean), t64(std))


def mixture(means, stds, weights=None):
    weights = [1.0] * len(means) if weights is None else weights
    return MixtureSameFamily(Categorical(t64(weights)), Normal(t64(means), t64(stds)))


def probabilities(rows, k=7, seed=0):
    return torch.distributions.Dirichlet(torch.full((k,), 0.6, dtype=torch.float64)).sample((rows,))


LINE = np.linspace(-30, 30, 8_001)


def random_mixtures(seed, pairs):
    """Pairs of two-component mixtures: the distribution, and by scipy its log density along LINE."""
    rng = np.random.default_rng(seed)
    for _ in range(pairs):
        both = []
        for _ in range(2):
            mean, std, weight = rng.normal(0, 2, 2), np.exp(rng.normal(-0.3, 0.5, 2)), rng.dirichlet([2, 2])
            log = scipy.special.logsumexp(scipy.stats.norm.logpdf(LINE[:, None], mean, std), b=weight, axis=1)
            both.append((mixture(mean, std, weight), log))
        yield both


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# Divergences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "jsd", "v"), [(1, 0.111421, -1.163451), (2, 0.336831, -0.712633), (3, 0.526777, -0.332740)]
)
def test_js_and_value_of_two_unit_gaussians(m, jsd, v):
    p, q = normal(), normal(m)
    assert theory.js(p, q).item() == pytest.approx(jsd, abs=5e-7)
    assert theory.value_at_optimum(p, q).item() == pytest.approx(v, abs=1e-6)
    assert theory.kl(p, q).item() == pytest.approx(m**2 / 2)
    assert theory.total_variation(p, q).item() == pytest.approx(2 * scipy.stats.norm.cdf(m / 2) - 1, abs=1e-12)


def test_integrals_over_50_random_pairs_of_mixtures_agree_with_scipy():
    for (p, a), (q, b) in random_mixtures(0, 50):
        m = np.logaddexp(a, b) - LOG2
        for value, integrand, tolerance in (
            (theory.kl(p, q), np.exp(a) * (a - b), 1e-8),
            (theory.js(p, q), (np.exp(a) * (a - m) + np.exp(b) * (b - m)) / 2, 1e-8),
            (theory.total_variation(p, q), abs(np.exp(a) - np.exp(b)) / 2, 1e-4),
            (theory.f_divergence(p, q, theory.squared_hellinger), (np.exp(a / 2) - np.exp(b / 2)) ** 2, 1e-8),
            (theory.entropy(p), -np.exp(a) * a, 1e-8),
            (theory.cross_entropy(p, q), -np.exp(a) * b, 1e-8),
        ):
            assert value.item() == pytest.approx(scipy.integrate.simpson(integrand, x=LINE), rel=1e-7, abs=tolerance)


def test_discrete_divergences_agree_with_scipy_on_50_pairs():
    p, q = probabilities(50), probabilities(50)
    assert theory.kl(p, q).numpy() == pytest.approx(scipy.stats.entropy(p.T, q.T))
    assert theory.entropy(p).numpy() == pytest.approx(scipy.stats.entropy(p.T))
    assert theory.js(p, q).numpy() == pytest.approx(scipy.spatial.distance.jensenshannon(p.T, q.T) ** 2)
    assert theory.total_variation(p, q).numpy() == pytest.approx(np.abs(p.numpy() - q.numpy()).sum(1) / 2)


def test_inequalities_between_divergences_hold_on_50_pairs():
    p, q = probabilities(50), probabilities(50)
    tv, kl, js = theory.total_variation(p, q), theory.kl(p, q), theory.js(p, q)
    hellinger = theory.f_divergence(p, q, theory.squared_hellinger)
    assert (tv <= (kl / 2).sqrt()).all()  # Pinsker
    assert (kl <= theory.f_divergence(p, q, theory.pearson).log1p() + 1e-12).all()
    assert (hellinger / 2 <= tv).all()
    assert (tv <= (hellinger * (1 - hellinger / 4)).sqrt() + 1e-12).all()
    assert (js <= tv * LOG2 + 1e-12).all()  # Lin 1991, theorem 3
    assert torch.allclose(js, theory.js(q, p), atol=1e-14)
    assert torch.allclose(theory.kl(p, p), torch.zeros(50).double(), atol=1e-15)


@pytest.mark.parametrize(
    ("f", "direct"),
    [
        (theory.forward_kl, lambda p, q: p * (p / q).log()),
        (theory.reverse_kl, lambda p, q: q * (q / p).log()),
        (theory.jensen_shannon, lambda p, q: (p * (2 * p / (p + q)).log() + q * (2 * q / (p + q)).log()) / 2),
        (theory.gan, lambda p, q: p * (p / (p + q)).log() + q * (q / (p + q)).log()),
        (theory.pearson, lambda p, q: (p - q) ** 2 / q),
        (theory.neyman, lambda p, q: (p - q) ** 2 / p),
        (theory.squared_hellinger, lambda p, q: (p.sqrt() - q.sqrt()) ** 2),
        (theory.variation, lambda p, q: (p - q).abs() / 2),
    ],
    ids=F.keys(),
)
def test_f_divergence_is_its_textbook_sum(f, direct):
    p, q = probabilities(50), probabilities(50)
    assert torch.allclose(theory.f_divergence(p, q, f), direct(p, q).sum(1), rtol=1e-10)


@every_f
def test_conjugate_is_the_supremum_over_u(f):
    u = torch.cat([t64([0.0]), torch.logspace(-9, 9, 400_001, dtype=torch.float64)])
    top = min(f.at_infinity, 3.0)
    for t in (top - 4, top - 2, top - 0.7, top - 0.05):
        brute = (u * t - f.f(u)).max().item()
        assert f.conjugate(t64(t)).item() == pytest.approx(brute, abs=1e-6)


@every_f
def test_conjugate_is_infinite_exactly_beyond_the_slope_at_infinity(f):
    u = t64(1e12)
    assert (f.f(u) / u).item() == pytest.approx(f.at_infinity, abs=1e-5) or f.f(u) / u > 20
    if math.isfinite(f.at_infinity):
        assert f.conjugate(t64(f.at_infinity + 1e-9)) == torch.inf
        assert f.conjugate(t64(f.at_infinity - 1e-9)).isfinite()


@every_f
def test_no_critic_beats_the_divergence_and_the_optimal_one_reaches_it(f):
    p, q = mixture([-1.0, 1.5], [0.8, 0.8], [0.3, 0.7]), normal(0.3, 0.8)
    divergence = theory.f_divergence(p, q, f).item()
    best = theory.optimal_critic(p, q, f)
    assert theory.variational_bound(p, q, best, f).item() == pytest.approx(divergence, abs=1e-8)
    for shift in (-0.3, 0.2):
        worse = theory.variational_bound(
            p, q, lambda x, s=shift: (best(x) + s * torch.cos(x)).clamp(max=f.at_infinity - 1e-9), f
        )
        assert worse.item() < divergence


def test_the_bound_of_gan_is_the_game_with_T_equal_to_log_D():
    p, q = normal(), normal(1.0, 0.8)
    score = lambda x: 0.4 - 0.9 * x
    bound = theory.variational_bound(p, q, lambda x: -torch.nn.functional.softplus(-score(x)), theory.gan)
    assert bound.item() == pytest.approx(theory.value(p, q, score).item(), abs=1e-10)


def test_a_critic_beyond_its_range_bounds_nothing():
    p, q = normal(), normal(1.0)
    assert theory.variational_bound(p, q, torch.ones_like, theory.jensen_shannon) == -torch.inf


def test_disjoint_supports_saturate_everything_but_the_distance():
    p, q = t64([1.0, 0.0]), t64([0.0, 1.0])
    assert theory.js(p, q).item() == pytest.approx(LOG2)
    assert theory.total_variation(p, q) == 1
    assert theory.kl(p, q) == torch.inf
    for f in (theory.forward_kl, theory.reverse_kl, theory.pearson, theory.neyman):
        assert theory.f_divergence(p, q, f) == torch.inf
    assert theory.f_divergence(p, q, theory.squared_hellinger) == 2
    assert theory.f_divergence(p, q, theory.jensen_shannon).item() == pytest.approx(LOG2)
    assert theory.nonsaturating_divergence(p, q) == torch.inf
    assert theory.value_at_optimum(p, q).item() == pytest.approx(0.0, abs=1e-15)
    for gap in (0.5, 2.0, 7.0):  # parallel lines
        assert theory.wasserstein_1d(t64([0.0]), t64([gap])) == gap


def test_half_overlapping_uniforms_by_hand():
    p, q = Uniform(t64(0.0), t64(1.0)), Uniform(t64(0.5), t64(1.5))
    assert theory.total_variation(p, q).item() == pytest.approx(0.5, abs=1e-12)
    assert theory.js(p, q).item() == pytest.approx(LOG2 / 2, abs=1e-12)
    assert theory.f_divergence(p, q, theory.squared_hellinger).item() == pytest.approx(1.0, abs=1e-12)
    assert theory.f_divergence(p, q, theory.forward_kl) == torch.inf
    assert theory.kl(p, Uniform(t64(-1.0), t64(2.0))).item() == pytest.approx(math.log(3))
    assert theory.cross_entropy(p, Uniform(t64(-1.0), t64(2.0))).item() == pytest.approx(math.log(3), abs=1e-12)
    assert theory.wasserstein_cdf(p, q).item() == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (Exponential(t64(1.0)), Exponential(t64(0.4))),
        (Laplace(t64(0.0), t64(1.0)), Laplace(t64(1.0), t64(0.5))),
        (Gamma(t64(3.0), t64(1.0)), Gamma(t64(2.0), t64(0.5))),
        (Beta(t64(2.0), t64(3.0)), Beta(t64(3.0), t64(2.0))),
        (LogNormal(t64(0.0), t64(0.4)), LogNormal(t64(0.2), t64(0.5))),
        (Exponential(t64(1.0)), normal(1.0, 2.0)),
        (normal(0.0, 1.0), normal(0.0, 0.01)),
        (normal(0.0, 0.01), normal(0.5, 1.0)),
    ],
)
def test_integration_agrees_with_the_closed_forms_torch_knows(p, q):
    closed = torch.distributions.kl_divergence(p, q).item()
    assert theory.f_divergence(p, q, theory.forward_kl).item() == pytest.approx(closed, rel=1e-8)
    assert theory.f_divergence(q, p, theory.reverse_kl).item() == pytest.approx(closed, rel=1e-8)
    assert theory.kl(p, q).item() == closed
    assert theory.entropy(p).item() == pytest.approx(p.entropy().item(), rel=1e-8)


def test_a_ratio_beyond_float64_is_treated_as_no_density_at_all():
    narrow, wide = normal(0.0, 0.01), normal()
    assert theory.f_divergence(wide, narrow, theory.pearson) == torch.inf  # the integral of wide^2 / narrow diverges
    assert theory.f_divergence(wide, narrow, theory.jensen_shannon).item() == pytest.approx(
        theory.js(wide, narrow).item(), abs=1e-12
    )
    assert theory.f_divergence(narrow, wide, theory.squared_hellinger).item() == pytest.approx(
        2 - 2 * math.sqrt(2 * 0.01 / (1 + 0.01**2)), abs=1e-10
    )


def test_mass_outside_a_bounded_support_costs_infinitely_much_and_only_one_way():
    unbounded, bounded = normal(0.5, 0.3), Uniform(t64(0.0), t64(1.0))
    finite = math.log(0.3 * math.sqrt(2 * math.pi)) + (1 / 12) / (2 * 0.3**2)  # the uniform's variance is 1/12
    assert theory.f_divergence(unbounded, bounded, theory.forward_kl) == torch.inf
    assert theory.f_divergence(bounded, unbounded, theory.reverse_kl) == torch.inf
    assert theory.kl(unbounded, bounded) == torch.inf
    assert theory.f_divergence(bounded, unbounded, theory.forward_kl).item() == pytest.approx(finite, abs=1e-12)
    assert theory.js(unbounded, bounded).item() == pytest.approx(theory.js(bounded, unbounded).item(), abs=1e-14)


def test_forward_and_reverse_fit_of_a_gaussian_to_two_modes():
    two = mixture([-2.0, 2.0], [0.5, 0.5])
    assert theory.kl(two, normal(0.0, math.sqrt(4.25))).item() == pytest.approx(0.724, abs=1e-3)
    assert theory.kl(normal(2.0, 0.5), two).item() == pytest.approx(LOG2, abs=1e-4)


def test_densities_on_a_grid_give_the_same_as_distributions():
    p, q, grid = mixture([-1.0, 1.0], [0.5, 0.4]), normal(0.2, 1.1), torch.linspace(-9, 9, 4001, dtype=torch.float64)
    on_grid = [d.log_prob(grid).exp() for d in (p, q)]
    for function in (
        theory.kl,
        theory.js,
        theory.total_variation,
        theory.cross_entropy,
        theory.nonsaturating_divergence,
    ):
        assert function(*on_grid, grid).item() == pytest.approx(function(p, q).item(), abs=1e-6)
        assert function(p, q, grid).item() == pytest.approx(function(p, q).item(), abs=1e-6)
        assert function(on_grid[0], q, grid).item() == pytest.approx(function(p, q).item(), abs=1e-6)
    assert theory.wasserstein_cdf(*on_grid, grid).item() == pytest.approx(theory.wasserstein_cdf(p, q).item(), abs=1e-5)
    assert theory.expectation(on_grid[0], lambda x: x**2, grid).item() == pytest.approx(1.205, abs=1e-6)


def test_a_mixture_of_points_of_length_one_is_a_distribution_on_the_line():
    column = MixtureSameFamily(
        Categorical(t64([0.3, 0.7])), Independent(Normal(t64([[-1.0], [2.0]]), t64([[0.5], [0.2]])), 1)
    )
    flat, q = mixture([-1.0, 2.0], [0.5, 0.2], [0.3, 0.7]), normal(0.5, 2.0)
    assert theory.js(column, q).item() == pytest.approx(theory.js(flat, q).item(), abs=1e-14)
    assert theory.wasserstein_cdf(column, q).item() == pytest.approx(theory.wasserstein_cdf(flat, q).item(), abs=1e-14)


def test_a_mixture_over_different_supports_integrates():
    p = MixtureSameFamily(Categorical(t64([0.5, 0.5])), Uniform(t64([0.0, 2.0]), t64([1.0, 3.0])), validate_args=False)
    whole = Uniform(t64(0.0), t64(3.0))
    assert theory.kl(p, whole).item() == pytest.approx(math.log(1.5), abs=1e-10)
    assert theory.wasserstein_cdf(p, whole).item() == pytest.approx(1 / 4, abs=1e-10)


def test_divergences_are_differentiable():
    mean = t64(0.7).requires_grad_()
    (slope,) = torch.autograd.grad(theory.kl(normal(), Normal(mean, 1.0)), mean)
    assert slope.item() == pytest.approx(0.7)
    two = mixture([-1.0, 1.0], [0.5, 0.5])
    for function in (theory.kl, theory.js, theory.total_variation, theory.wasserstein_cdf):
        (slope,) = torch.autograd.grad(function(Normal(mean, 1.0), two), mean)
        around = [function(normal(0.7 + h), two).item() for h in (1e-4, -1e-4)]
        assert slope.item() == pytest.approx((around[0] - around[1]) / 2e-4, abs=1e-6)


def test_zero_probabilities_leave_no_nan_in_the_gradient():
    p = t64([0.5, 0.5, 0.0, 0.0]).requires_grad_()
    q = t64([0.25, 0.5, 0.25, 0.0]).requires_grad_()
    for function in (theory.kl, theory.js, theory.total_variation, theory.entropy):
        arguments = (p,) if function is theory.entropy else (p, q)
        for gradient in torch.autograd.grad(function(*arguments), arguments):
            assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((t64([0.5, 0.6]), t64([0.5, 0.5])), "p sums to 1.1"),
        ((t64([0.5, 0.5]), t64([2.0, 3.0])), "q sums to 5"),
        ((t64([1.5, -0.5]), t64([0.5, 0.5])), "p has negative entries"),
        ((t64([0.5, 0.5]), t64([0.5, 0.25, 0.25])), "p has 2 entries and q has 3"),
        ((t64([0.5, 0.5]), Normal(0.0, 1.0)), "pass the grid"),
        ((t64([1.0, 1.0]), t64([1.0, 1.0]), torch.linspace(0, 1, 3)), "p has 2 entries and the grid has 3"),
        ((Normal(0.0, 1.0), Normal(0.5, 1.0), torch.linspace(-1, 1, 50)), "p has mass 0.68"),
        ((Normal(0.0, 1.0), Normal(0.5, 1.0), torch.linspace(1, -1, 50)), "increasing"),
        ((Cauchy(0.0, 1.0), Normal(0.5, 1.0)), "Cauchy has no finite mean and variance"),
        ((Poisson(2.0), Poisson(3.0)), "Poisson is discrete"),
        ((MultivariateNormal(torch.zeros(2), torch.eye(2)),) * 2, "not a single distribution on the line"),
        ((Normal(torch.zeros(3), 1.0),) * 2, "not a single distribution on the line"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(arguments, message):
    with pytest.raises(ValueError, match=message):
        theory.js(*arguments)


def test_functions_of_x_need_points():
    half = t64([0.5, 0.5])
    with pytest.raises(ValueError, match="probabilities carry no points"):
        theory.expectation(half, lambda x: x)
    assert theory.expectation(half, t64([3.0, 5.0])) == 4


# Distances -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 37), (1, 9), (64, 16)])
def test_wasserstein_of_samples_agrees_with_scipy(n, m):
    x, y = torch.randn(n).double(), 2 * torch.randn(m).double() + 1
    assert theory.wasserstein_1d(x, y).item() == pytest.approx(scipy.stats.wasserstein_distance(x, y), rel=1e-12)


def test_wasserstein_of_a_shift_is_the_shift_for_every_order():
    x = torch.randn(40).double().requires_grad_()
    for order in (1.0, 2.0, 3.0):
        assert theory.wasserstein_1d(x, (x + 2.5).detach(), order).item() == pytest.approx(2.5)
    (gradient,) = torch.autograd.grad(theory.wasserstein_1d(x, (x + 2.5).detach()), x)
    assert torch.allclose(gradient, torch.full_like(gradient, -1 / 40))


def test_wasserstein_2_of_gaussian_quantiles_is_the_gaussian_one():
    levels = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    p, q = normal(1.0, 2.0), normal(-0.5, 0.5)
    assert theory.wasserstein_1d(p.icdf(levels), q.icdf(levels), order=2).item() == pytest.approx(
        theory.wasserstein_gaussian(p, q).item(), abs=1e-3
    )
    assert theory.wasserstein_gaussian(p, q).item() == pytest.approx(math.hypot(1.5, 1.5))


def test_wasserstein_from_cumulative_functions():
    assert theory.wasserstein_cdf(normal(), normal(3.0)).item() == pytest.approx(3, abs=1e-10)
    assert theory.wasserstein_cdf(normal(), normal(0.0, 2.0)).item() == pytest.approx(math.sqrt(2 / math.pi), abs=1e-10)
    assert theory.wasserstein_cdf(Exponential(t64(1.0)), Exponential(t64(0.25))).item() == pytest.approx(3, abs=1e-10)
    p, q = mixture([-1.0, 2.0], [0.4, 0.8], [0.3, 0.7]), normal(0.5)
    cdf = lambda x: (
        0.3 * scipy.stats.norm.cdf(x, -1, 0.4) + 0.7 * scipy.stats.norm.cdf(x, 2, 0.8) - scipy.stats.norm.cdf(x, 0.5)
    )
    assert theory.wasserstein_cdf(p, q).item() == pytest.approx(
        scipy.integrate.simpson(abs(cdf(LINE)), x=LINE), abs=1e-4
    )


def test_gaussian_wasserstein_in_three_dimensions_agrees_with_matrix_square_roots():
    a, b, mean = torch.randn(3, 3).double(), torch.randn(3, 3).double(), torch.randn(3).double()
    a, b = a @ a.mT + 0.1 * torch.eye(3), b @ b.mT + 0.1 * torch.eye(3)
    root = scipy.linalg.sqrtm(a.numpy())
    cross = np.trace(scipy.linalg.sqrtm(root @ b.numpy() @ root)).real
    expected = math.sqrt(float(mean.square().sum() + a.trace() + b.trace()) - 2 * cross)
    p, q = MultivariateNormal(mean, a), MultivariateNormal(torch.zeros(3).double(), b)
    assert theory.wasserstein_gaussian(p, q).item() == pytest.approx(expected)


def test_distances_refuse_what_has_no_place():
    with pytest.raises(ValueError, match="shape"):
        theory.wasserstein_1d(torch.zeros(3, 1), torch.zeros(3))
    with pytest.raises(ValueError, match="shape"):
        theory.wasserstein_1d(torch.zeros(0), torch.zeros(3))
    with pytest.raises(ValueError, match="where the mass lies"):
        theory.wasserstein_cdf(t64([0.5, 0.5]), t64([0.1, 0.9]))
    with pytest.raises(ValueError, match="no cumulative function"):
        theory.wasserstein_cdf(Beta(t64(2.0), t64(2.0)), normal())
    with pytest.raises(ValueError, match="both MultivariateNormal"):
        theory.wasserstein_gaussian(normal(), MultivariateNormal(torch.zeros(1), torch.eye(1)))


# Equilibria ----------------------------------------------------------------------------------------------------------


def test_optimal_score_of_two_unit_gaussians_is_a_line():
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    assert torch.allclose(theory.optimal_score(normal(), normal(1.5))(x), 1.5**2 / 2 - 1.5 * x)


def test_logistic_regression_finds_the_optimal_discriminator():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 40_000), rng.normal(1.5, 1, 40_000)])[:, None]
    fitted = LogisticRegression(C=np.inf).fit(x, np.repeat([1, 0], 40_000))
    points = np.linspace(-3, 4, 8)
    best = theory.optimal_discriminator(normal(), normal(1.5))(t64(points)).numpy()
    assert fitted.predict_proba(points[:, None])[:, 1] == pytest.approx(best, abs=0.01)


def test_optimal_discriminator_in_the_plane_and_of_anything_with_a_log_prob():
    p = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    q = MultivariateNormal(torch.ones(2).double(), 4 * torch.eye(2).double())

    class Bare:
        def log_prob(self, x):
            return q.log_prob(x)

    x = torch.randn(6, 2).double()
    a, b = (t64(scipy.stats.multivariate_normal(np.full(2, m), c).pdf(x)) for m, c in ((0, 1), (1, 4)))
    for fake in (q, Bare()):
        assert torch.allclose(theory.optimal_discriminator(p, fake)(x), a / (a + b))


def test_optimal_discriminator_is_sure_off_one_support_and_silent_off_both():
    p, q = Uniform(0.0, 1.0), Uniform(0.5, 1.5)
    best = theory.optimal_discriminator(p, q)(torch.tensor([0.2, 0.7, 1.2, 3.0]))
    assert best[:3].tolist() == [1.0, 0.5, 0.0]
    assert best[3].isnan()


def test_value_is_largest_for_the_optimal_score():
    for (p, _), (q, _) in random_mixtures(1, 10):
        best = theory.optimal_score(p, q)
        value = theory.value(p, q, best).item()
        assert value == pytest.approx(theory.value_at_optimum(p, q).item(), abs=1e-10)
        for other in (lambda x, s=best: s(x) + 0.1 * torch.sin(3 * x), lambda x, s=best: 1.2 * s(x), torch.zeros_like):
            assert theory.value(p, q, other).item() < value
    assert theory.value(p, q, torch.zeros_like).item() == pytest.approx(-math.log(4))
    assert theory.value_at_optimum(p, p).item() == pytest.approx(-1.386294, abs=1e-6)


def test_value_agrees_with_the_objective_that_trains():
    p, q = t64([0.2, 0.5, 0.3]), t64([0.5, 0.4, 0.1])
    scores = t64([-1.0, 0.3, 2.0])
    batch = [scores.repeat_interleave((10 * r).long())[:, None] for r in (p, q)]
    assert theory.value(p, q, scores).item() == pytest.approx(-losses.minimax.d(*batch).item())


def test_best_accuracy_is_that_of_the_bayes_threshold():
    for m in (0.0, 1.0, 2.0):
        assert theory.best_accuracy(normal(), normal(m)).item() == pytest.approx(scipy.stats.norm.cdf(m / 2), abs=1e-12)


def test_hinge_value_is_reached_by_the_sign_and_by_nothing_better():
    p, q = normal(), normal(1.0)
    best = theory.optimal_score(p, q)

    def hinge(score):
        return (
            theory.expectation(p, lambda x: torch.relu(1 - score(x)))
            + theory.expectation(q, lambda x: torch.relu(1 + score(x)))
        ).item()

    assert theory.hinge_value(p, q).item() == pytest.approx(1.234150, abs=5e-7)
    assert hinge(lambda x: best(x).sign()) == pytest.approx(1.234150, abs=1e-5)
    assert min(hinge(best), hinge(lambda x: 0.9 * best(x).sign()), hinge(torch.zeros_like)) > 1.24


@pytest.mark.parametrize(("m", "expected"), [(1, 0.277157), (2, 1.326338), (3, 3.446445)])
def test_nonsaturating_divergence_is_reverse_kl_minus_two_js(m, expected):
    p, q = normal(), normal(m)
    assert theory.nonsaturating_divergence(p, q).item() == pytest.approx(expected, abs=5e-7)
    assert (theory.kl(q, p) - 2 * theory.js(p, q)).item() == pytest.approx(expected, abs=5e-7)


def test_dropping_a_mode_is_cheap_for_the_nonsaturating_generator():
    p = t64([0.5, 0.5])
    assert theory.nonsaturating_divergence(p, t64([1.0, 0.0])).item() == pytest.approx(1.5 * math.log(1.5) - LOG2 / 2)
    assert theory.nonsaturating_divergence(t64([1.0, 0.0]), p) == torch.inf


def frozen_gradient(loss, mean, std):
    """The gradient of E_q loss(D*(x)) by q's mean and log std, with the discriminator's formula held fixed."""
    p, q = normal(), normal(mean, std)
    score = theory.optimal_score(p, q)
    parameters = t64([mean, math.log(std)]).requires_grad_()
    moved = Normal(parameters[0], parameters[1].exp())
    grid = torch.linspace(mean - 12, mean + 12, 20_001, dtype=torch.float64)
    return torch.autograd.grad(theory.expectation(moved, lambda x: loss(score(x)), grid), parameters)[0]


def full_gradient(divergence, mean, std):
    """The gradient of a divergence of q from N(0, 1) by q's mean and log std."""
    parameters = t64([mean, math.log(std)]).requires_grad_()
    return torch.autograd.grad(divergence(normal(), Normal(parameters[0], parameters[1].exp())), parameters)[0]


@pytest.mark.parametrize(("mean", "std"), [(1.0, 1.0), (0.3, 0.6), (-1.2, 1.4)])
def test_what_each_generator_descends_with_the_best_discriminator_held_fixed(mean, std):
    softplus = torch.nn.functional.softplus
    game = frozen_gradient(lambda s: -softplus(s), mean, std)
    assert torch.allclose(game, full_gradient(theory.value_at_optimum, mean, std), atol=1e-6)
    nonsaturating = frozen_gradient(lambda s: softplus(-s), mean, std)
    assert torch.allclose(nonsaturating, full_gradient(theory.nonsaturating_divergence, mean, std), atol=1e-6)
    if (mean, std) == (1.0, 1.0):
        assert nonsaturating[0].item() == pytest.approx(0.602027, abs=5e-7)


def test_least_squares_value_is_half_pearson_of_the_sum_from_twice_the_fake():
    p, q = normal(), normal(1.0)
    middle = mixture([0.0, 1.0], [1.0, 1.0])
    assert 2 * theory.least_squares_value(p, q, -1, 1, 0).item() == pytest.approx(0.408109, abs=5e-7)
    # (p + q) and 2q both have mass two: their chi squared is 2 chi^2 of the averages, sum in the denominator.
    assert 2 * theory.f_divergence(q, middle, theory.pearson).item() == pytest.approx(0.408109, abs=5e-7)


def test_the_least_squares_generator_does_not_descend_pearson():
    # The criterion at D* is half the chi squared; its gradient is not the one G receives, not even in sign.
    half_pearson = lambda p, q: theory.least_squares_value(p, q, -1, 1, 0)
    criterion = lambda s: (2 * torch.sigmoid(s) - 1) ** 2 / 2
    assert full_gradient(half_pearson, 1.0, 1.0)[0].item() == pytest.approx(0.338, abs=5e-4)
    assert frozen_gradient(criterion, 1.0, 1.0)[0].item() == pytest.approx(0.060, abs=5e-4)
    assert full_gradient(half_pearson, 0.0, 0.5)[1].item() == pytest.approx(-0.353, abs=5e-4)
    assert frozen_gradient(criterion, 0.0, 0.5)[1].item() == pytest.approx(0.0304, abs=5e-5)


def test_with_labels_0_1_1_the_least_squares_generator_descends_an_f_divergence_of_q_from_p():
    f = theory.FDivergence(  # of u = q/p, up to its value at one
        f=lambda u: (u - 2 * torch.log1p(u) - 1 / (1 + u)) / 2, conjugate=torch.exp, at_infinity=0.5
    )
    criterion = lambda s: (torch.sigmoid(s) - 1) ** 2 / 2
    for mean, std in ((1.0, 1.0), (0.4, 0.7)):
        descended = full_gradient(lambda p, q: theory.f_divergence(q, p, f), mean, std)
        assert torch.allclose(frozen_gradient(criterion, mean, std), descended, atol=1e-6)
    assert frozen_gradient(criterion, 1.0, 1.0)[0].item() == pytest.approx(0.11444, abs=5e-6)


def test_least_squares_discriminator_is_the_pointwise_minimum():
    p, q, x = normal(), normal(1.0, 0.5), torch.linspace(-3, 3, 13, dtype=torch.float64)
    a, b = -0.5, 2.0
    tried = torch.linspace(-1, 3, 40_001, dtype=torch.float64)
    cost = p.log_prob(x).exp()[:, None] * (tried - b) ** 2 + q.log_prob(x).exp()[:, None] * (tried - a) ** 2
    assert torch.allclose(theory.least_squares_discriminator(p, q, a, b)(x), tried[cost.argmin(1)], atol=1e-4)


# Dynamics ------------------------------------------------------------------------------------------------------------

ORIGIN = torch.zeros(2, dtype=torch.float64)


def regularised(gamma, objective=losses.minimax):
    return theory.dirac(objective, lambda D, real, fake: gamma / 2 * losses.r1(D, real))


def as_complex(*values):
    return torch.tensor(sorted(values, key=lambda z: (z.imag, z.real)), dtype=torch.complex128)


@pytest.mark.parametrize(
    ("objective", "g", "d"),
    [
        (losses.minimax, lambda t, s: s * torch.sigmoid(s * t), lambda t, s: -t * torch.sigmoid(s * t)),
        (losses.nonsaturating, lambda t, s: s * torch.sigmoid(-s * t), lambda t, s: -t * torch.sigmoid(s * t)),
        (losses.relativistic, lambda t, s: s * torch.sigmoid(-s * t), lambda t, s: -t * torch.sigmoid(s * t)),
        (losses.wasserstein, lambda t, s: s, lambda t, s: -t),
        (losses.hinge, lambda t, s: s, lambda t, s: -t * (s * t > -1)),
        (losses.least_squares(0, 1, 1), lambda t, s: s * (1 - s * t), lambda t, s: -s * t**2),
    ],
)
def test_the_field_of_every_objective_in_closed_form(objective, g, d):
    states = torch.randn(50, 2).double()
    theta, psi = states.unbind(-1)
    velocity = theory.dirac(objective)(states)
    assert torch.allclose(velocity, torch.stack([g(theta, psi), d(theta, psi)], -1))
    assert torch.allclose(theory.dirac(objective)(states[7]), velocity[7])
    assert not velocity.requires_grad
    assert not states.requires_grad


@pytest.mark.parametrize(
    ("objective", "frequency"),
    [(losses.minimax, 0.5), (losses.nonsaturating, 0.5), (losses.wasserstein, 1.0), (losses.hinge, 1.0)],
)
def test_unregularised_games_only_rotate(objective, frequency):
    expected = as_complex(frequency * 1j, -frequency * 1j)
    assert torch.allclose(theory.eigenvalues(theory.dirac(objective), ORIGIN), expected, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 2.0, 5.0])
def test_r1_damps_and_its_critical_weight_is_one(gamma):
    root = np.emath.sqrt(gamma**2 / 4 - 0.25)
    expected = as_complex(complex(-gamma / 2 + root), complex(-gamma / 2 - root))
    values = theory.eigenvalues(regularised(gamma), ORIGIN)
    assert torch.allclose(values, expected, atol=1e-7)
    assert (values.imag.abs().max() > 1e-6) == (gamma < 1)
    r2 = theory.dirac(losses.minimax, lambda D, real, fake: gamma / 2 * losses.r2(D, fake))
    assert torch.allclose(theory.eigenvalues(r2, ORIGIN), expected, atol=1e-7)


def test_penalty_of_many_states_is_the_penalty_of_each():
    states, field = torch.randn(5, 3, 2).double(), regularised(0.7)
    assert torch.allclose(field(states), torch.stack([torch.stack([field(s) for s in row]) for row in states]))


@pytest.mark.parametrize("s", [0.5, 1.0, 2.0])
def test_instance_noise_damps_as_derived(s):
    root = np.emath.sqrt(s**4 / 16 - 0.25)
    expected = as_complex(complex(-(s**2) / 4 + root), complex(-(s**2) / 4 - root))
    assert torch.allclose(theory.eigenvalues(theory.dirac(losses.minimax, noise=s), ORIGIN), expected, atol=1e-7)


def test_instance_noise_is_averaged_exactly_away_from_the_equilibrium():
    theta, psi, s = 0.8, -0.6, 0.7
    weight = lambda e: scipy.stats.norm.pdf(e)
    sigmoid = scipy.special.expit
    mean = lambda h: scipy.integrate.quad(lambda e: weight(e) * h(e), -12, 12)[0]
    by_theta = mean(lambda e: psi * sigmoid(psi * (theta + s * e)))
    by_psi = mean(lambda e: s * e * sigmoid(-psi * s * e)) - mean(
        lambda e: (theta + s * e) * sigmoid(psi * (theta + s * e))
    )
    velocity = theory.dirac(losses.minimax, noise=s)(t64([theta, psi]))
    assert velocity.tolist() == pytest.approx([by_theta, by_psi], abs=1e-9)


def test_the_minimax_flow_keeps_its_radius():
    field = theory.dirac(losses.minimax)
    states = torch.randn(50, 2).double()
    assert torch.allclose((field(states) * states).sum(-1), torch.zeros(50).double(), atol=1e-14)
    flow = scipy.integrate.solve_ivp(lambda _, s: field(t64(s)).numpy(), (0, 8), [1.0, 1.0], rtol=1e-7, atol=1e-9)
    assert (flow.y[:, -1] ** 2).sum() == pytest.approx(2, abs=1e-4)


def test_the_nonsaturating_flow_shrinks_slowly():
    states = torch.randn(50, 2).double()
    x = states.prod(-1)
    change = 2 * (theory.dirac(losses.nonsaturating)(states) * states).sum(-1)
    assert torch.allclose(change, -2 * x * torch.tanh(x / 2))


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_simultaneous_steps_grow_by_the_exact_factor(step):
    path = theory.trajectory(theory.simultaneous(theory.dirac(losses.minimax), step), t64([1.0, -0.5]), 60)
    radius = path.square().sum(-1)
    slope = torch.sigmoid(path.prod(-1))[:-1]
    assert path.shape == (61, 2)
    sigmoid = scipy.special.expit(-0.5)
    assert path[0].tolist() == [1.0, -0.5]
    assert path[1].tolist() == pytest.approx([1 - 0.5 * step * sigmoid, -0.5 - step * sigmoid])
    assert torch.allclose(radius[1:] / radius[:-1], 1 + step**2 * slope**2)


@pytest.mark.parametrize("step", [0.1, 1.0, 3.9, 4.0, 4.5])
def test_alternating_linearisation_neither_grows_nor_shrinks_below_the_critical_step(step):
    update = theory.alternating(theory.dirac(losses.minimax), step)
    matrix = theory.jacobian(update, ORIGIN)
    assert matrix.det().item() == pytest.approx(1)
    largest = theory.eigenvalues(update, ORIGIN).abs().max().item()
    if step < 4:  # h f'(0) < 2
        assert largest == pytest.approx(1, abs=1e-9)
    elif step == 4:  # defective: minus one twice, with one eigenvector
        assert largest == pytest.approx(1, abs=1e-6)
        assert torch.linalg.matrix_rank(matrix + torch.eye(2).double()) == 1
    else:
        assert largest > 1.5


def test_alternating_moves_the_discriminator_first():
    theta, psi, h = 0.8, 0.3, 0.5
    moved = psi - h * theta  # Wasserstein: psi' = -theta, theta' = psi
    expected = [theta + h * moved, moved]
    update = theory.alternating(theory.dirac(losses.wasserstein), h)
    assert update(t64([theta, psi])).tolist() == pytest.approx(expected)
    assert update(t64([[theta, psi], [0.0, 0.0]])).tolist() == [pytest.approx(expected), [0.0, 0.0]]


def test_regularised_steps_converge_and_plain_ones_do_not():
    start = t64([1.0, 1.0])
    damped = theory.trajectory(theory.alternating(regularised(1.0), 0.3), start, 150)
    plain = theory.trajectory(theory.alternating(theory.dirac(losses.minimax), 0.3), start, 150)
    assert damped[-1].norm() < 1e-6
    assert plain[-50:].norm(dim=-1).min() > 0.8


@pytest.mark.parametrize(("theta", "weight"), [(1.0, 0.1), (1.0, 10.0), (0.4, 1.0)])
def test_the_gradient_penalty_critic_of_two_diracs_overshoots(theta, weight):
    penalised = theory.dirac(losses.wasserstein, lambda D, real, fake: weight * losses.gradient_penalty(D, real, fake))
    best = t64([theta, -(1 + theta / (2 * weight))])  # real at 0 must score above the fake at theta > 0
    assert penalised(best)[1].item() == pytest.approx(0, abs=1e-12)
    gap = -best.prod().item()
    assert gap / theta == pytest.approx(1 + theta / (2 * weight))


def test_jacobian_is_the_matrix_of_partial_derivatives():
    field, state, h = regularised(0.3, losses.nonsaturating), t64([0.4, -0.9]), 1e-6
    for column in range(2):
        e = torch.eye(2).double()[column] * h
        numeric = (field(state + e) - field(state - e)) / (2 * h)
        assert torch.allclose(theory.jacobian(field, state)[:, column], numeric, atol=1e-8)


def four_players(state):
    """Velocities of four players with the losses below, written out."""
    x, y, u, v = state.unbind(-1)
    return torch.stack([-2 * x * y, -u - 2 * y, -y * v.cos() - 3 * u**2, y * u * v.sin()], -1)


def test_the_field_of_any_losses_is_minus_each_players_own_gradient():
    states = torch.randn(7, 3, 4).double()
    one_each = theory.game_field(
        lambda x, y, u, v: x**2 * y,
        lambda x, y, u, v: y * u + y**2 + x**3,
        lambda x, y, u, v: y * u * v.cos() + u**3,
        lambda x, y, u, v: y * u * v.cos() + x * y,
    )
    assert torch.allclose(one_each(states), four_players(states))
    assert torch.allclose(one_each(states[2, 1]), four_players(states[2, 1]))
    assert not one_each(states).requires_grad
    A, B = torch.randn(2, 3).double(), torch.randn(3, 3).double()  # x A y for two, y B y / 2 on top for the second
    pairs = theory.game_field(
        lambda x, y: torch.einsum("...i,ij,...j", x, A, y),
        lambda x, y: torch.einsum("...i,ij,...j", y, B, y) / 2 - torch.einsum("...i,ij,...j", x, A, y),
        sizes=(2, 3),
    )
    states = torch.randn(5, 5).double()
    by_hand = torch.cat([-states[:, 2:] @ A.T, states[:, :2] @ A - states[:, 2:] @ (B + B.T) / 2], -1)
    assert torch.allclose(pairs(states), by_hand)
    matrix = torch.cat([torch.cat([torch.zeros(2, 2).double(), -A], 1), torch.cat([A.T, -(B + B.T) / 2], 1)])
    assert torch.allclose(theory.jacobian(pairs, states[0]), matrix)
    expected = sorted(np.linalg.eigvals(matrix.numpy()), key=lambda z: (z.imag, z.real))
    assert np.allclose(sorted(theory.eigenvalues(pairs, states[0]).numpy(), key=lambda z: (z.imag, z.real)), expected)
    # By turns: the last block moves first, the first against where it now stands.
    x, y = states[:, :2], states[:, 2:]
    y = y + 0.3 * (x @ A - y @ (B + B.T) / 2)
    x = x - 0.3 * y @ A.T
    assert torch.allclose(theory.alternating(pairs, 0.3, sizes=(2, 3))(states), torch.cat([x, y], -1))


def test_a_player_who_cannot_change_its_loss_stands_still():
    field = theory.game_field(lambda x, y: y, lambda x, y: 0 * torch.ones(3), lambda x, y: 0 * y)
    with pytest.raises(ValueError, match="own 3 coordinates, but this state has 2"):
        field(torch.zeros(3, 2))
    still = theory.game_field(lambda x, y: y, lambda x, y: torch.ones(()))
    assert still(torch.randn(3, 2)).abs().sum() == 0
    assert theory.jacobian(theory.consensus(still, 1.0), ORIGIN).abs().sum() == 0
    with pytest.raises(ValueError, match="got 1 losses and 2 sizes"):
        theory.game_field(lambda x, y: y, sizes=(1, 1))


def test_dirac_is_a_game_of_two_plain_losses():
    softplus = torch.nn.functional.softplus
    plain = theory.game_field(
        lambda theta, psi: -softplus(theta * psi), lambda theta, psi: math.log(2) + softplus(theta * psi)
    )
    states = torch.randn(20, 2).double()
    assert torch.allclose(plain(states), theory.dirac(losses.minimax)(states))
    assert torch.allclose(theory.jacobian(plain, states[0]), theory.jacobian(theory.dirac(losses.minimax), states[0]))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 4.0])
def test_consensus_damps_as_derived(gamma):
    field = theory.consensus(theory.dirac(losses.minimax), gamma)
    expected = as_complex(complex(-gamma / 4, 0.5), complex(-gamma / 4, -0.5))
    assert torch.allclose(theory.eigenvalues(field, ORIGIN), expected, atol=1e-9)
    plain, states = theory.dirac(losses.minimax), torch.randn(6, 2).double()
    turned = torch.stack([theory.jacobian(plain, s).T @ plain(s) for s in states])
    assert torch.allclose(field(states), plain(states) - gamma * turned)
    assert not field(states).requires_grad


def test_relativistic_pairing_has_the_spectrum_of_the_others():
    assert torch.allclose(
        theory.eigenvalues(theory.dirac(losses.relativistic), ORIGIN), as_complex(0.5j, -0.5j), atol=1e-12
    )
    # Both of these take the fake's score through the same function, so one field is the other.
    states = torch.randn(9, 2).double()
    assert torch.allclose(theory.dirac(losses.relativistic)(states), theory.dirac(losses.nonsaturating)(states))


@pytest.mark.parametrize("step", [0.2, 1.0, 2.0, 3.0])
def test_looking_ahead_multiplies_by_the_polynomial(step):
    w = 0.5
    look = theory.eigenvalues(theory.extragradient(theory.dirac(losses.minimax), step), ORIGIN)
    a = 1 + 1j * step * w - (step * w) ** 2
    assert torch.allclose(look, as_complex(a, a.conjugate()))
    modulus = look.abs().max().item()
    assert modulus == pytest.approx(math.sqrt(1 - (step * w) ** 2 + (step * w) ** 4))
    assert (modulus < 1 - 1e-9) == (step < 2)  # h f'(0) < 1
    state, field = t64([0.8, 0.3]), theory.dirac(losses.wasserstein)  # velocity (psi, -theta)
    ahead = [0.8 + step * 0.3, 0.3 - step * 0.8]
    expected = [0.8 + step * ahead[1], 0.3 - step * ahead[0]]
    assert theory.extragradient(field, step)(state).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("step", [0.2, 0.9])
def test_optimistic_steps_have_the_eigenvalues_of_their_recursion(step):
    field = theory.dirac(losses.minimax)
    pair = theory.eigenvalues(theory.optimistic(field, step), torch.zeros(4, dtype=torch.float64))
    roots = [z for w in (0.5j, -0.5j) for z in np.roots([1, -(1 + 2 * step * w), step * w])]
    assert np.allclose(np.sort_complex(pair.numpy().round(9)), np.sort_complex(np.round(roots, 9)), atol=1e-8)
    now, before = t64([1.0, 0.2]), t64([0.7, -0.4])
    moved = theory.optimistic(field, step)(torch.cat([now, before]))
    assert torch.allclose(moved, torch.cat([now + step * (2 * field(now) - field(before)), now]))


def test_looking_ahead_comes_home_and_optimism_follows():
    field, start = theory.dirac(losses.minimax), t64([1.0, 0.0])
    look = theory.trajectory(theory.extragradient(field, 0.5), start, 400)
    hope = theory.trajectory(theory.optimistic(field, 0.5), start.repeat(2), 400)
    assert look[-1].norm() < 1e-4
    assert hope[-1].norm() < 1e-4
    assert hope.shape == (401, 4)


@pytest.mark.parametrize(("weight", "nearest", "farthest"), [(0.1, 1.2, 1.4), (0.5, 1.1, 1.5), (1.0, 1.99, 2.01)])
def test_the_gradient_penalty_does_not_come_home(weight, nearest, farthest):
    field = theory.dirac(losses.wasserstein, lambda D, real, fake: weight * losses.gradient_penalty(D, real, fake))
    states = torch.randn(20, 2).double()
    theta, psi = states.unbind(-1)
    assert torch.allclose(field(states), torch.stack([psi, -theta - 2 * weight * (psi - psi.sign())], -1))
    starts = t64([[1.0, 0.0], [0.01, 0.01], [4.0, 0.0]])
    end = theory.trajectory(theory.alternating(field, 0.05), starts, 1600)[-300:]
    assert nearest < end.norm(dim=-1).min()
    assert end.norm(dim=-1).max() < farthest
    turning = (end[1:, :, 0] * end[:-1, :, 0] < 0).any()  # does theta still change its sign?
    assert turning == (weight < 1)


def test_generator_weights_are_sigmoids_of_the_score():
    score = torch.linspace(-6, 6, 25, dtype=torch.float64).reshape(5, 5)
    assert torch.allclose(theory.generator_weight(losses.minimax, score), torch.sigmoid(score))
    assert torch.allclose(theory.generator_weight(losses.nonsaturating, score), torch.sigmoid(-score))
    assert torch.allclose(theory.generator_weight(losses.wasserstein, score), torch.ones(5, 5).double())
    assert torch.allclose(theory.generator_weight(losses.least_squares(0, 1, 1), score), 1 - score)
    assert torch.allclose(theory.generator_weight(losses.relativistic, score, real=0.5), torch.sigmoid(0.5 - score))
    assert not score.requires_grad


def test_mean_weights_on_the_fakes_of_two_unit_gaussians():
    p, q = normal(), normal(1.0)
    best = theory.optimal_score(p, q)
    for objective, expected in ((losses.minimax, 0.398), (losses.nonsaturating, 0.602)):
        mean = theory.expectation(q, lambda x, o=objective: theory.generator_weight(o, best(x)))
        assert mean.item() == pytest.approx(expected, abs=5e-4)

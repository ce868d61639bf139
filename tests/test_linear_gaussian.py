"""The linear-Gaussian model against scikit-learn, scipy, numerical integrals and hand computation."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA, FactorAnalysis
from torch.distributions import MultivariateNormal, kl_divergence

from ganlib import data, theory


def digits(split: str) -> torch.Tensor:
    return data.to_unit(data.digits(split).x).flatten(1).double()


def model(k: int = 2, d: int = 3, seed: int = 0) -> tuple[theory.LinearGaussian, torch.Tensor]:
    """A model whose W is not orthogonal, and points of its data space."""
    generator = torch.Generator().manual_seed(seed)
    W, mean, x = (torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((d, k), (d,), (5, d)))
    return theory.LinearGaussian(W, mean, torch.tensor(0.3, dtype=torch.float64)), x


@pytest.mark.parametrize("k", [1, 2, 8, 32, 50])
def test_ppca_scores_as_scikit_learns_pca(k):
    train, test = digits("train"), digits("test")
    reference = PCA(k, svd_solver="full").fit(train.numpy())
    # scikit-learn divides the covariance by n - 1, the likelihood by n
    n = len(train)
    ours = theory.ppca(train, k)
    assert ours.variance.item() == pytest.approx(reference.noise_variance_ * (n - 1) / n, rel=1e-9)
    stretched = theory.LinearGaussian(
        *(t * math.sqrt(n / (n - 1)) for t in (ours.W,)), ours.mean, ours.variance * n / (n - 1)
    )
    assert stretched.log_prob(test).mean().item() == pytest.approx(reference.score(test.numpy()), rel=1e-9)


def test_log_likelihoods_of_ppca_on_the_digits():
    train, test = digits("train"), digits("test")
    for k, on_train, on_test in ((2, 0.09, -0.35), (8, 14.40, 13.39), (16, 24.13, 22.81), (32, 35.45, 33.76)):
        fitted = theory.ppca(train, k)
        assert fitted.log_prob(train).mean().item() == pytest.approx(on_train, abs=0.006)
        assert fitted.log_prob(test).mean().item() == pytest.approx(on_test, abs=0.006)


def test_no_other_model_with_one_noise_is_more_likely_and_one_with_a_noise_for_each_pixel_is():
    torch.manual_seed(0)
    x = torch.randn(400, 3, dtype=torch.float64) @ torch.randn(3, 6, dtype=torch.float64)
    x = x + torch.rand(6, dtype=torch.float64) * torch.randn(400, 6, dtype=torch.float64)
    best = theory.ppca(x, 2)
    top = best.log_prob(x).mean()
    for _ in range(20):
        shaken = theory.LinearGaussian(
            best.W + 0.1 * torch.randn_like(best.W),
            best.mean + 0.05 * torch.randn_like(best.mean),
            best.variance * torch.empty(()).uniform_(0.8, 1.25),
        )
        assert shaken.log_prob(x).mean() < top
    assert FactorAnalysis(2, tol=1e-8, max_iter=5000).fit(x.numpy()).score(x.numpy()) > top.item()


def test_rotated_codes_are_as_likely_and_the_columns_given_are_orthogonal():
    x = digits("train")[:200]
    fitted = theory.ppca(x, 3)
    gram = fitted.W.T @ fitted.W
    assert (gram - gram.diagonal().diag()).abs().max() < 1e-10
    turn, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))
    turned = theory.LinearGaussian(fitted.W @ turn, fitted.mean, fitted.variance)
    torch.testing.assert_close(turned.log_prob(x), fitted.log_prob(x))


def test_without_a_code_all_that_is_left_is_noise():
    x = digits("train")[:100]
    fitted = theory.ppca(x, 0)
    assert fitted.variance.item() == pytest.approx(x.var(0, correction=0).mean().item())
    torch.testing.assert_close(fitted.log_prob(x), fitted.elbo(x, torch.zeros(100, 0), torch.eye(0)))


@pytest.mark.parametrize("k", [-1, 3, 4])
def test_a_code_as_long_as_the_data_is_refused(k):
    with pytest.raises(ValueError, match="needs a code shorter than the data"):
        theory.ppca(torch.randn(10, 3), k)


def test_data_without_noise_are_refused():
    line = torch.linspace(0, 1, 9)[:, None] * torch.tensor([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="leave no noise"):
        theory.ppca(line, 1)


def test_log_likelihood_and_posterior_are_those_of_the_joint_gaussian():
    m, x = model()
    joint = np.block([[np.eye(2), m.W.T.numpy()], [m.W.numpy(), m.covariance.numpy()]])
    reference = multivariate_normal(m.mean.numpy(), joint[2:, 2:])
    np.testing.assert_allclose(m.log_prob(x), reference.logpdf(x.numpy()))
    gain = joint[:2, 2:] @ np.linalg.inv(joint[2:, 2:])
    mean, covariance = m.posterior(x)
    np.testing.assert_allclose(mean, (x.numpy() - m.mean.numpy()) @ gain.T)
    np.testing.assert_allclose(covariance, np.eye(2) - gain @ joint[2:, :2])


def test_the_elbo_is_the_integral_it_stands_for():
    """k = 1: E_q [log p(x, z) - log q(z)] by quadrature."""
    m, x = model(k=1)
    z = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    q = torch.distributions.Normal(*torch.tensor([0.4, 0.7], dtype=torch.float64))
    exact = m.elbo(x, torch.full((5, 1), 0.4, dtype=torch.float64), torch.tensor([[0.49]], dtype=torch.float64))
    for row, value in zip(x, exact, strict=True):
        noise = MultivariateNormal(m.mean + z[:, None] * m.W[:, 0], m.variance * torch.eye(3).double())
        integrand = noise.log_prob(row) - z**2 / 2 - math.log(2 * math.pi) / 2 - q.log_prob(z)
        assert value.item() == pytest.approx(torch.trapezoid(q.log_prob(z).exp() * integrand, z).item(), abs=1e-8)


def test_what_the_elbo_lacks_is_the_divergence_from_the_posterior():
    m, x = model()
    mean, covariance = m.posterior(x)
    torch.testing.assert_close(m.elbo(x, mean, covariance), m.log_prob(x))
    for _ in range(10):
        root = torch.randn(5, 2, 2, dtype=torch.float64)
        guess, spread = torch.randn(5, 2, dtype=torch.float64), root @ root.mT + 0.1 * torch.eye(2)
        gap = kl_divergence(MultivariateNormal(guess, spread), MultivariateNormal(mean, covariance))
        torch.testing.assert_close(m.log_prob(x) - m.elbo(x, guess, spread), gap)


def test_importance_weighted_is_the_logarithm_of_a_mean():
    weights = torch.rand(7, 3, 2, dtype=torch.float64) + 0.1
    torch.testing.assert_close(theory.importance_weighted(weights.log()), weights.mean(0).log())
    far = weights.log() - 2000  # no exponential of these is above zero
    np.testing.assert_allclose(theory.importance_weighted(far), logsumexp(far.numpy(), axis=0) - math.log(7))
    with pytest.raises(ValueError, match="at least one weight"):
        theory.importance_weighted(torch.empty(0, 3))


def test_importance_weighted_bounds_rise_towards_the_likelihood():
    """L_1 is the closed-form ELBO; 2, 8, 64, 512 draws rise, within their errors, and stay below log p."""
    m, x = model(k=2, seed=1)
    x = x[:1]
    torch.manual_seed(0)
    q = MultivariateNormal(torch.zeros(2).double(), 0.5 * torch.eye(2).double())
    z = q.sample((4000, 512))
    likelihood = MultivariateNormal(m.mean + z @ m.W.T, m.variance * torch.eye(3).double()).log_prob(x)
    weights = likelihood - z.square().sum(-1) / 2 - math.log(2 * math.pi) - q.log_prob(z)
    bounds = {k: theory.importance_weighted(weights[:, :k].T) for k in (1, 2, 8, 64, 512)}
    exact = m.elbo(x, torch.zeros(1, 2), 0.5 * torch.eye(2)).item()
    assert bounds[1].mean().item() == pytest.approx(exact, abs=4 * bounds[1].std().item() / math.sqrt(4000))
    means = [bound.mean().item() for bound in bounds.values()]
    assert means == sorted(means)
    assert means[-1] < m.log_prob(x).item()
    assert means[-1] == pytest.approx(m.log_prob(x).item(), abs=0.1)

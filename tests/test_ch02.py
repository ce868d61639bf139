"""What chapter 2 says and no test of a module holds up yet."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal

from ganlib import data, engine, games, metrics, networks, theory

BELLS = MixtureSameFamily(
    Categorical(torch.tensor([0.4, 0.6])), Normal(torch.tensor([-1.2, 1.0]), torch.tensor([0.4, 0.6]))
)


def naive_bayes(x, y, floor=0.0):
    """Means, the shared variance, and the linear scores they make."""
    means = np.stack([x[y == k].mean(0) for k in range(y.max() + 1)])
    variance = ((x - means[y]) ** 2).mean(0) + floor
    shares = np.bincount(y) / len(y)
    return means, variance, (means / variance, np.log(shares) - (means**2 / variance).sum(1) / 2)


def logistic(x, y, C=1000.0):
    fit = LogisticRegression(C=C, max_iter=5000).fit(x, y)
    if len(fit.classes_) > 2:
        return fit.coef_, fit.intercept_
    return np.concatenate([-fit.coef_, fit.coef_]) / 2, np.concatenate([-fit.intercept_, fit.intercept_]) / 2


def world(r, pairs=15):
    cov = np.kron(np.eye(pairs), [[1.0, r], [r, 1.0]])
    return np.tile([0.6, 0.0], pairs), cov


def draw(n, delta, cov, rng):
    y = np.arange(n) % 2
    return (y[:, None] - 0.5) * delta + rng.multivariate_normal(np.zeros(len(delta)), cov, n, method="cholesky"), y


def exact(scores, delta, cov):
    weights, bias = scores
    w, b = weights[1] - weights[0], bias[1] - bias[0]
    width = np.sqrt(w @ cov @ w)
    return stats.norm.cdf([(w @ delta / 2 + b) / width, (w @ delta / 2 - b) / width]).mean()


def test_naive_bayes_scores_are_the_log_joint_of_its_gaussians():
    rng = np.random.default_rng(0)
    x, y = draw(200, *world(0.4), rng)
    y = np.where(x[:, 0] > 1, 2, y)  # three classes, not equally common
    means, variance, (weights, bias) = naive_bayes(x, y)
    log_joint = np.stack(
        [stats.norm.logpdf(x, means[k], np.sqrt(variance)).sum(1) + np.log((y == k).mean()) for k in range(3)], axis=1
    )
    scores = x @ weights.T + bias
    # equal up to what is common to all classes, which Bayes' rule divides out
    np.testing.assert_allclose(scores - scores[:, :1], log_joint - log_joint[:, :1], atol=1e-9)


def test_accuracy_of_a_linear_score_and_the_two_ceilings():
    delta, cov = world(0.4)
    naive = np.stack([-delta, delta]) / 2
    best = naive @ np.linalg.inv(cov)
    assert exact((naive, np.zeros(2)), delta, cov) == pytest.approx(stats.norm.cdf(0.3 * math.sqrt(15)), abs=1e-12)
    assert exact((best, np.zeros(2)), delta, cov) == pytest.approx(
        stats.norm.cdf(0.3 * math.sqrt(15 / 0.84)), abs=1e-12
    )
    assert exact((naive, np.zeros(2)), delta, cov) == pytest.approx(0.8774, abs=5e-5)
    assert exact((best, np.zeros(2)), delta, cov) == pytest.approx(0.8976, abs=5e-5)
    rng = np.random.default_rng(0)
    x, y = draw(200_000, delta, cov, rng)
    tilted = best + 0.1 * rng.standard_normal(best.shape)
    for weights, bias in ((naive, np.array([0.0, 0.7])), (tilted, np.array([0.5, 0.0]))):
        counted = ((x @ weights.T + bias).argmax(1) == y).mean()
        assert counted == pytest.approx(exact((weights, bias), delta, cov), abs=0.004)
    found = LinearDiscriminantAnalysis().fit(x, y).score(x, y)
    assert found == pytest.approx(0.8976, abs=0.004)


@pytest.mark.parametrize("r", [0.6, -0.6])
def test_a_silent_partner_helps_the_best_classifier_only(r):
    delta, cov = np.array([2.0, 0.0]), np.array([[1.0, r], [r, 1.0]])
    x, y = draw(100_000, delta, cov, np.random.default_rng(1))
    _, _, (weights, bias) = naive_bayes(x, y)
    assert ((x @ weights.T + bias).argmax(1) == y).mean() == pytest.approx(stats.norm.cdf(1), abs=0.005)
    best = LinearDiscriminantAnalysis().fit(x, y).score(x, y)
    assert best == pytest.approx(stats.norm.cdf(1 / math.sqrt(1 - r**2)), abs=0.005)
    alone = LinearDiscriminantAnalysis().fit(x[:, 1:], y).score(x[:, 1:], y)
    assert alone == pytest.approx(0.5, abs=0.005)


def test_naive_bayes_leads_early_and_logistic_regression_late():
    rng = np.random.default_rng(0)
    delta, cov = world(0.4)

    def mean_lead(n, r, C, draws):
        delta, cov = world(r)
        leads = []
        for _ in range(draws):
            x, y = draw(n, delta, cov, rng)
            leads.append(exact(naive_bayes(x, y)[2], delta, cov) - exact(logistic(x, y, C), delta, cov))
        return np.mean(leads)

    assert mean_lead(80, 0.4, 1000.0, 60) > 0.01
    assert mean_lead(1000, 0.4, 1000.0, 10) < -0.01
    assert mean_lead(80, 0.4, 0.1, 60) < 0  # a penalty removes the crossing
    assert mean_lead(1000, 0.0, 1000.0, 10) > 0.001  # and so does independence
    x, y = draw(10_000, delta, cov, rng)
    assert exact(naive_bayes(x, y)[2], delta, cov) < 0.88  # the ceiling of a false assumption


def test_digits_do_not_cross():
    train, test = data.digits("train", labels=True), data.digits("test", labels=True)
    x, y = train.x.flatten(1).double().numpy(), train.y.numpy()
    new, truth = test.x.flatten(1).double().numpy(), test.y.numpy()
    rng = np.random.default_rng(0)
    for n, lead, draws in ((20, -0.02, 20), (50, 0.02, 10), (200, 0.02, 5), (1000, 0.03, 3)):
        leads = []
        for _ in range(draws):
            chosen = np.concatenate([rng.permutation(np.flatnonzero(y == k))[: n // 10] for k in range(10)])
            right = [
                ((new @ weights.T + bias).argmax(1) == truth).mean()
                for weights, bias in (logistic(x[chosen], y[chosen]), naive_bayes(x[chosen], y[chosen], 0.01)[2])
            ]
            leads.append(right[0] - right[1])
        assert np.mean(leads) > lead, n


def test_what_a_classifier_likes_best_is_far_from_every_digit():
    train, test = data.digits("train", labels=True), data.digits("test")
    x, y = train.x.flatten(1).double(), train.y
    weights, bias = (torch.tensor(part) for part in logistic(x.numpy(), y.numpy()))
    dream = torch.zeros(10, 64, dtype=torch.float64, requires_grad=True)
    for _ in range(300):  # projected ascent on the log odds, another optimizer than the chapter's
        scores = dream @ weights.T + bias
        others = scores.masked_fill(torch.eye(10, dtype=torch.bool), -torch.inf).logsumexp(1)
        (slope,) = torch.autograd.grad((scores.diagonal() - others).sum(), dream)
        dream = (dream + 0.02 * slope.sign()).clamp(-1, 1).detach().requires_grad_()
    sure = torch.softmax(dream @ weights.T + bias, 1).diagonal()
    far = torch.cdist(dream.detach(), x).min(1).values
    real = torch.cdist(test.x.flatten(1).double(), x).min(1).values
    assert sure.min() > 0.9999
    assert far.min() > 1.3 * real.max()


def test_one_classifier_belongs_to_many_worlds():
    x = np.linspace(-9, 9, 18_001)
    classifier = 1 / (1 + np.exp(-2 * x))
    near, far = stats.norm.pdf(x, 1, 1), stats.norm.pdf(x, -1, 1)
    np.testing.assert_allclose(near / (near + far), classifier, atol=1e-12)  # the first world has this classifier
    for p_x, mean in (((near + far) / 2, 1.0), (stats.uniform.pdf(x, -3, 6), 1.3656)):
        assert np.average(x, weights=p_x * classifier) == pytest.approx(mean, abs=1e-3)


def inverse(u):
    low, high = torch.full_like(u, -8.0), torch.full_like(u, 8.0)
    for _ in range(50):
        middle = (low + high) / 2
        below = BELLS.cdf(middle) < u
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2


def test_inverse_transform_passes_the_kolmogorov_smirnov_test():
    engine.seed(0)
    u = torch.rand(20_000, dtype=torch.float64)
    assert stats.kstest((-torch.log1p(-u) / 2).numpy(), stats.expon(scale=0.5).cdf).pvalue > 0.01
    assert stats.kstest(inverse(u).numpy(), lambda x: BELLS.cdf(torch.from_numpy(x)).numpy()).pvalue > 0.01
    triangle = torch.where(u <= 0.5, (2 * u).sqrt(), 2 - (2 - 2 * u).sqrt()).numpy()
    assert stats.kstest(triangle, stats.triang(0.5, 0, 2).cdf).pvalue > 0.01
    even = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    exactly = stats.kstest((-torch.log1p(-even) / 2).numpy(), stats.expon(scale=0.5).cdf).statistic
    assert exactly == pytest.approx(1 / 2000, abs=1e-12)


def test_a_network_trained_by_sorting_finds_the_inverse_cdf_or_its_mirror():
    found = set()
    for seed in range(2):
        engine.seed(seed)
        G, prior = networks.mlp(1, 1, (32, 32), nn.Tanh), data.Gaussian(1)
        optimizer = engine.cosine(engine.adam(0.01, (0.9, 0.999)), 700)(G.parameters())
        for _ in range(700):
            loss = theory.wasserstein_1d(G(prior(512)).flatten(), BELLS.sample((512,)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        z = torch.linspace(-2.4, 2.4, 49)[:, None].requires_grad_()
        x = G(z)
        (slope,) = torch.autograd.grad(x.sum(), z)
        below, share = BELLS.cdf(x.detach()), Normal(0.0, 1.0).cdf(z.detach())
        rises = bool(slope.mean() > 0)
        found.add(rises)
        assert ((slope > 0) == rises).all()
        assert (below - (share if rises else 1 - share)).abs().max() < 0.05
        made = Normal(0.0, 1.0).log_prob(z.detach()).exp() / slope.abs()
        assert (made - BELLS.log_prob(x.detach()).exp()).abs().mean() < 0.06
    assert found == {True, False}


DIAGONAL = data.Mixture([[-1.0, -1.0], [1.0, 1.0]], 0.25)


def invented(x):
    return (x[:, 0] * x[:, 1] < 0).float().mean()


def test_right_in_every_coordinate_and_wrong_in_half_of_the_points():
    engine.seed(0)
    real, other = DIAGONAL(4000), DIAGONAL(4000)
    apart = torch.stack([real[:, 0], other[torch.randperm(4000), 1]], dim=1)
    for i in (0, 1):
        assert theory.wasserstein_1d(apart[:, i], DIAGONAL(4000)[:, i]) < 0.06
    assert invented(real) < 0.001
    assert invented(apart) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_gan_learns_what_coordinates_have_to_do_with_each_other(seed):
    engine.seed(seed)
    G, D = networks.mlp(2, 2, (64, 64)), networks.mlp(2, 1, (64, 64), partial(nn.LeakyReLU, 0.2))
    optimizers = {name: engine.cosine(engine.adam(1e-3, (0.0, 0.99)), 600) for name in "DG"}
    game = games.GAN(G, D, data.Gaussian(2), optimizers=optimizers, average=networks.EMA(G, 0.99))
    for _ in engine.play(game, partial(DIAGONAL, 256), 600):
        pass
    fake = game.sample(4000, seed=1)
    assert invented(fake) < 0.1
    report = metrics.modes(fake, DIAGONAL)
    assert report.covered == 2
    assert report.high_quality > 0.8


def test_maximum_likelihood_is_the_smallest_kl():
    for mean, std in ((0.3, 1.5), (-1.0, 0.8)):
        q = Normal(mean, std)
        both = theory.entropy(BELLS) + theory.kl(BELLS, q)
        assert theory.cross_entropy(BELLS, q).item() == pytest.approx(both.item(), abs=1e-6)
    best = Normal(BELLS.mean, BELLS.stddev)
    lowest = theory.kl(BELLS, best)
    for mean, std in ((0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        assert theory.kl(BELLS, Normal(BELLS.mean + mean, BELLS.stddev + std)) > lowest
    engine.seed(0)
    sample = BELLS.sample((100_000,)).double().numpy()
    mean, std = stats.norm.fit(sample)  # maximum likelihood, by SciPy
    assert mean == pytest.approx(BELLS.mean.item(), abs=0.02)
    assert std == pytest.approx(BELLS.stddev.item(), abs=0.02)

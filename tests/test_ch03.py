"""What chapter 3 says and no test of a module holds up yet."""

import itertools
import math

import pytest
import scipy.optimize
import scipy.stats
import torch
from torch import nn
from torch.distributions import Dirichlet, Normal

from ganlib import data, engine, networks, theory

HUMPS = data.mixture_1d([-2.0, 2.0], 0.5).distribution


def dirichlet(*shape, outcomes=5):
    return Dirichlet(torch.ones(outcomes).double()).sample(shape)


def fit(divergence, mean, width):
    """The bell that scipy finds from a start: mean, width, divergence."""

    def loss(w):
        return divergence(Normal(torch.tensor(w[0]).double(), torch.tensor(math.exp(w[1])).double())).item()

    found = scipy.optimize.minimize(loss, [mean, math.log(width)], method="Nelder-Mead", options={"xatol": 1e-6})
    return found.x[0], math.exp(found.x[1]), found.fun


def test_a_prefix_code_reaches_the_entropy_of_halves():
    lengths = torch.tensor([1.0, 2.0, 3.0, 3.0]).double()
    assert (0.5**lengths).sum() == 1  # Kraft: a prefix code with these lengths exists
    shares = 0.5**lengths
    assert (shares * lengths).sum() == 1.75
    assert theory.entropy(shares).item() == pytest.approx(1.75 * math.log(2))
    assert theory.cross_entropy(shares, shares.flip(0)).item() == pytest.approx(
        (shares * lengths.flip(0)).sum().item() * math.log(2)
    )


@pytest.mark.parametrize(("m1", "s1", "m2", "s2"), [(0, 1, 1, 1), (0, 1, 0, 2), (0, 2, 0, 1), (-1, 0.5, 2, 1.5)])
def test_kl_of_two_bells_is_its_formula(m1, s1, m2, s2):
    x = torch.linspace(-25, 25, 10_001).double()
    p, q = (torch.tensor(scipy.stats.norm(m, s).pdf(x)) for m, s in ((m1, s1), (m2, s2)))
    formula = math.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
    assert theory.kl(p, q, x).item() == pytest.approx(formula, abs=1e-6)


def test_the_forward_fit_matches_moments():
    for mean, width in ((2.5, 1.0), (0.1, 1.0)):
        found = fit(lambda q: theory.kl(HUMPS, q), mean, width)
        assert found == pytest.approx((0.0, math.sqrt(4.25), 0.7236), abs=2e-4)
    lopsided = data.mixture_1d([-2.0, 2.0], 0.5, [0.9, 0.1]).distribution
    assert fit(lambda q: theory.kl(lopsided, q), 0.0, 1.0)[:2] == pytest.approx((-1.6, 1.3), abs=1e-4)


@pytest.mark.parametrize(
    ("start", "end"), [(-1.5, (-2, 0.5, math.log(2))), (0.1, (0, 1.736, 1.871)), (2.5, (2, 0.5, math.log(2)))]
)
def test_the_reverse_fit_has_three_valleys(start, end):
    mean = torch.tensor([start, 0.0], dtype=torch.float64, requires_grad=True)
    for _ in range(400):
        loss = theory.kl(Normal(mean[0], mean[1].exp()), HUMPS)
        (slope,) = torch.autograd.grad(loss, mean)
        mean = (mean - 0.05 * slope).detach().requires_grad_()
    assert (mean[0].item(), mean[1].exp().item(), loss.item()) == pytest.approx(end, abs=2e-3)
    nearby = [
        theory.kl(Normal(mean[0] + a, (mean[1] + b).exp()), HUMPS).item()
        for a, b in itertools.product((-0.2, 0.0, 0.2), repeat=2)
        if a or b
    ]
    assert min(nearby) > loss.item()


def test_a_bad_start_keeps_the_small_hump():
    lopsided = data.mixture_1d([-2.0, 2.0], 0.5, [0.9, 0.1]).distribution
    for start, end, price in ((2.5, 2.0, math.log(10)), (-2.5, -2.0, math.log(10 / 9))):
        assert fit(lambda q: theory.kl(q, lopsided), start, 0.8) == pytest.approx((end, 0.5, price), abs=3e-3)


def test_the_reverse_fit_covers_humps_that_are_close():
    close = data.mixture_1d([-0.6, 0.6], 0.5).distribution
    for start in (-1.5, 0.1, 2.5):
        mean, width, _ = fit(lambda q: theory.kl(q, close), start, 1.0)
        assert (mean, width) == pytest.approx((0.0, 0.76), abs=1e-3)


def test_js_prefers_the_bell_that_covers():
    assert theory.js(HUMPS, Normal(0.0, math.sqrt(4.25))).item() == pytest.approx(0.201, abs=1e-3)
    assert theory.js(HUMPS, Normal(2.0, 0.5)).item() == pytest.approx(0.216, abs=1e-3)


def test_total_variation_is_the_best_event():
    engine.seed(0)
    events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6))).double()
    p, q = dirichlet(2, 20, outcomes=6)
    assert torch.allclose((events @ (p - q).T).amax(0), theory.total_variation(p, q))


@pytest.mark.parametrize(("q", "w"), [(Normal(3.0, 1.0), 3.0), (Normal(0.0, 2.0), math.sqrt(2 / math.pi))])
def test_the_price_with_a_sign_for_a_slope_earns_the_distance(q, w):
    p, t = Normal(0.0, 1.0), torch.linspace(-14, 16, 30_001).double()
    gap = p.log_prob(t).exp() - q.log_prob(t).exp()
    price = torch.cumulative_trapezoid(torch.sign(q.cdf(t) - p.cdf(t)), t)
    assert torch.trapezoid(price * gap[1:], t[1:]).item() == pytest.approx(w, abs=1e-3)
    assert theory.wasserstein_cdf(p, q).item() == pytest.approx(w, abs=1e-6)
    for fair in (torch.tanh(t), torch.sin(t), -t.abs() / 2, t.clamp(-1, 2)):
        assert torch.trapezoid(fair * gap, t).abs() < w


def test_which_measures_are_distances():
    engine.seed(0)
    p, r, q = dirichlet(3, 5_000, outcomes=4)

    def earth(a, b):
        return (a - b).cumsum(-1).abs().sum(-1)

    def root(a, b):
        return theory.js(a, b).clamp(min=0).sqrt()

    def chi(a, b):
        return theory.f_divergence(a, b, theory.pearson)

    for measure in (theory.total_variation, root, earth):
        assert torch.allclose(measure(p, q), measure(q, p))
        assert (measure(p, q) <= measure(p, r) + measure(r, q) + 1e-12).all()
    for measure in (theory.kl, theory.js, chi):
        assert (measure(p, q) > measure(p, r) + measure(r, q)).any()
    assert torch.allclose(theory.js(p, q), theory.js(q, p))
    for measure in (theory.kl, chi):
        assert not torch.allclose(measure(p, q), measure(q, p))


def test_the_chain_of_inequalities():
    engine.seed(0)
    p, q = dirichlet(2, 5_000)
    tv, js, kl = theory.total_variation(p, q), theory.js(p, q), theory.kl(p, q)
    places = torch.tensor([0.0, 1.0, 1.5, 4.0, 4.5]).double()
    work = [scipy.stats.wasserstein_distance(places, places, a, b) for a, b in zip(p[:50], q[:50])]
    work = torch.tensor(work).double()
    assert (2 * tv**2 <= kl).all()
    assert (tv**2 / 2 <= js + 1e-12).all()
    assert (js <= tv * math.log(2) + 1e-12).all()
    assert (0.5 * tv[:50] <= work + 1e-12).all()
    assert (work <= 4.5 * tv[:50] + 1e-12).all()
    sliver = torch.tensor([1 - 1e-6, 1e-6]).double()
    assert theory.kl(sliver, torch.tensor([1.0, 0.0]).double()).isinf()


def slope(measure, theta, s):
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(measure(Normal(0.0, s), Normal(theta, s)), theta)[0].item()


def test_far_apart_only_the_earth_mover_and_kl_pull():
    for s in (1.0, 0.3, 0.1):
        assert slope(theory.kl, 2.0, s) == pytest.approx(2 / s**2, rel=1e-5)
        assert slope(theory.wasserstein_cdf, 2.0, s) == pytest.approx(1.0, abs=1e-5)
        assert slope(theory.total_variation, 2.0, s) == pytest.approx(scipy.stats.norm.pdf(1 / s) / s, abs=1e-6)
    for measure in (theory.js, theory.total_variation):
        assert abs(slope(measure, 3.0, 0.1)) < 1e-14
        assert slope(measure, 0.2, 0.1) > 1  # near by they do pull


def test_counting_reports_a_divergence_where_there_is_none():
    engine.seed(0)
    flat = torch.full((32,), 1 / 32, dtype=torch.float64)

    def shares(n):
        return torch.distributions.Multinomial(n, flat).sample((500,)) / n

    for n in (1_000, 10_000):
        assert theory.kl(shares(n), flat.expand(500, 32)).mean().item() * 2 * n == pytest.approx(31, abs=2)
        assert theory.js(shares(n), shares(n)).mean().item() * 4 * n == pytest.approx(31, abs=2)
    assert theory.kl(shares(100), shares(100)).isinf().double().mean() > 0.5
    for n in (100, 2_500):
        one, two = torch.randn(2, 200, n).sort(dim=-1).values
        assert (one - two).abs().mean().item() * math.sqrt(n) == pytest.approx(1.77, abs=0.15)


def test_a_critic_that_sees_samples_finds_the_kl():
    engine.seed(1)
    T = networks.mlp(1, 1, (32, 32), nn.Tanh)
    real, fake = data.mixture_1d([-2.0, 2.0], 0.5), data.Gaussian(1, std=math.sqrt(4.25))
    optimizer = engine.cosine(engine.adam(0.005), 600)(T.parameters())
    for _ in range(600):
        optimizer.zero_grad()
        (theory.forward_kl.conjugate(T(fake(512))).mean() - T(real(512)).mean()).backward()
        optimizer.step()
    x = torch.linspace(-12, 12, 2401).double()
    p, q = (d.log_prob(x[:, None]).exp().squeeze() for d in (HUMPS, Normal(0.0, math.sqrt(4.25))))
    with torch.no_grad():
        values = T(x[:, None].float()).squeeze(1).double()
    bound = torch.trapezoid(p * values - q * torch.exp(values - 1), x)
    assert 0.67 < bound < 0.7237


def test_a_critic_on_few_points_claims_too_much():
    def bound(score, real, fake):
        T = [math.log(2) / 2 + nn.functional.logsigmoid(score(x)) / 2 for x in (real, fake)]
        return T[0].mean() + torch.log(2 - torch.exp(2 * T[1])).mean() / 2

    for seed in range(3):
        engine.seed(seed)
        score = networks.mlp(50, 1, ())
        real, fake = torch.randn(2, 20, 50)
        optimizer = engine.adam(0.02)(score.parameters())
        for _ in range(300):
            optimizer.zero_grad()
            (-bound(score, real, fake)).backward()
            optimizer.step()
        assert bound(score, real, fake) > 0.6
        assert bound(score, *torch.randn(2, 2000, 50)) < 0

"""Bounds on mutual information: exact on tables, against closed forms on Gaussians, and by enumeration of batches."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal

from ganlib import theory

CHANNEL = theory.symmetric_channel(10, 0.05) / 10
BY_CRITIC = [theory.donsker_varadhan, theory.nwj]


def t64(x):
    return torch.as_tensor(x, dtype=torch.float64)


def random_joint(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.full(rows * columns, 0.7)).reshape(rows, columns) * (rng.random((rows, columns)) > 0.2)
    return t64(table / table.sum())


def gaussian_pairs(K, d, rho, batches, seed=0):
    """Scores of the best critic, log p(x, y) / p(x) p(y), for batches of K pairs of d correlated coordinates each."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batches, K, d, generator=generator, dtype=torch.float64)
    y = rho * x + math.sqrt(1 - rho**2) * torch.randn(batches, K, d, generator=generator, dtype=torch.float64)
    x, y = x[:, :, None], y[:, None]
    exponent = (2 * rho * x * y - rho**2 * (x**2 + y**2)) / (2 * (1 - rho**2))
    return (exponent - math.log(1 - rho**2) / 2).sum(-1)


def test_the_helpers_critic_is_the_ratio_of_densities():
    covariance = t64([[1.0, 0.9], [0.9, 1.0]])
    x, y = torch.randn(2, 50, dtype=torch.float64)
    ratio = MultivariateNormal(t64([0.0, 0.0]), covariance).log_prob(torch.stack([x, y], 1))
    ratio -= MultivariateNormal(t64([0.0, 0.0]), torch.eye(2).double()).log_prob(torch.stack([x, y], 1))
    mine = (2 * 0.9 * x * y - 0.81 * (x**2 + y**2)) / (2 * 0.19) - math.log(0.19) / 2
    assert mine.tolist() == pytest.approx(ratio.tolist())


# --- readers


@pytest.mark.parametrize("seed", range(5))
def test_barber_agakov_is_information_less_the_mean_divergence_from_the_posterior(seed):
    joint = random_joint(4, 6, seed)
    Q = t64(np.random.default_rng(seed).dirichlet(np.ones(4), 6)).T
    h = theory.entropy(joint.sum(1))
    bound = theory.barber_agakov(Q.log(), h, joint)
    posterior, seen = theory.posterior(joint), joint.sum(0)
    apart = theory.kl(posterior.T, Q.T)
    information = theory.mutual_information(joint)
    assert bound.item() == pytest.approx((information - (seen * apart).sum()).item(), abs=1e-12)
    assert bound < information - 1e-3
    assert theory.barber_agakov(posterior.log(), h, joint).item() == pytest.approx(information.item(), abs=1e-12)


def test_no_reader_exceeds_the_entropy_of_the_code():
    h = math.log(10)
    assert theory.barber_agakov(theory.posterior(CHANNEL).log(), h, CHANNEL).item() == pytest.approx(1.994209, abs=1e-6)
    perfect = torch.eye(10, dtype=torch.float64) / 10
    assert theory.barber_agakov(theory.posterior(perfect).log(), h, perfect).item() == pytest.approx(h, abs=1e-12)
    # certain, and wrong once in twenty
    assert theory.barber_agakov(torch.eye(10).double().log(), h, CHANNEL) == -torch.inf
    nearly = theory.symmetric_channel(10, 1e-30)
    assert theory.barber_agakov(nearly.log(), h, CHANNEL) < -1


def test_barber_agakov_of_samples_is_their_mean():
    assert theory.barber_agakov(t64([-0.5, -1.5]), 2.0).item() == pytest.approx(1.0)


def test_a_reader_of_fixed_width_cannot_show_what_it_knows():
    """A code uniform on [-1, 1], read without any error by a normal Q of width 1, then 0.1."""
    c = torch.rand(1000, dtype=torch.float64) * 2 - 1
    for std, bound in ((1.0, -0.225791), (0.1, 2.076794)):
        said = torch.distributions.Normal(c, std).log_prob(c)
        assert theory.barber_agakov(said, math.log(2)).item() == pytest.approx(bound, abs=1e-6)


def test_lemma_5_1_the_code_that_made_the_picture_may_stand_for_a_draw_from_the_posterior():
    """E over c, x, c' ~ P(c|x) of f(c', x) equals E over c, x of f(c, x): summed out in full."""
    for seed in range(5):
        joint = random_joint(4, 6, seed)
        f = t64(np.random.default_rng(seed).normal(size=(4, 6)))
        posterior = theory.posterior(joint)
        in_full = sum(
            joint[c, x] * posterior[other, x] * f[other, x]
            for c, x, other in itertools.product(range(4), range(6), range(4))
        )
        assert in_full.item() == pytest.approx((joint * f).sum().item(), abs=1e-12)


# --- critics, exactly


@pytest.mark.parametrize("bound", BY_CRITIC)
@pytest.mark.parametrize("seed", range(5))
def test_no_critic_exceeds_the_information_and_the_best_one_reaches_it(bound, seed):
    joint = random_joint(4, 6, seed)
    information, best = theory.mutual_information(joint).item(), theory.pointwise_information(joint)
    if bound is theory.nwj:
        best = best + 1
    assert bound(best, joint).item() == pytest.approx(information, abs=1e-12)
    for scale in (0.1, 1.0, 3.0):
        scores = t64(np.random.default_rng(seed).normal(size=(4, 6))) * scale
        assert bound(scores, joint) < information - 1e-3
        assert bound(best.clamp(min=-9) + 0.3 * scores, joint) < information


def test_donsker_varadhan_ignores_a_constant_and_nwj_pays_for_it():
    joint = random_joint(4, 6)
    best = theory.pointwise_information(joint)
    information = theory.mutual_information(joint).item()
    assert theory.donsker_varadhan(best + 5, joint).item() == pytest.approx(information, abs=1e-12)
    assert theory.nwj(best, joint).item() == pytest.approx(information - math.exp(-1), abs=1e-12)


def test_nwj_is_the_variational_bound_of_kl():
    joint = random_joint(4, 6)
    product = joint.sum(1, keepdim=True) * joint.sum(0)
    scores = t64(np.random.default_rng(0).normal(size=(4, 6)))
    other = theory.variational_bound(joint.flatten(), product.flatten(), scores.flatten(), theory.forward_kl)
    assert theory.nwj(scores, joint).item() == pytest.approx(other.item(), abs=1e-12)


# --- critics, on batches


def enumerated(bound, joint, scores, K):
    """The exact mean of a bound over all batches of K pairs."""
    total = 0.0
    pairs = list(itertools.product(range(joint.shape[0]), range(joint.shape[1])))
    for batch in itertools.product(pairs, repeat=K):
        weight = math.prod(joint[pair].item() for pair in batch)
        rows, columns = [x for x, _ in batch], [y for _, y in batch]
        if weight:
            total += weight * bound(scores[rows][:, columns]).item()
    return total


@pytest.mark.parametrize("K", [2, 3])
def test_mean_of_a_batch_against_the_truth_by_enumeration(K):
    joint = t64([[0.35, 0.1], [0.05, 0.5]])
    best, information = theory.pointwise_information(joint), theory.mutual_information(joint).item()
    assert enumerated(theory.info_nce, joint, best, K) < information - 1e-3
    assert enumerated(theory.nwj, joint, best + 1, K) == pytest.approx(information, abs=1e-12)
    # the logarithm of a mean is too low on average: what is called a bound reads too much
    assert enumerated(theory.donsker_varadhan, joint, best, K) > information + 1e-2


def test_info_nce_is_a_classification_into_K():
    scores = torch.randn(7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    missed = torch.nn.functional.cross_entropy(scores, torch.arange(7))
    assert theory.info_nce(scores).item() == pytest.approx((math.log(7) - missed).item(), abs=1e-12)


def test_batches_of_scores_written_out():
    scores = torch.randn(5, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for batch, dv, nwj in zip(scores, theory.donsker_varadhan(scores), theory.nwj(scores)):
        strangers = [batch[i, j].item() for i in range(3) for j in range(3) if i != j]
        partners = sum(batch[i, i].item() for i in range(3)) / 3
        assert dv.item() == pytest.approx(partners - math.log(np.mean(np.exp(strangers))), abs=1e-12)
        assert nwj.item() == pytest.approx(partners - np.mean(np.exp(np.array(strangers) - 1)), abs=1e-12)
    assert theory.info_nce(scores).shape == (5,)


def test_info_nce_stops_at_log_K_whatever_the_critic():
    for K in (2, 64):
        assert theory.info_nce(1e4 * torch.eye(K)).item() == pytest.approx(math.log(K), abs=1e-5)
        for seed in range(5):
            wild = 20 * torch.randn(K, K, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
            assert theory.info_nce(wild) <= math.log(K)


def test_info_nce_with_the_best_critic_reads_4_of_16_nats():
    """Twenty coordinates correlated by 0.9 share 16.6 nats; a batch of 64 cannot say more than log 64 = 4.16."""
    read = theory.info_nce(gaussian_pairs(64, 20, 0.9, 20))
    assert math.log(64) == pytest.approx(4.158883, abs=1e-6)
    assert ((read > 4.15) & (read <= math.log(64))).all()


def test_donsker_varadhan_with_the_best_critic_reads_too_much_and_at_random():
    read = theory.donsker_varadhan(gaussian_pairs(64, 20, 0.9, 50))
    assert read.mean() > 20
    assert read.std() > 2
    near = theory.donsker_varadhan(gaussian_pairs(64, 1, 0.5, 50))
    assert abs(near.mean().item() + math.log(0.75) / 2) < 0.05


def test_bounds_can_be_trained_in_float32():
    scores = torch.randn(8, 8, requires_grad=True)
    for bound in (*BY_CRITIC, theory.info_nce):
        value = bound(scores)
        assert value.dtype == torch.float32
        (gradient,) = torch.autograd.grad(value, scores)
        assert gradient.isfinite().all()
        assert (gradient.diagonal() > 0).all()


def test_what_cannot_be_scored_is_refused():
    for bound in (*BY_CRITIC, theory.info_nce):
        with pytest.raises(ValueError, match="square matrix"):
            bound(torch.zeros(3, 4))
    for bound in BY_CRITIC:
        with pytest.raises(ValueError, match="no strangers"):
            bound(torch.zeros(1, 1))
        with pytest.raises(ValueError, match="one score per pair"):
            bound(torch.zeros(3, 4), torch.full((4, 3), 1 / 12))
    with pytest.raises(ValueError, match="one score per pair"):
        theory.barber_agakov(torch.zeros(3), 1.0, torch.full((4, 3), 1 / 12))

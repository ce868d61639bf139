"""Information of tables, Gaussians and channels against closed forms, scipy and sums written out."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.metrics import mutual_info_score

from ganlib import theory

LOG10 = math.log(10)


def t64(x):
    return torch.as_tensor(x, dtype=torch.float64)


def random_joint(rows, columns, seed=0, zeros=True):
    """A table of probabilities, a third of it empty."""
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.full(rows * columns, 0.7)).reshape(rows, columns)
    if zeros:
        table *= rng.random((rows, columns)) > 0.3
    return t64(table / table.sum())


def coin(e):
    return scipy.stats.entropy([e, 1 - e])


def correlated(rho):
    return t64([[1.0, rho], [rho, 1.0]])


# --- tables


@pytest.mark.parametrize("seed", range(4))
def test_mutual_information_in_three_forms(seed):
    joint = random_joint(4, 6, seed)
    across, down = joint.sum(1).numpy(), joint.sum(0).numpy()
    h_x, h_y, both = scipy.stats.entropy(across), scipy.stats.entropy(down), scipy.stats.entropy(joint.numpy().ravel())
    given_y = sum(w * scipy.stats.entropy(column) for w, column in zip(down, joint.numpy().T) if w > 0)
    information = theory.mutual_information(joint).item()
    assert information == pytest.approx(h_x + h_y - both, abs=1e-12)
    assert information == pytest.approx(h_x - given_y, abs=1e-12)
    assert theory.conditional_entropy(joint).item() == pytest.approx(given_y, abs=1e-12)
    assert theory.conditional_entropy(joint.mT).item() == pytest.approx(both - h_x, abs=1e-12)


def test_mutual_information_is_that_of_scikit_learn():
    counts = torch.randint(0, 9, (5, 7), generator=torch.Generator().manual_seed(0))
    assert theory.mutual_information(counts / counts.sum()).item() == pytest.approx(
        mutual_info_score(None, None, contingency=counts.numpy()), abs=1e-6
    )


def test_mutual_information_is_zero_for_independent_and_positive_for_dependent_variables():
    p, q = t64([0.2, 0.3, 0.5, 0.0]), t64([0.6, 0.4])
    assert theory.mutual_information(p[:, None] * q).item() == pytest.approx(0, abs=1e-15)
    for seed in range(20):
        assert theory.mutual_information(random_joint(3, 3, seed, zeros=False)) > 1e-4


def test_zero_correlation_is_not_independence():
    joint = t64([[0.0, 1 / 3], [1 / 3, 0.0], [0.0, 1 / 3]])  # x in -1, 0, 1 and y = x squared
    x, y = t64([-1.0, 0.0, 1.0]), t64([0.0, 1.0])
    covariance = (joint * x[:, None] * y).sum() - (joint.sum(1) * x).sum() * (joint.sum(0) * y).sum()
    assert covariance.item() == pytest.approx(0, abs=1e-15)
    assert theory.mutual_information(joint).item() == pytest.approx(math.log(3) - 2 / 3 * math.log(2), abs=1e-12)


def test_tables_come_in_batches_and_in_float32():
    joints = torch.stack([random_joint(3, 4, seed) for seed in range(5)]).reshape(5, 1, 3, 4)
    batch = theory.mutual_information(joints.float())
    assert batch.shape == (5, 1)
    assert batch.dtype == torch.float64
    assert batch.flatten().tolist() == pytest.approx([theory.mutual_information(j).item() for j in joints], abs=1e-6)
    assert theory.conditional_entropy(joints).shape == (5, 1)
    assert theory.posterior(joints).shape == joints.shape


def test_mutual_information_has_a_finite_gradient_where_the_joint_is_zero():
    logits = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    mask = 1 - torch.eye(3, dtype=torch.float64)
    joint = logits.exp() * mask
    theory.mutual_information(joint / joint.sum()).backward()
    assert logits.grad.isfinite().all()


def test_posterior_is_bayes_rule():
    joint = random_joint(4, 6)
    joint[:, 2] = 0
    joint = joint / joint.sum()
    posterior = theory.posterior(joint)
    assert posterior[:, 2].tolist() == [0.25] * 4
    for column in (0, 1, 3, 4, 5):
        assert posterior[:, column].tolist() == pytest.approx((joint[:, column] / joint[:, column].sum()).tolist())


def test_pointwise_information_averages_to_mutual_information():
    joint = random_joint(4, 5)
    joint[:, 2] = 0
    joint = joint / joint.sum()
    pointwise = theory.pointwise_information(joint)
    product = joint.sum(1, keepdim=True) * joint.sum(0)
    assert (joint[joint > 0] * pointwise[joint > 0]).sum() == pytest.approx(theory.mutual_information(joint).item())
    assert (pointwise[(joint == 0) & (product > 0)] == -torch.inf).all()
    assert (pointwise[:, 2] == 0).all()
    assert (pointwise.exp() * product).flatten().tolist() == pytest.approx(joint.flatten().tolist())


def test_processing_loses_information_and_renaming_does_not():
    for seed in range(10):
        joint = random_joint(5, 6, seed)
        channel = t64(np.random.default_rng(seed).dirichlet(np.ones(4), 6))
        information = theory.mutual_information(joint)
        assert theory.mutual_information(joint @ channel) < information - 1e-6
        renamed = joint[:, torch.randperm(6, generator=torch.Generator().manual_seed(seed))]
        assert theory.mutual_information(renamed).item() == pytest.approx(information.item(), abs=1e-12)


@pytest.mark.parametrize("pairs", range(6))
def test_merged_codes_cost_log_2_each(pairs):
    """Ten codes through a generator that draws the same picture for both codes of a pair."""
    pictures = torch.arange(10)
    pictures[1 : 2 * pairs : 2] -= 1
    joint = torch.zeros(10, 10, dtype=torch.float64)
    joint[torch.arange(10), pictures] = 0.1
    expected = LOG10 - pairs / 5 * math.log(2)
    assert theory.mutual_information(joint).item() == pytest.approx(expected, abs=1e-12)
    if pairs == 5:
        assert expected == pytest.approx(1.609438, abs=1e-6)


@pytest.mark.parametrize(
    "function", ["mutual_information", "conditional_entropy", "posterior", "pointwise_information"]
)
@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (torch.tensor([0.5, 0.5]), "a row for each x"),
        (torch.tensor([[0.5, -0.1], [0.3, 0.3]]), "negative"),
        (torch.tensor([[0.5, torch.nan], [0.3, 0.2]]), "not numbers"),
        (torch.eye(3), "adds up to 3, not 1"),
    ],
)
def test_what_is_no_joint_is_refused(function, joint, message):
    with pytest.raises(ValueError, match=message):
        getattr(theory, function)(joint)


# --- Gaussians


@pytest.mark.parametrize("d", [1, 3])
def test_gaussian_entropy_is_scipys(d):
    root = np.random.default_rng(d).normal(size=(d, d))
    covariance = root @ root.T + 0.1 * np.eye(d)
    expected = scipy.stats.multivariate_normal(np.zeros(d), covariance).entropy()
    assert theory.gaussian_entropy(t64(covariance)).item() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.3, -0.6, 0.9, 0.99])
def test_information_of_two_correlated_gaussians(rho):
    information = theory.gaussian_information(correlated(rho)).item()
    assert information == pytest.approx(-math.log(1 - rho**2) / 2, abs=1e-12)
    pair = torch.distributions.MultivariateNormal(torch.zeros(2).double(), correlated(rho))
    alone = torch.distributions.MultivariateNormal(torch.zeros(2).double(), correlated(0.0))
    assert information == pytest.approx(torch.distributions.kl_divergence(pair, alone).item(), abs=1e-12)


def test_information_of_many_correlated_gaussians_adds_up():
    d, rho = 20, 0.9
    covariance = torch.eye(2 * d, dtype=torch.float64)
    covariance[:d, d:] = covariance[d:, :d] = rho * torch.eye(d)
    assert theory.gaussian_information(covariance, d).item() == pytest.approx(16.607310, abs=1e-6)
    units = torch.linspace(0.1, 5, 2 * d, dtype=torch.float64)
    scaled = theory.gaussian_information(units[:, None] * covariance * units, d)
    assert scaled.item() == pytest.approx(16.607310, abs=1e-6)


def test_rotating_gaussian_codes_keeps_their_information():
    angle = math.pi / 5
    turn = t64([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    blocks = torch.block_diag(torch.eye(2).double(), turn)
    straight = torch.eye(4, dtype=torch.float64)
    straight[0, 2] = straight[2, 0] = straight[1, 3] = straight[3, 1] = 0.9
    turned = blocks @ straight @ blocks.T
    assert theory.gaussian_information(turned, 2).item() == pytest.approx(1.660731, abs=1e-6)
    # but one axis of the picture no longer belongs to one axis of the code
    one_axis = theory.gaussian_information(turned[[0, 2]][:, [0, 2]]).item()
    assert one_axis == pytest.approx(-math.log(1 - (0.9 * math.cos(angle)) ** 2) / 2, abs=1e-12)
    assert 2 * one_axis < 1.4


@pytest.mark.parametrize("snr", [0.0, 0.5, 3.0, 80.0])
def test_gaussian_capacity_is_reached_by_a_gaussian_code(snr):
    covariance = t64([[1.0, 1.0], [1.0, 1.0 + 1 / snr]]) if snr else torch.eye(2).double()
    assert theory.gaussian_capacity(snr).item() == pytest.approx(
        theory.gaussian_information(covariance).item(), abs=1e-9
    )
    assert theory.gaussian_capacity(t64([snr, 1.0])).tolist() == pytest.approx([math.log(1 + snr) / 2, math.log(2) / 2])


def test_what_is_no_covariance_is_refused():
    for function in (theory.gaussian_entropy, theory.gaussian_information):
        with pytest.raises(ValueError, match="square matrix"):
            function(torch.ones(2, 3))
        with pytest.raises(ValueError, match="positive definite"):
            function(torch.ones(2, 2))
        with pytest.raises(ValueError, match="symmetric"):
            function(torch.tensor([[1.0, 0.5], [0.0, 1.0]]))
    for k in (0, 2):
        with pytest.raises(ValueError, match="each needs one"):
            theory.gaussian_information(torch.eye(2), k)
    with pytest.raises(ValueError, match="never negative"):
        theory.gaussian_capacity(-1.0)


# --- channels


@pytest.mark.parametrize(("K", "error"), [(2, 0.1), (10, 0.05), (10, 0.5), (10, 1.0), (4, 0.0)])
def test_symmetric_channel_carries_its_closed_form(K, error):
    channel = theory.symmetric_channel(K, error)
    assert channel.sum(1).tolist() == pytest.approx([1.0] * K)
    expected = math.log(K) - coin(error) - error * math.log(K - 1)
    assert theory.mutual_information(channel / K).item() == pytest.approx(expected, abs=1e-12)
    assert theory.capacity(channel).lower == pytest.approx(expected, abs=1e-9)


def test_ten_letters_with_five_percent_errors():
    assert math.log(10) == pytest.approx(2.302585, abs=1e-6)
    assert theory.mutual_information(theory.symmetric_channel(10, 0.05) / 10).item() == pytest.approx(
        1.994209, abs=1e-6
    )
    assert theory.mutual_information(theory.symmetric_channel(10, 0.9) / 10).item() == pytest.approx(0, abs=1e-12)
    # always wrong still rules one letter out
    always_wrong = theory.mutual_information(theory.symmetric_channel(10, 1.0) / 10)
    assert always_wrong.item() == pytest.approx(math.log(10 / 9), abs=1e-12)


@pytest.mark.parametrize(("K", "erased"), [(2, 0.3), (10, 0.05), (3, 1.0), (3, 0.0)])
def test_erasure_channel_carries_what_it_does_not_erase(K, erased):
    channel = theory.erasure_channel(K, erased)
    assert channel.shape == (K, K + 1)
    assert theory.mutual_information(channel / K).item() == pytest.approx((1 - erased) * math.log(K), abs=1e-12)
    found = theory.capacity(channel)
    assert found.lower - 1e-12 <= (1 - erased) * math.log(K) <= found.upper + 1e-12


@pytest.mark.parametrize("stuck", [0.1, 0.5, 0.9])
def test_capacity_of_the_z_channel(stuck):
    """0 always arrives, 1 becomes 0 with probability `stuck`: log(1 + (1 - s) s^(s / (1 - s)))."""
    found = theory.capacity(t64([[1.0, 0.0], [stuck, 1 - stuck]]))
    expected = math.log1p((1 - stuck) * stuck ** (stuck / (1 - stuck)))
    assert found.lower - 1e-12 <= expected <= found.upper + 1e-12
    assert found.upper - found.lower <= 1e-9
    best = 1 / (1 + (1 - stuck) * stuck ** (stuck / (1 - stuck))) * stuck ** (stuck / (1 - stuck))  # share of the 1
    assert found.inputs[1].item() == pytest.approx(best, abs=1e-4)


def test_capacity_is_between_its_bounds_however_few_the_rounds():
    rng = np.random.default_rng(3)
    for _ in range(5):
        channel = t64(rng.dirichlet(np.full(5, 0.5), 4))
        final = theory.capacity(channel)
        assert theory.mutual_information(final.inputs[:, None] * channel).item() == pytest.approx(
            final.lower, abs=1e-12
        )
        for rounds in (1, 3):
            early = theory.capacity(channel, rounds=rounds)
            assert early.lower - 1e-12 <= final.lower <= final.upper <= early.upper + 1e-12
            sent = theory.mutual_information(early.inputs[:, None] * channel).item()
            assert sent == pytest.approx(early.lower, abs=1e-12)
        for _ in range(20):  # no inputs beat it
            inputs = t64(rng.dirichlet(np.ones(4)))
            assert theory.mutual_information(inputs[:, None] * channel).item() <= final.upper + 1e-12


def test_the_capacity_of_merged_codes_is_the_logarithm_of_the_pictures():
    """Used evenly they carry less, and that is what a fixed prior of codes does."""
    channel = torch.eye(10, dtype=torch.float64)
    channel[1] = channel[0]
    found = theory.capacity(channel)
    assert (found.lower, found.upper) == pytest.approx((math.log(9), math.log(9)), abs=1e-9)
    assert found.inputs.tolist() == pytest.approx([1 / 18] * 2 + [1 / 9] * 8, abs=1e-6)
    assert theory.mutual_information(channel / 10).item() == pytest.approx(2.163956, abs=1e-6)


def test_a_round_multiplies_every_share_by_the_exponential_of_its_divergence():
    channel = t64(np.random.default_rng(0).dirichlet(np.ones(5), 4))
    mixture = channel.mean(0).expand(4, 5)
    apart = [scipy.stats.entropy(row, mix) for row, mix in zip(channel, mixture)]
    shares = np.exp(apart) / np.exp(apart).sum()
    assert theory.capacity(channel, rounds=2).inputs.tolist() == pytest.approx(shares.tolist(), abs=1e-12)


def test_what_is_no_channel_is_refused():
    for channel in (torch.eye(3) * 2, torch.tensor([[1.5, -0.5]]), torch.ones(3)):
        with pytest.raises(ValueError, match="every row"):
            theory.capacity(channel)
    for make in (theory.symmetric_channel, theory.erasure_channel):
        with pytest.raises(ValueError, match="two letters"):
            make(1, 0.1)
        with pytest.raises(ValueError, match="two letters"):
            make(3, 1.1)

"""What is paid for rebuilding, and for a code, against scipy and torch.distributions."""

import numpy as np
import pytest
import torch
from scipy.stats import bernoulli, norm
from torch.distributions import Independent, Normal, kl_divergence

from ganlib import losses


@pytest.mark.parametrize("shape", [(4, 3), (4, 1, 2, 2)])
@pytest.mark.parametrize("std", [1.0, 0.2])
def test_gaussian_is_scipys_log_density(shape, std):
    mean, x = torch.randn(*shape, dtype=torch.float64), torch.randn(*shape, dtype=torch.float64)
    expected = -norm.logpdf(x.numpy(), mean.numpy(), std).reshape(4, -1).sum(1)
    np.testing.assert_allclose(losses.gaussian_nll(mean, x, std), expected)


def test_a_width_may_be_learned():
    mean, x = torch.zeros(5, 3), torch.randn(5, 3)
    width = torch.tensor(0.7, requires_grad=True)
    (slope,) = torch.autograd.grad(losses.gaussian_nll(mean, x, width).mean(), width)
    # d/ds of |x|^2 / 2 s^2 + 3 log s
    assert slope.item() == pytest.approx(-x.square().sum(1).mean().item() / 0.7**3 + 3 / 0.7, rel=1e-5)


def test_a_width_for_each_pixel():
    mean, x, std = torch.zeros(2, 3), torch.ones(2, 3), torch.tensor([1.0, 2.0, 4.0])
    expected = -norm.logpdf(1.0, 0.0, std.numpy()).sum()
    np.testing.assert_allclose(losses.gaussian_nll(mean, x, std), [expected] * 2, rtol=1e-6)


def test_bernoulli_is_scipys_log_probability_and_survives_certainty():
    logits, x = torch.randn(4, 1, 2, 2, dtype=torch.float64), torch.randint(0, 2, (4, 1, 2, 2)).double()
    expected = -bernoulli.logpmf(x.numpy(), torch.sigmoid(logits).numpy()).reshape(4, -1).sum(1)
    np.testing.assert_allclose(losses.bernoulli_nll(logits, x), expected)
    assert losses.bernoulli_nll(torch.tensor([[500.0]]), torch.zeros(1, 1)).item() == 500


def test_kl_is_that_of_torch_distributions():
    mean, log_variance = torch.randn(6, 3, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64)
    q = Independent(Normal(mean, (log_variance / 2).exp()), 1)
    p = Independent(Normal(torch.zeros(6, 3).double(), torch.ones(6, 3).double()), 1)
    torch.testing.assert_close(losses.standard_normal_kl(mean, log_variance), kl_divergence(q, p))


def test_kl_is_zero_only_at_the_prior_and_exact_nearby():
    assert losses.standard_normal_kl(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0
    # log variance e: (exp(e) - 1 - e) / 2 = e^2 / 4 + ..., which a careless float32 loses
    assert losses.standard_normal_kl(torch.zeros(1, 1), torch.full((1, 1), 1e-2)).item() == pytest.approx(
        1e-4 / 4, rel=5e-3
    )

"""Objectives and penalties against closed forms and against torch's own losses."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from ganlib import losses

LOG2 = math.log(2)


def scores(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3


real, fake = scores(40, 1), scores(40, 1, seed=1)
zero = torch.zeros(40, 1)


@pytest.mark.parametrize(
    ("objective", "d", "g"),
    [
        (losses.minimax, 2 * LOG2, -LOG2),
        (losses.nonsaturating, 2 * LOG2, LOG2),
        (losses.least_squares(0, 1, 1), 0.5, 0.5),
        (losses.least_squares(-1, 1, 0), 1.0, 0.0),
        (losses.wasserstein, 0.0, 0.0),
        (losses.hinge, 2.0, 0.0),
    ],
)
def test_losses_of_a_discriminator_that_scores_everything_zero(objective, d, g):
    assert objective.d(zero, zero).item() == pytest.approx(d)
    assert objective.g(zero).item() == pytest.approx(g)


def test_relativistic_losses_at_zero_are_log_2_each():
    assert losses.relativistic.paired
    assert losses.relativistic.d(zero, zero).item() == pytest.approx(LOG2)
    assert losses.relativistic.g(zero, zero).item() == pytest.approx(LOG2)


def test_cross_entropy_objectives_agree_with_torch():
    d = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(losses.minimax.d(real, fake), d)
    torch.testing.assert_close(losses.nonsaturating.d(real, fake), d)
    torch.testing.assert_close(losses.nonsaturating.g(fake), bce(fake, torch.ones_like(fake)))
    torch.testing.assert_close(losses.minimax.g(fake), -bce(fake, torch.zeros_like(fake)))
    torch.testing.assert_close(losses.relativistic.d(real, fake), bce(real - fake, torch.ones_like(real)))
    torch.testing.assert_close(losses.relativistic.g(real, fake), bce(fake - real, torch.ones_like(real)))


def test_minimax_is_the_value_of_the_game_in_probabilities():
    D_real, D_fake = torch.sigmoid(real), torch.sigmoid(fake)
    value = torch.log(D_real).mean() + torch.log(1 - D_fake).mean()
    torch.testing.assert_close(-losses.minimax.d(real, fake), value)
    torch.testing.assert_close(losses.minimax.g(fake), torch.log(1 - D_fake).mean())


def test_confident_scores_overflow_nowhere():
    huge = torch.full((4, 1), 1e4)
    for objective in (losses.minimax, losses.nonsaturating, losses.relativistic):
        assert torch.isfinite(objective.d(-huge, huge))
    assert losses.nonsaturating.g(-huge).item() == pytest.approx(1e4)


def test_wasserstein_hinge_and_least_squares_by_hand():
    r, f = torch.tensor([[2.0], [0.5]]), torch.tensor([[-3.0], [1.0]])
    assert losses.wasserstein.d(r, f).item() == pytest.approx(-1 - 1.25)
    assert losses.wasserstein.g(f).item() == pytest.approx(1.0)
    assert losses.hinge.d(r, f).item() == pytest.approx((0 + 0.5) / 2 + (0 + 2) / 2)
    assert losses.hinge.g(f).item() == pytest.approx(1.0)
    a, b, c = 0.0, 1.0, 0.5
    assert losses.least_squares(a, b, c).d(r, f).item() == pytest.approx((1 + 0.25) / 4 + (9 + 1) / 4)
    assert losses.least_squares(a, b, c).g(f).item() == pytest.approx((12.25 + 0.25) / 4)


def test_the_generators_gradient_weights_are_sigmoid_of_plus_and_minus_the_score():
    """Saturating: sigma(s), vanishing where D is sure; non-saturating: sigma(-s), largest there."""
    s = torch.linspace(-6, 6, 13, dtype=torch.float64, requires_grad=True)
    (saturating,) = torch.autograd.grad(losses.minimax.g(s) * len(s), s)
    (non_saturating,) = torch.autograd.grad(losses.nonsaturating.g(s) * len(s), s)
    torch.testing.assert_close(saturating, -torch.sigmoid(s.detach()))
    torch.testing.assert_close(non_saturating, -torch.sigmoid(-s.detach()))


# --- penalties -------------------------------------------------------------------------------------------------------

SHAPES = [(1, 3), (7, 3), (64, 3), (1, 2, 4, 4), (5, 3, 4, 6), (64, 1, 8, 8)]


class Linear(nn.Module):
    """D(x) = w.x with |w| given: the slope is that number everywhere, whatever the rank."""

    def __init__(self, shape: tuple[int, ...], slope: float):
        super().__init__()
        w = torch.randn(math.prod(shape), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        self.w = nn.Parameter(w / w.norm() * slope)

    def forward(self, x):
        return x.flatten(1) @ self.w[:, None]


def batch(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_of_a_critic_with_slope_two_do_not_depend_on_rank_or_batch(shape):
    """The audit that four of nine public implementations fail: the right answers are 1, 4 and 4."""
    D, x, y = Linear(shape[1:], 2.0), batch(shape, 0), batch(shape, 1)
    assert losses.gradient_penalty(D, x, y).item() == pytest.approx(1.0)
    assert losses.gradient_penalty(D, x, y, slope=0.0).item() == pytest.approx(4.0)
    assert losses.r1(D, x).item() == pytest.approx(4.0)
    assert losses.r2(D, y).item() == pytest.approx(4.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_have_the_gradient_of_the_closed_form(shape):
    """(|w| - 1)^2 has gradient 2 (|w| - 1) w / |w|, and |w|^2 has 2 w."""
    D, x, y = Linear(shape[1:], 2.0), batch(shape, 0), batch(shape, 1)
    w = D.w.detach()
    (gradient,) = torch.autograd.grad(losses.gradient_penalty(D, x, y), D.w)
    torch.testing.assert_close(gradient, 2 * (2 - 1) * w / 2)
    (gradient,) = torch.autograd.grad(losses.r1(D, x), D.w)
    torch.testing.assert_close(gradient, 2 * w)


def test_slopes_of_a_quadratic_are_the_points_themselves():
    x = batch((6, 2, 3, 3), 0)
    torch.testing.assert_close(losses.slopes(lambda x: x.flatten(1).square().sum(1, keepdim=True) / 2, x), x.flatten(1))
    assert losses.r1(lambda x: x.flatten(1).square().sum(1, keepdim=True) / 2, x).item() == pytest.approx(
        x.square().sum().item() / 6
    )


def test_gradient_penalty_looks_on_the_segments_one_point_each_uniformly():
    seen = []

    def D(x):
        seen.append(x.detach())
        return x.sum((1, 2, 3))[:, None]

    x, y = torch.zeros(4000, 2, 2, 2), torch.ones(4000, 2, 2, 2)
    torch.manual_seed(0)
    losses.gradient_penalty(D, x, y)
    t = seen[0].flatten(1)
    assert torch.equal(t, t[:, :1].expand_as(t)), "one share per point, not per pixel"
    assert (t >= 0).all()
    assert (t <= 1).all()
    assert torch.histc(t[:, 0], 10, 0, 1).min() > 330, "uniform: 400 expected a bin, standard deviation 19"


@pytest.mark.parametrize("shape", [(5, 3), (5, 1, 4, 4)])
def test_a_flat_critic_has_a_finite_penalty_and_gradient(shape):
    """At zero slope sqrt(sum) would have an infinite derivative."""
    D = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape[1:]), 1)).double()
    nn.init.zeros_(D[1].weight)
    penalty = losses.gradient_penalty(D, batch(shape, 0), batch(shape, 1))
    penalty.backward()
    assert penalty.item() == pytest.approx(1.0)
    assert torch.isfinite(D[1].weight.grad).all()


def test_penalties_send_no_gradient_to_the_generator():
    y = batch((4, 3), 1).requires_grad_()
    D = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    losses.r2(D, y * 1).backward()
    assert y.grad is None


def test_batches_of_different_size_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"real has shape \(4, 3\), fake \(5, 3\)"):
        losses.gradient_penalty(Linear((3,), 1.0), batch((4, 3), 0), batch((5, 3), 0))

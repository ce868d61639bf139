"""What chapter 4 says and no test of a module holds up yet."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from ganlib import data, engine, games, losses, networks, theory


def train_discriminator(D, real, fake, rounds=400, rate=0.1):
    optimizer = engine.cosine(engine.adam(rate), rounds)(D.parameters())
    for _ in range(rounds):
        optimizer.zero_grad()
        losses.minimax.d(D(real(512)), D(fake(512))).backward()
        optimizer.step()
    return D


@pytest.mark.parametrize("score", [lambda x: 1 - x, torch.zeros_like, lambda x: 2 - 2 * x + torch.sin(3 * x)])
def test_a_worse_discriminator_loses_a_mean_divergence_of_coins(score):
    p, q = Normal(0.0, 1.0), Normal(2.0, 1.0)
    x = torch.linspace(-14, 16, 20_001, dtype=torch.float64)
    best, other = torch.special.expit(2 - 2 * x), torch.special.expit(score(x))
    coins = torch.distributions.kl_divergence(torch.distributions.Bernoulli(best), torch.distributions.Bernoulli(other))
    price = torch.trapezoid((p.log_prob(x).exp() + q.log_prob(x).exp()) * coins, x)
    lost = theory.value_at_optimum(p, q) - theory.value(p, q, score)
    assert lost.item() == pytest.approx(price.item(), abs=1e-8)
    assert lost > 0.01


def test_a_trained_linear_layer_finds_the_best_score():
    for seed in range(2):
        engine.seed(seed)
        line = train_discriminator(networks.mlp(1, 1, ()), data.Gaussian(1), data.Gaussian(1, mean=2.0))
        x = torch.linspace(-2, 4, 7)[:, None]
        assert (line(x) - (2 - 2 * x)).abs().max() < 0.2


class Minimax(games.GAN):
    objective = losses.minimax


def race(game_class, seed):
    engine.seed(seed)
    G, D = networks.mlp(1, 1, ()), networks.mlp(1, 1, ())
    nn.init.constant_(G[0].weight, 1.0)
    nn.init.constant_(G[0].bias, 6.0)
    game = game_class(G, D, data.Gaussian(1), optimizers={"D": engine.sgd(0.5), "G": engine.sgd(0.05)})
    train_discriminator(D, data.Gaussian(1), game.sample, rate=0.2)
    for _ in engine.play(game, partial(data.Gaussian(1), 256), 200):
        pass
    return game


@pytest.mark.parametrize("seed", [0, 1])
def test_the_saturating_loss_stalls_and_the_other_collapses(seed):
    slow, fast = race(Minimax, seed), race(games.GAN, seed)
    assert slow.G[0].bias.item() > 5
    assert abs(fast.G[0].bias.item()) < 0.3
    assert fast.sample(1000).std() < 0.1
    assert (torch.sigmoid(fast.D(torch.linspace(-3, 3, 7)[:, None])) - 0.5).abs().max() < 0.1


def test_the_damped_game_learns_a_bell():
    class Damped(games.GAN):
        turns = 5 * ("D",) + ("G",)

        def penalty(self, real, fake):
            return 0.1 * losses.r1(self.D, real)

    engine.seed(0)
    bell = data.mixture_1d([0.6], 0.7)
    optimizers = {"D": engine.adam(0.01, (0.0, 0.99)), "G": engine.adam(0.005, (0.0, 0.99))}
    networks_ = (networks.mlp(1, 1, (32, 32), nn.Tanh) for _ in "GD")
    game = Damped(*networks_, data.Gaussian(1), optimizers=optimizers)
    for _ in engine.play(game, partial(bell, 256), 80):
        pass
    assert theory.wasserstein_1d(game.sample(4000).flatten(), bell(4000).flatten()) < 0.2


def test_turn_taking_drifts_slowly():
    def squared_distance(rounds):
        theta, psi, h = 1.0, 1.0, 0.5
        for _ in range(rounds):
            psi -= h * theta / (1 + math.exp(-theta * psi))
            theta += h * psi / (1 + math.exp(-theta * psi))
        return theta**2 + psi**2

    start = torch.tensor([1.0, 1.0], dtype=torch.float64)
    path = theory.trajectory(theory.alternating(theory.dirac(losses.minimax), 0.5), start, 50)
    assert squared_distance(50) == pytest.approx(path[-1].square().sum().item())
    assert squared_distance(2_000) < 3
    assert 10 < squared_distance(20_000) < 18
    assert squared_distance(200_000) < 30


def test_a_discriminator_that_cannot_see_says_one_half():
    engine.seed(0)
    x = torch.linspace(-3, 9, 13)[:, None]
    blind = train_discriminator(networks.mlp(1, 1, ()), data.Gaussian(1), data.Gaussian(1, std=2.0))
    assert (torch.sigmoid(blind(x[:7])) - 0.5).abs().max() < 0.05
    assert theory.js(Normal(0.0, 1.0), Normal(0.0, 2.0)).item() == pytest.approx(0.0927, abs=5e-5)
    dead = networks.mlp(1, 1, (16,))
    nn.init.constant_(dead[0].bias, -100.0)
    train_discriminator(dead, data.Gaussian(1), data.Gaussian(1, mean=6.0))
    x.requires_grad_()
    assert (torch.sigmoid(dead(x)) - 0.5).abs().max() < 0.02
    assert torch.autograd.grad(dead(x).sum(), x)[0].abs().max() == 0


def test_scores_of_real_points_have_no_gradient_in_the_generator():
    G, D = networks.mlp(1, 1), networks.mlp(1, 1)
    game = games.GAN(G, D, data.Gaussian(1))
    real = -nn.functional.softplus(-D(torch.randn(64, 1))).mean()
    assert all(g is None for g in torch.autograd.grad(real, G.parameters(), allow_unused=True))
    assert all(g is not None for g in torch.autograd.grad(game.g_loss(torch.randn(64, 1)), G.parameters()))

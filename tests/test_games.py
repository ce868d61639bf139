"""Each game against its bare-loop twin, and the few things that are a game's own."""

import math
from functools import partial

import bare_loops
import pytest
import torch
from small_games import SMALL, build, draw, net
from torch import nn

from ganlib import engine, games, losses, theory
from ganlib.data import Gaussian


@pytest.mark.parametrize("name", bare_loops.TWINS)
def test_a_game_and_its_bare_loop_have_the_same_losses(name):
    game, twin, real = build(name), build(name), SMALL[name].draw
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, real, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.TWINS[name](twin.G, twin.D, twin.prior, real, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", bare_loops.ONE_PLAYER)
def test_a_model_and_its_bare_loop_have_the_same_losses(name):
    game, twin = build(name), build(name)
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.ONE_PLAYER[name](twin.E, twin.G, draw, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_wgan_keeps_the_critic_and_only_the_critic_in_its_box():
    game = build("WGAN")
    list(engine.play(game, draw, 1))
    assert max(p.abs().max().item() for p in game.D.parameters()) == pytest.approx(0.01, rel=1e-6)
    assert max(p.abs().max().item() for p in game.G.parameters()) > 0.1


def test_a_paired_objective_lets_the_generator_see_the_real_batch():
    class Relativistic(games.GAN):
        objective = losses.relativistic

    torch.manual_seed(0)
    game = Relativistic(net(4, 2), net(2, 1), Gaussian(4))
    real = draw()
    torch.manual_seed(5)
    loss = game.g_loss(real)
    torch.manual_seed(5)
    gap = game.D(real) - game.D(game.fake(len(real)))
    torch.testing.assert_close(loss, -torch.log(torch.sigmoid(-gap)).mean())


def test_a_generator_under_a_linear_critic_descends_along_the_critic():
    """For D(x) = w.x the Wasserstein generator's samples move along w, by the learning rate, in closed form."""

    class Shift(nn.Module):
        def __init__(self):
            super().__init__()
            self.by = nn.Parameter(torch.zeros(2))

        def forward(self, z):
            return z + self.by

    D = nn.Linear(2, 1)
    game = games.WGAN(Shift(), D, Gaussian(2), optimizers={"G": engine.sgd(0.5)})
    w = D.weight.detach().clone().squeeze()
    game.players["G"].move(draw())
    torch.testing.assert_close(game.G.by.detach(), 0.5 * w)


@pytest.mark.parametrize("name", ["GAN", "LSGAN", "WGAN", "WGANGP"])
def test_the_discriminators_loss_has_no_path_to_the_generator(name):
    game = build(name)
    paths = torch.autograd.grad(game.d_loss(draw()), list(game.G.parameters()), allow_unused=True)
    assert all(path is None for path in paths)


@pytest.mark.parametrize("name", ["GAN with an average", "WGAN with an average"])
def test_the_average_is_updated_once_a_round_after_the_generators_move(name):
    game = build(name)
    start = [p.clone() for p in game.G.parameters()]
    list(engine.play(game, draw, 1))
    for mean, old, new in zip(game.average.average.parameters(), start, game.G.parameters(), strict=True):
        torch.testing.assert_close(mean, 0.9 * old + 0.1 * new)


def test_an_autoencoder_rebuilds_and_says_that_it_cannot_sample():
    game = build("Autoencoder")
    real = draw()
    torch.testing.assert_close(game.reconstruct(real), game.G(game.E(real)))
    with pytest.raises(NotImplementedError, match="Autoencoder does not generate"):
        game.sample(4)


def test_a_vae_rebuilds_from_the_mean_code_and_samples_by_decoding_its_prior():
    game = build("VAE")
    real = draw()
    torch.testing.assert_close(game.reconstruct(real), game.G(game.E(real)[:, :3]))
    torch.manual_seed(7)
    decoded = game.G(torch.randn(5, 3)).detach()
    assert torch.equal(game.sample(5, seed=7), decoded)


def linear_vae():
    """A VAE that is a linear-Gaussian model with a guess at its posterior; and both in closed form."""
    torch.manual_seed(0)
    E, G = nn.Linear(4, 4).double(), nn.Linear(2, 4).double()
    game = games.VAE(E, G, partial(losses.gaussian_nll, std=0.6), Gaussian(2))
    variance = torch.tensor(0.36, dtype=torch.float64)
    return game, theory.LinearGaussian(G.weight.detach(), G.bias.detach(), variance)


def test_the_elbo_of_a_linear_vae_is_its_closed_form_on_average():
    game, model = linear_vae()
    x = torch.randn(3, 4, dtype=torch.float64)
    with torch.no_grad():
        mean, log_variance = game.posterior(x)
        exact = model.elbo(x, mean, torch.diag_embed(log_variance.exp()))
        draws = game.elbo(x.repeat_interleave(40_000, 0)).reshape(3, -1)
    error = draws.std(1) / math.sqrt(40_000)
    assert ((draws.mean(1) - exact).abs() < 4 * error).all()


def test_the_weights_of_a_linear_vae_average_to_its_likelihood():
    game, model = linear_vae()
    x = torch.randn(3, 4, dtype=torch.float64)
    with torch.no_grad():
        for part in game.E.parameters():
            part.mul_(0.5)  # a guess wider than the posterior, so that no weight is very large
        weights = game.log_weights(x, 20_000)
        assert weights.shape == (20_000, 3)
    error = (weights - weights.amax(0)).exp()
    error = error.std(0) / error.mean(0) / math.sqrt(20_000)  # of the logarithm of a mean
    gap = theory.importance_weighted(weights) - model.log_prob(x)
    assert (error < 0.05).all()
    assert (gap.abs() < 4 * error).all()

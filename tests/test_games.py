"""Each game against its bare-loop twin, and the few things that are a game's own."""

import bare_loops
import pytest
import torch
from small_games import build, draw, net
from torch import nn

from ganlib import engine, games, losses
from ganlib.data import Gaussian


@pytest.mark.parametrize("name", bare_loops.TWINS)
def test_a_game_and_its_bare_loop_have_the_same_losses(name):
    game, twin = build(name), build(name)
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.TWINS[name](twin.G, twin.D, twin.prior, draw, 12))
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

"""The game of chapter 16: against its bare loop, against closed forms, and what it does with bad input."""

import bare_loops
import pytest
import torch
from small_games import build, draw, net
from torch import nn
from torch.nn.functional import softplus

from ganlib import engine, games, losses, networks
from ganlib.data import Gaussian


def test_bigan_and_its_bare_loop_have_the_same_losses():
    game, twin = build("BiGAN"), build("BiGAN")
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.bigan(twin.G, twin.D, twin.E, twin.prior, draw, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_the_second_player_wants_what_d_wants_with_the_names_exchanged():
    game, x = build("BiGAN"), draw()
    torch.manual_seed(5)
    loss = game.g_loss(x)
    torch.manual_seed(5)
    z = game.prior(len(x))
    up, down = game.D(x, game.E(x)), game.D(game.G(z), z)
    torch.testing.assert_close(loss, (softplus(up) + softplus(-down)).mean())


def test_with_a_critic_the_game_is_zero_sum():
    class Critical(games.BiGAN):
        objective = losses.wasserstein

    torch.manual_seed(0)
    game = Critical(net(3, 2), networks.Conditioned(net(5, 1), nn.Identity()), net(2, 3), Gaussian(3))
    x = draw()
    torch.manual_seed(5)
    loss = game.d_loss(x)
    torch.manual_seed(5)
    torch.testing.assert_close(game.g_loss(x), -loss)


def test_the_discriminators_loss_has_no_path_to_encoder_or_generator():
    game = build("BiGAN")
    others = [*game.G.parameters(), *game.E.parameters()]
    assert all(path is None for path in torch.autograd.grad(game.d_loss(draw()), others, allow_unused=True))


def test_the_encoder_is_moved_through_the_discriminator_alone():
    """With a D that does not look at codes the encoder has no gradient: no other term reaches it."""
    game = build("BiGAN")
    with torch.no_grad():
        game.D.network[0].weight[:, 2:] = 0.0
    slopes = torch.autograd.grad(game.g_loss(draw()), list(game.E.parameters()))
    assert all((slope == 0).all() for slope in slopes)


def test_it_rebuilds_what_it_has_encoded():
    game, x = build("BiGAN"), draw()
    torch.testing.assert_close(game.encode(x), game.E(x))
    torch.testing.assert_close(game.reconstruct(x), game.G(game.E(x)))


def test_an_encoder_of_another_width_than_the_prior_is_refused_before_the_first_round():
    game = games.BiGAN(net(3, 2), networks.Conditioned(net(5, 1), nn.Identity()), net(2, 4), Gaussian(3))
    with pytest.raises(ValueError, match=r"E returns codes of shape \(32, 4\), and the prior draws \(32, 3\)"):
        engine.rehearse(game, draw)

"""The Stacked GAN: against its bare loop, and what is its own."""

import copy
import math

import bare_loops
import pytest
import torch
from small_games import build, labelled
from torch import nn
from torch.distributions import Normal

from ganlib import engine, games, networks
from ganlib.data import Gaussian, Labels


@pytest.mark.parametrize("joint_from", [0, 5, 12])
def test_a_stack_and_its_bare_loop_have_the_same_losses(joint_from):
    game, twin = build("StackedGAN"), build("StackedGAN")
    torch.manual_seed(1)
    ours = []
    for step in range(12):
        game.joint = step >= joint_from
        ours.append({name: loss.item() for name, loss in game.round(labelled).items()})
    torch.manual_seed(1)
    parts = [list(part) for part in zip(*((x.E, x.G.network, x.D, x.Q) for x in twin.levels), strict=True)]
    theirs = list(bare_loops.stacked_gan(*parts, labelled, 12, joint_from))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_two_players_a_level_move_from_the_top_down():
    game = build("StackedGAN")
    assert game.turns == ("D2", "G2", "D1", "G1", "D0", "G0")
    assert [len(game.players[f"G{i}"].parameters) for i in range(3)] == [8, 8, 8]  # of G_i and of Q_i


def test_alone_a_level_reads_the_encoder_and_together_the_generators_above():
    game, real = build("StackedGAN"), labelled()
    x, y = real
    h = [x, game.levels[0].E(x), game.levels[1].E(game.levels[0].E(x)), y]
    for i in range(3):
        below, above = game.given(i, real)
        assert torch.equal(below, h[i])
        assert torch.equal(above, h[i + 1])
    game.joint = True
    for i in range(3):
        torch.manual_seed(3)
        below, above = game.given(i, real)
        torch.manual_seed(3)
        assert torch.equal(below, h[i])
        assert torch.equal(above, game.descend(y, down_to=i + 1))
        assert not above.requires_grad
    assert torch.equal(game.given(2, real)[1], y)


def test_a_sample_goes_down_through_all_levels():
    game, y = build("StackedGAN"), torch.tensor([0, 1, 2, 2])
    torch.manual_seed(7)
    above = y
    for level in reversed(game.levels):
        z = torch.randn(4, 2)
        above = level.G(z, above)
    assert torch.equal(game.sample(4, y, seed=7), above.detach())
    assert game.sample(5, seed=0).shape == (5, 2)


def test_the_encoder_is_never_trained_and_stays_in_evaluation_mode():
    torch.manual_seed(0)
    E = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4))
    G = networks.Conditioned(networks.mlp(6, 2, (8,)), nn.Identity())
    top = networks.Conditioned(networks.mlp(5, 4, (8,)), networks.OneHot(3))
    levels = [
        games.Level(E, G, networks.mlp(2, 1), networks.mlp(2, 2), Gaussian(2)),
        games.Level(
            nn.Linear(4, 3), top, networks.mlp(4, 1), networks.mlp(4, 2), Gaussian(2), nn.functional.cross_entropy
        ),
    ]
    game = games.StackedGAN(levels, Labels(3))
    before = copy.deepcopy(E.state_dict())
    engine.fit(game, labelled, 3, progress=False)
    assert all(torch.equal(before[key], value) for key, value in E.state_dict().items())
    assert not E.training
    assert game.levels[0].G.training


@pytest.mark.parametrize("d", [1, 7, 50])
def test_ten_times_a_mean_square_is_a_gaussian_likelihood_of_variance_d_over_twenty(d):
    torch.manual_seed(0)
    z, mean = torch.randn(2, 40, d, dtype=torch.float64)
    likelihood = -Normal(mean, math.sqrt(d / 20)).log_prob(z).sum(1).mean()
    loss = 10 * nn.functional.mse_loss(mean, z)
    torch.testing.assert_close(likelihood - loss, torch.tensor(d / 2 * math.log(2 * math.pi * d / 20)).double())


def test_the_three_losses_add_up_with_their_weights():
    game, real = build("StackedGAN"), labelled()
    parts = []
    for weights in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (2.0, 3.0, 5.0)):
        game.weights = weights
        torch.manual_seed(4)
        parts.append(game.g_loss(1, real))
    torch.testing.assert_close(2 * parts[0] + 3 * parts[1] + 5 * parts[2], parts[3])
    level, (_, above) = game.levels[1], game.given(1, real)
    torch.manual_seed(4)
    fake, z = level(above)
    torch.testing.assert_close(parts[1], (level.E(fake) - above).square().mean())
    torch.testing.assert_close(parts[2], (level.Q(fake) - z).square().mean())


def test_an_average_is_updated_once_a_round():
    small = build("StackedGAN")
    G = nn.ModuleList([level.G for level in small.levels])
    fast = dict.fromkeys(("G0", "G1", "G2"), engine.sgd(0.5))  # far enough to see when it is updated
    game = games.StackedGAN(small.levels, Labels(3), optimizers=fast, average=networks.EMA(G, 0.9))
    start = copy.deepcopy(list(G.parameters()))
    list(engine.play(game, labelled, 1))
    for mean, old, new in zip(game.average.average.parameters(), start, G.parameters(), strict=True):
        torch.testing.assert_close(mean, 0.9 * old + 0.1 * new)


def test_a_batch_without_labels_is_said_in_one_sentence():
    with pytest.raises(ValueError, match=r"plays with pairs \(x, y\)"):
        engine.rehearse(build("StackedGAN"), lambda: labelled()[0])


def test_a_label_out_of_range_is_said_in_one_sentence():
    game = build("StackedGAN")
    with pytest.raises(ValueError, match="There is no label 3"):
        game.sample(2, torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="There is no label 3"):
        engine.rehearse(game, lambda: (labelled()[0], torch.full((32,), 3)))


def test_an_optimizer_for_a_level_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="StackedGAN has no player 'G3'"):
        games.StackedGAN(build("StackedGAN").levels, Labels(3), optimizers={"G3": engine.sgd(0.1)})

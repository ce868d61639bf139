"""What is AC-GAN's and TAC-GAN's own: losses in closed form, the values they play for, and labels that do not fit."""

import math

import pytest
import torch
from small_games import build, draw, labelled, net
from torch import nn
from torch.nn.functional import cross_entropy

from ganlib import data, engine, games, networks, theory

BOTH = pytest.mark.parametrize("name", ["ACGAN", "TACGAN"])


def mute(game):
    """D says zero to everything."""
    with torch.no_grad():
        for part in game.D.heads.parameters():
            part.zero_()
    return game


@pytest.mark.parametrize(("name", "named"), [("ACGAN", 2), ("TACGAN", 3)])
def test_a_discriminator_that_knows_nothing_pays_two_bits_and_a_log_of_the_classes_for_each_naming(name, named):
    game = mute(build(name))
    expected = 2 * math.log(2) + game.weight * named * math.log(3)
    assert game.d_loss(labelled()).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("name", "named"), [("ACGAN", 1), ("TACGAN", 0)])
def test_its_generator_pays_one_bit_and_the_naming_which_the_twin_gives_back(name, named):
    game = mute(build(name))
    assert game.g_loss(labelled()).item() == pytest.approx(math.log(2) + game.weight * named * math.log(3), rel=1e-5)


def test_a_twin_that_says_what_the_classifier_says_leaves_the_plain_generator_loss():
    game = build("TACGAN")
    game.D.heads[2].load_state_dict(game.D.heads[1].state_dict())
    torch.manual_seed(3)
    loss = game.g_loss(real := labelled())
    torch.manual_seed(3)
    torch.testing.assert_close(loss, game.objective.g(game.D(game.fake(len(real[0]), real[1]))[0]))


@BOTH
def test_the_discriminators_loss_has_no_path_to_the_generator(name):
    game = build(name)
    paths = torch.autograd.grad(game.d_loss(labelled()), list(game.G.parameters()), allow_unused=True)
    assert all(path is None for path in paths)


def test_the_twin_learns_from_fakes_alone():
    game = build("TACGAN")
    x, y = labelled()
    torch.manual_seed(1)
    one = torch.autograd.grad(game.d_loss((x, y)), list(game.D.heads[2].parameters()))
    torch.manual_seed(1)
    two = torch.autograd.grad(game.d_loss((x + 5, y)), list(game.D.heads[2].parameters()))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    torch.manual_seed(1)
    *_, twin = game.D(game.fake(len(x), y).detach())
    three = torch.autograd.grad(game.weight * cross_entropy(twin, y), list(game.D.heads[2].parameters()))
    torch.testing.assert_close(one, three)


class Table(nn.Module):
    """D as a free table over four places: it can say anything about each."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        self.tables = nn.ParameterList(torch.zeros(4, k) for k in (1, 2, 2)[:answers])

    def forward(self, x):
        return tuple(x @ table for table in self.tables)


class Places(nn.Module):
    """G as nothing: it hands out the rows it is given, in order."""

    def __init__(self, rows):
        super().__init__()
        self.rows = nn.Parameter(rows)

    def forward(self, z, y):
        return self.rows


# Forty draws of (class, place) each, as counts.
P = torch.tensor([[12, 6, 2, 0], [1, 4, 7, 8]])
Q = torch.tensor([[8, 4, 4, 4], [2, 2, 3, 13]])


def rows(counts):
    y = torch.arange(2).repeat_interleave(20)
    places = torch.cat([torch.arange(4).repeat_interleave(row) for row in counts])
    return torch.eye(4)[places], y


@pytest.mark.parametrize(("game", "answers"), [(games.ACGAN, 2), (games.TACGAN, 3)])
def test_against_the_best_discriminator_the_games_are_worth_what_the_closed_forms_say(game, answers):
    """AC-GAN's value is the joint divergence and H(Y|X) of the fakes; TAC-GAN's is the joint divergence alone."""
    x, y = rows(P)
    fake, _ = rows(Q)
    play = game(Places(fake), Table(answers), data.Gaussian(1), data.Labels(2), optimizers={"D": engine.sgd(2.0)})
    for _ in range(3000):
        play.players["D"].move((x, y))
    with torch.no_grad():
        loss = play.d_loss((x, y)).item()
        twin = cross_entropy(play.D(fake)[2], y).item() if answers == 3 else 0.0
    p, q = P.double() / 40, Q.double() / 40
    joint = 2 * theory.js(p.flatten(), q.flatten()).item()
    real, made = theory.conditional_entropy(p).item(), theory.conditional_entropy(q).item()
    # G's value: that of the GAN, less L_C, and for the repair less the twin's cross-entropy
    gan = 2 * theory.js(p.sum(0), q.sum(0)).item() - 2 * math.log(2)
    named = loss - twin + gan  # D's loss is minus the GAN's value, and the two cross-entropies
    value = gan + named - twin
    expected = joint - 2 * math.log(2) + real + (made if answers == 2 else 0.0)
    assert value == pytest.approx(expected, abs=2e-3)


@BOTH
def test_labels_that_do_not_fit_are_said_before_the_first_round(name):
    game = build(name)
    x, y = labelled()
    for batch, said in (
        (x, "plays with pairs"),
        ((x, y + 3), "no label"),
        ((x, y.float()), "whole numbers"),
    ):
        with pytest.raises(ValueError, match=said):
            engine.fit(game, lambda batch=batch: batch, 2, progress=False)
    with pytest.raises(ValueError, match="no label 3"):
        game.sample(2, torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="D cannot take a batch"):
        engine.rehearse(game, lambda: (torch.zeros(4, 5), torch.zeros(4, dtype=torch.long)))


def test_samples_come_with_the_labels_asked_for_or_with_any():
    game = build("ACGAN")
    y = torch.tensor([2, 0, 1])
    torch.manual_seed(9)
    expected = game.G(game.prior(3), y).detach()
    assert torch.equal(game.sample(3, y, seed=9), expected)
    assert game.sample(5, seed=0).shape == (5, 2)


def test_a_discriminator_with_fewer_classes_than_labels_is_found_out():
    D = networks.Heads(net(2, 8), nn.Linear(8, 1), nn.Linear(8, 2))
    G = networks.Conditioned(net(4 + 3, 2), networks.OneHot(3))
    game = games.ACGAN(G, D, data.Gaussian(4), data.Labels(3))
    with pytest.raises(ValueError, match="A label of the batch is 2, for which ACGAN has no class"):
        engine.rehearse(game, lambda: (draw(), torch.full((32,), 2)))

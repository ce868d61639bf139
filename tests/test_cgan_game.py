"""What is CGAN's own: who is told what, what is drawn where nothing is asked, and what it says to bad input."""

import math

import pytest
import torch
from small_games import build, draw, labelled, net
from torch import nn

from ganlib import data, engine, games, losses, networks
from ganlib.data import Gaussian, Labels


class Says(nn.Module):
    """In the place of a network: keeps what it was told, and passes its input on."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.layer, self.told = nn.Linear(2, outputs), []

    def forward(self, x, y):
        self.told.append(y)
        return self.layer(x)


@pytest.mark.parametrize("player", ["D", "G"])
def test_both_networks_are_told_the_labels_of_the_batch(player):
    game = games.CGAN(Says(2), Says(1), Gaussian(2), Labels(10))
    x, y = draw(), torch.arange(32) % 3
    game.players[player].loss((x, y))
    told = [*game.G.told, *game.D.told]
    assert len(told) == {"D": 3, "G": 2}[player]  # D sees real and fake; in G's move only the fake
    assert all(torch.equal(said, y) for said in told)


def test_with_labels_that_tell_nothing_it_is_a_gan():
    """One class: the label's column is a constant, which a bias of the plain game's first layer can hold."""
    G, D = (networks.Conditioned(net(n + 1, m), networks.OneHot(1)) for n, m in ((4, 2), (2, 1)))
    game, plain = games.CGAN(G, D, Gaussian(4), Labels(1)), games.GAN(net(4, 2), net(2, 1), Gaussian(4))
    for told, bare in ((G, plain.G), (D, plain.D)):
        bare.load_state_dict(told.network.state_dict() | {"0.weight": told.network[0].weight[:, :-1].detach()})
        bare[0].bias.data += told.network[0].weight[:, -1].detach()
    x = draw()
    for player in ("D", "G"):
        torch.manual_seed(3)
        ours = game.players[player].loss((x, torch.zeros(32, dtype=torch.int64)))
        torch.manual_seed(3)
        torch.testing.assert_close(ours, plain.players[player].loss(x))


def test_the_value_of_a_d_that_knows_both_conditionals_is_minus_two_log_two_plus_twice_the_mean_jsd():
    """Eq. 2 at D* of each class: 1-D Gaussians, p(x|y) = N(2y, 1) and q(x|y) = N(0, 1), by a large sample."""

    class Best(nn.Module):
        def forward(self, x, y):
            return (2 * y * x[:, 0] - 2 * y**2)[:, None]  # log p(x|y)/q(x|y)

    class Standard(nn.Module):
        def forward(self, z, y):
            return z

    torch.manual_seed(0)
    game = games.GAN.__new__(games.CGAN)
    nn.Module.__init__(game)
    game.G, game.D, game.prior = Standard(), Best(), Gaussian(1)
    y = torch.arange(400_000) % 2
    x = 2 * y[:, None] + torch.randn(400_000, 1)
    points = torch.linspace(-10, 12, 20_001, dtype=torch.float64)
    p, q = (torch.exp(-((points - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (2, 0))
    mixture = (p + q) / 2
    jsd = torch.trapezoid((p * (p / mixture).log() + q * (q / mixture).log()) / 2, points).item()
    assert game.d_loss((x, y)).item() == pytest.approx(2 * math.log(2) - 2 * (0 + jsd) / 2, abs=0.01)  # label 0: none


def test_samples_are_of_what_is_asked_and_of_random_labels_where_nothing_is():
    class Repeats(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, z, y):
            return self.weight * y[:, None].float()

    game = games.CGAN(Repeats(), net(1, 1), Gaussian(1), Labels(7))
    y = torch.arange(7).repeat(3)
    assert torch.equal(game.sample(21, y, chunk=5)[:, 0], y.float())
    assert torch.equal(game.sample(50, seed=1), game.sample(50, seed=1))
    assert set(game.sample(500, seed=1)[:, 0].tolist()) == set(range(7))


def test_the_same_noise_for_each_label():
    """A row of a figure: one z, all labels. Conditions that are given use no randomness."""
    game = build("CGAN")
    one, other = (game.sample(4, torch.full((4,), label), seed=0) for label in (0, 1))
    assert not torch.equal(one, other)
    assert torch.equal(one, game.sample(4, torch.zeros(4, dtype=torch.int64), seed=0))


def test_a_paired_objective_lets_the_generator_see_the_real_batch_with_its_labels():
    class Relativistic(games.CGAN):
        objective = losses.relativistic

    G, D = (networks.Conditioned(net(n + 3, m), networks.OneHot(3)) for n, m in ((4, 2), (2, 1)))
    game = Relativistic(G, D, Gaussian(4), Labels(3))
    x, y = labelled()
    torch.manual_seed(5)
    loss = game.g_loss((x, y))
    torch.manual_seed(5)
    gap = D(x, y) - D(game.fake(32, y), y)
    torch.testing.assert_close(loss, -torch.log(torch.sigmoid(-gap)).mean())


# ------------------------------------------------------------------------------------------------- bad input


def images(**options):
    """A conditional game on the 8 x 8 digits."""
    G = networks.Conditioned(nn.Sequential(nn.Linear(14, 64), nn.Unflatten(1, (1, 8, 8))), networks.OneHot(10))
    D = networks.Conditioned(nn.Linear(74, 1), networks.OneHot(10), nn.Flatten())
    return games.CGAN(G, D, Gaussian(4), Labels(10), **options)


@pytest.mark.parametrize("n", [2, 5])
def test_a_data_set_without_labels_is_said_in_one_sentence(n):
    source = data.digits()
    with pytest.raises(ValueError, match=r"pairs \(x, y\) .* not with one tensor: .*digits\(labels=True\)") as error:
        engine.fit(images(), lambda: source(n), 3, progress=False)
    assert "\n" not in str(error.value)


def test_a_batch_that_is_no_pair_is_said_in_one_sentence():
    x, y = data.digits(labels=True)(4)
    with pytest.raises(ValueError, match="not with tensors of 4 and 4 and 4 rows"):
        engine.rehearse(images(), lambda: (x, y, y))
    with pytest.raises(ValueError, match="not with tensors of 4 and 3 rows"):
        engine.rehearse(images(), lambda: (x, y[:3]))


@pytest.mark.parametrize("label", [10, -1])
def test_a_label_out_of_range_is_said_before_the_first_round_and_in_sample(label):
    x, y = data.digits(labels=True)(4)
    sentence = f"There is no label {label}: with 10 classes labels go from 0 to 9"
    with pytest.raises(ValueError, match=sentence):
        engine.fit(images(), lambda: (x, y.new_full((4,), label)), 3, progress=False)
    with pytest.raises(ValueError, match=sentence):
        images().sample(4, torch.full((4,), label))


def test_too_few_conditions_or_too_many_are_said_in_one_sentence():
    y = torch.arange(4)
    with pytest.raises(ValueError, match="asked for 5 samples and given conditions for 4"):
        images().sample(5, y)
    with pytest.raises(ValueError, match="CGAN takes one condition for each sample, not 2"):
        images().sample(4, y, y)
    with pytest.raises(ValueError, match="conditions as tensors with one row a sample, not as int"):
        images().sample(4, 7)


def test_a_network_that_leaves_no_room_for_the_condition_is_named():
    G = networks.Conditioned(nn.Linear(4, 2), networks.OneHot(3))  # 4 numbers of noise, and none for the label
    D = networks.Conditioned(net(5, 1), networks.OneHot(3))
    with pytest.raises(ValueError, match=r"G cannot take a batch of shape \(32, 4\)"):
        engine.rehearse(games.CGAN(G, D, Gaussian(4), Labels(3)), labelled)

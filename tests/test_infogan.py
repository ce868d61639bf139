"""InfoGAN: the game against its bare loop, codes that can be read back, and clusters that get names."""

import copy
import itertools
import math

import bare_loops
import pytest
import torch
from small_games import build, draw, net
from torch import nn
from torch.distributions import Independent, Normal
from torch.distributions import Uniform as TorchUniform

from ganlib import engine, games, losses, metrics, networks, theory
from ganlib.data import Categorical, Gaussian, Product, Uniform


def test_infogan_and_its_bare_loop_have_the_same_losses():
    game, twin = build("InfoGAN"), build("InfoGAN")
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.infogan(twin.D[:-1], twin.D[-1], twin.Q.head, twin.G, draw, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_the_weight_is_that_of_the_bound_and_without_it_the_loss_is_the_gans():
    game, real = build("InfoGAN"), draw()

    def loss(weight):
        game.weight = torch.tensor(weight)
        torch.manual_seed(5)
        return game.g_loss(real)

    torch.manual_seed(5)
    c = game.code(len(real))
    fake = game.fake(len(real), c)
    torch.testing.assert_close(loss(0.0), losses.nonsaturating.g(game.D(fake)))
    bounds = game.bounds(fake, c)
    torch.testing.assert_close(bounds.sum(), game.code.log_likelihood(game.Q(fake), c).mean() + math.log(6))
    torch.testing.assert_close(loss(0.0) - loss(3.0), 3 * bounds.sum())
    torch.testing.assert_close(loss(0.0) - loss([3.0, 0.5]), 3 * bounds[0] + bounds[1] / 2)


def test_the_discriminators_loss_has_no_path_to_generator_and_reader():
    game = build("InfoGAN")
    others = [*game.G.parameters(), *game.Q.parameters()]
    assert all(path is None for path in torch.autograd.grad(game.d_loss(draw()), others, allow_unused=True))


def test_a_code_that_is_given_is_the_one_that_is_drawn_beside_the_noise():
    game = build("InfoGAN")
    c = game.code(6)
    torch.manual_seed(7)
    expected = game.G(torch.cat([torch.randn(6, 4), c], dim=1)).detach()
    assert torch.equal(game.sample(6, c, seed=7), expected)


def test_a_paired_objective_lets_the_generator_see_the_real_batch():
    class Relativistic(games.InfoGAN):
        objective = losses.relativistic

    small = build("InfoGAN")
    game, real = Relativistic(small.G, small.D, small.Q, small.prior, small.code, weight=0.0), draw()
    torch.manual_seed(5)
    loss = game.g_loss(real)
    torch.manual_seed(5)
    gap = game.D(real) - game.D(game.fake(len(real)))
    torch.testing.assert_close(loss, -torch.log(torch.sigmoid(-gap)).mean())


def test_reading_uses_evaluation_mode_and_leaves_the_mode_alone():
    D = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    code = Categorical(3)
    game = games.InfoGAN(net(7, 2), D, networks.OnTrunk(D[:-1], nn.Linear(8, 3)), Gaussian(4), code)
    x = draw()
    said = game.read(x, chunk=5)
    assert game.training
    assert D[1].training
    assert not said.requires_grad
    torch.testing.assert_close(said, game.eval().Q(x))


@pytest.mark.parametrize("c", [torch.zeros(4, 3), torch.zeros(4, 5), torch.zeros(4)])
def test_a_code_of_the_wrong_width_is_one_sentence(c):
    with pytest.raises(ValueError, match=r"A code has 4 columns, shape \(4, 4\), not"):
        build("InfoGAN").sample(4, c)


def test_a_reader_of_the_wrong_width_is_one_sentence_before_the_first_round():
    small = build("InfoGAN")
    game = games.InfoGAN(small.G, small.D, networks.OnTrunk(small.D[:-1], net(16, 4)), small.prior, small.code)
    with pytest.raises(ValueError, match=r"Q returns 5 numbers for a code of 4, shape \(B, 5\), not \(32, 4\)"):
        engine.rehearse(game, draw)


def test_a_generator_built_without_room_for_the_code_is_one_sentence():
    small = build("InfoGAN")
    game = games.InfoGAN(net(4, 2), small.D, small.Q, small.prior, small.code)
    with pytest.raises(ValueError, match=r"G cannot take a batch of shape \(32, 8\)"):
        engine.rehearse(game, draw)


def test_a_reader_that_holds_the_discriminators_layers_is_refused():
    small = build("InfoGAN")
    with pytest.raises(ValueError, match="Q holds parameters of D"):
        games.InfoGAN(small.G, small.D, nn.Sequential(small.D[:-1], net(16, 5)), small.prior, small.code)


def test_a_head_on_a_trunk_owns_the_head_alone_and_follows_its_copy():
    trunk = net(2, 5)
    Q = networks.OnTrunk(trunk, nn.Linear(5, 3))
    assert [name for name, _ in Q.named_parameters()] == ["head.weight", "head.bias"]
    assert list(Q.state_dict()) == ["head.weight", "head.bias"]
    pair = copy.deepcopy(nn.ModuleList([trunk, Q]))
    assert pair[1].trunk is pair[0]
    x = draw()
    torch.testing.assert_close(pair[1](x), Q.head(trunk(x)))


# -------------------------------------------------------------------------------------------------- codes


def test_a_categorical_code_is_scored_by_the_softmax_of_what_was_said():
    said = torch.randn(6, 4, dtype=torch.float64)
    c = torch.eye(4, dtype=torch.float64)[[0, 1, 2, 3, 0, 1]]
    expected = torch.distributions.OneHotCategorical(logits=said).log_prob(c)
    torch.testing.assert_close(Categorical(4).log_likelihood(said, c), expected)


@pytest.mark.parametrize("code", [Gaussian(3), Uniform(3)])
def test_a_continuous_code_is_scored_by_the_gaussian_that_was_said(code):
    said, c = torch.randn(6, 6, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64)
    expected = Independent(Normal(said[:, :3], (said[:, 3:] / 2).exp()), 1).log_prob(c)
    torch.testing.assert_close(code.log_likelihood(said, c), expected)


def test_entropies_are_those_of_torch():
    assert Categorical(10).entropy() == pytest.approx(math.log(10))
    assert Gaussian(2, std=[0.5, 3.0]).entropy() == pytest.approx(Normal(0.0, torch.tensor([0.5, 3.0])).entropy().sum())
    low, high = torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 0.5])
    assert Uniform(2, low, high).entropy() == pytest.approx(TorchUniform(low, high).entropy().sum())
    assert Product(Categorical(10), Uniform(1)).entropy() == pytest.approx(math.log(20))


def test_a_product_adds_up_its_parts_and_takes_them_apart():
    code = Product(Categorical(3), Uniform(2), Gaussian(1))
    assert (code.dim, code.outputs) == (6, 9)
    said, c = torch.randn(5, 9), code(5)
    parts = code.apart(said, c)
    assert [part.shape[1] for _, part, _ in parts] == [3, 4, 2]
    torch.testing.assert_close(torch.cat([part for _, _, part in parts], 1), c)
    torch.testing.assert_close(code.log_likelihood(said, c), sum(p.log_likelihood(s, d) for p, s, d in parts))


@pytest.mark.parametrize("code", [Categorical(4), Uniform(4), Product(Categorical(2), Gaussian(2))])
def test_codes_say_which_width_was_wrong(code):
    with pytest.raises(ValueError, match=f"Q returns {code.outputs} numbers"):
        code.log_likelihood(torch.zeros(5, 1), torch.zeros(5, 4))
    with pytest.raises(ValueError, match=r"This code has 4 columns, shape \(5, 4\), not \(5, 1\)"):
        code.log_likelihood(torch.zeros(5, code.outputs), torch.zeros(5, 1))


def test_the_bound_of_a_perfect_reader_is_the_information_of_the_channel():
    """Ten codes through a channel that lies in 5 % of cases: 1.994209 nats, in closed form."""
    channel = theory.symmetric_channel(10, 0.05)
    code = Categorical(10)
    c, x = (index.flatten() for index in torch.meshgrid(torch.arange(10), torch.arange(10), indexing="ij"))
    log_likelihood = code.log_likelihood(channel.log()[:, x].T, torch.eye(10, dtype=torch.float64)[c])
    bound = (channel[c, x] / 10 * log_likelihood).sum() + code.entropy()
    assert bound == pytest.approx(1.994209, abs=1e-5)


def test_a_continuous_code_read_with_a_fixed_width_of_one_stays_below_its_ceiling():
    code = Uniform(1)
    c = code(1000)
    said = torch.cat([c, torch.zeros(1000, 1)], dim=1)  # the mean is never wrong, the width is one
    bound = code.log_likelihood(said, c).mean() + code.entropy()
    assert bound == pytest.approx(math.log(2) - 0.5 * math.log(2 * math.pi))
    assert bound == pytest.approx(-0.225791, abs=1e-6)


def test_a_learned_width_reaches_the_information_of_a_gaussian_channel():
    torch.manual_seed(0)
    code, noise = Gaussian(1), 0.25
    c = code(200_000)
    x = c + math.sqrt(noise) * torch.randn_like(c)
    mean, variance = x / (1 + noise), noise / (1 + noise)  # the posterior
    said = torch.cat([mean, torch.full_like(mean, math.log(variance))], dim=1)
    bound = code.log_likelihood(said, c).mean() + code.entropy()
    assert bound == pytest.approx(float(theory.gaussian_capacity(1 / noise)), abs=0.01)


# ------------------------------------------------------------------------------------------------ matching


def test_the_match_is_the_best_of_all_permutations():
    torch.manual_seed(0)
    cluster, label = torch.randint(5, (200,)), torch.randint(5, (200,))
    names = metrics.match(cluster, label, 5)
    assert sorted(names.tolist()) == [0, 1, 2, 3, 4]
    best = min(
        (torch.tensor(order)[cluster] != label).double().mean().item() for order in itertools.permutations(range(5))
    )
    assert metrics.matched_error(cluster, label, names) == pytest.approx(best)


def test_renamed_clusters_are_found_and_two_clusters_of_one_class_cost_what_they_must():
    label = torch.arange(10).repeat(30)
    shuffle = torch.randperm(10, generator=torch.Generator().manual_seed(0))
    names = metrics.match(shuffle[label], label, 10)
    assert torch.equal(names[shuffle], torch.arange(10))
    assert metrics.matched_error(shuffle[label], label, names) == 0
    merged = torch.where(label == 9, 8, label)  # two classes in one cluster, and one cluster empty
    names = metrics.match(merged, label, 10)
    assert metrics.matched_error(merged, label, names) == pytest.approx(0.1)


def test_clusters_that_are_left_over_have_no_name():
    cluster, label = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 0, 1, 0])
    names = metrics.match(cluster, label, 3, 2)
    assert names.tolist() == [0, 1, -1]
    assert metrics.matched_error(cluster, label, names) == pytest.approx(0.25)


def test_matching_says_what_does_not_fit():
    whole = torch.tensor([0, 1])
    with pytest.raises(ValueError, match="cluster numbers run from 0 to 1, not from 0 to 2"):
        metrics.match(torch.tensor([0, 2]), whole, 2)
    with pytest.raises(ValueError, match="label holds whole numbers"):
        metrics.match(whole, torch.tensor([0.0, 1.0]), 2)
    with pytest.raises(ValueError, match="one cluster and one label: got 2 and 3"):
        metrics.match(whole, torch.tensor([0, 1, 1]), 2)
    with pytest.raises(ValueError, match="one cluster and one label"):
        metrics.matched_error(whole, torch.tensor([0, 1, 1]), whole)

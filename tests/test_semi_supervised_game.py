"""The semi-supervised GAN: its losses against closed forms, its game against a bare loop, its labels counted."""

import math

import bare_loops
import pytest
import torch
from small_games import SMALL, build
from torch.distributions import Categorical
from torch.nn.functional import cross_entropy, pad

from ganlib import data, engine, losses, networks

# --- losses


def softmax_with_a_fake_class(logits):
    """The K + 1 probabilities, the last score held at zero."""
    return Categorical(logits=pad(logits, (0, 1))).probs


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_the_sigmoid_of_realness_is_what_k_plus_one_classes_put_on_the_real_ones(classes):
    logits = 4 * torch.randn(50, classes, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    real = losses.realness(logits).sigmoid()
    assert real.shape == (50, 1)
    torch.testing.assert_close(real[:, 0], softmax_with_a_fake_class(logits)[:, :-1].sum(1))
    Z = logits.exp().sum(1)
    torch.testing.assert_close(real[:, 0], Z / (Z + 1))


def test_realness_is_finite_where_exponentials_are_not():
    torch.testing.assert_close(losses.realness(torch.tensor([[1000.0, 1000.0]])), torch.tensor([[1000 + math.log(2)]]))
    torch.testing.assert_close(losses.realness(torch.tensor([[-1000.0, -3000.0]])), torch.tensor([[-1000.0]]))


def test_realness_is_the_only_score_that_the_k_plus_one_softmax_agrees_with():
    """The largest score, the plain sum and the mean all miss Z / (Z + 1)."""
    logits = torch.tensor([[1.0, 2.0, -1.0]], dtype=torch.float64)
    right = softmax_with_a_fake_class(logits)[0, :-1].sum()
    for other in (logits.max(), logits.sum(), logits.mean()):
        assert (other.sigmoid() - right).abs() > 0.01


def test_the_two_halves_of_the_loss_are_one_cross_entropy_of_k_plus_one_classes():
    """For labelled, real and fake examples alike, with the weights that the paper's section 5 gives them."""
    torch.manual_seed(0)
    known, real, fake = (3 * torch.randn(8, 5, dtype=torch.float64) for _ in range(3))
    y = torch.randint(5, (8,))
    p_known, p_real, p_fake = (softmax_with_a_fake_class(scores) for scores in (known, real, fake))
    conditional = p_known[:, :-1] / p_known[:, :-1].sum(1, keepdim=True)  # of y, given that it is not a fake
    supervised = -conditional.gather(1, y[:, None]).log().mean()
    unsupervised = -(1 - p_real[:, -1]).log().mean() - p_fake[:, -1].log().mean()
    torch.testing.assert_close(cross_entropy(known, y), supervised)
    torch.testing.assert_close(losses.minimax.d(losses.realness(real), losses.realness(fake)), unsupervised)


def test_what_an_unlabelled_and_a_fake_example_teach():
    """The slope in score k: -(1 - D) p_k for a real example, D p_k for a fake one."""
    logits = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    score = losses.realness(logits)
    D, p = score.sigmoid().item(), logits.detach().softmax(1)
    (real,) = torch.autograd.grad(torch.nn.functional.softplus(-score).sum(), logits, retain_graph=True)
    (fake,) = torch.autograd.grad(torch.nn.functional.softplus(score).sum(), logits)
    torch.testing.assert_close(real, -(1 - D) * p)
    torch.testing.assert_close(fake, D * p)


def test_feature_matching_is_the_squared_difference_of_means_and_blind_to_spread():
    real = torch.tensor([[1.0, 4.0], [3.0, 0.0]])
    fake = torch.tensor([[2.0, 5.0], [2.0, 5.0], [2.0, 5.0]])
    assert losses.feature_matching(real, fake).item() == pytest.approx((0.0 + 3.0**2) / 2)
    assert losses.feature_matching(real, real.mean(0, keepdim=True)).item() == 0.0
    assert losses.feature_matching(real, real.flip(0)).item() == 0.0


def test_feature_matching_has_the_slope_of_its_closed_form():
    torch.manual_seed(0)
    real, fake = torch.randn(6, 4), torch.randn(5, 4, requires_grad=True)
    losses.feature_matching(real, fake).backward()
    each = 2 * (fake.mean(0) - real.mean(0)).detach() / (4 * 5)
    torch.testing.assert_close(fake.grad, each.expand(5, 4))


# --- the network


def test_noise_is_there_in_training_and_only_there():
    torch.manual_seed(0)
    D, x = networks.NoisyClassifier(4, 3, (6, 5)), torch.randn(7, 4)
    assert D(x).shape == (7, 3)
    assert D.features(x).shape == (7, 5)
    assert not torch.equal(D(x), D(x))
    D.eval()
    assert torch.equal(D(x), D(x))
    assert torch.equal(D(x), D.classify(D.features(x)))


def test_the_input_carries_noise_of_the_stated_width_after_its_least_value_went_to_zero():
    torch.manual_seed(0)
    D = networks.NoisyClassifier(2, 1, (1,), noise=(0.3, 0.0), low=-1.0)
    with torch.no_grad():
        D.layers[0].direction.copy_(torch.tensor([[3.0, 0.0]]))
        D.layers[0].bias.fill_(10.0)
    seen = D.features(torch.tensor([[0.0, 5.0]]).expand(40_000, 2)) - 10
    assert seen.mean().item() == pytest.approx(0.5, abs=0.01)  # halfway between -1 and 1
    assert seen.std().item() == pytest.approx(0.3, abs=0.01)


def test_rows_have_the_length_of_their_gain():
    torch.manual_seed(0)
    D = networks.NoisyClassifier(4, 3, (6,)).eval()
    layer = D.layers[0]
    with torch.no_grad():
        layer.gain.copy_(torch.arange(1.0, 7.0))
    matrix = layer(torch.eye(4)) - layer.bias
    torch.testing.assert_close(matrix.norm(dim=0), torch.arange(1.0, 7.0))
    before = D(torch.ones(1, 4))
    with torch.no_grad():
        layer.direction.mul_(5)  # only the direction of a row counts
    torch.testing.assert_close(D(torch.ones(1, 4)), before)


def test_initialising_makes_every_unit_standard_on_the_examples():
    torch.manual_seed(0)
    D, x = networks.NoisyClassifier(20, 3, (30, 10), noise=(0.0, 0.0)), torch.rand(400, 20) * 2 + 3
    D.initialise(x)
    first = D.layers[0](x)
    last = D(x)
    for units in (first, last):
        torch.testing.assert_close(units.mean(0), torch.zeros(units.shape[1]), atol=1e-3, rtol=0)
        torch.testing.assert_close(units.std(0, correction=0), torch.ones(units.shape[1]), atol=1e-3, rtol=0)
    assert [p.requires_grad for p in (D.layers[0].gain, D.layers[1].gain, D.classify.gain)] == [False, False, True]


@pytest.mark.parametrize(("inputs", "classes", "hidden"), [(0, 3, (4,)), (2, 3, ()), (2, 0, (4,))])
def test_a_noisy_classifier_needs_widths(inputs, classes, hidden):
    with pytest.raises(ValueError, match="needs positive widths and a hidden layer"):
        networks.NoisyClassifier(inputs, classes, hidden)


# --- the labels


def little(labels=6, seed=0, y=None):
    x = torch.arange(40.0)[:, None]
    return data.FewLabels(x, torch.arange(40) % 3 if y is None else y, labels, seed)


def test_a_few_labels_are_equally_many_of_each_class_and_true():
    source = little()
    assert len(source.chosen) == len(set(source.chosen.tolist())) == 6
    assert source.y.tolist() == [0, 0, 1, 1, 2, 2] == [int(i) % 3 for i in source.chosen]
    torch.manual_seed(0)
    x, y, unlabelled = source(500)
    assert (x.shape, y.shape, unlabelled.shape) == ((500, 1), (500,), (500, 1))
    assert set(x.flatten().tolist()) == set(source.chosen.tolist())
    assert all(int(a) % 3 == b for a, b in zip(x.flatten().tolist(), y.tolist(), strict=True))
    assert set(unlabelled.flatten().tolist()) == set(range(40))


def test_the_choice_depends_on_the_seed_and_not_on_what_was_drawn_before():
    torch.rand(3)
    assert torch.equal(little(seed=4).chosen, little(seed=4).chosen)
    assert not torch.equal(little(seed=4).chosen, little(seed=5).chosen)


@pytest.mark.parametrize("n", [2, 6, 15])
def test_labelled_examples_are_dealt_evenly(n):
    x, _, _ = little()(n)
    counts = torch.unique(x, return_counts=True)[1]
    assert counts.max() - (counts.min() if n >= 6 else 1) <= 1


@pytest.mark.parametrize(
    ("y", "labels", "message"),
    [
        (None, 6, "there must be 40 of them, whole numbers, not none"),
        (torch.zeros(40), 6, "not torch.float32 of shape"),
        (torch.zeros(3, dtype=torch.int64), 6, r"not torch.int64 of shape \(3,\)"),
        (torch.arange(40) % 3 - 1, 6, "class numbers from 0, not -1"),
        (torch.arange(40) % 3, 7, "cannot be shared equally by 3 classes"),
        (torch.arange(40) % 3, 0, "labels must"),
        (torch.arange(40) % 3, 42, "There are not 14 examples of every class"),
    ],
)
def test_labels_that_cannot_be_had_are_said_in_one_sentence(y, labels, message):
    with pytest.raises(ValueError, match=message):
        data.FewLabels(torch.zeros(40, 1), y, labels)


# --- the game


def test_the_game_and_its_bare_loop_have_the_same_losses():
    name = "SemiSupervisedGAN"
    game, twin = build(name), build(name)
    torch.manual_seed(1)
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, SMALL[name].draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.semi_supervised_gan(twin.G, twin.D, twin.prior, SMALL[name].draw, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_the_generator_never_sees_a_label():
    game = build("SemiSupervisedGAN").eval()
    x, y, unlabelled = SMALL["SemiSupervisedGAN"].draw()
    torch.manual_seed(0)
    loss = game.g_loss((x, y, unlabelled))
    torch.manual_seed(0)
    assert torch.equal(loss, game.g_loss((-x, 2 - y, unlabelled)))


def first_losses(y, chosen):
    """Of twelve rounds on points of which six labels are known, to the last bit."""
    x = torch.randn(90, 2, generator=torch.Generator().manual_seed(0))
    source = data.FewLabels(x, y, 6)
    source.chosen, source.y = chosen, y[chosen]  # to choose equally many of each class, every label was looked at
    game = build("SemiSupervisedGAN")
    torch.manual_seed(1)
    return [row["D"].item() for _, row in engine.play(game, lambda: source(20), 12)]


def test_labels_that_are_not_known_leave_no_trace():
    """Replace each by another: no loss changes by one bit. Replace one that is known, and it shows."""
    y, chosen = torch.arange(90) % 3, torch.tensor([0, 3, 1, 4, 2, 5])
    hidden = torch.ones(90, dtype=torch.bool)
    hidden[chosen] = False
    scrambled = torch.where(hidden, (y + 1) % 3, y)
    assert first_losses(scrambled, chosen) == first_losses(y, chosen)
    scrambled[0] = 1
    assert first_losses(scrambled, chosen) != first_losses(y, chosen)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (torch.zeros(8, 2), "triples .*, not with one tensor"),
        ((torch.zeros(8, 2), torch.zeros(8, dtype=torch.int64)), "triples .*, not with 2 tensors"),
    ],
)
def test_a_batch_without_its_three_parts_is_said_before_the_first_round(batch, message):
    with pytest.raises(ValueError, match=message):
        engine.fit(build("SemiSupervisedGAN"), lambda: batch, 1, progress=False)


def test_a_label_beyond_the_classes_is_said_before_the_first_round():
    x = torch.zeros(8, 2)
    with pytest.raises(ValueError, match="A label of the batch is 3, for which SemiSupervisedGAN has no class"):
        engine.fit(build("SemiSupervisedGAN"), lambda: (x, torch.full((8,), 3), x), 1, progress=False)


def test_a_perfect_generator_teaches_nothing_about_real_examples():
    """Where fakes are real examples and D wavers, what the two halves teach about an example cancels."""
    logits = torch.tensor([[0.2, 1.0, -0.5]], dtype=torch.float64)
    logits = (logits - losses.realness(logits)).requires_grad_()  # D = 1/2
    score = losses.realness(logits)
    (slope,) = torch.autograd.grad(losses.minimax.d(score, score), logits)
    torch.testing.assert_close(slope, torch.zeros_like(slope))

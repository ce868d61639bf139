"""Networks: shapes, counts and averages that can be worked out by hand."""

import copy

import pytest
import torch
from torch import nn

from ganlib import networks


def test_an_mlp_has_the_layers_and_parameters_one_counts():
    net = networks.mlp(3, 2, hidden=(5, 4), final=nn.Tanh)
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Tanh"]
    assert sum(p.numel() for p in net.parameters()) == (3 * 5 + 5) + (5 * 4 + 4) + (4 * 2 + 2)
    assert [type(m).__name__ for m in networks.mlp(3, 2, hidden=())] == ["Linear"]


def test_an_mlp_without_width_is_refused():
    with pytest.raises(ValueError, match="positive"):
        networks.mlp(0, 2)


@pytest.mark.parametrize("size", [8, 9, 15, 16, 24, 28, 32, 37, 63, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_dcgan_pair_fits_every_size(size, channels):
    G = networks.dcgan_generator(10, size, channels, width=4)
    D = networks.dcgan_discriminator(size, channels, width=4)
    x = G(torch.randn(2, 10))
    assert x.shape == (2, channels, size, size)
    assert x.abs().max() <= 1
    assert D(x).shape == (2, 1)


def test_every_size_from_8_to_64_comes_out_right():
    for size in range(8, 65):
        assert networks.dcgan_generator(2, size, 1, width=1)(torch.randn(2, 2)).shape[-1] == size
        assert networks.dcgan_discriminator(size, 1, width=1)(torch.randn(2, 1, size, size)).shape == (2, 1)


def test_the_dcgan_guidelines():
    """Batch norm everywhere but on G's output and D's input layer; ReLU and tanh in G, leaky ReLU in D; no pooling."""
    G, D = networks.dcgan_generator(10, 32), networks.dcgan_discriminator(32)
    names = [type(m).__name__ for m in G]
    assert names[-2:] == ["ConvTranspose2d", "Tanh"]
    assert names.count("BatchNorm2d") == names.count("ReLU") == 3
    names = [type(m).__name__ for m in D]
    assert names[:2] == ["Conv2d", "LeakyReLU"]
    assert names.count("Conv2d") - names.count("BatchNorm2d") == 1
    assert D[1].negative_slope == 0.2
    assert not [m for net in (G, D) for m in net if "Pool" in type(m).__name__]


def test_norms_can_be_left_out():
    for net in (networks.dcgan_generator(4, 16, norm=None), networks.dcgan_discriminator(16, norm=None)):
        assert not [m for m in net if isinstance(m, nn.BatchNorm2d)]


@pytest.mark.parametrize(
    ("size", "channels", "sentence"), [(7, 1, "8 to 64"), (65, 1, "8 to 64"), (32, 2, "1 channel")]
)
def test_sizes_beyond_the_pair_are_refused_in_one_sentence(size, channels, sentence):
    for make in (
        lambda: networks.dcgan_generator(4, size, channels),
        lambda: networks.dcgan_discriminator(size, channels),
    ):
        with pytest.raises(ValueError, match=sentence):
            make()


def test_normal_init_draws_weights_around_zero_and_gains_around_one():
    torch.manual_seed(0)
    net = networks.normal_init(nn.Sequential(nn.Conv2d(32, 64, 4), nn.BatchNorm2d(1000), nn.Linear(100, 100)))
    conv, gain, linear = net[0].weight, net[1].weight, net[2].weight
    for weight, mean in ((conv, 0.0), (gain, 1.0), (linear, 0.0)):
        standard_error = 0.02 / weight.numel() ** 0.5
        assert weight.mean().item() == pytest.approx(mean, abs=4 * standard_error)
        assert weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert all((m.bias == 0).all() for m in net)


def test_an_average_follows_the_geometric_series():
    """Weight 0 for ever, then 1 for n updates: the average is 1 - decay^n."""
    net = nn.Linear(2, 2)
    nn.init.zeros_(net.weight)
    ema = networks.EMA(net, 0.9)
    nn.init.ones_(net.weight)
    for _ in range(5):
        ema.update()
    torch.testing.assert_close(ema.average.weight, torch.full((2, 2), 1 - 0.9**5))


def test_an_average_copies_buffers_and_needs_no_gradients():
    net = nn.BatchNorm1d(3)
    ema = networks.EMA(net, 0.9)
    net(torch.randn(8, 3) + 5)
    ema.update()
    assert torch.equal(ema.average.running_mean, net.running_mean)
    assert not any(p.requires_grad for p in ema.parameters())


def test_replacing_lends_the_averaged_weights_and_takes_them_back_even_after_an_error():
    net = nn.Linear(2, 1)
    ema = networks.EMA(net, 0.5)
    with torch.no_grad():
        net.weight.add_(1)
    own, mean = net.weight.clone(), ema.average.weight.clone()
    parameter = net.weight

    def fail_inside() -> None:
        with ema.replacing():
            assert torch.equal(net.weight, mean)
            assert net.weight is parameter, "the optimizer must keep hold of it"
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail_inside()
    assert torch.equal(net.weight, own)
    assert torch.equal(ema.average.weight, mean)


def test_an_average_watches_the_network_but_does_not_own_it():
    net = nn.Linear(2, 1)
    ema = networks.EMA(net, 0.5)
    assert {name for name, _ in ema.named_parameters()} == {"average.weight", "average.bias"}
    both = copy.deepcopy(nn.ModuleList([net, ema]))
    assert both[1].network is both[0]


@pytest.mark.parametrize("decay", [-0.1, 1.0, 1.5])
def test_a_decay_outside_0_1_is_refused(decay):
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        networks.EMA(nn.Linear(1, 1), decay)


# ------------------------------------------------------------------------------------------------ classifier


@pytest.mark.parametrize(("size", "halvings"), [(8, 1), (15, 1), (16, 2), (28, 2), (64, 4)])
def test_a_classifier_sees_maps_below_8_pixels_and_doubles_channels_at_every_halving(size, halvings):
    net = networks.Classifier(size, classes=3, channels=2, width=4, features=5)
    x = torch.rand(6, 2, size, size)
    flat = next(layer for layer in net.trunk if isinstance(layer, nn.Linear))
    assert flat.in_features == 4 * 2**halvings * (size // 2**halvings) ** 2
    assert net.features(x).shape == (6, 5)
    assert net(x).shape == (6, 3)


def test_a_classifiers_features_are_normalised_and_its_scores_are_a_linear_map_of_their_positive_part():
    torch.manual_seed(0)
    net = networks.Classifier(8, width=4, features=5)
    x = torch.rand(200, 1, 8, 8)
    features = net.features(x)
    torch.testing.assert_close(features.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(features.var(0, unbiased=False), torch.ones(5), atol=1e-2, rtol=0)
    last = net.classify[-1]
    expected = features.clamp(min=0) @ last.weight.T + last.bias
    torch.testing.assert_close(net(x), expected)


@pytest.mark.parametrize("size", [7, 65])
def test_a_classifier_says_which_sizes_it_takes(size):
    with pytest.raises(ValueError, match=f"8 to 64 pixels, got {size}"):
        networks.Classifier(size)


# ----------------------------------------------------------------------------------------------------- heads


def test_each_head_answers_about_what_the_trunk_saw_and_it_looks_only_once():
    looks = []
    trunk = nn.Linear(3, 4)
    trunk.register_forward_hook(lambda *_: looks.append(1))
    score, classes = nn.Linear(4, 1), nn.Linear(4, 10)
    x = torch.randn(5, 3)
    answers = networks.Heads(trunk, score, classes)(x)
    assert len(looks) == 1
    assert isinstance(answers, tuple)
    seen = x @ trunk.weight.T + trunk.bias
    torch.testing.assert_close(answers[0], seen @ score.weight.T + score.bias)
    torch.testing.assert_close(answers[1], seen @ classes.weight.T + classes.bias)


def test_heads_own_the_trunk_and_every_head():
    net = networks.Heads(nn.Linear(3, 4), nn.Linear(4, 1), nn.Linear(4, 10))
    assert sum(p.numel() for p in net.parameters()) == 16 + 5 + 50


def test_a_trunk_without_a_head_is_refused():
    with pytest.raises(ValueError, match="at least one head"):
        networks.Heads(nn.Linear(3, 4))


# ----------------------------------------------------------------------------------------------------- noise


def test_noise_has_the_variance_it_is_given_while_training_and_none_afterwards():
    torch.manual_seed(0)
    layer, x = networks.Noise(0.3), torch.rand(200, 2, 25)
    added = layer(x) - x
    assert added.std().item() == pytest.approx(0.3, rel=0.03)
    assert abs(added.mean().item()) < 0.01
    assert abs(torch.corrcoef(torch.stack([added.flatten(), x.flatten()]))[0, 1]) < 0.05
    assert torch.equal(layer.eval()(x), x)
    assert str(layer) == "Noise(std=0.3)"


def test_noise_lets_gradients_through_as_they_are():
    x = torch.zeros(3, 4, requires_grad=True)
    (networks.Noise(0.5)(x) * torch.arange(4.0)).sum().backward()
    assert torch.equal(x.grad, torch.arange(4.0).expand(3, 4))


@pytest.mark.parametrize("std", [-0.1, float("nan"), float("inf")])
def test_noise_that_is_no_noise_is_refused(std):
    with pytest.raises(ValueError, match="standard deviation of 0 or more"):
        networks.Noise(std)

"""What chapter 5 says about training and no test of the library holds yet, and the numbers of its exercises."""

import importlib.util
import json
import math
import statistics
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from ganlib import data, engine, games, networks, zoo
from ganlib.grading.exercises import ch05
from ganlib.losses import nonsaturating
from ganlib.zoo import provenance

ROOT = Path(__file__).parent.parent
RING = data.ring(8, std=0.05)
PRIOR = data.Gaussian(4)
LEAKY = partial(nn.LeakyReLU, 0.2)


def fresh(seed=0):
    torch.manual_seed(seed)
    return networks.mlp(4, 2, (64, 64)), networks.mlp(2, 1, (64, 64), activation=LEAKY)


def copies(network):
    return [weight.detach().clone() for weight in network.parameters()]


def equal(some, others):
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


# --- who fills and who moves


@pytest.mark.parametrize("mover", ["G", "D"])
def test_backward_fills_both_networks_and_a_step_moves_one(mover):
    G, D = fresh()
    fake = G(PRIOR(64))
    loss = nonsaturating.g(D(fake)) if mover == "G" else nonsaturating.d(D(RING(64)), D(fake))
    moving, resting = (G, D) if mover == "G" else (D, G)
    before, at_rest = copies(moving), copies(resting)
    optimizer = torch.optim.SGD(moving.parameters(), lr=0.1)
    loss.backward()
    assert all(weight.grad.norm() > 0 for network in (G, D) for weight in network.parameters())
    assert equal(copies(moving), before)
    optimizer.step()
    assert not any(torch.equal(a, b) for a, b in zip(copies(moving), before, strict=True))
    assert equal(copies(resting), at_rest)


def played(rounds, detach=True, forget=False):
    G, D = fresh()
    optimizers = [torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.0, 0.99)) for network in (G, D)]
    losses = []
    for _ in range(rounds):
        fake = G(PRIOR(256))
        d_loss = nonsaturating.d(D(RING(256)), D(fake.detach() if detach else fake))
        if not forget:
            optimizers[1].zero_grad()
        d_loss.backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        nonsaturating.g(D(G(PRIOR(256)))).backward()
        optimizers[0].step()
        losses.append(d_loss.item())
    return G, D, losses


def test_detach_changes_no_number():
    (G, D, losses), (other_G, other_D, others) = played(20), played(20, detach=False)
    assert losses == others
    assert equal(copies(G) + copies(D), copies(other_G) + copies(other_D))


def test_without_zero_grad_the_discriminator_does_worse_than_a_coin():
    assert np.mean(played(300)[2][-100:]) < 2 * math.log(2)
    assert np.mean(played(300, forget=True)[2][-100:]) > 1.5


def test_against_an_untrained_discriminator_being_caught_is_the_opposite_of_what_the_generator_wants():
    G, D = fresh()
    z = PRIOR(256)
    scores = D(G(z))
    caught = torch.autograd.grad(nn.functional.softplus(scores).mean(), list(G.parameters()), retain_graph=True)
    wanted = torch.autograd.grad(nonsaturating.g(scores), list(G.parameters()))
    one, other = (torch.cat([part.flatten() for part in parts]) for parts in (caught, wanted))
    assert torch.cosine_similarity(one, other, dim=0) < -0.95


# --- what a discriminator can see

FEATURES = {
    "line": lambda x: x,
    "parabola": lambda x: torch.cat([x, x**2], 1),
    "bumps": lambda x: torch.exp(-8 * (x - torch.linspace(-3, 3, 25)) ** 2),
}


class Eye(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features, self.weigh = features, nn.Linear(features(torch.zeros(1, 1)).shape[1], 1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x):
        return self.weigh(self.features(x))


@pytest.mark.parametrize("name", FEATURES)
def test_the_slope_of_a_blind_discriminator_is_half_the_gap_of_its_features(name):
    torch.manual_seed(0)
    D, real, fake = Eye(FEATURES[name]).double(), torch.randn(50, 1).double(), 1 + torch.randn(70, 1).double()
    nonsaturating.d(D(real), D(fake)).backward()
    gap = FEATURES[name](real).numpy().mean(0) - FEATURES[name](fake).numpy().mean(0)
    assert D.weigh.weight.grad.numpy().ravel() == pytest.approx(-gap / 2, abs=1e-12)
    assert D.weigh.bias.grad.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", FEATURES)
def test_the_slope_has_half_the_length_of_the_mmd(name):
    """Of the samples at hand, pairs of a point with itself included; the kernel matrices are NumPy's."""
    torch.manual_seed(0)
    D, real, fake = Eye(FEATURES[name]).double(), torch.randn(50, 1).double(), 1 + torch.randn(70, 1).double()
    nonsaturating.d(D(real), D(fake)).backward()
    a, b = FEATURES[name](real).numpy(), FEATURES[name](fake).numpy()
    squared = np.mean(a @ a.T) - 2 * np.mean(a @ b.T) + np.mean(b @ b.T)
    assert 2 * D.weigh.weight.grad.norm().item() == pytest.approx(math.sqrt(squared), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "fool", "blind"),
    [
        ("line", lambda x: x.mean() + 2 * (x - x.mean()), True),
        ("parabola", lambda x: x.mean() + 2 * (x - x.mean()), False),
        ("parabola", lambda x: 2 * x.mean() - x, True),
        ("bumps", lambda x: 2 * x.mean() - x, False),
    ],
)
def test_the_best_discriminator_is_blind_to_what_its_features_do_not_show(name, fool, blind):
    """The answers to exercises 5 and 6, against an independent logistic regression."""
    torch.manual_seed(0)
    real = torch.distributions.Exponential(torch.tensor(1.0)).sample((400, 1))
    x = FEATURES[name](torch.cat([real, fool(real)])).numpy()
    y = np.repeat([1, 0], 400)
    best = LogisticRegression(C=1e6, max_iter=5000, tol=1e-8).fit(x, y)
    sure = np.abs(best.predict_proba(x)[:, 1] - 0.5).max()
    assert (sure < 0.01) if blind else (sure > 0.2)


def test_a_generator_matches_the_moments_that_its_discriminator_sees():
    heaps = data.mixture_1d([-1.0, 1.0], 0.35)
    width = math.sqrt(1 + 0.35**2)
    found = {}
    for name in ("line", "parabola"):
        engine.seed(1)  # not the chapter's
        G, D = networks.mlp(1, 1, (32, 32), activation=nn.Tanh), Eye(FEATURES[name])
        nn.init.constant_(G[-1].bias, 1.5)
        optimizers = {"D": engine.adam(2e-2, (0.0, 0.99)), "G": engine.adam(2e-3, (0.0, 0.99))}
        game = games.GAN(G, D, data.Gaussian(1), optimizers=optimizers, average=networks.EMA(G, 0.98))
        engine.fit(game, partial(heaps, 256), 600, progress=False)
        found[name] = game.sample(20_000, seed=1)
    assert all(abs(points.mean()) < 0.15 for points in found.values())
    assert abs(found["line"].std() - width) > 0.3
    assert abs(found["parabola"].std() - width) < 0.15
    middle = {name: (points.abs() < 0.3).float().mean() for name, points in found.items()}
    assert middle["line"] > 0.5
    assert middle["parabola"] > 0.08


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_makes_a_turning_game_grow(momentum):
    """The chapter's matrix against the game itself: two scalars, their exact gradients, torch's SGD."""
    h, m = 0.05, momentum
    d_moves = np.array([[1, -h, m, 0], [0, 1, 0, 0], [0, -h, m, 0], [0, 0, 0, 1]])
    g_moves = np.array([[1, 0, 0, 0], [h, 1, 0, m], [0, 0, 1, 0], [h, 0, 0, m]])
    growth = np.abs(np.linalg.eigvals(g_moves @ d_moves)).max()
    psi, theta = (torch.tensor(1e-12, dtype=torch.float64, requires_grad=True) for _ in "DG")
    optimizers = [torch.optim.SGD([weight], lr=0.1, momentum=momentum) for weight in (psi, theta)]
    sizes = []
    for _ in range(150):
        for optimizer, weight, loss in zip(optimizers, (psi, theta), (nonsaturating.d, nonsaturating.g), strict=True):
            scores = (psi * theta).reshape(1, 1)
            value = loss(psi * torch.zeros(1, 1), scores) if weight is psi else loss(scores)
            optimizer.zero_grad()
            value.backward(inputs=[weight])
            optimizer.step()
        sizes.append(math.hypot(psi.item(), theta.item()))
    measured = (max(sizes[-65:]) / max(sizes[:65])) ** (1 / 85)
    assert growth == pytest.approx(1.0, abs=1e-9) if momentum == 0 else growth > 1.001
    assert measured == pytest.approx(growth, abs=2e-3)


# --- tricks


@pytest.fixture(scope="module")
def tricks():
    spec = importlib.util.spec_from_file_location("bars_tricks", ROOT / "tests" / "bars" / "tricks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_tricks_is_what_was_recorded(tricks):
    """Every seed was run with the code that the chapter shows now, and the table says what came out."""
    files = [ROOT / "tests" / "bars" / "results" / f"tricks_seed{seed}.json" for seed in range(8)]
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert [run["seed"] for run in runs] == list(range(8))
    assert {run["fingerprint"] for run in runs} == {provenance.fingerprint(tricks.chapter(), tricks.play)}
    assert sum(len(run["careful"]) + len(run["careless"]) for run in runs) == 288
    chapter = tricks.CHAPTER.read_text(encoding="utf-8").replace("\n# |", "\n|")
    assert f"\n{tricks.table(runs)}\n" in chapter


def test_the_code_that_is_recorded_is_all_that_decides_and_nothing_else(tricks, tmp_path):
    chapter = tmp_path / "chapter.py"
    chapter.write_text(
        "import math\nfrom os import path, sep\nfactor = 2\nother = 3\na, b = 1, 2\n"
        "class Base:\n    pass\nclass Child(Base):\n    size = factor\n"
        "def unused():\n    return other\n"
        "def wanted(a, sizes=sep):\n    def inner():\n        return Child.size * a\n    return inner()\n"
    )
    code = tricks.code_of(("wanted",), chapter)
    names = {}
    exec(code, names)
    assert names["wanted"](5) == 10
    assert not {"other", "unused", "math", "path", "b"} & set(names)
    chapter.write_text("wanted = 1\nwanted = 2\n")
    with pytest.raises(ValueError, match="defines wanted 2 times"):
        tricks.code_of(("wanted",), chapter)


def test_the_smoothed_game_has_the_smoothed_loss(tricks):
    torch.manual_seed(0)
    game = tricks.chapter().Smoothed(*fresh(), PRIOR)
    real, fake = RING(64), game.fake(64).detach()
    game.fake = lambda n: fake
    a, b = game.D(real).detach().numpy(), game.D(fake).detach().numpy()
    by_hand = (0.9 * softplus(-a) + 0.1 * softplus(a)).mean() + softplus(b).mean()
    assert game.d_loss(real).item() == pytest.approx(by_hand, abs=1e-6)


def test_one_label_in_twenty_is_wrong_on_both_sides(tricks):
    torch.manual_seed(0)
    G, D = fresh()
    game = tricks.chapter().Mislabelled(G, D, PRIOR)
    real, fake = RING(40_000), G(PRIOR(40_000)).detach()
    game.fake = lambda n: fake
    torch.nn.init.constant_(D[-1].bias, 1.0)  # scores that are not near zero
    on_real, on_fake = D(real), D(fake)
    with torch.no_grad():
        straight, exchanged = nonsaturating.d(on_real, on_fake), nonsaturating.d(on_fake, on_real)
        assert game.d_loss(real).item() == pytest.approx((0.95 * straight + 0.05 * exchanged).item(), abs=3e-3)


def test_the_damped_game_pays_half_of_its_squared_slope(tricks):
    G, D = fresh()
    game = tricks.chapter().Damped(G, D, PRIOR)
    real = RING(32).requires_grad_()
    (slope,) = torch.autograd.grad(D(real).sum(), real)
    assert game.penalty(real.detach(), real).item() == pytest.approx(
        0.5 * slope.square().sum(1).mean().item(), rel=1e-5
    )


# --- the numbers in the exercises


def softplus(s):
    return np.logaddexp(0, s)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def test_the_smoothed_loss_worked_out_by_hand(capsys):
    def by_hand(real, fake, target):
        real, fake = real.numpy(), fake.numpy()
        return (target * softplus(-real) + (1 - target) * softplus(real)).mean() + softplus(fake).mean()

    assert ch05.q1(by_hand).right


def test_the_bare_round_worked_out_by_hand(capsys):
    """G(z) = wz + b, D(x) = ax + c: the derivatives of both losses on paper, no autograd."""

    def by_hand(rounds):
        w, b, a, c = 0.5, 1.0, 0.8, -0.2
        for batches, z in ch05._ROUNDS[:rounds]:
            for real, noise in batches:
                x, y = np.array(real), w * np.array(noise) + b
                on_real, on_fake = -sigmoid(-(a * x + c)), sigmoid(a * y + c)
                slope = (on_real * x + on_fake * y).mean(), (on_real + on_fake).mean()
                a, c = a - 0.5 * slope[0], c - 0.5 * slope[1]
            z = np.array(z)
            pull = -sigmoid(-(a * (w * z + b) + c)) * a
            w, b = w - (pull * z).mean(), b - pull.mean()
        return w, b, a, c

    from wrong_answers import ch05 as answers

    verdict = ch05.q4(answers.RIGHT["ch05.q4"][0])
    assert verdict.right
    for rounds, (found, alone) in enumerate(verdict.values, 1):
        assert alone
        assert found == pytest.approx(by_hand(rounds), abs=1e-12)


def test_the_table_of_what_is_filled_and_moved_is_what_happens():
    rows = []
    for row in range(3):
        G, D = fresh()
        game = games.GAN(G, D, PRIOR)
        before = copies(G), copies(D)
        if row == 0:
            nonsaturating.g(D(G(PRIOR(8)))).backward()
            torch.optim.SGD(G.parameters(), lr=0.1).step()
        elif row == 1:
            nonsaturating.d(D(RING(8)), D(G(PRIOR(8)))).backward()
            torch.optim.SGD(D.parameters(), lr=0.1).step()
        else:
            game.players["G"].move(RING(8))
        filled = [any(weight.grad is not None for weight in network.parameters()) for network in (G, D)]
        moved = [not equal(copies(network), was) for network, was in zip((G, D), before, strict=True)]
        rows.append(filled + moved)
    assert ch05.q3(rows).right


def test_a_sigmoid_twice_shows_in_the_first_losses():
    half = torch.sigmoid(torch.zeros(4, 1))
    assert nonsaturating.d(half, half).item() == pytest.approx(softplus(-0.5) + softplus(0.5), abs=1e-6)
    assert nonsaturating.g(half).item() == pytest.approx(softplus(-0.5), abs=1e-6)
    assert softplus(-0.5) + softplus(0.5) == pytest.approx(1.4482, abs=5e-5)


# --- the real training


def test_the_table_of_mnist_is_what_was_recorded():
    seeds = [seed["scores"] for seed in zoo.load("gan_mnist").seeds]
    short = json.loads((ROOT / "tests/bars/results/gan_mnist_memory_seed0.json").read_text(encoding="utf-8"))
    chapter = (ROOT / "chapters/1_foundations/05_training.py").read_text(encoding="utf-8").replace("\n# ", " ")
    assert len(seeds) == 3
    shown = ", ".join(f"{seed['parzen']:.0f}" for seed in seeds)
    assert f"recorded seeds 0, 1, 2 | {shown} (± {max(seed['parzen_error'] for seed in seeds):.0f}) |" in chapter
    assert f"not 2000 | {short['parzen']:.0f} (± {short['parzen_error']:.0f}) |" in chapter
    nats, distances = ([seed[key] for seed in seeds] for key in ("parzen", "distance"))
    assert f"the score is {statistics.mean(nats):.0f} ± {statistics.stdev(nats):.0f}." in chapter
    assert f"moves the score by {statistics.mean(nats) - short['parzen']:.0f} nats" in chapter
    long = ", ".join(f"{distance:.1f}" for distance in distances)
    assert f"{long} for the three long averages and {short['distance']:.1f} for the short one" in chapter


def test_a_longer_average_pleases_the_windows_far_more_than_the_judge():
    seeds = [seed["scores"] for seed in zoo.load("gan_mnist").seeds]
    short = json.loads((ROOT / "tests/bars/results/gan_mnist_memory_seed0.json").read_text(encoding="utf-8"))
    assert min(seed["parzen"] for seed in seeds) > short["parzen"] + 15
    assert 0.8 * short["distance"] < min(seed["distance"] for seed in seeds) < short["distance"]

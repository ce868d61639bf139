"""What chapter 16 says and no test of a module holds up yet."""

import itertools
import json
import math
import statistics
from functools import partial
from pathlib import Path

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.distributions import MultivariateNormal, kl_divergence

from ganlib import data, engine, games, networks, recipes, theory

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "tests" / "bars" / "results"
PAGE = ROOT / "chapters" / "2_architectures" / "16_bigan.py"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_the_value_of_tables_counts_what_comes_back_also_when_symbols_are_not_equally_probable():
    """Shared pairs (x, z) cost -p log(1 + q/p) - q log(1 + p/q); with p = q that is -p log 4."""
    torch.manual_seed(0)
    p = torch.rand(4, dtype=torch.float64)
    p = p / p.sum()
    for _ in range(200):
        E, G = torch.randint(4, (4,)).tolist(), torch.randint(4, (4,)).tolist()
        encoded, generated = torch.zeros(2, 4, 4, dtype=torch.float64)
        for x, z in itertools.product(range(4), repeat=2):
            encoded[x, z] = p[x] * (E[x] == z)
            generated[x, z] = 0.25 * (G[z] == x)
        pairs = [(p[x].item(), 0.25) for x in range(4) if G[E[x]] == x]
        by_hand = sum(a * math.log(a / (a + b)) + b * math.log(b / (a + b)) for a, b in pairs)
        value = theory.value_at_optimum(encoded.flatten(), generated.flatten()).item()
        assert value == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_every_renaming_of_the_symbols_is_optimal_and_nothing_else(k):
    tables = list(itertools.product(range(k), repeat=k))
    inverse = [(E, G) for E, G in itertools.product(tables, tables) if all(G[E[x]] == x for x in range(k))]
    assert len(inverse) == math.factorial(k)


def gaussian(rows):
    covariance = torch.tensor(rows, dtype=torch.float64)
    return MultivariateNormal(torch.zeros(len(covariance), dtype=torch.float64), covariance)


def test_the_divergence_of_blurred_lines_is_that_of_a_monte_carlo_estimate():
    """The page's own integral, against draws."""
    source = PAGE.read_text(encoding="utf-8").split('close("e = g = 1"')[0].split("side = torch.linspace")[1]
    names = {"torch": torch, "math": math, "MultivariateNormal": MultivariateNormal}
    names["softplus"] = nn.functional.softplus
    exec("side = torch.linspace" + source, names)
    torch.manual_seed(0)
    for e, g, blur in ((1.1, 1.0, 0.1), (0.5, -1.0, 0.6), (-1.0, -1.0, 0.2)):
        P, Q = names["blurred"](e, g, blur)
        halves = [math.log(2) - nn.functional.softplus(b.log_prob(x) - a.log_prob(x))
                  for a, b in ((P, Q), (Q, P)) for x in (a.sample((200_000,)),)]  # fmt: skip
        estimate = sum(half.mean() for half in halves) / 2
        error = math.sqrt(sum(half.var() for half in halves) / 200_000) / 2
        assert abs(names["divergence"](P, Q) - estimate) < 4 * error + 1e-9


def test_turning_the_codes_changes_no_divergence():
    """Linear-Gaussian pairs with noise, codes of length 2: E' = A E and G' = G A^-1 with A a rotation or a mirror."""
    torch.manual_seed(0)
    W, V = torch.randn(3, 2, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64)
    eye = partial(torch.eye, dtype=torch.float64)

    def pairs(W, V):
        generated = torch.cat([torch.cat([W @ W.T + 0.3 * eye(3), W], 1), torch.cat([W.T, eye(2)], 1)])
        encoded = torch.cat([torch.cat([eye(3), V.T], 1), torch.cat([V, V @ V.T + 0.1 * eye(2)], 1)])
        return gaussian(encoded.tolist()), gaussian(generated.tolist())

    A, _ = torch.linalg.qr(torch.randn(2, 2, dtype=torch.float64))
    before, after = kl_divergence(*pairs(W, V)), kl_divergence(*pairs(W @ A.T, A @ V))
    assert before > 0.1
    assert after == pytest.approx(before.item(), abs=1e-9)
    sheared = torch.tensor([[1.0, 0.5], [0.0, 1.0]], dtype=torch.float64)  # does not keep the prior
    assert abs(kl_divergence(*pairs(W @ torch.linalg.inv(sheared), sheared @ V)) - before) > 1e-3


@pytest.mark.parametrize(("g", "noise"), [(1.0, 1.0), (-0.8, 0.36), (3.0, 0.5)])
def test_with_noise_only_the_posterior_makes_the_pairs_agree(g, noise):
    total = g * g + noise

    def gap(e, variance):
        encoded = gaussian([[total, e * total], [e * total, e * e * total + variance]])
        return kl_divergence(encoded, gaussian([[total, g], [g, 1.0]])).item()

    e, variance = g / total, noise / total
    assert gap(e, variance) == pytest.approx(0.0, abs=1e-9)
    assert min(gap(1.1 * e, variance), gap(e, 1.2 * variance), gap(-e, variance)) > 1e-3


def on_the_line(seed):
    """The page's run, 1000 rounds."""
    engine.seed(seed)
    rough = partial(nn.LeakyReLU, 0.2)
    G, E = (networks.mlp(1, 1, (32, 32), rough) for _ in "GE")
    D = networks.Conditioned(networks.mlp(2, 1, (64, 64), rough), nn.Identity())
    steps = {k: engine.cosine(engine.adam(v, (0.0, 0.99)), 1000) for k, v in (("D", 4e-3), ("G", 2e-3))}
    game = games.BiGAN(G, D, E, data.Gaussian(1), optimizers=steps)
    for _ in engine.play(game, lambda: 0.5 * torch.randn(128, 1) + 2.0 * torch.randint(2, (128, 1)) - 1, 1000):
        pass
    return game


def test_points_on_the_line_come_back_whichever_way_the_codes_run():
    rising = []
    for seed in (1, 4):
        game = on_the_line(seed)
        x = 0.5 * torch.randn(2000, 1) + 2.0 * torch.randint(2, (2000, 1)) - 1
        with torch.no_grad():
            assert (x - game.reconstruct(x)).abs().mean() < 0.15
            rising.append((game.E(torch.linspace(-1.8, 1.8, 60)[:, None]).diff(dim=0) > 0).float().mean().item())
    assert rising[0] < 0.05
    assert rising[1] > 0.95


def test_neighbour_accuracy_is_scikit_learns(monkeypatch):
    torch.manual_seed(0)
    digits = {split: data.digits(split, labels=True) for split in ("train", "test")}
    small = {split: data.Images(s.x[:300], s.y[:300]) for split, s in digits.items()}
    monkeypatch.setattr(data, "load", lambda name, split="train", labels=False: small[split])
    features = networks.mlp(64, 20)
    flat = lambda x: features(x.flatten(1))
    with torch.no_grad():
        seen, asked = (flat(small[split].x).double().numpy() for split in ("train", "test"))
    model = KNeighborsClassifier(1, algorithm="brute").fit(seen, small["train"].y.numpy())
    expected = model.score(asked, small["test"].y.numpy())
    assert recipes.neighbour_accuracy(flat, chunk=70) == pytest.approx(expected)


def test_features_before_the_code_are_what_the_last_layer_reads_at_length_one():
    torch.manual_seed(0)
    E = recipes.build_bigan_mnist().E.eval()
    x = torch.rand(5, 1, 28, 28) * 2 - 1
    features = recipes.before_the_code(E)(x)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(5))
    read = []
    E[-1].register_forward_pre_hook(lambda module, inputs: read.append(inputs[0]))
    E(x)
    torch.testing.assert_close(features, nn.functional.normalize(read[0]))


def test_the_ratio_of_a_copy_of_a_constant_and_of_an_example_by_hand():
    torch.manual_seed(0)
    x = torch.randn(400, 1, 4, 4)
    assert recipes.reconstruction_ratio(x, x) == 0
    assert recipes.reconstruction_ratio(x, torch.zeros_like(x)) == pytest.approx(1.0)
    own, other = (1 + 2) / 2, (math.sqrt(9 + 9) + math.sqrt(9 + 4)) / 2
    x, back = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[0.0, 1.0], [3.0, 2.0]])
    assert recipes.reconstruction_ratio(x, back) == pytest.approx(own / other)


def test_the_score_of_a_game_that_inverts_itself_is_perfect():
    class Judge:
        features = staticmethod(lambda x: x.flatten(1)[:, :4])
        probabilities = staticmethod(lambda x: x.flatten(1)[:, :10])

        @property
        def reference(self):
            from ganlib import metrics

            return metrics.moments(torch.rand(500, 1, 28, 28), self.features)

    game = recipes.build_bigan_mnist()
    game.average = None
    game.G = nn.Sequential(nn.ZeroPad1d((0, 784 - 50)), nn.Unflatten(1, (1, 28, 28)))

    class Back(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :50]

    game.E = Back()
    scores = recipes.score_bigan_mnist(game, Judge())
    assert scores["code_r2"] == pytest.approx(1.0)
    assert scores["code_correlation"] == pytest.approx(1.0, abs=1e-4)
    assert scores["same_label"] == 1.0
    assert scores["ratio_generated"] == 0.0
    game.E = nn.Sequential(Back(), nn.Linear(50, 50))  # a linear map of the codes loses nothing
    with torch.no_grad():
        assert recipes.score_bigan_mnist(game, Judge())["code_r2"] == pytest.approx(1.0, abs=1e-4)


def shown(values, form, scale=1.0):
    values = [scale * value for value in values]
    each = ", ".join(format(value, form) for value in values)
    spread = f"{statistics.mean(values):{form}} ± {statistics.stdev(values):{form}}" if len(values) > 1 else ""
    return f"{each} | {spread}"


def test_the_table_is_what_was_recorded():
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("# |")]
    seeds = json.loads((ROOT / "ganlib/zoo/bigan_mnist/scores.json").read_text(encoding="utf-8"))["seeds"]
    results = {
        name: [json.loads(file.read_text(encoding="utf-8")) for file in sorted(RESULTS.glob(f"{name}_seed*.json"))]
        for name in ("beside_bigan", "pixels_mnist")
    }
    assert len(seeds) == 3
    assert len(results["beside_bigan"]) == 3
    expected = {
        "BiGAN, features before the code": shown([s["scores"]["neighbours"] for s in seeds], ".2f", 100),
        "BiGAN, the codes": shown([s["scores"]["neighbours_code"] for s in seeds], ".2f", 100),
        "autoencoder, features": shown([r["neighbours"] for r in results["beside_bigan"]], ".2f", 100),
        "autoencoder, the codes": shown([r["neighbours_code"] for r in results["beside_bigan"]], ".2f", 100),
        "the same encoder, untrained": shown([r["untrained"] for r in results["beside_bigan"]], ".2f", 100),
        "raw pixels": shown([r["neighbours"] for r in results["pixels_mnist"]], ".2f", 100),
        "ratio, test images | ": shown([s["scores"]["ratio"] for s in seeds], ".2f"),
        "ratio, its own samples": shown([s["scores"]["ratio_generated"] for s in seeds], ".2f"),
        "ratio, test images, autoencoder": shown([r["ratio"] for r in results["beside_bigan"]], ".2f"),
        "label of a test image": shown([s["scores"]["real_label"] for s in seeds], ".1f", 100),
        "label of a sample": shown([s["scores"]["same_label"] for s in seeds], ".1f", 100),
        "$z$ from $G(z)$": shown([s["scores"]["code_r2"] for s in seeds], ".2f"),
        "samples, Fréchet distance": shown([s["scores"]["distance"] for s in seeds], ".1f"),
    }
    for name, numbers in expected.items():
        (row,) = [row for row in rows if row.startswith(f"# | {name}")]
        assert numbers in row, row

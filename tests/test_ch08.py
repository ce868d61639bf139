"""What chapter 8 says and no test of a module holds up yet."""

import importlib.util
import json
import math
import statistics
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from ganlib import data, games, networks, zoo
from ganlib.zoo import provenance

ROOT = Path(__file__).parent.parent
BARS = ROOT / "tests" / "bars"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# ------------------------------------------------------------------------------------- game and architecture


def test_all_that_dcgan_changes_in_the_game_is_the_optimizer():
    assert games.DCGAN.__bases__ == (games.GAN,)
    own = {name for name in vars(games.DCGAN) if not name.startswith("__")}
    assert own == {"optimizers"}
    for make in games.DCGAN.optimizers.values():
        step = make([nn.Parameter(torch.zeros(1))])
        assert isinstance(step, torch.optim.Adam)
        assert (step.defaults["lr"], step.defaults["betas"]) == (2e-4, (0.5, 0.999))


def test_a_condition_is_another_matter_and_goes_with_the_same_networks():
    torch.manual_seed(0)
    G = networks.Conditioned(networks.dcgan_generator(14, 8, width=4), networks.OneHot(10))
    D = networks.Conditioned(networks.dcgan_discriminator(8, channels=3, width=4), nn.Embedding(10, 2))
    game = games.CGAN(G, D, data.Uniform(4), data.Labels(10), optimizers=games.DCGAN.optimizers)
    y = torch.arange(6)
    assert game.sample(6, y).shape == (6, 1, 8, 8)
    assert torch.isfinite(game.d_loss((torch.rand(6, 1, 8, 8), y)))
    with pytest.raises(TypeError):  # and a game that knows no labels cannot be handed any
        games.DCGAN(G.network, networks.dcgan_discriminator(8, width=4), data.Uniform(14)).d_loss(
            (torch.rand(6, 1, 8, 8), y)
        )


# ------------------------------------------------------------------------------------------- batch normalisation


def test_in_training_mode_a_sample_depends_on_its_company_and_in_evaluation_mode_it_does_not():
    torch.manual_seed(0)
    G = networks.dcgan_generator(100, 28, width=8)
    z, first, second = torch.randn(1, 100), torch.randn(31, 100), torch.randn(31, 100)
    with torch.no_grad():
        a, b = (G(torch.cat([z, others]))[0] for others in (first, second))
        assert (a - b).abs().max() > 0.1 * a.std()
        G.eval()
        torch.testing.assert_close(G(torch.cat([z, first]))[0], G(z)[0], atol=1e-6, rtol=1e-5)


def test_a_discriminator_with_normalised_input_cannot_see_brightness_or_contrast():
    torch.manual_seed(0)
    D = nn.Sequential(nn.BatchNorm2d(1, eps=1e-12), networks.dcgan_discriminator(8)).double()
    x = torch.rand(32, 1, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(D(x), D(0.1 * x + 0.7), atol=1e-8, rtol=0)
    assert (D(x) - D(-x)).abs().max() > 1e-3  # a negative is another picture


@pytest.mark.parametrize("beta", [-3.0, 0.0, 0.7])
def test_no_scores_of_one_mean_beat_the_bound(beta):
    torch.manual_seed(0)
    bound = math.log1p(math.exp(-beta)) + math.log1p(math.exp(beta))
    assert bound >= 2 * math.log(2)
    norm = nn.BatchNorm1d(1).double()
    with torch.no_grad():
        for gain in (0.0, 0.1, 1.0, 10.0):
            norm.weight.fill_(gain)
            norm.bias.fill_(beta)
            for _ in range(20):
                real, fake = (norm(s[:, None] ** 3) for s in torch.randn(2, 64, dtype=torch.float64))
                loss = softplus(-real).mean() + softplus(fake).mean()
                assert loss >= bound - 1e-9
                assert gain > 0 or loss == pytest.approx(bound)


# ------------------------------------------------------------------------------------------------ walks and sums


def spherical(a, b, t):
    angle = torch.acos(nn.functional.cosine_similarity(a, b))[:, None]
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


@pytest.mark.parametrize(("prior", "square"), [(data.Gaussian(100), 100.0), (data.Uniform(100), 100 / 3)])
@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 0.9])
def test_the_squared_length_on_a_straight_walk(prior, square, t):
    torch.manual_seed(0)
    lengths = ((1 - t) * prior(20_000) + t * prior(20_000)).square().sum(1)
    error = lengths.std() / math.sqrt(20_000)
    assert lengths.mean() == pytest.approx(square * ((1 - t) ** 2 + t**2), abs=4 * error.item())


def test_the_squared_length_of_uniform_noise_and_how_rare_a_midpoint_is():
    torch.manual_seed(0)
    lengths = data.Uniform(100)(100_000).square().sum(1)
    assert lengths.mean() == pytest.approx(100 / 3, abs=0.05)
    assert lengths.std() == pytest.approx(math.sqrt(100 * 4 / 45), abs=0.05)
    assert lengths.min() > 100 / 6


def test_a_spherical_walk_keeps_the_length_and_turns_evenly():
    torch.manual_seed(0)
    a, b = nn.functional.normalize(torch.randn(2, 50, 100, dtype=torch.float64), dim=2)
    whole = torch.acos((a * b).sum(1))
    for t in (0.0, 0.3, 0.5, 1.0):
        here = spherical(a, b, t)
        torch.testing.assert_close(here.norm(dim=1), torch.ones(50, dtype=torch.float64))
        torch.testing.assert_close(torch.acos((a * here).sum(1).clamp(max=1)), t * whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_the_squared_length_of_a_sum_of_means(n):
    torch.manual_seed(0)
    A, B, C = data.Gaussian(50)(3 * n * 4000).reshape(3, 4000, n, 50).mean(2)
    lengths = (A - B + C).square().sum(1)
    assert lengths.mean() == pytest.approx(3 * 50 / n, abs=4 * (lengths.std() / math.sqrt(4000)).item())


# -------------------------------------------------------------------------------------------------- the two tables


@pytest.fixture(scope="module")
def guidelines():
    spec = importlib.util.spec_from_file_location("bars_guidelines", BARS / "guidelines.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runs(guidelines):
    files = [BARS / "results" / f"guidelines_seed{seed}.json" for seed in range(guidelines.SEEDS)]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


@pytest.fixture(scope="module")
def page(guidelines):
    return guidelines.CHAPTER.read_text(encoding="utf-8").replace("\n# |", "\n|")


def test_the_table_of_guidelines_is_what_was_recorded(guidelines, runs, page):
    assert [run["seed"] for run in runs] == list(range(guidelines.SEEDS))
    assert {run["fingerprint"] for run in runs} == {provenance.fingerprint(*guidelines.source())}
    assert f"\n{guidelines.table(runs)}\n" in page


def test_what_the_chapter_says_of_the_guidelines_is_so_in_every_seed(guidelines, runs):
    assert len(guidelines.CLAIMS) >= 5
    assert [words for words, check in guidelines.CLAIMS.items() if not check(runs)] == []


def spread(name, key, form):
    """Mean and spread over the recorded seeds."""
    values = [seed["scores"][key] for seed in zoo.runs.load(name).seeds]
    return f"{statistics.mean(values):{form}} ± {statistics.stdev(values):{form}}".replace("%", " %")


FEATURES = {
    "D_features": "D, which has never seen a label",
    "random_features": "the same network with its first weights",
    "raw_pixels": "nothing: raw pixels",
}


def features_table():
    """Of the features, in Markdown."""
    lines = ["| the classifier reads | 1000 labels: accuracy on the 10,000 test images |", "|---|---|"]
    return "\n".join(lines + [f"| {words} | {spread('dcgan_mnist', key, '.1%')} |" for key, words in FEATURES.items()])


def score_table():
    """Of the samples, in Markdown."""
    rows = [
        ("Fréchet distance", spread("dcgan_mnist", "distance", ".1f"), "", "0.1 (the training images)"),
        ("label shares, nats from equal", spread("dcgan_mnist", "histogram_kl", ".3f"), "2.303 (one digit)", "0"),
        ("share of the rarest digit", spread("dcgan_mnist", "rarest", ".1%"), "0 %", "10 %"),
    ]
    lines = ["| | recorded | worst | best |", "|---|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]).replace("|  |", "| |")


def patches_table():
    """Of the pictures in colour, in Markdown."""
    rows = [
        ("coarse colours, distance over variance", spread("dcgan_patches", "coarse", ".3f"), "0.010"),
        ("spread", spread("dcgan_patches", "spread", ".2f"), "1"),
        ("roughness", spread("dcgan_patches", "roughness", ".1f"), "1"),
    ]
    lines = ["| | recorded, seeds 0, 1, 2 | other real patches |", "|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def test_the_numbers_of_the_recorded_runs_are_the_zoos(page):
    for table in (features_table(), score_table(), patches_table()):
        assert f"\n{table}\n" in page
    assert f"is at {spread('gan_mnist', 'distance', '.1f')}: three times as near" in page.replace("\n# ", " ")

"""What chapter 15 says and no test of a module holds up yet."""

import copy
import importlib.util
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from ganlib import data, engine, games, losses, metrics, networks, recipes, theory, zoo
from ganlib.zoo import provenance

BARS = Path(__file__).parent / "bars"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pixels(split="train"):
    return data.to_unit(data.digits(split).x).flatten(1).double()


def nearest(pictures, others):
    """Mean distance to the nearest other, pixels in [0, 1]."""
    return (torch.cdist(pictures.flatten(1), others.flatten(1)) / 2).min(1).values.mean().item()


def small_autoencoder():
    """8 codes, 64 hidden units, 1000 rounds."""
    engine.seed(0)
    E = nn.Sequential(nn.Flatten(), networks.mlp(64, 8, (64, 64)))
    G = nn.Sequential(networks.mlp(8, 64, (64, 64), final=nn.Tanh), nn.Unflatten(1, (1, 8, 8)))
    step = engine.cosine(engine.adam(1e-3, (0.9, 0.999)), 1000)
    game = games.Autoencoder(E, G, partial(losses.gaussian_nll, std=0.2), optimizers={"model": step})
    train = data.digits().x[: recipes.TRAIN]
    engine.fit(game, partial(data.Images(train), 128), 1000, progress=False)
    return game.eval(), train, data.digits("test").x


def test_an_autoencoder_rebuilds_new_digits_nearly_as_well_and_its_decoded_normals_are_no_digits():
    game, train, test = small_autoencoder()
    with torch.no_grad():
        seen, unseen = ((game.reconstruct(x) - x).flatten(1).norm(dim=1).mean().item() / 2 for x in (train, test))
        torch.manual_seed(0)
        decoded = game.G(torch.randn(1000, 8))
    assert seen == pytest.approx(1.04, abs=0.06)
    assert unseen == pytest.approx(1.09, abs=0.06)
    assert nearest(test, train) == pytest.approx(1.11, abs=0.005)
    assert nearest(decoded, train) > 1.6


def test_the_loss_of_an_autoencoder_does_not_know_where_its_codes_are():
    torch.manual_seed(0)
    game = games.Autoencoder(networks.mlp(3, 2), networks.mlp(2, 3), losses.gaussian_nll).double()
    other = copy.deepcopy(game)
    A = torch.randn(2, 2, dtype=torch.float64)
    with torch.no_grad():  # z -> A z + 1, taken back by the decoder
        other.E[-1].weight.copy_(A @ game.E[-1].weight)
        other.E[-1].bias.copy_(A @ game.E[-1].bias + 1)
        other.G[0].weight.copy_(game.G[0].weight @ torch.linalg.inv(A))
        other.G[0].bias.copy_(game.G[0].bias - other.G[0].weight.sum(1))
    x, z = torch.randn(20, 3, dtype=torch.float64), torch.randn(20, 2, dtype=torch.float64)
    torch.testing.assert_close(other.reconstruct(x), game.reconstruct(x))
    assert (other.G(z) - game.G(z)).abs().max() > 0.1


@pytest.mark.parametrize(("d", "r"), [(1, 0.0), (1, 1.0), (1, 3.0), (2, 0.5), (3, 1.0)])
def test_the_ratio_of_the_two_variances(d, r):
    """By Gauss-Hermite quadrature, exact for polynomials: the closed form was worked out by moments."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    noise = np.stack(np.meshgrid(*d * [nodes], indexing="ij")).reshape(d, -1)
    mass = np.prod(np.stack(np.meshgrid(*d * [weights], indexing="ij")).reshape(d, -1), axis=0)
    estimate = ((noise + r) ** 2).sum(0) / 2 * noise[0]
    assert (mass * estimate).sum() == pytest.approx(r)
    formula = (15 + 14 * r**2 + r**4) / 4 + (d - 1) ** 2 * (r**2 + 1) ** 2 / 4
    formula += (d - 1) * ((r**2 + 1) * (r**2 + 3) + 2 * r**2 + 1) / 2
    assert (mass * (estimate - r) ** 2).sum() == pytest.approx(formula)


def linear_vae(noise):
    centred = (pixels() - pixels().mean(0)).float()
    engine.seed(1)
    step = engine.cosine(engine.adam(0.03, (0.9, 0.99)), 2000)
    game = games.VAE(
        nn.Linear(64, 16),
        nn.Linear(8, 64),
        partial(losses.gaussian_nll, std=math.sqrt(noise)),
        data.Gaussian(8),
        optimizers={"model": step},
    )
    for _ in engine.play(game, lambda: centred[torch.randint(len(centred), (256,))], 2000):
        pass
    return game, centred


def test_a_linear_vae_reaches_the_value_of_probabilistic_pca():
    best = theory.ppca(pixels(), 8)
    game, centred = linear_vae(best.variance.item())
    with torch.no_grad():
        found = theory.LinearGaussian(game.G.weight.double(), game.G.bias.double(), best.variance)
        mean, log_variance = game.posterior(centred)
        bound = found.elbo(centred, mean, torch.diag_embed(log_variance.exp())).mean()
    assert bound < found.log_prob(centred).mean() < best.log_prob(pixels()).mean()
    assert bound == pytest.approx(14.40, abs=0.1)
    columns = nn.functional.normalize(found.W, dim=0)
    assert (columns.T @ columns - torch.eye(8)).abs().max() < 0.2


def test_half_of_the_codes_collapse_when_the_noise_is_wide():
    game, centred = linear_vae(0.32)
    with torch.no_grad():
        mean, log_variance = game.posterior(centred)
        paid = ((mean**2 + log_variance.exp() - 1 - log_variance) / 2).mean(0)
    assert (paid > 0.05).sum() == 4


@pytest.mark.parametrize("noise", [0.02, 0.32])
def test_what_a_code_is_worth(noise):
    """The most likely W at a given noise pays half the logarithm of eigenvalue over noise, or nothing."""
    x = pixels()
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))
    values, vectors = values.flip(0)[:8], vectors.flip(1)[:, :8]
    W = vectors * (values - noise).clamp(min=0).sqrt()
    mean, covariance = theory.LinearGaussian(W, x.mean(0), torch.tensor(noise).double()).posterior(x)
    variance = covariance.diagonal()
    paid = (mean.square().mean(0) + variance - 1 - variance.log()) / 2
    torch.testing.assert_close(paid, ((values / noise).log() / 2).clamp(min=0))


def test_turned_codes_cost_a_diagonal_guess_what_the_formula_says():
    best = theory.ppca(pixels(), 8)
    torch.manual_seed(0)
    R, _ = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))
    turned = theory.LinearGaussian(best.W @ R, best.mean, best.variance)
    x = pixels("test")
    P = turned.precision
    mean, _ = turned.posterior(x)
    lacks = turned.log_prob(x) - turned.elbo(x, mean, torch.diag(1 / P.diagonal()))
    formula = (P.diagonal().log().sum() - torch.logdet(P)) / 2
    torch.testing.assert_close(lacks, formula.expand_as(lacks))
    for _ in range(10):  # and no other diagonal guess does better
        other = torch.diag(torch.exp(0.3 * torch.randn(8, dtype=torch.float64)) / P.diagonal())
        assert (turned.log_prob(x) - turned.elbo(x, mean, other) > lacks).all()


def test_a_wide_guess_overtakes_a_narrow_one():
    model, x = theory.ppca(pixels(), 8), pixels("test")[:100]
    mean, covariance = model.posterior(x)
    log_p = model.log_prob(x)

    def bounds(scale):
        torch.manual_seed(0)
        q = MultivariateNormal(mean, scale * covariance)
        z = q.sample((1024,))
        weights = log_p + MultivariateNormal(mean, covariance).log_prob(z) - q.log_prob(z)  # Bayes's rule
        return [theory.importance_weighted(weights[:k]).mean().item() for k in (1, 1024)]

    (narrow, narrow_end), (wide, wide_end) = bounds(0.25), bounds(4.0)
    assert narrow > wide + 3
    assert log_p.mean() - 0.1 < wide_end < log_p.mean()
    assert narrow_end < log_p.mean() - 0.1


def test_the_digits_score_is_the_known_likelihood_of_a_linear_model():
    """In nats for pixels in [0, 1], although the game's pixels run from -1 to 1."""
    best = theory.ppca(pixels(), 4)
    game = recipes.build_vae_digits()
    game.E, game.G = (
        nn.Sequential(nn.Flatten(), nn.Linear(64, 8)),
        nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, (1, 8, 8))),
    )
    game.nll = partial(losses.gaussian_nll, std=2 * best.variance.sqrt().item())
    zero, covariance = best.posterior(torch.zeros(1, 64))
    slope = (best.posterior(torch.eye(64))[0] - zero).T  # of the posterior mean in the pixels
    with torch.no_grad():
        game.E[1].weight.copy_(torch.cat([slope / 2, torch.zeros(4, 64)]))
        game.E[1].bias.copy_(torch.cat([zero[0] + slope.sum(1) / 2, covariance.diagonal().log()]))
        game.G[0].weight.copy_(2 * best.W)
        game.G[0].bias.copy_(2 * best.mean - 1)
    report = recipes.score_vae_digits(game, draws=3)  # with the true posterior every draw tells all
    log_p = best.log_prob(pixels("test"))
    assert report.bound == pytest.approx(log_p.mean().item(), abs=1e-3)
    assert report.elbo == pytest.approx(log_p.mean().item(), abs=1e-3)
    assert report.bound_error == pytest.approx(log_p.std(correction=0).item() / math.sqrt(450), abs=1e-3)
    assert f"log p(x) >= {report.bound:.1f} ±" in str(report)


@pytest.fixture(scope="module")
def short_vae():
    return recipes.vae_digits(0, rounds=400, device="cpu", progress=False)[0].eval()


def test_a_short_vae_on_the_digits_bounds_more_than_a_linear_model_and_is_soft(short_vae):
    assert recipes.score_vae_digits(short_vae, draws=100).bound > 30  # probabilistic PCA with as many codes: 22.8

    def roughness(x):
        x = data.to_unit(x)[:, 0].numpy()
        inner = 4 * x[:, 1:-1, 1:-1]
        return np.mean((inner - x[:, :-2, 1:-1] - x[:, 2:, 1:-1] - x[:, 1:-1, :-2] - x[:, 1:-1, 2:]) ** 2)

    assert roughness(short_vae.sample(1000, seed=0)) < 0.85 * roughness(data.digits().x)


def test_codes_of_digits_decode_to_digits_and_a_shorter_prior_has_fewer_gaps(short_vae):
    judge = zoo.judge("digits")

    def distance(x):
        return metrics.frechet(judge.seen, x, judge.features).value

    torch.manual_seed(0)
    with torch.no_grad():
        mean, log_variance = short_vae.posterior(data.digits("test").x)
        own = short_vae.G(mean + (log_variance / 2).exp() * torch.randn_like(mean))
    from_prior = distance(short_vae.sample(450, seed=0))
    assert distance(own) < 5
    assert from_prior > 10
    few, _ = recipes.vae_digits(0, rounds=400, code=4, device="cpu", progress=False)
    assert distance(few.sample(450, seed=0)) < 0.75 * from_prior
    bounds = [recipes.score_vae_digits(game, draws=100).bound for game in (few, short_vae)]
    assert bounds[0] < bounds[1] - 10


# --- the score


@pytest.fixture(scope="module")
def beside():
    spec = importlib.util.spec_from_file_location("bars_beside_a_gan", BARS / "beside_a_gan.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recorded():
    files = [BARS / "results" / f"beside_a_gan_seed{seed}.json" for seed in range(3)]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def test_the_tables_beside_a_gan_are_what_was_recorded(beside, recorded):
    """Every seed was run with the code of today, and the chapter's tables say what came out."""
    assert [run["seed"] for run in recorded] == [0, 1, 2]
    assert {run["fingerprint"] for run in recorded} == {provenance.fingerprint(*beside.source())}
    assert all(run["real"] == recorded[0]["real"] for run in recorded)
    chapter = beside.CHAPTER.read_text(encoding="utf-8").replace("\n# |", "\n|")
    assert f"\n{beside.series(recorded)}\n" in chapter
    assert f"\n{beside.table(recorded)}\n" in chapter


def test_what_the_chapter_says_of_the_score_is_so_in_every_seed(beside, recorded):
    assert [words for words, check in beside.CLAIMS.items() if not check(recorded)] == []
    models = [run[name] for run in recorded for name in beside.COLUMNS]
    halves = [(high - low) / 2 for model in models for low, high in model["intervals"]]
    assert np.median(halves) == pytest.approx(0.1, abs=0.03)
    assert max(halves) < 0.17


def test_a_table_rounds_and_names_its_largest_error(beside):
    assert beside.numbers([0.149, -0.06, 0.0], 1, 0.26) == "0.1, −0.1, 0.0 (± 0.3)"
    runs = [{"lengths": {str(k): {"evidence": {"bound": k}, "frechet": {"value": k / 8}} for k in beside.LENGTHS}}] * 2
    assert beside.series(runs).splitlines()[3] == "| 16 | 16.0, 16.0 | 2.0, 2.0 |"

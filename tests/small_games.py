"""Every game at toy size: what the contract, the golden losses and the twins are run on. A new game adds one entry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlib import engine, games, losses, networks
from ganlib.data import Categorical, Gaussian, Labels, Product, Uniform

REAL = torch.randn(256, 2, generator=torch.Generator().manual_seed(0)) * 0.5 + 1


def draw() -> Tensor:
    return REAL[torch.randint(len(REAL), (32,))]


def net(inputs: int, outputs: int) -> nn.Sequential:
    return networks.mlp(inputs, outputs, hidden=(16,), activation=lambda: nn.LeakyReLU(0.2))


@dataclass(frozen=True)
class Small:
    game: type[engine.Game]
    build: Callable[[], engine.Game]
    draw: Callable[[], object] = draw
    indifferent: tuple[str, ...] = ()  # parameters that no loss depends on


def plain(game: type[games.GAN], **options) -> Small:
    return Small(game, lambda: game(net(4, 2), net(2, 1), Gaussian(4)), **options)


CRITIC = {"indifferent": ("D.2.bias",)}  # a constant added to a critic cancels in the Wasserstein distance


def averaged(game: type[games.GAN]) -> engine.Game:
    G = net(4, 2)
    return game(G, net(2, 1), Gaussian(4), average=networks.EMA(G, 0.9))


def convolutional(game: type[games.GAN]) -> engine.Game:
    G, D = networks.dcgan_generator(4, 8, width=4), networks.dcgan_discriminator(8, width=4)
    return game(G, D, Gaussian(4))


def images() -> Tensor:
    return torch.rand(8, 1, 8, 8) * 2 - 1


def labelled() -> tuple[Tensor, Tensor]:
    x = draw()
    return x, (x[:, 0] > 1).long() + (x[:, 1] > 1)


def conditional(game: type[games.CGAN]) -> engine.Game:
    G, D = (networks.Conditioned(net(inputs + 3, outputs), networks.OneHot(3)) for inputs, outputs in ((4, 2), (2, 1)))
    return game(G, D, Gaussian(4), Labels(3))


def bidirectional(game: type[games.BiGAN]) -> engine.Game:
    return game(net(3, 2), networks.Conditioned(net(2 + 3, 1), nn.Identity()), net(2, 3), Gaussian(3))


def stacked() -> games.StackedGAN:
    """Three levels: points of the plane, five and four features, three labels."""
    widths, levels = (2, 5, 4), []
    for below, above in zip(widths, (5, 4, 3), strict=True):
        top = above == 3
        G = networks.Conditioned(net(2 + above, below), networks.OneHot(3) if top else nn.Identity())
        again = (cross_entropy,) if top else ()
        levels.append(games.Level(net(below, above), G, net(below, 1), net(below, 2), Gaussian(2), *again))
    return games.StackedGAN(levels, Labels(3))


def with_heads(game: type[games.ACGAN], answers: int) -> engine.Game:
    trunk = nn.Sequential(net(2, 8), nn.LeakyReLU(0.2))
    D = networks.Heads(trunk, nn.Linear(8, 1), *(nn.Linear(8, 3) for _ in range(answers - 1)))
    G = networks.Conditioned(net(4 + 3, 2), networks.OneHot(3))
    return game(G, D, Gaussian(4), Labels(3), weight=0.5)


def informed() -> engine.Game:
    code = Product(Categorical(3), Uniform(1))
    D = nn.Sequential(net(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    Q = networks.OnTrunk(D[:-1], net(16, code.outputs))
    return games.InfoGAN(net(4 + code.dim, 2), D, Q, Gaussian(4), code)


def few_labels() -> tuple[Tensor, Tensor, Tensor]:
    return (*labelled(), draw())


def semi_supervised() -> engine.Game:
    return games.SemiSupervisedGAN(net(4, 2), networks.NoisyClassifier(2, 3, (16, 16)), Gaussian(4))


NLL = partial(losses.gaussian_nll, std=0.5)

SMALL = {
    "GAN": plain(games.GAN),
    "DCGAN": Small(games.DCGAN, lambda: convolutional(games.DCGAN), images),
    "CGAN": Small(games.CGAN, lambda: conditional(games.CGAN), labelled),
    "BiGAN": Small(games.BiGAN, lambda: bidirectional(games.BiGAN)),
    "ACGAN": Small(games.ACGAN, lambda: with_heads(games.ACGAN, 2), labelled),
    "TACGAN": Small(games.TACGAN, lambda: with_heads(games.TACGAN, 3), labelled),
    "InfoGAN": Small(games.InfoGAN, informed),
    "LSGAN": plain(games.LSGAN),
    "WGAN": plain(games.WGAN, **CRITIC),
    "WGANGP": plain(games.WGANGP, **CRITIC),
    "SemiSupervisedGAN": Small(games.SemiSupervisedGAN, semi_supervised, few_labels),
    "StackedGAN": Small(games.StackedGAN, stacked, labelled),
    "Autoencoder": Small(games.Autoencoder, lambda: games.Autoencoder(net(2, 3), net(3, 2), NLL)),
    "VAE": Small(games.VAE, lambda: games.VAE(net(2, 6), net(3, 2), NLL, Gaussian(3))),
    "GAN with an average": Small(games.GAN, lambda: averaged(games.GAN)),
    "WGAN with an average": Small(games.WGAN, lambda: averaged(games.WGAN), **CRITIC),
    "GAN with batch norm": Small(games.GAN, lambda: convolutional(games.GAN), images),
}


def build(name: str, seed: int = 0) -> engine.Game:
    torch.manual_seed(seed)
    return SMALL[name].build()

"""Every game at toy size: what the contract, the golden losses and the twins are run on. A new game adds one entry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ganlib import engine, games, losses, networks
from ganlib.data import Gaussian

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


NLL = partial(losses.gaussian_nll, std=0.5)

SMALL = {
    "GAN": plain(games.GAN),
    "LSGAN": plain(games.LSGAN),
    "WGAN": plain(games.WGAN, **CRITIC),
    "WGANGP": plain(games.WGANGP, **CRITIC),
    "Autoencoder": Small(games.Autoencoder, lambda: games.Autoencoder(net(2, 3), net(3, 2), NLL)),
    "VAE": Small(games.VAE, lambda: games.VAE(net(2, 6), net(3, 2), NLL, Gaussian(3))),
    "GAN with an average": Small(games.GAN, lambda: averaged(games.GAN)),
    "WGAN with an average": Small(games.WGAN, lambda: averaged(games.WGAN), **CRITIC),
    "GAN with batch norm": Small(games.GAN, lambda: convolutional(games.GAN), images),
}


def build(name: str, seed: int = 0) -> engine.Game:
    torch.manual_seed(seed)
    return SMALL[name].build()

"""Ways to train the same networks on the same data: `fit`, a bare loop by hand, and the usual script.

Each way is a function from a setup, a device and options to what plays so many rounds, and goes on from there when
called again. A round is what the paper's Algorithm 1 has in its outer loop: that of WGAN-GP has five critic steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import torch
import usual_script
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganlib import data, engine, games, networks

BATCH, LATENT, IMAGES = 64, 100, 4096
Play = Callable[[int], None]


@dataclass(frozen=True)
class Setup:
    """One game on grey images."""

    networks: Callable[[], tuple[nn.Module, nn.Module]]
    side: int
    game: type[games.GAN]
    rate: float
    betas: tuple[float, float]
    usual: Callable[..., Play]
    moves: int = 1  # of D in a round


def dense() -> tuple[nn.Module, nn.Module]:
    """The multilayer pair of the usual script, for 28 x 28 pixels, without its batch norm."""
    leaky = partial(nn.LeakyReLU, 0.2)
    G = networks.mlp(LATENT, 784, (128, 256, 512, 1024), leaky, nn.Tanh).append(nn.Unflatten(1, (1, 28, 28)))
    return G, nn.Sequential(nn.Flatten(), *networks.mlp(784, 1, (512, 256), leaky))


def convolutional(width: int = 32, side: int = 32, norm: Any = nn.BatchNorm2d) -> tuple[nn.Module, nn.Module]:
    return (
        networks.dcgan_generator(LATENT, side, width=width),
        networks.dcgan_discriminator(side, width=width, norm=norm),
    )


ADAM = (2e-4, (0.5, 0.999))
SETUPS = {
    "MLP GAN": Setup(dense, 28, games.GAN, *ADAM, usual_script.prepare),
    "DCGAN": Setup(convolutional, 32, games.DCGAN, *ADAM, usual_script.prepare),
    "WGAN-GP": Setup(
        partial(convolutional, norm=None), 32, games.WGANGP, 1e-4, (0.0, 0.9), usual_script.prepare_wgan_gp, moves=5
    ),
}


def pictures(side: int) -> Tensor:
    """Smooth grey images as bytes, (N, side, side): as dear to load as photographs, with nothing to download."""
    coarse = torch.rand(IMAGES, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    smooth = nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return (255 * smooth[:, 0]).to(torch.uint8)


def resident(side: int, device: torch.device) -> Callable[[int], Tensor]:
    """The same images as a source on the device, pixels in [-1, 1]."""
    return data.Images(pictures(side)[:, None].float() / 127.5 - 1).to(device)


def by_fit(setup: Setup, device: torch.device, batch: int = BATCH, **options: Any) -> Play:
    engine.seed(0)
    make = engine.adam(setup.rate, setup.betas)
    game = setup.game(*setup.networks(), data.Gaussian(LATENT), optimizers={"D": make, "G": make}).to(device)
    draw = partial(resident(setup.side, device), batch)
    engine.seed(1)

    def play(rounds: int) -> None:
        with mock.patch("ganlib.engine.loop.faster_in_bfloat16", return_value=True):  # it is measured here
            engine.fit(game, draw, rounds, every=rounds, progress=False, **options)

    return play


def by_hand(setup: Setup, device: torch.device, batch: int = BATCH, captured: bool = False) -> Play:
    """The same game, as fast as a loop over it can be: no gradient that nobody needs, nothing looked at.

    On a GPU it may be one CUDA graph, as PyTorch's manual has it.
    """
    engine.seed(0)
    G, D = (network.to(device) for network in setup.networks())
    for weight in [*G.parameters(), *D.parameters()]:
        if weight.dim() == 4:
            weight.data = torch.empty_like(weight.data, memory_format=torch.channels_last).copy_(weight.data)
    prior, draw = data.Gaussian(LATENT).to(device), partial(resident(setup.side, device), batch)
    theta = {"D": list(D.parameters()), "G": list(G.parameters())}
    adam = partial(torch.optim.Adam, lr=setup.rate, betas=setup.betas, fused=True, capturable=captured)
    optimizers = {name: adam(parameters) for name, parameters in theta.items()}

    def d_loss() -> Tensor:
        real, fake = draw(), G(prior(batch)).detach()
        if setup.game is not games.WGANGP:
            return softplus(-D(real)).mean() + softplus(D(fake)).mean()
        loss = D(fake).mean() - D(real).mean()
        share = torch.rand(batch, 1, 1, 1, device=device)
        between = torch.lerp(real, fake, share).requires_grad_()
        (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        return loss + 10 * ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def g_loss() -> Tensor:
        draw()  # the game's G looks at no real image, but is dealt a batch
        scores = D(G(prior(batch)))
        return -scores.mean() if setup.game is games.WGANGP else softplus(-scores).mean()

    def play(rounds: int) -> None:
        for _ in range(rounds):
            for name, loss in [("D", d_loss)] * setup.moves + [("G", g_loss)]:
                value = loss()
                optimizers[name].zero_grad()
                value.backward(inputs=theta[name])
                optimizers[name].step()

    engine.seed(1)
    return _captured(play) if captured else play


def _captured(play: Play) -> Play:
    """A round of a bare loop as one CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        play(3)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        play(1)

    def again(rounds: int) -> None:
        for _ in range(rounds):
            graph.replay()

    return again


def by_usual_script(setup: Setup, device: torch.device, batch: int = BATCH) -> Play:
    engine.seed(0)
    G, D = (network.to(device) for network in setup.networks())
    return setup.usual(G, D, LATENT, pictures(setup.side), setup.side, batch, device)

"""What the ranks of test_distributed.py run: `python two_ranks.py steps FOLDER`, or `run FOLDER` under torchrun."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import torch
from small_games import SMALL, Small, draw, images, net
from torch import Tensor, nn

from ganlib import engine, games, networks
from ganlib.data import Categorical, Gaussian
from ganlib.engine import distributed

ROUNDS = 2  # of a comparison: momentum, averages and the statistics of normalisations have a past in the second


class NearOthers(nn.Module):
    """Minibatch discrimination in its smallest form: beside each example, how near the others of the batch are."""

    def __init__(self, look: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.look = look

    def forward(self, x: Tensor) -> Tensor:
        near = (-torch.cdist(x, self.look(x), p=1)).exp().sum(1, keepdim=True)
        return torch.cat([x, near], dim=1)


class Matching(engine.Game):
    """One player, whose fakes are to match the data in a kernel's mean: Li et al. 2015, Dziugaite et al. 2015."""

    turns = ("G",)
    optimizers = {"G": engine.adam(1e-2)}

    def __init__(self, look: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.G, self.prior, self.look = net(4, 2), Gaussian(4), look
        self.seat("G", self.g_loss, self.G)

    def g_loss(self, real: Tensor) -> Tensor:
        x, y = self.look(real), self.look(self.G(self.prior(len(real))))
        return kernel(x, x) - 2 * kernel(x, y) + kernel(y, y)


def kernel(x: Tensor, y: Tensor) -> Tensor:
    return (-(x[:, None] - y[None]).square().sum(2)).exp().mean()


class Summed(games.GAN):
    def g_loss(self, real: Tensor) -> Tensor:
        return super().g_loss(real) * len(real)


class Shuffled(games.GAN):
    def d_loss(self, real: Tensor) -> Tensor:
        return super().d_loss((real + real[torch.randperm(len(real))]) / 2)


class Noisy(games.GAN):
    """Noise drawn once for all, noise drawn in place, noise for several batches at once, and dropout."""

    def d_loss(self, real: Tensor) -> Tensor:
        both = torch.cat([real, self.fake(len(real)).detach()])
        both = both + torch.rand(()) * torch.empty_like(both).normal_()
        return self.objective.d(*self.D(nn.functional.dropout(both, 0.3)).chunk(2))


class Stubborn(nn.BatchNorm1d):
    """A normalisation that computes by itself."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - x.mean(0)) / (x.var(0) + self.eps).sqrt()


def normed(inputs: int, outputs: int, norm: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 16), norm, nn.LeakyReLU(0.2), nn.Linear(16, outputs))


def normed_gan(game: type[games.GAN], make: Callable[[], nn.Module], **options) -> Small:
    return Small(game, lambda: game(normed(4, 2, make()), normed(2, 1, make()), Gaussian(4), **options))


def near(look: Callable[[Tensor], Tensor]) -> Small:
    return Small(games.GAN, lambda: games.GAN(net(4, 2), nn.Sequential(NearOthers(look), net(3, 1)), Gaussian(4)))


def on_trunk() -> engine.Game:
    code = Categorical(3)
    D = nn.Sequential(*normed(2, 16, nn.BatchNorm1d(16)), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return games.InfoGAN(net(7, 2), D, networks.OnTrunk(D[:-1], net(16, code.outputs)), Gaussian(4), code)


def everything() -> engine.Game:
    """Batch normalisation, an average, and rates that fall."""
    G = normed(4, 2, nn.BatchNorm1d(16))
    step = engine.cosine(engine.adam(1e-2), 40)
    return games.GAN(G, net(2, 1), Gaussian(4), optimizers={"D": step, "G": step}, average=networks.EMA(G, 0.9))


def convolutional() -> engine.Game:
    G, D = networks.dcgan_generator(4, 8, width=4), networks.dcgan_discriminator(8, width=4, norm=nn.BatchNorm2d)
    return games.WGANGP(G, D, Gaussian(4))


ALIKE = SMALL | {
    "everything": Small(games.GAN, everything),
    "cumulative batch norm": normed_gan(games.GAN, lambda: nn.BatchNorm1d(16, momentum=None, affine=False)),
    "batch norm without a memory": normed_gan(games.GAN, lambda: nn.BatchNorm1d(16, track_running_stats=False)),
    "a penalty through batch norm": Small(games.WGANGP, convolutional, images),
    "batch norm in a shared trunk": Small(games.InfoGAN, on_trunk),
    "minibatch discrimination": near(engine.gather),
    "kernel MMD": Small(Matching, lambda: Matching(engine.gather)),
    "noise of all kinds": Small(Noisy, lambda: Noisy(net(4, 2), net(2, 1), Gaussian(4))),
}
REFUSED = {
    "minibatch discrimination that does not gather": near(lambda x: x),
    "kernel MMD that does not gather": Small(Matching, lambda: Matching(lambda x: x)),
    "a normalisation with a forward of its own": normed_gan(games.GAN, lambda: Stubborn(16)),
    "a shuffled batch": Small(Shuffled, lambda: Shuffled(net(4, 2), net(2, 1), Gaussian(4))),
    "a sum": Small(Summed, lambda: Summed(net(4, 2), net(2, 1), Gaussian(4))),
}


@contextmanager
def injected(rank: int, size: int, rows: int) -> Iterator[None]:
    """Draw, of noise for the joint batch, the rows of one rank; of several batches in a row, its rows of each."""
    generator = torch.Generator().manual_seed(5)
    empty_like, rand, randn, randint = torch.empty_like, torch.rand, torch.randn, torch.randint

    def mine(draw: Callable[[tuple[int, ...]], Tensor], *shape: int) -> Tensor:
        if not shape:
            return draw(())
        n, *rest = shape
        return draw((n * size, *rest)).view(n // rows, size, rows, *rest)[:, rank].reshape(shape)

    def normal(*shape: int, dtype: torch.dtype | None = None, device: object = None) -> Tensor:
        return mine(lambda whole: randn(whole, generator=generator, dtype=dtype), *shape)

    def uniform(*shape: int, dtype: torch.dtype | None = None, device: object = None) -> Tensor:
        shape = shape[0] if shape and isinstance(shape[0], tuple) else shape
        return mine(lambda whole: rand(whole, generator=generator, dtype=dtype), *shape)

    def integers(high: int, shape: tuple[int, ...], device: object = None) -> Tensor:
        return mine(lambda whole: randint(high, whole, generator=generator), *shape)

    def dropout(x: Tensor, p: float, *_: object) -> Tensor:
        return x * uniform(*x.shape).gt(p) / (1 - p)

    class Fillable:
        """What `empty_like` returns, for the one thing that is done with it here."""

        def __init__(self, x: Tensor) -> None:
            self.x = x

        def normal_(self) -> Tensor:
            return normal(*self.x.shape, dtype=self.x.dtype)

    with (
        patch("torch.randn", normal),
        patch("torch.rand", uniform),
        patch("torch.randint", integers),
        patch("torch.randn_like", lambda x: normal(*x.shape, dtype=x.dtype)),
        patch("torch.nn.functional.dropout", dropout),
        patch("torch.empty_like", lambda x, **options: empty_like(x, **options) if options else Fillable(x)),
    ):
        yield


def first_rounds(name: str, exact: bool, ranks: engine.Ranks) -> dict[str, Tensor]:
    """Where a game is after two rounds with noise and data that depend on nothing but the joint batch, and its losses.

    Parameters
    ----------
    exact : bool. In float64 with the game's own optimizers; else in float32 with gradient descent.
    """
    small = (ALIKE | REFUSED)[name]
    torch.manual_seed(0)
    game = small.build()
    real = small.draw()
    if exact:
        game.double()
        real = precise(real) if isinstance(real, Tensor) else tuple(precise(part) for part in real)
    else:
        for player in game.players.values():
            player.optimizer = torch.optim.SGD(player.parameters, lr=0.05)
    rows = len(real if isinstance(real, Tensor) else real[0]) // ranks.size
    found = {}
    with ranks.playing(game, lambda: real) as share, injected(ranks.rank, ranks.size, rows):
        for i in range(ROUNDS):
            found |= {f"loss of {player} {i}": loss for player, loss in ranks.mean(game.round(share)).items()}
    return found | game.state_dict()


def precise(x: Tensor) -> Tensor:
    return x.double() if x.is_floating_point() else x


def long_run(ranks: engine.Ranks, folder: Path, watch: Callable[[Tensor], None]) -> tuple[engine.Game, engine.History]:
    """A run of 20 rounds that any rank may leave and come back to."""
    engine.seed(3)
    game = everything()
    game.prior.register_forward_hook(lambda prior, given, z: watch(z))
    if ranks.rank:
        nn.init.zeros_(game.G[0].weight)  # what a rank begins with does not matter
    history = engine.fit(
        game, draw, 20, every=5, checkpoint=folder, save_rounds=4, save_seconds=None, progress=False,
        metrics={"spread": lambda game: game.sample(64, seed=0).std().item()},
    )  # fmt: skip
    return game, history


def refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return "none"


def stopped(ranks: engine.Ranks, folder: Path) -> tuple[str, int]:
    """Only rank 1 is asked to stop, in round 3."""
    draws = iter(range(20))

    def asked() -> Tensor:
        if ranks.rank and next(draws) == 1 + 2 * 2:  # one is for comparing gradients, and a round draws twice
            signal.raise_signal(signal.SIGTERM)
        return draw()

    try:
        engine.fit(SMALL["GAN"].build(), asked, 9, checkpoint=folder, progress=False)
    except engine.Stopped as error:
        return str(error), int(error.signal)
    return "not at all", 0


def steps(out: Path) -> None:
    found: dict[str, object] = {}
    with engine.joined("cpu") as ranks:
        for name in ALIKE:
            found[name] = {exact: first_rounds(name, exact, ranks) for exact in (False, True)}
        for name in REFUSED:
            found[name] = refusal(lambda name=name: first_rounds(name, False, ranks))

        noise: list[Tensor] = []
        game, history = long_run(ranks, out / f"run_of_rank_{ranks.rank}", lambda z: noise.append(z.clone()))
        found |= {"noise": noise, "run": game.state_dict(), "history": vars(history)}

        small = SMALL["GAN"]
        found["odd"] = refusal(lambda: engine.fit(small.build(), lambda: small.draw()[:7], 1, progress=False))
        broken = out / "broken"
        if ranks.first:
            (broken / "step_1").mkdir(parents=True)
        found["broken"] = refusal(lambda: engine.fit(small.build(), draw, 2, checkpoint=broken, progress=False))
        found["told"] = ranks.from_first(lambda: ranks.rank)
        found["stopped"] = stopped(ranks, out / "stopped")
        if ranks.first:
            found["lost"] = refusal(lambda: [ranks.mean({"D": torch.zeros(())}) for _ in range(2)])
        else:
            ranks.mean({"D": torch.zeros(())})
    torch.save(found, out / f"found_{ranks.rank}.pt")


def run(out: Path) -> None:
    """Rank 1 is killed in round 11, once."""
    killed, drawn = out / "killed", list[Tensor]()

    def watch(z: Tensor) -> None:
        drawn.append(z)
        if os.environ["RANK"] == "1" and len(drawn) == 26 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    with engine.joined("cpu") as ranks:
        game, history = long_run(ranks, out / "run", watch)
    if ranks.first:
        end = {"run": game.state_dict(), "history": vars(history), "drawn": len(drawn)}
        torch.save(end, out / "end.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"steps": steps, "run": run}[sys.argv[1]](Path(sys.argv[2]))
    assert not distributed.present().together

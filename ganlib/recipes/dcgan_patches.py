"""DCGAN at its own size: 100 uniform numbers to 64 x 64 colour pictures, from photographs or a reader's own folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.engine.device import seeded
from ganlib.recipes._size import Size, is_full

SMALL, FULL = Size(rounds=2000, batch=32, width=12), Size(rounds=20_000, batch=128, width=32)
RATES = {False: 4e-4, True: 2e-4}  # of Adam; the paper's is the second, too slow for a run of minutes
SIDE, SAMPLES = 64, 2000
Source = Callable[[int], Tensor]


def build_dcgan_patches(full: bool = False, rounds: int | None = None) -> games.DCGAN:
    """The game of `dcgan_patches`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    DCGAN
        From 100 uniform numbers to images of shape (3, 64, 64) with pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    G = networks.dcgan_generator(100, SIDE, channels=3, width=size.width)
    D = networks.dcgan_discriminator(SIDE, channels=3, width=size.width)
    step = cosine(adam(RATES[full], (0.5, 0.99)), rounds or size.rounds)
    average = networks.EMA(G, 0.998)
    return games.DCGAN(G, D, data.Uniform(100), optimizers={"D": step, "G": step}, average=average)


def dcgan_patches(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    *,
    source: Source | None = None,
    folder: str | Path | None = None,
    **fit_options: Any,
) -> tuple[games.DCGAN, engine.History]:
    """DCGAN on random 64 x 64 patches of scikit-image's photographs, on a folder of pictures, or on a source.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds : int, optional
        One move of D and one of G in each; the size's own number if left out.
    full : bool, optional
        The paper's batch and rate with 32 channels, a quarter of its width; what two CPU cores do otherwise. Full on a
        GPU, if left out.
    batch : int, optional
        Pictures in a batch, fresh for every move; the size's own number if left out.
    device : str, optional
        Where to train; the best device here if left out.
    source : callable, optional
        ``source(n)`` draws images of shape (n, 3, 64, 64), pixels in [-1, 1]; a module moves to the device. Such as
        ``data.Patches(data.folder("holiday", (480, 640)).x, 64)`` for patches of your own photographs.
    folder : path, optional
        Of your own pictures, each cut to a square around its middle and shrunk to 64 x 64: faces, album covers,
        stamps. See `data.folder`.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of DCGAN and History
        Score the game with `score_dcgan_patches`.

    Raises
    ------
    ValueError
        If both a source and a folder are given, or the folder holds no pictures.
    FileNotFoundError
        If there is no such folder.

    Notes
    -----
    Source: Radford et al. 2015, arXiv:1511.06434, section 4 and figure 1, for the networks: 100 uniform numbers, four
    strided layers each way. The paper's G begins with 1024 maps and trains on millions of pictures; this one begins
    with 96 (full: 256) and has four photographs of 96 x 144. Learning rates that fall to zero and the averaged
    generator are ours.

    The small size has batches of 32, a rate of 0.0004 and 2000 rounds: some 260 s of one CPU core.
    """
    if source is not None and folder is not None:
        raise ValueError("dcgan_patches takes its pictures from a source or from a folder: give one of the two.")
    full = is_full(full, device)
    size, where = FULL if full else SMALL, engine.device(device)
    rounds = rounds or size.rounds
    if source is None:
        source = photograph_patches() if folder is None else data.folder(folder, SIDE)
    engine.seed(seed)
    game = build_dcgan_patches(full, rounds).to(where)
    target = source.to(where) if isinstance(source, torch.nn.Module) else source
    return game, engine.fit(game, partial(target, batch or size.batch), rounds, **fit_options)


def photograph_patches() -> data.Patches:
    """What `dcgan_patches` trains on unless told otherwise.

    Returns
    -------
    Patches. Of 64 x 64 pixels, from four photographs of 96 x 144.
    """
    return data.Patches(data.photographs((3 * SIDE // 2, 9 * SIDE // 4)).x, SIDE)


def score_dcgan_patches(game: games.DCGAN, source: Source | None = None) -> dict[str, float]:
    """Coarse colours, fine detail, and variety, each beside that of real pictures.

    Parameters
    ----------
    game : DCGAN. From `dcgan_patches`.
    source : callable, optional. Where the game's pictures came from; the photographs if left out.

    Returns
    -------
    dict. Of 2000 samples and 2000 real pictures, always the same. `coarse`: squared Fréchet distance of the 8 x 8 x 3
        means of blocks, over the real pictures' total variance there; 0.010 for other patches of the
        photographs. `spread`: mean distance between two samples, over that between two real pictures; a collapsed
        generator has 0. `roughness`: mean square of a pixel's difference from its four neighbours, over the real one;
        1 is right.
    """
    with seeded(0, torch.device("cpu")):
        real = (source or photograph_patches())(SAMPLES).cpu()
    fake = game.sample(SAMPLES, seed=0).cpu()
    blocks = [avg_pool2d(x, SIDE // 8).flatten(1).double() for x in (real, fake)]
    distance = metrics.frechet_distance(*map(metrics.moments, blocks))
    return {
        "coarse": distance / blocks[0].var(dim=0).sum().item(),
        "spread": _apart(fake) / _apart(real),
        "roughness": _roughness(fake) / _roughness(real),
    }


def _apart(x: Tensor) -> float:
    """Mean distance between neighbours in a random order."""
    return (x[1:] - x[:-1]).flatten(1).norm(dim=1).mean().item()


def _roughness(x: Tensor) -> float:
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return (4 * x[..., 1:-1, 1:-1] - around).square().mean().item()

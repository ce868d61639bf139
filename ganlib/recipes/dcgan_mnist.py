"""DCGAN on MNIST, scored by a judge, and by what a linear classifier makes of its discriminator's features."""

import copy
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d

from ganlib import data, engine, games, metrics, networks
from ganlib.engine import adam, cosine
from ganlib.engine.device import seeded
from ganlib.recipes._judged import Judge, distance, named
from ganlib.recipes._size import Size, is_full

SMALL, FULL = Size(rounds=2000, batch=32, width=24), Size(rounds=12_000, batch=128, width=64)
RATES = {False: 1e-3, True: 2e-4}  # of Adam; the paper's is the second, too slow for a run of minutes
LABELS = 1000  # labelled images for the features: as many as in the paper's experiment on house numbers
PENALTIES = (1e-4, 1e-3, 1e-2)  # strengths of the classifier's errors; the best on other images is taken


def build_dcgan_mnist(full: bool = False, rounds: int | None = None) -> games.DCGAN:
    """The game of `dcgan_mnist`, untrained.

    Parameters
    ----------
    full : bool. At full size.
    rounds : int, optional. Length of the run, over which both learning rates fall to zero; the size's own if left out.

    Returns
    -------
    DCGAN
        From 100 uniform numbers to images of shape (1, 28, 28) with pixels in [-1, 1].
    """
    size = FULL if full else SMALL
    G = networks.dcgan_generator(100, 28, width=size.width)
    D = networks.dcgan_discriminator(28, width=size.width)
    step = cosine(adam(RATES[full], (0.5, 0.999)), rounds or size.rounds)
    average = networks.EMA(G, 0.99)
    return games.DCGAN(G, D, data.Uniform(100), optimizers={"D": step, "G": step}, average=average)


def dcgan_mnist(
    seed: int = 0,
    rounds: int | None = None,
    full: bool | None = None,
    batch: int | None = None,
    device: str | None = None,
    **fit_options: Any,
) -> tuple[games.DCGAN, engine.History]:
    """DCGAN on the 60,000 training images of MNIST, 28 x 28, without their labels.

    Parameters
    ----------
    seed : int
        Of networks, noise and batches.
    rounds : int, optional
        One move of D and one of G in each; the size's own number if left out.
    full : bool, optional
        The paper's batch and rate and its width of 64 channels; what two CPU cores do otherwise. Full on a GPU, if left
        out.
    batch : int, optional
        Pictures in a batch, fresh for every move; the size's own number if left out.
    device : str, optional
        Where to train; the best device here if left out.
    **fit_options
        For `engine.fit`, such as ``metrics``, ``every`` or ``checkpoint``.

    Returns
    -------
    tuple of DCGAN and History
        Score the game with `score_dcgan_mnist`.

    Notes
    -----
    Source: Radford et al. 2015, arXiv:1511.06434, section 4: batches of 128, weights from N(0, 0.02), slope 0.2, Adam
    at 0.0002 with a momentum of 0.5. Ours: learning rates that fall to zero, an averaged generator, and networks for 28
    pixels with two strided layers each where the paper's 64 pixels take four.

    The small size has batches of 32, 24 channels, a rate of 0.001 and 2000 rounds, or 1.1 epochs: at most 120 s of one
    CPU core.
    """
    full = is_full(full, device)
    size, where = FULL if full else SMALL, engine.device(device)
    rounds = rounds or size.rounds
    engine.seed(seed)
    game = build_dcgan_mnist(full, rounds).to(where)
    target = data.load("mnist").to(where)
    return game, engine.fit(game, partial(target, batch or size.batch), rounds, **fit_options)


def score_dcgan_mnist(game: games.DCGAN, judge: Judge) -> dict[str, float]:
    """How near the samples are to real digits, and whether every digit is there.

    Parameters
    ----------
    game : DCGAN. From `dcgan_mnist`.
    judge : Judge. Of MNIST, from the zoo.

    Returns
    -------
    dict. Of 10,000 samples, always from the same seed. `distance`: squared Fréchet distance from the real test images,
        in the judge's features. `histogram_kl`: divergence of the shares of the ten digits, as the judge names them,
        from equal shares, in nats. `rarest`: the smallest of these shares; a tenth at best.
    """
    x = game.sample(10_000, seed=0)
    shares = named(judge, x).bincount(minlength=10).double() / len(x)
    return {
        "distance": distance(judge, x),
        "histogram_kl": torch.xlogy(shares, 10 * shares).sum().item(),
        "rarest": shares.min().item(),
    }


def measure_dcgan_mnist(game: games.DCGAN, judge: Judge) -> dict[str, float]:
    """What a linear classifier reads, of 1000 labelled images, in the features that D has learned without labels.

    Parameters
    ----------
    game : DCGAN. From `dcgan_mnist`.
    judge : Judge. Not asked.

    Returns
    -------
    dict. Accuracies on the 10,000 test images. `D_features`: from `pooled_features` of the trained discriminator.
        `random_features`: from those of one with its first weights. `raw_pixels`: from the pixels themselves.

    Source: Radford et al. 2015, arXiv:1511.06434, section 5.1, for the protocol.
    """
    seen, test = data.load("mnist", labels=True), data.load("mnist", "test", labels=True)
    untrained = untrained_twin(game.D, seen.x[:LABELS])
    kinds = {
        "D_features": partial(pooled_features, game.D),
        "random_features": partial(pooled_features, untrained),
        "raw_pixels": partial(torch.flatten, start_dim=1),
    }
    return {name: linear_accuracy(seen, test, features) for name, features in kinds.items()}


def untrained_twin(D: nn.Module, x: Tensor) -> nn.Module:
    """A discriminator of the same build with fresh first weights, in evaluation mode.

    Parameters
    ----------
    D : nn.Module. It is not changed.
    x : Tensor, shape (n, C, size, size). What its normalisations take their means and variances from; those of a
        network that has seen nothing are 0 and 1.

    Returns
    -------
    nn.Module. On the device of `D`; its weights are always the same, and the global generators stay as they were.
    """
    twin = copy.deepcopy(D).train()
    for part in twin.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_running_stats()
            part.momentum = None  # one pass, and the averages are those of this pass
    with seeded(0, x.device), torch.no_grad():
        networks.normal_init(twin)
        twin(x.to(next(twin.parameters()).device))
    return twin.eval()


def pooled_features(D: nn.Module, x: Tensor) -> Tensor:
    """The maps of every convolutional layer of a discriminator, each shrunk to 4 x 4 by the largest value in each part.

    Parameters
    ----------
    D : nn.Sequential. From `networks.dcgan_discriminator`; in evaluation mode afterwards.
    x : Tensor, shape (n, C, size, size). Pixels in [-1, 1].

    Returns
    -------
    Tensor, shape (n, 16 x channels of all layers). Without gradients.

    Source: Radford et al. 2015, arXiv:1511.06434, section 5.1.
    """
    D.eval()
    found = []
    with torch.no_grad():
        for layer in D.children():
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU) and x.dim() == 4:
                found.append(adaptive_max_pool2d(x, 4).flatten(1))
    return torch.cat(found, dim=1)


def linear_accuracy(seen: data.Images, test: data.Images, features: metrics.Features, labels: int = LABELS) -> float:
    """How well a linear L2-SVM on features of a few labelled images names the test images.

    Parameters
    ----------
    seen, test : Images. With labels. The first images of `seen` are learned from; as many more choose the strength.
    features : callable, (b, *S) -> (b, d). Such as `pooled_features`.
    labels : int. How many labelled images to learn from.

    Returns
    -------
    float. Share of the test images that are named rightly.
    """
    # Imported here: scikit-learn takes longer to load than all the rest of this package.
    from sklearn.svm import LinearSVC

    x = [metrics.extract(part, features).cpu() for part in (seen.x[: 2 * labels], test.x)]
    x = [(part - x[0].mean(dim=0)) / x[0].std(dim=0).clamp(min=1e-6) for part in x]
    y = seen.y[: 2 * labels].cpu()  # type: ignore[index]
    fitted = [LinearSVC(C=strength, random_state=0).fit(x[0][:labels], y[:labels]) for strength in PENALTIES]
    best = max(fitted, key=lambda model: model.score(x[0][labels:], y[labels:]))
    return float(best.score(x[1], test.y.cpu()))  # type: ignore[union-attr]

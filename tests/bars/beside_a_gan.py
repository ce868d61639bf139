"""The score of chapter 15: an autoencoder, two VAEs and a GAN on the digits, each asked what it can be asked.

python tests/bars/beside_a_gan.py          # the chapter's two tables, from the recorded seeds
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from ganlib import data, engine, games, metrics, recipes, zoo

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
tricks = importlib.import_module("tricks")
CHAPTER = HERE.parent.parent / "chapters" / "2_architectures" / "15_autoencoder_to_vae.py"
ROUNDS = 2000
LENGTHS = (32, 16, 8, 4, 2)
SERIES_ROUNDS = 1000
Numbers = dict[str, Any]


@cache
def chapter() -> ModuleType:
    """The chapter's own autoencoder, and its two measures that the library does not have."""
    module: ModuleType = tricks.as_module(CHAPTER, ("autoencoder", "apart", "roughness"))
    return module


def source() -> tuple[Any, ...]:
    """The code that decides what comes out."""
    vae = (recipes.build_vae_digits, recipes.vae_digits, recipes.score_vae_digits, games.autoencoder, games.vae)
    return chapter(), play, timed, far, of_density, of_samples, *vae, recipes.build_digits, recipes.digits


def timed(train: Callable[[], Any]) -> tuple[Any, float]:
    """What a training returns, and its seconds of one core."""
    clock = time.process_time()
    return train(), round(time.process_time() - clock, 2)


def far(samples: Tensor) -> Numbers:
    """The Fréchet distance of 1077 samples from the 450 test pictures, to the judge of the zoo."""
    judge = zoo.judge("digits")
    report = metrics.frechet(data.digits("test").x, samples[: recipes.TRAIN], judge.features)
    return {"value": report.value, "low": report.low, "high": report.high, "floor": report.floor}


def of_density(game: games.Autoencoder) -> Numbers:
    """What is asked about real pictures: bound and reconstruction."""
    test, asked = data.digits("test").x, {}
    with torch.no_grad(), game.evaluating():
        asked["rebuilt"] = chapter().apart(test, game.reconstruct(test))
    if isinstance(game, games.VAE):
        asked["evidence"] = recipes.score_vae_digits(game)._asdict()
    return asked


def of_samples(samples: Tensor) -> Numbers:
    """What is asked about samples."""
    train, rest, test = data.digits().x[: recipes.TRAIN], data.digits().x[recipes.TRAIN :], data.digits("test").x
    features = zoo.judge("digits").features
    inside = metrics.precision_recall(test, samples[:450], features, k=3)
    around = metrics.density_coverage(test, samples[:450], features, k=5)
    windows = metrics.parzen(*map(data.to_unit, (samples, rest, test)))
    seen = metrics.extract(samples[:450], features)
    intervals = (inside.precision_interval, inside.recall_interval, around.coverage_interval)
    return {
        "roughness": chapter().roughness(samples) / chapter().roughness(train),
        "frechet": far(samples),
        "precision": inside.precision,
        "recall": inside.recall,
        "coverage": around.coverage,
        "reach": torch.cdist(seen, seen).kthvalue(4, dim=1).values.mean().item(),  # of a ball: the third neighbour
        "intervals": [[interval.low, interval.high] for interval in intervals],
        "parzen": windows.nats,
        "parzen_error": windows.standard_error,
    }


def play(seed: int) -> Numbers:
    """Train everything with one seed, and ask."""
    quiet = {"device": "cpu", "progress": False}
    train = data.digits().x[: recipes.TRAIN]
    rebuilder = chapter().autoencoder(seed, rounds=ROUNDS)
    _, seconds = timed(lambda: engine.fit(rebuilder, partial(data.Images(train), 128), ROUNDS, progress=False))
    engine.seed(0)
    with torch.no_grad(), rebuilder.evaluating():
        decoded = rebuilder.G(torch.randn(10_000, 16))
    found = {"autoencoder": {"training": seconds, **of_density(rebuilder), **of_samples(decoded)}}
    for code in (16, 4):
        (vae, _), seconds = timed(partial(recipes.vae_digits, seed, rounds=ROUNDS, code=code, **quiet))
        samples = vae.sample(10_000, seed=0)
        found[f"vae_{code}"] = {"training": seconds, **of_density(vae), **of_samples(samples)}
    (gan, _), seconds = timed(partial(recipes.digits, seed, rounds=ROUNDS, **quiet))
    found["gan"] = {"training": seconds, **of_samples(gan.sample(10_000, seed=0))}
    found["real"] = of_samples(train)
    found["lengths"] = {}
    for code in LENGTHS:
        vae, _ = recipes.vae_digits(seed, rounds=SERIES_ROUNDS, code=code, **quiet)
        evidence, distance = recipes.score_vae_digits(vae)._asdict(), far(vae.sample(recipes.TRAIN, seed=0))
        found["lengths"][str(code)] = {"evidence": evidence, "frechet": distance}
    return found


# --------------------------------------------------------------------------------- what the chapter says of it


def every(holds: Callable[[Numbers], bool]) -> Callable[[list[Numbers]], bool]:
    return lambda runs: all(holds(run) for run in runs)


def distance(of: Numbers) -> float:
    return float(of["frechet"]["value"])


def bound(of: Numbers) -> float:
    return float(of["evidence"]["bound"])


CLAIMS: dict[str, Callable[[list[Numbers]], bool]] = {
    "four codes: at least 15 nats less than sixteen, and half the distance": every(
        lambda run: (
            bound(run["vae_4"]) < bound(run["vae_16"]) - 15 and distance(run["vae_4"]) < 0.6 * distance(run["vae_16"])
        )
    ),
    "the autoencoder: last in five rows, with the largest balls, and yet a recall above .6": every(
        lambda run: (
            all(
                distance(run["autoencoder"]) > distance(run[name]) + 2
                and all(run["autoencoder"][key] < run[name][key] - 0.2 for key in ("precision", "coverage"))
                and run["autoencoder"]["parzen"] < run[name]["parzen"] - 20
                and abs(run["autoencoder"]["roughness"] - 1) > abs(run[name]["roughness"] - 1) + 0.2
                and run["autoencoder"]["reach"] > 1.05 * run[name]["reach"]
                for name in ("vae_16", "vae_4", "gan", "real")
            )
            and run["autoencoder"]["recall"] > 0.6
        )
    ),
    "the GAN: nearest, and within 5 % of the roughness of digits": every(
        lambda run: (
            distance(run["gan"]) < 0.6 * min(distance(run[name]) for name in ("vae_16", "vae_4"))
            and abs(run["gan"]["roughness"] - 1) < 0.05
            and max(run["vae_16"]["roughness"], run["vae_4"]["roughness"]) < 0.75
        )
    ),
    "precision and coverage of four codes and of the GAN: within .1": every(
        lambda run: all(abs(run["vae_4"][key] - run["gan"][key]) < 0.1 for key in ("precision", "coverage"))
    ),
    "no VAE has a larger recall than the GAN": every(
        lambda run: max(run["vae_16"]["recall"], run["vae_4"]["recall"]) < run["gan"]["recall"]
    ),
    "Parzen windows put four codes before real digits": every(
        lambda run: run["vae_4"]["parzen"] > run["real"]["parzen"] + 2
    ),
    "the bound is highest with 16 codes, the distance smallest with 4": every(
        lambda run: (
            max(LENGTHS, key=lambda code: bound(run["lengths"][str(code)])) == 16
            and min(LENGTHS, key=lambda code: distance(run["lengths"][str(code)])) == 4
        )
    ),
}


# ------------------------------------------------------------------------------------------ the chapter's tables


def numbers(values: list[float], places: int = 1, error: float | None = None) -> str:
    """One number a seed, and the largest of their errors."""
    cell = ", ".join(f"{value:.{places}f}".replace("-", "−") for value in values)
    return cell if error is None else f"{cell} (± {error:.1f})"


def half(frechet: Numbers) -> float:
    return float(frechet["high"] - frechet["low"]) / 2


def cells(runs: list[Numbers], name: str) -> list[str]:
    """The column of one model."""
    of = [run[name] for run in runs]
    if name == "real":
        of = of[:1]  # the same for every seed
    some = of[0]
    evidence, rebuilt, seconds = {"gan": ("cannot say", "cannot", ""), "real": ("nobody knows", "", "")}.get(
        name, ("cannot say", "", "")
    )
    if "evidence" in some:
        evidence = "at least " + numbers([bound(one) for one in of], 1, max(o["evidence"]["bound_error"] for o in of))
    if "rebuilt" in some:
        rebuilt = numbers([one["rebuilt"] for one in of], 2)
    if "training" in some:
        seconds = f"{sorted(one['training'] for one in of)[len(of) // 2]:.0f}"
    shares = [numbers([one[key] for one in of], 2) for key in ("precision", "recall", "coverage")]
    return [
        evidence,
        rebuilt,
        "1" if name == "real" else numbers([one["roughness"] for one in of], 2),
        numbers([distance(one) for one in of], 1, max(half(one["frechet"]) for one in of)),
        *shares,
        numbers([one["parzen"] for one in of], 1, max(one["parzen_error"] for one in of)),
        seconds,
    ]


COLUMNS = {
    "autoencoder": "autoencoder, 16 codes",
    "vae_16": "VAE, 16 codes",
    "vae_4": "VAE, 4 codes",
    "gan": "GAN",
    "real": "real training digits",
}
ROWS = (
    r"$\log p(x)$ of test pictures, nats",
    "test pictures, distance to their reconstructions",
    "roughness, of that of real digits",
    "Fréchet distance, digits judge",
    "precision, k = 3",
    "recall, k = 3",
    "coverage, k = 5",
    "Parzen, nats",
    "training, seconds of one core",
)


def table(runs: list[Numbers]) -> str:
    """The score, in Markdown."""
    columns = [cells(runs, name) for name in COLUMNS]
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    rows = zip(*columns, strict=True)
    lines += [f"| {name} | " + " | ".join(row) + " |" for name, row in zip(ROWS, rows, strict=True)]
    return "\n".join(line.replace("|  |", "| |") for line in lines)


def series(runs: list[Numbers]) -> str:
    """Going down the lengths of the code, in Markdown."""
    lines = ["| codes | bound, nats | Fréchet distance |", "|---|---|---|"]
    for code in LENGTHS:
        of = [run["lengths"][str(code)] for run in runs]
        lines.append(f"| {code} | {numbers([bound(one) for one in of])} | {numbers([distance(one) for one in of])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    files = sorted((HERE / "results").glob("beside_a_gan_seed*.json"))
    recorded = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if recorded:
        print(series(recorded), table(recorded), sep="\n\n")
    sys.exit(0 if files else 1)

"""Run the full recipes, one seed at a time, and hold the results against their bars.

A finished seed lies in results/ as one JSON file and is not run again unless the recipe itself has changed since. Stop
this whenever you like and start it again.

    python tests/bars/run.py                   # what is missing, then the table
    python tests/bars/run.py --only ring       # one bar
    python tests/bars/run.py --summary         # the table alone
    python tests/bars/run.py --again           # measure everything afresh, on a quiet machine
"""

import argparse
import functools
import importlib
import inspect
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import ganlib
from ganlib import data, engine, games, recipes
from ganlib.zoo import judges, provenance

HERE = Path(__file__).parent
RESULTS = HERE / "results"
sys.path[:0] = [str(HERE.parent / "benchmarks"), str(HERE)]
tricks, beside_a_gan, overlap = map(importlib.import_module, ("tricks", "beside_a_gan", "overlap"))
guidelines = importlib.import_module("guidelines")
codes = importlib.import_module("codes")
stack_wishes = importlib.import_module("stack_wishes")
kills = importlib.import_module("kills")
Numbers = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """What a statement about a recipe asks for."""

    run: Callable[[int], Numbers]  # from a seed to what was measured
    seeds: int
    checks: dict[str, Callable[[list[Numbers]], bool]]  # over all seeds, in words
    source: tuple[Any, ...]  # functions, modules and code; a change in their code makes a result stale


def mean(runs: list[Numbers], key: str) -> float:
    return statistics.mean(run[key] for run in runs)


def on_ring(seed: int, **options: Any) -> Numbers:
    game, history = recipes.ring(seed, device="cpu", progress=False, **options)
    report = recipes.score_ring(game)
    return {
        "modes": report.covered,
        "high_quality": report.high_quality,
        "reverse_kl": report.reverse_kl,
        "losses": {name: values[-1] for name, values in history.losses.items()},
        "rounds": history.rounds[-1],
    }


def on_digits(seed: int) -> Numbers:
    game, history = recipes.digits(seed, device="cpu", progress=False)
    report = recipes.score_digits(game)
    return {
        "nats": report.nats,
        "standard_error": report.standard_error,
        "sigma": report.sigma,
        "losses": {name: values[-1] for name, values in history.losses.items()},
        "rounds": history.rounds[-1],
    }


def on_vae_digits(seed: int) -> Numbers:
    game, history = recipes.vae_digits(seed, device="cpu", progress=False)
    return {
        **recipes.score_vae_digits(game)._asdict(),
        "losses": {name: values[-1] for name, values in history.losses.items()},
        "rounds": history.rounds[-1],
    }


def on_judge(name: str, seed: int) -> Numbers:
    with tempfile.TemporaryDirectory() as folder:
        judge = judges.record(name, Path(folder), seed=seed, device="cpu", progress=False)
    return {"accuracy": judge.accuracy, "errors": judge.scores["test_errors"], "images": judge.scores["test_images"]}


def on_pixels(_: int) -> Numbers:
    return {"neighbours": recipes.neighbour_accuracy(lambda x: x.flatten(1))}


def beside_bigan(seed: int) -> Numbers:
    """What an encoder of the same size has on MNIST without any training, and trained to rebuild."""
    engine.seed(seed)
    untrained = recipes.build_bigan_mnist().E.eval()
    game = recipes.autoencoder_mnist(seed, progress=False).eval()
    test = data.load("mnist", "test").x
    with torch.no_grad():
        rebuilt = torch.cat([game.reconstruct(part) for part in test.split(1000)])
    return {
        "untrained": recipes.neighbour_accuracy(recipes.before_the_code(untrained)),
        "untrained_code": recipes.neighbour_accuracy(untrained),
        "neighbours": recipes.neighbour_accuracy(recipes.before_the_code(game.E)),
        "neighbours_code": recipes.neighbour_accuracy(game.E),
        "ratio": recipes.reconstruction_ratio(test, rebuilt),
    }


def on_labels(labels: int, seed: int) -> Numbers:
    """Errors of the semi-supervised run with fewer labels than the zoo's hundred, or more."""
    game, _ = recipes.semi_supervised_mnist(seed, labels=labels, full=False, device="cpu", progress=False)
    return recipes.measure_semi_supervised_mnist(game, judges.judge("mnist"))


def on_gan_mnist_memory(seed: int) -> Numbers:
    """The run of the zoo with a shorter memory of G's weights."""
    game, _ = recipes.gan_mnist(seed, memory=0.998, full=False, device="cpu", progress=False)
    judge = judges.judge("mnist")
    return {**recipes.score_gan_mnist(game, judge), **recipes.measure_gan_mnist(game, judge)}


def on_engine(_: int) -> Numbers:
    from overhead import import_seconds, overhead

    return {**overhead(), "import_seconds": import_seconds()}


RING = (recipes.build_ring, recipes.ring, recipes.score_ring)
BARS = {
    "ring": Bar(
        on_ring,
        10,
        {
            "8 modes in at least 9 of 10 seeds": lambda runs: sum(run["modes"] == 8 for run in runs) >= 9,
            "high quality at least .92 on average": lambda runs: mean(runs, "high_quality") >= 0.92,
            "at most 60 seconds a seed": lambda runs: mean(runs, "seconds") <= 60,
        },
        RING,
    ),
    "ring_long": Bar(
        lambda seed: on_ring(seed, rounds=20_000),
        3,
        {
            "8 modes in every seed": lambda runs: all(run["modes"] == 8 for run in runs),
            "high quality at least .95 on average": lambda runs: mean(runs, "high_quality") >= 0.95,
            "reverse KL at most .07 on average": lambda runs: mean(runs, "reverse_kl") <= 0.07,
        },
        RING,
    ),
    "digits": Bar(
        on_digits,
        3,
        {
            "Parzen at least 20 nats on average": lambda runs: mean(runs, "nats") >= 20,
            "at most 65 seconds a seed": lambda runs: mean(runs, "seconds") <= 65,
        },
        (recipes.build_digits, recipes.digits, recipes.score_digits),
    ),
    "vae_digits": Bar(
        on_vae_digits,
        3,
        {
            "log-likelihood at least 40 nats on average": lambda runs: mean(runs, "bound") >= 40,
            "at most 65 seconds a seed": lambda runs: mean(runs, "seconds") <= 65,
        },
        (recipes.build_vae_digits, recipes.vae_digits, recipes.score_vae_digits, games.autoencoder, games.vae),
    ),
    "codes": Bar(
        codes.play,
        3,
        {
            "one-hot: at least .8 as asked for in every seed": lambda runs: (
                min(run["one-hot"]["obeyed"] for run in runs) >= 0.8
            ),
            "one number: at most .2 in every seed": lambda runs: max(run["$y/9$"]["obeyed"] for run in runs) <= 0.2,
        },
        codes.source(),
    ),
    "tricks": Bar(
        tricks.play,
        8,
        {
            "careful: at least 6 modes in 7 of 8 seeds": lambda runs: tricks.seeds(runs, "careful", "nothing", 6) >= 7,
            "careful with momentum: more than 4 modes in no seed": lambda runs: (
                tricks.seeds(runs, "careful", "Adam, momentum 0.9", 5) == 0
            ),
            "careless: more than 4 modes in no seed": lambda runs: tricks.seeds(runs, "careless", "nothing", 5) == 0,
            "careless without momentum: at least 6 modes in 5 of 8 seeds": lambda runs: (
                tricks.seeds(runs, "careless", "Adam without momentum", 6) >= 5
            ),
        },
        (tricks.chapter(), tricks.play),
    ),
    "stack_wishes": Bar(stack_wishes.play, 3, stack_wishes.CLAIMS, stack_wishes.source()),
    "guidelines": Bar(guidelines.play, guidelines.SEEDS, guidelines.CLAIMS, guidelines.source()),
    "beside_a_gan": Bar(beside_a_gan.play, 3, beside_a_gan.CLAIMS, beside_a_gan.source()),
    "pixels_mnist": Bar(
        on_pixels,
        1,
        {"96.91 % to two digits": lambda runs: round(100 * runs[0]["neighbours"], 2) == 96.91},
        (recipes.neighbour_accuracy,),
    ),
    "beside_bigan": Bar(
        beside_bigan,
        3,
        {"an autoencoder is ahead of raw pixels": lambda runs: mean(runs, "neighbours") > 0.9691},
        (inspect.getmodule(recipes.bigan_mnist), games.autoencoder),
    ),
    **{
        f"labels_{labels}": Bar(
            functools.partial(on_labels, labels),
            3,
            {
                "fewer errors than the labels alone in every seed": lambda runs: (
                    min(run["times_fewer"] for run in runs) > 1
                )
            },
            (inspect.getmodule(recipes.semi_supervised_mnist), games.GAN, games.SemiSupervisedGAN, data.FewLabels),
        )
        for labels in (20, 50, 200, 1000)
    },
    "overlap": Bar(overlap.play, 3, overlap.CLAIMS, overlap.source()),
    "judge_digits": Bar(
        functools.partial(on_judge, "digits"),
        3,
        {"accuracy at least .985 in every seed": lambda runs: all(run["accuracy"] >= 0.985 for run in runs)},
        (*judges.CODE["digits"], *judges.SHARED),
    ),
    "judge_mnist": Bar(
        functools.partial(on_judge, "mnist"),
        3,
        {"accuracy at least .992 in every seed": lambda runs: all(run["accuracy"] >= 0.992 for run in runs)},
        (*judges.CODE["mnist"], *judges.SHARED),
    ),
    "gan_mnist_memory": Bar(
        on_gan_mnist_memory,
        1,
        {"the judge's distance is at most 8": lambda runs: mean(runs, "distance") <= 8},
        (recipes.build_gan_mnist, recipes.gan_mnist, recipes.score_gan_mnist, recipes.measure_gan_mnist),
    ),
    "engine": Bar(
        on_engine,
        1,
        {
            "fit costs at most 1.05 of a loop by hand": lambda runs: mean(runs, "overhead_cpu") <= 1.05,
            "import ganlib takes at most .2 s": lambda runs: mean(runs, "import_seconds") <= 0.2,
        },
        (engine.game, engine.loop, games.gan, ganlib),
    ),
    "kills": Bar(
        kills.play,
        5,
        {
            "50 kills": lambda runs: sum(run["kills"] for run in runs) == 50,
            "some of them while a checkpoint was written": lambda runs: sum(run["writing"] for run in runs) > 0,
            "every run ends with the same bytes": lambda runs: all(run["same"] for run in runs),
        },
        (kills, engine.checkpoint, engine.interrupts, engine.loop, recipes.digits),
    ),
}


@functools.cache  # read once, so that editing a recipe while it runs cannot confuse its results
def fingerprint(source: tuple[Any, ...]) -> str:
    return provenance.fingerprint(*source)


def measure(name: str, seed: int) -> Numbers:
    """Run one seed and note where and with what."""
    clock, cpu = time.perf_counter(), time.process_time()
    numbers = BARS[name].run(seed)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    return {
        "bar": name,
        "seed": seed,
        **numbers,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        **provenance.circumstances(),
        "fingerprint": fingerprint(BARS[name].source),
    }


def finished(name: str) -> list[Numbers]:
    """The results of a bar that still hold."""
    found = []
    for seed in range(BARS[name].seeds):
        file = RESULTS / f"{name}_seed{seed}.json"
        if file.is_file():
            result = json.loads(file.read_text(encoding="utf-8"))
            if result["fingerprint"] == fingerprint(BARS[name].source):
                found.append(result)
    return found


def run(name: str) -> None:
    """Run the seeds of a bar that are missing."""
    RESULTS.mkdir(exist_ok=True)
    done = {result["seed"] for result in finished(name)}
    for seed in range(BARS[name].seeds):
        if seed not in done:
            print(f"{name}, seed {seed} ...", flush=True)
            file = RESULTS / f"{name}_seed{seed}.json"
            aside = file.with_suffix(".part")
            aside.write_text(json.dumps(measure(name, seed), indent=1) + "\n", encoding="utf-8")
            aside.replace(file)  # whole or not at all


def summary(names: list[str]) -> bool:
    """Print every seed, the means and the bars; tell whether all are met."""
    met = True
    for name in names:
        runs = finished(name)
        print(f"\n{name}: {len(runs)} of {BARS[name].seeds} seeds")
        if not runs:
            met = False
            continue
        numbers = [k for k, v in runs[0].items() if (isinstance(v, float) and k != "load") or k == "modes"]
        print("  seed" + "".join(f"{key:>19}" for key in numbers))
        for result in runs:
            print(f"  {result['seed']:>4}" + "".join(f"{result[key]:>19.3f}" for key in numbers))
        if len(runs) > 1:
            columns = [[result[key] for result in runs] for key in numbers]
            spread = "".join(f"{f'{statistics.mean(c):.3f} ± {statistics.stdev(c):.3f}':>19}" for c in columns)
            print("  mean" + spread)
        complete = len(runs) == BARS[name].seeds
        for words, check in BARS[name].checks.items():
            passed = complete and check(runs)
            met &= passed
            print(f"  {'met   ' if passed else 'MISSED' if complete else 'open  '}  {words}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=sorted(BARS), help="this bar alone")
    parser.add_argument("--summary", action="store_true", help="run nothing")
    parser.add_argument("--again", action="store_true", help="throw away the results there are, first")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="for torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    names = [options.only] if options.only else list(BARS)
    if options.again:
        for name in names:
            for file in RESULTS.glob(f"{name}_seed*.json"):
                file.unlink()
    if not options.summary:
        for name in names:
            run(name)
    return 0 if summary(names) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Run the full recipes, one seed at a time, and hold the results against their bars.

A finished seed lies in results/ as one JSON file and is not run again unless the recipe itself has changed since. Stop
this whenever you like and start it again.

    python tests/bars/run.py                   # what is missing, then the table
    python tests/bars/run.py --only ring       # one bar
    python tests/bars/run.py --summary         # the table alone
    python tests/bars/run.py --again           # measure everything afresh, on a quiet machine
"""

import argparse
import ast
import datetime
import functools
import hashlib
import inspect
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch

import ganlib
from ganlib import engine, games, recipes

HERE = Path(__file__).parent
RESULTS = HERE / "results"
sys.path.insert(0, str(HERE.parent / "benchmarks"))
Numbers = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """What a statement about a recipe asks for."""

    run: Callable[[int], Numbers]  # from a seed to what was measured
    seeds: int
    checks: dict[str, Callable[[list[Numbers]], bool]]  # over all seeds, in words
    source: tuple[Any, ...]  # functions and modules; a change in their code makes a result stale


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
    "engine": Bar(
        on_engine,
        1,
        {
            "fit costs at most 1.05 of a loop by hand": lambda runs: mean(runs, "overhead_cpu") <= 1.05,
            "import ganlib takes at most .2 s": lambda runs: mean(runs, "import_seconds") <= 0.2,
        },
        (engine.game, engine.loop, games.gan, ganlib),
    ),
}


@functools.cache  # read once, so that editing a recipe while it runs cannot confuse its results
def fingerprint(source: tuple[Any, ...]) -> str:
    """A hash of the code alone: comments, docstrings and layout may change without a new run."""
    digest = hashlib.sha256()
    for part in source:
        tree = ast.parse(inspect.getsource(part))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                node.value = ast.Constant("")
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:16]


def measure(name: str, seed: int) -> Numbers:
    """Run one seed and note where and with what."""
    clock, cpu = time.perf_counter(), time.process_time()
    numbers = BARS[name].run(seed)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    return {
        "bar": name,
        "seed": seed,
        **numbers,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "ganlib": ganlib.__version__,
        },
        "commit": commit.stdout.strip() if commit.returncode == 0 else None,
        "fingerprint": fingerprint(BARS[name].source),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


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

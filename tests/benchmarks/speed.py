"""How fast the recipes' engine is, on the device at hand: ratios within a process, medians over five. Writes JSON.

    python tests/benchmarks/speed.py                  # everything, into results/
    python tests/benchmarks/speed.py "MLP GAN" sweep  # some of it
    python tests/benchmarks/speed.py --device cuda    # the same on a GPU
    python tests/benchmarks/speed.py --summary        # what was measured, against the bars

On a CPU the seconds are those of the processor, on one thread, which a busy machine blurs less; on a GPU, of the clock.
"""

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]  # wherever it is started
from contenders import BATCH, SETUPS, Play, Setup, by_fit, by_hand, by_usual_script, convolutional  # noqa: E402

from ganlib import engine, games, recipes  # noqa: E402
from ganlib.zoo.provenance import circumstances  # noqa: E402

RESULTS = Path(__file__).parent / "results"
PROCESSES = 5  # of a race
Numbers = dict[str, Any]

BARS = {  # (measurement, what, kind of device): at least so much
    ("MLP GAN", "over the usual script", "cpu"): 1.5,
    ("DCGAN", "over the usual script", "cpu"): 1.0,
    ("MLP GAN", "over a loop by hand", "cpu"): 0.95,
    ("DCGAN", "over a loop by hand", "cpu"): 0.95,
    ("WGAN-GP", "over a loop by hand", "cpu"): 0.95,
    ("DCGAN", "over the usual script", "cuda"): 20.0,
    ("WGAN-GP", "over the usual script", "cuda"): 10.0,
    ("MLP GAN", "over a loop by hand", "cuda"): 0.9,
    ("DCGAN", "over a loop by hand", "cuda"): 0.9,
    ("WGAN-GP", "over a loop by hand", "cuda"): 0.9,
}


def clock(device: torch.device) -> float:
    """Seconds of the processor, or of the clock once the GPU has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


def by_turns(
    contenders: dict[str, Play], device: torch.device, seconds: float, repetitions: int, least: int = 20
) -> Numbers:
    """Median seconds of a round of each, played by turns, each in so many rounds as take `seconds`, but not too few.

    What a call takes to begin is left out: each contender is called for a few rounds and for more, and the difference
    counts. `fit` rehearses, and on a GPU it plays three rounds eagerly and records one, each time that it is called.
    """
    begin = 4 if device.type == "cuda" else 1

    def taken(play: Play, rounds: int) -> float:
        start = clock(device)
        play(rounds)
        return clock(device) - start

    more = {}
    for name, play in contenders.items():
        play(begin)  # the first call makes and learns what later ones only use
        one = (taken(play, begin + 8) - taken(play, begin)) / 8
        more[name] = max(least, round(seconds / max(one, 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(repetitions):
        order = list(contenders.items())
        for name, play in order[turn % len(order) :] + order[: turn % len(order)]:
            short = taken(play, begin)
            times[name].append((taken(play, begin + more[name]) - short) / more[name])
    return {name: statistics.median(each) for name, each in times.items()}


# --- what is measured -------------------------------------------------------------------------------------------------


def race(name: str, device: torch.device) -> Numbers:
    """`fit` beside a bare loop and the usual script, what it is bound by, and its share of the possible."""
    setup = SETUPS[name]
    # Where a process happens to put its tensors can be worth a fifth of their speed, and stays so: hence several.
    found = [child("race", f"{name},{start}", device) for start in range(PROCESSES)]
    taken = {kind: statistics.median(each[kind] for each in found) for kind in found[0]}
    ratios = {
        what: sorted(each[slow] / each[fast] for each in found)
        for what, (slow, fast) in {
            "over the usual script": ("usual script", "fit"),
            "over a loop by hand": ("by hand", "fit"),
            "bfloat16 over the usual script": ("usual script", "fit, bfloat16"),
        }.items()
    }
    work, peak = flops(setup, device), peaks(device)
    return {
        "seconds a round": taken,
        "images a second": {kind: BATCH * setup.moves / each for kind, each in taken.items()},
        **{what: statistics.median(each) for what, each in ratios.items()},
        "in each process": ratios,
        "flops a round": work,
        "peak flops a second": peak,
        "share of the roofline": sum(work[kind] / peak[kind] for kind in work) / taken["fit"],
        "where the time goes": bound(by_fit(setup, device), device),
    }


def of_race(name: str, first: int, device: torch.device, seconds: float = 0.5, repetitions: int = 3) -> Numbers:
    """Seconds of a round of each contender in this process, in which they make their tensors from the first-th on."""
    setup = SETUPS[name]
    make: list[tuple[str, Callable[[], Play]]] = [
        ("fit", lambda: by_fit(setup, device)),
        ("by hand", lambda: by_hand(setup, device, captured=device.type == "cuda")),
        ("usual script", lambda: by_usual_script(setup, device)),
        ("fit, bfloat16", lambda: by_fit(setup, device, precision=torch.bfloat16)),
    ]
    start = first % len(make)
    contenders = {kind: one() for kind, one in make[start:] + make[:start]}
    return by_turns(contenders, device, seconds, repetitions, least=20 // setup.moves)


class Flops(TorchDispatchMode):
    """Counts by PyTorch's own formulas; its `FlopCounterMode` watches modules too, which bars second gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.total = {"matrices": 0, "convolutions": 0}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if formula := flop_registry.get(function._overloadpacket):
            kind = "convolutions" if "conv" in function.name() else "matrices"
            self.total[kind] += formula(*args, **(kwargs or {}), out_val=result)
        return result


def flops(setup: Setup, device: torch.device) -> dict[str, int]:
    """Of the products of matrices and the convolutions in a round, backward passes included."""
    play = by_hand(setup, device)
    with Flops() as counter:
        play(1)
    return counter.total


def peaks(device: torch.device, repetitions: int = 7) -> Numbers:
    """The most that this device does of each as PyTorch comes: flops a second of large products and convolutions.

    On a GPU, that is float32 for the former and TF32 for the latter.
    """
    several = 20 if device.type == "cuda" else 1  # so that the launch and the wait count little
    size = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(size, size, device=device) for _ in range(2))
    channels = 256 if device.type == "cuda" else 64
    x = torch.randn(64, channels, 32, 32, device=device).to(memory_format=torch.channels_last)
    kernel = torch.randn(channels, channels, 3, 3, device=device).to(memory_format=torch.channels_last)
    kinds: dict[str, tuple[Callable[[], Any], int]] = {
        "matrices": (lambda: a @ b, 2 * size**3),
        "convolutions": (
            lambda: torch.nn.functional.conv2d(x, kernel, padding=1),
            2 * 9 * channels**2 * 64 * 32 * 32,
        ),
    }
    found = {}
    for kind, (work, amount) in kinds.items():
        times = []
        for _ in range(repetitions):
            start = clock(device)
            for _ in range(several):
                work()
            times.append((clock(device) - start) / several)
        found[kind] = amount / min(times)
    return found


def bound(play: Play, device: torch.device, rounds: int | None = None) -> Numbers:
    """Shares of a round's time: convolutions, products of matrices, optimizers, and everything else."""
    gpu = device.type == "cuda"
    rounds = rounds or (200 if gpu else 10)  # a call of fit begins with eager ones there
    play(4)
    with profile(activities=[ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * gpu]) as recorded:
        play(rounds)
    shares = {"convolutions": 0.0, "matrices": 0.0, "optimizers": 0.0, "the rest": 0.0}
    for event in recorded.key_averages():
        if gpu and (event.device_type != torch.autograd.DeviceType.CUDA or event.is_user_annotation):
            continue  # what a kernel was called for: its time is the kernel's
        name = event.key.lower()
        kind = (
            "optimizers" if "adam" in name
            else "convolutions" if any(word in name for word in ("conv", "cudnn", "fprop", "dgrad", "wgrad"))
            else "matrices" if any(word in name for word in ("aten::mm", "addmm", "gemm", "gemv", "nvjet", "splitk"))
            else "the rest"
        )  # fmt: skip
        shares[kind] += event.self_device_time_total if gpu else event.self_cpu_time_total
    total = sum(shares.values())
    return {kind: share / total for kind, share in shares.items()}


def quality(device: torch.device) -> Numbers:
    """Seconds until the ring recipe has all eight modes at high quality, as it is scored; looking is not counted."""
    seen: list[tuple[int, float, int, float]] = []
    looking = 0.0
    begun = clock(device)

    def look(game: games.GAN, history: engine.History, _: int) -> None:
        nonlocal looking
        start = clock(device)
        report = recipes.score_ring(game)
        seen.append((history.rounds[-1], start - begun - looking, report.covered, report.high_quality))
        looking += clock(device) - start

    recipes.ring(0, device=str(device), every=250, look=look, progress=False)
    good = next(((rounds, seconds) for rounds, seconds, modes, share in seen if modes == 8 and share >= 0.9), None)
    return {
        "recipe": "ring",
        "wanted": "8 of 8 modes, at least 90 % of high quality",
        "rounds": good and good[0],
        "seconds": good and good[1],
        "whole run": {"rounds": seen[-1][0], "seconds": seen[-1][1], "high quality": seen[-1][3]},
    }


def memory(device: torch.device) -> Numbers:
    """The most memory that each recipe holds, with its data set: at small size on a CPU, at full size on a GPU."""
    return {
        name: child("recipe", name, device) for name in recipes.__all__ if not name.startswith("judge")
    }  # a process for each, since a peak is never forgotten


def sweep(device: torch.device) -> Numbers:
    """What a round of the DCGAN costs with larger batches, and with larger pictures."""
    top = 1024 if device.type == "cuda" else 128
    batches = [batch for batch in (16, 32, 64, 128, 256, 512, 1024) if batch <= top]
    return {
        "batch": {str(batch): child("size", f"{batch},32", device) for batch in batches},
        "side": {str(side): child("size", f"{BATCH},{side}", device) for side in (16, 32, 64)},
    }


MEASUREMENTS: dict[str, Callable[[torch.device], Numbers]] = {
    **{name: partial(race, name) for name in SETUPS},
    "quality": quality,
    "memory": memory,
    "sweep": sweep,
}


# --- processes of their own, for memory -------------------------------------------------------------------------------


def child(kind: str, what: str, device: torch.device) -> Numbers:
    """Run one piece in a fresh interpreter."""
    command = [sys.executable, __file__, "--child", kind, what, "--device", str(device)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{kind} {what} failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
    numbers: Numbers = json.loads(done.stdout.splitlines()[-1])
    return numbers


def megabytes(device: torch.device) -> float:
    """The peak so far: of the GPU's allocator, or of the resident process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage begins with the peak of whoever started this process
        peak = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 2**10
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def of_recipe(name: str, device: torch.device) -> Numbers:
    before = megabytes(device)
    getattr(recipes, name)(0, rounds=6, device=str(device), progress=False)
    return {"megabytes": megabytes(device), "of them before it began": before}


def of_size(batch: int, side: int, device: torch.device) -> Numbers:
    setup = Setup(partial(convolutional, side=side), side, games.DCGAN, 2e-4, (0.5, 0.999), SETUPS["DCGAN"].usual)
    play, before = by_fit(setup, device, batch), megabytes(device)
    taken = by_turns({"fit": play}, device, 0.5, 3, least=5)["fit"]
    gc.collect()
    return {"seconds a round": taken, "megabytes": megabytes(device), "of them before it began": before}


# --- results ----------------------------------------------------------------------------------------------------------


def file_of(name: str, kind: str, folder: Path = RESULTS) -> Path:
    return folder / f"{name.lower().replace(' ', '_').replace('-', '_')}_{kind}.json"


def run(names: list[str], device: torch.device, folder: Path = RESULTS) -> None:
    """Measure, and write each result whole or not at all."""
    folder.mkdir(exist_ok=True)
    for name in names:
        print(f"{name} on {device} ...", flush=True)
        measured = MEASUREMENTS[name](device)
        load = round(os.getloadavg()[0], 1)
        text = json.dumps({"name": name, "measured": measured, **circumstances(device), "load": load}, indent=1)
        file = file_of(name, device.type, folder)
        aside = file.with_suffix(".part")
        aside.write_text(text + "\n", encoding="utf-8")
        aside.replace(file)


def read(name: str, kind: str, folder: Path = RESULTS) -> Numbers | None:
    """A result, or None if it has not been measured."""
    file = file_of(name, kind, folder)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def standing(folder: Path = RESULTS) -> list[tuple[str, str, str, float, list[float]]]:
    """Each bar, and what was measured: setup, what, device, bar, and the values of the processes, if there are any."""
    found = []
    for (name, what, kind), bar in BARS.items():
        result = read(name, kind, folder)
        found.append((name, what, kind, bar, result["measured"]["in each process"][what] if result else []))
    return found


def summary() -> bool:
    """Print every bar; tell whether all that were measured are met, by the median of their processes."""
    met = True
    for name, what, kind, bar, values in standing():
        middle = statistics.median(values) if values else bar
        word = "met   " if values and middle >= bar else "MISSED" if values else "not measured"
        met &= middle >= bar
        said = f"{middle:.2f} ({min(values):.2f} to {max(values):.2f}), " if values else ""
        print(f"  {word:<13} {name} on {kind}, {what}: {said}bar {bar:g}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all if left out: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--device", default="cpu", help="cpu (the default) or cuda")
    parser.add_argument("--summary", action="store_true", help="measure nothing; exit status 1 if a bar is missed")
    parser.add_argument("--child", nargs=2, metavar=("KIND", "WHAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = engine.device(options.device)
    if device.type == "cpu":
        torch.set_num_threads(1)
    if options.child:
        kind, what = options.child
        first, *more = what.split(",")
        if kind == "recipe":
            numbers = of_recipe(what, device)
        elif kind == "race":
            numbers = of_race(first, int(more[0]), device)
        else:
            numbers = of_size(int(first), int(more[0]), device)
        print(json.dumps(numbers))
        return 0
    if strange := [name for name in options.names if name not in MEASUREMENTS]:
        print(f"There is no measurement {strange[0]!r}; there are {', '.join(MEASUREMENTS)}.", file=sys.stderr)
        return 2
    if options.summary:
        return 0 if summary() else 1
    run(options.names or list(MEASUREMENTS), device)
    summary()
    return 0


if __name__ == "__main__":
    sys.exit(main())

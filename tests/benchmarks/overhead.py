"""What `fit` costs over a loop written by hand, and what `import ganlib` costs over torch. Prints JSON."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn.functional import softplus

from ganlib import data, games, networks
from ganlib.engine import adam, fit, seed

BATCH = 256
RATE, BETAS = 1e-3, (0.0, 0.99)


def build() -> tuple[nn.Module, nn.Module, data.Gaussian]:
    """The networks of the ring recipe, the same weights each time."""
    seed(0)
    leaky = partial(nn.LeakyReLU, 0.2)
    return networks.mlp(8, 2, (128, 128, 128)), networks.mlp(2, 1, (128, 128, 128), leaky), data.Gaussian(8)


def by_fit(rounds: int) -> tuple[nn.Module, Callable[[], object]]:
    G, D, prior = build()
    game = games.GAN(G, D, prior, optimizers={"D": adam(RATE, BETAS), "G": adam(RATE, BETAS)})
    draw = partial(data.ring(8), BATCH)
    return G, lambda: fit(game, draw, rounds, progress=False)


def by_hand(rounds: int) -> tuple[nn.Module, Callable[[], object]]:
    """As many draws and generator passes, and no gradient that nobody needs: as fast as a loop over these can be."""
    G, D, prior = build()
    draw = partial(data.ring(8), BATCH)
    theta_d, theta_g = list(D.parameters()), list(G.parameters())
    step_d, step_g = (torch.optim.Adam(theta, RATE, BETAS, fused=True) for theta in (theta_d, theta_g))

    def loop() -> None:
        for _ in range(rounds):
            real = draw()
            fake = G(prior(BATCH)).detach()
            d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
            step_d.zero_grad()
            d_loss.backward(inputs=theta_d)
            step_d.step()
            draw()
            g_loss = softplus(-D(G(prior(BATCH)))).mean()
            step_g.zero_grad()
            g_loss.backward(inputs=theta_g)
            step_g.step()

    return G, loop


def timed(
    make: Callable[[int], tuple[nn.Module, Callable[[], object]]], rounds: int
) -> tuple[float, float, torch.Tensor]:
    """Seconds on the clock, seconds of CPU, and one weight afterwards."""
    G, run = make(rounds)
    seed(1)
    clock, cpu = time.perf_counter(), time.process_time()
    run()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return clock, cpu, next(G.parameters()).detach().clone()


def overhead(rounds: int = 200, repetitions: int = 15) -> dict[str, float]:
    """Interleave both loops on one thread and compare the medians; both must play the very same game."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        timed(by_hand, 20), timed(by_fit, 20)  # warm up
        fits, hands = [], []
        for i in range(repetitions):
            pair = [(fits, by_fit), (hands, by_hand)]
            for kept, make in pair if i % 2 else reversed(pair):  # neither always goes first
                kept.append(timed(make, rounds))
    finally:
        torch.set_num_threads(threads)
    if not torch.equal(fits[0][2], hands[0][2]):
        raise RuntimeError("fit and the loop by hand played different games, so their times cannot be compared.")
    median = {
        name: [statistics.median(run[i] for run in runs) for i in (0, 1)]
        for name, runs in {"fit": fits, "hand": hands}.items()
    }
    return {
        "overhead_clock": median["fit"][0] / median["hand"][0],
        "overhead_cpu": median["fit"][1] / median["hand"][1],
        "fit_ms_per_round": 1000 * median["fit"][1] / rounds,
        "hand_ms_per_round": 1000 * median["hand"][1] / rounds,
    }


def import_seconds(repetitions: int = 7) -> float:
    """The median time of `import ganlib` in a fresh interpreter that has imported torch."""
    code = "import time, torch; t = time.perf_counter(); import ganlib; print(time.perf_counter() - t)"
    run = [sys.executable, "-c", code]
    return statistics.median(
        float(subprocess.run(run, check=True, capture_output=True, text=True).stdout) for _ in range(repetitions)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--repetitions", type=int, default=15)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(json.dumps({**overhead(options.rounds, options.repetitions), "import_seconds": import_seconds()}, indent=1))

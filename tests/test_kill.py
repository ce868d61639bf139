"""A run killed at random moments ends, once it has gone on, bit for bit like one that was left alone.

The killed processes are forked from a server that has imported torch, so that a start costs no seconds. They play
`fit` on the CPU; `make bars` kills the whole command line, in fresh processes, fifty times. A kill is no power failure:
what the system has been given it still writes. A GPU is not covered here.
"""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from ganlib import data, engine, games, networks

ROUNDS, KILLS = 150, 5
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["ganlib.games", "ganlib.networks", "ganlib.data", "torch._dynamo"])


def noisy() -> engine.Game:
    """Every kind of state: buffers, dropout, momentum, a schedule, an average."""
    G = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizers = {"D": engine.cosine(engine.adam(1e-2), ROUNDS), "G": engine.rmsprop(1e-3)}
    return games.GAN(G, D, data.Gaussian(3), optimizers=optimizers, average=networks.EMA(G, 0.9))


def play(folder: Path, **options) -> None:
    warnings.simplefilter("error")  # such as of a damaged checkpoint: a kill must leave none
    torch.set_num_threads(1)
    engine.seed(3)
    engine.fit(
        noisy(),
        lambda: torch.randn(16, 2),
        ROUNDS,
        every=3,
        metrics={"spread": lambda game: game.sample(50).std()},
        checkpoint=folder,
        progress=False,
        **{"save_rounds": 5, **options},
    )


def play_and_tell(folder: Path, started, tell_signal: bool) -> None:
    started.send(True)
    try:
        play(folder)
    except engine.Stopped as stopped:
        os._exit(stopped.signal if tell_signal else 1)


def written(folder: Path) -> dict[str, bytes]:
    """The last checkpoint, the history in it included."""
    newest = engine.latest(folder)
    assert newest is not None
    assert newest.name == f"step_{ROUNDS}"
    return {file.name: file.read_bytes() for file in newest.iterdir()}


def play_on(folder: Path, tell_signal: bool = False):
    """A process that goes on with the run, once it has begun."""
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=play_and_tell, args=(folder, there, tell_signal))
    process.start()
    here.recv()
    return process


def test_a_run_killed_at_random_moments_ends_bit_for_bit_like_one_left_alone(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    first = play_on(whole)
    first.join()
    expected, kills, rng = written(whole), 0, random.Random()
    while kills < KILLS:
        process = play_on(cut)
        time.sleep(rng.uniform(0, 0.4))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0:  # it had been too quick
            assert written(cut) == expected
            shutil.rmtree(cut)
    for path in cut.glob("step_*"):
        engine.load(path, noisy())
    last = play_on(cut)
    last.join()
    assert last.exitcode == 0
    assert written(cut) == expected


def play_in_little_room(folder: Path, limit: int) -> None:
    """No file may grow beyond `limit` bytes: the system itself refuses to write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    try:
        play(folder)
    except engine.NotSaved as error:  # an error here, since warnings are
        os._exit(7 if "could not be saved in" in str(error) and "no checkpoint was written" in str(error) else 8)


def test_a_write_that_the_system_refuses_is_a_warning_and_leaves_no_half_of_a_checkpoint(tmp_path):
    process = PROCESSES.Process(target=play_in_little_room, args=(tmp_path, 700))
    process.start()
    process.join()
    assert process.exitcode == 7
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_a_process_saves_what_was_played(tmp_path, number):
    process = play_on(tmp_path, tell_signal=True)
    while engine.latest(tmp_path) is None:
        time.sleep(0.01)
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == number
    newest = engine.latest(tmp_path)
    assert newest is not None
    assert newest.name != f"step_{ROUNDS}"
    engine.load(newest, noisy())

"""Kill the whole command line at random moments, in fresh processes, and compare what it ends with.

A piece is one run of `ganlib train digits`, killed with SIGKILL ten times while it plays, and one that is left alone.
Checkpoints are written every hundredth of a second, so that many kills come while one is being written. Killed at the
beginning and at the end of a process, where nothing is played, nothing can be lost; so a kill waits until the process
has written a checkpoint of its own.

Left out: a power failure, in which the system itself forgets what it was given; a GPU.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ganlib import engine

ROUNDS, KILLS, LONGEST = 600, 10, 0.8  # seconds from a process's first checkpoint to its end

PROGRAM = """
import sys
from ganlib import engine
from ganlib.__main__ import main
engine.fit.__kwdefaults__["save_seconds"] = 0.01
sys.exit(main(sys.argv[1:]))
"""


def start(folder: Path, seed: int) -> subprocess.Popen[str]:
    """A run that has written a checkpoint of its own, or ended."""
    line = ["train", "digits", "--seed", str(seed), "--rounds", str(ROUNDS), "--device", "cpu", "--out", str(folder)]
    before = engine.latest(folder)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *line],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and engine.latest(folder) == before:
        time.sleep(0.002)
    return process


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for the end, which must be a good one."""
    _, error = process.communicate()
    if process.returncode or "damaged" in error:
        raise RuntimeError(error)


def written(folder: Path) -> dict[str, bytes]:
    """The last checkpoint and the files beside it that a run leaves."""
    files = [*(folder / f"step_{ROUNDS}").iterdir(), folder / "history.json", *(folder / "samples").glob("round_*")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def play(piece: int) -> dict[str, Any]:
    """Kill one run ten times.

    Parameters
    ----------
    piece : int. Its number, which is the seed of the run; the moments are another in every trial.

    Returns
    -------
    dict. `kills`; `writing`, how many of them left half a checkpoint aside; `same`, whether all files have the same
        bytes.
    """
    rng, kills, writing, same = random.Random(), 0, 0, True
    with tempfile.TemporaryDirectory() as place:
        whole, cut = Path(place) / "whole", Path(place) / "cut"
        finish(start(whole, piece))
        expected = written(whole)
        while kills < KILLS:
            process = start(cut, piece)
            time.sleep(rng.uniform(0, LONGEST))
            if process.poll() is not None:  # it was too quick
                finish(process)
                same &= written(cut) == expected
                shutil.rmtree(cut)
                continue
            process.kill()
            _, error = process.communicate()
            if "damaged" in error:
                raise RuntimeError(error)
            kills += 1
            writing += any(cut.glob(".step_*"))
        finish(start(cut, piece))
        same &= written(cut) == expected
    return {"kills": kills, "writing": writing, "same": same}

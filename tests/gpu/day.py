"""Everything that needs a GPU, in pieces of less than ten minutes: tests, benchmarks, and every recipe at full size.

    make gpu-day                                # all that is not finished yet
    python tests/gpu/day.py --dry-run           # the plan, and how far it has come; needs no GPU
    python tests/gpu/day.py --seconds 570       # no longer than this, where a machine is lent by the minute

Which pieces are finished stands in day.json, so stop this whenever you like and start it again. A training that is
longer than a piece is told to stop, saves itself, and goes on in the next. What is left to commit is named at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RECORD = HERE / "day.json"
PIECE, GRACE, SHORTEST = 510, 60, 30  # seconds: of a piece, to save itself, and below which none is begun
TRIES = 40
LARGEST = 5_000_000  # bytes of a file that may be committed


@dataclass(frozen=True)
class Piece:
    """One command, and a name for it."""

    name: str
    command: tuple[str, ...]
    resumes: bool = False  # whether it goes on where it was cut


def plan() -> list[Piece]:
    """The pieces, those that others need first."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]  # wherever this is started
    from speed import MEASUREMENTS

    from ganlib import recipes
    from ganlib.zoo import judges, runs

    python = (sys.executable, "-m")
    zoo = (*python, "ganlib.zoo", "--device", "cuda")
    pieces = [Piece("tests", (*python, "pytest", "-q", "tests/gpu"))]
    speed = (sys.executable, "tests/benchmarks/speed.py", "--device", "cuda")
    pieces += [Piece(f"benchmark {name}", (*speed, name)) for name in MEASUREMENTS]
    pieces += [Piece(f"judge {name}", (*zoo, f"judge_{name}"), resumes=True) for name in judges.CODE]
    pieces += [
        Piece(f"{name}, seed {seed}", (*zoo, name, "--full", "--seeds", str(seed + 1)), resumes=True)
        for name in runs.RECORDED
        for seed in range(runs.SEEDS)
    ]
    others = [name for name in recipes.__all__ if name not in runs.RECORDED and not name.startswith("judge_")]
    train = (*python, "ganlib", "train", "--device", "cuda", "--precision", "fp32")
    return pieces + [Piece(name, (*train, name), resumes=True) for name in others]


def execute(piece: Piece, seconds: float) -> tuple[str, str]:
    """Run a piece; cut it after so many seconds. Returns "finished", "cut" or "failed", and the last line it said."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "1"}
    process = subprocess.Popen(
        piece.command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    cut = False
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        cut = True
        process.terminate()  # which a training heeds at the end of its round, to save itself
        try:
            said, _ = process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
    except BaseException:
        process.terminate()
        process.wait(GRACE)
        raise
    last = (said.strip().splitlines() or [""])[-1]
    return "cut" if cut else "failed" if process.returncode else "finished", last


def read(record: Path) -> dict[str, Any]:
    """What is known of each piece, by name."""
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    return found


def write(record: Path, known: dict[str, Any]) -> None:
    """Whole or not at all."""
    aside = record.with_suffix(".part")
    aside.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    aside.replace(record)


def work(
    pieces: Sequence[Piece],
    record: Path = RECORD,
    seconds: float = float("inf"),
    run: Callable[[Piece, float], tuple[str, str]] = execute,
    now: Callable[[], float] = time.monotonic,
) -> bool:
    """Run what is not finished, in order, for so long; tell whether everything is.

    A piece that was cut goes on at once. One that failed is left for the next call, and the others go on.
    """
    begun = now()
    failed: set[str] = set()
    for piece in pieces:
        while True:
            known = read(record)
            past = known.get(piece.name, {"state": "", "tries": 0, "seconds": 0.0})
            if past["state"] == "finished" or piece.name in failed:
                break
            left = seconds - (now() - begun) - GRACE
            if left < SHORTEST:
                return False
            start = now()
            state, said = run(piece, min(PIECE, left))
            tries = past["tries"] + 1
            if state == "cut" and left < PIECE and not piece.resumes:
                return False  # it had less than a whole piece's time
            if state == "cut" and tries >= (TRIES if piece.resumes else 1):
                state, said = "failed", f"not finished in {tries} x {PIECE} s: {said}"
            taken = round(past["seconds"] + now() - start, 1)
            write(record, known | {piece.name: {"state": state, "tries": tries, "seconds": taken, "said": said}})
            print(f"{piece.name}: {state} ({taken:.0f} s so far). {said}", flush=True)
            if state == "failed":
                failed.add(piece.name)
    return not failed


def to_commit() -> list[str]:
    """The files that are new or changed where results lie, with their sizes; too large ones say so."""
    places = ["ganlib/zoo", "tests/benchmarks/results", "tests/gpu"]
    command = ["git", "status", "--porcelain", "--untracked-files=all", *places]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return [f"whatever is new in {', '.join(places)}: there is no git here to tell"]
    files = [ROOT / line[3:].strip('"') for line in listed]
    sizes = [(file.relative_to(ROOT), file.stat().st_size) for file in files if file.is_file()]
    return [f"{file}: {size:,} bytes{', TOO LARGE TO COMMIT' * (size > LARGEST)}" for file, size in sizes]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="show the plan, run nothing")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop in time to take no longer than this")
    parser.add_argument("--only", metavar="WORD", help="the pieces whose names have this word in them")
    parser.add_argument("--again", action="store_true", help="forget which of these pieces are finished")
    options = parser.parse_args()
    pieces = [piece for piece in plan() if not options.only or options.only in piece.name]
    if not pieces:
        print(f"No piece has {options.only!r} in its name; --dry-run shows them all.", file=sys.stderr)
        return 2
    if options.dry_run:
        known = read(RECORD)
        for piece in pieces:
            state = known.get(piece.name, {}).get("state", "to do")
            print(f"{state:<9} {piece.name:<32} {' '.join(Path(part).name for part in piece.command)}")
        done = sum(known.get(piece.name, {}).get("state") == "finished" for piece in pieces)
        print(f"{done} of {len(pieces)} finished; each in pieces of at most {PIECE + GRACE} s")
        return 0
    import torch

    if not torch.cuda.is_available():
        print("There is no GPU here, so NOTHING WAS RUN: start this on a machine that has one.", file=sys.stderr)
        return 2
    if options.again:
        write(RECORD, {name: past for name, past in read(RECORD).items() if name not in {p.name for p in pieces}})
    complete = work(pieces, seconds=options.seconds)
    print("To commit:", *to_commit(), sep="\n  ")
    print("Everything is finished." if complete else "Not everything is finished: start this again to go on.")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())

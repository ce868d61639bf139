"""Record what the zoo lacks, or what a changed recipe has made stale: `python -m ganlib.zoo`, or `make zoo`."""

import argparse
import sys

from ganlib.zoo import judges, runs


def main(arguments: list[str] | None = None) -> int:
    """Train and record, one entry and one seed after another; what is there and current stays.

    Parameters
    ----------
    arguments : list of str, optional. In the place of the command line's.

    Returns
    -------
    int. Exit code: 0 if every entry asked for is recorded.
    """
    parser = argparse.ArgumentParser(prog="python -m ganlib.zoo", description=__doc__)
    names = [*(f"judge_{name}" for name in judges.CODE), *runs.RECORDED]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all if left out: {', '.join(names)}")
    parser.add_argument("--full", action="store_true", help="at full size, which takes a GPU; a small record is stale")
    parser.add_argument("--seeds", type=int, default=runs.SEEDS, metavar="N", help="seeds 0 to N - 1 (%(default)s)")
    parser.add_argument("--device", help="where to train; the best device here if left out")
    options = parser.parse_args(arguments)
    for name in options.names or names:
        if name not in names:
            print(f"The zoo keeps no {name!r}; it keeps {', '.join(names)}.", file=sys.stderr)
            return 2
        if name in runs.RECORDED:
            _runs(name, options)
        else:
            _judge(name.removeprefix("judge_"), options.device)
    return 0


def _judge(name: str, device: str | None) -> None:
    if judges.is_current(name):
        print(f"judge_{name}: recorded, and its recipe has not changed")
    else:
        # a changed recipe must not go on from what the old one left
        print(judges.record(name, checkpoint=f"runs/judge_{name}_{judges.code(name)}", device=device))


def _runs(name: str, options: argparse.Namespace) -> None:
    full = options.full or None
    for seed in range(options.seeds):
        if runs.is_current(name, seed, options.full):
            print(f"{name}, seed {seed}: recorded, and its recipe has not changed")
            continue
        folder = f"runs/{name}_seed{seed}_{runs.code(name)}{'_full' * options.full}"
        found = runs.record(name, seed, full, checkpoint=folder, device=options.device)
        said = ", ".join(f"{key} {value:.4g}" for key, value in found["scores"].items())
        print(f"{name}, seed {seed}: {said} ({found['seconds']:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())

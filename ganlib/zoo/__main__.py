"""Record what the zoo lacks, or what a changed recipe has made stale: `python -m ganlib.zoo`, or `make zoo`."""

import argparse
import sys

from ganlib.zoo import judges


def main(arguments: list[str] | None = None) -> int:
    """Train and record, one entry after another; what is there and current stays.

    Parameters
    ----------
    arguments : list of str, optional. In the place of the command line's.

    Returns
    -------
    int. Exit code: 0 if every entry asked for is recorded.
    """
    parser = argparse.ArgumentParser(prog="python -m ganlib.zoo", description=__doc__)
    parser.add_argument("judges", nargs="*", metavar="JUDGE", help=f"{' or '.join(judges.CODE)}; all if left out")
    options = parser.parse_args(arguments)
    for name in options.judges or judges.CODE:
        if name not in judges.CODE:
            print(f"There is no judge of {name!r}; there are judges of {' and '.join(judges.CODE)}.", file=sys.stderr)
            return 2
        if judges.is_current(name):
            print(f"judge_{name}: recorded, and its recipe has not changed")
        else:
            # a changed recipe must not go on from what the old one left
            print(judges.record(name, checkpoint=f"runs/judge_{name}_{judges.code(name)}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

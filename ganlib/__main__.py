"""The command line of `ganlib`: `ganlib COMMAND`, or `python -m ganlib COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys

from ganlib.commands import datasets, runs, teaching, training


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What follows the program's name; the process's own arguments unless given.

    Returns
    -------
    int
        Exit status: 0; 1 when something could not be marked or a data set is damaged; 2 after an error that one
        sentence on stderr explains; 128 and its number after a signal, such as 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="ganlib", description="The library of The GAN Workbook.", epilog="example: ganlib train ring --seed 1"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (training, runs, datasets, teaching):
        module.add(commands)
    options = parser.parse_args(arguments)
    options.line = sys.argv[1:] if arguments is None else arguments
    try:
        return options.run(options) or 0
    except KeyboardInterrupt:
        goes_on = "; the same command goes on from here" * ("goes_on" in options)
        print(f"ganlib: stopped{goes_on}", file=sys.stderr, flush=True)
        os._exit(130)  # jobs under way wait for their notebooks, which end with this process
    except OSError as error:
        print(
            f"ganlib: {error}" if error.strerror is None else f"ganlib: {error.filename}: {error.strerror}",
            file=sys.stderr,
        )
        return 2
    except ValueError as error:
        print(f"ganlib: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())

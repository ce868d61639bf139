"""The command line of `ganlib`: `ganlib COMMAND`, or `python -m ganlib COMMAND`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What follows the program's name; the process's own arguments unless given.

    Returns
    -------
    int
        Exit status: 0, or 2 after an error that one sentence on stderr explains.
    """
    parser = argparse.ArgumentParser(prog="ganlib", description="The library of The GAN Workbook.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    student = commands.add_parser(
        "student",
        help="write notebooks to work in, without solutions",
        description="Write the notebooks of chapters with answers left open, without solutions and hidden checks.",
    )
    student.add_argument("chapters", nargs="+", type=Path, help="chapter files, or folders of chapters")
    student.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where to write them")
    student.add_argument(
        "--references", type=Path, metavar="FILE", help="bibliography (book/references.bib of the chapters' book)"
    )
    student.add_argument("--force", action="store_true", help="overwrite notebooks that have been worked in")
    student.set_defaults(run=_student)

    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except OSError as error:
        print(
            f"ganlib: {error}" if error.strerror is None else f"ganlib: {error.filename}: {error.strerror}",
            file=sys.stderr,
        )
        return 2
    except ValueError as error:
        print(f"ganlib: {error}", file=sys.stderr)
        return 2
    return 0


def _student(options: argparse.Namespace) -> None:
    """Write student notebooks, one line each."""
    try:
        from ganlib.grading.student import write_all
    except ModuleNotFoundError as error:
        raise ValueError(f"making notebooks needs {error.name}: install ganlib[notebooks,book]") from None
    for path, fate in write_all(options.chapters, options.output, options.references, options.force):
        print(f"{fate:<10}{path}" + " (it has been worked in; --force overwrites it)" * (fate == "kept"))


if __name__ == "__main__":
    raise SystemExit(main())

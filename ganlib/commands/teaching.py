"""`ganlib student`, `grade` and `report`: notebooks to work in, and marks for them."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add `student`, `grade` and `report` to the command line.

    Parameters
    ----------
    commands : argparse's subparsers.
    """
    student = commands.add_parser(
        "student",
        help="write notebooks to work in, without solutions",
        description="Write the notebooks of chapters with answers left open, without solutions and hidden checks.",
        epilog="example: ganlib student chapters/ -o out/",
    )
    student.add_argument("chapters", nargs="+", type=Path, help="chapter files, or folders of chapters")
    student.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where to write them")
    student.add_argument(
        "--references", type=Path, metavar="FILE", help="bibliography (book/references.bib of the chapters' book)"
    )
    student.add_argument("--force", action="store_true", help="overwrite notebooks that have been worked in")
    student.set_defaults(run=student_)

    grade = commands.add_parser(
        "grade",
        help="mark submissions, or a notebook of your own",
        description="Mark submissions against a chapter, each in a sandbox, and write a report; or, with --self, run a "
        "notebook of your own and read what its checks say. Of several files of a student the last one before the "
        "deadline counts, else the first late one, marked late. A mark set by hand in REPORT/overrides.csv stays.",
        epilog="examples: ganlib grade chapters/1_foundations/04_minimax.py submissions/ -o report/; "
        "ganlib grade --self my_04_minimax.ipynb",
    )
    grade.add_argument("reference", nargs="?", type=Path, metavar="REFERENCE", help="source of the chapter, NN_name.py")
    grade.add_argument(
        "submissions", nargs="*", metavar="SUBMISSIONS", help="files, folders, patterns, or archives (.zip)"
    )
    grade.add_argument("-o", "--output", type=Path, metavar="REPORT", help="folder of the report")
    grade.add_argument("--self", dest="own", type=Path, metavar="NOTEBOOK", help="grade this one alone, no sandbox")
    grade.add_argument("--roster", type=Path, metavar="CSV", help="who is who: student, and perhaps name and file")
    grade.add_argument("--deadline", metavar="TIME", help="such as 2026-11-20T18:00; later files are late")
    grade.add_argument("--jobs", type=int, metavar="N", help="submissions at a time (one for each core)")
    grade.add_argument("--cell-seconds", type=float, metavar="S", help="seconds that one cell may take (60)")
    grade.add_argument("--again", action="store_true", help="mark also what has been marked already")
    grade.add_argument("--dask", metavar="ADDRESS", help="run on a Dask cluster, such as tcp://10.0.0.1:8786")
    grade.add_argument(
        "--unsafe-no-sandbox", action="store_true", help="run code of strangers as you; every report will say so"
    )
    grade.set_defaults(run=grade_, goes_on=True)

    report = commands.add_parser(
        "report",
        help="write marks for a gradebook, or pages of feedback",
        description="Write the marks of a report that `ganlib grade` has made.",
        epilog="example: ganlib report report/ --html",
    )
    report.add_argument("report", type=Path, metavar="REPORT", help="folder of the report")
    form = report.add_mutually_exclusive_group(required=True)
    form.add_argument("--canvas", type=Path, metavar="GRADEBOOK", help="fill a gradebook that Canvas has exported")
    form.add_argument("--moodle", action="store_true", help="a table of marks and feedback for Moodle")
    form.add_argument("--gradescope", action="store_true", help="a file for each submission, as Gradescope reads it")
    form.add_argument("--junit", action="store_true", help="JUnit XML")
    form.add_argument("--html", action="store_true", help="a page for each student, and one about the class")
    report.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="where to (in REPORT: canvas.csv, moodle.csv, gradescope/, junit.xml, html/)",
    )
    report.add_argument("--by", metavar="NAME", help="with --canvas or --moodle, the column that names students")
    report.add_argument("--column", metavar="NAME", help="with --canvas, the column to fill; else the chapter's own")
    report.add_argument("--new", action="store_true", help="with --canvas, add the column if there is none")
    report.add_argument(
        "--scale", action="store_true", help="with --canvas, in proportion to the points that count there"
    )
    report.set_defaults(run=report_)


def student_(options: argparse.Namespace) -> None:
    """Write student notebooks, one line each."""
    try:
        from ganlib.grading.student import write_all
    except ModuleNotFoundError as error:
        raise ValueError(f"making notebooks needs {error.name}: install ganlib[notebooks,book]") from None
    for path, fate in write_all(options.chapters, options.output, options.references, options.force):
        print(f"{fate:<10}{path}" + " (it has been worked in; --force overwrites it)" * (fate == "kept"))


def grade_(options: argparse.Namespace) -> int:
    """Mark submissions, or a notebook of one's own."""
    if options.own is not None:
        return _grade_own(options)
    if options.reference is None or not options.submissions or options.output is None:
        raise ValueError("say which chapter, which submissions and where to: ganlib grade CHAPTER.py FOLDER -o REPORT")
    if options.jobs is not None and options.jobs < 1:
        raise ValueError(f"--jobs is {options.jobs}: at least one submission must be marked at a time")
    try:
        from ganlib.grading import batch, reference, roster
        from ganlib.grading.marking import NotMarked
        from ganlib.grading.sandbox import Limits, Unsafe
    except ModuleNotFoundError as error:
        raise ValueError(f"grading needs {error.name}: install ganlib[notebooks,grading]") from None
    seconds = {} if options.cell_seconds is None else {"cell_seconds": options.cell_seconds}
    try:
        with batch.on_dask(options.dask) if options.dask else nullcontext() as executor:
            summary = batch.grade(
                reference.build(options.reference),
                options.submissions,
                options.output,
                students=options.roster and roster.read(options.roster),
                deadline=options.deadline and roster.moment(options.deadline),
                limits=Limits(**seconds),
                safe=not options.unsafe_no_sandbox,
                workers=options.jobs,
                again=options.again,
                executor=executor,
                say=lambda sentence: print(sentence, file=sys.stderr, flush=True),
            )
    except (Unsafe, NotMarked) as error:
        raise ValueError(str(error)) from None
    for sentence in summary.sentences():
        print(sentence)
    print(f"see {options.output}, then: ganlib report {options.output} --html")
    return 1 if summary.failed else 0


def _grade_own(options: argparse.Namespace) -> int:
    """Run one's own notebook, and print marks and hints."""
    if options.reference is not None or options.output is not None:
        raise ValueError("--self takes one notebook and nothing else: ganlib grade --self NOTEBOOK")
    try:
        from ganlib.grading import alone
    except ModuleNotFoundError as error:
        raise ValueError(f"grading needs {error.name}: install ganlib[notebooks]") from None
    marks = alone.grade(options.own)
    for mark in marks:
        print(f"{mark.q:<10}{mark.points:g} of {mark.most:g}  {mark.said}")
    earned, most = sum(mark.points for mark in marks), sum(mark.most for mark in marks)
    print(f"{earned:g} of {most:g} points by the checks that you can see; an instructor may have others")
    return 0


def report_(options: argparse.Namespace) -> int:
    """Write the marks of a report in some other form."""
    from ganlib.grading.reports import canvas, gradescope, html, junit, moodle
    from ganlib.grading.reports import results as files

    if (options.column or options.new or options.scale) and not options.canvas:
        raise ValueError("--column, --new and --scale go with --canvas: they are about a column of that gradebook")
    if options.by and not (options.canvas or options.moodle):
        raise ValueError("--by goes with --canvas or --moodle: it names the column that knows students")
    results, seconds = files.read_folder(options.report), files.read_seconds(options.report)
    if options.canvas:
        place = options.output or options.report / "canvas.csv"
        columns = {result.chapter: options.column for result in results} if options.column else None
        filled = canvas.fill(
            options.canvas.read_bytes(),
            results,
            name=str(options.canvas),
            columns=columns,
            by=options.by,
            new=options.new,
            scale=options.scale,
        )
        files.write_bytes(place, filled.content)
        print(f"{place}: {filled.filled} marks")
        for what, lines in (
            ("replaced", filled.changed),
            ("left as it was", filled.kept),
            ("not in the gradebook", filled.strangers),
            ("without a mark", filled.without),
        ):
            print(*(f"{what}: {line}" for line in lines), sep="\n", end="\n" * bool(lines))
    elif options.moodle:
        place = options.output or options.report / "moodle.csv"
        written = moodle.export(results, by=options.by)
        files.write_bytes(place, written.content)
        print(f"{place}: students by {written.by}")
        print(*(f"nobody's: {file}" for file in written.strangers), sep="\n", end="\n" * bool(written.strangers))
    elif options.gradescope:
        place = options.output or options.report / "gradescope"
        single = place.suffix == ".json"
        if single and len(results) != 1:
            raise ValueError(f"{place} is one file, and {options.report} has {len(results)} results: name a folder")
        for result in results:
            path = place if single else place / f"{html.file_name(result.label).removesuffix('.html')}.json"
            gradescope.write(path, result, seconds.get((result.chapter, result.label)))
        print(f"{place}: {len(results)} results")
    elif options.junit:
        place = options.output or options.report / "junit.xml"
        files.write_bytes(place, junit.export(results, seconds))
        print(f"{place}: {len(results)} suites")
    else:
        place = options.output or options.report / "html"
        pages = html.write(place, results, seconds, files.read_pairs(options.report))
        print(f"{pages[0]}, and {len(pages) - 1} pages of feedback beside it")
    if unsafe := sum(not result.safe for result in results):
        print(f"UNSAFE: {unsafe} of these ran without a sandbox")
    return 0

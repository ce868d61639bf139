"""Many submissions, marked side by side: what is done stays done, and nothing that one of them does stops the others.

A report is a folder. For each submission that counts it holds `NAME/results.json`, whose bytes depend on the
submission, the reference, the grader and the secret, and not on when, how fast or beside what it was marked; how long
it took lies beside it. Marks are kept in `.marks` by the hash of all they depend on: an interrupted run goes on where
it stopped, and a new version of one notebook is one notebook's work. Who handed it in, whether it is late, and marks
set by hand (`overrides.csv`) are added each time anew.

Before anything else the chapter's own answers are marked. They must earn every point, or nobody's would mean anything.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from tqdm import tqdm

from ganlib.grading import inbox, landlock, roster
from ganlib.grading.chapters import question, role
from ganlib.grading.marking import CellResult, mark_submission
from ganlib.grading.reference import Reference, grader, without
from ganlib.grading.reports import results
from ganlib.grading.reports.results import Check, Flag, Override, Question, Result
from ganlib.grading.roster import Entry, Roster
from ganlib.grading.sandbox import Limits, preflight
from ganlib.grading.similarity import introspection, similar
from ganlib.grading.student import stub
from ganlib.grading.submission import Unreadable, answers, read

OVERRIDES = "overrides.csv"
KEPT = ".marks"

_FORMAT = 1  # of the files in KEPT
_PARSING = threading.Lock()  # one submission's JSON in memory at a time


@dataclass(frozen=True)
class Marks:
    """What marking one submission has found; the same for everybody who hands in the same file.

    Attributes
    ----------
    questions : tuple of Question
        In the order of the chapter.
    flags : tuple of Flag
        For a person to look at.
    seconds : float
        How long it took.
    """

    questions: tuple[Question, ...]
    flags: tuple[Flag, ...]
    seconds: float = 0.0


@dataclass
class Summary:
    """What a run has done.

    Attributes
    ----------
    marked, kept : int
        Submissions marked now, and those whose marks were there already.
    refused : list of str
        What could not be taken or read, a sentence each.
    failed : list of str
        What the grader could not mark, a sentence each: the next run tries again.
    absent : list of str
        Students of the roster who handed in nothing.
    superseded : int
        Files that did not count, because another one of the same student does.
    others : int
        Files passed over, because they are no notebooks or scripts.
    unused : list of str
        Students in `overrides.csv` who are not in the report.
    similar : int
        Pairs of answers that are nearly the same.
    landlock : bool
        False when notebooks ran in a sandbox without its second layer, for which the kernel of this machine is too old.
    seconds : float
        Wall time.
    """

    marked: int = 0
    kept: int = 0
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    superseded: int = 0
    others: int = 0
    unused: list[str] = field(default_factory=list)
    similar: int = 0
    landlock: bool = True
    seconds: float = 0.0

    def sentences(self) -> list[str]:
        """What a person should be told.

        Returns
        -------
        list of str
            The number of marks first, then what needs a look.
        """
        told = [f"{self.marked} marked, {self.kept} marked before, in {_duration(self.seconds)}"]
        told += [f"not readable, no points: {problem}" for problem in self.refused]
        told += [f"NOT MARKED, the next run tries again: {problem}" for problem in self.failed]
        if self.absent:
            told.append(f"handed in nothing: {', '.join(self.absent)}")
        if self.superseded:
            told.append(f"{self.superseded} files did not count: the same student has handed in another")
        if self.others:
            told.append(f"{self.others} files passed over: no notebooks, no scripts")
        if not self.landlock:
            told.append("the kernel of this machine has no Landlock: the sandbox had one layer, not two")
        told += [f"{OVERRIDES} names {student}, who is not in the report" for student in self.unused]
        if self.similar:
            told.append(f"{self.similar} pairs of answers are nearly the same: a person should look, see pairs.json")
        return told


def grade(
    reference: Reference,
    sources: list[str],
    report: Path,
    *,
    students: Roster | None = None,
    deadline: datetime | None = None,
    limits: Limits | None = None,
    safe: bool = True,
    workers: int | None = None,
    again: bool = False,
    executor: Callable[[], Executor] | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Summary:
    """Mark submissions and write a report.

    Parameters
    ----------
    reference : Reference
        The chapter.
    sources : list of str
        Files, folders, patterns and archives, see `ganlib.grading.inbox`.
    report : Path
        A folder, made if it is missing. Results of submissions that are not given now stay.
    students : Roster, optional
        Who is who. Without one every file is marked under its own name.
    deadline : datetime, optional
        In local time without a zone.
    limits : Limits, optional
        Of the sandbox.
    safe : bool
        Whether notebooks run in the sandbox; a report says if they did not.
    workers : int, optional
        Submissions at a time; one for each core unless given.
    again : bool
        Mark everything anew.
    executor : callable, () -> Executor, optional
        What runs the jobs; threads on this machine unless given. See `on_dask`.
    say : callable, (sentence) -> None
        Is told how long it will take.

    Returns
    -------
    Summary
        The results are in the report.

    Raises
    ------
    ValueError
        In one sentence, when the report is another chapter's, an archive, the roster or `overrides.csv` cannot be read,
        or there is nothing to mark.
    OSError
        When a path does not exist or cannot be written.
    ganlib.grading.sandbox.Unsafe
        When a wall of the sandbox is missing.
    """
    start = time.monotonic()
    limits = Limits() if limits is None else limits
    workers = _cores() if workers is None else workers
    by_hand = roster.overrides(report / OVERRIDES)
    _same_chapter(report, reference)
    with tempfile.TemporaryDirectory(prefix="ganlib-", ignore_cleanup_errors=True) as scratch:  # a job may be in there
        found, others = inbox.collect(sources, Path(scratch))
        if not found:
            raise ValueError(f"there is no notebook and no script in {' '.join(sources)}")
        handed = roster.choose(found, students, deadline)
        if safe and executor is None:
            _proved(limits)
        summary = Summary(others=others, absent=[student.id for student in handed.absent])
        summary.landlock = not safe or executor is not None or landlock.version() > 0
        summary.superseded = sum(len(entry.duplicates) for entry in handed.entries)
        _prepare(report)
        workdir = Path(scratch, "jobs") if executor is None else None
        desk = _Desk(reference, report, limits, safe, by_hand, summary, workdir)
        todo = desk.sort(handed.entries, again)
        if todo:
            run = (lambda: ThreadPoolExecutor(workers)) if executor is None else executor
            seconds = desk.prove(run)
            number = len(todo)
            say(f"{number} to mark, {workers} at a time: about {_duration(seconds * math.ceil(number / workers))}")
            desk.mark(todo, run, workers if executor is None else 4 * workers)
    labels = {entry.label for entry in handed.entries}
    desk.remove_stale({file.name for file in found}, labels)
    summary.similar = _compare(report, reference)
    summary.unused = sorted(set(by_hand) - {result.label for result in results.read_folder(report)})
    summary.seconds = time.monotonic() - start
    return summary


@contextmanager
def on_dask(address: str) -> Iterator[Callable[[], Executor]]:
    """What runs jobs on a Dask cluster, whose workers have the same library, packages and sandbox.

    Parameters
    ----------
    address : str
        Of its scheduler, such as `tcp://10.0.0.1:8786`.

    Yields
    ------
    callable, () -> Executor
        For `grade`.

    Raises
    ------
    ValueError
        In one sentence, when Dask is not installed or nobody answers.
    """
    try:
        from distributed import Client  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise ValueError("marking on a cluster needs Dask: install ganlib[cluster]") from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield lambda: client.get_executor(pure=False, retries=0)


def mark(
    reference: Reference, name: str, content: bytes, limits: Limits, safe: bool, workdir: Path | None = None
) -> Marks:
    """Mark one submission. It never raises for anything that the submission is or does.

    Parameters
    ----------
    reference : Reference
        The chapter.
    name : str
        What a message calls the file.
    content : bytes
        Of the file.
    limits : Limits
        Of the sandbox.
    safe : bool
        Whether to use it.
    workdir : Path, optional
        Where temporary files go, which hold the expected outputs; the system's place unless given.

    Returns
    -------
    Marks
        Without the seeds that hidden checks draw their inputs from, whatever was printed.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ganlib-", dir=workdir) as folder:
        path = Path(folder, re.sub(r"[^\w .()-]", "_", PurePosixPath(name).name)[-80:])
        path.write_bytes(content)
        try:
            with _PARSING:
                submission = read(path)
                given, flags = answers(submission, reference.notebook)
        except Unreadable as error:
            return _nothing(reference, Flag("unreadable", None, str(error)))
        noticed = [*submission.flags, *flags]
        noticed += [flag for answer in given.values() for flag in introspection(answer.source, answer.q)]
        del submission
        if safe:
            _proved(limits)
        marked = mark_submission(reference.notebook, given, limits, safe=safe, workdir=workdir)
    questions = tuple(
        Question(
            marks.q,
            reference.titles.get(marks.q, ""),
            marks.points,
            marks.max,
            marks.state,
            tuple(_check(check) for check in marks.checks),
            given[marks.q].source if marks.q in given else "",
        )
        for marks in marked.questions
    )
    return _struck(Marks(questions, tuple(noticed), time.monotonic() - start), reference.seeds)


def _check(check: CellResult) -> Check:
    """A check as it is written down: its hint as the student saw it, and nothing of a hidden one."""
    hint = f"{check.q}: {check.hint}" if check.hint and check.role == "check" else ""
    return Check(check.id, check.role, check.passed is True, hint)


class _Desk:
    """Where marks become results: it knows the report, and what is to be added to marks."""

    def __init__(
        self,
        reference: Reference,
        report: Path,
        limits: Limits,
        safe: bool,
        by_hand: dict[str, Override],
        done: Summary,
        workdir: Path | None,
    ) -> None:
        self.reference, self.report, self.limits, self.safe = reference, report, limits, safe
        self.by_hand, self.done, self.workdir = by_hand, done, workdir
        self.folders: set[Path] = set()
        if workdir is not None:
            workdir.mkdir()

    def sort(self, entries: list[Entry], again: bool) -> dict[str, list[Entry]]:
        """Write the results of what needs no marking; return the rest by key: the same file is marked once."""
        todo: dict[str, list[Entry]] = {}
        for entry in entries:
            self.folders.add(self._folder(entry))
            if entry.found.path is None:
                self._refused(entry, entry.found.problem)
                continue
            try:
                key = self._key(_hash(entry.found.path))
            except OSError as error:
                self._refused(entry, f"it cannot be opened: {error.strerror}")
                continue
            marks = None if again else _load(self._kept(key))
            if marks is None:
                todo.setdefault(key, []).append(entry)
            else:
                self.done.kept += 1
                self._write(entry, key, marks)
        return todo

    def prove(self, run: Callable[[], Executor]) -> float:
        """Mark the chapter's own answers, once; return how long that took."""
        key = self._key("the chapter's own answers")
        marks = _load(self._kept(key))
        if marks is None:
            cells = [cell for cell in self.reference.notebook.cells if cell.cell_type == "code"]
            own = "".join(f"# %%\n{cell.source}\n" for cell in cells if role(cell) == "answer")
            with run() as pool:
                job = (self.reference, "own.py", own.encode(), self.limits, self.safe, self.workdir)
                marks = pool.submit(mark, *job).result()
            for question in marks.questions:
                if not question.solved:
                    raise ValueError(
                        f"{self.reference.chapter}: the chapter's own answer to {question.q} does not pass its checks "
                        f"here, so nobody's can ({question.state}; {question.hint or 'no hint'})"
                    )
            results.write_bytes(self._kept(key), _dump(marks))
        return marks.seconds

    def mark(self, todo: dict[str, list[Entry]], run: Callable[[], Executor], most: int) -> None:
        """Mark what is left, and write each result as it is there."""
        number = sum(map(len, todo.values()))
        total = number + self.done.kept
        bar = tqdm(total=total, initial=self.done.kept, desc=self.reference.chapter, unit="submission", smoothing=0.1)
        with bar:
            for key, outcome in _each(todo, self._start, run, most):
                for entry in todo[key]:
                    if isinstance(outcome, Marks):
                        self._marked(entry, key, outcome)
                    else:
                        self._failed(entry, key, outcome)
                    bar.update()

    def remove_stale(self, names: set[str], labels: set[str]) -> None:
        """Take away results of files that no longer count, and of students who are now known."""
        for path in results.find(self.report):
            result = results.read(path)
            if path.parent not in self.folders and (result.file in names or result.label in labels):
                path.unlink()
                path.with_name("timings.json").unlink(missing_ok=True)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()

    def _start(self, key: str, entries: list[Entry]) -> tuple[Any, ...]:
        """The job of marking a file."""
        found = entries[0].found
        assert found.path is not None
        content = found.path.read_bytes()[: inbox.FILE + 1]  # one too many, so that it is refused
        return (mark, self.reference, found.name, content, self.limits, self.safe, self.workdir)

    def _marked(self, entry: Entry, key: str, marks: Marks) -> None:
        """Keep marks, and write the result."""
        if any(flag.kind == "unreadable" for flag in marks.flags):
            self._refused(entry, next(flag.text for flag in marks.flags if flag.kind == "unreadable"))
            return
        results.write_bytes(self._kept(key), _dump(marks))
        self.done.marked += 1
        self._write(entry, key, marks)

    def _refused(self, entry: Entry, problem: str) -> None:
        """Write the result of what could not be read: no points, and the reason."""
        told = problem.startswith(PurePosixPath(entry.found.name).name)
        self.done.refused.append(problem if told else f"{entry.found.name}: {problem}")
        self._write(entry, self._key(""), _nothing(self.reference, Flag("unreadable", None, problem)))

    def _failed(self, entry: Entry, key: str, error: BaseException) -> None:
        """Write the result of what the grader failed on: no points yet, and a person should look."""
        problem = without(f"{type(error).__name__}: {error}".split("\n")[0], *self.reference.seeds)[:300]
        self.done.failed.append(f"{entry.found.name}: {problem}")
        text = f"the grader failed on it, it has no marks yet: {problem}"
        self._write(entry, key, _nothing(self.reference, Flag("not-marked", None, text)))

    def _write(self, entry: Entry, key: str, marks: Marks) -> None:
        """Write a result: marks, whose they are, and what a person has decided."""
        override = self.by_hand.get(entry.label)
        doubt = (Flag("unknown-student", None, entry.doubt),) if entry.doubt else ()
        result = Result(
            key=key,
            file=entry.found.name,
            sha256=_hash(entry.found.path),
            student=entry.student.id if entry.student else None,
            late=entry.late,
            duplicates=entry.duplicates,
            chapter=self.reference.chapter,
            reference_sha256=self.reference.sha256,
            grader=grader(),
            safe=self.safe,
            questions=marks.questions,
            flags=(*marks.flags, *doubt),
            override=override,
            score=_total(question.points for question in marks.questions) if override is None else override.points,
            max=_total(question.max for question in marks.questions),
            name=entry.student.name if entry.student else "",
        )
        path = self._folder(entry) / "results.json"
        content = results.encode(result)
        if not path.exists() or path.read_bytes() != content:
            results.write_bytes(path, content)
        timing = json.dumps({"seconds": round(marks.seconds, 3)}) + "\n"
        results.write_bytes(path.with_name("timings.json"), timing.encode())

    def _folder(self, entry: Entry) -> Path:
        """The folder of a submission's result."""
        return self.report / _slug(entry.label)

    def _kept(self, key: str) -> Path:
        """The file of marks."""
        return self.report / KEPT / f"{key}.json"

    def _key(self, sha256: str) -> str:
        """Hash of all that marks depend on."""
        parts = [_FORMAT, sha256, self.reference.key, grader(), dataclasses.asdict(self.limits), self.safe]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _each(
    todo: dict[str, list[Entry]],
    start: Callable[[str, list[Entry]], tuple[Any, ...]],
    run: Callable[[], Executor],
    most: int,
) -> Iterator[tuple[str, Marks | BaseException]]:
    """Run jobs, at most so many at once, and yield what became of each; when this ends early, the rest is dropped."""
    waiting, under_way = iter(todo.items()), dict[Future[Marks], str]()
    pool = run()
    try:
        while True:
            for key, entries in waiting:
                try:
                    under_way[pool.submit(*start(key, entries))] = key
                except OSError as error:
                    yield key, error
                if len(under_way) >= most:
                    break
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                failure = future.exception()
                yield under_way.pop(future), future.result() if failure is None else failure
    finally:
        for future in under_way:
            future.cancel()
        pool.shutdown(wait=not under_way)


def _compare(report: Path, reference: Reference) -> int:
    """Write down which answers in a report are nearly the same; return how many pairs."""
    sources: dict[str, dict[str, str]] = {}
    for result in results.read_folder(report):
        sources[result.label] = {question.q: question.answer for question in result.questions if question.answer}
    cells = [cell for cell in reference.notebook.cells if cell.cell_type == "code" and role(cell) == "answer"]
    known = {str(question(cell)): (cell.source, stub(cell.source, str(question(cell)))) for cell in cells}
    pairs = [
        results.Pair(pair.q, (pair.a, pair.b), (sources[pair.a][pair.q], sources[pair.b][pair.q]), pair.score)
        for pair in similar(sources, known=known)
    ]
    results.write_pairs(report, pairs)
    return len(pairs)


def _same_chapter(report: Path, reference: Reference) -> None:
    """Refuse a report that holds marks of another chapter."""
    if report.exists() and not report.is_dir():
        raise ValueError(f"{report} is a file: name a folder for the report")
    for path in sorted(report.glob("*/results.json"))[:1]:
        if (chapter := results.read(path).chapter) != reference.chapter:
            raise ValueError(f"{report} holds marks of {chapter}: name another folder for those of {reference.chapter}")


def _prepare(report: Path) -> None:
    """Make the folder, which nobody else may read, and the table in which marks are set by hand."""
    if not report.exists():
        report.mkdir(parents=True)
        report.chmod(0o700)
    (report / KEPT).mkdir(exist_ok=True)
    if not (report / OVERRIDES).exists():
        results.write_bytes(report / OVERRIDES, b"student,points,by,why\n")


def _nothing(reference: Reference, flag: Flag) -> Marks:
    """No points for anything, and why."""
    worth = reference.points.items()
    return Marks(
        tuple(Question(q, reference.titles.get(q, ""), 0.0, most, "missing", ()) for q, most in worth), (flag,)
    )


def _dump(marks: Marks) -> bytes:
    """Marks as the bytes of a file."""
    data = {"format": _FORMAT, **dataclasses.asdict(marks)}
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _load(path: Path) -> Marks | None:
    """Marks that were kept; None when there are none, or only half of them."""
    try:
        data = json.loads(path.read_bytes())
        questions = tuple(
            Question(**{**item, "checks": tuple(Check(**check) for check in item["checks"])})
            for item in data["questions"]
        )
        flags = tuple(Flag(**item) for item in data["flags"])
        return Marks(questions, flags, float(data["seconds"])) if data["format"] == _FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _struck(marks: Marks, seeds: tuple[str, ...]) -> Marks:
    """Marks without the seeds of the hidden checks, should an answer have printed it."""

    def strike(text: str) -> str:
        return without(text, *seeds)

    questions = tuple(
        dataclasses.replace(
            question,
            checks=tuple(
                dataclasses.replace(check, hint=strike(check.hint), printed=strike(check.printed))
                for check in question.checks
            ),
        )
        for question in marks.questions
    )
    flags = tuple(dataclasses.replace(flag, text=strike(flag.text)) for flag in marks.flags)
    if (questions, flags) != (marks.questions, marks.flags):
        text = "it printed a seed of the hidden checks, which was struck out"
        flags = (*flags, Flag("introspection", None, text))
    return dataclasses.replace(marks, questions=questions, flags=flags)


def _total(points: Iterable[float]) -> float:
    """A sum that does not show how it was made."""
    return round(math.fsum(points), 6)


def _hash(path: Path | None) -> str:
    """Hash of a file, which may be large; of nothing, when it was not taken."""
    digest = hashlib.sha256()
    if path is not None:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _slug(label: str) -> str:
    """A folder's name, the same on every system and different for different labels."""
    readable = re.sub(r"[^a-z0-9]+", "-", label.casefold()).strip("-")[-40:].strip("-") or "file"
    return f"{readable}-{hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _duration(seconds: float) -> str:
    """A time as a person says it."""
    minutes = round(seconds / 60)
    return (
        f"{max(1, round(seconds))} s" if seconds < 90 else f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
    )


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _proved(limits: Limits) -> None:
    """Prove the walls of the sandbox, once in each process."""
    preflight(limits)

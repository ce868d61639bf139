"""pytest plugin: marks one notebook, whose kernel runs in a box and may be hostile.

`ganlib.grading.marking` loads it, in a process of its own for each notebook. Outputs are compared as
`ganlib.grading.nbval_plugin` compares them. What is different:

- the kernel runs inside the walls of `ganlib.grading.sandbox`; its sockets are reached through `/proc`, once: a kernel
  that goes away and comes back is not believed;
- every byte that arrives is counted, one message is limited, and a kernel that says too much, takes too much memory or
  too much time is killed, with everything that it started;
- one line of JSON is written for each cell, as it ends, so that nothing is lost when a later cell ends everything;
- a warning on stderr does not fail a check: the student has seen it, too.
"""

from __future__ import annotations

import asyncio
import copy
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbval.plugin import IPyNbFile, coalesce_streams

from ganlib.grading import nbval_plugin, sandbox
from ganlib.grading.kernel import ENVIRONMENT, tidy
from ganlib.grading.sandbox import Limits

START = 60.0  # seconds that a kernel may take to start
OWN_MEMORY = 2 << 30  # bytes of address space that this process may use
HINT = 300  # characters
LOST = "Timeout waiting for IOPub output"  # what nbclient says when a cell has ended and its last output never comes
LAST = 8  # seconds that it may come later
GONE = 2000  # milliseconds that a cell may wait to be sent: to a kernel that is gone it would wait for ever

_NAME = re.compile(r"[A-Za-z_]\w{0,60}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+")


class Box:
    """A kernel in its box: it runs cells, and is killed when it goes too far.

    Attributes
    ----------
    why : str
        What it was killed for, such as `printed more than 2 MB`; empty while it lives.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.why = ""
        self.received = 0  # bytes since the last cell began
        self.process: subprocess.Popen[bytes] | None = None

    def receive(self, size: int) -> None:
        """Count what has arrived."""
        self.received += size
        if self.received > self.limits.output:
            self.kill(f"printed more than {self.limits.output / 1e6:g} MB")

    def kill(self, why: str) -> None:
        """End everything in the box; only the first reason counts."""
        if not self.why and self.process is not None:
            self.why = why
            self.process.kill()

    def watch(self, stopped: threading.Event) -> None:
        """Look at its memory again and again."""
        while not stopped.wait(0.15):
            if self.process and not self.why and sandbox.usage(self.process.pid) > self.limits.memory:
                self.kill(f"used more than {self.limits.memory / 1e9:.2g} GB of memory")


class _Channel(AsyncZMQSocketChannel):
    """Counts what comes in, whomever it claims to answer, and lets the clock be looked at in between."""

    box: Box

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        assert self.socket is not None
        parts = await self.socket.recv_multipart(**kwargs)
        self.box.receive(sum(map(len, parts)))
        await asyncio.sleep(0)
        _, parts = self.session.feed_identities(parts)
        return dict(self.session.deserialize(parts))


def _client(manager: AsyncKernelManager, box: Box, root: Path | None) -> AsyncKernelClient:
    """A client that is connected to the kernel's sockets, two of them, and will not connect again."""

    class Channel(_Channel):
        pass

    class Client(AsyncKernelClient):
        def start_channels(self, *args: Any, **kwargs: Any) -> None:
            super().start_channels(stdin=False, hb=False, control=False)

    Channel.box = box
    kwargs = manager.get_connection_info(session=True)
    if root is not None:
        kwargs["ip"] = f"{root}{sandbox.SOCKETS}"
    context = zmq.asyncio.Context()
    client = Client(**kwargs, context=context, parent=manager)
    client.shell_channel_class = client.iopub_channel_class = Channel
    context.setsockopt(zmq.MAXMSGSIZE, box.limits.output + (1 << 16))
    context.setsockopt(zmq.RCVHWM, 50)
    context.setsockopt(zmq.LINGER, 0)
    context.setsockopt(zmq.SNDTIMEO, GONE)
    if root is not None:
        context.setsockopt(zmq.RECONNECT_IVL, -1)
    return client


@contextmanager
def boxed(notebook: NotebookNode, limits: Limits, *, safe: bool) -> Iterator[tuple[Box, Callable[[int], NotebookNode]]]:
    """A kernel inside the walls for as long as the block lasts.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook to run; its cells receive the outputs.
    limits : Limits
        What it may use.
    safe : bool
        False for a kernel without walls.

    Yields
    ------
    (Box, callable)
        The box, and a function of an index that runs that cell and returns it. It raises whatever goes wrong.

    Raises
    ------
    RuntimeError
        When the kernel does not start.
    """
    box, stopped, began = Box(limits), threading.Event(), time.monotonic()
    stop: Callable[[], Coroutine[Any, Any, None]] | None = None

    def seconds(cell: NotebookNode) -> int:
        left = limits.notebook_seconds - (time.monotonic() - began)
        return max(1, round(min(limits.cell_seconds, left)))

    async def start(folder: Path) -> NotebookClient:
        nonlocal stop
        specs = KernelSpecManager(kernel_dirs=[str(sandbox.kernel_spec(folder, limits, safe=safe))])
        options: dict[str, Any] = {"transport": "ipc", "ip": sandbox.SOCKETS} if safe else {}
        manager = AsyncKernelManager(
            kernel_name=sandbox.NAME, kernel_spec_manager=specs, connection_file=str(folder / "kernel.json"), **options
        )
        kept = {name: value for name, value in os.environ.items() if name != "GANLIB_SECRET"}
        work = folder / "work"
        work.mkdir()
        await manager.start_kernel(
            cwd=str(work), env=kept | ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        box.process = getattr(manager.provisioner, "process", None)
        client = _client(manager, box, await _wait(manager, box) if safe else None)

        async def end() -> None:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)
            client.context.destroy(linger=0)

        stop = end
        client.start_channels()
        await client.wait_for_ready(timeout=START)
        runner = NotebookClient(notebook, km=manager, timeout_func=seconds, record_timing=False)
        runner.kc, runner.raise_on_iopub_timeout, runner.iopub_timeout = client, True, LAST
        return runner

    with tempfile.TemporaryDirectory(prefix="ganlib-") as name, asyncio.Runner() as loop:
        try:
            runner = loop.run(start(Path(name)))
            if safe:
                threading.Thread(target=box.watch, args=(stopped,), daemon=True).start()

            def run(index: int) -> NotebookNode:
                if time.monotonic() - began > limits.notebook_seconds:
                    box.kill(f"took longer than {limits.notebook_seconds:g} s in all")
                    raise RuntimeError(box.why)
                box.received = 0
                loop.run(runner.async_execute_cell(notebook.cells[index], index))
                return notebook.cells[index]

            yield box, run
        finally:
            stopped.set()
            if stop is not None:
                loop.run(stop())
            elif box.process is not None:
                box.process.kill()


async def _wait(manager: AsyncKernelManager, box: Box) -> Path:
    """Wait for the sockets of a kernel, before any student's code has run; return where its files are seen."""
    assert box.process is not None
    end = time.monotonic() + START
    while time.monotonic() < end and await manager.is_alive():
        root = sandbox.inside(box.process.pid)
        if root and all(os.path.exists(f"{root}{sandbox.SOCKETS}-{number}") for number in range(1, 6)):
            return root
        await asyncio.sleep(0.02)
    raise RuntimeError("the kernel does not start in the sandbox")


class Notebook(nbval_plugin.Notebook):
    """A merged notebook, run in a box."""

    ended = ""  # how the run ended before the last cell: "timeout" or "crashed"

    def collect(self) -> Iterator[pytest.Item]:
        """The code cells."""
        for item in IPyNbFile.collect(self):
            yield Cell.from_parent(self, name=item.name, cell_num=item.cell_num, cell=item.cell, options=item.options)

    def setup(self) -> None:
        """Start the kernel."""
        self.skip_compare += nbval_plugin.NOT_COMPARED
        order = self.config.stash[ORDER]
        self._open = ExitStack()
        self.running = copy.deepcopy(self.nb)
        session = boxed(self.running, Limits(**order["limits"]), safe=order["safe"])
        self.box, self.run_index = self._open.enter_context(session)
        self.setup_sanitize_files()


class Cell(nbval_plugin.Cell):
    """A code cell: it runs, is compared, and leaves a record."""

    why = ""
    hint = ""
    ended = ""  # how it ended the run, if it did

    def runtest(self) -> None:
        """Run the cell and compare."""
        notebook, course = self.parent, self.cell.metadata.get("course", {})
        if notebook.ended:
            self.fail("was not run: an earlier cell ended the run")
        index = next(place for place, cell in enumerate(notebook.nb.cells) if cell is self.cell)
        raised = ""
        try:
            outputs = notebook.run_index(index).outputs
        except CellExecutionError as error:
            named = course.get("role") != "hidden" and _NAME.fullmatch(str(error.ename))  # an answer may choose names
            raised = f"raised {error.ename if named else 'an error'}"
            outputs = notebook.running.cells[index].outputs
        except Exception as error:  # whatever a hostile kernel has sent
            slow, lost = isinstance(error, CellTimeoutError), LOST in str(error)
            limit = f"took longer than {notebook.box.limits.cell_seconds:g} s"
            notebook.box.kill("lost its output" if slow and lost else limit if slow else "killed its kernel")
            notebook.ended = self.ended = "timeout" if "took longer" in notebook.box.why else "crashed"
            self.fail(notebook.box.why)
        reference = coalesce_streams(tidy(copy.deepcopy(self.cell.outputs)))
        self.test_outputs = coalesce_streams(tidy(copy.deepcopy(outputs)))
        if course.get("role") == "check" and course.get("q"):
            self.hint = hint(course["q"], self.test_outputs)
        if raised and not self.options["check_exception"]:
            self.fail(raised)
        compared = self.cell.execution_count is not None and self.options["check"]
        if compared and not self.compare_outputs(self.test_outputs, reference):
            self.fail("shows something else than the reference")

    def fail(self, why: str) -> None:
        """End the test, and say why in words that hold nothing of any output."""
        self.why = why
        self.raise_cell_error(why)


def hint(q: str, outputs: list[Any]) -> str:
    """What a check said about an answer.

    Parameters
    ----------
    q : str
        The question.
    outputs : list of NotebookNode
        Of the check.

    Returns
    -------
    str
        The last line that begins with the question's name, without that name, printable and at most `HINT` characters;
        empty when there is none, or when it is `right`.
    """
    text = "".join(str(output.get("text", "")) for output in outputs if output.get("name") == "stdout")
    said = [line[len(q) + 2 :] for line in text.split("\n") if line.startswith(f"{q}: ")]
    last = _UNPRINTABLE.sub(" ", said[-1]).strip() if said else ""
    return "" if last == "right" else last[:HINT]


ORDER = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option: a file with limits, and where to write the records.

    Parameters
    ----------
    parser : pytest.Parser
        To add it to.
    """
    parser.addoption("--ganlib-marking", metavar="FILE", help="limits, safety and the file for records, in JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Read the order; bind this process's life to its parent's, and its memory.

    Parameters
    ----------
    config : pytest.Config
        With the option.
    """
    config.stash[ORDER] = json.loads(Path(config.option.ganlib_marking).read_text(encoding="utf-8"))
    if sys.platform == "linux":
        import resource

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nobody marks on when the grader is gone
        if config.stash[ORDER]["parent"] != os.getppid():
            raise SystemExit("the grader is gone")
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (OWN_MEMORY, hard))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Put our notebook in the place of nbval's.

    Parameters
    ----------
    file_path : Path
        What pytest has come across.
    parent : pytest.Collector
        Where it has.

    Yields
    ------
    list
        Collectors of the file.

    Returns
    -------
    list
        The same, with our class of notebook.
    """
    found = yield
    return [Notebook.from_parent(parent, path=file_path) if type(item) is IPyNbFile else item for item in found]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write the record of a cell as it ends. Skipped, or expected to fail, is not passed.

    Parameters
    ----------
    item : pytest.Item
        A cell.
    call : pytest.CallInfo
        How it went.

    Yields
    ------
    pytest.TestReport
        What pytest makes of it.

    Returns
    -------
    pytest.TestReport
        The same.
    """
    report = yield
    if isinstance(item, Cell) and call.when == "call":
        record = {
            "cell": item.cell.id,
            "passed": report.outcome == "passed" and not hasattr(report, "wasxfail"),
            "why": item.why or ("" if report.outcome == "passed" else "could not be compared"),
            "hint": item.hint,
            "ended": item.ended,
            "seconds": round(call.duration, 3),
        }
        with open(item.config.stash[ORDER]["records"], "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    return report

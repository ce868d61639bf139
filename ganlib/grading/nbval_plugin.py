"""pytest plugin: nbval compares notebooks, and sees their outputs the way they were made.

Load it with `pytest -p ganlib.grading.nbval_plugin --nbval book/notebooks`. What it changes in nbval 0.11:

- cells run through the client that executed the chapters (`ganlib.grading.kernel`): a trailing `;`, `clear_output`,
  display updates and captured output come out as in the reference, a dead kernel is noticed at once, and the working
  folder is a new one;
- live widgets, stderr, HTML, SVG and GIF are not compared, but a cell that prints a warning to stderr fails;
- `course={"rtol": ..., "atol": ...}` allows the numbers of a cell to differ, and only the numbers;
- after a cell that timed out or killed its kernel, the others fail: nothing of theirs was compared;
- `sanitize.cfg`, beside this file, is used unless another file is given.

A cell is known by its metadata, never by nbval's number for it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from ganlib.grading.kernel import running, tidy, warned

if not version("nbval").startswith("0.11."):
    raise ImportError(f"this plugin is written for nbval 0.11, and {version('nbval')} is installed")

SANITIZE = Path(__file__).with_name("sanitize.cfg")
NOT_COMPARED = ("text/html", "image/svg+xml", "image/gif", "stderr")

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|\bnan\b|\binf\b")


class Notebook(IPyNbFile):  # type: ignore[misc]  # nbval has no types
    """A notebook, run by the client that also executes chapters."""

    stopped_by: str | None = None  # what ended the run before the last cell

    def collect(self) -> Iterator[pytest.Item]:
        """The code cells."""
        for item in super().collect():
            yield Cell.from_parent(self, name=item.name, cell_num=item.cell_num, cell=item.cell, options=item.options)

    def setup(self) -> None:
        """Start the kernel."""
        self.skip_compare += NOT_COMPARED
        option = self.config.option
        self._open = ExitStack()
        self.running = copy.deepcopy(self.nb)
        session = running(self.running, option.nbval_cell_timeout, option.nbval_kernel_name)
        self.run_cell = self._open.enter_context(session)
        self.setup_sanitize_files()

    def teardown(self) -> None:
        """Stop the kernel."""
        self._open.close()


class Cell(IPyNbCell):  # type: ignore[misc]
    """A code cell: it runs, and its outputs are compared with those in the file."""

    def setup(self) -> None:
        """Nothing: nbval would mark the cells after a timeout as expected to fail, which is no failure."""

    def runtest(self) -> None:
        """Run the cell and compare."""
        if self.options["skip"]:
            pytest.skip("the cell asks to be skipped")
        if self.parent.stopped_by:
            self.raise_cell_error(f"Not run: {self.parent.stopped_by}")
        index = next(place for place, cell in enumerate(self.parent.nb.cells) if cell is self.cell)
        cell = self.parent.running.cells[index]
        try:
            self.parent.run_cell(cell, index)
        except CellExecutionError as error:
            if not self.options["check_exception"]:
                self.raise_cell_error("Cell execution caused an exception", error.traceback)
        except (CellTimeoutError, DeadKernelError) as error:
            timeout = f"took longer than {self.config.option.nbval_cell_timeout:g} s"
            what = "killed its kernel" if isinstance(error, DeadKernelError) else timeout
            self.parent.stopped_by = f"an earlier cell, {self.name}, {what}"
            self.raise_cell_error(f"The cell {what}")
        if warning := warned(cell.outputs):
            self.raise_cell_error(f"The cell warns: {warning}")
        reference = tidy(copy.deepcopy(self.cell.outputs))
        self.test_outputs = coalesce_streams(tidy(copy.deepcopy(cell.outputs)))
        if self.cell.execution_count is None:
            if self.cell.outputs:
                self.raise_cell_error("Unrun reference cell has outputs")
        elif self.options["check"] and not self.compare_outputs(self.test_outputs, coalesce_streams(reference)):
            self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))

    def compare_outputs(self, test: list[Any], ref: list[Any], skip_compare: Any = None) -> bool:
        """Compare as nbval does, after numbers within the cell's tolerance were made equal.

        Parameters
        ----------
        test, ref : list of NotebookNode
            Outputs now and in the file.
        skip_compare : tuple of str, optional
            What not to compare; the notebook's own unless given.

        Returns
        -------
        bool
            True when they agree.
        """
        course = self.cell.metadata.get("course", {})
        rtol, atol = course.get("rtol", 0.0), course.get("atol", 0.0)
        if rtol or atol:
            for new, old in zip(test, ref):
                for a, b in ((new, old), (new.get("data", {}), old.get("data", {}))):
                    for key in ("text", "text/plain"):
                        if key in a and key in b and within(a[key], b[key], rtol, atol):
                            a[key] = b[key]
        return bool(super().compare_outputs(test, ref, skip_compare))


def within(text: str, reference: str, rtol: float, atol: float) -> bool:
    """Whether two texts are the same but for numbers, and each number x lies within atol + rtol |reference| of its own.

    Parameters
    ----------
    text, reference : str
        What was printed now and then.
    rtol, atol : float
        Not negative.

    Returns
    -------
    bool
        Also true for numbers written the same way, `nan` included.
    """
    if _NUMBER.sub("#", text) != _NUMBER.sub("#", reference):
        return False
    pairs = zip(_NUMBER.findall(text), _NUMBER.findall(reference))
    return all(a == b or abs(float(a) - float(b)) <= atol + rtol * abs(float(b)) for a, b in pairs)


def pytest_configure(config: pytest.Config) -> None:
    """Use our sanitiser unless another is asked for.

    Parameters
    ----------
    config : pytest.Config
        With nbval's options.
    """
    if config.option.nbval_sanitize_with is None:
        config.option.nbval_sanitize_with = str(SANITIZE)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Put our notebooks in the place of nbval's.

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

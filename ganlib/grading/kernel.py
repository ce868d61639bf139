"""How a notebook is run, and what is kept of its outputs: the same when it is made and when it is tested."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"

ENVIRONMENT = {
    "TQDM_DISABLE": "1",  # no progress bars
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "CUDA_VISIBLE_DEVICES": "",  # the numbers in the book are those of a CPU
    "OMP_NUM_THREADS": "1",  # sums in the same order on any number of cores, and no two kernels at odds over two
}
"""What every kernel is started with, on top of the environment it is started from, less the instructor's secret."""

_WARNING = re.compile(r"^.*?\b(\w*Warning): .*$", re.MULTILINE)
_CRITICAL = (b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND")


class _ThisPython(KernelSpecManager):
    """Finds one kernel whatever the name: the Python that is running now."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this Python."""
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


@contextmanager
def running(
    notebook: NotebookNode, timeout: float, kernel_name: str | None = None
) -> Iterator[Callable[[NotebookNode, int], None]]:
    """A kernel of a notebook's own, started in a new empty folder, for as long as the block lasts.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook to run.
    timeout : float
        Seconds that one cell may take.
    kernel_name : str, optional
        An installed kernel; the Python that is running now unless given.

    Yields
    ------
    callable, (cell, index) -> None
        Runs a cell of the notebook, which receives its outputs. It raises what nbclient raises: CellExecutionError,
        CellTimeoutError or DeadKernelError.
    """
    specs = {} if kernel_name else {"kernel_spec_manager": _ThisPython()}
    manager = AsyncKernelManager(kernel_name=kernel_name or "python3", **specs)
    client = NotebookClient(notebook, km=manager, timeout=round(timeout), record_timing=False)

    async def start(folder: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "GANLIB_SECRET"} | ENVIRONMENT
        await client.async_start_new_kernel(cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        await client.async_start_new_kernel_client()

    async def stop() -> None:
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)

    with tempfile.TemporaryDirectory(prefix="ganlib-") as folder, asyncio.Runner() as runner:
        try:
            runner.run(start(folder))
            yield lambda cell, index: runner.run(_execute(client, cell, index))
        finally:
            runner.run(stop())


async def _execute(client: NotebookClient, cell: NotebookNode, index: int) -> None:
    """Run one cell."""
    await client.async_execute_cell(cell, index)


def tidy(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """What a page can show of some outputs, and what stays the same from run to run.

    Pieces of one stream are joined. Live widgets go, since their models are gone too; so do progress on stderr, text
    chunks in a PNG, and the traceback of an error that is meant (its name and message stay).

    Parameters
    ----------
    outputs : list of NotebookNode
        Outputs of one cell.

    Returns
    -------
    list of NotebookNode
        Some of them, changed in place.
    """
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output.text  # where a kernel cuts its stream is a matter of time
            continue
        if output.output_type == "error":
            output["traceback"] = [f"{output.ename}: {output.evalue}"]
        if "data" in output:
            if output.data.pop(WIDGET, None) is not None:
                output.data.pop("text/plain", None)
            if "image/png" in output.data:
                output.data["image/png"] = _bare_png(output.data["image/png"])
            if not output.data:
                continue
        kept.append(output)
    return kept


def warned(outputs: list[NotebookNode]) -> str | None:
    """The first warning that a cell printed.

    Parameters
    ----------
    outputs : list of NotebookNode
        Outputs of one cell, stderr included.

    Returns
    -------
    str or None
        Its first line.
    """
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr" and (found := _WARNING.search(output.text)):
            return found[0].strip()
    return None


def _bare_png(encoded: Any) -> str:
    """A PNG, in base64, without the chunks that name the software, its version or the time."""
    data = base64.b64decode("".join(encoded))
    kept, position = [data[:8]], 8
    while position + 8 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        end = position + 12 + length
        if data[position + 4 : position + 8] in _CRITICAL:
            kept.append(data[position:end])
        position = end
    return binascii.b2a_base64(b"".join(kept), newline=False).decode()

"""The first line of every chapter, and the cell that tells a reader what is installed."""

import platform
import sys
from importlib.metadata import version
from typing import Any

import torch

from ganlib import engine
from ganlib.show.style import Figure, png


def setup(seed: int = 0, device: str | None = None) -> torch.device:
    """Make a chapter repeatable: seed torch, and make figures the same bytes every time. Prints nothing.

    Parameters
    ----------
    seed : int
        For torch's global generators.
    device : str, optional
        Such as ``"cpu"``; the best one here if left out.

    Returns
    -------
    torch.device
        Where to train.

    Raises
    ------
    ValueError
        If that device does not exist here.
    """
    chosen = engine.device(device)
    engine.seed(seed)
    _plain_pictures()
    return chosen


def versions() -> None:
    """Print what this runs on: Python, the packages that decide the numbers, and the device."""
    device = engine.device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"Python      {platform.python_version()} on {platform.system()}")
    for package in ("ganlib", "torch", "numpy", "matplotlib"):
        print(f"{package:<12}{version(package)}")
    print(f"device      {device} ({name})")


def _plain_pictures() -> None:
    """In a notebook, PNGs at one resolution and without the software's name: for our figures and for pyplot's."""
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        return
    from matplotlib_inline.config import InlineBackend

    inline: Any = InlineBackend.instance(parent=shell)
    inline.figure_formats = {"png"}
    inline.print_figure_kwargs = {**inline.print_figure_kwargs, "metadata": {"Software": None}}
    pictures = shell.display_formatter.formatters["image/png"]
    pictures.for_type(Figure, png)  # else the inline backend would crop ours, once pyplot is imported

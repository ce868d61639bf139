"""ganlib: every GAN is a game between players, every variant a short diff of its parent.

Importing this package loads nothing but itself: each subpackage, and with it torch, is imported when it is first used.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganlib.show.notebook import setup as setup
    from ganlib.show.notebook import versions as versions

__version__ = version("ganlib")

_SUBPACKAGES = (
    "data",
    "engine",
    "games",
    "grading",
    "losses",
    "metrics",
    "networks",
    "recipes",
    "show",
    "theory",
    "zoo",
)
_NOTEBOOK = ("setup", "versions")

__all__ = ["__version__", *_SUBPACKAGES, *_NOTEBOOK]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return import_module(f"ganlib.{name}")
    if name in _NOTEBOOK:
        return getattr(import_module("ganlib.show.notebook"), name)
    raise AttributeError(f"module 'ganlib' has no attribute {name!r}; it has {', '.join(__all__[1:])}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Samples in, numbers out, each beside the floor and the ceiling a perfect sampler has."""

from ganlib.metrics.modes import ModeReport, modes
from ganlib.metrics.parzen import ParzenReport, parzen, parzen_log_likelihood

__all__ = ["ModeReport", "ParzenReport", "modes", "parzen", "parzen_log_likelihood"]

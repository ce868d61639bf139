"""Samples in, numbers out, each beside the floor and the ceiling a perfect sampler has."""

from ganlib.metrics.copying import CopyingReport, copying
from ganlib.metrics.factors import FactorReport, factors_read
from ganlib.metrics.features import Features, Moments, extract, moments
from ganlib.metrics.frechet import FrechetReport, frechet, frechet_bias, frechet_distance, frechet_floor
from ganlib.metrics.inception import InceptionReport, inception_score
from ganlib.metrics.information import InformationReport, knn_information, plug_in
from ganlib.metrics.intervals import Bootstrap, Interval, bootstrap
from ganlib.metrics.kernel import KernelReport, cubic, kernel_distance
from ganlib.metrics.matching import match, matched_error
from ganlib.metrics.modes import ModeReport, modes
from ganlib.metrics.parzen import ParzenReport, parzen, parzen_log_likelihood
from ganlib.metrics.precision_recall import (
    DensityCoverageReport,
    PrecisionRecallReport,
    density_coverage,
    expected_coverage,
    precision_recall,
)
from ganlib.metrics.two_sample import TwoSampleReport, nearest_neighbour, two_sample

__all__ = [
    "Bootstrap",
    "CopyingReport",
    "DensityCoverageReport",
    "FactorReport",
    "Features",
    "FrechetReport",
    "InceptionReport",
    "InformationReport",
    "Interval",
    "KernelReport",
    "ModeReport",
    "Moments",
    "ParzenReport",
    "PrecisionRecallReport",
    "TwoSampleReport",
    "bootstrap",
    "copying",
    "cubic",
    "density_coverage",
    "expected_coverage",
    "extract",
    "factors_read",
    "frechet",
    "frechet_bias",
    "frechet_distance",
    "frechet_floor",
    "inception_score",
    "kernel_distance",
    "knn_information",
    "match",
    "matched_error",
    "modes",
    "moments",
    "nearest_neighbour",
    "parzen",
    "parzen_log_likelihood",
    "plug_in",
    "precision_recall",
    "two_sample",
]

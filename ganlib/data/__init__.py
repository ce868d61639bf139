"""Sources of real data and of noise: called with a size, each returns that many samples on its device."""

from ganlib.data.download import load
from ganlib.data.few_labels import FewLabels
from ganlib.data.images import Images, digits, folder, to_unit
from ganlib.data.patches import Patches, photographs
from ganlib.data.priors import Categorical, Gaussian, Labels, Prior, Product, Uniform
from ganlib.data.strokes import Strokes, strokes
from ganlib.data.toys import Mixture, grid, mixture_1d, ring, spiral

__all__ = [
    "Categorical",
    "FewLabels",
    "Gaussian",
    "Images",
    "Labels",
    "Mixture",
    "Patches",
    "Prior",
    "Product",
    "Strokes",
    "Uniform",
    "digits",
    "folder",
    "grid",
    "load",
    "mixture_1d",
    "photographs",
    "ring",
    "spiral",
    "strokes",
    "to_unit",
]

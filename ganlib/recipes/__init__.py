"""Full runs: one function per run, everything that decides its outcome written out in one file."""

from ganlib.recipes.digits import TRAIN, build_digits, digits, score_digits
from ganlib.recipes.judges import Supervised, build_judge_digits, build_judge_mnist, judge_digits, judge_mnist
from ganlib.recipes.ring import build_ring, ring, score_ring
from ganlib.recipes.vae_digits import Evidence, build_vae_digits, score_vae_digits, vae_digits

__all__ = ["digits", "judge_digits", "judge_mnist", "ring", "vae_digits"]  # what a person may ask for by name

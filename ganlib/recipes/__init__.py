"""Full runs: one function per run, everything that decides its outcome written out in one file."""

from ganlib.recipes.acgan_mnist import acgan_mnist, build_acgan_mnist, measure_acgan_mnist, score_acgan_mnist
from ganlib.recipes.bigan_mnist import (
    autoencoder_mnist,
    before_the_code,
    bigan_mnist,
    build_bigan_mnist,
    measure_bigan_mnist,
    neighbour_accuracy,
    reconstruction_ratio,
    score_bigan_mnist,
)
from ganlib.recipes.cgan_mnist import build_cgan_mnist, cgan_mnist, measure_cgan_mnist, score_cgan_mnist
from ganlib.recipes.dcgan_mnist import (
    build_dcgan_mnist,
    dcgan_mnist,
    linear_accuracy,
    measure_dcgan_mnist,
    pooled_features,
    score_dcgan_mnist,
    untrained_twin,
)
from ganlib.recipes.dcgan_patches import (
    build_dcgan_patches,
    dcgan_patches,
    photograph_patches,
    score_dcgan_patches,
)
from ganlib.recipes.digits import TRAIN, build_digits, digits, score_digits
from ganlib.recipes.gan_mnist import build_gan_mnist, gan_mnist, measure_gan_mnist, score_gan_mnist
from ganlib.recipes.infogan_mnist import (
    bounds_of,
    build_infogan_mnist,
    explained,
    infogan_mnist,
    measure_infogan_mnist,
    score_infogan_mnist,
    shapes,
    watch,
)
from ganlib.recipes.infogan_strokes import (
    build_infogan_strokes,
    infogan_strokes,
    score_infogan_strokes,
    strokes_of,
)
from ganlib.recipes.judges import Supervised, build_judge_digits, build_judge_mnist, judge_digits, judge_mnist
from ganlib.recipes.ring import build_ring, ring, score_ring
from ganlib.recipes.semi_supervised_mnist import (
    build_semi_supervised_mnist,
    enlarged_digits,
    labels_alone,
    measure_semi_supervised_mnist,
    names,
    score_semi_supervised_mnist,
    semi_supervised_mnist,
)
from ganlib.recipes.stacked_gan_mnist import (
    build_stacked_gan_mnist,
    measure_stacked_gan_mnist,
    score_stacked_gan_mnist,
    stacked_gan_mnist,
)
from ganlib.recipes.vae_digits import Evidence, build_vae_digits, score_vae_digits, vae_digits

__all__ = [  # what a person may ask for by name
    "acgan_mnist",
    "bigan_mnist",
    "cgan_mnist",
    "dcgan_mnist",
    "dcgan_patches",
    "digits",
    "gan_mnist",
    "infogan_mnist",
    "infogan_strokes",
    "judge_digits",
    "judge_mnist",
    "ring",
    "semi_supervised_mnist",
    "stacked_gan_mnist",
    "vae_digits",
]

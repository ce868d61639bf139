"""Networks: nn.Modules and nothing else."""

from ganlib.networks.classifier import Classifier
from ganlib.networks.conditioning import Conditioned, OneHot
from ganlib.networks.dcgan import dcgan_discriminator, dcgan_generator
from ganlib.networks.ema import EMA
from ganlib.networks.heads import Heads
from ganlib.networks.init import normal_init
from ganlib.networks.mlp import mlp
from ganlib.networks.noise import Noise
from ganlib.networks.noisy import NoisyClassifier
from ganlib.networks.on_trunk import OnTrunk
from ganlib.networks.sequence import sequence_discriminator, sequence_generator

__all__ = [
    "EMA",
    "Classifier",
    "Conditioned",
    "Heads",
    "Noise",
    "NoisyClassifier",
    "OnTrunk",
    "OneHot",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp",
    "normal_init",
    "sequence_discriminator",
    "sequence_generator",
]

"""How a game is played; knows no particular game."""

from ganlib.engine.checkpoint import Damaged, latest, load, prepare, restore, resume, save, snapshot
from ganlib.engine.device import device, seed, seeded
from ganlib.engine.distributed import Lost, Ranks, Told, gather, joined
from ganlib.engine.game import Draw, Game, Player
from ganlib.engine.graph import replay
from ganlib.engine.interrupts import Stopped
from ganlib.engine.loop import Diverged, History, NotSaved, fit, play, rehearse
from ganlib.engine.optimizers import MakeOptimizer, adam, cosine, rmsprop, sgd
from ganlib.engine.precision import faster_in_bfloat16

__all__ = [
    "Damaged", "Diverged", "Draw", "Game", "History", "Lost", "MakeOptimizer", "NotSaved", "Player", "Ranks", "Stopped",
    "Told", "adam", "cosine", "device", "faster_in_bfloat16", "fit", "gather", "joined", "latest", "load", "play",
    "prepare", "rehearse", "replay", "restore", "resume", "rmsprop", "save", "seed", "seeded", "sgd", "snapshot",
]  # fmt: skip

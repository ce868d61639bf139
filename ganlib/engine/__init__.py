"""How a game is played; knows no particular game."""

from ganlib.engine.checkpoint import latest, load, restore, save, snapshot
from ganlib.engine.device import device, seed, seeded
from ganlib.engine.game import Draw, Game, Player
from ganlib.engine.loop import Diverged, History, fit, play, rehearse
from ganlib.engine.optimizers import MakeOptimizer, adam, cosine, rmsprop, sgd

__all__ = [
    "Diverged", "Draw", "Game", "History", "MakeOptimizer", "Player",
    "adam", "cosine", "device", "fit", "latest", "load", "play", "rehearse", "restore", "rmsprop", "save", "seed",
    "seeded", "sgd", "snapshot",
]  # fmt: skip

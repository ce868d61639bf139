"""InfoGAN: the game against its bare loop, codes that can be read, and what the bound is."""

import math

import bare_loops
import pytest
import torch
from small_games import build, draw, net
from torch import nn
from torch.distributions import Categorical as TorchCategorical
from torch.distributions import Normal
from torch.distributions import Uniform as TorchUniform

from ganlib import data, engine, games, networks
from ganlib.data import Categorical, Gaussian, Product, Uniform


def test_infogan_and_its_bare_loop_have_the_same_losses():
    game, twin = build("InfoGAN"), build("InfoGAN")
    torch.manual_seed(1)
    # The library draws noise after the code, the loop before it or after it: the streams are told apart by order.
    ours = [{k: v.item() for k, v in row.items()} for _, row in engine.play(game, draw, 12)]
    torch.manual_seed(1)
    theirs = list(bare_loops.infogan(twin.D[:-1], twin.D[-1], twin.Q.head, twin.G, draw, 12))
    for one, two in zip(ours, theirs, strict=True):
        assert one == pytest.approx(two, rel=2e-5, abs=1e-6)
    for a, b in zip(game.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)

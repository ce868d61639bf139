"""Every game's round, and every recipe's, is a fixed list of operations, which is what a CUDA graph can hold."""

from contextlib import nullcontext

import pytest
import torch
from small_games import SMALL, build
from tape import EAGER, Tape
from test_graph import Anneals, ones

from ganlib import data, engine, recipes
from ganlib.commands import runs
from ganlib.engine import graph
from ganlib.engine.optimizers import tune

AGAIN = 3


def flagged(game: engine.Game) -> engine.Game:
    for player in game.players.values():
        tune(player.optimizer, captured=True)
        if isinstance(player.optimizer, torch.optim.RMSprop):  # which on a CPU refuses to be what it is already
            player.optimizer.param_groups[0]["capturable"] = False
    return game


def on_tape(game: engine.Game, draw: engine.Draw) -> tuple[list[dict[str, torch.Tensor]], Tape]:
    """Play as `engine.replay` does: eager rounds, one that is recorded, and repetitions."""
    played = [game.round(draw) for _ in range(graph.WARM_UP)]
    with Tape() as tape:
        losses = game.round(draw)
    played.append({name: loss.clone() for name, loss in losses.items()})
    for _ in range(AGAIN):
        tape.repeat()
        played.append({name: loss.clone() for name, loss in losses.items()})
    return played, tape


def assert_repeatable(make, draw) -> None:
    torch.manual_seed(0)
    eager, taped = flagged(make()), flagged(make())
    taped.load_state_dict(eager.state_dict())
    torch.manual_seed(1)
    expected = [eager.round(draw) for _ in range(graph.WARM_UP + 1 + AGAIN)]
    torch.manual_seed(1)
    found, tape = on_tape(taped, draw)
    assert not tape.unsuited()
    assert found == expected
    for (key, a), b in zip(eager.state_dict().items(), taped.state_dict().values(), strict=True):
        assert torch.equal(a, b), key


@pytest.mark.parametrize("name", SMALL)
def test_a_round_repeated_from_its_operations_is_the_round(name):
    assert_repeatable(lambda: build(name), SMALL[name].draw)


class Caught(Exception):
    pass


def pictures(name: str, split: str = "train", labels: bool = False, folder: object = None) -> data.Images:
    return data.Images(torch.rand(600, 1, 28, 28) * 2 - 1, torch.arange(600) % 10 if labels else None)


@pytest.mark.parametrize("name", recipes.__all__)
def test_a_recipes_round_repeated_from_its_operations_is_the_round(name, monkeypatch):
    def catch(game, draw, *_, **__):
        raise Caught(game, draw)

    monkeypatch.setattr(data, "load", pictures)
    monkeypatch.setattr(engine, "fit", catch)
    with pytest.raises(Caught) as caught:
        getattr(recipes, name)(device="cpu", **{"full": False} if runs.takes(name, "full") else {})
    _, draw = caught.value.args
    with pytest.raises(AssertionError) if name in EAGER else nullcontext():
        assert_repeatable(lambda: runs.build(runs.Settings(name)), draw)


def test_what_a_round_does_in_python_is_missing_from_a_repetition():
    with pytest.raises(AssertionError):
        assert_repeatable(Anneals, ones)

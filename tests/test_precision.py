"""Networks in bfloat16: close to float32, in every game; and only where it pays."""

import pytest
import torch
from small_games import SMALL, build
from torch import nn

from ganlib import engine
from ganlib.engine import precision

every_game = pytest.mark.parametrize("name", SMALL)


def first_losses(name: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Of one round that all players play with their first weights, so that nothing adds up."""
    game = build(name)
    losses = {}
    for player in game.players.values():
        torch.manual_seed(1)
        real = SMALL[name].draw()
        if dtype == torch.float32:
            loss = player.loss(real)
        else:
            with precision.lowered(game, dtype):
                loss = player.loss(real)
        loss.backward(inputs=player.parameters)
        gradient = torch.cat([p.grad.flatten() for p in player.parameters])
        losses[f"{id(player)}"] = torch.stack([loss.detach(), gradient.norm()])
        assert loss.dtype == gradient.dtype == torch.float32
    return torch.stack(list(losses.values()))


@every_game
def test_losses_and_gradients_in_bfloat16_are_those_of_float32_within_its_rounding(name):
    """A bfloat16 has eight bits: a relative 1/256 for each number, a few times as much through a few layers."""
    whole, half = (first_losses(name, dtype) for dtype in (torch.float32, torch.bfloat16))
    assert not torch.equal(whole, half), "nothing was computed in bfloat16"
    torch.testing.assert_close(half, whole, rtol=0.04, atol=0.01)


def test_networks_compute_in_bfloat16_and_answer_in_float32():
    seen = []

    class Looks(nn.Module):
        def forward(self, x):
            seen.append(x.dtype)
            return x

    game = engine.Game.__new__(engine.Game)
    nn.Module.__init__(game)
    game.net = nn.Sequential(nn.Linear(2, 3), Looks(), nn.ReLU(), nn.Linear(3, 1))
    game.turns, game.players = (), {}
    with precision.lowered(game, torch.bfloat16):
        answer = game.net(torch.ones(4, 2))
        part = game.net[0](torch.ones(4, 2))
    assert seen == [torch.bfloat16]
    assert answer.dtype == part.dtype == torch.float32
    assert not any("forward" in vars(module) for module in game.modules())
    assert game.net[0](torch.ones(4, 2)).dtype == torch.float32


def test_answers_of_several_parts_come_back_in_float32():
    from collections import namedtuple

    pair = namedtuple("pair", "score label")
    given = (
        torch.ones(1).bfloat16(),
        [torch.ones(1).bfloat16(), 3],
        pair(torch.ones(1).bfloat16(), torch.ones(1).long()),
    )
    one, (two, number), (score, label) = precision._in_float32(given, torch.bfloat16)
    assert one.dtype == two.dtype == score.dtype == torch.float32
    assert (number, label.dtype) == (3, torch.int64)


# --- the probe --------------------------------------------------------------------------------------------------------


class Clocked(engine.Game):
    """Its network takes as many seconds on a clock of its own as it is told for each type."""

    turns = ("A",)
    optimizers = {"A": engine.adam(0.1)}

    def __init__(self, whole: float, half: float):
        super().__init__()
        self.cost = {False: whole, True: half}
        self.now, self.rounds = 0.0, []
        self.net = nn.Sequential(nn.Linear(1, 1))
        self.net[0].register_forward_hook(self.tick)  # inside the forward of the whole
        self.seat("A", lambda real: self.net(real).square().mean() + torch.rand(()), self.net)

    def tick(self, *_):
        low = torch.is_autocast_enabled("cpu")
        self.now += self.cost[low]
        self.rounds.append(low)


@pytest.fixture
def clocked(monkeypatch):
    def make(whole: float, half: float) -> Clocked:
        game = Clocked(whole, half)
        monkeypatch.setattr("ganlib.engine.precision.time.perf_counter", lambda: game.now)
        return game

    return make


def ones() -> torch.Tensor:
    return torch.ones(4, 1)


@pytest.mark.parametrize(("whole", "half", "faster"), [(0.2, 0.1, True), (0.1, 0.2, False), (0.1, 0.097, False)])
def test_bfloat16_is_faster_when_its_rounds_take_clearly_less_time(clocked, whole, half, faster):
    assert engine.faster_in_bfloat16(clocked(whole, half), ones) is faster


def test_the_probe_puts_everything_back(clocked):
    game = clocked(0.1, 0.1)
    list(engine.play(game, ones, 2))
    before, generator = engine.snapshot(game), torch.get_rng_state()
    engine.faster_in_bfloat16(game, ones)
    after = engine.snapshot(game)
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(a, b) for a, b in zip(before["networks"].values(), after["networks"].values()))
    for a, b in zip(before["optimizers"]["A"]["state"].values(), after["optimizers"]["A"]["state"].values()):
        assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_slow_probe_is_short_and_a_fast_one_is_interleaved(clocked):
    game = clocked(1.0, 60.0)
    assert not engine.faster_in_bfloat16(game, ones)
    assert game.rounds == [False, True] * 2, "one of each kind after one that is not timed"
    game = clocked(0.001, 0.001)
    engine.faster_in_bfloat16(game, ones, rounds=4)
    assert game.rounds == [False, True] * 5


# --- fit --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_fit_refuses_another_precision_in_a_sentence(dtype):
    with pytest.raises(ValueError, match=f"float32 or torch.bfloat16, not in {dtype}: choose one of the two"):
        engine.fit(build("GAN"), SMALL["GAN"].draw, 2, precision=dtype, progress=False)


def test_fit_asks_the_probe_on_a_cpu_and_says_when_it_does_not_pay(clocked):
    slow, fast = clocked(0.1, 0.2), None
    with pytest.warns(
        UserWarning, match="bfloat16 is not faster on this CPU for this game, which is played in float32"
    ):
        history = engine.fit(slow, ones, 3, precision=torch.bfloat16, progress=False)
    assert history.precision == "float32"
    assert slow.rounds[-3:] == [False] * 3
    fast = clocked(0.2, 0.1)
    history = engine.fit(fast, ones, 3, precision=torch.bfloat16, progress=False)
    assert history.precision == "bfloat16"
    assert fast.rounds[-3:] == [True] * 3
    assert "round" not in vars(fast), "it is as it was"


def test_metrics_are_measured_as_the_game_is_between_two_rounds(clocked):
    game, seen = clocked(0.2, 0.1), []
    metric = lambda game: seen.append(game.net(ones()).dtype) or float(torch.is_autocast_enabled("cpu"))
    engine.fit(game, ones, 2, precision=torch.bfloat16, metrics={"autocast": metric}, progress=False)
    assert seen == [torch.float32]
    assert game.rounds[-1] is False


def test_a_resumed_run_goes_on_in_the_precision_that_it_began_in(clocked, tmp_path):
    engine.fit(clocked(0.2, 0.1), ones, 2, precision=torch.bfloat16, checkpoint=tmp_path, progress=False)
    game = clocked(0.1, 0.2)
    with pytest.warns(UserWarning, match="began in bfloat16 and goes on in it, not in float32"):
        history = engine.fit(game, ones, 5, checkpoint=tmp_path, progress=False)
    assert history.precision == "bfloat16"
    assert game.rounds[-3:] == [True] * 3
    game = clocked(0.1, 0.2)
    engine.fit(game, ones, 7, precision=torch.bfloat16, checkpoint=tmp_path, progress=False)
    assert game.rounds[-2:] == [True] * 2, "no probe decides anew"


def test_a_run_in_bfloat16_that_was_cut_ends_bit_for_bit_like_one_that_was_not(tmp_path, monkeypatch):
    monkeypatch.setattr("ganlib.engine.loop.faster_in_bfloat16", lambda *_: True)
    draw, options = SMALL["GAN with batch norm"].draw, {"precision": torch.bfloat16, "progress": False}

    def run(rounds: int, seed: int = 0, **more) -> engine.Game:
        game = build("GAN with batch norm", seed=seed)
        engine.fit(game, draw, rounds, **options, **more)
        return game

    straight = run(9)
    run(4, checkpoint=tmp_path)
    cut = run(9, seed=5, checkpoint=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(straight.state_dict().values(), cut.state_dict().values()))

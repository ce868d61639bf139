"""What only a GPU can show: a captured round is the eager one, no game waits for the device, a cut run goes on exactly.

Nothing here runs without a GPU; the end of a test run then says so. `make gpu-day` runs it where there is one.
"""

import math
from collections.abc import Iterator

import pytest
import small_games
import torch
from small_games import SMALL, build

from ganlib import engine
from ganlib.engine import graph
from ganlib.engine.optimizers import tune
from ganlib.engine.precision import in_precision

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
every_game = pytest.mark.parametrize("name", SMALL)
ROUNDS = 12


@pytest.fixture(autouse=True)
def on_the_gpu(monkeypatch) -> Iterator[None]:
    """Data and new tensors on the device, and the same bits each time."""
    monkeypatch.setattr(small_games, "REAL", small_games.REAL.cuda())
    torch.use_deterministic_algorithms(True)
    with torch.device("cuda"):
        yield
    torch.use_deterministic_algorithms(False)


def seated(name: str, seed: int = 0) -> engine.Game:
    game = build(name, seed).cuda()
    for player in game.players.values():
        tune(player.optimizer, True)
    return game


def played(name: str, play, dtype: torch.dtype = torch.float32) -> tuple[engine.Game, torch.Tensor]:
    """A game after some rounds from the same seeds, and all its losses."""
    game = seated(name)
    torch.manual_seed(1)
    with in_precision(game, dtype):
        played = [torch.stack(list(losses.values())) for _, losses in play(game, SMALL[name].draw, ROUNDS)]
    return game, torch.stack(played)


def assert_same(one: engine.Game, two: engine.Game) -> None:
    for (key, a), b in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.equal(a, b), key


@every_game
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_captured_round_is_the_eager_round(name, dtype):
    """To the last bit, under the same optimizer flags. A warning that it fell back would be an error."""
    (eager, expected), (captured, found) = played(name, engine.play, dtype), played(name, engine.replay, dtype)
    assert torch.equal(found, expected)
    assert_same(eager, captured)


@every_game
def test_no_round_waits_for_the_device(name):
    game, draw = seated(name), SMALL[name].draw
    list(engine.play(game, draw, 2))  # optimizers make their state
    with graph._no_waiting():
        list(engine.play(game, draw, 5, start=2))


def test_the_guard_against_waiting_fails_when_it_should():
    with graph._no_waiting(), pytest.raises(RuntimeError, match="synchronizing"):
        torch.ones(1).sum().item()


@every_game
def test_a_run_that_was_cut_ends_bit_for_bit_like_one_that_was_not(name, tmp_path):
    draw = SMALL[name].draw

    def run(rounds: int, seed: int, **options) -> engine.Game:
        game = build(name, seed).cuda()
        engine.fit(game, draw, rounds, progress=False, **options)
        return game

    straight = run(ROUNDS, 0)
    run(7, 0, checkpoint=tmp_path)
    assert_same(straight, run(ROUNDS, 5, checkpoint=tmp_path))


def test_a_schedule_runs_inside_the_graph():
    """Half a cosine over the moves, by its formula."""
    moves = 40
    make = engine.cosine(engine.adam(1e-2), moves)
    game = small_games.games.GAN(
        small_games.net(4, 2), small_games.net(2, 1), small_games.Gaussian(4), optimizers={"D": make, "G": make}
    ).cuda()
    for step, _ in engine.replay(game, small_games.draw, 30):
        for player in game.players.values():
            expected = 1e-2 * (1 + math.cos(math.pi * (step + 1) / moves)) / 2
            assert player.optimizer.param_groups[0]["lr"].item() == pytest.approx(expected, rel=1e-5)


class Anneals(small_games.games.GAN):
    strength = 1.0

    def after(self, name):
        self.strength *= 0.9


@pytest.mark.parametrize(
    ("game", "draw", "reason"),
    [
        (Anneals, small_games.draw, "a round changes the game.strength"),
        (small_games.games.GAN, lambda: torch.randn(8, 2, device="cpu").cuda(), "waits for the device"),
    ],
)
def test_a_round_that_cannot_be_repeated_is_played_eagerly_and_says_why(game, draw, reason):
    def made() -> engine.Game:
        torch.manual_seed(0)
        return game(small_games.net(4, 2), small_games.net(2, 1), small_games.Gaussian(4)).cuda()

    torch.manual_seed(1)
    one, two = made(), made()
    for player in one.players.values():
        tune(player.optimizer, True)
    torch.manual_seed(1)
    list(engine.play(one, draw, ROUNDS))
    torch.manual_seed(1)
    with pytest.warns(UserWarning, match=reason):
        list(engine.replay(two, draw, ROUNDS))
    assert_same(one, two)


def test_a_run_goes_from_the_cpu_to_the_gpu_and_back(tmp_path):
    def on(device: str, rounds: int) -> engine.Game:
        with torch.device(device):
            real = torch.randn(32, 1, 8, 8)
            game = build("GAN with batch norm").to(device)
            engine.fit(game, lambda: real, rounds, checkpoint=tmp_path, progress=False)
        return game

    on("cpu", 4)
    on("cuda", 10)
    assert all(torch.isfinite(p).all() for p in on("cpu", 14).parameters())

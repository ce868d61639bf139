"""The engine: playing, recording, sampling, stopping and going on. Games of its own, so that it stands alone."""

import json
import math
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from ganlib import engine


class Tug(engine.Game):
    """Two players pull at a point each: A at `a` towards the data, B at `b` towards A's point."""

    turns = ("A", "B")
    optimizers = {"A": engine.sgd(0.1), "B": engine.sgd(0.5)}

    def __init__(self, **options):
        super().__init__(**options)
        self.a, self.b = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.a.weight)
        nn.init.zeros_(self.b.weight)
        self.seat("A", lambda real: ((self.a.weight - real) ** 2).mean() / 2, self.a)
        self.seat("B", lambda _: (self.b.weight - self.a.weight).square().sum() / 2, self.b)


class Noisy(Tug):
    """As Tug, with dropout, momentum and a generator, so that every kind of state matters."""

    optimizers = {"A": engine.cosine(engine.adam(0.1), 40), "B": engine.rmsprop(0.01)}

    def __init__(self, **options):
        super().__init__(**options)
        self.net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, 1))
        self.seat("A", lambda real: (self.net(real.expand(-1, 2)) - real).square().mean(), self.net)

    def fake(self, n):
        return self.net(torch.randn(n, 2, device=self.device))


def ones() -> torch.Tensor:
    return torch.ones(4, 1)


def noise() -> torch.Tensor:
    return torch.randn(8, 1)


def same(one: engine.Game, two: engine.Game) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


# --- playing ---------------------------------------------------------------------------------------------------------


def test_players_move_in_turn_each_seeing_what_the_other_has_just_done():
    """By hand: a goes 0, .1, .19 towards 1; b goes halfway to a's new value each time."""
    game = Tug()
    steps = list(engine.play(game, ones, 2))
    assert [step for step, _ in steps] == [0, 1]
    assert steps[0][1]["A"].item() == pytest.approx(0.5)
    assert steps[0][1]["B"].item() == pytest.approx(0.1**2 / 2)
    assert steps[1][1]["A"].item() == pytest.approx(0.9**2 / 2)
    assert game.a.weight.item() == pytest.approx(0.19)
    assert game.b.weight.item() == pytest.approx(0.05 + (0.19 - 0.05) / 2)


def test_after_is_called_with_each_mover_in_turn():
    seen = []

    class Watched(Tug):
        turns = ("A", "A", "B")

        def after(self, name):
            seen.append(name)

    list(engine.play(Watched(), ones, 2))
    assert seen == ["A", "A", "B"] * 2


def test_a_move_leaves_no_gradient_on_the_other_player():
    game = Tug()
    game.players["B"].move(ones())
    assert game.a.weight.grad is None
    assert game.b.weight.grad is not None


def test_frozen_parameters_are_not_seated():
    class Frozen(Tug):
        def __init__(self):
            super().__init__()
            self.a.weight.requires_grad_(False)
            self.extra = nn.Linear(1, 1)
            self.seat("A", lambda real: self.extra(real).square().mean(), self.a, self.extra)

    game = Frozen()
    assert len(game.players["A"].parameters) == 2
    game.players["A"].move(ones())


def test_an_optimizer_for_nobody_is_refused_by_name():
    with pytest.raises(ValueError, match="Tug has no player 'g': its players are A, B"):
        Tug(optimizers={"g": engine.sgd(0.1)})


@pytest.mark.parametrize("rounds", [0, -3])
def test_a_game_needs_rounds(rounds):
    with pytest.raises(ValueError, match=f"positive number of rounds, got {rounds}"):
        engine.play(Tug(), ones, rounds)
    with pytest.raises(ValueError, match=f"positive number for rounds, got {rounds}"):
        engine.fit(Tug(), ones, rounds)


# --- optimizers ------------------------------------------------------------------------------------------------------


def test_cosine_follows_half_a_cosine_to_zero_and_stays_there():
    p = nn.Parameter(torch.zeros(1))
    optimizer = engine.cosine(engine.sgd(0.4), 4)([p])
    rates = []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]["lr"])
        p.grad = torch.ones(1)
        optimizer.step()
    expected = [0.4 * (1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)] + [0, 0]
    assert rates == pytest.approx(expected)
    assert -p.item() == pytest.approx(sum(expected))


def test_cosine_without_moves_is_refused():
    with pytest.raises(ValueError, match="positive number of moves"):
        engine.cosine(engine.sgd(0.1), 0)


def test_factories_make_the_optimizers_they_say():
    p = [nn.Parameter(torch.zeros(1))]
    assert engine.adam(0.1, (0.2, 0.3))(p).defaults["betas"] == (0.2, 0.3)
    assert engine.adam(0.1, (0, 0.9))(p).defaults["betas"] == (0.0, 0.9), "no momentum, written as one would"
    assert engine.sgd(0.1, momentum=0.7)(p).defaults["momentum"] == 0.7
    assert isinstance(engine.rmsprop(0.1)(p), torch.optim.RMSprop)


# --- fit -------------------------------------------------------------------------------------------------------------


def test_fit_records_every_k_rounds_and_the_last():
    history = engine.fit(Tug(), ones, 7, every=3, metrics={"a": lambda game: game.a.weight.item()}, progress=False)
    assert history.rounds == [3, 6, 7]
    assert history.losses["A"] == pytest.approx([0.9 ** (2 * k) / 2 for k in (2, 5, 6)])
    assert history.metrics["a"] == pytest.approx([1 - 0.9**k for k in (3, 6, 7)])


def test_fit_does_not_read_the_device_between_records(monkeypatch):
    reads = []
    original = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: reads.append(1) or original(self))
    monkeypatch.setattr(torch.Tensor, "item", lambda self: pytest.fail("a read of one number"))
    engine.fit(Tug(), ones, 100, every=25, progress=False)
    assert len(reads) == 4


def test_looking_at_a_run_does_not_change_it():
    def run(metrics):
        torch.manual_seed(0)
        game = Noisy()
        engine.fit(game, noise, 20, every=5, metrics=metrics, progress=False)
        return game

    curious = run({"spread": lambda game: game.sample(50).std()})
    assert same(run(None), curious)


def test_a_loss_that_is_no_number_stops_the_run_and_says_where(tmp_path):
    class Cracks(Tug):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))
            self.seat("B", self.crack, self.b)

        def crack(self, _):
            self.count += 1
            return self.b.weight.sum() / (self.count != 14)

    # fit rehearses once, so the 14th call is round 13
    with pytest.raises(engine.Diverged, match=r"loss of B is (nan|-?inf) at round 13; no checkpoint was written"):
        engine.fit(Cracks(), ones, 50, every=50, progress=False)
    with pytest.raises(engine.Diverged, match=r"at round 13; last good checkpoint: .*step_10"):
        engine.fit(Cracks(), ones, 50, every=50, checkpoint=tmp_path, save_rounds=5, progress=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step_10", "step_5"]


def test_fit_shows_a_bar_with_losses_and_rate(capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr("ganlib.engine.loop.tqdm", __import__("tqdm").tqdm)
    engine.fit(Tug(), ones, 4, every=1)
    bar = capsys.readouterr().err
    assert "/4" in bar
    assert "round/s" in bar or "s/round" in bar or "?round" in bar
    engine.fit(Tug(), ones, 4, progress=False)
    assert capsys.readouterr().err == ""


# --- rehearsal: what does not fit is said before anything changes ----------------------------------------------------


def test_networks_that_do_not_fit_are_named_with_the_shapes():
    class Pair(engine.Game):
        turns = ("D",)
        optimizers = {"D": engine.sgd(0.1)}

        def __init__(self, width):
            super().__init__()
            self.D = nn.Linear(width, 1)
            self.seat("D", lambda real: self.D(real).mean(), self.D)

    game = Pair(3)
    before = game.D.weight.clone()
    with pytest.raises(ValueError, match=r"D cannot take a batch of shape \(8, 1\).*whose batch has shape \(8, 1\)"):
        engine.fit(game, noise, 5, progress=False)
    assert torch.equal(game.D.weight, before)


def test_an_empty_seat_and_a_loss_of_many_numbers_are_refused():
    class Absent(Tug):
        turns = ("A", "B", "C")
        optimizers = {**Tug.optimizers, "C": engine.sgd(0.1)}

    with pytest.raises(ValueError, match="names 'C' in its turns, but nobody is seated"):
        engine.fit(Absent(), ones, 1, progress=False)

    class Wide(Tug):
        def __init__(self):
            super().__init__()
            self.seat("A", lambda real: self.a.weight - real, self.a)

    with pytest.raises(ValueError, match=r"loss of A has shape \(4, 1\)"):
        engine.fit(Wide(), ones, 1, progress=False)


def test_a_rehearsal_changes_nothing():
    torch.manual_seed(0)
    game = Noisy()
    state, generator = engine.snapshot(game), torch.get_rng_state()
    engine.rehearse(game, noise)
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(a, b) for a, b in zip(game.state_dict().values(), state["networks"].values(), strict=True))
    assert game.training


# --- sampling --------------------------------------------------------------------------------------------------------


def test_sampling_is_repeatable_leaves_the_generators_alone_and_needs_no_gradient():
    game = Noisy()
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one, two = game.sample(6, seed=5), game.sample(6, seed=5)
    assert torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), state)
    assert not one.requires_grad
    assert not torch.equal(game.sample(6), game.sample(6))


def test_sampling_is_in_evaluation_mode_and_puts_every_module_back_as_it_was():
    game = Noisy()
    game.net[1].eval()
    torch.manual_seed(0)
    game.net(torch.randn(64, 2))  # give batch norm something to remember
    mean = game.net[0].running_mean.clone()
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    game.fake = lambda n: game.net(z)
    samples = game.sample(5)
    game.net.eval()
    torch.testing.assert_close(samples, game.net(z).detach())
    assert torch.equal(game.net[0].running_mean, mean)
    game.net[0].train()
    game.sample(5)
    assert game.net[0].training
    assert not game.net[1].training


def test_sampling_in_chunks_gives_as_many_and_never_more_at_once():
    game, sizes = Noisy(), []
    fake = game.fake
    game.fake = lambda n: sizes.append(n) or fake(n)
    assert game.sample(10, chunk=4).shape == (10, 1)
    assert sizes == [4, 4, 2]


def test_sampling_uses_the_average_and_gives_the_weights_back():
    from ganlib.networks import EMA

    game = Noisy()
    game.average = EMA(game.net, 0.9)
    with torch.no_grad():
        game.net[2].bias.fill_(100.0)
    assert game.sample(8, seed=0).max() < 50
    assert game.net[2].bias.item() == 100.0


@pytest.mark.parametrize("n", [0, -1])
def test_sampling_nothing_is_refused(n):
    with pytest.raises(ValueError, match="positive number of samples"):
        Noisy().sample(n)


def test_a_game_without_a_generator_says_so():
    with pytest.raises(NotImplementedError, match="Tug does not generate"):
        Tug().sample(1)


# --- checkpoints -----------------------------------------------------------------------------------------------------


def played(rounds: int, seed: int = 0, game: type[engine.Game] = Noisy) -> engine.Game:
    torch.manual_seed(seed)
    made = game()
    list(engine.play(made, noise, rounds))
    return made


def test_a_run_cut_by_checkpoints_ends_bit_for_bit_like_one_that_was_not(tmp_path):
    torch.manual_seed(0)
    straight = Noisy()
    whole = engine.fit(straight, noise, 30, every=4, progress=False)

    torch.manual_seed(0)
    engine.fit(Noisy(), noise, 13, every=4, checkpoint=tmp_path, save_rounds=5, progress=False)
    for seed in (77, 78):  # each continuation starts from another random state
        torch.manual_seed(seed)
        cut = Noisy()
        history = engine.fit(cut, noise, 30 if seed == 78 else 22, every=4, checkpoint=tmp_path, progress=False)
    assert same(straight, cut)
    # the pieces' own last rounds, 13 and 22, are recorded beside the common ones
    assert [r for r in history.rounds if r not in (13, 22)] == whole.rounds
    kept = [i for i, r in enumerate(history.rounds) if r not in (13, 22)]
    assert [history.losses["A"][i] for i in kept] == whole.losses["A"]


def test_a_finished_run_is_not_played_again(tmp_path):
    torch.manual_seed(0)
    game = Noisy()
    first = engine.fit(game, noise, 6, every=2, checkpoint=tmp_path, progress=False)
    again = engine.fit(other := Noisy(), noise, 6, every=2, checkpoint=tmp_path, progress=False)
    assert first == again
    assert same(game, other)


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    engine.fit(Tug(), ones, 10, checkpoint=tmp_path, save_rounds=2, keep=3, progress=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step_10", "step_6", "step_8"]
    assert engine.latest(tmp_path) == tmp_path / "step_10"


def test_checkpoints_can_be_written_by_the_clock(tmp_path):
    def slow():
        time.sleep(0.02)
        return ones()

    engine.fit(Tug(), slow, 8, checkpoint=tmp_path, save_seconds=0.05, keep=100, progress=False)
    assert 2 <= len(list(tmp_path.iterdir())) <= 7


def test_a_run_with_a_folder_saves_every_minute_unless_told_otherwise(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 25))  # 25 seconds pass between two looks at the clock
    monkeypatch.setattr("ganlib.engine.loop.time.monotonic", lambda: next(clock))
    engine.fit(Tug(), ones, 9, checkpoint=tmp_path / "by default", keep=100, progress=False)
    engine.fit(Tug(), ones, 9, checkpoint=tmp_path / "never", save_seconds=None, keep=100, progress=False)
    assert len(list((tmp_path / "by default").iterdir())) > 1
    assert [p.name for p in (tmp_path / "never").iterdir()] == ["step_9"]


def test_a_checkpoint_holds_no_pickle_and_names_what_it_is_of(tmp_path):
    folder = engine.save(tmp_path, played(3), 3, {"rounds": [3]})
    assert sorted(p.suffix for p in folder.iterdir()) == [".json"] + [".safetensors"] * 4
    meta = json.loads((folder / "meta.json").read_text())
    assert (meta["game"], meta["step"], meta["torch"]) == ("Noisy", 3, torch.__version__)


def test_loading_gives_back_step_history_and_generators(tmp_path):
    path = engine.save(tmp_path, played(3), 3, {"rounds": [3]})
    expected = torch.randn(4)
    assert engine.load(path, Noisy()) == (3, {"rounds": [3]})
    assert torch.equal(torch.randn(4), expected)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: (f / "meta.json").unlink(), "damaged .it has no meta.json.: delete that folder"),
        (lambda f: (f / "meta.json").write_text('{"format": 1, "ga'), "meta.json cannot be read"),
        (lambda f: (f / "meta.json").write_text("[]"), "meta.json cannot be read"),
        (lambda f: (f / "player_A.safetensors").unlink(), "player_A.safetensors is missing"),
        (lambda f: os.truncate(f / "networks.safetensors", 40), "networks.safetensors does not match its checksum"),
        (
            lambda f: (f / "meta.json").write_text((f / "meta.json").read_text().replace('"format": 1', '"format": 9')),
            "format 9, this ganlib reads 1",
        ),
    ],
)
def test_a_half_written_or_damaged_checkpoint_is_refused_and_changes_nothing(tmp_path, damage, sentence):
    path = engine.save(tmp_path, played(3), 3)
    damage(path)
    game = played(1, seed=5)
    before = engine.snapshot(game)
    with pytest.raises(ValueError, match=sentence):
        engine.fit(game, noise, 10, checkpoint=tmp_path, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(game.state_dict().values(), before["networks"].values(), strict=True))


def test_a_checkpoint_of_another_game_or_size_is_refused_by_name(tmp_path):
    engine.save(tmp_path, played(3), 3)
    with pytest.raises(ValueError, match=r"of another game \(Noisy, not Tug\): give this run a folder of its own"):
        engine.fit(Tug(), noise, 10, checkpoint=tmp_path, progress=False)

    class Wider(Noisy):
        def __init__(self):
            super().__init__()
            self.net[2] = nn.Linear(2, 3)

    Wider.__name__ = "Noisy"
    with pytest.raises(ValueError, match=r"net.2.bias has shape \[1\], here \[3\]"):
        engine.load(engine.latest(tmp_path), Wider())


def test_shared_and_strided_tensors_survive_a_checkpoint(tmp_path):
    class Tied(Tug):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
            self.again = self.conv
            self.seat("A", lambda real: self.conv.weight.square().sum() * real.mean(), self.conv)

    torch.manual_seed(0)
    one, two = Tied(), Tied()
    path = engine.save(tmp_path, one, 1)
    engine.load(path, two)
    assert same(one, two)
    assert two.conv.weight.is_contiguous(memory_format=torch.channels_last)


def _write_for_ever(folder: str) -> None:
    game = played(2)
    for step in range(1, 10**6):
        engine.save(folder, game, step)


def test_a_run_killed_while_it_writes_leaves_only_whole_checkpoints(tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(str(tmp_path),))
    process.start()
    deadline = time.monotonic() + 60
    while engine.latest(tmp_path) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    newest = engine.latest(tmp_path)
    assert newest is not None
    for path in Path(tmp_path).glob("step_*"):
        engine.load(path, Noisy())
    engine.save(tmp_path, played(1), 10**7)
    assert not list(tmp_path.glob(".step_*")), "what the killed run left is cleared away"


def test_a_folder_without_checkpoints_has_no_newest_one(tmp_path):
    assert engine.latest(tmp_path) is None
    assert engine.latest(tmp_path / "absent") is None


# --- devices and seeds -----------------------------------------------------------------------------------------------


def test_a_device_that_is_not_here_is_refused_with_a_remedy():
    assert engine.device("cpu") == torch.device("cpu")
    for name in ("cuda:99", "warp drive"):
        with pytest.raises(ValueError, match=f"no device '{name}' on this machine: use 'cpu'"):
            engine.device(name)


def test_the_best_device_is_taken_when_none_is_named():
    assert engine.device().type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_seeded_blocks_repeat_and_leave_no_trace():
    engine.seed(3)
    expected = torch.randn(2)
    engine.seed(3)
    with engine.seeded(9, torch.device("cpu")):
        one = torch.randn(2)
    with engine.seeded(9, torch.device("cpu")):
        assert torch.equal(torch.randn(2), one)
    assert torch.equal(torch.randn(2), expected)

"""A round as one CUDA graph, as far as a machine without a GPU can tell; the recording itself is in tests/gpu."""

import random
from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch import nn

from ganlib import engine
from ganlib.engine import graph
from ganlib.engine.optimizers import tune


class Tug(engine.Game):
    """A pulls its point towards the data."""

    turns = ("A",)
    optimizers = {"A": engine.sgd(0.1, momentum=0.5)}

    def __init__(self, **options):
        super().__init__(**options)
        self.a, self.strength = nn.Linear(1, 1, bias=False), 1.0
        nn.init.zeros_(self.a.weight)
        self.seat("A", lambda real: self.strength * ((self.a.weight - real) ** 2).mean(), self.a)


class Anneals(Tug):
    def after(self, name):
        self.strength *= 0.9


def ones() -> torch.Tensor:
    return torch.ones(4, 1)


def played(playing) -> list[tuple[int, float]]:
    return [(step, losses["A"].item()) for step, losses in playing]


@pytest.fixture
def no_gpu(monkeypatch) -> list[str]:
    """Everything of `replay` but the device's part; records what it would have done."""
    did = []

    def aside(game, draw):
        did.append("eager")
        return game.round(draw)

    def record(game, draw):
        did.append("record")
        return lambda: did.append("replay") or game.round(draw)

    monkeypatch.setattr(graph, "_aside", aside)
    monkeypatch.setattr(graph, "_no_waiting", nullcontext)
    monkeypatch.setattr(graph, "_record", record)
    return did


@pytest.mark.parametrize("rounds", [1, 3, 4, 7])
def test_the_first_rounds_are_eager_and_count_and_the_rest_is_recorded_once(no_gpu, rounds):
    assert played(engine.replay(Tug(), ones, rounds + 5, start=5)) == [
        (step + 5, loss) for step, loss in played(engine.play(Tug(), ones, rounds))
    ]
    eager = min(rounds, graph.WARM_UP)
    assert no_gpu == ["eager"] * eager + ["record"] * (rounds > eager) + ["replay"] * (rounds - eager)


def test_a_game_that_changes_a_number_in_python_is_played_eagerly_and_says_so(no_gpu):
    said = r"^Anneals is played eagerly, not as a CUDA graph: a round changes the game.strength\.$"
    with pytest.warns(UserWarning, match=said):
        found = played(engine.replay(Anneals(), ones, 6))
    assert found == played(engine.play(Anneals(), ones, 6))
    assert no_gpu == ["eager"] * graph.WARM_UP


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (lambda: torch.rand(4, 1), "the CPU's random generator"),
        (lambda: random.random() * 0 + ones(), "Python's random generator"),
    ],
)
def test_a_draw_that_a_graph_cannot_repeat_is_named(no_gpu, draw, name):
    with pytest.warns(UserWarning, match=f"a round changes {name}"):
        played(engine.replay(Tug(), draw, 5))


def test_batches_that_come_in_turn_are_not_taken_for_draws(no_gpu):
    """A graph would give the same one for ever, and where the turn is kept nobody can see, so one draws twice."""
    turn = iter(range(100))
    with pytest.warns(UserWarning, match=r"its batches depend on more than PyTorch's random numbers\.$"):
        played(engine.replay(Tug(), lambda: torch.full((4, 1), float(next(turn))), 5))
    assert no_gpu == []


def test_a_schedule_in_python_is_named_with_its_player(no_gpu):
    def halving(parameters):
        optimizer = engine.sgd(0.4)(parameters)

        def halve(optimizer, *_):
            optimizer.param_groups[0]["lr"] /= 2

        optimizer.register_step_post_hook(halve)
        return optimizer

    with pytest.warns(UserWarning, match="a round changes lr of A's optimizer"):
        found = played(engine.replay(Tug(optimizers={"A": halving}), ones, 6))
    assert found == played(engine.play(Tug(optimizers={"A": halving}), ones, 6))


def test_a_round_that_waits_for_the_device_is_undone_and_played_eagerly(no_gpu, monkeypatch):
    @contextmanager
    def no_waiting():
        yield
        raise RuntimeError("called a synchronizing CUDA operation\nmore of it")

    monkeypatch.setattr(graph, "_no_waiting", no_waiting)
    with pytest.warns(UserWarning, match=r"waits for the device \(called a synchronizing CUDA operation\)\.$"):
        found = played(engine.replay(Tug(), ones, 6))
    assert found == played(engine.play(Tug(), ones, 6)), "the round that was cut short counts once"


def test_memory_that_runs_out_is_no_reason_to_play_eagerly(no_gpu, monkeypatch):
    @contextmanager
    def no_waiting():
        yield
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(graph, "_no_waiting", no_waiting)
    with pytest.raises(torch.OutOfMemoryError):
        played(engine.replay(Tug(), ones, 6))


def test_an_optimizer_that_counts_in_python_is_named():
    game = Tug(optimizers={"A": lambda parameters: torch.optim.Adagrad(parameters, lr=0.1)})
    assert graph.unsuited(game) == "A's optimizer, Adagrad, keeps numbers in Python"
    for make in (engine.sgd(0.1), engine.adam(0.1), engine.rmsprop(0.1), engine.cosine(engine.adam(0.1), 9)):
        assert graph.unsuited(Tug(optimizers={"A": make})) == ""


def test_on_the_cpu_fit_records_nothing(monkeypatch):
    monkeypatch.setattr("ganlib.engine.loop.replay", lambda *_: pytest.fail("a recording without a GPU"))
    assert engine.fit(Tug(), ones, 3, progress=False).rounds == [3]


# --- optimizers that keep everything on the device --------------------------------------------------------------------


def test_a_cosine_on_the_device_is_the_cosine_in_python():
    parameters = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    on_python, on_tensor = (engine.cosine(engine.sgd(0.4), 5)([p]) for p in parameters)
    tune(on_tensor, True)
    rate = on_tensor.param_groups[0]["lr"]
    for _ in range(7):
        assert rate.item() == pytest.approx(on_python.param_groups[0]["lr"], abs=1e-7)
        for parameter, optimizer in zip(parameters, (on_python, on_tensor)):
            parameter.grad = torch.ones(1)
            optimizer.step()
    assert on_tensor.param_groups[0]["lr"] is rate, "a graph writes to the one that it was recorded with"
    assert parameters[1].item() == pytest.approx(parameters[0].item())
    assert rate.item() == 0


@pytest.mark.parametrize("make", [engine.adam(0.1), engine.rmsprop(0.1), engine.sgd(0.1, 0.5)])
def test_flags_for_a_graph_are_set_and_taken_back(make):
    optimizer = engine.cosine(make, 9)([nn.Parameter(torch.zeros(1))])
    before = {key: value for key, value in optimizer.param_groups[0].items() if key != "params"}
    tune(optimizer, True)
    group = optimizer.param_groups[0]
    assert group.get("capturable", True)
    assert group.get("fused", True)
    assert isinstance(group["lr"], torch.Tensor)
    assert isinstance(group["moves"], torch.Tensor)
    tune(optimizer, False)
    after = {
        key: value for key, value in optimizer.param_groups[0].items() if key not in ("params", "fused", "foreach")
    }
    assert after == {key: value for key, value in before.items() if key in after} | {"lr": pytest.approx(0.1)}
    assert type(after["lr"]) is float
    assert type(after["moves"]) is int


def test_what_an_optimizer_has_learned_takes_the_format_of_the_weights():
    conv = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(conv.parameters())
    learned = torch.randn(4, 4, 3, 3)
    optimizer.state[conv.weight] = {"step": torch.tensor(3.0), "exp_avg": learned, "exp_avg_sq": learned.square()}
    tune(optimizer, False)
    kept = optimizer.state[conv.weight]["exp_avg"]
    assert kept.stride() == conv.weight.stride() != learned.stride()
    assert torch.equal(kept, learned)


def test_a_rate_on_the_device_is_saved_as_a_number_and_read_back(tmp_path):
    game = Tug(optimizers={"A": engine.cosine(engine.sgd(0.1), 9)})
    tune(game.players["A"].optimizer, True)
    list(engine.play(game, ones, 4))
    path = engine.save(tmp_path, game, 4)
    other = Tug(optimizers={"A": engine.cosine(engine.sgd(0.1), 9)})
    engine.load(path, other)
    group = other.players["A"].optimizer.param_groups[0]
    assert group["moves"] == 4
    assert group["lr"] == game.players["A"].optimizer.param_groups[0]["lr"].item()


@pytest.mark.parametrize("make", [engine.adam(0.1), engine.sgd(0.1, 0.5)])
def test_fit_fuses_optimizers_unless_something_else_was_asked_for(make):
    def by_parts(parameters):
        optimizer = make(parameters)
        optimizer.param_groups[0]["foreach"] = True
        return optimizer

    for factory, fused in ((make, True), (by_parts, None)):
        game = Tug(optimizers={"A": factory})
        engine.fit(game, ones, 1, progress=False)
        assert game.players["A"].optimizer.param_groups[0]["fused"] is fused


# --- channels last ----------------------------------------------------------------------------------------------------


class Convolved(Tug):
    optimizers = {"A": engine.adam(0.01)}

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Tanh(), nn.Conv2d(8, 4, 3))
        self.seat("A", lambda real: (self.net(real) - 1).square().mean(), self.net)


def images() -> torch.Tensor:
    return torch.randn(4, 3, 8, 8)


def test_fit_lays_convolutions_out_channels_last_and_changes_no_value():
    torch.manual_seed(0)
    game = Convolved()
    twin = [p.detach().clone() for p in game.parameters()]
    history = engine.fit(game, images, 1, progress=False)
    assert game.net[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert game.a.weight.is_contiguous()
    torch.manual_seed(0)
    other = Convolved()
    assert all(torch.equal(a, b) for a, b in zip(twin, other.parameters()))
    (step,) = engine.play(other, images, 1)
    assert history.losses["A"] == pytest.approx([step[1]["A"].item()], rel=1e-6)


def test_ten_rounds_of_fit_are_ten_rounds_by_hand_to_rounding():
    """Fused steps and another format of the weights move no number to another place."""

    def weights(play) -> torch.Tensor:
        torch.manual_seed(0)
        game = Convolved()
        play(game)
        return torch.cat([p.detach().flatten() for p in game.net.parameters()])

    fitted = weights(lambda game: engine.fit(game, images, 10, progress=False))
    played = weights(lambda game: list(engine.play(game, images, 10)))
    torch.testing.assert_close(fitted, played, rtol=1e-3, atol=1e-4)


def test_a_convolutional_run_that_was_cut_ends_bit_for_bit_like_one_that_was_not(tmp_path):
    torch.manual_seed(0)
    straight = Convolved()
    engine.fit(straight, images, 12, progress=False)
    torch.manual_seed(0)
    engine.fit(Convolved(), images, 5, checkpoint=tmp_path, progress=False)
    torch.manual_seed(7)
    cut = Convolved()
    engine.fit(cut, images, 12, checkpoint=tmp_path, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(straight.state_dict().values(), cut.state_dict().values()))

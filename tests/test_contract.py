"""The contract: what every game of ganlib.games owes its players. One entry in small_games.py puts a game under it."""

import ast
import inspect
import json
import re
import textwrap
from pathlib import Path

import pytest
import torch
from small_games import SMALL, build
from torch.utils._python_dispatch import TorchDispatchMode

import ganlib.games
import ganlib.losses
from ganlib import engine

GOLDEN = Path(__file__).parent / "golden"
every_game = pytest.mark.parametrize("name", SMALL)
every_class = pytest.mark.parametrize("game", [getattr(ganlib.games, name) for name in ganlib.games.__all__])

HOOKS = {
    "__init__", "turns", "objective", "optimizers", "penalty", "after", "fake", "sample", "d_loss", "g_loss", "round",
    "encode", "loss",  # of a game with one player
}  # fmt: skip
BUDGET = 40  # AST lines of a class body, docstring aside


def weights(game: engine.Game, player: str) -> dict[str, torch.Tensor]:
    mine = {id(p) for p in game.players[player].parameters}
    return {name: p.detach().clone() for name, p in game.named_parameters() if id(p) in mine}


def test_every_public_game_is_under_the_contract():
    assert {small.game.__name__ for small in SMALL.values()} == set(ganlib.games.__all__)


@every_game
def test_a_move_changes_every_parameter_of_the_mover_and_no_other(name):
    game = build(name)
    for mover in dict.fromkeys(game.turns):
        before = {player: weights(game, player) for player in game.players}
        game.players[mover].move(SMALL[name].draw())
        for player, old in before.items():
            new = weights(game, player)
            moved = {key for key in old if not torch.equal(old[key], new[key])}
            if player == mover:
                assert moved >= old.keys() - set(SMALL[name].indifferent)
            else:
                assert not moved


@every_game
def test_the_same_seed_gives_the_same_bits(name):
    def run() -> list[torch.Tensor]:
        game = build(name, seed=3)
        return [loss for _, losses in engine.play(game, SMALL[name].draw, 5) for loss in losses.values()]

    assert all(torch.equal(a, b) for a, b in zip(run(), run(), strict=True))


@every_game
def test_stopping_and_going_on_gives_the_same_bits_as_not_stopping(name):
    game, draw = build(name), SMALL[name].draw
    list(engine.play(game, draw, 4))
    state = engine.snapshot(game, 4)
    straight = [losses for _, losses in engine.play(game, draw, 9, start=4)]

    other = build(name, seed=123)
    list(engine.play(other, draw, 2))
    start = engine.restore(other, state)
    again = [losses for _, losses in engine.play(other, draw, 9, start=start)]

    for one, two in zip(straight, again, strict=True):
        assert one.keys() == two.keys()
        assert all(torch.equal(one[k], two[k]) for k in one)
    assert game.state_dict().keys() == other.state_dict().keys()
    assert all(torch.equal(a, b) for a, b in zip(game.state_dict().values(), other.state_dict().values(), strict=True))


class NoReadOfTheDevice(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        forbidden = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        assert function not in forbidden, f"{function} waits for the device"
        return function(*args, **(kwargs or {}))


@every_game
def test_no_loss_reads_the_device(name):
    game = build(name)
    for player in game.players.values():
        real = SMALL[name].draw()
        with NoReadOfTheDevice():
            player.loss(real).backward(inputs=player.parameters)


def test_the_guard_against_reads_fails_when_it_should():
    with pytest.raises(AssertionError, match="waits for the device"), NoReadOfTheDevice():
        torch.ones(1).sum().item()


# What the guard cannot see on a CPU.
READS = {"item", "tolist", "numpy", "cpu", "nonzero", "masked_select", "unique", "repeat_interleave", "one_hot"}


def reads(source: str) -> set[str]:
    names = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return names & READS


@pytest.mark.parametrize("package", [ganlib.games, ganlib.losses])
def test_no_source_of_games_and_losses_names_a_read_of_the_device(package):
    for file in Path(package.__file__).parent.glob("*.py"):
        assert not reads(file.read_text(encoding="utf-8")), file


def test_the_ban_on_reads_sees_one():
    assert reads("y = x.mean().item()") == {"item"}


@every_game
def test_losses_are_finite_scalars_on_the_device_without_a_graph(name):
    game = build(name)
    for _, losses in engine.play(game, SMALL[name].draw, 3):
        for loss in losses.values():
            assert loss.shape == ()
            assert torch.isfinite(loss)
            assert loss.device == game.device
            assert not loss.requires_grad


@every_game
def test_turns_name_seated_players_and_every_player_moves(name):
    game = build(name)
    assert set(game.turns) == set(game.players)


@every_game
def test_the_first_twenty_losses_match_the_stored_ones(name):
    """Regenerate on purpose only: delete the file and run the test twice."""
    file = GOLDEN / f"{name.replace(' ', '_')}.json"
    game = build(name)
    losses: dict[str, list[float]] = {}
    for _, row in engine.play(game, SMALL[name].draw, 20):
        for player, loss in row.items():
            losses.setdefault(player, []).append(loss.item())
    if not file.exists():
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(json.dumps(losses, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{file.name} did not exist; it has been written: look at it, commit it, run again.")
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert losses.keys() == stored.keys()
    for player in stored:
        assert losses[player] == pytest.approx(stored[player], rel=1e-4), player


@every_class
def test_the_docstring_names_paper_equation_and_parent(game):
    text = inspect.cleandoc(game.__doc__)
    parents = "|".join(base.__name__ for base in game.__bases__)
    assert re.search(r"[A-Z]\w+ (et al\. |and \w+ )?(19|20)\d\d, arXiv:\d{4}\.\d{4,5}", text), "paper, year, arXiv"
    assert re.search(r"eq\. \d|Algorithm \d", text), "equation or algorithm"
    assert re.search(rf"From ({parents}):", text), f"'From {parents}: ...'"


def body(game: type) -> tuple[int, set[str]]:
    """Lines of code and names defined in a class body, its docstrings aside."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(game))).body[0]
    names, lines = set(), set()
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", node)
        names.add(getattr(target, "id", getattr(target, "name", None)))
        lines |= {n.lineno for n in ast.walk(node) if hasattr(n, "lineno")}
    return len(lines), names


@every_class
def test_a_game_is_a_short_diff_that_overrides_only_hooks(game):
    length, names = body(game)
    assert length <= BUDGET, f"{length} lines"
    redefined = {name for name in names if any(hasattr(base, name) for base in game.__bases__)}
    assert redefined <= HOOKS, redefined - HOOKS
    assert game.__mro__.index(engine.Game) <= 3, "at most three below Game"


def test_the_budget_counts():
    class Long(engine.Game):
        """Docstring."""

        turns = ("A",)

        def move(self):
            return 1

    assert body(Long) == (3, {"turns", "move"})

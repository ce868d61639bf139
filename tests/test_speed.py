"""The benchmarks compare like with like, the page shows what they wrote, and a GPU day can be cut anywhere."""

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")


def imported(folder: str, name: str):
    sys.path[:0] = [str(ROOT / folder)]
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


speed = imported("tests/benchmarks", "speed")
contenders, usual_script = sys.modules["contenders"], sys.modules["usual_script"]
day = imported("tests/gpu", "day")


# --- what is compared ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", contenders.SETUPS)
def test_fit_and_the_loop_by_hand_play_the_same_game(name, monkeypatch):
    made = []
    setup = contenders.SETUPS[name]

    def networks():
        made.append(setup.networks() if name == "MLP GAN" else contenders.convolutional(4, 32, setup_norm(name)))
        return made[-1]

    def setup_norm(name):
        return None if name == "WGAN-GP" else nn.BatchNorm2d

    monkeypatch.setattr(contenders, "IMAGES", 64)
    small = contenders.Setup(networks, setup.side, setup.game, setup.rate, setup.betas, setup.usual, setup.moves)
    for make in (contenders.by_fit, contenders.by_hand):
        make(small, CPU, 8)(2)
    for one, two in zip(*made, strict=True):
        for a, b in zip(one.parameters(), two.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "batches"), [("DCGAN", 3), ("WGAN-GP", 15)])
def test_the_usual_script_trains_both_networks_on_as_many_batches(name, batches, monkeypatch):
    pair = contenders.convolutional(4, 32, None if name == "WGAN-GP" else nn.BatchNorm2d)
    before = [[p.detach().clone() for p in network.parameters()] for network in pair]
    taken = []
    original = usual_script.Pictures.__getitem__
    monkeypatch.setattr(
        usual_script.Pictures, "__getitem__", lambda self, index: taken.append(index) or original(self, index)
    )
    play = contenders.SETUPS[name].usual(*pair, 100, contenders.pictures(32)[:64], 32, 8, CPU)
    play(3)
    assert len(taken) == 8 * batches == 8 * 3 * contenders.SETUPS[name].moves
    for network, old in zip(pair, before, strict=True):
        assert not any(torch.equal(a, b) for a, b in zip(network.parameters(), old) if a.dim() > 1)


def test_images_go_through_the_usual_transforms_to_the_values_that_a_resident_source_has():
    images = contenders.pictures(32)[:5]
    usual = torch.stack([usual_script.Pictures(images, 32)[i][0] for i in range(5)])
    torch.testing.assert_close(usual, images[:, None] / 127.5 - 1, rtol=0, atol=1e-6)
    assert usual_script.Pictures(images, 16)[0][0].shape == (1, 16, 16)
    colour = torch.randint(256, (2, 8, 8, 3), dtype=torch.uint8)
    seen, _ = usual_script.Pictures(colour, 8)[1]
    torch.testing.assert_close(seen, colour[1].permute(2, 0, 1) / 127.5 - 1, rtol=0, atol=1e-6)


def test_the_work_of_a_round_is_counted_as_by_hand():
    """A product of (n, a) and (a, b) is 2nab, forwards, and again backwards into its weights and into its input.

    D's move: G once; D on two batches, backwards into the weights, and into the inputs of all layers but the first. G's
    move: both networks forwards, backwards into all weights and all inner inputs of G, and into all inputs of D.
    """
    latent = contenders.LATENT
    g, d = latent * 3 + 3 * 4, 4 * 6 + 6 * 1

    def networks():
        G = nn.Sequential(nn.Linear(latent, 3), nn.Tanh(), nn.Linear(3, 4), nn.Unflatten(1, (1, 2, 2)))
        return G, nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))

    setup = contenders.Setup(networks, 2, contenders.games.GAN, 1e-3, (0.0, 0.9), usual_script.prepare)
    d_move, g_move = g + 2 * (d + d + 6), g + d + g + 3 * 4 + d
    assert speed.flops(setup, CPU) == {"matrices": 2 * contenders.BATCH * (d_move + g_move), "convolutions": 0}


def test_rounds_are_timed_by_turns_without_their_beginning_and_the_median_counts(monkeypatch):
    now, order = 0.0, []

    def player(name: str, beginning: float, costs):
        costs = iter(costs)

        def play(rounds: int) -> None:
            nonlocal now
            order.append((name, rounds))
            now += beginning + next(costs) * rounds

        return play

    monkeypatch.setattr(speed, "clock", lambda device: now)
    a, b = player("a", 100, [9, 1, 1, 1, 1, 50, 50, 2, 2]), player("b", 7, [9] + 8 * [3])
    assert speed.by_turns({"a": a, "b": b}, CPU, seconds=30, repetitions=3, least=8) == {"a": 2, "b": 3}
    calls = {"a": [("a", 1), ("a", 31)], "b": [("b", 1), ("b", 11)]}  # thirty seconds of each
    assert order[6:] == [call for name in "abbaab" for call in calls[name]]


def test_a_peak_is_no_less_than_what_the_shares_of_the_time_add_up_to():
    peaks = speed.peaks(CPU, repetitions=1)
    assert min(peaks.values()) > 0
    shares = speed.bound(contenders.by_hand(contenders.SETUPS["MLP GAN"], CPU, 8), CPU, rounds=1)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["matrices"] > 0
    assert shares["convolutions"] == 0


def test_memory_is_that_of_a_process_of_its_own():
    ballast = torch.ones(2**27)  # half a gigabyte of this process
    ring = speed.child("recipe", "ring", CPU)
    assert speed.megabytes(CPU) > 2**9 + 100
    del ballast
    assert speed.megabytes(CPU) > ring["megabytes"] > ring["of them before it began"] > 0
    with pytest.raises(RuntimeError, match=r"recipe nonsense failed: .*nonsense"):
        speed.child("recipe", "nonsense", CPU)


def test_a_race_is_the_median_of_processes_in_which_each_contender_comes_first_in_turn(monkeypatch):
    asked = []

    def child(kind: str, what: str, device: torch.device) -> dict[str, float]:
        asked.append((kind, what))
        slower = [1, 5, 2, 4, 3][len(asked) - 1]
        return {"fit": 0.5, "by hand": slower / 2, "usual script": slower, "fit, bfloat16": 2}

    monkeypatch.setattr(speed, "child", child)
    monkeypatch.setattr(speed, "peaks", lambda device: {"matrices": 1e9, "convolutions": 2e9})
    monkeypatch.setattr(speed, "flops", lambda *_: {"matrices": 1e8, "convolutions": 4e8})
    monkeypatch.setattr(speed, "bound", lambda *_: {})
    found = speed.race("WGAN-GP", CPU)
    assert asked == [("race", f"WGAN-GP,{first}") for first in range(5)]
    assert (found["over a loop by hand"], found["over the usual script"]) == (3, 6)
    assert found["in each process"]["over a loop by hand"] == [1, 2, 3, 4, 5]
    assert found["bfloat16 over the usual script"] == 1.5
    assert found["images a second"]["fit"] == 5 * contenders.BATCH / 0.5
    assert found["share of the roofline"] == pytest.approx((0.1 + 0.2) / 0.5)
    order = []
    monkeypatch.setattr(speed, "by_turns", lambda contenders, *_, **__: order.append(list(contenders)) or {})
    monkeypatch.setattr(speed, "by_fit", lambda *_, **__: None)
    monkeypatch.setattr(speed, "by_hand", lambda *_, **__: None)
    monkeypatch.setattr(speed, "by_usual_script", lambda *_, **__: None)
    for first in range(5):
        speed.of_race("DCGAN", first, CPU)
    assert [kinds[0] for kinds in order] == ["fit", "by hand", "usual script", "fit, bfloat16", "fit"]


def test_an_unknown_measurement_is_refused_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["speed.py", "speling"])
    assert speed.main() == 2
    assert "There is no measurement 'speling'; there are MLP GAN, DCGAN," in capsys.readouterr().err


# --- the results and their page ---------------------------------------------------------------------------------------


def test_every_result_says_on_what_and_with_what_it_was_measured():
    files = sorted((ROOT / "tests/benchmarks/results").glob("*.json"))
    assert {speed.file_of(name, "cpu") for name in speed.MEASUREMENTS} <= set(files)
    for file in files:
        result = json.loads(file.read_text(encoding="utf-8"))
        assert file == speed.file_of(result["name"], "cpu" if result["device"] == "cpu" else "cuda")
        assert result["versions"]["torch"]
        assert result["date"]


def test_the_memory_of_every_recipe_is_stated():
    from ganlib import recipes

    stated = speed.read("memory", "cpu")["measured"]
    assert set(stated) == {name for name in recipes.__all__ if not name.startswith("judge_")}


def page(root: Path, tmp_path: Path) -> str:
    return "\n\n".join(imported("book/_ext", "benchmarks").markdown(root, tmp_path))


def test_a_number_of_the_page_is_the_one_in_the_file_and_a_picture_has_words(tmp_path):
    text = page(ROOT, tmp_path)
    measured = speed.read("DCGAN", "cpu")["measured"]
    assert f"| DCGAN | over the usual script | CPU | **{measured['over the usual script']:.2f}**" in text
    assert "| DCGAN | over the usual script | GPU | " in text
    assert text.count("```{figure}") == text.count(":alt: ") == len(list(tmp_path.glob("*.png")))
    for name, each in speed.read("memory", "cpu")["measured"].items():
        assert f"| `{name}` | {each['megabytes']:,.0f} |" in text


def test_what_was_not_measured_says_so_and_a_missed_bar_too(tmp_path):
    (tmp_path / "tests/benchmarks/results").mkdir(parents=True)
    folder = tmp_path / "tests/benchmarks/results"
    program = imported("book/_ext", "benchmarks")
    standing = speed.standing(folder)
    assert len(standing) == len(speed.BARS)
    assert not any(values for *_, values in standing)
    assert program.bars(standing).count("| not measured |") == len(speed.BARS)
    assert "| **0.90**, missed | 0.80 to 1.00 | 0.95 |" in program.bars([("GAN", "over", "cpu", 0.95, [0.8, 0.9, 1.0])])
    assert "| **0.96** | 0.90 to 0.97 | 0.95 |" in program.bars([("GAN", "over", "cpu", 0.95, [0.9, 0.96, 0.97])])


# --- a GPU day --------------------------------------------------------------------------------------------------------


class Day:
    """Fake pieces on a clock of their own: each needs so many seconds in all, and resumes where it was cut."""

    def __init__(self, **needs: float):
        self.needs, self.now, self.ran, self.broken = dict(needs), 0.0, [], set()
        self.pieces = [day.Piece(name, ("true",), resumes=True) for name in needs]

    def run(self, piece, seconds: float) -> tuple[str, str]:
        self.ran.append(piece.name)
        spent = min(seconds, self.needs[piece.name])
        self.now += spent
        self.needs[piece.name] -= spent
        if piece.name in self.broken:
            return "failed", "it broke"
        return ("cut", "saved") if self.needs[piece.name] > 0 else ("finished", "done")

    def work(self, record: Path, seconds: float = float("inf")) -> bool:
        return day.work(self.pieces, record, seconds, self.run, lambda: self.now)


def test_a_day_runs_every_piece_once_and_a_second_day_runs_none(tmp_path, capsys):
    today = Day(a=10, b=20)
    assert today.work(tmp_path / "day.json")
    assert today.ran == ["a", "b"]
    assert today.work(tmp_path / "day.json")
    assert today.ran == ["a", "b"]
    assert day.read(tmp_path / "day.json")["b"] == {"state": "finished", "tries": 1, "seconds": 20, "said": "done"}


def test_a_training_that_is_longer_than_a_piece_goes_on_in_the_next_ones(tmp_path):
    today = Day(long=2.5 * day.PIECE, short=5)
    assert today.work(tmp_path / "day.json")
    assert today.ran == ["long"] * 3 + ["short"]


def test_a_day_stops_in_time_and_the_next_goes_on(tmp_path):
    today = Day(a=100, b=900, c=10)
    while not today.work(tmp_path / "day.json", seconds=570):
        begun = today.now
        assert len(today.ran) < 9
    assert today.now - begun <= 570 - day.GRACE
    assert today.ran == ["a", "b", "b", "c"] or today.ran == ["a", "b", "b", "b", "c"]
    assert today.needs == {"a": 0, "b": 0, "c": 0}


def test_a_piece_that_fails_lets_the_others_go_on_and_is_tried_again_next_time(tmp_path):
    today = Day(a=1, b=1)
    today.broken = {"a"}
    assert not today.work(tmp_path / "day.json")
    assert today.ran == ["a", "b"]
    assert day.read(tmp_path / "day.json")["a"]["state"] == "failed"
    today.broken = set()
    assert today.work(tmp_path / "day.json")
    assert today.ran == ["a", "b", "a"]


def test_a_piece_that_never_ends_is_given_up(tmp_path):
    today = Day(endless=float("inf"))
    assert not today.work(tmp_path / "day.json")
    assert len(today.ran) == day.TRIES
    once = Day(test=float("inf"))
    once.pieces = [day.Piece("test", ("true",))]
    assert not once.work(tmp_path / "other.json")
    assert once.ran == ["test"], "a test does not go on where it was cut"


def test_a_real_piece_is_told_to_stop_and_its_last_line_is_kept():
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit('saved')); time.sleep(60)"
    assert day.execute(day.Piece("long", (sys.executable, "-c", code)), 1.5) == ("cut", "saved")
    assert day.execute(day.Piece("good", (sys.executable, "-c", "print(1); print(2)")), 20) == ("finished", "2")
    assert day.execute(day.Piece("bad", (sys.executable, "-c", "raise SystemExit('no')")), 20) == ("failed", "no")


def test_the_plan_names_every_recipe_and_measurement_and_needs_no_gpu(monkeypatch, capsys):
    from ganlib import recipes
    from ganlib.zoo import runs

    names = [piece.name for piece in day.plan()]
    assert len(names) == len(set(names))
    for recipe in recipes.__all__:
        wanted = (
            {f"{recipe}, seed {seed}" for seed in range(runs.SEEDS)}
            if recipe in runs.RECORDED
            else {recipe.replace("judge_", "judge ")}
        )
        assert wanted <= set(names)
    assert {f"benchmark {name}" for name in speed.MEASUREMENTS} <= set(names)
    monkeypatch.setattr(sys, "argv", ["day.py", "--dry-run"])
    assert day.main() == 0
    assert f"of {len(names)} finished; each in pieces of at most {day.PIECE + day.GRACE} s" in capsys.readouterr().out
    assert day.PIECE + day.GRACE < 600


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_a_day_runs_nothing_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["day.py"])
    monkeypatch.setattr(day, "work", lambda *_: pytest.fail("it ran"))
    assert day.main() == 2
    assert "There is no GPU here, so NOTHING WAS RUN" in capsys.readouterr().err


def test_tests_that_want_a_gpu_are_not_passed_over_in_silence():
    spec = importlib.util.spec_from_file_location("at_the_end", ROOT / "tests" / "conftest.py")  # not tests/gpu's
    assert spec
    assert spec.loader
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    summary = module.pytest_terminal_summary
    lines: list[str] = []
    terminal = SimpleNamespace(stats={}, write_line=lambda line, **_: lines.append(line))
    summary(terminal)
    terminal.stats = {"skipped": [SimpleNamespace(nodeid="tests/test_docs.py::test_x")]}
    summary(terminal)
    assert not lines
    terminal.stats["skipped"] += 2 * [SimpleNamespace(nodeid="tests/gpu/test_capture.py::test_x")]
    summary(terminal)
    assert lines == ["NOT RUN, FOR WANT OF A GPU: 2 tests of tests/gpu. Where there is one: make gpu-day"]

"""Several ranks play as one: their step is that of the joint batch, they keep in step, and a killed one comes back."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from small_games import SMALL
from torch import nn
from two_ranks import ALIKE, REFUSED, everything, first_rounds

from ganlib import engine, games
from ganlib.engine import distributed

HERE = Path(__file__).parent
CLOSE = {False: {"rtol": 1e-4, "atol": 2e-6}, True: {"rtol": 1e-8, "atol": 1e-9}}  # float32, float64


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(rank: int, size: int) -> dict[str, str]:
    """What torchrun tells a rank."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
    return {key: str(value) for key, value in told.items()} | {"MASTER_ADDR": "127.0.0.1"}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What two processes have found, each for itself."""
    out, port = tmp_path_factory.mktemp("ranks"), str(free_port())
    everywhere = {"MASTER_PORT": port, "PYTHONWARNINGS": "error", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "two_ranks.py"), "steps", str(out)]
    ranks = [
        subprocess.Popen(command, env=os.environ | everywhere | environment(rank, 2), stderr=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    said = [rank.communicate(timeout=150)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], said
    return [torch.load(out / f"found_{rank}.pt") | {"out": out} for rank in (0, 1)]


def test_every_public_game_is_compared():
    assert {small.game.__name__ for small in ALIKE.values()} >= set(games.__all__)


@pytest.mark.parametrize("exact", [False, True], ids=["float32, plain descent", "float64, its own optimizers"])
@pytest.mark.parametrize("name", ALIKE)
def test_two_ranks_step_as_one_process_does_on_the_joint_batch(found, name, exact):
    alone = first_rounds(name, exact, engine.Ranks())
    for rank in found:
        torch.testing.assert_close(rank[name][exact], alone, **CLOSE[exact])
    assert all(torch.equal(value, found[1][name][exact][key]) for key, value in found[0][name][exact].items())


@pytest.mark.parametrize("name", REFUSED)
def test_a_game_whose_gradient_is_no_mean_over_examples_is_refused(found, name):
    for rank, kind in zip(found, ("ValueError", "Told")):
        assert rank[name].startswith(f"{kind}: {REFUSED[name].game.__name__} cannot be played by 2 ranks: what ")
        assert "engine.gather(x)" in rank[name]


def test_the_ranks_of_a_run_keep_in_step_and_rank_0_writes(found):
    assert all(torch.equal(value, found[1]["run"][key]) for key, value in found[0]["run"].items())
    first, other = (rank["history"] for rank in found)
    assert first["rounds"] == other["rounds"] == [5, 10, 15, 20]
    assert first["losses"] == other["losses"]  # of the joint batch
    assert len(first["metrics"]["spread"]) == 4
    assert other["metrics"] == {}
    assert sorted(path.name for path in found[0]["out"].glob("run_of*/*")) == ["step_16", "step_20"]
    assert not (found[0]["out"] / "run_of_rank_1").exists()


def test_noise_is_new_in_every_round_and_differs_between_ranks(found):
    drawn = [z for rank in found for z in rank["noise"] if len(z) == 16]  # a rank's share of 32
    assert len(drawn) == 2 * 2 * 20  # two ranks, two players
    assert len({z.numpy().tobytes() for z in drawn}) == len(drawn)


def test_what_rank_0_comes_to_is_told_to_all(found):
    assert [rank["told"] for rank in found] == [0, 0]


def test_what_cannot_be_played_is_said_on_every_rank(found):
    for rank, kind in zip(found, ("ValueError", "Told")):
        assert rank["odd"].startswith(f"{kind}: A batch of 7 cannot be shared out evenly among 2 ranks: choose")
    damaged = "is damaged (it has no meta.json)"
    assert damaged in found[0]["broken"]
    assert found[1]["broken"].startswith("Told: Rank 0 cannot go on: Checkpoint")
    assert damaged in found[1]["broken"]


def test_whichever_rank_is_asked_to_stop_all_do_after_the_same_round(found):
    saved = found[0]["out"] / "stopped" / "step_3"
    for rank in found:
        assert rank["stopped"] == (f"Stopped after round 3 of 9; last good checkpoint: {saved}.", signal.SIGTERM)
    assert list(saved.parent.iterdir()) == [saved]


def test_a_rank_that_is_gone_is_missed_in_one_sentence(found):
    assert found[0]["lost"].startswith("Lost: Rank 0 has lost another rank")


def torchrun(*words: str, here: Path, ranks: int = 2, nodes: int = 1, restarts: int = 0) -> list[subprocess.Popen[str]]:
    """So many ranks on so many machines: a torchrun for each machine, which meet as they would over a network."""
    meeting = f"127.0.0.1:{free_port()}"
    line = [sys.executable, "-m", "torch.distributed.run", "--rdzv-backend", "c10d", "--rdzv-endpoint", meeting]
    line += ["--nnodes", str(nodes), "--nproc-per-node", str(ranks // nodes), "--max-restarts", str(restarts)]
    return [
        subprocess.Popen(
            [*line, "--rdzv-id", "together", *words],
            cwd=here,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(nodes)
    ]


@pytest.mark.parametrize("machines", [1, 2])
def test_a_killed_rank_comes_back_and_the_run_ends_bit_for_bit_as_if_nothing_had_happened(found, tmp_path, machines):
    running = torchrun(str(HERE / "two_ranks.py"), "run", str(tmp_path), here=tmp_path, nodes=machines, restarts=1)
    said = [each.communicate(timeout=150)[1] for each in running]
    assert [each.returncode for each in running] == [0] * machines, said
    end = torch.load(tmp_path / "end.pt")
    assert (tmp_path / "killed").is_file()
    assert end["drawn"] < len(found[0]["noise"])  # it went on from a checkpoint
    assert end["history"] == found[0]["history"]
    assert all(torch.equal(value, end["run"][key]) for key, value in found[0]["run"].items())


def test_a_recipe_under_torchrun_is_stopped_by_a_signal_and_goes_on_with_another_number_of_ranks(tmp_path):
    words = ["train", "ring", "--rounds", "300", "--device", "cpu", "--out", "run"]
    (running,) = torchrun("-m", "ganlib", *words, here=tmp_path)
    assert running.stderr is not None
    lines = []
    while not (lines and lines[-1].startswith("round ")):
        lines.append(running.stderr.readline())
        assert lines[-1], "".join(lines)
    running.terminate()
    said = "".join(lines) + running.communicate(timeout=60)[1]
    assert said.count("ring, seed 0: begins on cpu") == 1
    (end,) = re.findall(r"ganlib: Stopped after round (\d+) of 300; last good checkpoint: run/step_(\d+)\. (.*)", said)
    assert end[0] == end[1]
    assert end[2] == "Go on with: the same torchrun command"
    (running,) = torchrun("-m", "ganlib", *words, here=tmp_path, ranks=4)
    out, said = running.communicate(timeout=150)
    assert running.returncode == 0, said
    assert said.count(f"ring, seed 0: goes on from run/step_{end[0]}") == 1
    assert out.count("ring, seed 0: 300 rounds; checkpoints in run") == out.count("high_quality: ") == 1


@pytest.fixture
def one_rank(monkeypatch):
    for key, value in (environment(0, 1) | {"MASTER_PORT": str(free_port())}).items():
        monkeypatch.setenv(key, value)


def test_after_playing_a_game_is_as_it_was(one_rank):
    game = everything()
    kinds, buffers = [type(part) for part in game.modules()], [b.clone() for b in game.buffers()]
    with engine.joined("cpu") as ranks:
        assert (ranks.size, ranks.together, ranks.first) == (1, True, True)
        before = torch.get_rng_state()
        with ranks.playing(game, SMALL["GAN"].draw):
            assert isinstance(game.G[1], nn.BatchNorm1d)
            assert type(game.G[1]) not in kinds
            assert all(player.optimizer._optimizer_step_pre_hooks for player in game.players.values())
        assert torch.equal(torch.get_rng_state(), before)
    assert [type(part) for part in game.modules()] == kinds
    assert all(map(torch.equal, game.buffers(), buffers))
    assert not any(player.optimizer._optimizer_step_pre_hooks for player in game.players.values())
    assert all(parameter.grad is None for parameter in game.parameters())
    assert not distributed.present().together


def test_rank_0_may_leave_and_go_on_alone(one_rank):
    with engine.joined("cpu") as ranks:
        ranks.leave()
        assert not ranks.together
        assert not torch.distributed.is_initialized()
        engine.fit(everything(), SMALL["GAN"].draw, 1, progress=False)


def test_without_torchrun_nothing_changes():
    x = torch.ones(3, 2)
    with engine.joined("cpu") as ranks:
        assert (ranks.device, ranks.size, ranks.together) == ("cpu", 1, False)
        before = torch.get_rng_state()
        ranks.reseed(3)
        assert torch.equal(torch.get_rng_state(), before)
        assert engine.gather(x) is x


@pytest.mark.parametrize("missing", ["RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"])
def test_an_environment_that_is_not_torchruns_is_named(one_rank, monkeypatch, missing):
    monkeypatch.delenv(missing)
    with pytest.raises(ValueError, match=rf"but {missing} is not: start them by torchrun, or unset"), engine.joined():
        pass


def test_an_address_where_nobody_can_meet_is_named(one_rank, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("MASTER_PORT", str(taken.getsockname()[1]))
        with pytest.raises(ValueError, match=r"do not find one another at 127.0.0.1:\d+ \("), engine.joined("cpu"):
            pass
    assert not distributed.present().together


@pytest.mark.parametrize(
    ("device", "patched", "sentence"),
    [
        ("cuda", {}, "3 ranks on this machine want a GPU each, and it has 2: start torchrun with --nproc-per-node 2"),
        ("cuda:1", {}, "Ranks take a GPU each, not all 'cuda:1': ask for 'cuda'"),
        ("cuda", {"device_count": 3}, "no NCCL, which ranks on GPUs need"),
        ("cpu", {"gloo": False}, "no gloo, which sends the ranks' messages"),
    ],
)
def test_ranks_without_a_place_are_told_so(one_rank, monkeypatch, device, patched, sentence):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.setattr(distributed, "find_device", torch.device)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: patched.get("device_count", 2))
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: False)
    monkeypatch.setattr(torch.distributed, "is_gloo_available", lambda: patched.get("gloo", True))
    with pytest.raises(ValueError, match=sentence), engine.joined(device):
        pass

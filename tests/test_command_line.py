"""The commands that play, look at and measure runs: what they write, what they say, and that nothing is ever lost."""

import errno
import json
import re
import shlex
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlib import __main__ as command_line
from ganlib import data, engine, games, networks, recipes
from ganlib.commands import datasets, runs, teaching, training
from ganlib.data import download
from ganlib.zoo import runs as recorded

ROUNDS = 40
picture = runs.picture
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
seen: dict[str, object] = {}  # what the toy was called with
playing: list[engine.Game] = []  # the toy's latest game
happens: dict[int, object] = {}  # what to do when the toy draws for the n-th time; each round draws twice


def build_toy(full: bool = False, rounds: int | None = None) -> games.GAN:
    G = networks.mlp(2, 2, (16 if full else 8,))
    step = engine.cosine(engine.adam(1e-2), rounds or ROUNDS)
    average = networks.EMA(G, 0.5)
    return games.GAN(G, networks.mlp(2, 1, (8,)), data.Gaussian(2), optimizers={"D": step, "G": step}, average=average)


def toy(seed=0, rounds=None, full=None, batch=None, device=None, **fit_options):
    """A toy."""
    seen.clear()
    seen.update(fit_options, seed=seed, rounds=rounds, full=full, batch=batch)
    engine.seed(seed)
    draws = iter(range(10**6))

    def draw() -> torch.Tensor:
        if act := happens.get(next(draws)):
            act()
        return data.ring(8)(batch or 16)

    game = build_toy(bool(full), rounds)
    playing[:] = [game]
    return game, engine.fit(game, draw, rounds or ROUNDS, every=4, save_rounds=10, **fit_options)


def score_toy(game):
    return {"mean": game.sample(200, seed=0).mean().item()}


def measure_toy(game):
    data.load("toys")
    return {"far": 1.0}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder, and one recipe."""
    for function in (build_toy, toy, score_toy):
        monkeypatch.setattr(recipes, function.__name__, function, raising=False)
    monkeypatch.setattr(recipes, "__all__", [*recipes.__all__, "toy"])
    monkeypatch.setattr(runs, "picture", lambda samples: b"a picture")  # drawing would take most of the time
    monkeypatch.delenv("GANLIB_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    happens.clear()
    return tmp_path


def main(line: str) -> int:
    return command_line.main(shlex.split(line))


def last(folder: str) -> dict[str, bytes]:
    """All bytes of a run's newest checkpoint, the history in it included."""
    newest = engine.latest(folder)
    assert newest is not None
    return {"": newest.name.encode(), **{file.name: file.read_bytes() for file in newest.iterdir()}}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "whole"


@pytest.fixture
def whole(kept):
    """A run that was left alone, in the folder `whole`; played once for all."""
    if not kept.is_dir():
        assert main("train toy --out whole") == 0
        shutil.copytree("whole", kept)
    else:
        shutil.copytree(kept, "whole")
    return last("whole")


# --- a run and its folder --------------------------------------------------------------------------------------------


def test_a_run_leaves_checkpoints_history_grids_scores_and_what_decided_it(monkeypatch, capsys):
    monkeypatch.setattr(runs, "picture", picture)
    assert main("train toy --seed 3 --batch 8") == 0
    folder, (out, err) = Path("runs/toy_seed3_batch8"), capsys.readouterr()
    assert (seen["seed"], seen["batch"], seen["rounds"], seen["full"]) == (3, 8, None, False)
    assert out.startswith(f"toy, seed 3: {ROUNDS} rounds; checkpoints in {folder}\n  mean: ")
    assert err.startswith(f"toy, seed 3: begins on cpu, in {folder}\nround 4 of {ROUNDS}: D ")
    about = json.loads((folder / "run.json").read_text())
    assert about["settings"] == vars(runs.Settings("toy", 3, full=False, batch=8))
    assert about["finished"] == ROUNDS
    game, history = toy(3, batch=8, progress=False)
    assert about["scores"] == score_toy(game)
    assert json.loads((folder / "history.json").read_text()) == vars(history)
    # each time the rounds have doubled, and the last
    assert sorted(p.name for p in (folder / "samples").iterdir()) == [f"round_{n:02}.png" for n in (4, 8, 16, 32, 40)]
    for file in (folder / "samples").iterdir():
        with Image.open(file) as grid:
            assert grid.format == "PNG"


def test_a_finished_run_says_so_and_is_not_played_again(whole, monkeypatch, capsys):
    monkeypatch.setattr(recipes, "toy", None)
    monkeypatch.setattr(runs, "recipe", lambda name: toy)
    happens[0] = lambda: pytest.fail("played again")
    capsys.readouterr()
    assert main("train toy --out whole") == 0
    assert capsys.readouterr().out.startswith(f"toy, seed 0: finished, {ROUNDS} rounds; see whole\n  mean: ")


def test_different_runs_go_to_different_folders(monkeypatch):
    folders = set()
    for line in ("", "--seed 1", "--rounds 9", "--batch 9", "--full", "--small", "--precision bf16"):
        parsed = _parsed(f"train toy {line}", monkeypatch)
        folders.add(training.settle(parsed)[1])
    assert len(folders) == 7


def test_precision_is_handed_on(capsys):
    main("train toy --rounds 1")
    assert seen["precision"] == torch.float32
    main("train toy --rounds 1 --precision bf16")
    assert seen["precision"] == torch.bfloat16


def test_progress_has_rate_losses_and_time_left(monkeypatch, capsys):
    clock = iter([100.0, 105.0, 120.0, 120.0, 120.0])
    monkeypatch.setattr(training.time, "monotonic", lambda: next(clock))
    watch = training.Watch("toy", Path(), lines=True)
    watch.draws, watch.write_history = False, lambda: None
    history = engine.History()
    for done in (50, 100, 250):
        history.rounds.append(done)
        history.losses = {"D": [1.25], "G": [0.5]}
        watch(None, history, 8450)
    assert capsys.readouterr().err.splitlines() == [
        "round 50 of 8450: D 1.250, G 0.500",  # the second comes too soon after it to be said
        "round 250 of 8450: D 1.250, G 0.500; 10 rounds a second, 14 min left",
    ]
    assert [training._duration(s) for s in (45.4, 90, 12000)] == ["45 s", "2 min", "3 h 20 min"]


# --- stopping and going on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_saves_the_round_and_the_same_command_goes_on_to_the_same_bits(whole, capsys, number):
    happens[1 + 2 * 16] = lambda: signal.raise_signal(number)  # in the middle of round 17; one draw is the rehearsal's
    assert main("train toy --out cut") == SIGNALS[number]
    newest = Path("cut/step_17")
    assert engine.latest("cut") == newest
    assert capsys.readouterr().err.endswith(
        f"ganlib: Stopped after round 17 of {ROUNDS}; last good checkpoint: {newest}. "
        "Go on with: ganlib train toy --out cut\n"
    )
    assert json.loads(Path("cut/history.json").read_text())["rounds"] == [4, 8, 12, 16]
    happens.clear()
    assert main("train toy --out cut") == 0
    assert f"toy, seed 0: goes on from {newest}" in capsys.readouterr().err
    assert last("cut") == whole
    assert Path("cut/history.json").read_bytes() == Path("whole/history.json").read_bytes()


def test_a_second_signal_stops_at_once():
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    happens[30] = twice
    with pytest.raises(KeyboardInterrupt) as stopped:
        toy(checkpoint="cut", progress=False)
    assert not isinstance(stopped.value, engine.Stopped)
    assert engine.latest("cut") == Path("cut/step_10")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_round_is_looked_at_before_it_is_saved_so_that_a_kill_between_the_two_is_made_good():
    looked = []
    toy(checkpoint="cut", progress=False, look=lambda game, history, rounds: looked.append(engine.latest("cut")))
    assert [path and path.name for path in looked] == 2 * [None] + ["step_10"] * 3 + ["step_20"] * 2 + ["step_30"] * 3


def test_signals_are_left_alone_without_a_folder():
    happens[30] = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as stopped:
        toy(progress=False)
    assert not isinstance(stopped.value, engine.Stopped)


def test_what_rank_0_says_the_other_ranks_do_not(monkeypatch, capsys):
    def told(*_):
        raise engine.Told("Rank 0 cannot go on: it has a reason")

    monkeypatch.setattr(training, "play", told)
    assert main("train toy --out cut") == 2
    assert capsys.readouterr() == ("", "")


def test_resume_goes_on_with_what_the_run_was_begun_with(capsys):
    happens[31] = lambda: signal.raise_signal(signal.SIGINT)
    assert main("train toy --seed 5 --rounds 30 --full --out cut") == 130
    happens.clear()
    assert main("train toy --resume --out cut") == 0
    assert (seen["seed"], seen["rounds"], seen["full"]) == (5, 30, True)
    assert engine.latest("cut") == Path("cut/step_30")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "toy --seed 1 --out whole",
            "a run with seed 0, and you ask for one with seed 1: leave --seed out and add --res",
        ),
        (
            "toy --rounds 9 --out whole",
            "with the recipe's own rounds, and you ask for one with 9 rounds: leave --rounds",
        ),
        (
            "toy --full --out whole",
            "of small size, and you ask for one of full size: leave --full out and add --resume",
        ),
        (
            "toy --precision bf16 --out whole",
            "precision fp32, and you ask for one with precision bf16: leave --precisio",
        ),
        ("toy --seed 1 --resume --out whole", "with seed 1: leave --seed out, or name another folder with --out"),
        ("ring --out whole", "whole holds a run of toy, and you ask for one of ring: name another folder with --out"),
        ("toy --resume --out new", "there is no run in new to go on with: leave --resume out to begin one"),
        ("ring --data .", "ring makes its own data: leave --data out"),
        ("gan_mnist --data nowhere", "--data is nowhere, which is no folder: name the one that holds the data"),
        ("dcgan_patches --data nowhere", "--data is nowhere, which is no folder: name the one that holds the data"),
        ("ring --full", "ring has one size: leave --full and --small out"),
        ("toy --batch 0", "--batch is 0: a run has at least one round, and a batch one example"),
        ("toy --seed -1", "--seed is -1: a seed is a whole number from 0 to 2**63 - 1"),
        ("toy --out whole/run.json", "whole/run.json: nothing can be written there (Not a directory): choose another"),
        (
            "toy --out library",
            "library has checkpoints but no run.json, so `ganlib train` did not make them: name another",
        ),
    ],
)
def test_what_contradicts_is_one_sentence_and_changes_nothing(whole, capsys, line, said):
    toy(rounds=1, checkpoint="library", progress=False)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    happens[0] = lambda: pytest.fail("played")
    capsys.readouterr()
    assert main(f"train {line}") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("ganlib: ")
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_run_begun_by_another_version_of_its_recipe_is_refused(whole, capsys):
    about = json.loads(Path("whole/run.json").read_text())
    about["code"], about["versions"]["ganlib"] = "0" * 16, "0.1.0"
    Path("whole/run.json").write_text(json.dumps(about))
    for line in ("train toy --out whole", "sample whole", "score whole"):
        assert main(line) == 2
        assert "the run in whole was begun with ganlib 0.1.0, whose recipe toy is another" in capsys.readouterr().err


# --- nothing lost ----------------------------------------------------------------------------------------------------


def _full_disk(monkeypatch, room: int) -> None:
    """Let a disk have room for so many checkpoints, and a part of the next."""
    real = engine.checkpoint._write_through

    def write(file: Path, content: bytes) -> None:
        if len(list(file.parent.parent.glob("step_*"))) >= room and file.name.startswith("player"):
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        real(file, content)

    monkeypatch.setattr(engine.checkpoint, "_write_through", write)


def test_a_full_disk_keeps_the_checkpoint_before_and_trains_on(whole, monkeypatch, capsys):
    with monkeypatch.context() as full:
        _full_disk(full, room=1)
        assert main("train toy --out cut") == 2
    error = capsys.readouterr().err
    for done in (20, 30, 40):
        assert f"ganlib: Round {done} could not be saved in cut (No space left on device): training goes on" in error
    assert "ganlib: the last round is not in cut: make room there, and the same command plays what is lack" in error
    assert [path.name for path in Path("cut").glob("*step*")] == ["step_10"]
    assert main("train toy --out cut") == 0
    assert last("cut") == whole


def test_a_full_disk_is_given_the_room_of_older_checkpoints(whole, monkeypatch):
    _full_disk(monkeypatch, room=2)
    toy(checkpoint="cut", progress=False, keep=3)  # a warning would be an error
    assert sorted(path.name for path in Path("cut").iterdir()) == ["step_30", "step_40"]
    assert last("cut") == last("whole")


def test_a_lost_data_file_loses_no_training(whole, capsys):
    def lost() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "pictures/7.png")

    happens[1 + 2 * 25] = lost
    assert main("train toy --out cut") == 2
    assert capsys.readouterr().err.endswith("ganlib: pictures/7.png: No such file or directory\n")
    assert engine.latest("cut") == Path("cut/step_20")
    happens.clear()
    assert main("train toy --out cut") == 0
    assert last("cut") == whole


@pytest.mark.parametrize("file", ["networks.safetensors", "meta.json"])
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_it_taken(whole, capsys, file):
    happens[1 + 2 * 23] = lambda: signal.raise_signal(signal.SIGINT)
    assert main("train toy --out cut") == 130
    damaged = Path("cut/step_24") / file
    content = damaged.read_bytes()
    damaged.write_bytes(content.replace(b"losses", b"glosse") if file == "meta.json" else content[:-1] + b"\0")
    happens.clear()
    assert main("train toy --out cut") == 0
    assert (
        f"ganlib: Checkpoint cut/step_24 is damaged ({file} does not match its checksum): it is now called "
        "damaged_step_24, and the run goes on from the one before it.\n"
    ) in capsys.readouterr().err
    assert Path("cut/damaged_step_24").is_dir()
    assert last("cut") == whole


def test_a_run_whose_checkpoints_are_all_damaged_says_how_to_start_afresh(capsys):
    toy(rounds=10, checkpoint="cut", progress=False)
    Path("cut/step_10/networks.safetensors").unlink()
    with pytest.raises(engine.Damaged, match=r"is missing\): delete that folder to start afresh"):
        toy(rounds=12, checkpoint="cut", progress=False)


def test_a_longer_run_is_not_taken_for_a_shorter_one():
    toy(rounds=10, checkpoint="cut", progress=False)
    with pytest.raises(ValueError, match="cut/step_10 is of a longer run: of 10 rounds, and you ask for 9"):
        toy(rounds=9, checkpoint="cut", progress=False)


@pytest.mark.parametrize(("draws", "round_"), [(0, 1), (1 + 2 * 12, 13)])
def test_too_little_memory_names_the_round_and_what_to_lower(capsys, draws, round_):
    def exhausted() -> None:
        raise torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of ..."
        )

    happens[draws] = exhausted
    assert main("train toy --out cut --full") == 2
    good = "last good checkpoint: cut/step_10" if round_ > 1 else "no checkpoint was written"
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"ganlib: Out of memory on cpu in round {round_} (Tried to allocate 2.00 GiB): lower the batch, or the width "
        f"of the networks; {good}; on the command line: a smaller --batch, or --small, or another --device"
    )


def test_a_weight_that_is_no_number_is_never_saved(capsys):
    """The losses of a round are computed before its steps, and may still be finite."""

    def break_it() -> None:
        with torch.no_grad():
            playing[0].G[0].weight[0, 0] = float("nan")

    happens[2 * 20] = break_it  # before G moves in round 20
    assert main("train toy --out cut") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == "ganlib: Diverged: the loss of G is nan at round 20; last good checkpoint: cut/step_10."
    game = build_toy()
    with torch.no_grad():
        game.G[0].weight[0, 0] = float("inf")
    with pytest.raises(engine.Diverged, match="a weight of G is not finite after round 3; no checkpoint was written"):
        engine.loop._save(Path("new"), game, 3, engine.History(), 2, None)
    assert not Path("new").exists()


# --- looking at runs -------------------------------------------------------------------------------------------------


def test_samples_of_a_run_are_its_newest_checkpoints_and_repeatable(whole, monkeypatch):
    monkeypatch.setattr(runs, "picture", picture)
    assert main("sample whole --count 30 --seed 4 --out a.npy --out a.png") == 0
    game, _ = toy(progress=False)
    np.testing.assert_array_equal(np.load("a.npy"), game.sample(30, seed=4).numpy())
    with Image.open("a.png") as cloud:
        assert cloud.size[0] > 300
    assert main("sample whole") == 0
    assert Path("whole/toy_samples.png").is_file()


def test_samples_of_a_recorded_run(monkeypatch):
    monkeypatch.setattr(runs, "picture", picture)
    assert main("sample gan_mnist --count 10 --out a.npy --out a.png") == 0
    assert np.load("a.npy").shape == (10, 1, 28, 28)
    assert np.abs(np.load("a.npy")).max() <= 1


def test_a_run_is_scored_from_its_folder_and_what_needs_data_comes_last(whole, monkeypatch, capsys):
    capsys.readouterr()
    monkeypatch.setattr(recipes, "measure_toy", measure_toy, raising=False)
    monkeypatch.setattr(data, "load", lambda name: (_ for _ in ()).throw(FileNotFoundError(f"{name} is not here")))
    assert main("score whole") == 2
    out, err = capsys.readouterr()
    game, _ = toy(progress=False)
    assert out == f"  mean: {score_toy(game)['mean']:.4g}\n"
    assert err == "ganlib: toys is not here\n"
    monkeypatch.setattr(data, "load", lambda name: None)
    assert main("score whole") == 0
    assert capsys.readouterr().out.endswith("  far: 1\n")


def test_a_recorded_run_is_scored_beside_what_was_recorded(monkeypatch, capsys):
    before = recorded.load("gan_mnist").scores["distance"]  # test_zoo_runs takes it again
    monkeypatch.setattr(recipes, "score_gan_mnist", lambda game, judge: {"distance": 1.5, "length": 2})
    monkeypatch.setattr(recipes, "measure_gan_mnist", lambda game, judge: {})
    assert main("score gan_mnist") == 0
    assert capsys.readouterr().out == f"  distance: 1.5 (recorded: {before:.4g})\n  length: 2\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "sample nowhere",
            "there is neither a folder nowhere nor a recorded run of that name; recorded are acgan_mnist",
        ),
        ("sample .", ". holds no checkpoint: name the folder that `ganlib train` says it writes to"),
        ("sample judge_mnist", "judge_mnist is a classifier: in Python, zoo.judge('mnist') loads it"),
        ("sample gan_mnist --count 0", "--count is 0: draw at least one sample"),
        ("sample gan_mnist --out a.jpg", "--out is a.jpg: name a file that ends in .png or .npy"),
        ("sample gan_mnist --count 1 --out file/a.npy", "file/a.npy: its folder is a file"),
        ("sample gan_mnist --device cuda:99", "There is no device 'cuda:99' on this machine"),
        ("score gan_mnist --data nowhere", "--data is nowhere, which is no folder"),
        ("data toys", "no data set is called 'toys': choose from mnist, fashion, kmnist, cifar10"),
    ],
)
def test_what_cannot_be_looked_at_is_one_sentence(capsys, line, said):
    Path("file").write_text("")
    assert main(line) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"ganlib: {said}")
    assert error.count("\n") == 1


def test_a_run_that_its_recipe_does_not_score_says_so(whole, monkeypatch, capsys):
    monkeypatch.delattr(recipes, "score_toy")
    assert main("score whole") == 2
    assert capsys.readouterr().err == "ganlib: toy has no score of its own: it is what other runs are scored with\n"


# --- data sets -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(monkeypatch):
    """A data set of one file, in the folder `sets`, and no cache."""
    import hashlib

    content = b"pictures"
    file = download.File("pictures.gz", (), sha256=hashlib.sha256(content).hexdigest())
    one = download.DataSet("tiny", {"train": (file,), "test": (file,)}, lambda paths, split: None, ())
    monkeypatch.setattr(download, "_DATA_SETS", (one,))
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: Path("cache").absolute())
    Path("sets/tiny").mkdir(parents=True)
    Path("sets/tiny/pictures").write_bytes(content)


def test_data_sets_are_listed_verified_and_provided(tiny, capsys):
    for line, code, said in (
        ("data", 0, "tiny      not here: ganlib data tiny\n"),
        ("data --data sets", 0, f"tiny      in {Path('sets/tiny')}\n"),
        ("data tiny --data sets", 0, f"tiny: 1 files, as published, in {Path('sets/tiny')}\n"),
    ):
        assert main(line) == code
        assert capsys.readouterr().out == said
    assert main("data tiny") == 2
    assert "tiny is not on this machine and could not be downloaded" in capsys.readouterr().err
    Path("sets/tiny/pictures").write_bytes(b"picture5")
    assert main("data --data sets") == 1
    assert "sets/tiny/pictures has not the published file's checksum" in capsys.readouterr().out


def test_a_folder_of_data_is_looked_into_for_the_length_of_a_command(monkeypatch):
    monkeypatch.setenv("GANLIB_DATA", "before")
    Path("sets").mkdir()
    with runs.data_in(Path("sets")):
        assert runs.os.environ["GANLIB_DATA"] == "sets"
    assert runs.os.environ["GANLIB_DATA"] == "before"


class Asked(Exception):
    pass


@pytest.mark.parametrize("name", [name for name in recipes.__all__ if name != "toy"])
def test_the_data_sets_that_a_recipe_is_said_to_need_are_those_it_loads(name, monkeypatch):
    def ask(name: str, *_, **__):
        raise Asked(name)

    monkeypatch.setattr(data, "load", ask)
    needed = datasets.needed_by(name)
    options = {"full": False} if runs.takes(name, "full") else {}
    try:
        getattr(recipes, name)(rounds=1, device="cpu", progress=False, **options)
    except Asked as asked:
        loaded = {str(asked)}
    else:
        loaded = set()
    assert needed == loaded


# --- help ------------------------------------------------------------------------------------------------------------


def _parsed(line: str, monkeypatch) -> object:
    caught: list[object] = []
    for module, names in {
        training: ("train_",),
        runs: ("list_", "draw", "measure"),
        datasets: ("data_",),
        teaching: ("student_", "grade_", "report_"),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda options: caught.append(options))
    assert main(line) == 0
    return caught[0]


COMMANDS = ["train", "list", "sample", "score", "data", "student", "grade", "report"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_has_an_example_that_is_a_command(command, monkeypatch, capsys):
    with pytest.raises(SystemExit) as done:
        main(f"{command} --help")
    assert done.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    examples = re.findall(r"ganlib [a-z][^;]*?(?=;|\. |$)", text.split("example")[-1])
    assert examples
    for example in examples:
        assert example.split()[1] == (command or "train")
        _parsed(example.removeprefix("ganlib "), monkeypatch)


def test_the_readme_shows_each_command_that_is_not_for_instructors(monkeypatch):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    lines = [line.split("#")[0] for line in re.findall(r"^\.venv/bin/ganlib (.*)$", readme, re.MULTILINE)]
    assert {line.split()[0] for line in lines} >= set(COMMANDS) - {"grade"}
    for line in lines:
        _parsed(line, monkeypatch)

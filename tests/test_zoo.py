"""The zoo: what is recorded is what was measured, belongs to today's recipes, and is refused once it is touched."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlib import data, metrics, recipes, zoo
from ganlib.zoo import judges, provenance, runs, storage

JUDGES = ["digits", "mnist"]
HERE = os.environ.get("GANLIB_DATA")


@pytest.fixture
def home(tmp_path) -> Path:
    """A zoo of one's own, with a copy of the digits judge."""
    shutil.copytree(storage.HOME / "judge_digits", tmp_path / "judge_digits")
    return tmp_path


# ------------------------------------------------------------------------------------------------ the two judges


def test_the_digits_judge_is_as_accurate_as_its_record_says():
    judge, test = zoo.judge("digits"), data.digits("test", labels=True)
    right = int((judge(test.x).argmax(dim=1) == test.y).sum())
    assert right / len(test.y) == judge.accuracy >= 0.985
    assert len(test.y) == 450
    assert repr(judge) == f"Judge of digits: accuracy {judge.accuracy:.4f} on 450 test images"


@pytest.mark.skipif(not HERE, reason="GANLIB_DATA names no folder of data sets")
def test_the_mnist_judge_is_as_accurate_as_its_record_says():
    judge, test = zoo.judge("mnist"), data.load("mnist", "test", labels=True)
    right = sum(int((judge(x).argmax(1) == y).sum()) for x, y in zip(test.x.split(500), test.y.split(500)))
    assert right / len(test.y) == judge.accuracy


def test_the_mnist_judge_was_recorded_above_its_bar_on_all_test_images():
    judge = zoo.judge("mnist")
    assert judge.accuracy == 1 - judge.scores["test_errors"] / 10_000 >= 0.992


@pytest.mark.parametrize("name", JUDGES)
def test_a_judge_is_small(name):
    assert sum(file.stat().st_size for file in (storage.HOME / f"judge_{name}").iterdir()) < 1_000_000


@pytest.mark.parametrize("name", JUDGES)
def test_a_judge_was_made_by_todays_recipe(name):
    """`make zoo` records it afresh."""
    assert judges.is_current(name)


def test_the_stored_reference_is_that_of_the_real_images():
    """So that a model can be scored without the data set."""
    judge = zoo.judge("digits")
    for part, moments in (("train", judge.seen), ("test", judge.reference)):
        features = judge.features(data.digits(part).x).double().numpy()
        assert moments.n == len(features)
        np.testing.assert_allclose(moments.mean, features.mean(0), atol=1e-5)
        np.testing.assert_allclose(moments.covariance, np.cov(features.T), atol=1e-5)


@pytest.mark.parametrize("name", JUDGES)
def test_features_are_normalised_over_the_training_images(name):
    """A running average over shifted batches, so not exactly."""
    seen = zoo.judge(name).seen
    assert seen.mean.abs().max() < 0.5
    assert 0.5 < seen.covariance.diagonal().min() <= seen.covariance.diagonal().max() < 2


def test_a_judge_stays_as_it_is_but_lets_gradients_through():
    judge = zoo.judge("digits")
    judge.train()
    assert not any(module.training for module in judge.modules())
    assert not any(p.requires_grad for p in judge.parameters())
    x = torch.zeros(2, 1, 8, 8, requires_grad=True)
    judge.features(x).square().sum().backward()
    assert x.grad.abs().sum() > 0


def test_probabilities_add_up_to_one():
    x = torch.rand(5, 1, 8, 8) * 2 - 1
    judge = zoo.judge("digits")
    torch.testing.assert_close(judge.probabilities(x).sum(1), torch.ones(5))
    assert torch.equal(judge.probabilities(x).argmax(1), judge(x).argmax(1))


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("shape", [(5, 64), (5, 1, 28, 28), (5, 3, 8, 8)])
def test_a_judge_says_which_images_it_takes(shape):
    judge = zoo.judge("digits")
    for look in (judge, judge.features, judge.probabilities):
        with pytest.raises(ValueError, match=r"looks at images of shape \(n, 1, 8, 8\) .* not at \(5, "):
            look(torch.zeros(shape))


def test_an_unknown_judge_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="no judge of 'cifar'; there are judges of digits and mnist"):
        zoo.judge("cifar")


def test_a_record_that_is_not_there_is_answered_with_those_there_are(home):
    with pytest.raises(FileNotFoundError, match=r"no recorded run 'gan_mnist' in .*; recorded are: judge_digits"):
        zoo.fetch("gan_mnist", home)
    with pytest.raises(FileNotFoundError, match="recorded are: none"):
        zoo.fetch("gan_mnist", home / "empty")


@pytest.mark.parametrize("file", ["weights.safetensors", "extra.safetensors", "history.json", "scores.json"])
def test_a_missing_a_truncated_and_an_altered_file_are_refused(home, file):
    path = home / "judge_digits" / file
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=rf"judge_digits is damaged \({file} does not match its checksum\)"):
            zoo.judge("digits", home)
    path.unlink()
    with pytest.raises(ValueError, match=rf"{file} is missing"):
        zoo.judge("digits", home)
    path.write_bytes(whole)
    zoo.judge("digits", home)


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"sha256": 3}'])
def test_an_unreadable_provenance_is_refused(home, text):
    (home / "judge_digits" / "provenance.json").write_text(text)
    with pytest.raises(ValueError, match=r"provenance.json cannot be read"):
        zoo.fetch("judge_digits", home)


# ------------------------------------------------------------------------------------------------ recording


def test_weights_are_kept_in_half_precision_and_averages_as_they_were():
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    network[1].running_var.fill_(1e6)  # too large for half precision
    kept = storage.halve(network.state_dict())
    assert kept["0.weight"].dtype == kept["1.weight"].dtype == torch.float16
    assert kept["1.running_var"].tolist() == [1e6] * 3
    assert kept["1.num_batches_tracked"].dtype == torch.int64


def test_what_is_recorded_was_measured_on_the_weights_as_saved(tmp_path):
    judge = judges.record("digits", tmp_path, seed=1, rounds=30, device="cpu", progress=False)
    game, _ = recipes.judge_digits(1, rounds=30, device="cpu", progress=False)
    test = data.digits("test", labels=True)
    rounded = judge.network.state_dict()
    for key, value in game.model.state_dict().items():
        assert torch.equal(rounded[key], value.half().float() if "running" not in key and value.dim() else value)
    assert int((judge(test.x).argmax(1) != test.y).sum()) == judge.scores["test_errors"] > 0
    torch.testing.assert_close(judge.reference.mean, metrics.moments(test.x, judge.features).mean, atol=1e-6, rtol=0)
    note = zoo.fetch("judge_digits", tmp_path).provenance
    assert (note["recipe"], note["seed"], note["rounds"], note["device"]) == ("judge_digits", 1, 30, "cpu")
    assert note["versions"]["torch"] == torch.__version__
    assert judges.is_current("digits", tmp_path)


def test_a_record_is_replaced_only_by_a_whole_one(home, monkeypatch):
    before = {file.name: file.read_bytes() for file in (home / "judge_digits").iterdir()}

    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(storage, "_sha256", full_disk)
    with pytest.raises(OSError, match="No space"):
        storage.store("judge_digits", {"a": torch.zeros(1)}, history={}, scores={}, provenance={}, home=home)
    monkeypatch.undo()
    assert {file.name: file.read_bytes() for file in (home / "judge_digits").iterdir()} == before
    assert zoo.judge("digits", home).accuracy >= 0.985

    storage.store("judge_digits", {"a": torch.ones(1)}, history={}, scores={"x": 1}, provenance={}, home=home)
    record = zoo.fetch("judge_digits", home)
    assert record.weights["a"].item() == 1
    assert record.extra == {}
    assert record.scores == {"x": 1}
    assert [path.name for path in home.iterdir()] == ["judge_digits"]  # nothing is left lying about


def test_a_fingerprint_is_of_the_code_alone(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    versions = {
        "one": 'def f(x):\n    """Say."""\n    return x + 1\n',
        "two": 'def f(x):\n    """Say it otherwise."""\n    # and why\n    return (x\n            + 1)\n',
        "three": 'def f(x):\n    """Say."""\n    return x + 2\n',
    }
    found = {}
    for name, text in versions.items():
        (tmp_path / f"fingerprint_{name}.py").write_text(text)
        found[name] = provenance.fingerprint(__import__(f"fingerprint_{name}").f)
    assert found["one"] == found["two"] != found["three"]


def test_a_changed_recipe_makes_its_record_stale(home, monkeypatch):
    assert judges.is_current("digits", home)

    def other(seed=0):
        return None

    monkeypatch.setitem(judges.CODE, "digits", (other, recipes.build_judge_digits))
    assert not judges.is_current("digits", home)
    assert not judges.is_current("digits", home / "empty")


def test_the_command_leaves_alone_what_is_current_and_knows_its_names():
    command = [sys.executable, "-m", "ganlib.zoo"]
    ran = subprocess.run([*command, *(f"judge_{name}" for name in JUDGES)], capture_output=True, text=True, check=True)
    assert ran.stdout.count("recorded, and its recipe has not changed") == 2
    ran = subprocess.run([*command, "cifar"], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == f"The zoo keeps no 'cifar'; it keeps judge_digits, judge_mnist, {', '.join(runs.RECORDED)}.\n"


def test_the_distance_of_training_and_test_images_is_recorded():
    """The score of a model that has memorised the training images: what to compare with."""
    for name in JUDGES:
        floor = zoo.judge(name).scores["frechet_train_test"]
        assert 0 < floor < math.inf
    assert json.loads((storage.HOME / "judge_mnist/scores.json").read_text())["frechet_train_test"] == floor


# ------------------------------------------------------------------------------------------------ where it was made


def test_the_commit_is_that_of_the_tree_or_the_one_named_and_without_git_there_is_none(monkeypatch):
    monkeypatch.delenv("GANLIB_COMMIT", raising=False)
    found = provenance.circumstances()["commit"]
    assert found is None or len(found) == 40
    monkeypatch.setenv("PATH", "")
    assert provenance.circumstances()["commit"] is None
    monkeypatch.setenv("GANLIB_COMMIT", "836c7a3")
    assert provenance.circumstances()["commit"] == "836c7a3"

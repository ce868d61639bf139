"""Every recipe on a GPU: captured where it can be, and scored with the game there and the judge on the CPU.

Data that would have to be downloaded is made up; what the numbers are is no matter here.
"""

import warnings

import pytest
import torch
from tape import EAGER

from ganlib import data, engine, recipes
from ganlib.commands import runs

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


def pictures(name: str, split: str = "train", labels: bool = False, folder: object = None) -> data.Images:
    n = 60_000 if split == "train" else 10_000
    return data.Images(torch.rand(n, 1, 28, 28) * 2 - 1, torch.arange(n) % 10 if labels else None)


@pytest.mark.parametrize("name", recipes.__all__)
def test_a_recipe_plays_as_one_graph_in_both_precisions_and_is_scored(name, monkeypatch):
    monkeypatch.setattr(data, "load", pictures)
    small = {"full": False} if runs.takes(name, "full") else {}
    for precision in (torch.float32, torch.bfloat16):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", UserWarning)
            game, history = getattr(recipes, name)(
                rounds=12, device="cuda", precision=precision, progress=False, metrics={}, **small
            )
        assert any("is played eagerly" in str(warning.message) for warning in said) is (name in EAGER)
        assert history.rounds[-1] == 12
        assert game.device.type == "cuda"
    if runs.has_scores(name):
        found = {key: value for part in runs.scores(runs.Settings(name, **small), game) for key, value in part.items()}
        assert found


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_run_on_the_gpu_is_saved_and_read_on_the_cpu(precision, tmp_path):
    ring = data.ring(8).to("cuda")
    game = recipes.build_ring(20).to("cuda")
    engine.fit(game, lambda: ring(64), 20, checkpoint=tmp_path, precision=precision, progress=False)
    again = recipes.build_ring(20)
    engine.load(tmp_path / "step_20", again)
    for a, b in zip(game.parameters(), again.parameters(), strict=True):
        assert torch.equal(a.cpu(), b)

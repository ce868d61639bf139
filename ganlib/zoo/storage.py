"""Recorded runs on disk: a folder each, written whole or not at all, and read back only if no byte has changed."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

HOME = Path(__file__).parent
"""Where the recorded runs lie: a folder per recipe."""


@dataclass(frozen=True)
class Record:
    """A recorded run."""

    weights: dict[str, Tensor]
    """The networks as saved: half precision, what batch normalisation has averaged in float32."""
    extra: dict[str, Tensor]
    """What else was kept, such as reference statistics; float32."""
    history: dict[str, Any]
    """Losses and metrics by round."""
    scores: dict[str, Any]
    """What the weights, as saved, were measured at."""
    provenance: dict[str, Any]
    """Recipe, seed, fingerprint of the recipe's code, machine, versions, commit, date, and the files' SHA-256."""


def halve(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A network's state as the zoo keeps it.

    Parameters
    ----------
    state : dict. From `nn.Module.state_dict`.

    Returns
    -------
    dict. On the CPU, contiguous; floating-point weights in float16, running means and variances as they were.
    """
    return {
        key: (value.half() if value.is_floating_point() and "running" not in key else value)
        .detach()
        .cpu()
        .clone(memory_format=torch.contiguous_format)
        for key, value in state.items()
    }


def store(
    name: str,
    weights: dict[str, Tensor],
    *,
    extra: dict[str, Tensor] | None = None,
    history: dict[str, Any],
    scores: dict[str, Any],
    provenance: dict[str, Any],
    home: Path = HOME,
) -> Path:
    """Write a recorded run; the folder of an earlier one is replaced only when the new one is complete.

    Parameters
    ----------
    name : str. Of the recipe.
    weights : dict. From `halve`.
    extra : dict, optional. Tensors to keep beside them.
    history, scores, provenance : dict. For JSON. The files' SHA-256 are added to the provenance.
    home : path. Where the folders lie.

    Returns
    -------
    Path. The folder.
    """
    final, aside = home / name, home / f".{name}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    save_file(weights, aside / "weights.safetensors")
    if extra:
        save_file({key: value.float().contiguous() for key, value in extra.items()}, aside / "extra.safetensors")
    for file, content in (("history", history), ("scores", scores)):
        (aside / f"{file}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    hashes = {file.name: _sha256(file) for file in sorted(aside.iterdir())}
    text = json.dumps({**provenance, "sha256": hashes}, indent=1) + "\n"
    (aside / "provenance.json").write_text(text, encoding="utf-8")
    if final.exists():
        old = final.with_name(f"{aside.name}.old")
        final.replace(old)
        aside.replace(final)
        shutil.rmtree(old)
    else:
        aside.replace(final)
    return final


def fetch(name: str, home: Path = HOME) -> Record:
    """Read a recorded run, if it is there and untouched.

    Parameters
    ----------
    name : str. Of the recipe.
    home : path. Where the folders lie.

    Returns
    -------
    Record. Tensors on the CPU.

    Raises
    ------
    FileNotFoundError. If there is no such run; the message names those there are.
    ValueError. If a file of it is missing, cut short or altered.
    """
    folder = home / name
    if not (folder / "provenance.json").is_file():
        there = ", ".join(sorted(path.parent.name for path in home.glob("[!.]*/provenance.json"))) or "none"
        raise FileNotFoundError(f"The zoo has no recorded run {name!r} in {home}; recorded are: {there}.")
    damaged = f"The zoo's record {folder} is damaged ({{}}): restore it, with `git checkout` or by installing afresh."
    try:
        provenance: dict[str, Any] = {**json.loads((folder / "provenance.json").read_text(encoding="utf-8"))}
        hashes: dict[str, str] = {**provenance["sha256"]}
    except (ValueError, TypeError, KeyError):
        raise ValueError(damaged.format("provenance.json cannot be read")) from None
    for file, sha256 in hashes.items():
        if not (folder / file).is_file():
            raise ValueError(damaged.format(f"{file} is missing"))
        if _sha256(folder / file) != sha256:
            raise ValueError(damaged.format(f"{file} does not match its checksum"))
    return Record(
        weights=load_file(folder / "weights.safetensors"),
        extra=load_file(folder / "extra.safetensors") if "extra.safetensors" in hashes else {},
        history=json.loads((folder / "history.json").read_text(encoding="utf-8")),
        scores=json.loads((folder / "scores.json").read_text(encoding="utf-8")),
        provenance=provenance,
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

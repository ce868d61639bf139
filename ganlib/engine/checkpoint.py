"""Keeping a run: in memory (`snapshot`, `restore`) and on disk (`save`, `load`), exact to the last bit.

On disk a checkpoint is a folder ``step_K`` of safetensors files, one for the networks, one for the generators of random
numbers and one per player's optimizer, beside a ``meta.json`` with their SHA-256 and its own. It is written aside and
renamed, so that a folder with that name is whole. Nothing is pickled, so that loading one never runs code.
"""

import copy
import errno
import hashlib
import json
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlib.engine.game import Game

FORMAT = 1


class Damaged(ValueError):
    """A checkpoint is not what was written.

    Parameters
    ----------
    path : path. Of the checkpoint.
    reason : str. What is wrong with it.
    before : bool. Whether there is one before it.
    """

    def __init__(self, path: Path, reason: str, before: bool = True) -> None:
        remedy = "go on from the one before it" if before else "start afresh, for there is none before it"
        super().__init__(f"Checkpoint {path} is damaged ({reason}): delete that folder to {remedy}.")
        self.reason = reason


def _generators() -> dict[str, Tensor]:
    """The state of every random generator a game draws from."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states |= {f"cuda:{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
    return states


def _set_generators(states: dict[str, Tensor]) -> None:
    for name, state in states.items():
        if name == "cpu":
            torch.set_rng_state(state)
        elif torch.cuda.is_available() and torch.device(name).index < torch.cuda.device_count():
            torch.cuda.set_rng_state(state, torch.device(name))


def snapshot(game: Game, step: int = 0) -> dict[str, Any]:
    """Copy everything the next round depends on.

    Parameters
    ----------
    game : Game. Left as it is.
    step : int. The number of the next round.

    Returns
    -------
    dict. For `restore`; independent of the game.
    """
    return copy.deepcopy(
        {
            "step": step,
            "networks": game.state_dict(),
            "optimizers": {name: player.optimizer.state_dict() for name, player in game.players.items()},
            "generators": _generators(),
        }
    )


def restore(game: Game, state: dict[str, Any]) -> int:
    """Put a game, and the random generators, back to where a snapshot was taken.

    Parameters
    ----------
    game : Game. Of the same class and shapes. Changed in place.
    state : dict. From `snapshot`; not consumed.

    Returns
    -------
    int. The number of the next round.
    """
    game.load_state_dict(state["networks"])
    for name, player in game.players.items():
        player.optimizer.load_state_dict(copy.deepcopy(state["optimizers"][name]))
    _set_generators(state["generators"])
    return int(state["step"])


def save(folder: str | Path, game: Game, step: int, history: dict[str, Any] | None = None, *, keep: int = 2) -> Path:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    folder : path. Where the run keeps its checkpoints; made if it does not exist.
    game : Game. Left as it is.
    step : int. How many rounds have been played.
    history : dict, optional. Whatever JSON can hold, given back by `load`.
    keep : int. How many checkpoints stay, the newest ones.

    Returns
    -------
    Path. The checkpoint, ``folder/step_K``.
    """
    folder = Path(folder)
    aside = folder / f".step_{step}.{os.getpid()}"
    for leftover in folder.glob(".step_*"):  # of a run that was killed while it wrote
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        _write(aside, game, step, history or {})
        _flush(aside)
        final = folder / f"step_{step}"
        if final.exists():
            _discard(final)
        os.replace(aside, final)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        spare = _checkpoints(folder)[:-1]
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not spare:
            raise
        for old in spare:
            _discard(old)
        return save(folder, game, step, history, keep=keep)
    _flush(folder)
    for old in _checkpoints(folder)[:-keep]:
        _discard(old)
    return final


def _write(folder: Path, game: Game, step: int, history: dict[str, Any]) -> None:
    """Fill a folder with the files of a checkpoint."""
    from safetensors.torch import save as serialized

    groups: dict[str, Any] = {}
    tensors = {"networks": game.state_dict(), "generators": _generators()}
    for name, player in game.players.items():
        state = player.optimizer.state_dict()
        groups[name] = [
            {key: value.item() if isinstance(value, Tensor) else value for key, value in group.items()}
            for group in state["param_groups"]
        ]
        tensors[f"player_{name}"] = {
            f"{i}.{key}": torch.as_tensor(value) for i, slot in state["state"].items() for key, value in slot.items()
        }
    hashes = {}
    for name, named in sorted(tensors.items()):
        # safetensors refuses tensors that share memory or have gaps
        whole = {key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in named.items()}
        content = serialized(whole)  # written by us: its own writer reports a full disk as no OSError
        hashes[f"{name}.safetensors"] = hashlib.sha256(content).hexdigest()
        _write_through(folder / f"{name}.safetensors", content)
    meta = {
        "format": FORMAT,
        "game": type(game).__name__,
        "step": step,
        "shapes": {key: list(value.shape) for key, value in tensors["networks"].items()},
        "groups": groups,
        "history": history,
        "torch": torch.__version__,
        "sha256": hashes,
    }
    text = json.dumps({**meta, "checksum": _checksum(meta)}, indent=1)
    _write_through(folder / "meta.json", text.encode())


def prepare(folder: str | Path) -> None:
    """Make a folder for checkpoints, and say now rather than after hours of training if nothing can be written there.

    Parameters
    ----------
    folder : path. Where a run is to keep its checkpoints.

    Raises
    ------
    OSError
        If the folder cannot be made, or no file in it.
    """
    folder = Path(folder)
    probe = folder / f".step_probe.{os.getpid()}"
    try:
        probe.mkdir(parents=True)
        (probe / "meta.json").write_text("{}", encoding="utf-8")
    except OSError as error:
        raise OSError(
            error.errno, f"nothing can be written there ({error.strerror}): choose another folder", str(folder)
        ) from None
    finally:
        shutil.rmtree(probe, ignore_errors=True)


def resume(folder: str | Path, game: Game) -> tuple[int, dict[str, Any], Path | None]:
    """Put a game, and the random generators, back to the newest sound checkpoint of a run.

    A damaged one is set aside under another name, with a warning, and the one before it is taken.

    Parameters
    ----------
    folder : path. Where the run keeps its checkpoints.
    game : Game. Of the same class and shapes. Changed in place, if there is a checkpoint.

    Returns
    -------
    tuple of int, dict and Path or None. The number of the next round, the history that was saved, and the checkpoint;
        0, nothing and None for a run without any.

    Raises
    ------
    ValueError
        If every checkpoint is damaged, or one is of another version or another game.
    """
    for path in reversed(found := _checkpoints(Path(folder))):
        try:
            return (*load(path, game), path)
        except Damaged as error:
            if path == found[0]:
                raise Damaged(path, error.reason, before=False) from None
            aside = path.with_name(f"damaged_{path.name}")
            shutil.rmtree(aside, ignore_errors=True)
            os.replace(path, aside)
            warnings.warn(
                f"Checkpoint {path} is damaged ({error.reason}): it is now called {aside.name}, and the run goes on "
                "from the one before it.",
                stacklevel=3,
            )
    return 0, {}, None


def latest(folder: str | Path) -> Path | None:
    """The newest checkpoint of a run.

    Parameters
    ----------
    folder : path. Where the run keeps its checkpoints.

    Returns
    -------
    Path or None. None if there is no checkpoint, or no such folder.
    """
    return next(reversed(_checkpoints(Path(folder))), None)


def load(path: str | Path, game: Game) -> tuple[int, dict[str, Any]]:
    """Put a game, and the random generators, back to where a checkpoint was written.

    Parameters
    ----------
    path : path. A folder ``step_K``.
    game : Game. Of the same class and shapes. Changed in place, and only if the whole checkpoint is sound.

    Returns
    -------
    tuple of int and dict. The number of the next round, and the history that was saved.

    Raises
    ------
    Damaged
        If the checkpoint is incomplete or altered.
    ValueError
        If it is of another version or of another game.
    """
    from safetensors.torch import load_file

    path = Path(path)
    meta = _read_meta(path, game)
    tensors = {name: load_file(path / name) for name in meta["sha256"]}
    networks = tensors["networks.safetensors"]
    optimizers = {}
    for name in game.players:
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors[f"player_{name}.safetensors"].items():
            index, slot = key.split(".", 1)
            state.setdefault(int(index), {})[slot] = value
        groups = [{key: tuple(v) if key == "betas" else v for key, v in g.items()} for g in meta["groups"][name]]
        optimizers[name] = {"state": state, "param_groups": groups}
    generators = tensors["generators.safetensors"]
    step = {"step": meta["step"], "networks": networks, "optimizers": optimizers, "generators": generators}
    return restore(game, step), meta["history"]


def _read_meta(path: Path, game: Game) -> dict[str, Any]:
    """The checkpoint's description, if all of it is there, untouched, and of this game."""
    try:
        meta: dict[str, Any] = {**json.loads((path / "meta.json").read_text(encoding="utf-8"))}
    except FileNotFoundError:
        raise Damaged(path, "it has no meta.json") from None
    except (ValueError, TypeError):
        raise Damaged(path, "its meta.json cannot be read") from None
    if meta.get("format") != FORMAT:
        raise ValueError(
            f"Checkpoint {path} has format {meta.get('format')}, this ganlib reads {FORMAT}: "
            "start afresh, or use the version of ganlib that wrote it."
        )
    checksum = meta.pop("checksum", None)  # the earliest checkpoints have none
    if checksum not in (None, _checksum(meta)) or not {"game", "groups", "history", "sha256", "shapes"} <= meta.keys():
        raise Damaged(path, "meta.json does not match its checksum")
    for name, sha256 in meta["sha256"].items():
        if not (path / name).is_file():
            raise Damaged(path, f"{name} is missing")
        if _sha256(path / name) != sha256:
            raise Damaged(path, f"{name} does not match its checksum")
    elsewhere = f"Checkpoint {path} is of another game ({{}}): give this run a folder of its own."
    if meta["game"] != type(game).__name__:
        raise ValueError(elsewhere.format(f"{meta['game']}, not {type(game).__name__}"))
    shapes = {key: list(value.shape) for key, value in game.state_dict().items()}
    for key in sorted(shapes.keys() | meta["shapes"].keys()):
        if shapes.get(key) != meta["shapes"].get(key):
            raise ValueError(elsewhere.format(f"{key} has shape {meta['shapes'].get(key)}, here {shapes.get(key)}"))
    return meta


def _checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints, oldest first."""
    return sorted(
        (p for p in folder.glob("step_*") if p.name[5:].isdigit() and p.is_dir()), key=lambda p: int(p.name[5:])
    )


def _discard(checkpoint: Path) -> None:
    """Delete a checkpoint; cut short, it leaves a name that no one takes for a checkpoint."""
    aside = checkpoint.with_name(f".{checkpoint.name}.{os.getpid()}.old")
    os.replace(checkpoint, aside)
    shutil.rmtree(aside)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checksum(meta: dict[str, Any]) -> str:
    """Of a description, whatever its layout."""
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()


def _write_through(file: Path, content: bytes) -> None:
    """Write a file, and ask the system to put it on the disk."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _flush(path: Path) -> None:
    """Ask the system to put the names in a folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

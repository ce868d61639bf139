"""Runs by name or folder: what decides one, how it is found and built again; `ganlib list`, `sample` and `score`."""

from __future__ import annotations

import argparse
import errno
import inspect
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from ganlib import engine

FILE = "run.json"
"""In a run's folder: what decided it, where it was played, and whether it is finished."""


@dataclass(frozen=True)
class Settings:
    """All that decides a run. None leaves the choice to the recipe."""

    recipe: str
    seed: int = 0
    rounds: int | None = None
    full: bool | None = None
    batch: int | None = None
    data: str | None = None
    precision: str = "fp32"


def add(commands: Any) -> None:
    """Add `list`, `sample` and `score` to the command line.

    Parameters
    ----------
    commands : argparse's subparsers.
    """
    names = commands.add_parser(
        "list",
        help="name the recipes, and what is recorded of each",
        description="Name the recipes, a line each, and say which of their runs are recorded.",
        epilog="example: ganlib list",
    )
    names.set_defaults(run=list_)

    sample = commands.add_parser(
        "sample",
        help="draw from a run: pictures in a PNG, numbers in an .npy",
        description="Draw samples from a run of yours, at its newest checkpoint, or from a recorded run.",
        epilog="examples: ganlib sample cgan_mnist; "
        "ganlib sample runs/ring_seed0 --count 2500 --seed 1 --out ring.png --out ring.npy",
    )
    sample.add_argument("--count", type=int, default=64, metavar="N", help="how many (%(default)s)")
    sample.add_argument("--seed", type=int, default=0, metavar="N", help="of the noise (%(default)s)")
    sample.add_argument(
        "--out",
        type=Path,
        action="append",
        metavar="FILE",
        help="ends in .png or .npy, and may be given for each (NAME_samples.png, in the folder if there is one)",
    )
    sample.set_defaults(run=draw)

    score = commands.add_parser(
        "score",
        help="measure a run as its recipe says",
        description="Measure a run of yours, at its newest checkpoint, or a recorded run. Some numbers need the data "
        "set; they come last.",
        epilog="example: ganlib score runs/cgan_mnist_seed1",
    )
    score.add_argument("--data", type=Path, metavar="FOLDER", help="that holds the data sets, looked into first")
    score.set_defaults(run=measure)

    for parser in (sample, score):
        parser.add_argument("which", metavar="RUN", help="folder of a run, or name of a recorded one (`ganlib list`)")
        parser.add_argument("--device", help="such as cpu or cuda; the best one here if left out")


def list_(options: argparse.Namespace) -> None:
    """Name the recipes, a line each.

    Parameters
    ----------
    options : Namespace. Of no matter.
    """
    from ganlib import recipes
    from ganlib.zoo import storage

    for name in recipes.__all__:
        first = (inspect.getdoc(getattr(recipes, name)) or "").splitlines()[0]
        recorded = " [recorded]" * (storage.HOME / name / "provenance.json").is_file()
        print(f"{name:<24}{first}{recorded}")


def draw(options: argparse.Namespace) -> None:
    """Draw samples from a run into files.

    Parameters
    ----------
    options : Namespace. With `which`, `count`, `seed`, `out` and `device`.
    """
    if options.count < 1:
        raise ValueError(f"--count is {options.count}: draw at least one sample")
    check_seed(options.seed)
    for path in options.out or ():
        if path.suffix not in (".png", ".npy"):
            raise ValueError(f"--out is {path}: name a file that ends in .png or .npy")
    settings, game, _ = find(options.which, options.device)
    here = Path(options.which)
    paths = options.out or [(here if here.is_dir() else Path()) / f"{settings.recipe}_samples.png"]
    with enough_memory("take a smaller --count, or --device cpu"):
        samples = sampled(settings.recipe, game, options.count, options.seed)
    for path in paths:
        if path.suffix == ".png":
            write(path, picture(samples))
        else:
            import io

            import numpy

            buffer = io.BytesIO()
            numpy.save(buffer, samples.cpu().numpy())
            write(path, buffer.getvalue())
        print(f"{path}: {options.count} samples of {settings.recipe}, seed {options.seed}")


def measure(options: argparse.Namespace) -> None:
    """Measure a run and print what came out, beside what was recorded.

    Parameters
    ----------
    options : Namespace. With `which`, `device` and `data`.
    """
    settings, game, recorded = find(options.which, options.device)
    if not has_scores(settings.recipe):
        raise ValueError(f"{settings.recipe} has no score of its own: it is what other runs are scored with")
    with data_in(options.data), enough_memory("use --device cpu"):
        for part in scores(settings, game):
            say(part, recorded)


# ---- Finding and building


def recipe(name: str) -> Callable[..., tuple[engine.Game, engine.History]]:
    """A recipe by its name.

    Parameters
    ----------
    name : str. As a person wrote it.

    Returns
    -------
    callable. The recipe.

    Raises
    ------
    ValueError. If there is none; the message names those there are.
    """
    from ganlib import recipes

    if name not in recipes.__all__:
        raise ValueError(f"there is no recipe {name!r}; there are {', '.join(recipes.__all__)}")
    found: Callable[..., tuple[engine.Game, engine.History]] = getattr(recipes, name)
    return found


def takes(name: str, parameter: str) -> bool:
    """Whether a recipe has a parameter of this name.

    Parameters
    ----------
    name : str. Of the recipe.
    parameter : str. Such as ``full``.

    Returns
    -------
    bool.
    """
    return parameter in inspect.signature(recipe(name)).parameters


def build(settings: Settings) -> engine.Game:
    """The game of a run, untrained.

    Parameters
    ----------
    settings : Settings. Of the run.

    Returns
    -------
    Game. On the CPU.
    """
    from ganlib import recipes

    builder = getattr(recipes, f"build_{settings.recipe}")
    own = inspect.signature(recipe(settings.recipe)).parameters["rounds"].default
    chosen = {"full": settings.full, "rounds": settings.rounds or own}
    known = inspect.signature(builder).parameters
    game: engine.Game = builder(**{k: v for k, v in chosen.items() if k in known and v is not None})
    return game


def code(settings: Settings) -> str:
    """The fingerprint of all that decides what a run becomes, settings aside: the recipe's file and its game's classes.

    Parameters
    ----------
    settings : Settings. Of the run.

    Returns
    -------
    str. See `ganlib.zoo.provenance.fingerprint`.
    """
    from ganlib.zoo.provenance import fingerprint

    classes = [part for part in type(build(settings)).__mro__ if part.__module__.startswith("ganlib.games")]
    return fingerprint(inspect.getmodule(recipe(settings.recipe)), *classes)


def read(folder: Path) -> dict[str, Any] | None:
    """What is known of the run in a folder.

    Parameters
    ----------
    folder : Path. Of the run.

    Returns
    -------
    dict or None. As `training` wrote it; None if nothing was played there.

    Raises
    ------
    ValueError. If there are checkpoints, and nothing that says whose.
    """
    from ganlib import engine

    if engine.latest(folder) is None:
        return None
    try:
        about: dict[str, Any] = {**json.loads((folder / FILE).read_text(encoding="utf-8"))}
        Settings(**about["settings"])
    except FileNotFoundError:
        raise ValueError(
            f"{folder} has checkpoints but no {FILE}, so `ganlib train` did not make them: name another folder"
        ) from None
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{folder / FILE} cannot be read: restore it, or name another folder") from None
    return about


def find(run: str, device: str | None) -> tuple[Settings, engine.Game, dict[str, float]]:
    """A trained game, from a run's folder or from the zoo.

    Parameters
    ----------
    run : str. The folder, or the name of a recorded run.
    device : str, optional. Where the game is to be; the best one here if left out.

    Returns
    -------
    tuple of Settings, Game and dict. What decided the run, its game in evaluation mode, and its recorded scores, if
        any.

    Raises
    ------
    ValueError. If there is neither such a folder nor such a name, or what is there is damaged or of other code.
    """
    from ganlib import engine, zoo
    from ganlib.zoo.runs import RECORDED

    where = engine.device(device)
    folder = Path(run)
    if folder.is_dir():
        about = read(folder)
        if about is None:
            raise ValueError(f"{folder} holds no checkpoint: name the folder that `ganlib train` says it writes to")
        settings = Settings(**about["settings"])
        recipe(settings.recipe)
        if about["code"] != code(settings):
            raise ValueError(changed(folder, about))
        game = build(settings).to(where)
        with engine.seeded(None, where):
            engine.resume(folder, game)
        return settings, game.eval(), {}
    if run in RECORDED:
        recorded = zoo.load(run)
        settings = Settings(run, recorded.provenance["seed"], full=bool(recorded.provenance["full"]))
        return settings, recorded.game.to(where), recorded.scores
    if run.startswith("judge_"):
        raise ValueError(f"{run} is a classifier: in Python, zoo.judge({run[6:]!r}) loads it")
    raise ValueError(
        f"there is neither a folder {run} nor a recorded run of that name; recorded are {', '.join(RECORDED)}"
    )


def changed(folder: Path, about: dict[str, Any]) -> str:
    """What to say of a run whose code is no longer what it was.

    Parameters
    ----------
    folder : Path. Of the run.
    about : dict. From `read`.

    Returns
    -------
    str. A sentence.
    """
    import ganlib

    return (
        f"the run in {folder} was begun with ganlib {about['versions']['ganlib']}, whose recipe "
        f"{about['settings']['recipe']} is another than that of ganlib {ganlib.__version__} here: go on with that "
        "version, or begin anew with another folder"
    )


# ---- Looking


def sampled(name: str, game: engine.Game, count: int, seed: int) -> Tensor:
    """Draw samples.

    Parameters
    ----------
    name : str. Of the recipe.
    game : Game. To draw from.
    count, seed : int. How many, and of which noise.

    Returns
    -------
    Tensor, shape (count, ...). In the data's units.

    Raises
    ------
    ValueError. If the game generates nothing.
    """
    try:
        return game.sample(count, seed=seed)
    except NotImplementedError:
        raise ValueError(f"{name} generates nothing to look at") from None


def picture(samples: Tensor) -> bytes:
    """Draw samples as they are best looked at.

    Parameters
    ----------
    samples : Tensor, shape (N, C, H, W) or (N, 2). Pixels in [-1, 1], or points.

    Returns
    -------
    bytes. A PNG.

    Raises
    ------
    ValueError. If they have another shape.
    """
    from ganlib import show

    if samples.dim() == 4 and samples.shape[1] in (1, 3):
        return show.png(show.grid(samples, columns=8))
    if samples.dim() == 2 and samples.shape[1] == 2:
        return show.png(show.cloud(samples))
    raise ValueError(f"samples of shape {tuple(samples.shape)} are no pictures: name a file that ends in .npy")


def has_scores(name: str) -> bool:
    """Whether a recipe measures its runs.

    Parameters
    ----------
    name : str. Of the recipe.

    Returns
    -------
    bool.
    """
    from ganlib import recipes

    return hasattr(recipes, f"score_{name}")


def scores(settings: Settings, game: engine.Game) -> Iterator[dict[str, float]]:
    """All that a recipe measures: first what can be said without the data set, then what cannot.

    Parameters
    ----------
    settings : Settings. Of the run.
    game : Game. Trained.

    Yields
    ------
    dict. From score to value.
    """
    from ganlib import data, recipes, zoo
    from ganlib.zoo.runs import RECORDED

    name = settings.recipe
    judged: list[Any] = [] if (of := RECORDED.get(name)) is None else [zoo.judge(of)]
    for kind in ("score", "measure"):
        if function := getattr(recipes, f"{kind}_{name}", None):
            more: dict[str, Any] = {}
            if settings.data is not None and "source" in inspect.signature(function).parameters:
                more["source"] = data.folder(settings.data, game.sample(1, seed=0).shape[-1])
            found = function(game.eval(), *judged, **more)
            named = found if isinstance(found, dict) else found._asdict() if hasattr(found, "_asdict") else vars(found)
            yield {key: value for key, value in named.items() if isinstance(value, int | float)}


def say(found: dict[str, float], recorded: dict[str, float] | None = None) -> None:
    """Print scores, a line each.

    Parameters
    ----------
    found : dict. From score to value.
    recorded : dict, optional. What was once measured, to be printed beside it.
    """
    for key, value in found.items():
        beside = f" (recorded: {recorded[key]:.4g})" if recorded and key in recorded else ""
        print(f"  {key}: {value:.4g}{beside}", flush=True)


# ---- Small things


def check_seed(seed: int) -> None:
    """Refuse what is no seed.

    Parameters
    ----------
    seed : int. As a person wrote it.

    Raises
    ------
    ValueError. If torch does not take it.
    """
    if not 0 <= seed < 2**63:
        raise ValueError(f"--seed is {seed}: a seed is a whole number from 0 to 2**63 - 1")


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : Path. Its folder is made if there is none.
    content : bytes. All of it.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        os.replace(aside, path)
    except FileExistsError:
        raise OSError(errno.ENOTDIR, "its folder is a file", str(path)) from None
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all.

    Parameters
    ----------
    path : Path. Its folder is made if there is none.
    content : whatever JSON can hold.
    """
    write(path, (json.dumps(content, indent=1) + "\n").encode())


@contextmanager
def data_in(folder: Path | None) -> Iterator[None]:
    """Look for data sets in a folder first, for the length of a block.

    Parameters
    ----------
    folder : Path, optional. Nothing changes if left out.

    Raises
    ------
    ValueError. If there is no such folder.
    """
    if folder is None:
        yield
        return
    if not folder.expanduser().is_dir():
        raise ValueError(f"--data is {folder}, which is no folder: name the one that holds the data")
    before = os.environ.get("GANLIB_DATA")
    os.environ["GANLIB_DATA"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["GANLIB_DATA"]
        else:
            os.environ["GANLIB_DATA"] = before


@contextmanager
def enough_memory(remedy: str) -> Iterator[None]:
    """Say of a device without enough memory what to do about it.

    Parameters
    ----------
    remedy : str. In terms of the command line.

    Raises
    ------
    ValueError. In the place of torch's error.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        first = str(error).splitlines()[0]
        said = (
            first if first.startswith("Out of memory") else "Out of memory, before the first round or after the last."
        )
        raise ValueError(f"{said.removesuffix('.')}; {remedy}") from None

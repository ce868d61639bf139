"""`ganlib train`: a recipe played to its end, in a folder that holds all there is to know of the run.

In the folder: ``step_K``, the newest checkpoints; ``run.json``, what decided the run, and in the end its scores;
``history.json``, its losses and metrics; ``samples/``, a grid each time the rounds have doubled, and of the last.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlib.commands import datasets, runs
from ganlib.commands.runs import Settings

if TYPE_CHECKING:
    import torch

    from ganlib import engine

LINES = 10.0  # seconds between two lines of progress where there is no terminal, and between two writes of the history


def add(commands: Any) -> None:
    """Add `train` to the command line.

    Parameters
    ----------
    commands : argparse's subparsers.
    """
    train = commands.add_parser(
        "train",
        help="play a recipe: a full run, with everything that decides its outcome",
        description="Play a recipe to its end and score it. Stopped in whatever way, the same command goes on from its "
        "last checkpoint. Ctrl-C waits for the end of the round and saves it; once more stops at once.",
        epilog="example: ganlib train cgan_mnist --seed 1. "
        "Exit status: 0 finished, 2 an error, 130 stopped by Ctrl-C, 143 by SIGTERM.",
    )
    train.add_argument("name", metavar="NAME", help="of the recipe; `ganlib list` names them")
    train.add_argument("--seed", type=int, metavar="N", help="of networks, noise and data (0)")
    train.add_argument("--rounds", type=int, metavar="N", help="length of the run; the recipe's own if left out")
    train.add_argument("--batch", type=int, metavar="N", help="examples in a batch; the recipe's own if left out")
    size = train.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="at the paper's size, wherever it runs")
    size.add_argument("--small", action="store_true", help="at the size for two CPU cores, wherever it runs")
    train.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="of your own pictures, for a recipe that takes them (dcgan_patches); for one that trains on a data set, "
        "the folder that holds it (GANLIB_DATA, then the cache, where it is downloaded to)",
    )
    train.add_argument("--device", help="such as cpu or cuda; the best one here if left out")
    train.add_argument(
        "--precision", choices=("auto", "fp32", "bf16"), help="bf16 on a GPU and fp32 elsewhere if left out (auto)"
    )
    train.add_argument(
        "--out", type=Path, metavar="FOLDER", help="of the run (runs/NAME_seedN, and whatever else was chosen)"
    )
    train.add_argument(
        "--resume",
        action="store_true",
        help="only go on, with what the run in the folder was begun with; an error if there is none",
    )
    train.set_defaults(run=train_, goes_on=True)


def train_(options: argparse.Namespace) -> int | None:
    """Play a recipe, and say what came out.

    Parameters
    ----------
    options : Namespace. As `add` describes it, and `line`, the words of the command.

    Returns
    -------
    int or None. An exit status other than 0, after a signal or a checkpoint that could not be written.
    """
    from ganlib import engine

    try:
        with engine.joined(options.device) as ranks:
            return _train(options, ranks)
    except engine.Told:  # and rank 0 says it
        return 2


def _train(options: argparse.Namespace, ranks: engine.Ranks) -> int | None:
    """Play as one of the ranks that `torchrun` has started, or alone; rank 0 speaks for all."""
    from ganlib import engine

    settings, folder, about = ranks.from_first(lambda: settle(options))
    name, seed = settings.recipe, settings.seed
    if about and about["finished"]:
        if not ranks.first:
            return None
        print(f"{name}, seed {seed}: finished, {about['finished']} rounds; see {folder}")
        runs.say(about["scores"])
        return None
    with _plain_warnings(), runs.data_in(None if settings.data else options.data):
        try:
            game, history = play(settings, ranks, folder, about)
        except engine.Diverged as error:
            raise ValueError(str(error)) from None
        except engine.Stopped as error:
            line = "the same torchrun command" if ranks.together else shlex.join(["ganlib", *options.line])
            if ranks.first:
                print(f"ganlib: {error} Go on with: {line}", file=sys.stderr, flush=True)
            return 128 + error.signal
        ranks.leave()
        if not ranks.first:
            return None
        rounds = history.rounds[-1]
        print(f"{name}, seed {seed}: {rounds} rounds; checkpoints in {folder}", flush=True)
        found: dict[str, float] = {}
        try:
            for part in runs.scores(settings, game):
                runs.say(part)
                found |= part
        except (OSError, ValueError) as error:
            raise ValueError(f"the run is finished and kept; not all of it could be scored: {error}") from None
    if engine.latest(folder) != folder / f"step_{rounds}":
        raise ValueError(
            f"the last round is not in {folder}: make room there, and the same command plays what is lacking"
        )
    runs.write_json(folder / runs.FILE, _about(settings, game.device, rounds, found))
    return None


def settle(options: argparse.Namespace) -> tuple[Settings, Path, dict[str, Any] | None]:
    """Decide what to play and where, before anything is loaded or written.

    Parameters
    ----------
    options : Namespace. As `add` describes it.

    Returns
    -------
    tuple of Settings, Path and dict or None. The run, its folder, and what is known of it if it goes on.

    Raises
    ------
    ValueError. If something asked for does not exist, or contradicts something else, or the run in the folder.
    """
    chosen = _chosen(options)
    folder = options.out or Path("runs") / "_".join([f"{options.name}_seed{chosen.get('seed', 0)}", *_marks(chosen)])
    about = runs.read(folder)
    if about is None:
        if options.resume:
            raise ValueError(f"there is no run in {folder} to go on with: leave --resume out to begin one")
        return _complete(chosen, options.device), folder, None
    begun = Settings(**about["settings"])
    asked = replace(begun, **chosen) if options.resume else _complete(chosen, options.device)
    for key, value in asdict(begun).items():
        if (other := getattr(asked, key)) != value:
            option = "--small" if key == "full" and not other else f"--{key}"
            leave = f"leave {option} out" if key in chosen else ""
            resume = "" if options.resume else "add --resume to go on with it as it was begun"
            remedy = "" if key == "recipe" else " and ".join(filter(None, [leave, resume])) + ", or "
            raise ValueError(
                f"{folder} holds a run {_words(key, value)}, and you ask for one {_words(key, other)}: "
                f"{remedy}name another folder with --out"
            )
    if about["code"] != runs.code(begun):
        raise ValueError(runs.changed(folder, about))
    return begun, folder, about


def play(
    settings: Settings, ranks: engine.Ranks, folder: Path, about: dict[str, Any] | None
) -> tuple[engine.Game, engine.History]:
    """Play a run from its beginning or its last checkpoint to its end.

    Parameters
    ----------
    settings : Settings. What decides it.
    ranks : Ranks. Who plays, and where.
    folder : Path. Of the run.
    about : dict, optional. What is known of the run if it goes on.

    Returns
    -------
    tuple of Game and History. As the recipe returns them.
    """
    import torch

    from ganlib import engine

    where = engine.device(ranks.device)
    ranks.from_first(lambda: _begin(settings, where, folder, about))
    given = {"rounds": settings.rounds, "full": settings.full, "batch": settings.batch, "folder": settings.data}
    terminal = sys.stderr.isatty()
    watch = Watch(settings.recipe, folder, lines=not terminal)
    smaller = "a smaller --batch" + ", or --small" * bool(settings.full)
    try:
        with runs.enough_memory(f"on the command line: {smaller}, or another --device"):
            return runs.recipe(settings.recipe)(
                settings.seed,
                device=ranks.device,
                checkpoint=folder,
                precision=torch.bfloat16 if settings.precision == "bf16" else torch.float32,
                progress=terminal,
                look=watch,
                **{key: value for key, value in given.items() if value is not None},
            )
    finally:
        watch.write_history()


def _begin(settings: Settings, where: torch.device, folder: Path, about: dict[str, Any] | None) -> None:
    """Make the folder of a run, and say that it begins, or goes on."""
    import torch

    from ganlib import engine

    engine.prepare(folder)
    if about:
        print(f"{settings.recipe}, seed {settings.seed}: goes on from {engine.latest(folder)}", file=sys.stderr)
        if (before := about["versions"]["torch"]) != torch.__version__ or about["device"] != where.type:
            here = f"torch {torch.__version__} on {where.type}"
            print(f"begun with torch {before} on {about['device']}, now {here}: the last bits differ", file=sys.stderr)
    else:
        print(f"{settings.recipe}, seed {settings.seed}: begins on {where}, in {folder}", file=sys.stderr)
        runs.write_json(folder / runs.FILE, _about(settings, where))


class Watch:
    """What is seen of a run on the way: lines of progress where there is no terminal, sample grids, the history.

    Parameters
    ----------
    name : str. Of the recipe.
    folder : Path. Of the run.
    lines : bool. Whether to print lines; where there is a terminal, `fit` shows a bar.
    """

    def __init__(self, name: str, folder: Path, lines: bool) -> None:
        self.name, self.folder, self.lines = name, folder, lines
        self.history: engine.History | None = None
        self.since: tuple[float, int] | None = None
        self.said = self.written = -math.inf
        self.draws = True

    def __call__(self, game: engine.Game, history: engine.History, rounds: int) -> None:
        """Look at a run after a record, as `fit` asks."""
        self.history, now, done = history, time.monotonic(), history.rounds[-1]
        self.since = self.since or (now, done)
        if self.lines and (now - self.said >= LINES or done == rounds):
            self.said = now
            print(self._line(now, done, rounds), file=sys.stderr, flush=True)
        before = history.rounds[-2] if len(history.rounds) > 1 else 0
        if self.draws and (done.bit_length() > before.bit_length() or done == rounds):
            self._draw(game, done, len(str(rounds)))
        if now - self.written >= LINES:
            self.write_history()

    def write_history(self) -> None:
        """Write what has been recorded so far."""
        if self.history is not None:
            self.written = time.monotonic()
            try:
                runs.write_json(self.folder / "history.json", vars(self.history))
            except OSError as error:
                warnings.warn(f"The history could not be written ({error.strerror}); training goes on.", stacklevel=2)

    def _line(self, now: float, done: int, rounds: int) -> str:
        assert self.history is not None
        assert self.since is not None
        losses = ", ".join(f"{player} {values[-1]:.3f}" for player, values in self.history.losses.items())
        line = f"round {done} of {rounds}: {losses}"
        if (played := done - self.since[1]) and done < rounds:
            rate = played / (now - self.since[0])
            line += f"; {rate:.3g} rounds a second, {_duration((rounds - done) / rate)} left"
        return line

    def _draw(self, game: engine.Game, done: int, digits: int) -> None:
        """Always of the same noise, so that one picture can be followed through the grids."""
        try:
            samples = runs.sampled(self.name, game, 64 if game.sample(1).dim() == 4 else 1000, seed=0)
            if samples.isfinite().all():
                runs.write(self.folder / "samples" / f"round_{done:0{digits}}.png", runs.picture(samples))
            else:
                warnings.warn(f"The samples of round {done} are not finite; training goes on.", stacklevel=2)
        except (NotImplementedError, ValueError):
            self.draws = False  # it generates nothing, or nothing to look at
        except OSError as error:
            warnings.warn(f"The samples could not be written ({error.strerror}); training goes on.", stacklevel=2)


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    """What a person has decided, checked."""
    name = options.name
    runs.recipe(name)
    chosen: dict[str, Any] = {"recipe": name}
    for key in ("rounds", "batch"):
        if (value := getattr(options, key)) is not None:
            if value < 1:
                raise ValueError(f"--{key} is {value}: a run has at least one round, and a batch one example")
            chosen[key] = value
    if options.seed is not None:
        runs.check_seed(options.seed)
        chosen["seed"] = options.seed
    if options.full or options.small:
        if not runs.takes(name, "full"):
            raise ValueError(f"{name} has one size: leave --full and --small out")
        chosen["full"] = options.full
    if options.data is not None:
        if runs.takes(name, "folder"):
            chosen["data"] = str(options.data.expanduser().resolve())
        elif not datasets.needed_by(name):
            raise ValueError(f"{name} makes its own data: leave --data out")
        if not options.data.expanduser().is_dir():
            raise ValueError(f"--data is {options.data}, which is no folder: name the one that holds the data")
    if options.precision in ("fp32", "bf16"):
        chosen["precision"] = options.precision
    return chosen


def _marks(chosen: dict[str, Any]) -> list[str]:
    """What the name of a folder says beside recipe and seed, so that different runs go to different folders."""
    marks = []
    if "full" in chosen:
        marks.append("full" if chosen["full"] else "small")
    marks += [f"{key}{chosen[key]}" for key in ("rounds", "batch") if key in chosen]
    if "data" in chosen:
        marks.append(Path(chosen["data"]).name)
    if "precision" in chosen:
        marks.append(chosen["precision"])
    return marks


def _complete(chosen: dict[str, Any], device: str | None) -> Settings:
    """What a person has decided, and for the rest what is usual on this machine."""
    import torch

    from ganlib import engine
    from ganlib.recipes._size import is_full

    where = engine.device(device)
    usual: dict[str, Any] = {"precision": "fp32"}
    if where.type == "cuda" and torch.cuda.is_bf16_supported():
        usual["precision"] = "bf16"
    if runs.takes(chosen["recipe"], "full"):
        usual["full"] = is_full(None, device)
    return Settings(**{**usual, **chosen})


def _about(
    settings: Settings, where: torch.device, finished: int = 0, scores: dict[str, float] | None = None
) -> dict[str, Any]:
    """What is kept of a run beside its checkpoints."""
    from ganlib.zoo.provenance import circumstances

    return {
        **circumstances(where),
        "device": where.type,
        "settings": asdict(settings),
        "code": runs.code(settings),
        "finished": finished,
        "scores": scores or {},
    }


def _words(key: str, value: Any) -> str:
    """A setting as one says it."""
    if key == "full":
        return "of one size" if value is None else "of full size" if value else "of small size"
    if value is None:
        return f"with the recipe's own {key}"
    return f"of {value}" if key == "recipe" else f"with {value} rounds" if key == "rounds" else f"with {key} {value}"


def _duration(seconds: float) -> str:
    """Such as 45 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings as sentences, each once."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(f"ganlib: {str(message).splitlines()[0]}", file=sys.stderr, flush=True)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield

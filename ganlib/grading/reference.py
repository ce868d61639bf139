"""The instructor's reference: a chapter run with its hidden checks, which students' answers are compared with.

Hidden checks draw their inputs from `os.environ["GANLIB_SECRET"]`. What they find there is never the instructor's
secret but a seed derived from it for that one cell, which the reference sets in the cell itself: no kernel is started
with it, no answer that runs before can read it, and whoever does read it has learned nothing about any other cell.

A reference is made once and kept in the user's cache, where nobody else may look: the same chapter, library, packages
and secret give the same one. Demos are not run. No check needs them, and submissions are marked without them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import ganlib
from ganlib.grading import chapters, markdown
from ganlib.grading.chapters import Chapter, question, role
from ganlib.grading.execute import ExecutionError, execute

SECRET = "GANLIB_SECRET"
SHORTEST = 16  # characters of a secret: fewer can be guessed by trying

_PACKAGES = ("torch", "numpy", "matplotlib", "scikit-learn", "ipykernel", "ipython", "nbclient", "nbval")
_REMOVED = "(removed)"


@dataclass(frozen=True)
class Reference:
    """A chapter as the instructor runs it.

    Attributes
    ----------
    chapter : str
        Its name, `04_minimax`.
    sha256 : str
        Hash of its source, in hexadecimal.
    key : str
        Hash of all that the outputs depend on, in hexadecimal: source, library, packages and secret.
    notebook : NotebookNode
        Executed, hidden checks included and demos left out.
    titles : mapping of str to str
        Titles of the exercises, by question.
    seeds : tuple of str
        What the hidden checks draw their inputs from.
    """

    chapter: str
    sha256: str
    key: str
    notebook: NotebookNode = field(repr=False)
    titles: Mapping[str, str]
    seeds: tuple[str, ...] = field(default=(), repr=False)

    @property
    def points(self) -> dict[str, float]:
        """What each question is worth.

        Returns
        -------
        dict of str to float
            By question, in order; one point where the chapter does not say.
        """
        answers = (cell for cell in self.notebook.cells if cell.cell_type == "code" and role(cell) == "answer")
        return {str(question(cell)): float(cell.metadata["course"].get("points", 1)) for cell in answers}


def build(path: Path, *, secret: str | None = None, folder: Path | None = None, timeout: float = 600.0) -> Reference:
    """Make the reference of a chapter, or take the one that was made before.

    Parameters
    ----------
    path : Path
        Source of the chapter.
    secret : str, optional
        The instructor's secret, at least 16 characters; the environment variable GANLIB_SECRET unless given. A chapter
        without hidden checks needs none and uses none.
    folder : Path, optional
        Where references are kept; `references` in the user's cache unless given.
    timeout : float
        Seconds that one cell may take.

    Returns
    -------
    Reference
        The secret stands nowhere in it, and what is derived from it in no output.

    Raises
    ------
    ValueError
        In one sentence, when the file is no chapter, the chapter has a mistake or does not run, the secret is missing
        or too short, or a cell prints it.
    OSError
        When the file cannot be read.
    """
    (path,) = chapters.find(path) if not path.is_dir() else (_none(path),)
    chapter = chapters.read(path)
    if problems := chapters.lint([chapter]):
        raise ValueError(problems[0])
    hidden = chapter.cells("hidden")
    given = _secret(chapter, secret) if hidden else ""
    stretched = derived(given, chapter.name) if hidden else ""
    seeds = {cell.id: hmac.digest(stretched.encode(), cell.id.encode(), "sha256").hex() for cell in hidden}
    key = _key(chapter, stretched)
    kept = (cached() if folder is None else folder) / f"{chapter.name}-{key[:32]}.ipynb"
    notebook = _kept(kept)
    if notebook is None:
        notebook = _execute(_prepared(chapter, seeds), timeout, (given, stretched, *seeds.values()))
        _keep(kept, notebook)
    return Reference(chapter.name, chapter.sha256, key, notebook, _titles(chapter), tuple(seeds.values()))


def derived(secret: str, chapter: str) -> str:
    """The key that stands for a secret in one chapter.

    Parameters
    ----------
    secret : str
        The instructor's.
    chapter : str
        Name of the chapter.

    Returns
    -------
    str
        64 hexadecimal digits. Trying out secrets against it costs 50 ms each, and 16 MiB of memory.
    """
    salt = f"ganlib, hidden checks of {chapter}".encode()
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def without(text: str, *secrets: str) -> str:
    """A text in which secrets are struck out, however they are written as a number.

    Parameters
    ----------
    text : str
        Any.
    *secrets : str
        Empty ones are passed over.

    Returns
    -------
    str
        The same text where there was nothing to strike out.
    """
    for written in _spellings(secrets):
        text = text.replace(written, _REMOVED)
    return text


@cache
def grader() -> str:
    """The version of the grader.

    Returns
    -------
    str
        The library's version and a hash of its code, `0.1.0+1f3c9a02`: when either changes, marks are made again.
    """
    root = Path(ganlib.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".cfg")):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{ganlib.__version__}+{digest.hexdigest()[:8]}"


def cached() -> Path:
    """The folder where references are kept.

    Returns
    -------
    Path
        In the user's cache; it may not exist yet.
    """
    import pooch

    return Path(pooch.os_cache("ganlib")) / "references"


def _none(path: Path) -> Path:
    """Complain about a folder."""
    raise ValueError(f"{path} is a folder: name the one chapter that was handed out, such as 04_minimax.py")


def _secret(chapter: Chapter, given: str | None) -> str:
    """The secret, or a sentence about what it should be."""
    secret = os.environ.get(SECRET, "") if given is None else given
    if not secret:
        raise ValueError(
            f"{chapter.name} has hidden checks: set {SECRET} to a text of at least {SHORTEST} characters that only "
            "instructors know, a new one each term"
        )
    if len(secret) < SHORTEST:
        raise ValueError(f"{SECRET} is too short, it could be guessed: take at least {SHORTEST} characters")
    return secret


def _key(chapter: Chapter, stretched: str) -> str:
    """Hash of all that the outputs of a chapter depend on."""
    parts = {
        "chapter": chapter.sha256,
        "grader": grader(),
        "python": platform.python_version(),
        "packages": {name: _installed(name) for name in _PACKAGES},
        "secret": stretched,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _installed(package: str) -> str:
    """The version of a package, found without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _prepared(chapter: Chapter, seeds: Mapping[str, str]) -> Chapter:
    """A chapter without its demos, whose hidden checks set their own seeds and come last, as they do in marking."""
    cells: list[NotebookNode] = []
    last: list[NotebookNode] = []
    for cell in chapter.notebook.cells:
        if cell.id in seeds:
            title = f"# hidden check {cell.id}"  # messages name a cell by its first line, which must not be the seed
            line = f'__import__("os").environ["{SECRET}"] = "{seeds[cell.id]}"'
            last.append(NotebookNode({**cell, "source": f"{title}\n{line}\n{cell.source}"}))
        elif cell.cell_type != "code" or role(cell) != "demo":
            cells.append(cell)
    return dataclasses.replace(chapter, notebook=NotebookNode({**chapter.notebook, "cells": cells + last}))


def _execute(chapter: Chapter, timeout: float, secrets: tuple[str, ...]) -> NotebookNode:
    """Run a chapter; what is printed must hold no secret."""
    try:
        executed = execute(chapter, timeout)
    except ExecutionError as error:
        raise ValueError(f"the reference cannot be made: {without(str(error), *secrets)}") from None
    written = _spellings(secrets)
    for cell in executed.cells:
        if cell.cell_type == "code" and role(cell) in ("check", "hidden") and not cell.outputs:
            raise ValueError(
                f"{chapter.name}, {chapters.where(cell)}: this check prints nothing that could be compared"
            )
        shown = json.dumps(cell.get("outputs", []), ensure_ascii=False)
        if any(spelling in shown for spelling in written):
            raise ValueError(
                f"{chapter.name}, {chapters.where(cell)}: it prints the seed of its inputs: print what it finds"
            )
    return executed


def _spellings(secrets: tuple[str, ...]) -> list[str]:
    """Secrets as they may be printed: as they are, and a hexadecimal one as a decimal number."""
    digits = "0123456789abcdef"
    numbers = [str(int(secret, 16)) for secret in secrets if secret and not secret.strip(digits)]
    return sorted({*filter(None, secrets), *numbers}, key=len, reverse=True)


def _kept(path: Path) -> NotebookNode | None:
    """A reference made before, if it is whole."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, nbformat.ValidationError):
        return None
    return notebook


def _keep(path: Path, notebook: NotebookNode) -> None:
    """Keep a reference where nobody else can read it: it holds solutions and hidden checks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    chapters.write(path, notebook)
    path.chmod(0o600)


def _titles(chapter: Chapter) -> dict[str, str]:
    """Titles of the exercises."""
    found = (block for _, block in chapter.blocks() if isinstance(block, markdown.Directive))
    return {str(block.label): block.argument for block in found if block.name == "exercise" and block.label}

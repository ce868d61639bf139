"""What was handed in, found: files, folders, globs and archives, of which nothing is trusted.

Links inside a folder or an archive are not followed, names inside an archive choose no place on this machine, and every
size is bounded before anything is unpacked. What looks like a submission and cannot be taken is reported with a
sentence, never passed over; files that are no submissions (pictures, PDFs) are counted.
"""

from __future__ import annotations

import glob
import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

FILE = 20_000_000  # bytes of one submission
ARCHIVE = 100_000_000  # bytes of an archive inside a folder or another archive
TOTAL = 4_000_000_000  # bytes that all archives of one run may unpack to
ENTRIES = 20_000  # files in one archive, or in one folder
CONTENTS = 8_000_000  # bytes of an archive's table of contents, which is read as a whole

_SUBMISSION = re.compile(r"\.(?:ipynb(?:\.txt|\.json)?|py(?:\.txt)?)", re.IGNORECASE)
_ENDING = re.compile(_SUBMISSION.pattern + r"\Z", re.IGNORECASE)
_PASSED_OVER = {".ipynb_checkpoints", "__MACOSX", "__pycache__"}
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True)
class Found:
    """One file that was handed in, or that cannot be taken.

    Attributes
    ----------
    name : str
        Its path below what was named on the command line, with `/`; unique in a run.
    path : Path or None
        Where it lies; None when it was not taken.
    time : datetime or None
        When it was last changed, in local time without a zone; None when that is not known.
    problem : str
        One sentence on why it was not taken; else empty.
    """

    name: str
    path: Path | None
    time: datetime | None = None
    problem: str = ""


def collect(sources: list[str], scratch: Path) -> tuple[list[Found], int]:
    """Find all submissions.

    Parameters
    ----------
    sources : list of str
        Files, folders, archives (`.zip`), and patterns such as `week4/*.ipynb`.
    scratch : Path
        An empty folder: archives are unpacked into it.

    Returns
    -------
    (list of Found, int)
        In the order of their names; and how many files were passed over because they are no notebooks or scripts.

    Raises
    ------
    FileNotFoundError
        When there is nothing at a path, or nothing that a pattern fits.
    ValueError
        In one sentence, when an archive on the command line cannot be read, or there are far too many files.
    """
    box = _Box(scratch)
    for source in sources:
        if os.path.lexists(source):
            box.take(Path(source))
            continue
        fitting = sorted(glob.glob(source, recursive=True)) if glob.has_magic(source) else []
        if not fitting:
            raise FileNotFoundError(f"there is no submission {source}")
        for path in map(Path, fitting):
            if path.is_dir() or _ENDING.search(path.name) or path.suffix.lower() == ".zip":
                box.take(path)
            else:
                box.others += 1
    named: dict[str, Found] = {}
    for found in sorted(box.found, key=lambda found: (found.name, str(found.path))):
        name, count = found.name, 2
        while name in named:
            name, count = f"{found.name} ({count})", count + 1
        named[name] = replace(found, name=name)
    return list(named.values()), box.others


class _Box:
    """Gathers files; it remembers which it has, and how much has been unpacked."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.found: list[Found] = []
        self.others = 0
        self._seen: set[str] = set()
        self._unpacked = 0
        self._count = 0

    def take(self, path: Path) -> None:
        """Take what a person has named: a file, a folder or an archive, or a link to one."""
        if path.is_dir():
            self._folder(path)
        elif zipfile.is_zipfile(path) and path.suffix.lower() == ".zip":
            if self._new(path):
                with path.open("rb") as file:
                    self._archive(file, "")
        elif path.suffix.lower() == ".zip":
            raise ValueError(f"{path} is not a zip archive, or a damaged one: download it again")
        else:  # whatever it is called: a person has named it
            self._file(path, path.name, os.stat(path))

    def _folder(self, folder: Path) -> None:
        """Take every submission in a folder and those below it; links are not followed."""
        places = 0
        for here, below, files in os.walk(folder):
            below[:] = sorted(name for name in below if not _hidden(name))
            places += len(files)
            if places > ENTRIES:
                raise ValueError(f"{folder} holds more than {ENTRIES:,} files: is it the folder that you mean?")
            for name in sorted(files):
                path = Path(here, name)
                shown = _shown(path.relative_to(folder).as_posix())
                if _hidden(name):
                    continue
                try:
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode) and path.suffix.lower() == ".zip":
                        self._handed_in_archive(path, shown, status)
                    elif not _ENDING.search(name):
                        self.others += 1
                    elif stat.S_ISLNK(status.st_mode):
                        self._refuse(shown, "it is a link, and links are not followed")
                    elif not stat.S_ISREG(status.st_mode):
                        self._refuse(shown, "it is not a file")
                    else:
                        self._file(path, shown, status)
                except OSError as error:
                    self._refuse(shown, f"it cannot be opened: {error.strerror}")

    def _file(self, path: Path, name: str, status: os.stat_result) -> None:
        """Take a file where it lies, once."""
        if self._new(path):
            self.found.append(Found(name, path.resolve(), datetime.fromtimestamp(int(status.st_mtime))))

    def _new(self, path: Path) -> bool:
        """Whether a file is met for the first time."""
        real = os.path.realpath(path)
        known = real in self._seen
        self._seen.add(real)
        return not known

    def _handed_in_archive(self, path: Path, name: str, status: os.stat_result) -> None:
        """Take what is in an archive that a student made."""
        if status.st_size > ARCHIVE:
            self._refuse(name, f"it has {status.st_size / 1e6:.0f} MB, more than {ARCHIVE / 1e6:g}")
            return
        if not self._new(path):
            return
        with path.open("rb") as file:
            try:
                self._archive(file, f"{name}/", depth=1)
            except ValueError as error:
                self._refuse(name, str(error))

    def _archive(self, file: IO[bytes], prefix: str, depth: int = 0) -> None:
        """Unpack the submissions in an archive."""
        try:
            entries = _contents(file)
        except _DAMAGED as error:
            raise ValueError(f"it is not a zip archive, or a damaged one ({error})") from None
        with entries as archive:
            for entry in archive.infolist():
                parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
                if entry.is_dir() or any(_hidden(part) for part in parts if part != ".."):
                    continue
                inner = bool(parts) and parts[-1].lower().endswith(".zip")
                if not inner and not _ENDING.search(entry.filename):
                    self.others += 1
                    continue
                name = prefix + _shown(entry.filename)
                if problem := _unfit(entry, parts, inner):
                    self._refuse(name, problem)
                elif inner and depth > 0:
                    self._refuse(name, "it is an archive in an archive in an archive")
                else:
                    self._entry(archive, entry, name, depth if inner else None)

    def _entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, depth: int | None) -> None:
        """Unpack one file, into a folder of its own; open it, if it is an archive."""
        limit = FILE if depth is None else ARCHIVE
        try:
            with archive.open(entry) as file:
                content = file.read(limit)  # it has no more: an entry that lies about its size is damaged
        except _DAMAGED as error:
            self._refuse(name, f"it is damaged in its archive ({error})")
            return
        self._unpacked += len(content)
        if self._unpacked > TOTAL:
            raise ValueError(f"the archives unpack to more than {TOTAL / 1e9:g} GB: grade them a part at a time")
        if depth is not None:
            try:
                self._archive(io.BytesIO(content), f"{name}/", depth + 1)
            except ValueError as error:
                self._refuse(name, str(error))
            return
        self._count += 1
        place = self.scratch / f"{self._count:05}"
        place.mkdir()
        ending = _SUBMISSION.findall(entry.filename)[-1].lower()
        stem = re.sub(r"[^\w-]", "_", PurePosixPath(entry.filename.replace("\\", "/")).stem)[:40]
        path = place / f"{stem}{ending}"
        path.write_bytes(content)
        self.found.append(Found(name, path, _time(entry)))

    def _refuse(self, name: str, problem: str) -> None:
        """Report what cannot be taken."""
        self.found.append(Found(name, None, None, problem))


def _contents(file: IO[bytes]) -> zipfile.ZipFile:
    """An open archive, whose table of contents was measured before it was read."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # what ZipFile itself goes by
    if end is None:
        raise zipfile.BadZipFile("it has no end")
    if int(end[5]) > CONTENTS:
        raise zipfile.BadZipFile(f"its table of contents has {end[5] / 1e6:.0f} MB")
    file.seek(0)
    archive = zipfile.ZipFile(file)
    if len(archive.infolist()) > ENTRIES:
        raise zipfile.BadZipFile(f"it holds more than {ENTRIES:,} files")
    return archive


def _unfit(entry: zipfile.ZipInfo, parts: tuple[str, ...], inner: bool) -> str:
    """Why a file in an archive is not taken, from its entry alone."""
    mode = entry.external_attr >> 16
    if ".." in parts or entry.filename.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", entry.filename):
        return "its name in the archive points outside of the archive"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "it is a link or a device, not a file"
    if entry.flag_bits & 0x1:
        return "it is encrypted"
    if entry.file_size > (limit := ARCHIVE if inner else FILE):
        return f"it unpacks to {entry.file_size / 1e6:.0f} MB, more than {limit / 1e6:g}"
    return ""


def _time(entry: zipfile.ZipInfo) -> datetime | None:
    """When a file in an archive was last changed; 1980 is what archives write that do not know."""
    try:
        time = datetime(*entry.date_time)
    except ValueError:
        return None
    return time if time.year > 1980 else None


def _hidden(name: str) -> bool:
    """Whether a file or folder is some program's own."""
    return name in _PASSED_OVER or name.startswith(".")


def _shown(name: str) -> str:
    """A name from outside as it is shown: printable, on one line, of bounded length, with no way up."""
    name = name.replace("\\", "/").encode("utf-8", "replace").decode()
    name = "".join(character if character.isprintable() else "\ufffd" for character in name)
    kept = [part.strip() for part in name.split("/") if part.strip() not in ("", ".", "..")]
    return "/".join(kept)[-200:] or "(no name)"

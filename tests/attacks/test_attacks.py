"""Nothing is gained by an attack, nothing outside is touched, and marking ends."""

import dataclasses
import hashlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hostile
import pytest
import toy
import walls

import ganlib
from ganlib.grading import marking, sandbox

pytestmark = walls.MARKS

# For an honest submission beside a bomb: it may be slowed down, on a machine that has two such tests at a time.
PATIENT = dataclasses.replace(toy.LIMITS, cell_seconds=60.0, notebook_seconds=240.0)


@pytest.fixture(scope="module")
def reference():
    sandbox.preflight(toy.LIMITS)
    return toy.reference()


class Host:
    """What is outside, and may be attacked."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.work.mkdir()
        self.file = folder / "bait"
        self.file.write_text("bait", encoding="utf-8")
        self.file.chmod(0o666)
        for parent in (folder, *folder.parents):
            if parent.stat().st_uid == os.getuid() and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o755)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.abstract = f"ganlib-attack-{os.getpid()}"
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind("\0" + self.abstract)
        self.unix.listen()

    def aim(self, source: str) -> str:
        for name, value in (("PORT", self.tcp.getsockname()[1]), ("ABSTRACT", self.abstract),
                            ("FILE", self.file), ("GRADER", os.getpid())):  # fmt: skip
            source = source.replace(f"@{name}@", str(value))
        return source

    def reached(self) -> bool:
        for server in (self.tcp, self.unix):
            server.settimeout(0)
            try:
                server.accept()[0].close()
                return True
            except OSError:
                continue
        return False

    def close(self) -> None:
        self.tcp.close()
        self.unix.close()


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLIB_SECRET", "bait")
    host = Host(tmp_path)
    yield host
    host.close()


def library() -> str:
    """A hash of what decides about marks."""
    names = ("verdict", "kernel", "nbval_plugin", "marking_plugin", "sandbox")
    paths = [Path(ganlib.__file__), *(Path(sandbox.__file__).with_name(f"{name}.py") for name in names)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def left() -> list[int]:
    """Boxes of this process that are still there."""
    return [pid for pid in sandbox.members(os.getpid())[1:] if b"bwrap" in cmdline(pid)]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("name", hostile.ATTACKS)
def test_nothing_is_gained_and_nothing_outside_is_touched(name, reference, host):
    before = library()
    began = time.monotonic()
    beside = name in hostile.BOMBS
    with ThreadPoolExecutor(2) as pool:
        honest = pool.submit(mark, reference, host, PATIENT) if beside else None
        marks = mark(reference, host, toy.LIMITS, q1=host.aim(hostile.ATTACKS[name]))
        if honest is not None:
            assert honest.result().score == 5, "another submission was disturbed"
    seconds = time.monotonic() - began
    points = {question.q: question.points for question in marks.questions}
    assert points["ch99.q1"] == 0, marks
    assert points["ch99.q2"] == 3, marks
    assert "LOOT" not in str(marks), "something was carried out"
    assert "bait" not in str(marks)
    assert seconds < 2 * (toy.LIMITS.cell_seconds + 25), f"it took {seconds:.0f} s"
    assert host.file.read_text(encoding="utf-8") == "bait"
    assert not host.reached()
    assert list(host.work.iterdir()) == []
    assert library() == before
    assert left() == []


def mark(reference, host, limits, **sources):
    return marking.mark_submission(reference, toy.answers(**sources), limits, workdir=host.work)

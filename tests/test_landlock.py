"""What a process can still do after it has given up its rights, tried out in one that has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ganlib.grading import landlock
from ganlib.grading.batch import Summary

here = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

TRY = """
import os, socket, sys
readable, writable, other = sys.argv[1:4]
def listen():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
done = []
for name, act in {
    "read": lambda: open(f"{readable}/file").read(),
    "list": lambda: os.listdir(readable),
    "change": lambda: open(f"{readable}/file", "r+"),
    "cut short": lambda: os.truncate(f"{readable}/file", 0),
    "remove": lambda: os.unlink(f"{readable}/file"),
    "make": lambda: os.mkdir(f"{readable}/folder"),
    "read elsewhere": lambda: open(f"{other}/file").read(),
    "write elsewhere": lambda: open(f"{other}/new", "w"),
    "listen": listen,
    "write": lambda: open(f"{writable}/new", "w").write("x"),
    "rename": lambda: os.rename(f"{writable}/new", f"{writable}/newer"),
    "link": lambda: os.symlink("x", f"{writable}/link"),
    "clear": lambda: (os.unlink(f"{writable}/newer"), os.mkdir(f"{writable}/folder"), os.rmdir(f"{writable}/folder")),
    "signal": lambda: os.kill(os.getppid(), 0),
}.items():
    try:
        act()
        done.append(name)
    except OSError:
        pass
print(",".join(done))
"""


def restricted(folder: Path, version: int) -> set[str]:
    """What a restricted process says it could do, where a kernel has the given version."""
    places = [folder / name for name in ("readable", "writable", "other")]
    for place in places:
        place.mkdir()
        (place / "file").write_text("text", encoding="utf-8")
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/proc", sys.prefix, sys.base_prefix]
    rights = json.dumps([[*system, str(places[0]), "/there/is/none"], [str(places[1]), "/dev/null"]])
    source = Path(landlock.__file__).read_text(encoding="utf-8")
    program = folder / "program.py"
    program.write_text(source.replace("known = version()", f"known = min(version(), {version})"), encoding="utf-8")
    command = [sys.executable, "-I", "-S", program, rights, sys.executable, "-I", "-S", "-c", TRY, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.strip().split(","))


KEPT = {"read", "list", "write", "rename", "link", "clear"}


@here
def test_only_what_was_named_can_be_read_and_written(tmp_path):
    assert restricted(tmp_path, landlock.version()) - ({"signal"} if landlock.version() < 6 else set()) == KEPT


@here
@pytest.mark.parametrize(
    ("version", "more"), [(1, {"cut short", "listen", "signal"}), (3, {"listen", "signal"}), (4, {"signal"}), (0, None)]
)
def test_an_older_kernel_takes_away_what_it_can(version, more, tmp_path):
    if version > landlock.version():
        pytest.skip(f"this kernel has version {landlock.version()}")
    others = {"change", "cut short", "remove", "make", "read elsewhere", "write elsewhere", "listen", "signal"}
    assert restricted(tmp_path, version) == KEPT | (others if more is None else more)


def test_a_summary_says_that_there_was_one_layer():
    assert not any("Landlock" in line for line in Summary().sentences())
    assert (
        "the kernel of this machine has no Landlock: the sandbox had one layer, not two"
        in Summary(landlock=False).sentences()
    )

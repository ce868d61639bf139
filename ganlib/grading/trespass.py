"""Tries to cross each wall of the sandbox, from inside, and tells what gave way: the other half of `sandbox.preflight`.

It is run as `python -m ganlib.grading.trespass JSON` inside a box, prints one line of JSON (wall: how it was crossed),
and waits until its input ends, so that it can be looked at from outside meanwhile. It leaves a process behind on
purpose, which must end with the box.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Told = dict[str, Any]

RIGHTS = "rights"  # asks for that wall alone
NEW_USER = 0x10000000  # clone(2)


def network(told: Told) -> str:
    """Reach a socket outside."""
    reached = []
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", told["port"])),
        (socket.AF_INET, ("192.0.2.1", 80)),
        (socket.AF_UNIX, told["abstract"]),
    ):
        with socket.socket(family) as client:
            client.settimeout(1.0)
            try:
                client.connect(address)
            except OSError:
                continue
            reached.append(str(address))
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    return f"it reached {', '.join(reached + others)}" if reached or others else ""


def files(told: Told) -> str:
    """Read what is not meant to be seen."""
    seen = [path for path in (told["secret"], "/etc/passwd", "/etc/shadow", "/sys/kernel") if os.path.exists(path)]
    for folder in told["folders"]:
        if os.path.isdir(folder) and folder not in ("/", *told["private"], "/home", "/home/student/work"):
            # what must be mounted makes its parents, and nothing else in them
            seen += [folder] * (not _made_for_a_mount(folder))
    return f"it sees {', '.join(seen)}" if seen else ""


def _made_for_a_mount(folder: str) -> bool:
    """Whether all there is in a folder leads to this Python."""
    needed = [os.path.realpath(place) + "/" for place in (sys.prefix, sys.base_prefix)]
    return all(any((os.path.join(folder, name) + "/").startswith(place) or place.startswith(os.path.join(folder, name))
                   for place in needed) for name in os.listdir(folder))  # fmt: skip


def _lies_in(folder: str, private: str) -> bool:
    """Whether a folder is a part of a private one: below it, and of the same file system."""
    try:
        return folder.startswith(private + "/") and os.stat(folder).st_dev == os.stat(private).st_dev
    except OSError:
        return False


def writing(told: Told) -> str:
    """Write anywhere but to the private folders."""
    written = []
    tried = ["/", "/dev", "/etc", "/home", "/usr", "/usr/lib", "/course", "/course/ganlib", "/proc/sys/kernel", "/var",
             sys.prefix, sys.base_prefix, os.path.dirname(__file__), *told["folders"]]  # fmt: skip
    for folder in tried:
        path = os.path.join(folder, "ganlib-trespass")
        if any(_lies_in(folder, private) for private in told["private"]):
            continue  # such as a parent of this Python, made anew in the private /tmp for its mount
        try:
            with open(path, "w", encoding="utf-8"):
                written.append(path)
        except OSError:
            continue
    for path in (told["secret"], __file__, "/proc/sys/kernel/hostname", "/box/kernel.json"):
        try:
            with open(path, "r+", encoding="utf-8"):
                written.append(path)
        except OSError:
            continue
    return f"it wrote to {', '.join(written)}" if written else ""


def disk(told: Told) -> str:
    """Fill the private folders, and make one large file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size, made = told["file_size"] // 4, []
    try:
        with open("/tmp/large", "wb") as file:
            file.truncate(told["file_size"] + 1)
        return f"a file may be larger than {told['file_size']} bytes"
    except OSError:
        os.unlink("/tmp/large")
    try:
        for folder in told["private"]:
            for number in range(8):
                path = os.path.join(folder, f"part{number}")
                made.append(path)
                with open(path, "wb") as file:
                    os.posix_fallocate(file.fileno(), 0, size)
            return f"{folder} holds more than {told['file_size']} bytes"
    except OSError:
        return ""
    finally:
        for path in made:
            if os.path.exists(path):
                os.unlink(path)
    return ""


def memory(told: Told) -> str:
    """Take more memory than allowed."""
    try:
        mmap.mmap(-1, told["memory"]).close()
    except (OSError, MemoryError):
        return ""
    return f"one process may take {told['memory']} bytes"


def processes(told: Told) -> str:
    """Start more processes than allowed."""
    children: list[int] = []
    try:
        for _ in range(told["processes"] + 1):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except OSError:
        return ""
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return f"it started {len(children)} processes"


def strangers(told: Told) -> str:
    """See or signal a process outside, or hold on to a file that was opened outside."""
    mine = [name for name in os.listdir("/proc") if name.isdigit()]
    if len(mine) > 4:
        return f"it sees {len(mine)} processes"
    if str(told["grader"]) not in mine:
        try:
            os.kill(told["grader"], 0)
            return "it may signal the grader"
        except OSError:
            pass
    kept = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if int(name) > 2 and not target.startswith("/proc/"):
            kept.append(target)
    return f"it holds {', '.join(kept)}" if kept else ""


def privileges(told: Told) -> str:
    """Be somebody, or become somebody."""
    with open("/proc/self/status", encoding="utf-8") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    if os.getuid() == 0 or int(status["CapEff"], 16) or int(status["CapPrm"], 16):
        return "it has privileges"
    if status["NoNewPrivs"].strip() != "1":
        return "it may gain privileges"
    return ""


def calls(told: Told) -> str:
    """Make system calls that are refused."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_USER) == 0:
        return "it made a user namespace"
    try:
        os.close(os.memfd_create("x"))
        return "it took memory that no limit counts"
    except OSError:
        pass
    return "" if ctypes.CDLL(None).shmget(0, 4096, 0o1600) == -1 else "it took shared memory that no limit counts"


def rights(told: Told) -> str:
    """Use rights, in a process that was made to give them up, which only Landlock takes away; where there is one."""
    if not told["landlock"]:
        return ""
    command = [*told["landlocked"], sys.executable, "-I", "-S", __file__, RIGHTS, str(told["landlock"])]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _use_rights(version: int) -> Iterator[str]:
    """What a process can do that should not."""
    try:
        with open("/proc/self/comm", "w", encoding="ascii"):
            yield "it wrote where only Landlock forbids it"
    except OSError:
        pass
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", 0))
            if version >= 4:
                yield "it opened a port, which only Landlock forbids"
        except OSError:
            pass


def environment(told: Told) -> str:
    """Read the environment of the grader."""
    more = set(os.environ) - set(told["environment"]) - {"GANLIB_DATA", "PWD", "OLDPWD", "LC_CTYPE", "SHLVL", "_"}
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/environ", encoding="utf-8", errors="replace") as file:
                if "GANLIB_SECRET" in file.read():
                    more.add(f"GANLIB_SECRET of process {name}")
        except OSError:
            continue
    return f"it knows {', '.join(sorted(more))}" if more else ""


WALLS: tuple[Callable[[Told], str], ...] = (
    network, files, writing, disk, memory, processes, strangers, privileges, calls, rights, environment,
)  # fmt: skip


def main() -> None:
    """Try every wall, leave a process behind, tell, and wait."""
    if sys.argv[1] == RIGHTS:
        print(", ".join(_use_rights(int(sys.argv[2]))))
        return
    told = json.loads(sys.argv[1])
    import ipykernel.kernelapp  # noqa: F401  # a kernel must be able to start here, too

    crossed = {wall.__name__: how for wall in WALLS if (how := wall(told))}
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
        os._exit(0)
    print(json.dumps(crossed), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

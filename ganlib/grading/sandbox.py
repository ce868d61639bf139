"""Walls around a kernel that runs the code of strangers: bubblewrap, a filter of system calls, Landlock, and limits.

What is inside sees the system's programs, this Python and `ganlib`, all read-only; four private folders in memory, none
larger than the limit; no network, no process but its own, nothing of the environment, and no way to become another
user. It cannot see the notebook it is marked against, nor any folder of the machine, not even an empty one: the sockets
of its kernel lie in a private folder too, and are reached through `/proc/PID/root`.

As root, a first room with its own view of the files makes this Python readable to a spare user, and that user builds
the box; as an ordinary user the box is built at once. `preflight` believes none of this: it starts a process inside
that tries to cross each wall (`ganlib.grading.trespass`), and refuses when one gives way.

Two things are left to whoever runs the kernel, `ganlib.grading.marking_plugin`: to count what it prints, and to stop it
when `usage` exceeds the limit on memory, which bounds each process by itself but not their sum.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import ganlib
from ganlib.grading import landlock
from ganlib.grading.kernel import ENVIRONMENT

NAME = "box"  # of the kernelspec
SOCKETS = "/box/s"  # inside; a kernel adds -1 to -5
PRIVATE = ("/home/student", "/tmp", "/dev/shm", "/box")  # folders that can be written to, all of them in memory
ETC = ("ld.so.cache", "alternatives", "fonts", "localtime")  # what is seen of /etc
DESCRIPTORS = 512  # files that one process may have open at once
INODE = 1024  # bytes of memory that an empty file takes, about

ENCLOSED = ENVIRONMENT | {
    "HOME": "/home/student",
    "IPYTHONDIR": "/home/student/.ipython",
    "LANG": "C.UTF-8",
    "MPLCONFIGDIR": "/home/student/.matplotlib",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": "/course",
    "TMPDIR": "/tmp",
}
"""The whole environment inside, but for GANLIB_DATA where a folder of data sets is named."""

_TOOLS = {"bwrap": "bubblewrap", "prlimit": "util-linux", "setpriv": "util-linux", "choom": "util-linux"}
# A shell opens what the spare user may not read, before anything else; another leaves nothing of it open inside.
_OPENED = 'exec 3<"$1" 4<"$2"; shift 2; exec "$@"'
_CLOSED = 'for n in 3 4 5 6 7 8 9; do eval "exec $n<&-"; done; exec "$@"'
_SPARE = 1_900_000_000  # users from here on belong to nobody (systemd's list of ranges), and process ids fit behind it
_CALLS = {
    # memory that no limit counts (memfd_create, shmget, io_uring_setup, memfd_secret), queues of messages, keys,
    # and doors to the kernel that no answer needs: bpf, perf_event_open, userfaultfd, ptrace, process_vm_*,
    # unshare, setns, mount, personality
    "x86_64": (0xC000003E, (319, 29, 425, 447, 68, 250, 248, 249, 321, 298, 323, 101, 310, 311, 272, 308, 165, 135)),
    "aarch64": (0xC00000B7, (279, 194, 425, 447, 186, 219, 217, 218, 280, 241, 282, 117, 270, 271, 97, 268, 40, 92)),
}


class Unsafe(RuntimeError):
    """A wall that is missing; its text is one sentence that says which, and what to do."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may use.

    Attributes
    ----------
    memory : int
        Bytes, of each process and of all together with their files.
    processes : int
        Processes and threads at once.
    file_size : int
        Bytes of one file, and of each private folder.
    output : int
        Bytes that one cell may print or show.
    cell_seconds, notebook_seconds : float
        Wall time of one cell and of all.
    """

    memory: int = 4 << 30
    processes: int = 64
    file_size: int = 256 << 20
    output: int = 2_000_000
    cell_seconds: float = 60.0
    notebook_seconds: float = 600.0


def kernel_spec(folder: Path, limits: Limits, *, safe: bool = True) -> Path:
    """Describe a kernel named `box`.

    Parameters
    ----------
    folder : Path
        Where; it must exist, and nobody else may write to it.
    limits : Limits
        What the kernel may use.
    safe : bool
        False for a kernel without walls and without limits, which any code can leave.

    Returns
    -------
    Path
        The folder for `KernelSpecManager(kernel_dirs=[...])`, or for JUPYTER_PATH one above it.
    """
    command = [sys.executable, "-m", "ipykernel_launcher", "-f"]
    argv = (
        enclose([*command, "/box/kernel.json"], limits, folder, "{connection_file}")
        if safe
        else [*command, "{connection_file}"]
    )
    spec = folder / "kernels" / NAME / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    described = {"argv": argv, "display_name": NAME, "language": "python", "interrupt_mode": "message"}
    spec.write_text(json.dumps(described), encoding="utf-8")
    return folder / "kernels"


def enclose(
    command: Sequence[str], limits: Limits, folder: Path, connection: str = "/dev/null", *, landlocked: bool = True
) -> list[str]:
    """The command line that runs a command inside the walls, as long as this process lives.

    Parameters
    ----------
    command : sequence of str
        As seen from inside.
    limits : Limits
        What it may use.
    folder : Path
        Where the filter of system calls is written, which must be there when the command starts.
    connection : str
        A file whose content is `/box/kernel.json` inside.
    landlocked : bool
        False to leave out the second layer, which would hide a hole in the first one from `preflight`.

    Returns
    -------
    list of str
        Nothing of the environment it is started in reaches the inside.

    Raises
    ------
    Unsafe
        When this machine has no filter, or lacks a program.
    """
    calls = folder / "calls"
    calls.write_bytes(_filter())
    user = _SPARE + os.getpid()
    mounts = dict(_mounts())
    room: list[str] = []
    if os.geteuid() == 0:
        room = [_tool("bwrap"), "--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/mnt"]
        for number, (inside, outside) in enumerate(mounts.items()):
            room += ["--ro-bind", outside, f"/mnt/{number}"]
            mounts[inside] = f"/mnt/{number}"
        room += [_tool("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
    limited = [_tool("choom"), "-n", "1000", "--", _tool("prlimit"), *_limits(limits), "--"]
    limited += _rights() if landlocked else []
    start = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "/bin/sh", "-c", _OPENED, "sh", connection, str(calls)]
    return [*start, *room, *_box(limits, mounts), "/bin/sh", "-c", _CLOSED, "sh", *limited, *command]


def inside(pid: int) -> Path | None:
    """Where the files of a box are seen from outside.

    Parameters
    ----------
    pid : int
        The process that `enclose` started.

    Returns
    -------
    Path or None
        Its root folder, which must not be written to; None as long as it is not built.
    """
    for member in members(pid):
        root = Path(f"/proc/{member}/root")
        try:
            if (root / "box" / "kernel.json").exists() and not (root / "mnt").exists():
                return root
        except OSError:
            continue  # gone by now, or as an ordinary user not ours to look at
    return None


def members(pid: int) -> list[int]:
    """A process and all that descend from it.

    Parameters
    ----------
    pid : int
        Any process.

    Returns
    -------
    list of int
        Process ids, parents before children. Inside a box no process can leave this tree.
    """
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:  # it grows
        found += children.get(member, [])
    return found


def usage(pid: int) -> int:
    """Memory that a box holds.

    Parameters
    ----------
    pid : int
        The process that `enclose` started.

    Returns
    -------
    int
        Bytes: resident memory of all its processes, pages they share counted for each, and its private folders.
    """
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    for member in members(pid):
        try:
            total += int(Path(f"/proc/{member}/statm").read_text(encoding="ascii").split()[1]) * page
        except (OSError, IndexError):
            continue
    if root := inside(pid):
        for folder in PRIVATE:
            try:
                held = os.statvfs(f"{root}{folder}")
            except OSError:
                continue
            total += (held.f_blocks - held.f_bfree) * held.f_frsize + (held.f_files - held.f_ffree) * INODE
    return total


def preflight(limits: Limits | None = None) -> None:
    """Prove each wall by trying to cross it from inside.

    Parameters
    ----------
    limits : Limits, optional
        Those that will be used; the usual ones unless given.

    Raises
    ------
    Unsafe
        When a wall is missing, or nothing runs inside.
    """
    limits = limits or Limits()
    if sys.platform != "linux":
        raise Unsafe(
            f"there is no sandbox on {platform.system()}: grade on Linux (on Windows in WSL 2, on macOS in a virtual "
            "machine), or without a sandbox by saying so"
        )
    with tempfile.TemporaryDirectory(prefix="ganlib-") as name, _bait(Path(name)) as bait:
        known: dict[str, object] = {"private": PRIVATE, "environment": sorted(ENCLOSED)}
        known |= {"landlock": landlock.version(), "landlocked": _rights()}
        told = json.dumps({**asdict(limits), **bait, **known})
        command = [sys.executable, "-m", "ganlib.grading.trespass", told]
        environment = os.environ | {"GANLIB_SECRET": "bait"}
        with subprocess.Popen(
            enclose(command, limits, Path(name), landlocked=False),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                _judge(process)
            finally:
                process.kill()


def _judge(process: subprocess.Popen[str]) -> None:
    """Read what a trespasser reports, and look at it from outside."""
    assert process.stdin
    assert process.stdout
    alarm = threading.Timer(60.0, process.kill)
    alarm.start()
    try:
        report = process.stdout.readline()
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in members(process.pid)[-1:]} if report else set()
        seen = inside(process.pid) is not None and usage(process.pid) > 0
        process.stdin.close()
        process.stdout.read()  # it ends when nobody inside is left who could write
        late = not alarm.is_alive()
    finally:
        alarm.cancel()
    if not report:
        assert process.stderr
        raise Unsafe(_refusal(process.stderr.read().strip()))
    crossed = dict(json.loads(report))
    if os.geteuid() == 0 and 0 in owners:
        crossed["user"] = "it runs as root"
    if not seen:
        crossed["view"] = "its files cannot be measured through /proc"
    if late:
        crossed["end"] = "processes outlive it"
    if crossed:
        found = ", ".join(f"{wall} ({how})" for wall, how in crossed.items())
        raise Unsafe(
            f"the sandbox lacks walls on this machine: {found}; use Linux 5.14 or newer with bubblewrap 0.8 or newer, "
            "outside of any container that changes them"
        )


def _refusal(said: str) -> str:
    """One sentence for what is said when nothing can be started inside."""
    last = said.split("\n")[-1] or "it said nothing"
    if "uid map" in said or "namespace" in said or "Operation not permitted" in said:
        remedy = (
            "let bubblewrap make user namespaces (on Ubuntu the AppArmor profile bwrap-userns-restrict, elsewhere "
            "`sysctl kernel.unprivileged_userns_clone=1`)"
        )
    elif "nknown option" in said:
        remedy = "install bubblewrap 0.8 or newer"
    elif "Permission denied" in said or "No such file" in said:
        remedy = f"make {sys.prefix} and {sys.base_prefix} readable to everybody"
    else:
        remedy = "see that bubblewrap 0.8 or newer works on this machine"
    return f"nothing runs in the sandbox ({last[:200]}): {remedy}"


@contextmanager
def _bait(folder: Path) -> Iterator[dict[str, object]]:
    """What a trespasser will try to reach: a file, a folder, two sockets that listen, and this process."""
    folder.chmod(0o755)
    secret = folder / "secret"
    secret.write_text("bait", encoding="utf-8")
    secret.chmod(0o666)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        address = f"\0ganlib-{os.getpid()}"
        unix.bind(address)
        unix.listen()
        home = os.path.expanduser("~")
        yield {
            "secret": str(secret),
            "folders": [str(folder), str(Path(ganlib.__file__).parents[1] / "chapters"), home, os.getcwd()],
            "port": tcp.getsockname()[1],
            "abstract": address,
            "grader": os.getpid(),
        }


def _tool(name: str) -> str:
    """Where a program is."""
    if (path := shutil.which(name)) is None:
        raise Unsafe(f"the program {name} is missing: install {_TOOLS[name]} (`apt-get install {_TOOLS[name]}`)")
    return path


def _mounts() -> Iterator[tuple[str, str]]:
    """What is seen inside beside the system, and where it is outside."""
    yield "/course/ganlib", str(Path(ganlib.__file__).parent)
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not Path(prefix).is_relative_to("/usr"):
            yield prefix, prefix
    if data := os.environ.get("GANLIB_DATA"):
        yield "/data", os.path.realpath(os.path.expanduser(data))


def _limits(limits: Limits) -> list[str]:
    """Options of prlimit; they are set inside, where the processes of other boxes do not count."""
    values = {
        "as": limits.memory,
        "core": 0,
        "fsize": limits.file_size,
        "msgqueue": 0,
        "nofile": DESCRIPTORS,
        "nproc": limits.processes,
    }
    return [f"--{name}={value}:{value}" for name, value in values.items()]


def _rights() -> list[str]:
    """What a command is run by, inside, to give up all rights that it needs not: the same places once more."""
    mounts = [inside for inside, _ in _mounts()]
    system = [f"/{name}" for name in ("usr", "bin", "lib", "lib64", "sbin", "proc", "dev")]
    system += [f"/etc/{name}" for name in ETC]
    devices = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts")]
    rights = json.dumps([[*system, "/course", *mounts], [*devices, *PRIVATE]])
    return [sys.executable, "-I", "-S", "/course/ganlib/grading/landlock.py", rights]


def _box(limits: Limits, mounts: dict[str, str]) -> list[str]:
    """The walls."""
    box = [_tool("bwrap"), "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    box += [f"--unshare-{what}" for what in ("user", "ipc", "pid", "net", "uts", "cgroup-try")]
    box += ["--disable-userns", "--uid", "1000", "--gid", "1000", "--hostname", "box", "--seccomp", "4"]
    box += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "sbin"):
        top = Path("/", name)
        if top.is_symlink():
            box += ["--symlink", f"usr/{name}", f"/{name}"]
        elif top.exists():
            box += ["--ro-bind", str(top), str(top)]
    for name in ETC:
        box += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    box += ["--proc", "/proc", "--dev", "/dev"]
    for folder in PRIVATE:
        size = 1 << 20 if folder == "/box" else limits.file_size
        box += ["--perms", "0700", "--size", str(size), "--tmpfs", folder]
    for within, outside in mounts.items():  # last, since this Python may lie in /tmp
        box += ["--ro-bind", outside, within]
    box += ["--ro-bind-data", "3", "/box/kernel.json", "--dir", "/home/student/work"]
    box += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/home/student/work"]
    environment = ENCLOSED | ({"GANLIB_DATA": "/data"} if "/data" in mounts else {})
    for name, value in environment.items():
        box += ["--setenv", name, value]
    return box


def _filter() -> bytes:
    """A program for the kernel that refuses some system calls, and all of another architecture."""
    try:
        architecture, refused = _CALLS[platform.machine()]
    except KeyError:
        raise Unsafe(
            f"there is no filter of system calls for {platform.machine()}: grade on x86_64 or aarch64"
        ) from None
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06  # of the classic packet filter
    end = len(refused) + 5  # where it refuses
    steps = [(load, 0, 0, 4), (equal, 0, end - 2, architecture), (load, 0, 0, 0), (at_least, end - 4, 0, 0x40000000)]
    steps += [(equal, end - 5 - place, 0, call) for place, call in enumerate(refused)]
    steps += [(answer, 0, 0, 0x7FFF0000), (answer, 0, 0, 0x00050001)]  # allow, or "operation not permitted"
    return b"".join(struct.pack("=HBBI", *step) for step in steps)

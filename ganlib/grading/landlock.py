"""The second layer of the sandbox: Landlock, by which a Linux process gives up rights for good.

`python -I -S landlock.py JSON COMMAND...` runs a command that may read and run what lies below some folders, write
below others, and nothing else; it can neither offer nor make a TCP connection, nor reach a process or an abstract
socket that was there before. Should a wall of bubblewrap's give way, these rights are still gone. Where the kernel has
no Landlock (Linux before 5.13, or one built without it), the command just runs: `version` says so beforehand.

It is run as a file, by a bare interpreter, and needs the standard library alone. The packages that wrap Landlock are
young; these are three system calls.
"""

from __future__ import annotations

import ctypes
import json
import os
import stat
import struct
import sys
from collections.abc import Sequence

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on x86_64 and aarch64
_BELOW = 1  # the kind of rule: what lies below a folder
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE = 1 << 14, 1 << 15  # cut a file short (version 3), talk to a device (version 5)
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_NEW_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # versions that know more rights about files, and how many


def version() -> int:
    """What this kernel's Landlock can do.

    Returns
    -------
    int
        Its version, 1 and up; 0 where there is none.
    """
    return max(0, _call(_CREATE, None, 0, 1)) if sys.platform == "linux" else 0


def restrict(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Give up all rights but these, for this process and all that it will start.

    Parameters
    ----------
    readable : sequence of str
        Files and folders to read and run; those that do not exist are passed over.
    writable : sequence of str
        Files and folders with which anything may be done.

    Raises
    ------
    OSError
        When the kernel has Landlock and refuses.
    """
    known = version()
    if not known:
        return
    files = (1 << max(count for since, count in _NEW_RIGHTS.items() if since <= known)) - 1
    handled = [files] + [0b11] * (known >= 4) + [0b11] * (known >= 6)  # files; TCP; sockets and signals to outside
    rules = _checked(_call(_CREATE, struct.pack(f"={len(handled)}Q", *handled), 8 * len(handled), 0))
    for paths, rights in ((readable, _EXECUTE | _READ | _LIST), (writable, files)):
        for path in filter(os.path.exists, paths):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = rights if stat.S_ISDIR(os.stat(place).st_mode) else rights & _OF_A_FILE
            _checked(_call(_ADD, rules, _BELOW, struct.pack("=Qi", allowed & files, place), 0))
            os.close(place)
    _checked(ctypes.CDLL(None, use_errno=True).prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    _checked(_call(_RESTRICT, rules, 0))
    os.close(rules)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """A system call."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *words))


def _checked(result: int) -> int:
    """The result of a call that must not fail."""
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result


if __name__ == "__main__":
    restrict(*json.loads(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])

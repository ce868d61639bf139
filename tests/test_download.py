"""Loading data sets from disk and from mirrors that fail in every way a mirror can, all of them on this machine."""

import gzip
import hashlib
import io
import os
import struct
import tarfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlib.data import download, load, to_unit
from ganlib.data.download import DataSet, File, assemble, fetch, read_idx

CONTENT = np.random.default_rng(0).integers(0, 256, 200_000, np.uint8).tobytes()
NAME = "sample.bin.gz"
CUT = 120_000  # not on the boundary of a chunk


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Mirror:
    """A web server on this machine, with a record of what it was asked for and its list of bad habits."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)  # how many bytes each of the next answers may hold
    statuses: list[int] = field(default_factory=list)  # what the next answers are instead
    ranges: bool = True  # honours the Range header
    shift: int = 0  # by how many bytes it misses the range asked for
    most: int = 10**9  # how many bytes it sends of a range at once
    lengths: bool = True  # announces how long the answer is
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name, wanted = request.path.lstrip("/"), request.headers["Range"]
        self.asked.append((name, wanted))
        if self.statuses or name not in self.files:
            request.send_response(self.statuses.pop(0) if self.statuses else 404)
            request.end_headers()
            return
        data = self.files[name]
        if wanted and self.ranges:
            start = max(0, int(wanted.removeprefix("bytes=").removesuffix("-")) + self.shift)
            if start >= len(data):
                request.send_response(416)
                request.send_header("Content-Range", f"bytes */{len(data)}")
                request.end_headers()
                return
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{min(start + self.most, len(data)) - 1}/{len(data)}")
            data = data[start : start + self.most]
        else:
            request.send_response(200)
        if self.lengths:
            request.send_header("Content-Length", str(len(data)))
        for header in self.headers.items():
            request.send_header(*header)
        request.end_headers()
        data = data[: self.cuts.pop(0)] if self.cuts else data
        self.sent.append(len(data))
        request.wfile.write(data)  # and the connection closes, whatever was announced


@pytest.fixture
def mirrors(monkeypatch):
    """Two mirrors; the second has an address of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started, servers = [], []
    for _ in range(2):
        mirror = Mirror()

        class Handler(BaseHTTPRequestHandler):
            here = mirror

            def do_GET(self):
                self.here.answer(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        mirror.address = f"http://127.0.0.1:{server.server_port}/"
        started.append(mirror)
        servers.append((server, thread))
    yield started
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mirror(mirrors):
    mirrors[0].files[NAME] = CONTENT
    return mirrors[0]


def record(*mirrors: Mirror, content: bytes = CONTENT) -> File:
    return File(NAME, tuple(mirror.address for mirror in mirrors), md5=md5(content))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


# ---- Downloading


def test_a_file_is_downloaded_once(mirror, tmp_path):
    for _ in range(2):
        path = fetch(record(mirror), tmp_path / "sample")
        assert path == tmp_path / "sample" / NAME
        assert path.read_bytes() == CONTENT
    assert mirror.asked == [(NAME, None)]
    assert names(tmp_path) == ["sample", NAME]


def test_a_cut_download_goes_on_where_it_stopped(mirror, tmp_path):
    mirror.cuts = [CUT, 30_000]
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.asked == [(NAME, None), (NAME, f"bytes={CUT}-"), (NAME, f"bytes={CUT + 30_000}-")]
    assert mirror.sent == [CUT, 30_000, len(CONTENT) - CUT - 30_000]  # no byte twice
    assert names(tmp_path) == [NAME]


def test_a_later_call_goes_on_where_an_earlier_one_stopped(mirror, tmp_path):
    mirror.cuts, mirror.statuses = [CUT], []
    mirror.ranges = True
    answer = mirror.answer

    def answer_once_then_refuse(request):
        mirror.statuses = [503] if mirror.sent else []
        answer(request)

    mirror.answer = answer_once_then_refuse
    with pytest.raises(download._Unreachable, match=r"127.0.0.1:[0-9]+: HTTP 503$"):
        fetch(record(mirror), tmp_path)
    assert names(tmp_path) == [f"{NAME}.part"]  # nothing under the final name
    assert (tmp_path / f"{NAME}.part").read_bytes() == CONTENT[:CUT]

    mirror.answer, mirror.statuses = answer, []
    mirror.asked.clear()
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.asked == [(NAME, f"bytes={CUT}-")]
    assert names(tmp_path) == [NAME]


def test_a_server_that_ignores_range_starts_again(mirror, tmp_path):
    mirror.cuts, mirror.ranges = [CUT], False
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.sent == [CUT, len(CONTENT)]


def test_a_server_that_always_cuts_and_ignores_range_is_given_up(mirror, mirrors, tmp_path):
    mirror.cuts, mirror.ranges = [CUT] * 100, False
    with pytest.raises(download._Unreachable, match="the connection was cut"):
        fetch(record(mirror), tmp_path)
    assert len(mirror.asked) < 5
    assert names(tmp_path) == [f"{NAME}.part"]


def test_a_server_that_cuts_and_serves_other_content_is_given_up(mirror, tmp_path):
    mirror.files[NAME], mirror.cuts = b"?" * len(CONTENT), [CUT, 10**9] * 100
    with pytest.raises(download._Unreachable, match="wrong checksum"):
        fetch(record(mirror), tmp_path)
    assert len(mirror.asked) == 4  # once more from the start, as its ranges may have been at fault, and no more
    assert names(tmp_path) == []


def test_a_server_that_sends_less_than_the_rest_is_asked_again(mirror, tmp_path):
    mirror.cuts, mirror.most = [CUT], 50_000
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.sent == [CUT, 50_000, len(CONTENT) - CUT - 50_000]


def test_the_second_mirror_goes_on_where_the_first_one_stopped(mirror, mirrors, tmp_path):
    second = mirrors[1]
    second.files[NAME] = CONTENT
    mirror.cuts = [CUT, 0]
    assert fetch(record(mirror, second), tmp_path).read_bytes() == CONTENT
    assert second.asked == [(NAME, f"bytes={CUT}-")]
    assert second.sent == [len(CONTENT) - CUT]


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_the_next_mirror_is_tried_when_one_refuses(mirror, mirrors, tmp_path, status):
    mirror.statuses, mirrors[1].files = [status], {NAME: CONTENT}
    assert fetch(record(*mirrors), tmp_path).read_bytes() == CONTENT
    assert [len(each.asked) for each in mirrors] == [1, 1]


def test_the_next_mirror_is_tried_when_one_does_not_answer(mirror, tmp_path):
    gone = Mirror(address="http://127.0.0.1:1/")
    assert fetch(record(gone, mirror), tmp_path).read_bytes() == CONTENT


def test_a_server_that_falls_silent_is_given_up(mirror, mirrors, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_PATIENCE", 0.2)
    release = threading.Event()
    mirror.answer = lambda request: release.wait(10)
    mirrors[1].files[NAME] = CONTENT
    assert fetch(record(*mirrors), tmp_path).read_bytes() == CONTENT
    with pytest.raises(download._Unreachable, match=r"127.0.0.1:[0-9]+: no answer$"):
        fetch(record(mirror), tmp_path / "elsewhere")
    release.set()


def test_wrong_content_leaves_nothing_behind(mirror, tmp_path):
    mirror.files[NAME] = b"<html>Please log in to this network</html>"
    with pytest.raises(download._Unreachable, match=r"127.0.0.1:[0-9]+: wrong checksum$"):
        fetch(record(mirror), tmp_path)
    assert names(tmp_path) == []


def test_the_next_mirror_is_tried_from_the_start_when_one_serves_other_content(mirror, mirrors, tmp_path):
    mirror.files[NAME] = CONTENT[:-1] + b"?"
    mirrors[1].files[NAME] = CONTENT
    assert fetch(record(*mirrors), tmp_path).read_bytes() == CONTENT
    assert mirrors[1].asked == [(NAME, None)]
    assert names(tmp_path) == [NAME]


def test_a_spoilt_beginning_is_thrown_away_and_the_file_fetched_whole(mirror, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * CUT)
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.asked == [(NAME, f"bytes={CUT}-"), (NAME, None)]


def test_a_part_that_is_complete_is_used_as_it_is(mirror, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.sent == []


def test_a_part_longer_than_the_file_is_thrown_away(mirror, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT + b"more")
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert mirror.sent == [len(CONTENT)]


@pytest.mark.parametrize("shift", [10, -10, -len(CONTENT)])
def test_what_an_answer_about_another_range_spoils_is_fetched_again(mirror, tmp_path, shift):
    mirror.shift = shift
    mirror.cuts = [CUT]
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in mirror.asked][:2] == [None, f"bytes={CUT}-"]
    assert mirror.asked[-1] == (NAME, None)
    assert len(mirror.asked) <= 4


def test_a_server_that_announces_no_length_is_judged_by_the_checksum(mirror, tmp_path):
    mirror.lengths = False
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT
    mirror.cuts = [CUT]
    with pytest.raises(download._Unreachable, match="wrong checksum"):
        fetch(record(mirror), tmp_path / "cut")
    assert names(tmp_path / "cut") == []


def test_a_file_marked_as_compressed_on_the_way_is_kept_as_it_was_served(mirror, tmp_path):
    packed = gzip.compress(CONTENT)
    mirror.files[NAME], mirror.headers = packed, {"Content-Encoding": "gzip"}
    assert fetch(record(mirror, content=packed), tmp_path).read_bytes() == packed


def test_a_spoilt_file_in_the_cache_is_replaced(mirror, tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT[:CUT])
    assert fetch(record(mirror), tmp_path).read_bytes() == CONTENT


def test_a_checksum_of_the_content_holds_for_every_compression(mirrors, tmp_path):
    file = File(NAME, (mirrors[0].address,), sha256=sha256(CONTENT))
    for level in (1, 9):
        mirrors[0].files[NAME] = gzip.compress(CONTENT, level)
        path = fetch(file, tmp_path / str(level))
        assert path.name == "sample.bin"
        assert path.read_bytes() == CONTENT
        assert names(path.parent) == ["sample.bin"]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-9], lambda data: data[:50] + b"?" + data[51:], lambda data: b"?"]
)
def test_a_broken_gzip_file_leaves_nothing_behind(mirrors, tmp_path, spoil):
    mirrors[0].files[NAME] = spoil(gzip.compress(CONTENT))
    with pytest.raises(download._Unreachable, match="wrong checksum"):
        fetch(File(NAME, (mirrors[0].address,), sha256=sha256(CONTENT)), tmp_path)
    assert names(tmp_path) == []


def test_why_each_mirror_failed_is_told(mirror, mirrors, tmp_path):
    mirror.statuses = [404]
    gone = Mirror(address="http://127.0.0.1:1/")
    mirrors[1].files[NAME] = b"other"
    with pytest.raises(download._Unreachable) as caught:
        fetch(record(mirror, gone, mirrors[1]), tmp_path)
    reasons = [reason.partition(": ")[2] for reason in str(caught.value).split("; ")]
    assert reasons == ["HTTP 404", "no connection", "wrong checksum"]


# ---- Data sets


def idx(array: np.ndarray) -> bytes:
    """The IDX format, written from its description."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


RNG = np.random.default_rng(1)
PIXELS = {"train": RNG.integers(0, 256, (12, 5, 4), np.uint8), "test": RNG.integers(0, 256, (6, 5, 4), np.uint8)}
LABELS = {"train": np.arange(12) % 3, "test": np.arange(6) % 3}
CONTENTS = {
    "train-images.gz": idx(PIXELS["train"]),
    "train-labels.gz": idx(LABELS["train"]),
    "test-images.gz": idx(PIXELS["test"]),
    "test-labels.gz": idx(LABELS["test"]),
}


def tiny(*mirrors: Mirror, kind: str = "sha256", name: str = "tiny") -> DataSet:
    """A data set like MNIST but small, with one of the two kinds of checksum."""
    for mirror in mirrors:
        mirror.files |= {file: gzip.compress(content, mtime=0) for file, content in CONTENTS.items()}

    def file(name: str) -> File:
        content, addresses = CONTENTS[name], tuple(mirror.address for mirror in mirrors)
        if kind == "sha256":
            return File(name, addresses, sha256=sha256(content))
        return File(name, addresses, md5=md5(gzip.compress(content, mtime=0)))

    files = {part: (file(f"{part}-images.gz"), file(f"{part}-labels.gz")) for part in ("train", "test")}
    return DataSet(name, files, download._read_idx_pair, ("a", "b", "c"))


def write(folder: Path, packed: bool = True, contents: dict[str, bytes] = CONTENTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if packed:
            (folder / name).write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name.removesuffix(".gz")).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """No test finds or leaves anything in the user's own folders."""
    monkeypatch.delenv("GANLIB_DATA", raising=False)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    return tmp_path / "cache"


def check(images, *parts: str) -> None:
    expected = np.concatenate([PIXELS[part] for part in parts])[:, None]
    np.testing.assert_allclose(to_unit(images.x) * 255, expected, atol=1e-3)
    assert images.x.dtype == torch.float32
    if images.y is not None:
        assert images.y.tolist() == np.concatenate([LABELS[part] for part in parts]).tolist()
        assert images.classes == ("a", "b", "c")


@pytest.mark.parametrize("kind", ["sha256", "md5"])
@pytest.mark.parametrize("labels", [False, True])
def test_a_data_set_is_downloaded_to_the_users_cache_and_found_there(mirror, cache, kind, labels):
    data_set = tiny(mirror, kind=kind)
    check(assemble(data_set, "train", labels), "train")
    wanted = ["train-images.gz", "train-labels.gz"][: 1 + labels]
    assert [name for name, _ in mirror.asked] == wanted  # labels only where they are asked for
    check(assemble(data_set, "train", labels), "train")
    assert len(mirror.asked) == len(wanted)
    suffix = "" if kind == "sha256" else ".gz"
    stored = {path.name for path in cache.rglob("*") if path.is_file()}
    assert stored == {name.removesuffix(".gz") + suffix for name in wanted}


def test_splits_are_joined_in_order(mirror, tmp_path):
    data_set = tiny(mirror)
    check(assemble(data_set, "all", True, tmp_path), "train", "test")
    check(assemble(data_set, "test", True, tmp_path), "test")


def test_a_download_goes_to_the_folder_that_is_given(mirror, tmp_path, cache):
    check(assemble(tiny(mirror), "train", False, tmp_path / "mine"), "train")
    assert (tmp_path / "mine" / "tiny" / "train-images").is_file()
    assert not cache.exists()


@pytest.mark.parametrize("kind", ["sha256", "md5"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("inside", ["tiny", "", "../tiny"], ids=["subfolder", "directly", "folder of that name"])
def test_files_of_yours_are_used_without_the_network(tmp_path, monkeypatch, kind, packed, inside):
    own = tmp_path / "own"
    own.mkdir()
    write(own / inside, packed)
    place = own / inside if inside == "../tiny" else own
    if kind == "md5" and not packed and not inside:  # no checksum and no name: it could be any data set
        with pytest.raises(FileNotFoundError):
            assemble(tiny(kind=kind), "train", True, place)
        return
    check(assemble(tiny(kind=kind), "train", True, place), "train")
    monkeypatch.setenv("GANLIB_DATA", str(place))
    check(assemble(tiny(kind=kind), "all", True), "train", "test")


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_another_data_sets_files_of_the_same_names_are_not_taken(mirror, tmp_path, monkeypatch, kind):
    """MNIST, Fashion-MNIST and KMNIST call their files alike."""
    other = {name: idx(np.zeros((3, 5, 4) if "images" in name else 3)) for name in CONTENTS}
    monkeypatch.setenv("GANLIB_DATA", str(write(tmp_path / "own", contents=other)))
    check(assemble(tiny(mirror, kind=kind), "train", True), "train")
    assert len(mirror.asked) == 2


@pytest.mark.parametrize("kind", ["sha256", "md5"])
@pytest.mark.parametrize("spoil", [lambda d: d[: len(d) // 2], lambda d: d[:40] + bytes([d[40] ^ 1]) + d[41:]])
def test_a_damaged_file_of_yours_is_named_and_not_used(mirror, tmp_path, kind, spoil):
    path = write(tmp_path / "tiny") / "train-images.gz"
    path.write_bytes(spoil(path.read_bytes()))
    message = f"{path} has not the published file's checksum: delete it or replace it by that file"
    with pytest.raises(ValueError, match=message):
        assemble(tiny(mirror, kind=kind), "train", True, tmp_path)
    assert mirror.asked == []


def test_a_damaged_uncompressed_file_without_a_known_checksum_is_named(tmp_path):
    path = write(tmp_path / "tiny", packed=False) / "train-images"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        ValueError, match=f"{path} is damaged, it holds 239 values where its header promises 240: delete"
    ):
        assemble(tiny(kind="md5"), "train", True, tmp_path)


def test_without_a_network_the_remedy_is_told_in_one_sentence(mirror):
    data_set = tiny(mirror)
    mirror.statuses = [503] * 9
    with pytest.raises(FileNotFoundError) as caught:
        assemble(data_set, "train", True)
    message = str(caught.value)
    assert message.startswith("tiny is not on this machine and could not be downloaded (127.0.0.1:")
    assert message.endswith(
        "HTTP 503): connect to the internet and try again, "
        "or set GANLIB_DATA to a folder that holds tiny/train-images.gz, tiny/train-labels.gz"
    )


def test_ganlib_data_must_name_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=r"GANLIB_DATA names .*nowhere, which is not a folder: correct it or unset it"):
        load("mnist")


def test_an_unknown_name_or_split_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match="no data set is called 'celeba': choose one of mnist, fashion, kmnist, cifar10"
    ):
        load("celeba")
    with pytest.raises(ValueError, match='split must be "train", "test" or "all", not \'validation\''):
        load("mnist", "validation")


def test_labels_that_do_not_belong_to_the_images_are_refused(tmp_path):
    contents = CONTENTS | {"train-labels.gz": CONTENTS["test-labels.gz"]}
    write(tmp_path / "tiny", packed=False, contents=contents)
    with pytest.raises(
        ValueError, match=r"train-labels does not belong to .*train-images: \(6,\) labels for 12 images"
    ):
        assemble(tiny(kind="md5"), "train", True, tmp_path)
    contents = CONTENTS | {"train-labels.gz": idx(np.full(12, 3))}
    write(tmp_path / "tiny", packed=False, contents=contents)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2"):
        assemble(tiny(kind="md5"), "train", True, tmp_path)
    contents = CONTENTS | {"train-images.gz": CONTENTS["train-labels.gz"]}
    write(tmp_path / "tiny", packed=False, contents=contents)
    with pytest.raises(ValueError, match="train-images holds no images: it has 1 dimensions instead of 3"):
        assemble(tiny(kind="md5"), "train", True, tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an IDX file of unsigned bytes: it begins with nothing"),
        (b"\x89PNG", "is not an IDX file of unsigned bytes: it begins with 89 50 4e 47"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "is not an IDX file of unsigned bytes: it begins with 00 00 0d 01"),
        (b"\0\0\x08\0", "is not an IDX file of unsigned bytes"),
        (b"\0\0\x08\x03\0\0\0\x01", "is damaged, it ends within its header: delete or replace it"),
        (b"\0\0\x08\x01\0\0\0\x02?", "is damaged, it holds 1 values where its header promises 2: delete or replace it"),
        (b"\0\0\x08\x01\0\0\0\x02???", "is damaged, it holds 3 values where its header promises 2"),
        (b"\0\0\x08\x02" + 8 * b"\xff", "is damaged, it holds 0 values where its header promises 18446744065119617025"),
    ],
)
def test_an_idx_file_that_is_none_is_answered_in_one_sentence(tmp_path, data, message):
    for name, stored in [("a", data), ("a.gz", gzip.compress(data))]:
        (tmp_path / name).write_bytes(stored)
        with pytest.raises(ValueError, match=f"{tmp_path / name} {message}"):
            read_idx(tmp_path / name)


def test_a_broken_gzip_file_is_answered_in_one_sentence(tmp_path):
    whole = gzip.compress(CONTENTS["train-images.gz"])
    for data in (b"?", whole[:-5], whole[:-20], whole[:-8] + 8 * b"?"):
        (tmp_path / "a.gz").write_bytes(data)
        with pytest.raises(ValueError, match=r"a.gz is damaged, its gzip data does not add up: delete or replace it"):
            read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize("shape", [(7,), (3, 2), (2, 3, 4)])
def test_idx_arrays_of_any_rank_are_read_back(tmp_path, shape):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    (tmp_path / "a").write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)


# ---- CIFAR-10


def cifar_archive(path: Path, leave_out: str = "", replace: tarfile.TarInfo | None = None) -> None:
    """An archive of the binary form: image k of the set has red k, green 100 + k, blue 200, but 7 in its first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        batches = {f"data_batch_{b}.bin": b for b in (3, 1, 2, 5, 4)} | {"test_batch.bin": 6, "batches.meta.txt": 7}
        for name, number in batches.items():
            data = b""
            for k in (2 * number, 2 * number + 1):
                plane = [bytes(32 * [7]) + bytes(31 * 32 * [level]) for level in (k, 100 + k, 200)]
                data += bytes([k % 10]) + b"".join(plane)
            if name == leave_out:
                continue
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            if replace and replace.name == name:
                member = replace
                member.name = f"cifar-10-batches-bin/{name}"
                archive.addfile(member)
                continue
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def cifar(path: Path) -> DataSet:
    file = File("cifar-10-binary.tar.gz", (), md5=md5(path.read_bytes()))
    return DataSet("cifar10", {"train": (file,), "test": (file,)}, download._read_cifar10, tuple("0123456789"))


def test_cifar10_is_read_in_the_order_of_its_batches_channels_and_rows(tmp_path):
    path = tmp_path / "cifar10" / "cifar-10-binary.tar.gz"
    cifar_archive(path)
    images = assemble(cifar(path), "train", True, tmp_path)
    assert images.x.shape == (10, 3, 32, 32)
    assert images.y.tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    levels = (to_unit(images.x) * 255).round()
    assert (levels[:, :, 0] == 7).all()  # the first row
    for k, image in enumerate(levels, start=2):
        assert (image[:, 1:] == torch.tensor([k, 100 + k, 200])[:, None, None]).all()
    test = assemble(cifar(path), "test", False, tmp_path)
    assert (to_unit(test.x) * 255).round()[:, 0, 5, 5].tolist() == [12, 13]
    assert test.y is None
    assert len(assemble(cifar(path), "all", True, tmp_path)) == 12


def test_an_archive_without_a_batch_is_answered_in_one_sentence(tmp_path):
    path = tmp_path / "a.tar.gz"
    cifar_archive(path, leave_out="data_batch_4.bin")
    message = "a.tar.gz is not the binary CIFAR-10 archive: it holds no sound data_batch_4.bin"
    with pytest.raises(ValueError, match=message):
        download._read_cifar10([path], "train")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_no_link_in_an_archive_is_followed(tmp_path, kind):
    """Python would deliver the file a link points to; here the link would lend one batch's content to another."""
    path, link = tmp_path / "a.tar.gz", tarfile.TarInfo("data_batch_2.bin")
    link.type, link.linkname = kind, "cifar-10-batches-bin/data_batch_1.bin"
    if kind == tarfile.SYMTYPE:
        link.linkname = "data_batch_1.bin"
    cifar_archive(path, replace=link)
    with pytest.raises(ValueError, match=r"it holds no sound data_batch_2.bin"):
        download._read_cifar10([path], "train")


@pytest.mark.parametrize("size", [0, 3072, 3074, 10_001 * 3073])
def test_a_batch_of_an_impossible_size_is_not_read(tmp_path, size):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        member.size = size
        archive.addfile(member, io.BytesIO(bytes(size)))
    with pytest.raises(ValueError, match=r"it holds no sound test_batch.bin"):
        download._read_cifar10([path], "test")


@pytest.mark.parametrize(
    "spoil", [lambda d: b"nonsense", lambda d: d[: len(d) // 2], lambda d: d[:30] + b"??" + d[32:]]
)
def test_a_damaged_archive_is_answered_in_one_sentence(tmp_path, spoil):
    path = tmp_path / "a.tar.gz"
    cifar_archive(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match=r"a.tar.gz is damaged or no tar archive: delete or replace it") as caught:
        download._read_cifar10([path], "train")
    assert "\n" not in str(caught.value)


# ---- The real thing


def test_every_published_file_has_mirrors_and_a_checksum_of_its_own():
    files = {file for data_set in download._DATA_SETS for part in data_set.files.values() for file in part}
    assert len(files) == 13  # four IDX files each of three sets, and one archive
    assert len({file.known_hash for file in files}) == 13
    for file in files:
        algorithm, digits = file.known_hash.split(":")
        assert len(bytes.fromhex(digits)) == {"md5": 16, "sha256": 32}[algorithm]
        assert len(file.mirrors) > 1
        assert all(address.startswith("http") and address.endswith("/") for address in file.mirrors)


HERE = os.environ.get("GANLIB_DATA")


@pytest.mark.skipif(not HERE, reason="GANLIB_DATA names no folder of data sets")
def test_mnist_is_mnist():
    """Against the numbers that everyone who normalises MNIST has met: mean 0.1307, standard deviation 0.3081."""
    train, test = load("mnist", labels=True, folder=HERE), load("mnist", "test", labels=True, folder=HERE)
    assert train.x.shape == (60_000, 1, 28, 28)
    assert test.x.shape == (10_000, 1, 28, 28)
    assert train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert to_unit(train.x).mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert to_unit(train.x).std().item() == pytest.approx(0.3081, abs=5e-5)
    assert (train.x.min(), train.x.max()) == (-1, 1)


def test_checksums_are_those_that_the_publishers_print():
    """Written a second time, from the publishers' pages, so that a slip in either copy shows."""
    printed = {
        "fashion": "8d4fb7e6c68d591d4c3dfef9ec88bf0d 25c81989df183df01b3e8a0aad5dffbe "
        "bef4ecab320f06d8554ea6380940ec79 bb300cfdad3c16e7a12a480ee83cd310",
        "kmnist": "bdb82020997e1d708af4cf47b453dcf7 e144d726b3acfaa3e44228e80efcd344 "
        "5c965bf0a639b31b8f53240b1b52f4d7 7320c461ea6c1c855c0b718fb2a4b134",
    }
    known = {data_set.name: data_set for data_set in download._DATA_SETS}
    for name, sums in printed.items():
        files = [file for split in ("train", "test") for file in known[name].files[split]]
        assert [file.md5 for file in files] == sums.split()

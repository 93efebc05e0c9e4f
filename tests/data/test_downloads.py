"""Downloads: what lies in the folder is whole and right, or is not there. The only host is this test's own."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

pytest.importorskip("pooch")

from symdrop.data import cifar10, download
from symdrop.data.cifar10 import FILES as PARTS
from symdrop.data.downloads import FILES, File, fetch, unpack
from symdrop.errors import ArgumentError, DataError, GraphTypeError
from tests.helpers.processes import run_python

CONTENT = bytes(range(256)) * 100
MD5 = hashlib.md5(CONTENT).hexdigest()


class Host(BaseHTTPRequestHandler):
    """It knows one file, and one that is cut off."""

    def do_GET(self):
        self.server.asked.append(self.path)
        known = self.path != "/missing"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if known:
            self.wfile.write(CONTENT[:1000] if self.path == "/cut" else CONTENT)

    def log_message(self, *args):
        """Tests print nothing."""


@pytest.fixture
def host():
    with HTTPServer(("127.0.0.1", 0), Host) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(host, name: str = "file") -> str:
    return f"http://127.0.0.1:{host.server_port}/{name}"


def test_a_file_is_fetched_once(host, tmp_path):
    """What is there and right is not asked for again; what is there and wrong is."""
    file = File(address(host), MD5)
    for _ in range(2):
        assert fetch(file, tmp_path / "new").read_bytes() == CONTENT
    assert host.asked == ["/file"]
    (tmp_path / "new" / "file").write_bytes(b"another")
    assert fetch(file, tmp_path / "new").read_bytes() == CONTENT
    assert host.asked == ["/file"] * 2


@pytest.mark.parametrize(("file", "message"), [
    (("file", "0" * 32), "is not the one that its makers published"), (("file", MD5, 1000), "more than 1000 bytes"),
    (("missing", MD5), "cannot be fetched from .*: HTTPError; without a network"), (("cut", MD5), "makers|fetched"),
])  # fmt: skip
def test_what_is_wrong_is_not_stored(file, message, host, tmp_path):
    name, *rest = file
    with pytest.raises(DataError, match=message):
        fetch(File(address(host, name), *rest), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_what_to_do(tmp_path):
    """The port is one that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DataError, match=f"ConnectionError; without a network, copy the file .*{MD5}"):
        fetch(File(f"http://127.0.0.1:{port}/file", MD5), tmp_path)
    (tmp_path / "file").write_bytes(CONTENT)
    assert fetch(File(f"http://127.0.0.1:{port}/file", MD5), tmp_path) == tmp_path / "file"


def tar(path: Path, names, cut: int | None = None) -> Path:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as out:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = 3073
            out.addfile(info, io.BytesIO(bytes([number]) + bytes(3072)))
        link = tarfile.TarInfo(f"a/{PARTS[0]}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
    path.write_bytes(gzip.compress(file.getvalue())[:cut])
    return path


def test_archives(tmp_path):
    """Only files that a data set has are taken, wherever an archive would have them; links are none."""
    place = tmp_path / cifar10_folder()
    names = [f"../../{PARTS[0]}", *(f"cifar-10-batches-bin/{name}" for name in PARTS[1:]), "../outside", "/absolute"]
    unpack(tar(tmp_path / "a.tar.gz", names), place, PARTS)
    assert sorted(path.name for path in place.iterdir()) == sorted(PARTS)
    assert cifar10(tmp_path).train_y.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match=r"test_batch\.bin not in it; remove it"):
        unpack(tar(tmp_path / "b.tar.gz", names[:5]), tmp_path / "b", PARTS)
    for cut in (5, 100):
        with pytest.raises(DataError, match=r"c\.tar\.gz: "):
            unpack(tar(tmp_path / "c.tar.gz", names, cut), tmp_path / "c", PARTS)


def cifar10_folder() -> str:
    return "cifar-10-batches-bin"


def test_names_and_folders(tmp_path):
    """Errors come before anything is fetched; an unpacked data set is not fetched again."""
    with pytest.raises(ArgumentError, match="'cifar100' is none of mnist, fashion_mnist, cifar10"):
        download("cifar100")
    with pytest.raises(GraphTypeError, match="a folder is a string or a Path, not 5"):
        download("mnist", 5)
    (tmp_path / cifar10_folder()).mkdir()
    for name in PARTS:
        (tmp_path / cifar10_folder() / name).write_bytes(b"")
    assert download("cifar10", tmp_path) == tmp_path
    assert all(len(file.md5) == 32 and file.url.startswith("http") for files in FILES.values() for file in files)


def test_without_pooch_it_says_what_to_install():
    code = """
import sys
sys.modules["pooch"] = None
import symdrop as sd
try:
    sd.data.download("mnist")
except ImportError as error:
    print(type(error).__name__, error)
"""
    said = run_python(code)
    assert said.startswith("MissingPackageError") and 'pip install "symdrop[data]"' in said

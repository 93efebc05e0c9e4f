"""The shipped digits are the real ones, and bad MNIST files are explained, never half-read."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import socket
import struct
import tracemalloc
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from symdrop.data.mnist import FILES
from symdrop.errors import ArgumentError, DataError, GraphTypeError, ShapeError
from tests.helpers.processes import ROOT

DIGITS_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"


def idx(array) -> bytes:
    """An IDX file's bytes, written independently of the reader."""
    array = np.asarray(array, np.uint8)
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES, LABELS = np.arange(5 * 6, dtype=np.uint8).reshape(5, 2, 3), np.array([3, 1, 4, 1, 5], np.uint8)


def write_mnist(folder: Path) -> None:
    """Four good tiny files: five training and three test images of 2x3 pixels."""
    contents = (IMAGES, LABELS, IMAGES[:3], LABELS[:3])
    for name, array in zip(FILES, contents, strict=True):
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of such files."""
    write_mnist(tmp_path)
    return tmp_path


def test_digits_have_the_documented_split_and_types():
    data = sd.data.digits()
    assert (data.train_x.shape, data.test_x.shape) == ((1000, 64), (797, 64))
    assert (data.train_x.dtype, data.train_y.dtype) == (np.float32, np.int32)
    assert (data.test_x.dtype, data.test_y.dtype) == (np.float32, np.int32)
    assert data.image_shape == (8, 8)
    assert data.train_x.min() == 0 and data.train_x.max() == 1
    np.testing.assert_array_equal(np.unique(data.test_y), np.arange(10))


def test_shipped_file_is_the_one_its_note_describes():
    # Guards against a re-encoded or edited file; gzip itself may differ between zlib versions, so the text is hashed.
    files = resources.files("symdrop.data")
    text = gzip.decompress((files / "digits.csv.gz").read_bytes())
    assert hashlib.sha256(text).hexdigest() == DIGITS_SHA256
    assert DIGITS_SHA256 in (files / "digits.md").read_text(encoding="utf-8")


def test_digits_equal_those_of_scikit_learn():
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    images, labels = load_digits(return_X_y=True)
    data = sd.data.digits()
    np.testing.assert_array_equal(np.concatenate([data.train_x, data.test_x]) * 16, images)
    np.testing.assert_array_equal(np.concatenate([data.train_y, data.test_y]), labels)


def test_each_call_returns_arrays_of_its_own():
    # A caller that normalises in place must not change what the next caller sees.
    first = sd.data.digits()
    first.train_x[:] = -1
    assert sd.data.digits().train_x.min() == 0


def test_mnist_reads_values_types_and_order(folder: Path):
    data = sd.data.mnist(folder)
    np.testing.assert_allclose(data.train_x, IMAGES.reshape(5, 6) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.train_y, LABELS)
    assert data.test_x.shape == (3, 6) and data.image_shape == (2, 3)
    assert (data.test_x.dtype, data.test_y.dtype) == (np.float32, np.int32)


@pytest.mark.parametrize("named_gz", [True, False])
def test_mnist_takes_unpacked_files_whatever_their_name(folder: Path, named_gz: bool):
    # Browsers unpack a .gz on the way and keep the name, so the first bytes decide.
    for name in FILES:
        packed = folder / f"{name}.gz"
        content = gzip.decompress(packed.read_bytes())
        packed.unlink()
        (packed if named_gz else folder / name).write_bytes(content)
    np.testing.assert_array_equal(sd.data.mnist(str(folder)).train_y, LABELS)


def test_no_such_folder(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        sd.data.mnist(tmp_path / "nowhere")


def test_folder_that_is_a_file(tmp_path: Path):
    (tmp_path / "mnist.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"mnist\.zip: found a file, expected the folder"):
        sd.data.mnist(tmp_path / "mnist.zip")


def test_missing_file_is_named_with_what_is_there(folder: Path):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    (folder / "readme.txt").write_text("hello")
    with pytest.raises(FileNotFoundError, match=r"t10k-labels-idx1-ubyte\.gz: no such file.*readme\.txt.*expected"):
        sd.data.mnist(folder)


def test_empty_folder(tmp_path: Path):
    """The error says what was found: nothing."""
    with pytest.raises(FileNotFoundError, match="found in the folder: nothing"):
        sd.data.mnist(tmp_path)


GOOD = idx(IMAGES)
BAD_IMAGES = {
    "cut gzip": (gzip.compress(GOOD)[:-9], "truncated"),
    "cut gzip header": (gzip.compress(GOOD)[:5], "truncated"),
    "flipped gzip byte": (gzip.compress(GOOD)[:-6] + b"\0\0\0\0\0\0", "damaged gzip"),
    "cut pixels": (gzip.compress(GOOD[:-1]), "truncated: the header states.*30 bytes.*but 29"),
    "cut header": (gzip.compress(GOOD[:7]), "truncated: found 7 bytes"),
    "empty": (b"", "truncated: found 0 bytes"),
    "extra bytes": (gzip.compress(GOOD + b"?"), "too long"),
    "web page": (b"<!DOCTYPE html><html>", "not an IDX file of images: it begins with b'<!DO'"),
    "other magic in gzip": (gzip.compress(b"PK\3\4 something"), "not an IDX file"),
    "floats": (gzip.compress(bytes([0, 0, 13, 3]) + GOOD[4:]), "not an IDX file"),
    "labels for images": (gzip.compress(idx(LABELS)), "IDX file of labels, expected images.*swapped"),
    "sizes past memory": (gzip.compress(GOOD[:4] + b"\xff" * 12), "truncated"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images_are_explained(folder: Path, case: str):
    content, message = BAD_IMAGES[case]
    (folder / f"{FILES[0]}.gz").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        sd.data.mnist(folder)
    assert FILES[0] in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("labels", "message"),
    [(LABELS[:4], "found 4 labels, expected 5"), ([3, 1, 4, 1, 10], "found the label 10")],
)
def test_labels_that_do_not_fit_their_images(folder: Path, labels, message: str):
    (folder / f"{FILES[1]}.gz").write_bytes(gzip.compress(idx(labels)))
    with pytest.raises(DataError, match=message):
        sd.data.mnist(folder)


def test_training_and_test_images_of_different_size(folder: Path):
    (folder / f"{FILES[2]}.gz").write_bytes(gzip.compress(idx(np.zeros((3, 4, 4)))))
    with pytest.raises(DataError, match=r"\(4, 4\), expected \(2, 3\)"):
        sd.data.mnist(folder)


def test_a_folder_in_place_of_a_file(folder: Path):
    packed = folder / f"{FILES[0]}.gz"
    packed.unlink()
    packed.mkdir()
    with pytest.raises(DataError, match="found a folder, expected an IDX file"):
        sd.data.mnist(folder)


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices")
@pytest.mark.parametrize("kind", ["pipe", "endless", "socket", "loop"])
def test_what_is_no_file_is_not_read(kind: str, folder: Path):
    """A pipe would be waited for, and a device never ends."""
    path = folder / f"{FILES[0]}.gz"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(folder):
            server.bind(path.name)
    else:
        path.symlink_to({"endless": "/dev/zero", "loop": path.name}[kind])
    with pytest.raises(DataError, match=FILES[0]):
        sd.data.read_idx(path, ndim=3)
    with pytest.raises(DataError, match=FILES[0]):
        sd.data.mnist(folder)


BOMBS = {
    "no idx file": bytes([0, 0, 9, 3]),
    "small sizes": bytes([0, 0, 8, 3]) + struct.pack(">3I", 1, 2, 3),
    "no sizes": bytes([0, 0, 8, 3]) + struct.pack(">3I", 0, 0, 0),
    "huge sizes": bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 1, 1),
    "absurd sizes": bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1),
    "absurd sizes of nothing": bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 0, 2**32 - 1),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_more_is_unpacked_than_the_header_says(bomb: str, tmp_path: Path):
    """A small file may unpack to a thousand times its size; what does not fit its header is never unpacked."""
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(BOMBS[bomb])
        for _ in range(60):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"bomb\.gz"):
            sd.data.read_idx(path, ndim=3)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_what_the_header_says_is_unpacked_once(tmp_path: Path):
    """A large array needs its own memory, and a piece of a file at a time beside it."""
    images = np.zeros((40, 1000, 1000), np.uint8)
    images[-1, -1, -1] = 7
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx(images), 1))
    tracemalloc.start()
    try:
        np.testing.assert_array_equal(sd.data.read_idx(path, ndim=3)[-1, -1, -2:], [0, 7])
        assert tracemalloc.get_traced_memory()[1] < 45 << 20
    finally:
        tracemalloc.stop()


def test_a_file_of_several_gzip_members(tmp_path: Path):
    """Packed in parts, as some tools do, it is one file; a part that is none damages it."""
    whole = idx(IMAGES)
    path = tmp_path / "parts.gz"
    path.write_bytes(gzip.compress(whole[:9]) + gzip.compress(b"") + gzip.compress(whole[9:]))
    np.testing.assert_array_equal(sd.data.read_idx(path, ndim=3), IMAGES)
    path.write_bytes(gzip.compress(whole) + b"more")
    with pytest.raises(DataError, match="damaged gzip"):
        sd.data.read_idx(path, ndim=3)


@pytest.mark.parametrize("sizes", [(0, 2**31, 2**31), (0, 28, 28), (5, 0, 0), (2**32 - 1, 0, 1)])
def test_sizes_of_no_images(sizes, folder: Path):
    """Nothing is a legal number of images and of pixels; sizes that no array has are a fault of the file."""
    plain = bytes([0, 0, 8, 3]) + struct.pack(">3I", *sizes)
    (folder / f"{FILES[0]}.gz").write_bytes(gzip.compress(plain))
    (folder / f"{FILES[1]}.gz").write_bytes(gzip.compress(idx(np.zeros(min(sizes[0], 5)))))
    with pytest.raises(DataError):
        sd.data.mnist(folder)
    if max(sizes) < 100:
        np.testing.assert_equal(sd.data.read_idx(folder / f"{FILES[0]}.gz", ndim=3), np.zeros(sizes, np.uint8))


@pytest.mark.parametrize(
    "path", ["a\0b", "x" * 5000, "", "no/such", "\udcff", "~nobody at all/x", b"bytes", 5, None, 1.5], ids=ascii
)
def test_what_is_no_path(path):
    """Whatever is given, the answer is one of the library's own errors."""
    for read in (sd.data.mnist, lambda path: sd.data.read_idx(path, ndim=1)):
        with pytest.raises((DataError, GraphTypeError)) as caught:
            read(path)
        assert len(str(caught.value)) < 400 and str(caught.value).isprintable()


@pytest.mark.parametrize("ndim", [0, -1, 256, 10**30, 1.0, True, "3", None])
def test_a_number_of_axes_that_is_none(ndim, folder: Path):
    """A byte of the header says how many axes there are."""
    with pytest.raises(ArgumentError, match="ndim is"):
        sd.data.read_idx(folder / f"{FILES[0]}.gz", ndim=ndim)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="an administrator may read anything")
def test_what_may_not_be_read(folder: Path):
    """Permissions are as good a reason as any, and are named."""
    (folder / f"{FILES[0]}.gz").chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        sd.data.mnist(folder)
    folder.chmod(0)
    try:
        with pytest.raises(DataError):
            sd.data.mnist(folder)
    finally:
        folder.chmod(0o700)


def test_real_mnist():
    """The real files are not ours to ship: the test runs where someone has them."""
    places = [os.environ.get("SYMDROP_MNIST"), ROOT.parent / "shared" / "data" / "mnist"]
    found = next((Path(place) for place in places if place and Path(place).is_dir()), None)
    if found is None:
        pytest.skip("MNIST is not at hand; set SYMDROP_MNIST to the folder of its four files")
    data = sd.data.mnist(found)
    assert data.train_x.shape == (60000, 784) and data.test_x.shape == (10000, 784)
    np.testing.assert_array_equal(data.train_y[:5], [5, 0, 4, 1, 9])
    np.testing.assert_array_equal(np.bincount(data.test_y), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    assert data.train_x.max() == 1


def test_minibatches_visit_each_row_once_and_keep_pairs():
    x, y = np.arange(23.0)[:, None], np.arange(23)
    batches = list(sd.data.minibatches(x, y, 5, rng=7))
    assert [len(labels) for _, labels in batches] == [5, 5, 5, 5, 3]
    for rows, labels in batches:
        np.testing.assert_array_equal(rows[:, 0], labels)
    order = np.concatenate([labels for _, labels in batches])
    assert not np.array_equal(order, y)
    np.testing.assert_array_equal(np.sort(order), y)


def test_minibatches_repeat_for_a_seed_and_move_on_for_a_generator():
    x = np.arange(50)
    first, again = (np.concatenate([b for _, b in sd.data.minibatches(x, x, 8, rng=3)]) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    rng = np.random.default_rng(3)
    epochs = [np.concatenate([b for _, b in sd.data.minibatches(x, x, 8, rng)]) for _ in range(2)]
    np.testing.assert_array_equal(epochs[0], first)
    assert not np.array_equal(*epochs)


def test_minibatches_of_any_number_of_arrays():
    """One array gives its rows themselves, several give tuples, and a tuple of arrays is several."""
    x, y, z = np.arange(10.0).reshape(5, 2), np.arange(5), np.arange(5) * 2
    assert [one.shape for one in sd.data.minibatches(x, size=2)] == [(2, 2), (2, 2), (1, 2)]
    for batches in (sd.data.minibatches(x, y, z, 2, 0), sd.data.minibatches((x, y, z), 2, rng=0)):
        for a, b, c in batches:
            np.testing.assert_array_equal(a[:, 0], b * 2)
            np.testing.assert_array_equal(c, b * 2)
    assert [len(one) for one in sd.data.minibatches((x, x), 5)] == [2]
    for wrong in (lambda: sd.data.minibatches(size=2), lambda: sd.data.minibatches(x, 2, 0, x),
                  lambda: sd.data.minibatches(x, y), lambda: sd.data.minibatches((1, 2), 2)):  # fmt: skip
        with pytest.raises(sd.errors.GraphTypeError, match="minibatches"):
            wrong()


def test_minibatches_complain_when_called_rather_than_when_used():
    x = np.zeros((4, 2))
    with pytest.raises(ArgumentError, match="size is 0"):
        sd.data.minibatches(x, x, 0)
    with pytest.raises(GraphTypeError, match=r"size is 2\.5"):
        sd.data.minibatches(x, x, 2.5)
    with pytest.raises(ShapeError, match="4 and 3 rows"):
        sd.data.minibatches(x, x[:3], 2)


def test_dataset_refuses_parts_that_do_not_fit():
    x, y = np.zeros((3, 4), np.float32), np.zeros(3, np.int32)
    with pytest.raises(ShapeError, match="test images have shape"):
        sd.data.Dataset("toy", x, y, x, y[:2], (2, 2))

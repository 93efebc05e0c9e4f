"""Files of several formats: what is right is read, and whatever else stands there is a DataError and nothing more."""

from __future__ import annotations

import gzip
import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
from symdrop.data import MissingDataError, Table, cifar10, fashion_mnist, read_csv, read_idx, read_npz, read_text
from symdrop.data.cifar10 import FILES
from symdrop.errors import ArgumentError, DataError, GraphTypeError
from tests.data.test_data import write_mnist

RNG = np.random.default_rng(0)


def packed(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


NPZ = packed(x=np.arange(12.0).reshape(3, 4), y=np.array(["a", "bc"]))
CSV = b"a,b\n1,2\n3.5,-4e2\n"
RECORD = bytes([7]) + bytes(range(256)) * 12
IDX = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(6)
READERS = {
    "npz": (read_npz, NPZ), "csv": (read_csv, CSV), "idx": (lambda path: read_idx(path, 2), IDX),
    "text": (read_text, CSV),
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
@settings(max_examples=60)
def test_hostile_files_are_data_errors(kind, data, tmp_path_factory):
    """Random bytes, files cut off, bytes changed, packed by gzip or not: an answer, or a sentence about the file."""
    read, right = READERS[kind]
    content = data.draw(
        st.binary(max_size=200)
        | st.integers(0, len(right)).map(lambda n: right[:n])
        | st.tuples(st.integers(0, len(right) - 1), st.binary(min_size=1, max_size=9)).map(
            lambda change: right[: change[0]] + change[1] + right[change[0] + len(change[1]) :]
        )
    )
    if data.draw(st.booleans()):
        content = gzip.compress(content)[: data.draw(st.integers(0, 400))]
    path = tmp_path_factory.getbasetemp() / f"fuzzed-{kind}"
    path.write_bytes(content)
    try:
        read(path)
    except DataError as error:
        assert path.name in str(error) and "\n" not in str(error) and len(str(error)) < 1000


def test_arrays_come_back(tmp_path):
    """All that NumPy writes without pickles: orders, dtypes, no elements, no axes."""
    arrays = {
        "c": RNG.normal(size=(3, 4)), "f": np.asfortranarray(RNG.normal(size=(3, 4))), "big": np.arange(3, dtype=">i2"),
        "none": np.zeros((0, 5), np.float32), "one": np.array(3 + 2j), "texts": np.array(["a", "ü"]),
        "truths": np.array([True, False]), "days": np.array(["2020-01-01"], "M8[D]"),
    }  # fmt: skip
    path = tmp_path / "arrays.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        found = read_npz(path)
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype and found[name].flags.writeable
            np.testing.assert_array_equal(found[name], array)


class Ran(Exception):
    """Raised by a pickle that was read."""


class Hostile:
    def __reduce__(self):
        return exec, ("raise __import__('tests.data.test_files').data.test_files.Ran",)


def archive(**parts: bytes) -> bytes:
    """An npz of any bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, part in parts.items():
            out.writestr(f"{name}.npy", part)
    return file.getvalue()


def npy(text: str, content: bytes = b"") -> bytes:
    """A part whose header says anything."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + content


def header(shape, descr="'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


objects = io.BytesIO()
np.save(objects, np.array([Hostile()], object), allow_pickle=True)
ARCHIVES = {
    "a pickle": (archive(x=objects.getvalue()), "pickles, which are never read"),
    "a pickle alone": (pickle.dumps([1]), "not an archive in npz"),
    "records": (archive(x=npy(header("(1,)", "[('a', '<f8')]"), bytes(8))), "not numbers or texts"),
    "a huge shape": (archive(x=npy(header(f"({2**60},)"), bytes(8))), "but 8 follow"),
    "nothing, often": (archive(x=npy(header(f"({2**60},)", "'<U0'"))), "not numbers or texts"),
    "a negative shape": (archive(x=npy(header("(-1, -1)"), bytes(8))), "which no array has"),
    "too few": (archive(x=npy(header("(2,)"), bytes(8))), "has 16 bytes, but 8 follow"),
    "code": (archive(x=npy("__import__('os').abort()")), "no header"),
    "a deep header": (archive(x=npy("(" * 2000)), "no header"),
    "no array": (archive(x=b"text"), "no header"),
    "cut off": (archive(x=b"")[:10], "not an archive in npz"),
    "names": (archive(**{"../x": npy(header("(2,)"), bytes(8))}), r"'\.\./x'"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_hostile_archives(case, tmp_path):
    """Nothing in an archive is run, and no size in it is believed."""
    content, message = ARCHIVES[case]
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            read_npz(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["npz", "text", "csv"])
def test_no_bomb_goes_off(kind, tmp_path):
    """A thousandth of the memory it asks for: a file is unpacked as far as its bound, and no further."""
    path = tmp_path / "bomb"
    if kind == "npz":
        path.write_bytes(packed(x=np.zeros(1 << 20)))
    else:
        path.write_bytes(gzip.compress(b"1" * (8 << 20), 1))
    read = {"npz": read_npz, "text": read_text, "csv": read_csv}[kind]
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="more than most=65536"):
            read(path, most=1 << 16)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_an_archive_that_states_less_than_it_holds(tmp_path):
    """The bound is checked against what a part says; no more than that is unpacked."""
    content, stated = packed(x=np.zeros(1 << 20)), (8 * (1 << 20) + 128).to_bytes(4, "little")
    assert content.count(stated) == 2, "before the part and in the directory"
    path = tmp_path / "x.npz"
    path.write_bytes(content.replace(stated, (200).to_bytes(4, "little")))
    with pytest.raises(DataError, match="Bad CRC"):
        read_npz(path, most=1000)


def test_tables(tmp_path):
    """Names or none, quotes, other delimiters, empty fields, other dtypes, gzip."""
    path = tmp_path / "t.csv"

    def table(text: str, **options) -> Table:
        path.write_text(text, encoding="utf-8", newline="")
        return read_csv(path, **options)

    plain = table("1,2\r\n3,4\r\n")
    assert plain.names == ("0", "1") and plain.values.dtype == np.float32 and plain.values.tolist() == [[1, 2], [3, 4]]
    named = table('"a, b"; c\n1;2\n\n3;4', delimiter=";", dtype="int64")
    assert named.names == ("a, b", "c") and named["c"].tolist() == [2, 4] and named["c", "c"].shape == (2, 2)
    assert np.isnan(table("a,b\n1,\n,2\n", missing=float("nan")).values).tolist() == [[False, True], [True, False]]
    assert table("7\n", header=False).values.shape == (1, 1)
    assert table("1,2\n3,4", header=True).values.tolist() == [[3, 4]]
    path.write_bytes(gzip.compress(b"x\n1\n"))
    assert read_csv(path)["x"].tolist() == [1] and repr(read_csv(path)) == "<Table: 1 rows of ['x']>"
    values = RNG.normal(size=(50, 3))
    np.savetxt(path, values, delimiter=",", fmt="%.18e")
    np.testing.assert_array_equal(read_csv(path, dtype="float64").values, values)
    for text, message in {
        "": "no rows", "a,b\n": "no rows", "1,2\n3\n": "number of columns changed from 2 to 1",
        "a,b\n1,x\n": "'x' .* in line 2, column 2", "a,b\n1,\n": "'' .* in line 2",
        "a,b,c\n1,2\n": "3 names and 2 columns", "a,b\n\n1,2\n\n3\n": "from 2 to 1 in line 5",
        '"a\nb",c\n"1\n",2\n3,x\n': "'x' .* in line 5, column 2",
    }.items():  # fmt: skip
        with pytest.raises(DataError, match=message):
            table(text)
    with pytest.raises(ArgumentError, match="no column 'd'; it has"):
        named["d"]
    with pytest.raises(ArgumentError, match="delimiter is one character"):
        table("1", delimiter="ab")
    with pytest.raises(GraphTypeError, match="dtype is that of numbers"):
        table("1", dtype="U3")


def test_fashion_mnist_is_in_the_format_of_mnist(tmp_path):
    """One reader for both; errors name the data set that was asked for."""
    write_mnist(tmp_path)
    data, digits = fashion_mnist(tmp_path), sd.data.mnist(tmp_path)
    assert data.name == "fashion_mnist"
    np.testing.assert_array_equal(data.train_x, digits.train_x)
    with pytest.raises(MissingDataError, match="the four Fashion-MNIST files"):
        fashion_mnist(tmp_path / "none")


@pytest.fixture
def cifar_folder(tmp_path: Path) -> Path:
    place = tmp_path / "cifar-10-batches-bin"
    place.mkdir()
    for number, file in enumerate(FILES):
        (place / file).write_bytes(bytes([number]) + RECORD[1:] + RECORD)
    return tmp_path


def test_cifar10(cifar_folder):
    """Labels and planes stand where the format says, in the folder or in the one above it; packed or not."""
    data = cifar10(cifar_folder)
    assert repr(data) == "Dataset('cifar10': 10 training and 2 test images of 3x32x32 pixels)"
    assert data.train_y.tolist() == [0, 7, 1, 7, 2, 7, 3, 7, 4, 7] and data.test_y.tolist() == [5, 7]
    planes = data.train_x.reshape(-1, 3, 32, 32)
    assert planes[0, 1, 3, 5] == np.float32((1024 + 3 * 32 + 5) % 256 / 255) and data.train_x.max() == 1
    packed_file = cifar_folder / "cifar-10-batches-bin" / FILES[0]
    packed_file.with_suffix(".bin.gz").write_bytes(gzip.compress(packed_file.read_bytes()))
    packed_file.unlink()
    np.testing.assert_array_equal(cifar10(cifar_folder / "cifar-10-batches-bin").train_x, data.train_x)


@pytest.mark.parametrize(("content", "message"), [
    (RECORD[:-1], "found 3072 bytes, expected a multiple of 3073"), (b"\x0a" + RECORD[1:], "image 0 has the label 10"),
    (None, "no such file.*found in the folder: data_batch_1.bin, .*expected data_batch_1.bin"),
])  # fmt: skip
def test_cifar10_files_that_are_none(content, message, cifar_folder):
    path = cifar_folder / "cifar-10-batches-bin" / FILES[2]
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        cifar10(cifar_folder)


@pytest.mark.parametrize("read", [read_npz, read_csv, read_text, cifar10, fashion_mnist])
@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "", "no/such", "\udcff", b"bytes", 5, None], ids=ascii)
def test_what_is_no_path(read, path):
    """Whatever is given, the answer is one of the library's own errors."""
    with pytest.raises((DataError, GraphTypeError)) as caught:
        read(path)
    assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


def test_empty_fields_change_no_other_field(tmp_path):
    """Integers were read through float64 beside empty fields, and blank lines of one column were left out."""
    path = tmp_path / "t.csv"

    def table(text: str, **options) -> list[list[float]]:
        path.write_text(text, encoding="utf-8")
        return read_csv(path, **options).values.tolist()

    large = 2**53 + 1
    assert table(f"a,b\n{large},\n,{-large}\n", missing=-1, dtype="int64") == [[large, -1], [-1, -large]]
    assert table(f"a\n{large}\n\n3\n\n", missing=0, dtype="int64") == [[large], [0], [3], [0]]
    assert table("a,b\n1,2\n\n3,\n", missing=0.5) == [[1, 2], [3, 0.5]]
    assert table('a;b\n"1";" "\n', missing=7, delimiter=";") == [[1, 7]]
    assert table("a\n1\n2\n\n\n") == [[1], [2]]
    with pytest.raises(DataError, match=r"empty field in line 3; missing="):
        table("a\n1\n\n2\n")
    for missing in (float("nan"), 0.5, 300):
        with pytest.raises(ArgumentError, match=r"missing=.* none of the numbers of int8"):
            table("a\n1\n", missing=missing, dtype="int8")
    with pytest.raises(DataError, match=r"'x' .* in line 3, column 1"):
        table("a,b\n1,\nx,2\n", missing=0)

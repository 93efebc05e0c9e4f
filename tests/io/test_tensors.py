"""Files of named arrays: what is written is read, whole or not at all, and nothing foreign is believed."""

import json
import os
import pickle
import stat

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.data import MissingDataError
from symdrop.errors import ArgumentError, DataError, GraphTypeError

VALUES = {
    "float32": np.arange(6, dtype="float32").reshape(2, 3), "float16": np.ones(3, "float16"), "bool": np.array([True]),
    "int8": np.array(-5, "int8"), "uint64": np.array([2**63], "uint64"), "empty": np.zeros((0, 4)),
    "strided": np.arange(12.0).reshape(3, 4)[::2, ::-1],
}  # fmt: skip


def variables():
    """A shared variable of zeros for every value."""
    return {name: sd.shared(np.zeros_like(value), name=name) for name, value in VALUES.items()}


def test_what_is_saved_is_loaded(tmp_path):
    """Of every dtype and layout, from arrays, variables and updates."""
    file = tmp_path / "model.safetensors"
    sd.io.save(file, VALUES, {"by": "a test"})
    arrays, texts = sd.io.read(file)
    assert texts == {"by": "a test"} and set(arrays) == set(VALUES)
    wanted = variables()
    assert not sd.io.load(file, list(wanted.values()))
    for name, value in VALUES.items():
        assert wanted[name].get_value().dtype == value.dtype
        np.testing.assert_array_equal(wanted[name].get_value(), value)
        np.testing.assert_array_equal(arrays[name], value)
    x = wanted["float32"]
    sd.io.save(file, {x: x * 2})
    assert list(sd.io.read(file)[0]) == ["float32"]


def test_entries_that_do_not_meet(tmp_path):
    """All of them are named, and nothing changes; those that fit can be asked for."""
    file = tmp_path / "model.safetensors"
    sd.io.save(file, {"W": np.ones((2, 3)), "old": np.ones(1), "b": np.ones(3, "float32")})
    W, b, new = (
        sd.shared(np.zeros((3, 2)), name="W"),
        sd.shared(np.zeros(3, "float32"), name="b"),
        sd.shared(0.0, name="n"),
    )
    with pytest.raises(DataError, match=r"missing: n; unexpected: old; of another form: W \(float64\[2, 3\] for"):
        sd.io.load(file, [W, b, new])
    assert not b.get_value().any()
    report = sd.io.load(file, [W, b, new], strict=False)
    assert report and report.missing == ("n",) and report.unexpected == ("old",)
    assert b.get_value().all() and not W.get_value().any()


@pytest.mark.parametrize("damage", [
    lambda content: content[:-5], lambda content: content[:20], lambda content: b"", lambda content: b"{}" * 20,
    lambda content: pickle.dumps(os.getcwd), lambda content: content + b"more",
    lambda content: (2**60).to_bytes(8, "little") + content[8:],
    lambda content: content.replace(b'"F64"', b'"F63"'), lambda content: content.replace(b"[0,48]", b"[8,56]"),
])  # fmt: skip
def test_damaged_and_foreign_files_change_nothing(tmp_path, damage):
    file = tmp_path / "model.safetensors"
    W = sd.shared(np.ones((2, 3)), name="W")
    sd.io.save(file, [W])
    content = file.read_bytes()
    assert damage(content) != content
    file.write_bytes(damage(content))
    W.set_value(np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"model\.safetensors is damaged, or no file of tensors"):
        sd.io.load(file, [W])
    assert not W.get_value().any()


def test_places_that_are_no_files(tmp_path):
    with pytest.raises(MissingDataError, match="there is no file"):
        sd.io.read(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(DataError, match="cannot be read"):
            sd.io.read(tmp_path / name)


def test_only_files_are_replaced(tmp_path):
    """Devices were replaced by files; of a folder that is not there the error named another file."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name, kind in (("pipe", "a pipe"), ("link", "a pipe"), (".", "a folder")):
        with pytest.raises(OSError, match=f"it is {kind}, not a file"):
            sd.io.save(tmp_path / name, {"W": np.ones(2)})
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"] and stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    with pytest.raises(FileNotFoundError, match=r"nowhere/m\.safetensors'$"):
        sd.io.save(tmp_path / "nowhere" / "m.safetensors", {"W": np.ones(2)})


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    """A disk that is full: the old file stays, and nothing is left beside it."""
    file = tmp_path / "model.safetensors"
    sd.io.save(file, {"W": np.ones(2)})
    before = file.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*model\.safetensors'$"):
        sd.io.save(file, {"W": np.zeros(2)})
    assert file.read_bytes() == before and os.listdir(tmp_path) == ["model.safetensors"]


@pytest.mark.parametrize(("values", "error", "says"), [
    ([sd.shared(1.0)], ArgumentError, "has no name"),
    ([sd.shared(1.0, name="W"), sd.shared(2.0, name="W")], ArgumentError, "two values are called 'W'"),
    ({"x": T.vector("x")}, GraphTypeError, "holds no value"), ({"x": "text"}, GraphTypeError, "of dtype"),
    ({"x": 1j}, GraphTypeError, "of dtype complex"), (3, GraphTypeError, "values are shared variables"),
    ({"__metadata__": 1.0}, ArgumentError, "the format's own name"), ({"\ud800": 1.0}, ArgumentError, "UTF-8"),
])  # fmt: skip
def test_what_cannot_be_saved(tmp_path, values, error, says):
    with pytest.raises(error, match=says):
        sd.io.save(tmp_path / "model", values)
    assert not os.listdir(tmp_path)


def test_other_programs_read_the_files(tmp_path):
    """The header is JSON: a length, names, dtypes, shapes and places."""
    file = tmp_path / "model.safetensors"
    sd.io.save(file, {"W": np.ones((2, 3), "float32")})
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8 : 8 + size])["W"]
    assert entry["dtype"] == "F32" and entry["shape"] == [2, 3] and entry["data_offsets"] == [0, 24]


def foreign(dtype, data, shape):
    """The bytes of a file with one entry, by the format's description."""
    entry = {"w": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}
    header = json.dumps(entry).encode()
    return len(header).to_bytes(8, "little") + header + data


def test_brain_floats_are_read_exactly(tmp_path):
    """They are upper halves of float32; torch writes them."""
    file, values = tmp_path / "b.safetensors", np.array([[1.5, -0.0], [np.inf, 2.0**-133]], "float32")
    file.write_bytes(foreign("BF16", (values.view("uint32") >> 16).astype("<u2").tobytes(), [2, 2]))
    read, _ = sd.io.read(file)
    assert read["w"].dtype == np.float32 and read["w"].tobytes() == values.tobytes()
    W = sd.shared(np.zeros((2, 2), "float32"), name="w")
    sd.io.load(file, [W])
    assert W.get_value().tobytes() == values.tobytes()
    file.write_bytes(foreign("BF16", b"", [0, 3]))
    assert sd.io.read(file)[0]["w"].shape == (0, 3)


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2"])
def test_dtypes_that_numpy_lacks_are_named(tmp_path, dtype):
    """The file is sound: it is not called damaged."""
    file = tmp_path / "f.safetensors"
    file.write_bytes(foreign(dtype, b"1234", [4]))
    with pytest.raises(DataError, match=f"the entry 'w' is of {dtype}, which NumPy does not have"):
        sd.io.read(file)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint16", "uint64", "bool"])
def test_every_dtype_comes_back(tmp_path, dtype):
    values = np.array([[0, 1, 7], [3, 0, 100]]).astype(dtype)
    sd.io.save(tmp_path / "a.safetensors", {"w": values, "scalar": values[1, 2]})
    read, _ = sd.io.read(tmp_path / "a.safetensors")
    assert read["w"].dtype == dtype and read["w"].tolist() == values.tolist() and read["scalar"].shape == ()
    read["w"][0, 0] = 1

"""Pickles: functions, states and expressions come back; of others' files arrays come out, and no code is run."""

from __future__ import annotations

import base64
import builtins
import copy
import io
import json
import os
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.misc.pkl_utils import dump, load
from symdrop.theano.misc.restricted import restricted

WRITTEN = json.loads((Path(__file__).parent / "pickles.json").read_text(encoding="utf-8"))


def written(tmp_path: Path, data: bytes) -> Path:
    """A file with these bytes."""
    path = tmp_path / "parameters.pkl"
    path.write_bytes(data)
    return path


# Our own.


def test_functions_states_and_expressions_are_pickled_with_their_names():
    """The copy of a function has states of its own, as in Theano."""
    x, w = T.scalar("x"), theano.shared(1.0, "w")
    f = theano.function([x], x * w, updates={w: w + 1}, name="step")
    g = pickle.loads(pickle.dumps(f))
    assert (float(f(2)), float(g(2)), float(g(2)), float(f(2))) == (2.0, 2.0, 4.0, 4.0)
    assert g.name == "step" and [one.name for one in g.get_shared()] == ["w"]
    y = pickle.loads(pickle.dumps(T.tanh(x * w)))
    assert [v.name for v in theano.gof.graph.inputs([y])] == ["x", "w"] and isinstance(y, T.TensorVariable)
    other = copy.deepcopy(w)
    other.set_value(7.0)
    assert other.name == "w" and float(w.get_value()) == 3.0
    state = T.scalar("state")
    counting = theano.function([x, theano.In(state, value=0.0, update=state + x)], state)
    counting(3)
    again = pickle.loads(pickle.dumps(counting))
    assert [float(again(1)), float(again(1)), float(counting(1))] == [3.0, 4.0, 3.0]


def test_a_model_whose_attributes_are_states_is_pickled():
    """``pickle.dump(self.__dict__, file)`` is how scripts saved their models."""
    layer = {"W": theano.shared(np.ones((2, 3)), "W"), "x": T.matrix("x")}
    layer["output"] = T.dot(layer["x"], layer["W"])
    again = pickle.loads(pickle.dumps(layer, protocol=2))
    f = theano.function([again["x"]], again["output"])
    assert f(np.ones((1, 2))).tolist() == [[2, 2, 2]] and again["W"] in f.get_shared()


def test_archives_of_dump(tmp_path):
    """Arrays are members that NumPy reads, under the names of the shared variables; shared ones are stored once."""
    w, b = theano.shared(np.arange(3.0), "w"), theano.shared(2.0, "b")
    path = tmp_path / "model.zip"
    with open(path, "wb") as file:
        dump({"first": w, "again": w, "bias": b, "x": T.vector("x")}, file)
    with open(path, "rb") as file:
        found = load(file)
    assert found["first"] is found["again"] and found["first"].get_value().tolist() == [0, 1, 2]
    assert found["x"].name == "x" and float(found["bias"].get_value()) == 2.0
    with zipfile.ZipFile(path) as archive:
        assert "pkl" in archive.namelist() and len(archive.namelist()) == 3
        other = [name for name in archive.namelist() if name != "pkl"]
        arrays = [np.load(io.BytesIO(archive.read(name))).tolist() for name in other]
    assert sorted(arrays, key=str) == [2.0, [0, 1, 2]]
    with pytest.raises(ValueError, match="no archive"):
        load(io.BytesIO(b"nothing"))


# Those of Theano.


@pytest.mark.parametrize("what", WRITTEN)
def test_arrays_come_out_of_theanos_pickles(what, tmp_path):
    """Of Theano 0.7, 0.9 and 1.0.5 under Python 2 and 3, by text and binary protocols, plain and in archives."""
    found = theano.load_pickle(written(tmp_path, zlib.decompress(base64.b64decode(WRITTEN[what]))))
    W, b = found if isinstance(found, list) else found["params"]
    assert W.dtype == np.float32 and W.tolist() == [0, 1, 2] and b.dtype == np.float64 and float(b) == 2.5
    if isinstance(found, dict):
        assert found["text"] == "caf\xe9" and found["n"] == 7
    W[0] = 5.0


def test_texts_of_python_2_as_bytes(tmp_path):
    """``encoding="bytes"`` leaves what is no text."""
    data = zlib.decompress(base64.b64decode(WRITTEN["Theano 0.7.0, Python 2, protocol 2"]))
    found = theano.load_pickle(written(tmp_path, data), encoding="bytes")
    assert found[b"text"] == b"caf\xe9" and found[b"params"][0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("protocol", range(6))
def test_what_numpy_and_python_hold_comes_out_as_it_was(protocol):
    """Dtypes, byte orders, Fortran order, no elements; numbers and containers; shared parts stay shared."""
    array = np.arange(6.0).reshape(2, 3)
    given = {
        "numbers": [1, -(10**30), 2.5, True, None, 1 + 2j, b"bytes", "text"],
        "arrays": [
            array, array.T, array.astype(">f4"), np.zeros((0, 3)), np.array(3), np.array(["ab", "c"]), array > 2,
        ],
        "again": array, "scalar": np.float32(0.5), "tuple": (1, (2, [3])), "set": {1, 2},
    }  # fmt: skip
    found = restricted(pickle.dumps(given, protocol))
    assert found["numbers"] == given["numbers"] and found["tuple"] == (1, (2, [3])) and found["set"] == {1, 2}
    for one, other in zip(found["arrays"], given["arrays"], strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype.newbyteorder("=") and one.flags.writeable
    assert found["again"] is found["arrays"][0] and found["scalar"] == 0.5


# Those of nobody's friend.


class Calls:
    """Pickled, it asks the reader to call a function."""

    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


def array_pickle(shape: tuple[int, ...]) -> bytes:
    """A pickle of an array that says a shape and has no elements."""
    written = pickle.dumps(np.zeros((3, 5)), 2)
    assert b"K\x03K\x05\x86" in written
    sizes = b"".join(b"\x8a\x08" + size.to_bytes(8, "little") for size in shape)
    return written.replace(b"K\x03K\x05\x86", sizes + b"\x86")


MALICIOUS = {
    "system": pickle.dumps(Calls(os.system, "exit 1")),
    "eval": pickle.dumps(Calls(builtins.eval, "1")),
    "getattr": pickle.dumps(Calls(builtins.getattr, [], "append")),
    "in a list": pickle.dumps([1, {"a": Calls(os.system, "exit 1")}], 2),
    "class": pickle.dumps(Path("x")),
    "numpy": pickle.dumps(Calls(np.load, "x")),
    "huge array": array_pickle((2**40, 2**20)),
    "huge memo": b"\x80\x02]r\xff\xff\xff\x7f.",
    "huge bytes": b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",
    "huge text": b"\x80\x04\x8d" + (2**40).to_bytes(8, "little") + b".",
    "registered": b"\x80\x02\x82\x01.",
    "persistent": b"\x80\x02U\x01aQ.",
    "objects": pickle.dumps(np.array([{}], dtype=object)),
    "theano's op": b"ctheano.tensor.elemwise\nElemwise\n(tR.",
    "attributes of a class": b"\x80\x02ctheano.gof.link\nContainer\nN}U\x0c__setstate__K\x01s\x86b.",
    "cut off": pickle.dumps([np.zeros(9)])[:-20],
    "no pickle": b"\xff\xff",
    "nothing": b"",
    "deep": b"(" * 1 + b"]" * 5000 + b"a" * 4999 + b"0" + b".",
}


@pytest.mark.parametrize("what", MALICIOUS)
def test_malicious_pickles_are_refused(what, tmp_path):
    """With one sentence; nothing is run, and nothing is taken that the file has no bytes for."""
    with pytest.raises(ValueError, match="is not read: ") as caught:
        theano.load_pickle(written(tmp_path, MALICIOUS[what]))
    assert "\n" not in str(caught.value)
    # What one file does to its stand-ins, another does not see.
    assert restricted(pickle.dumps([np.ones(2)]))[0].tolist() == [1, 1]


def test_malicious_archives_are_refused(tmp_path):
    """Members are arrays of as many bytes as they say; an archive does not grow a thousandfold."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**50,)})
    asks = b"\x80\x02U\tndarray.wQ."
    for members, error in (
        ({"pkl": asks, "w": head.getvalue()}, "an array of shape"),
        ({"pkl": asks, "w": b"\0" * 10**7}, "would become"),
        ({"pkl": MALICIOUS["system"]}, "asks for"),
        ({"pkl": b"\x80\x02U\x09ndarray.vQ."}, "no item named"),
        ({"w": b""}, "has no member"),
    ):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        with pytest.raises(ValueError, match=error):
            theano.load_pickle(written(tmp_path, file.getvalue()))

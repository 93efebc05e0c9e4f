"""Functions: arguments, updates, errors that change nothing, memory that is nobody else's, threads, copies."""

import copy
import gc
import inspect
import itertools
import pickle
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    GraphTypeError,
    MissingInputError,
    ShapeError,
    SymdropError,
    UnsetFlagError,
    UnusedInputError,
)
from symdrop.op import registry


def state(value, name="w"):
    return sd.shared(np.asarray(value, "float64"), name)


# Inputs and outputs.


def test_kinds_of_outputs():
    """A variable gives an array (also 0-d), a list a list, a tuple a list, a dict a dict, None or [] an empty list."""
    x = T.dvector("x")
    value = [1.0, 2.0]
    single = sd.function([x], x.sum())(value)
    assert type(single) is np.ndarray and single.shape == () and single == 3
    for kind in (list, tuple):
        several = sd.function([x], kind([x * 2]))(value)
        assert type(several) is list and several[0].tolist() == [2, 4]
    keyed = sd.function([x], {"b": x + 1, "a": x.sum(), 3: x})(value)
    assert list(keyed) == ["b", "a", 3] and keyed["a"] == 3 and keyed[3].tolist() == value
    assert sd.function([x], on_unused_input="ignore")(value) == []
    assert sd.function([x], [], on_unused_input="ignore")(value) == []
    assert sd.function([], {})() == {}


def test_outputs_that_are_leaves():
    """Inputs, constants, states, numbers and arrays may be outputs; all come back as fresh arrays."""
    x, w = T.dvector("x"), state([1, 2])
    given = np.array([3.0, 4.0])
    outputs = sd.function([x], [x, w, T.constant(5.0), 6.0, np.array([7, 8])])(given)
    assert [value.tolist() for value in outputs] == [[3, 4], [1, 2], 5, 6, [7, 8]]
    for value in outputs:
        value[...] = -1
    assert given.tolist() == [3, 4] and w.get_value().tolist() == [1, 2]
    again = sd.function([x], [x, w, T.constant(5.0), 6.0, np.array([7, 8])])(given)
    assert again[2] == 5 and again[4].tolist() == [7, 8]


def test_names_and_keywords():
    """Inputs may be given by position, by name, and mixed."""
    x, y = T.dscalar("x"), T.dscalar("y")
    f = sd.function([x, y], x - y)
    assert f(5, 3) == f(5, y=3) == f(x=5, y=3) == f(y=3, x=5) == 2


def test_default_values():
    """In(value=) makes an input optional, In(name=) names the keyword; In takes the function's place for downcasts."""
    x, rate = T.dscalar("x"), T.dscalar("rate")
    f = sd.function([x, sd.In(rate, value=0.5)], x * rate)
    assert (f(4), f(4, 2), f(4, rate=3), f(x=4)) == (2, 8, 12, 2)
    g = sd.function([sd.In(x, name="renamed")], x)
    assert g(renamed=1) == 1
    with pytest.raises(GraphTypeError, match="has no input 'x'; its inputs are renamed"):
        g(x=1)
    v = T.fvector("v")
    assert sd.function([sd.In(v, allow_downcast=True)], v)(np.ones(2)).dtype == "float32"


def test_a_default_is_not_shared_with_the_caller():
    """Changing an array after it was given as a default changes no function."""
    x = T.dvector("x")
    default = np.array([1.0, 2.0])
    f = sd.function([sd.In(x, value=default)], x * 1)
    default[:] = 9
    assert f().tolist() == [1, 2]


@pytest.mark.parametrize(("arguments", "message"), [
    (((1, 2, 3), {}), r"takes 2 arguments \(x, y\), got 3"),
    (((1,), {}), r"needs a value for y; its inputs are x, y"),
    (((), {}), "needs a value for x, y"),
    (((1, 2), {"z": 3}), "has no input 'z'; its inputs are x, y"),
    (((1, 2), {"x": 3}), "got input 'x' twice"),
])  # fmt: skip
def test_wrong_calls(arguments, message):
    """A wrong number or name of arguments is a TypeError naming the function and its inputs."""
    x, y = T.dscalar("x"), T.dscalar("y")
    f = sd.function([x, y], x + y, name="adder")
    args, kwargs = arguments
    with pytest.raises(TypeError, match="adder.*" + message):
        f(*args, **kwargs)


# What may be given for an input.


class Foreign:
    """An array of another library: nothing but the two methods of DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_lists_arrays_dlpack_and_pandas():
    """Lists, tuples, arrays of any layout, DLPack tensors, pandas series and frames are all arrays."""
    x, m = T.dvector("x"), T.dmatrix("m")
    f, g = sd.function([x], x * 2), sd.function([m], m * 2)
    base = np.array([1.0, 2.0, 3.0])
    for given in ([1, 2, 3], (1.0, 2.0, 3.0), base[::-1][::-1], np.float32([1, 2, 3]), Foreign(base), range(1, 4)):
        assert f(given).tolist() == [2, 4, 6]
    assert f(pandas.Series([1, 2, 3])).tolist() == [2, 4, 6]
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert g(frame).tolist() == [[2, 6], [4, 8]]
    assert g(np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2, 4], [6, 8]]
    assert g(Foreign(np.ones((1, 2)))).tolist() == [[2, 2]]
    assert f(np.array([1.0, 2.0, 3.0], dtype=">f8")).tolist() == [2, 4, 6]


@pytest.mark.parametrize("bad", [
    "text", None, {"a": 1}, object(), [1, [2, 3]], [1, "a"], np.array(["a"]), np.array([1j]), np.array([None]),
    pandas.Series(["a", "b"]), {1, 2},
])  # fmt: skip
def test_what_is_no_array(bad):
    """Anything else is one sentence naming function, position, input, type and value."""
    x = T.dvector("x")
    f = sd.function([x], x, name="f")
    with pytest.raises(GraphTypeError, match=r"Bad input argument to f at position 0: 'x' of type float64\[\?\]"):
        f(bad)


def test_a_symbolic_argument():
    """Calling a function with a variable says that a call takes values."""
    x = T.dvector("x")
    with pytest.raises(TypeError, match="a call takes values"):
        sd.function([x], x)(x)


DOWNCASTS = [
    # input dtype, value, accepted when allow_input_downcast is None, True, False
    ("float32", np.ones(2), True, True, False),
    ("float32", [0.1, 0.2], True, True, False),
    ("float32", [0.5, 0.25], True, True, True),
    ("float32", np.float64(0.1) * np.ones(2), True, True, False),
    ("float32", np.array([1, 2]), True, True, True),
    ("float64", np.float32([1, 2]), True, True, True),
    ("float64", [1, 2], True, True, True),
    ("int32", [1, 2], True, True, True),
    ("int32", [1.0, 2.0], False, True, False),
    ("int32", np.ones(2), False, True, False),
    ("int32", [2**40, 0], False, True, False),
    ("int8", [300, 0], False, True, False),
    ("int64", np.int32([1, 2]), True, True, True),
    ("int32", np.array([1, 2]), True, True, False),
    ("uint8", [-1, 2], False, True, False),
    ("bool", [True, False], True, True, True),
    ("float32", [True, False], True, True, True),
    ("int8", np.array([1, 300]), False, True, False),
    ("uint8", np.array([1, -2]), False, True, False),
    ("uint64", np.array([1, -2]), False, True, False),
    ("int64", np.array([1, 2**63 + 5], "uint64"), False, True, False),
    ("int64", np.array([1, 5], "uint64"), True, True, False),
    ("bool", np.array([0, 1]), True, True, False),
    ("bool", np.array([0, 2]), False, True, False),
    ("int32", np.array([True, False]), True, True, True),
    ("float32", np.array([1e300, 1]), False, True, False),
    ("float32", np.array([np.inf, np.nan]), True, True, False),
    ("float16", np.array([1e5, 1]), False, True, False),
    ("float16", [1e5, 1], False, True, False),
    ("float32", np.array([2**24 + 1, 1]), False, True, False),
    ("float64", np.array([2**63 - 1, 1]), True, True, True),
    ("float32", np.array([0, 255], "uint8"), True, True, True),
    ("float16", np.float32([1, 2]), True, True, False),
]


@pytest.mark.parametrize(("dtype", "value", "default", "allowed", "strict"), DOWNCASTS)
def test_downcasts(dtype, value, default, allowed, strict):
    """Arrays keep their precision unless told otherwise; Python floats have none to lose; integers survive."""
    x = T.tensor(dtype, (None,), "x")
    for option, accepted in ((None, default), (True, allowed), (False, strict)):
        f = sd.function([x], x, allow_input_downcast=option)
        if accepted:
            with np.errstate(all="ignore"):
                assert f(value).dtype == dtype
        else:
            with pytest.raises(GraphTypeError, match=r"cannot store a value of dtype .* loss of precision"):
                f(value)


def test_wrong_rank_and_size():
    """Rank and known sizes are checked before anything runs, naming the input and what was given."""
    m = T.matrix("m", shape=(None, 3))
    f = sd.function([m], m, name="f")
    with pytest.raises(GraphTypeError, match=r"'m' of type .*: Wrong number of dimensions: expected 2, got 1"):
        f(np.ones(3, "float32"))
    with pytest.raises(ShapeError, match=r"axis 1 must have size 3, got shape \(2, 4\)"):
        f(np.ones((2, 4), "float32"))
    row = T.drow("row")
    with pytest.raises(ShapeError, match="axis 0 must have size 1"):
        sd.function([row], row)(np.ones((2, 2)))


def test_sizes_may_change_from_call_to_call():
    """One compilation serves every size, empty ones too; compile_count says so."""
    x = T.dmatrix("x")
    f = sd.function([x], [T.exp(x).sum(axis=0), x @ x.T])
    for shape in ((2, 3), (5, 3), (1, 1), (0, 3), (3, 0), (2, 3), (7, 2), (4, 4), (2, 3)):
        value = np.ones(shape)
        got = f(value)
        np.testing.assert_allclose(got[0], np.exp(value).sum(axis=0))
        np.testing.assert_allclose(got[1], value @ value.T)
    assert f.compile_count == 1


# What cannot be compiled.


def test_missing_and_unused_inputs():
    """A forgotten input and one that nothing needs are errors naming them and their lines."""
    x, y = T.dvector("x"), T.dvector("y")
    with pytest.raises(MissingInputError, match=r"needs the input 'y' .*test_function\.py.*used by add.* of type"):
        sd.function([x], x + y)
    with pytest.raises(UnusedInputError, match=r"no output or update of .* depends on the input 'y' .*on_unused_input"):
        sd.function([x, y], x)
    with pytest.warns(UserWarning, match="'y'"):
        sd.function([x, y], x, on_unused_input="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sd.function([x, y], x, on_unused_input="ignore")([1], [2]).tolist() == [1]
    with sd.config.change(on_unused_input="ignore"):
        sd.function([x, y], x)
    w = state(0)
    z = T.dscalar("z")
    sd.function([z], [], updates={w: w + z})(2)
    assert w.get_value() == 2


def test_wrong_inputs():
    """Duplicates, states, constants, flags, values and things that are no list are refused, with what to do."""
    x, w = T.dvector("x"), state([1, 2])
    with pytest.raises(UnusedInputError, match=r"'x' .* is listed twice"):
        sd.function([x, x], x)
    with pytest.raises(GraphTypeError, match="cannot be an input; functions use it by themselves, and givens="):
        sd.function([w], w * 1)
    with pytest.raises(GraphTypeError, match="Unknown parameter type: inputs are variables, not 3"):
        sd.function([3], x)
    for bad in (x, "x", 3, None):
        with pytest.raises(GraphTypeError, match="inputs must be a list of variables"):
            sd.function(bad, x)
    for bad in (T.constant(1.0), sd.training):
        with pytest.raises(GraphTypeError, match="cannot be an input"):
            sd.function([bad], x)
    for options in ({"backend": "fortran"}, {"on_unused_input": "shout"}, {"training": "sometimes"}):
        with pytest.raises(ArgumentError, match=r"expected .*test_function\.py"):
            sd.function([x], x, **options)
    with pytest.raises(TypeError):
        sd.function([x], "x")


def test_two_inputs_of_one_name():
    """Names are labels; where two inputs share one, positions still work."""
    a, b = T.dscalar("x"), T.dscalar("x")
    f = sd.function([a, b], a - b)
    assert f(5, 3) == 2


# Updates.


def test_updates_see_old_values():
    """All right-hand sides and all outputs use the values before the call, so a swap is a swap."""
    a, b = state(1.0, "a"), state(2.0, "b")
    f = sd.function([], [a, b, a + b], updates={a: b, b: a})
    assert [float(v) for v in f()] == [1, 2, 3]
    assert (a.get_value(), b.get_value()) == (2, 1)
    assert [float(v) for v in f()] == [2, 1, 3]
    rotate = sd.function([], updates=[(a, a + b), (b, a)])
    rotate()
    assert (a.get_value(), b.get_value()) == (3, 1)


def test_swapping_arrays_keeps_them_apart():
    """After a swap the two states do not share memory: an update of one leaves the other alone, for many calls."""
    a, b = state(np.zeros(4), "a"), state(np.ones(4), "b")
    swap = sd.function([], updates={a: b, b: a})
    grow = sd.function([], updates={a: a + 10})
    for _ in range(3):
        swap()
        grow()
        swap()
        assert not np.shares_memory(a.get_value(borrow=True), b.get_value(borrow=True))
    assert (a.get_value()[0], b.get_value()[0]) == (0, 31)
    copied = sd.function([], updates={b: a})
    copied()
    grow()
    assert (a.get_value()[0], b.get_value()[0]) == (10, 0)


def test_update_from_an_input():
    """A state set to an input keeps a copy: the caller may go on using the array."""
    x, w = T.dvector("x"), state([0, 0])
    put = sd.function([x], updates={w: x})
    given = np.array([1.0, 2.0])
    put(given)
    given[:] = 9
    assert w.get_value().tolist() == [1, 2]


def test_f_updates():
    """f.updates shows what a function changes, a stream's step included; a pure function's is empty."""
    x, w = T.dscalar("x"), state(0.0)
    new = w + x
    assert sd.function([x], x).updates == {}
    assert sd.function([x], updates={w: new}).updates[w].op.name == "add"
    stream = sd.RandomStream(seed=1)
    draw = stream.uniform(size=2)
    f = sd.function([], draw)
    assert len(f.updates) == 1 and not np.array_equal(f(), f())
    still = sd.function([], draw, no_default_updates=True)
    assert still.updates == {} and np.array_equal(still(), still())


def test_wrong_updates():
    """The type errors of updates: the whole message Theano's readers know, and where float64 came from."""
    w32 = sd.shared(np.ones((2, 2), "float32"), "w")
    x, i = T.dmatrix("x"), T.fvector("v")
    with pytest.raises(GraphTypeError, match="An update must have the same type as the original shared") as caught:
        sd.function([x], updates={w32: w32 - x})
    text = str(caught.value)
    assert "shared_var.type=float32[?, ?]" in text and "update_val.type=float64[?, ?]" in text
    assert "float64 first appears in 'x' of type float64[?, ?] (made at test_function.py" in text
    with pytest.raises(GraphTypeError, match="same type"):
        sd.function([i], updates={w32: i})
    with pytest.raises(GraphTypeError, match=r"\.astype\('float32'\)"):
        sd.function([], updates={w32: T.cast(w32, "int32")})
    narrow = sd.shared(np.ones((3, 1)), "narrow")
    with pytest.raises(GraphTypeError, match="An axis of size 1 must stay 1"):
        sd.function([x], updates={narrow: T.tile(narrow, (1, 2))})
    assert narrow.type.shape == (None, 1)
    with pytest.raises(ArgumentError, match="this shared variable already has an update expression: 'w'"):
        sd.function([], updates=[(w32, w32), (w32, w32 * 2)])
    with pytest.raises(GraphTypeError, match="update target must be a SharedVariable"):
        sd.function([x], updates={x: x})
    with pytest.raises(GraphTypeError, match="updates must be a dictionary or a list of pairs"):
        sd.function([], updates=3)
    assert w32.get_value().tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_sizes_of_updates_that_only_running_can_tell(backend):
    """Where a state's size is 1 and the update's unknown, the call checks it, and a call that fails changes nothing."""
    x, narrow = T.dmatrix("x"), sd.shared(np.ones((3, 1)), "narrow")
    put = sd.function([x], x.sum(), updates={narrow: x * 2}, backend=backend)
    assert put([[1.0], [2.0]]) == 3 and narrow.get_value().tolist() == [[2], [4]]
    with pytest.raises(ShapeError, match=r"the update of 'narrow' .*: its size along axis 1 is 2, not 1"):
        put([[1.0, 2.0]])
    assert narrow.get_value().tolist() == [[2], [4]]


def test_the_network_of_the_tutorial():
    """Weights with one column or row, an input without known sizes, and the gradient written by hand: accepted."""
    X, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]]), np.array([[0, 1, 1, 0.0]]).T
    rng = np.random.default_rng(1)
    w0, w1 = 2 * rng.random((3, 4)) - 1, 2 * rng.random((4, 1)) - 1
    s0, s1 = sd.shared(w0, "s0"), sd.shared(w1, "s1")
    x, t = T.dmatrix("x"), T.dmatrix("y")
    l1 = T.nnet.sigmoid(T.dot(x, s0))
    l2 = T.nnet.sigmoid(T.dot(l1, s1))
    l2_delta = (l2 - t) * l2 * (1 - l2)
    l1_delta = T.dot(l2_delta, s1.T) * l1 * (1 - l1)
    updates = {s1: s1 - 0.5 * T.dot(l1.T, l2_delta), s0: s0 - 0.5 * T.dot(x.T, l1_delta)}
    train = sd.function([x, t], T.mean(abs(l2 - t)), updates=updates)
    for _ in range(3):
        train(X, y)
        a1 = 1 / (1 + np.exp(-X @ w0))
        a2 = 1 / (1 + np.exp(-a1 @ w1))
        d2 = (a2 - y) * a2 * (1 - a2)
        d1 = d2 @ w1.T * a1 * (1 - a1)
        w1, w0 = w1 - 0.5 * a1.T @ d2, w0 - 0.5 * X.T @ d1
    np.testing.assert_allclose(s0.get_value(), w0, rtol=1e-12)
    np.testing.assert_allclose(s1.get_value(), w1, rtol=1e-12)


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_sizes_of_givens_that_only_running_can_tell(backend):
    """What stands for a variable has its sizes: a row that stretches stays a row, checked in the call."""
    row, x, full = T.drow("row"), T.dmatrix("x"), T.dmatrix("full")
    f = sd.function([x, full], row + full, givens={row: x}, backend=backend)
    np.testing.assert_array_equal(f([[1.0, 2.0]], np.ones((2, 2))), [[2, 3], [2, 3]])
    with pytest.raises(ShapeError, match=r"in place of 'row' .*: its size along axis 0 is 2, not 1"):
        f(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(GraphTypeError, match="Cannot convert Type"):
        sd.function([full], row + full, givens={row: np.ones((2, 2))})


def test_weak_numbers_update_any_state():
    """A Python number updates a scalar state of any dtype."""
    n = sd.shared(np.int32(3), "n")
    sd.function([], updates={n: 5})()
    assert n.get_value() == 5 and n.get_value().dtype == "int32"


def test_update_may_change_sizes():
    """Unknown axes of a state may change size with an update; spare memory of the old size is not used."""
    w = state([1.0])
    w = sd.shared(np.ones((2, 2)), "w")
    grow = sd.function([], w.sum(), updates={w: T.concatenate([w, w])})
    assert [float(grow()) for _ in range(4)] == [4, 8, 16, 32]
    assert w.get_value().shape == (32, 2)


# Givens.


def test_givens():
    """givens replace inputs, states and intermediate nodes, as a dict or pairs, with variables, arrays or numbers."""
    x, y, w = T.dvector("x"), T.dvector("y"), state([1.0, 2.0])
    h = x * w
    out = T.exp(h) + x
    v = np.array([0.5, 1.0])
    f = sd.function([y], out, givens={x: y * 2})
    np.testing.assert_allclose(f(v), np.exp(2 * v * [1, 2]) + 2 * v)
    np.testing.assert_allclose(sd.function([x], out, givens={w: np.zeros(2)})(v), 1 + v)
    np.testing.assert_allclose(sd.function([x, y], out, givens=[(h, y)])(v, v), np.exp(v) + v)
    np.testing.assert_allclose(sd.function([x], T.exp(x), givens={})(v), np.exp(v))
    data, i = sd.shared(np.arange(10.0).reshape(5, 2)), T.iscalar("i")
    batch = sd.function([i], x * 2, givens={x: data[i]})
    assert batch(3).tolist() == [12, 14]


def test_givens_do_not_see_each_other():
    """All replacements happen at once: x by y and y by x exchange them."""
    x, y = T.dscalar("x"), T.dscalar("y")
    a, b = T.dscalar("a"), T.dscalar("b")
    f = sd.function([a, b], x - y, givens={x: b, y: a})
    assert f(1, 10) == 9


def test_givens_reach_updates():
    """A replacement holds in the right-hand sides of updates, too."""
    x, w, i = T.dscalar("x"), state(0.0), T.dscalar("i")
    f = sd.function([i], updates={w: w + x}, givens={x: i * 10})
    f(2)
    assert w.get_value() == 20


def test_wrong_givens():
    """Another dtype or rank, a key that is no variable, and an explicit input are refused."""
    x, y = T.dvector("x"), T.dvector("y")
    out = x * 2
    with pytest.raises(TypeError, match=r"Cannot convert Type int64\[2\] into Type float64\[\?\]"):
        sd.function([], out, givens={x: np.array([1, 2])})
    with pytest.raises(TypeError, match="Cannot convert Type"):
        sd.function([], out, givens={x: T.dmatrix("m")})
    with pytest.raises(TypeError, match="givens replace variables, not 'x'"):
        sd.function([], out, givens={"x": y})
    with pytest.raises(SymdropError, match=r"givens cannot replace 'x' .*, which is an input"):
        sd.function([x, y], out, givens={x: y})
    with pytest.raises(TypeError, match="givens must be a dictionary or a list of pairs"):
        sd.function([x], out, givens=3)


# Flags.


def test_unset_flag():
    """A function that depends on a flag nobody set is refused, naming the flag and the line that depends on it."""
    x = T.dvector("x")
    y = T.where(sd.training, x, -x)
    line = inspect.currentframe().f_lineno - 1
    with pytest.raises(UnsetFlagError, match=r"'training' is not set.*compile with training=True or False") as caught:
        sd.function([x], y)
    assert f"test_function.py:{line}" in str(caught.value)
    with pytest.raises(UnsetFlagError, match=r"flags={'mc': ...}"):
        sd.function([x], T.where(sd.flag("mc"), x, 0.0))
    assert sd.function([x], x * 2)([1]).tolist() == [2]


def test_flag_arguments():
    """training= is short for flags=; the two may not contradict each other, and values are truth values."""
    x = T.dvector("x")
    y = T.where(sd.training, x, -x)
    assert sd.function([x], y, flags={sd.training: False})([1]).tolist() == [-1]
    assert sd.function([x], y, flags={"training": True}, training=True)([1]).tolist() == [1]
    with pytest.raises(ArgumentError, match="contradicts"):
        sd.function([x], y, flags={"training": True}, training=False)
    with pytest.raises(ArgumentError, match="expected True or False"):
        sd.function([x], y, flags={"training": "yes"})
    with pytest.raises(GraphTypeError, match="flags are named by"):
        sd.function([x], y, flags={3: True})


def test_training_at_run_time():
    """training="runtime" compiles two functions over one state; a call that does not say which is a TypeError."""
    x, w = T.dvector("x"), state(0.0)
    y = T.where(sd.training, x * 2, x)
    f = sd.function([x], y, updates={w: T.where(sd.training, w + 1, w)}, training="runtime")
    assert f([1], training=True).tolist() == [2] and f([1], training=False).tolist() == [1]
    assert f(x=[1], training=np.True_).tolist() == [2]
    assert w.get_value() == 2 and f.compile_count == 2
    for bad in ({}, {"training": 1}, {"training": "yes"}):
        with pytest.raises(TypeError):
            f([1], **bad)
    assert w.get_value() == 2
    again = pickle.loads(pickle.dumps(f))
    assert again([1], training=True).tolist() == [2]


# Shared variables.


def test_shared_values():
    """A state keeps the dtype of what it was made from, and copies unless borrowing is asked for."""
    assert sd.shared(3).type.dtype == "int64" and sd.shared(0.5).type.dtype == "float32"
    assert sd.shared([1.0, 2.0]).ndim == 1 and sd.shared(True).dtype == "bool"
    array = np.ones((2, 1), "float32")
    w = sd.shared(array, "w")
    assert w.broadcastable == (False, True)
    array[:] = 9
    assert w.get_value().tolist() == [[1], [1]]
    w.get_value()[:] = 9
    assert w.get_value().tolist() == [[1], [1]]
    borrowed = sd.shared(array, borrow=True)
    assert borrowed.get_value(borrow=True) is array
    w.set_value(array)
    array[:] = 5
    assert w.get_value()[0, 0] == 9
    assert sd.shared(np.ones((1, 3)), broadcastable=(False, False)).broadcastable == (False, False)


def test_wrong_shared_values():
    """What does not fit, another rank, a size where 1 is promised: refused, naming the state; nothing changes."""
    w = sd.shared(np.ones((1, 3), "float32"), "w")
    for bad in (
        np.full((1, 3), 1e39), np.ones(3, "float32"), np.ones((2, 3)), np.full((1, 3), 2**24 + 1), "text", None,
        [["a"]], T.fmatrix("x"), np.ones((1, 3), "complex64"),
    ):  # fmt: skip
        with pytest.raises(SymdropError, match="w"):
            w.set_value(bad)
    assert w.get_value().tolist() == [[1, 1, 1]]
    w.set_value([[1, 2, 3, 4]])
    assert w.get_value().shape == (1, 4) and w.get_value().dtype == "float32"
    n = sd.shared(np.int32(1), "n")
    with pytest.raises(GraphTypeError):
        n.set_value(1.5)
    with pytest.raises(GraphTypeError):
        n.set_value(2**40)
    n.set_value(7)
    assert n.get_value() == 7 and n.get_value().dtype == "int32"
    for bad in (None, "text", {"a": 1}, T.dvector("x"), [[1], [1, 2]], object()):
        with pytest.raises(SymdropError):
            sd.shared(bad)
    with pytest.raises(ShapeError):
        sd.shared(np.ones((2, 2)), broadcastable=(True, False))


# Two phases: an error changes nothing.


def failing_calls():
    """Ways for a call to fail while computing, each with the sizes that make it fail."""
    x, y, i = T.dvector("x"), T.dvector("y"), T.lscalar("i")
    yield "sizes", [x, y], x + y, (np.ones(3), np.ones(4)), ShapeError
    yield "matmul", [x, y], x @ y, (np.ones(3), np.ones(4)), ValueError
    yield "index", [x, i], x[i], (np.ones(3), 7), IndexError
    yield "reshape", [x, i], x.reshape((i, 2)).sum(axis=0), (np.ones(3), 2), ValueError
    yield "split", [x], T.split(x, [2, 2])[0], (np.ones(3),), ShapeError
    yield "empty maximum", [x], x.max(), (np.ones(0),), ValueError


@pytest.mark.parametrize(("inputs", "output", "values", "kind"), [c[1:] for c in failing_calls()], ids=[
    c[0] for c in failing_calls()
])  # fmt: skip
def test_an_error_while_computing_changes_nothing(inputs, output, values, kind):
    """States, outputs given out earlier, and the next call are as if the failing call had not been made."""
    a, b = state(np.arange(3.0), "a"), state(5.0, "b")
    f = sd.function(inputs, [output, a * 2], updates={a: a + 1, b: b * 2 + output.sum()})
    before = a.get_value(borrow=True)
    with pytest.raises(kind) as caught:
        f(*values)
    assert a.get_value().tolist() == [0, 1, 2] and b.get_value() == 5
    assert a.get_value(borrow=True) is before
    notes = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "test_function.py" in notes, notes


def test_errors_name_the_node_and_the_line():
    """A run-time error carries a note with the node, its inputs with dtypes and shapes, and the user's line."""
    x, W = T.dmatrix("x"), sd.shared(np.ones((3, 2)), "W")
    h = x @ W
    line = inspect.currentframe().f_lineno - 1
    f = sd.function([x], T.tanh(h).sum())
    with pytest.raises(ValueError) as caught:
        f(np.ones((2, 4)))
    (note,) = caught.value.__notes__
    assert note.startswith("while computing matmul(x: float64[2, 4], W: float64[3, 2])")
    assert f"test_function.py:{line}: h = x @ W" in note
    g = sd.function([x], x[5])
    with pytest.raises(IndexError) as caught:
        g(np.ones((2, 4)))
    assert "g = sd.function([x], x[5])" in caught.value.__notes__[0]


def test_an_unknown_one_against_n_names_both():
    """The error about a size of 1 that only shows when running names both operands and both lines."""
    x, y = T.dmatrix("first"), T.dmatrix("second")
    f = sd.function([x, y], x * y)
    with pytest.raises(ShapeError) as caught:
        f(np.ones((3, 4)), np.ones((1, 4)))
    text = str(caught.value)
    assert "mul: shape (3, 4) of 'first'" in text and "shape (1, 4) of 'second'" in text
    assert text.count("test_function.py") == 2


BAD_CALLS = [
    lambda f: f(),
    lambda f: f(np.ones(3), np.ones(3), np.ones(3)),
    lambda f: f(np.ones((3, 3)), np.ones(3)),
    lambda f: f(np.ones(3), np.ones(4)),
    lambda f: f("text", np.ones(3)),
    lambda f: f(np.ones(3, complex), np.ones(3)),
    lambda f: f(np.ones(3), y=None),
    lambda f: f(np.ones(3), z=np.ones(3)),
    lambda f: f(np.ones(3), [1, [2]]),
    lambda f: f(T.dvector("s"), np.ones(3)),
]


def test_bad_calls_change_nothing():
    """Every kind of bad argument leaves states, streams and later results as they were."""
    x, y, w = T.dvector("x"), T.dvector("y"), state(np.zeros(3))
    noise = sd.RandomStream(seed=3).normal(size=(3,), dtype="float64")
    f = sd.function([x, y], w * 1, updates={w: w + x * y + noise})
    g = sd.function([x, y], w * 1, updates={w: w + x * y + noise}, no_default_updates=True)
    expected = g(np.ones(3), np.ones(3)), w.get_value()
    w.set_value(np.zeros(3))
    for call in BAD_CALLS:
        with pytest.raises((TypeError, ValueError)):
            call(f)
        assert w.get_value().tolist() == [0, 0, 0]
    f(np.ones(3), np.ones(3))
    np.testing.assert_array_equal(w.get_value(), expected[1])


def test_bad_compilations_change_nothing():
    """A function that cannot be compiled leaves states and streams alone."""
    x, w = T.dvector("x"), state([1.0])
    for attempt in (
        lambda: sd.function([], updates={w: w + x}),
        lambda: sd.function([x], updates={w: T.cast(w, "float32")}),
        lambda: sd.function([x], T.where(sd.training, x, w), updates={w: w * 2}),
    ):
        with pytest.raises(SymdropError):
            attempt()
    assert w.get_value().tolist() == [1] and w.default_update is None


# Memory: nothing that was handed out is written to again.

VIEWS = {
    "itself": lambda x: x,
    "transpose": lambda x: x.T,
    "step": lambda x: x[::2],
    "reverse": lambda x: x[::-1],
    "reshape": lambda x: x.reshape((-1,)),
    "row": lambda x: x[0],
    "element": lambda x: x[0, 0],
    "new axis": lambda x: x[:, None],
    "squeeze": lambda x: x[:1].reshape((1, 4)),
    "broadcast": lambda x: T.broadcast_to(x[:1], (3, 4)) if x.type.shape != (None, None) else x[:1],
    "split": lambda x: T.split(x, [2, 2])[1] if x.type.shape == (4, 4) else x[2:],
    "identity": lambda x: x.copy(),
    "cast to itself": lambda x: T.cast(x, "float64"),
    "sorted": lambda x: T.sort(x),
    "set": lambda x: T.set_subtensor(x[0], 1.0),
    "diagonal": lambda x: T.diagonal(x) if hasattr(T, "diagonal") else x[0],
    "gather": lambda x: x[[0, 1]],
    "where": lambda x: T.where(x > 0, x, x),
    "computed": lambda x: T.exp(x),
    "view of computed": lambda x: T.exp(x).T,
    "part of computed": lambda x: T.exp(x)[1:],
    "computed from a view": lambda x: x[::2] + 1,
    "matmul": lambda x: (x @ x).T,
    "sum": lambda x: x.sum(axis=0),
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("name", VIEWS)
def test_outputs_share_memory_with_nothing(name, known):
    """No output shares memory with an input, a state, another output, or any output of any other call."""
    build = VIEWS[name]
    x = T.dmatrix("x", shape=(4, 4) if known else None)
    w = sd.shared(np.arange(16.0).reshape(4, 4), "w")
    ws = T.specify_shape(w, (4, 4)) if known else w
    a, b = build(x), build(ws)
    f = sd.function([x], [a, b, a, build(x), x, w, a + 0.0], updates={w: w + 1})
    g = sd.function([x], [a, b, b], on_unused_input="ignore")
    given = np.arange(16.0).reshape(4, 4)
    alive, copies = [given], [given.copy()]
    for call in (f, g, f, f, g, f):
        outputs = call(given)
        for one in outputs:
            assert one.flags.writeable
            assert not np.shares_memory(one, w.get_value(borrow=True))
            for other in alive:
                assert not np.shares_memory(one, other), name
            alive.append(one)
            copies.append(one.copy())
    for one, copied in zip(alive, copies, strict=True):
        np.testing.assert_array_equal(one, copied)
    for one in alive[1:]:
        one[...] = -7
    np.testing.assert_array_equal(w.get_value(), np.arange(16.0).reshape(4, 4) + 4)
    np.testing.assert_array_equal(given, np.arange(16.0).reshape(4, 4))


def test_the_same_variable_twice():
    """One variable returned twice gives two arrays."""
    x = T.dvector("x")
    y = T.exp(x)
    a, b = sd.function([x], [y, y])([0.0])
    a[0] = 5
    assert b[0] == 1


def test_borrowed_values():
    """A borrowed value is the state's own array; after the next update it is still whole, never half overwritten."""
    w = state(np.zeros(1000))
    step = sd.function([], updates={w: w + 1})
    borrowed = w.get_value(borrow=True)
    assert borrowed is w.get_value(borrow=True)
    view = w.get_value(borrow=True)[10:20]
    for _ in range(5):
        step()
    assert (borrowed == borrowed[0]).all() and (view == 0).all() and (w.get_value() == 5).all()
    del borrowed
    held = memoryview(w.get_value(borrow=True))
    for _ in range(5):
        step()
    assert held[0] == held[999] == 5


def test_memory_is_used_again():
    """With nobody holding the old value, updates alternate between two arrays instead of taking new memory."""
    w = state(np.zeros(1000))
    step = sd.function([], updates={w: w + 1})
    places = set()
    for _ in range(20):
        step()
        places.add(w.get_value(borrow=True).__array_interface__["data"][0])
    assert len(places) <= 3


def test_inputs_are_never_written():
    """Arguments come back unchanged, read-only and overlapping ones included."""
    x, y = T.dvector("x"), T.dvector("y")
    f = sd.function([x, y], [x * y, T.exp(x) - y, T.set_subtensor(x[0], 9.0), T.sort(x)])
    base = np.arange(4.0)
    base.setflags(write=False)
    f(base, base)
    f(base[:3], base[1:])
    assert base.tolist() == [0, 1, 2, 3]


def test_literals_beside_stretched_operands():
    """A stretched operand that meets only literals still has its full shape."""
    v = T.dvector("v")
    for build in (
        lambda w: w + 1,
        lambda w: T.clip(w, 0.0, 1.0),
        lambda w: T.where(w > 0, w, 0.0),
        lambda w: T.exp(w * 2) - 1,
        lambda w: 2 / w,
    ):
        y = build(T.broadcast_to(v, (4, 3)))
        value = np.array([0.5, 2.0, -1.0])
        got = sd.function([v], y)(value)
        assert got.shape == (4, 3)
        np.testing.assert_array_equal(got, got[[0, 0, 0, 0]])


# Threads.


def in_threads(*works):
    """Run every work in a thread of its own; the first error is raised here."""
    errors = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def eager_switching():
    """Let threads take turns as often as possible, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_no_lost_update(eager_switching):
    """100,000 calls from 8 threads of a function that counts: every call counts."""
    count = sd.shared(0, "count")
    step = sd.function([], count, updates={count: count + 1})
    seen = [[] for _ in range(8)]

    def work(own):
        for _ in range(12_500):
            own.append(step())

    in_threads(*(lambda own=own: work(own) for own in seen))
    assert count.get_value() == 100_000
    assert sorted(int(value) for own in seen for value in own) == list(range(100_000))


def test_readers_see_consistent_pairs(eager_switching):
    """While a writer updates two states together, readers always see both before or both after."""
    a, b = state(np.zeros(50), "a"), state(np.zeros(50), "b")
    write = sd.function([], updates={a: a + 1, b: b + 2})
    read = sd.function([], [a, b, (b - 2 * a).sum()])
    done = threading.Event()

    def writer():
        for _ in range(3000):
            write()
        done.set()

    def reader():
        while not done.is_set():
            first, second, difference = read()
            assert difference == 0
            assert (first == first[0]).all() and (second == 2 * first[0]).all()

    in_threads(writer, reader, reader)
    assert a.get_value()[0] == 3000


def test_threads_share_no_buffers(eager_switching):
    """One function with buffers, called with different sizes and values from many threads, never mixes them up."""
    x = T.dmatrix("x")
    f = sd.function([x], T.tanh(T.exp(T.sin(x) * 2) - x).sum(axis=1) * 3)

    def work(k):
        value = np.full((k + 1, 7), k / 10)
        expected = np.tanh(np.exp(np.sin(value) * 2) - value).sum(axis=1) * 3
        for _ in range(400):
            np.testing.assert_allclose(f(value), expected, rtol=1e-12)

    in_threads(*(lambda k=k: work(k) for k in range(8)))


def test_threads_and_many_sizes(eager_switching):
    """Threads that call with ever other sizes do not trip over each other's buffers being dropped."""
    x = T.dmatrix("x")
    f = sd.function([x], T.tanh(T.exp(T.sin(x) * 2) - x).sum())

    def work(k):
        for rows, columns in np.random.default_rng(k).integers(1, 9, (800, 2)):
            f(np.ones((rows, columns)))

    in_threads(*(lambda k=k: work(k) for k in range(8)))


def test_writers_of_overlapping_states_do_not_wait_for_each_other(eager_switching):
    """Functions that update the same states in different orders never wait in a circle."""
    a, b, c = state(0.0, "a"), state(0.0, "b"), state(0.0, "c")
    one = sd.function([], updates={a: a + 1, b: b + 1})
    two = sd.function([], updates={b: b + 1, c: c + 1})
    three = sd.function([], updates={c: c + 1, a: a + 1})
    in_threads(*(lambda f=f: [f() for _ in range(500)] for f in (one, two, three)))
    assert a.get_value() == b.get_value() == c.get_value() == 1000


def test_set_value_among_updates(eager_switching):
    """set_value waits for a running update instead of being overwritten by it."""
    w = state(np.zeros(3))
    step = sd.function([], updates={w: w + 1})

    def setter():
        for _ in range(300):
            w.set_value(np.full(3, 1e6))

    in_threads(lambda: [step() for _ in range(2000)], setter)
    w.set_value(np.zeros(3))
    step()
    assert w.get_value().tolist() == [1, 1, 1]


# Copies.


def test_pickled_function():
    """A pickled function computes the same, has states of its own, and keeps names, keywords and options."""
    x, w = T.dscalar("x"), state(1.0)
    f = sd.function([x, sd.In(T.dscalar("rate"), value=2.0)], {"value": x * w}, updates={w: w + 1}, name="stepper",
                    on_unused_input="ignore")  # fmt: skip
    f(1.0)
    g = pickle.loads(pickle.dumps(f))
    assert g(10)["value"] == 20 and g(10)["value"] == 30
    assert w.get_value() == 2 and f(10)["value"] == 20
    assert g.name == "stepper"
    with pytest.raises(TypeError, match="stepper"):
        g(1, 2, 3)


def test_functions_pickled_together_share_their_states():
    """A train and a test function in one pickle still share one set of parameters afterwards."""
    x, w = T.dscalar("x"), state(1.0)
    pair = sd.function([x], updates={w: w + x}), sd.function([x], x * w)
    train, test, own = pickle.loads(pickle.dumps((*pair, w)))
    train(4)
    assert test(1) == 5 and own.get_value() == 5 and w.get_value() == 1
    train, test = copy.deepcopy(pair)
    train(1)
    assert test(1) == 2 and w.get_value() == 1


def test_deepcopy_of_a_shared_variable():
    """deepcopy makes an independent state; copying a function copies its states with it."""
    w = state([1.0, 2.0])
    twin = copy.deepcopy(w)
    twin.set_value([5.0, 6.0])
    assert w.get_value().tolist() == [1, 2] and twin.name == "w"
    f = sd.function([], updates={w: w * 2})
    g = copy.deepcopy(f)
    g()
    assert w.get_value().tolist() == [1, 2]


def test_pickled_in_another_process():
    """A pickle is read by a fresh process; randomness goes on where it stood."""
    stream = sd.RandomStream(seed=5)
    draw = stream.uniform(size=(3,), dtype="float64")
    f = sd.function([], draw)
    f()
    program = "import sys, pickle; f = pickle.load(sys.stdin.buffer); f(); print(f().tolist())"
    data = pickle.dumps(f)
    shown = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True,
                           cwd=Path(sd.__file__).parents[1])  # fmt: skip
    f()
    assert eval(shown.stdout) == f().tolist()


# Looking at functions.


def test_stages():
    """Every stage is a named graph, in order, from the user's expression to what runs."""
    x, w = T.dvector("x"), state([1.0, 2.0])
    cost = T.log(1 + T.exp(x * w)).sum()
    cost.name = "cost"
    f = sd.function([x], cost, updates={w: w - sd.grad(cost, w)}, training=False)
    graphs = ["user", "gradient", "specialised", "merged", "rewritten", *["decomposed"] * (f.backend == "native")]
    assert list(f.stages) == [*graphs, "kernels"] and list(f.stages.graphs()) == graphs
    assert all(isinstance(f.stages[name], sd.Graph) for name in graphs)
    assert list(f.stages["kernels"]) == list(f.kernels) and str(f.stages["kernels"]) == f.source("kernels")
    assert not [node for node in f.stages["user"].nodes() if node.origin]
    assert [node for node in f.stages["gradient"].nodes() if node.origin]
    assert "softplus" in str(f.stages["rewritten"]) and "softplus" not in str(f.stages["user"])
    assert "update of w = w - " in str(f.stages["user"])
    assert f.kernels and f.source() and f.backend == sd.config.backend
    with pytest.raises(ValueError, match="kernels"):
        f.source("assembler")
    assert "symdrop function" in repr(f) and "x" in repr(f) and str(f).startswith(repr(f))


def test_default_name():
    """A function without a name is called by the line that made it."""
    x = T.dscalar("x")
    f = sd.function([x], x)
    assert f.name.startswith("the function of test_function.py:") and "sd.function([x], x)" in f.name


def test_eval():
    """expr.eval computes with values by variable or name, changes no state, and says what is wrong."""
    x, w = T.dscalar("x"), state(2.0)
    y = x * w
    assert y.eval({x: 3.0}) == y.eval({"x": 3.0}) == 6
    assert T.where(sd.training, 1.0, 2.0).eval(training=True) == 1
    assert T.where(sd.flag("a"), 1.0, 2.0).eval(flags={"a": False}) == 2
    draw = sd.RandomStream(seed=1).uniform(size=2)
    assert draw.eval().tolist() == draw.eval().tolist()
    with pytest.raises(GraphTypeError, match="no input called 'z'"):
        y.eval({"z": 3.0})
    with pytest.raises(GraphTypeError, match="eval takes a dictionary"):
        y.eval(3.0)
    with pytest.raises(MissingInputError, match="'x'"):
        y.eval()


def test_inputs_that_are_computed():
    """A computed variable as an input cuts off what computes it."""
    x = T.dvector("x")
    h = T.exp(x)
    f = sd.function([h], h * 2)
    assert f([1.0]).tolist() == [2]
    g = sd.function([x, h], x + h)
    assert g([1.0], [10.0]).tolist() == [11]


def test_separate_forward_and_backward_functions():
    """One function computes the activations, another takes them and the gradient from above: seed 001's question."""
    x, W, above = T.dmatrix("x"), sd.shared(np.array([[0.1, 0.2], [0.3, 0.4]]), "W"), T.dmatrix("above")
    h = T.tanh(x @ W)
    forward = sd.function([x], h)
    backward = sd.function([x, h, above], sd.grad(None, W, known_grads={h: above}))
    value = np.array([[1.0, 2.0]])
    out = forward(value)
    g = np.array([[0.5, -1.0]])
    np.testing.assert_allclose(backward(value, out, g), value.T @ (g * (1 - out**2)))


def test_errors_do_not_keep_memory_alive():
    """A failed call leaves no cycle that holds the arguments."""
    x, y = T.dvector("x"), T.dvector("y")
    f = sd.function([x, y], x + y)

    class Watched(np.ndarray):
        alive = 0

    def call():
        with pytest.raises(ShapeError):
            f(np.ones(3).view(Watched), np.ones(4))

    for _, _ in itertools.product(range(2), range(2)):
        call()
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Watched)]


def test_subclasses_of_arrays():
    """Masked arrays are refused or taken as plain arrays, but never silently computed with their own rules."""
    x = T.dvector("x")
    f = sd.function([x], x * 2)
    got = f(np.ma.masked_array([1.0, 2.0]))
    assert type(got) is np.ndarray and got.tolist() == [2, 4]

    class Other(np.ndarray):
        def __mul__(self, other):
            raise AssertionError("the subclass's own rules")

    assert type(f(np.ones(2).view(Other))) is np.ndarray


def test_product_of_sizes_that_do_not_fit():
    """The inner sizes of a product are compared before NumPy is called: the error is ours, and nothing changes."""
    x = T.dmatrix("x")
    W = sd.shared(np.ones((3, 2)), "W")
    f = sd.function([x], x @ W, updates={W: W + 1})
    with pytest.raises(ShapeError, match=r"shapes \(2, 4\) and \(3, 2\) do not fit") as caught:
        f(np.ones((2, 4)))
    assert "test_function.py" in "".join(caught.value.__notes__)
    assert (W.get_value() == 1).all()


def test_updates_happen_all_or_none_under_interrupts():
    """Ctrl-C may come at any bytecode; two states that are updated together must still agree afterwards."""
    a, b = sd.shared(np.zeros(3), "a"), sd.shared(np.zeros(3), "b")
    f = sd.function([], None, updates={a: a + 1, b: b + 1})
    interrupts = 0
    for after in range(1, 400):
        seen = 0

        def interrupt(frame, event, argument, after=after):
            nonlocal seen
            frame.f_trace_opcodes = True
            seen += event == "opcode"
            if event == "opcode" and seen == after:
                raise KeyboardInterrupt
            return interrupt

        sys.settrace(interrupt)
        try:
            f()
        except KeyboardInterrupt:
            interrupts += 1
        finally:
            sys.settrace(None)
        assert (a.get_value() == b.get_value()).all()
    # A native call is a single bytecode, with a dozen others around it.
    assert interrupts > 10
    before = float(a.get_value()[0])
    f()
    assert a.get_value()[0] == before + 1, "no lock is left behind"


@pytest.mark.parametrize(
    ("dtype", "value", "words"),
    [
        ("int8", np.array([1, 300]), "the value 300 at position 1 of dtype int64 does not fit into int8"),
        ("bool", np.array([0, 2]), "the value 2 at position 1"),
        ("float32", np.array([1, -1e300]), r"the value -1e\+300 at position 1"),
        ("float32", np.array([1, 2**24 + 1]), "the value 16777217 at position 1"),
        ("int32", np.array([1.0, 2.0]), "without losing fractions"),
        ("float32", np.ma.array([1.0, 2.0], mask=[0, 1]), "masked array, whose mask would be lost"),
    ],
)
def test_which_value_does_not_fit(dtype, value, words):
    """Wherever a value enters, the error says which one does not fit, and what fits is taken and keeps its value."""
    x, state = T.tensor(dtype, (None,), "x"), sd.shared(np.zeros(2, dtype), "state")
    for attempt in (
        lambda: sd.function([x], x)(value),
        lambda: sd.function([sd.In(x, value=value)], x),
        lambda: x.eval({x: value}),
        lambda: state.set_value(value),
    ):
        with pytest.raises(TypeError, match=words):
            attempt()
    assert state.get_value().tolist() == [0, 0]
    if isinstance(value, np.ma.MaskedArray):
        for attempt in (sd.shared, T.constant, lambda v: x + v, lambda v: T.stack([x, v]), lambda v: sd.shared([v, v])):
            with pytest.raises(TypeError, match=words):
                attempt(value)
    else:
        for attempt in (
            lambda: sd.function([], x * 2, givens={x: value}),
            lambda: sd.function([], updates={state: value}),
        ):
            with pytest.raises(TypeError):
                attempt()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_values_that_fit_are_taken_everywhere(backend):
    """Int64 labels for int32 and float64 data for float32, in calls, defaults, states, givens and updates."""
    y, x = T.ivector("y"), T.fvector("x")
    labels, data = np.array([1, 2]), np.array([0.1, 0.2])
    f = sd.function([y, sd.In(x, value=data)], [y * 2, x], backend=backend)
    for found in (f(labels), f(labels, data), f(labels.astype("uint8"), data), f([1, 2], data.tolist())):
        assert found[0].dtype == "int32" and found[0].tolist() == [2, 4]
        np.testing.assert_array_equal(found[1], data.astype("float32"))
    w, n = sd.shared(np.zeros(2, "float32")), sd.shared(np.zeros(2, "int32"))
    for value in (data, data.tolist(), np.asfortranarray(data)[::-1][::-1], data.astype(">f8")):
        w.set_value(value, borrow=True)
        assert w.get_value().tolist() == data.astype("float32").tolist() and w.get_value().dtype == "float32"
    w.set_value(labels)
    n.set_value(labels)
    assert w.get_value().tolist() == [1, 2] and n.get_value().tolist() == [1, 2] and n.get_value().dtype == "int32"
    sd.function([], updates={w: data * 2, n: labels + 1}, backend=backend)()
    assert n.get_value().tolist() == [2, 3] and w.get_value().tolist() == (data * 2).astype("float32").tolist()
    given = sd.function([], y + 1, givens={y: labels}, backend=backend)()
    assert given.dtype == "int32" and given.tolist() == [2, 3]
    strict = sd.function([y], y, allow_input_downcast=False, backend=backend)
    with pytest.raises(TypeError, match="without risking loss"):
        strict(labels)
    assert strict([1, 2]).tolist() == [1, 2]


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(("dtype", "empty", "shape"), [
    ("int32", [], (0,)), ("bool", (), (0,)), ("uint8", [[]], (1, 0)), ("int64", [[], ()], (2, 0)),
    ("float32", [], (0,)), ("int16", [[[]]], (1, 1, 0)),
])  # fmt: skip
def test_lists_without_numbers_have_any_dtype(backend, dtype, empty, shape):
    """NumPy calls them float64; a last, empty batch of labels is one of integers wherever it enters."""
    x = T.tensor(dtype, (None,) * len(shape), "x")
    state = sd.shared(np.ones((2,) * len(shape), dtype), "state", broadcastable=(False,) * len(shape))
    for option in (None, True, False, "python"):
        got = sd.function([x], x, allow_input_downcast=option, backend=backend)(empty)
        assert got.dtype == dtype and got.shape == shape
    for found in (
        sd.function([sd.In(x, value=empty)], x, backend=backend)(),
        sd.function([], T.identity(x), givens={x: empty}, backend=backend)(),
        x.eval({x: empty}),
        T.constant(empty, dtype).value,
    ):
        assert found.dtype == dtype and found.shape == shape
    sd.function([], updates={state: empty}, backend=backend)()
    assert state.get_value().dtype == dtype and state.get_value().shape == shape
    state.set_value(np.ones((2,) * len(shape), dtype))
    state.set_value(empty)
    assert state.get_value().dtype == dtype and state.get_value().shape == shape


def test_empty_arrays_keep_their_dtype():
    """An array says of which dtype it is, also inside a list; that of a call without elements is no exception."""
    x, y = T.ivector("x"), T.imatrix("y")
    for variable, value in ((x, np.zeros(0)), (y, [np.zeros(0)])):
        with pytest.raises(GraphTypeError, match="without losing fractions"):
            sd.function([variable], variable)(value)


REFUSED_WHEN_RUNNING = {
    "no row 0 of nothing": (lambda x, v, i: x[0], IndexError, (np.zeros((0, 3)), [1.0], [0])),
    "no row 5 of 2": (lambda x, v, i: x[i], IndexError, (np.ones((2, 2)), [1.0], [5])),
    "no row 5 to set": (lambda x, v, i: T.set_subtensor(x[i], 1.0), IndexError, (np.ones((2, 2)), [1.0], [5])),
    "joined rows of 2 and 3": (
        lambda x, v, i: T.concatenate([x, v[None]]),
        ValueError,
        (np.ones((2, 2)), [1.0] * 3, [0]),
    ),
    "the largest of nothing": (lambda x, v, i: T.max(v), ValueError, (np.ones((2, 2)), [], [0])),
    "a part of another size": (lambda x, v, i: T.set_subtensor(x[0], v), ValueError, (np.ones((2, 2)), [1.0] * 3, [0])),
    "a range without end": (lambda x, v, i: T.arange(0, 5, i[0]), ValueError, (np.ones((2, 2)), [1.0], [0])),
}


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("case", REFUSED_WHEN_RUNNING)
def test_what_numpy_refuses_is_the_librarys_own_error(case, backend):
    """In a formula of the library's own ops NumPy's error becomes the library's of its kind, and names op and line."""
    build, kind, values = REFUSED_WHEN_RUNNING[case]
    inputs = T.dmatrix("x"), T.dvector("v"), T.lvector("i")
    f = sd.function(inputs, build(*inputs), backend=backend, on_unused_input="ignore")
    with pytest.raises(kind) as caught:
        f(*values)
    assert isinstance(caught.value, sd.errors.SymdropError)
    assert any("test_function.py" in note for note in [str(caught.value), *caught.value.__notes__])


def test_errors_of_the_users_own_formulas_stay_as_they_are():
    """An op that is not the library's raises what its author chose."""

    @sd.elementwise
    def choosy(m, x):
        """Refuse everything."""
        raise IndexError("mine")

    try:
        with pytest.raises(IndexError, match="mine") as caught:
            sd.function([x := T.dvector("x")], choosy(x), backend="numpy")([1.0])
        assert not isinstance(caught.value, sd.errors.SymdropError)
    finally:
        del registry["choosy"]

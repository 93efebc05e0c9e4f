"""Givens and flags: variables replaced when a function is made, and what may be chosen when it is made or called."""

import inspect
import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    GraphTypeError,
    ShapeError,
    SymdropError,
    UnsetFlagError,
)
from tests.compiler.states import state


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
    assert f"test_givens.py:{line}" in str(caught.value)
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

"""Memory: outputs are nobody else's, inputs are never written, and errors keep nothing alive."""

import gc
import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ShapeError,
)
from tests.compiler.states import state

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


# Those of which a known shape makes another view, or lets more be found equal.
OF_KNOWN_SHAPE = ("itself", "transpose", "reshape", "squeeze", "broadcast", "split", "gather", "part of computed")


@pytest.mark.parametrize(
    ("name", "known"), [*((name, False) for name in VIEWS), *((name, True) for name in OF_KNOWN_SHAPE)]
)
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
    assert not [thing for thing in gc.get_objects() if issubclass(type(thing), Watched)]

"""Updates and shared variables: old values are read, all states change or none, and what a state takes."""


import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    GraphTypeError,
    ShapeError,
    SymdropError,
)
from tests.compiler.states import state
from tests.helpers.interrupts import interrupted

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
    assert "float64 first appears in 'x' of type float64[?, ?] (made at test_updates.py" in text
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


def test_updates_happen_all_or_none_under_interrupts():
    """Ctrl-C may come at any bytecode; two states that are updated together must still agree afterwards."""
    a, b = sd.shared(np.zeros(3), "a"), sd.shared(np.zeros(3), "b")
    f = sd.function([], None, updates={a: a + 1, b: b + 1})
    interrupts = 0
    for after in range(1, 400):
        interrupts += interrupted(f, after)
        assert (a.get_value() == b.get_value()).all()
    # A native call is a single bytecode, with a dozen others around it.
    assert interrupts > 10
    before = float(a.get_value()[0])
    f()
    assert a.get_value()[0] == before + 1, "the next call works"


def test_a_default_update_shares_work_with_the_outputs():
    """A draw and the next state of its generator are two values of one loop, which is run once; givens reach both."""
    state, x, y = sd.shared(np.ones(5)), T.dvector("x"), T.dvector("y")
    loop, _ = sd.scan(lambda s: s * 1.5 + x.sum(), outputs_info=state, n_steps=3)
    state.set_default_update(loop[-1])
    f = sd.function([y], loop.sum(), givens={x: y + 1})
    assert sum(node.op.name == "scan" for node in f.stages["merged"].nodes()) == 1
    value = np.ones(5)
    for _ in range(2):
        rows = []
        for _ in range(3):
            value = value * 1.5 + 4
            rows.append(value)
        np.testing.assert_allclose(f([0.0, 2]), np.sum(rows), rtol=1e-14)
    np.testing.assert_allclose(state.get_value(), value, rtol=1e-14)

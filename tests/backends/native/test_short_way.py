"""The short way into native code: which calls take it, what it refuses, and what it keeps."""

import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.runtime import direct
from symdrop.errors import ArgumentError, ShapeError
from symdrop.op.states import CLAIMED, FREE, OVERWRITTEN
from symdrop.types import TensorType
from tests.backends.native.step import WORDS, Pair, needs_layout

pytest.importorskip("llvmlite")


@pytest.mark.skipif(sys.platform != "linux", reason="promised for Linux")
def test_the_short_way_is_open_here():
    """On the first platform the self-check finds everything where it should be."""
    assert direct.layout() is not None


@needs_layout
def test_the_short_way(step):
    """A plain call never enters Python's part of the way, and gives what NumPy gives, for sizes that change."""
    pair = Pair(step)
    for n in (5, 5, 1, 0, 300, 5):
        start = np.linspace(0, 1, n)
        pair.w.set_value(start)
        pair.numpy_w.set_value(start)
        for value in (np.ones(n), np.linspace(-1, 1, n)):
            got, expected = pair.f(value), pair.numpy(value)
            assert type(got) is np.ndarray and got.dtype == expected.dtype and got.flags.carray and got.flags.owndata
            np.testing.assert_array_equal(got, expected)
            pair.check()
    assert pair.program.long_calls == 0


@needs_layout
def test_kinds_of_outputs(step):
    """One output in a list comes in a list, those of a dictionary in a dictionary; both by the short way."""
    listed, keyed = Pair(step, kind=lambda out: [out]), Pair(step, kind=lambda out: {"a": out})
    (got,) = listed.f(np.ones(5))
    assert type(listed.f(np.ones(5))) is list and got.tolist() == [0, 1, 2, 3, 4]
    assert listed.program.long_calls == 0
    assert keyed.f(np.ones(5))["a"].tolist() == [0, 1, 2, 3, 4] and keyed.program.long_calls == 0


@needs_layout
def test_the_work_decides(step):
    """More work than Python should wait for is done the longer way, with Python's lock released."""
    pair = Pair(step, n=50, small=49)
    pair.f(np.ones(50))
    assert pair.program.long_calls == 1
    pair.w.set_value(np.zeros(49))
    pair.f(np.ones(49))
    assert pair.program.long_calls == 1


class Other(np.ndarray):
    pass


ODD = {
    "list": [1.0, 2.0, 3.0, 4.0, 5.0],
    "integers": np.arange(5),
    "float32": np.ones(5, "float32"),
    "big-endian": np.ones(5, ">f8"),
    "strided": np.ones(10)[::2],
    "reversed": np.arange(5.0)[::-1],
    "unaligned": np.frombuffer(b"x" + np.arange(5.0).tobytes(), np.uint8)[1:].view("float64"),
    "subclass": np.ones(5).view(Other),
    "stretched": np.broadcast_to(np.float64(2), (5,)),
}


@needs_layout
@pytest.mark.parametrize("name", ODD)
def test_odd_arguments_take_the_longer_way(step, name):
    """The short way refuses what is not an aligned C-contiguous array of the very type; the call works all the same."""
    pair = Pair(step)
    assert pair.f._checked.direct(ODD[name]) is NotImplemented
    np.testing.assert_array_equal(pair.f(ODD[name]), pair.numpy(ODD[name]))
    pair.check()


@needs_layout
def test_unpickled_arrays_take_the_short_way(step):
    """An array out of a pickle has a dtype object of its own; its number counts, not which object it is."""
    pair = Pair(step)
    value = pickle.loads(pickle.dumps(np.ones(5)))
    pair.w.container.value = pickle.loads(pickle.dumps(np.arange(5.0)))
    pair.f(value)
    assert pair.program.long_calls == 0
    read_only = np.ones(5)
    read_only.setflags(write=False)
    pair.f(read_only)
    assert pair.program.long_calls == 0


BAD = {
    "nothing": lambda f: f(),
    "too many": lambda f: f(np.ones(5), np.ones(5)),
    "rank": lambda f: f(np.ones((5, 1))),
    "scalar": lambda f: f(np.float64(1)),
    "text": lambda f: f("text"),
    "none": lambda f: f(None),
    "complex": lambda f: f(np.ones(5, complex)),
    "objects": lambda f: f(np.array([None] * 5)),
    "symbol": lambda f: f(T.dvector("s")),
    "keyword": lambda f: f(np.ones(5), y=1),
    "twice": lambda f: f(np.ones(5), x=np.ones(5)),
    "type": lambda f: f(np.ndarray),
}


@needs_layout
@pytest.mark.parametrize("name", BAD)
def test_refused_arguments_are_refused_as_by_numpy(step, name):
    """Every wrong call is the same error in the same words as on the NumPy back end, and changes nothing."""
    pair = Pair(step)
    errors = []
    for f in (pair.f, pair.numpy):
        with pytest.raises(sd.errors.SymdropError) as caught:
            BAD[name](f)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]
    pair.check()


@needs_layout
@pytest.mark.parametrize("small", [0, direct.SMALL_WORK])
def test_checks_that_fail(step, small):
    """Sizes that differ, and a check that fails while running, raise in Python and change nothing: not even which
    arrays the states have, or how often an output is referred to."""
    pair = Pair(step, small=small)
    pair.f(np.ones(5))
    pair.numpy(np.ones(5))
    pooled = [sys.getrefcount(array) for array in pair.program.pool.arrays]
    for bad, error in ((np.ones(4), ShapeError), (np.full(5, np.nan), ArgumentError)):
        for borrowing in (False, True):
            borrowed = pair.w.get_value(borrow=True) if borrowing else None
            before = id(pair.w.container.value)
            with pytest.raises(error):
                pair.f(bad)
            assert id(pair.w.container.value) == before
            assert pair.w.container.busy is FREE
            del borrowed
    pair.check()
    assert [sys.getrefcount(array) for array in pair.program.pool.arrays][:1] == pooled
    pair.f(np.ones(5))
    pair.numpy(np.ones(5))
    pair.check()


@needs_layout
def test_states_that_others_are_about_to_change(step):
    """While another call computes new values of a state, the short way is closed; one that only reads it may go on
    unless the array itself is being written."""
    pair = Pair(step)
    for busy in (CLAIMED, OVERWRITTEN):
        pair.count.container.busy = busy
        assert pair.f._checked.direct(np.ones(5)) is NotImplemented
        pair.count.container.busy = FREE
    vector, scalar = TensorType("float64", (None,)), TensorType("int64", ())
    reader = direct.FastPath(
        prepare=step.code.address("prepare"), run=step.code.address("prepare"), words=WORDS, states={},
        inputs=[vector, vector, scalar], outputs=[vector], containers=[pair.w.container, pair.count.container],
        pools=[direct.OutputPool("float64")], single=True,
    ).call  # fmt: skip
    for busy, answers in ((FREE, True), (CLAIMED, True), (OVERWRITTEN, False)):
        pair.w.container.busy = busy
        assert (reader(np.ones(5)) is not NotImplemented) == answers
    pair.w.container.busy = FREE


@needs_layout
def test_nothing_leaks(step):
    """After many calls, accepted and refused, every object has as many references as before."""
    pair = Pair(step)
    x, other = np.ones(5), np.ones(3)
    for _ in range(5):
        pair.f(x)
    counted = [x, other, pair.w.container.value, pair.count.container.value, pair.program.pool.arrays, NotImplemented]
    before = [sys.getrefcount(thing) for thing in counted[:-1]]
    del counted[2:4]
    for _ in range(1000):
        pair.f(x)
        assert pair.f._checked.direct(other) is NotImplemented
        assert pair.f._checked.direct(1) is NotImplemented
        assert pair.f._checked.direct() is NotImplemented
    counted[2:2] = [pair.w.container.value, pair.count.container.value]
    assert [sys.getrefcount(thing) for thing in counted[:-1]] == before


@needs_layout
def test_the_short_way_keeps_what_it_needs(step):
    """The entry alone keeps states, code, frame and pool alive."""
    pair = Pair(step)
    call, w = pair.f._checked.direct, pair.w.container
    del pair
    gc.collect()
    assert call(np.ones(5)).tolist() == [0, 1, 2, 3, 4] and w.value.tolist() == [5, 4, 3, 2, 1]
    watched = weakref.ref(w.value)
    del call, w
    gc.collect()
    assert watched() is None, "and nothing keeps the entry alive"

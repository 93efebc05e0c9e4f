"""Outputs that are used again and states written in place: only where nobody else holds them."""

import ctypes
import itertools
import pickle
import threading
import time
import weakref

import numpy as np
import pytest

import symdrop as sd
from symdrop.backends.native.runtime import direct
from symdrop.compiler.run import Function
from symdrop.op.states import FREE, OVERWRITTEN
from tests.backends.native.step import Pair, needs_layout, stages_of
from tests.helpers.interrupts import interrupted
from tests.helpers.threads import in_threads

pytest.importorskip("llvmlite")


# Outputs are used again only when nobody can tell.


@needs_layout
def test_outputs_that_are_let_go_are_used_again(step):
    """With nobody holding results, calls use the same memory; held ones are never touched."""
    pair = Pair(step)
    places = set()
    for _ in range(20):
        places.add(pair.f(np.ones(5)).ctypes.data)
    assert len(places) <= 3
    held = [pair.f(np.ones(5)) for _ in range(50)]
    copies = [array.copy() for array in held]
    for _ in range(20):
        pair.f(np.ones(5))
    for array, copied in zip(held, copies, strict=True):
        np.testing.assert_array_equal(array, copied)
    assert len({array.ctypes.data for array in held}) == 50


HOLDERS = {
    "itself": lambda a: a,
    "a view": lambda a: a[1:3],
    "a view of a view": lambda a: a[1:4].reshape(3, 1)[1:],
    "a transpose": lambda a: a.T,
    "a buffer": lambda a: memoryview(a),
    "another dtype": lambda a: a.view("int64"),
    "DLPack": lambda a: np.from_dlpack(a),
    "an iterator": lambda a: np.nditer(a),
    "a list": lambda a: [[a]],
}


@needs_layout
@pytest.mark.parametrize("small", [0, direct.SMALL_WORK])
@pytest.mark.parametrize("name", HOLDERS)
def test_what_keeps_an_output(step, name, small):
    """Whatever refers to an output's memory keeps it from being used again, on both ways."""
    pair = Pair(step, small=small)
    held, values = [], []
    for _ in range(8):
        out = pair.f(np.ones(5))
        values.append(out.copy())
        place = out.ctypes.data
        held.append((place, HOLDERS[name](out)))
        del out
    assert len({place for place, _ in held}) == 8
    for (place, _), value in zip(held, values, strict=True):
        now = np.frombuffer((ctypes.c_double * 5).from_address(place))
        np.testing.assert_array_equal(now, value)


@needs_layout
def test_outputs_changed_by_their_taker(step):
    """An output that came back with another shape, dtype or flag, or that is being watched, is not used again."""
    pair = Pair(step)

    def check():
        for _ in range(4):
            got = pair.f(np.ones(5))
            assert got.shape == (5,) and got.dtype == "float64" and got.flags.writeable
            del got

    for change in (
        lambda a: a.setflags(write=False),
        lambda a: setattr(a, "shape", (5, 1)),
        lambda a: a.resize(50, refcheck=False),
        lambda a: a.resize(2, refcheck=False),
    ):
        for _ in range(4):
            out = pair.f(np.ones(5))
            change(out)
            del out
        check()
    out = pair.f(np.ones(5))
    place, watcher = id(out), weakref.ref(out)
    del out
    assert all(id(pair.f(np.ones(5))) != place for _ in range(10)) or watcher() is None


def test_pool_of_outputs():
    """take gives arrays of the right shape that nobody has; give keeps no more than a few."""
    pool = direct.OutputPool("float32")
    arrays = [pool.take((2, 3)) for _ in range(6)]
    assert len({id(array) for array in arrays}) == 6
    for array in arrays:
        pool.give(array)
    assert len(pool.arrays) == 3
    kept = {id(array) for array in pool.arrays}
    assert id(pool.take((2, 3))) not in kept, "they are still held here"
    del arrays, array
    assert pool.take((3, 2)).shape == (3, 2)
    first, second = pool.take((2, 3)), pool.take((2, 3))
    assert {id(first), id(second)} <= kept and first is not second
    assert pool.take(()).shape == () and pool.take((0, 4)).dtype == "float32"


def test_pool_of_outputs_among_threads(eager_switching):
    """No array is ever in the hands of two threads."""
    pool = direct.OutputPool("float64")

    def work(k):
        for _ in range(2000):
            array = pool.take((4,))
            array[:] = k
            pool.give(array)
            assert (array == k).all()

    in_threads(*(lambda k=k: work(k) for k in range(6)))


@needs_layout
def test_states_are_written_in_place(pair):
    """With nobody else holding them, the states stay where they are."""
    places = set()
    for _ in range(5):
        pair.f(np.ones(5))
        pair.numpy(np.ones(5))
        places.add((pair.w.container.value.ctypes.data, pair.count.container.value.ctypes.data))
    assert len(places) == 1
    pair.check()


STATE_HOLDERS = {name: holder for name, holder in HOLDERS.items() if name != "an iterator"}


@needs_layout
@pytest.mark.parametrize("name", STATE_HOLDERS)
def test_borrowed_states_stay_whole(pair, name):
    """A borrowed value, or anything that shares its memory, keeps what it was borrowed with."""
    for _ in range(3):
        borrowed = pair.w.get_value(borrow=True)
        place, before = borrowed.ctypes.data, borrowed.copy()
        held = STATE_HOLDERS[name](borrowed)
        del borrowed
        for _ in range(3):
            pair.f(np.ones(5))
            pair.numpy(np.ones(5))
        np.testing.assert_array_equal(np.frombuffer((ctypes.c_double * 5).from_address(place)), before)
        pair.check()
        del held


@needs_layout
def test_arrays_that_are_not_the_states_own(pair):
    """States set to views, to read-only memory or to one array twice are copied before they are written in place."""
    base = np.arange(10.0)
    pair.w.set_value(base[::2], borrow=True)
    pair.numpy_w.set_value(base[::2])
    pair.f(np.ones(5))
    pair.numpy(np.ones(5))
    pair.check()
    assert base.tolist() == list(range(10))
    shared_array = np.arange(5.0)
    twin = sd.shared(shared_array, "twin", borrow=True)
    pair.w.set_value(shared_array, borrow=True)
    pair.numpy_w.set_value(np.arange(5.0))
    del shared_array
    pair.f(np.ones(5))
    pair.numpy(np.ones(5))
    pair.check()
    assert twin.get_value().tolist() == [0, 1, 2, 3, 4]


@needs_layout
def test_a_state_as_its_own_argument(pair):
    """The array of a state, or a view of it, may be given as an argument: it is read as it was."""
    pair.f(pair.w.get_value(borrow=True))
    pair.numpy(np.arange(5.0))
    pair.check()
    pair.f(pair.w.get_value(borrow=True)[::-1])
    pair.numpy(pair.numpy_w.get_value()[::-1].copy())
    pair.check()


@needs_layout
@pytest.mark.parametrize("n", [5, 40_000])
def test_no_lost_update_between_ways(step, eager_switching, n):
    """The short way, the longer way, a NumPy function and set_value may all change one state: every change counts."""
    short, long = Pair(step, n=n), Pair(step, n=n, small=0)
    w, count = short.w, short.count
    long.f = Function(
        long.f._recipe, long.f._compile, long.f._signature, long.program, stages_of(long.f), [w, count],
        dict(zip([w, count], long.f.updates.values(), strict=True)), "step", None, True,
    )  # fmt: skip
    add = sd.function([], count, updates={count: count + 1}, backend="numpy")
    x = np.ones(n)
    calls = 400 if n > 1000 else 3000
    seen = []
    in_threads(
        lambda: [short.f(x) for _ in range(calls)],
        lambda: [long.f(x) for _ in range(calls)],
        lambda: [long.f(x) for _ in range(calls)],
        lambda: [seen.append(int(add())) for _ in range(calls)],
    )
    assert count.get_value() == 4 * calls and len(set(seen)) == calls
    assert w.get_value().sum() == np.arange(float(n)).sum() + 3 * calls * n
    assert w.container.busy is FREE and count.container.busy is FREE


@needs_layout
@pytest.mark.parametrize("small", [0, direct.SMALL_WORK], ids=["long way", "short way"])
def test_readers_never_see_half_a_step(step, eager_switching, small):
    """While steps write both states in place, whoever reads finds both of one step, and keeps what it found."""
    n = 20_000
    pair = Pair(step, n=n, small=small, threads=2)
    w, count = pair.w, pair.count
    w.set_value(np.zeros(n))
    read = sd.function([], [w, count], backend="numpy")
    done = threading.Event()

    def writer():
        for _ in range(150):
            pair.f(np.ones(n))
        done.set()

    def reader():
        last = 0
        while not done.is_set():
            value, steps = read()
            assert (value == steps).all() and steps >= last
            last = steps

    def copier():
        while not done.is_set():
            value = w.get_value()
            assert (value == value[0]).all()

    def borrower():
        while not done.is_set():
            value = w.get_value(borrow=True)
            first = value[0]
            assert (value == first).all()
            time.sleep(0.001)
            assert (value == first).all()

    def pickler():
        while not done.is_set():
            value = pickle.loads(pickle.dumps(w)).get_value()
            assert (value == value[0]).all()

    in_threads(writer, reader, copier, borrower, pickler)
    assert count.get_value() == 150 and (w.get_value() == 150).all()


@needs_layout
def test_writers_that_read_each_others_states(step, eager_switching):
    """A function that reads a state others overwrite waits for them without holding them up in turn."""
    n = 400_000
    pair = Pair(step, n=n, small=0, threads=2)
    pair.w.set_value(np.zeros(n))
    total = sd.shared(np.float64(0.0), "total")
    gather = sd.function([], None, updates={total: total + (pair.w.max() - pair.w.min())}, backend="numpy")
    both = sd.function(
        [], None, updates={pair.count: pair.count + 0, total: total + (pair.w.max() - pair.w.min())}, backend="numpy"
    )
    in_threads(
        lambda: [pair.f(np.ones(n)) for _ in range(150)],
        lambda: [gather() for _ in range(150)],
        lambda: [both() for _ in range(150)],
    )
    assert total.get_value() == 0 and pair.count.get_value() == 150


@needs_layout
def test_an_interrupt_changes_all_or_nothing(pair):
    """Ctrl-C may come at any bytecode of a call: both states have made the step, or neither; borrowed or not."""
    pair.w.set_value(np.zeros(5))
    interrupts = 0
    for after, borrowing in itertools.product(range(1, 250), (False, True)):
        borrowed = pair.w.get_value(borrow=True) if borrowing else None
        interrupts += interrupted(lambda: pair.f(np.ones(5)), after)
        w, count = pair.states()
        assert (w == count).all()
        del borrowed
    assert interrupts > (100 if pair.program.small == 0 else 10)
    before = int(pair.count.get_value())
    pair.f(np.ones(5))
    assert pair.count.get_value() == before + 1


@needs_layout
def test_a_mark_left_behind_heals(pair):
    """Should an interrupt leave a state marked as being written, readers and the next call take no harm."""
    for container in (pair.w.container, pair.count.container):
        container.busy = OVERWRITTEN
    assert pair.w.get_value().tolist() == [0, 1, 2, 3, 4]
    pair.count.container.busy = OVERWRITTEN
    pair.f(np.ones(5))
    assert pair.count.get_value() == 1 and pair.count.container.busy is FREE
    other = sd.function([], pair.w * 1, backend="numpy")
    pair.w.container.busy = OVERWRITTEN
    assert other().tolist() == [5, 4, 3, 2, 1] and pair.w.container.busy is FREE

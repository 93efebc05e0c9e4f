"""Calls of one function from several threads: no lost update, and no buffer shared."""

import threading

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from tests.compiler.states import state
from tests.helpers.threads import in_threads


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

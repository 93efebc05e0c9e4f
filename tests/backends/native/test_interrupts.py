"""Signals during a native call: a handler that raises ends it between kernels, as if it had never begun.

Every program runs in a process of its own. Its loops would take far longer than the process is given, so a call that
is not interrupted fails the test by never ending.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers.processes import inherited

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")

# What the programs share: `steps(n)` is a sequence of so many steps that takes little memory, `soon` sends a signal
# while the call that follows is in native code.
HEAD = """
import os, signal, sys, threading, time
import numpy as np
import symdrop as sd, symdrop.tensor as T

# What a shell starts in the background ignores Ctrl-C, and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)
sd.config.threads = int(sys.argv[1])
size = int(sys.argv[2])
MANY = 30_000_000, 1_000_000

def steps(n):
    return T.zeros((n,), "int8")

def soon(number=signal.SIGINT):
    signals = threading.Timer(0.1, os.kill, (os.getpid(), number))
    signals.daemon = True
    signals.start()

def interrupted(f, *arguments, error=KeyboardInterrupt):
    soon() if error is KeyboardInterrupt else None
    try:
        f(*arguments)
    except error:
        return True
    return False

n, m = T.lscalar("n"), T.lscalar("m")
"""

TEAMS = [(2, 3), (4, 150_000), (1, 150_000)]


def run(program: str, threads: int = 2, size: int = 150_000) -> None:
    """Run a program in another process, which must end well."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", HEAD + program, str(threads), str(size)],
        env=inherited(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("threads", "size"), TEAMS)
def test_ctrl_c_ends_loops_in_loops_and_changes_nothing(threads: int, size: int) -> None:
    """A loop around loops of three depths, of one thread and of a team: the state, the step of the stream and what was
    returned before stay, and the next call gives what NumPy gives.
    """
    program = """
W, stream = sd.shared(np.ones(size), name="W"), sd.RandomStream(3)
deepest = lambda s: sd.reduce(lambda k, s: s * 0.5 + 1, steps(2), s)[0]
inner = lambda s: sd.reduce(lambda k, s: deepest(s) * 0.5, steps(m), s)[0]
last, _ = sd.reduce(lambda k, s: inner(s) - T.sin(s) + T.sum(s) / size, steps(n), W)
mask = stream.bernoulli(p=0.5, size=(5,), dtype="float64")
f = sd.function([n, m], [last.sum(), mask], updates={W: last}, backend="native")
assert not f._program.fallbacks

def expected(s, n, m):
    for _ in range(n):
        old = s
        for _ in range(m):
            s = ((s * 0.5 + 1) * 0.5 + 1) * 0.5
        s = s - np.sin(old) + old.sum() / size
    return s

first, state = f(2, 1), expected(np.ones(size), 2, 1)
np.testing.assert_allclose(W.get_value(), state)
kept, masks = [array.copy() for array in first], [first[1]]
for _ in range(2):
    before = W.get_value()
    assert interrupted(f, *MANY)
    assert (W.get_value() == before).all()
    assert all((a == b).all() for a, b in zip(first, kept))
    state = expected(state, 1, 2)
    total, mask = f(1, 2)
    np.testing.assert_allclose(W.get_value(), state)
    np.testing.assert_allclose(total, state.sum())
    masks.append(mask)
other = sd.RandomStream(3)
draws = sd.function([], other.bernoulli(p=0.5, size=(5,), dtype="float64"), backend="numpy")
assert all((mask == draws()).all() for mask in masks)
"""
    run(program, threads, size)


def test_kernels_between_loops_and_many_of_them() -> None:
    """Loops one after another, with kernels, branches and so many of these that they fill several functions."""
    program = """
x = T.vector("x", dtype="float64")
def loop(s, n):
    def step(k, s):
        for _ in range(40):
            s = T.sin(s[::-1]) * 0.5 + T.sum(s) / size
        return sd.ifelse(T.sum(s) > 0, inner(s), s - 1)
    return sd.reduce(step, steps(n), s)[0]
inner = lambda s: sd.reduce(lambda k, s: T.cos(s[::-1]), steps(m), s)[0]
y = x
for i in range(70):
    y = T.sin(y[::-1]) * 0.5 + T.mean(y)
y = loop(y, n)
for i in range(70):
    y = T.sin(y[::-1]) * 0.5 + T.mean(y)
W = sd.shared(np.zeros(size), name="W")
f = sd.function([x, n, m], y, updates={W: W + y}, backend="native")
reference = sd.function([x, n, m], y, backend="numpy")
assert len(f.kernels) > 128
values = np.linspace(0, 1, size)
np.testing.assert_allclose(f(values, 2, 3), reference(values, 2, 3))
before = W.get_value()
assert interrupted(f, values, *MANY)
assert (W.get_value() == before).all()
np.testing.assert_allclose(f(values, 3, 1), reference(values, 3, 1))
"""
    run(program, 1, 20_000)


def test_a_chain_of_kernels_is_left_between_two_of_them() -> None:
    """Without any loop: the products that are left are not computed, and the weights stay."""
    program = """
A = T.dmatrix("A")
W = sd.shared(np.ones((2, 2)), name="W")
y = A
for _ in range(300):
    y = T.tanh(y @ A)
f = sd.function([A], updates={W: W + T.sum(y)}, backend="native")
values = np.eye(1000) / 2
small = np.eye(3) / 2
f(small)
before = W.get_value()
assert interrupted(f, values)
assert (W.get_value() == before).all()
f(small)
np.testing.assert_allclose(W.get_value() - before, before - 1)
"""
    run(program)


def test_an_alarm_whose_handler_raises_is_like_ctrl_c() -> None:
    """A deadline set by `signal.setitimer` ends a call, with the exception of its handler; also in profile()."""
    program = """
W = sd.shared(np.ones(size), name="W")
inner = lambda s: sd.reduce(lambda k, s: s * 0.5 + 1, steps(m), s)[0]
last, _ = sd.reduce(lambda k, s: inner(s), steps(n), W)
f = sd.function([n, m], last.sum(), updates={W: last}, backend="native")

class Late(Exception):
    pass

def late(number, frame):
    raise Late("too late")

signal.signal(signal.SIGALRM, late)
for call in (f, f.profile):
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    assert interrupted(call, *MANY, error=Late)
    assert (W.get_value() == 1).all()
assert f(1, 1) == 1.5 * size
"""
    run(program)


def test_a_handler_that_returns_lets_the_call_go_on() -> None:
    """It may use functions and states, and sees these as they were before the call; the call's result is right."""
    program = """
W = sd.shared(np.ones(size), name="W")
last, _ = sd.reduce(lambda k, s: T.sin(s[::-1]) + s * 0.5, steps(n), W)
f = sd.function([n], last, updates={W: last}, backend="native")
g = sd.function([n], sd.reduce(lambda k, s: T.sin(s[::-1]) + s * 0.5, steps(n), W)[0], backend="numpy")
h = sd.function([], W.sum(), backend="native")
expected = g(2000)
running, seen = [], []

def look(number, frame):
    if running:
        seen.append((float(h()), W.get_value()[0]))

signal.signal(signal.SIGALRM, look)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
running.append(True)
result = f(2000)
running.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
np.testing.assert_allclose(result, expected)
np.testing.assert_allclose(W.get_value(), expected)
# The last ones may have come when the call was done.
assert seen[0] == (size, 1.0) and len(set(seen)) <= 2, set(seen)
"""
    run(program, size=20_000)


def test_a_state_set_by_a_handler_is_replaced_by_the_update() -> None:
    """The update was computed from the old value, and comes last."""
    program = """
W = sd.shared(np.ones(size), name="W")
last, _ = sd.reduce(lambda k, s: T.sin(s) + s * 0.5, steps(n), W)
f = sd.function([n], updates={W: last}, backend="native")
begun = time.perf_counter()
f(2000)
took = time.perf_counter() - begun
expected = W.get_value()
W.set_value(np.ones(size))
signal.signal(signal.SIGALRM, lambda number, frame: W.set_value(np.zeros(size)))
signal.setitimer(signal.ITIMER_REAL, took / 3)  # in the midst of the call, on a busy machine too
f(2000)
np.testing.assert_array_equal(W.get_value(), expected)
"""
    run(program, size=100_000)


def test_other_threads_go_on() -> None:
    """Ctrl-C concerns the call of the main thread; those of other threads, which may share its team, are right."""
    program = """
x = T.dvector("x")
inner = lambda s: sd.reduce(lambda k, s: T.sin(s[::-1]) + s * 0.5, steps(m), s)[0]
f = sd.function([x, n, m], sd.reduce(lambda k, s: inner(s), steps(n), x)[0], backend="native")
g = sd.function([x, n, m], sd.reduce(lambda k, s: inner(s), steps(n), x)[0], backend="numpy")
values = np.linspace(0, 1, size)
expected, found, stop = g(values, 3, 10), [], []

def work():
    while not stop:
        found.append(np.allclose(f(values, 3, 10), expected))

workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
for _ in range(3):
    assert interrupted(f, values, *MANY)
stop.append(True)
for worker in workers:
    worker.join()
assert found and all(found)
"""
    run(program, size=50_000)


def test_functions_of_two_specialisations_and_of_pieces() -> None:
    """With ``training="runtime"``, and where NumPy computes something between native pieces."""
    program = """
W, stream = sd.shared(np.ones(size), name="W"), sd.RandomStream(5)
inner = lambda s: sd.reduce(lambda k, s: s * 0.5 + 1, steps(m), s)[0]
start = T.sort(sd.dropout(W, p=0.5, stream=stream))
last, _ = sd.reduce(lambda k, s: inner(s), steps(n), start)
f = sd.function([n, m], last, updates={W: T.sort(last)}, training="runtime", backend="native")
for training in (True, False):
    before = W.get_value()
    assert interrupted(lambda *given: f(*given, training=training), *MANY)
    assert (W.get_value() == before).all()
mask = sd.RandomStream(5)
dropped = sd.function([], sd.dropout(W, p=0.5, stream=mask), training=True, backend="numpy")
expected = np.sort(dropped()) * 0.5 + 1
np.testing.assert_allclose(f(1, 1, training=True), expected)
"""
    run(program)

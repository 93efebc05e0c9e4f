"""Threads that build, compile and call at once: one of them makes what they share, and no draw is made twice.

What may end a process is tried in a process of its own.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections import Counter

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler, llvm_loader
from symdrop.backends.native.jit.target import LOCK
from symdrop.threads import lazy, once_per_key
from tests.helpers.processes import inherited

# A race that is lost now and then is run again among the slow tests.
AGAIN = pytest.mark.parametrize("attempt", [0, *(pytest.param(attempt, marks=pytest.mark.slow) for attempt in (1, 2))])


def at_once(work, count=8):
    """What ``work`` returns in each of several threads that begin together; switching as often as can be."""
    barrier, results, raised = threading.Barrier(count), [None] * count, []

    def run(i):
        barrier.wait()
        try:
            results[i] = work(i)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if raised:
        raise raised[0]
    return results


def run(program, *arguments, **environment):
    """The output of a program in another process, which must end well."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program, *map(str, arguments)],
        env=inherited(**environment), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# Computed once.


def test_threads_that_ask_at_once_get_one_value():
    """Of a key there is one value in a process, whoever asks, and however long it takes to compute."""
    asked = Counter()

    @once_per_key(threading.RLock())
    def made(key):
        asked[key] += 1
        time.sleep(0.01)
        return object()

    results = at_once(lambda i: [made(i % 2), made(2)])
    assert asked == {0: 1, 1: 1, 2: 1}
    assert len(set(map(id, (value for pair in results for value in pair)))) == 3


def test_what_failed_is_tried_again():
    """An error is no value: the next one who asks may have more luck, and a thread that waited is not left waiting."""
    tries = []

    @once_per_key(threading.RLock())
    def made():
        tries.append(None)
        if len(tries) == 1:
            raise OSError("not yet")
        return len(tries)

    with pytest.raises(OSError, match="not yet"):
        made()
    assert made() == made() == 2


def test_a_lazy_attribute_is_computed_once():
    """Its readers hold one object, since what they compute from it must fit together."""

    class Lowered:
        lock = threading.RLock()
        made = 0

        @lazy(lock)
        def first(self):
            time.sleep(0.01)
            self.made += 1
            return object()

        @lazy(lock)
        def second(self):
            return self.first, object()

    lowered = Lowered()
    pairs = at_once(lambda i: (lowered.first, lowered.second) if i % 2 else (lowered.second[0], lowered.second))
    assert lowered.made == 1 and len({(id(first), id(second)) for first, second in pairs}) == 1
    assert isinstance(Lowered.first, object) and "first" in vars(lowered)


# Code.

PRODUCTS = """
import sys, threading
import numpy as np
import symdrop as sd
import symdrop.tensor as T

sys.setswitchinterval(1e-6)
barrier, wrong = threading.Barrier(8), []


def work(i):
    x, y = T.matrix(dtype="float32"), T.matrix(dtype="float64")
    single, double = x @ x.T, T.tanh(y) @ y.T
    barrier.wait()
    f = sd.function([x], single, backend="native")
    g = sd.function([y], double, backend="native")
    for n in (3, 40, 130) * 5:
        value = np.arange(n * n).reshape(n, n) % 7 - 3.0
        if not np.array_equal(f(value.astype("float32")), value @ value.T):
            wrong.append(f"float32, {n}")
        if not np.allclose(g(value), np.tanh(value) @ value.T):
            wrong.append(f"float64, {n}")


threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong)
"""


@AGAIN
def test_threads_compile_products_at_once(attempt, tmp_path):
    """The library of products is one: a second one, unloaded while its code runs, ends the process."""
    for _ in range(2):  # compiled, and then from the cache
        assert run(PRODUCTS, SYMDROP_CACHE=str(tmp_path)) == "[]\n"


CALLS = """
import sys, threading
import numpy as np
import symdrop as sd
import symdrop.tensor as T

sys.setswitchinterval(1e-6)
x, w = T.matrix(dtype="float64"), sd.shared(np.zeros((4, 4)))
f = sd.function([x], (x @ w).sum(), updates={w: w + x @ x})
value, stop, wrong, calls = np.eye(4), threading.Event(), [], [0] * 3


def call(i):
    while not stop.is_set() or calls[i] < 20:
        f(value)
        calls[i] += 1


def compile(i):
    for n in range(2):
        g = sd.function([x], T.exp(x * (i + n)).sum() + (x @ x)[0, 0])
        if abs(float(g(value)) - (12 + 4 * np.exp(i + n) + 1)) > 1e-6:
            wrong.append((i, n))
        del g


callers = [threading.Thread(target=call, args=(i,)) for i in range(3)]
compilers = [threading.Thread(target=compile, args=(i,)) for i in range(4)]
for thread in callers + compilers:
    thread.start()
for thread in compilers:
    thread.join()
stop.set()
for thread in callers:
    thread.join()
print(wrong, np.array_equal(w.get_value(), np.eye(4) * sum(calls)))
"""


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_threads_compile_while_others_call(backend, tmp_path):
    """Functions come and go beside one that trains; none of its updates is lost."""
    assert run(CALLS, SYMDROP_FLAGS=f"backend={backend}", SYMDROP_CACHE=str(tmp_path)) == "[] True\n"


EXIT = """
import threading, time
import numpy as np
import symdrop as sd
import symdrop.tensor as T

x = T.matrix()
f = sd.function([x], T.tanh(x @ x.T).sum(), backend="native")
value = np.ones((60, 60), "float32")


def call():
    while True:
        f(value)


for _ in range(4):
    threading.Thread(target=call, daemon=True).start()
time.sleep(0.1)
"""


@AGAIN
def test_a_process_ends_while_threads_run_its_code(attempt):
    """Python takes its modules apart at exit; code that a daemon thread is in must stay where it is."""
    run(EXIT)


WITHOUT = """
import sys, threading, warnings
sys.modules["llvmlite"] = None
import symdrop as sd
import symdrop.tensor as T

sys.setswitchinterval(1e-6)
barrier = threading.Barrier(8)
shown = []
warnings.showwarning = lambda message, *rest: shown.append(str(message))
warnings.simplefilter("always")


def work():
    x = T.vector()
    barrier.wait()
    sd.function([x], x * 2, backend="native")


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(shown))
"""


def test_one_warning_for_all_threads():
    """What is said once a process is said once, however many threads find it out together."""
    assert run(WITHOUT) == "1\n"


def test_code_is_given_back_without_waiting():
    """A collection may come in any thread, with any lock in hand; it leaves to others what it cannot do at once."""
    code = compiler.compile_object("define i64 @one() { ret i64 1 }", compiler.host())
    image = llvm_loader.LlvmImage([code], {})
    assert image.address("one")
    held, release = threading.Event(), threading.Event()

    def hold():
        with LOCK:
            held.set()
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    closer = threading.Thread(target=image.close)
    closer.start()
    closer.join(10)
    waited = closer.is_alive()
    release.set()
    holder.join()
    closer.join()
    assert not waited
    assert llvm_loader._closing
    llvm_loader.LlvmImage([code], {}).close()
    assert not llvm_loader._closing


# Draws.


def test_threads_draw_from_one_stream():
    """Every draw has a site of its own: two at one site would be the same numbers."""
    stream = sd.RandomStream(seed=1)
    draws = [draw for made in at_once(lambda i: [stream.normal(size=(2,)) for _ in range(60)]) for draw in made]
    assert stream.get_state()["next_site"] == len(draws) == 480
    values = sd.function([], draws, backend="numpy")()
    assert len({value.tobytes() for value in values}) == len(draws)


def test_a_draw_that_fails_takes_no_number():
    """Nothing has changed after an error, among threads as alone."""
    stream = sd.RandomStream(seed=1)

    def work(i):
        for _ in range(20):
            with pytest.raises(sd.errors.SymdropError):
                stream.binomial(n=1, p=0.5, size=("a",))
            stream.uniform(size=(1,))

    at_once(work)
    assert stream.get_state()["next_site"] == 160


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_a_stream_is_set_in_one_moment(backend):
    """A call sees the old seed and the old step or the new ones, never one of each."""
    stream = sd.RandomStream(seed=0)
    f = sd.function([], stream.integers(low=0, high=2**31 - 1, size=(4,)), no_default_updates=True, backend=backend)
    states = [{"seed": n, "step": 10 * n, "next_site": 1} for n in range(4)]
    right = set()
    for state in states:
        stream.set_state(state)
        right.add(f().tobytes())
    assert len(right) == 4

    def work(i):
        if i:
            return {f().tobytes() for _ in range(400)}
        seen = set()
        for n in range(1500):
            stream.set_state(states[n % 4])
            state = stream.get_state()
            seen.add(state["step"] == 10 * state["seed"])
        return seen

    checked, *found = at_once(work, 4)
    assert checked == {True} and set().union(*found) <= right


def test_threads_compile_with_test_values_on():
    """While a function is compiled nothing is tried on test values; afterwards the setting is what it was."""
    before = sd.config.compute_test_value
    sd.config.compute_test_value = "raise"
    try:
        x = T.vector("x", test_value=np.ones(3, "float32"))
        at_once(lambda i: [sd.function([x], T.exp(x) * i, backend="numpy") for _ in range(5)])
        assert sd.config.compute_test_value == "raise"
    finally:
        sd.config.compute_test_value = before


def test_readers_of_one_function_see_one_program():
    """What was lowered is computed when it is first asked for, by whoever asks first."""
    x = T.matrix("x")
    texts = []
    for _ in range(2):  # the second function comes from the cache, and is lowered for its readers
        f = sd.function([x], T.exp(x @ x.T).sum(axis=0), backend="native")
        texts.append(at_once(lambda i, f=f: (tuple(f.kernels), f.source("llvm"), repr(f.listings()))))
    assert all(len(set(seen)) == 1 for seen in texts)
    gc.collect()

"""The runtime of native code: threads that share a step, the short way into it, and states written in place.

Steps are written here by hand in LLVM's language, so that these tests need no code generator.
"""

import ctypes
import gc
import itertools
import os
import pickle
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.base import Program
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import direct, library
from symdrop.compiler.run import Function
from symdrop.compiler.stages import Stages
from symdrop.errors import ArgumentError, ShapeError
from symdrop.op.states import CLAIMED, FREE, OVERWRITTEN
from symdrop.types import TensorType

pytest.importorskip("llvmlite")

# Words of the frame of the step below.
X, W, COUNT, OUT, NEW_W, NEW_COUNT, WORDS = 8, 10, 12, 13, 15, 17, 18

# out = w; w = (w + x)[::-1]; count = count + 1. Every thread adds a share into the arena, waits at the barrier, and
# stores a share that others have added. A first x that is not a number is a check that fails while running.
STEP = """
declare void @symdrop_parallel(ptr, ptr, i64)
declare void @symdrop_barrier(i64)
declare i64 @symdrop_workers()

define i64 @word(ptr %frame, i64 %i) alwaysinline {
  %at = getelementptr i64, ptr %frame, i64 %i
  %value = load i64, ptr %at
  ret i64 %value
}
define ptr @pointer(ptr %frame, i64 %i) alwaysinline {
  %value = call i64 @word(ptr %frame, i64 %i)
  %pointer = inttoptr i64 %value to ptr
  ret ptr %pointer
}
define void @put(ptr %frame, i64 %i, i64 %value) alwaysinline {
  %at = getelementptr i64, ptr %frame, i64 %i
  store i64 %value, ptr %at
  ret void
}
define i64 @prepare(ptr %frame) {
  %n = call i64 @word(ptr %frame, i64 9)
  %m = call i64 @word(ptr %frame, i64 11)
  %bytes = mul i64 %n, 8
  call void @put(ptr %frame, i64 3, i64 %bytes)
  call void @put(ptr %frame, i64 4, i64 %n)
  call void @put(ptr %frame, i64 14, i64 %n)
  call void @put(ptr %frame, i64 16, i64 %n)
  %differ = icmp ne i64 %n, %m
  %status = zext i1 %differ to i64
  ret i64 %status
}
define i64 @run(ptr %frame) {
entry:
  %n = call i64 @word(ptr %frame, i64 9)
  %some = icmp ne i64 %n, 0
  br i1 %some, label %check, label %go
check:
  %x = call ptr @pointer(ptr %frame, i64 8)
  %first = load double, ptr %x
  %bad = fcmp uno double %first, 0.0
  br i1 %bad, label %fail, label %go
fail:
  ret i64 2
go:
  %threads = call i64 @word(ptr %frame, i64 1)
  call void @symdrop_parallel(ptr @body, ptr %frame, i64 %threads)
  %count = call ptr @pointer(ptr %frame, i64 12)
  %old = load i64, ptr %count
  %new = add i64 %old, 1
  store i64 %new, ptr %count
  ret i64 0
}
define void @body(ptr %frame, i64 %thread, i64 %threads) {
entry:
  %x = call ptr @pointer(ptr %frame, i64 8)
  %n = call i64 @word(ptr %frame, i64 9)
  %w = call ptr @pointer(ptr %frame, i64 10)
  %out = call ptr @pointer(ptr %frame, i64 13)
  %arena = call ptr @pointer(ptr %frame, i64 2)
  %last = sub i64 %n, 1
  %a = mul i64 %n, %thread
  %begin = udiv i64 %a, %threads
  %next.thread = add i64 %thread, 1
  %b = mul i64 %n, %next.thread
  %end = udiv i64 %b, %threads
  br label %add
add:
  %i = phi i64 [ %begin, %entry ], [ %i.next, %add.one ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %add.one, label %wait
add.one:
  %x.at = getelementptr double, ptr %x, i64 %i
  %w.at = getelementptr double, ptr %w, i64 %i
  %out.at = getelementptr double, ptr %out, i64 %i
  %arena.at = getelementptr double, ptr %arena, i64 %i
  %x.i = load double, ptr %x.at
  %w.i = load double, ptr %w.at
  %sum = fadd double %x.i, %w.i
  store double %w.i, ptr %out.at
  store double %sum, ptr %arena.at
  %i.next = add i64 %i, 1
  br label %add
wait:
  call void @symdrop_barrier(i64 %threads)
  br label %store
store:
  %j = phi i64 [ %begin, %wait ], [ %j.next, %store.one ]
  %j.more = icmp slt i64 %j, %end
  br i1 %j.more, label %store.one, label %done
store.one:
  %mirror = sub i64 %last, %j
  %from = getelementptr double, ptr %arena, i64 %mirror
  %to = getelementptr double, ptr %w, i64 %j
  %value = load double, ptr %from
  store double %value, ptr %to
  %j.next = add i64 %j, 1
  br label %store
done:
  ret void
}
define void @mark(ptr %frame, i64 %thread, i64 %threads) {
  %at = getelementptr i64, ptr %frame, i64 %thread
  %old = load i64, ptr %at
  %new = add i64 %old, %threads
  store i64 %new, ptr %at
  ret void
}
; A team inside a team.
define void @nest(ptr %frame, i64 %thread, i64 %threads) {
  %row = mul i64 %thread, 512
  %part = getelementptr i64, ptr %frame, i64 %row
  call void @symdrop_parallel(ptr @mark, ptr %part, i64 4)
  ret void
}
"""


@pytest.fixture(scope="module")
def code():
    names = ["symdrop_parallel", "symdrop_barrier", "symdrop_workers"]
    return compiler.load(compiler.compile_object(STEP, compiler.target()), library.symbols(compiler.target(), names))


class Step:
    """The functions of STEP for Python, and the runtime's."""

    def __init__(self, code):
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self.prepare = ctypes.CFUNCTYPE(number, pointer)(code.address("prepare"))
        self.run = ctypes.CFUNCTYPE(number, pointer)(code.address("run"))
        self.parallel = ctypes.CFUNCTYPE(None, pointer, pointer, number)(library.address("symdrop_parallel"))
        self.workers = ctypes.CFUNCTYPE(number)(library.address("symdrop_workers"))
        self.mark, self.nest = code.address("mark"), code.address("nest")
        self.code = code

    def __call__(self, x, w, count, threads):
        """One step as the long way makes it; w and count are overwritten."""
        out = np.empty_like(w)
        frame = np.zeros(WORDS, "int64")
        for word, array in ((X, x), (W, w), (COUNT, count), (OUT, out), (NEW_W, w), (NEW_COUNT, count)):
            frame[word] = array.ctypes.data
            frame[word + 1 : word + 1 + array.ndim] = array.shape
        frame[1] = threads
        if self.prepare(frame.ctypes.data):
            raise ShapeError("the sizes of x and w differ")
        arena = np.empty(max(frame[3], 1), "uint8")
        frame[2] = arena.ctypes.data
        if self.run(frame.ctypes.data):
            raise ArgumentError("x is not a number")
        return out


@pytest.fixture(scope="module")
def step(code):
    return Step(code)


# Threads.


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 17])
def test_every_thread_takes_its_share_once(step, threads):
    """A body runs exactly once for every thread of its team, whether these are more than the processors or fewer."""
    marks = np.zeros(64, "int64")
    for call in range(1, 200):
        step.parallel(step.mark, marks.ctypes.data, threads)
        assert marks[:threads].tolist() == [threads * call] * threads and not marks[threads:].any()


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 16])
def test_nobody_passes_a_barrier_early(step, threads):
    """What others wrote before the barrier is read after it: any number of threads gives the serial result."""
    rng = np.random.default_rng(threads)
    for n in (0, 1, 7, 1000, 20_000):
        x, w, count = rng.normal(size=n), rng.normal(size=n), np.zeros((), "int64")
        expected, before = (w + x)[::-1].copy(), w.copy()
        out = step(x, w, count, threads)
        np.testing.assert_array_equal(w, expected)
        np.testing.assert_array_equal(out, before)
        assert count == 1


def test_many_callers_at_once(step):
    """Python threads that all ask for the team get right results: whoever finds it busy works alone."""

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(100):
            x, w, count = rng.normal(size=3000), rng.normal(size=3000), np.zeros((), "int64")
            expected = (w + x)[::-1].copy()
            step(x, w, count, 3)
            np.testing.assert_array_equal(w, expected)

    in_threads(*(lambda seed=seed: work(seed) for seed in range(8)))


def test_a_team_inside_a_team(step):
    """A body that asks for a team of its own gets itself, and does not wait for ever."""
    marks = np.zeros((4, 512), "int64")
    step.parallel(step.nest, marks.ctypes.data, 4)
    assert marks[:, 0].tolist() == [1, 1, 1, 1] and marks.sum() == 4


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not say which threads sleep")
def test_idle_threads_sleep(step):
    """A while after a step every worker waits in the kernel, for good, and is still there for the next one."""

    def awake():
        """Threads of this process, but this one, that run or could."""
        tasks = (task for task in Path("/proc/self/task").iterdir() if int(task.name) != threading.get_native_id())
        return [task.name for task in tasks if (task / "stat").read_text().rpartition(")")[2].split()[0] == "R"]

    marks = np.zeros(64, "int64")
    step.parallel(step.mark, marks.ctypes.data, 4)
    assert step.workers() >= 3
    # A worker that never slept would never be seen asleep, however long one looks.
    looks = iter(range(10_000))
    while awake():
        assert next(looks, None) is not None, "some thread never sleeps"
        time.sleep(0.01)
    step.parallel(step.mark, marks.ctypes.data, 4)
    assert marks[:4].tolist() == [8] * 4


AGAIN = """
import ctypes, os, sys, threading, time, warnings
import numpy as np
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import library
warnings.simplefilter("ignore")
TEXT = '''
define void @mark(ptr %frame, i64 %thread, i64 %threads) {
  %at = getelementptr i64, ptr %frame, i64 %thread
  %old = load i64, ptr %at
  %new = add i64 %old, 1
  store i64 %new, ptr %at
  ret void
}
'''
code = compiler.load(compiler.compile_object(TEXT, compiler.target()), {})
parallel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(library.address("symdrop_parallel"))
workers = ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("symdrop_workers"))
def count(calls=100, threads=3):
    marks = np.zeros(8, "int64")
    for _ in range(calls):
        parallel(code.address("mark"), marks.ctypes.data, threads)
    assert marks.tolist()[:4] == [calls, calls, calls, 0], marks
    return workers()
assert count() == 2
"""


def started(program):
    """Run a program in another process that knows `count`; what it printed."""
    found = {**os.environ, "PYTHONPATH": str(Path(sd.__file__).parents[1])}
    command = [sys.executable, "-c", AGAIN + program]
    done = subprocess.run(command, env=found, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads Linux's list of threads")
def test_signals_are_left_to_python():
    """Ctrl-C interrupts what Python waits for, so no worker may take it; a fault of a worker is still reported."""
    blocked = started("""
before = set(os.listdir("/proc/self/task"))
marks = np.zeros(8, "int64")
parallel(code.address("mark"), marks.ctypes.data, 5)
for task in set(os.listdir("/proc/self/task")) - before:
    print(open(f"/proc/self/task/{task}/status").read().split("SigBlk:")[1].split()[0])
""")  # fmt: skip
    assert len(blocked) == 2, "workers are only made when asked for"
    for mask in blocked:
        interrupt, terminate, fault, bus = (int(mask, 16) >> (signal - 1) & 1 for signal in (2, 15, 11, 7))
        assert interrupt and terminate and not fault and not bus


def test_absurd_numbers_of_threads():
    """However many threads are asked for, a bounded number comes."""
    assert started("""
marks = np.zeros(512, "int64")
parallel(code.address("mark"), marks.ctypes.data, 10**9)
print(marks.sum(), workers())
""") == ["256", "255"]  # fmt: skip


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@needs_fork
def test_a_forked_child_makes_its_own_threads():
    """Parent, child and grandchild all have a whole team after a fork, though a fork copies one thread only."""
    assert started("""
def descend(depth):
    child = os.fork() if depth else -1
    if child == 0:
        descend(depth - 1)
        os._exit(0)
    assert count() == 2
    if child > 0:
        assert os.waitpid(child, 0)[1] == 0
        assert count() == 2
descend(2)
print("fine")
""") == ["fine"]  # fmt: skip


@needs_fork
def test_a_fork_in_mid_job():
    """A child born while other threads use the pool finds it usable, not busy for ever."""
    assert started("""
stop = False
def work():
    marks = np.zeros(8, "int64")
    while not stop:
        parallel(code.address("mark"), marks.ctypes.data, 3)
thread = threading.Thread(target=work)
thread.start()
for _ in range(40):
    child = os.fork()
    if child == 0:
        os._exit(0 if count(20) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
stop = True
thread.join()
print("fine")
""") == ["fine"]  # fmt: skip


@pytest.mark.parametrize("ending", ["", "time.sleep(0.01)", "sys.exit(0)", "library = code = parallel = None"])
def test_the_process_ends_in_peace(ending):
    """Workers that still spin, or sleep, when the interpreter is taken down do not bring the process down with them."""
    for _ in range(3):
        started(f"count()\n{ending}")


# A function whose program is the step above.


class StepProgram(Program):
    """STEP as a program that works in place."""

    in_place = True
    kernels = ("step",)

    def __init__(self, step, small, threads):
        self.step, self.small, self.threads = step, small, threads
        self.long_calls = 0
        self.pool = direct.OutputPool("float64")

    def __call__(self, values, spares):
        self.long_calls += 1
        x, w, count = values
        out = self.step(np.require(x, requirements="CA"), w, count, self.threads)
        return [out, w, count]

    def direct(self, containers, outputs, single):
        vector, scalar = TensorType("float64", (None,)), TensorType("int64", ())
        made = direct.Direct(
            prepare=self.step.code.address("prepare"), run=self.step.code.address("run"), words=WORDS,
            inputs=[vector, vector, scalar], outputs=[vector, vector, scalar], states={1: 1, 2: 2},
            containers=containers, pools=[self.pool], single=single, small=self.small, keep=[self.step],
        )  # fmt: skip
        return made.call

    def source(self, what):
        return STEP


def stages_of(f):
    """The stages of a function for another one."""
    stages = Stages(f.name)
    stages.graphs.update(f.stages)
    return stages


class Pair:
    """The same function on both sides: the step's, and NumPy's to compare with, over states of their own."""

    def __init__(self, step, n=5, small=direct.SMALL_WORK, threads=1, kind=None):
        self.w, self.count, self.numpy = self.build(n, kind)
        _, _, other = built = self.build(n, kind)
        self.numpy_w, self.numpy_count = self.w, self.count
        self.w, self.count = built[:2]
        self.program = StepProgram(step, small, threads)
        self.f = Function(
            other._recipe, other._compile, other._signature, self.program, stages_of(other), [self.w, self.count],
            {self.w: other.updates[self.w], self.count: other.updates[self.count]}, "step", other._keys, other._single,
        )  # fmt: skip

    @staticmethod
    def build(n, kind):
        x = T.dvector("x")
        w, count = sd.shared(np.arange(float(n)), "w"), sd.shared(np.int64(0), "count")
        out = w * 1
        outputs = kind(out) if kind else out
        updates = {w: (w + x)[::-1], count: count + 1}
        return w, count, sd.function([x], outputs, updates=updates, name="f", backend="numpy")

    def states(self):
        return self.w.get_value(), self.count.get_value()

    def check(self):
        """Both sides have the same states."""
        np.testing.assert_array_equal(self.w.get_value(), self.numpy_w.get_value())
        assert self.count.get_value() == self.numpy_count.get_value()


needs_layout = pytest.mark.skipif(direct.layout() is None, reason="this Python keeps its objects elsewhere")


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
    """One output in a list comes in a list; a dictionary takes the longer way."""
    listed, keyed = Pair(step, kind=lambda out: [out]), Pair(step, kind=lambda out: {"a": out})
    (got,) = listed.f(np.ones(5))
    assert type(listed.f(np.ones(5))) is list and got.tolist() == [0, 1, 2, 3, 4]
    assert listed.program.long_calls == 0
    assert keyed.f(np.ones(5))["a"].tolist() == [0, 1, 2, 3, 4] and keyed.program.long_calls == 1


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
    assert pair.f._direct(ODD[name]) is NotImplemented
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
        assert pair.f._direct(np.ones(5)) is NotImplemented
        pair.count.container.busy = FREE
    vector, scalar = TensorType("float64", (None,)), TensorType("int64", ())
    reader = direct.Direct(
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
        assert pair.f._direct(other) is NotImplemented
        assert pair.f._direct(1) is NotImplemented
        assert pair.f._direct() is NotImplemented
    counted[2:2] = [pair.w.container.value, pair.count.container.value]
    assert [sys.getrefcount(thing) for thing in counted[:-1]] == before


@needs_layout
def test_the_short_way_keeps_what_it_needs(step):
    """The entry alone keeps states, code, frame and pool alive."""
    pair = Pair(step)
    call, w = pair.f._direct, pair.w.container
    del pair
    gc.collect()
    assert call(np.ones(5)).tolist() == [0, 1, 2, 3, 4] and w.value.tolist() == [5, 4, 3, 2, 1]
    watched = weakref.ref(w.value)
    del call, w
    gc.collect()
    assert watched() is None, "and nothing keeps the entry alive"


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


# States in place.


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


@pytest.fixture(params=[0, direct.SMALL_WORK], ids=["long way", "short way"])
def pair(step, request):
    return Pair(step, small=request.param, threads=2)


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
        for _ in range(400):
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
    assert count.get_value() == 400 and (w.get_value() == 400).all()


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
            pair.f(np.ones(5))
        except KeyboardInterrupt:
            interrupts += 1
        finally:
            sys.settrace(None)
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

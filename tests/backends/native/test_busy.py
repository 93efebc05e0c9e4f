"""Busy machines: who computes a part never matters, and a thread that does not come is not waited for."""

from pathlib import Path

import pytest

import symdrop as sd
from symdrop.op import registry
from tests.helpers.processes import run_python
from tests.ops.samples import SAMPLED, leaf, outputs_of, samples

pytest.importorskip("llvmlite")
pytestmark = pytest.mark.usefixtures("quick_code")


def sampled(names):
    """A first sample of each op as a node of input variables, and the arrays for these."""
    leaves, arrays, nodes = [], [], []
    for name in names:
        op = registry[name]
        for given, params in samples(op, "float32")[:1]:
            own = [leaf(array) for array in given]
            leaves += own
            arrays += given
            nodes += outputs_of(op(*own, **params))
    return leaves, arrays, nodes


def test_every_number_of_threads_gives_the_same_bits():
    """The first samples of all ops but elementwise ones, divided as finely as can be, by 1 to 8 threads."""
    leaves, arrays, nodes = sampled(SAMPLED)
    with sd.config.change(guard="end"):
        f = sd.function(leaves, nodes, on_unused_input="ignore", no_default_updates=True)
        results = []
        for threads in (1, 2, 3, 8):
            with sd.config.change(threads=threads):
                results.append([value.tobytes() for value in f(*arrays)])
    assert all(result == results[0] for result in results)


# `stop` is a handler of signals that does not return before `go` is set; `part` says who computed a part.
STOPPED = """
import ctypes, os, sys, time
import numpy as np
import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import library

TEXT = '''
declare i32 @usleep(i32)
declare i64 @pthread_self()
@stopped = global i64 0
@go = global i64 0
define void @stop(i32 %signal) {
entry:
  store atomic i64 1, ptr @stopped seq_cst, align 8
  br label %look
look:
  %slept = call i32 @usleep(i32 1000)
  %word = load atomic i64, ptr @go seq_cst, align 8
  %stays = icmp eq i64 %word, 0
  br i1 %stays, label %look, label %done
done:
  store atomic i64 0, ptr @stopped seq_cst, align 8
  ret void
}
define void @part(ptr %frame, i64 %part, i64 %parts) {
  %slept = call i32 @usleep(i32 200)
  %me = call i64 @pthread_self()
  %at = getelementptr i64, ptr %frame, i64 %part
  store i64 %me, ptr %at
  ret void
}
'''
code = compiler.load(compiler.compile_object(TEXT, compiler.target()), {})
parallel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(library.address("symdrop_parallel"))
libc = ctypes.CDLL(None)
stopped, go = (ctypes.c_int64.from_address(code.address(name)) for name in ("stopped", "go"))

def who():
    "The threads that computed the parts of a body."
    found = np.zeros(2, "int64")
    parallel(code.address("part"), found.ctypes.data, 2)
    assert found.all()
    return set(found.tolist())

before = set(os.listdir("/proc/self/task"))
who()
(worker,) = map(int, set(os.listdir("/proc/self/task")) - before)
libc.signal(5, ctypes.c_void_p(code.address("stop")))
libc.tgkill(os.getpid(), worker, 5)
while not stopped.value:
    time.sleep(0.001)
"""


needs_threads = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="reads Linux's list of threads, and stops one of them"
)


@needs_threads
def test_a_stopped_thread_is_not_waited_for():
    """Steps go on, and right, while the other thread of the team does not run at all; later it helps again."""
    assert run_python(STOPPED + """
x = T.matrix("x")
W = sd.shared(np.eye(300, dtype="float32"), "W")
loss = (T.tanh(x @ W) ** 2).sum()
f = sd.function([x], loss, updates={W: W - 0.001 * sd.grad(loss, W)})
rows, _ = sd.scan(lambda h, x_t: T.tanh(h @ W + x_t), x, T.zeros((300,), "float32"))
scan = sd.function([x], rows)
value = np.random.default_rng(1).normal(size=(400, 300)).astype("float32")
results = []
for threads in (1, 2):
    sd.config.threads = threads
    W.set_value(np.eye(300, dtype="float32"))
    results.append([f(value).tobytes() for _ in range(5)] + [scan(value).tobytes(), W.get_value().tobytes()])
assert results[0] == results[1]
assert len(who()) == 1
print("stopped" if stopped.value else "runs")
go.value = 1
while len(who()) == 1:
    pass
print("stopped" if stopped.value else "runs")
""").split() == ["stopped", "runs"]  # fmt: skip


# `part` says on which processor a part was computed, plus 1, and by which thread.
PLACED = """
import ctypes, os, time
import numpy as np
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import library

TEXT = '''
declare i32 @usleep(i32)
declare i32 @sched_getcpu()
declare i32 @gettid()
define void @part(ptr %frame, i64 %part, i64 %parts) {
  %slept = call i32 @usleep(i32 200)
  %cpu = call i32 @sched_getcpu()
  %thread = call i32 @gettid()
  %number = add i32 %cpu, 1
  %row = getelementptr [2 x i32], ptr %frame, i64 %part
  %second = getelementptr i32, ptr %row, i64 1
  store i32 %number, ptr %row
  store i32 %thread, ptr %second
  ret void
}
'''
code = compiler.load(compiler.compile_object(TEXT, compiler.target()), {})
parallel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(library.address("symdrop_parallel"))

def where():
    "The processors of the threads that computed a body, by thread; after a rest in which the other sleeps."
    time.sleep(0.02)
    found = np.zeros((2, 2), "int32")
    parallel(code.address("part"), found.ctypes.data, 2)
    assert found.all()
    return {int(thread): int(cpu) - 1 for cpu, thread in found}

def seen(turns):
    "The processors on which the thread of the pool computed a part."
    return {cpu for _ in range(turns) for thread, cpu in where().items() if thread == worker}

before = set(os.listdir("/proc/self/task"))
where()
(worker,) = map(int, set(os.listdir("/proc/self/task")) - before)
allowed = os.sched_getaffinity(worker)
assert allowed == os.sched_getaffinity(0)
one = min(allowed)
"""


@needs_threads
def test_a_woken_thread_may_use_what_it_might_before():
    """A thread woken on its caller's processor is woken elsewhere; where it may run at all is its user's choice."""
    assert run_python(PLACED + """
os.sched_setaffinity(0, {one})
os.sched_setaffinity(worker, {one})
assert seen(20) <= {one} and os.sched_getaffinity(worker) == {one}
os.sched_setaffinity(worker, allowed)
assert seen(20) <= allowed
assert os.sched_getaffinity(worker) == allowed and os.sched_getaffinity(0) == {one}
if len(allowed) > 1:
    other = max(allowed)
    os.sched_setaffinity(worker, {other})
    assert seen(5) <= {other} and os.sched_getaffinity(worker) == {other}
print("well")
""").split() == ["well"]  # fmt: skip

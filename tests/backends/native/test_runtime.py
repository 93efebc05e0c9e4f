"""The runtime's threads: a team that shares a step, workers that sleep, forks, signals and the end of the process."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from tests.helpers.threads import in_threads

pytest.importorskip("llvmlite")


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 17])
def test_every_thread_takes_its_share_once(step, threads):
    """A body runs exactly once for every thread of its team, whether these are more than the processors or fewer."""
    marks = np.zeros(64, "int64")
    for call in range(1, 200):
        step.parallel(step.mark, marks.ctypes.data, threads)
        assert marks[:threads].tolist() == [threads * call] * threads and not marks[threads:].any()


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 16])
def test_a_region_ends_when_all_parts_are_done(step, threads):
    """What others wrote in one region is read in the next: any number of threads gives the serial result."""
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
        found = []
        for task in Path("/proc/self/task").iterdir():
            # One that has ended since it was listed runs no more.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                state = (task / "stat").read_text().rpartition(")")[2].split()[0]
                if state == "R" and int(task.name) != threading.get_native_id():
                    found.append(task.name)
        return found

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
def functions(tier):
    place = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64
    parallel = ctypes.CFUNCTYPE(None, *place)(library.address("symdrop_parallel", tier))
    return parallel, ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("symdrop_workers", tier))
parallel, workers = functions("quick")
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
    for look in range(1000):
        mask = open(f"/proc/self/task/{task}/status").read().split("SigBlk:")[1].split()[0]
        if not int(mask, 16) & 1 << 10:
            break
        # Before it begins to work a thread is given no signal at all, and nobody has waited for it.
        time.sleep(0.01)
    print(mask)
""")  # fmt: skip
    assert len(blocked) == 2, "workers are only made when asked for"
    for mask in blocked:
        interrupt, terminate, fault, bus = (int(mask, 16) >> (signal - 1) & 1 for signal in (2, 15, 11, 7))
        assert interrupt and terminate and not fault and not bus


def test_full_code_takes_the_team_over():
    """Full code finds the threads and the variables of the quick code before it, whichever of the two is called."""
    assert started("""
quick = parallel, workers
full = functions("full")
assert {ctypes.cast(one, ctypes.c_void_p).value for one in quick}.isdisjoint(
    ctypes.cast(one, ctypes.c_void_p).value for one in full
)
for parallel, workers in (full, quick, full):
    assert workers() == 2 and count() == 2 and count(threads=3) == 2
print(*(tier for tier, in library._threads.known))
""") == ["quick", "full"]  # fmt: skip


def test_functions_made_of_quick_code_run_full_code():
    """The fast call path of a function that stands when full code comes is as quick as that of a later one."""
    assert started("""
import symdrop as sd, symdrop.tensor as T
from symdrop.backends.native.runtime import entry
def code_of(tier):
    return ctypes.c_void_p.from_address(library._threads(tier).address(entry.METHOD) + 8).value
before = code_of("quick")
x = T.fvector("x")
f = sd.function([x], x * 3 + 1)
row = np.ones(5, "float32")
for _ in range(3):
    f(row)
full = library._threads("full").address("symdrop_entry")
assert before != full and code_of("quick") == code_of("full") == full
assert f(row).tolist() == [4.0] * 5
print("fine")
""") == ["fine"]  # fmt: skip


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
    started(f"count()\n{ending}")

"""The thread behind the program: whom it serves first, and that nothing of it is left at exit or after a fork."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from symdrop.backends.native.jit import compile_queue
from symdrop.backends.native.jit.compile_queue import CompileQueue
from tests.helpers.processes import inherited


class Job:
    """Something with some modules to compile; all jobs of a test write into one list what was compiled."""

    def __init__(self, name, modules, log, gate=None):
        self.name, self.left, self.log, self.gate, self.calls = name, modules, log, gate, 0

    def advance(self, modules):
        if self.gate is not None:
            self.gate.wait(60)
        self.log.append(self.name)
        self.left -= 1
        return self.left > 0

    def forked(self):
        self.log.append("forked")


def test_what_is_called_most_is_compiled_first():
    """The function that trains must not wait for twenty that were compiled before it and are not called."""
    log, gate, queue = [], threading.Event(), CompileQueue()
    first, idle, busy = (Job(name, 2, log, gate) for name in ("first", "idle", "busy"))
    for job in (first, idle, busy):
        queue.put(job)
    busy.calls = 10
    gate.set()
    assert all(queue.wait(job) for job in (first, idle, busy))
    assert log.index("busy") < log.index("idle") and log.index("busy") <= 1 and not queue.is_working()


def test_calls_count_anew_after_every_choice():
    """What was called often long ago does not keep back what is called now."""
    log, queue = [], CompileQueue()
    old, new = Job("old", 2, log), Job("new", 2, log)
    with queue._changed:
        # The thread comes as far as this lock.
        queue.put(old)
        queue.put(new)
        old.calls = 100
        assert queue._next() is old
        old.calls, new.calls = 101, 5
        assert queue._next() is new
    queue.wait_for_all()
    assert sorted(log) == ["new", "new", "old", "old"]


class Called(Job):
    """A job that is called while it is compiled, and takes some time."""

    def advance(self, modules):
        self.calls += 1
        end = time.thread_time() + 1e-3
        while time.thread_time() < end:
            pass
        return super().advance(modules)


def test_beside_calls_the_thread_rests_until_somebody_waits(monkeypatch):
    """Steps that use all processors would be slower meanwhile, for code of which a short program has nothing."""
    monkeypatch.setattr(compile_queue, "REST", 1e6)
    monkeypatch.setattr(compile_queue, "usable_processors", lambda: 1)
    log, queue = [], CompileQueue()
    job = Called("job", 3, log)
    queue.put(job)
    while not log:
        time.sleep(1e-3)
    time.sleep(0.05)
    assert log == ["job"]
    assert queue.wait(job) and log == ["job"] * 3


def test_what_is_gone_is_dropped():
    """The queue refers to nobody so that he lives on."""
    log, gate, queue = [], threading.Event(), CompileQueue()
    first, gone = Job("first", 2, log, gate), Job("gone", 1, log)
    queue.put(first)
    queue.put(gone)
    del gone
    gate.set()
    queue.wait_for_all()
    assert log == ["first", "first"]


def test_a_closed_queue_compiles_nothing_more():
    """At exit the module that is being compiled is the last."""
    log, gate, queue = [], threading.Event(), CompileQueue()
    job = Job("job", 100, log, gate)
    queue.put(job)
    closer = threading.Thread(target=queue.close)
    closer.start()
    while not queue._closed:
        pass
    gate.set()
    closer.join()
    assert len(log) <= 1 and not queue.is_working() and not queue.wait(job)
    late = Job("late", 1, log)
    queue.put(late)
    assert not queue.wait(late) and not queue.is_working()


def test_without_a_thread_nobody_waits_for_ever(monkeypatch):
    """A system may have no more threads to give; the next one who asks tries again."""
    log, queue = [], CompileQueue()
    job = Job("job", 1, log)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", lambda thread: (_ for _ in ()).throw(RuntimeError("no thread")))
        queue.put(job)
        assert queue.wait(job) is False
    assert queue.wait(job) is True and log == ["job"]


# Whole processes.

START = """
import os, sys, threading, warnings
import numpy as np
import symdrop as sd
import symdrop.tensor as T

warnings.simplefilter("ignore")
x = T.vector("x")
fs = [sd.function([x], T.tanh(T.exp(x * i) + T.log1p(x * x)).sum(), backend="native") for i in range(%d)]
value = np.linspace(0, 1, 50, dtype="float32")
"""

EXIT = START + "fs[0](value)\n"
ERROR = START + "raise SystemExit(3)\n"

FORK = (
    START
    + """
f = fs[-1]
first = f(value)
child = os.fork()
if not child:
    assert threading.active_count() == 1
    before = f.tier
    same = f(value).tobytes() == first.tobytes()
    done = f.wait(200) and f.tier == "full" and f(value).tobytes() == first.tobytes()
    os._exit(7 if same and done else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), f.wait(200), f.tier)
child = os.fork()
if not child:
    os._exit(7 if f.tier == "full" and f.wait(0) and f(value).tobytes() == first.tobytes() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
)

CALLS = (
    START
    + """
import time
f = fs[-1]
first = f(value)
child = os.fork()
if not child:
    # By calls alone, of the fast call path, the full code comes in the child too.
    end = time.monotonic() + 200
    while f.tier != "full" and time.monotonic() < end:
        assert f(value).tobytes() == first.tobytes()
    os._exit(7 if f.tier == "full" else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
)


def ended(code, tmp_path):
    """A process that runs code with an empty cache of its own."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        env=inherited(SYMDROP_CACHE=str(tmp_path), SYMDROP_FLAGS="tiered_compilation=on"),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(("code", "status"), [(EXIT, 0), (ERROR, 3)])
def test_a_process_ends_while_code_is_made(code, status, tmp_path):
    """It ends as it would have, and nothing is said; the code that was made is whole."""
    run = ended(code % 6, tmp_path)
    assert (run.returncode, run.stderr) == (status, "")
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".unfinished")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("code", [FORK, CALLS])
def test_a_forked_child_comes_to_full_code_too(code, tmp_path):
    """It has no thread of its parent; it begins one when it waits, or calls."""
    run = ended(code % 3, tmp_path)
    assert run.stdout.split()[:1] == ["7"] and "1" not in run.stdout.split(), run.stdout + run.stderr


class Counting(Job):
    """A job that notes how many modules at a time are asked of it."""

    def advance(self, modules):
        more = super().advance(modules)
        self.log[-1] = modules
        return more


def test_for_one_who_waits_as_many_modules_at_a_time_are_compiled_as_there_are_processors(monkeypatch):
    """Nobody else has a use for the other processors then; beside a program that goes on one is enough."""
    monkeypatch.setattr(compile_queue, "usable_processors", lambda: 7)
    gate, waited, queue = threading.Event(), Counting("waited", 1, []), CompileQueue()
    beside, behind = Counting("beside", 1, [], gate), Counting("behind", 1, [])
    for job in (beside, behind):
        queue.put(job)
    with queue._changed:
        # What is begun before somebody waits is asked for with one module.
        gate.set()
        queue._changed.wait_for(lambda: not queue.is_working())
        queue.put(waited)
        assert queue.wait(waited)
    assert beside.log == behind.log == [1] and waited.log == [7]

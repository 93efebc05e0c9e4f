"""A child of a fork has no locks that other threads of its parent held."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers.processes import inherited

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

PROGRAM = """
import faulthandler, os, threading, time, warnings
import symdrop as sd
from symdrop.backends.native.cache import objects
from symdrop.backends.native.jit import compiler
from symdrop.compiler import transactions

warnings.simplefilter("ignore")
w = sd.shared(0.0, name="w")
f = sd.function([], w, updates={w: w + 1}, backend=%r)
locks = {"states": transactions._MOMENT, "cache": objects._LOCK, "LLVM": compiler.LOCK}
for name, lock in {**locks, "one state": w.container.writing}.items():
    held = threading.Event()

    def hold():
        with lock:
            held.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if not child:
        faulthandler.dump_traceback_later(200, exit=True)
        f()
        objects.current().get("anything")
        compiler.host()
        with lock:
            os._exit(7 if float(w.get_value()) == 1 else 1)
    print(name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    holder.join()
"""


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_a_child_finds_no_lock_taken(backend):
    """Whoever forks waits for the lock, so that no thread that the child does not have holds it there."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM % backend],
        env=inherited(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.stdout.splitlines() == ["states 7", "cache 7", "LLVM 7", "one state 7"], run.stderr


BUSY = """
import faulthandler, os, threading
import numpy as np
import symdrop as sd
import symdrop.tensor as T

faulthandler.dump_traceback_later(200, exit=True)
states = [sd.shared(np.zeros((600, 600)), name=f"s{i}") for i in range(3)]
f = sd.function([], updates={s: s + T.tanh(s).mean() + 1 for s in states}, backend=%r)
stop = threading.Event()


def train():
    while not stop.is_set():
        f()


threads = [threading.Thread(target=train) for _ in range(3)]
for thread in threads:
    thread.start()
results = []
for _ in range(5):
    child = os.fork()
    if not child:
        values = {float(v) for s in states for v in np.unique(s.get_value(borrow=True))}
        states[0].set_value(states[0].get_value())
        f()
        os._exit(7 if len(values) == 1 else 1)
    results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(results)
"""


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_a_fork_waits_for_the_updates_of_other_threads(backend):
    """A child has states of one moment, none half overwritten, and can update them: no thread holds them there."""
    run = subprocess.run(
        [sys.executable, "-c", BUSY % backend],
        env=inherited(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.stdout.split() == ["[7,", "7,", "7,", "7,", "7]"], run.stderr

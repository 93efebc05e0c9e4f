"""A child of a fork has no locks that other threads of its parent held."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

PROGRAM = """
import faulthandler, os, threading, time, warnings
import symdrop as sd
from symdrop.backends.native import cache, machine
from symdrop.function import run

warnings.simplefilter("ignore")
w = sd.shared(0.0, name="w")
f = sd.function([], w, updates={w: w + 1}, backend=%r)
lock = {"states": run._MOMENT, "cache": cache._LOCK, "LLVM": machine.LOCK}[%r]
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
    cache.current().get("anything")
    machine.host()
    with lock:
        os._exit(7 if float(w.get_value()) == 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("lock", ["states", "cache", "LLVM"])
def test_a_child_finds_no_lock_taken(lock, backend):
    """Whoever forks waits for the lock, so that no thread that the child does not have holds it there."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM % (backend, lock)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.stdout.split() == ["7"], run.stderr

"""How many processors a process may use: its affinity mask, and the quotas of its control groups, read from files."""

import os

import pytest

from symdrop.processors import usable_processors
from tests.helpers.processes import run_python

HYBRID = "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu,cpuacct 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
UNIFIED = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"

# By what is told: the mounts, this process's groups, files below sys/fs/cgroup, and how many processors that leaves.
CASES = {
    "a quota of two": (UNIFIED, "0::/\n", {"cpu.max": "200000 100000"}, 2),
    "a part of a processor more": (UNIFIED, "0::/job\n", {"job/cpu.max": "210000 100000"}, 3),
    "less than one": (UNIFIED, "0::/job\n", {"job/cpu.max": "50000 100000"}, 1),
    "the quota of a group around it": (UNIFIED, "0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "1 1"}, 1),
    "no quota": (UNIFIED, "0::/job\n", {"job/cpu.max": "max 100000"}, None),
    "a container that sees its own group only": (UNIFIED, "0::/outside/it\n", {"cpu.max": "200000 100000"}, 2),
    "the first version": (
        HYBRID, "2:cpu,cpuacct:/box\n0::/\n",
        {"cpu/box/cpu.cfs_quota_us": "400000", "cpu/box/cpu.cfs_period_us": "200000"}, 2,
    ),
    "the first version, no quota": (
        HYBRID, "2:cpu,cpuacct:/box\n0::/\n",
        {"cpu/box/cpu.cfs_quota_us": "-1", "cpu/box/cpu.cfs_period_us": "100000"}, None,
    ),
    "nonsense": (UNIFIED + "x\n", "0::/job\nx\n", {"job/cpu.max": "many 0"}, None),
    "no files": (None, None, {}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_quotas(case, tmp_path, monkeypatch):
    """The smallest quota counts, rounded up, but at least one; where none is to be read, those of the mask."""
    monkeypatch.setattr("symdrop.processors._in_mask", lambda: 64)
    mounts, groups, files, expected = CASES[case]
    told = {"proc/self/mounts": mounts, "proc/self/cgroup": groups}
    told |= {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    for name, text in told.items():
        if text is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    assert usable_processors(tmp_path) == (expected or 64)


needs_masks = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity masks on this system")
MASKED = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nimport symdrop as sd\n"


@needs_masks
def test_a_process_that_may_use_one_processor_has_one_thread():
    """Threads that take turns on one processor would only wait for each other; who sets a number gets it."""
    assert run_python(MASKED + "print(sd.config.threads)", SYMDROP_FLAGS="", SYMDROP_NUM_THREADS="") == "1\n"
    assert run_python(MASKED + "print(sd.config.threads)", SYMDROP_FLAGS="threads=5") == "5\n"


@needs_masks
@pytest.mark.parametrize("threads", ["", "threads=3"])
def test_on_one_processor_no_thread_is_made_that_was_not_asked_for(threads):
    """A call computes on the thread that makes it, on two more where they were asked for, with the same result."""
    pytest.importorskip("llvmlite")
    assert run_python(MASKED + """
import numpy as np
import symdrop.tensor as T
from symdrop.backends.native.runtime import library
import ctypes
x = T.matrix("x")
f = sd.function([x], T.tanh(x @ x).sum(axis=0), backend="native")
value = np.random.default_rng(1).normal(size=(300, 300)).astype("float32")
np.testing.assert_allclose(f(value), np.tanh(value @ value).sum(axis=0), rtol=1e-3, atol=1e-3)
print(ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("symdrop_workers"))())
""", SYMDROP_FLAGS=threads, SYMDROP_NUM_THREADS="") == ("2\n" if threads else "0\n")  # fmt: skip

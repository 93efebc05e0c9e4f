"""The roofline of this machine: bytes and multiply-adds a second, measured once.

A kernel cannot be quicker than its bytes over the bandwidth, nor than its operations over
the peak; how near it comes to the nearer of the two bounds says whether it is worth a look.

Source: S. Williams, A. Waterman and D. Patterson, "Roofline: an insightful visual
performance model for multicore architectures", CACM 52 (2009).

Read next: memory_plan.py
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....threads import once_per_key
from ..jit import compiler
from ..runtime import library
from ..templates import fill

# Independent chains of multiply-adds: more than the units of a core have in flight.
_CHAINS = 12
_COPIED = 1 << 26
_ROUNDS = 1 << 20


@dataclass(frozen=True, slots=True)
class Roofline:
    """Bounds of a machine, for as many threads as were asked for.

    Attributes:
        bandwidth: bytes a second, read and written.
        peak: float32 operations a second; a multiply-add is two.
    """

    bandwidth: float
    peak: float


def _text(width: int) -> str:
    """Two bodies for the pool: a copy, and chains of multiply-adds."""
    return fill(
        "tools/roofline.ll",
        V=f"<{width} x float>",
        width=width,
        chains=[(i, f"%s{i - 1}" if i else "zeroinitializer") for i in range(_CHAINS)],
        last=_CHAINS - 1,
        rounds=_ROUNDS,
    )


def _best(run: Callable[[], None]) -> float:
    """Seconds of the quickest of a few runs."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


@once_per_key(compiler.LOCK)
def measure(threads: int) -> Roofline:
    """The bounds of this machine for a number of threads; takes a tenth of a second, once a process.

    Example:
        >>> roof = measure(1)
        >>> roof.bandwidth > 1e8 and roof.peak > 1e8
        True
    """
    target = compiler.host()
    width = target.vector_bits // 32
    code = compiler.compile_object(_text(width), target)
    loaded = compiler.load(code, library.symbols(target, ["symdrop_parallel"]))
    fma, copy = (
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(address)
        for address in map(loaded.address, ("fma", "copy"))
    )
    frame = np.zeros(16 * (threads + 2), np.int64)
    source, target_array = np.ones(_COPIED // 4, "float32"), np.zeros(_COPIED // 4, "float32")
    operations = 2.0 * width * _CHAINS * _ROUNDS * threads
    peak = operations / _best(lambda: fma(frame.ctypes.data, threads))
    frame[:3] = source.ctypes.data, target_array.ctypes.data, source.size // (threads * width) * threads * width
    bandwidth = 2.0 * _COPIED / _best(lambda: copy(frame.ctypes.data, threads))
    return Roofline(bandwidth, peak)

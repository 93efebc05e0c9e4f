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
    kind = f"<{width} x float>"
    chains = range(_CHAINS)
    start = "\n".join(f"  %a{i} = phi {kind} [splat (float 1.0), %entry], [%b{i}, %head]" for i in chains)
    steps = "\n".join(
        f"  %b{i} = call {kind} @llvm.fma.v{width}f32({kind} %a{i}, {kind} splat (float 0.5), {kind} splat (float 1.0))"
        for i in chains
    )
    sums = "\n".join(
        f"  %s{i} = fadd {kind} {f'%s{i - 1}' if i else 'zeroinitializer'}, %b{i}" for i in chains
    )  # fmt: skip
    return f"""declare {kind} @llvm.fma.v{width}f32({kind}, {kind}, {kind})
declare void @symdrop_parallel(ptr, ptr, i64)
define void @fma_body(ptr %frame, i64 %thread, i64 %threads) nounwind {{
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %head]
{start}
{steps}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, {_ROUNDS}
  br i1 %more, label %head, label %done
done:
{sums}
  %offset = mul i64 %thread, 16
  %place = add i64 %offset, 8
  %out = getelementptr i64, ptr %frame, i64 %place
  store {kind} %s{_CHAINS - 1}, ptr %out, align 8
  ret void
}}
define void @copy_body(ptr %frame, i64 %thread, i64 %threads) nounwind {{
entry:
  %to.at = getelementptr i64, ptr %frame, i64 1
  %n.at = getelementptr i64, ptr %frame, i64 2
  %from = load ptr, ptr %frame
  %to = load ptr, ptr %to.at
  %n = load i64, ptr %n.at
  %share = sdiv i64 %n, %threads
  %first = mul i64 %share, %thread
  %stop = add i64 %first, %share
  br label %head
head:
  %i = phi i64 [%first, %entry], [%next, %head]
  %x = getelementptr float, ptr %from, i64 %i
  %y = getelementptr float, ptr %to, i64 %i
  %v = load {kind}, ptr %x, align 4
  store {kind} %v, ptr %y, align 4
  %next = add i64 %i, {width}
  %more = icmp slt i64 %next, %stop
  br i1 %more, label %head, label %done
done:
  ret void
}}
define void @fma(ptr %frame, i64 %threads) nounwind {{
  call void @symdrop_parallel(ptr @fma_body, ptr %frame, i64 %threads)
  ret void
}}
define void @copy(ptr %frame, i64 %threads) nounwind {{
  call void @symdrop_parallel(ptr @copy_body, ptr %frame, i64 %threads)
  ret void
}}
"""


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
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(loaded.address(name)) for name in ("fma", "copy")
    )
    frame = np.zeros(16 * (threads + 2), np.int64)
    source, target_array = np.ones(_COPIED // 4, "float32"), np.zeros(_COPIED // 4, "float32")
    operations = 2.0 * width * _CHAINS * _ROUNDS * threads
    peak = operations / _best(lambda: fma(frame.ctypes.data, threads))
    frame[:3] = source.ctypes.data, target_array.ctypes.data, source.size // (threads * width) * threads * width
    bandwidth = 2.0 * _COPIED / _best(lambda: copy(frame.ctypes.data, threads))
    return Roofline(bandwidth, peak)

"""The profile of a step: each kernel timed by itself, beside what the machine could do.

A kernel's bytes are those of the buffers it reads and writes, each counted once. Its
operations are the float operations of its innermost loops, times the elements these run
over (a function such as ``exp`` counts as the twenty or so operations it consists of), and
2 m n k for a matrix product.

Read next: guard_pages.py
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from ....lower.ir.block_loop import BlockLoop
from ....lower.ir.control_flow import For
from ....lower.ir.frame import Buffer, FrameLayout
from ....lower.ir.loop_nest import LoopNest
from ....lower.ir.packing_loop import PackingLoop
from ....lower.ir.vector_ir import Block, Loop
from ....types import is_float
from ..runtime import library
from .memory_plan import Frame, MemoryPlan, elements
from .roofline import Roofline

_NOT_ARITHMETIC = frozenset((
    "load", "gather", "store", "select", "splat", "part", "interleave", "shift_in", "shuffle", "bits", "constant",
    "carried", "result", "iota",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class KernelTime:
    """One kernel of a profile.

    Attributes:
        title: what it computes.
        seconds: median time.
        moved: bytes read and written.
        operations: float operations.
        threads: how many shared the work.
    """

    title: str
    seconds: float
    moved: int
    operations: int
    threads: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a step; printed as a table.

    Attributes:
        kernels: in the order in which they run.
        memory: what is stored between them.
        roofline: what the machine can do at best.
    """

    kernels: tuple[KernelTime, ...]
    memory: MemoryPlan
    roofline: Roofline

    def __str__(self) -> str:
        total = sum(kernel.seconds for kernel in self.kernels) or 1.0
        rows = [("kernel", "time", "share", "MB", "Mflop", "of bandwidth", "of peak")]
        for kernel in self.kernels:
            seconds = max(kernel.seconds, 1e-9)
            rows.append(
                (
                    kernel.title,
                    _time(kernel.seconds),
                    f"{kernel.seconds / total:.0%}",
                    f"{kernel.moved / 1e6:.2f}",
                    f"{kernel.operations / 1e6:.2f}",
                    f"{kernel.moved / seconds / self.roofline.bandwidth:.0%}",
                    f"{kernel.operations / seconds / self.roofline.peak:.0%}",
                )
            )
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
        bounds = f"{self.roofline.bandwidth / 1e9:.0f} GB/s copied, {self.roofline.peak / 1e9:.0f} Gflop/s float32"
        return "\n".join([*lines, f"{_time(total)} in all; this machine at best: {bounds}"])


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def time_kernels(
    nests: Sequence[LoopNest],
    loops: Sequence[For],
    memory: FrameLayout,
    frame: Frame,
    ran: Frame,
    address_of: Callable[[str], int],
    threads: int,
    repeats: int,
) -> list[KernelTime]:
    """Run the kernels of a step one by one on a frame that ``prepare`` has filled.

    Args:
        nests: the kernels.
        loops: the loops around some of them; their kernels are timed at one position.
        memory: the layout of the frame.
        frame: the frame; the arrays in it are written to.
        ran: the frame as the whole step has left it, which says how many steps its loops made.
        address_of: where the code of a kernel is.
        threads: how many share the work.
        repeats: how often the step is run.
    """
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(library.address("symdrop_parallel"))
    addresses = [address_of(f"kernel_{i}") for i in range(len(nests))]
    teams = [1 if nest.alone else threads for nest in nests]
    times: list[list[float]] = [[] for _ in nests]
    for _ in range(repeats + 1):
        for i, address in enumerate(addresses):
            begin = time.perf_counter()
            run(address, frame.ctypes.data, teams[i])
            times[i].append(time.perf_counter() - begin)
    turns = [
        math.prod(int(ran[loop.made if loop.stop else loop.count]) for loop in loops if loop.begin <= i < loop.end)
        for i in range(len(nests))
    ]
    return [
        KernelTime(
            nest.title if turns[i] == 1 else f"{turns[i]} x {nest.title}",
            # The first round warms up.
            turns[i] * median(times[i][1:]),
            turns[i] * sum(_bytes(memory, nest, buffer, frame) for buffer in _touched(nest)),
            turns[i] * _operations(nest) * elements(memory, nest.space, frame),
            teams[i],
        )
        for i, nest in enumerate(nests)
    ]


def _touched(nest: LoopNest) -> list[Buffer]:
    # What is read and written moves twice.
    return [*nest.moved, *(buffer for buffer in nest.moved if buffer.root in nest.reads & nest.writes)]


def _bytes(memory: FrameLayout, nest: LoopNest, buffer: Buffer, frame: Frame) -> int:
    """The bytes of a buffer that a kernel touches: all of it, or what it reads of it in every turn of its loops."""
    count = elements(memory, buffer.sizes, frame)
    reads = _reads(nest.body, buffer)
    if nest.space and reads and buffer.root not in nest.writes:
        count = min(count, reads * elements(memory, nest.space, frame))
    return count * np.dtype(buffer.dtype).itemsize


def _reads(block: Block, buffer: Buffer) -> int:
    """How many operations of a block, rests of loops aside, read a buffer."""
    count = 0
    for item in block.items:
        if isinstance(item, Loop):
            count += 0 if item.is_remainder else _reads(item.body, buffer)
        else:
            count += item.op in ("load", "gather") and item.attribute is buffer
    return count


def _operations(nest: LoopNest) -> int:
    """Float operations for every element of a kernel's space; single numbers beside it are not counted."""
    return _in_block(nest.body, 2 if nest.space else 1)


def _in_block(block: Block, narrowest: int) -> int:
    """The float operations of at least so many lanes."""
    count = 0
    for item in block.items:
        if isinstance(item, BlockLoop):
            # The space is the product's: its epilogue is little beside it, and so is its prologue.
            count += 2
        elif isinstance(item, PackingLoop):
            continue
        elif isinstance(item, Loop):
            count += 0 if item.is_remainder else _in_block(item.body, narrowest)
        elif item.op == "product":
            count += 2
        elif is_float(item.type) and item.op not in _NOT_ARITHMETIC and item.width >= narrowest:
            count += 2 if item.op == "fma" else 1
    return count

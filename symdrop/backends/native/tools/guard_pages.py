"""Guard pages: a way to run a step for tests, in which every buffer lies against a page that may not be touched.

With ``config.guard`` "end" the memory of each input, output and intermediate value, and that
of the frame, ends where a protected page begins; with "start" it begins where one ends. A
step that reads or writes past a buffer on that side stops the process at the instruction
that does so. What lies on the other side, up to the next page, is filled with a pattern
that must still be there afterwards. All memory starts as NaN (integers: -1), so that what is read
before it is written shows.

Read next: ../driver.py
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from ....config import Config
from ....lower.build.lowered_module import LoweredModule
from ....lower.ir.frame import ARENA, ARENA_BYTES, THREADS
from ...base import Array
from .memory_plan import elements_in_arena

_PATTERN = 0xFF
# Of mprotect: no access at all.
_NONE = 0


class GuardedArrays:
    """The memory of one call.

    Args:
        side: where the protected page lies that matters, "start" or "end".
    """

    def __init__(self, side: str) -> None:
        self.side = side
        self._regions: list[tuple[mmap.mmap, int, int]] = []
        self._protect = ctypes.CDLL(None, use_errno=True).mprotect
        self._protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int

    def array(self, shape: Sequence[int], dtype: str) -> Array:
        """An array in memory of its own, protected on both sides, one of them without a gap."""
        type = np.dtype(dtype)
        size = prod(shape) * type.itemsize
        pages = -(-size // mmap.PAGESIZE)
        region = mmap.mmap(-1, (pages + 2) * mmap.PAGESIZE)
        first, behind = mmap.PAGESIZE, (pages + 1) * mmap.PAGESIZE
        region[first:behind] = bytes([_PATTERN]) * (behind - first)
        start = first if self.side == "start" else behind - size
        self._regions.append((region, start, start + size))
        base = ctypes.addressof(ctypes.c_char.from_buffer(region))
        for page in (0, behind):
            if self._protect(base + page, mmap.PAGESIZE, _NONE):
                raise OSError(ctypes.get_errno(), "mprotect")
        return np.ndarray(tuple(shape), type, region, start)

    def check(self) -> None:
        """Look at the gaps.

        Raises:
            AssertionError: if something was written there.
        """
        for region, start, stop in self._regions:
            behind = len(region) - mmap.PAGESIZE
            gap = region[mmap.PAGESIZE : start] + region[stop:behind]
            assert gap.count(_PATTERN) == len(gap), f"a step wrote outside a buffer of {stop - start} bytes"


def call(
    step: LoweredModule,
    prepare: Callable[[int], int],
    run: Callable[[int], int],
    values: Sequence[Array],
    settings: Config,
) -> list[Array] | None:
    """The call of a segment, with all its memory guarded.

    Args:
        step: the lowered segment.
        prepare, run: its functions; they take the address of a frame.
        values: the inputs, C-contiguous, aligned and in native byte order.
        settings: on which side memory is guarded, and how many threads share even the smallest call.
    """
    memory, guarded = step.memory, GuardedArrays(settings.guard)
    frame = guarded.array([memory.words], "int64")
    frame[...] = 0
    given = []
    for buffer, value in zip(memory.inputs, values, strict=True):
        given.append(guarded.array(value.shape, buffer.dtype))
        given[-1][...] = value
        frame[buffer.word] = given[-1].ctypes.data
        frame[buffer.word + 1 : buffer.word + 1 + value.ndim] = value.shape
    address = frame.ctypes.data
    frame[THREADS] = settings.threads
    if prepare(address):
        return None
    results = []
    for position, buffer in enumerate(memory.outputs):
        if position in step.in_place:
            results.append(given[step.in_place[position]])
            continue
        sizes = frame[buffer.word + 1 : buffer.word + 1 + len(buffer.sizes)].tolist()
        results.append(guarded.array(sizes, buffer.dtype))
        frame[buffer.word] = results[-1].ctypes.data
    scratch = step.arena.scratch
    if scratch is not None:
        private = guarded.array([int(frame[ARENA_BYTES] - frame[scratch.word])], scratch.dtype)
        frame[scratch.word] = private.ctypes.data - address
    # Places in the arena are distances from its start, of either sign.
    frame[ARENA] = address
    arena = [guarded.array([elements_in_arena(step, buffer, frame)], buffer.dtype) for buffer in step.arena.buffers]
    for buffer, array in zip(step.arena.buffers, arena, strict=True):
        frame[buffer.word] = array.ctypes.data - address
    failed = run(address)
    guarded.check()
    if failed:
        return None
    for position, input in step.in_place.items():
        values[input][...] = results[position]
    own = [result.copy() for result in results]
    return [values[step.in_place[i]] if i in step.in_place else result for i, result in enumerate(own)]

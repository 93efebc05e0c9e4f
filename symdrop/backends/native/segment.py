"""A segment as machine code: a frame is filled, ``prepare`` computes the rest, ``run`` runs the step.

Read next: selfcheck.py
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...config import config
from ...lower.ir.frame import ARENA, ARENA_BYTES, FAILED, THREADS, WORK
from ..base import Array
from .cache_entry import Kept
from .driver import SegmentStages
from .jit import compiler
from .runtime import library
from .runtime.direct import ALONE_WORK, SMALL_WORK, OutputPool
from .tools import guard_pages
from .tools.memory_plan import MemoryPlan, memory_plan
from .tools.profile import KernelTime, time_kernels

_ALIGN = 64


class Call(NamedTuple):
    """The arrays and the frame of one run of a step.

    Attributes:
        frame: the words it is given; they point into the arrays below.
        given: its inputs, as native code reads them.
        results: its outputs; one written in place is the input that it replaces.
        arena: memory for what lies between.
    """

    frame: np.ndarray[Any, np.dtype[np.int64]]
    given: list[Array]
    results: list[Array]
    arena: Array


class NativeSegment:
    """A segment as machine code.

    Args:
        lowered: what it was made from.
        kept: what a call needs to know, object files of which each may call what those before it define, and data.
        dtypes: those of the outputs.
    """

    def __init__(self, lowered: SegmentStages, kept: Kept, dtypes: Sequence[str]) -> None:
        self.lowered = lowered
        self.target = lowered.target
        self.kept = kept
        self.outline = kept.outline
        data = {name: constant.value for name, constant in kept.data.items()}
        symbols = library.symbols(self.target, self.outline.called)
        symbols |= {name: array.ctypes.data for name, array in data.items()}
        self.library = compiler.load_objects(kept.files, symbols, keep=tuple(data.values()))
        self.prepare_address = self.library.address("prepare")
        self.run_address = self.library.address("run")
        self._prepare = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.prepare_address)
        self._run_to_the_end = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.run_address)
        self._run_quickly = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.run_address)
        self.pools = [OutputPool(dtype) for dtype in dtypes]
        self._arenas: list[Array] = []

    def __call__(self, values: Sequence[Array]) -> list[Array] | None:
        """The outputs, or None if a check failed and nothing was written."""
        if config.guard != "off":
            given = [_usable(value) for value in values]
            return guard_pages.call(self.lowered.module, self._prepare, self._run_quickly, given, config)
        call = self._prepared(values)
        if call is None:
            return None
        small = call.frame[WORK] <= SMALL_WORK
        try:
            failed = (self._run_quickly if small else self._run)(call.frame.ctypes.data)
        finally:
            self._arenas.append(call.arena)
        if failed:
            return None
        results = call.results
        for position, (pool, result) in enumerate(zip(self.pools, results, strict=True)):
            if position not in self.outline.in_place:
                pool.give(result)
        return results

    def _run(self, frame: int) -> int:
        """Run the step with Python's lock released; handlers of signals are run meanwhile, and what one raises ends it.

        No state has changed then.
        """
        if threading.current_thread() is threading.main_thread():
            return library.interruptible()(self.run_address, frame)
        return int(self._run_to_the_end(frame))

    def _prepared(self, values: Sequence[Array]) -> Call | None:
        """All that a run of the step needs, or None if a check failed."""
        outline, in_place = self.outline, self.outline.in_place
        frame = np.zeros(outline.words, np.int64)
        given = [_usable(value) for value in values]
        for place, value in zip(outline.inputs, given, strict=True):
            frame[place.word] = value.ctypes.data
            frame[place.word + 1 : place.word + 1 + value.ndim] = value.shape
        if self._prepare(frame.ctypes.data):
            return None
        results: list[Array] = []
        for position, (place, pool) in enumerate(zip(outline.outputs, self.pools, strict=True)):
            if position in in_place:
                results.append(given[in_place[position]])
                continue
            sizes = frame[place.word + 1 : place.word + 1 + place.ndim]
            results.append(pool.take(tuple(sizes.tolist())))
            frame[place.word] = results[-1].ctypes.data
        arena = self._take_arena(int(frame[ARENA_BYTES]))
        frame[ARENA] = -(-arena.ctypes.data // _ALIGN) * _ALIGN
        frame[THREADS] = 1 if frame[WORK] <= ALONE_WORK else config.threads
        return Call(frame, given, results, arena)

    def profile(self, values: Sequence[Array], repeats: int) -> tuple[list[KernelTime], MemoryPlan] | None:
        """Times of its kernels, and its memory; None if a check failed. The states among the values are left alone."""
        call = self._prepared([np.array(value, order="C") for value in values])
        if call is None:
            return None
        step = self.lowered.module
        threads = int(call.frame[THREADS])
        plan = memory_plan(step, call.frame)
        ran = call.frame.copy()
        if self._run(ran.ctypes.data):
            return None
        times = time_kernels(
            step.nests, step.repeats, step.memory, call.frame, ran, self.library.address, threads, repeats
        )
        return None if call.frame[FAILED] else (times, plan)

    def _take_arena(self, size: int) -> Array:
        """Memory for a call's intermediate values; it belongs to the call until it is put back."""
        try:
            arena = self._arenas.pop()
        except IndexError:
            arena = np.empty(0, np.uint8)
        return arena if arena.nbytes >= size + _ALIGN else np.empty(size + _ALIGN, np.uint8)


def _usable(value: Array) -> Array:
    """The array as native code reads it: C-contiguous, aligned, in native byte order."""
    flags = value.flags
    if flags.c_contiguous and flags.aligned and value.dtype.isnative:
        return value
    return value.astype(value.dtype.newbyteorder("="), order="C")


def compile_segment(stages: SegmentStages) -> NativeSegment:
    """A segment as machine code."""
    objects = compiler.compile_objects(stages.modules).codes
    constants = stages.module.memory.constants.items()
    data = {buffer.name: constant for buffer, constant in constants if constant.is_data}
    return NativeSegment(stages, Kept(stages.outline(), objects, data), [node.dtype for node in stages.segment.outputs])

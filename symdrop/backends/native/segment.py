"""A segment as machine code: a frame is filled, ``prepare`` computes the rest, ``run`` runs the step.

Read next: selfcheck.py
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from ...config import config
from ...graph import Graph, Node
from ...lower.build.lowered_module import Step, lower
from ...lower.ir.frame import ARENA, ARENA_BYTES, FAILED, THREADS, WORK
from ...lower.partition.segments import Segment
from ...lower.vectorize.vector_maths import Unlowered
from ...threads import held_over_forks, lazy
from ..base import Array
from .cache_entry import Kept, Outline, Place
from .jit import compiler
from .llvm.module import ModuleWriter
from .runtime import library
from .runtime.direct import ALONE_WORK, SMALL_WORK, OutputPool
from .tools import guard_pages
from .tools.memory_plan import MemoryPlan, memory_plan
from .tools.profile import KernelTime, time_kernels

_ALIGN = 64


class Lowering:
    """A reusable context manager: lowering by one thread at a time, perhaps after ``sd.function`` returned.

    A stage of lowering is computed when somebody first asks for it, and all stages come from one another, so one lock
    serves them. The nodes that lowering makes nobody has written down, so they are not tried on test values.
    """

    def __init__(self) -> None:
        self._lock = held_over_forks(threading.RLock())
        self._untried: list[AbstractContextManager[Any]] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        untried = config.change(compute_test_value="off")
        untried.__enter__()
        self._untried.append(untried)

    def __exit__(self, *raised: Any) -> None:
        self._untried.pop().__exit__(*raised)
        self._lock.release()


LOWERING = Lowering()


class Lowered:
    """A segment on its way down, each stage computed when it is first asked for.

    Args:
        segment: gives what to compute.
        states: for outputs that replace a state, the position of the state among the inputs.
        target: the machine.
    """

    def __init__(self, segment: Callable[[], Segment], states: Mapping[int, int], target: compiler.Target) -> None:
        self._segment = segment
        self._states = states
        self.target = target

    @lazy(LOWERING)
    def segment(self) -> Segment:
        """The nodes it computes."""
        return self._segment()

    @lazy(LOWERING)
    def step(self) -> Step:
        """Its kernels."""
        bits = 64 if self.target.level == "scalar" else self.target.vector_bits
        return lower(self.segment.graph, self._states, bits)

    def unlowered(self) -> set[Node]:
        """The nodes around the segment that prove to have no lowering; none if its kernels could be written."""
        try:
            self.step  # noqa: B018
        except Unlowered as error:
            around = {copy: node for node, copy in self.segment.copies.items()}
            inside = set(self.segment.graph.nodes())
            for nodes in (*error.blamed, inside):
                # What stands in a body is blamed on the loop or branch that holds it.
                found = {around.get(node, node) for node in nodes if node in inside and not node.is_leaf}
                if found:
                    return found
            raise
        return set()

    @lazy(LOWERING)
    def _writer(self) -> ModuleWriter:
        return ModuleWriter(self.step, self.target.fma)

    @lazy(LOWERING)
    def text(self) -> str:
        """Its LLVM text, as one module."""
        return self._writer.text()

    @lazy(LOWERING)
    def _modules(self) -> list[tuple[str, compiler.Target]]:
        """Its LLVM text as it is compiled."""
        return [(text, self.target) for text in self._writer.modules()]

    def sources(self) -> list[tuple[str, compiler.Target]]:
        """All that has to be compiled for it: its own modules, and what they call."""
        return [*self._modules, *library.texts(self.target, _called(self.text))]

    def outline(self) -> Outline:
        """The calling convention of the step."""
        memory = self.step.memory
        inputs, outputs = (
            tuple(Place(buffer.word, len(buffer.sizes)) for buffer in part) for part in (memory.inputs, memory.outputs)
        )
        return Outline(memory.words, inputs, outputs, self.step.in_place, tuple(_called(self.text)))

    def compiled(self) -> NativeSegment:
        """The segment as machine code."""
        objects = compiler.compile_objects(self._modules).codes
        constants = self.step.memory.constants.items()
        data = {buffer.name: constant for buffer, constant in constants if constant.is_data}
        return NativeSegment(self, Kept(self.outline(), objects, data), [node.dtype for node in self.segment.outputs])


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

    def __init__(self, lowered: Lowered, kept: Kept, dtypes: Sequence[str]) -> None:
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
            return guard_pages.call(self.lowered.step, self._prepare, self._run_quickly, given, config)
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
        step = self.lowered.step
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


def _called(text: str) -> list[str]:
    return [line.split("@", 1)[1].split("(", 1)[0] for line in text.splitlines() if line.startswith("declare")]


def whole(graph: Graph) -> Segment:
    """A graph as one segment."""
    return Segment(graph, tuple(graph.inputs), tuple(graph.outputs))

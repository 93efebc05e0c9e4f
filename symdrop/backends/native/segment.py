"""A segment as machine code: a frame is filled, ``prepare`` computes the rest, ``run`` runs the step.

Read next: sequence.py
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...config import config
from ...lower.ir.frame import FAILED, LEAST, THREADS, WORK
from ...op import Container
from ...op.values import usable
from ...types import TensorType
from ..base import Array
from .cache_entry import CacheEntry
from .driver import SegmentStages
from .jit import compiler
from .jit.compile_queue import QUEUE
from .runtime import library
from .runtime.direct import ALONE_WORK, LEAST_WORK, SMALL_WORK, FastPath, OutputPool
from .runtime.workspace import Workspace, address_of
from .tools import guard_pages
from .tools.memory_plan import MemoryPlan, memory_plan
from .tools.profile import KernelTime, time_kernels


class Call(NamedTuple):
    """The arrays of one run of a step.

    Attributes:
        workspace: its frame, whose words point into the arrays below, and memory for what lies between.
        given: its inputs, as native code reads them.
        results: its outputs; one written in place is the input that it replaces.
    """

    workspace: Workspace
    given: list[Array]
    results: list[Array]


class StepCode:
    """The machine code of a step in one tier, loaded.

    Args:
        entry: what a call needs to know, object files of which each may call what those before it define, and data.
        symbols: addresses of the functions of the runtime that it calls.

    Attributes:
        library: the code.
        tier: "full", or "quick" if any of it is quick code.
        prepare_address, run_address: its functions.
        prepare, run_quickly, run: the same to be called from Python, which holds its lock in all but the last.
    """

    def __init__(self, entry: CacheEntry, symbols: Mapping[str, int]) -> None:
        data = {name: constant.value for name, constant in entry.data.items()}
        addresses = {name: array.ctypes.data for name, array in data.items()}
        self.library = compiler.load_objects(entry.files, {**symbols, **addresses}, keep=tuple(data.values()))
        self.tier = entry.tier
        self.prepare_address = self.library.address("prepare")
        self.run_address = self.library.address("run")
        self.prepare = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.prepare_address)
        self.run_quickly = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.run_address)
        self._run_to_the_end = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.run_address)

    def run(self, frame: int) -> int:
        """Run the step with Python's lock released; handlers of signals are run meanwhile, and what one raises ends it.

        No state has changed then.
        """
        if threading.current_thread() is threading.main_thread():
            return library.interruptible()(self.run_address, frame)
        return int(self._run_to_the_end(frame))


class NativeSegment:
    """A segment as machine code.

    Args:
        lowered: what it was made from.
        entry: its code, and what a call needs to know.
        dtypes: those of the outputs.

    Attributes:
        code: what calls run. A call keeps to the code it began with.
    """

    def __init__(self, lowered: SegmentStages, entry: CacheEntry, dtypes: Sequence[str]) -> None:
        self.lowered = lowered
        self.target = lowered.target
        self.entry = entry
        self.convention = entry.convention
        # Full code leaves to the BLAS what quick code does, whatever the settings are then.
        self._blas = config.blas
        self.code = self._load(entry)
        self._long_calls = 0
        self._spend: Callable[[float], float] | None = None
        self._told = 0
        self._direct: FastPath | None = None
        self.pools = [OutputPool(dtype) for dtype in dtypes]
        self._workspaces: list[Workspace] = []

    def _load(self, entry: CacheEntry) -> StepCode:
        return StepCode(entry, library.symbols(self.target, self.convention.called, self._blas, entry.tier))

    def full_sources(self) -> list[tuple[str, compiler.Target]]:
        """The modules of its full code, and of what that calls: text and target of each."""
        return self.lowered.sources("full", self._blas)

    def tier_up(self, files: list[bytes]) -> None:
        """Let calls that begin from now on run full code.

        Args:
            files: object files in the order of ``entry.files``.
        """
        self.entry = self.entry._replace(files=files, tier="full")
        self.code = self._load(self.entry)
        self._point_direct()

    def _point_direct(self) -> None:
        if self._direct is not None:
            self._direct.replace_code(self.code.prepare_address, self.code.run_address, self.code.library)

    @property
    def calls(self) -> int:
        """How many calls it has made, by both ways."""
        return self._long_calls + (self._direct.calls if self._direct is not None else 0)

    def make_direct(
        self,
        inputs: Sequence[TensorType],
        outputs: Sequence[TensorType],
        containers: Sequence[Container],
        pools: Sequence[OutputPool],
        single: bool,
    ) -> Callable[..., Any]:
        """The fast call path to its code; the arguments are those of ``FastPath``."""
        code = self.code
        self._direct = FastPath(
            prepare=code.prepare_address,
            run=code.run_address,
            words=self.convention.words,
            inputs=inputs,
            outputs=outputs,
            states=self.convention.in_place,
            containers=containers,
            pools=pools,
            single=single,
            team=config.threads,
            keep=[code.library],
        )
        if self._spend is not None:
            self._direct.allow(0)
        if self.code is not code:
            # Full code came meanwhile, when there was no such path to be told of it.
            self._point_direct()
        return self._direct.call

    def count_time(self, spend: Callable[[float], float]) -> None:
        """Have something told how many seconds calls have taken.

        It says after how many more it wants to know again; never, if that is not more than 0. Only calls of the longer
        way are timed: one in between shows how long those of the fast call path take.
        """
        self._spend = spend
        if self._direct is not None:
            self._direct.allow(0)

    def _call_ended(self, seconds: float) -> None:
        spend, direct = self._spend, self._direct
        if spend is None:
            return
        made = 0 if direct is None else direct.calls
        untold, self._told = 1 + made - self._told, made
        left = spend(untold * seconds)
        if left <= 0:
            self._spend = None
        if direct is None:
            return
        if left > 0:
            direct.allow(1 + int(left / seconds))
        else:
            direct.allow_all()

    def refuse_direct(self) -> None:
        """Have calls made the longer way until full code is there."""
        if self._direct is not None:
            self._direct.refuse()

    def __call__(self, values: Sequence[Array]) -> list[Array] | None:
        """The outputs, or None if a check failed and nothing was written."""
        code = self.code
        self._long_calls += 1
        if code.tier == "quick":
            # In a child of a fork nobody may be at it.
            QUEUE.resume()
        if config.guard != "off":
            given = [usable(value) for value in values]
            return guard_pages.call(self.lowered.module, code.prepare, code.run_quickly, given, config)
        began = time.perf_counter() if self._spend is not None else None
        call = self._prepared(values, code)
        if call is None:
            return None
        workspace = call.workspace
        small = workspace.words[WORK] <= SMALL_WORK
        try:
            failed = (code.run_quickly if small else code.run)(workspace.address)
        finally:
            self._workspaces.append(workspace)
        if began is not None:
            self._call_ended(time.perf_counter() - began)
        if failed:
            return None
        results = call.results
        for position, (pool, result) in enumerate(zip(self.pools, results, strict=True)):
            if position not in self.convention.in_place:
                pool.give(result)
        return results

    def _prepared(self, values: Sequence[Array], code: StepCode) -> Call | None:
        """All that a run of the step needs, or None if a check failed."""
        convention, in_place = self.convention, self.convention.in_place
        workspace = self._take_workspace()
        words, given = workspace.words, [usable(value) for value in values]
        for place, value in zip(convention.inputs, given, strict=True):
            words[place.word] = address_of(value)
            for word, size in enumerate(value.shape, place.word + 1):
                words[word] = size
        # Each thread that may take part is given memory.
        words[THREADS] = config.threads
        if code.prepare(workspace.address):
            return None
        results: list[Array] = []
        for position, (place, pool) in enumerate(zip(convention.outputs, self.pools, strict=True)):
            if position in in_place:
                results.append(given[in_place[position]])
                continue
            results.append(pool.take(tuple(words[place.word + 1 : place.word + 1 + place.ndim])))
            words[place.word] = address_of(results[-1])
        workspace.provide_arena()
        words[THREADS], words[LEAST] = 1 if words[WORK] <= ALONE_WORK else config.threads, LEAST_WORK
        return Call(workspace, given, results)

    def _take_workspace(self) -> Workspace:
        """A workspace that belongs to the call until it is put back, its frame empty."""
        try:
            workspace = self._workspaces.pop()
        except IndexError:
            return Workspace(self.convention.words)
        workspace.frame.fill(0)
        return workspace

    def profile(self, values: Sequence[Array], repeats: int) -> tuple[list[KernelTime], MemoryPlan] | None:
        """Times of its kernels, and its memory; None if a check failed. The states among the values are left alone."""
        code = self.code
        call = self._prepared([np.array(value, order="C") for value in values], code)
        if call is None:
            return None
        step, frame = self.lowered.module, call.workspace.frame
        threads = int(frame[THREADS])
        plan = memory_plan(step, frame)
        ran = frame.copy()
        if code.run(ran.ctypes.data):
            return None
        times = time_kernels(step.nests, step.repeats, step.memory, frame, ran, code.library.address, threads, repeats)
        return None if frame[FAILED] else (times, plan)


def compile_segment(stages: SegmentStages, tier: compiler.Tier = "full") -> NativeSegment:
    """A segment as machine code.

    Args:
        stages: what to compile.
        tier: as of ``compiler.compile_object``.
    """
    objects = compiler.compile_objects(stages.modules(tier), tier=tier)
    made: compiler.Tier = tier if stages.is_shortened(tier) else objects.tier
    constants = stages.module.memory.constants.items()
    data = {buffer.name: constant for buffer, constant in constants if constant.is_data}
    entry = CacheEntry(stages.convention(tier), objects.codes, data, made)
    return NativeSegment(stages, entry, [node.dtype for node in stages.segment.outputs])

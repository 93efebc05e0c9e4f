"""The kernel list of a segment being lowered, shared by its graph, the bodies of its loops and its branches.

Read next: scan.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from ..ir.control_flow import For, If, Statement
from ..ir.frame import Buffer, FrameLayout
from ..ir.kernel_code import KernelCode
from ..ir.loop_nest import LoopNest, accessed
from ..ir.vector_ir import values_of
from ..ir.verifier import verify_value
from ..memory.buffer_assignment import BufferAssignment
from ..memory.shape_function import WorkEstimate
from ..partition.shape_guards import ShapeGuard
from ..vectorize.index_expressions import is_divided_otherwise
from .code_sharing import CodeTable


class KernelListBuilder:
    """A builder of the kernel list: loop nests in order, and the loops and branches around them.

    Args:
        memory: where everything lies.
        bits: how wide the machine's vectors are; 64 for a machine without.

    Attributes:
        arena: the step's own buffers.
        nests: the kernels.
        items: the numbers of those outside of loops and choices, and these, in order.
        repeats: all loops.
        checks: what must hold before anything is computed.
        work: how much the kernels compute, by their numbers; of others it is little.
        codes: their code, of which equal kernels share one.
    """

    def __init__(self, memory: FrameLayout, bits: int) -> None:
        self.memory = memory
        self.bits = bits
        self.arena = BufferAssignment(memory)
        self.nests: list[LoopNest] = []
        self.items: list[Statement] = []
        self.repeats: list[For] = []
        self.checks: list[ShapeGuard] = []
        self.work: dict[int, WorkEstimate] = {}
        self.codes = CodeTable(memory)
        self._items = [self.items]
        self._accesses: dict[KernelCode, _Access] = {}

    def add(self, nest: LoopNest, work: WorkEstimate | None = None) -> None:
        """Append a kernel, once the types in its code are verified."""
        access = self._accesses.get(nest.code)
        if access is None:
            access = self._accesses[nest.code] = _access(nest.code, nest.title)
        if access.is_divided_otherwise:
            nest.finest = 0
        nest.packs = access.packs
        for buffer in map(nest.renaming.buffer, access.reads):
            nest.read(buffer)
        for buffer in map(nest.renaming.buffer, access.writes):
            nest.write(buffer)
        if work is not None:
            nest.space = work.space
            self.work[len(self.nests)] = work
        self._items[-1].append(len(self.nests))
        self.nests.append(nest)

    @contextmanager
    def repeat(self, repeat: For) -> Iterator[None]:
        """A loop: the kernels added inside the ``with`` block are its body."""
        self._items[-1].append(repeat)
        self.repeats.append(repeat)
        repeat.begin = len(self.nests)
        with self._inside(repeat.items):
            yield
        repeat.end = len(self.nests)

    @contextmanager
    def choice(self, choice: If) -> Iterator[tuple[AbstractContextManager[None], AbstractContextManager[None]]]:
        """A branch: it gives two ``with`` blocks, and the kernels added inside them are those of its sides."""
        self._items[-1].append(choice)
        choice.begin = len(self.nests)
        yield self._inside(choice.then), self._inside(choice.otherwise)
        choice.end = len(self.nests)

    @contextmanager
    def _inside(self, items: list[Statement]) -> Iterator[None]:
        self._items.append(items)
        yield
        self._items.pop()


class _Access(NamedTuple):
    """The buffers that code reads and writes, and flags: shares must not be divided; it is a product."""

    reads: list[Buffer]
    writes: list[Buffer]
    is_divided_otherwise: bool
    packs: bool


def _access(code: KernelCode, title: str) -> _Access:
    reads: list[Buffer] = []
    writes: list[Buffer] = []
    values = values_of(code.body)
    for value in values:
        verify_value(value, title)
        read, written = accessed(value)
        reads += read
        writes += written
    packs = any(value.op == "product" for value in values)
    return _Access(list(dict.fromkeys(reads)), list(dict.fromkeys(writes)), is_divided_otherwise(values), packs)

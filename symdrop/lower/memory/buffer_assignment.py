"""Buffer assignment by liveness: one arena for everything that a step needs only while it runs.

Every buffer in it is born in one kernel and used up to another. A buffer takes the place
of an older one of equal size that is no longer needed; otherwise it lies behind all others.
How large they are only a call can tell, so ``prepare`` computes the places; which buffers
share one is decided here.

Source: live intervals in linear order, M. Poletto and V. Sarkar, "Linear scan register
allocation", ACM TOPLAS 21(5), 1999.

Read next: shape_function.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heappush, heapreplace
from typing import Any

from ...graph import Node
from ...op import Size
from ..ir.control_flow import For
from ..ir.frame import THREADS, Buffer, FrameLayout, itemsize
from ..ir.loop_nest import CHUNK, LoopNest
from ..ir.vector_ir import INDEX, Value
from ..loops.register_tile import SCRATCH_BYTES, SMALL
from ..vectorize.index_expressions import IndexBuilder

# Bytes to which every buffer is aligned.
ALIGN = 64


class BufferAssignment:
    """The assignment of arena offsets to the buffers that are neither inputs nor outputs.

    Args:
        memory: gives out words of the frame.

    Attributes:
        chunk_words: for every space that is reduced chunk by chunk the frame's word that says how many chunks it has.
        partial: the buffers of partial values, one value for a chunk.
        scratch: memory that every thread has for itself while it computes a product; None if there are none.
    """

    def __init__(self, memory: FrameLayout) -> None:
        self.memory = memory
        self.chunk_words: dict[tuple[Size, ...], int] = {}
        self._born: dict[Buffer, int] = {}
        self._names = Counter(buffer.name for buffer in (*memory.inputs, *memory.outputs))
        self.partial: set[Buffer] = set()
        self.scratch: Buffer | None = None
        self._products: list[tuple[Size, ...]] = []
        self._packs = False

    def value(self, name: str, node: Node, born: int) -> Buffer:
        """A buffer for the value of a node, which the kernel of that number makes."""
        self._names[name] += 1
        full = name if self._names[name] == 1 else f"{name}.{self._names[name]}"
        return self._new(Buffer(full, node.dtype, self.memory.sizes(node), self.memory.word(), in_arena=True), born)

    def partial_values(self, dtype: str, born: int) -> Buffer:
        """A buffer for one value of a dtype for every chunk."""
        buffer = self._new(Buffer("partial", dtype, (), self.memory.word(), in_arena=True), born)
        self.partial.add(buffer)
        return buffer

    def scratch_for(self, space: tuple[Size, ...], packs: bool = False) -> Buffer:
        """The scratch memory, for a product over a space as well; one that ``packs`` always needs it."""
        self._products.append(space)
        self._packs = self._packs or packs
        if self.scratch is None:
            self.scratch = Buffer("scratch", "uint8", (), self.memory.word(), in_arena=True)
        return self.scratch

    def _new(self, buffer: Buffer, born: int) -> Buffer:
        self._born[buffer] = born
        return buffer

    @property
    def buffers(self) -> Sequence[Buffer]:
        """All buffers, in the order in which they are made."""
        return tuple(self._born)

    def chunk_word(self, space: tuple[Size, ...]) -> int:
        """The frame's word that says how many chunks a space has."""
        if space not in self.chunk_words:
            self.chunk_words[space] = self.memory.word()
        return self.chunk_words[space]

    def lifetimes(self, nests: Sequence[LoopNest], repeats: Sequence[For]) -> Mapping[Buffer, tuple[int, int]]:
        """The live interval of every buffer: the kernel that makes it, and the last one before its offset is free.

        Args:
            nests: the kernels, in the order in which they run.
            repeats: the loops around some of them.
        """
        last = {buffer: number for number, nest in enumerate(nests) for buffer in nest.reads | nest.writes}
        for repeat in repeats:
            if repeat.stop is not None:
                last[repeat.stop] = repeat.end
            # What was there before the loop is needed again in its next step.
            inside = nests[repeat.begin : repeat.end]
            for buffer in {buffer for nest in inside for buffer in nest.reads | nest.writes}:
                if last[buffer] < repeat.end and self._born.get(buffer, 0) < repeat.begin:
                    last[buffer] = repeat.end
        return {buffer: (born, last.get(buffer, born)) for buffer, born in self._born.items()}

    def offsets(
        self, indices: IndexBuilder, nests: Sequence[LoopNest], repeats: Sequence[For]
    ) -> tuple[Mapping[Buffer, Value], Value]:
        """The offsets of all buffers in the arena.

        Args:
            indices: computes sizes.
            nests: the kernels, in the order in which they run.
            repeats: the loops around some of them.

        Returns:
            For every buffer its offset in bytes, and the bytes of the whole arena.
        """
        offsets: dict[Buffer, Value] = {}
        # By size the offsets of buffers, the one that is free first in front; buffers come in the order of birth.
        shared: dict[Any, list[tuple[int, int, Value]]] = {}
        end = indices.index(0)
        partial = self._bytes_of_partials(indices) if self.partial else end
        for number, (buffer, (born, last)) in enumerate(self.lifetimes(nests, repeats).items()):
            free = shared.setdefault(self._size_key(buffer), [])
            if free and free[0][0] < born:
                offset = free[0][2]
                heapreplace(free, (last, number, offset))
            else:
                offset = end
                heappush(free, (last, number, offset))
                end = indices.add(end, partial if buffer in self.partial else self._bytes(buffer, indices))
            offsets[buffer] = offset
        if self.scratch is not None:
            offsets[self.scratch] = end
            end = indices.add(end, self._bytes_of_scratch(indices))
        return offsets, end

    def _size_key(self, buffer: Buffer) -> Any:
        """The key of buffers that may share an offset: those of equal sizes."""
        if buffer in self.partial:
            return "partial"
        return tuple(map(self.memory.find, buffer.sizes)), itemsize(buffer.dtype)

    def _bytes(self, buffer: Buffer, indices: IndexBuilder) -> Value:
        return _padded(indices.mul(indices.elements(buffer.sizes), indices.index(itemsize(buffer.dtype))), indices)

    def _bytes_of_scratch(self, indices: IndexBuilder) -> Value:
        """The bytes that all threads together are given, if any product is large enough to need them."""
        most = indices.index(0)
        for space in dict.fromkeys(self._products):
            most = indices.maximum(most, indices.elements(space))
        is_needed = indices.index(1) if self._packs else indices.truth("gt", most, indices.index(SMALL))
        threads = indices.builder.make("word", type=INDEX, width=1, attribute=THREADS)
        return indices.mul(is_needed, indices.mul(threads, indices.index(SCRATCH_BYTES)))

    def _bytes_of_partials(self, indices: IndexBuilder) -> Value:
        """One value for every chunk of the space that has most of them."""
        most = indices.index(1)
        for space in self.chunk_words:
            most = indices.builder.maths.maximum(most, indices.pieces(indices.elements(space), CHUNK))
        widest = max(itemsize(buffer.dtype) for buffer in self.partial)
        return _padded(indices.mul(most, indices.index(widest)), indices)


def _padded(size: Value, indices: IndexBuilder) -> Value:
    return indices.builder.make("and", indices.add(size, indices.index(ALIGN - 1)), indices.index(-ALIGN))

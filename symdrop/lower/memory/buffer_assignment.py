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
from collections.abc import Callable, Mapping, Sequence
from heapq import heappush, heapreplace
from math import prod
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
        likely: gives sizes as numbers, by which places are shared; None where nobody has said which are likely.
        scratch: memory that every thread has for itself while it computes a product; None if there are none.
    """

    def __init__(self, memory: FrameLayout) -> None:
        self.memory = memory
        self.likely: Callable[[Size], int] | None = None
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
        end = indices.index(0)
        partial = self._bytes_of_partials(indices) if self.partial else end
        for buffers in self.places(nests, repeats):
            offsets.update(dict.fromkeys(buffers, end))
            needed = partial if buffers[0] in self.partial else self._bytes(buffers[0], indices)
            for other in {self._size_key(buffer): buffer for buffer in buffers[1:]}.values():
                if self._size_key(other) != self._size_key(buffers[0]):
                    needed = indices.maximum(needed, self._bytes(other, indices))
            end = indices.add(end, needed)
        if self.scratch is not None:
            offsets[self.scratch] = end
            end = indices.add(end, self._bytes_of_scratch(indices))
        return offsets, end

    def places(self, nests: Sequence[LoopNest], repeats: Sequence[For]) -> list[list[Buffer]]:
        """The buffers of every place, one after the other there; arguments as of ``lifetimes``."""
        places: list[list[Buffer]] = []
        # By size the places of buffers, the one that is free first in front; buffers come in the order of birth.
        shared: dict[Any, list[tuple[int, int, list[Buffer]]]] = {}
        for number, (buffer, (born, last)) in enumerate(self.lifetimes(nests, repeats).items()):
            free = shared.setdefault(self._place_key(buffer), [])
            if free and free[0][0] < born:
                place = free[0][2]
                heapreplace(free, (last, number, place))
            else:
                place = []
                places.append(place)
                heappush(free, (last, number, place))
            place.append(buffer)
        return places

    def _place_key(self, buffer: Buffer) -> Any:
        """The key of buffers that may share a place: those of equal sizes, or of likely as many bytes."""
        if self.likely is None or buffer in self.partial:
            return self._size_key(buffer)
        return self._aligned(buffer)

    def _aligned(self, buffer: Buffer) -> int:
        """The bytes that a buffer likely takes."""
        assert self.likely is not None
        return -(-prod(map(self.likely, buffer.sizes)) * itemsize(buffer.dtype) // ALIGN) * ALIGN

    def likely_bytes(self, threads: int, nests: Sequence[LoopNest], repeats: Sequence[For]) -> int:
        """The bytes of the arena, which ``offsets`` computes in every call, for the likely sizes.

        Args:
            threads: how many threads there are.
            nests, repeats: as of ``lifetimes``.
        """
        likely = self.likely
        assert likely is not None
        chunks = [-(-prod(map(likely, space)) // CHUNK) for space in self.chunk_words]
        widest = max((itemsize(buffer.dtype) for buffer in self.partial), default=0)
        partial = -(-max([1, *chunks]) * widest // ALIGN) * ALIGN
        end = 0
        for buffers in self.places(nests, repeats):
            end += partial if buffers[0] in self.partial else max(map(self._aligned, buffers))
        large = self._packs or any(prod(map(likely, space)) > SMALL for space in self._products)
        return end + (threads * SCRATCH_BYTES if self.scratch is not None and large else 0)

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

"""Non-temporal (streaming) stores, past the caches, for outputs that are larger than these.

An ordinary store reads a line of memory before it overwrites it, and keeps it in the cache. A
*streaming* store does neither: of an output that will not be read before it has left the cache,
half of the way to memory is saved. It needs aligned vectors, and the alignment of an output is
known only when it is there. So a flat kernel that stores nothing but outputs is written a second
time, and which of the two runs is decided by sizes and addresses:

    elements        0 .. head      head .. whole           whole .. total
                    masked         whole vectors, aligned  masked

Every thread's share begins ``head`` elements later than in the ordinary kernel, which is where a
line of memory begins. What each element is computed from, and how, is the same.

Read next: concatenate_scatter.py
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...graph import Node
from ..fusion.kernel import Kernel
from ..ir.frame import Buffer, FrameLayout, itemsize
from ..ir.kernel_code import NontemporalVariant
from ..ir.loop_nest import CHUNK
from ..ir.vector_ir import INDEX, Block, IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate, Flat, Point
from ..vectorize.vector_maths import VectorMaths
from .loop_builder import LoopNestBuilder

# Outputs of fewer bytes may be read again from the caches, by whoever asked for them.
LARGE = 1 << 24
LINE = 64


def nontemporal_variant(
    kernel: Kernel,
    memory: FrameLayout,
    targets: Mapping[Node, Sequence[Buffer]],
    read_elsewhere: Collection[Node],
    width: int,
) -> NontemporalVariant | None:
    """A kernel with streaming stores, or None if it cannot have any.

    Args:
        kernel, memory, targets, width: as of ``LoopNestBuilder``.
        read_elsewhere: values that other kernels read.
    """
    stored = [(node, buffer) for node, buffers in targets.items() for buffer in buffers]
    sizes = {itemsize(buffer.dtype) for _, buffer in stored}
    if not kernel.space or not kernel.runs_flat or any(unit.loop_level != "innermost" for unit in kernel.units):
        return None
    if len(sizes) != 1 or width * min(sizes) % LINE:
        return None
    if any(buffer not in memory.outputs or node in read_elsewhere for node, buffer in stored):
        return None
    buffers = [buffer for _, buffer in stored]
    with memory.scope():
        body = _StreamBuilder(kernel, memory, targets, {}, width).build()
    return NontemporalVariant(body, *_choice(kernel, memory, buffers))


def _choice(kernel: Kernel, memory: FrameLayout, buffers: Sequence[Buffer]) -> tuple[Block, Value]:
    """True if outputs are large, and lines begin at the same even index in all of them."""
    builder = IRBuilder(VectorMaths, 1)
    emitter, make, size = ElementalEmitter(builder, memory), builder.make, itemsize(buffers[0].dtype)
    large = emitter.mul(emitter.elements(kernel.space), emitter.index(size))
    may_run = make("ge", large, emitter.index(LARGE))
    first, *others = (make("and", _address(builder, buffer), emitter.index(LINE - 1)) for buffer in buffers)
    even = make("and", first, emitter.index(2 * size - 1))
    for wrong in (even, *(make("sub", other, first) for other in others)):
        may_run = make("and", may_run, make("eq", wrong, emitter.index(0)))
    if kernel.draws:
        # One thread that draws is no match for the way to memory, and waits longer for streaming stores.
        may_run = make("and", may_run, make("gt", emitter.team()[1], emitter.index(1)))
    return builder.body, may_run


def _address(builder: IRBuilder, buffer: Buffer) -> Value:
    return builder.make("word", type=INDEX, width=1, attribute=buffer.word)


class _StreamBuilder(LoopNestBuilder):
    """A builder of one flat kernel with streaming stores."""

    def _flat(self) -> None:
        emitter, make = self.emitter, self.builder.make
        target = next(buffer for buffers in self.targets.values() for buffer in buffers)
        total = emitter.product(size for _, size in self.axes)
        missing = make("and", make("neg", _address(self.builder, target)), emitter.index(LINE - 1))
        head = make("div", missing, emitter.index(itemsize(target.dtype)))
        first, last = emitter.share(emitter.pieces(total, CHUNK))
        start, stop = (
            self.builder.maths.minimum(emitter.add(emitter.mul(chunk, emitter.index(CHUNK)), head), total)
            for chunk in (first, last)
        )
        # Odd only where it is the total, and nothing is left to do.
        start = make("and", start, emitter.index(-2))
        width = self.builder.width
        length = make("sub", stop, start)
        whole = emitter.add(start, make("and", length, emitter.index(-width)))
        with self.loops.loop(start, whole, width, "lanes") as turn:
            self._at(turn.index)
        # The elements before the first line are the first thread's; all threads have some after their last vector.
        begins = make("eq", first, emitter.index(0))
        from_part = make("select", begins, emitter.index(0), emitter.index(1))
        with self.loops.loop(from_part, emitter.index(2), 1, "both ends", is_remainder=True) as turn:
            at_head = make("eq", turn.index, emitter.index(0))
            base = make("and", make("select", at_head, emitter.index(0), whole), emitter.index(-2))
            end = make("select", at_head, head, stop)
            left = make("sub", end, base)
            self.emitter.mask = emitter.lanes_between(emitter.index(0), left, width)
            self._at(base)
            self.emitter.mask = None
        self.builder.effect("fence", (), INDEX, None)

    def _at(self, index: Value) -> None:
        along = Coordinate(index, 1)
        at: Point = self.point({0: along}) if len(self.axes) == 1 else Flat(along)
        self.store_all(self.kernel.units, at)

    def store(self, buffer: Buffer, at: Point, value: Value) -> None:
        if self.emitter.mask is not None:
            super().store(buffer, at, value)
            return
        index = self.emitter.linear_index(buffer.sizes, at)
        self.builder.stream(buffer, index.base, self.builder.splat(value, self.builder.width))

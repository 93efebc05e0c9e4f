"""Prefix scans: loops that carry a value along an axis and store it at every step.

Steps follow each other as in NumPy, so the bits are the same. Where the axis is not the last one, every lane is a
column of its own. Along the last axis a thread takes several rows at a time, so that one row's step need not wait for
the one before it.

Source: G. E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990): the sequential scan there.

Read next: small_product.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ...graph import Node
from ...ops.cumulative import PrefixScan
from ..ir.frame import Buffer, FrameLayout
from ..ir.vector_ir import Block, IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate
from ..vectorize.reductions import State
from ..vectorize.vector_maths import VectorMaths
from .strip_mining import Coordinates, LoopEmitter

# Rows that are scanned at a time: as many additions as the machine has under way. Twice as many, a page apart, make
# loads wait for stores to the same place of another page.
ROWS = 4


def prefix_scan_loops(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    """The loops that carry a value along an axis.

    Args:
        node: the scan.
        target: where it goes.
        memory: knows where its operands lie.
        width: how many elements the lanes take.
    """
    along_rows = node.params["axis"] == node.ndim - 1
    scan = _ScanBuilder(node, target, memory, 1 if along_rows else width)
    if along_rows:
        scan.rows()
    else:
        scan.columns()
    return scan.builder.body


def has_one_row(node: Node, memory: FrameLayout) -> bool:
    """True if there is nothing to share among threads."""
    return all(size == 1 or axis == node.params["axis"] for axis, size in enumerate(memory.sizes(node)))


class _ScanBuilder:
    """Loops over the other axes, and inside them steps along the one.

    Args:
        node: the scan.
        target: where it goes.
        memory: where everything lies.
        width: how many elements the lanes take.
    """

    def __init__(self, node: Node, target: Buffer, memory: FrameLayout, width: int) -> None:
        assert isinstance(node.op, PrefixScan)
        self.node = node
        self.op = node.op
        self.axis: int = node.params["axis"]
        self.target = target
        self.builder = IRBuilder(VectorMaths, width)
        self.emitter = ElementalEmitter(self.builder, memory)
        self.loops = LoopEmitter(self.emitter)
        self.sizes = memory.sizes(node)
        self.others = [(i, self.emitter.size(size)) for i, size in enumerate(self.sizes) if i != self.axis]

    def columns(self) -> None:
        """Every lane has a column of its own; threads share the axes before the last, or else the columns."""
        *outer, (last, length) = self.others

        def lanes(at: Coordinates, start: Value, stop: Value) -> None:
            def visit(along: Coordinate, states: list[State]) -> list[State]:
                self._steps([{**at, last: along}])
                return states

            self.loops.vectors(start, stop, [], visit)

        if outer:
            first, stop = self.emitter.share(self.emitter.product(size for _, size in outer))
            with self.loops.points(first, stop, outer, "blocks") as at:
                lanes(at, self.emitter.index(0), length)
            return
        wide = self.emitter.index(self.builder.width)
        first, stop = self.emitter.share(self.emitter.pieces(length, self.builder.width))
        lanes({}, self.emitter.mul(first, wide), self.builder.maths.minimum(self.emitter.mul(stop, wide), length))

    def rows(self) -> None:
        """Several rows at a time, and then those that are left over; threads share the rows."""
        first, stop = self.emitter.share(self.emitter.product(size for _, size in self.others))
        left = self.builder.make("and", self.emitter.sub(stop, first), self.emitter.index(ROWS - 1))
        whole = self.emitter.sub(stop, left)
        for start, end, count in ((first, whole, ROWS), (whole, stop, 1)):
            with self.loops.loop(start, end, count, "rows" if count == 1 else f"{count} rows") as turn:
                numbers = [self.emitter.add(turn.index, self.emitter.index(k)) for k in range(count)]
                self._steps([self.loops.unravel(number, self.others) for number in numbers])

    def _steps(self, lines: Sequence[Coordinates]) -> None:
        """The steps along the axis, for several lines side by side."""
        length, width = self.emitter.size(self.sizes[self.axis]), self.builder.width
        begin = self.builder.splat(self.builder.constant(self.op.first(self.node), self.node.dtype), width)
        last = self.emitter.sub(length, self.emitter.index(1))
        with self.loops.loop(self.emitter.index(0), length, 1, "steps", [[begin] for _ in lines]) as turn:
            place = self.emitter.sub(last, turn.index) if self.node.params["reverse"] else turn.index
            for line, (before,) in zip(lines, turn.before, strict=True):
                at = tuple(Coordinate(place) if i == self.axis else self._at(line, i) for i in range(self.node.ndim))
                elements = [self._element(source, at) for source in self.node.inputs]
                after = self.op.step(self.builder.maths, before, *elements)
                self._store(at, after if self.op.inclusive else before)
                turn.after.append([after])

    def _at(self, line: Coordinates, axis: int) -> Coordinate:
        return self.emitter.zero() if self.sizes[axis] == 1 else line[axis]

    def _element(self, source: Node, at: tuple[Coordinate, ...]) -> Value:
        value = self.builder.maths.cast(self.emitter.value(source, at), self.node.dtype)
        return self.builder.splat(value, self.builder.width)

    def _store(self, at: tuple[Coordinate, ...], value: Value) -> None:
        where = self.emitter.linear_index(self.target.sizes, at)
        self.builder.store(self.target, where.base, value, self.emitter.mask if self.builder.width > 1 else None)

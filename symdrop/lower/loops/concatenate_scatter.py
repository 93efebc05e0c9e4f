"""Concatenate and scatter: loops that write parts of a value into its buffer.

Where no two iterations write the same element, threads share the outer axes. With an index array
two may; those axes then run sequentially, and threads split the other axes, so that what
is added up is added in NumPy's order, and of values for one place the last one stays.

Read next: prefix_scan.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ...graph import Node
from ...op import Size, read_map
from ...ops.indexing import joint_axes
from ...ops.scatter import Scatter
from ..ir.frame import Buffer, FrameLayout
from ..ir.loop_nest import CHUNK
from ..ir.vector_ir import Block, IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate
from ..vectorize.indexing_maps import mapped_point
from ..vectorize.reductions import State
from ..vectorize.vector_maths import Unlowered, VectorMaths
from .strip_mining import Coordinates, LoopEmitter

Visit = Callable[[tuple[Coordinate, ...]], None]


def concatenate_loops(node: Node, target: Buffer, memory: FrameLayout, width: int, pieces: Collection[int]) -> Block:
    """The loops that write the operands of a ``concatenate`` one behind the other.

    Args:
        node: the joined value.
        target: where it goes.
        memory: knows where the operands lie.
        width: how many elements the lanes take.
        pieces: the numbers of the operands that are not there yet.
    """
    try:
        return _joined(node, target, memory, width, pieces)
    except Unlowered:
        # Neighbours of a part are no neighbours in the buffer.
        return _joined(node, target, memory, 1, pieces)


def _joined(node: Node, target: Buffer, memory: FrameLayout, width: int, pieces: Collection[int]) -> Block:
    parts = _PieceBuilder(target, memory, width)
    axis, emitter = node.params["axis"], parts.emitter
    before = emitter.index(0)
    for number, source in enumerate(node.inputs):

        def visit(at: tuple[Coordinate, ...], source: Node = source, before: Value = before) -> None:
            moved = emitter.affine([(Coordinate(before), emitter.index(1)), (at[axis], emitter.index(1))])
            where = emitter.linear_index(target.sizes, (*at[:axis], moved, *at[axis + 1 :]))
            parts.store(where, emitter.value(source, at))

        if number in pieces:
            parts.everywhere(memory.sizes(source), visit)
        before = emitter.add(before, emitter.size(memory.sizes(source)[axis]))
    return parts.builder.body


def scatter_loops(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    """The loops that set a part of what lies in a buffer, or combine it with values.

    Args:
        node: a scatter; its value and positions lie in memory.
        target: where the unchanged value lies.
        memory: knows where everything lies.
        width: how many elements the lanes take.
    """
    try:
        return _changed(node, target, memory, width)
    except Unlowered:
        return _changed(node, target, memory, 1)


def is_for_one_thread(node: Node, memory: FrameLayout) -> bool:
    """True if one thread writes the whole changed part, because all its axes may lead to the same place."""
    joint = joint_axes(node.params["entries"], node.inputs[2:])
    return all(size == 1 or axis in joint for axis, size in enumerate(memory.sizes(node.inputs[1])))


def _changed(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    parts = _PieceBuilder(target, memory, width)
    emitter, (_, value, *index) = parts.emitter, node.inputs
    sizes, joint = memory.sizes(value), joint_axes(node.params["entries"], index)
    assert isinstance(node.op, Scatter)
    owner, combines = node.op.written(node), node.op.combines
    read = read_map(owner, value, memory.sizes)
    assert read is not None

    def visit(at: tuple[Coordinate, ...]) -> None:
        there, _ = mapped_point(emitter, node, owner, at)
        assert isinstance(there, tuple)
        where = emitter.linear_index(target.sizes, there)
        maths = emitter.builder.maths
        new = maths.cast(emitter.value(value, at), node.dtype)
        if combines is not None:
            new = combines.formula(maths, parts.load(where), new)
        parts.store(where, new)

    if read.positions:
        # A position whose check failed is 0, which is no place where there is nothing.
        parts.some = emitter.builder.make("gt", emitter.elements(target.sizes), emitter.index(0))
    if joint:
        parts.in_order(sizes, joint, visit)
    else:
        parts.everywhere(sizes, visit)
    return parts.builder.body


class _PieceBuilder:
    """Loops over parts of one buffer.

    Args:
        target: the buffer.
        memory: where everything lies.
        width: how many elements the lanes take.
    """

    def __init__(self, target: Buffer, memory: FrameLayout, width: int) -> None:
        self.target = target
        self.builder = IRBuilder(VectorMaths, width)
        self.emitter = ElementalEmitter(self.builder, memory)
        self.loops = LoopEmitter(self.emitter)
        # Whether anything may be written at all, if that is not certain.
        self.some: Value | None = None

    # Elements of the buffer.

    def store(self, where: Coordinate, value: Value) -> None:
        """Write elements."""
        width = self._width(where)
        mask = self.emitter.mask if width > 1 else None
        self.builder.store(self.target, self._base(where), self.builder.splat(value, width), mask)

    def load(self, where: Coordinate) -> Value:
        """Read elements as they are now: the same place may have been written an iteration ago."""
        width = self._width(where)
        inputs: tuple[Value, ...] = (self._base(where),)
        if width > 1 and self.emitter.mask is not None:
            inputs += (self.emitter.mask,)
        value = Value(self.builder, "load", self.target.dtype, width, inputs, self.target, self.builder.depth)
        return self.builder.insert(value)

    def _width(self, where: Coordinate) -> int:
        if self.builder.width > 1 and (where.lanes is not None or where.step != 1):
            raise Unlowered("elements that are no neighbours")
        return self.builder.width

    def _base(self, where: Coordinate) -> Value:
        return where.base if where.lanes is None else where.lanes

    # Loops.

    def everywhere(self, sizes: Sequence[Size], visit: Visit) -> None:
        """All points of a part, in any order; threads share the axes but the last, or the last if it is alone."""
        axes = self._walked(sizes)
        point = self._point(sizes, visit)
        if not axes:
            # A thread that came second would read what the first has written over.
            start, stop = self.emitter.share(self.emitter.index(1))
            self._row({}, None, start, self._limited(stop), point)
            return
        *outer, (last, length) = axes
        if not outer:
            start, stop = self._pieces(length, CHUNK)
            self._row({}, last, start, self._limited(stop), point)
            return
        first, stop = self.emitter.share(self.emitter.product(size for _, size in outer))
        with self.loops.points(first, stop, outer, "rows") as at:
            self._row(at, last, self.emitter.index(0), self._limited(length), point)

    def in_order(self, sizes: Sequence[Size], joint: range, visit: Visit) -> None:
        """All points of a part, along some axes in order; each thread has its share of the other axes."""
        axes = self._walked(sizes)
        point = self._point(sizes, visit)
        free = [axis for axis in axes if axis[0] not in joint]
        if free and free[-1] == axes[-1]:
            last, length = axes[-1]
            start, stop = self._pieces(length, self.builder.width)

            def row(at: Coordinates, states: list[State]) -> list[State]:
                self._row(at, last, start, self._limited(stop), point)
                return states

            self.loops.nested(axes[:-1], [], row, {})
            return
        if self.builder.width > 1:
            raise Unlowered("neighbours in order")

        def element(at: Coordinates, states: list[State]) -> list[State]:
            self._row(at, None, self.emitter.index(0), self._limited(self.emitter.index(1)), point)
            return states

        walked = [axis for axis in axes if axis[0] in joint]
        if not free:
            self.loops.nested(walked, [], element, {})
            return
        first, stop = self.emitter.share(self.emitter.product(size for _, size in free))
        with self.loops.loop(first, stop, 1, "columns") as turn:
            self.loops.nested(walked, [], element, self.loops.unravel(turn.index, free))

    def _walked(self, sizes: Sequence[Size]) -> list[tuple[int, Value]]:
        return [(axis, self.emitter.size(size)) for axis, size in enumerate(sizes) if size != 1]

    def _point(self, sizes: Sequence[Size], visit: Visit) -> Callable[[Coordinates], None]:
        """Along an axis of size 1 everybody is at 0."""
        zero = self.emitter.zero()
        return lambda at: visit(tuple(at.get(axis, zero) for axis in range(len(sizes))))

    def _pieces(self, length: Value, piece: int) -> tuple[Value, Value]:
        """This thread's share of an axis, in whole pieces."""
        first, last = self.emitter.share(self.emitter.pieces(length, piece))
        size = self.emitter.index(piece)
        return self.emitter.mul(first, size), self.builder.maths.minimum(self.emitter.mul(last, size), length)

    def _limited(self, stop: Value) -> Value:
        return stop if self.some is None else self.builder.make("select", self.some, stop, self.emitter.index(0))

    def _row(
        self, at: Coordinates, last: int | None, start: Value, stop: Value, point: Callable[[Coordinates], None]
    ) -> None:
        """The elements from one place of the last axis to another, or one element if there is no such axis."""
        if last is None or self.builder.width == 1:
            if self.builder.width > 1:
                raise Unlowered("a single element")
            with self.loops.loop(start, stop, 1, "elements") as turn:
                point(at if last is None else {**at, last: Coordinate(turn.index)})
            return

        def vector(along: Coordinate, states: list[State]) -> list[State]:
            point({**at, last: along})
            return states

        self.loops.vectors(start, stop, [], vector)

"""Concatenate and scatter: loops that write parts of a value into its buffer.

Where no two iterations write the same element, threads share the outer axes. With an index array
two may; those axes then run sequentially, and threads split the other axes, so that what
is added up is added in NumPy's order, and of values for one place the last one stays.

Read next: matrix_product.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def concatenate_loops(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    """The loops that write the operands of a ``concatenate`` one behind the other.

    Args:
        node: the joined value.
        target: where it goes.
        memory: knows where the operands lie.
        width: how many elements the lanes take.
    """
    try:
        return _joined(node, target, memory, width)
    except Unlowered:
        # Neighbours of a part are no neighbours in the buffer.
        return _joined(node, target, memory, 1)


def _joined(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    parts = _Parts(target, memory, width)
    axis, points = node.params["axis"], parts.points
    before = points.index(0)
    for source in node.inputs:

        def visit(at: tuple[Coordinate, ...], source: Node = source, before: Value = before) -> None:
            moved = points.affine([(Coordinate(before), points.index(1)), (at[axis], points.index(1))])
            where = points.place_of(target.sizes, (*at[:axis], moved, *at[axis + 1 :]))
            parts.store(where, points.value(source, at))

        parts.everywhere(memory.sizes(source), visit)
        before = points.add(before, points.size(memory.sizes(source)[axis]))
    return parts.lanes.body


def scatter_loops(node: Node, target: Buffer, memory: FrameLayout, width: int) -> Block:
    """The loops that set a part of what lies in a buffer, or add to it.

    Args:
        node: a ``set_subtensor`` or ``inc_subtensor``; its value and positions lie in memory.
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
    parts = _Parts(target, memory, width)
    points, (_, value, *index) = parts.points, node.inputs
    sizes, joint = memory.sizes(value), joint_axes(node.params["entries"], index)
    assert isinstance(node.op, Scatter)
    owner, adds = node.op.written(node), node.op.adds
    read = read_map(owner, value, memory.sizes)
    assert read is not None

    def visit(at: tuple[Coordinate, ...]) -> None:
        there, _ = mapped_point(points, node, owner, at)
        assert isinstance(there, tuple)
        where = points.place_of(target.sizes, there)
        new = points.lanes.maths.cast(points.value(value, at), node.dtype)
        if adds:
            new = points.lanes.maths.add(parts.load(where), new)
        parts.store(where, new)

    if read.positions:
        # A position that was refused is 0, which is no place where there is nothing.
        parts.some = points.lanes.make("gt", points.elements(target.sizes), points.index(0))
    if joint:
        parts.in_order(sizes, joint, visit)
    else:
        parts.everywhere(sizes, visit)
    return parts.lanes.body


class _Parts:
    """Loops over parts of one buffer.

    Args:
        target: the buffer.
        memory: where everything lies.
        width: how many elements the lanes take.
    """

    def __init__(self, target: Buffer, memory: FrameLayout, width: int) -> None:
        self.target = target
        self.lanes = IRBuilder(VectorMaths, width)
        self.points = ElementalEmitter(self.lanes, memory)
        self.loops = LoopEmitter(self.points)
        # Whether anything may be written at all, if that is not certain.
        self.some: Value | None = None

    # Elements of the buffer.

    def store(self, where: Coordinate, value: Value) -> None:
        """Write elements."""
        width = self._width(where)
        mask = self.points.mask if width > 1 else None
        self.lanes.store(self.target, self._base(where), self.lanes.splat(value, width), mask)

    def load(self, where: Coordinate) -> Value:
        """Read elements as they are now: the same place may have been written an iteration ago."""
        width = self._width(where)
        inputs: tuple[Value, ...] = (self._base(where),)
        if width > 1 and self.points.mask is not None:
            inputs += (self.points.mask,)
        lane = Value(self.lanes, "load", self.target.dtype, width, inputs, self.target, self.lanes.level)
        return self.lanes.place(lane)

    def _width(self, where: Coordinate) -> int:
        if self.lanes.width > 1 and (where.lanes is not None or where.step != 1):
            raise Unlowered("elements that are no neighbours")
        return self.lanes.width

    def _base(self, where: Coordinate) -> Value:
        return where.base if where.lanes is None else where.lanes

    # Loops.

    def everywhere(self, sizes: Sequence[Size], visit: Visit) -> None:
        """All points of a part, in any order; threads share the axes but the last, or the last if it is alone."""
        axes = self._walked(sizes)
        point = self._point(sizes, visit)
        if not axes:
            self._row({}, None, self.points.index(0), self._limited(self.points.index(1)), point)
            return
        *outer, (last, length) = axes
        if not outer:
            start, stop = self._pieces(length, CHUNK)
            self._row({}, last, start, self._limited(stop), point)
            return
        first, stop = self.points.share(self.points.product(size for _, size in outer))
        with self.loops.loop(first, stop, 1, "rows") as turn:
            at = self.loops.unravel(turn.index, outer)
            self._row(at, last, self.points.index(0), self._limited(length), point)

    def in_order(self, sizes: Sequence[Size], joint: range, visit: Visit) -> None:
        """All points of a part, along some axes in order; each thread has its share of the other axes."""
        axes = self._walked(sizes)
        point = self._point(sizes, visit)
        free = [axis for axis in axes if axis[0] not in joint]
        if free and free[-1] == axes[-1]:
            last, length = axes[-1]
            start, stop = self._pieces(length, self.lanes.width)

            def row(at: Coordinates, states: list[State]) -> list[State]:
                self._row(at, last, start, self._limited(stop), point)
                return states

            self.loops.nested(axes[:-1], [], row, {})
            return
        if self.lanes.width > 1:
            raise Unlowered("neighbours in order")

        def element(at: Coordinates, states: list[State]) -> list[State]:
            self._row(at, None, self.points.index(0), self._limited(self.points.index(1)), point)
            return states

        walked = [axis for axis in axes if axis[0] in joint]
        if not free:
            self.loops.nested(walked, [], element, {})
            return
        first, stop = self.points.share(self.points.product(size for _, size in free))
        with self.loops.loop(first, stop, 1, "columns") as turn:
            self.loops.nested(walked, [], element, self.loops.unravel(turn.index, free))

    def _walked(self, sizes: Sequence[Size]) -> list[tuple[int, Value]]:
        return [(axis, self.points.size(size)) for axis, size in enumerate(sizes) if size != 1]

    def _point(self, sizes: Sequence[Size], visit: Visit) -> Callable[[Coordinates], None]:
        """Along an axis of size 1 everybody is at 0."""
        zero = self.points.zero()
        return lambda at: visit(tuple(at.get(axis, zero) for axis in range(len(sizes))))

    def _pieces(self, length: Value, piece: int) -> tuple[Value, Value]:
        """This thread's share of an axis, in whole pieces."""
        first, last = self.points.share(self.points.pieces(length, piece))
        size = self.points.index(piece)
        return self.points.mul(first, size), self.lanes.maths.minimum(self.points.mul(last, size), length)

    def _limited(self, stop: Value) -> Value:
        return stop if self.some is None else self.lanes.make("select", self.some, stop, self.points.index(0))

    def _row(
        self, at: Coordinates, last: int | None, start: Value, stop: Value, point: Callable[[Coordinates], None]
    ) -> None:
        """The elements from one place of the last axis to another, or one element if there is no such axis."""
        if last is None or self.lanes.width == 1:
            if self.lanes.width > 1:
                raise Unlowered("a single element")
            with self.loops.loop(start, stop, 1, "elements") as turn:
                point(at if last is None else {**at, last: Coordinate(turn.index)})
            return

        def vector(along: Coordinate, states: list[State]) -> list[State]:
            point({**at, last: along})
            return states

        self.loops.vectors(start, stop, [], vector)

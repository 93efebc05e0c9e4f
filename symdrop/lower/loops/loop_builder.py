"""Loop IR: a kernel as a loop nest whose innermost bodies are vector IR.

Three shapes cover everything:

* *flat*: all elements in C order, in chunks; what reduces them leaves one partial value a
  chunk, which a second kernel joins. The chunks do not depend on the number of threads,
  so neither does the sum;
* *rows*: a loop over the parallel axes, and inside it passes over the others, the last axis
  vectorised; a softmax is three passes over a row that stays in the first cache;
* *columns*: the last axis, a parallel one, vectorised outside, the reduction axes inside.

A thread takes its share of the outermost loop.

Read next: nontemporal_stores.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...graph import Node
from ..fusion.kernel import Kernel, MaterializedValue
from ..ir.frame import Buffer, FrameLayout
from ..ir.loop_nest import CHUNK
from ..ir.vector_ir import INDEX, Block, IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate, Flat, Point
from ..vectorize.reductions import Accumulator, State
from ..vectorize.vector_maths import VectorMaths
from .strip_mining import Coordinates, LoopEmitter


class LoopNestBuilder:
    """A builder of the loop nest of one kernel.

    Args:
        kernel: what to compute.
        memory: where everything lies.
        targets: the buffers in which each stored value goes.
        partial: for the reductions of a flat kernel the buffer of partial values.
        width: how many elements the lanes take.
    """

    def __init__(
        self,
        kernel: Kernel,
        memory: FrameLayout,
        targets: Mapping[Node, Sequence[Buffer]],
        partial: Mapping[Node, Buffer],
        width: int,
    ) -> None:
        self.kernel = kernel
        self.memory = memory
        self.targets = targets
        self.partial = partial
        self.builder = IRBuilder(VectorMaths, width)
        self.emitter = ElementalEmitter(self.builder, memory)
        self.loops = LoopEmitter(self.emitter)
        self.axes = [(axis, self.emitter.size(size)) for axis, size in enumerate(kernel.space)]

    def build(self) -> Block:
        """The loop nest."""
        if not self.kernel.space:
            self._store_all(self.kernel.units, ())
        elif self.kernel.runs_flat:
            self._flat()
        elif self.kernel.reduction_axes is None or len(self.axes) - 1 in self.kernel.reduction_axes:
            self._rows()
        else:
            self._columns(self.kernel.reduction_axes)
        return self.builder.body

    # Flat.

    def _flat(self) -> None:
        total = self.emitter.product(size for _, size in self.axes)
        chunk = self.emitter.index(CHUNK)
        first, last = self.emitter.share(self.emitter.pieces(total, CHUNK))
        with self.loops.loop(first, last, 1, "chunks") as turn:
            start = self.emitter.mul(turn.index, chunk)
            stop = self.builder.maths.minimum(self.emitter.add(start, chunk), total)
            self._chunk(turn.index, start, stop)

    def _chunk(self, number: Value, start: Value, stop: Value) -> None:
        reduced = _Reductions(self.builder, self.kernel.units)

        def visit(along: Coordinate, states: list[State]) -> list[State]:
            at = self._point({0: along}) if len(self.axes) == 1 else Flat(along)
            return self._visit(self.kernel.units, reduced, at, states)

        states = self.loops.vectors(start, stop, reduced.start(), visit)
        for unit, value in reduced.across(states):
            self.builder.store(self.partial[unit.node], number, value)

    # Rows.

    def _rows(self) -> None:
        *others, (last, length) = self.axes
        parallel = [
            axis for axis in others if self.kernel.reduction_axes is None or axis[0] not in self.kernel.reduction_axes
        ]
        inner = [axis for axis in others if axis not in parallel]
        first, stop = self.emitter.share(self.emitter.product(size for _, size in parallel))
        with self.loops.points(first, stop, parallel, _names(parallel)) as outer:
            at = self._point(outer, [axis for axis, _ in parallel])
            for before, inside in self.kernel.passes():
                self._store_all(before, at)
                self._lies_in_memory(before)
                if inside:
                    self._row(inside, at, outer, inner, last, length)
                    self._lies_in_memory([unit for unit in inside if unit.loop_level == "innermost"])

    def _row(
        self,
        units: Sequence[MaterializedValue],
        outer_at: Point,
        outer: Coordinates,
        inner: Sequence[tuple[int, Value]],
        last: int,
        length: Value,
    ) -> None:
        """One pass over all that belongs to a point of the parallel axes: stores, and reductions over it."""
        reduced = _Reductions(self.builder, units)

        def row(coordinates: Coordinates, states: list[State]) -> list[State]:
            def visit(along: Coordinate, states: list[State]) -> list[State]:
                return self._visit(units, reduced, self._point({**coordinates, last: along}), states)

            return self.loops.vectors(self.emitter.index(0), length, states, visit)

        states = self.loops.nested(inner, reduced.start(), row, outer)
        self._keep(reduced.across(states), outer_at)

    # Columns.

    def _columns(self, reduced: tuple[int, ...]) -> None:
        width = self.builder.width
        length = self.axes[-1][1]
        outer = [self.axes[axis] for axis in self.kernel.parallel_axes[:-1]]
        if outer:
            first, last = self.emitter.share(self.emitter.product(size for _, size in outer))
            with self.loops.points(first, last, outer, _names(outer)) as coordinates:
                self._columns_at(reduced, coordinates, self.emitter.index(0), length)
            return
        first, last = self.emitter.share(self.emitter.pieces(length, width))
        wide = self.emitter.index(width)
        stop = self.builder.maths.minimum(self.emitter.mul(last, wide), length)
        self._columns_at(reduced, {}, self.emitter.mul(first, wide), stop)

    def _columns_at(self, reduced: tuple[int, ...], outer: Coordinates, start: Value, stop: Value) -> None:
        """All columns of an outer point, as many at a time as there are lanes."""

        def columns(along: Coordinate, states: list[State]) -> list[State]:
            coordinates = {**outer, len(self.axes) - 1: along}
            outer_at = self._point(coordinates, self.kernel.parallel_axes)
            # A later pass reads what this one stores; computing it again might read a state that it was written over.
            # The columns that fill no lanes are written out a second time, from the beginning.
            with self.memory.scope():
                for before, inside in self.kernel.passes():
                    self._store_all(before, outer_at)
                    self._lies_in_memory(before)
                    if inside:
                        self._column(inside, [self.axes[axis] for axis in reduced], coordinates, outer_at)
                        self._lies_in_memory([unit for unit in inside if unit.loop_level == "innermost"])
            return states

        self.loops.vectors(start, stop, [], columns)
        self._lies_in_memory(self.kernel.units)

    def _column(
        self,
        units: Sequence[MaterializedValue],
        reduced_axes: Sequence[tuple[int, Value]],
        coordinates: Coordinates,
        outer_at: Point,
    ) -> None:
        """One pass down the columns, each lane in its own."""
        reduced = _Reductions(self.builder, units)

        def visit(coordinates: Coordinates, states: list[State]) -> list[State]:
            return self._visit(units, reduced, self._point(coordinates), states)

        states = self.loops.nested(reduced_axes, reduced.start(), visit, coordinates)
        self._keep(reduced.each(states), outer_at)

    # Units at a point.

    def _point(self, coordinates: Coordinates, axes: Sequence[int] | None = None) -> Point:
        """A point by its coordinates along some axes, or along all; along an axis of size 1 it is 0 for everybody."""
        chosen = range(len(self.axes)) if axes is None else axes
        return tuple(self.emitter.zero() if self.kernel.space[axis] == 1 else coordinates[axis] for axis in chosen)

    def _visit(
        self, units: Sequence[MaterializedValue], reduced: _Reductions, at: Point, states: list[State]
    ) -> list[State]:
        """Let reductions take the elements at a point, and store what is computed there."""
        elements = [self.emitter.value(unit.node.inputs[0], at) for unit in reduced.units]
        numbers = [self._number_along(unit, at) for unit in reduced.units]
        after = reduced.take(states, elements, numbers, self.emitter.mask)
        self._store_all([unit for unit in units if unit.loop_level == "innermost"], at)
        return after

    def _number_along(self, unit: MaterializedValue, at: Point) -> Value:
        """The index of elements along the axis of a reduction."""
        if isinstance(at, Flat):
            return self.emitter.materialize(at.index)
        axes = unit.reduction_axes
        return self.emitter.materialize(at[axes[0]]) if len(axes) == 1 else self.emitter.index(0)

    def _keep(self, values: Iterable[tuple[MaterializedValue, Value]], at: Point) -> None:
        """Store what reductions have found, and know it from now on."""
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self._store(buffer, at, value)
            self.emitter.remember(unit.node, at, value)

    def _store_all(self, units: Sequence[MaterializedValue], at: Point) -> None:
        """Compute values, then store them: nothing is overwritten before all have been read."""
        values = [(unit, self.emitter.value(unit.node, at)) for unit in units]
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self._store(buffer, at, value)

    def _store(self, buffer: Buffer, at: Point, value: Value) -> None:
        index = self.emitter.linear_index(buffer.sizes, at)
        if index.step == 1:
            value = self.builder.splat(value, self.builder.width)
        self.builder.store(buffer, index.base, value, self.emitter.mask if value.width > 1 else None)

    def _lies_in_memory(self, units: Sequence[MaterializedValue]) -> None:
        """From now on these values are read from memory."""
        for unit in units:
            if self.targets.get(unit.node) and not unit.node.is_leaf:
                self.memory.keep(unit.node, self.targets[unit.node][0])


class _Reductions:
    """The reductions of a pass."""

    def __init__(self, builder: IRBuilder, units: Sequence[MaterializedValue]) -> None:
        self.units = [unit for unit in units if unit.loop_level == "reduction"]
        self._lanes = builder
        self._accumulators = [
            Accumulator(builder, unit.combine, unit.node.inputs[0].dtype, unit.node.dtype) for unit in self.units
        ]

    def start(self) -> list[State]:
        """The states before the first elements."""
        return [accumulator.start(self._lanes.width) for accumulator in self._accumulators]

    def take(
        self, states: list[State], elements: Sequence[Value], numbers: Sequence[Value], mask: Value | None
    ) -> list[State]:
        """The states after more elements, and their indices along the axis."""
        return [
            accumulator.take(state, element, number, mask)
            for accumulator, state, element, number in zip(self._accumulators, states, elements, numbers, strict=True)
        ]

    def across(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The reduced values: the horizontal reduction of all lanes."""
        for unit, accumulator, state in zip(self.units, self._accumulators, states, strict=True):
            yield unit, accumulator.across(state)

    def each(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The reduced values, one for every lane."""
        for unit, accumulator, state in zip(self.units, self._accumulators, states, strict=True):
            yield unit, accumulator.finish(state)


def _names(axes: Sequence[tuple[int, Value]]) -> str:
    return ", ".join(f"axis {axis}" for axis, _ in axes) or "once"


def join_partials(
    unit: MaterializedValue, memory: FrameLayout, partial: Buffer, count: int, targets: Sequence[Buffer]
) -> Block:
    """The loop nest that joins the partial values of a flat kernel's reduction.

    Args:
        unit: the reduction.
        memory: where everything lies.
        partial: the partial values.
        count: the frame's word that says how many there are.
        targets: where the value goes.
    """
    builder = IRBuilder(VectorMaths, 1)
    loops = LoopEmitter(ElementalEmitter(builder, memory))
    accumulator = Accumulator(builder, unit.combine, unit.node.dtype, unit.node.dtype)
    zero = builder.constant(0, INDEX)
    stop = builder.make("word", type=INDEX, width=1, attribute=count)
    with loops.loop(zero, stop, 1, "chunks", [accumulator.start(1)]) as turn:
        x = builder.load(partial, turn.index, partial.dtype)
        turn.after = [accumulator.take(turn.before[0], x, turn.index, None)]
    value = accumulator.finish(turn.after[0])
    for buffer in targets:
        builder.store(buffer, zero, value)
    return builder.body

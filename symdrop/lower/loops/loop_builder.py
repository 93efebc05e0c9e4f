"""Loop IR: a kernel as a loop nest whose innermost bodies are vector IR.

Three shapes cover everything:

* *flat*: all elements in C order, in chunks; what reduces them leaves one partial value a
  chunk, which a second kernel joins. The chunks do not depend on the number of threads,
  so neither does the sum;
* *rows*: a loop over the kept points, and inside it passes over the rest, the last axis
  in lanes; a softmax is three passes over a row that stays in the first cache;
* *columns*: the last axis, which is kept, in lanes outside, the reduced axes inside.

A thread takes its share of the outermost loop.

Read next: nontemporal_stores.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...graph import Node
from ...op import Size
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
    """Writes one kernel as a loop nest.

    Args:
        kernel: what to compute.
        memory: where everything lies.
        targets: the buffers in which each stored value goes.
        partial: for the reductions of a flat kernel the buffer of partial values.
        width: how many elements the lanes take.
        even: sizes that may be taken for even.
    """

    def __init__(
        self,
        kernel: Kernel,
        memory: FrameLayout,
        targets: Mapping[Node, Sequence[Buffer]],
        partial: Mapping[Node, Buffer],
        width: int,
        even: frozenset[Size] = frozenset(),
    ) -> None:
        self.kernel = kernel
        self.memory = memory
        self.targets = targets
        self.partial = partial
        self.lanes = IRBuilder(VectorMaths, width)
        self.points = ElementalEmitter(self.lanes, memory, even)
        self.loops = LoopEmitter(self.points)
        self.axes = [(axis, self.points.size(size)) for axis, size in enumerate(kernel.space)]

    def build(self) -> Block:
        """The loop nest."""
        if not self.kernel.space:
            self._store_all(self.kernel.units, ())
        elif self.kernel.runs_flat:
            self._flat()
        elif self.kernel.axes is None or len(self.axes) - 1 in self.kernel.axes:
            self._rows()
        else:
            self._columns(self.kernel.axes)
        return self.lanes.body

    # Flat.

    def _flat(self) -> None:
        total = self.points.product(size for _, size in self.axes)
        chunk = self.points.index(CHUNK)
        first, last = self.points.share(self.points.pieces(total, CHUNK))
        with self.loops.loop(first, last, 1, "chunks") as turn:
            start = self.points.mul(turn.index, chunk)
            stop = self.lanes.maths.minimum(self.points.add(start, chunk), total)
            self._chunk(turn.index, start, stop)

    def _chunk(self, number: Value, start: Value, stop: Value) -> None:
        reduced = _Reductions(self.lanes, self.kernel.units)

        def visit(along: Coordinate, states: list[State]) -> list[State]:
            at = self._point({0: along}) if len(self.axes) == 1 else Flat(along)
            return self._visit(self.kernel.units, reduced, at, states)

        states = self.loops.vectors(start, stop, reduced.start(), visit)
        for unit, value in reduced.across(states):
            self.lanes.store(self.partial[unit.node], number, value)

    # Rows.

    def _rows(self) -> None:
        *others, (last, length) = self.axes
        kept = [axis for axis in others if self.kernel.axes is None or axis[0] not in self.kernel.axes]
        inner = [axis for axis in others if axis not in kept]
        first, stop = self.points.share(self.points.product(size for _, size in kept))
        with self.loops.loop(first, stop, 1, _names(kept)) as turn:
            outer = self.loops.unravel(turn.index, kept)
            at = self._point(outer, [axis for axis, _ in kept])
            for before, inside in self.kernel.passes():
                self._store_all(before, at)
                self._lies_in_memory(before)
                if inside:
                    self._row(inside, at, outer, inner, last, length)
                    self._lies_in_memory([unit for unit in inside if unit.level == "full"])

    def _row(
        self,
        units: Sequence[MaterializedValue],
        kept_at: Point,
        outer: Coordinates,
        inner: Sequence[tuple[int, Value]],
        last: int,
        length: Value,
    ) -> None:
        """One pass over all that belongs to a kept point: stores, and reductions over it."""
        reduced = _Reductions(self.lanes, units)

        def row(place: Coordinates, states: list[State]) -> list[State]:
            def visit(along: Coordinate, states: list[State]) -> list[State]:
                return self._visit(units, reduced, self._point({**place, last: along}), states)

            return self.loops.vectors(self.points.index(0), length, states, visit)

        states = self.loops.nested(inner, reduced.start(), row, outer)
        self._keep(reduced.across(states), kept_at)

    # Columns.

    def _columns(self, reduced: tuple[int, ...]) -> None:
        width = self.lanes.width
        length = self.axes[-1][1]
        outer = [self.axes[axis] for axis in self.kernel.kept[:-1]]
        if outer:
            first, last = self.points.share(self.points.product(size for _, size in outer))
            with self.loops.loop(first, last, 1, _names(outer)) as turn:
                self._columns_at(reduced, self.loops.unravel(turn.index, outer), self.points.index(0), length)
            return
        first, last = self.points.share(self.points.pieces(length, width))
        wide = self.points.index(width)
        stop = self.lanes.maths.minimum(self.points.mul(last, wide), length)
        self._columns_at(reduced, {}, self.points.mul(first, wide), stop)

    def _columns_at(self, reduced: tuple[int, ...], outer: Coordinates, start: Value, stop: Value) -> None:
        """All columns of an outer point, as many at a time as there are lanes."""

        def columns(along: Coordinate, states: list[State]) -> list[State]:
            place = {**outer, len(self.axes) - 1: along}
            kept_at = self._point(place, self.kernel.kept)
            # A later pass reads what this one stores; computing it again might read a state that it was written over.
            # The columns that fill no lanes are written out a second time, from the beginning.
            with self.memory.scope():
                for before, inside in self.kernel.passes():
                    self._store_all(before, kept_at)
                    self._lies_in_memory(before)
                    if inside:
                        self._column(inside, [self.axes[axis] for axis in reduced], place, kept_at)
                        self._lies_in_memory([unit for unit in inside if unit.level == "full"])
            return states

        self.loops.vectors(start, stop, [], columns)
        self._lies_in_memory(self.kernel.units)

    def _column(
        self,
        units: Sequence[MaterializedValue],
        reduced_axes: Sequence[tuple[int, Value]],
        place: Coordinates,
        kept_at: Point,
    ) -> None:
        """One pass down the columns, each lane in its own."""
        reduced = _Reductions(self.lanes, units)

        def visit(place: Coordinates, states: list[State]) -> list[State]:
            return self._visit(units, reduced, self._point(place), states)

        states = self.loops.nested(reduced_axes, reduced.start(), visit, place)
        self._keep(reduced.each(states), kept_at)

    # Units at a point.

    def _point(self, place: Coordinates, axes: Sequence[int] | None = None) -> Point:
        """A point by its coordinates along some axes, or along all; along an axis of size 1 it is 0 for everybody."""
        chosen = range(len(self.axes)) if axes is None else axes
        return tuple(self.points.zero() if self.kernel.space[axis] == 1 else place[axis] for axis in chosen)

    def _visit(
        self, units: Sequence[MaterializedValue], reduced: _Reductions, at: Point, states: list[State]
    ) -> list[State]:
        """Let reductions take the elements at a point, and store what is computed there."""
        elements = [self.points.value(unit.node.inputs[0], at) for unit in reduced.units]
        numbers = [self._number_along(unit, at) for unit in reduced.units]
        after = reduced.take(states, elements, numbers, self.points.mask)
        self._store_all([unit for unit in units if unit.level == "full"], at)
        return after

    def _number_along(self, unit: MaterializedValue, at: Point) -> Value:
        """The place of elements along the axis of a reduction."""
        if isinstance(at, Flat):
            return self.points.spread(at.place)
        return self.points.spread(at[unit.axes[0]]) if len(unit.axes) == 1 else self.points.index(0)

    def _keep(self, values: Iterable[tuple[MaterializedValue, Value]], at: Point) -> None:
        """Store what reductions have found, and know it from now on."""
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self._store(buffer, at, value)
            self.points.remember(unit.node, at, value)

    def _store_all(self, units: Sequence[MaterializedValue], at: Point) -> None:
        """Compute values, then store them: nothing is overwritten before all have been read."""
        values = [(unit, self.points.value(unit.node, at)) for unit in units]
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self._store(buffer, at, value)

    def _store(self, buffer: Buffer, at: Point, value: Value) -> None:
        place = self.points.place_of(buffer.sizes, at)
        if place.step == 1:
            value = self.lanes.splat(value, self.lanes.width)
        self.lanes.store(buffer, place.base, value, self.points.mask if value.width > 1 else None)

    def _lies_in_memory(self, units: Sequence[MaterializedValue]) -> None:
        """From now on these values are read from memory."""
        for unit in units:
            if self.targets.get(unit.node) and not unit.node.is_leaf:
                self.memory.keep(unit.node, self.targets[unit.node][0])


class _Reductions:
    """The reductions of a pass."""

    def __init__(self, lanes: IRBuilder, units: Sequence[MaterializedValue]) -> None:
        self.units = [unit for unit in units if unit.level == "reduce"]
        self._lanes = lanes
        self._accumulators = [
            Accumulator(lanes, unit.combine, unit.node.inputs[0].dtype, unit.node.dtype) for unit in self.units
        ]

    def start(self) -> list[State]:
        """The states before the first elements."""
        return [accumulator.start(self._lanes.width) for accumulator in self._accumulators]

    def take(
        self, states: list[State], elements: Sequence[Value], numbers: Sequence[Value], mask: Value | None
    ) -> list[State]:
        """The states after more elements, and their places along the axis."""
        return [
            accumulator.take(state, element, number, mask)
            for accumulator, state, element, number in zip(self._accumulators, states, elements, numbers, strict=True)
        ]

    def across(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The values of all lanes together."""
        for unit, accumulator, state in zip(self.units, self._accumulators, states, strict=True):
            yield unit, accumulator.across(state)

    def each(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The values of the lanes, each its own."""
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
    lanes = IRBuilder(VectorMaths, 1)
    loops = LoopEmitter(ElementalEmitter(lanes, memory))
    accumulator = Accumulator(lanes, unit.combine, unit.node.dtype, unit.node.dtype)
    zero = lanes.constant(0, INDEX)
    stop = lanes.make("word", type=INDEX, width=1, about=count)
    with loops.loop(zero, stop, 1, "chunks", [accumulator.start(1)]) as turn:
        x = lanes.load(partial, turn.index, partial.dtype)
        turn.after = [accumulator.take(turn.before[0], x, turn.index, None)]
    value = accumulator.finish(turn.after[0])
    for buffer in targets:
        lanes.store(buffer, zero, value)
    return lanes.body

"""Loop IR: a kernel as a loop nest whose innermost bodies are vector IR.

Three shapes cover everything:

* *flat*: all elements in C order, in chunks; what reduces them leaves one partial value a
  chunk, which a second kernel joins. The chunks do not depend on the number of threads,
  so neither does the sum;
* *rows*: a loop over the parallel axes, and inside it passes over the others, the last axis
  vectorised; a softmax is three passes over a row that stays in the first cache;
* *columns*: the last axis, a parallel one, is vectorised (column_reductions.py).

A thread takes its share of the outermost loop.

Read next: nontemporal_stores.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...graph import Node
from ..fusion.kernel import Kernel, MaterializedValue
from ..ir.frame import Buffer, FrameLayout
from ..ir.loop_nest import CHUNK
from ..ir.vector_ir import INDEX, Block, IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate, Flat, Point
from ..vectorize.reductions import Accumulator, State
from ..vectorize.vector_maths import VectorMaths
from .column_reductions import ColumnReductions
from .strip_mining import Coordinates, LoopEmitter
from .unit_emitter import Reductions, UnitEmitter, axis_names


class LoopNestBuilder(UnitEmitter):
    """A builder of the loop nest of one kernel.

    Args:
        kernel, memory, targets, width: as of ``UnitEmitter``.
        partial: for the reductions of a flat kernel the buffer of partial values.
    """

    def __init__(
        self,
        kernel: Kernel,
        memory: FrameLayout,
        targets: Mapping[Node, Sequence[Buffer]],
        partial: Mapping[Node, Buffer],
        width: int,
    ) -> None:
        super().__init__(kernel, memory, targets, width)
        self.partial = partial

    def build(self) -> Block:
        """The loop nest."""
        if not self.kernel.space:
            self.store_all(self.kernel.units, ())
        elif self.kernel.runs_flat:
            self._flat()
        elif self.kernel.reduction_axes is None or len(self.axes) - 1 in self.kernel.reduction_axes:
            self._rows()
        else:
            ColumnReductions(self, self.kernel.reduction_axes).write()
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
        reduced = Reductions(self.builder, self.kernel.units)

        def visit(along: Coordinate, states: list[State]) -> list[State]:
            at = self.point({0: along}) if len(self.axes) == 1 else Flat(along)
            return self.visit(self.kernel.units, reduced, at, states)

        states = self.loops.vectors(start, stop, reduced.start(), visit)
        for unit, value in reduced.across(states):
            self.builder.store(self.partial[unit.node], number, value)

    # Rows.

    def _rows(self) -> None:
        # Rows of neighbouring axes are one row: an element of it has the index 0 along all of these axes but the last.
        *joined, last = self.kernel.joined_axes
        length = self.emitter.product(self.axes[axis][1] for axis in (*joined, last))
        others = self.axes[: last - len(joined)]
        zeros = {axis: self.emitter.zero() for axis in joined}
        parallel = [
            axis for axis in others if self.kernel.reduction_axes is None or axis[0] not in self.kernel.reduction_axes
        ]
        inner = [axis for axis in others if axis not in parallel]
        first, stop = self.emitter.share(self.emitter.product(size for _, size in parallel))
        with self.loops.points(first, stop, parallel, axis_names(parallel)) as outer:
            at = self.point(outer, [axis for axis, _ in parallel])
            outer = {**outer, **zeros}
            for before, inside in self.kernel.passes():
                self.store_all(before, at)
                self.lies_in_memory(before)
                if inside:
                    self._row(inside, at, outer, inner, last, length)
                    self.lies_in_memory([unit for unit in inside if unit.loop_level == "innermost"])

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
        reduced = Reductions(self.builder, units)

        def row(coordinates: Coordinates, states: list[State]) -> list[State]:
            def visit(along: Coordinate, states: list[State]) -> list[State]:
                return self.visit(units, reduced, self.point({**coordinates, last: along}), states)

            return self.loops.vectors(self.emitter.index(0), length, states, visit)

        states = self.loops.nested(inner, reduced.start(), row, outer)
        self.keep(reduced.across(states), outer_at)


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

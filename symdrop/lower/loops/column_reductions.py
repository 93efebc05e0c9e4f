"""Reductions down columns: loop interchange, with the accumulators of many columns in private memory.

In C order a column's elements lie a row apart. Walked down, vector by vector, every load is of another page of memory,
which no processor fetches ahead. So the loops are interchanged: of a strip of columns a block of rows is taken at a
time, in it vector by vector, and the accumulators of the whole strip lie in the thread's own memory, in its first
cache, between a block and the next:

    for each strip of up to COLUMNS columns:
        accumulators = start                                         # for all lanes of the strip
        for each block of ROWS rows:
            for lanes of the strip:
                load accumulators; take the rows of the block; store them
        for lanes of the strip:
            values = finish(accumulators)

Where several arrays are gone through, a block is one row: lines of all of them would fall into one set of the cache.

Every column is added up row by row, from the first to the last, as if it were alone, so strips and blocks change no
bit. What depends on columns alone is computed once a block. Few columns or few rows, if they are known to be few, are
walked down with their accumulators in registers.

Source: loop interchange and scalar expansion, D. Padua and M. Wolfe, "Advanced compiler optimizations for
supercomputers", CACM 29(12), 1986.

Read next: loop_builder.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...graph import Node
from ...op import Elementwise
from ..fusion.kernel import MaterializedValue
from ..ir.frame import itemsize, without_ones
from ..ir.private_memory import Private
from ..ir.vector_ir import Value
from ..vectorize.index_expressions import Coordinate, Point
from ..vectorize.reductions import State
from .strip_mining import Coordinates
from .unit_emitter import Reductions, UnitEmitter, axis_names

# Columns of a strip, and the fewest for which it pays; powers of two, multiples of any vector's elements.
COLUMNS, LEAST_COLUMNS = 1024, 128
# Rows of a block; where rows lie 4096 bytes apart, so many lines of them fill a set of the first cache.
ROWS = 8
# A kernel's private memory takes no more bytes of the first cache than this.
MOST_BYTES = 16 << 10


class ColumnReductions:
    """A writer of the loops of a kernel that reduces columns.

    Args:
        units: emits the kernel's values.
        reduced: the axes that its reductions remove.
    """

    def __init__(self, units: UnitEmitter, reduced: tuple[int, ...]) -> None:
        self.units = units
        self.kernel = units.kernel
        self.memory = units.memory
        self.builder = units.builder
        self.emitter = units.emitter
        self.loops = units.loops
        self.last, self.length = units.axes[-1]
        self.reduced = [units.axes[axis] for axis in reduced]

    def write(self) -> None:
        """Write them: threads share the points of the axes before the columns, or the columns."""
        emitter, width = self.emitter, self.builder.width
        outer = [self.units.axes[axis] for axis in self.kernel.parallel_axes[:-1]]
        if outer:
            first, last = emitter.share(emitter.product(size for _, size in outer))
            with self.loops.points(first, last, outer, axis_names(outer)) as coordinates:
                self._columns(coordinates, emitter.index(0), self.length)
        else:
            first, last = emitter.share(emitter.pieces(self.length, width))
            wide = emitter.index(width)
            stop = self.builder.maths.minimum(emitter.mul(last, wide), self.length)
            self._columns({}, emitter.mul(first, wide), stop)

    def _columns(self, outer: Coordinates, start: Value, stop: Value) -> None:
        """Write the loops over some columns of a point of the axes before them."""
        strip = _Strip(self, outer)
        if self._are_few() or strip.elements < LEAST_COLUMNS:
            self._walked_down(outer, start, stop)
        else:
            with self.loops.loop(start, stop, strip.elements, "strips") as turn:
                end = self.emitter.minimum(self.emitter.add(turn.index, self.emitter.index(strip.elements)), stop)
                with self.memory.scope():
                    strip.write(turn.index, end)
        self.units.lies_in_memory(self.kernel.units)

    def _are_few(self) -> bool:
        """True if there are no more columns than lanes, or no more rows than in a block."""
        rows = self.emitter.product(size for _, size in self.reduced)
        limits = ((self.length, self.builder.width), (rows, ROWS))
        return any(size.op == "constant" and size.attribute <= most for size, most in limits)

    def at(self, outer: Coordinates, along: Coordinate) -> tuple[Coordinates, Point]:
        """Columns as coordinates, and as a point of the axes that remain."""
        coordinates = {**outer, self.last: along}
        return coordinates, self.units.point(coordinates, self.kernel.parallel_axes)

    def _walked_down(self, outer: Coordinates, start: Value, stop: Value) -> None:
        """Write the loops over columns as many at a time as there are lanes, with one pass after the other."""

        def columns(along: Coordinate, states: list[State]) -> list[State]:
            coordinates, outer_at = self.at(outer, along)
            # A later pass reads what this one stores; computing it again might read a state that it was written over.
            # The columns that fill no lanes are written out a second time, from the beginning.
            with self.memory.scope():
                for before, inside in self.kernel.passes():
                    self.units.store_all(before, outer_at)
                    self.units.lies_in_memory(before)
                    if inside:
                        self._column(inside, coordinates, outer_at)
                        self.units.lies_in_memory([unit for unit in inside if unit.loop_level == "innermost"])
            return states

        self.loops.vectors(start, stop, [], columns)

    def _column(self, units: Sequence[MaterializedValue], coordinates: Coordinates, outer_at: Point) -> None:
        """Write one pass down the columns, each lane in its own."""
        reduced = Reductions(self.builder, units)

        def visit(coordinates: Coordinates, states: list[State]) -> list[State]:
            return self.units.visit(units, reduced, self.units.point(coordinates), states)

        states = self.loops.nested(self.reduced, reduced.start(), visit, coordinates)
        self.units.keep(reduced.each(states), outer_at)


def _private(dtype: str, numbers: Counter[str]) -> Private:
    """Private memory for numbers of one dtype, of which there may be several."""
    numbers[dtype] += 1
    return Private(f"{dtype}_{numbers[dtype]}", dtype)


class _Pass:
    """A pass over a strip: what it computes at every point, and the accumulators of its reductions.

    Args:
        columns: writes the kernel.
        units: what it computes.
    """

    def __init__(self, columns: ColumnReductions, units: Sequence[MaterializedValue]) -> None:
        self.builder = columns.builder
        self.units = units
        self.reduced = Reductions(columns.builder, units)
        self._starts = self.reduced.start()
        numbers: Counter[str] = Counter()
        self.accumulators = [[_private(value.type, numbers) for value in state] for state in self._starts]

    def allocate(self, elements: int) -> None:
        """Have so many accumulators of each kind.

        Those of the next pass lie in the same memory: it begins, lane by lane, when this one is finished.
        """
        self.accumulators = [[replace(one, elements=elements) for one in state] for state in self.accumulators]

    def load(self, offset: Value) -> list[State]:
        """The accumulators of some lanes."""
        return [
            [self.builder.load_here(one, offset, one.dtype, self.builder.width) for one in state]
            for state in self.accumulators
        ]

    def store(self, offset: Value, states: Sequence[State] | None = None) -> None:
        """Store the accumulators of some lanes, those that stand for no column too; at first what they begin with."""
        for places, state in zip(self.accumulators, states or self._starts, strict=True):
            for place, value in zip(places, state, strict=True):
                self.builder.store(place, offset, value)


class _Strip:
    """A strip of columns: the loops over its lanes before, between and behind the passes, and those of the passes.

    Args:
        columns: writes the kernel.
        outer: the coordinates of the axes before the columns.

    Attributes:
        elements: how many columns it has.
    """

    def __init__(self, columns: ColumnReductions, outer: Coordinates) -> None:
        self.columns = columns
        self.kernel = columns.kernel
        self.outer = outer
        befores, insides = zip(*self.kernel.passes(), strict=True)
        self._passes = [_Pass(columns, inside) for inside in insides]
        # What the loops between the passes compute, for every column once.
        self._between: list[Sequence[MaterializedValue]] = [*befores, ()]
        # In which of these a value is computed that has no other memory.
        self._made = {
            unit.node: number
            for number, units in enumerate(self._between)
            for unit in (*units, *self._finished_by(number))
            if not columns.units.targets.get(unit.node)
        }
        self._kept = self._values_kept()
        accumulators = {one for stage in self._passes for state in stage.accumulators for one in state}
        needed = sum(itemsize(one.dtype) for one in (*accumulators, *self._kept.values()))
        self.elements = min(COLUMNS, 1 << (MOST_BYTES // needed or 1).bit_length() - 1)
        for stage in self._passes:
            stage.allocate(self.elements)
        self._kept = {node: replace(one, elements=self.elements) for node, one in self._kept.items()}

    def _values_kept(self) -> dict[Node, Private]:
        """The values of columns that have no other memory, and that a later loop than the one that makes them reads."""
        kept: dict[Node, Private] = {}
        # A pass comes behind the loop over the lanes that has its number.
        behind = [(number, unit) for number, units in enumerate(self._between) for unit in units]
        behind += [(number + 1, unit) for number, stage in enumerate(self._passes) for unit in stage.units]
        for number, unit in behind:
            for node in unit.reads.at:
                if self._made.get(node, number) < number:
                    kept.setdefault(node, Private(f"value{len(kept)}", node.dtype))
        return kept

    def _finished_by(self, number: int) -> Sequence[MaterializedValue]:
        """The reductions whose values are known in a loop between passes."""
        return self._passes[number - 1].reduced.units if number else ()

    def write(self, start: Value, stop: Value) -> None:
        """Write all loops of the strip."""
        in_memory = self.columns.units.lies_in_memory
        for number, units in enumerate(self._between):
            self._loop_between(number, start, stop)
            in_memory([*self._finished_by(number), *units])
            if number < len(self._passes) and self._passes[number].units:
                self._loops_of(number, start, stop)
                in_memory([unit for unit in self._passes[number].units if unit.loop_level == "innermost"])

    def _loop_between(self, number: int, start: Value, stop: Value) -> None:
        """Write the loop that finishes a pass, computes what is known then, and begins the next one."""
        columns, units, width = self.columns, self.columns.units, self.columns.builder.width
        before, behind = [*self._passes, None][number - 1], [*self._passes, None][number]
        made = [*self._finished_by(number), *self._between[number]]
        if not made and (behind is None or not behind.reduced.units):
            return

        def lanes(along: Coordinate, states: list[State]) -> list[State]:
            _, at = columns.at(self.outer, along)
            offset = columns.emitter.sub(along.base, start)
            self._recall(number, offset, at)
            if before is not None:
                units.keep(before.reduced.each(before.load(offset)), at)
            units.store_all(self._between[number], at)
            for unit in made:
                if unit.node in self._kept:
                    value = columns.builder.splat(columns.emitter.value(unit.node, at), width)
                    columns.builder.store(self._kept[unit.node], offset, value)
            if behind is not None:
                behind.store(offset)
            return states

        columns.loops.vectors(start, stop, [], lanes)

    def _loops_of(self, number: int, start: Value, stop: Value) -> None:
        """Write the loops of a pass: over blocks of rows, lanes, and the rows of a block."""
        emitter, loops, units = self.columns.emitter, self.columns.loops, self.columns.units
        stage = self._passes[number]
        rows = self._rows(stage)
        *outer, (axis, size) = self.columns.reduced

        def blocks(coordinates: Coordinates, states: list[State]) -> list[State]:
            with loops.loop(emitter.index(0), size, rows, "blocks of rows" if rows > 1 else f"axis {axis}") as block:
                end = emitter.minimum(emitter.add(block.index, emitter.index(rows)), size)

                def lanes(along: Coordinate, states: list[State]) -> list[State]:
                    columns, at = self.columns.at(coordinates, along)
                    offset = emitter.sub(along.base, start)
                    self._recall(number + 1, offset, at)

                    def visit(row: Value, states: list[State]) -> list[State]:
                        here = units.point({**columns, axis: Coordinate(row)})
                        return units.visit(stage.units, stage.reduced, here, states)

                    before = stage.load(offset)
                    if rows == 1:
                        stage.store(offset, visit(block.index, before))
                        return states
                    with loops.loop(block.index, end, 1, f"axis {axis}", before) as turn:
                        turn.after = visit(turn.index, turn.before)
                    stage.store(offset, turn.after)
                    return states

                loops.vectors(start, stop, [], lanes)
            return states

        loops.nested(outer, [], blocks, self.outer)

    def _rows(self, stage: _Pass) -> int:
        """Rows of a block: several if one array is gone through, or if something is computed of columns alone."""
        columns, memory, space = self.columns, self.columns.memory, without_ones(self.kernel.space)
        inner = {columns.reduced[-1][0], columns.last}
        reads = [(node, at) for unit in stage.units for node, axes in unit.reads.at.items() for at in axes]
        arrays = {memory.buffer(node) for node, at in reads if inner <= {*at} and memory.holds(node)}
        for unit in stage.units:
            if unit.loop_level == "innermost":
                arrays.update(columns.units.targets.get(unit.node, ()))
        inline = [node for unit in stage.units for node in unit.reads.inline if isinstance(node.op, Elementwise)]
        if any(node.ndim and without_ones(memory.sizes(node)) != space for node in inline):
            return max(1, ROWS // max(1, len(arrays)))
        return ROWS if stage.reduced.units and len(arrays) < 2 else 1

    def _recall(self, number: int, offset: Value, at: Point) -> None:
        """Know the values of columns that were kept by the loops between passes up to one of them."""
        for node, place in self._kept.items():
            if self._made[node] < number:
                value = self.columns.builder.load_here(place, offset, place.dtype, self.columns.builder.width)
                self.columns.emitter.remember(node, at, value)

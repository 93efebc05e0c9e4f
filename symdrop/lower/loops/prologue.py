"""Prologues: an operand of a matrix product that is computed where it is packed, panel by panel, and is never stored.

The product asks for panels (cache_blocking.py), and every element is the value of a node at a point, as anywhere in a
loop nest: windows of an image are read where the image lies. Rows of a panel, or columns of one of the right operand's,
are axes of the value that were joined, and so are the steps of the summed index. Elements of the value's last axis lie
side by side in what it is read from. So where that axis belongs to

* the rows: a vector goes along them; where they pass from one line of the axis to the next, in as many pieces as it
  has lines, each under a mask. The first axis of the steps is the innermost loop: what depends on the others alone, as
  masks of padding do, is computed before it;
* the steps: a vector goes along these, row by row, into private memory, from which squares are transposed into the
  panel.

What a panel holds past the last row is multiplied, and not stored. Where the rows of a panel fill no whole vectors the
last vector of a step goes on over the next one: so it is stored first, and of what follows it is written again.

Source: implicit gemm, S. Chetlur et al., "cuDNN: efficient primitives for deep learning", arXiv:1410.0759, 2014.

Read next: matrix_product.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ...graph import Node
from ..fusion.product_operands import ComputedOperand
from ..ir.packing_loop import PACKING, PackingLoop, packing_loop
from ..ir.private_memory import Private
from ..ir.vector_ir import Value
from ..vectorize.index_expressions import Coordinate
from .packing import transposed
from .register_tile import most_steps
from .strip_mining import Coordinates, LoopEmitter

# Axes and their sizes, the outermost first.
_Axes = Sequence[tuple[int, Value]]


def prologue(loops: LoopEmitter, operand: ComputedOperand, is_left: bool, matrix: Value | None, width: int) -> Private:
    """The loop over the panels of an operand, and the memory that stands for the operand in the product.

    Args:
        loops: where it goes.
        operand: what is packed.
        is_left: whether it is the left operand, whose panels consist of rows.
        matrix: the number of the matrix in a batch.
        width: elements of a vector; panels have a multiple of them.
    """
    emitter, builder, node = loops.emitter, loops.builder, operand.source
    sizes = [emitter.size(size) for size in emitter.memory.sizes(node)]
    # An axis of size 1 may be none of the value's.
    none = [(-1, emitter.index(1))]
    lanes, steps = ([(axis, sizes[axis]) for axis in axes] or none for axes in (operand.rows, operand.columns))
    # Of the right operand the columns are packed side by side.
    along_lanes = operand.exchanged == is_left
    if along_lanes:
        lanes, steps = steps, lanes
    panels = Private("left" if is_left else "right", node.dtype)
    strip = Private("strip", node.dtype, width * _strip_row(node.dtype, width))
    count = emitter.product(size for _, size in lanes)
    batch = [(axis, emitter.maximum(sizes[axis], emitter.index(1))) for axis in operand.batch]
    at = {} if matrix is None else loops.unravel(matrix, batch)
    before, builder.width = builder.width, width
    with packing_loop(builder, panels, () if along_lanes else (strip,), count) as loop:
        emitter.enter()
        packing = _Packing(loops, node, panels, strip, lanes, steps, at, loop)
        packing.write(packing.along_lanes if along_lanes else packing.along_steps)
        emitter.leave()
    builder.width = before
    return panels


def _strip_row(dtype: str, width: int) -> int:
    """Elements of a row of the private memory: the last vector may go on past the last step."""
    return most_steps(dtype, width) + width


class _Packing:
    def __init__(
        self,
        loops: LoopEmitter,
        node: Node,
        panels: Private,
        strip: Private,
        lanes: _Axes,
        steps: _Axes,
        at: Coordinates,
        loop: PackingLoop,
    ) -> None:
        self.loops = loops
        self.emitter = loops.emitter
        self.builder = loops.builder
        self.node = node
        self.panels = panels
        self.strip = strip
        self.lanes = lanes
        self.steps = steps
        self.at = at
        self.given = dict(zip(PACKING, loop.indices, strict=True))
        self.count = loop.stop

    def write(self, fill: Callable[[Value, Value, Value], None]) -> None:
        """Write the loops over the vectors of all panels, the last ones first; ``fill`` writes what fills one.

        It is given the vector's first row, the row to stop before, and the place of the first step.
        """
        e, given, zero = self.emitter, self.given, self.emitter.index(0)
        width = e.index(self.builder.width)
        with self.loops.loop(zero, given["panels"], 1, "panels") as panel:
            row = e.add(given["first"], e.mul(panel.index, given["size"]))
            stop = e.minimum(e.add(row, given["size"]), self.count)
            place = e.add(given["panels_at"], e.mul(panel.index, given["between"]))
            groups = e.pieces(given["size"], self.builder.width)
            with self.loops.loop(zero, groups, 1, "vectors") as turn:
                before = e.mul(e.sub(e.sub(groups, e.index(1)), turn.index), width)
                fill(e.add(row, before), stop, e.add(place, before))

    # Vectors along the rows of a panel.

    def along_lanes(self, row: Value, last_row: Value, place: Value) -> None:
        """Fill a vector of rows, step by step: in one piece, or in several with zeros where there is no row."""
        e, builder, width = self.emitter, self.builder, self.builder.width
        *outer, (last, length) = self.lanes
        line_length = e.maximum(length, e.index(1))
        line = builder.make("div", row, line_length)
        first = e.sub(row, e.mul(line, line_length))
        end = e.add(row, e.index(width))
        stop = e.minimum(end, last_row)
        whole = e.mul(e.truth("le", e.add(first, e.index(width)), length), e.truth("le", end, last_row))
        with self._if_so(whole) as zero:
            # What is read depends on the condition's number, or it would be moved out to where the vector may not lie.
            lead = self.loops.unravel(e.add(line, zero), outer)
            self._steps({**self.at, **lead, last: Coordinate(e.add(first, zero), 1)}, place, None)
        with self._if_so(e.mul(e.sub(e.index(1), whole), e.truth("lt", row, last_row))):
            zeros = builder.splat(builder.constant(0, self.node.dtype), width)
            with self.loops.loop(e.index(0), self.given["depth"], 1, "steps") as step:
                builder.store(self.panels, e.add(place, e.mul(step.index, self.given["size"])), zeros)
            final = builder.make("div", e.sub(stop, e.index(1)), line_length)
            with self.loops.points(line, e.add(final, e.index(1)), outer, "lines") as lead:
                begin = e.mul(self._linear(lead, outer), line_length)
                behind = e.minimum(e.add(begin, line_length), stop)
                mask = e.lanes_between(e.sub(begin, row), e.sub(behind, row), width)
                e.mask = mask
                self._steps({**self.at, **lead, last: Coordinate(e.sub(row, begin), 1)}, place, mask)
                e.mask = None

    def _steps(self, at: Coordinates, place: Value, mask: Value | None) -> None:
        """Store a vector for every step; the first axis is the innermost loop."""
        e, make = self.emitter, self.builder.make
        (head, _), *inner = self.steps
        begin, end = self.given["step"], e.add(self.given["step"], self.given["depth"])
        many = e.maximum(e.product(size for _, size in inner), e.index(1))
        # How many whole turns of the inner axes there are, and what is left over.
        turns = [make("div", value, many) if inner else value for value in (begin, end)]
        rests = [e.sub(value, e.mul(turn, many)) for value, turn in zip((begin, end), turns, strict=True)]

        def visit(coordinates: Coordinates, states: list[list[Value]]) -> list[list[Value]]:
            within = self._linear(coordinates, inner)
            first, last = (
                e.add(turn, e.truth("lt", within, rest)) if inner else turn
                for turn, rest in zip(turns, rests, strict=True)
            )
            with self.loops.loop(first, last, 1, "steps") as step:
                number = e.sub(e.add(e.mul(step.index, many), within), begin)
                at_step = {**coordinates, head: Coordinate(step.index)}
                self._put(self._value(at_step), e.add(place, e.mul(number, self.given["size"])), mask)
            return states

        self.loops.nested(inner, [], visit, at)

    def _put(self, value: Value, place: Value, mask: Value | None) -> None:
        if mask is not None:
            before = self.builder.load_here(self.panels, place, self.node.dtype, value.width)
            value = self.builder.make("select", mask, value, before)
        self.builder.store(self.panels, place, value)

    # Vectors along the steps.

    def along_steps(self, row: Value, last_row: Value, place: Value) -> None:
        """Fill a vector of rows: each row is computed along the steps, then squares are transposed."""
        e, builder, width = self.emitter, self.builder, self.builder.width
        dtype = self.node.dtype
        apart = _strip_row(dtype, width)
        with self.loops.loop(e.index(0), e.index(width), 1, "rows") as turn:
            # Rows past the last repeat it.
            number = e.minimum(e.add(row, turn.index), e.sub(self.count, e.index(1)))
            lead = self.loops.unravel(number, [(axis, e.maximum(size, e.index(1))) for axis, size in self.lanes])
            self._row({**self.at, **lead}, e.mul(turn.index, e.index(apart)))
        whole = builder.make("and", self.given["depth"], e.index(-width))
        with self.loops.loop(e.index(0), whole, width, "squares") as step:

            def load(row: int, begin: int, count: int) -> Value:
                place = e.add(e.index(row * apart + begin), step.index)
                return builder.load_here(self.strip, place, dtype, count)

            for i, value in enumerate(transposed(builder, dtype, width, load)):
                number = e.add(step.index, e.index(i))
                builder.store(self.panels, e.add(place, e.mul(number, self.given["size"])), value)
        with self.loops.loop(whole, self.given["depth"], 1, "steps") as step:
            starts = builder.make("mul", builder.iota(width), builder.splat(e.index(apart), width))
            offsets = builder.make("add", starts, builder.splat(step.index, width))
            value = builder.gather(self.strip, offsets, dtype)
            builder.store(self.panels, e.add(place, e.mul(step.index, self.given["size"])), value)

    def _row(self, at: Coordinates, place: Value) -> None:
        """Compute a row along the steps, line after line of the last axis."""
        e, make = self.emitter, self.builder.make
        *outer, (last, length) = self.steps
        begin, end = self.given["step"], e.add(self.given["step"], self.given["depth"])
        line_length = e.maximum(length, e.index(1))
        first, final = make("div", begin, line_length), make("div", e.sub(end, e.index(1)), line_length)
        with self.loops.points(first, e.add(final, e.index(1)), outer, "lines") as lead:
            before = e.mul(self._linear(lead, outer), line_length)
            start = e.maximum(e.sub(begin, before), e.index(0))
            stop = e.minimum(e.sub(end, before), line_length)
            offset = e.add(place, e.sub(before, begin))

            def visit(along: Coordinate, states: list[list[Value]]) -> list[list[Value]]:
                # What goes on past the line is written over by the next one.
                self.builder.store(self.strip, e.add(offset, along.base), self._value({**at, **lead, last: along}))
                return states

            self.loops.vectors(start, stop, [], visit)

    # Points.

    def _value(self, at: Coordinates) -> Value:
        """A vector of the operand's elements."""
        e = self.emitter
        sizes = e.memory.sizes(self.node)
        point = tuple(e.zero() if sizes[axis] == 1 else at[axis] for axis in range(self.node.ndim))
        return self.builder.splat(e.value(self.node, point), self.builder.width)

    def _linear(self, at: Coordinates, axes: _Axes) -> Value:
        """The linear index of coordinates among some axes."""
        index = self.emitter.index(0)
        for axis, size in axes:
            index = self.emitter.add(self.emitter.mul(index, size), at[axis].base)
        return index

    @contextmanager
    def _if_so(self, holds: Value) -> Iterator[Value]:
        """A condition, 0 or 1, as a loop of so many steps; gives the number of its step, 0."""
        with self.loops.loop(self.emitter.index(0), holds, 1, "once, if so") as loop:
            yield loop.index

"""Small matrix products: operands are read where they lie, and nothing is packed.

A few rows of two vectors of columns, or one, are summed in registers, as in a register tile: each element is one chain
of fused multiply-adds. The columns of a transposed right operand are gathered. Where the result is a single column
whose operands lie side by side along the summed index, as in a dot product, a sum is a fixed number of partial sums,
the same on every machine, added up in the end by halves.

Read next: row_product.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..ir.frame import itemsize
from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import ProcedureEmitter
from ..vectorize.vector_maths import VectorMaths

# Bytes of the partial sums of a dot product.
_PARTIAL_SUMS = 128
# Rows at a time: as many as keep the multipliers busy, then what is left over.
_ROWS = (4, 1)
# The same where a right operand of one vector of columns, or of two, is packed.
_NARROW_ROWS = {1: (8, 4, 1), 2: (4, 1)}
# Vectors of columns at a time, where there is only one row.
_SINGLE_ROW = 8

_MEMORY = ("a", "b", "c")
_INDICES = ("m", "n", "k", "a_row", "a_step", "b_step", "b_column", "c_row", "keep")


def small_product(dtype: str, width: int) -> Procedure:
    """The procedure of a product: C[m, n] = alpha * (A[m, k] @ B[k, n]), + beta * C if that is to ``keep``; the
    columns of B lie side by side.

    Args:
        dtype: of the elements.
        width: elements of a vector.
    """
    return _procedure("small", dtype, width, _SmallEmitter.write)


def column_product(dtype: str, width: int) -> Procedure:
    """The same where C is one column: numbers, since a mask costs more than what is computed."""
    return _procedure("column", dtype, width, _SmallEmitter.write_column)


def gathered_product(dtype: str, width: int) -> Procedure:
    """The same where the columns of B lie apart."""
    return _procedure("gathered", dtype, width, _SmallEmitter.write_gathered)


def dot_products(dtype: str, width: int) -> Procedure:
    """The same where C is one column, and the steps of the summed index lie side by side in A and B."""
    return _procedure("dots", dtype, width, _SmallEmitter.write_dots)


def narrow_product(dtype: str, width: int) -> Procedure:
    """The same where C has at most two vectors of columns, as many as B has in every step, with anything past the last.

    Without masks B is loaded in half of the instructions.
    """
    return _procedure("narrow", dtype, width, _SmallEmitter.write_narrow)


def _procedure(name: str, dtype: str, width: int, write: Callable[[_SmallEmitter], None]) -> Procedure:
    builder = IRBuilder(VectorMaths, width)
    numbers = dict.fromkeys(_INDICES, INDEX) | dict.fromkeys(("alpha", "beta"), dtype)
    made = builder.procedure(f"{name}_{dtype}", _MEMORY, numbers)
    write(_SmallEmitter(builder, dtype, made.numbers))
    return made


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some columns: the first, how many, and which of them exist; None for all."""

    column: Value
    width: int
    mask: Value | None


# A vector of the right operand, at a step of the summed index.
_Read = Callable[[Value, _Strip], Value]


class _SmallEmitter(ProcedureEmitter):
    def write(self) -> None:
        """Columns, two vectors at a time while there are so many, then one, then one with a mask."""
        given, width, zero = self.given, self.builder.width, self.index(0)
        whole = self.builder.make("and", given["n"], self.index(-2 * width))
        # A vector that fills has no mask.
        full = self.builder.make("and", given["n"], self.index(-width))
        # Of a single row as much as registers hold, so that memory is read in long stretches.
        single = self.mul(whole, self.truth("eq", given["m"], self.index(1)))
        wide = self.builder.make("and", single, self.index(-_SINGLE_ROW * width))
        self._strips(zero, wide, _SINGLE_ROW * width, self._load, heights=(1,))
        self._strips(wide, whole, 2 * width, self._load)
        self._strips(whole, full, width, self._load)
        self._strips(full, given["n"], width, self._load, is_masked=True)

    def write_column(self) -> None:
        """Rows, a few at a time."""
        self._in_rows(partial(self._tile, _Strip(self.index(0), 1, None), self._load))

    def write_gathered(self) -> None:
        """Columns, a vector at a time, with a mask."""
        self._strips(self.index(0), self.given["n"], self.builder.width, self._gather, is_masked=True)

    def _strips(
        self,
        first: Value,
        last: Value,
        width: int,
        read: _Read,
        heights: Sequence[int] = _ROWS,
        is_masked: bool = False,
    ) -> None:
        builder = self.builder
        with builder.loop(first, last, width, "columns") as columns:
            mask = None
            if is_masked:
                left = builder.splat(self.sub(self.given["n"], columns.index), width)
                mask = builder.make("lt", builder.iota(width), left)
            strip = _Strip(columns.index, width, mask)
            self._in_rows(partial(self._tile, strip, read), heights)

    def _in_rows(self, visit: Callable[[int, Value], None], heights: Sequence[int] = _ROWS) -> None:
        """All rows, in tiles that are as high as there are rows left."""
        first = self.index(0)
        for rows in heights:
            last = self.builder.make("and", self.given["m"], self.index(-rows))
            with self.builder.loop(first, last, rows, f"{rows} rows") as loop:
                visit(rows, loop.index)
            first = last

    def write_narrow(self) -> None:
        """All columns at once, in one vector or two."""
        given, builder = self.given, self.builder
        fits = self.truth("le", given["n"], self.index(builder.width))
        for vectors, holds in ((1, fits), (2, self.sub(self.index(1), fits))):
            width = vectors * builder.width
            with builder.loop(self.index(0), holds, 1, f"{vectors} vectors of columns, if they are needed"):
                mask = builder.make("lt", builder.iota(width), builder.splat(given["n"], width))
                strip = _Strip(self.index(0), width, mask)
                self._in_rows(partial(self._tile, strip, self._load_whole), _NARROW_ROWS[vectors])

    def _load(self, p: Value, strip: _Strip) -> Value:
        place = self.add(self.mul(p, self.given["b_step"]), strip.column)
        return self.builder.load("b", place, self.dtype, strip.width, strip.mask)

    def _load_whole(self, p: Value, strip: _Strip) -> Value:
        return self.builder.load("b", self.mul(p, self.given["b_step"]), self.dtype, strip.width)

    def _gather(self, p: Value, strip: _Strip) -> Value:
        builder, width = self.builder, strip.width
        columns = builder.make("add", builder.splat(strip.column, width), builder.iota(width))
        places = builder.make("mul", columns, self.given["b_column"])
        row = builder.splat(self.mul(p, self.given["b_step"]), width)
        return builder.gather("b", builder.make("add", places, row), self.dtype, strip.mask)

    def _tile(self, strip: _Strip, read: _Read, rows: int, first: Value) -> None:
        given, builder, width = self.given, self.builder, strip.width
        zero = builder.splat(builder.constant(0, self.dtype), width)
        lines = [self.mul(self.add(first, self.index(row)), given["a_row"]) for row in range(rows)]
        with builder.loop(self.index(0), given["k"], 1, "p") as p:
            sums = [p.carry(zero) for _ in lines]
            right = read(p.index, strip)
            along = self.mul(p.index, given["a_step"])
            for one, line in zip(sums, lines, strict=True):
                left = builder.splat(builder.load("a", self.add(line, along), self.dtype), width)
                one.next = builder.make("fma", left, right, one.now)
        places = [
            self.add(self.mul(self.add(first, self.index(row)), given["c_row"]), strip.column) for row in range(rows)
        ]
        self._put(places, [p.result(one) for one in sums], width, strip.mask)

    def _put(self, places: Sequence[Value], sums: Sequence[Value], width: int, mask: Value | None = None) -> None:
        """Store alpha * sums, + beta * C if that is to be kept; else C is not read."""
        given, builder = self.given, self.builder
        scaled = [builder.make("mul", one, given["alpha"]) for one in sums]
        with builder.loop(self.index(0), given["keep"], 1, "once, if it is added to"):
            for place, made in zip(places, scaled, strict=True):
                before = builder.load_here("c", place, self.dtype, width, mask)
                mixed = builder.make("fma", builder.splat(given["beta"], width), before, made)
                builder.store("c", place, mixed, mask)
        with builder.loop(given["keep"], self.index(1), 1, "once, if not"):
            for place, made in zip(places, scaled, strict=True):
                builder.store("c", place, made, mask)

    def write_dots(self) -> None:
        """Rows, a few at a time."""
        self._in_rows(self._dots)

    def _dots(self, rows: int, first: Value) -> None:
        given, builder = self.given, self.builder
        width = _PARTIAL_SUMS // itemsize(self.dtype)
        lines = [self.mul(self.add(first, self.index(row)), given["a_row"]) for row in range(rows)]
        whole = builder.make("and", given["k"], self.index(-width))
        sums = [builder.splat(builder.constant(0, self.dtype), width) for _ in lines]
        for start, stop, is_rest in ((self.index(0), whole, False), (whole, given["k"], True)):
            with builder.loop(start, stop, width, "p") as p:
                carried = [p.carry(one) for one in sums]
                left = builder.splat(self.sub(given["k"], p.index), width)
                mask = builder.make("lt", builder.iota(width), left) if is_rest else None
                right = builder.load("b", p.index, self.dtype, width, mask)
                for one, line in zip(carried, lines, strict=True):
                    row = builder.load("a", self.add(line, p.index), self.dtype, width, mask)
                    one.next = builder.make("fma", row, right, one.now)
            sums = [p.result(one) for one in carried]
        places = [self.mul(self.add(first, self.index(row)), given["c_row"]) for row in range(rows)]
        self._put(places, [self._added_up(one) for one in sums], 1)

    def _added_up(self, sums: Value) -> Value:
        """The sum of all elements: the second half added to the first, until one is left."""
        while sums.width > 1:
            half = sums.width // 2
            low, high = (self.builder.make("part", sums, width=half, attribute=at) for at in (0, half))
            sums = self.builder.make("add", low, high)
        return sums

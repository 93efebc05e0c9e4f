"""Cache blocking: the loops around the register tiles of a contraction, and what is packed in which of them.

C[m, n] = alpha * (A[m, k] @ B[k, n]) + beta * C, any sizes and strides:

    for a block of columns of C            (all of them, unless sums have to be put aside)
      for a block of rows                  its part of A is packed, and stays in the second cache
        for a block of the summed index    sums begin with what lies in C
          for a panel of columns           its part of B is packed, and stays in the first cache
            for a tile of rows             register_tile.py

The rows of a block are shared out evenly among as few tiles as there can be, so tiles have one of two heights. For every
height there is code of its own. While the first tiles of a panel are computed the next panel of B is fetched.

Where the old value of C counts it must stay until the sums are complete: if there are several blocks of the summed index
the sums are put aside in scratch memory.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.

Read next: matrix_product.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths
from .packing import packing
from .register_tile import HEIGHTS, Tiling, register_tile

# What a product is given. Where sums are put aside memory for them is given as "sums", else the result is.
_MEMORY = ("a", "b", "result", "sums", "scales", "scratch")
_INDICES = ("m", "n", "k", "a_row", "a_step", "b_step", "b_column", "result_row", "keep", "aside")


def product_procedures(tiling: Tiling) -> list[Procedure]:
    """The procedures of a matrix product, its last; the others are those that it calls."""
    tiles = [register_tile(tiling, rows) for rows in range(HEIGHTS, tiling.rows + 1, HEIGHTS)]
    pack = packing(tiling.dtype, tiling.width)
    builder = IRBuilder(VectorMaths, tiling.width)
    made = builder.procedure(f"product_{tiling.dtype}", _MEMORY, dict.fromkeys(_INDICES, INDEX))
    _Blocks(builder, tiling, made.numbers, tiles, pack).write()
    return [*tiles, pack, made]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an index range: where it begins, and its length."""

    first: Value
    size: Value


class _Blocks(IndexArithmetic):
    def __init__(
        self,
        builder: IRBuilder,
        tiling: Tiling,
        given: Mapping[str, Value],
        tiles: Sequence[Procedure],
        packing: Procedure,
    ) -> None:
        super().__init__(builder)
        self.tiling = tiling
        self.given = given
        self.tiles = tiles
        self.packing = packing
        self.is_aside = builder.make("gt", given["aside"], self.index(0))

    def write(self) -> None:
        """All loops."""
        t, given = self.tiling, self.given
        most = self.either(self.is_aside, self.index(t.sums_columns), self.maximum(given["n"], self.index(1)))
        with self.builder.loop(self.index(0), self.ceil_div(given["n"], most), 1, "blocks of columns") as loop:
            first = self.mul(loop.index, most)
            columns = _Part(first, self.minimum(self.sub(given["n"], first), most))
            with self._shares(given["m"], t.block_rows, HEIGHTS, "blocks of rows") as rows:
                with self._shares(given["k"], t.depth, 1, "blocks of p") as steps:
                    self._block(columns, rows, steps)

    @contextmanager
    def _shares(self, total: Value, most: int, unit: int, label: str) -> Iterator[_Part]:
        """A loop over parts of a range, as few as can be of at most a length, of whole units and all of about the same."""
        count = self.pieces(total, most)
        even = self.ceil_div(total, self.maximum(count, self.index(1)))
        length = self.mul(self.pieces(even, unit), self.index(unit))
        with self.builder.loop(self.index(0), self.ceil_div(total, self.maximum(length, self.index(1))), 1, label) as loop:
            first = self.mul(loop.index, length)
            yield _Part(first, self.minimum(self.sub(total, first), length))

    def _pack(
        self, size: int, matrix: str, across: Value, along: Value, count: Value, first: Value, steps: _Part, at: Value
    ) -> None:
        """Fill a panel of so many rows or columns."""
        numbers = {"across": across, "along": along, "count": count, "step": steps.first, "depth": steps.size}
        for i in range(0, size, self.tiling.width):
            numbers |= {"first": self.add(first, self.index(i)), "panel_at": self.add(at, self.index(i))}
            numbers["apart"] = self.index(size)
            self.builder.invoke(self.packing, {"matrix": matrix, "panel": "scratch"}, numbers)

    def _block(self, columns: _Part, rows: _Part, steps: _Part) -> None:
        t, given = self.tiling, self.given
        units = self.pieces(rows.size, HEIGHTS)
        count = self.pieces(units, t.rows // HEIGHTS)
        low = self.builder.make("div", units, count)
        higher = self.sub(units, self.mul(low, count))

        def begin(tile: Value) -> Value:
            before = self.add(self.mul(tile, low), self.minimum(tile, higher))
            return self.add(rows.first, self.mul(before, self.index(HEIGHTS)))

        size = self.mul(steps.size, self.index(t.panel_rows))
        with self.builder.loop(self.index(0), count, 1, "tiles to pack") as loop:
            place = self.mul(loop.index, size)
            matrix = given["a_row"], given["a_step"], given["m"]
            self._pack(t.panel_rows, "a", *matrix, begin(loop.index), steps, place)
        with self.builder.loop(self.index(0), self.pieces(columns.size, t.columns), 1, "panels") as loop:
            within = self.mul(loop.index, self.index(t.columns))
            column = self.add(columns.first, within)
            matrix = given["b_column"], given["b_step"], given["n"]
            self._pack(t.columns, "b", *matrix, column, steps, self.index(t.panel_at))
            for height, tile in enumerate(self.tiles, 1):
                is_low = self.truth("eq", low, self.index(height))
                is_high = self.truth("eq", self.add(low, self.index(1)), self.index(height))
                from_tile = self.mul(is_low, higher)
                to_tile = self.add(self.mul(is_low, count), self.mul(is_high, higher))
                with self.builder.loop(from_tile, to_tile, 1, f"tiles of {HEIGHTS * height} rows") as loop:
                    numbers = {"depth": steps.size, "a_at": self.mul(loop.index, size), "b_at": self.index(t.panel_at)}
                    numbers |= self._ahead(loop.index, column, steps)
                    row = begin(loop.index)
                    numbers["spare"] = self.truth("gt", self.add(row, self.index(HEIGHTS * height)), given["m"])
                    self._tile(tile, numbers, row, column, within, rows, steps)

    def _tile(
        self,
        tile: Procedure,
        numbers: dict[str, Value],
        row: Value,
        column: Value,
        within: Value,
        rows: _Part,
        steps: _Part,
    ) -> None:
        """A tile. Sums put aside lie panel after panel, so that every tile of them is whole."""
        t, given = self.tiling, self.given
        height_at = self.mul(self.sub(row, rows.first), self.index(t.columns))
        aside_at = self.add(self.mul(within, self.index(t.block_rows)), height_at)
        result = {
            "at": self.add(self.mul(row, given["result_row"]), column),
            "row": given["result_row"],
            "left": self.sub(given["n"], column),
        }
        aside = {"at": aside_at, "row": self.index(t.columns), "left": self.index(t.columns)}
        sums = {name: self.either(self.is_aside, aside[name], result[name]) for name in result}
        last = self.truth("ge", self.add(steps.first, steps.size), given["k"])
        numbers["old"] = self.truth("gt", steps.first, self.index(0))
        numbers |= {f"sums_{name}": value for name, value in sums.items()}
        memory = {"a": "scratch", "b": "scratch", "sums": "sums", "scales": "scales", "ahead": "b"}
        for out, places, times, scales_at, keep in (
            ("sums", sums, self.sub(self.index(1), last), self.index(2), self.index(0)),
            ("result", result, last, self.index(0), given["keep"]),
        ):
            with self.builder.loop(self.index(0), times, 1, f"once, if it goes to the {out}"):
                numbers |= {f"out_{name}": value for name, value in places.items()}
                self.builder.invoke(tile, memory | {"out": out}, numbers | {"scales_at": scales_at, "keep": keep})

    def _ahead(self, tile: Value, column: Value, steps: _Part) -> dict[str, Value]:
        """What is fetched meanwhile: the two lines of the rows of the next panel, one by each of the first two tiles."""
        t, given = self.tiling, self.given
        soon = self.truth("lt", tile, self.index(2))
        next_column = self.add(column, self.index(t.columns))
        start = self.add(self.mul(steps.first, given["b_step"]), self.mul(next_column, given["b_column"]))
        return {
            "ahead_at": self.mul(soon, self.add(start, self.mul(tile, self.index(t.width)))),
            "ahead_step": self.mul(soon, given["b_step"]),
        }

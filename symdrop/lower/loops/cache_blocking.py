"""Cache blocking: the loops around the register tiles of a contraction, and what is packed in which of them.

C[m, n] = alpha * (A[m, k] @ B[k, n]) + beta * C, any sizes and strides:

    for a block of columns of C            as many as the packed part of B has room for, or sums that are put aside
      for a stretch of rows                all of them, unless sums have to be put aside
        for a block of the summed index    sums begin with what lies in C
          for a block of rows              its part of A is packed, and stays in the second cache
            for a panel of columns         its part of B is packed for the first block of rows, and stays in the third
              for a tile of rows           cache, or comes from the first one: register_tile.py

All tiles of a block are equally high but the last, of which there are a few heights; rows that do not exist are
computed there and not stored.

Where something consumes C at the same points, its procedure, an epilogue, is called for each register tile as soon as
its sums are complete, while the tile is in the first cache.

Where the old value of C counts it must stay until the sums are complete: if there are several blocks of the summed
index the sums are put aside in scratch memory.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.

Read next: matrix_product.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths
from .packing import copying, transposing
from .register_tile import PANELS, Tiling, register_tile

# What a product is given. Where sums are put aside memory for them is given as "sums", else the result is.
_MEMORY = ("a", "b", "result", "sums", "scales", "scratch", "epilogue", "context")
_INDICES = (
    "m", "n", "k", "a_row", "a_step", "b_step", "b_column", "result_row", "keep", "aside", "row_first", "column_first",
)  # fmt: skip


def register_tiles(tiling: Tiling) -> dict[int, Procedure]:
    """The procedures of register tiles, by their number of rows."""
    return {height: register_tile(tiling, height) for height in tiling.heights}


def product_procedures(tiling: Tiling, tiles: Mapping[int, Procedure]) -> list[Procedure]:
    """The procedures of a matrix product, its last; the others are those that it calls, besides the register tiles.

    Args:
        tiling: the sizes.
        tiles: its register tiles.
    """
    sizes = dict.fromkeys((tiling.rows, tiling.columns))
    copies = {size: copying(tiling.dtype, tiling.width, size) for size in sizes}
    transpose = transposing(tiling.dtype, tiling.width)
    builder = IRBuilder(VectorMaths, tiling.width)
    made = builder.procedure(f"product_{tiling.dtype}", _MEMORY, dict.fromkeys(_INDICES, INDEX))
    _Blocks(builder, tiling, made.numbers, tiles, copies, transpose).write()
    return [*copies.values(), transpose, made]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an index range: where it begins, and its length."""

    first: Value
    size: Value


@dataclass(frozen=True, slots=True)
class _Panels:
    """Panels to be packed: the row or column at which the first one begins, of how many, and how many panels."""

    first: Value
    size: int
    count: Value
    room: int = 0


@dataclass(frozen=True, slots=True)
class _Panel:
    """A packed panel of B.

    Attributes:
        column: its first column.
        within: the same, counted within the block.
        place: where it lies in scratch memory.
    """

    column: Value
    within: Value
    place: Value


class _Blocks(IndexArithmetic):
    def __init__(
        self,
        builder: IRBuilder,
        tiling: Tiling,
        given: Mapping[str, Value],
        tiles: Mapping[int, Procedure],
        copies: Mapping[int, Procedure],
        transpose: Procedure,
    ) -> None:
        super().__init__(builder)
        self.tiling = tiling
        self.given = given
        self.tiles = tiles
        self.copies = copies
        self.transpose = transpose
        self.is_aside = builder.make("gt", given["aside"], self.index(0))

    def write(self) -> None:
        """Write the blocked loop nest of the product."""
        t, given = self.tiling, self.given
        one = self.index(1)
        steps_most = self.maximum(self.minimum(given["k"], self.index(t.depth)), one)
        held = self.builder.make("div", self.index(t.panels // t.columns), steps_most)
        columns_most = self.either(self.is_aside, self.index(t.sums_columns), self.mul(held, self.index(t.columns)))
        rows_most = self.either(self.is_aside, self.index(t.block_rows), self.maximum(given["m"], one))
        with self._shares(given["n"], columns_most, t.columns, "blocks of columns") as columns:
            with self._shares(given["m"], rows_most, t.rows, "stretches of rows") as stretch:
                with self._shares(given["k"], self.index(t.depth), 1, "blocks of p") as steps:
                    with self._shares(stretch.size, self.index(t.block_rows), t.rows, "blocks of rows") as within:
                        rows = _Part(self.add(stretch.first, within.first), within.size)
                        self._block(columns, rows, steps, self.truth("eq", within.first, self.index(0)))

    @contextmanager
    def _shares(self, total: Value, most: Value, unit: int, label: str) -> Iterator[_Part]:
        """A loop over parts of a range: as few as can be of at most a length, about equal, and of whole units."""
        count = self.ceil_div(total, most)
        even = self.ceil_div(total, self.maximum(count, self.index(1)))
        length = self.mul(self.pieces(even, unit), self.index(unit))
        parts = self.ceil_div(total, self.maximum(length, self.index(1)))
        with self.builder.loop(self.index(0), parts, 1, label) as loop:
            first = self.mul(loop.index, length)
            yield _Part(first, self.minimum(self.sub(total, first), length))

    def _block(self, columns: _Part, rows: _Part, steps: _Part, is_first: Value) -> None:
        """All tiles of a block of rows; the first one packs what the others read as well."""
        t, given = self.tiling, self.given
        tiles = _Panels(rows.first, t.rows, self.pieces(rows.size, t.rows), t.room)
        matrix = given["a_row"], given["a_step"], given["m"]
        self._pack("a", matrix, steps, self.index(0), tiles, self.index(1))
        panels = self.pieces(columns.size, t.columns)
        with self.builder.loop(self.index(0), panels, PANELS, "panels to pack") as group:
            here = self.minimum(self.index(PANELS), self.sub(panels, group.index))
            within = self.mul(group.index, self.index(t.columns))
            first = self.add(columns.first, within)
            matrix = given["b_column"], given["b_step"], given["n"]
            packed = _Panels(first, t.columns, here)
            at = self.add(self.index(t.panels_at), self.mul(within, steps.size))
            self._pack("b", matrix, steps, at, packed, is_first)
            with self.builder.loop(self.index(0), here, 1, "panels") as panel:
                before = self.mul(panel.index, self.index(t.columns))
                place = self.add(at, self.mul(before, steps.size))
                self._panel(_Panel(self.add(first, before), self.add(within, before), place), rows, steps)

    def _pack(
        self, matrix: str, distances: tuple[Value, Value, Value], steps: _Part, at: Value, panels: _Panels, times: Value
    ) -> None:
        """Call the procedure that packs panels of so many rows or columns, once or not at all."""
        across, along, count = distances
        numbers = {
            "across": across, "along": along, "count": count, "first": panels.first,
            "step": steps.first, "depth": steps.size, "panels": panels.count,
            "panels_at": at, "size": self.index(panels.size), "room": self.index(panels.room),
        }  # fmt: skip
        lie_across = self.truth("eq", across, self.index(1))
        for procedure, fits in (
            (self.copies[panels.size], lie_across),
            (self.transpose, self.sub(self.index(1), lie_across)),
        ):
            with self.builder.loop(self.index(0), self.mul(times, fits), 1, "once, if it lies so"):
                self.builder.invoke(procedure, {"matrix": matrix, "panel": "scratch"}, numbers)

    def _panel(self, panel: _Panel, rows: _Part, steps: _Part) -> None:
        """All tiles of a panel: whole ones, and one that is just high enough for the rows that are left over."""
        t = self.tiling
        whole = self.builder.make("div", rows.size, self.index(t.rows))
        rest = self.sub(rows.size, self.mul(whole, self.index(t.rows)))
        size = self.add(self.mul(steps.size, self.index(t.rows)), self.index(t.room))
        lower = 0
        for height in self.tiles:
            fits = self.mul(self.truth("gt", rest, self.index(lower)), self.truth("le", rest, self.index(height)))
            first, last = (self.index(0), self.add(whole, fits)) if height == t.rows else (whole, self.add(whole, fits))
            with self.builder.loop(first, last, 1, f"tiles of {height} rows") as loop:
                within = self.mul(loop.index, self.index(t.rows))
                spare = self.maximum(self.sub(self.add(within, self.index(height)), rows.size), self.index(0))
                numbers = {"depth": steps.size, "a_at": self.mul(loop.index, size), "b_at": panel.place, "spare": spare}
                self._tile(height, numbers, within, panel, rows, steps)
            lower = height

    def _tile(
        self, height: int, numbers: dict[str, Value], within: Value, panel: _Panel, rows: _Part, steps: _Part
    ) -> None:
        """Call the procedure of a register tile.

        Sums put aside lie panel after panel, so that every tile of them is whole.
        """
        t, given = self.tiling, self.given
        result = {
            "at": self.add(self.mul(self.add(rows.first, within), given["result_row"]), panel.column),
            "row": given["result_row"],
            "left": self.sub(given["n"], panel.column),
        }
        aside = {
            "at": self.add(self.mul(panel.within, self.index(t.block_rows)), self.mul(within, self.index(t.columns))),
            "row": self.index(t.columns),
            "left": self.index(t.columns),
        }
        sums = {name: self.either(self.is_aside, aside[name], result[name]) for name in result}
        last = self.truth("ge", self.add(steps.first, steps.size), given["k"])
        numbers["old"] = self.truth("gt", steps.first, self.index(0))
        numbers |= {f"sums_{name}": value for name, value in sums.items()}
        memory = {"a": "scratch", "b": "scratch", "sums": "sums", "scales": "scales"}
        for out, places, times, scales_at, keep in (
            ("sums", sums, self.sub(self.index(1), last), self.index(2), self.index(0)),
            ("result", result, last, self.index(0), given["keep"]),
        ):
            with self.builder.loop(self.index(0), times, 1, f"once, if it goes to the {out}"):
                numbers |= {f"out_{name}": value for name, value in places.items()}
                scaling = {"scales_at": scales_at, "keep": keep}
                self.builder.invoke(self.tiles[height], memory | {"out": out}, numbers | scaling)
                if out == "result":
                    self._finish(within, numbers["spare"], height, panel, rows)

    def _finish(self, within: Value, spare: Value, height: int, panel: _Panel, rows: _Part) -> None:
        """Call the epilogue for a tile of complete sums, if there is one."""
        t, given = self.tiling, self.given
        row = self.add(self.add(given["row_first"], rows.first), within)
        column = self.add(given["column_first"], panel.column)
        wide = self.minimum(self.index(t.columns), self.sub(given["n"], panel.column))
        block = row, self.sub(self.add(row, self.index(height)), spare), column, self.add(column, wide)
        self.builder.effect("call_pointer", block, INDEX, ("epilogue", "context"))

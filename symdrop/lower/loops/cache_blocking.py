"""Cache blocking: the loops around the register tiles of a contraction, and what is packed in which of them.

C[m, n] = alpha * (A[m, k] @ B[k, n]) + beta * C, any sizes and strides:

    for a block of columns of C            as many as the packed part of B has room for, or sums that are put aside
      for a stretch of rows                all of them, unless sums have to be put aside
        for a block of the summed index    sums begin with what lies in C
          for a block of rows              its part of A is packed, and stays in the second cache
            for a panel of columns         its part of B is packed for the first block of rows, and stays in the third
              for a tile of rows           cache, or comes from the first one: tile_loops.py

All tiles of a block are equally high but the last, of which there are a few heights. Rows and columns past the last are
computed, too, in a tile that stands for the one at the edge (partial_tile.py).

Where there are few rows, B is not packed but read where it lies, if its columns lie side by side, some steps at a time.

Where an operand lies nowhere but is computed, its procedure, a prologue (prologue.py), is called to fill panels instead
of those here; so an element of it is computed as often as it is packed.

Where something consumes C at the same points, its procedure, an epilogue, is called for each register tile as soon as
its sums are complete, while the tile is in the first cache.

One of the operands may be packed whole, and kept for the next part of the same product, which another call computes.

Where the old value of C counts it must stay until the sums are complete: if there are several blocks of the summed
index the sums are put aside in scratch memory.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.

Read next: prologue.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..ir.packing_loop import PACKING
from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths
from .packing import copying, transposing
from .partial_tile import partial_tile
from .register_tile import PANELS, Tiling, register_tile
from .tile_loops import Panel, Panels, Part, TileLoops

# What a product is given. Where sums are put aside memory for them is given as "sums", else the result is.
_MEMORY = (
    "a", "b", "panels", "result", "sums", "scales", "scratch", "epilogue", "context",
    "a_procedure", "a_context", "b_procedure", "b_context",
)  # fmt: skip
_INDICES = (
    "m", "n", "k", "a_row", "a_step", "b_step", "b_column", "result_row", "keep", "aside", "row_first", "column_first",
    "keeps_a", "keeps_b", "packed", "a_computed", "b_computed", "depth", "in_place",
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
    partial = partial_tile(tiling)
    builder = IRBuilder(VectorMaths, tiling.width)
    made = builder.procedure(f"product_{tiling.dtype}", _MEMORY, dict.fromkeys(_INDICES, INDEX))
    _Blocks(builder, tiling, made.numbers, tiles, copies, transpose, partial).write()
    return [*copies.values(), transpose, partial, made]


class _Blocks(IndexArithmetic):
    def __init__(
        self,
        builder: IRBuilder,
        tiling: Tiling,
        given: Mapping[str, Value],
        tiles: Mapping[int, Procedure],
        copies: Mapping[int, Procedure],
        transpose: Procedure,
        partial: Procedure,
    ) -> None:
        super().__init__(builder)
        self.tiling = tiling
        self.given = given
        self.copies = copies
        self.transpose = transpose
        self.tiles = TileLoops(builder, tiling, given, tiles, partial)
        self.is_aside, self.is_in_place = self.tiles.is_aside, self.tiles.is_in_place
        zero = self.index(0)
        self.keeps_a = builder.make("gt", given["keeps_a"], zero)
        self.keeps_b = builder.make("gt", given["keeps_b"], zero)

    def write(self) -> None:
        """Write the blocked loop nest of the product."""
        t, given = self.tiling, self.given
        one, zero = self.index(1), self.index(0)
        deepest = self.maximum(self.minimum(given["k"], given["depth"]), one)
        # What is kept has the place of the panels; the other operand's block, or some of its panels, lie before it.
        panels = self.either(self.keeps_a, self.index(t.panels_at), self.index(t.panels))
        held = self.mul(
            self.builder.make("div", panels, self.mul(deepest, self.index(t.columns))), self.index(t.columns)
        )
        columns_most = self.either(self.is_aside, self.minimum(held, self.index(t.sums_columns)), held)
        columns_most = self.either(self.keeps_b, self.either(self.is_aside, columns_most, given["n"]), columns_most)
        with self._shares(given["n"], self.maximum(columns_most, one), t.columns, "blocks of columns") as columns:
            panels_width = self.mul(self.pieces(columns.size, t.columns), self.index(t.columns))
            put_aside = self.mul(
                self.builder.make("div", self.index(t.sums // t.rows), panels_width), self.index(t.rows)
            )
            rows_most = self.either(self.is_aside, put_aside, given["m"])
            with self._shares(given["m"], self.maximum(rows_most, one), t.rows, "stretches of rows") as stretch:
                with self._shares(given["k"], given["depth"], 1, "blocks of p") as steps:
                    with self._shares(stretch.size, self.index(t.block_rows), t.rows, "blocks of rows") as within:
                        rows = Part(self.add(stretch.first, within.first), within.size)
                        begins = self.truth("eq", within.first, zero), self.truth("eq", rows.first, zero)
                        times = (
                            self._packs("keeps_a", one, self.truth("eq", columns.first, zero)),
                            self._packs("keeps_b", *begins),
                        )
                        self._block(columns, stretch, rows, steps, times)

    def _packs(self, keeps: str, always: Value, once: Value) -> Value:
        """How often an operand's part is packed here: where it is kept, once, unless another part has done so."""
        unpacked = self.mul(once, self.sub(self.index(1), self.given["packed"]))
        return self.either(self.builder.make("gt", self.given[keeps], self.index(0)), unpacked, always)

    @contextmanager
    def _shares(self, total: Value, most: Value, unit: int, label: str) -> Iterator[Part]:
        """A loop over parts of a range: as few as can be of at most a length, about equal, and of whole units."""
        count = self.ceil_div(total, most)
        even = self.ceil_div(total, self.maximum(count, self.index(1)))
        length = self.mul(self.pieces(even, unit), self.index(unit))
        parts = self.ceil_div(total, self.maximum(length, self.index(1)))
        with self.builder.loop(self.index(0), parts, 1, label) as loop:
            first = self.mul(loop.index, length)
            yield Part(first, self.minimum(self.sub(total, first), length))

    def _block(self, columns: Part, stretch: Part, rows: Part, steps: Part, times: tuple[Value, Value]) -> None:
        """All tiles of a block of rows.

        Args:
            columns, rows, steps: what is computed.
            stretch: the rows around those, whose sums lie aside together.
            times: how often A's and B's parts are packed: once or not at all.
        """
        t, given = self.tiling, self.given
        before = self.builder.make("div", rows.first, self.index(t.rows))
        a_at, a_between = self._places("keeps_a", before, t.rows, self.index(0), t.panels_at, steps, t.room)
        tiles = Panels(rows.first, t.rows, self.pieces(rows.size, t.rows), a_at, a_between)
        self._pack("a", (given["a_row"], given["a_step"], given["m"]), steps, tiles, times[0])
        panels = self.pieces(columns.size, t.columns)
        # Sums put aside lie panel after panel, each as high as the stretch, so that every tile of them is whole.
        height = self.mul(self.pieces(stretch.size, t.rows), self.index(t.rows))
        above = self.mul(self.sub(rows.first, stretch.first), self.index(t.columns))
        with self.builder.loop(self.index(0), panels, PANELS, "panels to pack") as group:
            here = self.minimum(self.index(PANELS), self.sub(panels, group.index))
            within = self.mul(group.index, self.index(t.columns))
            first = self.add(columns.first, within)
            before = self.builder.make("div", first, self.index(t.columns))
            unkept = self.either(self.keeps_a, self.index(0), self.index(t.panels_at))
            at, between = self._places("keeps_b", before, t.columns, unkept, t.panels_at, steps, 0, group.index)
            packed = Panels(first, t.columns, here, at, between)
            self._pack("b", (given["b_column"], given["b_step"], given["n"]), steps, packed, times[1])
            with self.builder.loop(self.index(0), here, 1, "panels") as panel:
                before = self.mul(panel.index, self.index(t.columns))
                column = self.add(first, before)
                here_at = self.add(self.mul(steps.first, given["b_step"]), column)
                place = self.either(self.is_in_place, here_at, self.add(at, self.mul(panel.index, between)))
                aside = self.add(self.mul(self.add(within, before), height), above)
                self.tiles.write(Panel(column, aside, place), tiles, rows, steps)
            if not t.ends_tiles:
                with self.builder.loop(self.index(0), self.tiles.is_last(steps), 1, "once, if the sums are complete"):
                    wide = self.minimum(self.index(PANELS * t.columns), self.sub(columns.size, within))
                    self.tiles.finish((rows.first, rows.size), (first, wide))

    def _places(
        self,
        keeps: str,
        before: Value,
        size: int,
        unkept: Value,
        kept: int,
        steps: Part,
        room: int,
        group: Value | None = None,
    ) -> tuple[Value, Value]:
        """The places of packed panels, first and distance; of a kept operand each has all steps.

        Args:
            keeps: whether the operand is kept.
            before: how many panels come before the first, if it is.
            size: rows or columns of a panel.
            unkept, kept: where those of a block begin, and all of them.
            steps: of the block.
            room: behind each panel.
            group: how many panels of the block come before the first; none if it is None.
        """
        is_kept = self.builder.make("gt", self.given[keeps], self.index(0))
        depth = self.either(is_kept, self.given["k"], steps.size)
        between = self.add(self.mul(depth, self.index(size)), self.index(room))
        whole = self.add(self.mul(before, between), self.mul(steps.first, self.index(size)))
        part = self.index(0) if group is None else self.mul(group, between)
        return self.either(is_kept, self.add(self.index(kept), whole), self.add(unkept, part)), between

    def _pack(
        self, matrix: str, distances: tuple[Value, Value, Value], steps: Part, panels: Panels, times: Value
    ) -> None:
        """Call the procedure that packs panels of so many rows or columns, once or not at all."""
        across, along, count = distances
        numbers = {
            "across": across, "along": along, "count": count, "first": panels.first,
            "step": steps.first, "depth": steps.size, "panels": panels.count,
            "panels_at": panels.place, "between": panels.between, "size": self.index(panels.size),
        }  # fmt: skip
        lie_across = self.truth("eq", across, self.index(1))
        elsewhere = (
            self.given["a_computed"]
            if matrix == "a"
            else self.maximum(self.given["b_computed"], self.given["in_place"])
        )
        lies = self.mul(times, self.sub(self.index(1), elsewhere))
        for procedure, fits in (
            (self.copies[panels.size], lie_across),
            (self.transpose, self.sub(self.index(1), lie_across)),
        ):
            with self.builder.loop(self.index(0), self.mul(lies, fits), 1, "once, if it lies so"):
                self.builder.invoke(procedure, {"matrix": matrix, "panel": "scratch"}, numbers)
        with self.builder.loop(self.index(0), times, 1, "once, if it is computed"):
            # Counted within the whole operand, not within the part.
            begin = self.given["row_first" if matrix == "a" else "column_first"]
            numbers["first"] = self.add(begin, panels.first)
            given = [*map(numbers.__getitem__, PACKING)]
            self.builder.effect("call_pointer", given, INDEX, (f"{matrix}_procedure", f"{matrix}_context", "scratch"))

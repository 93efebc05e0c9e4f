"""Tile loops: the register tiles of a panel of columns, one below the other.

Of few steps of the summed index a tile takes as long as a hundred instructions, so what is around it counts. Whole
tiles have a loop of their own, in which nothing is left to decide. A tile that reaches past an edge of the result is
computed in scratch memory (partial_tile.py), unless its sums are put aside, where every tile has room.

Where an epilogue acts on single tiles it is called here.

Read next: cache_blocking.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from .register_tile import Tiling

# Where the right operand is read in place, a tile fetches the same steps of so many panels on.
_FETCHED = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an index range: where it begins, and its length."""

    first: Value
    size: Value


@dataclass(frozen=True, slots=True)
class Panels:
    """Panels to be packed: the row or column at which the first one begins, of how many, how many panels, and where."""

    first: Value
    size: int
    count: Value
    place: Value
    between: Value


@dataclass(frozen=True, slots=True)
class Panel:
    """A packed panel of B.

    Attributes:
        column: its first column.
        aside: where the sums of its first tile lie, if they are put aside.
        place: where it lies in scratch memory.
    """

    column: Value
    aside: Value
    place: Value


@dataclass(frozen=True, slots=True)
class _Column:
    """Tiles of one height in a panel.

    Attributes:
        height: of each.
        panel, rows, left: of the right operand, of the result, and the panels of the left operand.
        wide: columns of the panel that are there.
        numbers: what all tiles are given.
    """

    height: int
    panel: Panel
    rows: Part
    left: Panels
    wide: Value
    numbers: Mapping[str, Value]


class TileLoops(IndexArithmetic):
    """The loops over the tiles of panels, and what they call.

    Args:
        builder: where they go.
        tiling: the sizes.
        given: the indices that the product is given.
        tiles: the procedures of register tiles, by their number of rows.
        partial: the procedure that copies what is there of a partial tile.
    """

    def __init__(
        self,
        builder: IRBuilder,
        tiling: Tiling,
        given: Mapping[str, Value],
        tiles: Mapping[int, Procedure],
        partial: Procedure,
    ) -> None:
        super().__init__(builder)
        self.tiling = tiling
        self.given = given
        self.tiles = tiles
        self.partial = partial
        self.is_aside = builder.make("gt", given["aside"], self.index(0))
        self.is_in_place = builder.make("gt", given["in_place"], self.index(0))

    def write(self, panel: Panel, left: Panels, rows: Part, steps: Part) -> None:
        """All tiles of a panel: those of full height, and one that is just high enough for the rows left over."""
        t, given = self.tiling, self.given
        whole = self.builder.make("div", rows.size, self.index(t.rows))
        rest = self.sub(rows.size, self.mul(whole, self.index(t.rows)))
        last = self.is_last(steps)
        more = self.sub(self.index(1), last)
        wide = self.minimum(self.index(t.columns), self.sub(given["n"], panel.column))
        is_wide, have_room = self.truth("eq", wide, self.index(t.columns)), self.mul(more, given["aside"])
        numbers = {
            "depth": steps.size,
            "b_at": panel.place,
            "b_step": self.either(self.is_in_place, given["b_step"], self.index(t.columns)),
            "b_next": self.mul(given["in_place"], self.index(t.columns * _FETCHED)),
            "scales_at": self.mul(more, self.index(2)),
            "old": self.truth("gt", steps.first, self.index(0)),
            "keep": self.mul(last, given["keep"]),
        }
        lower = 0
        for height in self.tiles:
            fits = self.mul(self.truth("gt", rest, self.index(lower)), self.truth("le", rest, self.index(height)))
            first, high = self.index(0), whole
            if height != t.rows:
                first, high = whole, self.add(whole, self.truth("eq", rest, self.index(height)))
            end = self.add(whole, fits)
            some = self.add(first, self.mul(self.sub(high, first), is_wide))
            some = self.add(some, self.mul(self.sub(end, some), have_room))
            column = _Column(height, panel, rows, left, wide, numbers)
            for out, times in (("sums", more), ("result", last)):
                with self.builder.loop(self.index(0), times, 1, f"once, if they go to the {out}"):
                    self._whole(column, (first, some), out)
            self._partial(column, (some, end), last)
            lower = height

    def _whole(self, column: _Column, tiles: tuple[Value, Value], out: str) -> None:
        """Call the procedure of a register tile for each of these tiles, which are there as a whole."""
        memory = {"a": "scratch", "b": "panels", "scales": "scales", "sums": "sums", "out": out}
        with self.builder.loop(*tiles, 1, f"whole tiles of {column.height} rows") as loop:
            numbers, result, aside = self._tile(column, loop.index)
            sums = {name: self.either(self.is_aside, aside[name], result[name]) for name in result}
            places = {f"sums_{name}": value for name, value in sums.items()}
            places |= {f"out_{name}": value for name, value in (sums if out == "sums" else result).items()}
            self.builder.invoke(self.tiles[column.height], memory, {**numbers, **places})
            if self.tiling.ends_tiles and out == "result":
                self._finish_tile(column, loop.index)

    def _tile(self, column: _Column, tile: Value) -> tuple[dict[str, Value], dict[str, Value], dict[str, Value]]:
        """The indices that a tile is given, and the places of its result and of the sums put aside."""
        t, apart = self.tiling, self.given["result_row"]
        within = self.mul(tile, self.index(t.rows))
        a_at = self.add(column.left.place, self.mul(tile, column.left.between))
        row = self.mul(self.add(column.rows.first, within), apart)
        result = {"at": self.add(row, column.panel.column), "row": apart}
        at = self.add(column.panel.aside, self.mul(within, self.index(t.columns)))
        return {**column.numbers, "a_at": a_at}, result, {"at": at, "row": self.index(t.columns)}

    def _partial(self, column: _Column, tiles: tuple[Value, Value], last: Value) -> None:
        """Call the procedure of a register tile for whole ones in scratch memory, of which a part is of the result."""
        t = self.tiling
        memory = {"a": "scratch", "b": "panels", "sums": "scratch", "out": "scratch", "scales": "scales"}
        with self.builder.loop(*tiles, 1, f"partial tiles of {column.height} rows") as loop:
            numbers, result, aside = self._tile(column, loop.index)
            size = {"rows": self._height(column, loop.index), "columns": column.wide}
            spare = {"at": self.index(t.tile_at), "row": self.index(t.columns)}
            begun = self.either(self.is_aside, self.add(self.index(t.sums_at), aside["at"]), spare["at"])
            places = {"sums_at": begun, "sums_row": spare["row"], "out_at": spare["at"], "out_row": spare["row"]}
            # Sums begin with what lies in C, or that is added to them.
            counts = self.maximum(numbers["old"], self.given["keep"])
            self._copy(("result", result), ("scratch", spare), size, counts)
            self.builder.invoke(self.tiles[column.height], memory, {**numbers, **places})
            self._copy(("scratch", spare), ("result", result), size, self.index(1))
            if t.ends_tiles:
                with self.builder.loop(self.index(0), last, 1, "once, if the sums are complete"):
                    self._finish_tile(column, loop.index)

    def _copy(
        self,
        source: tuple[str, Mapping[str, Value]],
        target: tuple[str, Mapping[str, Value]],
        size: Mapping[str, Value],
        times: Value,
    ) -> None:
        """Call the procedure that copies what is there of a partial tile, once or not at all."""
        named = {"source": source, "target": target}
        places = {f"{one}_{name}": value for one, (_, at) in named.items() for name, value in at.items()}
        with self.builder.loop(self.index(0), times, 1, "once, if it counts"):
            self.builder.invoke(self.partial, {one: memory for one, (memory, _) in named.items()}, {**places, **size})

    def _height(self, column: _Column, tile: Value) -> Value:
        """How many rows of a tile are there."""
        below = self.sub(column.rows.size, self.mul(tile, self.index(self.tiling.rows)))
        return self.minimum(self.index(column.height), below)

    def _finish_tile(self, column: _Column, tile: Value) -> None:
        row = self.add(column.rows.first, self.mul(tile, self.index(self.tiling.rows)))
        self.finish((row, self._height(column, tile)), (column.panel.column, column.wide))

    def finish(self, rows: tuple[Value, Value], columns: tuple[Value, Value]) -> None:
        """Call the epilogue for a block of complete sums, if there is one: its first row and column, and how many."""
        row = self.add(self.given["row_first"], rows[0])
        column = self.add(self.given["column_first"], columns[0])
        block = row, self.add(row, rows[1]), column, self.add(column, columns[1])
        self.builder.effect("call_pointer", block, INDEX, ("epilogue", "context"))

    def is_last(self, steps: Part) -> Value:
        """1 if sums are complete after these steps."""
        return self.truth("ge", self.add(steps.first, steps.size), self.given["k"])

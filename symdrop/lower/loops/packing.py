"""Packing: a panel of a matrix copied into the order in which register tiles read it.

A panel holds, for every step of the summed index, the elements of as many rows (of the left operand) or columns (of the
right one) as a tile has, side by side. Where these lie side by side in the matrix too they are copied as vectors; where
the steps do, squares of them are transposed in registers. Past the matrix's last row its elements are repeated: what is
computed from them is not stored.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.

Read next: cache_blocking.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths


# What packing is given: indices by name.
_INDICES = ("across", "along", "count", "first", "step", "depth", "panel_at", "apart")


def packing(dtype: str, width: int) -> Procedure:
    """The procedure that fills a panel, or as much of it as a vector holds: ``width`` rows.

    It is given the matrix, whose rows lie ``across`` apart, and the steps of the summed index ``along``; the ``count``
    of its rows; the ``first`` row and the first ``step``; how many steps, the ``depth``; where the panel begins, and how
    far ``apart`` its steps lie.
    """
    builder = IRBuilder(VectorMaths, width)
    made = builder.procedure(f"pack_{dtype}", ("matrix", "panel"), dict.fromkeys(_INDICES, INDEX))
    _PackingEmitter(builder, dtype, made.numbers).write()
    return made


class _PackingEmitter(IndexArithmetic):
    def __init__(self, builder: IRBuilder, dtype: str, given: Mapping[str, Value]) -> None:
        super().__init__(builder)
        self.dtype = dtype
        self.given = given

    def write(self) -> None:
        """All loops."""
        given, make, width = self.given, self.builder.make, self.builder.width
        beside = self.truth("eq", given["across"], self.index(1))
        enough = self.truth("le", self.add(given["first"], self.index(width)), given["count"])
        vectors = self.mul(beside, enough)
        with self.builder.loop(self.index(0), self.mul(vectors, given["depth"]), 1, "vectors") as loop:
            self._put(loop.index, self._get(self.add(given["first"], self._along(loop.index)), width))
        whole = make("and", given["depth"], self.index(-width))
        lies_along = self.truth("eq", given["along"], self.index(1))
        squares = self.mul(self.mul(self.sub(self.index(1), vectors), lies_along), whole)
        rest = self.either(make("gt", vectors, self.index(0)), given["depth"], squares)
        final = self.sub(given["count"], self.index(1))
        places = [self.minimum(self.add(given["first"], self.index(i)), final) for i in range(width)]
        rows = [self.mul(place, given["across"]) for place in places]
        with self.builder.loop(self.index(0), squares, width, "squares") as loop:
            p = self.add(given["step"], loop.index)
            columns = transposed(self.builder, [self._get(self.add(row, p), width) for row in rows])
            for i, value in enumerate(columns):
                self._put(self.add(loop.index, self.index(i)), value)
        with self.builder.loop(rest, given["depth"], 1, "elements") as loop:
            for i, row in enumerate(rows):
                self._put(loop.index, self._get(self.add(row, self._along(loop.index)), 1), i)

    def _along(self, p: Value) -> Value:
        return self.mul(self.add(self.given["step"], p), self.given["along"])

    def _get(self, offset: Value, width: int) -> Value:
        return self.builder.load("matrix", offset, self.dtype, width)

    def _put(self, p: Value, value: Value, row: int = 0) -> None:
        place = self.add(self.given["panel_at"], self.mul(p, self.given["apart"]))
        self.builder.store("panel", self.add(place, self.index(row)), value)


def transposed(builder: IRBuilder, rows: Sequence[Value]) -> list[Value]:
    """The columns of a square of vectors: log2(width) rounds in which halves are interleaved."""
    width, found = len(rows), list(rows)
    for _ in range(width.bit_length() - 1):
        pairs = [
            builder.make("interleave", a, b, width=2 * width)
            for a, b in zip(found[: width // 2], found[width // 2 :], strict=True)
        ]
        found = [builder.make("part", pair, width=width, attribute=at) for pair in pairs for at in (0, width)]
    return found

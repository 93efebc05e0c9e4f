"""Packing: parts of a matrix copied into panels, the order in which register tiles read it.

A panel holds, for every step of the summed index, the elements of as many rows (of the left operand) or columns (of the
right one) as a tile has, side by side. Where these lie side by side in the matrix too they are copied as vectors, some
steps at a time for several panels in turn, so that memory is read about in its own order. Where the steps lie side by
side, squares are transposed in registers. What a panel holds past the matrix's last row does not matter: it is
multiplied, and not stored.

Where the rows of a panel fill no whole vectors, the last one of a step is stored over the beginning of the next step,
which is written later; behind the last step a panel has room for it.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.

Read next: few_columns.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import ProcedureEmitter
from ..vectorize.vector_maths import VectorMaths

# What packing is given: indices by name.
_INDICES = (
    "across", "along", "count", "first", "step", "depth", "panels", "panels_at", "between", "size",
)  # fmt: skip
# Steps that are copied for one panel after the other: as many as pages may be read in turn.
_STEPS = 16


def copying(dtype: str, width: int, size: int) -> Procedure:
    """The procedure that fills ``panels`` of ``size`` rows, whose elements lie side by side.

    It is given the matrix, whose steps of the summed index lie ``along`` apart; the ``count`` of its rows; the row at
    which the ``first`` panel begins; the first ``step`` and how many, the ``depth``; and where the panels begin, and
    how far apart they do in ``between``.
    """
    return _procedure(f"copy_{size}_{dtype}", dtype, width, lambda emitter: emitter.copy(size))


def transposing(dtype: str, width: int) -> Procedure:
    """The procedure that transposes rows, ``across`` apart, into panels; quickest if the steps lie side by side."""
    return _procedure(f"transpose_{dtype}", dtype, width, _PackingEmitter.transpose)


def _procedure(name: str, dtype: str, width: int, write: Callable[[_PackingEmitter], None]) -> Procedure:
    builder = IRBuilder(VectorMaths, width)
    made = builder.procedure(name, ("matrix", "panel"), dict.fromkeys(_INDICES, INDEX))
    write(_PackingEmitter(builder, dtype, made.numbers))
    return made


class _PackingEmitter(ProcedureEmitter):
    def copy(self, size: int) -> None:
        """Write the loops that copy rows into panels, step by step."""
        given, zero = self.given, self.index(0)
        # The last two panels may go on past the last row.
        whole = self.maximum(zero, self.add(given["panels"], self.index(-2)))
        with self.builder.loop(zero, given["depth"], _STEPS, "steps") as some:
            last = self.minimum(self.add(some.index, self.index(_STEPS)), given["depth"])
            for start, stop, is_masked in ((zero, whole, False), (whole, given["panels"], True)):
                with self.builder.loop(start, stop, 1, "panels") as panel:
                    self._copy(panel.index, (some.index, last), size, is_masked)

    def _copy(self, panel: Value, steps: tuple[Value, Value], size: int, is_masked: bool) -> None:
        builder, width, row = self.builder, self.builder.width, self._row(panel)
        groups = range(0, size, width)
        left = [builder.splat(self.sub(self.given["count"], self.add(row, self.index(g))), width) for g in groups]
        masks = [builder.make("lt", builder.iota(width), end) if is_masked else None for end in left]
        with builder.loop(*steps, 1, "steps") as p:
            place, along = self._place(panel, p.index), self.add(row, self._along(p.index))
            found = [
                builder.load("matrix", self.add(along, self.index(g)), self.dtype, width, mask)
                for g, mask in zip(groups, masks, strict=True)
            ]
            for g, value in zip(groups, found, strict=True):
                builder.store("panel", self.add(place, self.index(g)), value)

    def transpose(self) -> None:
        """Write the loops that transpose rows into panels, as many rows at a time as a vector has elements."""
        zero = self.index(0)
        with self.builder.loop(zero, self.given["panels"], 1, "panels") as panel:
            # The last group first: it goes on over the first rows of the next step.
            groups = self.pieces(self.given["size"], self.builder.width)
            with self.builder.loop(zero, groups, 1, "groups of rows") as group:
                after = self.sub(self.sub(groups, self.index(1)), group.index)
                self._transpose(panel.index, self.mul(after, self.index(self.builder.width)))

    def _transpose(self, panel: Value, group: Value) -> None:
        """Transpose one group of rows, in squares of a vector's width; rows past the last repeat it."""
        given, builder, width = self.given, self.builder, self.builder.width
        first, final = self.add(self._row(panel), group), self.sub(given["count"], self.index(1))
        places = [self.minimum(self.add(first, self.index(i)), final) for i in range(width)]
        rows = [self.add(self.mul(place, given["across"]), given["step"]) for place in places]
        lie_along = self.truth("eq", given["along"], self.index(1))
        whole = self.mul(lie_along, builder.make("and", given["depth"], self.index(-width)))
        with builder.loop(self.index(0), whole, width, "squares") as loop:
            lines = [builder.load("matrix", self.add(row, loop.index), self.dtype, width) for row in rows]
            place = self.add(self._place(panel, loop.index), group)
            for i, value in enumerate(transposed(builder, lines)):
                builder.store("panel", self.add(place, self.mul(given["size"], self.index(i))), value)
        place = builder.make("add", builder.splat(first, width), builder.iota(width))
        distances = builder.make("mul", self.minimum(place, builder.splat(final, width)), given["across"])
        with builder.loop(whole, given["depth"], 1, "steps") as loop:
            offsets = builder.make("add", distances, builder.splat(self._along(loop.index), width))
            value = builder.gather("matrix", offsets, self.dtype)
            builder.store("panel", self.add(self._place(panel, loop.index), group), value)

    def _row(self, panel: Value) -> Value:
        """The row at which a panel begins."""
        return self.add(self.given["first"], self.mul(panel, self.given["size"]))

    def _along(self, p: Value) -> Value:
        return self.mul(self.add(self.given["step"], p), self.given["along"])

    def _place(self, panel: Value, p: Value) -> Value:
        """The offset of a step of a panel."""
        given = self.given
        return self.add(given["panels_at"], self.add(self.mul(panel, given["between"]), self.mul(p, given["size"])))


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

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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..ir.frame import itemsize
from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import ProcedureEmitter
from ..vectorize.vector_maths import VectorMaths

# What packing is given: indices by name.
_INDICES = (
    "across", "along", "count", "first", "step", "depth", "panels", "panels_at", "between", "size",
)  # fmt: skip
# Steps that are copied for one panel after the other: as many as pages may be read in turn.
_STEPS = 16
# Squares of one group of rows that are transposed before those of the next one.
_SQUARES = 16
# Bytes of the parts of vectors within which machines permute elements most quickly.
_PART = 16


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
        given, zero, width = self.given, self.index(0), self.builder.width
        lie_along = self.truth("eq", given["along"], self.index(1))
        whole = self.mul(lie_along, self.builder.make("and", given["depth"], self.index(-width)))
        with self.builder.loop(zero, given["panels"], 1, "panels") as panel:
            # All groups of rows of some steps, so that lines of a panel are filled while the first cache has them.
            with self.builder.loop(zero, whole, _SQUARES * width, "squares") as some:
                end = self.minimum(self.add(some.index, self.index(_SQUARES * width)), whole)
                with self._groups() as group:
                    self._squares(panel.index, group, (some.index, end))
            with self._groups() as group:
                self._gather(panel.index, group, (whole, given["depth"]))

    @contextmanager
    def _groups(self) -> Iterator[Value]:
        """A loop over groups of rows of a panel, the last one first: it goes on over the first rows of the next
        step."""
        width, groups = self.builder.width, self.pieces(self.given["size"], self.builder.width)
        with self.builder.loop(self.index(0), groups, 1, "groups of rows") as group:
            after = self.sub(self.sub(groups, self.index(1)), group.index)
            yield self.mul(after, self.index(width))

    def _squares(self, panel: Value, group: Value, steps: tuple[Value, Value]) -> None:
        """Transpose one group of rows, in squares of a vector's width; rows past the last repeat it."""
        given, builder, width = self.given, self.builder, self.builder.width
        first, final = self.add(self._row(panel), group), self.sub(given["count"], self.index(1))
        places = [self.minimum(self.add(first, self.index(i)), final) for i in range(width)]
        rows = [self.add(self.mul(place, given["across"]), given["step"]) for place in places]
        with builder.loop(*steps, width, "squares") as loop:

            def load(row: int, begin: int, count: int) -> Value:
                place = self.add(self.add(rows[row], loop.index), self.index(begin))
                return builder.load("matrix", place, self.dtype, count)

            place = self.add(self._place(panel, loop.index), group)
            for i, value in enumerate(transposed(builder, self.dtype, width, load)):
                builder.store("panel", self.add(place, self.mul(given["size"], self.index(i))), value)

    def _gather(self, panel: Value, group: Value, steps: tuple[Value, Value]) -> None:
        """Fill the steps of a group of rows one by one."""
        given, builder, width = self.given, self.builder, self.builder.width
        first, final = self.add(self._row(panel), group), self.sub(given["count"], self.index(1))
        place = builder.make("add", builder.splat(first, width), builder.iota(width))
        distances = builder.make("mul", self.minimum(place, builder.splat(final, width)), given["across"])
        with builder.loop(*steps, 1, "steps") as loop:
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


def transposed(builder: IRBuilder, dtype: str, width: int, load: Callable[[int, int, int], Value]) -> list[Value]:
    """The columns of a square, whose rows ``load`` gives in pieces: of a row, from an element on, so many.

    Machines permute elements most quickly within 128 bits, and load as many into any place of a vector. So pieces of so
    many bits are loaded where they belong, those of some rows into one vector, and transposed within their place.
    """
    part = min(width, _PART // itemsize(dtype))
    columns: list[Value] = []
    for first in range(0, width, part):
        found = [_joined(builder, [load(row, first, part) for row in range(i, width, part)]) for i in range(part)]
        for _ in range(part.bit_length() - 1):
            pairs = zip(found[: part // 2], found[part // 2 :], strict=True)
            found = [_interleaved(builder, pair, part, at) for pair in pairs for at in (0, part // 2)]
        columns += found
    return columns


def _joined(builder: IRBuilder, pieces: Sequence[Value]) -> Value:
    """Values one behind the other, in one."""
    if len(pieces) == 1:
        return pieces[0]
    half = len(pieces) // 2
    pair, width = [_joined(builder, some) for some in (pieces[:half], pieces[half:])], len(pieces) * pieces[0].width
    return builder.make("shuffle", *pair, width=width, attribute=tuple(range(width)))


def _interleaved(builder: IRBuilder, pair: tuple[Value, Value], part: int, at: int) -> Value:
    """Elements of both values in turn, of each part the half that begins ``at`` one of its elements."""
    width = pair[0].width
    starts = [first + at + i for first in range(0, width, part) for i in range(part // 2)]
    return builder.make("shuffle", *pair, width=width, attribute=tuple(i + w for i in starts for w in (0, width)))

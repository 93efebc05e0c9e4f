"""Products of few columns whose left operand lies transposed: vectors run along the rows of the result.

C[m, n] = alpha * (A[m, k] @ B[k, n]) + beta * C, where rows of A lie side by side and C has at most as many columns
as two vectors have elements. Vectors along the columns would be half empty, and numbers of A would be loaded one by
one. So a vector of rows is loaded at every step and multiplied by one number of B for every column; nothing is packed.
The sums are then transposed in squares. Each is one chain of fused multiply-adds, as in a register tile.

Read next: tile_loops.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..ir.vector_ir import INDEX, IRBuilder, Procedure, Value
from ..vectorize.index_expressions import ProcedureEmitter
from ..vectorize.vector_maths import VectorMaths
from .packing import transposed

# Most columns whose sums are in registers, for two vectors of rows: with the operands 15 registers.
_COLUMNS = 6
# Steps of the summed index after which the next group of columns reads the same rows, while the caches have them.
_STEPS = 128
# Most columns of all groups, in vectors.
FEW = 2
# Vectors of rows at a time, then what is left over, under a mask.
_VECTORS = (2, 1)

_MEMORY = ("a", "b", "c", "sums")
_INDICES = ("m", "n", "k", "a_step", "b_step", "b_column", "c_row", "keep")


def few_columns(dtype: str, width: int) -> Procedure:
    """The procedure of such a product; ``sums`` is memory for the sums of two vectors of rows.

    Args:
        dtype: of the elements.
        width: elements of a vector.
    """
    builder = IRBuilder(VectorMaths, width)
    numbers = dict.fromkeys(_INDICES, INDEX) | dict.fromkeys(("alpha", "beta"), dtype)
    made = builder.procedure(f"few_{dtype}", _MEMORY, numbers)
    _FewColumnsEmitter(builder, dtype, made.numbers).write()
    return made


class _FewColumnsEmitter(ProcedureEmitter):
    def write(self) -> None:
        """Write the loops over vectors of rows and, for each, over groups of about equally many columns."""
        given, first = self.given, self.index(0)
        groups = self.maximum(self.pieces(given["n"], _COLUMNS), self.index(1))
        group = self.ceil_div(given["n"], groups)
        for vectors in _VECTORS:
            last = given["m"] if vectors == 1 else self.builder.make("and", given["m"], self.index(-2 * self.width))
            with self.builder.loop(first, last, vectors * self.width, f"{vectors} vectors of rows") as rows:
                with self.builder.loop(self.index(0), given["k"], _STEPS, "steps") as some:
                    with self.builder.loop(self.index(0), groups, 1, "groups of columns") as loop:
                        column = self.mul(loop.index, group)
                        columns = self.minimum(group, self.sub(given["n"], column))
                        for count in range(1, _COLUMNS + 1):
                            with self._if_so(self.truth("eq", columns, self.index(count))):
                                self._sum(some.index, rows.index, vectors, column, count)
                for v in range(vectors):
                    with self.builder.loop(self.index(0), given["n"], self.width, "squares of sums") as square:
                        self._put(self.add(rows.index, self.index(v * self.width)), v, square.index)
            first = last

    def _sum(self, step: Value, row: Value, vectors: int, column: Value, count: int) -> None:
        """Go on with the sums of some columns of some vectors of rows, which lie vector after vector of a column."""
        given, builder, width = self.given, self.builder, self.width
        mask = None
        if vectors == 1:
            mask = builder.make("lt", builder.iota(width), builder.splat(self.sub(given["m"], row), width))
        places = [self.mul(self.add(column, self.index(j)), given["b_column"]) for j in range(count)]
        kept = [
            self.mul(self.add(column, self.index(j + v * FEW * width)), self.index(width))
            for j in range(count)
            for v in range(vectors)
        ]
        zero = builder.splat(builder.constant(0, self.dtype), width)
        with builder.loop(self.index(0), self.truth("gt", step, self.index(0)), 1, "once, if begun") as begun:
            sums = [begun.carry(zero) for _ in kept]
            for one, place in zip(sums, kept, strict=True):
                one.next = builder.load_here("sums", place, self.dtype, width)
        end = self.minimum(self.add(step, self.index(_STEPS)), given["k"])
        with builder.loop(step, end, 1, "p") as p:
            carried = [p.carry(begun.result(one)) for one in sums]
            at = self.add(self.mul(p.index, given["a_step"]), row)
            left = [
                builder.load("a", self.add(at, self.index(v * width)), self.dtype, width, mask) for v in range(vectors)
            ]
            along = self.mul(p.index, given["b_step"])
            for i, one in enumerate(carried):
                j, v = divmod(i, vectors)
                right = builder.splat(builder.load("b", self.add(places[j], along), self.dtype), width)
                one.next = builder.make("fma", left[v], right, one.now)
        for place, one in zip(kept, carried, strict=True):
            builder.store("sums", place, p.result(one))

    def _put(self, row: Value, v: int, column: Value) -> None:
        """Transpose a square of sums of a vector of rows, and store alpha * sums, + beta * C if that is to be kept."""
        given, builder, width = self.given, self.builder, self.width
        lines = [self.mul(self.add(column, self.index(v * FEW * width + j)), self.index(width)) for j in range(width)]

        def load(row: int, begin: int, count: int) -> Value:
            return builder.load_here("sums", self.add(lines[row], self.index(begin)), self.dtype, count)

        alpha, beta = builder.splat(given["alpha"], width), builder.splat(given["beta"], width)
        rows = [self.add(row, self.index(i)) for i in range(width)]
        places = [self.add(self.mul(one, given["c_row"]), column) for one in rows]
        # Rows past the last have no columns.
        left = self.sub(given["n"], column)
        ends = [self.mul(left, self.truth("lt", one, given["m"])) for one in rows]
        masks = [builder.make("lt", builder.iota(width), builder.splat(end, width)) for end in ends]
        made = [builder.make("mul", one, alpha) for one in transposed(builder, self.dtype, width, load)]
        with self._if_so(given["keep"]):
            for place, mask, one in zip(places, masks, made, strict=True):
                before = builder.load_here("c", place, self.dtype, width, mask)
                builder.store("c", place, builder.make("fma", beta, before, one), mask)
        with self._if_so(self.sub(self.index(1), given["keep"])):
            for place, mask, one in zip(places, masks, made, strict=True):
                builder.store("c", place, one, mask)

    @contextmanager
    def _if_so(self, holds: Value) -> Iterator[None]:
        """A condition, 0 or 1, as a loop of so many steps."""
        with self.builder.loop(self.index(0), holds, 1, "once, if so"):
            yield

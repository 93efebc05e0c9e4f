"""A row times a matrix whose rows lie in memory side by side: the matrix is read once, in long stretches.

c[n] = alpha * (a[k] @ B[k, n]) + beta * c. Each element of B is used once, so all that counts is how memory is read.
Some steps of the summed index at a time are added to the sums of many columns, which wait in the first cache meanwhile:
as many rows of B are read side by side, each from its begin to its end. Each sum is one chain of fused multiply-adds.

Read next: register_tile.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..ir.vector_ir import INDEX, IRBuilder, Loop, Procedure, Value
from ..vectorize.index_expressions import ProcedureEmitter
from ..vectorize.vector_maths import VectorMaths

# Columns whose sums wait, and steps that are added to them at a time.
COLUMNS = 4096
_STEPS = 8
# Vectors of columns at a time: with the operands fewer than 16 registers.
_VECTORS = 4

_MEMORY = ("a", "b", "c", "sums")
_INDICES = ("n", "k", "a_step", "b_step", "keep")


def row_product(dtype: str, width: int) -> Procedure:
    """The procedure of such a product; ``sums`` is memory for ``COLUMNS`` sums, to c is added if that is to ``keep``.

    Args:
        dtype: of the elements.
        width: elements of a vector.
    """
    builder = IRBuilder(VectorMaths, width)
    numbers = dict.fromkeys(_INDICES, INDEX) | dict.fromkeys(("alpha", "beta"), dtype)
    made = builder.procedure(f"row_{dtype}", _MEMORY, numbers)
    _RowEmitter(builder, dtype, made.numbers).write()
    return made


class _RowEmitter(ProcedureEmitter):
    def write(self) -> None:
        """Write the loops over columns whose sums wait, over some steps, and over vectors of columns."""
        given, builder, width = self.given, self.builder, self.width
        with builder.loop(self.index(0), given["n"], COLUMNS, "columns whose sums wait") as block:
            columns = self.minimum(self.index(COLUMNS), self.sub(given["n"], block.index))
            whole = builder.make("and", columns, self.index(-_VECTORS * width))
            with builder.loop(self.index(0), given["k"], _STEPS, "steps") as some:
                steps = some.index, self.minimum(self.add(some.index, self.index(_STEPS)), given["k"])
                with builder.loop(self.index(0), whole, _VECTORS * width, "whole vectors") as loop:
                    self._sum(steps, self.add(block.index, loop.index), loop.index, [None] * _VECTORS)
                with builder.loop(whole, columns, width, "the rest") as loop:
                    left = builder.splat(self.sub(columns, loop.index), width)
                    mask = builder.make("lt", builder.iota(width), left)
                    self._sum(steps, self.add(block.index, loop.index), loop.index, [mask])

    def _sum(self, steps: tuple[Value, Value], column: Value, within: Value, masks: Sequence[Value | None]) -> None:
        """Add some steps to the sums of vectors of columns, which begin with zeros and end in c."""
        given, builder, width = self.given, self.builder, self.width
        places = [self.index(v * width) for v in range(len(masks))]
        zero = builder.splat(builder.constant(0, self.dtype), width)
        with self._if_so(self.truth("gt", steps[0], self.index(0))) as begun:
            sums = [begun.carry(zero) for _ in masks]
            for one, place in zip(sums, places, strict=True):
                one.next = builder.load_here("sums", self.add(within, place), self.dtype, width)
        with builder.loop(*steps, 1, "p") as p:
            carried = [p.carry(begun.result(one)) for one in sums]
            left = builder.splat(builder.load("a", self.mul(p.index, given["a_step"]), self.dtype), width)
            at = self.add(self.mul(p.index, given["b_step"]), column)
            for one, place, mask in zip(carried, places, masks, strict=True):
                right = builder.load("b", self.add(at, place), self.dtype, width, mask)
                one.next = builder.make("fma", left, right, one.now)
        made = [p.result(one) for one in carried]
        last = self.truth("ge", steps[1], given["k"])
        with self._if_so(self.sub(self.index(1), last)):
            for value, place in zip(made, places, strict=True):
                builder.store("sums", self.add(within, place), value)
        alpha, beta = builder.splat(given["alpha"], width), builder.splat(given["beta"], width)
        for keeps in (given["keep"], self.sub(self.index(1), given["keep"])):
            with self._if_so(self.mul(last, keeps)):
                for value, place, mask in zip(made, places, masks, strict=True):
                    scaled, there = builder.make("mul", value, alpha), self.add(column, place)
                    if keeps is given["keep"]:
                        before = builder.load_here("c", there, self.dtype, width, mask)
                        scaled = builder.make("fma", beta, before, scaled)
                    builder.store("c", there, scaled, mask)

    @contextmanager
    def _if_so(self, holds: Value) -> Iterator[Loop]:
        """A condition, 0 or 1, as a loop of so many steps."""
        with self.builder.loop(self.index(0), holds, 1, "once, if so") as loop:
            yield loop

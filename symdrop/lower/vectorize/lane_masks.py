"""Lane masks as ranges: most masks are the lanes from one number to another, and are intersected as numbers.

The rest of a row, the lanes that read inside of an axis, a condition that holds for all lanes or none: each is a range.
Vectors of truth values are dear on machines without registers for them, so a mask is made of its range at the end, by
one comparison.

Read next: shuffled_loads.py
"""

from __future__ import annotations

from typing import NamedTuple

from ..ir.frame import FrameLayout
from ..ir.vector_ir import INDEX, IRBuilder, Value
from .index_expressions import IndexBuilder

# As many lanes or fewer are compared as numbers of 64 bits: where vectors have no registers for masks, elements of so
# few lanes are as wide, but for panels of a product; so nothing is narrowed before, nor is the mask widened.
_WIDE = 8


class LaneRange(NamedTuple):
    """The lanes from ``first`` up to ``stop``, two indices; none if it is not after the first."""

    first: Value
    stop: Value


class LaneMasks(IndexBuilder):
    """Masks of lanes, for one kernel.

    Args:
        builder: where operations go.
        memory: knows the sizes.
    """

    def __init__(self, builder: IRBuilder, memory: FrameLayout) -> None:
        super().__init__(builder, memory)
        self._ranges: dict[Value, LaneRange] = {}

    def lanes_between(self, first: Value, stop: Value, width: int) -> Value:
        """The mask of the lanes from one number up to another, which may lie outside of the vector."""
        make, convert = self.builder.make, self.builder.convert
        begins = first.op == "constant" and first.attribute <= 0
        type = INDEX if begins and width <= _WIDE else "int32"
        end = stop if type == INDEX else convert(self._narrow(stop, width), type)
        lanes = self.builder.iota(width, type)
        if begins:
            mask = make("lt", lanes, self.builder.splat(end, width))
        else:
            begin = convert(self._narrow(first, width), "int32")
            zero = self.builder.constant(0, "int32")
            length = make("select", make("gt", end, begin), make("sub", end, begin), zero)
            # A lane before the first is a large number without its sign.
            place = convert(make("sub", lanes, self.builder.splat(begin, width)), "uint32")
            mask = make("lt", place, self.builder.splat(convert(length, "uint32"), width))
        self._ranges[mask] = LaneRange(first, stop)
        return mask

    def _narrow(self, number: Value, width: int) -> Value:
        return self.minimum(self.maximum(number, self.index(0)), self.index(width))

    def range_of(self, mask: Value) -> LaneRange | None:
        """The range that a mask was made of, None if it was made otherwise."""
        return self._ranges.get(mask)

    def both(self, a: Value | None, b: Value) -> Value:
        """The lanes of two masks, each of which may also be one truth value; None is the mask of all."""
        if a is None:
            return b
        if a.width > b.width:
            a, b = b, a
        known, other = self._ranges.get(b), self._ranges.get(a)
        if known is not None and a.width == 1:
            return self.lanes_between(known.first, self.either(a, known.stop, known.first), b.width)
        if known is not None and other is not None:
            first = self.maximum(known.first, other.first) if known.first is not other.first else known.first
            stop = self.minimum(known.stop, other.stop) if known.stop is not other.stop else known.stop
            return self.lanes_between(first, stop, b.width)
        return self.builder.make("and", a, b)

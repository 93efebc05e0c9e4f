"""Packing loops: an operand of a matrix product that is computed where it is packed, as a loop over its panels.

Read next: product_types.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .private_memory import Private
from .vector_ir import INDEX, Block, IRBuilder, Loop, Value

# What a product says where it asks for panels: the first row (of the right operand: column), how many panels there are,
# how many rows each has, how far apart and where in memory they begin; the first step and how many.
PACKING = ("first", "panels", "size", "between", "panels_at", "step", "depth")


@dataclass(eq=False, slots=True)
class PackingLoop(Loop):
    """A loop over panels of a product's operand, the product's prologue, which its body fills.

    The product decides which panels it wants, and when. ``index`` is the first row of the first one.

    Attributes:
        operand: what the product that reads the panels names; it is their memory.
        own: memory of the body.
        edges: the rest of PACKING, in that order.
    """

    operand: Private = field(kw_only=True)
    own: tuple[Private, ...] = field(kw_only=True)
    edges: tuple[Value, ...] = field(kw_only=True)

    @property
    def indices(self) -> tuple[Value, ...]:
        """The indices that it gives its body."""
        return (self.index, *self.edges)


@contextmanager
def packing_loop(builder: IRBuilder, operand: Private, own: tuple[Private, ...], rows: Value) -> Iterator[PackingLoop]:
    """A loop over panels; what is made inside the ``with`` block becomes its body.

    Args:
        builder: where it is appended.
        operand, own: as of ``PackingLoop``.
        rows: how many rows there are to pack.
    """
    index, *edges = (Value(builder, "index", INDEX, 1, (), False, builder.depth + 1) for _ in PACKING)
    zero = builder.constant(0, INDEX)
    loop = PackingLoop(index, zero, rows, 1, Block(), "panels", operand=operand, own=own, edges=tuple(edges))
    with builder.nest(loop) as made:
        yield made

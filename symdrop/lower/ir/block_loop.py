"""Block loops: a matrix product as a loop over the blocks of its result, which are consumed while they are in a cache.

Read next: private_memory.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .vector_ir import INDEX, Block, IRBuilder, Loop, Value


@dataclass(eq=False, slots=True)
class BlockLoop(Loop):
    """A loop over the blocks of a product's result: each is computed, then the body, the product's epilogue, runs.

    Blocks are rectangles, whose columns begin at even ones. The product decides which there are and in which order,
    and gives a thread those of its share. ``index`` is a block's first row.

    Attributes:
        product: the operation.
        edges: the row to stop before, the first column, and the column to stop before.
    """

    product: Value = field(kw_only=True)
    edges: tuple[Value, ...] = field(kw_only=True)

    @property
    def indices(self) -> tuple[Value, ...]:
        """The indices that it gives its body."""
        return (self.index, *self.edges)

    @property
    def operations(self) -> tuple[Value, ...]:
        """The operations that it consists of, besides its body."""
        return (self.product,)


@contextmanager
def block_loop(builder: IRBuilder, inputs: Sequence[Value], type: str, attribute: Any) -> Iterator[BlockLoop]:
    """The operation "product" as a loop; what is made inside the ``with`` block becomes its body.

    Args:
        builder: where it is appended.
        inputs, type, attribute: of the operation; the first of them is the number of rows.
    """
    product = Value(builder, "product", type, 1, tuple(inputs), attribute, builder.depth)
    index, *edges = (
        Value(builder, "index", INDEX, 1, (), is_even, builder.depth + 1) for is_even in (False, False, True, False)
    )
    zero = builder.constant(0, INDEX)
    loop = BlockLoop(index, zero, inputs[0], 1, Block(), "blocks", product=product, edges=tuple(edges))
    with builder.nest(loop) as made:
        yield made

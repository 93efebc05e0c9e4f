"""Partial tiles: where a register tile reaches past an edge of the result, a whole one in scratch memory stands for it.

What exists of the tile is copied there before, if it counts, and back afterwards. So register tiles have no masks,
which would cost every tile as much as some ten steps of the summed index; whole tiles are many, and edges few.

Read next: packing.py
"""

from __future__ import annotations

from ..ir.vector_ir import INDEX, IRBuilder, Procedure
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths
from .register_tile import Tiling

_MEMORY = ("source", "target")
_INDICES = ("source_at", "source_row", "target_at", "target_row", "rows", "columns")


def partial_tile(tiling: Tiling) -> Procedure:
    """The procedure that copies some rows, and some columns, of a tile; rows lie ``_row`` apart."""
    builder = IRBuilder(VectorMaths, tiling.width)
    made = builder.procedure(f"partial_{tiling.dtype}", _MEMORY, dict.fromkeys(_INDICES, INDEX))
    given, arithmetic, width = made.numbers, IndexArithmetic(builder), tiling.width
    columns = [arithmetic.index(v * width) for v in range(tiling.vectors)]
    ends = [builder.splat(arithmetic.sub(given["columns"], column), width) for column in columns]
    masks = [builder.make("lt", builder.iota(width), end) for end in ends]
    with builder.loop(arithmetic.index(0), given["rows"], 1, "rows") as loop:
        source, target = (
            arithmetic.add(given[f"{name}_at"], arithmetic.mul(loop.index, given[f"{name}_row"])) for name in _MEMORY
        )
        for column, mask in zip(columns, masks, strict=True):
            value = builder.load_here("source", arithmetic.add(source, column), tiling.dtype, width, mask)
            builder.store("target", arithmetic.add(target, column), value, mask)
    return made

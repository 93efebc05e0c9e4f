"""Epilogues: what consumes a matrix product at the same points is computed block by block, while a block is in a cache.

The product decides on the blocks and on the order in which they are finished (cache_blocking.py). Each is then walked
over in vectors, as any loop nest is, and everything that is fused with the product is computed at its points: biases
and states are read where they lie, masks are drawn by their indices. So no consumer can tell that it is one.

Source: the epilogues of NVIDIA's CUTLASS and of cuBLASLt, which act on a tile in registers; that a block in a cache
costs next to nothing more is argued in docs/decisions/0030-epilogues-in-the-cache.md.

Read next: ../memory/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ..fusion.product_operands import factors
from ..ir.block_loop import BlockLoop
from ..ir.frame import Buffer
from ..ir.vector_ir import Block, Value
from ..vectorize.index_expressions import Coordinate
from ..vectorize.reductions import State
from .loop_builder import LoopNestBuilder
from .matrix_product import product
from .strip_mining import Coordinates


class EpilogueBuilder(LoopNestBuilder):
    """A builder of the loop nest of a product, with an epilogue or without, and with operands that are computed."""

    def build_product(self, target: Buffer, scratch: Buffer, lanes: int) -> Block:
        """The loop nest.

        Args:
            target: where the product goes; a value of the epilogue may replace it there.
            scratch: memory for every thread.
            lanes: elements of the product's dtype in a vector of the machine.
        """
        first, *consumers = self.kernel.units
        node, epilogue = first.node, self._epilogue if consumers else None
        with self.memory.scope():
            # Where it is read, a block of it is there.
            self.memory.keep(node, target)
            product(self.loops, node, target, scratch, first.computed, lanes, epilogue)
        return self.builder.body

    def _epilogue(self, block: BlockLoop, matrix: Value | None) -> None:
        node, axes = self.kernel.units[0].node, self.kernel.parallel_axes
        left, right = factors(node)
        first_row, last_row, first_column, last_column = block.indices
        is_column = right.ndim == 1
        *batch, rows, columns = (-1, *axes) if left.ndim == 1 else (*axes, -1) if is_column else axes
        at: Coordinates = {}
        if matrix is not None:
            at = self.loops.unravel(matrix, [self.axes[axis] for axis in batch])
        # Vectors run along the axis in which elements lie side by side.
        if is_column or self.kernel.space[columns] == 1:
            at, along, start, stop = {**at, columns: self.emitter.zero()}, rows, first_row, last_row
            self._vectors(at, along, start, stop)
            return
        with self.loops.loop(first_row, last_row, 1, "rows") as turn:
            self._vectors({**at, rows: Coordinate(turn.index)}, columns, first_column, last_column)

    def _vectors(self, at: Coordinates, axis: int, start: Value, stop: Value) -> None:
        _, *consumers = self.kernel.units

        def visit(along: Coordinate, states: Sequence[State]) -> list[State]:
            self.store_all(consumers, self.point({**at, axis: along}, self.kernel.parallel_axes))
            return []

        self.loops.vectors(start, stop, [], visit)

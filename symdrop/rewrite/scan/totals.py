"""Totals: the sum of a node's values over all steps of a loop, as one product behind the loop.

    sum over t of A[t].T @ B[t]  =  A.T @ B,  the rows of all A[t] and of all B[t] standing below each other

Source: J. Appleyard, T. Kocisky and P. Blunsom, "Optimizing performance of recurrent neural
networks on GPUs", arXiv:1604.01946, 2016.

Read next: push_out_reductions.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...graph import Node
from ...op import as_node
from ...ops.arithmetic import add, mul, neg, sub
from ...ops.indexing import indexed_axes
from ...ops.join import concatenate
from ...ops.linalg import matmul, transposed
from ...ops.scatter import inc_subtensor
from ...ops.views import dimshuffle, exchanges, pattern_of, reshape
from ...syntax import Operation
from ..core.predicates import is_structural_zero, structural_zeros_of
from .batching import ScanBatcher


class Totals:
    """Sums of a node's values over all steps made.

    Args:
        batcher: the loop's values for all steps.
    """

    def __init__(self, batcher: ScanBatcher) -> None:
        self.batcher = batcher

    def __call__(self, node: Node) -> Node | None:
        """The total of a node, or None if there is no product in it to gain by."""
        if node in self.batcher.invariant:
            return None
        total = _TOTALS.get(node.op) or (Totals._same_op if node.op.keeps_all else None)
        return None if total is None else total(self, node)

    def _product(self, node: Node) -> Node | None:
        a, b = node.inputs
        batcher = self.batcher
        if a.ndim > 2 or b.ndim > 2:
            return None
        if a in batcher.invariant:
            total = self(b)
            return None if total is None else matmul(batcher.hoisted(a), total)
        if b in batcher.invariant:
            total = self(a)
            return None if total is None else matmul(total, batcher.hoisted(b))
        first, second = self._joined(a, a.ndim - 1), self._joined(b, 0)
        return None if first is None or second is None else matmul(first, second)

    def _joined(self, node: Node, axis: int) -> Node | None:
        """All values of a vector or matrix, those of all steps along the axis summed over."""
        if exchanges(node):
            # As rows nothing need be moved.
            rows = self._joined(node.inputs[0], 1 - axis)
            return None if rows is None else transposed(rows)
        values = self.batcher.value(node)
        return None if values is None else _rows_joined(values, axis)

    def _outer(self, node: Node) -> Node | None:
        """The total of an outer product of vectors; of another product with what does not change."""
        batcher = self.batcher
        first, second = node.inputs
        column, row = _vector(first, (0, "x")), _vector(second, ("x", 0))
        if column is None or row is None:
            column, row = _vector(second, (0, "x")), _vector(first, ("x", 0))
        if column is not None and row is not None and column not in batcher.invariant and row not in batcher.invariant:
            columns, rows = batcher.value(column), batcher.value(row)
            return None if columns is None or rows is None else matmul(dimshuffle(columns, pattern=(1, 0)), rows)
        for fixed, changing in ((first, second), (second, first)):
            if fixed in batcher.invariant:
                total = self(changing)
                return None if total is None else Node.apply(node.op, [batcher.hoisted(fixed), total], node.params)
        return None

    def _same_op(self, node: Node) -> Node | None:
        """An op that is linear in its only input that changes, the first."""
        if any(source not in self.batcher.invariant for source in node.inputs[1:]):
            return None
        total = self(node.inputs[0])
        if total is None:
            return None
        return Node.apply(node.op, [total, *map(self.batcher.hoisted, node.inputs[1:])], node.params)

    def _sum(self, node: Node) -> Node | None:
        """A sum of what has totals: all of them, or none."""
        totals = [self(source) if not is_structural_zero(source) else None for source in node.inputs]
        if any(
            total is None and not is_structural_zero(source) for total, source in zip(totals, node.inputs, strict=True)
        ):
            return None
        fixed = [
            total if total is not None else self.batcher.hoisted(source)
            for total, source in zip(totals, node.inputs, strict=True)
        ]
        return Node.apply(node.op, fixed, node.params)

    def _scatter(self, node: Node) -> Node | None:
        return self.scattered(node, node.inputs[0]) if is_structural_zero(node.inputs[0]) else None

    def scattered(self, node: Node, like: Node) -> Node | None:
        """The sum over steps of what is scattered into something of the sizes of ``like``, scattered into zeros at
        once."""
        batcher = self.batcher
        _, value, *parts = node.inputs
        sizes = batcher.sizes(like)
        if sizes is None or value in batcher.invariant:
            return None
        zeros = structural_zeros_of(node.dtype, sizes)
        if all(part in batcher.invariant for part in parts):
            total = self(value)
            return (
                None
                if total is None
                else Node.apply(node.op, [zeros, total, *map(batcher.hoisted, parts)], node.params)
            )
        return self._at_all_positions(node, zeros)

    def _at_all_positions(self, node: Node, zeros: Node) -> Node | None:
        _, value, *parts = node.inputs
        entries = node.params["entries"]
        indexed = [one for one in indexed_axes(entries, parts) if one.parts]
        if len(indexed) != 1 or indexed[0].entry not in ("i", "a") or indexed[0].parts[0].dtype == "bool":
            return None
        if any(entry not in ("::", "i", "a") for entry in entries):
            return None
        at = entries.index(indexed[0].entry)
        values, index = self.batcher.value(value), self.batcher.value(parts[0])
        if values is None or index is None:
            return None
        # The steps' axis to where the index stands.
        order = (*range(1, at + 1), 0, *range(at + 1, values.ndim))
        values = dimshuffle(values, pattern=order) if at else values
        return Node.apply(node.op, [zeros, values, index], {"entries": ("::",) * at + ("a",)})


def _vector(node: Node, pattern: tuple[int | str, ...]) -> Node | None:
    """The vector that a node stretches along one axis, standing along the other as the pattern says."""
    if node.op.stretches:
        node = node.inputs[0]
        if node.ndim == 1 and pattern == ("x", 0):
            return node
    if pattern_of(node) == pattern and node.inputs[0].ndim == 1:
        return node.inputs[0]
    return None


def _rows_joined(stack: Node, axis: int) -> Node:
    """Steps and the axis summed over, counted without the steps', as one axis."""
    sizes = list(stack.shape)
    made: Node
    if stack.ndim == 2:
        made = reshape(stack, _times(sizes[0], sizes[1]))
    elif axis == 0:
        made = reshape(stack, _times(sizes[0], sizes[1]), sizes[2])
    else:
        made = reshape(dimshuffle(stack, pattern=(1, 0, 2)), sizes[1], _times(sizes[0], sizes[2]))
    return made


def _times(a: object, b: object) -> Node:
    return as_node(a) * as_node(b)


_TOTALS: Mapping[Operation, Callable[[Totals, Node], Node | None]] = {
    matmul: Totals._product,
    mul: Totals._outer,
    neg: Totals._same_op,
    add: Totals._sum,
    sub: Totals._sum,
    concatenate: Totals._sum,
    inc_subtensor: Totals._scatter,
}

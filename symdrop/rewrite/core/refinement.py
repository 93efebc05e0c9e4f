"""Shape refinement: a node on inputs of whose sizes rewriting has learned more.

What is learned must not change what a program means. An elementwise op was built on operands
of one size; if of one of them that size becomes known to be 1, the others do not stretch it,
they have that size too. And a size that shows an op to be wrong (an index out of range, the
largest of nothing) shows it of a side of a choice that is perhaps never taken: such a node
keeps what it was built on, of unknown size, and fails when it is computed. If it stands
outside of all branches it is computed for certain, and ``raise_certain_errors`` fails at once.

Read next: subgraphs.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import SymdropError
from ...graph import Graph, Node, rebuild
from ...op import STRETCHING, Elementwise, as_node, constant_scalar, is_dim
from ...ops.join import mask_shape, refine_shape
from .predicates import structural_zeros_of


def refined(node: Node, inputs: Sequence[Node]) -> Node:
    """The same op on other inputs, of whose sizes more may be known.

    Raises:
        SymdropError: if it cannot be, and not because of a size that has become known.
    """
    if tuple(inputs) == node.inputs:
        return node
    if isinstance(node.op, Elementwise) and [new.type for new in inputs] != [old.type for old in node.inputs]:
        inputs = _of_one_size(inputs, node.ndim)
    try:
        return rebuild(node, inputs)
    except SymdropError:
        masked = [_masked(new, old) for new, old in zip(inputs, node.inputs, strict=True)]
        if masked == list(inputs):
            raise
        return rebuild(node, masked)


def raise_certain_errors(graph: Graph) -> None:
    """Raise the error of a node that is computed whichever branches are chosen.

    Args:
        graph: a graph in which what only a side of a choice needs stands in a branch.
    """
    order = graph.nodes()
    if mask_shape not in {node.op for node in order}:
        return
    for node in order:
        unmasked = [_unmasked(source) for source in node.inputs]
        if unmasked != list(node.inputs):
            node.op.make(unmasked, node.params)


def _of_one_size(operands: Sequence[Node], ndim: int) -> list[Node]:
    """The operands of an elementwise op, all known to have size 1 where one is."""
    shapes = [operand.type.shape for operand in operands if operand.ndim == ndim]
    one = tuple(1 if 1 in sizes and None in sizes else None for sizes in zip(*shapes, strict=True))
    label = f"a value is combined with one of size 1, and {STRETCHING}"
    return [refine_shape(operand, one, label) if operand.ndim == ndim else operand for operand in operands]


def _unmasked(node: Node) -> Node:
    """The value that was masked."""
    if is_dim(node) and node.inputs[0].op is mask_shape:
        return as_node(node.inputs[0].inputs[0].shape[node.params["axis"]])
    return node.inputs[0] if node.op is mask_shape else node


def _masked(new: Node, old: Node) -> Node:
    """A value, of which no more sizes are known than of that in whose place it comes; if it is a size, that of one."""
    size = constant_scalar(new)
    if size is not None and size >= 0 and new.dtype == "int64" and constant_scalar(old) is None:
        return as_node(mask_shape(structural_zeros_of("bool", (int(size),)), axes=(0,)).shape[0])
    if new.items is not None or new.ndim != old.ndim:
        return new
    pairs = enumerate(zip(new.type.shape, old.type.shape, strict=True))
    axes = tuple(axis for axis, (learned, known) in pairs if learned is not None and known is None)
    return mask_shape(new, axes=axes) if axes else new

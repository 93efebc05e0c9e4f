"""Simplification of views and sizes: views of views, and the sizes of computed values.

Read next: subgraph_constants.py
"""

from __future__ import annotations

import numpy as np

from ...graph import Node
from ...op import Constant, SizeOf, Sizes, is_dim
from ...ops.views import dimshuffle, reshape
from ...syntax import Operation
from ..core.predicates import as_literal, full, literal_value, rearranges
from ..core.rewrite_rule import node_rewrite_rule


@node_rewrite_rule(dimshuffle)
def dimshuffle_of_dimshuffle(node: Node, sizes: Sizes) -> Node | None:
    """Two permutations of axes are one; the permutation that moves nothing is none."""
    (source,) = node.inputs
    pattern = node.params["pattern"]
    if pattern == tuple(range(source.ndim)):
        return source
    if source.op is dimshuffle:
        inner = source.params["pattern"]
        return dimshuffle(source.inputs[0], pattern=tuple("x" if i == "x" else inner[i] for i in pattern))
    return None


@node_rewrite_rule(reshape)
def reshape_of_reshape(node: Node, sizes: Sizes) -> Node | None:
    """Only the last of several shapes matters, and the shape a value has is no change."""
    source = node.inputs[0]
    if source.ndim == node.ndim and sizes(source) == sizes(node):
        return source
    if source.op is reshape:
        return reshape(source.inputs[0], *node.inputs[1:])
    return None


def _stretches(op: Operation) -> bool:
    return op.stretches


@node_rewrite_rule(suits=_stretches)
def broadcast_of_same_shape(node: Node, sizes: Sizes) -> Node | None:
    """Stretching along no axis is no change, and stretching an axis of size 1 to 1 neither."""
    source = node.inputs[0]
    if source.ndim == node.ndim and sizes(source) == sizes(node):
        return source
    return None


def _is_size(op: Operation) -> bool:
    return isinstance(op, SizeOf)


@node_rewrite_rule(suits=_is_size)
def known_dim(node: Node, sizes: Sizes) -> Node | None:
    """The size of a computed value is the size of what determines it."""
    axis: int = node.params["axis"]
    size = sizes(node.inputs[0])[axis]
    if isinstance(size, int):
        return Constant(np.asarray(size, "int64"), weak=True, lines=())
    if is_dim(size) and size.inputs[0] is node.inputs[0] and size.params == node.params:
        return None
    return size


def _is_formula(op: Operation) -> bool:
    return op.kind == "elementwise"


@node_rewrite_rule(suits=_is_formula, some_input=rearranges)
def literal_operand(node: Node, sizes: Sizes) -> Node | None:
    """A scalar constant stretched over a shape is a literal of the formula it stands in."""
    scalars = [literal_value(source) is not None and source.ndim > 0 for source in node.inputs]
    if not any(scalars):
        return None
    if all(scalar or source.ndim == 0 for scalar, source in zip(scalars, node.inputs, strict=True)):
        made = Node.apply(node.op, [as_literal(source) for source in node.inputs], node.params)
        return full(made, node, sizes)
    inputs = [as_literal(source) if scalar else source for scalar, source in zip(scalars, node.inputs, strict=True)]
    return Node.apply(node.op, inputs, node.params)


SHAPES = (
    dimshuffle_of_dimshuffle,
    reshape_of_reshape,
    broadcast_of_same_shape,
    known_dim,
    literal_operand,
)

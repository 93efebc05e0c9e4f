"""Literals: scalar constants, stretched over shapes or not, and structural zeros among them.

Read next: scan.py
"""

from __future__ import annotations

from ..graph import Node
from ..op import CONSTANT, Constant, constant_scalar
from .join import mask_shape
from .views import broadcast, dimshuffle

# Ops that repeat and rearrange; and what a literal, stretched over a shape or not, is.
REPEATING = tuple(op.name for op in (broadcast, dimshuffle, mask_shape))
LITERAL = (CONSTANT.name, *REPEATING)


def rearranged(node: Node) -> Node:
    """The value whose elements, repeated and rearranged, are all the elements of a node; or the node itself."""
    while node.op.keeps_all and node.op.guards_rule is None:
        node = node.inputs[0]
    return node


def as_literal(node: Node) -> Node:
    """The scalar constant that a node repeats over its shape, or the node itself."""
    source = rearranged(node)
    return source if constant_scalar(source) is not None else node


def is_nothing(node: Node) -> bool:
    """True if a node is a structural zero, stretched over a shape or not."""
    source = as_literal(node)
    return isinstance(source, Constant) and source.structural

"""Literals: scalar constants, stretched over shapes or not, and structural zeros among them.

Read next: scan.py
"""

from __future__ import annotations

from ..graph import Node
from ..op import Constant, constant_scalar

# Ops that repeat and rearrange; and what a literal, stretched over a shape or not, is.
REPEATING = ("broadcast", "dimshuffle", "mask_shape")
LITERAL = ("constant", *REPEATING)


def as_literal(node: Node) -> Node:
    """The scalar constant that a node repeats over its shape, or the node itself."""
    source = node
    while source.op.name in REPEATING:
        source = source.inputs[0]
    return source if constant_scalar(source) is not None else node


def is_nothing(node: Node) -> bool:
    """True if a node is a structural zero, stretched over a shape or not."""
    source = as_literal(node)
    return isinstance(source, Constant) and source.structural

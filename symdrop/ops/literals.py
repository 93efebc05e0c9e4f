"""Literals: scalar constants, stretched over shapes or not, and structural zeros among them.

Read next: scan.py
"""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..op import CONSTANT, Constant, constant_scalar
from ..syntax import Operation


def rearranges(op: Operation) -> bool:
    """True if the elements of an op's value are those of its first input, all of them, repeated and rearranged."""
    return op.keeps_all and op.guards_rule is None


def may_be_literal(op: Operation) -> bool:
    """True if a node of an op may be a literal."""
    return op is CONSTANT or rearranges(op)


def rearranged(node: Node) -> Node:
    """The value whose elements, repeated and rearranged, are all the elements of a node; or the node itself."""
    while node.op.keeps_all and node.op.guards_rule is None:
        node = node.inputs[0]
    return node


def repeated_scalar(node: Node) -> Node | None:
    """The scalar that a node is, or repeats over its shape; None if it is none."""
    source = rearranged(node)
    return source if source.ndim == 0 else None


def as_literal(node: Node) -> Node:
    """The scalar constant that a node repeats over its shape, or the node itself."""
    source = rearranged(node)
    return source if isinstance(source, Constant) and not source.value.ndim else node


def literal_value(node: Node) -> Any:
    """The number that a node is, or repeats over its shape; None if it is none."""
    return constant_scalar(rearranged(node))


def is_structural_zero(node: Node) -> bool:
    """True if a node is a structural zero, stretched over a shape or not."""
    source = as_literal(node)
    return isinstance(source, Constant) and source.structural

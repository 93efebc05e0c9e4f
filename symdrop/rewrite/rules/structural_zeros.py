"""Structural zeros: "no dependence" spreads through everything linear.

A pullback says that a branch not taken receives nothing. Nothing times anything is
nothing, even where that anything is infinite, so the test-time gradient of a dropout
network needs no mask: the rules here are what removes it.

Read next: shapes.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Sizes
from ...ops.arithmetic import neg
from ..core.predicates import LITERAL, is_nothing, zero_in_place_of
from ..core.rule import node_rule


@node_rule(some_input=LITERAL)
def linear_in_nothing(node: Node, sizes: Sizes) -> Node | None:
    """A linear function of a structural zero is one."""
    op = node.op
    if node.items is not None:
        return None
    if any(is_nothing(node.inputs[i]) for i in op.linear_in) and not is_nothing(node):
        return zero_in_place_of(node, sizes)
    jointly = op.jointly_linear(node)
    if jointly and all(is_nothing(node.inputs[i]) for i in jointly):
        return zero_in_place_of(node, sizes)
    return None


@node_rule("add", some_input=LITERAL)
def plus_nothing(node: Node, sizes: Sizes) -> Node | None:
    """x + nothing = x."""
    first, second = node.inputs
    return first if is_nothing(second) else second if is_nothing(first) else None


@node_rule("sub", some_input=LITERAL)
def minus_nothing(node: Node, sizes: Sizes) -> Node | None:
    """x - nothing = x, and nothing - x = -x."""
    first, second = node.inputs
    if is_nothing(second):
        return first
    return neg(second) if is_nothing(first) else None


ZEROS = (linear_in_nothing, plus_nothing, minus_nothing)

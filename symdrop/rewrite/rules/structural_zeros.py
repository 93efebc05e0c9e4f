"""Structural zeros: "no dependence" spreads through everything linear.

A pullback says that a branch not taken receives a structural zero (a symbolic zero elsewhere).
Times anything it is one again, even where that anything is infinite, so the test-time gradient
of a dropout network needs no mask: the rules here are what removes it.

Read next: shapes.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Sizes
from ...ops.arithmetic import add, neg, sub
from ...syntax import Operation
from ..core.predicates import is_structural_zero, may_be_literal, structural_zeros_in_place_of
from ..core.rewrite_rule import node_rewrite_rule


def is_linear(op: Operation) -> bool:
    """True if an op is linear in some of its arguments, alone or together."""
    return bool(op.linear_in or op.jointly_linear_in)


@node_rewrite_rule(suits=is_linear, some_input=may_be_literal)
def linear_in_zero(node: Node, sizes: Sizes) -> Node | None:
    """A linear function of a structural zero is one."""
    op = node.op
    if node.items is not None:
        return None
    if any(is_structural_zero(node.inputs[i]) for i in op.linear_in) and not is_structural_zero(node):
        return structural_zeros_in_place_of(node, sizes)
    jointly = op.jointly_linear(node)
    if jointly and all(is_structural_zero(node.inputs[i]) for i in jointly):
        return structural_zeros_in_place_of(node, sizes)
    return None


@node_rewrite_rule(add, some_input=may_be_literal)
def plus_structural_zero(node: Node, sizes: Sizes) -> Node | None:
    """x + 0 = x, for a structural zero."""
    first, second = node.inputs
    return first if is_structural_zero(second) else second if is_structural_zero(first) else None


@node_rewrite_rule(sub, some_input=may_be_literal)
def minus_structural_zero(node: Node, sizes: Sizes) -> Node | None:
    """x - 0 = x, and 0 - x = -x, for a structural zero."""
    first, second = node.inputs
    if is_structural_zero(second):
        return first
    return neg(second) if is_structural_zero(first) else None


STRUCTURAL_ZEROS = (linear_in_zero, plus_structural_zero, minus_structural_zero)

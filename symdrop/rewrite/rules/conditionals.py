"""Simplification of conditionals: choices made already, and linear functions of a choice with a structural zero.

A gradient flows into a branch as "g if the branch was taken, else a structural zero". What is
linear in that is such a choice again; so the whole way back through a branch not taken
becomes the side of a choice that need not be computed.

Read next: ../scan/__init__.py
"""

from __future__ import annotations

from ...errors import ShapeError
from ...graph import Node
from ...op import Choice, Sizes, is_choice
from ...ops.arithmetic import add
from ...ops.branches import ifelse
from ...syntax import Operation
from ..core.predicates import is_structural_zero, literal_value, structural_zeros_in_place_of
from ..core.rewrite_rule import node_rewrite_rule
from .structural_zeros import is_linear


def _chooses(op: Operation) -> bool:
    return isinstance(op, Choice)


@node_rewrite_rule(suits=_chooses)
def chosen_value(node: Node, sizes: Sizes) -> Node | None:
    """A choice by a constant condition, or between one and the same value, is that value."""
    condition, then, otherwise = node.inputs
    if then is otherwise:
        return then
    truth = literal_value(condition)
    return None if truth is None else then if truth else otherwise


@node_rewrite_rule(suits=is_linear, some_input=_chooses)
def linear_in_choice(node: Node, sizes: Sizes) -> Node | None:
    """f(where(c, a, 0)) -> where(c, f(a), 0) for a linear f."""
    if node.items is not None or is_choice(node):
        return None
    for positions in (*((i,) for i in node.op.linear_in), node.op.jointly_linear(node)):
        chosen = [node.inputs[i] for i in positions]
        sides = {_side(one) for one in chosen if not is_structural_zero(one)}
        if len(sides) == 1 and None not in sides:
            found = _through(node, positions, sizes)
            if found is not None:
                return found
    return None


def _side(node: Node) -> tuple[Node, int] | None:
    """The condition, and which input of a choice is no structural zero, where the other one is."""
    if not is_choice(node):
        return None
    for side, other in ((1, 2), (2, 1)):
        if is_structural_zero(node.inputs[other]) and not is_structural_zero(node.inputs[side]):
            return node.inputs[0], side
    return None


def _through(node: Node, positions: tuple[int, ...], sizes: Sizes) -> Node | None:
    choice = next(node.inputs[i] for i in positions if is_choice(node.inputs[i]))
    found = _side(choice)
    assert found is not None
    condition, side = found
    if _side(choice.inputs[side]) is not None:
        # Choices in choices would all be carried past every node, one by one; their regions tell as much.
        return None
    try:
        value, other = (_with_side(node, positions, at) for at in (side, 3 - side))
    except ShapeError:
        # Known sizes say that one side is never taken, or is refused when it is; either is for the call to find.
        return None
    # Zeros of the sizes that the value has on that side.
    zero = structural_zeros_in_place_of(other, sizes)
    if zero is None or value.dtype != node.dtype or value.ndim != node.ndim:
        return None
    return ifelse(condition, value, zero) if side == 1 else ifelse(condition, zero, value)


def _with_side(node: Node, positions: tuple[int, ...], side: int) -> Node:
    """The node as it is on one side of the choices among its inputs."""
    inputs = list(node.inputs)
    for i in positions:
        if is_choice(inputs[i]):
            inputs[i] = inputs[i].inputs[side]
    return Node.apply(node.op, inputs, node.params)


@node_rewrite_rule(add, some_input=_chooses)
def sum_of_choices(node: Node, sizes: Sizes) -> Node | None:
    """ifelse(c, a, 0) + ifelse(c, 0, b) = ifelse(c, a, b), for structural zeros."""
    first, second = map(_side, node.inputs)
    if first is None or second is None or first[0] is not second[0] or first[1] == second[1]:
        return None
    values = {side: source.inputs[side] for (_, side), source in zip((first, second), node.inputs, strict=True)}
    return ifelse(first[0], values[1], values[2])


CONDITIONALS = (chosen_value, sum_of_choices, linear_in_choice)

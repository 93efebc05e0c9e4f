"""Rules about ``ifelse``: choices that are made already, and linear functions of a choice with nothing.

A gradient flows into a branch as "g if the branch was taken, else nothing". What is linear
in that is a choice with nothing again; so the whole way back through a branch not taken
becomes the side of a choice that need not be computed.

Read next: ../scan/__init__.py
"""

from __future__ import annotations

from ...errors import ShapeError
from ...graph import Node
from ...op import Sizes, constant_scalar
from ...ops.branches import ifelse
from ..core.predicates import as_literal, is_nothing, zero_in_place_of
from ..core.rule import node_rule


@node_rule("ifelse")
def chosen_value(node: Node, sizes: Sizes) -> Node | None:
    """A choice by a constant condition, or between one and the same value, is that value."""
    condition, then, otherwise = node.inputs
    if then is otherwise:
        return then
    truth = constant_scalar(as_literal(condition))
    return None if truth is None else then if truth else otherwise


@node_rule(some_input=("ifelse",))
def linear_in_choice(node: Node, sizes: Sizes) -> Node | None:
    """f(where(c, a, 0)) -> where(c, f(a), 0) for a linear f."""
    if node.items is not None or node.op is ifelse:
        return None
    for positions in (*((i,) for i in node.op.linear_in), node.op.jointly_linear(node)):
        chosen = [node.inputs[i] for i in positions]
        sides = {_side(one) for one in chosen if not is_nothing(one)}
        if len(sides) == 1 and None not in sides:
            found = _through(node, positions, sizes)
            if found is not None:
                return found
    return None


def _side(node: Node) -> tuple[Node, int] | None:
    """The condition, and which input of a choice is not nothing, where the other one is."""
    if node.op is not ifelse:
        return None
    for side, other in ((1, 2), (2, 1)):
        if is_nothing(node.inputs[other]) and not is_nothing(node.inputs[side]):
            return node.inputs[0], side
    return None


def _through(node: Node, positions: tuple[int, ...], sizes: Sizes) -> Node | None:
    choice = next(node.inputs[i] for i in positions if node.inputs[i].op is ifelse)
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
    zero = zero_in_place_of(other, sizes)
    if zero is None or value.dtype != node.dtype or value.ndim != node.ndim:
        return None
    return ifelse(condition, value, zero) if side == 1 else ifelse(condition, zero, value)


def _with_side(node: Node, positions: tuple[int, ...], side: int) -> Node:
    """The node as it is on one side of the choices among its inputs."""
    inputs = list(node.inputs)
    for i in positions:
        if inputs[i].op is ifelse:
            inputs[i] = inputs[i].inputs[side]
    return Node.apply(node.op, inputs, node.params)


@node_rule("add", some_input=("ifelse",))
def sum_of_choices(node: Node, sizes: Sizes) -> Node | None:
    """a or nothing, plus nothing or b, is a or b."""
    first, second = map(_side, node.inputs)
    if first is None or second is None or first[0] is not second[0] or first[1] == second[1]:
        return None
    values = {side: source.inputs[side] for (_, side), source in zip((first, second), node.inputs, strict=True)}
    return ifelse(first[0], values[1], values[2])


CHOICES = (chosen_value, sum_of_choices, linear_in_choice)

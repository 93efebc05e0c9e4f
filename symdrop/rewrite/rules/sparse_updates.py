"""Sparse updates (scatter-add fusion): what is scattered into zeros is scattered where it is used instead.

The gradient of rows chosen from a matrix is as large as the matrix, but zero except in
these rows. Scaled and added to the matrix it becomes an addition to these rows, so a step
of gradient descent costs what the rows cost.

Read next: masks.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...graph import Node
from ...op import Sizes
from ...ops.arithmetic import add, mul, neg, sub, true_div
from ...ops.scatter import inc_subtensor
from ..core.predicates import is_structural_zero, repeated_scalar
from ..core.rewrite_rule import node_rewrite_rule

# What adds something scattered: itself, or a multiple of it.
_MULTIPLES = (neg, mul, true_div)
_SCATTERED = frozenset((inc_subtensor, *_MULTIPLES))


def _scattered(node: Node) -> tuple[Node, Callable[[Node], Node]] | None:
    """The value that a multiple of something scattered into zeros, perhaps in several steps, multiplies, and the
    factor."""
    steps: list[tuple[Node, int]] = []
    while node.op in _MULTIPLES:
        position = next((i for i in node.op.linear_in if repeated_scalar(node.inputs[i]) is None), None)
        if position is None or any(repeated_scalar(x) is None for i, x in enumerate(node.inputs) if i != position):
            return None
        steps.append((node, position))
        node = node.inputs[position]
    below = node
    while below.op is inc_subtensor:
        below = below.inputs[0]
    return (node, lambda value: _multiple(value, steps)) if below is not node and is_structural_zero(below) else None


def _multiple(value: Node, steps: Sequence[tuple[Node, int]]) -> Node:
    for step, position in reversed(steps):
        others = [value if i == position else repeated_scalar(source) for i, source in enumerate(step.inputs)]
        value = Node.apply(step.op, others, step.params)
    return value


def _scatter(node: Node, target: Node, combine: Callable[..., Node], found: Any, sign: Callable[..., Any]) -> Any:
    """Scatter into a sum or a difference; of several steps the last one, the others being seen to next."""
    scattered, multiple = found
    below, value, *parts = scattered.inputs
    value = sign(multiple(value))
    if not node.dtype == scattered.dtype == target.dtype == value.dtype or target.ndim != node.ndim:
        return None
    below = target if is_structural_zero(below) else combine(target, multiple(below))
    return Node.apply(scattered.op, (below, value, *parts), scattered.params)


@node_rewrite_rule(add, some_input=_SCATTERED.__contains__)
def scatter_into_sum(node: Node, sizes: Sizes) -> Node | None:
    """A sum with something scattered into zeros, or a multiple of it, is scattered into directly."""
    first, second = node.inputs
    for target, other in ((first, second), (second, first)):
        found = _scattered(other)
        if found is not None:
            made: Node | None = _scatter(node, target, add, found, lambda value: value)
            return made
    return None


@node_rewrite_rule(sub, some_input=_SCATTERED.__contains__)
def scatter_into_difference(node: Node, sizes: Sizes) -> Node | None:
    """x less something scattered into zeros, or a multiple of it, is x with the opposite scattered into it."""
    target, other = node.inputs
    found = _scattered(other)
    return None if found is None else _scatter(node, target, sub, found, neg)


SPARSE_UPDATES = (scatter_into_sum, scatter_into_difference)

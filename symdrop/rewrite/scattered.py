"""Something scattered into zeros is carried to where it is used, and scattered there.

The gradient of rows chosen from a matrix is as large as the matrix, but zero except in
these rows. Scaled and added to the matrix it becomes an addition to these rows, so a step
of gradient descent costs what the rows cost.

Read next: zeros.py
"""

from __future__ import annotations

from ..graph import Node
from ..op import Sizes, lookup
from ..ops.arithmetic import add, neg, sub
from .known import is_nothing
from .rule import node_rule

_SCATTERED = ("inc_subtensor",)


def _is_scattered(node: Node) -> bool:
    """Whether a node is something scattered into zeros, perhaps in several steps."""
    below = node
    while below.op.name == "inc_subtensor":
        below = below.inputs[0]
    return below is not node and is_nothing(below)


def _scatter(scattered: Node, target: Node, value: Node) -> Node | None:
    """The last step of a scattering with another value into another target; None if a dtype would change."""
    if not scattered.dtype == target.dtype == value.dtype or target.ndim != scattered.ndim:
        return None
    return Node.apply(scattered.op, (target, value, *scattered.inputs[2:]), scattered.params)


@node_rule("add", some_input=_SCATTERED)
def scatter_into_sum(node: Node, sizes: Sizes) -> Node | None:
    """A sum with something scattered into zeros is scattered into directly."""
    first, second = node.inputs
    for target, scattered in ((first, second), (second, first)):
        if _is_scattered(scattered):
            below, value = scattered.inputs[:2]
            return _scatter(scattered, target if is_nothing(below) else add(target, below), value)
    return None


@node_rule("sub", some_input=_SCATTERED)
def scatter_into_difference(node: Node, sizes: Sizes) -> Node | None:
    """x less something scattered into zeros is x with the opposite scattered into it."""
    target, scattered = node.inputs
    if not _is_scattered(scattered):
        return None
    below, value = scattered.inputs[:2]
    return _scatter(scattered, target if is_nothing(below) else sub(target, below), neg(value))


@node_rule("neg", "mul", "true_div", some_input=_SCATTERED)
def scaled_before_scattered(node: Node, sizes: Sizes) -> Node | None:
    """A multiple of something scattered into zeros is the multiple, scattered."""
    for position, scattered in enumerate(node.inputs):
        if position in node.op.linear_in and _is_scattered(scattered):
            others = [_repeated_scalar(source) for i, source in enumerate(node.inputs) if i != position]
            if None in others:
                return None
            op = lookup(node.op.name)
            below, value = (op(*others[:position], x, *others[position:]) for x in scattered.inputs[:2])
            return _scatter(scattered, below, value)
    return None


def _repeated_scalar(node: Node) -> Node | None:
    """The number that a node is, or repeats over its shape."""
    while node.op.name == "broadcast":
        node = node.inputs[0]
    return node if node.ndim == 0 else None


SCATTERED = (scatter_into_sum, scatter_into_difference, scaled_before_scattered)

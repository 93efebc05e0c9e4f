"""Sums of what can be summed while it is computed: the axes become a parameter, and the whole need not be there.

Read next: shapes.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Sizes
from ...ops.reduce import sum_
from ...syntax import Operation
from ..core.rewrite_rule import node_rewrite_rule


def _can_sum(op: Operation) -> bool:
    return op.sums_over is not None


@node_rewrite_rule(sum_, some_input=_can_sum)
def sum_on_the_way(node: Node, sizes: Sizes) -> Node | None:
    """A sum of a value that its op can sum is summed by that op."""
    (x,) = node.inputs
    name = x.op.sums_over
    if name is None or x.dtype != node.dtype:
        return None
    already = x.params[name]
    remaining = [axis for axis in range(x.ndim + len(already)) if axis not in already]
    axes = (*already, *(remaining[axis] for axis in node.params["axis"]))
    return Node.apply(x.op, x.inputs, {**x.params, name: tuple(sorted(axes))})


SUMS = (sum_on_the_way,)

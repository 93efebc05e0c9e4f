"""Accumulation: the cotangent of a node is the sum of what the users of its value send back.

Read next: reverse.py
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from ..graph import Node, Origin
from ..op import ZERO, Cotangent, Cotangents, constant_scalar, convert, is_choice
from ..op.provenance import adopt
from ..ops.join import refine_shape, with_sizes
from ..types import is_float
from .linearization import Linearization


class Accumulator:
    """Sums of contributions to the cotangents of nodes.

    Args:
        linear: the nodes.
    """

    def __init__(self, linear: Linearization) -> None:
        self._wrt = linear.wrt
        self._sizes = linear.sizes
        self._has_branches = any(map(is_choice, linear.order))

    def __call__(self, node: Node, contributions: Sequence[Any]) -> Cotangents:
        """The sum of what arrived at a node; for a node of several values one of each, ZERO for those nobody used."""
        if node.items is not None:
            return tuple(map(_sum_of_nonzero, zip(*contributions, strict=True)))
        if self._has_branches and (len(contributions) > 1 or node in self._wrt):
            contributions = [self._as_large(g, node) if g.ndim == node.ndim else g for g in contributions]
        total = _as_typed(reduce(add, contributions), node)
        if total is not contributions[0]:
            adopt(total, set(contributions).__contains__, node.lines, Origin("sum of contributions", node))
        return total

    def _as_large(self, g: Node, node: Node) -> Node:
        """A contribution, declared to be as large as the node where that is not seen.

        A branch not taken sends back zeros as large as its value would be; if sizes do not fit there, that is another
        size than that of what gets them.
        """
        sizes = self._sizes(node)
        made = with_sizes(g, sizes, self._sizes, "a gradient is as large as its value")
        if made is not g:
            adopt(made, {g, *sizes}.__contains__, node.lines, Origin("as large as its value", node))
        return made


def _sum_of_nonzero(parts: Sequence[Cotangent]) -> Cotangent:
    nodes = [part for part in parts if isinstance(part, Node)]
    return reduce(add, nodes) if nodes else ZERO


def _as_typed(total: Node, node: Node) -> Node:
    """A cotangent in its node's own float dtype and rank, and with its known sizes."""
    if is_float(node.dtype) and total.dtype != node.dtype:
        total = convert(total, node.dtype)
    if total.ndim > node.ndim and constant_scalar(node) is not None:
        # Literals stand unstretched in elementwise formulas.
        total = total.sum()
    if total.ndim == node.ndim:
        # A pullback may know less than the node: of x[:, None] @ y the rows of y, of which there must be one.
        total = refine_shape(total, node.type.shape)
    return total

"""Ranges of values: between which numbers all elements of a node lie, and operations that leave them as they are.

Interval arithmetic over what ops declare (``Op.bounds``, ``Op.nonnegative_if``): a probability is
never negative, so its absolute value is the probability, and a limit to [0, 1] does not limit it.

Source: R. Moore, "Interval Analysis", 1966.

Read next: movement.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ...graph import Node
from ...op import Constant
from ...ops.arithmetic import abs_, add, clip, maximum, minimum, mul, power, sqr, sub, true_div
from ...syntax import Operation
from ..core.predicates import literal_value

EVERYTHING = (-math.inf, math.inf)

# Formulas are looked into no deeper than this.
_DEEPEST = 12

_LIMITS = {0, 1, -math.inf, math.inf}

# What changes nothing on the right of an op, on either side of a commutative one.
_NEUTRAL: Mapping[Operation, int] = {add: 0, sub: 0, mul: 1, true_div: 1}


class Ranges:
    """The bounds of nodes, as far as their formulas tell.

    Args:
        best: the best form of a node.
        sources: the nodes whose elements are those of a node, moved; None for one that computes.
    """

    def __init__(self, best: Callable[[Node], Node], sources: Callable[[Node], Sequence[Node] | None]) -> None:
        self._best = best
        self._sources = sources

    def is_nonnegative(self, node: Node, depth: int = _DEEPEST) -> bool:
        """True if no element of a node is negative, as far as its formula tells."""
        return self.bounds(node, depth)[0] >= 0

    def bounds(self, node: Node, depth: int = _DEEPEST) -> tuple[float, float]:
        """Two numbers between which the elements of a node lie, as far as its formula tells."""
        node = self._best(node)
        number = literal_value(node)
        if number is not None:
            return number, number
        if node.dtype == "bool":
            return 0, 1
        if isinstance(node, Constant) and node.value.size:
            return float(node.value.min()), float(node.value.max())
        if node.items is not None or not depth:
            return EVERYTHING
        moved = self._sources(node)
        if moved is not None:
            every = [self.bounds(source, depth - 1) for source in moved]
            return min(low for low, _ in every), max(high for _, high in every)
        if node.op in (add, sub, maximum, minimum, mul, sqr, power):
            found = self._of_arithmetic(node, depth - 1)
            if found is not None:
                return found
        needed = node.op.nonnegative_if
        if needed and all(self.is_nonnegative(node.inputs[k], depth - 1) for k in needed):
            return 0, math.inf
        return node.op.bounds

    def _of_arithmetic(self, node: Node, depth: int) -> tuple[float, float] | None:
        """The bounds of sums, differences, choices, and of products and powers of what is never negative."""
        (low, high), *others = [self.bounds(source, depth) for source in node.inputs]
        less, more = others[0] if others else (low, high)
        if node.op is add:
            return low + less, high + more
        if node.op is sub:
            return low - more, high - less
        if node.op is maximum:
            return max(low, less), max(high, more)
        if node.op is minimum:
            return min(low, less), min(high, more)
        if low < 0 or less < 0:
            return None
        if node.op is power:
            # Between 0 and 1 it stays there; beyond, nobody asks.
            return (0, 1) if high <= 1 else None
        return 0, high * more if high and more else math.inf

    def unchanged(self, node: Node) -> Node | None:
        """The operand that a node equals, such as p of abs(p), clip(p, 0, 1) and p + 0, or None."""
        if node.op is abs_:
            return node.inputs[0] if self.is_nonnegative(node.inputs[0]) else None
        if node.op is clip:
            least, most = (literal_value(limit) for limit in node.inputs[1:])
            return node.inputs[0] if self._lies_in(node.inputs[0], least, most) else None
        if node.op not in _NEUTRAL and node.op not in (maximum, minimum):
            return None
        for x, other in (node.inputs, node.inputs[::-1] if node.op.commutative else node.inputs):
            number = literal_value(other)
            if number is not None and x.ndim == node.ndim and self._leaves(node, x, number):
                return x
        return None

    def _leaves(self, node: Node, x: Node, number: float) -> bool:
        """True if an op on x and a number gives x."""
        if node.op is maximum:
            return self._lies_in(x, number, math.inf)
        if node.op is minimum:
            return self._lies_in(x, -math.inf, number)
        return number == _NEUTRAL[node.op]

    def _lies_in(self, node: Node, least: float | None, most: float | None) -> bool:
        """True if a node lies between limits that are each 0, 1 or infinite, as one writes them for probabilities."""
        if least is None or most is None or not {least, most} <= _LIMITS:
            return False
        low, high = self.bounds(node)
        return bool(least <= low and high <= most)

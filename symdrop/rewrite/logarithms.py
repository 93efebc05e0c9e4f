"""Logarithms of formulas: products, quotients, powers and sums of what is never negative, in the log domain.

    log(sum(where(mask, exp(x), 0)) / n)  ->  logsumexp(where(mask, x, -inf)) - log(n)

The logarithm of a product is a sum of logarithms, and the logarithm of a sum a logsumexp.
That is done only on demand: where a stability rule fires for some factor, which otherwise
would round to 0 or overflow before it is multiplied. The same goes for roots, whose slopes
are infinite at a 0 that is none.

Read next: sinking.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..graph import Node
from ..op import Constant, constant_scalar
from ..ops.arithmetic import add, mul, neg, power, reciprocal, sqr, sub, true_div
from ..ops.functions import exp, log, log2, log10, sqrt
from ..ops.reduce import logsumexp, prod, sum_
from ..types import is_float
from .known import as_literal
from .movement import Movements
from .rule import RuleSet

# Formulas are looked into no deeper than this.
_DEEPEST = 12


class Better(NamedTuple):
    """A logarithm for which a stability rule fires, and the name of what fired."""

    node: Node
    because: object


# The better logarithm of a node, or None.
Find = Callable[[Node], Better | None]


class Logarithms:
    """The logarithms of formulas whose parts have better ones.

    Args:
        rules: the stability rules.
        rule_for: the better form of log(p), a node just made, by a rule, or None.
        movements: what only moves elements, and the best forms of nodes.
    """

    def __init__(self, rules: RuleSet, rule_for: Find, movements: Movements) -> None:
        self._wanted = rules.wanted(log.name) | FORMULAS
        self._rule_for = rule_for
        self._movements = movements
        self._found: dict[Node, Better | None] = {}
        self._depth = 0

    def __call__(self, node: Node) -> Better | None:
        """The better form of a node that takes a logarithm or a root."""
        exponent = _exponent(node)
        if exponent is None:
            return None
        operand = self._movements.best(node.inputs[0])
        if node.op is log:
            return self._of_formula(operand)
        if node.op is log2 or node.op is log10:
            found = self._of(operand)
            return found and found._replace(node=mul(found.node, 1 / math.log(2 if node.op is log2 else 10)))
        if not self.is_nonnegative(operand):
            return None
        found = self._of(operand)
        return found and found._replace(node=exp(mul(found.node, exponent)))

    def wanted(self, node: Node) -> frozenset[str]:
        """Names of the ops whose values a node may have better logarithms of."""
        return frozenset() if _exponent(node) is None else self._wanted

    def _of(self, node: Node) -> Better | None:
        """The better logarithm of a node."""
        node = self._movements.best(node)
        if node not in self._found:
            self._found[node] = None
            if self._depth < _DEEPEST and self._movements.is_open(node):
                self._depth += 1
                self._found[node] = self._rule_for(log(node))
                self._depth -= 1
        return self._found[node]

    def _of_formula(self, node: Node) -> Better | None:
        made = _FORMULAS.get(node.op.name)
        return None if made is None or not self._movements.is_open(node) else made(self, node)

    def nonnegative(self, node: Node) -> Better | None:
        """The better logarithm of what is never negative, or None."""
        return self._of(node) if self.is_nonnegative(node) else None

    def is_nonnegative(self, node: Node, depth: int = _DEEPEST) -> bool:
        """True if no element of a node is negative, as far as its formula tells."""
        return self.bounds(node, depth)[0] >= 0

    def bounds(self, node: Node, depth: int = _DEEPEST) -> tuple[float, float]:
        """Between which numbers the elements of a node lie, as far as its formula tells."""
        node = self._movements.best(node)
        number = constant_scalar(as_literal(node))
        if number is not None:
            return number, number
        if node.dtype == "bool":
            return 0, 1
        if isinstance(node, Constant) and node.value.size:
            return float(node.value.min()), float(node.value.max())
        if node.items is not None or not depth:
            return -math.inf, math.inf
        moved = self._movements(node)
        if moved is not None:
            every = [self.bounds(source, depth - 1) for source in moved.sources]
            return min(low for low, _ in every), max(high for _, high in every)
        if node.op is add or node.op is sub:
            (low, high), (less, more) = (self.bounds(source, depth - 1) for source in node.inputs)
            return (low + less, high + more) if node.op is add else (low - more, high - less)
        needed = node.op.nonnegative_if
        if needed and all(self.is_nonnegative(node.inputs[k], depth - 1) for k in needed):
            return 0, math.inf
        return node.op.bounds


def _exponent(node: Node) -> float | None:
    """Of a logarithm 0, of a root its exponent, of all else None."""
    if node.op not in (log, log2, log10, sqrt, power) or not is_float(node.inputs[0].dtype):
        return None
    if node.op is sqrt:
        return 0.5
    if node.op is not power:
        return 0
    exponent = constant_scalar(as_literal(node.inputs[1]))
    return exponent if exponent is not None and 0 < exponent < 1 else None


def _log(found: Better | None, node: Node) -> Node:
    made: Node = log(node) if found is None else found.node
    return made


def _product(logarithms: Logarithms, node: Node) -> Better | None:
    a, b = map(logarithms.nonnegative, node.inputs)
    known = a or b
    return known and known._replace(node=add(_log(a, node.inputs[0]), _log(b, node.inputs[1])))


def _quotient(logarithms: Logarithms, node: Node) -> Better | None:
    a, b = map(logarithms.nonnegative, node.inputs)
    known = a or b
    return known and known._replace(node=sub(_log(a, node.inputs[0]), _log(b, node.inputs[1])))


def _reciprocal(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=neg(found.node))


def _power(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=mul(node.inputs[1], found.node))


def _square(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=mul(found.node, 2))


def _root(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=mul(found.node, 0.5))


def _sum(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=logsumexp(found.node, axis=node.params["axis"]))


def _prod(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=sum_(found.node, axis=node.params["axis"]))


# The logarithm of a formula from those of its parts, by the op that computes it.
_FORMULAS: Mapping[str, Callable[[Logarithms, Node], Better | None]] = {
    mul.name: _product,
    true_div.name: _quotient,
    reciprocal.name: _reciprocal,
    power.name: _power,
    sqr.name: _square,
    sqrt.name: _root,
    sum_.name: _sum,
    prod.name: _prod,
}

FORMULAS = frozenset(_FORMULAS)

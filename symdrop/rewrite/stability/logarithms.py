"""Logarithms of formulas: products, quotients, powers and sums of what is never negative, in the log domain.

    log(sum(where(mask, exp(x), 0)) / n)  ->  logsumexp(where(mask, x, -inf)) - log(n)

The logarithm of a product is a sum of logarithms, and the logarithm of a sum a logsumexp.
That is done only on demand: where a stability rule fires for some factor, which otherwise
would round to 0 or overflow before it is multiplied. The same goes for roots, whose slopes
are infinite at a 0 that is none, and for quotients of two such values, which may be 0 / 0.

Source: P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax
functions", IMA Journal of Numerical Analysis 41(4), 2021.

Read next: sinking.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...graph import Node
from ...ops.arithmetic import add, maximum, minimum, mul, neg, power, reciprocal, sqr, sub, true_div
from ...ops.functions import exp, log, log1p, log2, log10, softplus, sqrt
from ...ops.join import concatenate
from ...ops.reduce import logsumexp, max_, min_, prod, sum_
from ...ops.views import dimshuffle
from ...syntax import Operation
from ...types import is_float
from ..core.predicates import literal_value
from ..core.rewrite_rule import Fired, RewriteRuleSet
from .exponentials import log_of_one_minus_exp
from .movement import Movements
from .ranges import EVERYTHING

# What takes a logarithm or a root; and all of which that may have a better form by logarithms.
_TAKING = frozenset((log, log2, log10, sqrt, power))
LOGARITHMIC = _TAKING | {mul, true_div, log1p}

# Formulas are looked into no deeper than this.
_DEEPEST = 12


class Better(NamedTuple):
    """A logarithm for which a stability rule fires, and what fired."""

    node: Node
    because: Fired

    @property
    def leaves_range(self) -> bool:
        """True if the rule is about a function, such as exp or softmax, whose values may overflow or round to 0."""
        pattern = self.because.rule.pattern
        return pattern is not None and any(op.bounds != EVERYTHING for op in pattern.interior_ops())


# The better logarithm of a node, or None.
Find = Callable[[Node], Better | None]


class Logarithms:
    """The logarithms of formulas whose parts have better ones.

    Args:
        rules: the stability rules.
        better_form: that of log(p), a node just made, by a rewrite rule, or None.
        movements: what only moves elements, and the best forms of nodes.
    """

    def __init__(self, rules: RewriteRuleSet, better_form: Find, movements: Movements) -> None:
        self._wanted = rules.wanted(log) | FORMULAS
        self._better_form = better_form
        self._movements = movements
        self._ranges = movements.ranges
        self._found: dict[Node, Better | None] = {}
        self._inverse: dict[Node, bool] = {}
        self._depth = 0

    def __call__(self, node: Node) -> Better | None:
        """The better form of a node that takes a logarithm or a root, or of a quotient or product."""
        if node.op is mul or node.op is true_div:
            return self._in_range(node)
        if node.op is log1p:
            return self._of_one_plus(self._movements.best(node.inputs[0]))
        exponent = _exponent(node)
        if exponent is None:
            return None
        operand = self._movements.best(node.inputs[0])
        if node.op is log:
            return self._of_formula(operand)
        if node.op is log2 or node.op is log10:
            found = self._of(operand)
            return found and found._replace(node=mul(found.node, 1 / math.log(2 if node.op is log2 else 10)))
        if not self._ranges.is_nonnegative(operand):
            return None
        found = self._of(operand)
        return found and found._replace(node=exp(mul(found.node, exponent)))

    def _in_range(self, node: Node) -> Better | None:
        """a / b or a * (1 / b), of which both may overflow or be 0, as exp(log(a) - log(b))."""
        if not is_float(node.dtype) or (node.op is mul and not any(map(self._is_inverse, node.inputs))):
            return None
        made: list[Better] = []
        for one in node.inputs:
            found = self.nonnegative(one)
            if found is None or not found.leaves_range:
                return None
            made.append(found)
        return made[0]._replace(node=exp((sub if node.op is true_div else add)(*(found.node for found in made))))

    def _is_inverse(self, node: Node) -> bool:
        """True if a node is 1 / b, moved or not."""
        node, inverse = self._movements.best(node), self._inverse
        for one in self._movements.below(node, inverse.__contains__):
            moved = self._movements(one)
            if moved is not None:
                inverse[one] = all(inverse[source] for source in moved.sources)
            else:
                inverse[one] = one.op is reciprocal or (one.op is true_div and literal_value(one.inputs[0]) is not None)
        return inverse[node]

    def _of_one_plus(self, node: Node) -> Better | None:
        """log1p(a), where a may overflow, as softplus(log(a))."""
        if node.op is neg and self._movements.is_open(node):
            return self._of_complement(self._movements.best(node.inputs[0]))
        found = self.nonnegative(node) if self._ranges.bounds(node)[1] == math.inf else None
        return found and found._replace(node=softplus(found.node))

    def _of_complement(self, node: Node) -> Better | None:
        """log(1 - a), where a is a probability with a logarithm of its own, which is precise where a is near 1."""
        low, high = self._ranges.bounds(node)
        # Of what is moved the complement is looked for at its sources, where it may have a rule of its own.
        probable = low >= 0 and high <= 1 and self._movements(node) is None
        found = self._of(node) if probable else None
        made = log_of_one_minus_exp.build(found.node) if found and found.leaves_range else None
        return None if found is None or made is None else Better(made, found.because)

    def wanted(self, node: Node) -> frozenset[Operation]:
        """The ops whose values a node may have better logarithms of."""
        return frozenset() if _exponent(node) is None else self._wanted

    def _of(self, node: Node) -> Better | None:
        """The better logarithm of a node."""
        node = self._movements.best(node)
        if node not in self._found:
            self._found[node] = None
            if self._depth < _DEEPEST and self._movements.is_open(node):
                self._depth += 1
                self._found[node] = self._better_form(log(node))
                self._depth -= 1
        return self._found[node]

    def _of_formula(self, node: Node) -> Better | None:
        made = _FORMULAS.get(node.op)
        return None if made is None or not self._movements.is_open(node) else made(self, node)

    def nonnegative(self, node: Node) -> Better | None:
        """The better logarithm of what is never negative, or None."""
        return self._of(node) if self._ranges.is_nonnegative(node) else None

    def highest(self, node: Node) -> float:
        """The number that no element of a node exceeds, as far as its formula tells."""
        return self._ranges.bounds(node)[1]


def _exponent(node: Node) -> float | None:
    """Of a logarithm 0, of a root its exponent, of all else None."""
    if node.op not in _TAKING or not is_float(node.inputs[0].dtype):
        return None
    if node.op is sqrt:
        return 0.5
    if node.op is not power:
        return 0
    exponent = literal_value(node.inputs[1])
    return exponent if exponent is not None and 0 < exponent < 1 else None


def _log(found: Better | None, node: Node) -> Node:
    return log(node) if found is None else found.node


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


def _added(logarithms: Logarithms, node: Node) -> Better | None:
    a, b = map(logarithms.nonnegative, node.inputs)
    if a and b:
        pair = [dimshuffle(one.node, pattern=(*range(node.ndim), "x")) for one in (a, b)]
        return a._replace(node=logsumexp(concatenate(*pair, axis=node.ndim), axis=(node.ndim,)))
    for found, (source, other) in ((a, node.inputs), (b, node.inputs[::-1])):
        number = literal_value(other)
        # What is added to a probability is added on purpose, lest the logarithm be too large.
        if found and number is not None and number > 0 and logarithms.highest(source) == math.inf:
            return found._replace(node=add(softplus(sub(found.node, math.log(number))), math.log(number)))
    return None


def _largest(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=Node.apply(node.op, [found.node], node.params))


def _chosen(logarithms: Logarithms, node: Node) -> Better | None:
    a, b = map(logarithms.nonnegative, node.inputs)
    return a._replace(node=Node.apply(node.op, [a.node, b.node], node.params)) if a and b else None


def _prod(logarithms: Logarithms, node: Node) -> Better | None:
    found = logarithms.nonnegative(node.inputs[0])
    return found and found._replace(node=sum_(found.node, axis=node.params["axis"]))


# The logarithm of a formula from those of its parts, by the op that computes it.
_FORMULAS: Mapping[Operation, Callable[[Logarithms, Node], Better | None]] = {
    mul: _product,
    true_div: _quotient,
    reciprocal: _reciprocal,
    power: _power,
    sqr: _square,
    sqrt: _root,
    sum_: _sum,
    prod: _prod,
    add: _added,
    max_: _largest,
    min_: _largest,
    maximum: _chosen,
    minimum: _chosen,
}

FORMULAS = frozenset(_FORMULAS)

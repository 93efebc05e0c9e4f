"""Identities that make a graph smaller without changing any value, NaN and infinity included.

``x * 0`` is not among them (0 * inf is NaN); see zeros.py for zeros that mean "nothing".

Read next: scattered.py
"""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..op import Sizes, constant_scalar
from ..ops.arithmetic import add, mul, neg, power, sqr, sub, true_div
from ..ops.functions import sqrt
from ..ops.logic import cast, invert, where
from ..types import is_float
from .known import LITERAL, as_literal, full, widens
from .pattern import Variable
from .rule import node_rule, rule

x, a, b, c = Variable("x"), Variable("a"), Variable("b"), Variable("c")


@rule(add(x, 0))
def plus_zero(x: Node) -> Any:
    """x + 0 = x."""
    return x


@rule(sub(x, 0))
def minus_zero(x: Node) -> Any:
    """x - 0 = x."""
    return x


@rule(mul(x, 1))
def times_one(x: Node) -> Any:
    """x * 1 = x."""
    return x


@rule(true_div(x, 1))
def over_one(x: Node) -> Any:
    """x / 1 = x."""
    return x


@rule(power(x, 1))
def to_the_one(x: Node) -> Any:
    """x ** 1 = x."""
    return x


@rule(power(x, 2))
def to_the_two(x: Node) -> Any:
    """x ** 2 = sqr(x)."""
    return sqr(x)


@rule(power(x, 0.5))
def to_the_half(x: Node) -> Any:
    """x ** 0.5 = sqrt(x)."""
    return sqrt(x) if is_float(x.dtype) else None


@rule(mul(x, x))
def times_itself(x: Node) -> Any:
    """x * x = sqr(x)."""
    return sqr(x)


@rule(neg(neg(x)))
def minus_minus(x: Node) -> Any:
    """-(-x) = x."""
    return x


@rule(neg(sub(a, b)))
def minus_difference(a: Node, b: Node) -> Any:
    """-(a - b) = b - a."""
    return b - a


@rule(add(a, neg(b)))
def plus_minus(a: Node, b: Node) -> Any:
    """a + -b = a - b."""
    return a - b


@rule(sub(a, neg(b)))
def minus_negative(a: Node, b: Node) -> Any:
    """a - -b = a + b."""
    return a + b


@rule(mul(neg(a), neg(b)))
def minus_times_minus(a: Node, b: Node) -> Any:
    """-a * -b = a * b."""
    return a * b


@rule(invert(invert(x)))
def not_not(x: Node) -> Any:
    """~~x = x."""
    return x


@rule(where(c, a, a))
def either_way(c: Node, a: Node) -> Any:
    """where(c, a, a) = a."""
    return a


@node_rule("where", some_input=LITERAL)
def chosen_branch(node: Node, sizes: Sizes) -> Node | None:
    """A choice by a constant condition is the branch it chooses."""
    condition, first, second = node.inputs
    truth = constant_scalar(as_literal(condition))
    if truth is None:
        return None
    return full(first if truth else second, node, sizes)


@node_rule("cast")
def cast_of_cast(node: Node, sizes: Sizes) -> Node | None:
    """A conversion to the dtype a value has is no conversion; widening first changes nothing."""
    (source,) = node.inputs
    if source.dtype == node.dtype:
        return source
    if source.op.name == "cast" and widens(source.inputs[0].dtype, source.dtype):
        made: Node = cast(source.inputs[0], dtype=node.dtype)
        return made
    return None


@node_rule("identity")
def identity_of(node: Node, sizes: Sizes) -> Node | None:
    """A value under another name is the value."""
    return node.inputs[0]


@node_rule("sum", "max", "min", "prod", "any", "all")
def reduce_nothing(node: Node, sizes: Sizes) -> Node | None:
    """A reduction over no axis is no reduction."""
    return node.inputs[0] if node.params["axis"] == () and node.inputs[0].dtype == node.dtype else None


ALGEBRA = (
    identity_of,
    chosen_branch,
    either_way,
    cast_of_cast,
    plus_zero,
    minus_zero,
    times_one,
    over_one,
    to_the_one,
    to_the_two,
    to_the_half,
    times_itself,
    minus_minus,
    minus_difference,
    plus_minus,
    minus_negative,
    minus_times_minus,
    not_not,
    reduce_nothing,
)

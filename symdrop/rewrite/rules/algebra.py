"""Algebraic simplification: identities that change no value, NaN, infinity and the sign of zero included.

``x + 0.0`` and ``-(a - b)`` stay as they are, because -0.0 + 0.0 is 0.0, and -(a - a) is -0.0.
``x * 0`` is not among them either (0 * inf is NaN); see structural_zeros.py for zeros that mean "no dependence".

Source: algebraic identities and peephole optimisation, A. Aho, M. Lam, R. Sethi and J. Ullman,
"Compilers", 2nd ed., 2006, section 8.5.4 and 8.7.

Read next: sparse_updates.py
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Node
from ...op import Sizes
from ...ops.arithmetic import add, mul, neg, power, sqr, sub, true_div
from ...ops.barriers import disconnected_grad, grad_clip, gradient_from, reparameterized, tracked, zero_grad
from ...ops.functions import sqrt
from ...ops.logic import cast, identity, invert, where
from ...ops.reduce import all_, any_, max_, min_, prod, sum_
from ...syntax import Operation
from ...types import is_float
from ..core.pattern import Variable
from ..core.predicates import full, literal_value, may_be_literal, widens
from ..core.rewrite_rule import node_rewrite_rule, rewrite_rule

x, a, b, c = Variable("x"), Variable("a"), Variable("b"), Variable("c")


@node_rewrite_rule(add, some_input=may_be_literal)
def plus_zero(node: Node, sizes: Sizes) -> Node | None:
    """x + 0 = x of integers; of floats x + -0.0 = x alone, because -0.0 + 0.0 is 0.0."""
    for zero, other in (node.inputs, node.inputs[::-1]):
        if _is_zero(zero, negative=True) and other.ndim == node.ndim:
            return other
    return None


@node_rewrite_rule(sub, some_input=may_be_literal)
def minus_zero(node: Node, sizes: Sizes) -> Node | None:
    """x - 0 = x, but not x - -0.0."""
    x, zero = node.inputs
    return x if _is_zero(zero, negative=False) and x.ndim == node.ndim else None


def _is_zero(node: Node, negative: bool) -> bool:
    """True if a node is the literal 0; of floats, the one of that sign."""
    number = literal_value(node)
    if number is None or number != 0:
        return False
    return not is_float(node.dtype) or (math.copysign(1, number) < 0) is negative


@rewrite_rule(mul(x, 1))
def times_one(x: Node) -> Any:
    """x * 1 = x."""
    return x


@rewrite_rule(true_div(x, 1))
def over_one(x: Node) -> Any:
    """x / 1 = x."""
    return x


@rewrite_rule(power(x, 1))
def to_the_one(x: Node) -> Any:
    """x ** 1 = x."""
    return x


@rewrite_rule(power(x, 2))
def to_the_two(x: Node) -> Any:
    """x ** 2 = sqr(x)."""
    return sqr(x)


@rewrite_rule(power(x, 0.5))
def to_the_half(x: Node) -> Any:
    """x ** 0.5 = sqrt(x), as NumPy has it: -0.0 at -0.0, NaN at -inf."""
    return sqrt(x) if is_float(x.dtype) else None


@rewrite_rule(mul(x, x))
def times_itself(x: Node) -> Any:
    """x * x = sqr(x)."""
    return sqr(x)


@rewrite_rule(neg(neg(x)))
def minus_minus(x: Node) -> Any:
    """-(-x) = x."""
    return x


@rewrite_rule(add(a, neg(b)))
def plus_minus(a: Node, b: Node) -> Any:
    """a + -b = a - b."""
    return a - b


@rewrite_rule(sub(a, neg(b)))
def minus_negative(a: Node, b: Node) -> Any:
    """a - -b = a + b."""
    return a + b


@rewrite_rule(mul(neg(a), neg(b)))
def minus_times_minus(a: Node, b: Node) -> Any:
    """-a * -b = a * b."""
    return a * b


@rewrite_rule(invert(invert(x)))
def not_not(x: Node) -> Any:
    """~~x = x."""
    return x


@rewrite_rule(where(c, a, a))
def same_branches(c: Node, a: Node) -> Any:
    """where(c, a, a) = a."""
    return a


@node_rewrite_rule(where, some_input=may_be_literal)
def chosen_branch(node: Node, sizes: Sizes) -> Node | None:
    """A choice by a constant condition is the branch it chooses."""
    condition, first, second = node.inputs
    truth = literal_value(condition)
    if truth is None:
        return None
    return full(first if truth else second, node, sizes)


@node_rewrite_rule(cast)
def cast_of_cast(node: Node, sizes: Sizes) -> Node | None:
    """A conversion to the dtype a value has is no conversion; widening first changes nothing."""
    (source,) = node.inputs
    if source.dtype == node.dtype:
        return source
    if source.op is cast and widens(source.inputs[0].dtype, source.dtype):
        return cast(source.inputs[0], dtype=node.dtype)
    return None


@node_rewrite_rule(identity, disconnected_grad, zero_grad, grad_clip, gradient_from, reparameterized, tracked)
def identity_of(node: Node, sizes: Sizes) -> Node | None:
    """A value under another name, with another gradient (these are taken by now), or naming a state, is the value."""
    return node.inputs[0]


@node_rewrite_rule(sum_, max_, min_, prod, any_, all_)
def reduce_over_no_axis(node: Node, sizes: Sizes) -> Node | None:
    """A reduction over no axis is no reduction."""
    return node.inputs[0] if node.params["axis"] == () and node.inputs[0].dtype == node.dtype else None


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


ALGEBRA = (
    identity_of,
    chosen_branch,
    same_branches,
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
    plus_minus,
    minus_negative,
    minus_times_minus,
    not_not,
    reduce_over_no_axis,
    sum_on_the_way,
)

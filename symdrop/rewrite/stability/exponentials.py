"""Stability rules about exponentials under a logarithm, which overflow or underflow before it is taken.

    log(expm1(x))  ->  x + log(1 - exp(-x))

Where a rule has one formula for small and one for large numbers, each is given numbers at which
it is precise: what is not chosen must not make a gradient NaN.

Source: M. Maechler, "Accurately computing log(1 - exp(-|a|))", 2012.

Read next: numerical_stability.py
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Node
from ...op import Elementwise
from ...ops.arithmetic import add, maximum, minimum, mul, neg, sub, true_div
from ...ops.creation import arange
from ...ops.functions import arctanh, cosh, exp, exp2, expm1, log, log1p, sigmoid, sinh, softplus, tanh
from ...ops.logic import eq, where
from ...ops.nnet import log_softmax, softmax
from ...ops.reduce import along, argmax, logsumexp, sum_
from ...ops.views import dimshuffle, reshape
from ..core.pattern import Stretched, Variable
from ..core.predicates import literal_value
from ..core.rewrite_rule import rewrite_rule

x, a = Variable("x"), Variable("a")
axis = Variable("axis")

# exp(x) is 1/2 here: 1 - exp(x) cancels above, and log(-expm1(x)) is 0 far below.
HALF = -math.log(2)

# softplus(x) is exp(x) in every digit below.
_FAR_BELOW = -40.0


def _is_limited(x: Node, op: Elementwise) -> bool:
    """True if a node is limited by a number already: by the very rule that asks."""
    return x.op is op and any(literal_value(bound) is not None for bound in x.inputs)


def softmax_over(a: Node, axis: tuple[int, ...]) -> Node:
    """The softmax over some axes, which are moved to the end for it."""
    if axis == (a.ndim - 1,):
        return softmax(a)
    order = (*(k for k in range(a.ndim) if k not in axis), *axis)
    last = dimshuffle(a, pattern=order)
    rows = softmax(reshape(last, *last.shape[: a.ndim - len(axis)], -1) if len(axis) > 1 else last)
    made = reshape(rows, *last.shape) if len(axis) > 1 else rows
    return dimshuffle(made, pattern=tuple(order.index(k) for k in range(a.ndim)))


@rewrite_rule(true_div(exp(a), Stretched(sum_(exp(a), axis=axis))))
def softmax_written_out(a: Node, axis: tuple[int, ...]) -> Any:
    """exp(x) / sum(exp(x)) is softmax, which does not overflow."""
    return softmax_over(a, axis) if axis else None


@rewrite_rule(exp(neg(softplus(x))))
def exp_of_log_sigmoid(x: Node) -> Any:
    """exp(-softplus(x)) = sigmoid(-x), whose complement has rules."""
    return sigmoid(-x)


@rewrite_rule(log(exp2(x)))
def log_of_exp2(x: Node) -> Any:
    """log(2**x) = x log(2)."""
    return x * math.log(2)


@rewrite_rule(log(softplus(x)))
def log_of_softplus(x: Node) -> Any:
    """log(softplus(x)) is x where softplus(x) is exp(x), which underflows."""
    if _is_limited(x, maximum):
        return None
    return where(x < _FAR_BELOW, x, log(softplus(maximum(x, _FAR_BELOW))))


@rewrite_rule(log(expm1(x)))
def log_of_expm1(x: Node) -> Any:
    """log(expm1(x)) = x + log(1 - exp(-x)), the inverse of softplus, which does not overflow."""
    return x + log(1 - exp(-x))


@rewrite_rule(log(sub(1, exp(x))))
def log_of_one_minus_exp(x: Node) -> Any:
    """log(1 - exp(x)) is precise where exp(x) is near 1 and where it is near 0."""
    near = log(-expm1(maximum(x, HALF)))
    return where(x > HALF, near, log1p(-exp(minimum(x, HALF))))


@rewrite_rule(log(neg(expm1(x))))
def log_of_minus_expm1(x: Node) -> Any:
    """log(-expm1(x)) = log(1 - exp(x))."""
    return None if _is_limited(x, maximum) else log_of_one_minus_exp.build(x)


@rewrite_rule(log1p(neg(exp(x))))
def log1p_of_minus_exp(x: Node) -> Any:
    """log1p(-exp(x)) = log(1 - exp(x))."""
    return None if _is_limited(x, minimum) else log_of_one_minus_exp.build(x)


@rewrite_rule(log(sub(1, softmax(x))))
def log_of_one_minus_softmax(x: Node) -> Any:
    """log(1 - softmax(x)): the others' share, which rounds to 0 for the largest element unless they are summed."""
    classes = arange(0, x.shape[-1], 1, dtype="int64")
    top = eq(along(x, argmax(x, axis=(x.ndim - 1,)), (x.ndim - 1,)), classes)
    others = logsumexp(where(top, float("-inf"), x), axis=(x.ndim - 1,)) - logsumexp(x, axis=(x.ndim - 1,))
    # No other element has more than half.
    small = minimum(where(top, float("-inf"), log_softmax(x)), HALF)
    return where(top, along(x, others, (x.ndim - 1,)), log1p(-exp(small)))


@rewrite_rule(log1p(neg(softmax(x))))
def log1p_of_minus_softmax(x: Node) -> Any:
    """log1p(-softmax(x)) = log(1 - softmax(x))."""
    return log_of_one_minus_softmax.build(x)


@rewrite_rule(log(sub(1, exp(log_softmax(x)))))
def log_of_one_minus_exp_of_log_softmax(x: Node) -> Any:
    """log(1 - exp(log_softmax(x))) = log(1 - softmax(x))."""
    return log_of_one_minus_softmax.build(x)


@rewrite_rule(log1p(neg(exp(log_softmax(x)))))
def log1p_of_minus_exp_of_log_softmax(x: Node) -> Any:
    """The same, by log1p."""
    return log_of_one_minus_softmax.build(x)


@rewrite_rule(log(sub(1, exp(sub(a, Stretched(logsumexp(a, axis=axis)))))))
def log_of_one_minus_normalised_exp(a: Node, axis: tuple[int, ...]) -> Any:
    """log(1 - exp(x - logsumexp(x))) = log(1 - softmax(x))."""
    return log(1 - softmax_over(a, axis)) if axis else None


@rewrite_rule(log1p(neg(exp(sub(a, Stretched(logsumexp(a, axis=axis)))))))
def log1p_of_minus_normalised_exp(a: Node, axis: tuple[int, ...]) -> Any:
    """The same, by log1p."""
    return log(1 - softmax_over(a, axis)) if axis else None


@rewrite_rule(log(cosh(x)))
def log_of_cosh(x: Node) -> Any:
    """log(cosh(x)) = |x| + softplus(-2 |x|) - log(2), with the derivatives of both sides at 0."""
    return where(x < 0, softplus(2 * x) - x, softplus(-2 * x) + x) - math.log(2)


@rewrite_rule(log(sinh(x)))
def log_of_sinh(x: Node) -> Any:
    """log(sinh(x)) = x + log(1 - exp(-2 x)) - log(2)."""
    return x + log(1 - exp(-2 * x)) - math.log(2)


@rewrite_rule(true_div(sub(exp(x), exp(neg(x))), add(exp(x), exp(neg(x)))))
def tanh_written_out(x: Node) -> Any:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)) = tanh(x)."""
    return tanh(x)


@rewrite_rule(true_div(expm1(x), add(1, exp(x))))
def tanh_from_exp(x: Node) -> Any:
    """(exp(x) - 1) / (exp(x) + 1) = tanh(x / 2)."""
    return tanh(0.5 * x)


@rewrite_rule(true_div(sub(1, exp(x)), add(1, exp(x))))
def minus_tanh_from_exp(x: Node) -> Any:
    """(1 - exp(x)) / (1 + exp(x)) = -tanh(x / 2)."""
    return tanh(-0.5 * x)


@rewrite_rule(arctanh(tanh(x)))
def arctanh_of_tanh(x: Node) -> Any:
    """arctanh undoes tanh, also where that rounds to 1."""
    return x


@rewrite_rule(mul(0.5, add(1, tanh(x))))
def sigmoid_from_tanh(x: Node) -> Any:
    """(1 + tanh(x)) / 2 = sigmoid(2 x), which keeps the digits of small values."""
    return sigmoid(2 * x)


@rewrite_rule(true_div(add(1, tanh(x)), 2))
def sigmoid_from_tanh_over_two(x: Node) -> Any:
    """The same, written as a quotient."""
    return sigmoid(2 * x)


@rewrite_rule(add(0.5, mul(0.5, tanh(x))))
def sigmoid_from_half_tanh(x: Node) -> Any:
    """The same, written as a sum."""
    return sigmoid(2 * x)


EXPONENTIALS = (
    softmax_written_out,
    exp_of_log_sigmoid,
    log_of_exp2,
    log_of_softplus,
    log_of_expm1,
    log_of_one_minus_softmax,
    log1p_of_minus_softmax,
    log_of_one_minus_exp_of_log_softmax,
    log1p_of_minus_exp_of_log_softmax,
    log_of_one_minus_normalised_exp,
    log1p_of_minus_normalised_exp,
    log_of_one_minus_exp,
    log_of_minus_expm1,
    log1p_of_minus_exp,
    log_of_cosh,
    log_of_sinh,
    tanh_written_out,
    tanh_from_exp,
    minus_tanh_from_exp,
    arctanh_of_tanh,
    sigmoid_from_tanh,
    sigmoid_from_tanh_over_two,
    sigmoid_from_half_tanh,
)

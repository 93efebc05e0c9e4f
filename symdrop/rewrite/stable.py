"""Rules that keep results finite and precise: part of the meaning, not of the speed.

``log(softmax(x))`` written out overflows at x = 1000; what the user means does not. Every
rule gives the value of its left side wherever that is computed precisely, and a better
one elsewhere. ``sd.grad`` follows them as well, so gradients are as stable as values.

Read next: algebra.py
"""

from __future__ import annotations

from typing import Any

from ..graph import Node
from ..ops.arithmetic import add, mul, neg, reciprocal, sub, true_div
from ..ops.functions import exp, expm1, log, log1p, sigmoid, softplus
from ..ops.nnet import log_softmax, softmax
from ..ops.reduce import logsumexp, sum_
from ..ops.views import dimshuffle, reshape
from .pattern import Stretched, Variable
from .rule import rule

x, a, b = Variable("x"), Variable("a"), Variable("b")
axis = Variable("axis")


@rule(log(exp(x)))
def log_of_exp(x: Node) -> Node:
    """The logarithm undoes the exponential, also where that overflows."""
    return x


@rule(log(softmax(x)))
def log_of_softmax(x: Node) -> Any:
    """log(softmax(x)) without forming probabilities that round to 0."""
    return log_softmax(x)


@rule(true_div(exp(a), Stretched(sum_(exp(a), axis=axis))))
def softmax_written_out(a: Node, axis: tuple[int, ...]) -> Any:
    """exp(x) / sum(exp(x)) is softmax, which does not overflow, with the axes of the sum moved to the end."""
    if not axis:
        return None
    if axis == (a.ndim - 1,):
        return softmax(a)
    order = (*(k for k in range(a.ndim) if k not in axis), *axis)
    last = dimshuffle(a, pattern=order)
    rows = softmax(reshape(last, *last.shape[: a.ndim - len(axis)], -1) if len(axis) > 1 else last)
    made = reshape(rows, *last.shape) if len(axis) > 1 else rows
    return dimshuffle(made, pattern=tuple(order.index(k) for k in range(a.ndim)))


@rule(log(sum_(exp(x), axis=axis)))
def log_of_sum_of_exp(x: Node, axis: tuple[int, ...]) -> Any:
    """log(sum(exp(x))) is logsumexp, which subtracts the maximum first."""
    return logsumexp(x, axis=axis)


@rule(log(sigmoid(x)))
def log_of_sigmoid(x: Node) -> Any:
    """log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-x)


@rule(log(sub(1, sigmoid(x))))
def log_of_one_minus_sigmoid(x: Node) -> Any:
    """log(1 - sigmoid(x)) = -softplus(x)."""
    return -softplus(x)


@rule(log1p(neg(sigmoid(x))))
def log1p_of_minus_sigmoid(x: Node) -> Any:
    """log(1 - sigmoid(x)) = -softplus(x)."""
    return -softplus(x)


@rule(log(add(1, exp(x))))
def log_of_one_plus_exp(x: Node) -> Any:
    """log(1 + exp(x)) = softplus(x)."""
    return softplus(x)


@rule(log1p(exp(x)))
def log1p_of_exp(x: Node) -> Any:
    """log1p(exp(x)) = softplus(x)."""
    return softplus(x)


@rule(log(add(1, x)))
def log_of_one_plus(x: Node) -> Any:
    """log(1 + x) = log1p(x), precise near 0."""
    return log1p(x)


@rule(log(sub(1, x)))
def log_of_one_minus(x: Node) -> Any:
    """log(1 - x) = log1p(-x), precise near 0."""
    return log1p(-x)


@rule(sub(exp(x), 1))
def exp_minus_one(x: Node) -> Any:
    """exp(x) - 1 = expm1(x), precise near 0."""
    return expm1(x)


@rule(true_div(exp(x), add(1, exp(x))))
def sigmoid_from_exp(x: Node) -> Any:
    """exp(x) / (1 + exp(x)) = sigmoid(x)."""
    return sigmoid(x)


@rule(true_div(1, add(1, exp(x))))
def sigmoid_written_out(x: Node) -> Any:
    """1 / (1 + exp(x)) = sigmoid(-x)."""
    return sigmoid(-x)


@rule(reciprocal(add(1, exp(x))))
def sigmoid_as_reciprocal(x: Node) -> Any:
    """The reciprocal of 1 + exp(x) = sigmoid(-x)."""
    return sigmoid(-x)


@rule(mul(-1, x))
def minus_one_times(x: Node) -> Any:
    """-1 * x = -x, so that the rules about -x apply."""
    return -x


STABLE = (
    log_of_softmax,
    log_of_sigmoid,
    log_of_one_minus_sigmoid,
    log_of_one_plus_exp,
    log_of_sum_of_exp,
    log_of_exp,
    log_of_one_plus,
    log_of_one_minus,
    log1p_of_exp,
    log1p_of_minus_sigmoid,
    softmax_written_out,
    sigmoid_written_out,
    sigmoid_from_exp,
    sigmoid_as_reciprocal,
    exp_minus_one,
    minus_one_times,
)

"""Numerical stability: rules that keep results finite and precise, part of the meaning and not of the speed.

``log(softmax(x))`` written out overflows at x = 1000; what the user means does not. Every
rule gives the value of its left side wherever that is computed precisely, and a better
one elsewhere. ``sd.grad`` follows them as well, so gradients are as stable as values.

Read next: logarithms.py
"""

from __future__ import annotations

import math
from typing import Any

from ...graph import Node
from ...op import Sizes
from ...ops.arithmetic import add, mul, neg, power, reciprocal, sqr, sub, true_div
from ...ops.functions import exp, expm1, log, log1p, sigmoid, softplus, tanh
from ...ops.indexing import subtensor
from ...ops.logic import eq, where
from ...ops.nnet import log_softmax, softmax
from ...ops.reduce import logsumexp, sum_
from ...ops.views import dimshuffle, reshape
from ..core.pattern import Variable
from ..core.rewrite_rule import node_rewrite_rule, rewrite_rule
from .exponentials import EXPONENTIALS

x, a = Variable("x"), Variable("a")
axis = Variable("axis")


@rewrite_rule(log(exp(x)))
def log_of_exp(x: Node) -> Node:
    """The logarithm undoes the exponential, also where that overflows."""
    return x


@rewrite_rule(log(softmax(x)))
def log_of_softmax(x: Node) -> Any:
    """log(softmax(x)) without forming probabilities that round to 0."""
    return log_softmax(x)


@rewrite_rule(log(sum_(exp(x), axis=axis)))
def log_of_sum_of_exp(x: Node, axis: tuple[int, ...]) -> Any:
    """log(sum(exp(x))) is logsumexp, which subtracts the maximum first."""
    return logsumexp(x, axis=axis)


@rewrite_rule(log(sigmoid(x)))
def log_of_sigmoid(x: Node) -> Any:
    """log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-x)


@rewrite_rule(log(sub(1, sigmoid(x))))
def log_of_one_minus_sigmoid(x: Node) -> Any:
    """log(1 - sigmoid(x)) = -softplus(x)."""
    return -softplus(x)


@rewrite_rule(log1p(neg(sigmoid(x))))
def log1p_of_minus_sigmoid(x: Node) -> Any:
    """log(1 - sigmoid(x)) = -softplus(x)."""
    return -softplus(x)


@rewrite_rule(log(add(1, exp(x))))
def log_of_one_plus_exp(x: Node) -> Any:
    """log(1 + exp(x)) = softplus(x)."""
    return softplus(x)


@rewrite_rule(log1p(exp(x)))
def log1p_of_exp(x: Node) -> Any:
    """log1p(exp(x)) = softplus(x)."""
    return softplus(x)


@rewrite_rule(log(add(1, x)))
def log_of_one_plus(x: Node) -> Any:
    """log(1 + x) = log1p(x), precise near 0."""
    return log1p(x)


@rewrite_rule(log(sub(1, x)))
def log_of_one_minus(x: Node) -> Any:
    """log(1 - x) = log1p(-x), precise near 0."""
    return log1p(-x)


@rewrite_rule(sub(exp(x), 1))
def exp_minus_one(x: Node) -> Any:
    """exp(x) - 1 = expm1(x), precise near 0."""
    return expm1(x)


@rewrite_rule(true_div(exp(x), add(1, exp(x))))
def sigmoid_from_exp(x: Node) -> Any:
    """exp(x) / (1 + exp(x)) = sigmoid(x)."""
    return sigmoid(x)


@rewrite_rule(true_div(1, add(1, exp(x))))
def sigmoid_written_out(x: Node) -> Any:
    """1 / (1 + exp(x)) = sigmoid(-x)."""
    return sigmoid(-x)


@rewrite_rule(true_div(a, add(1, exp(x))))
def sigmoid_as_quotient(a: Node, x: Node) -> Any:
    """a / (1 + exp(x)) = a * sigmoid(-x), whose slope is not inf / inf."""
    return a * sigmoid(-x)


@rewrite_rule(reciprocal(add(1, exp(x))))
def sigmoid_as_reciprocal(x: Node) -> Any:
    """The reciprocal of 1 + exp(x) = sigmoid(-x)."""
    return sigmoid(-x)


@rewrite_rule(mul(softmax(x), log_softmax(x)))
def probability_times_logarithm(x: Node) -> Any:
    """p * log(p) is 0 where p is: for logits of -inf, too, which masks are made of."""
    p = softmax(x)
    return p * where(eq(p, 0), 0, log_softmax(x))


@rewrite_rule(log(add(1, tanh(x))))
def log_of_one_plus_tanh(x: Node) -> Any:
    """log(1 + tanh(x)) = log(2) - softplus(-2 x)."""
    return math.log(2) - softplus(-2 * x)


@rewrite_rule(log(sub(1, tanh(x))))
def log_of_one_minus_tanh(x: Node) -> Any:
    """log(1 - tanh(x)) = log(2) - softplus(2 x)."""
    return math.log(2) - softplus(2 * x)


@rewrite_rule(log(sub(1, sqr(tanh(x)))))
def log_of_one_minus_squared_tanh(x: Node) -> Any:
    """log(1 - tanh(x) ** 2) = 2 log(2) - softplus(2 x) - softplus(-2 x)."""
    return 2 * math.log(2) - softplus(2 * x) - softplus(-2 * x)


@rewrite_rule(log(sub(1, power(tanh(x), 2))))
def log_of_one_minus_tanh_to_the_two(x: Node) -> Any:
    """The same, written as a power."""
    return log_of_one_minus_squared_tanh.build(x)


@rewrite_rule(log(sub(1, mul(tanh(x), tanh(x)))))
def log_of_one_minus_tanh_times_tanh(x: Node) -> Any:
    """The same, written as a product."""
    return log_of_one_minus_squared_tanh.build(x)


@rewrite_rule(sub(1, sub(1, x)))
def complement_of_complement(x: Node) -> Any:
    """1 - (1 - x) = x, which keeps the digits of a small x."""
    return x


@rewrite_rule(log(neg(sub(x, 1))))
def log_of_minus_excess(x: Node) -> Any:
    """log(-(x - 1)) = log(1 - x), so that the rules about 1 - x apply."""
    return log(1 - x)


@node_rewrite_rule(subtensor)
def new_axes(node: Node, sizes: Sizes) -> Node | None:
    """x[:, None] is a dimshuffle, so that it is known for what it is."""
    entries = node.params["entries"]
    if not set(entries) <= {"::", "x"} or "x" not in entries:
        return None
    axes = iter(range(node.inputs[0].ndim))
    pattern = [next(axes) if entry == "::" else "x" for entry in entries]
    return dimshuffle(node.inputs[0], pattern=(*pattern, *axes))


@node_rewrite_rule(reshape)
def reshape_to_new_axes(node: Node, sizes: Sizes) -> Node | None:
    """A reshape that only inserts axes of size 1 is a dimshuffle."""
    own, new = list(sizes(node.inputs[0])), list(sizes(node))
    pattern: list[int | str] = []
    for size in new:
        at = len(pattern) - pattern.count("x")
        pattern.append(at if at < len(own) and own[at] == size else "x")
    inserted = [size for size, axis in zip(new, pattern, strict=True) if axis == "x"]
    if not inserted or len(new) - len(inserted) != len(own) or any(size != 1 for size in inserted):
        return None
    return dimshuffle(node.inputs[0], pattern=tuple(pattern))


@rewrite_rule(mul(-1, x))
def minus_one_times(x: Node) -> Any:
    """-1 * x = -x, so that the rules about -x apply."""
    return -x


STABLE = (
    log_of_softmax,
    log_of_one_plus_tanh,
    log_of_one_minus_tanh,
    log_of_one_minus_squared_tanh,
    log_of_one_minus_tanh_to_the_two,
    log_of_one_minus_tanh_times_tanh,
    probability_times_logarithm,
    log_of_sigmoid,
    log_of_one_minus_sigmoid,
    log1p_of_minus_sigmoid,
    *EXPONENTIALS,
    log_of_one_plus_exp,
    log_of_sum_of_exp,
    log_of_exp,
    log_of_one_plus,
    log_of_one_minus,
    log1p_of_exp,
    sigmoid_written_out,
    sigmoid_from_exp,
    sigmoid_as_reciprocal,
    sigmoid_as_quotient,
    exp_minus_one,
    minus_one_times,
    complement_of_complement,
    log_of_minus_excess,
    new_axes,
    reshape_to_new_axes,
)

"""Logarithms of probabilities of counts, categories and orders.

Read next: vectors.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import Constant, as_node
from ...types import is_integer
from ..arguments import probability
from .operands import above_zero, floats, impossible, in_domain, not_negative, not_whole, within


def _probability(p: Any) -> Any:
    """Probabilities, of which constants are checked, and symbolic ones NaN where they are none."""
    node = as_node(p)
    return probability(node) if isinstance(node, Constant) else in_domain(node, (node >= 0) & (node <= 1))


@public
def bernoulli(value: Any, *, p: Any = 0.5) -> Node:
    """Log probability of 1 and 0."""
    x, chance = floats(value, _probability(p))
    return within(not_whole(x, 0, 1), x, 0.0, lambda inside: T.xlogy(inside, chance) + T.xlog1py(1 - inside, -chance))


@public
def rademacher(value: Any) -> Node:
    """Log probability of 1 and -1."""
    (x,) = floats(value)
    return T.where(T.eq(abs(x), 1), -math.log(2), -np.inf)


@public
def binomial(value: Any, *, n: Any = 1, p: Any = 0.5) -> Node:
    """Log probability of successes among n trials."""
    k, trials, chance = floats(value, n, _probability(p))
    trials = not_negative(trials, "the number of trials")

    def density(inside: Node) -> Any:
        ways = -T.log1p(trials) - T.betaln(trials - inside + 1, inside + 1)
        return ways + T.xlogy(inside, chance) + T.xlog1py(trials - inside, -chance)

    return within(not_whole(k, 0, trials), k, 0.0, density)


@public
def integers(value: Any, *, low: Any = 0, high: Any = None) -> Node:
    """Log probability of integers from low up to, but without, high; from 0 up to low if high is None."""
    x, first, last = floats(value, *((0, low) if high is None else (low, high)))
    width = above_zero(last - first, "high - low")
    return within(not_whole(x, first, last - 1), x, first, lambda inside: -T.log(width) + 0 * inside)


@public
def choice(value: Any, *, a: Any = None, p: Any = None) -> Node:
    """Log probability of the chosen category: its number below a, or its place among the probabilities p."""
    if (a is None) == (p is None):
        raise ArgumentError(f"log_prob of a choice takes either a, a number of categories, or p{here()}")
    if p is None:
        if as_node(a).ndim:
            raise GraphTypeError(f"log_prob of a choice takes numbers of categories: a is one number{here()}")
        return integers(value, low=0, high=a)
    chosen, weights = as_node(value), as_node(p)
    if not is_integer(chosen.dtype):
        raise GraphTypeError(f"the number of a category is an integer, not {shown(value)}{here()}")
    if isinstance(weights, Constant):
        probability(weights, axis=-1)
    (weights,) = floats(weights)
    logs = T.log(weights)
    outside = (chosen < 0) | (chosen >= weights.shape[-1])
    at = T.where(outside, 0, chosen)
    if weights.ndim == 1:
        found = T.take(logs, at, axis=0)
    else:
        found = T.take_along_axis(logs, at.dimshuffle(*range(at.ndim), "x"), axis=-1)[..., 0]
    return T.where(outside, -np.inf, found)


@public
def multinomial(value: Any, *, n: Any = 1, pvals: Any) -> Node:
    """Log probability of the counts of categories, along the last axis, among n choices."""
    if isinstance(as_node(pvals), Constant):
        probability(pvals, "pvals", axis=-1)
    k, trials, weights = floats(value, n, pvals)
    if not k.ndim:
        raise GraphTypeError(f"the counts of categories are a vector, not {shown(value)}{here()}")
    outside = T.any(not_whole(k), axis=-1) | T.neq(T.sum(k, axis=-1), trials)
    inside = T.where(not_whole(k), 0.0, k)
    terms = T.sum(T.xlogy(inside, weights) - T.gammaln(inside + 1), axis=-1)
    return impossible(outside, T.gammaln(trials + 1) + terms)


@public
def permutation(value: Any) -> Node:
    """Log probability of an order of the integers below n, along the last axis."""
    order = as_node(value)
    if not order.ndim or not is_integer(order.dtype):
        raise GraphTypeError(f"an order is a vector of integers, not {shown(value)}{here()}")
    n = order.shape[-1]
    (count,) = floats(T.cast(as_node(n), "float64"))
    complete = T.all(T.eq(T.sort(order, axis=-1), T.arange(n)), axis=-1)
    return T.where(complete, -T.gammaln(count + 1), -np.inf)


@public
def poisson(value: Any, *, lam: Any = 1.0) -> Node:
    """Log probability of counts of events."""
    k, mean = floats(value, lam)
    mean = not_negative(mean, "the mean")
    return within(not_whole(k), k, 0.0, lambda inside: T.xlogy(inside, mean) - mean - T.gammaln(inside + 1))


@public
def geometric(value: Any, *, p: Any) -> Node:
    """Log probability of trials up to and with the first success."""
    k, chance = floats(value, _probability(p))
    return within(not_whole(k, 1), k, 1.0, lambda inside: T.log(chance) + T.xlog1py(inside - 1, -chance))


@public
def negative_binomial(value: Any, *, n: Any, p: Any) -> Node:
    """Log probability of failures before n successes."""
    k, wanted, chance = floats(value, n, _probability(p))
    wanted = above_zero(wanted, "the number of successes")

    def density(inside: Node) -> Any:
        ways = T.gammaln(inside + wanted) - T.gammaln(inside + 1) - T.gammaln(wanted)
        return ways + wanted * T.log(chance) + T.xlog1py(inside, -chance)

    return within(not_whole(k), k, 0.0, density)


@public
def hypergeometric(value: Any, *, ngood: Any, nbad: Any, nsample: Any) -> Node:
    """Log probability of good ones in a sample of an urn."""
    k, *numbers = floats(value, ngood, nbad, nsample)
    good, bad, taken = (not_negative(number, "the number of balls") for number in numbers)
    least, most = T.maximum(0.0, taken - bad), T.minimum(good, taken)

    def density(inside: Node) -> Any:
        return _log_ways(good, inside) + _log_ways(bad, taken - inside) - _log_ways(good + bad, taken)

    return within(not_whole(k, least, most), k, least, density)


def _log_ways(n: Node, k: Node) -> Node:
    """Logarithm of a binomial coefficient."""
    made: Node = -T.log1p(n) - T.betaln(n - k + 1, k + 1)
    return made


@public
def zipf(value: Any, *, a: Any) -> Node:
    """Log probability of ranks; no derivative by the exponent is known."""
    k, exponent = floats(value, a)
    exponent = 1 + above_zero(exponent - 1, "a - 1, of the exponent a,")
    return within(not_whole(k, 1), k, 1.0, lambda inside: -exponent * T.log(inside) - T.log(T.zeta(exponent, 1.0)))


COUNTS = (
    bernoulli, rademacher, binomial, integers, choice, multinomial, permutation, poisson, geometric, negative_binomial,
    hypergeometric, zipf,
)  # fmt: skip

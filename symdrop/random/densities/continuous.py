"""Logarithms of densities of numbers on the whole line, or on an interval.

Read next: positive.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...graph import Node
from ..arguments import standardized
from .operands import above_zero, floats, not_negative, within

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@public
def normal(value: Any, *, mean: Any = 0.0, std: Any = 1.0) -> Node:
    """Log density of normal values."""
    x, centre, spread = floats(value, mean, std)
    spread = above_zero(spread, "the standard deviation")
    return -0.5 * ((x - centre) / spread) ** 2 - T.log(spread) - HALF_LOG_TAU


@public
def uniform(value: Any, *, low: Any = 0.0, high: Any = 1.0) -> Node:
    """Log density of uniform values; both bounds belong to the support."""
    x, first, last = floats(value, low, high)
    width = above_zero(last - first, "high - low")
    return within((x < first) | (x > last), x, first, lambda inside: -T.log(width) + 0 * inside)


@public
def truncated_normal(value: Any, *, low: Any, high: Any, mean: Any = 0.0, std: Any = 1.0) -> Node:
    """Log density of normal values between low and high."""
    x, first, last, centre, spread = floats(value, low, high, mean, std)
    spread = above_zero(spread, "the standard deviation")
    above_zero(last - first, "high - low")
    a, b = standardized(first, centre, spread), standardized(last, centre, spread)
    # In the tail in which both probabilities are small.
    mirrored = a > 0
    a, b = T.where(mirrored, -b, a), T.where(mirrored, -a, b)
    share = _log_below(b) + T.log1mexp(_log_below(b) - _log_below(a))

    def density(inside: Node) -> Any:
        return -0.5 * ((inside - centre) / spread) ** 2 - T.log(spread) - HALF_LOG_TAU - share

    return within((x < first) | (x > last), x, T.where(T.isinf(first), last, first), density)


def _log_below(z: Node) -> Node:
    """log_ndtr, whose slope at infinity is 0."""
    endless = T.isinf(z)
    return T.where(endless, T.where(z > 0, 0.0, -np.inf), T.log_ndtr(T.where(endless, 0.0, z)))


@public
def laplace(value: Any, *, loc: Any = 0.0, scale: Any = 1.0) -> Node:
    """Log density of double exponential values."""
    x, centre, spread = floats(value, loc, scale)
    spread = above_zero(spread, "the scale")
    return -abs(x - centre) / spread - T.log(2 * spread)


@public
def logistic(value: Any, *, loc: Any = 0.0, scale: Any = 1.0) -> Node:
    """Log density of logistic values."""
    x, centre, spread = floats(value, loc, scale)
    spread = above_zero(spread, "the scale")
    z = (x - centre) / spread
    return -T.softplus(z) - T.softplus(-z) - T.log(spread)


@public
def cauchy(value: Any, *, loc: Any = 0.0, scale: Any = 1.0) -> Node:
    """Log density of Cauchy values."""
    x, centre, spread = floats(value, loc, scale)
    spread = above_zero(spread, "the scale")
    return -T.log1p(((x - centre) / spread) ** 2) - T.log(math.pi * spread)


@public
def gumbel(value: Any, *, loc: Any = 0.0, scale: Any = 1.0) -> Node:
    """Log density of largest extreme values."""
    x, centre, spread = floats(value, loc, scale)
    spread = above_zero(spread, "the scale")
    z = (x - centre) / spread
    return -z - T.exp(-z) - T.log(spread)


@public
def student_t(value: Any, *, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Node:
    """Log density of Student's t."""
    x, freedom, centre, spread = floats(value, df, loc, scale)
    freedom, spread = above_zero(freedom, "the degrees of freedom"), above_zero(spread, "the scale")
    half = 0.5 * (freedom + 1)
    constant = T.gammaln(half) - T.gammaln(0.5 * freedom) - 0.5 * T.log(math.pi * freedom) - T.log(spread)
    made: Node = constant - half * T.log1p(((x - centre) / spread) ** 2 / freedom)
    return made


@public
def von_mises(value: Any, *, mu: Any = 0.0, kappa: Any) -> Node:
    """Log density of angles about mu; of any number of turns."""
    x, direction, concentration = floats(value, mu, kappa)
    concentration = not_negative(concentration, "kappa")
    return concentration * (T.cos(x - direction) - 1) - T.log(2 * math.pi * T.i0e(concentration))


@public
def triangular(value: Any, *, left: Any, mode: Any, right: Any) -> Node:
    """Log density that rises in a straight line from left to the mode and falls to the right."""
    x, first, peak, last = floats(value, left, mode, right)
    above_zero(last - first, "right - left")

    def density(inside: Node) -> Any:
        falling = inside >= peak
        height = T.where(falling, last - inside, inside - first)
        side = T.where(falling, last - peak, peak - first)
        # On the peak itself, which may be an end, the height is the whole side.
        top = T.eq(inside, peak)
        share = T.where(top, 1.0, height / T.where(top, 1.0, side))
        return T.log(2 * share) - T.log(last - first)

    return within((x < first) | (x > last), x, peak, density)


@public
def beta(value: Any, *, a: Any, b: Any) -> Node:
    """Log density of beta values."""
    x, first, second = floats(value, a, b)
    first, second = above_zero(first, "the shape a"), above_zero(second, "the shape b")

    def density(inside: Node) -> Any:
        return T.xlogy(first - 1, inside) + T.xlog1py(second - 1, -inside) - T.betaln(first, second)

    return within((x < 0) | (x > 1), x, 0.5, density)


CONTINUOUS = (
    normal, uniform, truncated_normal, laplace, logistic, cauchy, gumbel, student_t, von_mises, triangular, beta,
)  # fmt: skip

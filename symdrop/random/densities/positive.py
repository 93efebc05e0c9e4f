"""Logarithms of densities of positive numbers.

Read next: counts.py
"""

from __future__ import annotations

import math
from typing import Any

from ... import tensor as T
from ...binding import public
from ...graph import Node
from .continuous import HALF_LOG_TAU
from .operands import above_zero, floats, within


@public
def lognormal(value: Any, *, mean: Any = 0.0, sigma: Any = 1.0) -> Node:
    """Log density of values whose logarithm is normal."""
    x, centre, spread = floats(value, mean, sigma)
    spread = above_zero(spread, "sigma")

    def density(inside: Node) -> Any:
        log_x = T.log(inside)
        return -0.5 * ((log_x - centre) / spread) ** 2 - T.log(spread) - HALF_LOG_TAU - log_x

    return within(x <= 0, x, 1.0, density)


@public
def exponential(value: Any, *, scale: Any = 1.0) -> Node:
    """Log density of waiting times."""
    x, spread = floats(value, scale)
    spread = above_zero(spread, "the scale")
    return within(x < 0, x, 0.0, lambda inside: -inside / spread - T.log(spread))


@public
def weibull(value: Any, *, a: Any, scale: Any = 1.0) -> Node:
    """Log density of Weibull values."""
    x, shape, spread = floats(value, a, scale)
    shape, spread = above_zero(shape, "the shape a"), above_zero(spread, "the scale")

    def density(inside: Node) -> Any:
        z = inside / spread
        return T.log(shape) - T.log(spread) + T.xlogy(shape - 1, z) - T.where(z > 0, T.where(z > 0, z, 1) ** shape, 0)

    return within(x < 0, x, 1.0, density)


@public
def pareto(value: Any, *, a: Any, scale: Any = 1.0) -> Node:
    """Log density of Pareto values, from scale on."""
    x, shape, spread = floats(value, a, scale)
    shape, spread = above_zero(shape, "the exponent a"), above_zero(spread, "the scale")
    constant = T.log(shape) + shape * T.log(spread)
    return within(x < spread, x, spread, lambda inside: constant - (shape + 1) * T.log(inside))


@public
def rayleigh(value: Any, *, scale: Any = 1.0) -> Node:
    """Log density of lengths of two-dimensional normal vectors."""
    x, spread = floats(value, scale)
    spread = above_zero(spread, "the scale")
    return within(x < 0, x, 1.0, lambda inside: T.log(inside) - 2 * T.log(spread) - 0.5 * (inside / spread) ** 2)


@public
def gamma(value: Any, *, shape: Any, scale: Any = 1.0) -> Node:
    """Log density of gamma values."""
    x, alpha, spread = floats(value, shape, scale)
    alpha, spread = above_zero(alpha, "the shape"), above_zero(spread, "the scale")
    constant = -T.gammaln(alpha) - alpha * T.log(spread)
    return within(x < 0, x, 1.0, lambda inside: T.xlogy(alpha - 1, inside) - inside / spread + constant)


@public
def chisquare(value: Any, *, df: Any) -> Node:
    """Log density of sums of df squares."""
    x, freedom = floats(value, df)
    half = 0.5 * above_zero(freedom, "the degrees of freedom")
    constant = -T.gammaln(half) - half * math.log(2)
    return within(x < 0, x, 1.0, lambda inside: T.xlogy(half - 1, inside) - 0.5 * inside + constant)


@public
def f(value: Any, *, dfnum: Any, dfden: Any) -> Node:
    """Log density of F values."""
    x, above, below = floats(value, dfnum, dfden)
    above, below = (above_zero(freedom, "the degrees of freedom") for freedom in (above, below))
    first, second = 0.5 * above, 0.5 * below
    constant = first * T.log(above) + second * T.log(below) - T.betaln(first, second)

    def density(inside: Node) -> Any:
        return constant + T.xlogy(first - 1, inside) - (first + second) * T.log(below + above * inside)

    return within(x < 0, x, 1.0, density)


POSITIVE = (lognormal, exponential, weibull, pareto, rayleigh, gamma, chisquare, f)

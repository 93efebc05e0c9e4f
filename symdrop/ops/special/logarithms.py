"""Logarithms of sums, and products with a logarithm, that stay finite where their parts do not.

Read next: gamma.py
"""

from __future__ import annotations

import math
from typing import Any

from ...op import elementwise
from ..arithmetic import sqr
from ..functions import exp, exp2, expm1, log, log1p
from ..logic import eq, gt, where


@elementwise(returns="float", commutative=True)
def logaddexp(m: Any, a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)), without overflow."""
    return m.where(m.equal(a, b), a + math.log(2), m.maximum(a, b) + m.log1p(m.exp(-m.absolute(a - b))))


@logaddexp.pullback
def logaddexp_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * exp(_difference(a, y)), g * exp(_difference(b, y))


@elementwise(returns="float", commutative=True)
def logaddexp2(m: Any, a: Any, b: Any) -> Any:
    """log2(2 ** a + 2 ** b), without overflow."""
    tail = m.log1p(m.exp2(-m.absolute(a - b))) * (1 / math.log(2))
    return m.where(m.equal(a, b), a + 1, m.maximum(a, b) + tail)


@logaddexp2.pullback
def logaddexp2_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * exp2(_difference(a, y)), g * exp2(_difference(b, y))


def _difference(a: Any, y: Any) -> Any:
    """a - y; 0 where they are equal, infinities included."""
    return where(eq(a, y), 0, a - y)


@elementwise(returns="float", domain=(0.2, 3.0))
def xlogy(m: Any, x: Any, y: Any) -> Any:
    """x * log(y), 0 where x is 0 and y is a number."""
    return m.where(m.logical_and(m.equal(x, 0), m.equal(y, y)), 0, x * m.log(y))


@xlogy.pullback
def xlogy_pullback(g: Any, z: Any, x: Any, y: Any) -> Any:
    return g * log(y), g * x / y


@elementwise(returns="float", domain=(-0.5, 3.0))
def xlog1py(m: Any, x: Any, y: Any) -> Any:
    """x * log(1 + y), 0 where x is 0 and y is a number."""
    return m.where(m.logical_and(m.equal(x, 0), m.equal(y, y)), 0, x * m.log1p(y))


@xlog1py.pullback
def xlog1py_pullback(g: Any, z: Any, x: Any, y: Any) -> Any:
    return g * log1p(y), g * x / (1 + y)


@elementwise(returns="float", domain=(0.2, 3.0))
def entr(m: Any, x: Any) -> Any:
    """The summand of an entropy, -x * log(x): 0 at 0, and minus infinity below."""
    above = -x * m.log(m.where(m.greater(x, 0), x, 1))
    return m.where(m.less(x, 0), -math.inf, above)


@entr.pullback
def entr_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * (log(x) + 1)


@elementwise(returns="float", domain=(0.2, 3.0))
def rel_entr(m: Any, x: Any, y: Any) -> Any:
    """The summand of a relative entropy, x * log(x / y): 0 where x is 0, infinite where x is below 0 or y not above."""
    inside = m.logical_and(m.greater(x, 0), m.greater(y, 0))
    above, below = m.where(inside, x, 1), m.where(inside, y, 1)
    ratio = above / below
    is_normal = m.logical_and(m.greater(ratio, 1e-37), m.less(ratio, math.inf))
    made = m.where(inside, x * m.where(is_normal, m.log(ratio), m.log(above) - m.log(below)), math.inf)
    made = m.where(m.logical_and(m.equal(x, 0), m.greater_equal(y, 0)), 0, made)
    return m.where(m.logical_or(m.not_equal(x, x), m.not_equal(y, y)), math.nan, made)


@rel_entr.pullback
def rel_entr_pullback(g: Any, z: Any, x: Any, y: Any) -> Any:
    return g * (log(x / y) + 1), -g * x / y


@elementwise(returns="float", domain=(0.2, 3.0))
def kl_div(m: Any, x: Any, y: Any) -> Any:
    """The summand of a Kullback-Leibler divergence, x * log(x / y) - x + y; at the edges as ``rel_entr``."""
    inside = m.logical_and(m.greater(x, 0), m.greater(y, 0))
    ratio = m.where(inside, x, 1) / m.where(inside, y, 1)
    made = m.where(inside, x * m.log(ratio) - x + y, math.inf)
    made = m.where(m.logical_and(m.equal(x, 0), m.greater_equal(y, 0)), y, made)
    return m.where(m.logical_or(m.not_equal(x, x), m.not_equal(y, y)), math.nan, made)


@kl_div.pullback
def kl_div_pullback(g: Any, z: Any, x: Any, y: Any) -> Any:
    return g * log(x / y), g * (1 - x / y)


@elementwise(returns="float", domain=(0.1, 0.9))
def logit(m: Any, p: Any) -> Any:
    """Log-odds log(p / (1 - p)), the inverse of the logistic function."""
    return m.log(p) - m.log1p(-p)


@logit.pullback
def logit_pullback(g: Any, y: Any, p: Any) -> Any:
    return g / (p - sqr(p))


@elementwise(returns="float", domain=(0.2, 3.0), bounds=(-math.inf, 0))
def log1mexp(m: Any, x: Any) -> Any:
    """log(1 - exp(-x)) for x > 0, precise near 0 and far away.

    Source: M. Maechler, "Accurately computing log(1 - exp(-|a|))", 2012.
    """
    return m.where(m.less(x, math.log(2)), m.log(-m.expm1(-x)), m.log1p(-m.exp(-x)))


@log1mexp.pullback
def log1mexp_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / expm1(x)


@elementwise(returns="float", commutative=True)
def hypot(m: Any, a: Any, b: Any) -> Any:
    """The length of the hypotenuse, sqrt(a * a + b * b), without overflow; infinite where a or b is."""
    first, second = m.absolute(a), m.absolute(b)
    large, small = m.maximum(first, second), m.minimum(first, second)
    ratio = small / m.where(m.equal(large, 0), 1, large)
    made = large * m.sqrt(1 + ratio * ratio)
    infinite = m.logical_or(m.equal(first, math.inf), m.equal(second, math.inf))
    return m.where(infinite, math.inf, made)


@hypot.pullback
def hypot_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    length = where(gt(y, 0), y, 1)
    return g * a / length, g * b / length

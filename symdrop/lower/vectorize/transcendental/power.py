"""power: a ** b.

    a ** b = 2 ** (b log2 a)

An error of the logarithm is multiplied by its size, up to 150: float32 is computed in
float64. Then follow the cases that no formula gives: a negative base, 0, 1, infinities.

Read next: normal.py
"""

from __future__ import annotations

import math
from typing import Any

from .exponential import exp2_of_parts
from .parts import FLOAT32, FLOAT64, exponent_and_fraction, nearest_integer

# log2(1 + f) / f, relative error 1e-10.
_LOG2 = (
    1.4426950409393484, -0.7213475252134945, 0.48089832072356165, -0.3606728004166325, 0.28854064401449653,
    -0.24050418080290473, 0.20609624953519456, -0.17904684209394872, 0.15900148646480589, -0.15698289533154264,
    0.15485793057844896, -0.08634533818670502,
)  # fmt: skip


def power_float32(m: Any, a: Any, b: Any) -> Any:
    """a ** b; 0.95 ulp, 1.18 without a fused multiply-add."""
    product = _product(m, a, b)
    return _general(m, a, b) if product is None else product


def power_float64(m: Any, a: Any, b: Any) -> Any:
    """a ** b, by the C library where it is no product."""
    product = _product(m, a, b)
    return m.libm("power", a, b) if product is None else product


def _product(m: Any, a: Any, b: Any) -> Any:
    """a ** b as a product, where b is a constant that allows it."""
    constant = b.inputs[0] if b.op == "splat" else b
    if constant.op != "constant":
        return None
    if constant.attribute == 1:
        return a
    if constant.attribute == 2:
        return a * a
    if constant.attribute == 3:
        return a * a * a
    if constant.attribute == -1:
        return 1.0 / a
    if constant.attribute == 0.5:
        # Unlike the root of -inf and -0.0, the power is inf and 0.0.
        return m.where(m.equal(a, -math.inf), m.cast(math.inf, a.type), m.sqrt(a + 0.0))
    return None


def _general(m: Any, a: Any, b: Any) -> Any:
    base = abs(a)
    e, f = exponent_and_fraction(m, FLOAT32, base)
    # The logarithm is -inf of 0, inf of inf, NaN of NaN.
    e = m.where(m.equal(base, 0.0), -math.inf, m.where(base < math.inf, e, base))
    f = m.cast(f, "float64")
    log2 = m.fma(f, m.polynomial(f, _LOG2), m.cast(e, "float64"))
    # 2**129 is infinite in float32, 2**-152 is 0.
    q = m.minimum(m.maximum(m.cast(b, "float64") * log2, -152.0), 129.0)
    whole, n = nearest_integer(m, FLOAT64, q, 1.0)
    r = m.cast(q - whole, "float32")
    n = m.cast(n, "int32")
    y = exp2_of_parts(m, n, r, n < -124)
    # 1 ** b and a ** 0 are 1, whatever else is NaN or infinite.
    return _signed(m, a, b, m.where(m.logical_or(m.equal(base, 1.0), m.equal(b, 0.0)), 1.0, y))


def _signed(m: Any, a: Any, b: Any, y: Any) -> Any:
    """The result for a base below 0: defined for whole exponents, negative for odd ones."""
    # From 2**24 on all float32 are even.
    size = m.where(abs(b) < 2.0**24, abs(b), 2.0**24)
    integer = m.whole(size, "int32")
    whole = m.logical_and(m.equal(m.cast(integer, "float32"), size), m.equal(b, b))
    sign = m.where(whole, m.bits(a, "int32") & m.shift_left(integer, 31), 0)
    undefined = m.logical_and(m.logical_and(a < 0.0, a > -math.inf), m.logical_not(whole))
    y = m.bits(m.bits(y, "int32") ^ sign, "float32")
    return m.where(undefined, m.cast(math.nan, "float32"), y)

"""Sums, products, quotients and powers.

Read next: lengths.py
"""

from __future__ import annotations

import math
from typing import Any

from ..op import ATOM, POWER, ZERO, Form, constant_scalar, elementwise
from .functions import log, sign
from .logic import STRUCTURAL_ZERO, eq, ge, le, where


@elementwise(commutative=True, jointly_linear_in=(0, 1), symbol="+")
def add(m: Any, a: Any, b: Any) -> Any:
    """Sum a + b (of truth values: or)."""
    return m.add(a, b)


@add.pullback
def add_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g, g


@elementwise(accepts="number", jointly_linear_in=(0, 1), symbol="-")
def sub(m: Any, a: Any, b: Any) -> Any:
    """Difference a - b."""
    return m.subtract(a, b)


@sub.pullback
def sub_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g, -g


@elementwise(commutative=True, linear_in=(0, 1), symbol="*", nonnegative_if=(0, 1))
def mul(m: Any, a: Any, b: Any) -> Any:
    """Product a * b (of truth values: and)."""
    return m.multiply(a, b)


@mul.pullback
def mul_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * b, g * a


@elementwise(returns="float", linear_in=(0,), symbol="/", nonnegative_if=(0, 1))
def true_div(m: Any, a: Any, b: Any) -> Any:
    """Quotient a / b; of integers, a float."""
    return m.true_divide(a, b)


@true_div.pullback
def true_div_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g / b, -(g * y) / b


@elementwise(accepts="number", symbol="//")
def floor_div(m: Any, a: Any, b: Any) -> Any:
    """Quotient rounded towards minus infinity, as in Python."""
    return m.floor_divide(a, b)


@floor_div.pullback
def floor_div_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return ZERO, ZERO


@elementwise(accepts="number", symbol="%")
def mod(m: Any, a: Any, b: Any) -> Any:
    """Remainder a - b * floor(a / b), with the sign of b, as in Python."""
    return m.remainder(a, b)


@mod.pullback
def mod_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g, -g * (a // b)


@elementwise(accepts="number", linear_in=(0,), symbol="-")
def neg(m: Any, x: Any) -> Any:
    """Negative -x."""
    return m.negative(x)


@neg.pullback
def neg_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g


@elementwise(accepts="number", symbol="**", domain=(0.5, 2.5), nonnegative_if=(0,))
def power(m: Any, a: Any, b: Any) -> Any:
    """Power a ** b."""
    return m.power(a, b)


@power.pullback
def power_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    exponent = constant_scalar(b)
    if exponent == 2:
        return g * 2 * a, ZERO
    if exponent is not None:
        return (g * exponent * a ** (exponent - 1) if exponent != 0 else ZERO), ZERO
    # b * a**(b-1) is 0 * inf at a = b = 0, and y * log(a) is 0 * -inf at a = 0; both limits are 0.
    slope = where(eq(b, 0), 0, b * a ** where(eq(b, 0), 1, b - 1))
    return g * slope, g * y * log(where(eq(a, 0), 1, a))


@elementwise(bounds=(0, math.inf), latex=Form("{0}^{{2}}", POWER, (ATOM,)))
def sqr(m: Any, x: Any) -> Any:
    """Square x * x."""
    return m.multiply(x, x)


@sqr.pullback
def sqr_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * 2 * x


@elementwise(returns="float", domain=(0.5, 3.0), nonnegative_if=(0,), latex=Form(r"\frac{{1}}{{{0}}}", POWER))
def reciprocal(m: Any, x: Any) -> Any:
    """Reciprocal 1 / x."""
    return m.true_divide(1, x)


@reciprocal.pullback
def reciprocal_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * y * y


@elementwise(bounds=(0, math.inf), latex=Form(r"\left|{0}\right|"))
def abs_(m: Any, x: Any) -> Any:
    """Absolute value; its derivative at 0 is taken to be 0."""
    return m.absolute(x)


@abs_.pullback
def abs_pullback(g: Any, y: Any, x: Any) -> Any:
    return g if x.dtype == "bool" else g * sign(x)


@elementwise(commutative=True, nonnegative_if=(0, 1))
def maximum(m: Any, a: Any, b: Any) -> Any:
    """The larger of a and b, NaN if either is; where they are equal, a receives the whole gradient."""
    return m.maximum(a, b)


@maximum.pullback
def maximum_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    first = ge(*y.inputs)
    return where(first, g, STRUCTURAL_ZERO), where(first, STRUCTURAL_ZERO, g)


@elementwise(commutative=True, nonnegative_if=(0, 1))
def minimum(m: Any, a: Any, b: Any) -> Any:
    """The smaller of a and b, NaN if either is; where they are equal, a receives the whole gradient."""
    return m.minimum(a, b)


@minimum.pullback
def minimum_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    first = le(*y.inputs)
    return where(first, g, STRUCTURAL_ZERO), where(first, STRUCTURAL_ZERO, g)


@elementwise
def clip(m: Any, x: Any, low: Any, high: Any) -> Any:
    """x limited to [low, high]; at the bounds themselves the derivative is 1."""
    return m.minimum(m.maximum(x, low), high)


@clip.pullback
def clip_pullback(g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    x, low, high = y.inputs
    return (
        where(ge(x, low) & le(x, high), g, STRUCTURAL_ZERO),
        where((x < low) & le(low, high), g, STRUCTURAL_ZERO),
        where(maximum(x, low) > high, g, STRUCTURAL_ZERO),
    )

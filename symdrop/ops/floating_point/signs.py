"""Signs, steps, and extrema that ignore NaN.

Read next: roots.py
"""

from __future__ import annotations

from typing import Any

from ...op import ZERO, elementwise
from ..functions import sign
from ..logic import STRUCTURAL_ZERO, eq, isnan, where


@elementwise(returns="float")
def copysign(m: Any, a: Any, b: Any) -> Any:
    """The magnitude of a with the sign of b."""
    return m.copysign(a, b)


@copysign.pullback
def copysign_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * sign(a) * copysign(1, b), ZERO


@elementwise(accepts="number", returns="bool")
def signbit(m: Any, x: Any) -> Any:
    """True where x is negative, -0.0 and a negative NaN included."""
    return m.less(m.copysign(1, x) if x.dtype.kind == "f" else x, 0)


@signbit.pullback
def signbit_pullback(g: Any, y: Any, x: Any) -> Any:
    return ZERO


@elementwise(returns="float")
def heaviside(m: Any, x: Any, at_zero: Any) -> Any:
    """Step function: 0 below 0, 1 above, and ``at_zero`` at 0."""
    away = m.where(m.less(x, 0), 0, m.where(m.greater(x, 0), 1, x))
    return m.where(m.equal(x, 0), at_zero, away)


@heaviside.pullback
def heaviside_pullback(g: Any, y: Any, x: Any, at_zero: Any) -> Any:
    return ZERO, where(eq(x, 0), g, STRUCTURAL_ZERO)


@elementwise(commutative=True)
def fmax(m: Any, a: Any, b: Any) -> Any:
    """The larger of a and b, the other one where one is NaN; where they are equal, a receives the whole gradient."""
    return m.where(m.logical_or(m.greater_equal(a, b), m.not_equal(b, b)), a, b)


@elementwise(commutative=True)
def fmin(m: Any, a: Any, b: Any) -> Any:
    """The smaller of a and b, the other one where one is NaN; where they are equal, a receives the whole gradient."""
    return m.where(m.logical_or(m.less_equal(a, b), m.not_equal(b, b)), a, b)


@fmax.pullback
@fmin.pullback
def chosen_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    first = eq(y, a) | isnan(b)
    return where(first, g, STRUCTURAL_ZERO), where(first, STRUCTURAL_ZERO, g)


@elementwise(returns="float")
def nextafter(m: Any, a: Any, b: Any) -> Any:
    """The float that follows a on the way to b."""
    return m.nextafter(a, b)


@nextafter.pullback
def nextafter_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g, ZERO

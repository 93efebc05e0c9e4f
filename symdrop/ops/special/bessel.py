"""Bessel functions of the first kind, and the modified ones.

Read next: integrals.py
"""

from __future__ import annotations

from typing import Any

from ...op import NO_DERIVATIVE, elementwise
from ..functions import sign
from ..logic import eq, where


@elementwise(returns="float")
def i0(m: Any, x: Any) -> Any:
    """Modified Bessel function of the first kind of order 0."""
    return m.i0(x)


@i0.pullback
def i0_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * i1(x)


@elementwise(returns="float")
def i0e(m: Any, x: Any) -> Any:
    """i0(x) * exp(-abs(x))."""
    return m.i0e(x)


@i0e.pullback
def i0e_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (i1e(x) - sign(x) * y)


@elementwise(returns="float")
def i1(m: Any, x: Any) -> Any:
    """Modified Bessel function of the first kind of order 1."""
    return m.i1(x)


@i1.pullback
def i1_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (i0(x) - _over(y, x))


@elementwise(returns="float")
def i1e(m: Any, x: Any) -> Any:
    """i1(x) * exp(-abs(x))."""
    return m.i1e(x)


@i1e.pullback
def i1e_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (i0e(x) - sign(x) * y - _over(y, x))


@elementwise(returns="float")
def j0(m: Any, x: Any) -> Any:
    """Bessel function of the first kind of order 0."""
    return m.j0(x)


@j0.pullback
def j0_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * j1(x)


@elementwise(returns="float")
def j1(m: Any, x: Any) -> Any:
    """Bessel function of the first kind of order 1."""
    return m.j1(x)


@j1.pullback
def j1_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (j0(x) - _over(y, x))


def _over(y: Any, x: Any) -> Any:
    """y / x for functions of order 1, which tends to a half at 0."""
    at_zero = eq(x, 0)
    return where(at_zero, 0.5, y / where(at_zero, 1, x))


@elementwise(returns="float", domain=(0.3, 3.0))
def iv(m: Any, v: Any, x: Any) -> Any:
    """Modified Bessel function of the first kind of real order v."""
    return m.iv(v, x)


@iv.pullback
def iv_pullback(g: Any, y: Any, v: Any, x: Any) -> Any:
    return NO_DERIVATIVE, g * 0.5 * (iv(v - 1, x) + iv(v + 1, x))


@elementwise(returns="float", domain=(0.3, 3.0))
def kv(m: Any, v: Any, x: Any) -> Any:
    """Modified Bessel function of the second kind of real order v."""
    return m.kv(v, x)


@kv.pullback
def kv_pullback(g: Any, y: Any, v: Any, x: Any) -> Any:
    return NO_DERIVATIVE, -g * 0.5 * (kv(v - 1, x) + kv(v + 1, x))


@elementwise(returns="float", domain=(0.3, 3.0))
def jv(m: Any, v: Any, x: Any) -> Any:
    """Bessel function of the first kind of real order v."""
    return m.jv(v, x)


@jv.pullback
def jv_pullback(g: Any, y: Any, v: Any, x: Any) -> Any:
    return NO_DERIVATIVE, g * 0.5 * (jv(v - 1, x) - jv(v + 1, x))


@elementwise(returns="float", domain=(0.3, 3.0))
def ive(m: Any, v: Any, x: Any) -> Any:
    """iv(v, x) * exp(-abs(x))."""
    return m.ive(v, x)


@ive.pullback
def ive_pullback(g: Any, y: Any, v: Any, x: Any) -> Any:
    return NO_DERIVATIVE, g * (0.5 * (ive(v - 1, x) + ive(v + 1, x)) - sign(x) * y)


@elementwise(returns="float", domain=(0.3, 3.0))
def kve(m: Any, v: Any, x: Any) -> Any:
    """kv(v, x) * exp(x)."""
    return m.kve(v, x)


@kve.pullback
def kve_pullback(g: Any, y: Any, v: Any, x: Any) -> Any:
    return NO_DERIVATIVE, g * (y - 0.5 * (kve(v - 1, x) + kve(v + 1, x)))

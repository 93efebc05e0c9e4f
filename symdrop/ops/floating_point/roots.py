"""Roots, angles in degrees, and the sine of x over x.

Read next: remainders.py
"""

from __future__ import annotations

import math
from typing import Any

from ...op import elementwise
from ..arithmetic import sqr
from ..functions import cos
from ..logic import eq, where


@elementwise(returns="float", domain=(0.3, 5.0))
def cbrt(m: Any, x: Any) -> Any:
    """Cube root, negative of negative numbers."""
    return m.cbrt(x)


@cbrt.pullback
def cbrt_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (3 * sqr(y))


@elementwise(returns="float", domain=(0.3, 5.0))
def rsqrt(m: Any, x: Any) -> Any:
    """Reciprocal of the square root."""
    return 1 / m.sqrt(x)


@rsqrt.pullback
def rsqrt_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * -0.5 * y / x


@elementwise(returns="float", linear_in=(0,))
def deg2rad(m: Any, x: Any) -> Any:
    """Degrees as radians."""
    return x * (math.pi / 180)


@deg2rad.pullback
def deg2rad_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (math.pi / 180)


@elementwise(returns="float", linear_in=(0,))
def rad2deg(m: Any, x: Any) -> Any:
    """Radians as degrees."""
    return x * (180 / math.pi)


@rad2deg.pullback
def rad2deg_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (180 / math.pi)


@elementwise(returns="float", domain=(0.2, 3.0))
def sinc(m: Any, x: Any) -> Any:
    """sin(pi x) / (pi x), 1 at 0, and 0 at all other integers."""
    return m.where(m.equal(x, 0), 1, sine_of_half_turns(m, x) / m.where(m.equal(x, 0), 1, x * math.pi))


@sinc.pullback
def sinc_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * sinc_slope(x)


def sine_of_half_turns(m: Any, x: Any) -> Any:
    """sin(pi x): what exceeds whole turns is exact, and folded to at most a quarter turn, so that integers give 0."""
    rest = x - 2 * m.rint(x * 0.5)
    folded = m.where(m.absolute(rest) > 0.5, m.where(rest < 0, -1 - rest, 1 - rest), rest)
    return m.sin(folded * math.pi)


@elementwise(returns="float", domain=(0.2, 3.0), hidden=True)
def sinc_slope(m: Any, x: Any) -> Any:
    """The derivative of ``sinc``."""
    angle, nonzero = x * math.pi, m.where(m.equal(x, 0), 1, x)
    return m.where(m.equal(x, 0), 0, (m.cos(angle) - sine_of_half_turns(m, x) / (nonzero * math.pi)) / nonzero)


@sinc_slope.pullback
def sinc_slope_pullback(g: Any, y: Any, x: Any) -> Any:
    # sinc'' = -pi^2 sinc - 2 sinc' / x, which tends to -pi^2 / 3.
    nonzero = where(eq(x, 0), 1, x)
    sine = (cos(math.pi * x) - nonzero * y) * math.pi**2
    return g * where(eq(x, 0), -(math.pi**2) / 3, -sine - 2 * y / nonzero)

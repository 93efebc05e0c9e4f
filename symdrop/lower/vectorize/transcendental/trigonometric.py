"""sin and cos.

    x = n pi/2 + r,   |r| <= pi/4

n modulo 4 says whether the result is sin(r) or cos(r), and its sign. n pi/2 is taken off
in float64 and in three parts, so short that their products with n are exact, for |x| up to
2**17. What is beyond is left to the C library: there the floats lie so far apart that no
wave is meant, only a stray value.

Source: the reduction in parts, W. Cody and W. Waite, "Software Manual for the Elementary
Functions", 1980.

Read next: error_function.py
"""

from __future__ import annotations

import math
from typing import Any

from .parts import FLOAT64, nearest_integer

_LARGEST = 2.0**17

# pi/2 in parts, the first two of 36 digits.
_HALF_PI = (1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23)

# sin(r) / r and cos(r) in r**2; relative errors 0.07 and 0.002 * 2**-24.
_SIN32 = (1.0, -0.16666655, 0.008332187, -0.00019517897)
_COS32 = (1.0, -0.5, 0.041666646, -0.001388731, 2.4432327e-05)

# sin(r) = r + r**3 (-1/6 + ...), cos(r) = 1 - r**2 / 2 + r**4 (1/24 + ...), in r**2; 0.03 and 0.0005 * 2**-53.
_SIN64 = (
    -0.1666666666666663, 0.00833333333332184, -0.0001984126982935852, 2.7557313538515886e-06,
    -2.5050734390774612e-08, 1.589543346146961e-10,
)  # fmt: skip
_COS64 = (
    0.041666666666666595, -0.0013888888888873307, 2.480158728896525e-05, -2.75573142030933e-07,
    2.0875703142565387e-09, -1.1358617216002001e-11,
)  # fmt: skip


def sin_float32(m: Any, x: Any) -> Any:
    """The sine; 1.93 ulp, 1.97 without a fused multiply-add."""
    return _wave32(m, "sin", 0, x)


def cos_float32(m: Any, x: Any) -> Any:
    """The cosine; 1.96 ulp, 1.96 without a fused multiply-add."""
    return _wave32(m, "cos", 1, x)


def sin_float64(m: Any, x: Any) -> Any:
    """The sine; 1.28 ulp, 1.28 without a fused multiply-add."""
    return m.where(m.equal(x, 0.0), x, _wave64(m, "sin", 0, x))


def cos_float64(m: Any, x: Any) -> Any:
    """The cosine; 1.36 ulp, 1.26 without a fused multiply-add."""
    return _wave64(m, "cos", 1, x)


def _wave32(m: Any, name: str, quarter: int, x: Any) -> Any:
    """sin(x + quarter * pi/2)."""
    wide = m.cast(x, "float64")
    whole, n = nearest_integer(m, FLOAT64, wide, 2 / math.pi)
    r = m.fma(whole, -_HALF_PI[1], m.fma(whole, -_HALF_PI[0], wide))
    n = m.cast(n, "int32") + quarter
    r = m.cast(r, "float32")
    z = r * r
    # A product, so that sin(-0.0) is -0.0.
    y = m.where(m.equal(n & 1, 0), r * m.polynomial(z, _SIN32), m.polynomial(z, _COS32))
    # Bit 1 of n becomes the sign.
    y = m.bits(m.bits(y, "int32") ^ (m.shift_left(n, 30) & -(2**31)), "float32")
    return m.libm_where(abs(x) > _LARGEST, name, y, x)


def _wave64(m: Any, name: str, quarter: int, x: Any) -> Any:
    """sin(x + quarter * pi/2), from r and the digits that r has no place for."""
    whole, n = nearest_integer(m, FLOAT64, x, 2 / math.pi)
    n = n + quarter
    first = m.fma(whole, -_HALF_PI[0], x)
    second = m.fma(whole, -_HALF_PI[1], first)
    rest = m.fma(whole, -_HALF_PI[2], m.fma(whole, -_HALF_PI[1], first - second))
    r = second + rest
    rest = (second - r) + rest
    z = r * r
    half = 0.5 * z
    sine = r + m.fma(r * z, m.polynomial(z, _SIN64), m.fma(-half, rest, rest))
    cosine = (1.0 - half) + m.fma(z * z, m.polynomial(z, _COS64), -r * rest)
    y = m.where(m.equal(n & 1, 0), sine, cosine)
    y = m.bits(m.bits(y, "int64") ^ (m.shift_left(n, 62) & -(2**63)), "float64")
    return m.libm_where(abs(x) > _LARGEST, name, y, x)

"""log, log2, log10 and log1p.

    log(x) = e log 2 + log(1 + f),   x = 2**e (1 + f),   sqrt(1/2) <= 1 + f < sqrt(2)

In float32 log(1 + f) is f - f**2 / 2 + f**3 times a minimax polynomial. In float64 that
would take twice as many terms as the series in s = f / (2 + f), for which
log(1 + f) = 2 artanh(s).

Read next: trigonometric.py
"""

from __future__ import annotations

import math
from typing import Any

from .parts import FLOAT32, FLOAT64, Format, exponent_and_fraction, split, to_float

# log(1 + f) = f + f**2 (-1/2 + f / 3 ...); relative error 0.53 * 2**-24.
_LOG32 = (-0.5, 0.3333391, -0.25001335, 0.19963104, -0.1657765, 0.1491446, -0.14266932, 0.08700559)

# log2(1 + f) = f + f (0.44 ...) and log10(1 + f) = f / 2 + f (-0.07 ...); relative errors 0.57 and 0.47 * 2**-24.
_LOG2_32 = (
    0.442695, -0.7213476, 0.48091373, -0.36068302, 0.28778562, -0.2393885, 0.21758455, -0.20465705, 0.11704834,
)  # fmt: skip
_LOG10_32 = (
    -0.06570553, -0.21714725, 0.14476848, -0.10857925, 0.086672656, -0.07198797, 0.064967796, -0.062072787,
    0.03746679,
)  # fmt: skip

# 2 artanh(s) = 2 s + s**3 (2/3 + ...) in z = s**2; relative error 0.01 * 2**-53.
_ARTANH64 = (
    0.6666666666666735, 0.3999999999940932, 0.28571428743697824, 0.22222198427528128, 0.18183572443048518,
    0.15313829603934218, 0.14798287386564105,
)  # fmt: skip

# log(2) in two parts, the first of few digits.
_LOG2_64 = (0.6931471803691238, 1.9082149292705877e-10)


def log_float32(m: Any, x: Any) -> Any:
    """The natural logarithm; 1.16 ulp, 1.23 without a fused multiply-add."""
    e, f = exponent_and_fraction(m, FLOAT32, x)
    return _with_limits(m, x, 0.0, _log_near_1(m, FLOAT32, e, f))


def log_float64(m: Any, x: Any) -> Any:
    """The natural logarithm; 0.86 ulp, 0.87 without a fused multiply-add."""
    e, f = exponent_and_fraction(m, FLOAT64, x)
    return _with_limits(m, x, 0.0, _log_near_1(m, FLOAT64, e, f))


def log2_float32(m: Any, x: Any) -> Any:
    """The logarithm to base 2; 1.39 ulp, 1.69 without a fused multiply-add."""
    e, f = exponent_and_fraction(m, FLOAT32, x)
    return _with_limits(m, x, 0.0, e + m.fma(f, m.polynomial(f, _LOG2_32), f))


def log10_float32(m: Any, x: Any) -> Any:
    """The logarithm to base 10; 1.37 ulp, 1.67 without a fused multiply-add."""
    e, f = exponent_and_fraction(m, FLOAT32, x)
    # log10(2) in two parts, for the sake of log10(1000.0).
    rest = m.fma(e, 4.605039e-06, m.fma(f, m.polynomial(f, _LOG10_32), 0.5 * f))
    return _with_limits(m, x, 0.0, m.fma(e, 0.301025390625, rest))


def log2_float64(m: Any, x: Any) -> Any:
    """The logarithm to base 2; 0.75 ulp, 0.75 without a fused multiply-add."""
    return _log_to_base(m, x, (1.4426950216293335, 1.9259629911266175e-08), (1.0, 0.0))


def log10_float64(m: Any, x: Any) -> Any:
    """The logarithm to base 10; 0.70 ulp, 0.70 without a fused multiply-add."""
    return _log_to_base(m, x, (0.4342944771051407, 4.798111141615973e-09), (0.30102999566361177, 3.694239077158931e-13))


def log1p_float32(m: Any, x: Any) -> Any:
    """log(1 + x); 1.80 ulp, 1.85 without a fused multiply-add."""
    return _log1p(m, FLOAT32, x)


def log1p_float64(m: Any, x: Any) -> Any:
    """log(1 + x); 1.41 ulp, 1.40 without a fused multiply-add."""
    return _log1p(m, FLOAT64, x)


def _log1p(m: Any, form: Format, x: Any) -> Any:
    # u is rounded, but only e is taken from it: 1 + f = (1 + x) / 2**e has all the digits of x. Where 2**-e would
    # be denormal the 1 counts for nothing, and x may be made smaller first.
    huge = x > 2.0 ** (form.bias - 2)
    half = (form.bias + 1) // 2
    smaller = m.where(huge, x * 2.0**-half, x)
    power, e = split(m, form, 1.0 + smaller)
    scale = m.bits(form.bits(1.0) - power, x.type)
    f = m.fma(smaller, scale, scale - 1.0)
    whole = to_float(m, form, e, x.type)
    y = _log_near_1(m, form, m.where(huge, whole + half, whole), f)
    return m.copysign(_with_limits(m, x, -1.0, y), x)


def _log_near_1(m: Any, form: Format, e: Any, f: Any) -> Any:
    """e log 2 + log(1 + f)."""
    if form is FLOAT32:
        # log(2) happens to be so near to a float32 that it needs no second part.
        return m.fma(e, 0.6931472, m.fma(f * f, m.polynomial(f, _LOG32), f))
    half_square, rest = _artanh_series(m, f, e * _LOG2_64[1])
    return e * _LOG2_64[0] - ((half_square - rest) - f)


def _artanh_series(m: Any, f: Any, more: Any) -> tuple[Any, Any]:
    """(h, t) with log(1 + f) + more = f - h + t: h = f**2 / 2, so that the large terms are exact.

    2 artanh(s) = 2 s + s**3 (2/3 + ...), where 2 s = f - s f and s f = h - s h.
    """
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    return half_square, m.fma(s, half_square + z * m.polynomial(z, _ARTANH64), more)


def _log_to_base(m: Any, x: Any, per_unit: tuple[float, float], per_octave: tuple[float, float]) -> Any:
    """The logarithm of a float64 to another base; log(1 + f) is multiplied in two parts, the first product exact."""
    e, f = exponent_and_fraction(m, FLOAT64, x)
    half_square, rest = _artanh_series(m, f, m.cast(0.0, "float64"))
    large = m.bits(m.bits(f - half_square, "int64") & -(1 << 27), "float64")
    small = ((f - large) - half_square) + rest
    octaves, product = e * per_octave[0], large * per_unit[0]
    y = octaves + product
    lost = ((octaves - y) + product) + e * per_octave[1]
    return _with_limits(m, x, 0.0, y + (lost + m.fma(small, per_unit[0], (large + small) * per_unit[1])))


def _with_limits(m: Any, x: Any, zero: float, y: Any) -> Any:
    """y, but NaN below ``zero``, -inf there, inf at inf."""
    below = m.where(m.equal(x, zero), m.cast(-math.inf, x.type), m.cast(math.nan, x.type))
    y = m.where(x > zero, y, below)
    return m.where(m.equal(x, math.inf), x, y)

"""exp, exp2, expm1 and tanh.

    exp(x) = 2**n exp(r),   n = rint(x / log 2),   r = x - n log 2,   |r| <= log(2) / 2

n log 2 is taken off in two parts, the first of so few digits that its product with n is
exact. What is left is a polynomial, the minimax one (found by Remez exchange, its
coefficients rounded one after another) for the relative error.

Source: the reduction in two parts, W. Cody and W. Waite, "Software Manual for the Elementary
Functions", 1980.

Read next: logarithm.py
"""

from __future__ import annotations

from typing import Any

from .parts import FLOAT32, FLOAT64, Format, nearest_integer, power_of_two

_LOG2_E = 1.4426950408889634

# exp(r) = 1 + r + ... for |r| <= log(2) / 2; relative errors 0.05 * 2**-24 and 0.03 * 2**-53.
_EXP32 = (1.0, 1.0, 0.49999994, 0.16666521, 0.041668266, 0.008368684, 0.0013820952)
_EXP64 = (
    1.0, 1.0, 0.5000000000000011, 0.16666666666666458, 0.041666666666528344, 0.00833333333347638,
    0.0013888888943909075, 0.0001984126953168293, 2.4801492880988612e-05, 2.7557572253084412e-06,
    2.763032033386902e-07, 2.5002674738555847e-08,
)  # fmt: skip

# 2**r for |r| <= 1/2; relative errors 0.05 * 2**-24 and 0.01 * 2**-53.
_EXP2_32 = (1.0, 0.6931472, 0.24022648, 0.0555036, 0.009618506, 0.0013390806, 0.00015326469)
_EXP2_64 = (
    1.0, 0.6931471805599453, 0.2402265069591007, 0.055504108664823505, 0.00961812910762974, 0.0013333558145977626,
    0.00015403530390609645, 1.5252734239459201e-05, 1.3215489337181447e-06, 1.0177896118148706e-07,
    7.053879418042378e-09, 4.479440340148299e-10, 2.72200421524548e-11,
)  # fmt: skip

# exp(r) - 1 = r + r**2 (1/2 + ...), relative errors 0.004 * 2**-24 and 0.003 * 2**-53.
_EXPM1_32 = (0.5, 0.16666666, 0.041666493, 0.008333546, 0.0013932325, 0.000197618)
_EXPM1_64 = (
    0.5, 0.16666666666666677, 0.041666666666666685, 0.008333333333321761, 0.0013888888888891045,
    0.00019841269885422712, 2.4801587286542804e-05, 2.755724509543287e-06, 2.7557322383757785e-07,
    2.510869849849552e-08, 2.089615196072012e-09,
)  # fmt: skip

# tanh(r) = r + r**3 (-1/3 + ...) in r**2 for |r| <= 0.55, relative errors 0.62 * 2**-24 and 0.18 * 2**-53.
_TANH32 = (-0.33332947, 0.13320729, -0.052672006, 0.016437864)
_TANH64 = (
    -0.33333333333332316, 0.13333333333168934, -0.053968253876148106, 0.021869485975682144, -0.008863194507115384,
    0.0035917196592459935, -0.001453216296065041, 0.0005791349566775303, -0.00021029808571763702,
    5.101795809088135e-05,
)  # fmt: skip

# log(2) in two parts, the first of so few digits that small multiples are exact.
_LOG2_32 = (0.693359375, -0.00021219444)
_LOG2_64 = (0.6931471803691238, 1.9082149292705877e-10)


def _reduced(m: Any, form: Format, x: Any, parts: tuple[float, float], factor: float = 1.0) -> tuple[Any, Any]:
    """(n, r): an integer and a float with x = factor * n log 2 + r."""
    whole, n = nearest_integer(m, form, x, _LOG2_E / factor)
    r = m.fma(whole, -parts[0] * factor, x)
    return n, m.fma(whole, -parts[1] * factor, r) if parts[1] else r


def exp_float32(m: Any, x: Any) -> Any:
    """The exponential; 0.86 ulp, 1.11 without a fused multiply-add."""
    # At -104 the result is 0, at 89 infinite; NaN stays.
    x = m.minimum(m.maximum(x, -104.0), 89.0)
    n, r = _reduced(m, FLOAT32, x, _LOG2_32)
    return _scaled(m, FLOAT32, m.polynomial(r, [2 * c for c in _EXP32]), n, x < -86.0, 64)


def exp_float64(m: Any, x: Any) -> Any:
    """The exponential; 0.86 ulp, 1.14 without a fused multiply-add."""
    x = m.minimum(m.maximum(x, -746.0), 710.0)
    n, r = _reduced(m, FLOAT64, x, _LOG2_64)
    return _scaled(m, FLOAT64, m.polynomial(r, [2 * c for c in _EXP64]), n, x < -707.0, 128)


def exp2_float32(m: Any, x: Any) -> Any:
    """2**x; 0.84 ulp, 1.05 without a fused multiply-add."""
    x = m.minimum(m.maximum(x, -152.0), 129.0)
    whole, n = nearest_integer(m, FLOAT32, x, 1.0)
    return exp2_of_parts(m, n, x - whole, x < -124.0)


def exp2_float64(m: Any, x: Any) -> Any:
    """2**x; 0.77 ulp, 1.03 without a fused multiply-add."""
    x = m.minimum(m.maximum(x, -1080.0), 1025.0)
    whole, n = nearest_integer(m, FLOAT64, x, 1.0)
    return _scaled(m, FLOAT64, m.polynomial(x - whole, [2 * c for c in _EXP2_64]), n, x < -1020.0, 128)


def exp2_of_parts(m: Any, n: Any, r: Any, tiny: Any) -> Any:
    """2**(n + r) of an int32 and a float32, |r| <= 1/2; ``tiny`` says where n is below -124."""
    return _scaled(m, FLOAT32, m.polynomial(r, [2 * c for c in _EXP2_32]), n, tiny, 64)


def _scaled(m: Any, form: Format, twice: Any, n: Any, tiny: Any, up: int) -> Any:
    """twice * 2**(n - 1); where that may be denormal it is made ``up`` powers of two larger first.

    n - 1 because 2**n itself overflows before the result does.
    """
    n = m.where(tiny, n + up, n)
    y = twice * power_of_two(m, form, n, twice.type, -1)
    return m.where(tiny, y * 2.0**-up, y)


def expm1_float32(m: Any, x: Any) -> Any:
    """exp(x) - 1; 1.38 ulp, 1.45 without a fused multiply-add."""
    return _expm1(m, FLOAT32, x, -18.0, 89.0, _LOG2_32, _EXPM1_32)


def expm1_float64(m: Any, x: Any) -> Any:
    """exp(x) - 1; 1.83 ulp, 1.95 without a fused multiply-add."""
    return _expm1(m, FLOAT64, x, -38.0, 710.0, _LOG2_64, _EXPM1_64)


def _expm1(m: Any, form: Format, x: Any, low: float, high: float, parts: Any, coefficients: Any) -> Any:
    """2**n (exp(r) - 1) + (2**n - 1), half of it first because 2**n may overflow; exp(r) - 1 itself where n = 0."""
    limited = m.minimum(m.maximum(x, low), high)
    n, r = _reduced(m, form, limited, parts)
    p = m.fma(r * r, m.polynomial(r, coefficients), r)
    half = power_of_two(m, form, n, x.type, -1)
    y = m.where(m.equal(r, limited), p, 2.0 * m.fma(half, p, half - 0.5))
    return m.copysign(y, x)


def tanh_float32(m: Any, x: Any) -> Any:
    """The hyperbolic tangent; 1.69 ulp, 1.72 without a fused multiply-add."""
    return _tanh(m, FLOAT32, x, 9.5, (0.6931472, 0.0), _TANH32)


def tanh_float64(m: Any, x: Any) -> Any:
    """The hyperbolic tangent; 1.62 ulp, 1.65 without a fused multiply-add."""
    return _tanh(m, FLOAT64, x, 20.0, _LOG2_64, _TANH64)


def _tanh(m: Any, form: Format, x: Any, high: float, log2: tuple[float, float], coefficients: Any) -> Any:
    """tanh of a sum, |x| = n log(2) / 2 + r; from ``high`` on it is 1.

    With t = tanh(r) and p = 2**n, tanh(n log(2) / 2) is (p - 1) / (p + 1), and the sum's is
    ((p - 1) + (p + 1) t) / ((p + 1) + (p - 1) t) = 1 - 2 (1 - t) / ((p + 1) + (p - 1) t).
    """
    size = m.minimum(abs(x), high)
    n, r = _reduced(m, form, size, log2, 0.5)
    # Below 0.55 the difference from 1 would lose digits: there n = 0 and t is the result.
    small = size < 0.55
    t = m.where(small, size, r)
    z = t * t
    t = m.fma(t * z, m.polynomial(z, coefficients), t)
    p = power_of_two(m, form, n, x.type)
    y = 1.0 - m.fma(t, -2.0, 2.0) / m.fma(p - 1.0, t, p + 1.0)
    return m.copysign(m.where(small, t, y), x)

"""erf.

    erf(x) = x P(x**2)             |x| < 0.95
    erf(x) = 1 - 2**Q(|x|)         elsewhere: Q is the logarithm of what is missing to 1

Both are computed, the second with the steps of exp2.

Read next: power.py
"""

from __future__ import annotations

from typing import Any

from .parts import FLOAT32, nearest_integer, power_of_two

# erf(x) = x + x (0.13 + ...) in x**2; relative error 0.46 * 2**-24.
_NEAR32 = (0.12837914, -0.37612408, 0.1128095, -0.026736235, 0.0049501345, -0.0005779223)

# log2(erfc(x)) for 0.95 <= x <= 4; it makes an error of 0.35 * 2**-24 in erf.
_FAR32 = (-0.003168274, -1.6144793, -0.94105923, -0.12995559, 0.021989483, -0.0017436185)

# 2**r for |r| <= 1/2; relative error 1.6 * 2**-24, of which at most a fifth is left.
_EXP2_32 = (1.0, 0.693147, 0.24022247, 0.05550711, 0.009671291, 0.0013269522)


def erf_float32(m: Any, x: Any) -> Any:
    """The error function; 1.60 ulp, 1.81 without a fused multiply-add."""
    # From 4 on it is 1.
    size = m.minimum(abs(x), 4.0)
    z = size * size
    near = m.fma(size, m.polynomial(z, _NEAR32), size)
    q = m.polynomial(size, _FAR32)
    whole, n = nearest_integer(m, FLOAT32, q, 1.0)
    missing = power_of_two(m, FLOAT32, n, "float32") * m.polynomial(q - whole, _EXP2_32)
    return m.copysign(m.where(size < 0.95, near, 1.0 - missing), x)

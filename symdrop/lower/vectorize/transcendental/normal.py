"""ndtri: the inverse of the normal distribution function.

    ndtri(p) = q R(0.425**2 - q**2),           q = p - 1/2,        |q| <= 0.425
    ndtri(p) = -+ S(sqrt(-log(min(p, 1 - p))) - 1.5)               nearer to 0 and 1

R and S are quotients of polynomials of positive coefficients in arguments that are not
negative, so that nothing cancels: the best ones for the relative error, found by Remez
exchange, good for every p down to the least denormal. Only one quotient is divided out.

Source: the form, with coefficients of its own, is that of M. Wichura, "Algorithm AS 241: the
percentage points of the normal distribution", Applied Statistics 37(3), 1988.

Read next: ../special_functions.py
"""

from __future__ import annotations

import math
from typing import Any

# R, its numerator and denominator; then S. Relative errors 0.77 and 0.19 * 2**-24.
_MIDDLE32 = (
    (3.3871326, 50.43428, 159.29105, 59.10917),
    (1.0, 17.895172, 78.75774, 67.18742),
)  # fmt: skip
_TAIL32 = (
    (1.2513732, 3.0323505, 2.042987, 0.48433423, 0.0328605),
    (1.0, 1.0374229, 0.30804685, 0.023230867),
)  # fmt: skip

# The same for float64: 0.67 and 1.6 * 2**-53.
_MIDDLE64 = (
    (
        3.3871328727963665, 133.14168557808708, 1971.5915216651265, 13731.700290047293, 45921.98572681308,
        67265.83433222593, 33430.61646172502, 2509.0847557295356,
    ),
    (
        1.0, 42.31333592321558, 687.1871918693727, 5394.198386619287, 21213.807817312187, 39307.929828325025,
        28729.117974714445, 5226.502594921735,
    ),
)  # fmt: skip
_TAIL64 = (
    (
        1.2513729290570785, 4.5356589300534305, 6.304900102338863, 4.552264081331625, 1.90793896889171,
        0.48336045429805424, 0.07358360700103662, 0.006398339740229073, 0.00028729977542787146,
        5.601722844810108e-06, 3.2963853319621364e-08,
    ),
    (
        1.0, 2.2387474736035338, 2.04905829023082, 0.9971700960889972, 0.2804966193171119, 0.046124684815899195,
        0.00423936305431702, 0.00019734704098182723, 3.926089590541793e-06, 2.330891807983842e-08,
    ),
)  # fmt: skip


def ndtri_float32(m: Any, p: Any) -> Any:
    """ndtri."""
    return _ndtri(m, p, _MIDDLE32, _TAIL32)


def ndtri_float64(m: Any, p: Any) -> Any:
    """ndtri."""
    return _ndtri(m, p, _MIDDLE64, _TAIL64)


def _ndtri(m: Any, p: Any, middle: Any, tail: Any) -> Any:
    q = p - 0.5
    inside = abs(q) <= 0.425
    u = m.fma(-q, q, 0.425**2)
    rest = m.minimum(p, 1.0 - p)
    s = m.sqrt(-m.log(rest)) - 1.5
    above = m.where(inside, q * m.polynomial(u, middle[0]), m.copysign(m.polynomial(s, tail[0]), q))
    z = above / m.where(inside, m.polynomial(u, middle[1]), m.polynomial(s, tail[1]))
    # At 0 and 1 the tail's quotient is inf / inf.
    return m.where(m.equal(rest, 0.0), m.copysign(m.cast(math.inf, p.type), q), z)

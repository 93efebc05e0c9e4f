"""The normal distribution function, its logarithm, and the inverses of the error functions.

Read next: inverses.py
"""

from __future__ import annotations

import math
from typing import Any

from ...op import elementwise
from ..arithmetic import sqr
from ..functions import exp


@elementwise(returns="float", bounds=(0, 1))
def ndtr(m: Any, x: Any) -> Any:
    """Distribution function of the standard normal distribution."""
    return 0.5 * m.erfc(x * -math.sqrt(0.5))


@ndtr.pullback
def ndtr_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * exp(-0.5 * sqr(x)) * (1 / math.sqrt(2 * math.pi))


@elementwise(returns="float")
def log_ndtr(m: Any, x: Any) -> Any:
    """Logarithm of the distribution function of the standard normal distribution, precise in both tails."""
    return m.log_ndtr(x)


@log_ndtr.pullback
def log_ndtr_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * exp(-0.5 * sqr(x) - y) * (1 / math.sqrt(2 * math.pi))


@elementwise(returns="float", domain=(-0.9, 0.9))
def erfinv(m: Any, x: Any) -> Any:
    """Inverse of the error function."""
    return m.erfinv(x)


@erfinv.pullback
def erfinv_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * exp(sqr(y)) * (math.sqrt(math.pi) / 2)


@elementwise(returns="float", domain=(0.1, 1.9))
def erfcinv(m: Any, x: Any) -> Any:
    """Inverse of the complementary error function."""
    return m.erfcinv(x)


@erfcinv.pullback
def erfcinv_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * exp(sqr(y)) * (math.sqrt(math.pi) / 2)


@elementwise(returns="float")
def erfcx(m: Any, x: Any) -> Any:
    """Scaled complementary error function, exp(x * x) * erfc(x)."""
    return m.erfcx(x)


@erfcx.pullback
def erfcx_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (2 * x * y - 2 / math.sqrt(math.pi))

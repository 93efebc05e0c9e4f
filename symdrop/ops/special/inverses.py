"""Inverses of the incomplete gamma and beta functions: quantiles of distributions.

Read next: bessel.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...op import NO_DERIVATIVE, elementwise
from ..functions import exp
from .gamma import betaln, gammaln
from .logarithms import xlog1py, xlogy


@elementwise(returns="float", domain=(0.2, 0.9))
def gammaincinv(m: Any, a: Any, y: Any) -> Any:
    """The x at which the lower incomplete gamma function ``gammainc(a, x)`` is y."""
    return m.gammaincinv(a, y)


@gammaincinv.pullback
def gammaincinv_pullback(g: Any, x: Any, a: Any, y: Any) -> Any:
    return NO_DERIVATIVE, g * exp(gammaln(a) + x - xlogy(a - 1, x))


@elementwise(returns="float", domain=(0.2, 0.9))
def gammainccinv(m: Any, a: Any, y: Any) -> Any:
    """The x at which the upper incomplete gamma function ``gammaincc(a, x)`` is y."""
    return m.gammainccinv(a, y)


@gammainccinv.pullback
def gammainccinv_pullback(g: Any, x: Any, a: Any, y: Any) -> Any:
    return NO_DERIVATIVE, -g * exp(gammaln(a) + x - xlogy(a - 1, x))


@elementwise(returns="float", domain=(0.2, 0.9))
def betaincinv(m: Any, a: Any, b: Any, y: Any) -> Any:
    """The x at which the incomplete beta function ``betainc(a, b, x)`` is y."""
    return m.apply(_betaincinv, a, b, y)


def _betaincinv(*operands: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """SciPy's of float64, whatever the operands are: that of float32 is right to five digits."""
    import scipy.special

    exact = scipy.special.betaincinv(*(np.asarray(one, np.float64) for one in operands))
    made: np.ndarray[Any, Any] = np.asarray(exact).astype(np.result_type(*operands))
    return made


@betaincinv.pullback
def betaincinv_pullback(g: Any, x: Any, a: Any, b: Any, y: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE, g * exp(betaln(a, b) - xlogy(a - 1, x) - xlog1py(b - 1, -x))

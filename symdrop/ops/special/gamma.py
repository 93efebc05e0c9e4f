"""The gamma function, its logarithm and derivatives, and what is made of it: beta and incomplete functions, zeta.

Read next: normal.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import NO_DERIVATIVE, elementwise
from ..functions import exp
from ..logic import eq, where
from .logarithms import xlog1py, xlogy


@elementwise(returns="float", domain=(0.3, 4.0))
def gamma(m: Any, x: Any) -> Any:
    """Gamma function, which is (x - 1)! of whole numbers."""
    return m.gamma(x)


@gamma.pullback
def gamma_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * y * digamma(x)


@elementwise(returns="float", domain=(0.3, 4.0))
def gammaln(m: Any, x: Any) -> Any:
    """Logarithm of the absolute value of the gamma function."""
    return m.gammaln(x)


@gammaln.pullback
def gammaln_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * digamma(x)


@elementwise(returns="float", domain=(0.3, 4.0))
def digamma(m: Any, x: Any) -> Any:
    """Derivative of the logarithm of the gamma function."""
    return m.psi(x)


@digamma.pullback
def digamma_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * polygamma(x, order=1)


@elementwise(returns="float", domain=(0.6, 4.0))
def polygamma(m: Any, x: Any, *, order: int) -> Any:
    """The derivative of ``digamma`` of a positive order."""
    return (-1) ** (order + 1) * math.factorial(order) * m.zeta(order + 1, x)


@polygamma.pullback
def polygamma_pullback(g: Any, y: Any, x: Any, *, order: int) -> Any:
    return g * polygamma(x, order=order + 1)


@polygamma.samples
def polygamma_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield [rng.uniform(0.6, 4.0, 3).astype(dtype)], {"order": 2}


@elementwise(returns="float", domain=(1.5, 4.0))
def zeta(m: Any, x: Any, q: Any) -> Any:
    """Hurwitz zeta function: the sum of (k + q) ** -x over k = 0, 1, 2, ...; Riemann's where q is 1."""
    return m.zeta(x, q)


@zeta.pullback
def zeta_pullback(g: Any, y: Any, x: Any, q: Any) -> Any:
    return NO_DERIVATIVE, -g * x * zeta(x + 1, q)


@elementwise(returns="float", domain=(0.3, 4.0))
def gammainc(m: Any, a: Any, x: Any) -> Any:
    """Lower incomplete gamma function, regularised: the share of gamma(a) that is integrated from 0 to x."""
    return m.gammainc(a, x)


@gammainc.pullback
def gammainc_pullback(g: Any, y: Any, a: Any, x: Any) -> Any:
    return NO_DERIVATIVE, g * _gamma_density(a, x)


@elementwise(returns="float", domain=(0.3, 4.0))
def gammaincc(m: Any, a: Any, x: Any) -> Any:
    """Upper incomplete gamma function, regularised: 1 - gammainc(a, x), precise where that is small."""
    return m.gammaincc(a, x)


@gammaincc.pullback
def gammaincc_pullback(g: Any, y: Any, a: Any, x: Any) -> Any:
    return NO_DERIVATIVE, -g * _gamma_density(a, x)


def _gamma_density(a: Any, x: Any) -> Any:
    return exp(xlogy(a - 1, x) - x - gammaln(a))


@elementwise(returns="float", domain=(0.3, 4.0), commutative=True)
def beta(m: Any, a: Any, b: Any) -> Any:
    """Beta function, gamma(a) * gamma(b) / gamma(a + b)."""
    return m.beta(a, b)


@beta.pullback
def beta_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    both = digamma(a + b)
    return g * y * (digamma(a) - both), g * y * (digamma(b) - both)


@elementwise(returns="float", domain=(0.3, 4.0), commutative=True)
def betaln(m: Any, a: Any, b: Any) -> Any:
    """Logarithm of the absolute value of the beta function."""
    return m.betaln(a, b)


@betaln.pullback
def betaln_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    both = digamma(a + b)
    return g * (digamma(a) - both), g * (digamma(b) - both)


@elementwise(returns="float", domain=(0.2, 0.9))
def betainc(m: Any, a: Any, b: Any, x: Any) -> Any:
    """Incomplete beta function, regularised: the share of beta(a, b) that is integrated from 0 to x."""
    return m.betainc(a, b, x)


@betainc.pullback
def betainc_pullback(g: Any, y: Any, a: Any, b: Any, x: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE, g * exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))


@elementwise(returns="float", domain=(0.3, 3.0))
def expi(m: Any, x: Any) -> Any:
    """Exponential integral: the principal value of the integral of exp(t) / t up to x."""
    return m.expi(x)


@expi.pullback
def expi_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * exp(x) / x


@elementwise(returns="float", domain=(1.2, 4.0))
def spence(m: Any, x: Any) -> Any:
    """Spence's function, the dilogarithm of 1 - x: the integral of log(t) / (1 - t) from 1 to x."""
    return m.spence(x)


@spence.pullback
def spence_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * log_ratio(x)


@elementwise(returns="float", domain=(1.2, 4.0), hidden=True)
def log_ratio(m: Any, x: Any) -> Any:
    """log(x) / (1 - x), which is -1 at 1."""
    away = m.not_equal(x, 1)
    return m.where(away, m.log(x) / m.where(away, 1 - x, 1), -1)


@log_ratio.pullback
def log_ratio_pullback(g: Any, y: Any, x: Any) -> Any:
    at_one = eq(x, 1)
    return g * where(at_one, 0.5, (1 / x + y) / where(at_one, 1, 1 - x))

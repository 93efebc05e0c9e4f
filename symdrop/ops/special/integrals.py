"""Exponential integrals, Dawson's and Owen's integrals, and hypergeometric functions.

Source: "NIST Digital Library of Mathematical Functions", chapters 6, 7, 8, 13 and 15; D. B. Owen, "Tables for computing
bivariate normal probabilities", Annals of Mathematical Statistics 27 (1956).

Read next: oscillating.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import NO_DERIVATIVE, elementwise
from ..arithmetic import sqr
from ..functions import erf, exp


@elementwise(returns="float", domain=(0.3, 3.0))
def exp1(m: Any, x: Any) -> Any:
    """Exponential integral E1: the integral of exp(-t) / t from x on."""
    return m.exp1(x)


@exp1.pullback
def exp1_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * exp(-x) / x


@elementwise(returns="float", domain=(0.3, 3.0), hidden=True)
def exponential_integral(m: Any, x: Any, *, n: int) -> Any:
    """Generalised exponential integral: the integral of exp(-x t) / t**n from 1 on."""
    return m.apply(_expn, n, x)


def _expn(n: int, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import scipy.special

    made: np.ndarray[Any, Any] = np.asarray(scipy.special.expn(n, x)).astype(np.asarray(x).dtype)
    return made


@exponential_integral.pullback
def exponential_integral_pullback(g: Any, y: Any, x: Any, *, n: int) -> Any:
    return -g * exponential_integral(x, n=n - 1) if n else -g * y * (1 + 1 / x)


@exponential_integral.samples
def exponential_integral_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield [rng.uniform(0.3, 3.0, 3).astype(dtype)], {"n": 2}


@elementwise(returns="float")
def dawsn(m: Any, x: Any) -> Any:
    """Dawson's integral: exp(-x**2) times the integral of exp(t**2) up to x."""
    return m.dawsn(x)


@dawsn.pullback
def dawsn_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (1 - 2 * x * y)


@elementwise(returns="float")
def owens_t(m: Any, h: Any, a: Any) -> Any:
    """Owen's T: the probability that X > h and 0 < Y < a X for independent standard normal X and Y."""
    return m.owens_t(h, a)


@owens_t.pullback
def owens_t_pullback(g: Any, y: Any, h: Any, a: Any) -> Any:
    density = exp(-0.5 * sqr(h)) * (1 / math.sqrt(2 * math.pi))
    slope = exp(-0.5 * sqr(h) * (1 + sqr(a))) / (2 * math.pi * (1 + sqr(a)))
    return -g * density * 0.5 * erf(a * h * math.sqrt(0.5)), g * slope


@elementwise(returns="float", domain=(0.3, 2.0))
def hyp1f1(m: Any, a: Any, b: Any, x: Any) -> Any:
    """Confluent hypergeometric function 1F1 (Kummer's)."""
    return m.hyp1f1(a, b, x)


@hyp1f1.pullback
def hyp1f1_pullback(g: Any, y: Any, a: Any, b: Any, x: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE, g * a / b * hyp1f1(a + 1, b + 1, x)


@elementwise(returns="float", domain=(0.2, 0.8))
def hyp2f1(m: Any, a: Any, b: Any, c: Any, x: Any) -> Any:
    """Gauss' hypergeometric function 2F1."""
    return m.hyp2f1(a, b, c, x)


@hyp2f1.pullback
def hyp2f1_pullback(g: Any, y: Any, a: Any, b: Any, c: Any, x: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE, NO_DERIVATIVE, g * a * b / c * hyp2f1(a + 1, b + 1, c + 1, x)

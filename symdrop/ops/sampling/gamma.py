"""Gamma draws, and how they move with their shape.

The logarithm is drawn, since draws of small shapes lie below all floats. For shapes from
1 on by the method of Marsaglia and Tsang; below 1, log x is that of shape + 1 plus
log(u) / shape.

The derivative of a draw by its shape is implicit: where the distribution function F stays
as it is, dx/da = -(dF/da) / density. With t = x exp(+-v) both tails are integrals over v
of a falling, smooth integrand of (almost) one sign,

    d log x / da = integral over v from 0 of exp(+-a v + x (1 - exp(+-v))) (+-log x + v -+ digamma(a)),

+ above the mode and - below it, so that nothing cancels; where x and a are small a power series converges quickly.

Sources: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 2000; Figurnov, Mohamed and
Mnih, "Implicit reparameterization gradients", NeurIPS 2018.

Read next: counts.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import NO_DERIVATIVE, elementwise
from .rounds import CHUNK, Array, Rounds, in_rounds


@elementwise(returns="param", domain=(0.3, 4.0))
def log_gamma_draw(m: Any, words: Any, shape: Any, *, dtype: str) -> Any:
    """Logarithms of gamma draws of scale 1, each from 64 random bits, the key of its own rounds; not differentiable."""
    return m.cast(m.apply(_log_gammas, m.cast(words, "uint64"), m.cast(shape, "float64")), dtype)


@log_gamma_draw.samples
def log_gamma_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.arange(3, dtype=np.uint64), rng.uniform(0.3, 4, 3)), {"dtype": "float64"}


def _log_gammas(words: Array, a: Array) -> Array:
    return in_rounds(words, (a,), (a > 0) & np.isfinite(a), _marsaglia_tsang, "float64")


def _marsaglia_tsang(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    from scipy.special import ndtri

    (a,) = parameters
    d = np.where(a < 1, a + 1, a) - 1 / 3
    z = ndtri(rounds.uniform(which, number, 0))
    cube = 1 + z / np.sqrt(9 * d)
    positive = cube > 0
    log_v = 3 * np.log(np.where(positive, cube, 1))
    v = np.exp(log_v)
    u = rounds.uniform(which, number, 1)
    accepted = positive & (np.log(u) < 0.5 * z * z + d * (1 - v + log_v))
    value = np.log(d) + log_v
    small = a < 1
    if small.any():
        value[small] += np.log(rounds.uniform(which[small], number, 2)) / a[small]
    return value, accepted


# Nodes and weights of Gauss and Legendre, how far the exponent falls, and terms of the series.
_NODES = 40
_END = 38.0
_TERMS = 22


@elementwise(returns="float", domain=(0.3, 4.0))
def log_gamma_slope(m: Any, shape: Any, log_x: Any) -> Any:
    """Derivative of a gamma draw's logarithm by its shape, at constant distribution function; not differentiable."""
    return m.apply(_log_gamma_slopes, shape, log_x)


@log_gamma_slope.pullback
def log_gamma_slope_pullback(g: Any, y: Any, shape: Any, log_x: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE


def _log_gamma_slopes(shape: Array, log_x: Array) -> Array:
    a, at = (np.asarray(each, np.float64).ravel() for each in np.broadcast_arrays(shape, log_x))
    out = np.empty(a.size)
    with np.errstate(all="ignore"):
        for start in range(0, a.size, CHUNK):
            piece = slice(start, start + CHUNK)
            out[piece] = _slopes(a[piece], at[piece])
    return out.reshape(np.broadcast_shapes(np.shape(shape), np.shape(log_x))).astype(np.result_type(shape, log_x))


def _slopes(a: Array, log_x: Array) -> Array:
    out = np.full(a.shape, np.nan)
    finite = (a > 0) & np.isfinite(a) & np.isfinite(log_x)
    small = log_x < 0
    for which, rule in ((finite & small, _by_series), (finite & ~small, _by_quadrature)):
        out[which] = rule(a[which], log_x[which])
    return out


def _by_series(a: Array, log_x: Array) -> Array:
    """From the power series of F: terms x**n / ((a + 1) ... (a + n)), and their derivatives by a."""
    from scipy.special import psi

    x = np.exp(log_x)
    term, harmonic, total, moved = np.ones_like(x), np.zeros_like(x), np.ones_like(x), np.zeros_like(x)
    for n in range(1, _TERMS):
        share = 1 / (a + n)
        term *= x * share
        harmonic += share
        total += term
        moved += term * harmonic
    slope: Array = (moved - total * (log_x - psi(a + 1))) / a
    return slope


def _by_quadrature(a: Array, log_x: Array) -> Array:
    """From the integral over the tail in which x lies."""
    from scipy.special import psi

    x = np.exp(log_x)
    sign = np.where(x >= a, 1.0, -1.0)
    end, difference = _end(a, x, sign), sign * (log_x - psi(a))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    total, slant = np.zeros_like(x), sign * a
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        v = end * node
        total += weight * np.exp(slant * v - x * np.expm1(sign * v)) * (difference + v)
    return end * total


def _end(a: Array, x: Array, sign: Array) -> Array:
    """Bounds from above on where the exponent has fallen by 38, made nearer by Newton's method, which stays above."""
    above = sign > 0
    bound = np.sqrt(2 * _END / x)
    bound = np.minimum(np.log1p((_END + a * bound) / x), np.where(x > a, _END / np.where(x > a, x - a, 1), np.inf))
    bound = np.where(above, bound, (_END + x) / a)
    for _ in range(5):
        grown = np.expm1(sign * bound)
        bound -= (_END + sign * a * bound - x * grown) / (sign * (a - x * (grown + 1)))
    return bound

"""Draws on the circle: the law of von Mises, and how its draws move with their concentration.

The derivative is implicit, as that of gamma draws: where the distribution function stays as it
is. For an angle below 0,

    d angle / dk = - integral over t from -pi to the angle of exp(k (cos t - cos angle)) (cos t - I1(k) / I0(k)),

and the other side is its mirror image.

Source: Best and Fisher, "Efficient simulation of the von Mises distribution", Applied Statistics 1979.

Read next: random_states.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import NO_DERIVATIVE, elementwise
from .rounds import Array, Rounds, in_rounds

# Concentrations from which on the law is a normal one to the last digit but one.
_NORMAL = 1e8
_NODES = 40
_END = 38.0


@elementwise(returns="param", domain=(0.3, 4.0))
def von_mises_draw(m: Any, words: Any, kappa: Any, *, dtype: str) -> Any:
    """Angles about 0 of a concentration, each from 64 random bits, the key of its own rounds; not differentiable."""
    return m.cast(m.apply(_von_mises, m.cast(words, "uint64"), m.cast(kappa, "float64")), dtype)


@von_mises_draw.samples
def von_mises_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.arange(3, dtype=np.uint64), rng.uniform(0.3, 4, 3)), {"dtype": "float64"}


def _von_mises(words: Array, k: Array) -> Array:
    return in_rounds(words, (k,), (k >= 0) & np.isfinite(k), _best_fisher, "float64")


def _best_fisher(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    from scipy.special import ndtri

    (k,) = parameters
    u, v, side = (rounds.uniform(which, number, i) for i in range(3))
    # Without concentration all angles are as likely; a little changes no digit.
    some = np.clip(k, 1e-9, _NORMAL)
    root = 1 + np.sqrt(1 + 4 * some * some)
    rho = 2 * some / (root + np.sqrt(2 * root))
    s = (1 + rho * rho) / (2 * rho)
    z = np.cos(np.pi * u)
    # 1 - w and s - w without cancellation where the concentration is great.
    beyond = (1 - rho) ** 2 / (2 * rho)
    off = beyond * (1 - z) / (s + z)
    y = some * (beyond + off)
    accepted = (y * (2 - y) - v > 0) | (np.log(y / v) + 1 - y >= 0)
    angle = 2 * np.arcsin(np.sqrt(np.minimum(off / 2, 1)))
    far = k > _NORMAL
    angle = np.where(far, np.abs(ndtri(u)) / np.sqrt(np.where(far, k, 1)), angle)
    return np.where(side < 0.5, -angle, angle), accepted | far


@elementwise(returns="float", domain=(0.3, 3.0))
def von_mises_slope(m: Any, kappa: Any, angle: Any) -> Any:
    """Derivative of a von Mises angle about 0 by its concentration, at constant distribution function."""
    return m.apply(_von_mises_slopes, kappa, angle)


@von_mises_slope.pullback
def von_mises_slope_pullback(g: Any, y: Any, kappa: Any, angle: Any) -> Any:
    return NO_DERIVATIVE, NO_DERIVATIVE


def _von_mises_slopes(kappa: Array, angle: Array) -> Array:
    from scipy.special import i0e, i1e

    k, given = np.broadcast_arrays(np.asarray(kappa, np.float64), np.asarray(angle, np.float64))
    side = -np.abs(given)
    with np.errstate(all="ignore"):
        start = -np.arccos(np.maximum(np.cos(side) - _END / np.maximum(k, 1e-3), -1))
        mean, total = i1e(k) / i0e(k), np.zeros(k.shape)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            t = start + (side - start) * node
            # cos t - cos(angle) as a product, which keeps its digits.
            fall = -2 * np.sin((t + side) / 2) * np.sin((t - side) / 2)
            total += weight * np.exp(k * fall) * (np.cos(t) - mean)
        slope = np.where(given < 0, -1, 1) * (side - start) * total
    return np.asarray(slope, np.result_type(kappa, angle))

"""Integrals of oscillating functions: sine and cosine integrals, Fresnel's integrals.

SciPy computes them in pairs, and has no C function for one of a pair; native code leaves them to it.

Source: "NIST Digital Library of Mathematical Functions", chapters 6 and 7.

Read next: ../running/__init__.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...op import elementwise
from ..arithmetic import sqr
from ..floating_point.roots import sinc
from ..functions import cos, sin

Array = np.ndarray[Any, Any]


def _pair(name: str, x: Array) -> tuple[Array, Array]:
    import scipy.special

    first, second = getattr(scipy.special, name)(x)
    return first, second


def _si(x: Array) -> Array:
    return _pair("sici", x)[0]


def _ci(x: Array) -> Array:
    return _pair("sici", x)[1]


def _fresnel_s(x: Array) -> Array:
    return _pair("fresnel", x)[0]


def _fresnel_c(x: Array) -> Array:
    return _pair("fresnel", x)[1]


@elementwise(returns="float", hidden=True)
def sine_integral(m: Any, x: Any) -> Any:
    """Sine integral: the integral of sin(t) / t from 0 to x."""
    return m.apply(_si, x)


@sine_integral.pullback
def sine_integral_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * sinc(x * (1 / math.pi))


@elementwise(returns="float", domain=(0.3, 3.0), hidden=True)
def cosine_integral(m: Any, x: Any) -> Any:
    """Cosine integral: Euler's constant, log(x), and the integral of (cos(t) - 1) / t from 0 to x."""
    return m.apply(_ci, x)


@cosine_integral.pullback
def cosine_integral_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * cos(x) / x


@elementwise(returns="float", hidden=True)
def fresnel_sine(m: Any, x: Any) -> Any:
    """Fresnel's sine integral: the integral of sin(pi t**2 / 2) from 0 to x."""
    return m.apply(_fresnel_s, x)


@fresnel_sine.pullback
def fresnel_sine_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * sin(sqr(x) * (math.pi / 2))


@elementwise(returns="float", hidden=True)
def fresnel_cosine(m: Any, x: Any) -> Any:
    """Fresnel's cosine integral: the integral of cos(pi t**2 / 2) from 0 to x."""
    return m.apply(_fresnel_c, x)


@fresnel_cosine.pullback
def fresnel_cosine_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * cos(sqr(x) * (math.pi / 2))

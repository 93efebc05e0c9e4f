"""Remainders that keep the dividend's sign, common divisors, counts of bits, and a float's two parts.

Read next: ../special/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import ZERO, elementwise
from ..functions import trunc


@elementwise(accepts="number")
def fmod(m: Any, a: Any, b: Any) -> Any:
    """Remainder a - b * trunc(a / b), with the sign of a, as in C; of integers by zero, 0."""
    if a.dtype.kind == "f":
        return m.fmod(a, b)
    rest = m.remainder(a, b)
    differ = m.not_equal(m.less(a, 0), m.less(b, 0))
    return m.where(m.logical_and(m.not_equal(rest, 0), differ), rest - b, rest)


@fmod.pullback
def fmod_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g, -g * trunc(a / b)


@elementwise(accepts="integer", commutative=True)
def gcd(m: Any, a: Any, b: Any) -> Any:
    """Greatest common divisor of the absolute values."""
    return m.gcd(a, b)


@elementwise(accepts="integer", commutative=True)
def lcm(m: Any, a: Any, b: Any) -> Any:
    """Least common multiple of the absolute values."""
    return m.lcm(a, b)


@gcd.pullback
@lcm.pullback
def divisor_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return ZERO, ZERO


@elementwise(accepts="integer", returns="param")
def bitwise_count(m: Any, x: Any, *, dtype: str = "uint8") -> Any:
    """The number of ones among the bits of the absolute value."""
    return m.bitwise_count(x)


@bitwise_count.pullback
def bitwise_count_pullback(g: Any, y: Any, x: Any, *, dtype: str) -> Any:
    return ZERO


@bitwise_count.samples
def bitwise_count_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield [rng.integers(0, 100, 3)], {"dtype": "uint8"}


@elementwise(returns="float", hidden=True)
def mantissa(m: Any, x: Any) -> Any:
    """The mantissa of a float, from 0.5 up to 1: x = mantissa(x) * 2 ** exponent(x)."""
    return m.frexp(x)[0]


@mantissa.pullback
def mantissa_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * y / x


@elementwise(accepts="number", returns="param", hidden=True)
def exponent(m: Any, x: Any, *, dtype: str = "int32") -> Any:
    """The exponent of a float: x = mantissa(x) * 2 ** exponent(x)."""
    return m.frexp(x)[1]


@exponent.pullback
def exponent_pullback(g: Any, y: Any, x: Any, *, dtype: str) -> Any:
    return ZERO


@exponent.samples
def exponent_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield [rng.normal(size=3).astype(dtype)], {"dtype": "int32"}

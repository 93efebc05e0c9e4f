"""Floats taken apart: the exponent field as an integer, powers of two, whole numbers.

A float is ``significand * 2 ** exponent``. Its exponent stands in its bits as an integer,
so that integer arithmetic on the bits splits a number off its power of two, and builds
powers of two, without a branch and without a table.

Read next: exponential.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Format:
    """The meaning of the bits of a float dtype.

    Attributes:
        integer: the dtype of integers of the same size.
        digits: bits of the significand after its leading one.
        bias: what is added to the exponent where it is stored.
    """

    integer: str
    digits: int
    bias: int

    @property
    def rounder(self) -> float:
        """A number so large that floats near it are 1 apart: adding it rounds to a whole number, halves to even."""
        return 1.5 * 2.0**self.digits

    @property
    def least(self) -> float:
        """The least number with all its digits; what is nearer to 0 is denormal."""
        return 2.0 ** (1 - self.bias)

    def bits(self, value: float) -> int:
        """The bits of a number, as an integer."""
        dtype = {"int32": np.float32, "int64": np.float64}[self.integer]
        return int(np.asarray(value, dtype).view(self.integer))


FLOAT32 = Format("int32", 23, 127)
FLOAT64 = Format("int64", 52, 1023)


def nearest_integer(m: Any, form: Format, x: Any, factor: float) -> tuple[Any, Any]:
    """The whole number n nearest to ``x * factor``, below 2**(digits - 2); and an integer, n modulo 2**digits."""
    shifted = m.fma(x, factor, form.rounder)
    return shifted - form.rounder, m.bits(shifted, form.integer)


def power_of_two(m: Any, form: Format, n: Any, type: str, times: int = 0) -> Any:
    """2 ** (n + times) of an integer n, where that is a number with all its digits."""
    return m.bits(m.shift_left(n, form.digits) + (form.bias + times << form.digits), type)


def to_float(m: Any, form: Format, n: Any, type: str) -> Any:
    """A small integer as a float."""
    if form is FLOAT32:
        return m.cast(n, type)
    # Not every machine converts 64-bit integers: put n into the last digits of a number whose last digit counts 1.
    return m.bits(n + form.bits(form.rounder), type) - form.rounder


def split(m: Any, form: Format, x: Any) -> tuple[Any, Any]:
    """(power, e): e is an integer with x / 2**e in [sqrt(1/2), sqrt(2)), power is e in the place of the exponent."""
    above = m.bits(x, form.integer) - form.bits(0.5**0.5)
    return above & -(1 << form.digits), m.shift_right(above, form.digits)


def exponent_and_fraction(m: Any, form: Format, x: Any) -> tuple[Any, Any]:
    """(e, f): floats with x = 2**e (1 + f), for x > 0."""
    # A denormal number has its exponent in its leading zeros; made larger it has it in its field.
    tiny = x < form.least
    normal = m.where(tiny, x * 2.0**form.digits, x)
    power, e = split(m, form, normal)
    f = m.bits(m.bits(normal, form.integer) - power, x.type) - 1.0
    whole = to_float(m, form, e, x.type)
    return m.where(tiny, whole - form.digits, whole), f

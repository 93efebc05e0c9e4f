"""Scatters that combine: a part of a tensor is multiplied, or keeps the larger or the smaller of two values.

They are ``inc_subtensor`` with another operation in place of the sum: where an index repeats, all its values take part,
in C order. Elements of a maximum that are equal, that of x among them, share its gradient evenly. A value's slope in a
product is the product of all others; it is taken from the product of those that are not 0, so that it is right
where values are 0, but has itself a slope only where none is.

Read next: linalg.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from ..op import Style, Text, convert
from .arithmetic import maximum, minimum, mul
from .indexing import Entries, at, numpy_index
from .logic import STRUCTURAL_ZERO, bitwise_and, bitwise_or, eq, neq, where
from .scatter import Scatter, changeable, inc_subtensor, scatter_notation, scatter_samples
from .views import filled


def _mul_subtensor(m: Any, x: Any, value: Any, *parts: Any, entries: Entries) -> Any:
    """x with x[index] multiplied by the value; where an index repeats, by all its values."""
    index = numpy_index(entries, parts)
    result = changeable(m, x, value, index)
    m.multiply.at(result, index, value)
    return result


def _max_subtensor(m: Any, x: Any, value: Any, *parts: Any, entries: Entries) -> Any:
    """x with the larger of x[index] and the value in its place, NaN if either is; where an index repeats, of all."""
    index = numpy_index(entries, parts)
    result = changeable(m, x, value, index)
    m.maximum.at(result, index, value)
    return result


def _min_subtensor(m: Any, x: Any, value: Any, *parts: Any, entries: Entries) -> Any:
    """x with the smaller of x[index] and the value in its place, NaN if either is; where an index repeats, of all."""
    index = numpy_index(entries, parts)
    result = changeable(m, x, value, index)
    m.minimum.at(result, index, value)
    return result


mul_subtensor = Scatter(_mul_subtensor, name="mul_subtensor", combines=mul, linear_in=(0,))
max_subtensor = Scatter(_max_subtensor, name="max_subtensor", combines=maximum)
min_subtensor = Scatter(_min_subtensor, name="min_subtensor", combines=minimum)


@mul_subtensor.pullback
def mul_subtensor_pullback(g: Any, y: Node, x: Node, value: Node, *parts: Node, entries: Entries) -> Any:
    by_x = mul_subtensor(g, value, *parts, entries=entries)
    none, none_there = eq(value, 0), eq(x, 0)
    zeros = inc_subtensor(convert(none_there, "int64"), convert(none, "int64"), *parts, entries=entries)
    # The value may be 1 in place of a zero: it is the product of the others that counts, which integers may not hold.
    factor, own = convert(where(none, 1, value), g.dtype), convert(where(none_there, 1, x), g.dtype)
    product = mul_subtensor(own, factor, *parts, entries=entries)
    others = at(zeros, parts, entries) - convert(none, "int64")
    passed = at(g * product, parts, entries) / factor
    # One other factor that is 0 makes the slope 0, too, but has a slope itself, which second derivatives need.
    nil = convert(where(none, value, 0), g.dtype)
    other = at(inc_subtensor(convert(where(none_there, x, 0), g.dtype), nil, *parts, entries=entries), parts, entries)
    return by_x, where(eq(others, 0), passed, where(eq(others, 1), (other - nil) * passed, STRUCTURAL_ZERO))


@max_subtensor.pullback
@min_subtensor.pullback
def extremal_pullback(g: Any, y: Node, x: Node, value: Node, *parts: Node, entries: Entries) -> Any:
    own, given = _same(x, y), _same(value, at(y, parts, entries))
    count = inc_subtensor(convert(own, g.dtype), convert(given, g.dtype), *parts, entries=entries)
    share = g / count
    zeros = filled(convert(STRUCTURAL_ZERO, g.dtype), x.shape)
    passed = at(share, parts, entries)
    return where(own, share, zeros), where(given, passed, STRUCTURAL_ZERO)


def _same(a: Node, b: Node) -> Node:
    """True where values are equal, or both NaN."""
    return bitwise_or(eq(a, b), bitwise_and(neq(a, a), neq(b, b)))


@mul_subtensor.notation
@max_subtensor.notation
@min_subtensor.notation
def combined_notation(style: Style, node: Any, x: Text, value: Text, *parts: Text) -> Text:
    """The call, as of other scatters."""
    return scatter_notation(style, node, x, value, *parts)


@mul_subtensor.samples
@max_subtensor.samples
@min_subtensor.samples
def combined_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from scatter_samples(rng, dtype)

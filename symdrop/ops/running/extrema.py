"""Running extrema and sums of exponentials: of the elements up to each one along an axis.

A running extremum is one of the elements, and its gradient goes there: to where the extremum is first what it is.

Read next: segments.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Size, Sizes, structured
from ...types import TensorType
from ..barriers import structural_zeros_like
from ..creation import arange
from ..cumulative import cumsum_samples, recurrence
from ..functions import exp
from ..logic import eq, where
from ..reduce import MINUS_INFINITY
from ..scatter import inc_subtensor


def _accumulated(function: Any, x: Any, axis: int, reverse: bool, m: Any) -> Any:
    """The values of a ufunc of the elements up to each one along an axis; reversed, of those from each one on."""
    if reverse:
        return m.flip(function.accumulate(m.flip(x, axis), axis=axis), axis)
    return function.accumulate(x, axis=axis)


@structured(moves=(0,), axis_params=("axis",))
def cummax(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Running maximum along an axis: the largest of the elements up to each one, NaN from the first NaN on."""
    return _accumulated(m.maximum, x, axis, reverse, m)


@structured(moves=(0,), axis_params=("axis",))
def cummin(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Running minimum along an axis: the smallest of the elements up to each one, NaN from the first NaN on."""
    return _accumulated(m.minimum, x, axis, reverse, m)


@structured(axis_params=("axis",))
def first_reached(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Positions along an axis at which the value of each element, met from the first one on, was met first in a row."""
    rows = m.moveaxis(m.flip(x, axis) if reverse else x, axis, 0)
    same = (rows[1:] == rows[:-1]) | ((rows[1:] != rows[1:]) & (rows[:-1] != rows[:-1]))
    found = m.zeros(rows.shape, "int64")
    found[1:] = m.where(same, 0, m.arange(1, len(rows)).reshape((-1, *(1,) * (rows.ndim - 1))))
    found = m.maximum.accumulate(found, axis=0)
    return m.moveaxis((len(rows) - 1 - found)[::-1] if reverse else found, 0, axis)


@cummax.infer
@cummin.infer
def running_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return x.type


@first_reached.infer
def first_reached_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return TensorType("int64", x.type.shape)


@cummax.pullback
@cummin.pullback
def running_pullback(g: Any, y: Node, x: Node, *, axis: int, reverse: bool) -> Any:
    # Where the maximum begins to be what it is, there it stands.
    places = [
        arange(0, x.shape[k], 1, dtype="int64").dimshuffle(*(0 if k == i else "x" for i in range(x.ndim)))
        for k in range(x.ndim)
    ]
    places[axis] = first_reached(y, axis=axis, reverse=reverse)
    return inc_subtensor(structural_zeros_like(x), g, *places, entries=("a",) * x.ndim)


@first_reached.pullback
def first_reached_pullback(g: Any, y: Node, x: Node, *, axis: int, reverse: bool) -> Any:
    return ZERO


@structured(axis_params=("axis",))
def logcumsumexp(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Logarithms of the sums of exponentials of the elements up to each one along an axis, finite for finite x."""
    return _accumulated(m.logaddexp, x, axis, reverse, m)


@logcumsumexp.infer
def logcumsumexp_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return x.type


@cummax.sizes
@cummin.sizes
@first_reached.sizes
@logcumsumexp.sizes
def running_sizes(sizes: Sizes, x: Node, *, axis: int, reverse: bool) -> Sequence[Size | None]:
    return sizes(x)


@logcumsumexp.pullback
def logcumsumexp_pullback(g: Any, y: Node, x: Node, *, axis: int, reverse: bool) -> Any:
    # The share that each element has in the sum up to it; the rest is what the sum before has.
    share = exp(x - where(eq(y, MINUS_INFINITY), 0, y))
    later = recurrence(1 - share, (1 - share) * g, start=0, axis=axis, reverse=not reverse)
    return share * (g + later)


@cummax.samples
@cummin.samples
@first_reached.samples
def running_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from cumsum_samples(rng, dtype)
    yield (np.array([1, 2, 5, 3, 4, 6], dtype),), {"axis": 0, "reverse": False}


@logcumsumexp.samples
def logcumsumexp_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f" and dtype != "float16":
        yield from cumsum_samples(rng, dtype)
        yield (np.array([-1000, -2000, 1000], dtype),), {"axis": 0, "reverse": False}

"""Running extrema and sums of exponentials: of the elements up to each one along an axis.

A running extremum is one of the elements, and its gradient goes there: to where the extremum is first what it is.

Read next: segments.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Size, Sizes
from ...types import TensorType, is_float
from ..barriers import structural_zeros_like
from ..creation import arange
from ..cumulative import PrefixScan, cumsum_samples, recurrence
from ..functions import exp
from ..join import concatenate
from ..logic import bitwise_and, eq, invert, neq, where
from ..reduce import MINUS_INFINITY
from ..scatter import inc_subtensor
from ..special.logarithms import logaddexp


def _accumulated(function: Any, x: Any, axis: int, reverse: bool, m: Any) -> Any:
    """The values of a ufunc of the elements up to each one along an axis; reversed, of those from each one on."""
    if reverse:
        return m.flip(function.accumulate(m.flip(x, axis), axis=axis), axis)
    return function.accumulate(x, axis=axis)


class RunningMaximum(PrefixScan):
    """A prefix scan that carries the maximum."""

    def first(self, node: Node) -> Any:
        """The least value of the dtype."""
        return -math.inf if is_float(node.dtype) else False if node.dtype == "bool" else np.iinfo(node.dtype).min

    def step(self, m: Any, h: Any, *elements: Any) -> Any:
        """The larger one."""
        return m.maximum(h, *elements)


class RunningMinimum(PrefixScan):
    """A prefix scan that carries the minimum."""

    def first(self, node: Node) -> Any:
        """The greatest value of the dtype."""
        return math.inf if is_float(node.dtype) else True if node.dtype == "bool" else np.iinfo(node.dtype).max

    def step(self, m: Any, h: Any, *elements: Any) -> Any:
        """The smaller one."""
        return m.minimum(h, *elements)


class RunningSumOfExponentials(PrefixScan):
    """A prefix scan that carries the logarithm of a sum of exponentials."""

    def first(self, node: Node) -> Any:
        """The logarithm of 0."""
        return -math.inf

    def step(self, m: Any, h: Any, *elements: Any) -> Any:
        """The logarithm of the sum with one more."""
        return logaddexp.formula(m, h, *elements)


def _cummax(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Running maximum along an axis: the largest of the elements up to each one, NaN from the first NaN on."""
    return _accumulated(m.maximum, x, axis, reverse, m)


def _cummin(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Running minimum along an axis: the smallest of the elements up to each one, NaN from the first NaN on."""
    return _accumulated(m.minimum, x, axis, reverse, m)


def _logcumsumexp(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Logarithms of the sums of exponentials of the elements up to each one along an axis, finite for finite x."""
    return _accumulated(m.logaddexp, x, axis, reverse, m)


cummax = RunningMaximum(_cummax, name="cummax", axis_params=("axis",))
cummin = RunningMinimum(_cummin, name="cummin", axis_params=("axis",))
logcumsumexp = RunningSumOfExponentials(_logcumsumexp, name="logcumsumexp", axis_params=("axis",))


@cummax.infer
@cummin.infer
def running_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return x.type


@cummax.pullback
@cummin.pullback
def running_pullback(g: Any, y: Node, x: Node, *, axis: int, reverse: bool) -> Any:
    # Where the maximum begins to be what it is, there it stands.
    places = [
        arange(0, x.shape[k], 1, dtype="int64").dimshuffle(*(0 if k == i else "x" for i in range(x.ndim)))
        for k in range(x.ndim)
    ]
    places[axis] = _first_reached(y, places[axis], axis, reverse)
    return inc_subtensor(structural_zeros_like(x), g, *places, entries=("a",) * x.ndim)


def _first_reached(y: Node, place: Node, axis: int, reverse: bool) -> Node:
    """The places along an axis at which the running value of each element, met from the first one on, was met first."""
    before = (slice(None),) * axis
    neighbour = (y[(*before, slice(1, None))], y[(*before, slice(-1, None))]) if reverse else (
        y[(*before, slice(None, 1))], y[(*before, slice(None, -1))]
    )  # fmt: skip
    shifted = concatenate(*neighbour, axis=axis)
    differs = neq(y, shifted)
    if is_float(y.dtype):
        differs = bitwise_and(differs, invert(bitwise_and(neq(y, y), neq(shifted, shifted))))
    last = y.shape[axis] - 1
    return (
        cummin(where(differs, place, last), axis=axis, reverse=True)
        if reverse
        else cummax(where(differs, place, 0), axis=axis, reverse=False)
    )


@logcumsumexp.infer
def logcumsumexp_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return x.type


@cummax.sizes
@cummin.sizes
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
def running_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from cumsum_samples(rng, dtype)
    yield (np.array([1, 2, 5, 3, 4, 6], dtype),), {"axis": 0, "reverse": False}


@logcumsumexp.samples
def logcumsumexp_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f" and dtype != "float16":
        yield from cumsum_samples(rng, dtype)
        yield (np.array([-1000, -2000, 1000], dtype),), {"axis": 0, "reverse": False}

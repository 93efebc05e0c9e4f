"""Values made from nothing but sizes, and index vectors whose length only running can tell.

Read next: scatter.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, ShapeError
from ..graph import Node
from ..op import ZERO, Size, Sizes, as_node, constant_scalar, convert, structured
from ..types import TensorType, TupleType, check_shape, is_float, is_integer
from .arithmetic import mul
from .lengths import range_length
from .reduce import sum_


@structured
def arange(m: Any, start: Any, stop: Any, step: Any, *, dtype: str) -> Any:
    """The numbers start, start + step, ... before stop; those beyond an integer dtype wrap around."""
    first, last, by = start.item(), stop.item(), step.item()
    count = _steps(first, last, by)
    if not (is_integer(dtype) and all(isinstance(number, int) for number in (first, last, by))):
        return m.arange(first, last, by, dtype=dtype)
    numbers = m.arange(count, dtype="uint64")
    return (numbers * m.asarray(by % 2**64, "uint64") + m.asarray(first % 2**64, "uint64")).astype(dtype)


def _steps(first: float, last: float, by: float) -> int:
    """How many numbers a range holds.

    Raises:
        ArgumentError: if it never ends.
        ShapeError: if it holds more than any array.
    """
    if by == 0:
        raise ArgumentError("a step of 0 never arrives")
    if all(isinstance(number, int) for number in (first, last, by)):
        count = -int((first - last) // by)
    else:
        length = (last - first) / by
        if not math.isfinite(length):
            raise ArgumentError(f"from {first} to {last} in steps of {by} is not a finite number of steps")
        count = math.ceil(length)
    check_shape((max(0, count),))
    return max(0, count)


@arange.infer
def arange_type(start: Node, stop: Node, step: Node, *, dtype: str) -> TensorType:
    for node in (start, stop, step):
        if node.ndim:
            raise GraphTypeError(f"start, stop and step are scalars, not of type {node.type}")
    if dtype == "bool":
        raise GraphTypeError("a range of numbers cannot be of dtype bool")
    if constant_scalar(step) == 0:
        raise ArgumentError("a step of 0 never arrives")
    first, last, by = (constant_scalar(node) for node in (start, stop, step))
    if first is None or last is None or by is None:
        return TensorType(dtype, (None,))
    return TensorType(dtype, (_steps(first, last, by),))


@arange.sizes
def arange_sizes(sizes: Sizes, start: Node, stop: Node, step: Node, *, dtype: str) -> Sequence[Size | None]:
    by = constant_scalar(step)
    if by is None or not all(is_integer(node.dtype) for node in (start, stop, step)):
        return [None]
    return [range_length(start, stop, int(by))]


def counts_axis(index: Node, size: Size, sizes: Sizes) -> bool:
    """True if integers are 0, 1, 2, ... up to a size, in order."""
    if index.op is not arange or sizes(index) != (size,):
        return False
    return bool(constant_scalar(index.inputs[0]) == 0 and constant_scalar(index.inputs[2]) == 1)


@structured(sizes=slice(1, 2))
def repeated_numbers(m: Any, counts: Any, n: Any) -> Any:
    """The numbers 0 to n - 1, number i standing counts[i] times in a row."""
    if min(counts, default=0) < 0:
        raise ShapeError(f"a count is 0 or more, not {min(counts)}")
    if len(counts) != n:
        raise ShapeError(f"{len(counts)} counts were given for an axis of size {int(n)}")
    check_shape((sum(counts.tolist()),))
    return m.repeat(m.arange(int(n)), counts.astype("int64"))


@repeated_numbers.infer
def repeated_numbers_type(counts: Node, n: Node) -> TensorType:
    if counts.ndim != 1 or not is_integer(counts.dtype):
        raise GraphTypeError(f"counts are a vector of integers, not {counts.type}")
    known = constant_scalar(n)
    if None not in (known, counts.type.shape[0]) and known != counts.type.shape[0]:
        raise ShapeError(f"{counts.type.shape[0]} counts were given for an axis of size {known}")
    return TensorType("int64", (None,))


@structured
def nonzero(m: Any, x: Any) -> Any:
    """The indices of the elements that are not zero: for every axis a vector, in C order."""
    return m.nonzero(x)


@nonzero.infer
def nonzero_type(x: Node) -> TupleType:
    if x.ndim == 0:
        raise GraphTypeError("a scalar has no positions; it needs at least one axis")
    return TupleType((TensorType("int64", (None,)),) * x.ndim)


@arange.pullback
def arange_pullback(g: Any, y: Node, start: Node, stop: Node, step: Node, *, dtype: str) -> Any:
    # y[k] = start + k * step; how many there are is an integer.
    by_start = sum_(g, axis=(0,)) if is_float(start.dtype) else ZERO
    if not is_float(step.dtype):
        return by_start, ZERO, ZERO
    k = arange(as_node(0), y.shape[0], as_node(1), dtype="int64")
    return by_start, ZERO, sum_(mul(g, convert(k, g.dtype)), axis=(0,))


@repeated_numbers.pullback
@nonzero.pullback
def positions_pullback(g: Any, y: Node, *inputs: Node, **params: Any) -> Any:
    return (ZERO,) * len(inputs)


@arange.samples
def arange_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (0, 5, 1), {"dtype": dtype}
    yield (np.asarray(7), np.asarray(0), np.asarray(-2)), {"dtype": dtype}
    yield (3, 3, 1), {"dtype": dtype}
    if is_float(dtype):
        yield (np.asarray(0.25, dtype), np.asarray(2.1, dtype), np.asarray(0.5, dtype)), {"dtype": dtype}


@repeated_numbers.samples
def repeated_numbers_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.array([2, 0, 1]), 3), {}
    yield (np.zeros(0, np.int64), 0), {}


@nonzero.samples
def nonzero_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.array([[0, 1, 2], [3, 0, 0]], dtype),), {}
    yield (np.zeros((2, 0), dtype),), {}

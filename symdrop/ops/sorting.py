"""Order along an axis.

The elements of a sorted value are found without their positions, which takes a fraction of the time; the gradient asks
for the order.

Read next: contracted.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..op import ZERO, Size, Sizes, structured
from ..types import TensorType
from .barriers import structural_zeros_like
from .creation import arange
from .scatter import inc_subtensor
from .sort_keys import largest_order, sorted_values, stable_order


@structured(axis_params=("axis",))
def argsort(m: Any, x: Any, *, axis: int) -> Any:
    """The positions along an axis in the order that sorts x, NaN last; equal elements keep their order."""
    return stable_order(m, x, axis)


@argsort.infer
def argsort_type(x: Node, *, axis: int) -> TensorType:
    return TensorType("int64", x.type.shape)


@structured(axis_params=("axis",), nonnegative_if=(0,))
def sort(m: Any, x: Any, *, axis: int) -> Any:
    """The elements in ascending order along an axis, -0.0 before 0.0 and NaN last."""
    return sorted_values(m, x, axis)


@sort.infer
def sort_type(x: Node, *, axis: int) -> TensorType:
    return TensorType(x.dtype, x.type.shape)


@argsort.sizes
@sort.sizes
def sorting_sizes(sizes: Sizes, x: Node, *, axis: int) -> Sequence[Size | None]:
    return sizes(x)


@structured(axis_params=("axis",))
def largest(m: Any, x: Any, *, k: int, axis: int) -> Any:
    """The positions of the k largest elements along an axis, the largest first; NaN is the largest, of equal ones the
    first."""
    if k > x.shape[axis]:
        raise ShapeError(f"there are no {k} largest elements along axis {axis} of size {x.shape[axis]}")
    return largest_order(m, x, k, axis)


@largest.infer
def largest_type(x: Node, *, k: int, axis: int) -> TensorType:
    size = x.type.shape[axis]
    if size is not None and k > size:
        raise ShapeError(f"there are no {k} largest elements along axis {axis} of size {size}")
    return TensorType("int64", tuple(k if number == axis else own for number, own in enumerate(x.type.shape)))


@largest.sizes
def largest_sizes(sizes: Sizes, x: Node, *, k: int, axis: int) -> Sequence[Size | None]:
    return [k if number == axis else size for number, size in enumerate(sizes(x))]


@argsort.pullback
@largest.pullback
def order_pullback(g: Any, y: Node, x: Node, **params: Any) -> Any:
    return ZERO


@sort.pullback
def sort_pullback(g: Any, y: Node, x: Node, *, axis: int) -> Any:
    """The cotangents go where the elements came from."""
    return to_positions(g, x, argsort(x, axis=axis), axis)


def to_positions(g: Any, x: Node, positions: Node, axis: int) -> Any:
    """Zeros like x with cotangents added at positions of every line along an axis."""
    standing = [tuple(0 if k == number else "x" for k in range(x.ndim)) for number in range(x.ndim)]
    grid = [arange(0, size, 1, dtype="int64").dimshuffle(*standing[k]) for k, size in enumerate(x.shape)]
    grid[axis] = positions
    return inc_subtensor(structural_zeros_like(x), g, *grid, entries=("a",) * x.ndim)


@argsort.samples
@sort.samples
def argsort_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis in (((5,), 0), ((2, 3), 1), ((4, 1), 0), ((3, 0), 1), ((1, 2, 3), 1)):
        yield (rng.uniform(0, 9, shape).astype(dtype),), {"axis": axis}


@largest.samples
def largest_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, k in (((5,), 0, 2), ((2, 3), 1, 3), ((4, 1), 0, 0), ((3, 0), 1, 0), ((1, 2, 3), 1, 1)):
        yield (rng.uniform(0, 9, shape).astype(dtype),), {"axis": axis, "k": k}

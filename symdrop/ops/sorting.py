"""Order along an axis.

The elements of a sorted value are found without their positions, which takes a fraction of the time; the gradient asks
for the order. Elements at a few places are found without sorting the others.

Read next: contracted.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..op import ZERO, Batched, BatchedResult, Size, Sizes, structured
from ..types import TensorType
from .barriers import structural_zeros_like
from .creation import arange
from .indexing import gather
from .scatter import inc_subtensor
from .selection import partition_order, places_from_start, values_at_places
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


@structured(nonnegative_if=(0,))
def order_statistics(m: Any, x: Any, places: Any, *, axis: int) -> Any:
    """The elements at places of the ascending order along an axis, counted from 0; the order is that of ``sort``."""
    return values_at_places(m, x, places, axis)


@order_statistics.infer
def order_statistics_type(x: Node, places: Node, *, axis: int) -> TensorType:
    count = places.type.shape[0]
    return TensorType(x.dtype, tuple(count if number == axis else own for number, own in enumerate(x.type.shape)))


@order_statistics.sizes
def order_statistics_sizes(sizes: Sizes, x: Node, places: Node, *, axis: int) -> Sequence[Size | None]:
    (count,) = sizes(places)
    return [count if number == axis else size for number, size in enumerate(sizes(x))]


@order_statistics.batching
def order_statistics_batching(rows: Node, y: Node, x: Batched, places: Batched, *, axis: int) -> BatchedResult:
    """One axis later; places that differ from example to example are known example by example."""
    return None if places.batched else order_statistics(x.value, places.value, axis=axis + 1)


@structured(axis_params=("axis",))
def argpartition(m: Any, x: Any, *, kth: tuple[int, ...], axis: int) -> Any:
    """The positions along an axis in the order of a partition: no element before a place is larger than the one there,
    and none behind it smaller."""
    return partition_order(m, x, kth, axis)


@argpartition.infer
def argpartition_type(x: Node, *, kth: tuple[int, ...], axis: int) -> TensorType:
    length = x.type.shape[axis]
    if length is not None:
        places_from_start(kth, length, axis)
    return TensorType("int64", x.type.shape)


@argpartition.sizes
@argsort.sizes
@sort.sizes
def sorting_sizes(sizes: Sizes, x: Node, **params: Any) -> Sequence[Size | None]:
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


@argpartition.pullback
@argsort.pullback
@largest.pullback
def order_pullback(g: Any, y: Node, x: Node, **params: Any) -> Any:
    return ZERO


@sort.pullback
def sort_pullback(g: Any, y: Node, x: Node, *, axis: int) -> Any:
    """The cotangents go where the elements came from."""
    return _to_positions(g, x, argsort(x, axis=axis), axis)


@order_statistics.pullback
def order_statistics_pullback(g: Any, y: Node, x: Node, places: Node, *, axis: int) -> Any:
    """The cotangents go where the elements came from, which is the order's to tell."""
    order = argsort(x, axis=axis)
    chosen = gather(order.dimshuffle(*_first(x.ndim, axis)), places, entries=("a",)).dimshuffle(*_back(x.ndim, axis))
    return _to_positions(g, x, chosen, axis), ZERO


def _first(ndim: int, axis: int) -> list[int]:
    return [axis, *(number for number in range(ndim) if number != axis)]


def _back(ndim: int, axis: int) -> list[int]:
    """The axes in their order again, after one has been put first."""
    return [_first(ndim, axis).index(number) for number in range(ndim)]


def _to_positions(g: Any, x: Node, positions: Node, axis: int) -> Any:
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


@argpartition.samples
def argpartition_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, kth in (((5,), 0, (2,)), ((2, 3), 1, (0, -1)), ((4, 1), 0, (1, 2)), ((1, 2, 3), 1, ())):
        yield (rng.uniform(0, 9, shape).astype(dtype),), {"axis": axis, "kth": kth}


@order_statistics.samples
def order_statistics_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, places in (((5,), 0, [2, 4]), ((2, 3), 1, [0]), ((4, 1), 0, [3, 0, 0]), ((1, 2, 3), 1, [])):
        yield (rng.uniform(0, 9, shape).astype(dtype), np.array(places, "int64")), {"axis": axis}

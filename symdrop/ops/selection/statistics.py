"""Order statistics and partitions: elements, and positions, that need not all be sorted.

Read next: ../floating_point/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Batched, BatchedResult, Size, Sizes, structured
from ...types import TensorType
from ..indexing import gather
from ..sorting import argsort, to_positions
from .places import partition_order, places_from_start, values_at_places


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
def argpartition_sizes(sizes: Sizes, x: Node, **params: Any) -> Sequence[Size | None]:
    return sizes(x)


@argpartition.pullback
def argpartition_pullback(g: Any, y: Node, x: Node, **params: Any) -> Any:
    return ZERO


@order_statistics.pullback
def order_statistics_pullback(g: Any, y: Node, x: Node, places: Node, *, axis: int) -> Any:
    """The cotangents go where the elements came from, which is the order's to tell."""
    order = argsort(x, axis=axis)
    chosen = gather(order.dimshuffle(*_first(x.ndim, axis)), places, entries=("a",)).dimshuffle(*_back(x.ndim, axis))
    return to_positions(g, x, chosen, axis), ZERO


def _first(ndim: int, axis: int) -> list[int]:
    return [axis, *(number for number in range(ndim) if number != axis)]


def _back(ndim: int, axis: int) -> list[int]:
    """The axes in their order again, after one has been put first."""
    return [_first(ndim, axis).index(number) for number in range(ndim)]


@argpartition.samples
def argpartition_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, kth in (((5,), 0, (2,)), ((2, 3), 1, (0, -1)), ((4, 1), 0, (1, 2)), ((1, 2, 3), 1, ())):
        yield (rng.uniform(0, 9, shape).astype(dtype),), {"axis": axis, "kth": kth}


@order_statistics.samples
def order_statistics_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, places in (((5,), 0, [2, 4]), ((2, 3), 1, [0]), ((4, 1), 0, [3, 0, 0]), ((1, 2, 3), 1, [])):
        yield (rng.uniform(0, 9, shape).astype(dtype), np.array(places, "int64")), {"axis": axis}

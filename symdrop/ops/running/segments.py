"""Segmented extrema and products: of the rows that have one number, whatever their order.

Segmented sums need no op: they are additions into zeros (scatter.py). The others are scatters, too, into what changes
nothing; they are ops for their gradients, which ask for all rows of a number.

Read next: ../calls/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError
from ...graph import Node
from ...op import Size, Sizes, as_node, constant_scalar, convert, structured
from ...types import TensorType, accumulator_dtype, is_integer
from ..combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from ..indexing import at
from ..join import concatenate
from ..logic import STRUCTURAL_ZERO, cast, eq, where
from ..scatter import Scatter, inc_subtensor
from ..views import filled


def _scattered(function: Any, start: Any, data: Any, ids: Any, count: Any, dtype: Any, m: Any) -> Any:
    """For every number below ``count`` the values of a ufunc of the rows with that number; other rows count nowhere."""
    made = m.full((int(count), *data.shape[1:]), start, dtype)
    inside = (ids >= 0) & (ids < count)
    function.at(made, ids[inside], data[inside])
    return made


def lowest(m: Any, dtype: Any) -> Any:
    """The number below all others of a dtype."""
    kind = m.dtype(dtype).kind
    return -m.inf if kind == "f" else m.iinfo(dtype).min if kind in "iu" else False


def highest(m: Any, dtype: Any) -> Any:
    """The number above all others of a dtype."""
    kind = m.dtype(dtype).kind
    return m.inf if kind == "f" else m.iinfo(dtype).max if kind in "iu" else True


@structured(sizes=slice(2, 3))
def segment_max(m: Any, data: Any, ids: Any, count: Any) -> Any:
    """Largest elements of the rows of every number below a count; the lowest number where there is no row."""
    return _scattered(m.maximum, lowest(m, data.dtype), data, ids, count, data.dtype, m)


@structured(sizes=slice(2, 3))
def segment_min(m: Any, data: Any, ids: Any, count: Any) -> Any:
    """Smallest elements of the rows of every number below a count; the highest number where there is no row."""
    return _scattered(m.minimum, highest(m, data.dtype), data, ids, count, data.dtype, m)


@structured(sizes=slice(2, 3))
def segment_prod(m: Any, data: Any, ids: Any, count: Any) -> Any:
    """Products of the rows of every number below a count; 1 where there is no row."""
    return _scattered(m.multiply, 1, data, ids, count, accumulator_dtype(data.dtype.name), m)


def _rows_type(data: Node, ids: Node, count: Node, dtype: str) -> TensorType:
    if not data.ndim or ids.ndim != 1 or not is_integer(ids.dtype):
        raise GraphTypeError(f"rows have numbers, a vector of integers; of type {data.type} and {ids.type}")
    return TensorType(dtype, (constant_scalar(count), *data.type.shape[1:]))


@segment_max.infer
@segment_min.infer
def segment_type(data: Node, ids: Node, count: Node) -> TensorType:
    return _rows_type(data, ids, count, data.dtype)


@segment_prod.infer
def segment_prod_type(data: Node, ids: Node, count: Node) -> TensorType:
    return _rows_type(data, ids, count, accumulator_dtype(data.dtype))


@segment_max.decomposition
def segment_max_decomposition(sizes: Sizes, y: Node, data: Node, ids: Node, count: Node) -> Node:
    return _scatter(max_subtensor, lowest(np, y.dtype), y, data, ids, count)


@segment_min.decomposition
def segment_min_decomposition(sizes: Sizes, y: Node, data: Node, ids: Node, count: Node) -> Node:
    return _scatter(min_subtensor, highest(np, y.dtype), y, data, ids, count)


@segment_prod.decomposition
def segment_prod_decomposition(sizes: Sizes, y: Node, data: Node, ids: Node, count: Node) -> Node:
    return _scatter(mul_subtensor, 1, y, data, ids, count)


def _scatter(combining: Scatter, neutral: Any, y: Node, data: Node, ids: Node, count: Node) -> Node:
    """A scatter into a neutral element for every number, and one more for the rows that count nowhere."""
    start = filled(as_node(np.asarray(neutral, y.dtype)), (count + 1, *data.shape[1:]))
    made: Node = combining(start, convert(data, y.dtype), numbered(ids, count), entries=("a",))[:count]
    return made


@segment_max.sizes
@segment_min.sizes
@segment_prod.sizes
def segment_sizes(sizes: Sizes, data: Node, ids: Node, count: Node) -> Sequence[Size | None]:
    return (count, *sizes(data)[1:])


def segment_sum(data: Node, ids: Node, count: Node) -> Node:
    """Sums of the rows of every number below a count; 0 where there is no row."""
    start = filled(convert(STRUCTURAL_ZERO, accumulator_dtype(data.dtype)), (count + 1, *data.shape[1:]))
    made: Node = inc_subtensor(start, data, numbered(ids, count), entries=("a",))[:count]
    return made


def numbered(ids: Node, count: Node) -> Node:
    """Numbers of rows, those that count nowhere set to the count."""
    number = cast(ids, dtype="int64")
    made: Node = where((number >= 0) & (number < count), number, count)
    return made


def of_every_row(values: Node, ids: Node, count: Node) -> Node:
    """For every row the value of its number; zeros for rows that count nowhere."""
    nothing = filled(convert(STRUCTURAL_ZERO, values.dtype), (1, *values.shape[1:]))
    made: Node = at(concatenate(values, nothing, axis=0), [numbered(ids, count)], ("a",))
    return made


@segment_max.pullback
@segment_min.pullback
def segment_extremum_pullback(g: Any, y: Node, data: Node, ids: Node, count: Node) -> Any:
    reached = eq(data, of_every_row(y, ids, count))
    return where(reached, of_every_row(g, ids, count), STRUCTURAL_ZERO)


@segment_prod.pullback
def segment_prod_pullback(g: Any, y: Node, data: Node, ids: Node, count: Node) -> Any:
    # The product of the other rows: that of those which are not zero, times the one that is. The latter is 0, too, but
    # its own slope is not, which second derivatives need.
    x = convert(data, g.dtype)
    is_zero = eq(x, 0)
    others, own = where(is_zero, 1, x), where(is_zero, x, 0)
    product = of_every_row(segment_prod(others, ids, count), ids, count) / others
    zeros = of_every_row(segment_sum(cast(is_zero, dtype="int64"), ids, count), ids, count)
    zeros = zeros - cast(is_zero, dtype="int64")
    zero = of_every_row(segment_sum(own, ids, count), ids, count) - own
    slope = where(eq(zeros, 0), product, where(eq(zeros, 1), zero * product, STRUCTURAL_ZERO))
    return of_every_row(g, ids, count) * slope


@segment_max.samples
@segment_min.samples
@segment_prod.samples
def segment_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    data = (rng.permutation(8).reshape(4, 2) + rng.uniform(0.5, 0.6)).astype(dtype)
    yield (data, np.array([0, 1, 0, 1]), 2), {}
    yield (data[:, 0], np.array([0, -1, 0, 7], "int32"), 1), {}
    yield (data[:0], np.zeros(0, np.int64), 0), {}

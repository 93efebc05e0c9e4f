"""Counts of values: of whole numbers, in bins, and places in an ordered vector.

Read next: missing.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ...types import is_integer
from ..arguments import as_float, one_size
from ..creation import linspace, ones, zeros
from ..elementwise import cast, eq, le, lt, maximum, minimum, where
from ..extrema import max as max_over
from ..extrema import min as min_over
from ..indexing import inc_subtensor
from ..joining import concatenate
from ..reductions import sum as sum_over


@public
def bincount(x: Any, weights: Any = None, minlength: Any = 0, *, length: Any = None) -> Node:
    """How often every whole number from 0 on occurs.

    Args:
        x: a vector of integers from 0 on.
        weights: what each counts, a vector; by default 1.
        minlength: how many numbers are counted at least.
        length: how many are counted, those beyond it left out; by default up to the largest.

    Returns:
        An int64 vector, or floats where there are weights.

    Raises:
        GraphTypeError: if x is not a vector of integers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.bincount(T.constant([0, 2, 2])).eval().tolist()
        [1, 0, 2]
    """
    node = as_node(x)
    if node.ndim != 1 or not is_integer(node.dtype):
        raise GraphTypeError(f"bincount takes a vector of integers, not {describe(node)}{here()}")
    amounts = ones((node.shape[0],), "int64") if weights is None else as_float(weights)
    if length is None:
        largest = max_over(concatenate([cast(node, "int64"), zeros((1,), "int64") - 1], 0)) + 1
        return inc_subtensor(zeros((maximum(largest, minlength),), amounts.dtype)[node], amounts)
    count = one_size(length)
    # One place more takes those beyond.
    counted = inc_subtensor(zeros((count + 1,), amounts.dtype)[minimum(cast(node, "int64"), count)], amounts)
    return counted[:-1]


@public
def searchsorted(a: Any, v: Any, side: str = "left") -> Node:
    """The places at which values go into an ordered vector.

    Args:
        a: a vector in ascending order.
        v: values, a tensor.
        side: "left" for the first such place, "right" for the last.

    Returns:
        An int64 tensor of v's shape. Each value is compared with all of the vector.

    Raises:
        GraphTypeError: if a is not a vector.
        ArgumentError: for another side.

    Example:
        >>> import symdrop.tensor as T
        >>> T.searchsorted(T.constant([1.0, 2.0, 3.0]), [2.0, 2.5]).eval().tolist()
        [1, 2]
    """
    ordered, values = as_node(a), as_node(v)
    if ordered.ndim != 1:
        raise GraphTypeError(f"searchsorted takes an ordered vector, not {describe(ordered)}{here()}")
    if side not in ("left", "right"):
        raise ArgumentError(f"searchsorted: side is 'left' or 'right', not {shown(side)}{here()}")
    each = values[..., None]
    before = lt(ordered, each) if side == "left" else le(ordered, each)
    return sum_over(cast(before, "int64"), -1)


@public
def digitize(x: Any, bins: Any, right: bool = False) -> Node:
    """The number of the bin of every element.

    Args:
        x: a tensor of numbers.
        bins: the bounds between bins in ascending order: a vector.
        right: True if a bin holds its upper bound, else it holds its lower one.

    Returns:
        An int64 tensor of x's shape: 0 below the first bound.

    Raises:
        GraphTypeError: if the bounds are not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.digitize(T.constant([0.5, 1.0, 9.0]), [1.0, 2.0]).eval().tolist()
        [0, 1, 2]
    """
    return searchsorted(bins, x, "left" if right else "right")


@public
def histogram(
    x: Any, bins: Any = 10, range: Any = None, weights: Any = None, density: bool = False
) -> tuple[Node, Node]:  # fmt: skip
    """How many elements lie in each of several bins.

    Args:
        x: a tensor of numbers.
        bins: how many bins of equal width, a Python integer; or their bounds, an ordered vector.
        range: for a number of bins the lowest and the highest bound; by default the extrema of x.
        weights: what each element counts, of x's shape; by default 1.
        density: True divides by the total and the bins' widths.

    Returns:
        The counts, an int64 vector (floats where there are weights or densities), and the bounds.

    Raises:
        ArgumentError: if the number of bins is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.histogram(T.constant([1.0, 2.0, 2.5]), 2, (0.0, 4.0))]
        [[1, 2], [0.0, 2.0, 4.0]]
    """
    values = as_node(x).flatten()
    edges = _edges(values, bins, range)
    # The last bin holds its upper bound too.
    place = searchsorted(edges, values, "right") - where(eq(values, edges[-1]), 2, 1)
    count = as_node(edges.shape[0]) - 1
    inside = le(0, place) & lt(place, count)
    amounts = ones(values.shape, "int64") if weights is None else as_float(weights).flatten()
    counts = bincount(where(inside, place, count), amounts if weights is not None else None, length=count)
    if density:
        counts = counts / (edges[1:] - edges[:-1]) / cast(sum_over(counts), edges.dtype)
    return counts, edges


def _edges(values: Node, bins: Any, bounds: Any) -> Node:
    if isinstance(bins, Sequence) or (isinstance(bins, Node) and bins.ndim) or getattr(bins, "ndim", 0):
        return as_node(bins)
    count = one_size(bins)
    if not isinstance(count, int) or count < 1:
        raise ArgumentError(f"histogram: a number of bins is a positive Python integer, not {shown(bins)}{here()}")
    low, high = (min_over(values), max_over(values)) if bounds is None else map(as_node, bounds)
    low, high = as_float(low), as_float(high)
    equal = eq(low, high)
    return linspace(where(equal, low - 0.5, low), where(equal, high + 0.5, high), count + 1)


__all__ = ["bincount", "digitize", "histogram", "searchsorted"]

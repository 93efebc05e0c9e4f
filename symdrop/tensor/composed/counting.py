"""Counts of whole numbers, and places in an ordered vector.

Read next: histograms.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ...types import is_integer
from ..arguments import as_float, one_size
from ..creation import ones, zeros
from ..elementwise import cast, le, lt, maximum, minimum
from ..extrema import max as max_over
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


__all__ = ["bincount", "digitize", "searchsorted"]

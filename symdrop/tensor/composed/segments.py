"""Segmented reductions: of the rows that have one number.

Source: ``jax.ops.segment_sum`` and its kin.

Read next: dynamic_slices.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import GraphTypeError, ShapeError, here
from ...graph import Node, describe
from ...op import as_node, convert
from ...ops.running import segments as ops
from ...types import is_integer
from ..arguments import as_float, one_size
from ..creation import ones
from ..elementwise import cast, maximum
from ..extrema import max as max_over
from ..joining import concatenate


@public
def segment_sum(data: Any, segment_ids: Any, num_segments: Any = None) -> Node:
    """Sums of the rows that have one number.

    Args:
        data: a tensor of one axis at least, whose rows are added.
        segment_ids: the number of every row, a vector of integers in any order; rows whose number is negative or too
            large are left out.
        num_segments: how many sums there are; by default as many as the largest number asks for.

    Returns:
        A tensor with a row for every number, zeros where there is none to add; of the dtype of ``sum``.

    Raises:
        GraphTypeError: if the numbers are no vector of integers, or data is a scalar.
        ShapeError: if there are not as many numbers as rows.

    Example:
        >>> import symdrop.tensor as T
        >>> T.segment_sum(T.constant([1.0, 2.0, 4.0]), [0, 2, 0], 3).eval().tolist()
        [5.0, 0.0, 2.0]
    """
    return ops.segment_sum(*_read("segment_sum", data, segment_ids, num_segments))


@public
def segment_prod(data: Any, segment_ids: Any, num_segments: Any = None) -> Node:
    """Products of the rows that have one number; gradients and second derivatives are exact also where elements are 0.

    Third derivatives are so only where no element is 0.

    Args:
        data, segment_ids, num_segments: as of ``segment_sum``.

    Returns:
        A tensor with a row for every number, ones where there is none; of the dtype of ``prod``.

    Raises:
        GraphTypeError, ShapeError: as ``segment_sum``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.segment_prod(T.constant([3.0, 2.0, 4.0]), [0, 2, 0], 3).eval().tolist()
        [12.0, 1.0, 2.0]
    """
    return ops.segment_prod(*_read("segment_prod", data, segment_ids, num_segments))


@public
def segment_max(data: Any, segment_ids: Any, num_segments: Any = None) -> Node:
    """Largest elements of the rows that have one number; every element equal to one receives the whole gradient.

    Args:
        data, segment_ids, num_segments: as of ``segment_sum``.

    Returns:
        A tensor with a row for every number, of data's dtype; where there is none -inf, or the lowest integer.

    Raises:
        GraphTypeError, ShapeError: as ``segment_sum``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.segment_max(T.constant([1.0, 2.0, 4.0]), [0, 2, 0], 3).eval().tolist()
        [4.0, -inf, 2.0]
    """
    return ops.segment_max(*_read("segment_max", data, segment_ids, num_segments))


@public
def segment_min(data: Any, segment_ids: Any, num_segments: Any = None) -> Node:
    """Smallest elements of the rows that have one number; every element equal to one receives the whole gradient.

    Args:
        data, segment_ids, num_segments: as of ``segment_sum``.

    Returns:
        A tensor with a row for every number, of data's dtype; where there is none inf, or the highest integer.

    Raises:
        GraphTypeError, ShapeError: as ``segment_sum``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.segment_min(T.constant([1.0, 2.0, 4.0]), [0, 2, 0], 3).eval().tolist()
        [1.0, inf, 2.0]
    """
    return ops.segment_min(*_read("segment_min", data, segment_ids, num_segments))


@public
def segment_mean(data: Any, segment_ids: Any, num_segments: Any = None) -> Node:
    """Means of the rows that have one number.

    Args:
        data, segment_ids, num_segments: as of ``segment_sum``.

    Returns:
        A float tensor with a row for every number, zeros where there is none.

    Raises:
        GraphTypeError, ShapeError: as ``segment_sum``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.segment_mean(T.constant([1.0, 2.0, 4.0]), [0, 2, 0], 3).eval().tolist()
        [2.5, 0.0, 2.0]
    """
    rows, ids, count = _read("segment_mean", data, segment_ids, num_segments)
    rows = as_float(rows)
    members = ops.segment_sum(ones((ids.shape[0],), "int64"), ids, count)
    divisor = cast(maximum(members, 1), rows.dtype).dimshuffle(0, *"x" * (rows.ndim - 1))
    return ops.segment_sum(rows, ids, count) / divisor


def _read(name: str, data: Any, segment_ids: Any, num_segments: Any) -> tuple[Node, Node, Node]:
    rows, ids = as_node(data), as_node(segment_ids)
    if not rows.ndim:
        raise GraphTypeError(f"{name}: data has rows, which {describe(rows)} has not{here()}")
    if ids.ndim != 1 or not is_integer(ids.dtype):
        raise GraphTypeError(f"{name}: segment_ids are a vector of integers, not {describe(ids)}{here()}")
    sizes = rows.type.shape[0], ids.type.shape[0]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError(f"{name}: {sizes[1]} segment_ids for {sizes[0]} rows of {describe(rows)}{here()}")
    if num_segments is not None:
        return rows, ids, as_node(one_size(num_segments))
    largest = max_over(concatenate([cast(ids, "int64"), as_node([-1]).astype("int64")], 0))
    return rows, ids, convert(largest + 1, "int64")


__all__ = ["segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum"]

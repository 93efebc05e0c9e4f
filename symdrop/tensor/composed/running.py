"""Running extrema and sums of exponentials, by JAX's names.

Read next: sequences.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...graph import Node
from ...op import as_node
from ...ops.running import extrema as ops
from ..arguments import as_float, one_axis


@public
def cummax(x: Any, axis: int = 0, reverse: bool = False) -> Node:
    """Running maximum: the largest of the elements up to each one along an axis; NaN from the first NaN on.

    Args:
        x: a tensor of any dtype, of one axis at least.
        axis: the axis.
        reverse: True to run from the last element to the first.

    Returns:
        A tensor of x's type. The gradient goes to the element that is the maximum, of equal ones to the first met.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cummax(T.constant([1, 3, 2, 4])).eval().tolist()
        [1, 3, 3, 4]
    """
    node = as_node(x)
    made: Node = ops.cummax(node, axis=one_axis(axis, node.ndim), reverse=bool(reverse))
    return made


@public
def cummin(x: Any, axis: int = 0, reverse: bool = False) -> Node:
    """Running minimum: the smallest of the elements up to each one along an axis; NaN from the first NaN on.

    Args:
        x: a tensor of any dtype, of one axis at least.
        axis: the axis.
        reverse: True to run from the last element to the first.

    Returns:
        A tensor of x's type. The gradient goes to the element that is the minimum, of equal ones to the first met.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cummin(T.constant([4, 2, 3, 1])).eval().tolist()
        [4, 2, 2, 1]
    """
    node = as_node(x)
    made: Node = ops.cummin(node, axis=one_axis(axis, node.ndim), reverse=bool(reverse))
    return made


@public
def logcumsumexp(x: Any, axis: int = 0, reverse: bool = False) -> Node:
    """Logarithms of the sums of exponentials of the elements up to each one along an axis, without overflow.

    Args:
        x: a tensor of numbers, of one axis at least.
        axis: the axis.
        reverse: True to run from the last element to the first.

    Returns:
        A float tensor of x's shape.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logcumsumexp(T.constant([1000.0, 1000.0, -1000.0], "float64")).eval().round(3).tolist()
        [1000.0, 1000.693, 1000.693]
    """
    node = as_float(x)
    made: Node = ops.logcumsumexp(node, axis=one_axis(axis, node.ndim), reverse=bool(reverse))
    return made


__all__ = ["cummax", "cummin", "logcumsumexp"]

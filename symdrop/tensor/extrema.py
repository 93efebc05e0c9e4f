"""Largest and smallest elements, where they stand, and how reductions read their axes.

Read next: at.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..graph import Node
from ..op import as_node
from ..ops import reduce as ops
from .arguments import product, several_axes
from .axes import dimshuffle


def reduced_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes to reduce over, sorted: all for None.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice or is not an integer.
    """
    return tuple(range(ndim)) if axis is None else tuple(sorted(several_axes(axis, ndim)))


def reduce_over(op: Any, x: Node, axis: Any, keepdims: bool) -> Node:
    """A reduction of x by an op of that kind."""
    axes = reduced_axes(axis, x.ndim)
    result: Node = op(x, axis=axes)
    return ops.keep(result, axes) if keepdims else result


@public
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest element over axes, NaN if there is one; every element equal to it receives the whole gradient.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor of the same dtype without those axes.

    Raises:
        GraphTypeError: if an axis is known to have no elements; when running, a ValueError.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.max(T.constant([[1, 5], [3, 4]]), axis=1).eval().tolist()
        [5, 4]
    """
    return reduce_over(ops.max_, as_node(x), axis, keepdims)


@public
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Smallest element over axes, NaN if there is one; every element equal to it receives the whole gradient.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor of the same dtype without those axes.

    Raises:
        GraphTypeError: if an axis is known to have no elements; when running, a ValueError.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.min(T.constant([[1, 5], [3, 4]]), axis=1).eval().tolist()
        [1, 3]
    """
    return reduce_over(ops.min_, as_node(x), axis, keepdims)


@public
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the first largest element (or NaN) over axes.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis; for several, or by default all, positions count through these axes in C order.
        keepdims: whether the axes stay, with size 1.

    Returns:
        An int64 tensor without those axes.

    Raises:
        GraphTypeError: if an axis is known to have no elements; when running, a ValueError.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[1, 5], [3, 4]])
        >>> T.argmax(x, axis=0).eval().tolist(), int(T.argmax(x).eval())
        ([1, 0], 1)
    """
    return _position(ops.argmax, as_node(x), axis, keepdims)


@public
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the first smallest element (or NaN) over axes.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis; for several, or by default all, positions count through these axes in C order.
        keepdims: whether the axes stay, with size 1.

    Returns:
        An int64 tensor without those axes.

    Raises:
        GraphTypeError: if an axis is known to have no elements; when running, a ValueError.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.argmin(T.constant([[1, 5], [3, 4]]), axis=0).eval().tolist()
        [0, 1]
    """
    return _position(ops.argmin, as_node(x), axis, keepdims)


def _position(op: Any, x: Node, axis: Any, keepdims: bool) -> Node:
    axes = reduced_axes(axis, x.ndim)
    if len(axes) == 1:
        return reduce_over(op, x, axes, keepdims)
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    joined = product(x.shape[i] for i in axes)
    rows = dimshuffle(x, (*kept, *axes)).reshape((*(x.shape[i] for i in kept), joined))
    position: Node = op(rows, axis=(len(kept),))
    return ops.keep(position, axes) if keepdims else position


@public
def max_and_argmax(x: Any, axis: Any = None, keepdims: bool = False) -> tuple[Node, Node]:
    """Largest element over axes, and its position.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        ``max(x, axis, keepdims), argmax(x, axis, keepdims)``.

    Raises:
        GraphTypeError: if an axis is known to have no elements.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> [int(value.eval()) for value in T.max_and_argmax(T.constant([3, 8, 5]))]
        [8, 1]
    """
    return max(x, axis, keepdims), argmax(x, axis, keepdims)


@public
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """From peak to peak: the largest element minus the smallest, over axes.

    Args:
        x: a tensor of numbers of any shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor of the same dtype without those axes.

    Raises:
        GraphTypeError: if an axis is known to have no elements, or x is bool.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.ptp(T.constant([3, 8, 5])).eval())
        5
    """
    node = as_node(x)
    return (max(node, axis, keepdims) - min(node, axis, keepdims)).astype(node.dtype)


__all__ = ["argmax", "argmin", "max", "max_and_argmax", "min", "ptp"]

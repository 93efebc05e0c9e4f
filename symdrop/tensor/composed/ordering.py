"""Orders by several keys, the largest elements, and elements without repetition.

Read next: sets.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...op import as_node
from ...ops.selection.statistics import argpartition as argpartition_op
from ...ops.sorting import largest
from ..arguments import one_axis, python_integer, tensors
from ..creation import ones
from ..elementwise import cast, neq
from ..indexing import nonzero
from ..joining import concatenate
from ..sorting import argsort, cumsum, sort, take_along_axis
from .rolling import diff


@public
def lexsort(keys: Any, axis: int = -1) -> Node:
    """The order of elements by several keys, of which the last one counts most.

    Args:
        keys: tensors of one shape, or a tensor, whose members are meant.
        axis: along which elements are ordered.

    Returns:
        An int64 tensor of positions.

    Raises:
        ArgumentError: if there is no key.

    Example:
        >>> import symdrop.tensor as T
        >>> T.lexsort([T.constant([2, 1, 3]), T.constant([1, 1, 0])]).eval().tolist()
        [2, 1, 0]
    """
    given = list(keys) if isinstance(keys, Node) else tensors(keys)
    if not given:
        raise ArgumentError(f"lexsort: there are no keys{here()}")
    order = argsort(given[0], axis)
    for key in given[1:]:
        # Sorting is stable, so an earlier key decides where a later one does not.
        order = take_along_axis(order, argsort(take_along_axis(key, order, axis), axis), axis)
    return order


@public
def partition(x: Any, kth: Any, axis: int | None = -1) -> Node:
    """x in an order in which no element before a place is larger, and none behind it smaller, than the one there.

    Args:
        x: a tensor.
        kth: the place, or places; integers that must exist.
        axis: along which; None means the flattened tensor.

    Returns:
        A tensor of x's shape. It is sorted, which any partition may be.

    Raises:
        GraphTypeError: if a place is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.partition(T.constant([3, 1, 2]), 1).eval().tolist()
        [1, 2, 3]
    """
    _checked_places(kth)
    return sort(x, axis)


@public
def argpartition(x: Any, kth: Any, axis: int | None = -1) -> Node:
    """Positions in an order in which no element before a place is larger, and none behind it smaller.

    Args:
        x, kth, axis: as of ``partition``.

    Returns:
        An int64 tensor of x's shape, the same on every machine. It is quicker found than the order of ``partition``,
        and another one.

    Raises:
        GraphTypeError: if a place is not an integer.
        IndexingError: if there is no such place; of an unknown size when running.

    Example:
        >>> import symdrop.tensor as T
        >>> T.argpartition(T.constant([3, 1, 2]), 1).eval().tolist()
        [1, 2, 0]
    """
    node = as_node(x)
    flat, along = (node.ravel(), 0) if axis is None else (node, one_axis(axis, node.ndim))
    return argpartition_op(flat, kth=_checked_places(kth), axis=along)


def _checked_places(kth: Any) -> tuple[int, ...]:
    return tuple(python_integer(place, "a place") for place in (kth if isinstance(kth, list | tuple) else [kth]))


@public
def top_k(x: Any, k: int, axis: int = -1) -> tuple[Node, Node]:
    """The largest elements along an axis, the largest first, and their positions.

    Args:
        x: a tensor of at least one axis.
        k: how many, a Python integer.
        axis: along which.

    Returns:
        Values and int64 positions; of equal elements the first ones, and NaN before all others. The gradient goes to
        the elements chosen.

    Raises:
        ArgumentError: if k is negative.
        GraphTypeError: if it is not an integer.
        ShapeError: if there are fewer elements; of an unknown size when running.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.top_k(T.constant([1.0, 3.0, 2.0]), 2)]
        [[3.0, 2.0], [1, 2]]
    """
    node = as_node(x)
    along = one_axis(axis, node.ndim)
    count = python_integer(k, "the number of largest elements")
    if count < 0:
        raise ArgumentError(f"top_k: a number of elements is at least 0, not {count}{here()}")
    order = largest(node, k=count, axis=along)
    return take_along_axis(node, order, along), order


topk = top_k


@public
def sort_key_val(keys: Any, values: Any, dimension: int = -1) -> tuple[Node, Node]:
    """Keys in ascending order, and values in the order of their keys.

    Args:
        keys: a tensor.
        values: a tensor of the same shape.
        dimension: the axis along which both are ordered.

    Returns:
        Both.

    Raises:
        GraphTypeError: if they have different numbers of axes.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.sort_key_val(T.constant([2, 1]), T.constant([5, 6]))]
        [[1, 2], [6, 5]]
    """
    order = argsort(keys, dimension)
    return take_along_axis(keys, order, dimension), take_along_axis(values, order, dimension)


@public
def unique(x: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The different elements of x in ascending order.

    Args:
        x: a tensor, which is flattened.
        return_index: True gives the position of the first of each too.
        return_inverse: True gives the number of every element of x among them, in x's shape.
        return_counts: True gives how often each occurs.

    Returns:
        A vector of a size that the values decide, or a tuple of what was asked for.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.unique(T.constant([2, 1, 2]), return_counts=True)]
        [[1, 2], [1, 2]]
    """
    node = as_node(x)
    flat = node.flatten()
    order = argsort(flat)
    ordered = take_along_axis(flat, order, 0)
    # NaN differs from itself, and is one element nevertheless.
    differs = neq(ordered[1:], ordered[:-1])
    if node.dtype[0] == "f":
        differs = differs & ~(neq(ordered[1:], ordered[1:]) & neq(ordered[:-1], ordered[:-1]))
    first = concatenate([ones((1,), "bool")[: flat.shape[0]], differs], 0)
    begins = nonzero(first)[0]
    made = [ordered[begins]]
    if return_index:
        made.append(order[begins])
    if return_inverse:
        number = cumsum(cast(first, "int64"), 0) - 1
        made.append(take_along_axis(number, argsort(order), 0).reshape(node.shape))
    if return_counts:
        made.append(diff(concatenate([begins, as_node(flat.shape[0]).reshape((1,))], 0)))
    return made[0] if len(made) == 1 else tuple(made)


__all__ = ["argpartition", "lexsort", "partition", "sort_key_val", "top_k", "topk", "unique"]

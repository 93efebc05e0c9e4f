"""Axes: in another order, and new ones of size 1.

Read next: shaping.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.views import dimshuffle as dimshuffle_op
from .arguments import added_axes, one_axis, several_axes


@public
def dimshuffle(x: Any, *pattern: Any) -> Node:
    """The axes of x in another order, with new axes of size 1.

    Args:
        x: a tensor of any dtype and shape.
        *pattern: for every axis of the result an axis of x, or ``"x"`` for a new one; also as one tuple or list.
            Axes of x that are left out must be known to have size 1.

    Returns:
        A view with one axis per entry of the pattern.

    Raises:
        ShapeError: if an axis left out is not known to have size 1.
        GraphTypeError: if an axis is named twice or is neither an integer nor ``"x"``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.dimshuffle(T.matrix("x", shape=(2, 3)), 1, "x", 0).type.shape
        (3, 1, 2)
    """
    node = as_node(x)
    given = pattern[0] if len(pattern) == 1 and isinstance(pattern[0], tuple | list) else pattern
    axes = tuple("x" if isinstance(axis, str) and axis == "x" else one_axis(axis, node.ndim) for axis in given)
    return dimshuffle_op(node, pattern=axes)


@public
def transpose(x: Any, *axes: Any) -> Node:
    """The axes of x in another order; reversed if no order is given.

    Args:
        x: a tensor of any dtype and shape.
        *axes: all axes of x in their new order; also as one tuple or list.

    Returns:
        A view with the axes of x.

    Raises:
        GraphTypeError: if the axes are not all those of x, each once.

    Example:
        >>> import symdrop.tensor as T
        >>> T.transpose(T.tensor3("x", shape=(2, 3, 4)), 0, 2, 1).type.shape
        (2, 4, 3)
    """
    node = as_node(x)
    given = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes
    order = several_axes(tuple(given), node.ndim) if given else tuple(reversed(range(node.ndim)))
    if len(order) != node.ndim:
        raise GraphTypeError(f"{order} does not name every one of the {node.ndim} axes of {describe(node)}{here()}")
    return dimshuffle(node, order)


@public
def swapaxes(x: Any, axis1: int, axis2: int) -> Node:
    """Two axes of x exchanged.

    Args:
        x: a tensor of any dtype and shape.
        axis1: one axis.
        axis2: the other.

    Returns:
        A view with the axes of x.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.swapaxes(T.tensor3("x", shape=(2, 3, 4)), 0, 2).type.shape
        (4, 3, 2)
    """
    node = as_node(x)
    order = list(range(node.ndim))
    first, second = one_axis(axis1, node.ndim), one_axis(axis2, node.ndim)
    order[first], order[second] = second, first
    return dimshuffle(node, order)


@public
def moveaxis(x: Any, source: Any, destination: Any) -> Node:
    """Axes of x at other places, the rest in their order.

    Args:
        x: a tensor of any dtype and shape.
        source: an axis or a sequence of them.
        destination: where each of them goes.

    Returns:
        A view with the axes of x.

    Raises:
        GraphTypeError: if there are not as many destinations as sources.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.moveaxis(T.tensor3("x", shape=(2, 3, 4)), 0, -1).type.shape
        (3, 4, 2)
    """
    node = as_node(x)
    moved, places = several_axes(source, node.ndim), several_axes(destination, node.ndim)
    if len(moved) != len(places):
        raise GraphTypeError(f"{len(moved)} axes cannot go to {len(places)} places{here()}")
    order = [axis for axis in range(node.ndim) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return dimshuffle(node, order)


@public
def expand_dims(x: Any, axis: Any) -> Node:
    """x with new axes of size 1.

    Args:
        x: a tensor of any dtype and shape.
        axis: where the new axis or axes stand in the result.

    Returns:
        A view with more axes.

    Raises:
        IndexingError: if the result has no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.expand_dims(T.vector("x", shape=(3,)), (0, 2)).type.shape
        (1, 3, 1)
    """
    node = as_node(x)
    ndim = node.ndim + (len(axis) if isinstance(axis, tuple | list) else 1)
    new = several_axes(axis, ndim)
    kept = iter(range(node.ndim))
    return dimshuffle(node, ["x" if i in new else next(kept) for i in range(ndim)])


@public
def shape_padleft(x: Any, n_ones: int = 1) -> Node:
    """x with new axes of size 1 on the left.

    Args:
        x: a tensor of any dtype and shape.
        n_ones: how many.

    Returns:
        A view with ``n_ones`` more axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.shape_padleft(T.vector("x", shape=(3,)), 2).type.shape
        (1, 1, 3)
    """
    node = as_node(x)
    return dimshuffle(node, ["x"] * added_axes(n_ones) + list(range(node.ndim)))


@public
def shape_padright(x: Any, n_ones: int = 1) -> Node:
    """x with new axes of size 1 on the right.

    Args:
        x: a tensor of any dtype and shape.
        n_ones: how many.

    Returns:
        A view with ``n_ones`` more axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.shape_padright(T.vector("x", shape=(3,))).type.shape
        (3, 1)
    """
    node = as_node(x)
    return dimshuffle(node, list(range(node.ndim)) + ["x"] * added_axes(n_ones))


@public
def atleast_1d(x: Any) -> Node:
    """x, or a vector of one element if x is a scalar.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A tensor with at least one axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.atleast_1d(T.scalar("x")).type.shape
        (1,)
    """
    node = as_node(x)
    return shape_padleft(node, 1) if node.ndim < 1 else node


@public
def atleast_2d(x: Any) -> Node:
    """x, with axes of size 1 on the left if it has fewer than two axes.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A tensor with at least two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.atleast_2d(T.vector("x", shape=(3,))).type.shape
        (1, 3)
    """
    node = as_node(x)
    return shape_padleft(node, 2 - node.ndim) if node.ndim < 2 else node


__all__ = [
    "atleast_1d", "atleast_2d", "dimshuffle", "expand_dims", "moveaxis", "shape_padleft", "shape_padright", "swapaxes",
    "transpose",
]  # fmt: skip

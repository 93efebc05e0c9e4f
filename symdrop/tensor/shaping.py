"""Shapes: sizes, and other shapes for the same elements.

Other orders of axes are in axes.py, which this module passes on.

Read next: joining.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..binding import fits, public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Size, as_node, members
from ..ops.join import specify_shape as specify_shape_op
from ..ops.views import broadcast, dim
from ..ops.views import reshape as reshape_op
from .arguments import product, several_axes, sizes_of_shape
from .axes import (
    atleast_1d,
    atleast_2d,
    dimshuffle,
    expand_dims,
    moveaxis,
    shape_padleft,
    shape_padright,
    swapaxes,
    transpose,
)


@public
def shape(x: Any) -> tuple[Size, ...]:
    """The sizes of a tensor.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        One entry per axis: a Python integer where the size is known, an int64 scalar node elsewhere.

    Example:
        >>> import symdrop.tensor as T
        >>> T.shape(T.matrix("x", shape=(None, 784)))[1]
        784
    """
    node = as_node(x)
    return tuple(dim(node, axis=axis) if size is None else size for axis, size in enumerate(node.type.shape))


@public
def size(x: Any) -> Size:
    """The number of elements of a tensor.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A Python integer where it is known, an int64 scalar node elsewhere.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.size(T.vector("x", shape=(3,))))
        3
    """
    return product(shape(x))


@public
def reshape(x: Any, shape: Any, ndim: int | None = None) -> Node:
    """The elements of x, in C order, in another shape.

    Args:
        x: a tensor of any dtype and shape.
        shape: a size, a sequence of sizes, or an integer vector. Sizes may be symbolic; one of them may be -1,
            meaning what is left.
        ndim: how many sizes the vector holds, if its length is not known.

    Returns:
        A view with as many axes as there are sizes.

    Raises:
        ShapeError: if the elements do not fill the shape, as far as known; when running, a ValueError.
        GraphTypeError: if a size is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> T.reshape(x, (-1, 2)).eval({x: [1, 2, 3, 4]}).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    return reshape_op(as_node(x), *sizes_of_shape(shape, ndim, least=-1))


@public
def flatten(x: Any, ndim: int = 1) -> Node:
    """The elements of x with the last axes joined into one.

    Args:
        x: a tensor of any dtype and shape.
        ndim: how many axes remain: the first ``ndim - 1`` and the joined one.

    Returns:
        A view with ``ndim`` axes.

    Raises:
        ShapeError: if x does not have that many axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.flatten(T.tensor3("x", shape=(2, 3, 4)), 2).type.shape
        (2, 12)
    """
    node = as_node(x)
    if not fits(ndim, int):
        raise GraphTypeError(f"a number of axes is an integer, not {shown(ndim)}{here()}")
    if not 1 <= ndim <= max(node.ndim, 1):
        raise ShapeError(f"{describe(node)} cannot be flattened to {ndim} axes; it has {node.ndim}{here()}")
    if node.ndim == ndim:
        return node
    kept, joined = node.shape[: ndim - 1], node.shape[ndim - 1 :]
    # The joined size is spelled out, because -1 means nothing where a kept size is 0.
    return reshape_op(node, *kept, product(joined))


@public
def ravel(x: Any) -> Node:
    """The elements of x in C order on one axis.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.ravel(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [1, 2, 3, 4]
    """
    return flatten(x, 1)


@public
def squeeze(x: Any, axis: Any = None) -> Node:
    """x without axes of size 1.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes to drop; by default all that are known to have size 1.

    Returns:
        A view with fewer axes.

    Raises:
        ShapeError: if an axis to drop has another size; when running, if its size was not known.

    Example:
        >>> import symdrop.tensor as T
        >>> T.squeeze(T.col("x", shape=(3, 1))).type.shape
        (3,)
    """
    node = as_node(x)
    static = node.type.shape
    dropped = several_axes(axis, node.ndim) if axis is not None else [i for i, n in enumerate(static) if n == 1]
    unknown = [i for i in dropped if static[i] is None]
    return dimshuffle(addbroadcast(node, *unknown), [i for i in range(node.ndim) if i not in dropped])


@public
def specify_shape(x: Any, shape: Any) -> Node:
    """x, declared to have certain sizes: known from here on, and checked when running.

    Args:
        x: a tensor of any dtype and shape.
        shape: for every axis its size (an integer or an integer scalar node), or None to leave it open.

    Returns:
        x with a more precise type.

    Raises:
        ShapeError: if a size is known to be another, or turns out to be another.

    Example:
        >>> import symdrop.tensor as T
        >>> T.specify_shape(T.matrix("x"), (None, 1)).broadcastable
        (False, True)
    """
    node = as_node(x)
    given = members(shape, "sizes") if isinstance(shape, Sequence) else list(sizes_of_shape(shape, node.ndim))
    if len(given) != node.ndim:
        raise ShapeError(f"{len(given)} sizes do not fit the {node.ndim} axes of {describe(node)}{here()}")
    axes = tuple(axis for axis, size in enumerate(given) if size is not None)
    sizes = sizes_of_shape([given[axis] for axis in axes])
    settled = all(size == node.type.shape[axis] for axis, size in zip(axes, sizes, strict=True))
    return node if settled else specify_shape_op(node, *sizes, axes=axes)


@public
def addbroadcast(x: Any, *axes: int) -> Node:
    """x, declared to have size 1 along axes, so that these stretch.

    Args:
        x: a tensor of any dtype and shape.
        *axes: which axes; their size is checked when running.

    Returns:
        x with a more precise type.

    Raises:
        ShapeError: if a size is known to be another, or turns out to be another.

    Example:
        >>> import symdrop.tensor as T
        >>> T.addbroadcast(T.matrix("x"), 1).broadcastable
        (False, True)
    """
    node = as_node(x)
    ones = several_axes(axes, node.ndim)
    return specify_shape(node, [1 if axis in ones else None for axis in range(node.ndim)])


@public
def broadcast_to(x: Any, shape: Any) -> Node:
    """x stretched to a shape: new axes on the left, and axes known to have size 1, repeat.

    Args:
        x: a tensor of any dtype.
        shape: a size, a sequence of sizes, or an integer vector of known length; sizes may be symbolic.

    Returns:
        A view of that shape.

    Raises:
        ShapeError: if another axis of x has, or turns out to have, another size.

    Example:
        >>> import symdrop.tensor as T
        >>> T.broadcast_to(T.row("x"), (3, 2)).type.shape
        (3, 2)
    """
    node = as_node(x)
    sizes = sizes_of_shape(shape)
    if node.ndim > len(sizes):
        raise ShapeError(f"{describe(node)} has more axes than the {len(sizes)} of the shape{here()}")
    missing = len(sizes) - node.ndim
    fixed = [None if own == 1 else size for own, size in zip(node.type.shape, sizes[missing:], strict=True)]
    return stretch_to(specify_shape(node, fixed), sizes)


def stretch_to(node: Node, sizes: Sequence[Size]) -> Node:
    """A node with its missing axes and those known to have size 1 repeated; other sizes are not looked at."""
    missing = len(sizes) - node.ndim
    own = (1,) * missing + node.type.shape
    axes = tuple(
        axis
        for axis, size in enumerate(sizes)
        if axis < missing or (own[axis] == 1 and not (isinstance(size, int) and size == 1))
    )
    if not axes:
        return node
    return broadcast(node, *(sizes[axis] for axis in axes), axes=axes, ndim=len(sizes))


@public
def iterate(x: Any) -> Iterator[Node]:
    """The members of a tensor along its first axis, whose size must be known: what ``for row in x`` calls.

    Args:
        x: a tensor of any dtype.

    Returns:
        An iterator over ``x[0]``, ``x[1]``, ...

    Raises:
        GraphTypeError: if the size is not known.

    Example:
        >>> import symdrop.tensor as T
        >>> a, b = T.vector("x", shape=(2,))
        >>> a.ndim
        0
    """
    node = as_node(x)
    length = node.type.shape[0] if node.ndim else None
    if length is None:
        why = "the size of its first axis is not known" if node.ndim else "it is a scalar"
        raise GraphTypeError(
            f"{describe(node)} cannot be iterated over: {why}; "
            f"declare the size with shape=, or write one formula for all members{here()}"
        )
    return iter([node[i] for i in range(length)])


__all__ = [
    "addbroadcast", "atleast_1d", "atleast_2d", "broadcast_to", "dimshuffle", "expand_dims", "flatten", "iterate",
    "moveaxis", "ravel", "reshape", "shape", "shape_padleft", "shape_padright", "size", "specify_shape", "squeeze",
    "swapaxes", "transpose",
]  # fmt: skip

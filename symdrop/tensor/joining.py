"""Joining, splitting and repeating tensors.

Read next: indexing.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here
from ..graph import Node, describe
from ..op import Size, as_node, constant, members
from ..ops.creation import repeated_numbers
from ..ops.join import concatenate as concatenate_op
from ..ops.join import item
from ..ops.join import split as split_op
from ..ops.views import reshape
from ..types import MOST_AXES, is_integer
from .arguments import one_axis, one_size, product, python_integer, several_axes, sizes_of_shape, tensors
from .axes import expand_dims
from .elementwise import cast
from .shaping import stretch_to


@public
def concatenate(tensor_list: Any, axis: int = 0) -> Node:
    """Tensors one after the other along an axis.

    Args:
        tensor_list: a list or tuple of tensors with equally many axes and, but along ``axis``, equal sizes.
        axis: the axis along which they are joined.

    Returns:
        A tensor of the dtype in which theirs meet.

    Raises:
        GraphTypeError: if they have different numbers of axes.
        ShapeError: if their other sizes differ, as far as known; when running, a ValueError.

    Example:
        >>> import symdrop.tensor as T
        >>> T.concatenate([T.constant([[1, 2]]), T.constant([[3, 4]])], axis=1).eval().tolist()
        [[1, 2, 3, 4]]
    """
    nodes = tensors(tensor_list)
    return concatenate_op(*nodes, axis=one_axis(axis, nodes[0].ndim) if nodes else 0)


@public
def join(axis: int, *tensors_list: Any) -> Node:
    """Tensors one after the other along an axis: ``concatenate`` in Theano's order of arguments.

    Args:
        axis: the axis along which they are joined.
        *tensors_list: the tensors.

    Returns:
        As ``concatenate``.

    Raises:
        GraphTypeError: as ``concatenate``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.join(0, T.constant([1]), T.constant([2, 3])).eval().tolist()
        [1, 2, 3]
    """
    return concatenate(tensors_list, axis)


@public
def array(object: Any, dtype: Any = None, ndmin: int = 0) -> Node:
    """One tensor of a number, an array, or nested lists whose members may be symbolic.

    Args:
        object: what to convert; a tensor stays itself.
        dtype: by default that in which the parts meet.
        ndmin: how many axes there are at least, new ones being added on the left.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if parts have different numbers of axes, or cannot stand in an expression.
        ShapeError: if their sizes differ, as far as known.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> T.array([[x, 0.0], [0.0, x]]).eval({x: 2.0}).tolist()
        [[2.0, 0.0], [0.0, 2.0]]
    """
    node = _of_parts(object, MOST_AXES)
    node = node if dtype is None else cast(node, dtype)
    missing = python_integer(ndmin, "a number of axes") - node.ndim
    return node.dimshuffle(*["x"] * missing, *range(node.ndim)) if missing > 0 else node


@public
def asarray(a: Any, dtype: Any = None) -> Node:
    """One tensor of a number, an array, or nested lists whose members may be symbolic.

    Args:
        a: what to convert; a tensor stays itself.
        dtype: by default that in which the parts meet.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: as ``array``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.asarray([1, T.lscalar()]).type.shape
        (2,)
    """
    return array(a, dtype)


@public
def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Node:
    """A node for a number, array, list of nodes, or node.

    Args:
        x: what to convert; a node stays itself.
        name: for a value that is not yet a node.
        ndim: the rank it must have, new axes being added on the left.

    Returns:
        A node.

    Raises:
        GraphTypeError: if x cannot stand in an expression, or has more axes than ``ndim``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.as_tensor_variable([1, 2]).dtype
        'int64'
    """
    node = array(x) if isinstance(x, Node) or name is None else constant(x, name=name)
    if ndim is None or node.ndim == ndim:
        return node
    if node.ndim > ndim:
        raise GraphTypeError(f"{describe(node)} has more than {ndim} axes{here()}")
    return node.dimshuffle(*["x"] * (ndim - node.ndim), *range(node.ndim))


def _of_parts(given: Any, depth: int) -> Node:
    """The tensor of nested lists, of which those that hold a symbolic value are stacked."""
    if not isinstance(given, list | tuple) or not _holds_nodes(given, depth):
        return as_node(given)
    return stack([_of_parts(part, depth - 1) for part in members(given, "parts")])


def _holds_nodes(given: Any, depth: int) -> bool:
    """True if one of the members of nested lists is symbolic; lists beyond so many in each other hold none."""
    if isinstance(given, list | tuple):
        return depth > 0 and any(_holds_nodes(part, depth - 1) for part in given)
    return isinstance(given, Node)


@public
def stack(tensor_list: Any, axis: int = 0) -> Node:
    """Tensors of one shape side by side along a new axis.

    Args:
        tensor_list: a list or tuple of tensors of equal shapes.
        axis: where the new axis stands.

    Returns:
        A tensor with one axis more.

    Raises:
        GraphTypeError: if they have different numbers of axes.
        ShapeError: if their sizes differ, as far as known; when running, a ValueError.

    Example:
        >>> import symdrop.tensor as T
        >>> T.stack([T.constant([1, 2]), T.constant([3, 4])], axis=1).eval().tolist()
        [[1, 3], [2, 4]]
    """
    nodes = tensors(tensor_list)
    if any(node.ndim != nodes[0].ndim for node in nodes):
        given = ", ".join(map(describe, nodes))
        raise GraphTypeError(f"tensors to stack have different numbers of axes: {given}{here()}")
    return concatenate([expand_dims(node, axis) for node in nodes], axis)


@public
def split(x: Any, splits_size: Any, n_splits: int | None = None, axis: int = 0) -> list[Node]:
    """Parts of a tensor, one after the other along an axis.

    Args:
        x: a tensor of any dtype.
        splits_size: the sizes of the parts (a sequence, or an integer vector; they may be symbolic), or an integer: the
            number of equal parts.
        n_splits: how many parts there are, if the length of a vector of sizes is not known.
        axis: the axis along which to split.

    Returns:
        A list of tensors that together hold x.

    Raises:
        ShapeError: if the parts do not fill the axis, as far as known; otherwise when running.

    Example:
        >>> import symdrop.tensor as T
        >>> [part.eval().tolist() for part in T.split(T.constant([1, 2, 3]), [1, 2])]
        [[1], [2, 3]]
    """
    node = as_node(x)
    along = one_axis(axis, node.ndim)
    if isinstance(splits_size, Sequence | np.ndarray) or (isinstance(splits_size, Node) and splits_size.ndim):
        sizes = sizes_of_shape(splits_size, n_splits)
    else:
        sizes = _equal_parts(node, along, splits_size)
    parts = split_op(node, *sizes, axis=along)
    return [item(parts, index=i) for i in range(len(sizes))]


def _equal_parts(x: Node, axis: int, count: Any) -> tuple[Size, ...]:
    number = one_size(count)
    if not isinstance(number, int):
        raise GraphTypeError(f"the number of parts is a Python integer, not {describe(number)}{here()}")
    if number < 1:
        raise ArgumentError(f"a tensor is split into at least one part, not {number}{here()}")
    total = x.type.shape[axis]
    if total is not None and total % number:
        raise ShapeError(f"axis {axis} of {describe(x)} does not split into {number} equal parts{here()}")
    return (x.shape[axis] // number,) * number


@public
def tile(x: Any, reps: Any, ndim: int | None = None) -> Node:
    """x as a tile, repeated along every axis.

    Args:
        x: a tensor of any dtype.
        reps: how often along each axis: an integer, a sequence, or an integer vector; counts may be symbolic. Missing
            entries stand on the left and are 1; more entries than axes make new axes on the left.
        ndim: how many counts a vector of unknown length holds.

    Returns:
        A tensor whose sizes are those of x times the counts.

    Raises:
        ShapeError: if a vector of unknown length is given without ``ndim``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tile(T.constant([1, 2]), (2, 2)).eval().tolist()
        [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    node = as_node(x)
    counts = sizes_of_shape(reps, ndim)
    rank = max(node.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - node.ndim) + node.shape
    # Every axis becomes a pair: which tile, and which element of it.
    paired = expand_dims(expand_dims(node, tuple(range(rank - node.ndim))), tuple(range(0, 2 * rank, 2)))
    pairs = list(zip(counts, sizes, strict=True))
    repeated = stretch_to(paired, [size for pair in pairs for size in pair])
    return reshape(repeated, *(product(pair) for pair in pairs))


@public
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Node:
    """Every element of x several times in a row.

    Args:
        x: a tensor of any dtype.
        repeats: how often: an integer or integer scalar, or one count for every position of the axis.
        axis: the axis along which to repeat; None means the flattened tensor.

    Returns:
        A tensor with as many axes as x (a vector if ``axis`` is None).

    Raises:
        GraphTypeError: if the counts are not integers.
        ShapeError: if there are not as many counts as positions, as far as known; otherwise when running.

    Example:
        >>> import symdrop.tensor as T
        >>> T.repeat(T.constant([1, 2]), 2).eval().tolist(), T.repeat(T.constant([1, 2]), [0, 3]).eval().tolist()
        ([1, 1, 2, 2], [2, 2, 2])
    """
    node = as_node(x)
    if axis is None:
        node, axis = node.flatten(), 0
    axis = one_axis(axis, node.ndim)
    counts = as_node(repeats)
    if not is_integer(counts.dtype) or counts.ndim > 1:
        raise GraphTypeError(f"counts are an integer or a vector of integers, not {describe(counts)}{here()}")
    if counts.type.shape == (1,):
        counts = counts[0]
    if counts.ndim:
        return node[(slice(None),) * axis + (repeated_numbers(counts, node.shape[axis]),)]
    count = one_size(counts)
    sizes = node.shape
    repeated = stretch_to(expand_dims(node, axis + 1), [*sizes[: axis + 1], count, *sizes[axis + 1 :]])
    return reshape(repeated, *sizes[:axis], sizes[axis] * count, *sizes[axis + 1 :])


@public
def flip(x: Any, axis: Any = None) -> Node:
    """x in reverse order along axes.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.

    Returns:
        A view of x's shape.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.flip(T.constant([1, 2, 3])).eval().tolist()
        [3, 2, 1]
    """
    node = as_node(x)
    axes = range(node.ndim) if axis is None else several_axes(axis, node.ndim)
    return node[tuple(slice(None, None, -1 if i in axes else None) for i in range(node.ndim))]


__all__ = [
    "array", "as_tensor_variable", "asarray", "concatenate", "flip", "join", "repeat", "split", "stack", "tile",
]  # fmt: skip

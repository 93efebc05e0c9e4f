"""Stacks, blocks and equal parts of tensors, as NumPy names them by the axis.

Read next: rolling.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node, members
from ..arguments import one_axis, one_size, python_integer, tensors
from ..axes import atleast_1d, atleast_2d, dimshuffle, expand_dims
from ..joining import concatenate, split


@public
def atleast_3d(x: Any) -> Node:
    """x with axes of size 1 around it until it has three.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A view: of a vector (1, n, 1), of a matrix (m, n, 1).

    Example:
        >>> import symdrop.tensor as T
        >>> T.atleast_3d(T.vector("x", shape=(2,))).type.shape
        (1, 2, 1)
    """
    node = as_node(x)
    patterns: list[Sequence[Any]] = [("x", "x", "x"), ("x", 0, "x"), (0, 1, "x")]
    return node if node.ndim > 2 else dimshuffle(node, *patterns[node.ndim])


@public
def vstack(tup: Any) -> Node:
    """Tensors one below the other: joined along the first axis, vectors as rows.

    Args:
        tup: a list or tuple of tensors.

    Returns:
        A tensor of at least two axes.

    Raises:
        GraphTypeError: if they have different numbers of axes.
        ShapeError: if their other sizes differ.

    Example:
        >>> import symdrop.tensor as T
        >>> T.vstack([T.constant([1, 2]), T.constant([3, 4])]).eval().tolist()
        [[1, 2], [3, 4]]
    """
    return concatenate([atleast_2d(one) for one in tensors(tup)], 0)


@public
def hstack(tup: Any) -> Node:
    """Tensors side by side: joined along the second axis, vectors along their only one.

    Args:
        tup: as of ``vstack``.

    Returns:
        A tensor of at least one axis.

    Raises:
        GraphTypeError: if they have different numbers of axes.
        ShapeError: if their other sizes differ.

    Example:
        >>> import symdrop.tensor as T
        >>> T.hstack([T.constant([1, 2]), T.constant([3])]).eval().tolist()
        [1, 2, 3]
    """
    nodes = [atleast_1d(one) for one in tensors(tup)]
    return concatenate(nodes, 0 if nodes and nodes[0].ndim == 1 else 1)


@public
def dstack(tup: Any) -> Node:
    """Tensors one behind the other: joined along the third axis.

    Args:
        tup: as of ``vstack``.

    Returns:
        A tensor of at least three axes.

    Raises:
        GraphTypeError: if they have different numbers of axes.
        ShapeError: if their other sizes differ.

    Example:
        >>> import symdrop.tensor as T
        >>> T.dstack([T.constant([1, 2]), T.constant([3, 4])]).eval().tolist()
        [[[1, 3], [2, 4]]]
    """
    return concatenate([atleast_3d(one) for one in tensors(tup)], 2)


@public
def column_stack(tup: Any) -> Node:
    """Vectors as the columns of a matrix, and matrices side by side.

    Args:
        tup: as of ``vstack``.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if one of them has more than two axes.
        ShapeError: if they have different numbers of rows.

    Example:
        >>> import symdrop.tensor as T
        >>> T.column_stack([T.constant([1, 2]), T.constant([3, 4])]).eval().tolist()
        [[1, 3], [2, 4]]
    """
    return concatenate([expand_dims(one, 1) if one.ndim == 1 else atleast_2d(one) for one in tensors(tup)], 1)


@public
def append(x: Any, values: Any, axis: int | None = None) -> Node:
    """x with values behind it.

    Args:
        x: a tensor.
        values: a tensor with as many axes and equal sizes along the others.
        axis: along which they are joined; by default both are flattened.

    Returns:
        A tensor of the dtype in which theirs meet.

    Raises:
        GraphTypeError: if they have different numbers of axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.append(T.constant([1, 2]), 3).eval().tolist()
        [1, 2, 3]
    """
    nodes = [as_node(x), as_node(values)]
    return concatenate([node.flatten() for node in nodes], 0) if axis is None else concatenate(nodes, axis)


@public
def block(arrays: Any) -> Node:
    """A tensor of blocks, which lie in nested lists as they lie in the tensor.

    Args:
        arrays: a tensor, or lists of lists: those of the innermost are joined along the last axis, those around them
            along the one before, and so on. Axes that are missing stand on the left.

    Returns:
        A tensor of the dtype in which theirs meet.

    Raises:
        ArgumentError: if lists are empty or of different depths.
        ShapeError: if blocks do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> A, b = T.constant([[1, 2]]), T.constant([[3]])
        >>> T.block([[A, b], [b, A]]).eval().tolist()
        [[1, 2, 3], [3, 1, 2]]
    """
    depth = _depth(arrays)
    leaves = list(_leaves(arrays))
    ndim = max([depth, *(leaf.ndim for leaf in leaves)])
    return _joined(arrays, depth, ndim)


def _depth(given: Any) -> int:
    if not isinstance(given, list):
        if isinstance(given, tuple):
            raise GraphTypeError(f"block takes lists of blocks, not tuples such as {shown(given)}{here()}")
        return 0
    depths = {_depth(one) for one in given}
    if len(depths) != 1:
        what = "is empty" if not depths else "holds lists of different depths"
        raise ArgumentError(f"block: a list {what}: {shown(given)}{here()}")
    return 1 + depths.pop()


def _leaves(given: Any) -> Any:
    if isinstance(given, list):
        for one in given:
            yield from _leaves(one)
    else:
        yield as_node(given)


def _joined(given: Any, depth: int, ndim: int) -> Node:
    if not isinstance(given, list):
        node = as_node(given)
        return dimshuffle(node, *["x"] * (ndim - node.ndim), *range(node.ndim))
    return concatenate([_joined(one, depth - 1, ndim) for one in given], ndim - depth)


@public
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts of a tensor along an axis, of sizes that differ by one at most, or that begin at given positions.

    Args:
        x: a tensor of any dtype.
        indices_or_sections: the number of parts, a Python integer; or the positions at which all parts but the first
            begin. By number the axis must be of known size unless it divides evenly.
        axis: along which to split.

    Returns:
        The parts; the first ones are the larger ones.

    Raises:
        ArgumentError: if the number of parts is not positive.
        GraphTypeError: if it is neither an integer nor positions.

    Example:
        >>> import symdrop.tensor as T
        >>> [part.eval().tolist() for part in T.array_split(T.constant([1, 2, 3, 4, 5]), 2)]
        [[1, 2, 3], [4, 5]]
    """
    node = as_node(x)
    along = one_axis(axis, node.ndim)
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        return _between(node, indices_or_sections, along)
    count = python_integer(indices_or_sections, "a number of parts")
    if count < 1:
        raise ArgumentError(f"a tensor is split into at least one part, not {count}{here()}")
    total = node.shape[along]
    sizes = [(total + (count - 1 - i)) // count for i in range(count)]
    return split(node, sizes, axis=along)


def _between(node: Node, begins: Any, axis: int) -> list[Node]:
    """The parts that begin at positions, which are counted from the end if they are negative."""
    before = (slice(None),) * axis
    positions = [one_size(begin, least=-(2**62)) for begin in members(begins, "positions")]
    bounds: list[Size | None] = [None, *positions, None]
    return [node[(*before, slice(first, last))] for first, last in pairwise(bounds)]


def _axis_of(name: str, node: Node, least: int, axis: int) -> int:
    if node.ndim < least:
        raise GraphTypeError(f"{name} splits tensors of at least {least} axes, not {describe(node)}{here()}")
    return axis


def _equal_or_between(x: Node, indices_or_sections: Any, axis: int) -> list[Node]:
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        return _between(x, indices_or_sections, axis)
    return split(x, indices_or_sections, axis=axis)


@public
def hsplit(x: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of a tensor along its second axis, of a vector along its only one.

    Args:
        x: a tensor of at least one axis.
        indices_or_sections: the number of equal parts, or where all but the first begin.

    Returns:
        The parts.

    Raises:
        GraphTypeError: if x is a scalar.
        ShapeError: if the parts are not equal, as far as known; otherwise when running.

    Example:
        >>> import symdrop.tensor as T
        >>> [part.eval().tolist() for part in T.hsplit(T.constant([1, 2, 3, 4]), 2)]
        [[1, 2], [3, 4]]
    """
    node = as_node(x)
    return _equal_or_between(node, indices_or_sections, _axis_of("hsplit", node, 1, 0 if node.ndim == 1 else 1))


@public
def vsplit(x: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of a tensor along its first axis.

    Args:
        x: a tensor of at least two axes.
        indices_or_sections: as of ``hsplit``.

    Returns:
        The parts.

    Raises:
        GraphTypeError: if x has fewer axes.

    Example:
        >>> import symdrop.tensor as T
        >>> [part.eval().tolist() for part in T.vsplit(T.constant([[1], [2]]), 2)]
        [[[1]], [[2]]]
    """
    node = as_node(x)
    return _equal_or_between(node, indices_or_sections, _axis_of("vsplit", node, 2, 0))


@public
def dsplit(x: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of a tensor along its third axis.

    Args:
        x: a tensor of at least three axes.
        indices_or_sections: as of ``hsplit``.

    Returns:
        The parts.

    Raises:
        GraphTypeError: if x has fewer axes.

    Example:
        >>> import symdrop.tensor as T
        >>> [part.eval().tolist() for part in T.dsplit(T.constant([[[1, 2]]]), 2)]
        [[[[1]]], [[[2]]]]
    """
    node = as_node(x)
    return _equal_or_between(node, indices_or_sections, _axis_of("dsplit", node, 3, 2))


__all__ = [
    "append", "array_split", "atleast_3d", "block", "column_stack", "dsplit", "dstack", "hsplit", "hstack", "vsplit",
    "vstack",
]  # fmt: skip

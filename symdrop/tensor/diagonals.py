"""Diagonals and triangles of matrices, and matrices made of a diagonal.

Whether an element lies on, above or below a diagonal is a comparison of its two positions.

Read next: extrema.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node, constant
from ..ops.diagonal import diagonal as diagonal_of
from ..ops.logic import eq, where
from .arguments import dtype_or_default, one_size
from .axes import moveaxis
from .creation import arange, numbers, zeros
from .elementwise import cast
from .indexing import inc_subtensor


@public
def eye(n: Any, m: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        n: number of rows, an integer or integer scalar.
        m: number of columns; by default n.
        k: which diagonal: 0 the main one, positive ones to its right.
        dtype: by default ``config.floatX``.

    Returns:
        A matrix of shape (n, m).

    Raises:
        GraphTypeError: if a size is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.eye(2, 3, 1).eval().tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    rows = one_size(n)
    columns = rows if m is None else one_size(m)
    return cast(eq(_offsets(rows, columns), k), dtype_or_default(dtype))


@public
def identity_like(x: Any, dtype: Any = None) -> Node:
    """A matrix with ones on its main diagonal and zeros elsewhere, in the shape of another.

    Args:
        x: the matrix that gives shape and dtype; its values do not matter.
        dtype: by default that of x.

    Returns:
        A matrix of x's shape.

    Raises:
        GraphTypeError: if x is not a matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.identity_like(T.constant([[5, 6], [7, 8]])).eval().tolist()
        [[1, 0], [0, 1]]
    """
    node = as_node(x)
    if node.ndim != 2:
        raise GraphTypeError(f"expected a matrix, not {describe(node)}{here()}")
    rows, columns = node.shape
    return eye(rows, columns, dtype=node.dtype if dtype is None else dtype)


eye_like = identity_like


def _offsets(rows: Any, columns: Any) -> Node:
    """On which diagonal every element of a matrix lies: its column minus its row."""
    return numbers(columns)[None, :] - numbers(rows)[:, None]


@public
def tril(x: Any, k: int = 0) -> Node:
    """The lower triangle of a matrix; zeros above diagonal k.

    Args:
        x: a matrix, or several on the last two axes.
        k: the last diagonal that is kept.

    Returns:
        A tensor of x's shape and dtype.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tril(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[1, 0], [3, 4]]
    """
    node = _matrices(x)
    return where(_offsets(*node.shape[-2:]) <= k, node, constant(0, node.dtype))


@public
def triu(x: Any, k: int = 0) -> Node:
    """The upper triangle of a matrix; zeros below diagonal k.

    Args:
        x: a matrix, or several on the last two axes.
        k: the first diagonal that is kept.

    Returns:
        A tensor of x's shape and dtype.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.triu(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[1, 2], [0, 4]]
    """
    node = _matrices(x)
    return where(_offsets(*node.shape[-2:]) >= k, node, constant(0, node.dtype))


def _matrices(x: Any) -> Node:
    node = as_node(x)
    if node.ndim < 2:
        raise GraphTypeError(f"expected a matrix, or several on the last two axes, not {describe(node)}{here()}")
    return node


@public
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """A diagonal of a matrix, or of all matrices in a tensor.

    Args:
        x: a tensor with at least two axes.
        offset: which diagonal: 0 the main one, positive ones to its right.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor with the diagonal as its last axis in place of the two.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diagonal(T.constant([[1, 2, 3], [4, 5, 6]]), 1).eval().tolist()
        [2, 6]
    """
    return diagonal_of(moveaxis(_matrices(x), (axis1, axis2), (0, 1)), offset=offset)


@public
def diag(x: Any, k: int = 0) -> Node:
    """A diagonal of a matrix, or the matrix with a vector on its diagonal.

    Args:
        x: a vector or matrix.
        k: which diagonal: 0 the main one, positive ones to its right.

    Returns:
        A square matrix for a vector, a vector for a matrix.

    Raises:
        GraphTypeError: if x is neither.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diag(T.constant([1, 2])).eval().tolist()
        [[1, 0], [0, 2]]
    """
    node = as_node(x)
    if node.ndim == 2:
        return diagonal(node, k)
    if node.ndim != 1:
        raise GraphTypeError(f"expected a vector or matrix, not {describe(node)}{here()}")
    along = arange(node.shape[0])
    size = node.shape[0] + abs(k)
    return inc_subtensor(zeros((size, size), node.dtype)[along + max(-k, 0), along + max(k, 0)], node)


__all__ = ["diag", "diagonal", "eye", "eye_like", "identity_like", "tril", "triu"]

"""Products of vectors, matrices and stacks of matrices.

Everything here moves axes until one matrix product remains, and moves them back.

Read next: summation.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Size, as_node
from ..ops.linalg import check_fit
from ..ops.linalg import matmul as matmul_op
from ..ops.linalg import outer as outer_of_vectors
from ..types import Shape, broadcast_shapes
from .arguments import product, python_integer, several_axes
from .axes import dimshuffle, moveaxis
from .diagonals import diagonal
from .reductions import sum
from .shaping import ravel, reshape, specify_shape, squeeze, stretch_to


@public
def matmul(a: Any, b: Any) -> Node:
    """Matrix product as NumPy has it: what ``a @ b`` means.

    Args:
        a: a vector (k,), matrix (m, k), or stack of matrices (..., m, k), of any dtype.
        b: a vector (k,), matrix (k, n), or stack of matrices (..., k, n). Leading axes known to have size 1, and
            missing ones, stretch.

    Returns:
        A tensor (..., m, n) in the dtype where both meet, without m (n) if a (b) is a vector.

    Raises:
        ShapeError: if sizes are known not to fit; when running, if they turn out not to.
        GraphTypeError: if a or b is a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> T.matmul(T.constant([[1, 2], [3, 4]]), T.constant([10, 1])).eval().tolist()
        [12, 34]
    """
    x, y = as_node(a), as_node(b)
    result: Node
    if max(x.ndim, y.ndim) <= 2 or min(x.ndim, y.ndim) == 0:
        result = matmul_op(x, y)
        return result
    try:
        check_fit(x.type.shape, y.type.shape)
        leading = broadcast_shapes([x.type.shape[:-2], y.type.shape[:-2]])
    except ShapeError as error:
        raise matmul_op.blame(error, (x, y)) from None
    if y.ndim <= 2:
        # One product of all rows is faster than many of few.
        result = reshape(matmul_op(_matrix(x, x.ndim - 1), y), (*x.shape[:-1], *y.shape[1:]))
    elif x.ndim == 1:
        result = squeeze(matmul(dimshuffle(x, "x", 0), y), -2)
    else:
        sizes = _common_sizes(leading, x, y)
        result = matmul_op(*(stretch_to(node, (*sizes, *node.shape[-2:])) for node in (x, y)))
    return result


def _matrix(x: Node, rows: int) -> Node:
    """x as a matrix, the first ``rows`` axes joined, and the others."""
    if x.ndim == 2 and rows == 1:
        return x
    return reshape(x, (product(x.shape[:rows]), product(x.shape[rows:])))


def _common_sizes(leading: Shape, x: Node, y: Node) -> list[Size]:
    """The sizes in which the leading axes of two stacks of matrices meet."""
    own = [(1,) * (len(leading) + 2 - node.ndim) + node.shape[:-2] for node in (x, y)]
    # A size that is unknown in both is taken from one; the product checks that the other is equal.
    return [n if n is not None else p if isinstance(p, Node) else q for n, p, q in zip(leading, *own, strict=True)]


@public
def dot(a: Any, b: Any) -> Node:
    """Product summed over the last axis of a and the second-to-last of b (the only one of a vector).

    Args:
        a: a tensor of any dtype and shape; a scalar multiplies.
        b: a tensor of any dtype and shape; a scalar multiplies.

    Returns:
        A tensor with the other axes of a, then those of b. For stacks of matrices these are all pairs, unlike
        ``matmul``.

    Raises:
        ShapeError: if the sizes summed over are known not to fit; when running, if they turn out not to.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.dot(T.constant([1, 2]), T.constant([3, 4])).eval())
        11
    """
    x, y = as_node(a), as_node(b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    return matmul(x, y) if y.ndim <= 2 else tensordot(x, y, (-1, -2))


@public
def tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    """Product summed over pairs of axes.

    Args:
        a: a tensor of any dtype and shape.
        b: a tensor of any dtype and shape.
        axes: how many of the last axes of a to pair with the first of b; or two axes, or two sequences of axes,
            those of a and those of b.

    Returns:
        A tensor with the other axes of a, then those of b.

    Raises:
        ShapeError: if paired sizes are known to differ; when running, if they turn out to.
        GraphTypeError: if the axes do not pair up.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tensordot(T.tensor3("a", shape=(2, 3, 4)), T.matrix("b", shape=(4, 3)), ((1, 2), (1, 0))).type.shape
        (2,)
    """
    x, y = as_node(a), as_node(b)
    first, second = _paired_axes(x, y, axes)
    _check_pairs(x, y, first, second)
    rows = [axis for axis in range(x.ndim) if axis not in first]
    columns = [axis for axis in range(y.ndim) if axis not in second]
    if len(first) > 1:
        # Once joined, sizes could differ and have equal products.
        y = specify_shape(y, [x.shape[first[second.index(i)]] if i in second else None for i in range(y.ndim)])
    result = matmul_op(
        _matrix(_reordered(x, (*rows, *first)), len(rows)), _matrix(_reordered(y, (*second, *columns)), len(second))
    )
    if len(rows) == len(columns) == 1:
        return result
    return reshape(result, [x.shape[axis] for axis in rows] + [y.shape[axis] for axis in columns])


def _paired_axes(x: Node, y: Node, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if not isinstance(axes, Sequence | np.ndarray):
        axes = python_integer(axes, "a number of axes")
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise GraphTypeError(f"axes={axes}: {describe(x)} and {describe(y)} do not have that many axes{here()}")
        return tuple(range(x.ndim - axes, x.ndim)), tuple(range(axes))
    if isinstance(axes, str) or len(axes) != 2:
        raise GraphTypeError(f"axes={shown(axes)}: expected an integer, or the axes of a and those of b{here()}")
    chosen = [one.tolist() if isinstance(one, np.ndarray) else one for one in axes]
    first, second = several_axes(chosen[0], x.ndim), several_axes(chosen[1], y.ndim)
    if len(first) != len(second):
        raise GraphTypeError(f"axes={shown(axes)}: {len(first)} axes of a do not pair with {len(second)} of b{here()}")
    return first, second


def _check_pairs(x: Node, y: Node, first: Sequence[int], second: Sequence[int]) -> None:
    for i, j in zip(first, second, strict=True):
        sizes = x.type.shape[i], y.type.shape[j]
        if None not in sizes and sizes[0] != sizes[1]:
            error = ShapeError(f"axis {i} of the first has size {sizes[0]}, axis {j} of the second {sizes[1]}")
            raise matmul_op.blame(error, (x, y))


def _reordered(x: Node, order: tuple[int, ...]) -> Node:
    return x if order == tuple(range(x.ndim)) else dimshuffle(x, order)


@public
def batched_dot(a: Any, b: Any) -> Node:
    """``dot(a[i], b[i])`` for every i, stacked.

    Args:
        a: a tensor of any dtype with at least two axes.
        b: a tensor of any dtype with at least two axes, the first as long as that of a.

    Returns:
        A tensor with the first axis of both, then the others of a but its last, then the others of b but its
        second-to-last (but its last if it has two).

    Raises:
        ShapeError: if sizes are known not to fit; when running, if they turn out not to.
        GraphTypeError: if a or b has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.batched_dot(T.tensor3("a", shape=(5, 2, 3)), T.tensor3("b", shape=(5, 3, 4))).type.shape
        (5, 2, 4)
    """
    x, y = as_node(a), as_node(b)
    for node in (x, y):
        if node.ndim < 2:
            raise GraphTypeError(f"{describe(node)} has no batch of vectors; it needs at least two axes{here()}")
    y = moveaxis(y, -2, 1) if y.ndim > 3 else y
    rows, columns = x.shape[1:-1], y.shape[2:]
    result = matmul_op(
        x if x.ndim == 3 else reshape(x, (x.shape[0], product(rows), x.shape[-1])),
        y if y.ndim == 3 else reshape(y, (y.shape[0], y.shape[1], product(columns))),
    )
    return result if x.ndim == y.ndim == 3 else reshape(result, (result.shape[0], *rows, *columns))


@public
def outer(a: Any, b: Any) -> Node:
    """The products of every element of a with every element of b.

    Args:
        a: a tensor of any dtype; flattened to a vector (m,).
        b: a tensor of any dtype; flattened to a vector (n,).

    Returns:
        A matrix (m, n) in the dtype where both meet.

    Example:
        >>> import symdrop.tensor as T
        >>> T.outer(T.constant([1, 2]), T.constant([3, 4])).eval().tolist()
        [[3, 4], [6, 8]]
    """
    return outer_of_vectors(ravel(a), ravel(b))


@public
def inner(a: Any, b: Any) -> Node:
    """Product summed over the last axes of a and b.

    Args:
        a: a tensor of any dtype and shape; a scalar multiplies.
        b: a tensor of any dtype and shape; a scalar multiplies.

    Returns:
        A tensor with the other axes of a, then those of b.

    Raises:
        ShapeError: if the last sizes are known to differ; when running, if they turn out to.

    Example:
        >>> import symdrop.tensor as T
        >>> T.inner(T.matrix("a", shape=(2, 3)), T.matrix("b", shape=(4, 3))).type.shape
        (2, 4)
    """
    x, y = as_node(a), as_node(b)
    return x * y if x.ndim == 0 or y.ndim == 0 else tensordot(x, y, (-1, -1))


@public
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """The sum of a diagonal of a matrix, or of all matrices in a tensor.

    Args:
        x: a tensor of any dtype with at least two axes.
        offset: which diagonal: 0 the main one, positive ones to its right.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor without the two axes.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.trace(T.constant([[1, 2], [3, 4]])).eval())
        5
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


__all__ = ["batched_dot", "dot", "inner", "matmul", "outer", "tensordot", "trace"]

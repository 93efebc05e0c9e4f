"""Products of vectors, matrices and tensors, in the dtype in which the factors meet.

Read next: creation.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, IndexingError, ShapeError
from ...graph import Node
from ...tensor.arguments import product
from ..dtypes import alike


@public
def dot(a: Any, b: Any) -> Node:
    """Product of matrices and vectors, over the last axis of a and the last but one of b.

    Args:
        a, b: tensors.

    Returns:
        A tensor of the dtype in which they meet.

    Raises:
        ShapeError: if the sizes do not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.dot(T.fmatrix("x"), T.ivector("v")).type
        TensorType(float64, vector)
    """
    return engine.dot(*alike((a, b)))


@public
def outer(x: Any, y: Any) -> Node:
    """Outer product of vectors.

    Args:
        x, y: vectors; other tensors are flattened.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.outer(T.constant([1, 2]), T.constant([3, 4])).eval().tolist()
        [[3, 4], [6, 8]]
    """
    return engine.outer(*alike((x, y)))


@public
def tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    """Sum of products over pairs of axes.

    Args:
        a, b: tensors.
        axes: how many, the last of a with the first of b; or the axes of a and those of b.

    Returns:
        A tensor of the other axes.

    Raises:
        ShapeError, ArgumentError: as ``sd.tensor.tensordot``, and for axes that there are not.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tensordot(T.ones((2, 3)), T.ones((3, 4)), [[1], [0]]).eval().shape
        (2, 4)
    """
    first, second = alike((a, b))
    try:
        return engine.tensordot(first, second, axes)
    except (GraphTypeError, IndexingError) as error:
        raise ShapeError(f"tensordot: {error}") from None


@public
def batched_dot(a: Any, b: Any) -> Node:
    """Products of pairs of matrices or vectors, along a first axis of examples.

    Args:
        a, b: tensors of at least one axis, with equally many examples; beyond three axes, the last of a is summed with
            the second of b.

    Returns:
        A tensor whose first axis counts examples.

    Raises:
        ShapeError: if the sizes do not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.batched_dot(T.ones((2, 3)), T.ones((2, 3))).eval().tolist()
        [3.0, 3.0]
    """
    first, second = alike((a, b))
    if first.ndim == 1 or second.ndim == 1:
        shorter, longer = sorted((first, second), key=lambda node: node.ndim)
        return engine.mul(shorter.dimshuffle(0, *["x"] * (longer.ndim - 1)), longer)
    if first.ndim > 3 or second.ndim > 3:
        return batched_tensordot(first, second, [[first.ndim - 1], [max(1, second.ndim - 2)]])
    return engine.batched_dot(first, second)


@public
def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Node:
    """``tensordot`` of every pair of examples, along a first axis.

    Args:
        x, y: tensors with equally many examples.
        axes: how many axes, the last of x with the first behind the examples of y; or the axes of x and those of y.

    Returns:
        A tensor whose first axis counts examples.

    Raises:
        ShapeError: if the sizes do not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.batched_tensordot(T.ones((2, 3, 4)), T.ones((2, 4, 5)), [[2], [1]]).eval().shape
        (2, 3, 5)
    """
    first, second = alike((x, y))
    if isinstance(axes, int):
        axes = [range(first.ndim - axes, first.ndim), range(1, axes + 1)]
    over = [[one] if isinstance(one, int) else [*one] for one in axes]
    summed, met = ([axis % node.ndim for axis in one] for one, node in zip(over, (first, second), strict=True))
    kept = [axis for axis in range(1, first.ndim) if axis not in summed]
    free = [axis for axis in range(1, second.ndim) if axis not in met]
    left = engine.transpose(first, 0, *kept, *summed)
    right = engine.transpose(second, 0, *met, *free)
    made = engine.batched_dot(
        left.reshape((first.shape[0], product([first.shape[axis] for axis in kept]), -1)),
        right.reshape((second.shape[0], product([second.shape[axis] for axis in met]), -1)),
    )
    return made.reshape((first.shape[0], *(first.shape[a] for a in kept), *(second.shape[a] for a in free)))


__all__ = ["batched_dot", "batched_tensordot", "dot", "outer", "tensordot"]

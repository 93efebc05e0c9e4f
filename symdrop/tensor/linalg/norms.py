"""Norms and condition numbers of matrices.

Read next: patterns.py
"""

from __future__ import annotations

import math
from typing import Any

from ...binding import fits, public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ..arguments import as_float, product, several_axes
from ..axes import expand_dims, moveaxis
from ..elementwise import abs_, sqr, sqrt
from ..extrema import max as max_over
from ..extrema import min as min_over
from ..reductions import norm as norm_of_vectors
from ..reductions import sum as sum_over
from .factors import svdvals
from .operands import matrices
from .systems import inv


@public
def norm(x: Any, ord: float | str | None = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of vectors or matrices.

    Args:
        x: a tensor.
        ord: of vectors as of ``T.norm``; of matrices "fro", "nuc", 1, -1, 2, -2, ``math.inf`` or ``-math.inf``.
        axis: one axis for vectors, two for matrices; by default all elements, or the matrix if ``ord`` is given.
        keepdims: True leaves the axes with size 1.

    Returns:
        A float tensor.

    Raises:
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.norm(T.constant([[3.0, 0.0], [4.0, 0.0]]), 1).eval())
        7.0
    """
    node = as_float(x)
    axes = tuple(range(node.ndim)) if axis is None else several_axes(axis, node.ndim)
    if len(axes) == 1:
        return norm_of_vectors(node, ord, axes, keepdims)
    if ord is None:
        return sqrt(sum_over(sqr(node), axes, keepdims=keepdims))
    if len(axes) != 2:
        raise ArgumentError(f"norm: ord={shown(ord)} is for one or two axes, not {len(axes)}{here()}")
    made = _matrix_norm(moveaxis(node, axes, (-2, -1)), ord)
    return expand_dims(made, tuple(sorted(axes))) if keepdims else made


def _matrix_norm(x: Node, ord: float | str) -> Node:
    if ord == "fro":
        return sqrt(sum_over(sqr(x), (-2, -1)))
    if ord == "nuc":
        return sum_over(svdvals(x), -1)
    if not isinstance(ord, str) and fits(ord, float) and abs(ord) in (1, 2, math.inf):
        over = max_over if ord > 0 else min_over
        if abs(ord) == 2:
            return over(svdvals(x), -1)
        # Columns for 1, rows for infinity.
        return over(sum_over(abs_(x), -2 if abs(ord) == 1 else -1), -1)
    raise ArgumentError(f"norm: ord of matrices is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, not {shown(ord)}{here()}")


@public
def matrix_norm(x: Any, *, keepdims: bool = False, ord: float | str = "fro") -> Node:
    """Norm of matrices, of the last two axes.

    Args:
        x: matrices (..., m, n).
        keepdims: True leaves the axes with size 1.
        ord: as of ``norm`` of matrices.

    Returns:
        A float tensor.

    Raises:
        ArgumentError: for another norm.
        GraphTypeError: if x is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.matrix_norm(T.constant([[3.0, 0.0], [4.0, 0.0]]), ord=1).eval())
        7.0
    """
    return norm(matrices("matrix_norm", x), ord, (-2, -1), bool(keepdims))


@public
def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Node:
    """Norm of vectors: of all elements, or along axes.

    Args:
        x: a tensor.
        axis: the axis or axes of a vector's elements; by default all.
        keepdims: True leaves the axes with size 1.
        ord: as of ``T.norm``.

    Returns:
        A float tensor.

    Raises:
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.vector_norm(T.constant([[3.0, 0.0], [4.0, 0.0]])).eval())
        5.0
    """
    node = as_float(x)
    axes = tuple(range(node.ndim)) if axis is None else several_axes(axis, node.ndim)
    if len(axes) == 1 or ord == 2:
        return norm_of_vectors(node, None if ord == 2 else ord, axes, bool(keepdims))
    others = [axis for axis in range(node.ndim) if axis not in axes]
    shape = (*(node.shape[k] for k in others), product(node.shape[k] for k in axes))
    joined = node.dimshuffle(*others, *axes).reshape(shape)
    made = norm_of_vectors(joined, ord, -1)
    return expand_dims(made, tuple(sorted(axes))) if keepdims else made


@public
def cond(x: Any, p: float | str | None = None) -> Node:
    """Condition number: the norm of matrices times that of their inverses.

    Args:
        x: matrices (..., n, n); for the default (..., m, n).
        p: the norm, as of ``norm``; by default 2.

    Returns:
        A float tensor (...).

    Raises:
        ArgumentError: for another norm; when running, for a singular matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.cond(T.constant([[4.0, 0.0], [0.0, 2.0]])).eval())
        2.0
    """
    node = matrices("cond", x)
    if p in (None, 2, -2):
        s = svdvals(node)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(node, p, (-2, -1)) * norm(inv(node), p, (-2, -1))


__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]

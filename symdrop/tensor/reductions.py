"""Reductions: tensors into smaller ones, by combining the elements along axes.

All take ``axis``: an integer, negative ones counting from the end, a tuple of different
ones, or None for all axes; and ``keepdims``: whether the axes stay, with size 1, so that
the result stretches against what it came from. Extrema and orders are in extrema.py and
sorting.py, which this module passes on.

Read next: matrix_products.py
"""

from __future__ import annotations

import math
from typing import Any

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node
from ..op import as_node, convert
from ..ops import reduce as ops
from ..types import dtype_name, float_dtype, promote
from .arguments import product
from .elementwise import abs_, cast, maximum, neq, sqr, sqrt
from .extrema import argmax, argmin, max, max_and_argmax, min, ptp, reduce_over, reduced_axes
from .sorting import argsort, cumprod, cumsum, sort, take_along_axis


def _accumulate(op: Any, x: Any, axis: Any, dtype: Any, keepdims: bool) -> Node:
    node = as_node(x) if dtype is None else cast(x, dtype)
    # Promotion alone turns float16 into float32: 65504 is soon exceeded.
    node = convert(node, promote([node.type]))
    result = reduce_over(op, node, axis, keepdims)
    return result if dtype is None else convert(result, dtype_name(dtype))


@public
def sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Node:
    """Sum over axes.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes to sum over; by default all.
        dtype: dtype in which to add and of the result. By default that of x, but int64 or uint64 for truth values
            and smaller integers, and float32 for float16.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor without those axes; 0 where there are no elements.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice.

    Example:
        >>> import symdrop.tensor as T
        >>> T.sum(T.constant([[1, 2], [3, 4]]), axis=0).eval().tolist()
        [4, 6]
    """
    return _accumulate(ops.sum_, x, axis, dtype, keepdims)


@public
def prod(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Node:
    """Product over axes; its gradient is exact also where elements are 0.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes to multiply over; by default all.
        dtype: dtype in which to multiply and of the result; by default as for ``sum``.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor without those axes; 1 where there are no elements.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.prod(T.constant([2, 3, 4])).eval())
        24
    """
    return _accumulate(ops.prod, x, axis, dtype, keepdims)


@public
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """True if an element along the axes is true, or not zero.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A bool tensor without those axes; false where there are no elements.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.any(T.constant([[0, 1], [0, 0]]), axis=1).eval().tolist()
        [True, False]
    """
    return reduce_over(ops.any_, as_node(x), axis, keepdims)


@public
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """True if all elements along the axes are true, or not zero.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A bool tensor without those axes; true where there are no elements.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.all(T.constant([[0, 1], [2, 3]]), axis=1).eval().tolist()
        [False, True]
    """
    return reduce_over(ops.all_, as_node(x), axis, keepdims)


@public
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """log(sum(exp(x))) over axes, finite for every finite x.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.
        axis: the axis or axes; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A float tensor without those axes; -inf where there are no elements.

    Raises:
        IndexingError: if there is no such axis.

    Source: Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", 2021.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.logsumexp(T.constant([1000.0, 1000.0])).eval()), 3)
        1000.693
    """
    node = as_node(x)
    return reduce_over(ops.logsumexp, _as_float(node), axis, keepdims)


@public
def mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Node:
    """Mean over axes.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        dtype: dtype in which to add and of the result; by default that of x, but ``config.floatX`` for integers and
            truth values, and float32 for float16.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor without those axes; NaN where there are no elements.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice.

    Example:
        >>> import symdrop.tensor as T
        >>> T.mean(T.constant([[1, 2], [3, 5]]), axis=1).eval().tolist()
        [1.5, 4.0]
    """
    node = _as_float(as_node(x)) if dtype is None else cast(x, dtype)
    axes = reduced_axes(axis, node.ndim)
    result = sum(node, axes, None, keepdims) / product(node.shape[i] for i in axes)
    return result if dtype is None else convert(result, dtype_name(dtype))


def _as_float(x: Node) -> Node:
    return convert(x, float_dtype(x.dtype), weak=True)


@public
def var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """Variance over axes: the mean squared distance from the mean.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        ddof: what is subtracted from the number of elements to divide by; 1 makes the estimate unbiased.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A float tensor without those axes, of the dtype of ``mean``.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.var(T.constant([1, 2, 3, 4])).eval())
        1.25
    """
    node = _as_float(as_node(x))
    axes = reduced_axes(axis, node.ndim)
    squares = sqr(node - mean(node, axes, keepdims=True))
    count = product(node.shape[i] for i in axes)
    return sum(squares, axes, None, keepdims) / (maximum(count - ddof, 0) if ddof else count)


@public
def std(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """Standard deviation over axes: the square root of the variance.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        ddof: as for ``var``.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A float tensor without those axes. Its gradient is not finite where all elements are equal.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if an axis is named twice.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.std(T.constant([1, 3])).eval())
        1.0
    """
    return sqrt(var(x, axis, ddof, keepdims))


@public
def norm(x: Any, ord: float | str | None = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of vectors: (sum |x|**ord) ** (1/ord) over axes.

    Args:
        x: a tensor of any dtype and shape.
        ord: a number, ``math.inf``, ``-math.inf`` or 0 (how many elements are not 0); by default 2.
        axis: the axis or axes whose elements make one vector; by default all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A float tensor without those axes.

    Raises:
        ArgumentError: if ``ord`` asks for a norm of matrices.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.norm(T.constant([3.0, 4.0])).eval())
        5.0
    """
    node = _as_float(as_node(x))
    axes = reduced_axes(axis, node.ndim)
    result: Node
    if ord is None or (ord == 2 and len(axes) == 1):
        result = sqrt(sum(sqr(node), axes, None, keepdims))
    elif isinstance(ord, str) or len(axes) != 1:
        raise ArgumentError(
            f"ord={shown(ord)} over axes {axes} is no norm of vectors; omit ord or name one axis{here()}"
        )
    elif math.isinf(ord):
        result = (max if ord > 0 else min)(abs_(node), axes, keepdims)
    elif ord == 0:
        result = cast(sum(neq(node, 0), axes, None, keepdims), node.dtype)
    else:
        result = sum(abs_(node) ** ord, axes, None, keepdims) ** (1 / ord)
    return result


__all__ = [
    "all", "any", "argmax", "argmin", "argsort", "cumprod", "cumsum", "logsumexp", "max", "max_and_argmax", "mean",
    "min", "norm", "prod", "ptp", "sort", "std", "sum", "take_along_axis", "var",
]  # fmt: skip

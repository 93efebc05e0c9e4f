"""Reductions in which NaN does not count.

Read next: choosing.py
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...binding import public
from ...graph import Node
from ...op import as_node
from ...types import is_float
from ..arguments import as_float
from ..axes import expand_dims, moveaxis
from ..elementwise import cast, isnan, logical_not, maximum, sqr, sqrt, where
from ..extrema import argmax, argmin, reduced_axes
from ..extrema import max as max_over
from ..extrema import min as min_over
from ..reductions import all as all_over
from ..reductions import prod as prod_over
from ..reductions import sum as sum_over
from ..sorting import cumprod, cumsum, sort, take_along_axis
from .statistics import place_of, shares, transposed_together


def _without(x: Any, instead: float) -> Node:
    """x with a number in place of NaN."""
    node = as_node(x)
    return where(isnan(node), instead, node) if is_float(node.dtype) else node


def _counted(x: Node, axis: Any, keepdims: bool) -> Node:
    """How many elements are numbers, as floats."""
    return sum_over(cast(logical_not(isnan(x)), x.dtype), axis, keepdims=keepdims)


@public
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Sum of the elements that are not NaN.

    Args:
        x: a tensor.
        axis: the axis or axes to sum over; by default all.
        keepdims: True leaves them with size 1.

    Returns:
        A tensor; 0 where all are NaN.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nansum(T.constant([1.0, float("nan")])).eval())
        1.0
    """
    return sum_over(_without(x, 0), axis, keepdims=keepdims)


@public
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Product of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.

    Returns:
        A tensor; 1 where all are NaN.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanprod(T.constant([2.0, float("nan")])).eval())
        2.0
    """
    return prod_over(_without(x, 1), axis, keepdims=keepdims)


@public
def nancumsum(x: Any, axis: int | None = None) -> Node:
    """Cumulative sums in which NaN counts as 0.

    Args:
        x: a tensor.
        axis: along which; by default the flattened tensor.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nancumsum(T.constant([1.0, float("nan"), 2.0])).eval().tolist()
        [1.0, 1.0, 3.0]
    """
    return cumsum(_without(x, 0), axis)


@public
def nancumprod(x: Any, axis: int | None = None) -> Node:
    """Cumulative products in which NaN counts as 1.

    Args:
        x, axis: as of ``nancumsum``.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nancumprod(T.constant([2.0, float("nan"), 2.0])).eval().tolist()
        [2.0, 2.0, 4.0]
    """
    return cumprod(_without(x, 1), axis)


@public
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.

    Returns:
        A tensor; NaN where all are.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanmax(T.constant([2.0, float("nan")])).eval())
        2.0
    """
    return _extremum(max_over, x, axis, keepdims, -math.inf)


@public
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Smallest of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.

    Returns:
        A tensor; NaN where all are.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanmin(T.constant([2.0, float("nan")])).eval())
        2.0
    """
    return _extremum(min_over, x, axis, keepdims, math.inf)


def _extremum(over: Callable[..., Node], x: Any, axis: Any, keepdims: bool, never: float) -> Node:
    node = as_node(x)
    made = over(_without(node, never), axis, keepdims=keepdims)
    if not is_float(node.dtype):
        return made
    return where(all_over(isnan(node), axis, keepdims=keepdims), math.nan, made)


@public
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """Position of the largest element that is not NaN, of the first where several are equal.

    Args:
        x: a tensor.
        axis: along which; by default the flattened tensor.
        keepdims: True leaves the axis with size 1.

    Returns:
        An int64 tensor; 0 where all are NaN, which NumPy refuses.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.nanargmax(T.constant([float("nan"), 1.0, 3.0])).eval())
        2
    """
    return argmax(_without(x, -math.inf), axis, keepdims=keepdims)


@public
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """Position of the smallest element that is not NaN, of the first where several are equal.

    Args:
        x, axis, keepdims: as of ``nanargmax``.

    Returns:
        An int64 tensor; 0 where all are NaN, which NumPy refuses.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.nanargmin(T.constant([float("nan"), 1.0, 3.0])).eval())
        1
    """
    return argmin(_without(x, math.inf), axis, keepdims=keepdims)


@public
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Mean of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.

    Returns:
        A float tensor; NaN where all are.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanmean(T.constant([1.0, 3.0, float("nan")])).eval())
        2.0
    """
    node = as_float(x)
    return sum_over(_without(node, 0), axis, keepdims=keepdims) / _counted(node, axis, keepdims)


@public
def nanvar(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """Variance of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.
        ddof: what is taken from the number of elements to divide by.

    Returns:
        A float tensor; NaN where not more elements are numbers than ``ddof``.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanvar(T.constant([1.0, 3.0, float("nan")])).eval())
        1.0
    """
    node = as_float(x)
    axes = reduced_axes(axis, node.ndim)
    apart = where(isnan(node), 0, node - nanmean(node, axes, keepdims=True))
    freedom = maximum(_counted(node, axes, keepdims) - ddof, 0)
    made = sum_over(sqr(apart), axes, keepdims=keepdims) / freedom
    return where(freedom > 0, made, math.nan)


@public
def nanstd(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """Standard deviation of the elements that are not NaN.

    Args:
        x, axis, ddof, keepdims: as of ``nanvar``.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanstd(T.constant([1.0, 3.0, float("nan")])).eval())
        1.0
    """
    return sqrt(nanvar(x, axis, ddof, keepdims))


@public
def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Node:
    """Quantiles of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.
        q, method: as of ``quantile``.

    Returns:
        A float tensor; the axes of q stand first. NaN where all elements are.

    Raises:
        ArgumentError: as ``quantile``.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanquantile(T.constant([1.0, 3.0, float("nan")]), 0.5).eval())
        2.0
    """
    node = as_float(x)
    share = shares("nanquantile", q, method, node)
    axes = reduced_axes(axis, node.ndim)
    # NaN is sorted to the end.
    ordered = sort(transposed_together(node, axes), -1)
    # Shares stand last, in one axis, as the elements do.
    count = _counted(ordered, -1, True)
    below, above, part = place_of(share.reshape((-1,)), count, method)
    made = take_along_axis(ordered, below, -1)
    if part is not None:
        made = made + (take_along_axis(ordered, above, -1) - made) * part
    made = moveaxis(made, -1, 0).reshape((*share.shape, *ordered.shape[:-1]))
    return expand_dims(made, tuple(share.ndim + i for i in axes)) if keepdims else made


@public
def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Node:
    """Percentiles of the elements that are not NaN.

    Args:
        x, axis, keepdims: as of ``nansum``.
        q: numbers from 0 to 100.
        method: as of ``quantile``.

    Returns:
        A float tensor; the axes of q stand first. NaN where all elements are.

    Raises:
        ArgumentError: as ``quantile``.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanpercentile(T.constant([1.0, 3.0, float("nan")]), 50).eval())
        2.0
    """
    return nanquantile(x, as_node(q) / 100.0, axis, method, keepdims)


@public
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """The middle one of the elements that are not NaN, or the mean of the two nearest to it.

    Args:
        x, axis, keepdims: as of ``nansum``.

    Returns:
        A float tensor; NaN where all elements are.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nanmedian(T.constant([1.0, 3.0, float("nan")])).eval())
        2.0
    """
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


__all__ = [
    "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile",
    "nanprod", "nanquantile", "nanstd", "nansum", "nanvar",
]  # fmt: skip

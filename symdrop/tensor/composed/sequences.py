"""Spaced numbers, powers, and sums and products on the way.

Read next: triangles.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...binding import public
from ...config import config
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...types import TensorType, promote
from ..arguments import one_axis, sizes_of_shape, vector
from ..creation import arange, linspace, numbers, ones_like, zeros_like
from ..elementwise import cast, exp, ge, gt, log, power, where
from ..joining import concatenate, flip
from ..reductions import sum as sum_over
from ..sorting import cumprod, cumsum


@public
def logspace(start: Any, stop: Any, num: Any = 50, base: Any = 10.0, dtype: Any = None) -> Node:
    """Numbers whose logarithms are equally spaced.

    Args:
        start: the logarithm of the first.
        stop: that of the last.
        num: how many.
        base: of the logarithms.
        dtype: by default that of ``linspace``.

    Returns:
        A float vector of ``num`` numbers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logspace(0, 2, 3).eval().tolist()
        [1.0, 10.0, 100.0]
    """
    exponents = linspace(start, stop, num)
    made = power(base, exponents)
    return made if dtype is None else cast(made, dtype)


@public
def geomspace(start: Any, stop: Any, num: Any = 50, dtype: Any = None) -> Node:
    """Numbers from start to stop of which each is the one before times the same factor.

    Args:
        start: the first, not 0.
        stop: the last, of the same sign.
        num: how many.
        dtype: by default that of ``linspace``.

    Returns:
        A float vector of ``num`` numbers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.geomspace(1, 8, 4).eval().round().tolist()
        [1.0, 2.0, 4.0, 8.0]
    """
    first, last = as_node(start), as_node(stop)
    dtype_there = promote([first.type, last.type, TensorType(config.floatX, (), weak=True)])
    first, last = cast(first, dtype_there), cast(last, dtype_there)
    exponents = linspace(log(abs(first)), log(abs(last)), num)
    count = exponents.shape[0]
    place = arange(count)
    made = where(gt(first, 0), exp(exponents), -exp(exponents))
    # The ends are as given.
    made = where(ge(place, as_node(count) - 1) & gt(place, 0), last, made)
    made = where(gt(place, 0), made, first)
    return made if dtype is None else cast(made, dtype)


@public
def vander(x: Any, N: Any = None, increasing: bool = False) -> Node:
    """Vandermonde matrix: the powers of every element in a row.

    Args:
        x: a vector.
        N: how many powers; by default as many as elements.
        increasing: True for the powers 0, 1, 2, ...; else they decrease to 0.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if x is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.vander(T.constant([1, 2, 3]), 2).eval().tolist()
        [[1, 1], [2, 1], [3, 1]]
    """
    node = vector("vander", x)
    exponents = numbers(node.shape[0] if N is None else sizes_of_shape(N)[0])
    dtype = node.dtype if node.dtype[0] == "f" else "int64"
    powers = cast(exponents if increasing else flip(exponents), dtype)
    return power(cast(node, dtype)[:, None], powers[None, :])


@public
def cumulative_sum(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Node:
    """Sums of the elements up to each one, as the array API standard has them.

    Args:
        x: a tensor.
        axis: the axis; it may be left out for vectors.
        dtype: of the result.
        include_initial: True puts a 0 in front.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if the axis is left out and x is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cumulative_sum(T.constant([1, 2, 3]), include_initial=True).eval().tolist()
        [0, 1, 3, 6]
    """
    return _from_the_start("cumulative_sum", cumsum, zeros_like, x, axis, dtype, include_initial)


@public
def cumulative_prod(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Node:
    """Products of the elements up to each one, as the array API standard has them.

    Args:
        x: a tensor.
        axis: the axis; it may be left out for vectors.
        dtype: of the result.
        include_initial: True puts a 1 in front.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if the axis is left out and x is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cumulative_prod(T.constant([1, 2, 3])).eval().tolist()
        [1, 2, 6]
    """
    return _from_the_start("cumulative_prod", cumprod, ones_like, x, axis, dtype, include_initial)


def _from_the_start(
    name: str, carry: Callable[..., Node], first: Callable[..., Node], x: Any, axis: int | None, dtype: Any, start: bool
) -> Node:
    node = as_node(x)
    if axis is None and node.ndim != 1:
        raise GraphTypeError(f"{name} asks for an axis of {describe(node)}{here()}")
    along = one_axis(0 if axis is None else axis, node.ndim)
    made = carry(node, along, dtype)
    if not start:
        return made
    # Of an empty axis nothing could be taken, so the front is made of a sum over it.
    front = sum_over(zeros_like(made), axis=along, keepdims=True)
    return concatenate([cast(first(front), made.dtype), made], along)


__all__ = ["cumulative_prod", "cumulative_sum", "geomspace", "logspace", "vander"]

"""Order along an axis, and sums and products carried along it.

Read next: reductions.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import Size, as_node, constant, convert
from ..ops.cumulative import cumsum as cumsum_op
from ..ops.cumulative import recurrence
from ..ops.sorting import argsort as argsort_op
from ..ops.sorting import sort as sort_op
from ..types import accumulator_dtype, dtype_name, promote
from .arguments import one_axis
from .axes import dimshuffle
from .creation import arange
from .elementwise import cast
from .indexing import getitem
from .joining import flip

_KINDS = "quicksort", "mergesort", "heapsort", "stable"


def _along(x: Any, axis: Any) -> tuple[Node, int]:
    """A tensor and the axis to go along; all elements on one axis for None."""
    node = as_node(x)
    if axis is None:
        return node.ravel(), 0
    return node, one_axis(axis, node.ndim)


def _known_kind(name: str, kind: Any) -> None:
    """Refuse a name of an algorithm that is none of NumPy's."""
    if kind is not None and not (isinstance(kind, str) and kind in _KINDS):
        raise ArgumentError(f"{name}: kind is one of {', '.join(_KINDS)}, not {shown(kind)}{here()}")


@public
def argsort(
    x: Any, axis: int | None = -1, kind: str | None = None, *, stable: bool | None = None, descending: bool = False
) -> Node:
    """The positions that sort x along an axis; equal elements keep their order, NaN comes last.

    Args:
        x: a tensor of any dtype.
        axis: the axis; None sorts all elements.
        kind, stable: NumPy's names of algorithms and its wish, accepted; every order is the stable one.
        descending: True for the largest first, NaN before all others; equal elements keep their order here, too.

    Returns:
        An int64 tensor of the shape of x (a vector for ``axis=None``).

    Raises:
        IndexingError: if there is no such axis.
        ArgumentError: if NumPy has no such algorithm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.argsort(T.constant([3, 1, 2])).eval().tolist()
        [1, 2, 0]
    """
    _known_kind("argsort", kind)
    node, along = _along(x, axis)
    if not descending:
        return argsort_op(node, axis=along)
    # In reverse order equal elements stand in reverse order too, and both turn around together.
    last = as_node(node.shape[along]) - 1
    return last - flip(argsort_op(flip(node, along), axis=along), along)


@public
def sort(
    x: Any, axis: int | None = -1, kind: str | None = None, *, stable: bool | None = None, descending: bool = False
) -> Node:
    """The elements of x in ascending order along an axis, -0.0 before 0.0 and NaN last.

    Args:
        x: a tensor of any dtype.
        axis: the axis; None sorts all elements.
        kind, stable: as of ``argsort``.
        descending: True for the order turned around.

    Returns:
        A tensor of the dtype and shape of x (a vector for ``axis=None``).

    Raises:
        IndexingError, ArgumentError: as ``argsort``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.sort(T.constant([3, 1, 2])).eval().tolist()
        [1, 2, 3]
    """
    _known_kind("sort", kind)
    node, along = _along(x, axis)
    ordered = sort_op(node, axis=along)
    return flip(ordered, along) if descending else ordered


@public
def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Node:
    """The elements of x at positions of their own in every line along an axis, as argsort and argmax give them.

    Args:
        x: a tensor of any dtype.
        indices: integers, with as many axes as x and, but for ``axis``, its sizes.
        axis: the axis the positions count along; None means the flattened tensor.

    Returns:
        A tensor of the shape of ``indices``.

    Raises:
        GraphTypeError: if the indices are not integers or have another number of axes.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.take_along_axis(T.constant([[1, 2], [3, 4]]), [[1], [0]], axis=1).eval().tolist()
        [[2], [3]]
    """
    node, along = _along(x, axis)
    positions = as_node(indices)
    if positions.ndim != node.ndim:
        raise GraphTypeError(f"{describe(positions)} does not have as many axes as {describe(node)}{here()}")
    index = open_grid(node.shape)
    index[along] = positions
    return getitem(node, tuple(index))


def open_grid(sizes: Sequence[Size]) -> list[Node]:
    """For every axis of a tensor of these sizes the positions along it, standing along that axis."""
    if len(sizes) == 1:
        return [arange(sizes[0])]
    return [dimshuffle(arange(n), ["x" if k != i else 0 for k in range(len(sizes))]) for i, n in enumerate(sizes)]


@public
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Node:
    """Sums of the elements up to each one along an axis.

    Args:
        x: a tensor of any dtype.
        axis: the axis; by default all elements in C order.
        dtype: dtype in which to add and of the result; by default as for ``sum``.

    Returns:
        A tensor of the shape of x (a vector for ``axis=None``).

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cumsum(T.constant([1, 2, 3])).eval().tolist()
        [1, 3, 6]
    """
    return _accumulate(lambda node, along: cumsum_op(node, axis=along, reverse=False), x, axis, dtype)


def _accumulate(carry: Callable[[Node, int], Node], x: Any, axis: Any, dtype: Any) -> Node:
    node, along = _along(x if dtype is None else cast(x, dtype), axis)
    result = carry(convert(node, accumulator_dtype(promote([node.type]))), along)
    return result if dtype is None else convert(result, dtype_name(dtype))


@public
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Node:
    """Products of the elements up to each one along an axis; the gradient is exact also where elements are 0.

    Args:
        x: a tensor of any dtype.
        axis: the axis; by default all elements in C order.
        dtype: dtype in which to multiply and of the result; by default as for ``prod``.

    Returns:
        A tensor of the shape of x (a vector for ``axis=None``).

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cumprod(T.constant([1, 2, 3])).eval().tolist()
        [1, 2, 6]
    """
    return _accumulate(_products, x, axis, dtype)


def _products(node: Node, along: int) -> Node:
    # To add -0.0 changes nothing, where 0.0 would change -0.0.
    before = recurrence(node, constant(-0.0, node.dtype), start=1, axis=along, reverse=False)
    return before * node


__all__ = ["argsort", "cumprod", "cumsum", "sort", "take_along_axis"]

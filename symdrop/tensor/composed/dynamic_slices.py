"""Slices of a fixed size at places that are computed: starts that would reach past the end are moved back, as in JAX.

Read next: padding.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node, members
from ...types import is_integer
from ..arguments import sizes_of_shape
from ..creation import arange
from ..elementwise import cast, maximum, minimum
from ..indexing import set_subtensor


@public
def dynamic_slice(x: Any, start_indices: Any, slice_sizes: Any) -> Node:
    """A part of x of given sizes, at a place that may be computed.

    Args:
        x: a tensor.
        start_indices: where the part begins along every axis: integers and integer scalars, or a vector of known
            length. Starts are moved so that the part lies within x.
        slice_sizes: the sizes of the part, none larger than x's.

    Returns:
        A tensor of these sizes.

    Raises:
        ArgumentError: if there is not a start and a size for every axis.
        GraphTypeError: if a start is no integer.
        ShapeError: if a size is known to be larger than x's.

    Example:
        >>> import symdrop.tensor as T
        >>> k = T.iscalar("k")
        >>> y = T.dynamic_slice(T.constant([10, 20, 30, 40]), [k], [2])
        >>> y.eval({k: 1}).tolist(), y.eval({k: 9}).tolist()
        ([20, 30], [30, 40])
    """
    node = as_node(x)
    starts = _starts("dynamic_slice", start_indices, node)
    if not isinstance(slice_sizes, list | tuple) or len(slice_sizes) != node.ndim:
        raise ArgumentError(
            f"dynamic_slice: slice_sizes has a size for each of the {node.ndim} axes of {describe(node)}, not "
            f"{shown(slice_sizes)}{here()}"
        )
    return node[_places("dynamic_slice", node, starts, sizes_of_shape(tuple(slice_sizes)))]


@public
def dynamic_update_slice(x: Any, update: Any, start_indices: Any) -> Node:
    """x with a part replaced, at a place that may be computed.

    Args:
        x: a tensor.
        update: what is put there, a tensor of as many axes, none larger than x's.
        start_indices: where the part begins along every axis, as for ``dynamic_slice``.

    Returns:
        A new tensor of x's type.

    Raises:
        ArgumentError: if there is not a start for every axis.
        GraphTypeError: if the update has another number of axes, or a start is no integer.
        ShapeError: if a size of the update is known to be larger than x's.

    Example:
        >>> import symdrop.tensor as T
        >>> k = T.iscalar("k")
        >>> y = T.dynamic_update_slice(T.constant([10, 20, 30, 40]), [1, 2], [k])
        >>> y.eval({k: 1}).tolist(), y.eval({k: 9}).tolist()
        ([10, 1, 2, 40], [10, 20, 1, 2])
    """
    node, part = as_node(x), as_node(update)
    if part.ndim != node.ndim:
        raise GraphTypeError(
            f"dynamic_update_slice: update has as many axes as {describe(node)}, not those of {describe(part)}{here()}"
        )
    starts = _starts("dynamic_update_slice", start_indices, node)
    places = _places("dynamic_update_slice", node, starts, part.shape)
    return set_subtensor(node[places], cast(part, node.dtype)) if node.ndim else cast(part, node.dtype)


def _starts(name: str, given: Any, node: Node) -> list[Node]:
    vector = as_node(given) if not isinstance(given, list | tuple) else None
    if vector is not None:
        if vector.ndim != 1 or vector.type.shape[0] is None:
            raise GraphTypeError(f"{name}: start_indices are integers, not {describe(vector)}{here()}")
        given = [vector[k] for k in range(vector.type.shape[0])]
    starts = [as_node(one) for one in members(given, "starts")]
    if len(starts) != node.ndim:
        raise ArgumentError(f"{name}: {len(starts)} start_indices for the {node.ndim} axes of {describe(node)}{here()}")
    for start in starts:
        if start.ndim or not is_integer(start.dtype):
            raise GraphTypeError(f"{name}: a start is an integer scalar, not {describe(start)}{here()}")
    return starts


def _places(name: str, node: Node, starts: Sequence[Node], sizes: Sequence[Size]) -> tuple[Any, ...]:
    """The index of a part: positions along every axis, or all of an axis that the part fills."""
    index: list[Any] = []
    open_axes = [k for k, size in enumerate(sizes) if not (isinstance(size, int) and size == node.type.shape[k])]
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        whole = node.type.shape[axis]
        if axis not in open_axes:
            index.append(slice(None))
            continue
        if isinstance(size, int) and whole is not None and size > whole:
            raise ShapeError(f"{name}: a part of size {size} along axis {axis} of {describe(node)}{here()}")
        # In this order, a part that is too large is out of range in the call.
        first = maximum(minimum(cast(start, "int64"), node.shape[axis] - as_node(size)), 0)
        numbers = first + arange(size, dtype="int64")
        behind = len(open_axes) - 1 - open_axes.index(axis)
        index.append(numbers.dimshuffle(*"x" * open_axes.index(axis), 0, *"x" * behind))
    return tuple(index)


__all__ = ["dynamic_slice", "dynamic_update_slice"]

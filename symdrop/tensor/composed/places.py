"""Parts left out and put in at places known before, and the numbers of places.

Read next: ordering.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node, members
from ...types import is_integer
from ..arguments import one_axis, sizes_of_shape, tensors
from ..axes import moveaxis
from ..elementwise import cast, clip, mod
from ..joining import concatenate
from ..shaping import broadcast_to


@public
def delete(x: Any, obj: Any, axis: int | None = None) -> Node:
    """x without some of its parts along an axis.

    Args:
        x: a tensor.
        obj: which parts: an integer, integers, a slice or truth values, known while the graph is built.
        axis: along which; by default the flattened tensor.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if the parts are symbolic.
        ShapeError: if the axis is of unknown size.
        IndexingError: if there is no such part.

    Example:
        >>> import symdrop.tensor as T
        >>> T.delete(T.constant([1, 2, 3]), 1).eval().tolist()
        [1, 3]
    """
    obj = _listed("delete", obj)
    node, along, size = _of_known_size("delete", x, axis)
    try:
        kept = np.delete(np.arange(size), obj)
    except (IndexError, TypeError, ValueError) as error:
        raise IndexingError(f"delete: {error}{here()}") from None
    return node[(*(slice(None),) * along, kept)]


@public
def insert(x: Any, obj: Any, values: Any, axis: int | None = None) -> Node:
    """x with values put in before some of its parts along an axis.

    Args:
        x: a tensor.
        obj: before which parts: an integer, integers or a slice, known while the graph is built.
        values: what is put in; broadcast to as many parts.
        axis: along which; by default the flattened tensor.

    Returns:
        A tensor of x's dtype.

    Raises:
        GraphTypeError: if the places are symbolic.
        ShapeError: if the axis is of unknown size.
        IndexingError: if there is no such place.

    Example:
        >>> import symdrop.tensor as T
        >>> T.insert(T.constant([1, 2]), 1, 9).eval().tolist()
        [1, 9, 2]
    """
    obj = _listed("insert", obj)
    node, along, size = _of_known_size("insert", x, axis)
    given = cast(as_node(values), node.dtype)
    given = given.dimshuffle(*["x"] * (node.ndim - given.ndim), *range(given.ndim))
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        # NumPy's rule: the values of a single place are listed along their first axis.
        given = moveaxis(given, 0, along)
    places = np.arange(size)[obj] if isinstance(obj, slice) else np.asarray(obj)
    count = given.type.shape[along] if places.size == 1 else places.size
    if count is None:
        raise ShapeError(f"insert: the number of values in {describe(given)} is not known; write shape={here()}")
    try:
        order = np.insert(np.arange(size), obj, size + np.arange(count))
    except (IndexError, TypeError, ValueError) as error:
        raise IndexingError(f"insert: {error}{here()}") from None
    parts = broadcast_to(given, (*node.shape[:along], count, *node.shape[along + 1 :]))
    return concatenate([node, parts], along)[(*(slice(None),) * along, order)]


def _listed(name: str, places: Any) -> Any:
    """Places that are known while the graph is built, as NumPy takes them."""
    if isinstance(places, Node):
        raise GraphTypeError(f"{name}: places are known while the graph is built, not {describe(places)}{here()}")
    return members(places, "places") if isinstance(places, Sequence) else places


def _of_known_size(name: str, x: Any, axis: int | None) -> tuple[Node, int, int]:
    node = as_node(x)
    node, along = (node.flatten(), 0) if axis is None else (node, one_axis(axis, node.ndim))
    size = node.type.shape[along]
    if size is None:
        raise ShapeError(f"{name}: axis {along} of {describe(node)} is of unknown size; declare it with shape={here()}")
    return node, along, size


@public
def unravel_index(indices: Any, shape: Any) -> tuple[Node, ...]:
    """The coordinates of elements that are counted in C order.

    Args:
        indices: integers.
        shape: the sizes of the tensor they lie in.

    Returns:
        A tensor of integers for every axis.

    Raises:
        GraphTypeError: if the numbers are not integers.

    Example:
        >>> import symdrop.tensor as T
        >>> [int(one.eval()) for one in T.unravel_index(5, (2, 3))]
        [1, 2]
    """
    rest, made = as_node(indices), []
    if not is_integer(rest.dtype):
        raise GraphTypeError(f"unravel_index takes integers, not {describe(rest)}{here()}")
    rest = cast(rest, "int64")
    for size in reversed(sizes_of_shape(shape)):
        made.append(rest % size)
        rest = rest // size
    return tuple(reversed(made))


@public
def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise") -> Node:
    """The numbers in C order of elements of given coordinates.

    Args:
        multi_index: a tensor of integers for every axis.
        dims: the sizes of the tensor they lie in.
        mode: "clip" or "wrap" for coordinates outside; "raise" leaves them as they are.

    Returns:
        An int64 tensor.

    Raises:
        ArgumentError: if there are not as many coordinates as sizes, or for another mode.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.ravel_multi_index((1, 2), (2, 3)).eval())
        5
    """
    places, sizes = tensors(multi_index), sizes_of_shape(dims)
    if len(places) != len(sizes):
        raise ArgumentError(f"ravel_multi_index: {len(places)} coordinates for {len(sizes)} sizes{here()}")
    if mode not in ("raise", "clip", "wrap"):
        raise ArgumentError(f"ravel_multi_index: mode is 'raise', 'clip' or 'wrap', not {shown(mode)}{here()}")
    made = as_node(np.int64(0))
    for place, size in zip(places, sizes, strict=True):
        inside = clip(place, 0, size - 1) if mode == "clip" else mod(place, size) if mode == "wrap" else place
        made = made * size + cast(inside, "int64")
    return made


__all__ = ["delete", "insert", "ravel_multi_index", "unravel_index"]

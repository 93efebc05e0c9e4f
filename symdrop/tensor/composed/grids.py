"""Grids of coordinates, and shapes that meet.

Read next: running.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node
from ...types import broadcast_shapes as shapes_together
from ..arguments import dtype_or_default, sizes_of_shape
from ..axes import dimshuffle
from ..creation import numbers, zeros
from ..elementwise import cast
from ..indexing import nonzero
from ..joining import stack
from ..shaping import stretch_to


@public
def empty(shape: Any, dtype: Any = None) -> Node:
    """A tensor of zeros, where NumPy's holds anything.

    Args:
        shape: a size or a sequence of sizes, which may be symbolic.
        dtype: by default ``config.floatX``.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.empty((2, 3)).type.shape
        (2, 3)
    """
    return zeros(shape, dtype)


@public
def empty_like(x: Any, dtype: Any = None) -> Node:
    """A tensor of zeros of x's shape.

    Args:
        x: a tensor.
        dtype: by default x's.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.empty_like(T.constant([1, 2])).eval().tolist()
        [0, 0]
    """
    node = as_node(x)
    return zeros(node.shape, node.dtype if dtype is None else dtype)


@public
def broadcast_arrays(*args: Any) -> list[Node]:
    """Tensors stretched to one shape.

    Args:
        *args: tensors; axes known to have size 1, and those that are missing on the left, are repeated.

    Returns:
        A list of views.

    Raises:
        ShapeError: if their sizes do not fit, as far as known; otherwise when running.

    Example:
        >>> import symdrop.tensor as T
        >>> [x.type.shape for x in T.broadcast_arrays(T.row(shape=(1, 2)), T.col(shape=(3, 1)))]
        [(3, 2), (3, 2)]
    """
    nodes = [as_node(one) for one in args]
    if not nodes:
        return []
    sizes = _common_sizes(nodes)
    return [stretch_to(node, sizes) for node in nodes]


def _common_sizes(nodes: Sequence[Node]) -> list[Size]:
    """The sizes of the shape to which nodes stretch."""
    shape = shapes_together([node.type.shape for node in nodes])
    sizes: list[Size] = []
    for axis, size in enumerate(shape):
        own = [(node, axis - len(shape) + node.ndim) for node in nodes]
        there = [node.shape[at] for node, at in own if at >= 0 and node.type.shape[at] != 1]
        sizes.append(size if size is not None else there[0])
    return sizes


@public
def broadcast_shapes(*shapes: Any) -> tuple[Size, ...]:
    """The shape in which shapes meet.

    Args:
        *shapes: sizes, or sequences of sizes, which may be symbolic.

    Returns:
        A size for every axis.

    Raises:
        ShapeError: if two sizes are known to differ and neither is 1.

    Example:
        >>> import symdrop.tensor as T
        >>> T.broadcast_shapes((3, 1), (2,))
        (3, 2)
    """
    given = [sizes_of_shape(shape) for shape in shapes]
    known = shapes_together([tuple(size if isinstance(size, int) else None for size in shape) for shape in given])
    made: list[Size] = []
    for axis, size in enumerate(known, -len(known)):
        symbolic = [shape[axis] for shape in given if len(shape) >= -axis and isinstance(shape[axis], Node)]
        made.append(symbolic[0] if size is None else size)
    return tuple(made)


@public
def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> list[Node]:
    """Coordinates of the points of a grid, from those along every axis.

    Args:
        *xi: vectors, or scalars.
        indexing: "ij" for axes in the order of the vectors, "xy" for the first two exchanged, as in a picture.
        sparse: True leaves axes of size 1 where coordinates do not change.
        copy: has no meaning here; values are never shared by place.

    Returns:
        As many tensors as vectors.

    Raises:
        ArgumentError: for another indexing.
        GraphTypeError: if one has more than one axis.

    Example:
        >>> import symdrop.tensor as T
        >>> [x.eval().tolist() for x in T.meshgrid(T.constant([1, 2]), T.constant([3]))]
        [[[1, 2]], [[3, 3]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"meshgrid: indexing is 'xy' or 'ij', not {shown(indexing)}{here()}")
    nodes = [as_node(x) for x in xi]
    for node in nodes:
        if node.ndim > 1:
            raise GraphTypeError(f"meshgrid takes vectors, not {describe(node)}{here()}")
    places = list(range(len(nodes)))
    if indexing == "xy" and len(nodes) > 1:
        places[:2] = [1, 0]
    open_ones = [
        dimshuffle(node, [0 if node.ndim and i == place else "x" for i in range(len(nodes))])
        for place, node in zip(places, nodes, strict=True)
    ]
    return open_ones if sparse else broadcast_arrays(*open_ones)


@public
def ix_(*args: Any) -> tuple[Node, ...]:
    """Indices of a part that is made of whole rows, columns, ...: ``x[T.ix_(rows, columns)]``.

    Args:
        *args: vectors of integers, or of truth values, of which those positions are meant that are true.

    Returns:
        As many tensors, each with its numbers along an axis of its own.

    Raises:
        GraphTypeError: if one is not a vector of integers or truth values.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.ix_([0, 1], [2])]
        [[[0], [1]], [[2]]]
    """
    nodes = [as_node(one) for one in args]
    for node in nodes:
        if node.ndim != 1 or node.dtype[0] not in "biu":
            raise GraphTypeError(f"ix_ takes vectors of integers or truth values, not {describe(node)}{here()}")
    chosen = [nonzero(node)[0] if node.dtype == "bool" else node for node in nodes]
    return tuple(
        dimshuffle(node, [0 if i == place else "x" for i in range(len(chosen))]) for place, node in enumerate(chosen)
    )


@public
def indices(dimensions: Any, dtype: Any = "int64", sparse: bool = False) -> Any:
    """The coordinates of every element of a tensor.

    Args:
        dimensions: the tensor's sizes, which may be symbolic.
        dtype: of the coordinates.
        sparse: True gives a tuple of tensors with axes of size 1 where coordinates do not change.

    Returns:
        A tensor of one axis more, or a tuple.

    Example:
        >>> import symdrop.tensor as T
        >>> T.indices((2, 2)).eval().tolist()
        [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    sizes = sizes_of_shape(dimensions)
    name = dtype_or_default(dtype)
    ranges = [cast(numbers(size), name) for size in sizes]
    grid = meshgrid(*ranges, indexing="ij", sparse=sparse)
    if sparse:
        return tuple(grid)
    return stack(grid) if grid else zeros((0,), name)


__all__ = [
    "broadcast_arrays", "broadcast_shapes", "empty", "empty_like", "indices", "ix_", "meshgrid",
]  # fmt: skip

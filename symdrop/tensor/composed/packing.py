"""Tensors of several shapes in one, and apart again; new axes in front; parts that stretch while they are joined.

Read next: rearranging.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node
from ..arguments import one_axis
from ..axes import shape_padleft, shape_padright
from ..joining import concatenate, split
from ..shaping import broadcast_to, reshape


def _kept(keep_axes: Any) -> tuple[int, int]:
    """How many axes are kept in front and at the end."""
    several = isinstance(keep_axes, tuple | list)
    axes = () if keep_axes is None else tuple(keep_axes) if several else (keep_axes,)
    are_numbers = all(isinstance(axis, int) and not isinstance(axis, bool) for axis in axes)
    if not are_numbers or (keep_axes is not None and not axes):
        raise ArgumentError(f"keep_axes is an axis, several of them, or None, not {shown(keep_axes)}{here()}")
    front = sum(axis >= 0 for axis in axes)
    if axes != (*range(front), *range(front - len(axes), 0)):
        raise ArgumentError(
            f"kept axes are the first ones, 0, 1, ..., and then the last ones, ..., -2, -1; got {shown(keep_axes)}"
            f"{here()}"
        )
    return front, len(axes) - front


@public
def pack(*tensors: Any, keep_axes: Any = None) -> tuple[Node, list[tuple[Size, ...]]]:
    """Tensors of several shapes side by side in one: all axes but some become one, along which they are joined.

    Args:
        tensors: at least one; the axes that are kept have equal sizes.
        keep_axes: the axes that are kept: the first ones, the last ones, or both, such as ``0``, ``(-2, -1)`` or
            ``(0, -1)``; None keeps none.

    Returns:
        The joined tensor, and of each of the tensors the sizes of the axes that became one, as ``unpack`` takes them.

    Raises:
        ArgumentError: for other axes, or no tensors.
        GraphTypeError: if a tensor has fewer axes than are kept.

    Example:
        >>> import symdrop.tensor as T
        >>> packed, shapes = T.pack(T.constant([[1, 2], [3, 4]]), T.constant([5, 6]))
        >>> packed.eval().tolist(), shapes
        ([1, 2, 3, 4, 5, 6], [(2, 2), (2,)])
    """
    front, back = _kept(keep_axes)
    if not tensors:
        raise ArgumentError(f"pack takes at least one tensor{here()}")
    parts, shapes = [], []
    for one in map(as_node, tensors):
        if one.ndim < front + back:
            raise GraphTypeError(f"pack keeps {front + back} axes, and there are fewer in {describe(one)}{here()}")
        sizes = one.shape
        end = one.ndim - back
        shapes.append(sizes[front:end])
        parts.append(reshape(one, (*sizes[:front], _product(sizes[front:end]), *sizes[end:])))
    return concatenate(parts, front), shapes


@public
def unpack(packed: Any, packed_shapes: Any, keep_axes: Any = None) -> list[Node]:
    """The tensors that ``pack`` joined.

    Args:
        packed: the joined tensor.
        packed_shapes: of each of the tensors the sizes of the axes that became one, as ``pack`` gives them.
        keep_axes: as given to ``pack``.

    Returns:
        A list of tensors.

    Raises:
        ArgumentError: for axes that ``pack`` does not take, or no shapes.
        GraphTypeError: if the packed tensor does not have one axis more than are kept.
        ShapeError: if it does not have as many elements; when running, where they are not known.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.unpack(T.arange(6), [(2, 2), (2,)])]
        [[[0, 1], [2, 3]], [4, 5]]
    """
    front, back = _kept(keep_axes)
    node = as_node(packed)
    if node.ndim != front + back + 1:
        raise GraphTypeError(f"unpack takes a tensor of {front + back + 1} axes, not {describe(node)}{here()}")
    if not isinstance(packed_shapes, Sequence) or not packed_shapes:
        raise ArgumentError(f"unpack takes the shapes that pack gave, not {shown(packed_shapes)}{here()}")
    shapes = [tuple(shape) if isinstance(shape, Sequence) else (shape,) for shape in packed_shapes]
    parts = split(node, [_product(shape) for shape in shapes], len(shapes), axis=front)
    sizes = node.shape
    return [
        reshape(part, (*sizes[:front], *shape, *sizes[front + 1 :])) for part, shape in zip(parts, shapes, strict=True)
    ]


def _product(sizes: Sequence[Size]) -> Size:
    made: Size = 1
    for size in sizes:
        made = made * size
    return made


@public
def atleast_Nd(*arys: Any, n: int = 1, left: bool = True) -> Any:
    """Tensors with new axes of size 1, so that they have ``n`` axes at least.

    Args:
        arys: tensors.
        n: how many axes.
        left: whether new axes come in front of the others, or behind them.

    Returns:
        A tensor, or a list of several.

    Raises:
        ArgumentError: if n is no number of axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.atleast_Nd(T.vector(), n=3).ndim
        3
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise ArgumentError(f"n is a number of axes, not {shown(n)}{here()}")
    pad = shape_padleft if left else shape_padright
    made = [pad(one, n - one.ndim) if one.ndim < n else one for one in map(as_node, arys)]
    return made[0] if len(made) == 1 else made


@public
def concat_with_broadcast(tensor_list: Any, axis: int = 0) -> Node:
    """Tensors joined along an axis, whose other axes stretch where they are known to have size 1.

    Args:
        tensor_list: tensors of equally many axes.
        axis: the axis along which they are joined.

    Returns:
        A tensor.

    Raises:
        ArgumentError: for no tensors.
        GraphTypeError: if they have different numbers of axes.
        IndexingError: if there is no such axis.
        ShapeError: if other sizes do not fit; when running, where they are not known.

    Example:
        >>> import symdrop.tensor as T
        >>> T.concat_with_broadcast([T.constant([[1, 2]]), T.constant([[3], [4]])], axis=1).eval().tolist()
        [[1, 2, 3], [1, 2, 4]]
    """
    parts = [as_node(one) for one in tensor_list]
    if not parts:
        raise ArgumentError(f"concat_with_broadcast takes at least one tensor{here()}")
    if len({one.ndim for one in parts}) > 1:
        raise GraphTypeError(
            f"concat_with_broadcast takes tensors of equally many axes, not {', '.join(map(describe, parts))}{here()}"
        )
    place = one_axis(axis, parts[0].ndim)
    stretched = [next((one.shape[k] for one in parts if one.type.shape[k] != 1), 1) for k in range(parts[0].ndim)]
    made = []
    for one in parts:
        wanted = tuple(one.shape[k] if k == place or one.type.shape[k] != 1 else stretched[k] for k in range(one.ndim))
        stays = all(one.type.shape[k] != 1 or wanted[k] == 1 or k == place for k in range(one.ndim))
        made.append(one if stays else broadcast_to(one, wanted))
    return concatenate(made, place)


__all__ = ["atleast_Nd", "concat_with_broadcast", "pack", "unpack"]

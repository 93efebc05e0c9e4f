"""Tensors repeated into a shape, taken apart along an axis, and bits packed into bytes.

Read next: interpolation.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ...ops.logic import right_shift
from ...types import is_float
from ..arguments import one_axis, product, python_integer, sizes_of_shape
from ..axes import moveaxis, swapaxes
from ..creation import arange, numbers
from ..elementwise import cast, mod, neq
from ..reductions import sum as sum_over
from .padding import pad


@public
def resize(a: Any, new_shape: Any) -> Node:
    """The elements of a tensor, repeated in order until another shape is full.

    Args:
        a: a tensor.
        new_shape: the sizes, known or symbolic.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if a is known to have no elements.

    Example:
        >>> import symdrop.tensor as T
        >>> T.resize(T.constant([1, 2]), (2, 3)).eval().tolist()
        [[1, 2, 1], [2, 1, 2]]
    """
    node, sizes = as_node(a), sizes_of_shape(new_shape)
    if 0 in node.type.shape:
        raise ShapeError(f"resize: {describe(node)} has no elements to repeat{here()}")
    flat = node.flatten()
    return flat[mod(numbers(product(sizes)), flat.shape[0])].reshape(sizes)


@public
def unstack(x: Any, axis: int = 0) -> tuple[Node, ...]:
    """The parts of a tensor along an axis, without it.

    Args:
        x: a tensor.
        axis: an axis of known size.

    Returns:
        A tuple of tensors with an axis less.

    Raises:
        ShapeError: if the size of the axis is not known.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.unstack(T.constant([[1, 2], [3, 4]]), axis=1)]
        [[1, 3], [2, 4]]
    """
    node = as_node(x)
    along = one_axis(axis, node.ndim)
    size = node.type.shape[along]
    if size is None:
        raise ShapeError(f"unstack: axis {axis} of {describe(node)} is of unknown size; declare it with shape={here()}")
    moved = moveaxis(node, along, 0)
    return tuple(moved[i] for i in range(size))


@public
def rollaxis(a: Any, axis: int, start: int = 0) -> Node:
    """A tensor with an axis moved before another one.

    Args:
        a: a tensor.
        axis: which axis.
        start: the axis before which it will stand; the number of axes for the end.

    Returns:
        A tensor.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.rollaxis(T.tensor("float32", (2, 3, 4)), 2).type.shape
        (4, 2, 3)
    """
    node = as_node(a)
    along, before = one_axis(axis, node.ndim), python_integer(start, "rollaxis: start")
    if not -node.ndim <= before <= node.ndim:
        raise IndexingError(f"rollaxis: start lies between -{node.ndim} and {node.ndim}, not at {before}{here()}")
    before += node.ndim if before < 0 else 0
    return moveaxis(node, along, before - (along < before))


@public
def matrix_transpose(x: Any) -> Node:
    """The transposes of a stack of matrices: the last two axes exchanged.

    Args:
        x: a tensor of at least two axes.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if it has fewer axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.matrix_transpose(T.tensor("float32", (5, 2, 3))).type.shape
        (5, 3, 2)
    """
    node = as_node(x)
    if node.ndim < 2:
        raise GraphTypeError(f"matrix_transpose takes at least 2 axes, not {describe(node)}{here()}")
    return swapaxes(node, -1, -2)


@public
def packbits(a: Any, axis: int | None = None, bitorder: str = "big") -> Node:
    """Truth values packed into bytes, eight to each, zeros filling the last.

    Args:
        a: a tensor of truth values or integers, which count as true unless they are 0.
        axis: the axis along which to pack; by default the flattened tensor.
        bitorder: "big" if the first is the highest bit, or "little".

    Returns:
        A uint8 tensor.

    Raises:
        GraphTypeError: for floats.
        ArgumentError: for another order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.packbits(T.constant([1, 0, 1])).eval().tolist()
        [160]
    """
    node = as_node(a)
    if is_float(node.dtype):
        raise GraphTypeError(f"packbits takes truth values or integers, not {describe(node)}{here()}")
    node, along = (node.flatten(), 0) if axis is None else (node, one_axis(axis, node.ndim))
    last = moveaxis(node, along, -1)
    filled = pad(cast(neq(last, 0), "uint8"), [(0, 0)] * (last.ndim - 1) + [(0, mod(-as_node(last.shape[-1]), 8))])
    bytes_of = filled.reshape((*filled.shape[:-1], filled.shape[-1] // 8, 8))
    packed = sum_over(bytes_of * cast(2 ** _shifts("packbits", bitorder), "uint8"), axis=-1)
    return moveaxis(cast(packed, "uint8"), -1, along)


@public
def unpackbits(a: Any, axis: int | None = None, bitorder: str = "big") -> Node:
    """The bits of bytes, eight of each.

    Args:
        a: a uint8 tensor.
        axis: the axis along which to unpack; by default the flattened tensor.
        bitorder: "big" if the highest bit comes first, or "little".

    Returns:
        A uint8 tensor of zeros and ones.

    Raises:
        GraphTypeError: for another dtype.
        ArgumentError: for another order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.unpackbits(T.constant([160], "uint8")).eval().tolist()
        [1, 0, 1, 0, 0, 0, 0, 0]
    """
    node = as_node(a)
    if node.dtype != "uint8":
        raise GraphTypeError(f"unpackbits takes uint8, not {describe(node)}{here()}")
    node, along = (node.flatten(), 0) if axis is None else (node, one_axis(axis, node.ndim))
    last = moveaxis(node, along, -1)
    bits = right_shift(last[..., None], cast(_shifts("unpackbits", bitorder), "uint8")) & cast(1, "uint8")
    return moveaxis(bits.reshape((*last.shape[:-1], last.shape[-1] * 8)), -1, along)


def _shifts(name: str, bitorder: str) -> Node:
    if bitorder not in ("big", "little"):
        raise ArgumentError(f"{name}: bitorder is 'big' or 'little', not {shown(bitorder)}{here()}")
    return arange(8) if bitorder == "little" else 7 - arange(8)


__all__ = ["matrix_transpose", "packbits", "resize", "rollaxis", "unpackbits", "unstack"]

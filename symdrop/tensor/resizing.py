"""Resizing images and the like: to other sizes, by the nearest element or between neighbours.

Read next: training.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import ArgumentError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node, convert
from ..ops.arithmetic import maximum, minimum
from ..ops.creation import arange
from ..types import float_dtype
from .arguments import sizes_of_shape
from .convolution import channels_back, channels_first
from .shaping import shape


@public
def resize(x: Any, size: Any, mode: str = "nearest", layout: str = "channels_first") -> Node:
    """A batch at other sizes.

    Element j of an axis stands at ``(j + 1/2) / size`` of its length, in x and in the value.

    Args:
        x: of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last"; of any dtype.
        size: the new sizes, integers or integer scalar nodes, one for every axis; or one for all.
        mode: "nearest" takes the nearest element, the later one of two; "linear" lies on the line between the two
            neighbours along every axis, and is constant before the first and behind the last.
        layout: "channels_first" or "channels_last".

    Returns:
        Of shape (batch, channels, *size), or (batch, *size, channels); "linear" of integers is a float.

    Raises:
        ShapeError: if x has other axes, or there are not as many sizes.
        ArgumentError: for another mode or layout.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[[0.0, 1.0]]])
        >>> T.nnet.resize(x, 4).eval().tolist(), T.nnet.resize(x, 4, "linear").eval().tolist()
        ([[[0.0, 0.0, 1.0, 1.0]]], [[[0.0, 0.25, 0.75, 1.0]]])
    """
    node = channels_first(as_node(x), layout)
    if node.ndim not in (3, 4, 5):
        raise ShapeError(f"resize of {describe(node)}: expected 3, 4 or 5 axes, (batch, channels, *sizes){here()}")
    rule = {"nearest": _nearest, "linear": _linear}.get(mode)
    if rule is None:
        raise ArgumentError(f"mode={shown(mode)}: expected nearest or linear{here()}")
    wanted = sizes_of_shape(size)
    sizes = wanted * (node.ndim - 2) if len(wanted) == 1 else wanted
    if len(sizes) != node.ndim - 2:
        raise ShapeError(f"{len(sizes)} sizes for {describe(node)}: expected {node.ndim - 2}{here()}")
    for axis, wanted_size in enumerate(sizes, start=2):
        node = rule(node, axis, shape(node)[axis], wanted_size)
    return channels_back(node, layout)


def _numbers(size: Any) -> Any:
    return arange(0, size, 1, dtype="int64")


def _taken(x: Node, axis: int, index: Node) -> Node:
    made: Node = x[(*(slice(None),) * axis, index)]
    return made


def _nearest(x: Node, axis: int, own: Any, size: Any) -> Node:
    # In whole numbers, so that nothing is rounded.
    return _taken(x, axis, (2 * _numbers(size) + 1) * own // (2 * as_node(size)))


def _linear(x: Node, axis: int, own: Any, size: Any) -> Node:
    dtype = float_dtype(x.dtype)
    # Twice the size times the place of an element in x, counted from its first.
    places = maximum((2 * _numbers(size) + 1) * own - size, 0)
    first = minimum(places // (2 * as_node(size)), as_node(own) - 1)
    part = convert(places - first * (2 * as_node(size)), dtype) / convert(2 * as_node(size), dtype)
    after = minimum(first + 1, as_node(own) - 1)
    along = tuple(0 if k == axis else "x" for k in range(x.ndim))
    before = _taken(x, axis, first)
    return before + (_taken(x, axis, after) - before) * part.dimshuffle(*along)

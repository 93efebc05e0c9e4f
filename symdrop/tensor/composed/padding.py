"""Padding of tensors at the ends of their axes.

Read next: packing.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import Size, as_node, members
from ...types import is_float, is_integer
from ..arguments import one_size
from ..axes import expand_dims
from ..creation import arange
from ..elementwise import abs_, cast, clip, floor, maximum, mod, round_
from ..extrema import max as max_over
from ..extrema import min as min_over
from ..joining import concatenate
from ..reductions import mean
from ..shaping import broadcast_to
from .statistics import median

_Pair = tuple[Any, Any]


@public
def pad(x: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Node:
    """x with elements added before and behind it along every axis.

    Args:
        x: a tensor.
        pad_width: how many: a number for all, a pair for all axes, or a pair for each; sizes may be symbolic.
        mode: what is added. "constant": ``constant_values``, 0 by default; "edge": the nearest element; "reflect": the
            elements mirrored at the outermost one; "symmetric": mirrored beyond it; "wrap": those of the other end;
            "maximum", "minimum", "mean", "median": of the line, or of ``stat_length`` elements of it at that end;
            "linear_ramp": from the outermost element to ``end_values``, 0 by default; "empty": 0.
        **kwargs: the numbers of a mode: one for all, a pair, or a pair for each axis.

    Returns:
        A tensor of x's dtype. Gradients go to the elements that were copied.

    Raises:
        ArgumentError: for another mode, or a number that the mode does not have.
        GraphTypeError: if widths are not integers, or do not fit the axes.
        ShapeError: if a width is known to be negative.

    Example:
        >>> import symdrop.tensor as T
        >>> T.pad(T.constant([1, 2, 3]), (1, 2), mode="reflect").eval().tolist()
        [2, 1, 2, 3, 2, 1]
    """
    node = as_node(x)
    if mode not in _MODES:
        raise ArgumentError(f"pad: mode is one of {', '.join(_MODES)}, not {shown(mode)}{here()}")
    option, fill = _MODES[mode]
    for word in kwargs:
        if word != option:
            raise ArgumentError(f"pad: mode {mode!r} takes {option or 'no numbers'}, not {shown(word)}{here()}")
    widths = [tuple(map(one_size, pair)) for pair in _pairs("pad_width", pad_width, node.ndim)]
    given = _pairs(option or "", kwargs.get(option or "", None if option == "stat_length" else 0), node.ndim)
    for axis, (before, behind) in enumerate(widths):
        if (before, behind) != (0, 0):
            node = fill(node, axis, (before, behind), given[axis])
    return node


def _pairs(what: str, given: Any, ndim: int) -> list[_Pair]:
    """A pair for every axis."""
    if not isinstance(given, Sequence | np.ndarray) or (isinstance(given, np.ndarray) and not given.ndim):
        return [(given, given)] * ndim
    rows = [_row(row) for row in members(given, "widths")]
    if not any(isinstance(row, tuple) for row in rows):
        pair = rows * 2 if len(rows) == 1 else rows
        if len(pair) == 2:
            return [(pair[0], pair[1])] * ndim
    else:
        pairs = [row * 2 if isinstance(row, tuple) and len(row) == 1 else row for row in rows]
        pairs = pairs * ndim if len(pairs) == 1 else pairs
        if len(pairs) == ndim and all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            return pairs
    raise GraphTypeError(
        f"pad: {what} is a number, a pair, or a pair for each of {ndim} axes, not {shown(given)}{here()}"
    )


def _row(given: Any) -> Any:
    return tuple(members(given, "widths")) if isinstance(given, Sequence | np.ndarray) else given


def _line(node: Node, axis: int, part: slice | int | Node) -> Node:
    return node[(*(slice(None),) * axis, part)]


def _repeated(value: Any, node: Node, axis: int, width: Size) -> Node:
    """A value, of size 1 along the axis, as often as it is added."""
    return broadcast_to(cast(as_node(value), node.dtype), (*node.shape[:axis], width, *node.shape[axis + 1 :]))


def _constant(node: Node, axis: int, widths: _Pair, values: _Pair) -> Node:
    before, behind = (_repeated(value, node, axis, width) for value, width in zip(values, widths, strict=True))
    return concatenate([before, node, behind], axis)


def _gathered(place: Callable[[Node, Node], Node]) -> Callable[..., Node]:
    """The mode that copies elements: from which place, by the place counted from the first element, and the size."""

    def fill(node: Node, axis: int, widths: _Pair, _: _Pair) -> Node:
        size = as_node(node.shape[axis])
        places = arange(size + widths[0] + widths[1]) - widths[0]
        return _line(node, axis, place(places, size))

    return fill


def _edge(places: Node, size: Node) -> Node:
    return clip(places, 0, size - 1)


def _reflect(places: Node, size: Node) -> Node:
    period = maximum(2 * (size - 1), 1)
    return (size - 1) - abs_((size - 1) - mod(places, period))


def _symmetric(places: Node, size: Node) -> Node:
    there = mod(places, 2 * size)
    return (2 * size - 1 - abs_(2 * there - (2 * size - 1))) // 2


def _wrap(places: Node, size: Node) -> Node:
    return mod(places, size)


def _statistic(of: Callable[..., Node]) -> Callable[..., Node]:
    """The mode that adds what a reduction makes of the elements at that end."""

    def fill(node: Node, axis: int, widths: _Pair, lengths: _Pair) -> Node:
        first, last = lengths
        begin = _line(node, axis, slice(None, first))
        end = node if last is None else _line(node, axis, slice(maximum(as_node(node.shape[axis]) - last, 0), None))
        made = [of(part, axis=axis, keepdims=True) for part in (begin, end)]
        if is_integer(node.dtype):
            made = [round_(one) for one in made]
        made = [cast(one, node.dtype) for one in made]
        return _constant(node, axis, widths, (made[0], made[1]))

    return fill


def _ramp(node: Node, axis: int, widths: _Pair, ends: _Pair) -> Node:
    """Numbers on a line from what is given to the outermost element."""
    sides = []
    for side, (width, end) in enumerate(zip(widths, ends, strict=True)):
        steps = arange(width).dimshuffle(*["x"] * axis, 0, *["x"] * (node.ndim - axis - 1))
        edge = expand_dims(_line(node, axis, -1 if side else 0), axis)
        # Differences of unsigned numbers, and of truth values, are no steps.
        edge = edge if is_float(node.dtype) else cast(edge, "float64")
        share = (steps + 1 if side else width - steps) / maximum(as_node(width), 1)
        made = edge + (as_node(end) - edge) * cast(share, edge.dtype)
        # NumPy rounds the integers of a ramp down.
        sides.append(cast(floor(made) if is_integer(node.dtype) else made, node.dtype))
    return concatenate([sides[0], node, sides[1]], axis)


# By mode: the word of the numbers that it takes, and how an axis is filled.
_MODES: Mapping[str, tuple[str | None, Callable[..., Node]]] = {
    "constant": ("constant_values", _constant),
    "edge": (None, _gathered(_edge)),
    "reflect": (None, _gathered(_reflect)),
    "symmetric": (None, _gathered(_symmetric)),
    "wrap": (None, _gathered(_wrap)),
    "maximum": ("stat_length", _statistic(max_over)),
    "minimum": ("stat_length", _statistic(min_over)),
    "mean": ("stat_length", _statistic(mean)),
    "median": ("stat_length", _statistic(median)),
    "linear_ramp": ("end_values", _ramp),
    "empty": (None, _constant),
}

__all__ = ["pad"]

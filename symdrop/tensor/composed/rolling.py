"""Elements moved along axes: rolled, turned and mirrored; and differences of neighbours.

Read next: grids.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here
from ...graph import Node, describe
from ...op import as_node
from ...ops.arithmetic import maximum, mod
from ..arguments import one_axis, one_size, python_integer, several_axes
from ..axes import expand_dims, swapaxes
from ..elementwise import neq, round_, where
from ..joining import concatenate, flip
from ..reductions import sum as sum_over
from ..shaping import broadcast_to
from ..sorting import cumsum


@public
def roll(x: Any, shift: Any, axis: Any = None) -> Node:
    """x with its elements moved along axes; what leaves at one end comes in at the other.

    Args:
        x: a tensor of any dtype.
        shift: by how many places: an integer or an integer scalar, or a tuple of them, one for each axis.
        axis: the axis or axes; by default the flattened tensor is rolled and has its shape again.

    Returns:
        A tensor of x's shape.

    Raises:
        GraphTypeError: if a shift is not an integer, or there are not as many as axes.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.roll(T.constant([1, 2, 3]), 1).eval().tolist()
        [3, 1, 2]
    """
    node = as_node(x)
    if axis is None:
        return roll(node.flatten(), shift, 0).reshape(node.shape)
    axes = several_axes(axis, node.ndim)
    shifts = tuple(shift) if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(axes) == 1 and len(shifts) > 1:
        axes *= len(shifts)
    if len(shifts) != len(axes):
        raise GraphTypeError(f"roll: {len(shifts)} shifts for {len(axes)} axes{here()}")
    for along, by in zip(axes, shifts, strict=True):
        node = _rolled(node, one_size(by, least=-(2**62)), along)
    return node


def _rolled(node: Node, by: Any, axis: int) -> Node:
    size = node.shape[axis]
    if isinstance(size, int) and isinstance(by, int):
        start: Any = -by % size if size else 0
        if start == 0:
            return node
    else:
        start = mod(-as_node(by), maximum(as_node(size), 1))
    before = (slice(None),) * axis
    return concatenate([node[(*before, slice(start, None))], node[(*before, slice(None, start))]], axis)


@public
def rot90(x: Any, k: int = 1, axes: Any = (0, 1)) -> Node:
    """x turned by right angles, from the first of two axes towards the second.

    Args:
        x: a tensor of at least two axes.
        k: by how many right angles, a Python integer; negative ones turn back.
        axes: two axes.

    Returns:
        A view.

    Raises:
        GraphTypeError: if ``axes`` are not two different axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.rot90(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[2, 4], [1, 3]]
    """
    node = as_node(x)
    plane = several_axes(axes, node.ndim)
    if len(plane) != 2:
        raise GraphTypeError(f"rot90 turns in the plane of two axes, not of {len(plane)}{here()}")
    first, second = plane
    turns = python_integer(k, "a number of right angles") % 4
    if turns == 2:
        return flip(node, plane)
    if turns == 1:
        return swapaxes(flip(node, second), first, second)
    return flip(swapaxes(node, first, second), second) if turns else node


@public
def flipud(x: Any) -> Node:
    """x in reverse order along its first axis.

    Args:
        x: a tensor of at least one axis.

    Returns:
        A view.

    Raises:
        IndexingError: if x is a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> T.flipud(T.constant([1, 2])).eval().tolist()
        [2, 1]
    """
    return flip(x, 0)


@public
def fliplr(x: Any) -> Node:
    """x in reverse order along its second axis.

    Args:
        x: a tensor of at least two axes.

    Returns:
        A view.

    Raises:
        IndexingError: if x has fewer axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fliplr(T.constant([[1, 2]])).eval().tolist()
        [[2, 1]]
    """
    return flip(x, 1)


@public
def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Node:
    """Differences of neighbours along an axis, n times over; of truth values, where they differ.

    Args:
        x: a tensor of at least one axis.
        n: how often, a Python integer.
        axis: along which.
        prepend: values before x along the axis, or a scalar.
        append: values behind it, likewise.

    Returns:
        A tensor with n elements fewer along the axis (not fewer than none).

    Raises:
        ArgumentError: if n is negative.
        IndexingError: if x is a scalar, or there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diff(T.constant([1, 2, 4, 7])).eval().tolist()
        [1, 2, 3]
    """
    node = as_node(x)
    times = python_integer(n, "a number of differences")
    if times < 0:
        raise ArgumentError(f"diff: a number of differences is at least 0, not {times}{here()}")
    along = one_axis(axis, node.ndim)
    given = [one for one in (prepend, node, append) if one is not None]
    node = concatenate([_edge(one, node, along) for one in given], along) if len(given) > 1 else node
    before = (slice(None),) * along
    for _ in range(times):
        later, earlier = node[(*before, slice(1, None))], node[(*before, slice(None, -1))]
        node = neq(later, earlier) if node.dtype == "bool" else later - earlier
    return node


def _edge(given: Any, x: Node, axis: int) -> Node:
    node = as_node(given)
    return broadcast_to(node, (*x.shape[:axis], 1, *x.shape[axis + 1 :])) if node.ndim == 0 and x.ndim else node


@public
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    """Integral along an axis by the trapezoidal rule.

    Args:
        y: values, a tensor of at least one axis.
        x: where they are taken: a vector, or a tensor of y's number of axes; by default ``dx`` apart.
        dx: their distance, where x is not given.
        axis: along which to integrate.

    Returns:
        A tensor with one axis less.

    Raises:
        ShapeError: if x does not fit y.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.trapezoid(T.constant([1.0, 2.0, 3.0])).eval())
        4.0
    """
    node = as_node(y)
    along = one_axis(axis, node.ndim)
    step = as_node(dx) if x is None else _steps(as_node(x), node, along)
    before = (slice(None),) * along
    means = (node[(*before, slice(1, None))] + node[(*before, slice(None, -1))]) / 2.0
    return sum_over(step * means, along)


def _steps(x: Node, y: Node, axis: int) -> Node:
    """The distances of neighbours, along the axis of y."""
    if x.ndim == 1:
        return expand_dims(diff(x), tuple(range(1, y.ndim - axis)))
    if x.ndim != y.ndim:
        raise ShapeError(f"trapezoid: x is a vector or has as many axes as y, not {describe(x)}{here()}")
    return diff(x, axis=axis)


@public
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 6.283185307179586) -> Node:
    """Angles made continuous: jumps of more than half a period between neighbours are taken out.

    Args:
        p: angles, a tensor of at least one axis.
        discont: jumps up to it stay; at least half a period, which is the default.
        axis: along which.
        period: the size of a full turn.

    Returns:
        A float tensor of p's shape. Its derivative by p is that of p itself.

    Example:
        >>> import symdrop.tensor as T
        >>> T.unwrap(T.constant([0.0, 1.0, 5.0]), period=4.0).eval().tolist()
        [0.0, 1.0, 1.0]
    """
    node = as_node(p)
    along = one_axis(axis, node.ndim)
    steps = diff(node, axis=along)
    least = period / 2 if discont is None else discont
    # A step of exactly half a period keeps its direction.
    turns = -round_(steps / period)
    half = abs(steps - round_(steps / period) * period) * 2 >= period
    turns = where(half & (steps > 0) & (steps + turns * period < 0), turns + 1, turns)
    corrections = where(abs(steps) < least, 0, turns * period)
    before = (slice(None),) * along
    rest = node[(*before, slice(1, None))] + cumsum(corrections, along)
    return concatenate([node[(*before, slice(None, 1))] * 1.0, rest], along)


__all__ = ["diff", "fliplr", "flipud", "roll", "rot90", "trapezoid", "unwrap"]

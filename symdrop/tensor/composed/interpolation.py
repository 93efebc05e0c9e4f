"""Values between given ones on lines, and slopes by differences.

Read next: ../linalg/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ..arguments import as_float, several_axes
from ..axes import expand_dims
from ..elementwise import clip, eq, gt, le, lt, mod, where
from ..joining import concatenate
from ..sorting import argsort
from .counting import searchsorted


@public
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Node:
    """Linear interpolation between points.

    Args:
        x: where, a tensor.
        xp: where the points lie, an ascending vector.
        fp: their values, a vector of its length.
        left: the value below the first point; by default that of the first.
        right: the value above the last; by default that of the last.
        period: of a periodic function; then points are ordered here.

    Returns:
        A float tensor of x's shape, with gradients by x and the values.

    Raises:
        GraphTypeError: if points are not vectors.

    Example:
        >>> import symdrop.tensor as T
        >>> T.interp(T.constant([0.5, 9.0]), [0.0, 1.0], [10.0, 20.0]).eval().tolist()
        [15.0, 20.0]
    """
    at, places, values = as_float(x), as_float(xp), as_float(fp)
    if places.ndim != 1 or values.ndim != 1:
        raise GraphTypeError(f"interp takes points as vectors, not {describe(places)} and {describe(values)}{here()}")
    if period is not None:
        at, places = mod(at, period), mod(places, period)
        order = argsort(places)
        places, values = places[order], values[order]
        places = concatenate([places[-1:] - period, places, places[:1] + period], 0)
        values = concatenate([values[-1:], values, values[:1]], 0)
        left = right = None
    last = as_node(places.shape[0]) - 1
    above = clip(searchsorted(places, at, "right"), 1, last)
    x0, x1 = places[above - 1], places[above]
    y0, y1 = values[above - 1], values[above]
    # Two points at one place have no line between them.
    width = where(eq(x0, x1), 1, x1 - x0)
    made = y0 + (y1 - y0) * ((at - x0) / width)
    made = where(lt(at, places[0]), values[0] if left is None else left, made)
    made = where(eq(at, places[-1]), values[-1], made)
    return where(gt(at, places[-1]), values[-1] if right is None else right, made)


@public
def gradient(f: Any, *varargs: Any, axis: Any = None) -> Any:
    """Slopes by central differences, one-sided at the ends.

    Args:
        f: values, a tensor with at least two of them along each axis asked for.
        *varargs: the distance of neighbours for all axes, or for each: a number, or the coordinates, a vector.
        axis: the axis or axes; by default all.

    Returns:
        A float tensor of f's shape; a list of them for several axes.

    Raises:
        GraphTypeError: if there are not as many distances as axes.
        ShapeError: if an axis is known to be too short.

    Example:
        >>> import symdrop.tensor as T
        >>> T.gradient(T.constant([1.0, 2.0, 4.0])).eval().tolist()
        [1.0, 1.5, 2.0]
    """
    node = as_float(f)
    axes = range(node.ndim) if axis is None else several_axes(axis, node.ndim)
    distances = varargs or (1.0,)
    distances = distances * len(axes) if len(distances) == 1 else distances
    if len(distances) != len(axes):
        raise GraphTypeError(f"gradient: {len(varargs)} distances for {len(axes)} axes{here()}")
    made = [_slope(node, along, as_float(step)) for along, step in zip(axes, distances, strict=True)]
    return made[0] if len(made) == 1 else made


def _slope(node: Node, axis: int, step: Node) -> Node:
    size = node.type.shape[axis]
    if size is not None and size < 2:
        raise ShapeError(f"gradient: axis {axis} of {describe(node)} has not two elements{here()}")
    before = (slice(None),) * axis

    def part(first: int | None, last: int | None, of: Node = node) -> Node:
        return of[(*before, slice(first, last))]

    if step.ndim == 0:
        inner = (part(2, None) - part(None, -2)) / (2.0 * step)
        ends = (part(1, 2) - part(None, 1)) / step, (part(-1, None) - part(-2, -1)) / step
        return concatenate([ends[0], inner, ends[1]], axis)
    apart = step[1:] - step[:-1]
    below, above = (expand_dims(one, tuple(range(1, node.ndim - axis))) for one in (apart[:-1], apart[1:]))
    # The parabola through three neighbours.
    inner = (
        -above / (below * (below + above)) * part(None, -2)
        + (above - below) / (below * above) * part(1, -1)
        + below / (above * (below + above)) * part(2, None)
    )
    first = (part(1, 2) - part(None, 1)) / apart[0]
    last = (part(-1, None) - part(-2, -1)) / apart[-1]
    return concatenate([first, inner, last], axis)


@public
def interpolate1d(
    x: Any, y: Any, method: str = "linear", left_pad: Any = None, right_pad: Any = None, extrapolate: bool = True
) -> Callable[[Any], Node]:
    """Interpolation between points, as a function of where.

    Args:
        x: where the points lie, a vector in any order.
        y: their values, a vector of its length.
        method: "linear"; "nearest", the value of the nearer point; "first" or "last", that of the one before or after;
            "mean", the mean of both.
        left_pad: the value below the first point where nothing is extrapolated; by default that of the first.
        right_pad: the value above the last; by default that of the last.
        extrapolate: whether the outermost intervals go on beyond the points.

    Returns:
        A function of a tensor, which gives a float tensor of its shape.

    Raises:
        GraphTypeError: if points are not vectors.
        ArgumentError: for another method.

    Example:
        >>> import symdrop.tensor as T
        >>> T.interpolate1d([0.0, 1.0, 2.0], [10.0, 20.0, 0.0])(T.constant([0.5, 3.0])).eval().tolist()
        [15.0, -20.0]
    """
    places, values = as_float(x), as_float(y)
    if places.ndim != 1 or values.ndim != 1:
        raise GraphTypeError(
            f"interpolate1d takes points as vectors, not {describe(places)} and {describe(values)}{here()}"
        )
    if method not in _BETWEEN:
        raise ArgumentError(f"method is one of {', '.join(map(repr, _BETWEEN))}, not {shown(method)}{here()}")
    order = argsort(places)
    places, values = places[order], values[order]
    last = as_node(places.shape[0]) - 1
    low = values[0] if left_pad is None else left_pad
    high = values[-1] if right_pad is None else right_pad

    def interpolation(at: Any) -> Node:
        """The values at places."""
        where_to = as_float(at)
        number = searchsorted(places, where_to)
        above = clip(number, 1, last)
        made = _BETWEEN[method](where_to, number, (places[above - 1], places[above]), values, above)
        if extrapolate:
            return made
        return where(eq(number, 0), low, where(eq(number, last + 1), high, made))

    return interpolation


def _linear(at: Node, number: Node, ends: tuple[Node, Node], values: Node, above: Node) -> Node:
    share = (at - ends[0]) / (ends[1] - ends[0])
    made: Node = values[above - 1] + share * (values[above] - values[above - 1])
    return made


def _nearest(at: Node, number: Node, ends: tuple[Node, Node], values: Node, above: Node) -> Node:
    return where(le(at - ends[0], ends[1] - at), values[above - 1], values[above])


def _first(at: Node, number: Node, ends: tuple[Node, Node], values: Node, above: Node) -> Node:
    made: Node = values[clip(number - 1, 0, as_node(values.shape[0]) - 1)]
    return made


def _last(at: Node, number: Node, ends: tuple[Node, Node], values: Node, above: Node) -> Node:
    made: Node = values[clip(number, 0, as_node(values.shape[0]) - 1)]
    return made


def _mean(at: Node, number: Node, ends: tuple[Node, Node], values: Node, above: Node) -> Node:
    made: Node = (values[above - 1] + values[above]) / 2
    return made


_BETWEEN = {"linear": _linear, "nearest": _nearest, "first": _first, "last": _last, "mean": _mean}


__all__ = ["gradient", "interp", "interpolate1d"]

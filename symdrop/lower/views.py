"""Views: the value of a node is that of its input somewhere else.

Read next: positions.py
"""

from __future__ import annotations

from ..graph import Node
from .coordinates import Flat, Point
from .lane_maths import Unlowered
from .lanes import Lane
from .memory import without_ones
from .points import Points, rule


@rule("broadcast")
def broadcast(points: Points, node: Node, at: Point) -> Lane:
    """Along a stretched axis the input is read at 0."""
    source = node.inputs[0]
    sizes = points.memory.sizes(source)
    if isinstance(at, Flat):
        # The only element is at 0; a scalar has no place in C order.
        fills = without_ones(sizes) and without_ones(sizes) == without_ones(points.memory.sizes(node))
        return points.value(source, at if fills else (points.zero(),) * source.ndim)
    behind = at[node.ndim - source.ndim :]
    return points.value(source, tuple(points.zero() if n == 1 else c for n, c in zip(sizes, behind, strict=True)))


@rule("dimshuffle")
def dimshuffle(points: Points, node: Node, at: Point) -> Lane:
    """The coordinates change places with the axes; an axis that was dropped is read at 0."""
    source, pattern = node.inputs[0], node.params["pattern"]
    if isinstance(at, Flat):
        several = without_ones(points.memory.sizes(source))
        return points.value(source, at if several else (points.zero(),) * source.ndim)
    zero = points.zero()
    return points.value(source, tuple(at[pattern.index(k)] if k in pattern else zero for k in range(source.ndim)))


@rule("reshape")
def reshape(points: Points, node: Node, at: Point) -> Lane:
    """The element at the same place in C order."""
    source = node.inputs[0]
    if isinstance(at, Flat):
        return points.value(source, at)
    if not points.memory.holds(source):
        raise Unlowered("reshape of a value that is not in memory")
    place = points.place_of(points.memory.sizes(node), at)
    return points.load(points.memory.buffer(source), source.dtype, place)


@rule("specify_shape")
def specify_shape(points: Points, node: Node, at: Point) -> Lane:
    """The input; its sizes have been checked before."""
    return points.value(node.inputs[0], at)

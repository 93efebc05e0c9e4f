"""Positions: reading a value where integers say, all of NumPy's indexing.

A number may count from the end, and may be out of range. Then 0 is read in its place, and
the frame remembers that the call has failed; so a loop needs no way out.

Read next: sources.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Node
from ..op import Size, constant_scalar
from ..ops.indexing import Entries, place
from .coordinates import Coordinate, Flat, Point
from .lane_maths import Unlowered
from .lanes import INDEX, Lane
from .memory import without_ones
from .points import Points, rule


@rule("position", refuses=True)
def position(points: Points, node: Node, at: Point) -> Lane:
    """A number counted from the front."""
    index, size = node.inputs
    number = points.lanes.convert(points.value(index, at), INDEX)
    return _inside(points, node, index, number, points.lanes.convert(points.number(size), INDEX))


@rule("subtensor", refuses=True)
def subtensor(points: Points, node: Node, at: Point) -> Lane:
    """A part of a value, cut out by numbers and slices."""
    at = _in_order(points, node, at)
    source, *parts = node.inputs
    coordinates: list[Coordinate] = []
    results = iter(at)
    sizes = points.memory.sizes(source)
    # Whether there may be nothing along an axis of which one element is wanted.
    uncertain = False
    for entry, axis, inputs in place(node.params["entries"], parts):
        if entry == "...":
            continue
        if entry == "x":
            next(results)
        elif entry == "i":
            coordinates.append(Coordinate(_position(points, node, inputs[0], (), sizes[axis]).base))
            uncertain = uncertain or not isinstance(sizes[axis], int)
        else:
            coordinates.append(_sliced(points, next(results), entry, inputs, sizes[axis]))
    if not uncertain:
        return points.value(source, (*coordinates, *results))
    if not points.memory.holds(source):
        raise Unlowered("an element of a value that is not in memory")
    where = points.place_of(sizes, (*coordinates, *results))
    return _load_if_any(points, points.memory.buffer(source), source.dtype, where, sizes)


@rule("gather", refuses=True)
def gather(points: Points, node: Node, at: Point) -> Lane:
    """Elements chosen by arrays of numbers, which stand side by side where the first of them stood, or in front."""
    source, *parts = node.inputs
    at = _in_order(points, node, at)
    if not points.memory.holds(source):
        raise Unlowered("gather from a value that is not in memory")
    sizes = points.memory.sizes(source)
    where = points.place_of(sizes, coordinates(points, node, node.params["entries"], parts, sizes, at))
    return _load_if_any(points, points.memory.buffer(source), source.dtype, where, sizes)


@rule("item")
def item(points: Points, node: Node, at: Point) -> Lane:
    """A part of a value that was split: the value, farther along."""
    source, *lengths = node.inputs[0].inputs
    axis: int = node.inputs[0].params["axis"]
    at = _in_order(points, node, at)
    before = points.index(0)
    for length in lengths[: node.params["index"]]:
        before = points.add(before, points.lanes.convert(points.number(length), INDEX))
    moved = points.affine([(Coordinate(before), points.index(1)), (at[axis], points.index(1))])
    return points.value(source, (*at[:axis], moved, *at[axis + 1 :]))


def joint_axes(entries: Entries, parts: Sequence[Node]) -> range:
    """The axes of an indexed part that stand for index arrays, side by side where the first of them stood or in front.

    Args:
        entries: the index.
        parts: the inputs that belong to it.
    """
    placed = place(entries, parts)
    if "a" not in entries:
        return range(0)
    ndim = max(inputs[0].ndim for entry, _, inputs in placed if entry == "a")
    numbers = [n for n, (entry, _, _) in enumerate(placed) if entry in ("a", "i")]
    together = numbers == list(range(numbers[0], numbers[-1] + 1))
    before = sum(1 for entry, _, _ in placed[: numbers[0]] if entry not in ("i", "...")) if together else 0
    return range(before, before + ndim)


def coordinates(
    points: Points, node: Node, entries: Entries, parts: Sequence[Node], sizes: Sequence[Size], at: Sequence[Coordinate]
) -> tuple[Coordinate, ...]:
    """The coordinates, in the whole value, of a point of its indexed part.

    Args:
        points: computes values.
        node: notes a failure where an index is out of range.
        entries: the index.
        parts: the inputs that belong to it.
        sizes: those of the value.
        at: the point.
    """
    own = joint_axes(entries, parts)
    joint = at[own.start : own.stop]
    others = iter((*at[: own.start], *at[own.stop :]))
    found: list[Coordinate] = []
    for entry, axis, inputs in place(entries, parts):
        if entry in ("a", "i"):
            index = inputs[0]
            behind = joint[len(joint) - index.ndim :] if index.ndim else ()
            along = zip(points.memory.sizes(index), behind, strict=True)
            place_in_index = tuple(points.zero() if size == 1 else coordinate for size, coordinate in along)
            found.append(_position(points, node, index, place_in_index, sizes[axis]))
        elif entry == "x":
            next(others)
        elif entry != "...":
            found.append(_sliced(points, next(others), entry, inputs, sizes[axis]))
    return (*found, *others)


def _in_order(points: Points, node: Node, at: Point) -> tuple[Coordinate, ...]:
    """A point by its coordinates; a place in C order is one if there is only one axis, or one element."""
    if not isinstance(at, Flat):
        return at
    if not without_ones(points.memory.sizes(node)):
        return (points.zero(),) * node.ndim
    if node.ndim != 1:
        raise Unlowered("a part of a value in flat order")
    return (at.place,)


def _sliced(points: Points, at: Coordinate, entry: str, inputs: Sequence[Node], size: Size) -> Coordinate:
    """x[a::c] read at i is x read at a' + c i, a' as Python counts it."""
    given = iter(inputs)
    start, _, step = (next(given) if bound else None for bound in entry.split(":"))
    by = 1 if step is None else constant_scalar(step)
    if by is None:
        raise Unlowered("a slice of unknown step")
    maths = points.lanes.maths
    n = points.size(size)
    last = points.lanes.make("sub", n, points.index(1))
    if start is None:
        first = points.index(0) if by > 0 else last
    else:
        first = points.number(start)
        if start.dtype == "uint64":
            first = maths.minimum(first, 2**62)
        first = points.lanes.convert(first, INDEX)
        first = maths.where(first < 0, first + n, first)
        low, high = (points.index(0), n) if by > 0 else (points.index(-1), last)
        first = maths.where(first < low, low, maths.where(first > high, high, first))
    return points.affine([(Coordinate(first), points.index(1)), (at, points.index(by))])


def _position(points: Points, node: Node, index: Node, at: Point, size: Size) -> Coordinate:
    """An index counted from the front, noted as a failure if it is out of range."""
    if index.op.name == "arange" and constant_scalar(index.inputs[0]) == 0 and constant_scalar(index.inputs[2]) == 1:
        # Numbers from 0 to a size; whether that is the size of this axis was checked before.
        if points.memory.sizes(index) == (size,) and not isinstance(at, Flat):
            return at[0]
    number = points.lanes.convert(points.value(index, at), INDEX)
    if index.op.name != "position":
        number = _inside(points, node, index, number, points.size(size))
    return points.numbers(number)


def _inside(points: Points, node: Node, index: Node, number: Lane, n: Lane) -> Lane:
    """A number counted from the front, or 0 and a noted failure if it is out of range."""
    maths = points.lanes.maths
    scalar = constant_scalar(index)
    if index.dtype[0] == "i" and (scalar is None or scalar < 0):
        number = maths.where(number < 0, number + n, number)
    inside = (number >= 0) & (number < n)
    points.check(inside, node)
    safe: Lane = maths.where(inside, number, points.index(0))
    return safe


def _load_if_any(points: Points, buffer: Any, type: str, where: Coordinate, sizes: Sequence[Size]) -> Lane:
    """A ``load`` that reads nothing from a value without elements."""
    lanes = points.lanes
    count = points.elements(sizes)
    if count.op == "constant":
        return points.load(buffer, type, where)
    some = lanes.make("gt", count, points.index(0))
    if where.lanes is None and where.step == 0:
        return lanes.load(buffer, where.base, type, 1, some)
    mask = lanes.widen(some, lanes.width)
    if points.mask is not None:
        mask = lanes.make("and", points.mask, mask)
    if where.lanes is None and where.step == 1:
        return lanes.load(buffer, where.base, type, lanes.width, mask)
    return lanes.gather(buffer, points.spread(where), type, mask)

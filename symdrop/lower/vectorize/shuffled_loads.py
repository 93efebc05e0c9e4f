"""Shuffled loads: elements that lie at known distances from each other are loaded as they lie, and put in order.

Every second element, each element twice, a row from its end: a machine's gather reads element by element, while one
or two loads and a shuffle read the same memory. Nothing outside of what is asked for is touched: the last load ends
with the last element, and under a mask nothing before the first or behind the last element that it asks for.

Read next: indexing_maps.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..ir.vector_ir import Value
from .lane_masks import LaneMasks, LaneRange

# Loads of a shuffled load at most.
MOST_LOADS = 4

# Of every lane the load that it takes its element from, and which of that.
_Places = Sequence[tuple[int, int]]


def shuffled_load(
    emitter: LaneMasks, buffer: Any, type: str, base: Value, distances: tuple[int, ...], mask: Value | None
) -> Value | None:
    """The elements at known distances from a base, None where a gather is better; outside of a mask they are any.

    Args:
        emitter: makes the operations.
        buffer, type: the memory, and its elements' dtype.
        base: an index.
        distances: of every lane.
        mask: which lanes may be read.
    """
    least, lanes = min(distances), len(distances)
    span = max(distances) - least + 1
    width = min(1 << (span.bit_length() - 1), lanes)
    count = -(-span // width)
    if lanes == 1 or count > MOST_LOADS:
        return None
    starts = [min(number * width, span - width) for number in range(count)]
    asked = None
    if mask is not None and not _is_there(buffer, base, least, span):
        asked = _elements(emitter, distances, least, mask)
        if asked is None:
            return None
    loads = []
    for start in starts:
        own = None if asked is None else _from(emitter, asked, start, width)
        loads.append(emitter.builder.load(buffer, emitter.add(base, emitter.index(least + start)), type, width, own))
    return _in_order(loads, [_place(one - least, starts, width) for one in distances])


def _place(distance: int, starts: Sequence[int], width: int) -> tuple[int, int]:
    """The first load that reads an element, and its place there."""
    return next((number, distance - start) for number, start in enumerate(starts) if 0 <= distance - start < width)


def _is_there(buffer: Any, base: Value, least: int, span: int) -> bool:
    """True if elements are known to lie in a buffer, whatever a mask says."""
    sizes = buffer.sizes
    if base.op != "constant" or not all(isinstance(size, int) for size in sizes):
        return False
    first: int = base.attribute + least
    return 0 <= first and first + span <= math.prod(sizes)


def _elements(emitter: LaneMasks, distances: tuple[int, ...], least: int, mask: Value) -> LaneRange | None:
    """The elements from the least distance on that lie between those of the first and the last lane of a mask."""
    lanes = emitter.range_of(mask)
    if lanes is None:
        return None
    add, mul, width = emitter.add, emitter.mul, len(distances)
    step, last = distances[1] - distances[0], add(lanes.stop, emitter.index(-1))
    if step and all(one == step * lane for lane, one in enumerate(distances)):
        ends = (lanes.first, last) if step > 0 else (last, lanes.first)
        first, behind = (add(mul(lane, emitter.index(step)), emitter.index(-least)) for lane in ends)
        return LaneRange(first, add(behind, emitter.index(1)))
    each = repeats(distances)
    if not each:
        return None
    begin, end = (emitter.minimum(emitter.maximum(lane, emitter.index(0)), emitter.index(width)) for lane in lanes)
    first = emitter.builder.make("div", begin, emitter.index(each))
    some = emitter.builder.make("lt", begin, end)
    return LaneRange(first, emitter.either(some, emitter.pieces(end, each), first))


def repeats(distances: tuple[int, ...]) -> int:
    """How often each of some neighbours is repeated, 0 if they are not."""
    each = distances.count(0)
    return each if each and distances == tuple(lane // each for lane in range(len(distances))) else 0


def _from(emitter: LaneMasks, asked: LaneRange, start: int, width: int) -> Value:
    """The mask of a load that begins at an element."""
    first, stop = (emitter.add(end, emitter.index(-start)) for end in asked)
    return emitter.lanes_between(first, stop, width)


def _in_order(loads: Sequence[Value], places: _Places) -> Value:
    """The lanes' elements of loads."""
    make, (made, *others) = loads[0].builder.make, loads
    if not others:
        return make("shuffle", made, made, width=len(places), attribute=tuple(place for _, place in places))
    # The first load's lanes have their places in it; all that were taken before have their own.
    known = [place for _, place in places]
    for number, load in enumerate(others, 1):
        chosen = tuple(
            made.width + place if at == number else known[lane] if at < number else 0
            for lane, (at, place) in enumerate(places)
        )
        made = make("shuffle", made, load, width=len(places), attribute=chosen)
        known = list(range(len(places)))
    return made

"""Selection: elements at places of the ascending order, and partitions around them, without sorting the rest.

NumPy's partition finds the element at a place in linear time, but leaves the others in an order that is the machine's.
So only values at places are taken from it, and a partition's order is made of comparisons with these. It is asked for
one place after another: given several at once it does without vector instructions, and takes ten times as long.

Source: C. A. R. Hoare, "Algorithm 65: find", CACM 4(7), 1961.

Read next: statistics.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ...errors import IndexingError
from ..sort_keys import ordered_integers, sorted_values, stable_order

# Lines that are shorter are sorted, and so are those that would be parted at more places.
LEAST_SELECTED, MOST_PARTED = 512, 3
# As many elements as are sorted while NumPy is asked for what selection needs; more places need more.
LEAST_FOR_ONE = 2**15


def refuse_missing_places(name: str, places: Sequence[int], length: int, axis: int) -> None:
    """Raise for a place that is not along an axis of this length.

    Raises:
        IndexingError: for the first such place.
    """
    for place in places:
        if not 0 <= place < length:
            raise IndexingError(f"{name}: there is no place {place} along axis {axis} of size {length}")


def places_from_start(kth: Sequence[int], length: int, axis: int) -> list[int]:
    """The different places of a partition in ascending order, counted from the start.

    Raises:
        IndexingError: if there is no such place.
    """
    places = sorted({place + length if place < 0 else place for place in kth})
    refuse_missing_places("argpartition", places, length, axis)
    return places


def values_at_places(m: Any, x: Any, places: Any, axis: int) -> Any:
    """The elements that stand at some places of the ascending order along an axis, -0.0 before 0.0 and NaN last.

    Args:
        m: NumPy.
        x: an array.
        places: a vector of integers from 0.
        axis: along which.

    Returns:
        An array of x's shape, in which the axis has as many elements as there are places.

    Raises:
        IndexingError: if there is no such place.

    Example:
        >>> import numpy as np
        >>> values_at_places(np, np.array([4.0, 3.0, 1.0]), np.array([2, 0]), 0).tolist()
        [4.0, 1.0]
    """
    asked = places.tolist()
    refuse_missing_places("order_statistics", asked, x.shape[axis], axis)
    wanted = sorted(set(asked))
    begins, follow = _chosen(wanted, x.shape[axis])
    is_long = x.shape[axis] >= LEAST_SELECTED and x.size >= LEAST_FOR_ONE * len(begins) ** 2
    if not (is_long and asked and len(begins) <= MOST_PARTED):
        return sorted_values(m, x, axis).take(places, axis)
    lines = x if axis == x.ndim - 1 else m.moveaxis(x, axis, -1)
    found = _selected(m, lines, begins, follow, wanted[-1])
    made = m.stack([found[place] for place in asked], axis=-1)
    return made if lines is x else m.moveaxis(made, -1, axis)


def _selected(m: Any, lines: Any, begins: Sequence[int], follow: Sequence[int], last: int) -> dict[int, Any]:
    """The elements of every line at places to part at, at those that follow directly, and at the last one asked for."""
    parted = _parted(m, lines, begins)
    found = {place: parted[..., place] for place in begins}
    ends = dict(pairwise([*begins, lines.shape[-1]]))
    for place in follow:
        # What follows a place directly is the least of what stands behind it.
        part = parted[..., place : ends[place - 1]]
        least = m.min(part, axis=-1)
        found[place] = m.fmin.reduce(part, axis=-1) if m.any(least != least) else least
    if last not in found:
        found[last] = m.max(parted[..., begins[-1] + 1 if begins else 0 :], axis=-1)
    return {place: _as_sorted(m, lines, value, place) for place, value in found.items()}


def _parted(m: Any, lines: Any, places: Sequence[int]) -> Any:
    """Lines with what is not larger before, and what is not smaller behind, each of some ascending places."""
    parted = m.array(lines, order="C") if places else lines
    start = 0
    for place in places:
        parted[..., start:].partition(place - start, axis=-1)
        start = place + 1
    return parted


def _chosen(wanted: Sequence[int], length: int) -> tuple[list[int], list[int]]:
    """The places to part at, and those that follow directly on one of these; the last of all is neither."""
    begins: list[int] = []
    follow: list[int] = []
    for place in wanted:
        if begins and place == begins[-1] + 1:
            follow.append(place)
        elif place != length - 1:
            begins.append(place)
    return begins, follow


def _as_sorted(m: Any, lines: Any, value: Any, place: int) -> Any:
    """The elements at a place with the sign that sorting gives to zeros, and NaN as one bit pattern."""
    if lines.dtype.kind != "f":
        return value
    if m.any(value == 0):
        below = m.count_nonzero(lines < 0, axis=-1)
        negative = m.count_nonzero((lines == 0) & m.signbit(lines), axis=-1)
        zero = m.where(place < below + negative, lines.dtype.type(-0.0), lines.dtype.type(0.0))
        value = m.where(value == 0, zero, value)
    return m.where(value == value, value, lines.dtype.type(m.nan))


def partition_order(m: Any, x: Any, kth: tuple[int, ...], axis: int) -> Any:
    """Positions in the order of a partition: those before each place belong to elements that are not larger than the
    one there, and those behind it to elements that are not smaller. It is the same on every machine.

    Args:
        m: NumPy.
        x: an array.
        kth: places, counted from the end where negative.
        axis: along which.

    Raises:
        IndexingError: if there is no such place.

    Example:
        >>> import numpy as np
        >>> partition_order(np, np.array([4.0, 3.0, 1.0]), (1,), 0).tolist()
        [2, 1, 0]
    """
    places = places_from_start(kth, x.shape[axis], axis)
    lines = x if axis == x.ndim - 1 else m.moveaxis(x, axis, -1)
    if not lines.size or not places:
        order = m.broadcast_to(m.arange(lines.shape[-1]), lines.shape).copy()
    elif lines.shape[-1] < LEAST_SELECTED or len(places) > MOST_PARTED:
        order = stable_order(m, lines, x.ndim - 1)
    else:
        order = _around(m, lines, places)
    return order if lines is x else m.moveaxis(order, -1, axis)


def _around(m: Any, lines: Any, places: Sequence[int]) -> Any:
    """The positions of elements below, at, above and between the values at ascending places of every line."""
    parted = _parted(m, lines, places)
    values = [parted[..., place : place + 1] for place in places]
    if any((value != value).any() for value in values):
        # In the order of these NaN is a number like others.
        return _around(m, ordered_integers(m, lines), places)
    if lines.ndim == 1 and len(places) == 1:
        (value,) = values
        above = m.flatnonzero(~(lines <= value))
        return m.concatenate([m.flatnonzero(lines < value), m.flatnonzero(lines == value), above])
    classes = m.full(lines.shape, 2 * len(places), "uint8")
    for value in values:
        # NaN is not below anything.
        classes -= lines < value
        classes -= lines <= value
    # Of integers of up to 16 bits NumPy's stable sort is a radix sort.
    return m.argsort(classes, axis=-1, stable=True)

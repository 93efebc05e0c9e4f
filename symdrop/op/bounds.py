"""Bounds of indexing maps: between which indices a map reads, as formulas of sizes.

Generated code reads wherever a map says. The maps of this package are compared with their formulas on every sample. Of
a map declared elsewhere the least and the greatest index are compared with the size of the axis: when compiling where
the sizes are known, else once a call, before anything is read (then the formula is evaluated instead).

Read next: contractions.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import GraphTypeError
from ..graph import Node, describe
from .base import Size, as_node, lookup
from .elementwise import convert
from .guards import Guard
from .index_maps import IndexSpace, InOrder, Owner, read_index
from .leaves import constant_scalar


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """An index that lies between two formulas of sizes; None where that is not known."""

    least: Size | None
    greatest: Size | None

    def __add__(self, other: Any) -> Interval:
        other = interval(other)
        return Interval(_sum(self.least, other.least), _sum(self.greatest, other.greatest))

    def __neg__(self) -> Interval:
        return self * -1

    def __mul__(self, other: Any) -> Interval:
        if not isinstance(other, int):
            return Interval(None, None)
        ends = _times(self.least, other), _times(self.greatest, other)
        return Interval(*(ends if other >= 0 else ends[::-1]))

    def __sub__(self, other: Any) -> Interval:
        return self + interval(other) * -1

    def __rsub__(self, other: Any) -> Interval:
        return interval(other) + self * -1

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, by: int) -> Interval:
        ends = (None if end is None else end // by for end in (self.least, self.greatest))
        return Interval(*ends)

    def __mod__(self, by: int) -> Interval:
        return Interval(0, by - 1)

    def _compared(self, other: Any) -> None:
        """Only running tells."""
        return None

    __lt__ = __le__ = __gt__ = __ge__ = _compared


def interval(value: Any) -> Interval:
    """An index, or a number, as an interval."""
    return value if isinstance(value, Interval) else Interval(int(value), int(value))


def _sum(a: Size | None, b: Size | None) -> Size | None:
    if a is None or b is None:
        return None
    return a + b if isinstance(a, int) and isinstance(b, int) else as_node(a) + as_node(b)


def _times(a: Size | None, by: int) -> Size | None:
    if a is None:
        return None
    return a * by if isinstance(a, int) else as_node(a) * by


def _extremum(name: str, a: Size | None, b: Size | None) -> Size | None:
    return None if a is None or b is None else lookup(name)(a, b)


class Intervals(IndexSpace):
    """Indices as intervals between formulas of sizes."""

    index = (Interval,)

    def _size(self, size: Node) -> Interval:
        return Interval(size, size)

    def number(self, x: Node) -> Any:
        known = constant_scalar(x)
        if known is not None:
            return int(known)
        number = convert(x, "int64")
        return Interval(number, number)

    def element(self, x: Node, at: tuple[Any, ...]) -> Interval:
        return Interval(None, None)

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Interval:
        return Interval(0, _sum(size, -1))

    def within(self, index: Any, size: Any) -> Interval:
        return Interval(0, _sum(interval(size).greatest, -1))

    def _where(self, condition: Any, a: Any, b: Any) -> Interval:
        a, b = interval(a), interval(b)
        return Interval(_extremum("minimum", a.least, b.least), _extremum("maximum", a.greatest, b.greatest))

    def reshaped(self, x: Node, at: Any) -> InOrder:
        """Always inside: there are as many elements."""
        return InOrder(None)


def may_read_anywhere(node: Node, owner: Owner, known_sizes: Callable[[Node], tuple[Size, ...]]) -> bool:
    """True if nothing tells where a map declared elsewhere reads: at numbers that differ from element to element.

    Args:
        node: the node.
        owner: what declares the map.
        known_sizes: gives the sizes of a node.
    """
    if owner.op.is_ours:
        return False
    made = _ends(node, owner, known_sizes)
    return any(index.least is None or index.greatest is None for index in made)


def _ends(node: Node, owner: Owner, known_sizes: Callable[[Node], tuple[Size, ...]]) -> list[Interval]:
    """Between which indices each axis is read; none where all elements are read in C order."""
    made = read_index(Intervals(node, known_sizes), owner, [Interval(0, _sum(size, -1)) for size in known_sizes(node)])
    return [] if made is None or isinstance(made, InOrder) else list(map(interval, made))


def bounds_of(node: Node, owner: Owner, known_sizes: Callable[[Node], tuple[Size, ...]]) -> Iterator[Guard]:
    """The guards that keep a node's indexing map inside of its input.

    Args:
        node: the node.
        owner: what declares the map.
        known_sizes: gives the sizes of a node.

    Raises:
        GraphTypeError: if it is known to read outside.
    """
    has_elements = all(isinstance(size, int) and size for size in known_sizes(node))
    for axis, (index, size) in enumerate(zip(_ends(node, owner, known_sizes), known_sizes(owner.source), strict=False)):
        if index.least is None or index.greatest is None:
            # Nothing tells where it reads: let the formula be evaluated.
            yield Guard("least", (-1,))
            continue
        after = _sum(_sum(size, -1), _times(index.greatest, -1))
        ends = [end for end in (index.least, after) if end is not None]
        wrong = [end for end in ends if not (isinstance(end, int) and end >= 0)]
        if has_elements and any(isinstance(end, int) for end in wrong):
            raise GraphTypeError(
                f"{owner.describe()} reads from {index.least} to {index.greatest} along axis {axis} of "
                f"{describe(owner.source)}; expected 0 to {size} - 1"
            )
        if wrong:
            yield Guard("least", tuple(wrong))

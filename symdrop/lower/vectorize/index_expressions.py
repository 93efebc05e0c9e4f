"""Affine index expressions: the coordinates of the lanes, and the arithmetic of indices.

A coordinate along an axis is affine in the lanes, ``base + step * lane``, or lies at known
distances from a base (the half of an affine one), or is, behind an index array, any numbers
at all. Reading with step 1 is a vector load, with step 0 a single number, at other known
distances loads and a shuffle (shuffled_loads.py). A point is a coordinate for every axis;
where only C order counts it is one linear index.

Read next: lane_masks.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...op import Size
from ..ir.frame import FrameLayout
from ..ir.vector_ir import INDEX, IRBuilder, Value

_SHARE = "share"
_TEAM = ("thread", "threads")


def is_divided_otherwise(values: Sequence[Value]) -> bool:
    """True if operations of a kernel read the number of a thread, or how many there are, for anything but a share.

    A product's share is divided by the runtime.
    """
    shares = [value for value in values if value.span is not None and value.span.name == _SHARE]
    within: set[Value] = set()
    for share in shares:
        _collect(share, within)
    ends = set(shares)
    return any(
        source.op in _TEAM or (source in within and source not in ends)
        for value in values
        if value.op != "product" and value not in within
        for source in value.inputs
    )


def _collect(share: Value, within: set[Value]) -> None:
    """Add a share's first number, or the one it stops before, and what that is made of and depends on the thread."""
    assert share.span is not None
    waiting = [share]
    while waiting:
        value = waiting.pop()
        if value not in within and value not in share.span.operands and value.inputs:
            within.add(value)
            waiting += value.inputs


@dataclass(frozen=True, slots=True)
class Coordinate:
    """An affine index along an axis: ``base + step * lane``, or ``lanes`` if that is given.

    A tuple as ``step`` is the distance of every lane from the base; it is no multiple of the lanes' numbers.
    """

    base: Value
    step: Value | int | tuple[int, ...] = 0
    lanes: Value | None = None

    def distances(self, width: int) -> tuple[int, ...] | None:
        """How far from the base every lane lies, if that is known."""
        if self.lanes is not None or isinstance(self.step, Value):
            return None
        return self.step if isinstance(self.step, tuple) else tuple(self.step * lane for lane in range(width))

    def key(self) -> Any:
        """A hashable key of the coordinate."""
        step = ("value", self.step.number) if isinstance(self.step, Value) else self.step
        return self.base.number, step, None if self.lanes is None else self.lanes.number


@dataclass(frozen=True, slots=True)
class Flat:
    """A linear index, in C order, into a whole space, for nodes that fill that space."""

    index: Coordinate


Point = tuple[Coordinate, ...] | Flat


def point_key(at: Point) -> Any:
    """A hashable key of a point."""
    return ("flat", at.index.key()) if isinstance(at, Flat) else tuple(coordinate.key() for coordinate in at)


class IndexArithmetic:
    """Arithmetic of indices.

    Args:
        builder: where operations go.
    """

    def __init__(self, builder: IRBuilder) -> None:
        self.builder = builder

    def index(self, value: int) -> Value:
        """A fixed index."""
        return self.builder.constant(value, INDEX)

    def add(self, a: Value, b: Value) -> Value:
        """a + b, simplified."""
        for x, y in ((a, b), (b, a)):
            if x.op == "constant" and x.attribute == 0:
                return y
        if a.op == b.op == "constant":
            return self.index(a.attribute + b.attribute)
        return self.builder.make("add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        """a - b, simplified."""
        if b.op == "constant" and b.attribute == 0:
            return a
        if a.op == b.op == "constant":
            return self.index(a.attribute - b.attribute)
        return self.builder.make("sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        """a * b, simplified."""
        for x, y in ((a, b), (b, a)):
            if x.op == "constant" and x.attribute in (0, 1):
                return y if x.attribute else x
        if a.op == b.op == "constant":
            return self.index(a.attribute * b.attribute)
        return self.builder.make("mul", a, b)

    def product(self, factors: Iterable[Value]) -> Value:
        """The product of indices."""
        result = self.index(1)
        for factor in factors:
            result = self.mul(result, factor)
        return result

    def minimum(self, a: Value, b: Value) -> Value:
        """The lesser of two indices."""
        return self.either(self.builder.make("lt", a, b), a, b)

    def maximum(self, a: Value, b: Value) -> Value:
        """The greater of two indices."""
        return self.either(self.builder.make("gt", a, b), a, b)

    def either(self, holds: Value, a: Value, b: Value) -> Value:
        """a if a condition holds, else b."""
        return self.builder.make("select", holds, a, b)

    def truth(self, comparison: str, a: Value, b: Value) -> Value:
        """1 if a comparison holds, else 0."""
        return self.builder.convert(self.builder.make(comparison, a, b), INDEX)

    def ceil_div(self, total: Value, length: Value) -> Value:
        """total / length, rounded up."""
        return self.builder.make("div", self.add(total, self.add(length, self.index(-1))), length)

    def pieces(self, total: Value, length: int) -> Value:
        """How many pieces of a length cover a total."""
        return self.builder.make("div", self.add(total, self.index(length - 1)), self.index(length))

    def team(self) -> tuple[Value, Value]:
        """The number of this thread, and how many threads there are."""
        return self.builder.make("thread", type=INDEX, width=1), self.builder.make("threads", type=INDEX, width=1)

    def share(self, count: Value) -> tuple[Value, Value]:
        """The part of 0, ..., count - 1 that belongs to this thread: its first number, and the one to stop before.

        The shares of threads 2 i and 2 i + 1 of 2 n are together that of thread i of n, so shares can be divided.
        """
        made: tuple[Value, Value] = self.builder.span(_SHARE, (count,), self._share)
        return made

    def share_or_part(self, count: Value) -> tuple[Value, Value, Value, Value]:
        """This thread's share, and which of how many parts of each it computes: of a single one all have a part."""
        zero, one = self.index(0), self.index(1)
        (first, stop), (thread, threads) = self.share(count), self.team()
        if count.op == "constant" and count.attribute != 1:
            return first, stop, zero, one
        is_one = self.builder.make("eq", count, one)
        alone = (zero, one, thread, threads)
        first, stop, part, parts = map(partial(self.either, is_one), alone, (first, stop, zero, one))
        return first, stop, part, parts

    def _share(self, count: Value) -> tuple[Value, Value]:
        make = self.builder.make
        thread, threads = self.team()
        first = make("div", make("mul", count, thread), threads)
        after = make("add", thread, self.index(1))
        return first, make("div", make("mul", count, after), threads)


class ProcedureEmitter(IndexArithmetic):
    """Arithmetic of indices for the body of a procedure on elements of one dtype.

    Args:
        builder: where operations go.
        dtype: of the elements.
        given: the procedure's numbers, by their names.
    """

    def __init__(self, builder: IRBuilder, dtype: str, given: Mapping[str, Value]) -> None:
        super().__init__(builder)
        self.dtype = dtype
        self.given = given
        self.width = builder.width


class IndexBuilder(IndexArithmetic):
    """Arithmetic of indices, sizes and coordinates, for one kernel.

    Args:
        builder: where operations go.
        memory: knows which sizes are equal, and the frame's words that hold them.
    """

    def __init__(self, builder: IRBuilder, memory: FrameLayout) -> None:
        super().__init__(builder)
        self.memory = memory

    # Plain numbers.

    def size(self, size: Size) -> Value:
        """A size as an index."""
        return self.exact_size(self.memory.find(size))

    def exact_size(self, size: Size) -> Value:
        """The size itself instead of one that checks have made equal to it."""
        if isinstance(size, int):
            return self.index(size)
        return self.builder.make("word", type=INDEX, width=1, attribute=self.memory.word_of_size(size))

    def elements(self, sizes: Sequence[Size]) -> Value:
        """How many elements a value of these sizes has."""
        return self.product(map(self.size, sizes))

    def is_even(self, value: Value) -> bool:
        """True if an index is known to be an even number."""
        if value.op == "constant":
            return bool(value.attribute % 2 == 0)
        if value.op == "index":
            return bool(value.attribute)
        if value.op in ("mul", "and"):
            return any(map(self.is_even, value.inputs))
        return value.op in ("add", "sub", "select") and all(map(self.is_even, value.inputs[-2:]))

    # Coordinates.

    def zero(self) -> Coordinate:
        """The coordinate 0."""
        return Coordinate(self.index(0))

    def numbers(self, value: Value) -> Coordinate:
        """The coordinate whose index in every lane is given: a non-affine one."""
        return Coordinate(value) if value.width == 1 else Coordinate(self.index(0), 0, value)

    def at_distances(self, base: Value, distances: tuple[int, ...]) -> Coordinate:
        """The coordinate of lanes at known distances from a base."""
        first, step = distances[0], distances[1] - distances[0] if len(distances) > 1 else 0
        if all(one == first + step * lane for lane, one in enumerate(distances)):
            return Coordinate(self.add(base, self.index(first)), step)
        return Coordinate(base, distances)

    def _step(self, coordinate: Coordinate) -> Value:
        step = coordinate.step
        assert not isinstance(step, tuple)
        return step if isinstance(step, Value) else self.index(step)

    def materialize(self, coordinate: Coordinate) -> Value:
        """A coordinate as a vector of indices, one for every lane."""
        if coordinate.lanes is not None:
            return coordinate.lanes
        if coordinate.step == 0:
            return coordinate.base
        width = self.builder.width
        if isinstance(coordinate.step, tuple):
            numbers = self.builder.iota(width, numbers=coordinate.step)
            return self.builder.make("add", self.builder.splat(coordinate.base, width), numbers)
        iota = self.builder.iota(width)
        if coordinate.step != 1:
            iota = self.builder.make("mul", iota, self.builder.splat(self._step(coordinate), width))
        return self.builder.make("add", self.builder.splat(coordinate.base, width), iota)

    def affine(self, parts: Iterable[tuple[Coordinate, Value]]) -> Coordinate:
        """The sum of coordinates times factors."""
        base, step, wide = self.index(0), self.index(0), None
        apart = (0,) * self.builder.width
        for coordinate, factor in parts:
            known = isinstance(coordinate.step, tuple)
            if coordinate.lanes is not None or (known and factor.op != "constant"):
                term = self.materialize(coordinate)
                if not (factor.op == "constant" and factor.attribute == 1):
                    term = self.builder.make("mul", term, self.builder.splat(factor, term.width))
                wide = term if wide is None else self.builder.make("add", wide, term)
                continue
            base = self.add(base, self.mul(coordinate.base, factor))
            if isinstance(coordinate.step, tuple):
                apart = tuple(a + factor.attribute * b for a, b in zip(apart, coordinate.step, strict=True))
            elif coordinate.step != 0:
                step = self.add(step, self.mul(self._step(coordinate), factor))
        made = Coordinate(base, step.attribute if step.op == "constant" else step)
        if any(apart):
            made, wide = self._apart(made, apart, wide)
        if wide is None:
            return made
        rest = self.materialize(made)
        return Coordinate(base, 0, self.builder.make("add", wide, self.builder.splat(rest, wide.width)))

    def _apart(self, at: Coordinate, distances: tuple[int, ...], wide: Value | None) -> tuple[Coordinate, Value | None]:
        """A coordinate with distances added to it, or these as a vector to be added, where its step is not known."""
        own = at.distances(self.builder.width)
        if own is not None:
            return self.at_distances(at.base, tuple(a + b for a, b in zip(own, distances, strict=True))), wide
        term = self.builder.iota(self.builder.width, numbers=distances)
        return at, term if wide is None else self.builder.make("add", wide, term)

    def linear_index(self, sizes: Sequence[Size], at: Point) -> Coordinate:
        """The linear index, in C order, of a point among ``sizes``."""
        if isinstance(at, Flat):
            return at.index
        factor = self.index(1)
        parts = []
        for size, coordinate in zip(reversed(sizes), reversed(at), strict=True):
            if size != 1:
                parts.append((coordinate, factor))
                factor = self.mul(factor, self.size(size))
        return self.affine(reversed(parts))

"""Strip-mining: loops over indices, the states they carry, and a row as whole vectors and a masked remainder.

A row is taken ``width`` elements at a time, and then once more for the elements that are
left over, with a mask. Reductions carry their states through all of it.

Source: D. Loveman, "Program improvement by source-to-source transformation", JACM 24(1), 1977.

Read next: unit_emitter.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..ir.vector_ir import Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Coordinate
from ..vectorize.reductions import State

# The axes whose coordinates are fixed, and what they are.
Coordinates = Mapping[int, Coordinate]


@dataclass(slots=True)
class Iteration:
    """One iteration of a loop.

    Attributes:
        index: the loop's index.
        before: the states at its beginning.
        after: the states at its end, to be assigned; after the loop those at the end of the last iteration.
    """

    index: Value
    before: list[State]
    after: list[State]


class LoopEmitter:
    """An emitter of loops, with the scope of values and the carried states of each.

    Args:
        emitter: computes values inside of them.
    """

    def __init__(self, emitter: ElementalEmitter) -> None:
        self.emitter = emitter
        self.builder = emitter.builder

    @contextmanager
    def loop(
        self, start: Value, stop: Value, step: int, label: str, states: Sequence[State] = (), is_remainder: bool = False
    ) -> Iterator[Iteration]:
        """One loop, the scope of values that goes with it, and the states it carries."""
        is_even = step % 2 == 0 and self.emitter.is_even(start)
        with self.builder.loop(start, stop, step, label, is_even, is_remainder) as made:
            self.emitter.enter()
            carried = [[made.carry(value) for value in state] for state in states]
            iteration = Iteration(made.index, [[one.now for one in state] for state in carried], [])
            yield iteration
            for state, after in zip(carried, iteration.after, strict=True):
                for one, value in zip(state, after, strict=True):
                    one.next = value
            self.emitter.leave()
        iteration.after = [[made.result(one) for one in state] for state in carried]

    def nested(
        self,
        axes: Sequence[tuple[int, Value]],
        states: list[State],
        visit: Callable[[Coordinates, list[State]], list[State]],
        at: Coordinates,
    ) -> list[State]:
        """Loops over all of some axes, one inside the other.

        Args:
            axes: the axes and their sizes, the outermost loop first.
            states: what is carried, before the first point.
            visit: gives the states after a point.
            at: coordinates that are fixed before.

        Returns:
            The states after the last point.
        """
        if not axes:
            return visit(at, states)
        (axis, size), *inner = axes
        with self.loop(self.emitter.index(0), size, 1, f"axis {axis}", states) as turn:
            turn.after = self.nested(inner, turn.before, visit, {**at, axis: Coordinate(turn.index)})
        return turn.after

    def vectors(
        self, start: Value, stop: Value, states: list[State], visit: Callable[[Coordinate, list[State]], list[State]]
    ) -> list[State]:
        """A vectorised loop and its masked remainder, in which ``emitter.mask`` says which lanes are active.

        There is no remainder where the number of elements is known to fill vectors.

        Args:
            start, stop: the first element, and the one to stop before.
            states: what is carried, before the first element.
            visit: gives the states after the elements at a coordinate.

        Returns:
            The states after the last elements.
        """
        width = self.builder.width
        length = self.emitter.sub(stop, start)
        fills = width == 1 or (length.op == "constant" and length.attribute % width == 0)
        whole = stop if fills else self.emitter.add(start, self.builder.make("and", length, self.emitter.index(-width)))
        with self.loop(start, whole, width, "lanes", states) as turn:
            turn.after = visit(Coordinate(turn.index, 1), turn.before)
        if fills:
            return turn.after
        with self.loop(whole, stop, width, "the rest", turn.after, is_remainder=True) as turn:
            self.emitter.mask = self._mask(turn.index, stop)
            turn.after = visit(Coordinate(turn.index, 1), turn.before)
            self.emitter.mask = None
        return turn.after

    def _mask(self, index: Value, stop: Value) -> Value:
        left = self.builder.make("sub", stop, index)
        return self.emitter.lanes_between(self.emitter.index(0), left, self.builder.width)

    @contextmanager
    def points(self, first: Value, stop: Value, axes: Sequence[tuple[int, Value]], about: str) -> Iterator[Coordinates]:
        """A loop over some points of several axes in C order, and the coordinates of each.

        Coordinates are counted on from point to point, since a division takes as long as dozens of additions.

        Args:
            first, stop: the linear index of the first point, and the one to stop before.
            axes: the axes and their sizes.
            about: what it runs over, for readers.
        """
        if len(axes) < 2:
            with self.loop(first, stop, 1, about) as turn:
                yield self.unravel(turn.index, axes)
            return
        # Of no points there is no first one, but sizes are divided by.
        sizes = [(axis, self._at_least_one(size)) for axis, size in axes]
        start = self.unravel(first, sizes)
        with self.loop(first, stop, 1, about, [[start[axis].base for axis, _ in axes]]) as turn:
            (now,) = turn.before
            yield {axis: Coordinate(value) for (axis, _), value in zip(axes, now, strict=True)}
            turn.after = [self._next(now, [size for _, size in axes])]

    def _at_least_one(self, size: Value) -> Value:
        made: Value = self.builder.maths.maximum(size, self.emitter.index(1))
        return size if size.op == "constant" and size.attribute else made

    def _next(self, coordinates: Sequence[Value], sizes: Sequence[Value]) -> list[Value]:
        """The coordinates of the next point in C order."""
        make, zero, carry = self.builder.make, self.emitter.index(0), self.emitter.index(1)
        found: list[Value] = []
        for value, size in zip(reversed(coordinates[1:]), reversed(sizes[1:]), strict=True):
            counted = make("add", value, carry)
            ends = make("ge", counted, size)
            found.append(make("select", ends, zero, counted))
            carry = make("select", ends, self.emitter.index(1), zero)
        return [make("add", coordinates[0], carry), *reversed(found)]

    def unravel(self, index: Value, axes: Sequence[tuple[int, Value]]) -> Coordinates:
        """The coordinates of a linear index into some axes, which come with their sizes."""
        found: dict[int, Coordinate] = {}
        for axis, size in reversed(axes[1:]):
            quotient = self.builder.make("div", index, size)
            rest = self.builder.make("sub", index, self.builder.make("mul", quotient, size))
            found[axis] = Coordinate(rest)
            index = quotient
        if axes:
            found[axes[0][0]] = Coordinate(index)
        return found

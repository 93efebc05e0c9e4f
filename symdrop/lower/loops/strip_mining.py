"""Strip-mining: loops over indices, what they carry from iteration to iteration, and how a row is taken in lanes.

A row is taken ``width`` elements at a time, and then once more for the elements that are
left over, with a mask. Reductions carry their states through all of it.

Source: D. Loveman, "Program improvement by source-to-source transformation", JACM 24(1), 1977.

Read next: loop_builder.py
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
    """Writes loops.

    Args:
        points: computes values inside of them.
    """

    def __init__(self, points: ElementalEmitter) -> None:
        self.points = points
        self.lanes = points.lanes

    @contextmanager
    def loop(
        self, start: Value, stop: Value, step: int, about: str, states: Sequence[State] = (), is_remainder: bool = False
    ) -> Iterator[Iteration]:
        """One loop, the scope of values that goes with it, and the states it carries."""
        is_even = step % 2 == 0 and self.points.is_even(start)
        with self.lanes.loop(start, stop, step, about, is_even, is_remainder) as made:
            self.points.enter()
            carried = [[made.carry(lane) for lane in state] for state in states]
            iteration = Iteration(made.index, [[one.now for one in state] for state in carried], [])
            yield iteration
            for state, after in zip(carried, iteration.after, strict=True):
                for one, lane in zip(state, after, strict=True):
                    one.next = lane
            self.points.leave()
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
        with self.loop(self.points.index(0), size, 1, f"axis {axis}", states) as turn:
            turn.after = self.nested(inner, turn.before, visit, {**at, axis: Coordinate(turn.index)})
        return turn.after

    def vectors(
        self, start: Value, stop: Value, states: list[State], visit: Callable[[Coordinate, list[State]], list[State]]
    ) -> list[State]:
        """A row in lanes; where they are not all filled, ``points.mask`` says which are.

        Args:
            start, stop: the first element, and the one to stop before.
            states: what is carried, before the first element.
            visit: gives the states after the elements at a coordinate.

        Returns:
            The states after the last elements.
        """
        width = self.lanes.width
        length = self.lanes.make("sub", stop, start)
        whole = self.points.add(start, self.lanes.make("and", length, self.points.index(-width)))
        with self.loop(start, whole, width, "lanes", states) as turn:
            turn.after = visit(Coordinate(turn.index, 1), turn.before)
        with self.loop(whole, stop, width, "the rest", turn.after, is_remainder=True) as turn:
            self.points.mask = self._mask(turn.index, stop)
            turn.after = visit(Coordinate(turn.index, 1), turn.before)
            self.points.mask = None
        return turn.after

    def _mask(self, index: Value, stop: Value) -> Value:
        width = self.lanes.width
        left = self.lanes.make("sub", stop, index)
        return self.lanes.make("lt", self.lanes.iota(width), self.lanes.splat(left, width))

    def unravel(self, place: Value, axes: Sequence[tuple[int, Value]]) -> Coordinates:
        """The coordinates of a place in the C order of some axes, which come with their sizes."""
        found: dict[int, Coordinate] = {}
        for axis, size in reversed(axes[1:]):
            quotient = self.lanes.make("div", place, size)
            rest = self.lanes.make("sub", place, self.lanes.make("mul", quotient, size))
            found[axis] = Coordinate(rest)
            place = quotient
        if axes:
            found[axes[0][0]] = Coordinate(place)
        return found

"""Units at a point: what a kernel stores is computed at the points of its loops, and reductions take elements there.

Read next: column_reductions.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...graph import Node
from ..fusion.kernel import Kernel, MaterializedValue
from ..ir.frame import Buffer, FrameLayout
from ..ir.vector_ir import IRBuilder, Value
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.index_expressions import Flat, Point
from ..vectorize.reductions import Accumulator, State
from ..vectorize.vector_maths import VectorMaths
from .strip_mining import Coordinates, LoopEmitter


class UnitEmitter:
    """An emitter of the values that a kernel stores.

    Args:
        kernel: what to compute.
        memory: where everything lies.
        targets: the buffers in which each stored value goes.
        width: how many elements the lanes take.

    Attributes:
        axes: the axes of the kernel's space and their sizes.
    """

    def __init__(
        self, kernel: Kernel, memory: FrameLayout, targets: Mapping[Node, Sequence[Buffer]], width: int
    ) -> None:
        self.kernel = kernel
        self.memory = memory
        self.targets = targets
        self.builder = IRBuilder(VectorMaths, width)
        self.emitter = ElementalEmitter(self.builder, memory)
        self.loops = LoopEmitter(self.emitter)
        self.axes = [(axis, self.emitter.size(size)) for axis, size in enumerate(kernel.space)]

    def point(self, coordinates: Coordinates, axes: Sequence[int] | None = None) -> Point:
        """A point by its coordinates along some axes, or along all; along an axis of size 1 it is 0 for everybody."""
        chosen = range(len(self.axes)) if axes is None else axes
        return tuple(self.emitter.zero() if self.kernel.space[axis] == 1 else coordinates[axis] for axis in chosen)

    def visit(
        self, units: Sequence[MaterializedValue], reduced: Reductions, at: Point, states: list[State]
    ) -> list[State]:
        """Let reductions take the elements at a point, and store what is computed there."""
        elements = [self.emitter.value(unit.node.inputs[0], at) for unit in reduced.units]
        numbers = [self._number_along(unit, at) for unit in reduced.units]
        after = reduced.take(states, elements, numbers, self.emitter.mask)
        self.store_all([unit for unit in units if unit.loop_level == "innermost"], at)
        return after

    def _number_along(self, unit: MaterializedValue, at: Point) -> Value:
        """The index of elements along the axis of a reduction."""
        if isinstance(at, Flat):
            return self.emitter.materialize(at.index)
        axes = unit.reduction_axes
        return self.emitter.materialize(at[axes[0]]) if len(axes) == 1 else self.emitter.index(0)

    def keep(self, values: Iterable[tuple[MaterializedValue, Value]], at: Point) -> None:
        """Store what reductions have found, and know it from now on."""
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self.store(buffer, at, value)
            self.emitter.remember(unit.node, at, value)

    def store_all(self, units: Sequence[MaterializedValue], at: Point) -> None:
        """Compute values, then store them: nothing is overwritten before all have been read."""
        values = [(unit, self.emitter.value(unit.node, at)) for unit in units]
        for unit, value in values:
            for buffer in self.targets.get(unit.node, ()):
                self.store(buffer, at, value)

    def store(self, buffer: Buffer, at: Point, value: Value) -> None:
        index = self.emitter.linear_index(buffer.sizes, at)
        if index.step == 1:
            value = self.builder.splat(value, self.builder.width)
        self.builder.store(buffer, index.base, value, self.emitter.mask if value.width > 1 else None)

    def lies_in_memory(self, units: Sequence[MaterializedValue]) -> None:
        """From now on these values are read from memory."""
        for unit in units:
            if self.targets.get(unit.node) and not unit.node.is_leaf:
                self.memory.keep(unit.node, self.targets[unit.node][0])


class Reductions:
    """The reductions of a pass."""

    def __init__(self, builder: IRBuilder, units: Sequence[MaterializedValue]) -> None:
        self.units = [unit for unit in units if unit.loop_level == "reduction"]
        self._lanes = builder
        self._accumulators = [
            Accumulator(builder, unit.combine, unit.node.inputs[0].dtype, unit.node.dtype) for unit in self.units
        ]

    def start(self) -> list[State]:
        """The states before the first elements."""
        return [accumulator.start(self._lanes.width) for accumulator in self._accumulators]

    def take(
        self, states: list[State], elements: Sequence[Value], numbers: Sequence[Value], mask: Value | None
    ) -> list[State]:
        """The states after more elements, and their indices along the axis."""
        return [
            accumulator.take(state, element, number, mask)
            for accumulator, state, element, number in zip(self._accumulators, states, elements, numbers, strict=True)
        ]

    def across(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The reduced values: the horizontal reduction of all lanes."""
        for unit, accumulator, state in zip(self.units, self._accumulators, states, strict=True):
            yield unit, accumulator.across(state)

    def each(self, states: list[State]) -> Iterator[tuple[MaterializedValue, Value]]:
        """The reduced values, one for every lane."""
        for unit, accumulator, state in zip(self.units, self._accumulators, states, strict=True):
            yield unit, accumulator.finish(state)


def axis_names(axes: Sequence[tuple[int, Value]]) -> str:
    """Axes as the label of a loop over them."""
    return ", ".join(f"axis {axis}" for axis, _ in axes) or "once"

"""Elemental code generation: the value of a node at a point, every node being a function of indices.

``value(node, at)`` is the IR value of the elements of a node at some coordinates. What
lies in memory is loaded; an elementwise node runs its formula on its inputs' values at the
same point; a draw computes its words from its linear index in the draw; any other node has a lowering rule
of its own in the files that follow, found by its op. Nothing here needs
memory, which is what fusion means.

Read next: generators.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...graph import Node
from ...op import Draw, Elementwise, Op, constant_scalar
from ...ops.threefry import STEPS
from ...syntax import Operation
from ..ir.frame import FrameLayout
from ..ir.vector_ir import INDEX, IRBuilder, Value
from .index_expressions import Coordinate, Point, point_key
from .indexing_maps import Elements, mapped_value
from .shuffled_loads import shuffled_load
from .threefry import WORD, words_at, words_from
from .vector_maths import Unlowered


class ElementalEmitter(Elements):
    """The emitter of elements: the value of any node at any point, for one kernel.

    Args:
        builder: where operations go.
        memory: what lies where, and which sizes are known.

    Attributes:
        mask: which lanes stand for elements, in the last iteration of a loop; None when all do.
    """

    def __init__(self, builder: IRBuilder, memory: FrameLayout) -> None:
        super().__init__(builder, memory)
        self.mask: Value | None = None
        self._some: Value | None = None
        self._condition: Value | None = None
        self._known: list[dict[Any, Value]] = [{}]

    # Scopes follow the loops: what was computed inside one is not known outside.

    def enter(self) -> None:
        """Open the value cache of a loop."""
        self._known.append({})

    def leave(self) -> None:
        """Close the value cache of the innermost loop."""
        self._known.pop()

    def remember(self, node: Node, at: Point, value: Value) -> None:
        """Note the value of a node at a point; under a condition apart, for something else is read then."""
        condition = None if self._condition is None else self._condition.number
        self._known[min(value.depth, len(self._known) - 1)][node, point_key(at), condition] = value

    def value(self, node: Node, at: Point) -> Value:
        """The value of a node at a point.

        Args:
            node: any node whose inputs, down to what lies in memory, have lowerings.
            at: a coordinate for every axis of the node, or a linear index.

        Returns:
            As many elements side by side as the coordinates name; a number if they name one.

        Raises:
            Unlowered: a node has no lowering.
        """
        where = point_key(at)
        keys: list[Any] = [(node, where, None)]
        if self._condition is not None:
            keys.append((node, where, self._condition.number))
        for known in self._known:
            for key in keys:
                if key in known:
                    return known[key]
        try:
            value = self._compute(node, at)
        except Unlowered as error:
            if not error.blamed:
                error.blamed.append((node,))
            raise
        self.remember(node, at, value)
        return value

    def number(self, node: Node) -> Value:
        """The value of a scalar node."""
        return self.value(node, ())

    # Kinds of nodes.

    def _compute(self, node: Node, at: Point) -> Value:
        scalar = constant_scalar(node)
        if scalar is not None:
            return self.builder.constant(scalar, node.dtype)
        if node in self.memory.positions:
            return self.builder.make("word", type=INDEX, width=1, attribute=self.memory.positions[node])
        if node in self.memory.aliases:
            return self.value(self.memory.aliases[node], at)
        if self.memory.holds(node):
            return self.load(self.memory.buffer(node), node.dtype, self.linear_index(self.memory.sizes(node), at))
        if isinstance(node.op, Elementwise):
            return self._formula(node, *(self.value(x, at if x.ndim == node.ndim else ()) for x in node.inputs))
        if isinstance(node.op, Draw):
            return self._draw(node, at)
        read = self.memory.read_map(node)
        if read is not None:
            return mapped_value(self, node, read, at)
        own = lowering(node)
        if own is None:
            raise Unlowered(node.op.name)
        return own.rule(self, node, at)

    def _formula(self, node: Node, *arguments: Value) -> Value:
        self.builder.maths.type = node.dtype
        result = node.op.formula(self.builder.maths, *arguments, **node.params)
        return result if isinstance(result, Value) else self.builder.constant(result, node.dtype)

    def _draw(self, node: Node, at: Point) -> Value:
        ndim = node.params["ndim"]
        key_node, step, *rest = node.inputs
        sizes, parameters = self.memory.sizes(node), rest[ndim:]
        key = self.words(key_node)
        number = self.number(step)
        if not self.memory.is_known_before(step):
            self.check(self.builder.convert(number, "uint64") < STEPS, node)
        counter = self.builder.convert(number, WORD)
        index, bits = self.linear_index(sizes, at), node.op.bits[node.dtype]  # type: ignore[attr-defined]
        if bits == 32 and index.lanes is None and index.step == 1 and self.builder.width > 1:
            words = words_from(self.builder, key, counter, index.base, self.is_even(index.base))
        else:
            words = words_at(self.builder, key, counter, self.materialize(index), bits)
        arguments = [words, *(self.value(source, at if source.ndim else ()) for source in parameters)]
        made: Value = self.builder.span(node.op.name, arguments, lambda *values: self._formula(node, *values))
        return made

    # What lowering rules are made of.

    def words(self, node: Node) -> tuple[Value, Value]:
        """The two words of a key."""
        first, second = (self.value(node, (Coordinate(self.index(i)),)) for i in (0, 1))
        return first, second

    def load(self, buffer: Any, type: str, index: Coordinate) -> Value:
        """Elements of a buffer."""
        builder, some = self.builder, self._some
        if (index.lanes is None and index.step == 0) or (index.lanes is not None and index.lanes.width == 1):
            return builder.load(buffer, index.base if index.lanes is None else index.lanes, type, 1, some)
        mask = self.reading()
        if index.lanes is None and index.step == 1:
            return builder.load(buffer, index.base, type, builder.width, mask)
        distances = index.distances(builder.width)
        near = None if distances is None else shuffled_load(self, buffer, type, index.base, distances, mask)
        return builder.gather(buffer, self.materialize(index), type, mask) if near is None else near

    def reading(self) -> Value | None:
        """The mask under which neighbours are loaded now, None if all are."""
        if self._some is None:
            return self.mask
        width = self.builder.width
        every = self.lanes_between(self.index(0), self.index(width), width) if self.mask is None else self.mask
        return self.both(every, self._some)

    @contextmanager
    def only_if(self, holds: Value) -> Iterator[None]:
        """Nothing is read from memory in the ``with`` block unless the condition, a number or a lane value, holds."""
        before = self._some, self.mask, self._condition
        if holds.width == 1:
            self._some = self.both(self._some, holds)
        else:
            self.mask = self.both(self.mask, holds)
        self._condition = self.both(self._condition, holds)
        yield
        self._some, self.mask, self._condition = before

    def check(self, holds: Value, node: Node) -> None:
        """Note a failure at run time unless the condition holds for every element there is."""
        if holds.width > 1 and self.mask is not None:
            holds = self.builder.make("or", holds, self.builder.make("not", self.mask))
        self.builder.check(holds, self.memory.number_of_check(node))


# A lowering rule gives the value of a node of one op at a point.
LoweringRule = Callable[[ElementalEmitter, Node, Point], Value]
# The coordinates a value is read at: the axes of a space, None for 0, or none of these (fusion/access_analysis.py).
Axes = tuple[int | None, ...]
Steps = Callable[[Node, Axes], Sequence[tuple[Node, Axes]]]


class Lowering(NamedTuple):
    """The lowering of an op that has no indexing map.

    Attributes:
        rule: gives the value of a node at a point.
        reads: the inputs it is computed from, and at which coordinates.
        lowers: whether a node can be lowered.
        may_fail: whether a run-time check of its nodes may fail.
    """

    rule: LoweringRule
    reads: Steps
    lowers: Callable[[Node], bool]
    may_fail: bool


_LOWERINGS: dict[Operation, Lowering] = {}


def pointwise(node: Node, at: Axes) -> Sequence[tuple[Node, Axes]]:
    """Every input at the same coordinates; scalars at none."""
    return [(source, at if source.ndim == node.ndim else ()) for source in node.inputs]


def _always(node: Node) -> bool:
    return True


def lowering_rule(
    op: Op, reads: Steps = pointwise, lowers: Callable[[Node], bool] = _always, may_fail: bool = False
) -> Callable[[LoweringRule], LoweringRule]:
    """Register the lowering rule of an op; the arguments are the attributes of ``Lowering``."""

    def register(made: LoweringRule) -> LoweringRule:
        _LOWERINGS[op] = Lowering(made, reads, lowers, may_fail)
        return made

    return register


def is_pointwise(node: Node) -> bool:
    """True if every element of a node is computed from the elements at the same point of its inputs."""
    own = lowering(node)
    return own is not None and own.reads is pointwise


def lowering(node: Node) -> Lowering | None:
    """The lowering of a node that is neither elementwise, nor a draw, nor read at an index that a map gives."""
    return _LOWERINGS.get(node.op)

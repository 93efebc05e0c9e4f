"""The order of a program's pieces: compiled segments and fallbacks, which exchange values by the numbers of slots.

A call has a list with a slot for each value: its arguments, the constants, and what pieces
compute. Which slots a piece reads is known beforehand, so that a call looks nothing up.

Read next: selfcheck.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Graph, Node
from ...op import Constant, SharedVariable, evaluate_node
from ...ops.numpy_maths import NUMPY
from ..base import Array
from .segment import NativeSegment


class Slots:
    """The numbers of the values of a call.

    Args:
        inputs: the nodes whose values a call is given, which have the first slots.
    """

    def __init__(self, inputs: Sequence[Node]) -> None:
        self._number: dict[Node, int] = {node: i for i, node in enumerate(inputs)}
        self._given = len(inputs)
        self._behind: list[Any] = []
        self._states: list[tuple[int, SharedVariable]] = []

    def of(self, node: Node) -> int:
        """The slot of a node's value."""
        if node not in self._number:
            self._number[node] = self._given + len(self._behind)
            self._behind.append(node.value if isinstance(node, Constant) else None)
            if isinstance(node, SharedVariable):
                self._states.append((self._number[node], node))
        return self._number[node]

    def filled(self, values: Sequence[Array]) -> list[Any]:
        """The slots of a call, with its arguments, the constants, and states that are read as they are."""
        slots = [*values, *self._behind]
        for number, state in self._states:
            slots[number] = state.container.read()
        return slots


class SegmentStep:
    """A compiled segment that reads and writes slots."""

    def __init__(self, segment: NativeSegment, slots: Slots) -> None:
        self._segment = segment
        self._reads = [slots.of(node) for node in segment.lowered.segment.inputs]
        self._writes = [slots.of(node) for node in segment.lowered.segment.outputs]

    def __call__(self, slots: list[Any]) -> bool:
        results = self._segment([slots[i] for i in self._reads])
        if results is None:
            return False
        for i, result in zip(self._writes, results, strict=True):
            slots[i] = result
        return True


class FallbackStep:
    """A node that NumPy computes from slots."""

    def __init__(self, node: Node, slots: Slots, graph: Graph) -> None:
        self._node, self._graph = node, graph
        self._reads = [slots.of(source) for source in node.inputs]
        self._write = slots.of(node)
        self._several = node.items is not None

    def __call__(self, slots: list[Any]) -> bool:
        try:
            result = evaluate_node(self._node, NUMPY, [slots[i] for i in self._reads], self._graph)
        except ShapeError:
            # Sizes that lowering took to be equal may differ in the graph as it was.
            return False
        slots[self._write] = result if self._several or type(result) is np.ndarray else np.asarray(result)
        return True


class PieceSequence:
    """The pieces of a program in their order.

    Args:
        pieces: compiled segments, and nodes that NumPy computes.
        graph: the lowered graph that they make.
    """

    def __init__(self, pieces: Sequence[NativeSegment | Node], graph: Graph) -> None:
        self._slots = Slots(graph.inputs)
        self._steps = [
            SegmentStep(piece, self._slots)
            if isinstance(piece, NativeSegment)
            else FallbackStep(piece, self._slots, graph)
            for piece in pieces
        ]
        self._outputs = [self._slots.of(node) for node in graph.outputs]

    def __call__(self, values: Sequence[Array]) -> list[Any] | None:
        """The outputs, or None if a check failed."""
        slots = self._slots.filled(values)
        with np.errstate(all="ignore"):
            for step in self._steps:
                if not step(slots):
                    return None
        return [slots[i] for i in self._outputs]

"""The program of the NumPy back end: an interpreter of the graph, as ``evaluate`` is one.

Known beforehand are the order, liveness (which step is the last to read a value), and which
formulas are one ufunc call, whose result has a choice of places. All else is evaluation.

Read next: ../native/__init__.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...graph import Graph, Node, toposort, unstretched
from ...op import KnownSizes, evaluate_node, leaf_value
from ...ops.known_shapes import KnownShapes, ShapeOf
from ...rewrite.rematerialisation import bytes_by, peak_bytes
from ..base import Array, Backend, Listing, Program, own
from .arena import LARGE, Arena, is_free
from .ufunc_call import ufunc_call


class Instruction:
    """The evaluation of a node; it reads ``sources``, of which no later step reads those in ``dying``."""

    def __init__(self, node: Node, sizes: KnownSizes) -> None:
        self.node, self.dying, self._call, inputs = node, list[Node](), ufunc_call(node), node.inputs
        self._full = [i for i, s in enumerate(inputs) if self._call and s.ndim == node.ndim and unstretched(s) is s]
        # For operands that a ufunc stretches itself: along which axes, and to the sizes of which of the full ones.
        self._like: dict[int, tuple[list[int], int]] = {}
        for i, source in enumerate(inputs):
            if self._call is not None and (narrow := unstretched(source)) is not source:
                axes = [k for k in range(-node.ndim, 0) if -k > narrow.ndim or narrow.type.shape[k] == 1]
                like = [j for j in self._full if all(sizes(source)[k] == sizes(inputs[j])[k] for k in axes)]
                self._like[i], self._call = (axes, like[0] if like else i), self._call if like else None
        self.sources = inputs if self._call is None else tuple(map(unstretched, inputs))

    def _shape(self, operands: list[Any], i: int) -> tuple[int, ...]:
        """The shape that evaluation stretches an operand to."""
        axes, j = self._like[i]
        return tuple(operands[j if k in axes else i].shape[k] for k in range(-self.node.ndim, 0))

    def run(self, operands: list[Any], arena: Arena, graph: Graph) -> Any:
        """The node's value from those of its sources; errors are those of ``evaluate``."""
        if self._call is not None:
            try:
                shapes = [operands[i].shape for i in self._full] + [self._shape(operands, i) for i in self._like]
                if shapes.count(shapes[0]) == len(shapes):
                    return self._call(*operands, out=self._place(operands, arena))
            except Exception:
                pass  # Evaluation meets it again, and says where.
            for i in self._like:
                operands[i] = np.broadcast_to(operands[i], self._shape(operands, i))
        return evaluate_node(self.node, arena, operands, graph)

    def _place(self, operands: list[Array], arena: Arena) -> Array | None:
        """The array for a ufunc's result: a free operand, or one of the arena; None where a new one is due."""
        if operands[self._full[0]].nbytes < LARGE:
            return None
        for i in self._full:
            if is_free(operands, i) and operands[i].dtype == self.node.dtype:
                return operands[i]
        # A new array would have the order of the operands.
        like = operands[self._full[0]]
        return arena.take(like.shape, np.dtype(self.node.dtype)) if like.flags.c_contiguous else None


class NumpyProgram(Program):
    """A graph as a list of evaluations."""

    backend: ClassVar[str] = "numpy"

    def __init__(self, graph: Graph) -> None:
        self._graph, self.kernels, sizes, inputs = graph, list[str](), KnownSizes(), set(graph.inputs)
        nodes = [node for node in graph.nodes() if node not in inputs]
        self._leaves = {node: leaf_value(node) for node in nodes if node.is_leaf}
        steps = {node: Instruction(node, sizes) for node in nodes if not node.is_leaf}
        read = set(toposort(graph.outputs, sources=lambda node: steps[node].sources if node in steps else ()))
        self._steps = [step for node, step in steps.items() if node in read]
        later = set(graph.outputs)
        for step in reversed(self._steps):
            step.dying = [source for source in set(step.sources) if source in steps and source not in later]
            later.update(step.sources)
        names = {node: f"v{i}" for i, node in enumerate((*graph.inputs, *self._leaves, *(s.node for s in self._steps)))}
        for step in self._steps:
            given = [names[source] for source in step.sources] + [f"{k}={v!r}" for k, v in step.node.params.items()]
            self.kernels.append(f"{names[step.node]} = {step.node.op.name}({', '.join(given)})")
        # The arena of the last call to end, under one key: taking it out is one operation, whatever other threads do.
        self._kept: dict[str, Arena] = {}

    def __call__(self, values: Sequence[Array], spares: list[Array | None]) -> Sequence[Array]:
        arena = Arena(self._kept.pop("arena", None))
        arena.give(spares)
        spares.clear()
        known = self._leaves | dict(zip(self._graph.inputs, values, strict=True))
        with np.errstate(all="ignore"):
            for step in self._steps:
                operands = [known[source] for source in step.sources]
                for source in step.dying:
                    del known[source]
                known[step.node] = step.run(operands, arena, self._graph)
                if step.dying:
                    arena.give(operands)
        self._kept["arena"] = arena
        return own([known[output] for output in self._graph.outputs], values)

    def listings(self, assembly: bool) -> list[Listing]:
        return [Listing(line, line, "", frozenset((self._steps[i].node,))) for i, line in enumerate(self.kernels)]


class NumpyBackend(Backend):
    """Interprets graphs."""

    name: ClassVar[str] = "numpy"

    def compile(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf | None = None) -> NumpyProgram:
        return NumpyProgram(graph)

    def planned_bytes(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf) -> int:
        return peak_bytes(graph, bytes_by(KnownShapes({leaf: shape_of(leaf) for leaf in graph.inputs})))

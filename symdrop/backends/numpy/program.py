"""The program of the NumPy back end: an interpreter of the graph, as ``evaluate`` is one.

Known beforehand are the order, liveness (which step is the last to read a value), and which
formulas are one call of a ufunc, whose result may be written over an operand or into the
arena. All else, errors included, is left to evaluation.

Read next: ../native/__init__.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...graph import Graph, Node, toposort, unstretched
from ...op import KnownSizes, evaluate_node, leaf_value
from ..base import Array, Backend, Listing, Program, own
from .arena import LARGE, Arena, is_free
from .ufunc_call import ufunc_call


class Step:
    """The evaluation of a node; it reads ``sources``, of which no later step reads those in ``dying``."""

    def __init__(self, node: Node, sizes: KnownSizes) -> None:
        self.node, self.sources, self.dying = node, node.inputs, list[Node]()
        self._call = ufunc_call(node)
        if self._call is not None:
            # Operands of the result's shape; for those that the ufunc stretches itself, which of the former they fit.
            full = {i: source for i, source in enumerate(node.inputs) if source.ndim == node.ndim}
            like = {sizes(source): i for i, source in full.items() if unstretched(source) is source}
            stretched = {i: source for i, source in enumerate(node.inputs) if unstretched(source) is not source}
            self._like = {i: like[sizes(source)] for i, source in stretched.items() if sizes(source) in like}
            self._full = [i for i in full if i not in self._like]
            self.sources = tuple(unstretched(s) if i in self._like else s for i, s in enumerate(node.inputs))

    def run(self, operands: list[Any], arena: Arena, graph: Graph) -> Any:
        """The node's value from those of its sources; errors are those of ``evaluate``."""
        if self._call is not None:
            try:
                first, *others = [operands[i].shape for i in self._full]
                if others.count(first) == len(others):
                    return self._call(*operands, out=self._place(operands, arena))
            except Exception:
                # Evaluation meets it again, and says where.
                pass
            for i, j in self._like.items():
                operands[i] = np.broadcast_to(operands[i], operands[j].shape)
        return evaluate_node(self.node, arena, operands, graph)

    def _place(self, operands: list[Array], arena: Arena) -> Array | None:
        """The array for a ufunc's result: a free operand, or one of the arena; None for a new one."""
        first, dtype = self._full[0], self.node.dtype
        if operands[first].nbytes < LARGE:
            return None
        for i in self._full:
            if is_free(operands, i) and operands[i].dtype == dtype:
                return operands[i]
        # A new array would have the order of the operands.
        return arena.take(operands[first].shape, np.dtype(dtype)) if operands[first].flags.c_contiguous else None


class NumpyProgram(Program):
    """A graph as a list of evaluations."""

    backend: ClassVar[str] = "numpy"

    def __init__(self, graph: Graph) -> None:
        self._graph, self.kernels, sizes, inputs = graph, list[str](), KnownSizes(), set(graph.inputs)
        nodes = [node for node in graph.nodes() if node not in inputs]
        self._leaves = {node: leaf_value(node) for node in nodes if node.is_leaf}
        steps = {node: Step(node, sizes) for node in nodes if not node.is_leaf}
        read = set(toposort(graph.outputs, sources=lambda node: steps[node].sources if node in steps else ()))
        self._steps = [step for node, step in steps.items() if node in read]
        later = set(graph.outputs)
        for step in reversed(self._steps):
            step.dying = [source for source in set(step.sources) if source in steps and source not in later]
            later.update(step.sources)
        named = enumerate(dict.fromkeys((*graph.inputs, *self._leaves, *(step.node for step in self._steps))))
        names = {node: f"{'x' if node.is_leaf else 'v'}{i}" for i, node in named}
        for step in self._steps:
            given = [names[source] for source in step.sources] + [f"{k}={v!r}" for k, v in step.node.params.items()]
            self.kernels.append(f"{names[step.node]} = {step.node.op.name}({', '.join(given)})")
        # The arena of the last call to end, under one key: taking it out is one operation, whatever other threads do.
        self._kept: dict[str, Arena] = {}

    def __call__(self, values: Sequence[Array], spares: list[Array | None]) -> Sequence[Array]:
        arena = Arena(self._kept.pop("arena", None))
        arena.give(spares)
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

    def compile(self, graph: Graph, states: Mapping[int, int]) -> NumpyProgram:
        return NumpyProgram(graph)

"""The values of all nodes for one call, the gradients of the first output, and what every draw was given.

Each stage is evaluated node by node, from the states' present values, which stay what they
are. A draw is given the step that the next call will use, so the values are those of that
call. There is a limit to how much is computed, since only a glimpse of each value is shown.

Read next: draws.py
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff import pull_back_recorded
from ..compiler import Function
from ..compiler.compile import UPDATE_OF, used_gradients
from ..errors import SymdropError
from ..graph import Graph, Node
from ..inspect.trace import Step, steps
from ..op import Constant, Flag, evaluate
from ..ops.numpy_maths import NUMPY
from ..types import is_float
from .atlas import SHARED_STAGES, Atlas
from .values import Values

Array = np.ndarray[Any, Any]

# Numbers and seconds after which no more values are looked at, and nodes of a graph whose gradients are computed.
_NUMBERS, _SECONDS, _NODES = 100_000_000, 15.0, 4000


class TooMuch(SymdropError):
    """There is more to compute than to show."""


class Given(NamedTuple):
    """The arguments of a draw.

    Attributes:
        arguments: the values of its inputs.
        loops: the positions of the loops around it.
    """

    arguments: tuple[Any, ...]
    loops: tuple[int, ...]


class Measures:
    """Numbers of values, by node.

    Attributes:
        values: the arrays.
        of: the value of every node.
        gradients: for every function the gradient of its first output with respect to nodes.
        draws: what every draw was given.
        notes: what is missing, by function.
    """

    def __init__(self) -> None:
        self.values = Values()
        self.of: dict[Node, int] = {}
        self.gradients: list[dict[Node, int]] = []
        self.draws: dict[Node, Given] = {}
        self.notes: dict[int, str] = {}
        self._numbers = 0
        self._end = 0.0

    def add(self, atlas: Atlas, arguments: Sequence[Any]) -> None:
        """Evaluate all stages.

        Args:
            atlas: the graphs.
            arguments: of a call.
        """
        self._end = time.monotonic() + _SECONDS
        for number, f in enumerate(atlas.functions):
            self.gradients.append({})
            leaves = f.arguments(*arguments)
            wanted: dict[Node, Any] = dict.fromkeys(used_gradients(f.stages["gradient"]))
            # The gradients that the user's formulas take as inputs are known after the next stage.
            for name in dict.fromkeys(("gradient", *f.stages.graphs())):
                place = atlas.stages[number][name]
                if atlas.graphs[place].is_large or (number and name in SHARED_STAGES):
                    continue
                try:
                    self._stage(name, f, number, leaves, wanted)
                except Exception as error:  # of ops that others have written too
                    self.notes[number] = f"some values are missing: {error}"

    def _stage(self, name: str, f: Function, number: int, leaves: Mapping[Node, Any], wanted: dict[Node, Any]) -> None:
        graph, values = f.stages[name], dict(leaves)
        for leaf in graph.nodes():
            if isinstance(leaf, Flag):
                # One that nobody set makes no difference to what is asked for.
                values[leaf] = np.asarray(f.flags.get(leaf.flag_name, False))
        if name == "user":
            known = zip(graph.inputs[len(f.inputs) :], wanted.values(), strict=True)
            values.update((leaf, value) for leaf, value in known if value is not None)
        self._graph(graph, values, wanted)
        if name != "user":
            self._gradients(graph, values, self.gradients[number])

    def _graph(self, graph: Graph, given: Mapping[Node, Any], wanted: dict[Node, Any]) -> None:
        """The values of a graph's nodes, and for nodes of bodies those of the last step; ``wanted`` is filled."""
        inside: dict[Node, Step] = {}
        draws = [node for node in graph.nodes() if node.op.kind == "draw"]
        sources = {source for draw in draws for source in draw.inputs}
        kept: dict[Node, Any] = {}

        def visit(step: Step) -> None:
            self._check(0)
            inside[step.node] = step

        for step in steps(graph, given, visit):
            self._note(step.node, step.value)
            if step.node in wanted:
                wanted[step.node] = step.value
            if step.node in sources:
                kept[step.node] = step.value
        kept.update((node, last.value) for node, last in inside.items())
        constants = (*graph.nodes(), *(source for inner in inside for source in inner.inputs))
        kept.update((node, node.value) for node in constants if isinstance(node, Constant))
        for node in (*inside, *constants):
            if node in inside or isinstance(node, Constant):
                self._note(node, kept[node])
        self._note_draws([*draws, *(node for node in inside if node.op.kind == "draw")], inside, kept)

    def _note_draws(self, draws: Iterable[Node], inside: Mapping[Node, Step], kept: Mapping[Node, Any]) -> None:
        """The operands of each draw, where they were seen, and the positions of the loops around it."""
        for draw in draws:
            if all(source in kept for source in draw.inputs):
                loops = inside[draw].loops if draw in inside else ()
                self.draws[draw] = Given(tuple(kept[source] for source in draw.inputs), loops)

    def _gradients(self, graph: Graph, given: Mapping[Node, Any], found: dict[Node, int]) -> None:
        """The gradients of the first output with respect to what it is computed from, if it is a cost."""
        cost = graph.outputs[0] if graph.outputs and not graph.labels[0].startswith(UPDATE_OF) else None
        if cost is None or cost.ndim or not is_float(cost.dtype) or len(graph) > _NODES:
            return
        leaves = [node for node in graph.nodes() if node.op.name in ("input", "shared") and is_float(node.dtype)]
        try:
            _, records = pull_back_recorded({cost: Constant(np.asarray(1, cost.dtype), lines=())}, leaves)
        except SymdropError:
            # Some op on the way has no gradient.
            return
        cotangents = {record.node: record.cotangent for record in records if isinstance(record.cotangent, Node)}
        with np.errstate(all="ignore"):
            values = evaluate(Graph(graph.inputs, cotangents.values()), NUMPY, given)
        for node, value in zip(cotangents, values, strict=True):
            self._check(np.size(value))
            found.setdefault(node, self.values.add(np.asarray(value)))

    def _note(self, node: Node, value: Array) -> None:
        if node not in self.of:
            self._check(value.size)
            self.of[node] = self.values.add(value)

    def _check(self, more: int) -> None:
        """Count what is looked at.

        Raises:
            TooMuch: if it is enough.
        """
        self._numbers += more
        if self._numbers > _NUMBERS:
            raise TooMuch(f"together they are more than {_NUMBERS:,} numbers")
        if time.monotonic() > self._end:
            raise TooMuch(f"computing them took more than {_SECONDS:g} seconds")

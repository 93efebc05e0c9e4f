"""All that is drawn of a compiled function: its stages, those of its counterpart, the bodies in them.

A node that stands in several graphs has one number. The counterpart is the same function with
``training`` turned round, where its graph has that flag; up to the fixing of flags the two
share their graphs.

Read next: kernels.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..compiler import Function, RuntimeFunction
from ..graph import Graph, Node
from ..inspect.counterparts import Stage, counterparts
from ..op import Flag, bodies
from ..rewrite import Firing

# A larger graph is only counted.
LARGEST = 20_000

SHARED_STAGES = ("user", "gradient")


class Drawn(NamedTuple):
    """A graph to draw.

    Attributes:
        graph: the graph.
        title: what it is, in a word or two.
        function: the number of the function that it is of.
        is_large: whether it is too large to be drawn.
        rules: the rules that led to it.
        holder: the loop or branch that it is in, if any.
        around: the graph that the holder is in.
    """

    graph: Graph
    title: str
    function: int
    is_large: bool
    rules: tuple[Firing, ...] = ()
    holder: Node | None = None
    around: Drawn | None = None

    @property
    def nodes(self) -> list[Node]:
        """The nodes to draw."""
        return [] if self.is_large else self.graph.nodes()


class Atlas:
    """The graphs of one or two functions.

    Args:
        functions: the function, and its counterpart where there is one.
        largest: the number of nodes beyond which a graph is not drawn.

    Attributes:
        functions: these.
        graphs: all graphs, bodies after the graphs that hold them.
        stages: for every function the places of its stages among the graphs, by name.
        number: every drawn node's number.
        before: the nodes of earlier stages that nodes stand for, where these are others.
        bodies: the place of every body among the graphs.
    """

    def __init__(self, functions: Sequence[Function], largest: int = LARGEST) -> None:
        self.functions = functions
        self.graphs: list[Drawn] = []
        self.stages: list[dict[str, int]] = []
        self.number: dict[Node, int] = {}
        self.before: dict[Node, Node] = {}
        self.bodies: dict[Graph, int] = {}
        self._largest = largest
        for number in range(len(functions)):
            self._add(number)

    def last(self, number: int) -> Drawn:
        """The graph that a function runs."""
        return self.graphs[self.stages[number]["rewritten"]]

    def _add(self, number: int) -> None:
        """The stages of a function."""
        f = self.functions[number]
        places: dict[str, int] = {}
        self.stages.append(places)
        for name, graph in f.stages.graphs().items():
            if number and name in SHARED_STAGES:
                places[name] = self.stages[0][name]
                continue
            places[name] = len(self.graphs)
            rules = tuple(f.rules_by_stage.get(name, ()))
            self._draw(Drawn(graph, f.name, number, len(graph) > self._largest, rules))
        names = list(places)
        known: dict[int, Stage] = {}
        for earlier, later in pairwise(names):
            old, new = (self.graphs[places[name]] for name in (earlier, later))
            if old.is_large or new.is_large or (number and later in SHARED_STAGES):
                continue
            for place, drawn in ((places[earlier], old), (places[later], new)):
                known.setdefault(place, Stage(drawn.graph))
            found = counterparts(known[places[later]], known[places[earlier]], new.rules)
            for node, before in found.items():
                if node is not before:
                    self.before.setdefault(node, before)

    def _draw(self, drawn: Drawn) -> None:
        """A graph and the bodies in it."""
        self.graphs.append(drawn)
        for current in (waiting := [drawn]):
            for node in current.nodes:
                self.number.setdefault(node, len(self.number))
                for name, body in bodies(node).items():
                    if body not in self.bodies:
                        self.bodies[body] = len(self.graphs)
                        title = f"{name} of {node.name or node.op.name}"
                        large = len(body) > self._largest
                        self.graphs.append(Drawn(body, title, drawn.function, large, (), node, current))
                        waiting.append(self.graphs[-1])


def draws_of(graph: Graph) -> list[Node]:
    """The draws of a graph and of the bodies in it."""
    return [node for node in Stage(graph).order if node.op.kind == "draw"]


def functions_of(f: Function | RuntimeFunction) -> list[Function]:
    """The function, and its counterpart where ``training`` makes a difference."""
    if isinstance(f, RuntimeFunction):
        return [f.train, f.test]
    full = f.stages["gradient"]
    if len(full) > LARGEST or "training" not in f.flags:
        return [f]
    flags = [node for node in Stage(full).order if isinstance(node, Flag) and node.flag_name == "training"]
    return [f, f.with_flags({"training": not f.flags["training"]})] if flags else [f]

"""Where the values of a graph are computed: where they are needed, and are not nothing.

What is a structural zero unless some condition holds, as the cotangent that a branch sends
back is, need not be computed to be zero:

    ifelse(p, g, nothing) * w                     g * w is needed if p holds, and is nothing otherwise

So the way back through a side not taken, loops included, is not made.

Read next: prune.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..graph import Graph, Node, rebuild, toposort
from ..op import Control, Elementwise, KnownSizes, bodies, lookup
from ..ops.arithmetic import add
from ..ops.branches import ifelse
from ..ops.control_dependence import (
    EVERYWHERE,
    ControlDependence,
    Either,
    Outcome,
    Region,
    is_consistent,
    is_size,
    simplified,
)
from .bodies import captures_from
from .known import zero_in_place_of
from .zero_flow import zero_unless


class Regions(ControlDependence):
    """The regions in which a graph's nodes are computed.

    Args:
        graph: a closed graph; its outputs are needed in any case.

    Attributes:
        extent: for nodes that are zero outside of their region what their sizes are computed from.
        sizes: of all nodes.
    """

    def __init__(self, graph: Graph) -> None:
        self.extent: dict[Node, list[Node]] = {}
        self.sizes = KnownSizes()
        self._nonzero = zero_unless(graph.nodes())
        self._rank: dict[Node, tuple[bool, int]] = {}
        self._inner: dict[Graph, Regions] = {}
        super().__init__(graph.outputs)

    def narrowed(self, node: Node, demanded: set[Region]) -> set[Region]:
        nonzero = self._nonzero[node]
        if nonzero and node.op is ifelse:
            # Which of its sides it is it says itself.
            nonzero = frozenset(one for one in nonzero if one.condition is not node.inputs[0])
        if not nonzero or node in self.portable or all(nonzero <= region for region in demanded):
            return demanded
        inside = {region | nonzero for region in demanded}
        extent = self._extent(node)
        if extent is None or not all(map(is_consistent, inside)):
            return demanded
        self.extent[node] = extent
        self._need_conditions(demanded, nonzero)
        for source in extent:
            self.need(source, demanded)
        return simplified(inside)

    def demands(self, node: Node, terms: set[Region]) -> Iterator[tuple[Node, Iterable[Region]]]:
        if not isinstance(node.op, Control):
            yield from super().demands(node, terms)
            return
        first = captures_from(node)
        for source in node.inputs[:first]:
            yield source, terms
        captured = node.inputs[first:]
        outside = [self._of_captured(body, captured) for body in bodies(node).values()]
        for k, source in enumerate(captured):
            # In a body that asks for it only under conditions captured as well, it is needed under these.
            shared = frozenset.intersection(*(inner[k] for inner in outside))
            yield source, {term | shared for term in terms if is_consistent(term | shared)} or terms

    def _of_captured(self, body: Graph, captured: Sequence[Node]) -> list[Region]:
        """For all that is captured the outcomes, around the body, under which the body asks for it."""
        inner = self._inner.get(body)
        if inner is None:
            inner = self._inner[body] = Regions(body)
        leaves = body.inputs[len(body.inputs) - len(captured) :]
        around = dict(zip(leaves, captured, strict=True))
        return [_outside(inner.region.get(leaf, EVERYWHERE), around) for leaf in leaves]

    def _need_conditions(self, demanded: Iterable[Region], outcomes: Region) -> None:
        """To know that a value is zero its conditions are asked: first those that can always be asked."""
        ordered = sorted(outcomes, key=self._may_fail)
        for region in demanded:
            for one in ordered:
                if one not in region:
                    assert isinstance(one.condition, Node)
                    self.need(one.condition, [region])
                    region |= {one}

    def _may_fail(self, outcome: Outcome) -> tuple[bool, int]:
        condition = outcome.condition
        assert isinstance(condition, Node)
        if condition not in self._rank:
            safe = all(
                node in self.portable or (isinstance(node.op, Elementwise) and node.ndim == 0)
                for node in toposort([condition], stop=self.portable.__contains__)
            )
            self._rank[condition] = not safe, self.index[condition]
        return self._rank[condition]

    def _extent(self, node: Node) -> list[Node] | None:
        """What a node's sizes are computed from, all of it before the node; None if its size is its own secret."""
        found: dict[Node, None] = {}
        for size in self.sizes(node):
            if isinstance(size, int):
                continue
            for part in toposort([size], stop=self.index.__contains__):
                if part in self.index:
                    if self.index[part] >= self.index[node]:
                        return None
                    found[part] = None
                elif not (part.is_leaf or is_size(part)):
                    return None
        return [part for part in found if part not in self.portable]


def _outside(region: Region, around: Mapping[Node, Node]) -> Region:
    """The outcomes of a region inside a body as outcomes around it, as far as its conditions are captured."""
    found: set[Outcome] = set()
    for condition, side in region:
        if isinstance(condition, Either):
            parts = [_outside(part, around) for part in condition.regions]
            if all(len(part) == len(old) for part, old in zip(parts, condition.regions, strict=True)):
                found.add(Outcome(Either(frozenset(parts)), side))
        elif condition in around:
            found.add(Outcome(around[condition], side))
    return frozenset(found)


def with_additions_apart(graph: Graph) -> Graph:
    """The graph in which what is scattered into a sum, and may be nothing, is scattered into zeros and added."""
    nonzero = zero_unless(graph.nodes())
    scatter = lookup("inc_subtensor")
    sizes = KnownSizes()
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        made = rebuild(node, [new[source] for source in node.inputs])
        if node.op is scatter and nonzero[node.inputs[1]] and nonzero[node] == EVERYWHERE:
            zeros = zero_in_place_of(node.inputs[0], sizes)
            if zeros is not None:
                made = add(made.inputs[0], scatter(zeros, *made.inputs[1:], **made.params))
        new[node] = made
    return graph.with_outputs([new[output] for output in graph.outputs])

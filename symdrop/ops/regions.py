"""The regions in which the values of a graph are computed: where they are needed, and are no structural zeros.

What is a structural zero unless some condition holds, as the cotangent that a branch sends
back is, need not be computed to be zero:

    ifelse(p, g, zero) * w                        g * w is needed if p holds, and is zero otherwise

So the way back through a side not taken, loops included, is not made.

Read next: closures.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..graph import Graph, Node, toposort
from ..op import Control, Elementwise, KnownSizes, bodies, captures_from, is_choice, is_dim, sequences_of
from .control_dependence import (
    EVERYWHERE,
    ControlDependence,
    Either,
    Outcome,
    Region,
    is_consistent,
    is_size,
    simplified,
)
from .zero_flow import zero_unless


class Regions(ControlDependence):
    """The regions in which a graph's nodes are computed.

    Args:
        outputs: what is needed in any case.

    Attributes:
        extent: for nodes that are zero outside of their region what their sizes are computed from.
        sizes: of all nodes.
        sized: leaves whose sizes are asked for. Their ``region`` is where their elements are.
    """

    def __init__(self, outputs: Sequence[Node]) -> None:
        self.extent: dict[Node, list[Node]] = {}
        self.sizes = KnownSizes()
        self.sized: set[Node] = set()
        self._nonzero = zero_unless(toposort(outputs))
        self._rank: dict[Node, tuple[bool, int]] = {}
        self._inner: dict[Graph, Regions] = {}
        super().__init__(outputs)

    def narrowed(self, node: Node, demanded: set[Region]) -> set[Region]:
        nonzero = self._nonzero[node]
        if nonzero and is_choice(node):
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
        if is_dim(node) and node.inputs[0].is_leaf:
            self.sized.add(node.inputs[0])
            return
        if not isinstance(node.op, Control):
            yield from super().demands(node, terms)
            return
        first = captures_from(node)
        stepped = sequences_of(node)
        sequences = [node.inputs[k] for k in stepped]
        captured = node.inputs[first:]
        asked = [self._asked_by(body, sequences, captured) for body in bodies(node).values()]
        for k, source in enumerate(node.inputs[:first]):
            if k not in stepped:
                yield source, terms
        for k, source in enumerate((*sequences, *captured)):
            # In a body that asks for it only under conditions captured as well, it is needed under these.
            shared = frozenset.intersection(*(one[k][0] or EVERYWHERE for one in asked))
            sized = k < len(sequences) or any(one[k][1] for one in asked)
            unread = all(one[k][0] is None for one in asked)
            if (shared or unread) and sized and not self._is_zeros_elsewhere(source, terms):
                shared, unread = EVERYWHERE, False
            wanted = {term | shared for term in terms if is_consistent(term | shared)}
            if wanted and not unread:
                yield source, wanted

    def _asked_by(
        self, body: Graph, sequences: Sequence[Node], captured: Sequence[Node]
    ) -> list[tuple[Region | None, bool]]:
        """The outcomes, around a body, under which it reads what it is given, and whether it asks for the sizes.

        None stands for what no step reads.
        """
        inner = self._inner.get(body)
        if inner is None:
            inner = self._inner[body] = Regions(body.outputs)
        leaves = body.inputs[len(body.inputs) - len(captured) :]
        around = dict(zip(leaves, captured, strict=True))
        # A loop's first placeholder is the position, and those of its sequences follow.
        given = (*body.inputs[1 : 1 + len(sequences)], *leaves)
        read = [inner.region.get(leaf) for leaf in given]
        regions = [None if region is None else _outside(region, around) for region in read]
        return [(region, leaf in inner.sized) for region, leaf in zip(regions, given, strict=True)]

    def _is_zeros_elsewhere(self, node: Node, terms: Iterable[Region]) -> bool:
        """True if zeros stand for a node in the parts of regions that do without it; its sizes are asked for."""
        if node.is_leaf:
            self.sized.add(node)
            return True
        extent = self._extent(node)
        if extent is None:
            return False
        self.extent[node] = extent
        for source in extent:
            self.need(source, terms)
        return True

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
        """The nodes that a node's sizes are computed from, all before the node; None if its shape is data-dependent."""
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
        self.sized.update(leaf for leaf in toposort([p for p in found if p in self.portable]) if leaf.is_leaf)
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


def conditional(outputs: Sequence[Node]) -> set[Node]:
    """The nodes that are not needed in any case, sizes and leaves excepted: only sides of choices ask for them."""
    if not any(is_choice(node) or isinstance(node.op, Control) for node in toposort(outputs)):
        return set()
    found = Regions(outputs)
    return {node for node, region in found.region.items() if region and node not in found.portable}

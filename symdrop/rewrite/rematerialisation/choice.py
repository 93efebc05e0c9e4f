"""The choice of what is recomputed: the fewest operations for which the memory plan stays within a limit.

First the plans of ``segments.py`` are tried: what follows point by point is computed again, or segments are, for
budgets in geometric steps, with products kept and without. Of these the one is taken that needs least memory. Then
values are kept again, those first that save most operations for every byte and every node computed meanwhile, as many
as the limit allows. How much memory a plan needs the back end says.

Source: T. Chen et al., "Training deep nets with sublinear memory cost", arXiv:1604.06174, 2016 (budgets); the ratio is
that of M. Kirisame et al., "Dynamic tensor rematerialization", ICLR 2021.

Read next: ../pipeline.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from ...graph import Graph, Node
from ...op import Contraction, operations
from .liveness import bytes_by, lifetimes, peak
from .passes import Passes
from .recompute import Parts, recomputed
from .segments import kept_between_segments, kept_but_pointwise

# Budgets are the bytes of the forward pass divided by powers of this.
_STEP = 2**0.5
_BUDGETS = 14
# Of the plans that the model of liveness finds best, how many are shown to the back end; and if none of them will do.
_TRIED, _MOST_TRIED = 2, 5
# A value of fewer bytes than this part of the largest one is always kept.
_SMALL = 1 / 256


@dataclass(frozen=True, slots=True)
class RecomputedValue:
    """A value that the backward pass computes again.

    Attributes:
        node: the value, as the forward pass computes it.
        size: its bytes.
        operations: what computing it once takes.
    """

    node: Node
    size: int
    operations: int


@dataclass(frozen=True, slots=True)
class Recomputation:
    """A choice of values to compute again.

    Attributes:
        graph: the graph that runs.
        values: what it computes again.
        planned: bytes of intermediate values by the back end's plan.
        without: the same if nothing were computed again.
        operations: those of the graph without recomputation.
    """

    graph: Graph
    values: tuple[RecomputedValue, ...]
    planned: int
    without: int
    operations: int


class Choice:
    """The choice for one graph.

    Args:
        graph: the graph, rewritten.
        states: for outputs that are the new value of a state that state.
        shape_of: gives the shapes of its nodes.
        planned: gives the bytes that the back end plans for a graph.
    """

    def __init__(
        self,
        graph: Graph,
        states: Mapping[Node, Node],
        shape_of: Callable[[Node], tuple[int, ...]],
        planned: Callable[[Graph], int],
    ) -> None:
        self.graph = graph
        self.bytes_of = bytes_by(shape_of)
        self.without = planned(graph)
        self._states = states
        self._shape_of = shape_of
        self._planned = planned
        self._sizes: dict[frozenset[Node], int] = {}

    def plan(self, limit: int) -> tuple[set[Node], int]:
        """The values to keep, and the bytes that the back end plans then."""
        self.passes = Passes(self.graph, self._states, self.bytes_of)
        self._small = self._always_kept()
        plans = sorted(self._plans(), key=self._estimate)
        tried = [(plan, self._size(plan)) for plan in plans[:_TRIED]]
        if all(size > limit for _, size in tried):
            tried += [(plan, self._size(plan)) for plan in plans[_TRIED:_MOST_TRIED]]
        kept, size = min(tried, key=lambda pair: pair[1])
        return self._keep_again(kept, limit) if size <= limit else (kept, size)

    def parts(self, kept: Collection[Node]) -> Parts:
        """The parts that are computed again if some values are kept."""
        return Parts(self.passes, {*kept, *self._small})

    def operations_of(self, node: Node) -> int:
        """The operations that a value takes."""
        return 0 if node.items is not None else operations(node, self._shape_of)

    def _size(self, kept: Collection[Node]) -> int:
        """The bytes that the back end plans if some values are kept."""
        parts = self.parts(kept)
        key = frozenset(parts.all)
        if key not in self._sizes:
            self._sizes[key] = self._planned(recomputed(self.passes, parts, self.bytes_of))
        return self._sizes[key]

    def _estimate(self, kept: Collection[Node]) -> int:
        return peak(self.parts(kept).steps(), self.graph.outputs, self.bytes_of)

    def _always_kept(self) -> set[Node]:
        sizes = {node: self.bytes_of(node) for node in self.passes.forward}
        least = max(sizes.values(), default=0) * _SMALL
        return {node for node, size in sizes.items() if 0 < size < least}

    def _plans(self) -> Iterator[set[Node]]:
        total = sum(map(self.bytes_of, self.passes.forward))
        products = {node for node in self.passes.forward if isinstance(node.op, Contraction)}
        found = {frozenset(kept_but_pointwise(self.passes))}
        yield from map(set, found)
        for kept in (products, set[Node]()):
            for k in range(_BUDGETS):
                plan = frozenset(kept_between_segments(self.passes, total / _STEP**k, self.bytes_of) | kept)
                if plan not in found:
                    found.add(plan)
                    yield set(plan)

    def _keep_again(self, kept: set[Node], limit: int) -> tuple[set[Node], int]:
        """Keep as many of the values after all as the limit allows, the best ones first."""
        alive = lifetimes(self.passes.order)

        def saved(node: Node) -> float:
            return self.operations_of(node) / (self.bytes_of(node) * max(alive[node], 1))

        order = sorted(filter(self.bytes_of, self.parts(kept).all), key=saved, reverse=True)
        best, size, least, most = kept, self._size(kept), 0, len(order)
        while least < most:
            count = (least + most + 1) // 2
            trial = kept | set(order[:count])
            needed = self._size(trial)
            if needed <= limit:
                best, size, least = trial, needed, count
            else:
                most = count - 1
        return best, size


def within_memory(
    graph: Graph,
    states: Mapping[Node, Node],
    limit: int,
    shape_of: Callable[[Node], tuple[int, ...]],
    planned: Callable[[Graph], int],
) -> Recomputation:
    """The graph whose intermediate values take no more bytes than a limit, if any plan is found; else that of least.

    Args:
        graph: the graph, rewritten.
        states: for outputs that are the new value of a state that state.
        limit: bytes.
        shape_of: gives the shapes of its nodes.
        planned: gives the bytes that the back end plans for a graph.
    """
    choice = Choice(graph, states, shape_of, planned)
    all_operations = sum(map(choice.operations_of, graph.nodes()))
    if choice.without <= limit:
        return Recomputation(graph, (), choice.without, choice.without, all_operations)
    kept, size = choice.plan(limit)
    if size >= choice.without:
        return Recomputation(graph, (), choice.without, choice.without, all_operations)
    parts = choice.parts(kept)
    values = (RecomputedValue(node, choice.bytes_of(node), choice.operations_of(node)) for node in parts.all)
    made = recomputed(choice.passes, parts, choice.bytes_of)
    return Recomputation(made, tuple(values), size, choice.without, all_operations)

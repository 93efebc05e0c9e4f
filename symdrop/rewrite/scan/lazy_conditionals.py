"""Lazy conditionals: nodes that are needed under a condition alone sink into a ``branch``.

The regions of ``regions.py`` nest: what is needed if p and q hold stands in a
branch by q inside of one by p. At every level the nodes are put in an order in which as
many as possible of one condition stand together (list scheduling); each such run becomes
one ``branch`` with two graphs. A value that is needed behind the branch is a value of it;
the side that does not compute it gives zeros, which are either right or never read.

This comes last, when the rules about single nodes have nothing more to say.

Source: control dependence, J. Ferrante, K. Ottenstein and J. Warren, "The program dependence
graph and its use in optimization", ACM TOPLAS 9(3), 1987.

Read next: horizontal_fusion.py
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import reduce
from typing import Any

from ...errors import ShapeError
from ...graph import Graph, Node, rebuild
from ...op import Choice, Control, is_choice, is_dim
from ...op.provenance import adopt
from ...ops.arithmetic import maximum
from ...ops.branches import branch
from ...ops.control_dependence import OTHERWISE, THEN, Either, Outcome, Region, conditions, is_size, side_in
from ...ops.join import item
from ...ops.logic import bitwise_and, bitwise_or, invert
from ...ops.regions import Regions
from ...types import Shape
from ..core.list_scheduling import runs
from ..core.predicates import structural_zeros_of
from ..core.rewrite_rule import Firing
from ..core.subgraphs import in_subgraphs
from .branch_scope import Scope, is_cheap
from .zero_separation import with_zeros_apart

# Branches stand in each other as deep as this; what is deeper stands in one by all the outer conditions at once.
_DEEPEST = 8


def lazy_branches(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph in which what only a side of a choice needs is computed only if it is chosen.

    The graphs that loops hold are changed in the same way.
    """
    if not any(isinstance(op, Choice | Control) for op in {node.op for node in graph.nodes()}):
        return graph, []
    try:
        builder = _Builder(with_zeros_apart(graph))
        outputs = builder.build()
    except ShapeError:
        # Known sizes contradict each other on a side that is then never taken. The choice itself computes both.
        return graph, []
    return (graph.with_outputs(outputs), builder.log) if builder.log else (graph, [])


class _Builder:
    """Puts the nodes of a graph into branches.

    Attributes:
        where: the regions of the nodes.
        log: what was done.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.where = Regions(graph.outputs)
        self.log: list[Firing] = []
        self._paths: dict[tuple[Region, bool], tuple[Region, ...]] = {}
        self._depths: dict[Outcome, tuple[int, int, int]] = {}
        self._nodes = [n for n in self.where.order if n in self.where.region and n not in self.where.portable]
        self._users: dict[Node, list[Node]] = {node: [] for node in self._nodes}
        for node in self._nodes:
            for source in self._operands(node, {}):
                if source in self._users:
                    self._users[source].append(node)
        self._members: dict[Region, list[Node]] = {}
        for node in self._nodes:
            self._members.setdefault(self.where.region[node], []).append(node)
        # The regions that there are because of a condition, where that is computed.
        self._asked: dict[Node, list[Region]] = {}
        for region in self._members:
            for condition in conditions(region):
                if condition in self._users:
                    self._asked.setdefault(condition, []).append(region)
        self._outputs = set(graph.outputs)

    def build(self) -> list[Node]:
        """The outputs of the new graph."""
        root = Scope(self.where.portable, self.absent, None, {}, {})
        self._level(self._nodes, 0, root)
        return [root(output) for output in self.graph.outputs]

    # Where nodes belong.

    def _path(self, node: Node) -> tuple[Region, ...]:
        """The outcomes of the branches in which a node stands, outermost first; of many the first ones together."""
        # A choice stands where its sides do, which are one deeper.
        key = self.where.region[node], is_choice(node)
        if key not in self._paths:
            # A condition is asked in a part of the region: first those of the outer branches.
            one_by_one = sorted(key[0], key=self._depth)
            first = max(0, len(one_by_one) - 1 + key[1]) // _DEEPEST * _DEEPEST
            path = [frozenset(one_by_one[:first])] if first else []
            self._paths[key] = (*path, *(frozenset((one,)) for one in one_by_one[first:]))
        return self._paths[key]

    def _depth(self, outcome: Outcome) -> tuple[int, int, int]:
        if outcome not in self._depths:
            self._depths[outcome] = self._depth_of(outcome)
        return self._depths[outcome]

    def _depth_of(self, outcome: Outcome) -> tuple[int, int, int]:
        asked = [(len(self.where.region[one]), self.where.index[one]) for one in conditions((outcome,))]
        return max(asked)[0], isinstance(outcome.condition, Node), max(asked)[1]

    def _step(self, node: Node, level: int) -> Region | None:
        """The outcomes of the branch in which a node stands at a level; None if it stands outside of them."""
        path = self._path(node)
        return path[level] if level < len(path) else None

    def _key(self, node: Node, level: int, scope: Scope) -> Hashable:
        """The key of nodes that may stand in one branch; None for those that stand in none."""
        step = self._step(node, level)
        if step is not None:
            (outcome, *more) = step
            return (
                step if more or (outcome.side == THEN and isinstance(outcome.condition, Either)) else outcome.condition
            )
        if is_choice(node) and self._side(node, scope.held) is None:
            return node.inputs[0]
        return None

    def _side(self, node: Node, held: Mapping[Node | Either, int]) -> int | None:
        """The side that is known to be taken where a choice stands."""
        condition = node.inputs[0]
        return held[condition] if condition in held else side_in(self.where.region[node], condition)

    def _operands(self, node: Node, held: Mapping[Node | Either, int]) -> Sequence[Node]:
        """The operands of a node where the sides of some conditions are known, its extent included."""
        side = self._side(node, held) if is_choice(node) else None
        sources = node.inputs if side is None else (node.inputs[side],)
        return (*sources, *self.where.extent.get(node, ()))

    def _level(self, nodes: Sequence[Node], level: int, scope: Scope) -> None:
        """Compute nodes in a scope, those that a condition decides about in branches."""
        keys = {node: self._key(node, level, scope) for node in nodes}
        before = {node: {one for one in self._operands(node, scope.held) if one in keys} for node in nodes}
        asked: dict[tuple[Region, ...], list[Node]] = {}
        for node in nodes:
            # The conditions of the inner branches too: none can be computed while the outer one is being built.
            steps = self._path(node)[level:]
            if steps not in asked:
                asked[steps] = [one for one in set[Node]().union(*map(conditions, steps)) if one in keys]
            before[node].update(asked[steps])
        for key, run in runs(nodes, keys, before):
            if key is None or not self._in_branch(run, key, level, scope):
                for node in run:
                    scope.new[node] = self._compute(node, scope)

    def _compute(self, node: Node, scope: Scope) -> Node:
        if is_choice(node):
            side = self._side(node, scope.held)
            if side is not None:
                return scope(node.inputs[side])
        if not isinstance(node.op, Control):
            return rebuild(node, [scope(source) for source in node.inputs])
        made = rebuild(node, [self._given(source, scope) for source in node.inputs])
        return in_subgraphs(made, lazy_branches, self.log)

    def _given(self, source: Node, scope: Scope) -> Node:
        """A value for a loop or branch; zeros if its bodies read it under no outcomes."""
        if source in self.where.region or source in self.where.portable:
            return scope(source)
        return self.absent(source, scope, source.type.shape)

    # Branches.

    def _in_branch(self, run: Sequence[Node], key: Hashable, level: int, scope: Scope) -> bool:
        """Compute the nodes of a run in a branch, unless that would save nothing."""
        if all((is_choice(node) or is_cheap(node)) and node not in self.where.extent for node in run):
            return False
        if isinstance(key, Node):
            sides = {side: frozenset((Outcome(key, side),)) for side in (THEN, OTHERWISE)}
            condition = scope(key)
        else:
            assert isinstance(key, frozenset)
            sides = {THEN: key, OTHERWISE: frozenset()}
            condition = self._guard(key, scope)
        inside = set(run)
        needed = [node for node in run if self._is_needed_behind(node, inside)]
        captured: dict[Node, Node] = {}
        scopes: dict[int, Scope] = {}
        for side, outcomes in sides.items():
            own = [node for node in run if self._step(node, level) in (outcomes, None)]
            absent = inside.difference(own)
            held = {**scope.held, **dict[Node | Either, int](outcomes)}
            inner = Scope(self.where.portable, self.absent, scope, held, captured, absent)
            self._level(own, level + 1, inner)
            scopes[side] = inner
        values = {side: [self._value(node, side, scopes) for node in needed] for side in sides}
        used = {leaf for several in values.values() for leaf in Graph(captured.values(), several).nodes()}
        kept = {value: leaf for value, leaf in captured.items() if leaf in used}
        graphs = {side: Graph(kept.values(), several) for side, several in values.items()}
        made = branch(condition, *kept, then=graphs[THEN], otherwise=graphs[OTHERWISE])
        lines = tuple(dict.fromkeys(line for node in run if is_choice(node) for line in node.lines))
        adopt(made, set(made.inputs).__contains__, lines or run[0].lines, None)
        for index, node in enumerate(needed):
            scope.new[node] = item(made, index=index)
            adopt(scope.new[node], {made}.__contains__, node.lines, None)
        self.log += [Firing("lazy_branch", node, made) for node in run if is_choice(node)] or [
            Firing("lazy_branch", run[0], made)
        ]
        return True

    def _is_needed_behind(self, node: Node, inside: set[Node]) -> bool:
        """True if a value of a run is needed by others; a condition is needed where it is asked."""
        if node.items is not None:
            return False
        if node in self._outputs or not inside.issuperset(self._users[node]):
            return True
        return any(not inside.issuperset(self._members[region]) for region in self._asked.get(node, ()))

    def _guard(self, outcomes: Region, scope: Scope) -> Node:
        """True if all outcomes are as given; what begins alike is shared."""
        made: Node | None = None
        begin: Region = frozenset()
        for one in sorted(outcomes, key=self._depth):
            begin |= {one}
            if begin not in scope.guards:
                holds = self._holds(one, scope)
                scope.guards[begin] = holds if made is None else bitwise_and(made, holds)
            made = scope.guards[begin]
        assert made is not None
        return made

    def _holds(self, outcome: Outcome, scope: Scope) -> Node:
        if isinstance(outcome.condition, Either):
            regions = sorted(outcome.condition.regions, key=lambda region: sorted(map(self._depth, region)))
            holds = reduce(bitwise_or, [self._guard(region, scope) for region in regions])
        else:
            holds = scope(outcome.condition)
        return holds if outcome.side == THEN else invert(holds)

    def _value(self, node: Node, side: int, scopes: Mapping[int, Scope]) -> Node:
        """The output of a side for a value that one side or both compute."""
        scope, other = scopes[side], scopes[THEN + OTHERWISE - side]
        if node not in scope.absent:
            return scope.new[node]
        return self.absent(node, scope, other.new[node].type.shape)

    def absent(self, node: Node, scope: Scope, shape: Shape) -> Node:
        """Zeros in place of a value that a side does not compute, of its sizes as far as they are known there."""
        sizes: list[Any] = []
        for fixed, size in zip(shape, self.where.sizes(node), strict=True):
            if fixed is not None:
                size = fixed
            elif isinstance(size, Node) and not self._is_known(size, node, scope):
                size = 0
            elif isinstance(size, Node):
                plain = is_dim(size)
                # A formula may give less than nothing for what is not there.
                size = scope(size) if plain else maximum(scope(size), 0)
            sizes.append(size)
        return structural_zeros_of(node.dtype, sizes)

    def _is_known(self, size: Node, node: Node, scope: Scope) -> bool:
        if scope.has(size) or size in self.where.portable:
            return True
        sources = size.inputs
        return size not in self.where.region and all(
            source is not node and (scope.has(source) or (is_size(source) and self._is_known(source, node, scope)))
            for source in sources
        )

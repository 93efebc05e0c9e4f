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

from collections import deque
from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import reduce
from typing import Any

from ...errors import ShapeError
from ...graph import Graph, Node, adopt, rebuild
from ...op import INPUT, Constant, Control, KnownSizes, lookup
from ...ops.arithmetic import add
from ...ops.branches import branch, ifelse
from ...ops.control_dependence import EVERYWHERE, OTHERWISE, THEN, Either, Outcome, Region, conditions, is_size, side_in
from ...ops.join import item
from ...ops.logic import bitwise_and, bitwise_or, invert
from ...ops.regions import Regions
from ...ops.zero_flow import zero_unless
from ...types import Shape
from ..core.predicates import is_nothing, nothing_of, zero_in_place_of
from ..core.rule import Firing
from .parts import change_bodies

# Branches stand in each other as deep as this; what is deeper stands in one by all the outer conditions at once.
_DEEPEST = 8

# A graph of this op's sides, and what stands for what.
_Values = dict[Node, Node]


def lazy_branches(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph in which what only a side of a choice needs is computed only if it is chosen.

    The graphs that loops hold are changed in the same way.
    """
    if not any(node.op is ifelse or isinstance(node.op, Control) for node in graph.nodes()):
        return graph, []
    try:
        builder = _Builder(with_zeros_apart(graph))
        outputs = builder.build()
    except ShapeError:
        # Known sizes contradict each other on a side that is then never taken. The choice itself computes both.
        return graph, []
    return (graph.with_outputs(outputs), builder.log) if builder.log else (graph, [])


class _Scope:
    """A graph that is being built: what the old nodes are in it.

    Args:
        builder: what is known of the old graph.
        outer: the scope around it, or None.
        held: the sides of conditions that are known in it.
        captured: for nodes of the scope around it what stands for them; shared by both sides of a branch.
        absent: what the other side of the branch computes.
    """

    def __init__(
        self,
        builder: _Builder,
        outer: _Scope | None,
        held: Mapping[Node | Either, int],
        captured: dict[Node, Node],
        absent: Collection[Node] = (),
    ) -> None:
        self.builder = builder
        self.outer = outer
        self.held = held
        self.captured = captured
        self.absent = absent
        self.new: _Values = {}
        # Whether all of several outcomes are as given.
        self.guards: dict[Region, Node] = {}

    def has(self, node: Node) -> bool:
        """True if a node's value is computed here, or around here."""
        scope: _Scope | None = self
        while scope is not None:
            if node in scope.new:
                return True
            scope = scope.outer
        return node.is_leaf

    def __call__(self, node: Node) -> Node:
        """The node that stands for an old node here."""
        if node in self.new or isinstance(node, Constant):
            return self.new.get(node, node)
        if node in self.absent:
            self.new[node] = self.builder.absent(node, self, node.type.shape)
        elif self.outer is None:
            self.new[node] = node if node.is_leaf else rebuild(node, [self(source) for source in node.inputs])
        elif not node.is_leaf and self._is_made_anew(node):
            self.new[node] = rebuild(node, [self(source) for source in node.inputs])
        else:
            value = self.outer(node)
            if value not in self.captured:
                self.captured[value] = Node(INPUT, (), value.type, None, node.name, node.lines)
            self.new[node] = self.captured[value]
        return self.new[node]

    def _is_made_anew(self, node: Node) -> bool:
        """True if a value is rather computed again than captured: what repeats is seen for what it is, sizes too."""
        return node in self.builder.where.portable or (
            (_is_cheap(node) or is_size(node) or not self.has(node)) and all(map(self.has, node.inputs))
        )


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
        root = _Scope(self, None, {}, {})
        self._level(self._nodes, 0, root)
        return [root(output) for output in self.graph.outputs]

    # Where nodes belong.

    def _path(self, node: Node) -> tuple[Region, ...]:
        """The outcomes of the branches in which a node stands, outermost first; of many the first ones together."""
        # A choice stands where its sides do, which are one deeper.
        place = self.where.region[node], node.op is ifelse
        if place not in self._paths:
            # A condition is asked in a part of the region: first those of the outer branches.
            one_by_one = sorted(place[0], key=self._depth)
            first = max(0, len(one_by_one) - 1 + place[1]) // _DEEPEST * _DEEPEST
            path = [frozenset(one_by_one[:first])] if first else []
            self._paths[place] = (*path, *(frozenset((one,)) for one in one_by_one[first:]))
        return self._paths[place]

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

    def _key(self, node: Node, level: int, scope: _Scope) -> Hashable:
        """With which other nodes a node may stand in one branch; None for those that stand in none."""
        step = self._step(node, level)
        if step is not None:
            (outcome, *more) = step
            return (
                step if more or (outcome.side == THEN and isinstance(outcome.condition, Either)) else outcome.condition
            )
        if node.op is ifelse and self._side(node, scope.held) is None:
            return node.inputs[0]
        return None

    def _side(self, node: Node, held: Mapping[Node | Either, int]) -> int | None:
        """The side that is known to be taken where a choice stands."""
        condition = node.inputs[0]
        return held[condition] if condition in held else side_in(self.where.region[node], condition)

    def _operands(self, node: Node, held: Mapping[Node | Either, int]) -> Sequence[Node]:
        """The operands of a node where the sides of some conditions are known, its extent included."""
        side = self._side(node, held) if node.op is ifelse else None
        sources = node.inputs if side is None else (node.inputs[side],)
        return (*sources, *self.where.extent.get(node, ()))

    # List scheduling.

    def _level(self, nodes: Sequence[Node], level: int, scope: _Scope) -> None:
        """Compute nodes in a scope, those that a condition decides about in branches."""
        keys = {node: self._key(node, level, scope) for node in nodes}
        waiting: dict[Node, int] = {}
        following: dict[Node, list[Node]] = {}
        asked: dict[tuple[Region, ...], list[Node]] = {}
        for node in nodes:
            before = {source for source in self._operands(node, scope.held) if source in keys}
            # The conditions of the inner branches too: none can be computed while the outer one is being built.
            steps = self._path(node)[level:]
            if steps not in asked:
                asked[steps] = [one for one in {one for step in steps for one in conditions(step)} if one in keys]
            before.update(asked[steps])
            waiting[node] = len(before)
            for source in before:
                following.setdefault(source, []).append(node)
        ready: dict[Hashable, deque[Node]] = {None: deque()}
        for node in nodes:
            if not waiting[node]:
                ready.setdefault(keys[node], deque()).append(node)
        while any(ready.values()):
            # What stands outside of branches comes first, so that as much as possible of a branch is ready.
            key = next(key for key, queue in ready.items() if queue)
            run: list[Node] = []
            while ready[key]:
                node = ready[key].popleft()
                run.append(node)
                for user in following.get(node, ()):
                    waiting[user] -= 1
                    if not waiting[user]:
                        ready.setdefault(keys[user], deque()).append(user)
                if key is None:
                    break
            if key is None or not self._in_branch(run, key, level, scope):
                for node in run:
                    scope.new[node] = self._compute(node, scope)

    def _compute(self, node: Node, scope: _Scope) -> Node:
        if node.op is ifelse:
            side = self._side(node, scope.held)
            if side is not None:
                return scope(node.inputs[side])
        if not isinstance(node.op, Control):
            return rebuild(node, [scope(source) for source in node.inputs])
        made = rebuild(node, [self._given(source, scope) for source in node.inputs])
        return change_bodies(made, lazy_branches, self.log)

    def _given(self, source: Node, scope: _Scope) -> Node:
        """A value for a loop or branch; zeros if its bodies read it under no outcomes."""
        if source in self.where.region or source in self.where.portable:
            return scope(source)
        return self.absent(source, scope, source.type.shape)

    # Branches.

    def _in_branch(self, run: Sequence[Node], key: Hashable, level: int, scope: _Scope) -> bool:
        """Compute the nodes of a run in a branch, unless that would save nothing."""
        if all((node.op is ifelse or _is_cheap(node)) and node not in self.where.extent for node in run):
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
        scopes: dict[int, _Scope] = {}
        for side, outcomes in sides.items():
            own = [node for node in run if self._step(node, level) in (outcomes, None)]
            absent = inside.difference(own)
            inner = _Scope(self, scope, {**scope.held, **dict[Node | Either, int](outcomes)}, captured, absent)
            self._level(own, level + 1, inner)
            scopes[side] = inner
        values = {side: [self._value(node, side, scopes) for node in needed] for side in sides}
        used = {leaf for several in values.values() for leaf in Graph(captured.values(), several).nodes()}
        kept = {value: leaf for value, leaf in captured.items() if leaf in used}
        graphs = {side: Graph(kept.values(), several) for side, several in values.items()}
        made = branch(condition, *kept, then=graphs[THEN], otherwise=graphs[OTHERWISE])
        lines = tuple(dict.fromkeys(line for node in run if node.op is ifelse for line in node.lines))
        adopt(made, set(made.inputs).__contains__, lines or run[0].lines, None)
        for index, node in enumerate(needed):
            scope.new[node] = item(made, index=index)
            adopt(scope.new[node], {made}.__contains__, node.lines, None)
        self.log += [Firing("lazy_branch", node, made) for node in run if node.op is ifelse] or [
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

    def _guard(self, outcomes: Region, scope: _Scope) -> Node:
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

    def _holds(self, outcome: Outcome, scope: _Scope) -> Node:
        if isinstance(outcome.condition, Either):
            regions = sorted(outcome.condition.regions, key=lambda region: sorted(map(self._depth, region)))
            holds = reduce(bitwise_or, [self._guard(region, scope) for region in regions])
        else:
            holds = scope(outcome.condition)
        return holds if outcome.side == THEN else invert(holds)

    def _value(self, node: Node, side: int, scopes: Mapping[int, _Scope]) -> Node:
        """The output of a side for a value that one side or both compute."""
        scope, other = scopes[side], scopes[THEN + OTHERWISE - side]
        if node not in scope.absent:
            return scope.new[node]
        return self.absent(node, scope, other.new[node].type.shape)

    def absent(self, node: Node, scope: _Scope, shape: Shape) -> Node:
        """Zeros in place of a value that a side does not compute, of its sizes as far as they are known there."""
        sizes: list[Any] = []
        for fixed, size in zip(shape, self.where.sizes(node), strict=True):
            if fixed is not None:
                size = fixed
            elif isinstance(size, Node) and not self._is_known(size, node, scope):
                size = 0
            elif isinstance(size, Node):
                plain = size.op is lookup("dim")
                # A formula may give less than nothing for what is not there.
                size = scope(size) if plain else lookup("maximum")(scope(size), 0)
            sizes.append(size)
        return nothing_of(node.dtype, sizes)

    def _is_known(self, size: Node, node: Node, scope: _Scope) -> bool:
        if scope.has(size) or size in self.where.portable:
            return True
        sources = size.inputs
        return size not in self.where.region and all(
            source is not node and (scope.has(source) or (is_size(source) and self._is_known(source, node, scope)))
            for source in sources
        )


def _is_cheap(node: Node) -> bool:
    """True if a node moves and computes nothing, and cannot fail."""
    if node.op is lookup("broadcast"):
        return all(isinstance(size, Constant) or size.op is lookup("dim") for size in node.inputs[1:])
    return node.op is lookup("dimshuffle") or node.op is lookup("dim")


def with_zeros_apart(graph: Graph) -> Graph:
    """The graph in which what may be nothing stands apart from what is not.

    Values that are zeros under all outcomes are zeros; what is scattered into a sum, and may be nothing, is scattered
    into zeros and added.
    """
    nonzero = zero_unless(graph.nodes())
    scatter = lookup("inc_subtensor")
    sizes = KnownSizes()
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        made = rebuild(node, [new[source] for source in node.inputs])
        if node.op is scatter and nonzero[node.inputs[1]] and nonzero[node] == EVERYWHERE:
            target = made.inputs[0]
            # The sizes of a leaf can always be asked for.
            known = nothing_of(target.dtype, sizes(target)) if target.is_leaf else None
            zeros = zero_in_place_of(target, sizes) if known is None else known
            if zeros is not None:
                made = add(made.inputs[0], scatter(zeros, *made.inputs[1:], **made.params))
        elif nonzero[node] is None and not node.is_leaf and not is_nothing(node):
            zeros = zero_in_place_of(made, sizes)
            made = made if zeros is None else zeros
        new[node] = made
    return graph.with_outputs([new[output] for output in graph.outputs])

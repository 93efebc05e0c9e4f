"""Data movement: nodes whose elements are those of other nodes, somewhere else.

Ops declare it (``Op.moves``): views, indexing, joins, choices, scatters. A loop moves too:
what it stacks consists of the rows that its steps give. Every elementwise function
commutes with movement, ``f(x[i])`` being ``f(x)[i]``; sinking.py builds on that.

Read next: exponentials.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...graph import Node, toposort
from ...op import INPUT, Constant, is_item
from ...ops.arithmetic import add, sub
from ...ops.batched_indexing import positions
from ...ops.join import item
from ...ops.logic import bitwise_and, cast, ge, lt, where
from ...ops.scan import Loop, loop_of_value
from ...ops.views import broadcast, dimshuffle
from ...types import TensorType, is_float
from ..core.predicates import as_sized, widens
from ..scan.parts import Captured, ScanParts, ScanSequence, State, visits_all
from .ranges import Ranges

Function = Callable[[Node], Node]


class Movement(NamedTuple):
    """A data movement: the nodes whose elements a node consists of, and a function that moves them again.

    Attributes:
        sources: the nodes whose elements it consists of; those of a loop lie in its body.
        again: ``again(others, function)`` is the node that moves other elements the same way, those that ``function``
            makes of the sources; where a loop leaves zeros, it is asked for the function of zero.
        repeats: whether a function is better computed before: elements come out several times, or of several sources.
    """

    sources: tuple[Node, ...]
    again: Callable[[Sequence[Node], Function], Node]
    repeats: bool = False


class Movements:
    """The movements that nodes are, each found once; those across the borders of loops too.

    What a loop stacks consists of rows of its body, and an element of a sequence inside is a row of the sequence
    outside. To move other elements the same way is to put the loop together with one value more.

    Args:
        forms: the forms that are known of a node, the best one last; none for nodes that are not looked through.
    """

    def __init__(self, forms: Callable[[Node], Sequence[Node]]) -> None:
        self._forms = forms
        self._known: dict[Node, Movement | None] = {}
        self.ranges = Ranges(self.best, self._sources)
        # The placeholders that were made for moved elements, and how they come into the loop.
        self._carried: dict[Node, ScanSequence | State | Captured] = {}
        self._entered: set[Node] = set()

    def best(self, node: Node) -> Node:
        """The best form of a node."""
        while (forms := self._forms(node)) and forms[-1] is not node:
            node = forms[-1]
        return node

    def is_open(self, node: Node) -> bool:
        """True if a node may be looked through."""
        return len(self._forms(node)) > 0

    def __call__(self, node: Node) -> Movement | None:
        """The movement that a node is, or None if it computes."""
        if node not in self._known:
            # A loop's state depends on itself: met again while it is asked about, a node counts as one that computes.
            self._known[node] = None
            found = self._movement(node) if self._forms(node) else None
            if found is not None:
                found = found._replace(sources=tuple(map(self.best, found.sources)))
            self._known[node] = found
        return self._known[node]

    def _sources(self, node: Node) -> Sequence[Node] | None:
        found = self(node)
        return None if found is None else found.sources

    def below(self, node: Node, known: Callable[[Node], bool]) -> list[Node]:
        """The nodes that a node's elements come from through all movement, sources first, as far as it is not known."""
        order: list[Node] = []
        stack = [(node, False)]
        seen: set[Node] = set()
        while stack:
            one, ready = stack.pop()
            if ready:
                order.append(one)
            elif one not in seen and not known(one):
                seen.add(one)
                stack.append((one, True))
                found = self(one)
                stack.extend((source, False) for source in (found.sources if found else ()))
        return order

    def _movement(self, node: Node) -> Movement | None:
        if is_item(node):
            loop = loop_of_value(node)
            return _part(node, node.inputs[0]) if loop is None else self._of_loop(loop, node.params["index"])
        if node.op is cast:
            return self._cast(node)
        same = self.ranges.unchanged(node)
        if same is not None:
            return Movement((same,), lambda others, function: others[0])
        positions = node.op.moved(node)
        if not positions or node.items is not None:
            return None

        def again(others: Sequence[Node], function: Function) -> Node:
            return Node.apply(node.op, _with(node.inputs, positions, others), node.params)

        return Movement(
            tuple(node.inputs[position] for position in positions), again, node.op is broadcast or len(positions) > 1
        )

    def _cast(self, node: Node) -> Movement | None:
        """A conversion between float dtypes.

        To a narrower one, a function is computed before. To a wider one, the conversion comes before the movement,
        until it reaches what computes, where the caller takes over.
        """
        (source,) = node.inputs
        if not is_float(node.dtype) or not is_float(source.dtype):
            return None
        if not widens(source.dtype, node.dtype):
            return Movement((source,), lambda others, function: cast(others[0], dtype=node.dtype), repeats=True)
        inner = self(self.best(source))
        if inner is None or source.op is cast:
            return None
        return inner._replace(sources=tuple(cast(one, dtype=node.dtype) for one in inner.sources))

    # Loops.

    def enter(self, loop: Loop) -> None:
        """Look through the placeholders of a loop's body to what they stand for outside."""
        if loop.position in self._entered:
            return
        self._entered.add(loop.position)
        offsets = loop.node.params["offsets"]
        for leaf, sequence, offset in zip(loop.slices, loop.sequences, offsets, strict=True):
            self._stands_for(leaf, (sequence,), lambda new, others, at=offset: ScanSequence(new, others[0], at))
        for leaf, outer in zip(loop.inner, loop.captured, strict=True):
            self._stands_for(leaf, (outer,), lambda new, others: Captured(new, others[0]))
        # A state that is handed on from a state would stand for itself.
        for leaf, initial, new_state in zip(loop.states, loop.initial, loop.new_states, strict=True):
            if set(loop.states).isdisjoint(self.below(new_state, lambda node: False)):
                self._stands_for(leaf, (initial, new_state), lambda new, others: State(new, *others))
        for leaf in loop.states:
            self._known.setdefault(leaf, None)

    def _stands_for(self, leaf: Node, sources: tuple[Node, ...], carried: Callable[..., Any]) -> None:
        def again(others: Sequence[Node], function: Function) -> Node:
            new = Node(INPUT, (), TensorType(others[0].dtype, leaf.type.shape), None, leaf.name)
            self._carried[new] = carried(new, others)
            return new

        self._known[leaf] = Movement(tuple(map(self.best, sources)), again, repeats=True)

    def crosses(self, node: Node) -> bool:
        """True if a node of a body is computed from moved elements that come from outside."""
        return any(leaf in self._carried for leaf in toposort([node]) if leaf.is_leaf)

    def complete(self, parts: ScanParts) -> None:
        """Let the loop take in what its outputs are computed from."""
        inside: list[ScanSequence | State | Captured] = [*parts.sequences, *parts.states, *parts.captured]
        known = {one.leaf for one in inside}
        while new := [node for node in toposort(parts.outputs) if node in self._carried and node not in known]:
            for leaf in new:
                one = self._carried[leaf]
                if isinstance(one, ScanSequence):
                    parts.sequences.append(one)
                elif isinstance(one, State):
                    parts.states.append(one._replace(initial=as_sized(one.initial, leaf)))
                else:
                    parts.captured.append(one)
            known.update(new)

    def _of_loop(self, loop: Loop, index: int) -> Movement | None:
        """A loop's last state, or the rows that it stacks."""
        count = len(loop.states)
        self.enter(loop)
        if index < count:
            return Movement((loop.initial[index], loop.new_states[index]), self._last_state(loop, index), repeats=True)
        if index - count >= len(loop.stacked):
            return None

        def again(others: Sequence[Node], function: Function) -> Node:
            parts = ScanParts(loop)
            parts.stacked.extend(others)
            self.complete(parts)
            made = parts.make()
            rows = made.stack(len(loop.stacked))
            return rows if visits_all(loop) else _where_visited(made, rows, function)

        return Movement((loop.stacked[index - count],), again, repeats=True)

    def _last_state(self, loop: Loop, index: int) -> Callable[[Sequence[Node], Function], Node]:
        def again(others: Sequence[Node], function: Function) -> Node:
            first, new = others
            leaf = Node(INPUT, (), TensorType(new.dtype, loop.states[index].type.shape))
            parts = ScanParts(loop)
            parts.states.append(State(leaf, as_sized(first, leaf), new))
            self.complete(parts)
            return parts.make().last_state(len(loop.states))

        return again


def _part(node: Node, whole: Node) -> Movement | None:
    """One of several values of what is split."""
    positions = whole.op.moved(whole)
    if len(positions) != 1:
        return None

    def again(others: Sequence[Node], function: Function) -> Node:
        parts = Node.apply(whole.op, _with(whole.inputs, positions, others), whole.params)
        return item(parts, index=node.params["index"])

    return Movement((whole.inputs[positions[0]],), again, repeats=True)


def _with(inputs: Sequence[Node], positions: Sequence[int], others: Sequence[Node]) -> list[Node]:
    changed = dict(zip(positions, others, strict=True))
    return [changed.get(position, source) for position, source in enumerate(inputs)]


def _where_visited(loop: Loop, rows: Node, function: Function) -> Node:
    """The rows of the steps made, and the function of zero elsewhere."""
    end = add(loop.first, loop.count if loop.node.params["reverse"] else loop.steps)
    start = sub(end, loop.steps) if loop.node.params["reverse"] else loop.first
    position = positions(loop.rows)
    visited = bitwise_and(ge(position, start), lt(position, end))
    visited = dimshuffle(visited, pattern=(0, *("x",) * (rows.ndim - 1)))
    return where(visited, rows, function(Constant(np.zeros((), rows.dtype), lines=())))

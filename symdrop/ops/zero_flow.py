"""Zero propagation: which nodes are structural zeros if some others are, or unless some conditions hold.

Read next: regions.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..graph import Node, toposort
from ..op import is_choice, is_item
from .control_dependence import EVERYWHERE, OTHERWISE, THEN, Outcome, Region, is_consistent
from .literals import is_structural_zero
from .scan import Loop, loop_of


def zeros_given(outputs: Sequence[Node], zeros: Iterable[Node]) -> set[Node]:
    """Forward data flow: the nodes that are structural zeros whenever all of ``zeros`` are, by linearity."""
    found = set(zeros)
    for node in toposort(outputs, stop=found.__contains__):
        if node not in found and (is_structural_zero(node) or _is_linear_in_zeros(node, found)):
            found.add(node)
    return found


def _is_linear_in_zeros(node: Node, zeros: set[Node]) -> bool:
    if node.items is not None:
        return False
    op = node.op
    jointly = op.jointly_linear(node)
    return any(node.inputs[i] in zeros for i in op.linear_in) or bool(
        jointly and all(node.inputs[i] in zeros for i in jointly)
    )


def zero_unless(order: Iterable[Node]) -> Mapping[Node, Region | None]:
    """For every node the outcomes without which it is a structural zero; None if it always is one.

    Args:
        order: nodes, inputs first.
    """
    return _ZeroFlow(None).through(order)


class _ZeroFlow:
    """Walks from inputs to users that find out what is zero unless some outcomes are so.

    Args:
        around: in the body of a loop, for the placeholders of what it captures the nodes around all loops: outcomes
            are those of conditions there. None outside of loops.
    """

    def __init__(self, around: Mapping[Node, Node] | None) -> None:
        self._around = around
        self._found: dict[Node, Region | None] = {}
        self._values: dict[Node, list[Region | None]] = {}

    def through(
        self, order: Iterable[Node], known: Mapping[Node, Region | None] | None = None
    ) -> Mapping[Node, Region | None]:
        """For every node in order what it needs not to be zero; ``known`` for some leaves."""
        self._found = dict(known or {})
        for node in order:
            if node not in self._found:
                self._found[node] = self._of(node)
        return self._found

    def _outer(self, node: Node) -> Node | None:
        return node if self._around is None else self._around.get(node)

    def _of(self, node: Node) -> Region | None:
        found = self._found
        if is_choice(node):
            condition = self._outer(node.inputs[0])
            sides = [found[value] for value in node.inputs[1:]]
            if condition is None:
                return _meet(sides)
            return _meet(_joined(one, Outcome(condition, side)) for side, one in enumerate(sides, start=THEN))
        loop = loop_of(node)
        if loop is not None:
            self._values[node] = self._of_loop(loop)
        if node.items is not None:
            return EVERYWHERE
        if is_item(node) and node.inputs[0] in self._values:
            index: int = node.params["index"]
            return self._values[node.inputs[0]][index]
        return None if is_structural_zero(node) else _of_linear(node, found)

    def _of_loop(self, loop: Loop) -> list[Region | None]:
        """The regions of a loop's values: a state is zero if it starts and stays so, a stack if every row is."""
        found = self._found
        outer = [self._outer(value) for value in loop.captured]
        around = {leaf: value for leaf, value in zip(loop.inner, outer, strict=True) if value is not None}
        fixed = {leaf: found[value] for leaf, value in zip(loop.inner, loop.captured, strict=True)}
        fixed.update((leaf, found[value]) for leaf, value in zip(loop.slices, loop.sequences, strict=True))
        states = [found[value] for value in loop.initial]
        while True:
            inside = _ZeroFlow(around).through(
                loop.body.nodes(), {**fixed, **dict(zip(loop.states, states, strict=True))}
            )
            after = [_meet((old, inside[new])) for old, new in zip(states, loop.new_states, strict=True)]
            if after == states:
                break
            states = after
        ends = [] if loop.stop is None else [EVERYWHERE]
        return [*states, *(inside[row] for row in loop.stacked), *ends]


def _joined(first: Region | None, outcome: Outcome) -> Region | None:
    """The outcomes of which all must hold, or the value is zero; None if they exclude each other."""
    if first is None or Outcome(outcome.condition, THEN + OTHERWISE - outcome.side) in first:
        return None
    return first | {outcome}


def _meet(several: Iterable[Region | None]) -> Region | None:
    """The outcomes that all of several need not to be zero; those that always are zero do not count."""
    needs = [one for one in several if one is not None]
    return frozenset.intersection(*needs) if needs else None


def _of_linear(node: Node, found: Mapping[Node, Region | None]) -> Region | None:
    own = [found[node.inputs[i]] for i in node.op.linear_in]
    jointly = node.op.jointly_linear(node)
    if jointly:
        own.append(_meet(found[node.inputs[i]] for i in jointly))
    needs = [one for one in own if one]
    if None in own:
        return None
    union = frozenset[Outcome]().union(*needs)
    return union if is_consistent(union) else None

"""Horizontal fusion of scans: two scans over the same range with a common carry become one.

A gradient that is asked for by itself makes a loop of its own on the way back; old scripts
do so parameter by parameter. The cotangents that those loops hand from step to step are
the same. Two states are the same if they start alike and a step makes the same of both:
that is assumed of all states that start alike, and taken back where a step shows otherwise.

Source: loop fusion, K. Kennedy and K. McKinley, "Maximizing loop parallelism and improving data
locality via loop fusion and distribution", LCPC 1993.

Read next: ../stability/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...graph import Graph, Node, substitute, toposort
from ...op import is_item, renamed, with_bodies
from ...ops.scan import Loop, loop_of
from ..core.cse import cse_with_substitution
from ..core.rewrite_rule import Firing
from ..core.subgraphs import in_subgraphs
from .parts import ScanParts, State, iteration_space, positions, replacements_of


class _Joined(NamedTuple):
    """A fused loop, and the loops that it replaces.

    Attributes:
        loop: the loop.
        members: each of the others, with the numbers of its states and of its stacks in the loop.
    """

    loop: Loop
    members: Sequence[tuple[Loop, Sequence[int], Sequence[int]]]


def fuse_horizontally(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph with loops that share states fused, those inside bodies too.

    Args:
        graph: a graph without common subexpressions.
    """
    log: list[Firing] = []
    while (joined := _first_pair(graph)) is not None:
        graph = _replaced(graph, joined)
        log += [Firing("horizontal_fusion", old.node, joined.loop.node) for old, _, _ in joined.members]
    changed = {node: in_subgraphs(node, fuse_horizontally, log) for node in graph.nodes() if node.op.kind == "control"}
    changed = {node: new for node, new in changed.items() if new is not node}
    return graph.with_outputs(substitute(graph.outputs, changed)) if changed else graph, log


def _first_pair(graph: Graph) -> _Joined | None:
    """The loop in place of the first two that share a state."""
    loops = [loop for loop in map(loop_of, graph.nodes()) if loop is not None and loop.stop is None]
    for i, later in enumerate(loops):
        # What starts as nothing else does can be like nothing else.
        alike = [
            one
            for one in loops[:i]
            if iteration_space(one) == iteration_space(later) and set(one.initial) & set(later.initial)
        ]
        before = set(toposort([later.node])) if alike else set()
        for earlier in alike:
            joined = None if earlier.node in before else _joined(earlier, later)
            if joined is not None:
                return joined
    return None


def _joined(first: Loop, second: Loop) -> _Joined | None:
    """One loop for both, or None if they share no state."""
    # What was made of one loop may hold its placeholders, which stand for other values there.
    apart = Loop(with_bodies(second.node, lambda body: renamed(body)[0]))
    parts, other = ScanParts(first), ScanParts(apart)
    same: dict[Node, Node] = {apart.position: first.position}
    parts.sequences = _united(parts.sequences, other.sequences, same)
    parts.captured = _united(parts.captured, other.captured, same)
    states = [*parts.states, *other.states]
    leaves = [first.position, *(one.leaf for one in parts.sequences), *(one.leaf for one in states)]
    leaves += [one.leaf for one in parts.captured]
    stacked = [*parts.stacked, *other.stacked]
    equal, outputs = _equal_states(states, leaves, substitute([*(state.new for state in states), *stacked], same))
    split = len(parts.states)
    if not set(equal[:split]) & set(equal[split:]):
        return None
    kept = sorted(set(equal))
    parts.states = [states[k]._replace(new=outputs[k]) for k in kept]
    parts.stacked = list(dict.fromkeys(outputs[len(states) :]))
    state_at, stack_at = positions(kept), {output: k for k, output in enumerate(parts.stacked)}
    numbers = [state_at[k] for k in equal]
    stacks = [stack_at[output] for output in outputs[len(states) :]]
    end = len(first.stacked)
    members = [(first, numbers[:split], stacks[:end]), (second, numbers[split:], stacks[end:])]
    return _Joined(parts.make(), members)


def _united(mine: Sequence[Any], others: Sequence[Any], same: dict[Node, Node]) -> list[Any]:
    """The sequences, or what is captured, of both, each once; ``same`` is told which placeholders stand for others."""
    united = {(part.leaf.type, *part[1:]): part for part in reversed(mine)}
    found = list(mine)
    for part in others:
        known = united.get((part.leaf.type, *part[1:]))
        if known is None:
            found.append(part)
        else:
            same[part.leaf] = known.leaf
    return found


def _equal_states(
    states: Sequence[State], leaves: Sequence[Node], outputs: Sequence[Node]
) -> tuple[list[int], Sequence[Node]]:
    """For every state the number of the first one equal to it, and the outputs in terms of these."""
    classes: list[Any] = [(state.initial, state.leaf.type) for state in states]
    while True:
        equal = [classes.index(one) for one in classes]
        chosen = {state.leaf: states[k].leaf for state, k in zip(states, equal, strict=True)}
        # A draw of both loops is one draw: its key, step and position are the same.
        merged = cse_with_substitution(Graph(leaves, substitute(outputs, chosen)), draws=True)[0].outputs
        classes = list(zip(equal, merged, strict=False))
        if len(set(classes)) == len(set(equal)):
            return equal, merged


def _replaced(graph: Graph, joined: _Joined) -> Graph:
    """The graph with a loop in place of those that it stands for."""
    became: dict[Node, Node] = {}
    for old, states, stacks in joined.members:
        items = [node for node in graph.nodes() if is_item(node) and node.inputs[0] is old.node]
        used = {node.params["index"] for node in items}
        values = replacements_of(joined.loop, old, used, dict(enumerate(states)), dict(enumerate(stacks)))
        became.update((node, values[node.params["index"]]) for node in items)
    return graph.with_outputs(substitute(graph.outputs, became))

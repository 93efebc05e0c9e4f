"""Rewriting of scans: a loop is taken apart and put together in another way.

What may be left out of a loop depends on which of its values are used, and one change
concerns several values at once; so a *loop pass* sees a scan with its users, and says for
every used value what it becomes. Passes are recorded as rewrite rules are.

Read next: merge_duplicates.py
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ...errors import SymdropError
from ...graph import Graph, Node, rebuild, relabel, substitution
from ...op import Constant, constant_scalar, is_item
from ...op.provenance import adopt
from ...ops.scan import Loop, loop_of, scan
from ..core.predicates import as_sized
from ..core.rewrite_rule import Firing
from ..core.subgraphs import in_subgraphs

# What the values of a scan become, by number; all that are used.
Replacements = Mapping[int, Node]

# A loop that is still changing after this many rounds is being changed back and forth.
_MOST_ROUNDS = 100


class LoopPass(NamedTuple):
    """A pass over one loop: a named change of it.

    Attributes:
        name: what the log of firings shows.
        build: called with the loop and the numbers of its values that are used; None if it does not apply.
    """

    name: str
    build: Callable[[Loop, frozenset[int]], Replacements | None]


def loop_pass(build: Callable[[Loop, frozenset[int]], Replacements | None]) -> LoopPass:
    """Declare a loop pass."""
    return LoopPass(build.__name__, build)


def run_loop_passes(graph: Graph, passes: Sequence[LoopPass]) -> tuple[Graph, list[Firing]]:
    """The graph with passes applied to its loops, and to those inside them, until none changes anything."""
    log: list[Firing] = []
    for _ in range(_MOST_ROUNDS):
        graph, firings = _change_once(graph, passes)
        if not firings:
            return graph, log
        log += firings
    names = sorted({firing.rule for firing in firings})
    raise SymdropError(f"loop passes undo each other: {', '.join(names)}")


def _change_once(graph: Graph, passes: Sequence[LoopPass]) -> tuple[Graph, list[Firing]]:
    used: dict[Node, set[int]] = {}
    for node in graph.nodes():
        if is_item(node):
            used.setdefault(node.inputs[0], set()).add(node.params["index"])
    firings: list[Firing] = []
    new: dict[Node, Node] = {}
    values: dict[Node, Replacements] = {}
    for node in graph.nodes():
        if is_item(node) and node.inputs[0] in values:
            new[node] = _named(values[node.inputs[0]][node.params["index"]], node)
            continue
        current = rebuild(node, [new[source] for source in node.inputs])
        if current.op.kind == "control":
            current = in_subgraphs(current, lambda body: _change_once(body, passes), firings)
        loop = loop_of(current)
        if loop is not None:
            found = _first(passes, loop, frozenset(used[node]), firings)
            if found is not None:
                values[node] = found
                old = {*new, *new.values()}
                for made in found.values():
                    adopt(made, old.__contains__, node.lines, node.origin)
        new[node] = current
    if not firings:
        return graph, firings
    return graph.with_outputs([new[output] for output in graph.outputs]), firings


def _first(passes: Sequence[LoopPass], loop: Loop, used: frozenset[int], firings: list[Firing]) -> Replacements | None:
    for one in passes:
        found = one.build(loop, used)
        if found is not None:
            firings += [Firing(one.name, loop.node, after) for after in _scans(found.values()) or [*found.values()][:1]]
            return found
    return None


def _scans(values: Iterable[Node]) -> list[Node]:
    return [*dict.fromkeys(value.inputs[0] for value in values if is_item(value))][:1]


def _named(made: Node, like: Node) -> Node:
    """A value that takes another's place, under that one's name."""
    return relabel(made, like) if like.name and not made.name else made


class State(NamedTuple):
    """A state (carry) handed from step to step: its placeholder, where it starts, and what it becomes."""

    leaf: Node
    initial: Node
    new: Node


class ScanSequence(NamedTuple):
    """A sequence (xs) that a loop steps along: the placeholder of its element, the whole, and where position 0 is."""

    leaf: Node
    node: Node
    offset: int


class Captured(NamedTuple):
    """A captured value (a constant of the loop): its placeholder, and the value outside."""

    leaf: Node
    node: Node


class ScanParts:
    """A loop taken apart, to be put together in another way.

    Attributes:
        loop: the loop as it is.
        sequences, states, captured, stacked: its parts, lists that may be changed.
        stop: the condition at which it ends, or None.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        offsets = loop.node.params["offsets"]
        self.sequences = [ScanSequence(*three) for three in zip(loop.slices, loop.sequences, offsets, strict=True)]
        self.states = [State(*three) for three in zip(loop.states, loop.initial, loop.new_states, strict=True)]
        self.captured = [Captured(*two) for two in zip(loop.inner, loop.captured, strict=True)]
        self.stacked = list(loop.stacked)
        self.stop = loop.stop

    @property
    def outputs(self) -> list[Node]:
        """The outputs of a step."""
        ends = [] if self.stop is None else [self.stop]
        return [*(state.new for state in self.states), *self.stacked, *ends]

    def replace(self, replacements: Mapping[Node, Node]) -> dict[Node, Node]:
        """Replace nodes of the body; returns what its nodes became."""
        new = substitution(self.outputs, replacements)
        self.states = [state._replace(new=new[state.new]) for state in self.states]
        self.stacked = [new[output] for output in self.stacked]
        self.stop = None if self.stop is None else new[self.stop]
        return new

    def make(self) -> Loop:
        """The loop of these parts."""
        loop = self.loop
        self.states = [state._replace(new=as_sized(state.new, state.leaf)) for state in self.states]
        leaves = [one.leaf for one in self.sequences] + [one.leaf for one in self.states]
        leaves += [one.leaf for one in self.captured]
        body = Graph([loop.position, *leaves], self.outputs)
        params = {
            **loop.node.params,
            "body": body,
            "offsets": tuple(sequence.offset for sequence in self.sequences),
            "carries": len(self.states),
        }
        inputs = [loop.rows, loop.first, loop.count, *(sequence.node for sequence in self.sequences)]
        inputs += [*(state.initial for state in self.states), *(one.node for one in self.captured)]
        made = scan(*inputs, **params)
        return Loop(relabel(made, loop.node))

    def values(self, used: Iterable[int], states: Mapping[int, int], stacks: Mapping[int, int]) -> dict[int, Node]:
        """The used values of the loop put together; arguments as of ``replacements_of``."""
        return replacements_of(self.make(), self.loop, used, states, stacks)


def replacements_of(
    made: Loop, old: Loop, used: Iterable[int], states: Mapping[int, int], stacks: Mapping[int, int]
) -> dict[int, Node]:
    """The used values of a loop, in terms of another.

    Args:
        made: the other loop.
        old: the loop.
        used: the numbers of its used values.
        states, stacks: for the number of an old state or stack the number it has now; values of others are left
            out, to be filled in by the caller.
    """
    count = len(old.states)
    steps = count + len(old.stacked)
    found: dict[int, Node] = {}
    for number in sorted(used):
        if number < count:
            if number in states:
                found[number] = made.last_state(states[number])
        elif number < steps:
            if number - count in stacks:
                found[number] = made.stack(stacks[number - count])
        else:
            found[number] = made.steps
    return found


def iteration_space(loop: Loop) -> Hashable:
    """The rows that a loop visits, and the way it visits them: what loops must share to be one loop."""
    params = loop.node.params
    return loop.rows, loop.first, loop.count, params["reverse"], params["truncate"], params["keep"]


def visits_all(loop: Loop) -> bool:
    """True if every row is visited, as far as is known before running."""
    if loop.stop is not None or constant_scalar(loop.first) != 0:
        return False
    return loop.count is loop.rows or (
        isinstance(loop.count, Constant) and constant_scalar(loop.count) == constant_scalar(loop.rows)
    )


def positions(kept: Sequence[int]) -> dict[int, int]:
    """The position in a list of every number."""
    return {number: position for position, number in enumerate(kept)}

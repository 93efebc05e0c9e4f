"""Branches that are not taken are not computed: choices of one condition become one ``branch``.

Each of its two graphs holds what only the values of its side need. What is needed
elsewhere too, by the condition, or by both sides, is computed before and captured. This
comes last, when the rules about single nodes have nothing more to say.

Read next: beside.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph import Graph, Node, adopt, rebuild, toposort
from ..op import INPUT, Constant, Control
from ..ops.branches import branch, ifelse
from ..ops.join import item
from .loops import change_bodies
from .rule import Firing

# Not worth a branch: they move nothing.
_CHEAP = frozenset(("broadcast", "dimshuffle", "dim"))

# The inputs of an ``ifelse``.
_THEN, _OTHERWISE = 1, 2


def lazy_branches(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph in which a side of a choice is computed only if it is chosen; in the graphs inside it too."""
    log: list[Firing] = []
    done: set[Node] = set()
    while pending := [node for node in graph.nodes() if node.op is ifelse and node not in done]:
        chosen = _independent(pending)
        made = _branch(graph, chosen)
        if made is None:
            done.update(chosen)
            continue
        log += [Firing("lazy_branch", node, made) for node in chosen]
        values: dict[Node, Node] = {node: item(made, index=k) for k, node in enumerate(chosen)}
        for node, value in values.items():
            adopt(value, {made}.__contains__, node.lines, None)
        outputs = graph.substitute(values).outputs
        graph = graph.with_outputs(outputs)
    return _inside(graph, log), log


def _inside(graph: Graph, log: list[Firing]) -> Graph:
    """The graph with the same done in the graphs that it holds."""
    if not any(isinstance(node.op, Control) for node in graph.nodes()):
        return graph
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        new[node] = rebuild(node, [new[source] for source in node.inputs])
        if isinstance(node.op, Control):
            new[node] = change_bodies(new[node], lazy_branches, log)
    return graph.with_outputs([new[output] for output in graph.outputs])


def _independent(pending: Sequence[Node]) -> list[Node]:
    """The last choice, and others by the same condition, none of which needs another."""
    condition = pending[-1].inputs[0]
    chosen: list[Node] = []
    needed: set[Node] = set()
    for node in reversed(pending):
        if node.inputs[0] is condition and node not in needed:
            chosen.append(node)
            needed.update(toposort([node]))
    return chosen[::-1]


def _branch(graph: Graph, chosen: Sequence[Node]) -> Node | None:
    """A branch whose values are those of the choices, or None if no side has work of its own."""
    condition = chosen[0].inputs[0]
    own = {side: _only_for(graph, chosen, side) for side in (_THEN, _OTHERWISE)}
    if all(node.op.name in _CHEAP for nodes in own.values() for node in nodes):
        return None
    leaves: dict[Node, Node] = {}
    outputs = {side: _closed(chosen, own[side], side, leaves) for side in own}
    used = set(toposort([output for several in outputs.values() for output in several]))
    captured = {node: leaf for node, leaf in leaves.items() if leaf in used}
    graphs = [Graph(captured.values(), outputs[side]) for side in (_THEN, _OTHERWISE)]
    made: Node = branch(condition, *captured, then=graphs[0], otherwise=graphs[1])
    lines = tuple(dict.fromkeys(line for node in chosen for line in node.lines))
    adopt(made, set(made.inputs).__contains__, lines, None)
    return made


def _only_for(graph: Graph, chosen: Iterable[Node], side: int) -> set[Node]:
    """The nodes that only one side of the choices needs."""
    ends = set(chosen)
    shared = {*graph.outputs, *ends}
    found: set[Node] = set()
    # Users come first, so that all of them are known to be inside or not.
    for node in reversed(graph.nodes()):
        if node not in shared and node.inputs:
            found.add(node)
        inside = node in found
        for position, source in enumerate(node.inputs):
            if not inside and not (node in ends and position == side):
                shared.add(source)
    # A value of several enters a graph as one value only.
    return {node for node in found if node.op.name != "item" or node.inputs[0] in found}


def _closed(chosen: Iterable[Node], own: set[Node], side: int, leaves: dict[Node, Node]) -> list[Node]:
    """One side's values, computed from placeholders of what is captured; ``leaves`` collects these."""
    new: dict[Node, Node] = {}
    ends = list(chosen)
    condition = ends[0].inputs[0]
    for node in toposort([end.inputs[side] for end in ends], stop=lambda node: node not in own):
        if isinstance(node, Constant):
            new[node] = node
        elif node not in own:
            if node not in leaves:
                leaves[node] = Node(INPUT, (), node.type, None, node.name, node.lines)
            new[node] = leaves[node]
        elif node.op is ifelse and node.inputs[0] is condition:
            # The same choice has been made already.
            new[node] = new[node.inputs[side]]
        else:
            new[node] = rebuild(node, [new[source] for source in node.inputs])
    return [new[end.inputs[side]] for end in ends]

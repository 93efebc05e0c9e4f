"""The order of recomputations: what is computed again for a part of the way back is used up before the next begins.

A gradient by weights waits for nothing else, so it could be computed last, and what was computed again for it would be
held until then. So the next part waits for it:

    recomputed with g2      h2 = f2(after(g2, x2))        g1 = pullback(h2, g2)        gW2 = h2.T @ g2
    recomputed with g1      h1 = f1(after(g1 and gW2, x1))        ...

Source: T. Chen, B. Xu, C. Zhang and C. Guestrin, "Training deep nets with sublinear memory cost", arXiv:1604.06174,
2016.

Read next: rematerialisation/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Graph, Node, rebuild, toposort
from ..op import is_dim
from ..ops.calls.recomputation import after, corner, when_known


def order_recomputations(graph: Graph) -> Graph:
    """The graph in which every recomputation waits for all that the ones before it are for."""
    order = graph.nodes()
    parts = list(dict.fromkeys(node.inputs[0] for node in order if node.op is after))
    if len(parts) < 2:
        return graph
    number = {there: k for k, there in enumerate(parts)}
    level: dict[Node, int] = {}
    for node in order:
        own = number[node.inputs[0]] if node.op is after else -1
        level[node] = max([own, *(level[source] for source in node.inputs)])
    ends = _ends(graph, order, level)
    made: dict[Node, Node] = {}
    waiting: dict[Node, Node] = {}
    # In the order of parts, so that what a part is for is there before the next one.
    for node in sorted(order, key=level.__getitem__):
        sources = [made[source] for source in node.inputs]
        if node.op is after:
            there = node.inputs[0]
            if there not in waiting:
                waiting[there] = _waiting_for(sources[0], [made[end] for end in ends.get(number[there] - 1, ())])
            sources[0] = waiting[there]
        made[node] = rebuild(node, sources)
    return graph.with_outputs([made[output] for output in graph.outputs])


def _waiting_for(there: Node, ends: Sequence[Node]) -> Node:
    """A truth value that is known when another one and some values are."""
    known = {node.inputs[0] for node in toposort([there], stop=lambda node: node.op is corner) if node.op is corner}
    missing = [end for end in dict.fromkeys(ends) if end not in known]
    return there | when_known(missing) if missing else there


def _ends(graph: Graph, order: Sequence[Node], level: dict[Node, int]) -> dict[int, list[Node]]:
    """For every part the values that it is for: outputs, and what later parts use."""
    outputs = set(graph.outputs)
    used_later = {source for node in order for source in node.inputs if level[source] < level[node]}
    found: dict[int, list[Node]] = {}
    for node in order:
        if level[node] >= 0 and (node in outputs or node in used_later) and node.items is None and not is_dim(node):
            found.setdefault(level[node], []).append(node)
    return found

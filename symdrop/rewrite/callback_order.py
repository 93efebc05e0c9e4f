"""The order of callbacks: each runs after those that were written before it, unless its values are needed for them.

Source: ordered effects of J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018).

Read next: recomputation.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Graph, Node, rebuild, toposort
from ..ops.calls.callback import callback
from ..ops.join import item


def order_callbacks(graph: Graph) -> Graph:
    """The graph in which every callback depends on the one that was written before it."""
    found = [node for node in graph.nodes() if node.op is callback]
    if len(found) < 2:
        return graph
    ordered = _ordered(found)
    before = dict(zip(ordered[1:], ordered, strict=False))
    sources = {node: (*node.inputs, before[node]) if node in before else node.inputs for node in graph.nodes()}
    made: dict[Node, Node] = {}
    for node in toposort(graph.outputs, sources=sources.__getitem__):
        new = [made[source] for source in sources[node]]
        if node in before:
            # One of the values of the callback before.
            new[-1] = item(new[-1], index=0)
        made[node] = callback.make(new, node.params) if node in before else rebuild(node, new)
    return graph.with_outputs([made[output] for output in graph.outputs])


def _ordered(found: Sequence[Node]) -> list[Node]:
    """Callbacks as they were written, but for those whose values others need."""
    waiting = sorted(found, key=lambda node: node.params["observer"].made)
    needs = {node: set(toposort([node])).intersection(found) - {node} for node in found}
    ordered: list[Node] = []
    while waiting:
        ready = next(node for node in waiting if needs[node] <= {*ordered})
        waiting.remove(ready)
        ordered.append(ready)
    return ordered

"""Inlining: calls without a name, which are there for their gradients alone, become the graphs that they call.

No gradient is taken of what is compiled, so calls that stay need no rules of their own.

Source: A. Appel, "Compiling with Continuations", 1992, chapter 7 (beta contraction).

Read next: specialise.py
"""

from __future__ import annotations

from typing import Any

from ..graph import Graph, Node, rebuild
from ..op import is_item, with_bodies
from ..ops.calls.call import call, inlined
from .core.subgraphs import has_control


def inline_calls(graph: Graph) -> Graph:
    """The graph, and the graphs that it holds, without calls that have no name."""
    if not has_control(graph):
        return graph
    made: dict[Node, Any] = {}
    for node in graph.nodes():
        if node.op is call and not node.params["label"]:
            body = inline_calls(node.params["body"])
            made[node] = inlined(body, [made[source] for source in node.inputs])
        elif node.op is call:
            new = [made[source] for source in node.inputs]
            params = {**node.params, "body": inline_calls(node.params["body"]), "rules": None}
            made[node] = Node(call, tuple(new), node.type, params, node.name, node.lines, node.origin)
        elif is_item(node) and isinstance(made[node.inputs[0]], list):
            made[node] = made[node.inputs[0]][node.params["index"]]
        else:
            made[node] = with_bodies(rebuild(node, [made[source] for source in node.inputs]), inline_calls)
    return graph.with_outputs([made[output] for output in graph.outputs])

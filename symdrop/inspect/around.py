"""The surroundings of a node in a few lines, for errors: who uses it, and what it is computed from.

Read next: formulas.py
"""

from __future__ import annotations

from ..graph import Graph, Node
from .tree import dprint

_LEVELS, _MOST, _USERS = 3, 6, 6


def around(node: Node, graph: Graph | None = None) -> list[str]:
    """A few lines about a node.

    Args:
        node: any node.
        graph: the graph it belongs to, if that is known.

    Returns:
        At most seven lines: the way from the node to an output, and the tree of what it is computed from, unless that
        is nothing but leaves.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> y = T.exp(x)
        >>> around(y, Graph([x], [T.tanh(y).sum()]))
        ['used by tanh, sum, which is output 0']
    """
    lines = [] if graph is None else [_use(node, graph)]
    if any(not source.is_leaf for source in node.inputs):
        # Without the remarks on what is left out.
        lines += [line for line in dprint(node, depth=_LEVELS, most=_MOST).splitlines() if line.lstrip()[:3] != "..."]
    return lines


def _use(node: Node, graph: Graph) -> str:
    """The way to an output."""
    user: dict[Node, Node] = {}
    for other in graph.nodes():
        for source in other.inputs:
            user.setdefault(source, other)
    outputs = dict(zip(reversed(graph.outputs), reversed(graph.labels), strict=True))
    names = []
    while node not in outputs and node in user:
        node = user[node]
        names.append(node.name or node.op.name)
    if len(names) > _USERS:
        names[_USERS - 1 : -1] = ["..."]
    end = outputs.get(node, "not an output")
    return f"used by {', '.join(names)}, which is {end}" if names else f"which is {end}"

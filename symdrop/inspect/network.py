"""Graphs as graphs of networkx, for whatever else knows these.

Read next: printed.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph import Graph, Node
from ..op import bodies

if TYPE_CHECKING:
    import networkx


def to_networkx(graph: Graph) -> networkx.MultiDiGraph[int]:
    """The graph as a networkx graph: the work behind ``Graph.to_networkx``."""
    import networkx

    drawn: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    number = {node: i for i, node in enumerate(graph.nodes())}
    outputs: dict[Node, list[str]] = {}
    for label, output in zip(graph.labels, graph.outputs, strict=True):
        outputs.setdefault(output, []).append(label)
    for node, i in number.items():
        drawn.add_node(
            i,
            node=node,
            op=node.op.name,
            kind=node.op.kind,
            name=node.name,
            dtype=node.type.dtype if node.items is None else None,
            shape=node.type.shape if node.items is None else None,
            lines=[str(line) for line in node.lines],
            origin=node.origin.rule if node.origin else None,
            label=f"{node.name or node.op.name}\n{node.type}",
            outputs=outputs.get(node, []),
            bodies={key: to_networkx(body) for key, body in bodies(node).items()},
        )
        for position, source in enumerate(node.inputs):
            drawn.add_edge(number[source], i, argument=position)
    return drawn

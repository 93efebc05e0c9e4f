"""Shape propagation: after it no size is read from a value that is computed.

Every size follows from sizes of the graph's inputs and from single numbers given, but for
values of which only computing tells the size, which NumPy computes. Nodes come in
topological order, so that a size is a formula of sizes that stand already; no size is ever
defined by itself. What was computed for its size alone is gone.

Read next: permuted_sums.py
"""

from __future__ import annotations

from functools import partial

from ...graph import Graph, Node
from ...op import KnownSizes, as_node, is_dim
from ...ops.logic import cast
from ...rewrite.core.cse import compose
from .decomposition import Changed, in_bodies, in_place_of_nodes


def propagate_sizes(graph: Graph, known: KnownSizes | None = None) -> Changed:
    """The graph in which sizes are formulas of given sizes, in the graphs inside it too, and what its nodes become.

    Args:
        graph: a closed graph, decomposed.
        known: the sizes found in the graphs around it, those of the graphs inside among them.
    """
    sizes = KnownSizes() if known is None else known
    old = set(graph.nodes())
    graph, became = in_bodies(graph, partial(propagate_sizes, known=sizes))
    old.update(graph.nodes())

    def sized(node: Node) -> Node | None:
        if not is_dim(node):
            return None
        size = as_node(sizes(node.inputs[0])[node.params["axis"]])
        return size if size.dtype == "int64" else cast(size, dtype="int64", weak=True)

    graph, made = in_place_of_nodes(graph, sized, old)
    return graph, compose(became, made)

"""Shape propagation: after it no size is read from a value that is computed.

Every size follows from sizes of the graph's inputs and from single numbers given, but for
values of which only computing tells the size, which NumPy computes. Nodes come in
topological order, so that a size is a formula of sizes that stand already; no size is ever
defined by itself. What was computed for its size alone is gone.

Read next: permuted_sums.py
"""

from __future__ import annotations

from functools import partial

from ...graph import Graph, Node, adopt, rebuild
from ...op import KnownSizes, as_node, is_dim
from ...ops.logic import cast
from ...rewrite.core.cse import compose, cse_with_substitution
from .decomposition import Changed, in_bodies


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
    made: dict[Node, Node] = {}
    for node in graph.nodes():
        current = rebuild(node, [made[source] for source in node.inputs])
        if is_dim(current):
            size = as_node(sizes(current.inputs[0])[current.params["axis"]])
            sized = size if size.dtype == "int64" else cast(size, dtype="int64", weak=True)
            adopt(sized, old.__contains__, current.lines, current.origin)
            current = sized
        made[node] = current
        old.add(current)
    graph, unique = cse_with_substitution(graph.with_outputs([made[output] for output in graph.outputs]))
    return graph, compose(compose(became, made), unique)

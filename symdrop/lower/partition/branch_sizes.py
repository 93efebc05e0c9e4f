"""Sides of a branch that write to one place: their sizes are declared to be equal, which the call checks.

Native code keeps the value of a branch in one buffer, whichever side is taken. Where it is not known
that both sides have one size, one is declared to have the other's; if a call finds otherwise, NumPy
chooses. What is never computed is never checked, so nothing is declared of a value that is only
asked for its size.

Read next: legality.py
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from ...graph import Graph, Node, rebuild, relabel, substitute
from ...op import KnownSizes, as_node, is_dim, is_item, size_outside
from ...ops.branches import branch
from ...ops.join import specify_shape
from ...rewrite.core.cse import follow
from ...rewrite.scan.parts import has_control
from .decomposition import Changed, in_bodies
from .size_propagation import propagate_sizes

_ONE_PLACE = "branches write to one place"


def unify_sides(graph: Graph) -> Changed:
    """The graph in which the sides of branches have the same sizes, where that can be checked, and what nodes become.

    Args:
        graph: a graph in which sizes are formulas of given sizes (``size_propagation.py``); so they are in the result.
    """
    if not has_control(graph):
        return graph, {node: node for node in graph.nodes()}
    graph, became = _declared_in(graph, KnownSizes())
    graph, then = propagate_sizes(graph)
    return graph, follow(became, then)


def _declared_in(graph: Graph, sizes: KnownSizes) -> Changed:
    graph, became = in_bodies(graph, partial(_declared_in, sizes=sizes))
    read = {source for node in graph.nodes() if not is_dim(node) for source in node.inputs} | {*graph.outputs}
    measured: dict[Node, set[int]] = {}
    for node in graph.nodes():
        if node not in read and is_item(node):
            measured.setdefault(node.inputs[0], set()).add(node.params["index"])
    made: dict[Node, Node] = {}
    for node in graph.nodes():
        current = rebuild(node, [made[source] for source in node.inputs])
        made[node] = _alike(current, measured.get(node, ()), sizes) if current.op is branch else current
    return graph.with_outputs([made[output] for output in graph.outputs]), follow(became, made)


def _alike(node: Node, measured: Collection[int], known: KnownSizes) -> Node:
    """The branch whose sides have equal sizes; itself if a value is asked for its size alone, or only running tells."""
    names = "then", "otherwise"
    bodies = [node.params[name] for name in names]
    outputs = [list(body.outputs) for body in bodies]
    several: Sequence[Any] = known(node)
    for k, own in enumerate(several):
        for axis in (axis for axis, size in enumerate(own) if size is None):
            sizes = [known.inside(body)(made[k])[axis] for body, made in zip(bodies, outputs, strict=True)]
            # What is a number is declared of the other, else what the first says of the second.
            told, teller = (0, 1) if isinstance(sizes[1], int) else (1, 0)
            if k in measured or sizes[teller] == 0 or not _is_told(sizes[told], outputs[told][k]):
                # Nobody would check it, or it is hardly so: NumPy chooses, and sizes may differ.
                return node
            size, body = sizes[teller], bodies[teller]
            if size_outside(size, dict(zip(body.inputs, node.inputs[1:], strict=True)), body.inputs) is None:
                # Only running tells; that cannot be checked before.
                return node
            across = dict(zip(body.inputs, bodies[told].inputs, strict=True))
            (given,) = substitute([as_node(size)], across)
            if axis not in _declared(outputs[told][k]):
                declared = specify_shape(outputs[told][k], given, axes=(axis,), label=_ONE_PLACE)
                outputs[told][k] = relabel(declared, outputs[told][k])
    if all(made == list(body.outputs) for made, body in zip(outputs, bodies, strict=True)):
        return node
    changed = [body.with_outputs(made) for body, made in zip(bodies, outputs, strict=True)]
    return relabel(Node.apply(node.op, node.inputs, dict(zip(names, changed, strict=True))), node)


def _declared(node: Node) -> set[int]:
    """The axes whose sizes have been declared to be those of the other branch, and not for any other reason."""
    axes: set[int] = set()
    while node.op is specify_shape:
        axes |= set(node.params["axes"]) if node.params.get("label") == _ONE_PLACE else set()
        node = node.inputs[0]
    return axes


def _is_told(size: int | Node, node: Node) -> bool:
    """True if a size is known before the node is computed."""
    return isinstance(size, int) or not is_dim(size) or size.inputs[0] is not node or node.is_leaf

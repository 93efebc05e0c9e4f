"""Size unification of branches: both sides write to one buffer, so guards declare their sizes equal.

Native code keeps the value of a branch in one buffer, whichever side is taken. Where it is not known
that both sides have one size, one is declared to have the other's; if a call finds otherwise, NumPy
chooses. What is never computed is never checked, so nothing is declared of a value that is only
asked for its size. An ``ifelse`` of which no side is worth a branch chooses element by element.

Read next: legality.py
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ...graph import Graph, Node, rebuild, relabel, substitute, toposort
from ...op import KnownSizes, Size, as_node, convert, is_choice, is_dim, is_item, size_outside, with_bodies
from ...ops.branches import branch
from ...ops.join import specify_shape, undeclared
from ...ops.logic import where
from ...ops.scan import scan
from ...rewrite.core.cse import compose
from ...rewrite.core.subgraphs import has_control
from .decomposition import Changed
from .size_propagation import propagate_sizes

_ONE_PLACE = "branches write to one place"


def unify_sides(graph: Graph) -> Changed:
    """The graph in which the sides of choices have the same sizes, where that can be checked, and what nodes become.

    Args:
        graph: a graph in which sizes are formulas of given sizes (``size_propagation.py``); so they are in the result.
    """
    if not has_control(graph) and not any(map(is_choice, graph.nodes())):
        return graph, {}
    graph, became = _declared_in(graph, KnownSizes(), graph.outputs)
    graph, then = propagate_sizes(graph)
    return graph, compose(became, then)


def _declared_in(graph: Graph, sizes: KnownSizes, outputs: Collection[Node], inside: bool = False) -> Changed:
    """The graph with sizes declared, of which ``outputs`` are read; the others are asked for their sizes alone."""
    read = set(toposort(outputs, stop=is_dim))
    items: dict[Node, dict[int, bool]] = {}
    for node in graph.nodes():
        if is_item(node):
            items.setdefault(node.inputs[0], {})[node.params["index"]] = node in read
    made: dict[Node, Node] = {}
    became: dict[Node, Node] = {}
    for node in graph.nodes():
        measured = [index for index, is_read in items.get(node, {}).items() if not is_read]

        def changed(body: Graph, node: Node = node, measured: Collection[int] = measured) -> Graph:
            handed_on = range(node.params["carries"]) if node.op is scan else ()
            wanted = [out for k, out in enumerate(body.outputs) if k not in measured or k in handed_on]
            new, then = _declared_in(body, sizes, wanted, inside=True)
            became.update(then)
            return new

        current = with_bodies(rebuild(node, [made[source] for source in node.inputs]), changed)
        if current.op is branch:
            current = _with_equal_sides(current, measured, sizes)
        elif is_choice(current):
            current = _by_elements(current, sizes, declare=inside and node in read)
        made[node] = current
    return graph.with_outputs([made[output] for output in graph.outputs]), {**became, **made}


def _with_equal_sides(node: Node, measured: Collection[int], known: KnownSizes) -> Node:
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
            if k in measured or _differ(*sizes) or not _is_told(sizes[told], outputs[told][k]):
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


def _by_elements(node: Node, sizes: KnownSizes, declare: bool) -> Node:
    """A choice between values that are there anyway, made for every element; itself if their sizes may differ.

    Args:
        node: an ``ifelse``.
        sizes: those of the graph's nodes.
        declare: whether a size that is not known to be that of the other side is declared to be so: in the body of a
            loop or branch, which otherwise would be NumPy's as a whole.
    """
    condition, then, otherwise = node.inputs
    for axis, (size, other) in enumerate(zip(sizes(then), sizes(otherwise), strict=True)):
        if size != other:
            if not declare or _differ(size, other) or not all(map(_is_told, (size, other), (then, otherwise))):
                return node
            (told, teller) = (otherwise, size) if isinstance(size, int) else (then, other)
            declared = relabel(specify_shape(told, teller, axes=(axis,), label=_ONE_PLACE), told)
            then, otherwise = (then, declared) if told is otherwise else (declared, otherwise)
    # Arithmetic of float16 is that of float32, and there and back nothing is lost.
    return relabel(convert(where(condition, then, otherwise), node.dtype), node)


def _declared(node: Node) -> set[int]:
    """The axes whose sizes have been declared to be those of the other branch, and not for any other reason."""
    return {axis for axis, _, label in undeclared(node)[1] if label == _ONE_PLACE}


def _differ(size: Size, other: Size) -> bool:
    """True for two sizes that are not worth a guard: different numbers, or one of a side without elements."""
    return 0 in (size, other) or (isinstance(size, int) and isinstance(other, int))


def _is_told(size: int | Node, node: Node) -> bool:
    """True if a size is known before the node is computed."""
    return isinstance(size, int) or not is_dim(size) or size.inputs[0] is not node or node.is_leaf

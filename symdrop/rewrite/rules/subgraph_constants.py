"""Constant propagation into subgraphs: what is constant around a closed graph is constant inside.

A body is rewritten as the graph around it is. What is constant outside is constant
inside, so a flag fixed outside chooses inside too; and what a body no longer uses is no
longer computed for it.

Source: interprocedural constant propagation, D. Callahan, K. Cooper, K. Kennedy and L. Torczon,
SIGPLAN Symposium on Compiler Construction, 1986.

Read next: conditionals.py
"""

from __future__ import annotations

from ...graph import Graph, Node, substitution
from ...op import Constant, Control, Sizes, as_node, bodies, captures_from, is_dim
from ...ops.lengths import placeholder
from ...syntax import Operation
from ..core.predicates import as_sized
from ..core.rewrite_rule import node_rewrite_rule


def _holds_graphs(op: Operation) -> bool:
    return isinstance(op, Control)


@node_rewrite_rule(suits=_holds_graphs)
def constants_into_body(node: Node, sizes: Sizes) -> Node | None:
    """A captured constant is a constant of the body, and what the body does not use is not captured."""
    first = captures_from(node)
    own, captured = node.inputs[:first], node.inputs[first:]
    graphs = bodies(node)
    # A body's last inputs stand for what is captured, in order.
    keep: set[int] = set()
    changed: dict[str, Graph] = {}
    for name, body in graphs.items():
        inner = body.inputs[len(body.inputs) - len(captured) :]
        constants = {leaf: value for leaf, value in zip(inner, captured, strict=True) if isinstance(value, Constant)}
        outputs = body.substitute(constants).outputs if constants else body.outputs
        outputs = tuple(map(as_sized, outputs, body.outputs))
        changed[name] = Graph(body.inputs, outputs)
        used = set(changed[name].nodes())
        keep.update(k for k, leaf in enumerate(inner) if leaf in used)
    if len(keep) == len(captured):
        return None
    for name, body in changed.items():
        start = len(body.inputs) - len(captured)
        leaves = [leaf for k, leaf in enumerate(body.inputs) if k < start or k - start in keep]
        changed[name] = Graph(leaves, body.outputs)
    kept = [value for k, value in enumerate(captured) if k in keep]
    return Node.apply(node.op, [*own, *kept], {**node.params, **changed})


@node_rewrite_rule(suits=_holds_graphs)
def sizes_into_body(node: Node, sizes: Sizes) -> Node | None:
    """Of a captured value of which the bodies need only the sizes, the sizes are captured: it need not be computed."""
    first = captures_from(node)
    graphs = bodies(node)
    outside: dict[Node, Node] = {}
    replaced: dict[Node, Node] = {}
    asked = [_sizes_asked(body) for body in graphs.values()]
    placeholders = [body.inputs[len(body.inputs) - len(node.inputs) + first :] for body in graphs.values()]
    for value, *leaves in zip(node.inputs[first:], *placeholders, strict=True):
        several = [dims.get(leaf) for dims, leaf in zip(asked, leaves, strict=True)]
        dims = [dim for own in several for dim in own or ()]
        if value.is_leaf or value.items is not None or None in several or not dims:
            continue
        given = list(map(as_node, sizes(value)))
        if any(value in size.inputs for size in given):
            continue
        captured: dict[int, Node] = {}
        for dim in dims:
            axis = dim.params["axis"]
            replaced[dim] = captured.setdefault(axis, placeholder(dim, "size"))
            outside[captured[axis]] = given[axis]
    if not outside:
        return None
    changed: dict[str, Graph] = {}
    for name, body in graphs.items():
        new = substitution(body.outputs, replaced)
        changed[name] = Graph([*body.inputs, *outside], [as_sized(new[output], output) for output in body.outputs])
    return Node.apply(node.op, [*node.inputs, *outside.values()], {**node.params, **changed})


def _sizes_asked(body: Graph) -> dict[Node, list[Node]]:
    """For the placeholders of which a body needs no more than sizes these sizes."""
    found: dict[Node, list[Node]] = {leaf: [] for leaf in body.inputs}
    needed = set(body.outputs)
    for node in body.nodes():
        if is_dim(node) and node.inputs[0] in found:
            found[node.inputs[0]].append(node)
        else:
            needed.update(node.inputs)
    return {leaf: sizes for leaf, sizes in found.items() if leaf not in needed}


SUBGRAPH_CONSTANTS = (constants_into_body, sizes_into_body)

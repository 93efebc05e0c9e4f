"""Rules about the closed graphs that control ops hold.

A body is rewritten as the graph around it is. What is constant outside is constant
inside, so a flag fixed outside chooses inside too; and what a body no longer uses is no
longer computed for it.

Read next: choices.py
"""

from __future__ import annotations

from ..graph import Graph, Node
from ..op import Constant, Sizes, bodies
from ..ops.captures import BEFORE_CAPTURED, captures_from
from .known import as_sized
from .rule import node_rule


@node_rule(*BEFORE_CAPTURED)
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


BODIES = (constants_into_body,)

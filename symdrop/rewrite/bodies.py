"""Rules about the closed graphs that control ops hold.

A body is rewritten as the graph around it is. What is constant outside is constant
inside, so a flag fixed outside chooses inside too; and what a body no longer uses is no
longer computed for it.

Read next: fold.py
"""

from __future__ import annotations

from ..graph import Graph, Node
from ..op import Constant, Sizes
from .rule import node_rule


@node_rule("map_rows")
def constants_into_body(node: Node, sizes: Sizes) -> Node | None:
    """A captured constant is a constant of the body, and what the body does not use is not captured."""
    body: Graph = node.params["body"]
    n, *captured = node.inputs
    index, *inner = body.inputs
    constants = {leaf: value for leaf, value in zip(inner, captured, strict=True) if isinstance(value, Constant)}
    body = body.substitute(constants)
    used = set(body.nodes())
    kept = [(leaf, value) for leaf, value in zip(inner, captured, strict=True) if leaf in used]
    if len(kept) == len(captured):
        return None
    smaller = Graph([index, *(leaf for leaf, _ in kept)], body.outputs)
    return Node.apply(node.op, [n, *(value for _, value in kept)], {"body": smaller})


BODIES = (constants_into_body,)

"""Rules about the closed graphs that control ops hold.

A body is rewritten as the graph around it is. What is constant outside is constant
inside, so a flag fixed outside chooses inside too; and what a body no longer uses is no
longer computed for it.

Read next: choices.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..graph import Graph, Node
from ..op import Constant, Sizes, bodies
from .known import as_sized
from .rule import node_rule


def _map_rows_captures(node: Node) -> int:
    return 1


def _scan_captures(node: Node) -> int:
    return 3 + len(node.params["offsets"]) + int(node.params["carries"])


def _branch_captures(node: Node) -> int:
    return 1


# For every control op: how many of a node's inputs come before those that are captured.
_BEFORE_CAPTURED: Mapping[str, Callable[[Node], int]] = {
    "map_rows": _map_rows_captures,
    "scan": _scan_captures,
    "branch": _branch_captures,
}


def captures_from(node: Node) -> int:
    """The number of the first of a control node's inputs that its bodies capture."""
    return _BEFORE_CAPTURED[node.op.name](node)


@node_rule(*_BEFORE_CAPTURED)
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

"""The part a node plays: the way forward, the way back, or the update of a state.

A gradient leaves a note on every node it makes, and rewriting keeps it, so the way back is
known in every stage. What only the new value of a state needs is its update.

Read next: style.py
"""

from __future__ import annotations

from ..binding import public
from ..compiler.compile import UPDATE_OF
from ..graph import Graph, Node, toposort

PARTS = ("forward", "backward", "update")

_LEAF_MARKS = {"input": "input", "shared": "state", "flag": "flag", "constant": "constant"}


@public
def parts(graph: Graph) -> dict[Node, str]:
    """Which part of a graph every node belongs to.

    Args:
        graph: a stage of a compiled function, or any other graph.

    Returns:
        One of ``PARTS`` for every node; a leaf belongs where it is used first.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, w = T.scalar("x"), sd.shared(2.0, name="w")
        >>> y = T.tanh(w * x)
        >>> f = sd.function([x], y, updates={w: w - 0.5 * sd.grad(y, w)})
        >>> found = parts(f.stages["gradient"])
        >>> {part: sum(p == part for p in found.values()) for part in PARTS}
        {'forward': 4, 'backward': 6, 'update': 3}
    """
    nodes = graph.nodes()
    backward = {node for node in nodes if node.origin is not None}
    values = [output for label, output in zip(graph.labels, graph.outputs, strict=True) if not _is_update(label)]
    # Also what the way back needs of the way forward, where nothing else does.
    needed = {source for node in backward for source in node.inputs if not source.is_leaf and source not in backward}
    forward = set(toposort([*values, *needed], stop=backward.__contains__)) - backward
    found = {
        node: "backward" if node in backward else "forward" if node in forward else "update"
        for node in nodes
        if not node.is_leaf
    }
    used: dict[Node, str] = {}
    for node, part in found.items():
        for source in node.inputs:
            if source.is_leaf and (source not in used or PARTS.index(part) < PARTS.index(used[source])):
                used[source] = part
    return {node: found[node] if node in found else used.get(node, "forward") for node in nodes}


def _is_update(label: str) -> bool:
    return label.startswith(UPDATE_OF)


@public
def mark(node: Node) -> str:
    """The mark of a node: "input", "state", "flag", "constant" or "draw"; "" for a computation.

    Example:
        >>> import symdrop as sd
        >>> mark(sd.training), mark(sd.shared(1.0)), mark(sd.RandomStream(0).uniform(size=(2,)))
        ('flag', 'state', 'draw')
    """
    return _LEAF_MARKS.get(node.op.name, "") if node.is_leaf else "draw" if node.op.kind == "draw" else ""

"""Closure conversion: what a body uses from outside becomes inputs of it, so that its graph is closed.

Read next: sort_keys.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Graph, Node, substitution, toposort
from ..op import Constant
from .lengths import placeholder
from .regions import conditional


def close_over(
    outputs: Sequence[Node], placeholders: Sequence[Node], formulas: Sequence[Node] = ()
) -> tuple[Graph, list[Node]]:
    """The part of a computation that depends on placeholders, as a closed graph.

    Args:
        outputs: what is computed.
        placeholders: leaves, the first inputs of the graph.
        formulas: nodes that belong to the graph although they depend on no placeholder.

    Returns:
        The graph, whose inputs are the placeholders and then one per captured node, and the captured nodes: those
        outside values the dependent part uses. Constants stay inside, and so does what only a side of a choice needs.
    """
    order = toposort(outputs)
    inside = {*placeholders, *formulas}
    for node in order:
        if any(source in inside for source in node.inputs):
            inside.add(node)
    # Outside it would be computed whether a step chooses it or not.
    inside |= conditional(outputs)
    for node in reversed(order):
        # Stretching is done inside, so that what is stretched, a flag say, stays known for what it is.
        inside.update(source for source in node.inputs if node in inside and source.op.stretches)
    captured: dict[Node, Node] = {}
    for node in (*order, *outputs):
        for used in node.inputs if node in inside else (node,) if node in outputs else ():
            if used not in inside and not isinstance(used, Constant) and used not in captured:
                captured[used] = placeholder(used)
    inner = substitution(outputs, captured)
    return Graph([*placeholders, *captured.values()], [inner[output] for output in outputs]), list(captured)

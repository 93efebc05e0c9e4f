"""Which nodes are structural zeros if some others are.

Read next: prune.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph import Node, toposort
from .known import is_nothing


def nothing_if(outputs: Sequence[Node], zeros: Iterable[Node]) -> set[Node]:
    """The nodes behind the outputs that are nothing if ``zeros`` are: linearity alone decides."""
    found = set(zeros)
    for node in toposort(outputs, stop=found.__contains__):
        if node not in found and (is_nothing(node) or _is_linear_in_zeros(node, found)):
            found.add(node)
    return found


def _is_linear_in_zeros(node: Node, zeros: set[Node]) -> bool:
    if node.items is not None:
        return False
    op = node.op
    jointly = op.jointly_linear(node)
    return any(node.inputs[i] in zeros for i in op.linear_in) or bool(
        jointly and all(node.inputs[i] in zeros for i in jointly)
    )

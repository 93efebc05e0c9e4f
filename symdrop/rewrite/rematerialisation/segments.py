"""Segments of the forward pass: what crosses from one to the next is kept, the rest computed again, one by one.

A segment ends where its values have filled a budget, at the narrowest place since it began: where the fewest bytes
are needed behind it.

Source: T. Chen, B. Xu, C. Zhang and C. Guestrin, "Training deep nets with sublinear memory cost", arXiv:1604.06174,
2016, algorithm 3 (memory planning with a budget).

Read next: recompute.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Draw, Elementwise
from .liveness import BytesOf, stored_in
from .passes import Passes


def kept_between_segments(passes: Passes, budget: float, bytes_of: BytesOf) -> set[Node]:
    """The values that are kept if a segment may hold a budget of bytes.

    Args:
        passes: the passes of the graph.
        budget: bytes of a segment's values.
        bytes_of: gives the bytes of a value.
    """
    crossing = _crossing(passes)
    width = [sum(map(bytes_of, nodes)) for nodes in crossing]
    kept: set[Node] = set()
    begin = filled = 0
    for k, node in enumerate(passes.forward):
        filled += bytes_of(node)
        if filled > budget and k > begin:
            # The last of the narrowest places, so that segments are long.
            end = min(range(k, begin, -1), key=width.__getitem__)
            kept.update(crossing[end])
            begin, filled = end, sum(map(bytes_of, passes.forward[end + 1 : k + 1]))
    return kept


def kept_but_pointwise(passes: Passes) -> set[Node]:
    """All values but those that follow point by point from others that the backward pass reads anyway."""
    there: set[Node] = set()
    follows: set[Node] = set()
    for node in passes.forward:
        if isinstance(node.op, Elementwise) and node.ndim and all(_is_there(x, there) for x in node.inputs):
            follows.add(node)
            there.add(node)
        elif any(map(passes.reads_again, passes.users[node])):
            there.add(node)
    return {node for node in passes.forward if node not in follows}


def _is_there(node: Node, there: set[Node]) -> bool:
    base = stored_in(node)
    return base.is_leaf or not base.ndim or isinstance(base.op, Draw) or base in there


def _crossing(passes: Passes) -> list[list[Node]]:
    """For every node of the forward pass the values in memory that later ones of this pass need."""
    last: dict[Node, int] = {}
    for k, node in enumerate(passes.forward):
        for source in node.inputs:
            last[stored_in(source)] = k
    alive: dict[Node, None] = {}
    found = []
    for k, node in enumerate(passes.forward):
        if not node.is_leaf and last.get(node, k) > k:
            alive[node] = None
        for source in (stored_in(source) for source in node.inputs):
            if last[source] == k:
                alive.pop(source, None)
        found.append(list(alive))
    return found

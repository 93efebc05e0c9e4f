"""Liveness of the values of a graph: when each is made, when it is read last, and how many bytes are alive at once.

Read next: passes.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from ...graph import Graph, Node
from ...op import View
from ...ops.calls.recomputation import after

BytesOf = Callable[[Node], int]


class Step(NamedTuple):
    """The computation of a value: of which node, by what name, and from the values of which names."""

    name: Hashable
    node: Node
    sources: Sequence[Hashable]


def moved_input(node: Node) -> int | None:
    """The number of the input in whose memory a value lies; None if it has its own."""
    if node.op is after:
        return 1
    return 0 if isinstance(node.op, View) and node.inputs else None


def stored_in(node: Node) -> Node:
    """The node in whose memory a value lies: a view has none of its own."""
    while (number := moved_input(node)) is not None:
        node = node.inputs[number]
    return node


def bytes_by(shape_of: Callable[[Node], tuple[int, ...]]) -> BytesOf:
    """A function that gives the bytes of a value: none of views, of leaves, and of what has several values."""
    known: dict[Node, int] = {}

    def bytes_of(node: Node) -> int:
        if node not in known:
            own = not node.is_leaf and node.items is None and moved_input(node) is None
            known[node] = prod(shape_of(node)) * np.dtype(node.dtype).itemsize if own else 0
        return known[node]

    return bytes_of


def last_uses(order: Sequence[Node]) -> dict[Node, int]:
    """For every node that lies in memory the position of the last one that reads it."""
    return {stored_in(source): k for k, node in enumerate(order) for source in (node, *node.inputs)}


def lifetimes(order: Sequence[Node]) -> Mapping[Node, int]:
    """For every node that lies in memory, how many nodes are computed while it is needed."""
    last = last_uses(order)
    return {node: last[node] - k for k, node in enumerate(order) if node in last}


def peak(steps: Iterable[Step], outputs: Collection[Hashable], bytes_of: BytesOf) -> int:
    """The most bytes that are alive at once.

    Args:
        steps: in the order in which they are made.
        outputs: the names of values that are not counted.
        bytes_of: gives the bytes of a node's value.
    """
    steps = list(steps)
    memory: dict[Hashable, Hashable] = {}
    last: dict[Hashable, int] = {}
    for k, (name, node, sources) in enumerate(steps):
        number = moved_input(node)
        memory[name] = name if number is None else memory[sources[number]]
        last.update((memory[source], k) for source in (name, *sources))
    kept = {memory[output] for output in outputs}
    size = {name: 0 if name in kept else bytes_of(node) for name, node, _ in steps}
    dying: dict[int, int] = {}
    for name, k in last.items():
        dying[k] = dying.get(k, 0) + size[name]
    alive = most = 0
    for k, (name, _, _) in enumerate(steps):
        alive += size[name]
        most = max(most, alive)
        alive -= dying.get(k, 0)
    return most


def peak_bytes(graph: Graph, bytes_of: BytesOf) -> int:
    """The most bytes of intermediate values that are alive at once, nodes being computed in the graph's order.

    Inputs and outputs are not counted.
    """
    return peak((Step(node, node, node.inputs) for node in graph.nodes()), graph.outputs, bytes_of)

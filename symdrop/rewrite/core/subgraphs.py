"""Passes over the closed graphs that control nodes hold: a graph becomes another, and the firings are logged.

Read next: list_scheduling.py
"""

from __future__ import annotations

from collections.abc import Callable

from ...graph import Graph, Node
from ...op import Control, with_bodies
from .rewrite_rule import Firing

# A graph of equal value, itself where nothing changes, and what fired on the way to it.
Pass = Callable[[Graph], tuple[Graph, list[Firing]]]


def has_control(graph: Graph) -> bool:
    """True if a graph holds other graphs; most do not, and need not be looked through for loops."""
    return any(isinstance(op, Control) for op in {node.op for node in graph.nodes()})


def in_subgraphs(node: Node, change: Pass, log: list[Firing]) -> Node:
    """A node with a pass applied to the graphs that it holds; what fired is added to the log."""

    def changed(body: Graph) -> Graph:
        new, firings = change(body)
        log.extend(firings)
        return new

    return with_bodies(node, changed)

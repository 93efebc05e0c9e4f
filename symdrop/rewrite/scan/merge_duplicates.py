"""Merging of duplicate scans: two of the same inputs and carries become one, which stacks what either of them stacked.

A gradient makes a second loop that also stacks what the way back needs (see
ops/scan_gradient.py); this is where the two become one, while their bodies still consist
of the same nodes.

Source: common subexpressions, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed.,
2006, section 9.1.4, for whole loops.

Read next: dead_code.py
"""

from __future__ import annotations

from collections.abc import Hashable

from ...graph import Graph, Node, rebuild, relabel
from ...op import is_item
from ...ops.scan import Loop, loop_of
from ..core.rewrite_rule import Firing
from ..core.subgraphs import has_control, in_subgraphs
from .parts import ScanParts, iteration_space, positions, replacements_of


def merge_duplicate_scans(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph with loops over the same inputs, whose steps hand on the same states, made one.

    It stacks what any of them stacks. The loops inside bodies are united too.
    """
    log: list[Firing] = []
    while has_control(graph):
        graph, firings = _unite_once(graph)
        if not firings:
            break
        log += firings
    return graph, log


def _unite_once(graph: Graph) -> tuple[Graph, list[Firing]]:
    firings: list[Firing] = []
    alike: dict[Hashable, list[Node]] = {}
    for node in graph.nodes():
        loop = loop_of(node)
        if loop is not None:
            alike.setdefault(_key(loop), []).append(node)
    several = {node: nodes for nodes in alike.values() if len(nodes) > 1 for node in nodes}
    # For every loop that is united: the loop it becomes a part of, and where its stacks are.
    united: dict[Node, tuple[Loop, list[int]]] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        source = node.inputs[0] if is_item(node) else node
        if source in united and node is not source:
            made, stacks = united[source]
            index: int = node.params["index"]
            old = Loop(source)
            values = replacements_of(made, old, (index,), positions(range(len(old.states))), dict(enumerate(stacks)))
            new[node] = relabel(values[index], node)
            continue
        current = rebuild(node, [new[source] for source in node.inputs])
        if node in several:
            if node not in united:
                _unite(current, several[node], united, firings)
        elif node.op.kind == "control":
            current = in_subgraphs(current, merge_duplicate_scans, firings)
        new[node] = current
    if not firings:
        return graph, firings
    return graph.with_outputs([new[output] for output in graph.outputs]), firings


def _key(loop: Loop) -> Hashable:
    """The key of loops over the same inputs whose steps, but for what they stack, are the same nodes."""
    offsets = loop.node.params["offsets"]
    return iteration_space(loop), loop.node.inputs, offsets, loop.body.inputs, loop.new_states, loop.stop


def _unite(current: Node, nodes: list[Node], united: dict[Node, tuple[Loop, list[int]]], firings: list[Firing]) -> None:
    stacked = list(dict.fromkeys(output for node in nodes for output in Loop(node).stacked))
    parts = ScanParts(Loop(current))
    parts.stacked = stacked
    made = parts.make()
    position = {output: k for k, output in enumerate(stacked)}
    for node in nodes:
        united[node] = made, [position[output] for output in Loop(node).stacked]
        firings.append(Firing("merge_duplicate_scans", node, made.node))

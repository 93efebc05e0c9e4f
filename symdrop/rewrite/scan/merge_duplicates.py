"""Merging of duplicate scans: two of the same inputs and carries become one, which stacks what either of them stacked.

A gradient makes a second loop that also stacks what the way back needs (see
ops/scan_gradient.py); this is where the two become one, while their bodies still consist
of the same nodes.

Source: common subexpressions, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed.,
2006, section 9.1.4, for whole loops.

Read next: dead_code.py
"""

from __future__ import annotations

from typing import Any

from ...graph import Graph, Node, rebuild
from ...op import is_item
from ...ops.join import item
from ...ops.scan import Loop, scan
from ..core.rule import Firing
from .parts import Parts, change_bodies, has_control


def unite(graph: Graph) -> tuple[Graph, list[Firing]]:
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
    alike: dict[Any, list[Node]] = {}
    for node in graph.nodes():
        if node.op is scan:
            alike.setdefault(_key(node), []).append(node)
    several = {node: nodes for nodes in alike.values() if len(nodes) > 1 for node in nodes}
    # For every loop that is united: the loop it becomes a part of, and where its stacks are.
    united: dict[Node, tuple[Loop, list[int]]] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        source = node.inputs[0] if is_item(node) else node
        if source in united and node is not source:
            new[node] = _item(node, Loop(source), *united[source])
            continue
        current = rebuild(node, [new[source] for source in node.inputs])
        if node in several:
            if node not in united:
                _unite(current, several[node], united, firings)
        elif node.op.kind == "control":
            current = change_bodies(current, unite, firings)
        new[node] = current
    if not firings:
        return graph, firings
    return graph.with_outputs([new[output] for output in graph.outputs]), firings


def _key(node: Node) -> Any:
    loop = Loop(node)
    params = tuple(sorted((name, value) for name, value in node.params.items() if name != "body"))
    return node.inputs, loop.body.inputs, loop.new_states, loop.stop, params


def _unite(current: Node, nodes: list[Node], united: dict[Node, tuple[Loop, list[int]]], firings: list[Firing]) -> None:
    stacked = list(dict.fromkeys(output for node in nodes for output in Loop(node).stacked))
    parts = Parts(Loop(current))
    parts.stacked = stacked
    made = parts.make()
    place = {output: k for k, output in enumerate(stacked)}
    for node in nodes:
        united[node] = made, [place[output] for output in Loop(node).stacked]
        firings.append(Firing("united_loops", node, made.node))


def _item(node: Node, old: Loop, made: Loop, places: list[int]) -> Node:
    index: int = node.params["index"]
    count = len(old.states)
    if index >= count:
        behind = index - count - len(places)
        index = count + (len(made.stacked) + behind if behind >= 0 else places[index - count])
    result = item(made.node, index=index)
    return Node(result.op, result.inputs, result.type, result.params, node.name, node.lines, node.origin)

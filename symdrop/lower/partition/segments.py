"""Graph partitioning: segments of nodes that are lowered together, and the fallbacks between them.

A node without a lowering runs as a *fallback*: its formula, evaluated by NumPy on the
calling thread. The graph falls into segments of lowered nodes before, between and after
fallbacks; a graph without fallbacks is one segment, and so one native call.

Read next: shape_guards.py
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...graph import Graph, Node, substitution, toposort
from ...op import Constant, Elementwise, KnownSizes, check_replacement, is_dim, is_item
from ...ops.lengths import placeholder
from .legality import GivenSizes, lowers


@dataclass(frozen=True, slots=True)
class Segment:
    """Nodes that are lowered together.

    Attributes:
        graph: a closed graph; its inputs stand for ``inputs``.
        inputs: the nodes of the whole graph whose values it needs.
        outputs: the nodes of the whole graph that it computes.
        copies: for nodes of the whole graph those of ``graph``, where these are others.
        sizes: those of the nodes of ``graph``, where the cut has found them.
    """

    graph: Graph
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    copies: Mapping[Node, Node] = field(default_factory=dict)
    sizes: KnownSizes | None = None


def cut(graph: Graph, unlowered: Collection[Node] = ()) -> list[Segment | Node]:
    """A graph as segments and fallback nodes, in the order in which they run.

    Args:
        graph: a closed graph, decomposed.
        unlowered: further nodes that fall back: those whose lowering has been tried, and failed.
    """
    sizes = GivenSizes()
    order = graph.nodes()
    fallback: set[Node] = set()
    for node in order:
        one_of_several = is_item(node) and node.inputs[0] in fallback
        if not node.is_leaf and (node in unlowered or one_of_several or not lowers(node, sizes)):
            fallback.add(node)
    if not fallback:
        return [Segment(graph, tuple(graph.inputs), tuple(graph.outputs), sizes=sizes)]
    return _pieces(order, set(graph.outputs), fallback)


def _levels(order: Sequence[Node], fallback: set[Node]) -> dict[Node, int]:
    """For every node the number of its segment; fallbacks of that number run after it."""
    level: dict[Node, int] = {}
    for node in order:
        own = 0
        for source in node.inputs:
            own = max(own, level[source] + (source in fallback and node not in fallback))
        level[node] = own
    return level


def _pieces(order: Sequence[Node], outputs: set[Node], fallback: set[Node]) -> list[Segment | Node]:
    level = _levels(order, fallback)
    sizes = _numbers_given(order, fallback)
    inside: list[list[Node]] = [[] for _ in range(max(level.values()) + 1)]
    behind: list[list[Node]] = [[] for _ in inside]
    for node in order:
        if node in fallback:
            behind[level[node]].append(node)
        elif not node.is_leaf:
            inside[level[node]].append(node)
    pieces: list[Segment | Node] = []
    # The users of a node by the number of their segment; None for fallbacks.
    users: dict[Node, set[int | None]] = {node: set() for node in order}
    for node in order:
        for source in node.inputs:
            users[source].add(None if node in fallback else level[node])
    for number, own in enumerate(inside):
        made = [n for n in own if n in outputs or (None in users[n] if n in sizes else users[n] - {number})]
        if made:
            pieces.append(_segment(made, set(own), sizes))
        pieces += behind[number]
    return pieces


def _numbers_given(order: Sequence[Node], fallback: set[Node]) -> set[Node]:
    """Numbers that follow from sizes and numbers given: every segment computes them, and none hands them on."""
    found: set[Node] = set()
    for node in order:
        if isinstance(node.op, Elementwise) and not node.ndim and node not in fallback:
            follows = all(source.is_leaf or source in found for source in node.inputs)
        else:
            follows = is_dim(node)
        if follows:
            found.add(node)
    return found


def _segment(made: Sequence[Node], own: set[Node], numbers: set[Node]) -> Segment:
    used = toposort(made, stop=lambda node: node not in own and node not in numbers)
    inputs = tuple(node for node in used if node not in own and node not in numbers and not isinstance(node, Constant))
    leaves = {node: placeholder(node) for node in inputs}
    mapping = substitution(made, leaves)
    for node in made:
        check_replacement(mapping[node], node, "the cut into segments")
    return Segment(Graph(list(leaves.values()), [mapping[node] for node in made]), inputs, tuple(made), mapping)

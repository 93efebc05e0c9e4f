"""Common subexpression elimination by hash consing: equal nodes of one graph become one node.

Within the graph it gives, equality is identity. Constants are equal by dtype, shape and bytes;
inputs, shared states and draws are only equal to themselves. A node keeps the
lines of all the nodes it stands for.

Source: A. Ershov, "On programming of arithmetic operations", CACM 1(8), 1958 (hash consing); A.
Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed., 2006, section 9.1.4.

Read next: refinement.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import SourceLine
from ...graph import Graph, Node
from ...op import FLAG, Constant


class ValueTable:
    """The table that maps every node to the first one equal to it.

    Args:
        draws: whether draws of equal keys, steps, sizes and parameters are equal.
    """

    def __init__(self, draws: bool = False) -> None:
        self._apart = ("leaf", "control") if draws else ("leaf", "control", "draw")
        self._first: dict[tuple[Any, ...], Node] = {}

    def __call__(self, node: Node) -> Node:
        """The representative of a node whose inputs are representatives already."""
        key = self._key(node)
        return node if key is None else self._first.setdefault(key, node)

    def _key(self, node: Node) -> tuple[Any, ...] | None:
        if isinstance(node, Constant):
            return "constant", *node.key(), node.type.weak
        op, params = node.op, node.params
        if op is FLAG:
            return "flag", params["flag"]
        if op.kind in self._apart:
            return None
        # The type is not part of it: it follows from the rest.
        return (op, node.inputs, *sorted(params.items())) if params else (op, node.inputs)


def cse(graph: Graph) -> Graph:
    """The graph without common subexpressions: equal nodes are one node.

    Example:
        >>> import symdrop.tensor as T
        >>> from symdrop.graph import Graph
        >>> x = T.vector("x")
        >>> len(Graph([x], [T.exp(x) + T.exp(x)])), len(cse(Graph([x], [T.exp(x) + T.exp(x)])))
        (4, 3)
    """
    return cse_with_substitution(graph)[0]


def cse_with_substitution(graph: Graph, draws: bool = False) -> tuple[Graph, dict[Node, Node]]:
    """The graph without common subexpressions, and what nodes become; ``draws`` as of ``ValueTable``.

    A node that becomes nothing else is the representative of itself.
    """
    intern = ValueTable(draws)
    representative: dict[Node, Node] = {}
    every_line: dict[Node, tuple[SourceLine, ...]] = {}
    for node in graph.nodes():
        current = node
        # Until the first two nodes are merged, every node is the representative of itself.
        if representative:
            inputs = tuple([representative.get(source, source) for source in node.inputs])
            # Of equal inputs inference finds what it found before.
            current = node if inputs == node.inputs else _over(inputs, node)
        made = intern(current)
        if made is not node:
            representative[node] = made
            known = every_line.get(made, made.lines)
            if known != node.lines:
                every_line[made] = tuple(dict.fromkeys(known + node.lines))
    if not representative:
        return graph, representative
    became = _with_lines(graph.nodes(), representative, every_line) if every_line else representative
    return graph.with_outputs([became.get(output, output) for output in graph.outputs]), became


def _over(inputs: tuple[Node, ...], node: Node, lines: tuple[SourceLine, ...] | None = None) -> Node:
    """The node over inputs that are equal to its own."""
    return Node(node.op, inputs, node.type, node.params, node.name, lines or node.lines, node.origin)


def _with_lines(
    order: Iterable[Node], representative: Mapping[Node, Node], every_line: Mapping[Node, tuple[SourceLine, ...]]
) -> dict[Node, Node]:
    """The representatives of nodes, inputs first, with the lines of all the nodes that each of them stands for."""
    unique: dict[Node, Node] = {}
    became: dict[Node, Node] = {}
    for node in order:
        made = representative.get(node, node)
        if made not in unique:
            inputs = tuple([unique[source] for source in made.inputs])
            lines = every_line.get(made, made.lines)
            if made.is_leaf or (inputs == made.inputs and lines == made.lines):
                unique[made] = made
            else:
                unique[made] = _over(inputs, made, lines)
        if unique[made] is not node:
            became[node] = unique[made]
    return became


def compose(became: Mapping[Node, Node], then: Mapping[Node, Node]) -> dict[Node, Node]:
    """The composition of two substitutions: ``became``, and then ``then``; a node that neither has stays itself."""
    return {**then, **{node: then.get(made, made) for node, made in became.items()}}

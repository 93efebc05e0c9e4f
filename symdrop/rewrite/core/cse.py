"""Common subexpression elimination by hash consing: equal nodes of one graph become one node.

Within the graph it gives, equality is identity. Constants are equal by dtype, shape and bytes;
inputs, shared states and draws are only equal to themselves. A node keeps the
lines of all the nodes it stands for.

Source: A. Ershov, "On programming of arithmetic operations", CACM 1(8), 1958 (hash consing); A.
Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed., 2006, section 9.1.4.

Read next: refinement.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import SourceLine
from ...graph import Graph, Node, rebuild, toposort
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
        if node.op is FLAG:
            return "flag", node.params["flag"]
        if node.op.kind in self._apart:
            return None
        # The type is not part of it: it follows from the rest.
        return node.op, node.inputs, *(sorted(node.params.items()) if node.params else ())


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
    """The graph without common subexpressions, and what every node becomes; ``draws`` as of ``ValueTable``."""
    intern = ValueTable(draws)
    representative: dict[Node, Node] = {}
    lines: dict[Node, tuple[SourceLine, ...]] = {}
    for node in graph.nodes():
        made = intern(rebuild(node, [representative[source] for source in node.inputs]))
        representative[node] = made
        known = lines.setdefault(made, node.lines)
        if known != node.lines:
            lines[made] = tuple(dict.fromkeys(known + node.lines))
    unique: dict[Node, Node] = {}
    for made in toposort([representative[output] for output in graph.outputs]):
        inputs = tuple(unique[source] for source in made.inputs)
        every_line = lines.get(made, made.lines)
        if made.is_leaf or (inputs == made.inputs and every_line == made.lines):
            unique[made] = made
        else:
            unique[made] = Node(made.op, inputs, made.type, made.params, made.name, every_line, made.origin)
    became = {node: unique[made] for node, made in representative.items() if made in unique}
    return graph.with_outputs([became[output] for output in graph.outputs]), became


def compose(became: Mapping[Node, Node], then: Mapping[Node, Node]) -> dict[Node, Node]:
    """The composition of two substitutions: ``became``, and then ``then``."""
    return {node: then.get(made, made) for node, made in became.items()}

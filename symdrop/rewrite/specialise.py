"""Partial evaluation: flags are fixed, and what no longer matters is dropped; so one graph is several functions.

``training`` is a leaf of the graph. Fixing it to False turns every choice that depends on
it into the branch it chooses; what only the other branch needed is gone, random draws and
their streams included, and so is their share of the gradient.

Source: N. Jones, C. Gomard and P. Sestoft, "Partial Evaluation and Automatic Program
Generation", 1993.

Read next: callback_order.py
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import UnsetFlagError, at_lines, shown
from ..graph import Graph, Node, describe
from ..op import Constant, Flag
from .core.rewrite_rule import Firing, RewriteRuleSet
from .core.subgraphs import has_control
from .engine import rewrite
from .inlining import inline_calls
from .rules.algebra import chosen_branch, same_branches
from .rules.conditionals import chosen_value
from .rules.constant_folding import folding
from .rules.shapes import known_dim, literal_operand
from .rules.structural_zeros import STRUCTURAL_ZEROS
from .rules.subgraph_constants import SUBGRAPH_CONSTANTS
from .scan.dead_code import eliminate_dead_code
from .scan.merge_duplicates import merge_duplicate_scans
from .stability.numerical_stability import STABLE

# What the stability rules look for is not computed before they have seen it.
_FOLDING = folding(kept={op for one in STABLE if one.pattern is not None for op in one.pattern.innermost_ops()})

SPECIALISE = RewriteRuleSet((
    *STRUCTURAL_ZEROS, _FOLDING, *SUBGRAPH_CONSTANTS, chosen_branch, same_branches, chosen_value, known_dim,
    literal_operand,
))  # fmt: skip


def specialise(graph: Graph, flags: Mapping[str, bool]) -> tuple[Graph, list[Firing]]:
    """The graph with flags fixed, and what that made unnecessary removed.

    Args:
        graph: a closed graph.
        flags: truth values by flag name; names the graph does not use are ignored.

    Returns:
        The specialised graph and the log of the rules that fired.
    """
    graph = inline_calls(graph)
    # Before anything is rewritten: loops are known to be alike by the nodes of their bodies.
    graph, united = merge_duplicate_scans(graph)
    facts: dict[Node, Node] = {
        node: Constant(np.asarray(flags[node.flag_name]), name=node.name, lines=())
        for node in graph.nodes()
        if isinstance(node, Flag) and node.flag_name in flags
    }
    graph, log = rewrite(graph, SPECIALISE, cse=False, facts=facts)
    log = united + log
    while has_control(graph):
        graph, eliminated = eliminate_dead_code(graph)
        if not eliminated:
            break
        graph, more = rewrite(graph, SPECIALISE, cse=False)
        log += eliminated + more
    return graph, log


def check_flags(graph: Graph) -> None:
    """Raise if a graph still depends on a flag.

    Raises:
        UnsetFlagError: naming the flag and the line that depends on it.
    """
    for node in graph.nodes():
        if isinstance(node, Flag):
            user = _user(node, graph)
            setting = (
                "training=True or False" if node.flag_name == "training" else f"flags={{{shown(node.flag_name)}: ...}}"
            )
            raise UnsetFlagError(
                f"the flag {shown(node.flag_name)} is not set, but {describe(user, lines=False)} depends on it; "
                f"compile with {setting}{at_lines(user.lines)}"
            )


def _user(leaf: Node, graph: Graph) -> Node:
    """The first node that depends on a leaf and is more than the leaf stretched."""
    stretched = {leaf}
    for node in graph.nodes():
        if any(source in stretched for source in node.inputs):
            if not node.op.stretches:
                return node
            stretched.add(node)
    return leaf

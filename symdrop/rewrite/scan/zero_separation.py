"""Separation of zeros: what may be a structural zero stands apart from what is not, so that it need not be computed.

What is zero on one side of a branch is partially dead there: apart, it sinks into the other side.

Source: J. Knoop, O. Ruthing and B. Steffen, "Partial dead code elimination", PLDI 1994.

Read next: branch_scope.py
"""

from __future__ import annotations

from ...graph import Graph, Node, rebuild
from ...op import KnownSizes
from ...ops.arithmetic import add
from ...ops.control_dependence import EVERYWHERE
from ...ops.scatter import inc_subtensor, is_scatter_add
from ...ops.zero_flow import zero_unless
from ..core.predicates import is_structural_zero, structural_zeros_in_place_of, structural_zeros_of


def with_zeros_apart(graph: Graph) -> Graph:
    """The graph in which what may be zero stands apart from what is not.

    Values that are zeros under all outcomes are zeros; what is scattered into a sum, and may be zero, is scattered into
    zeros and added.
    """
    nonzero = zero_unless(graph.nodes())
    sizes = KnownSizes()
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        made = rebuild(node, [new[source] for source in node.inputs])
        if is_scatter_add(node) and nonzero[node.inputs[1]] and nonzero[node] == EVERYWHERE:
            target = made.inputs[0]
            # The sizes of a leaf can always be asked for.
            known = structural_zeros_of(target.dtype, sizes(target)) if target.is_leaf else None
            zeros = structural_zeros_in_place_of(target, sizes) if known is None else known
            if zeros is not None:
                made = add(made.inputs[0], inc_subtensor(zeros, *made.inputs[1:], **made.params))
        elif nonzero[node] is None and not node.is_leaf and not is_structural_zero(node):
            zeros = structural_zeros_in_place_of(made, sizes)
            made = made if zeros is None else zeros
        new[node] = made
    return graph.with_outputs([new[output] for output in graph.outputs])

"""Declared simplifications: peephole rules that stand beside an op, in its own folder, which not every program loads.

Read next: joins.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Op, Sizes
from ...syntax import Operation
from ..core.rewrite_rule import node_rewrite_rule


def _declares(op: Operation) -> bool:
    return isinstance(op, Op) and op.simplification_rule is not None


@node_rewrite_rule(suits=_declares)
def declared_simplification(node: Node, sizes: Sizes) -> Node | None:
    """The node that the rule declared beside its op gives instead."""
    assert isinstance(node.op, Op) and node.op.simplification_rule is not None
    return node.op.simplification_rule(sizes, node, *node.inputs, **node.params)


DECLARED = (declared_simplification,)

"""Operands of a matrix product: the values that must lie in memory, transposed or not, and the numbers it scales by.

Read next: update_chains.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Contraction
from ..ir.frame import FrameLayout


def operand(node: Node, memory: FrameLayout) -> tuple[Node, bool]:
    """The operand of a matrix product: a value in memory, and a flag that tells if its last two axes are exchanged."""
    exchanged, shape = False, memory.sizes(node)[-2:]
    while (read := memory.read_map(node)) is not None:
        source, sizes = read.source, memory.sizes(node)
        if read.exchanges(memory.sizes(source), sizes) and sizes[-2:] == shape:
            exchanged, shape = not exchanged, shape[::-1]
        elif not read.keeps_order(memory.sizes(source), sizes):
            break
        node = source
    return node, exchanged


def factors(node: Node) -> tuple[Node, Node]:
    """The two matrices of a product."""
    assert isinstance(node.op, Contraction)
    a, b = (node.inputs[k] for k in node.op.factors)
    return a, b


def scales(node: Node) -> tuple[Node, ...]:
    """The numbers by which a product, and what it is added to, are multiplied; none where nothing is added."""
    assert isinstance(node.op, Contraction)
    return () if node.op.added is None else node.inputs[3:]

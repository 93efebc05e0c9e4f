"""Counts: how many operations a node computes, and how many elements it reads, from the space that its iterators span.

An elementwise op computes one number at every point of its value, a reduction one at every point of what it reduces, a
contraction a product and a sum at every point of all its iterators, 2 m n k for a product of matrices. What only moves
elements computes nothing, and reads, where its indexing map says, as many elements as it has.

Source: the iteration space of a loop nest, as MLIR's linalg dialect has it.

Read next: ../ops/__init__.py
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..graph import Node
from .base import Op
from .contractions import Contraction
from .elementwise import Elementwise
from .index_maps import map_owner
from .shaped import Control, Reduction, SizeOf, is_item

Shape = tuple[int, ...]


def operations(node: Node, shape_of: Callable[[Node], Shape]) -> int:
    """How many arithmetic operations a node takes; a function such as tanh is one, and what is composed counts as one.

    Args:
        node: a node with one value.
        shape_of: gives the shapes of the node and of its inputs.

    Returns:
        The number of points of its iteration space, times the operations at each.
    """
    op = node.op
    if isinstance(op, Contraction):
        space: Any = op.iteration_space(node, shape_of)
        # A product of as many factors, and its part in the sum.
        at_each = len(op.factors) - 1 + bool(op.summed_over(node))
        return at_each * (math.prod(shape_of(node)) if None in space else math.prod(space))
    if node.is_leaf or is_item(node) or not isinstance(op, Op) or isinstance(op, Control | SizeOf):
        return 0
    if not isinstance(op, Elementwise) and (op.moved(node) or map_owner(node) is not None):
        return 0
    return math.prod(shape_of(node.inputs[0] if isinstance(op, Reduction) else node))


def elements_read(node: Node, shape_of: Callable[[Node], Shape]) -> list[int]:
    """How many elements of each input a node reads, each element counted once; arguments as of ``operations``."""
    read = [math.prod(shape_of(source)) for source in node.inputs]
    owner = map_owner(node)
    if owner is not None and owner.op is node.op:
        read[0] = min(read[0], math.prod(shape_of(node)))
    return read

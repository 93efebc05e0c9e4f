"""Constant folding: what depends on constants alone is computed while compiling.

Read next: choices.py
"""

from __future__ import annotations

import math

import numpy as np

from ..graph import Node
from ..op import Constant, Sizes
from ..ops.numpy_maths import NUMPY
from .known import as_literal
from .rule import node_rule

# A constant larger than this is cheaper to compute than to carry around.
_LARGEST = 4096


@node_rule(some_input=("constant",))
def fold_constants(node: Node, sizes: Sizes) -> Node | None:
    """An op on constants is a constant (stretched ones stay stretched, errors stay errors of the call)."""
    if not node.inputs or node.op.kind in ("leaf", "draw", "control"):
        return None
    if node.op.name == "broadcast" or as_literal(node) is not node:
        return None
    if node.items is not None or not all(isinstance(source, Constant) for source in node.inputs):
        return None
    if None in node.type.shape or math.prod(size or 0 for size in node.type.shape) > _LARGEST:
        return None
    values = [source.value for source in node.inputs if isinstance(source, Constant)]
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(node.op.evaluate(NUMPY, values, node.params))
    except Exception:
        return None
    if value.dtype != node.dtype or value.shape != node.type.shape:
        return None
    return Constant(value, node.type.weak, name=node.name, lines=node.lines)


FOLD = (fold_constants,)

"""Constant folding: what depends on constants alone is computed while compiling.

Source: A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed., 2006, section 8.5.4.

Read next: algebra.py
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from ...graph import Node
from ...op import CONSTANT, Constant, Sizes
from ...ops.numpy_maths import NUMPY
from ...syntax import Operation
from ...types import is_float
from ..core.predicates import as_literal, is_structural_zero
from ..core.rewrite_rule import RewriteRule, node_rewrite_rule

# A constant larger than this is cheaper to compute than to carry around.
_LARGEST = 4096


def _is_constant(op: Operation) -> bool:
    return op is CONSTANT


def _may_be_folded(op: Operation) -> bool:
    """True for what computes; what is stretched stays a literal."""
    return op.kind not in ("leaf", "draw", "control") and not op.stretches


def folding(kept: Collection[Operation] = ()) -> RewriteRule:
    """The rule that folds constants.

    Args:
        kept: ops whose floats are left as they are, for rules that will look for these ops.
    """

    @node_rewrite_rule(suits=_may_be_folded, every_input=_is_constant)
    def fold_constants(node: Node, sizes: Sizes) -> Node | None:
        """An op on constants is a constant (stretched ones stay stretched, errors stay errors of the call)."""
        if node.op in kept and node.items is None and is_float(node.dtype):
            return None
        return folded(node)

    return fold_constants


def folded(node: Node) -> Node | None:
    """The constant that an op on constants is, or None."""
    if not node.inputs or not _may_be_folded(node.op) or as_literal(node) is not node:
        return None
    if node.items is not None or not all(isinstance(source, Constant) for source in node.inputs):
        return None
    if None in node.type.shape or math.prod(size or 0 for size in node.type.shape) > _LARGEST:
        return None
    if any(is_structural_zero(node.inputs[i]) for i in node.op.moved(node)):
        # Chosen or moved it is a structural zero still; folded it would be a zero like any other.
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


CONSTANT_FOLDING = (folding(),)

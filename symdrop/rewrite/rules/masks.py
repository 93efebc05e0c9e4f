"""Masks that need not be there: the count of one that nobody asks for, and one that the values it left tell.

How many elements a mask chooses only running can tell, so x[mask] ends a segment of native code. Its sum is that of x
with zeros elsewhere, and one number put there is a choice. What dropout leaves of a relu is positive exactly where the
mask keeps it and the slope of the relu is 1.

Read next: declared.py
"""

from __future__ import annotations

from typing import Any

from ...graph import Node
from ...op import Elementwise, Reduction, Sizes, constant, convert
from ...ops.arithmetic import mul
from ...ops.combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from ...ops.functions import relu
from ...ops.indexing import gather
from ...ops.logic import gt, where
from ...ops.scatter import Scatter, inc_subtensor, set_subtensor
from ...ops.views import broadcast
from ..core.pattern import Variable
from ..core.predicates import literal_value, repeated_scalar
from ..core.rewrite_rule import node_rewrite_rule, rewrite_rule

z, drop, g, k = Variable("z"), Variable("drop"), Variable("g"), Variable("k")


def _over_all(mask: Node, x: Node, sizes: Sizes) -> Node | None:
    """A mask of the first axes of x in x's shape, None if these are not known to be of its sizes."""
    if mask.dtype != "bool" or sizes(mask) != sizes(x)[: mask.ndim]:
        return None
    behind = tuple(range(mask.ndim, x.ndim))
    if not behind:
        return mask
    standing = mask.dimshuffle(*range(mask.ndim), *("x" for _ in behind))
    return broadcast(standing, *(x.shape[axis] for axis in behind), axes=behind, ndim=x.ndim)


def _adds(op: object) -> bool:
    return isinstance(op, Reduction) and op.combine in ("sum", "plain_sum")


@node_rewrite_rule(suits=_adds, some_input=frozenset((gather,)).__contains__)
def sum_of_chosen(node: Node, sizes: Sizes) -> Node | None:
    """The sum of what a mask chooses is the sum with zeros in place of the rest."""
    (chosen,) = node.inputs
    if chosen.op is not gather or chosen.params["entries"] != ("a",) or 0 not in node.params["axis"]:
        return None
    x, mask = chosen.inputs
    over = _over_all(mask, x, sizes)
    if over is None:
        return None
    axes = (*range(mask.ndim), *(axis + mask.ndim - 1 for axis in node.params["axis"] if axis))
    zero = constant(False if x.dtype == "bool" else 0, x.dtype)
    return Node.apply(node.op, (where(over, x, zero),), {"axis": axes})


@node_rewrite_rule(set_subtensor, inc_subtensor, mul_subtensor, max_subtensor, min_subtensor)
def number_at_chosen(node: Node, sizes: Sizes) -> Node | None:
    """One number put where a mask says, or combined with what is there, is a choice for every element."""
    x, value, *parts = node.inputs
    number = repeated_scalar(value)
    if node.params["entries"] != ("a",) or number is None:
        return None
    over = _over_all(parts[0], x, sizes)
    if over is None:
        return None
    assert isinstance(node.op, Scatter)
    combines: Elementwise | None = node.op.combines
    return where(over, convert(number, x.dtype) if combines is None else combines(x, convert(number, x.dtype)), x)


@rewrite_rule(where(gt(z, 0), mul(where(drop, 0, g), k), 0))
def slope_of_kept_relu(z: Node, drop: Node, g: Node, k: Node) -> Any:
    """The slope of a relu under dropout, where what it left is positive: neither z nor the mask is needed for it."""
    scale = literal_value(k)
    # A smaller scale may make 0 of a number that is kept.
    if drop.dtype != "bool" or scale is None or not scale >= 1 or not drop.ndim == g.ndim == z.ndim:
        return None
    kept = where(drop, constant(0, z.dtype), relu(z) * k)
    return where(kept > 0, g * k, constant(0, g.dtype)) if kept.dtype == z.dtype else None


MASKS = (sum_of_chosen, number_at_chosen, slope_of_kept_relu)

"""Masks whose count nobody asks for: what is chosen by one is summed, or set, by a choice for every element.

How many elements a mask chooses only running can tell, so x[mask] ends a segment of native code. Its sum is that of x
with zeros elsewhere, and one number put there is a choice.

Read next: declared.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Elementwise, Reduction, Sizes, constant, convert
from ...ops.combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from ...ops.indexing import gather
from ...ops.logic import where
from ...ops.scatter import Scatter, inc_subtensor, set_subtensor
from ...ops.views import broadcast
from ..core.predicates import repeated_scalar
from ..core.rewrite_rule import node_rewrite_rule


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


MASKS = (sum_of_chosen, number_at_chosen)

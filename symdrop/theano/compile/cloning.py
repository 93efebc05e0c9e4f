"""``theano.clone``: expressions with some variables replaced.

Read next: functions.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node, substitute, toposort
from ...op import as_node, give_way
from ..shared_variables import TensorSharedVariable
from ..variable import TensorVariable


@public
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Expressions with some variables replaced.

    Args:
        output: a variable or a list of them.
        replace: what becomes what: a dict or list of pairs.
        strict: whether replacements must have the dtype and rank of what they replace; else the expressions are built
            again for what they are given.
        share_inputs: whether the result is over the same inputs; else over copies, of which shared variables have the
            values of what they are copied from.

    Returns:
        A variable or a list. Draws stay the draws they are.

    Raises:
        GraphTypeError: if a replacement has another dtype or number of axes, and ``strict`` refuses it.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> float(theano.clone(x**2, {x: y + 1}).eval({y: 2.0}))
        9.0
    """
    pairs = dict(replace.items() if isinstance(replace, Mapping) else replace or ())
    replacements = {old: _replacement(old, new, strict) for old, new in pairs.items()}
    several = output if isinstance(output, list | tuple) else [output]
    if not share_inputs:
        leaves = [
            leaf
            for leaf in toposort([*several, *replacements.values()])
            if isinstance(leaf, TensorVariable | TensorSharedVariable) and leaf.is_leaf
        ]
        copies: dict[Node, Node] = {leaf: leaf.clone() for leaf in leaves}
        copied = substitute(list(replacements.values()), copies)
        replacements = copies | dict(zip(replacements, copied, strict=True))
    made = substitute(several, replacements)
    return made if isinstance(output, list | tuple) else made[0]


def _replacement(old: Node, new: Any, strict: bool) -> Node:
    node = give_way(as_node(new), old.dtype)
    if strict and (node.dtype != old.dtype or node.ndim != old.ndim):
        raise GraphTypeError(
            f"clone: {shown(old)} of type {old.type} cannot become {shown(node)} of type {node.type}; strict=False "
            f"builds the expressions again with another type{here()}"
        )
    return node

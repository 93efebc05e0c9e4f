"""``theano.clone``: expressions with some variables replaced.

Read next: ops.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import substitute, toposort
from ...op import as_node, give_way
from ..variable import TensorSharedVariable, TensorVariable


@public
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Expressions with some variables replaced.

    Args:
        output: a variable or a list of them.
        replace: what becomes what: a dict or list of pairs.
        strict: accepted; replacements must have the dtype of what they replace in any case.
        share_inputs: whether the result is over the same inputs; else over copies, of which shared variables have the
            values of what they are copied from.

    Returns:
        A variable or a list. Draws stay the draws they are.

    Raises:
        GraphTypeError: if a replacement has another dtype or number of axes.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> float(theano.clone(x**2, {x: y + 1}).eval({y: 2.0}))
        9.0
    """
    pairs = dict(replace.items() if isinstance(replace, Mapping) else replace or ())
    replacements = {}
    for old, new in pairs.items():
        node = give_way(as_node(new), old.dtype)
        if node.dtype != old.dtype or node.ndim != old.ndim:
            raise GraphTypeError(
                f"clone: {shown(old)} of type {old.type} cannot become {shown(node)} of type {node.type}{here()}"
            )
        replacements[old] = node
    several = output if isinstance(output, list | tuple) else [output]
    if not share_inputs:
        for leaf in toposort([*several, *replacements.values()]):
            if isinstance(leaf, TensorVariable | TensorSharedVariable) and leaf.is_leaf:
                replacements.setdefault(leaf, leaf.clone())
    made = substitute(several, replacements)
    return made if isinstance(output, list | tuple) else made[0]

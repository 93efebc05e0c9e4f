"""``theano.clone``: expressions with some variables replaced.

Read next: ../numeric.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import substitute
from ...op import as_node, give_way


@public
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Expressions with some variables replaced.

    Args:
        output: a variable or a list of them.
        replace: what becomes what: a dict or list of pairs.
        strict: accepted; replacements must have the dtype of what they replace in any case.
        share_inputs: must be True; inputs are never copied.

    Returns:
        A variable or a list. Draws stay the draws they are.

    Raises:
        ArgumentError: for ``share_inputs=False``.
        GraphTypeError: if a replacement has another dtype or number of axes.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> float(theano.clone(x**2, {x: y + 1}).eval({y: 2.0}))
        9.0
    """
    if not share_inputs:
        raise ArgumentError(f"clone: share_inputs=False is not supported; make new inputs and replace by them{here()}")
    pairs = dict(replace.items() if isinstance(replace, Mapping) else replace or ())
    replacements = {}
    for old, new in pairs.items():
        node = give_way(as_node(new), old.dtype)
        if node.dtype != old.dtype or node.ndim != old.ndim:
            raise GraphTypeError(
                f"clone: {shown(old)} of type {old.type} cannot become {shown(node)} of type {node.type}{here()}"
            )
        replacements[old] = node
    made = substitute(output if isinstance(output, list | tuple) else [output], replacements)
    return made if isinstance(output, list | tuple) else made[0]

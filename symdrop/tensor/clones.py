"""Clones: expressions once more, over other variables.

Read next: vectorization.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe, substitution, toposort
from ..op import INPUT, give_way
from ..rewrite import refined
from ..types import may_fit
from .scan_arguments import read_node
from .trees import in_form, leaves


@public
def clone(output: Any, replace: Any = None, *, share_inputs: bool = True) -> Any:
    """An expression once more, in which some variables are replaced by others.

    Args:
        output: a variable, or tuples, lists and dicts of them.
        replace: what takes the place of what: a dict or a list of pairs. A node is replaced wherever it is used; what
            replaces it is used as it is, so that two variables may change places.
        share_inputs: False for inputs of its own: new variables of the same names and types in place of those that are
            left.

    Returns:
        New expressions in the form of ``output``. Nodes are immutable: what does not depend on anything replaced is
        the same node.

    Raises:
        GraphTypeError: if something else than a variable is to be replaced, or by another dtype or number of axes.
        ShapeError: if known sizes differ.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, y = T.dvector("x"), T.dvector("y")
        >>> print(sd.clone(T.exp(x) + y, {x: 2 * y, y: x}))
        exp(2 * y) + x
    """
    return _cloned("clone", output, replace, share_inputs)


@public
def replace(output: Any, replacements: Any) -> Any:
    """An expression in which some variables are replaced by others; ``clone`` with inputs that are shared.

    Args:
        output: a variable, or tuples, lists and dicts of them.
        replacements: what takes the place of what: a dict or a list of pairs.

    Returns:
        New expressions in the form of ``output``.

    Raises:
        GraphTypeError, ShapeError: as ``clone``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> print(sd.replace(T.exp(x), {x: x + 1}))
        exp(x + 1)
    """
    return _cloned("replace", output, replacements, True)


def _cloned(name: str, output: Any, replace: Any, share_inputs: bool) -> Any:
    nodes = leaves(output, f"{name}: output")
    new = dict(_checked(name, *pair) for pair in _pairs(name, replace))
    if not share_inputs:
        for node in toposort(nodes, stop=new.__contains__):
            if node.op is INPUT and node not in new:
                new[node] = Node(INPUT, (), node.type, node.params, node.name)
    made = substitution(nodes, new, refined) if new else {}
    return in_form(output, [made.get(node, node) for node in nodes])


def _pairs(name: str, given: Any) -> Sequence[tuple[Any, Any]]:
    pairs = list(given.items()) if isinstance(given, Mapping) else [] if given is None else given
    if not isinstance(pairs, list | tuple) or not all(isinstance(one, list | tuple) and len(one) == 2 for one in pairs):
        raise GraphTypeError(f"{name}: replacements are a dict or a list of pairs, not {shown(given)}{here()}")
    return [(old, new) for old, new in pairs]


def _checked(name: str, old: Any, new: Any) -> tuple[Node, Node]:
    if not isinstance(old, Node):
        raise GraphTypeError(f"{name}: variables are replaced, not {shown(old)}{here()}")
    node = give_way(read_node(new, f"{name}: what replaces {describe(old, lines=False)}"), old.dtype)
    if node.dtype != old.dtype or node.ndim != old.ndim:
        raise GraphTypeError(f"{name}: {describe(old)} is replaced by its like, not by {describe(node)}{here()}")
    if not may_fit(old.type.shape, node.type.shape):
        raise ShapeError(f"{name}: {describe(old)} is not of the sizes of {describe(node)}{here()}")
    return old, node


__all__ = ["clone", "replace"]

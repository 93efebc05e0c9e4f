"""Expressions in one short line, whatever they stand on.

What lies deeper than a few operations is left out, so that the text of a node costs the same
in a graph of ten nodes and of a million.

Read next: tree.py
"""

from __future__ import annotations

from collections.abc import Mapping

from ..graph import Node
from ..op import INPUT
from .text import to_text

# What adds nothing to the depth of a formula, since printing hides it.
_FREE = ("broadcast", "identity", "specify_shape", "fold_in", "loop_words", "item", "dim", "dimshuffle")

_MOST = 60


def shortened(node: Node, names: Mapping[Node, str] | None = None, depth: int = 2) -> Node:
    """A small copy of a formula: what is named, or lies too deep, is a leaf of that name.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.
    """
    names = names or {}
    left = {node: depth}
    order = [node]
    # From the node down, every node at its largest remaining depth first seen.
    for user in order:
        for source in user.inputs if left[user] and (user is node or not _label(user, names)) else ():
            if source not in left and len(order) < _MOST:
                left[source] = left[user] - (source.op.name not in _FREE)
                order.append(source)
    copies: dict[Node, Node] = {}
    stack = [node]
    while stack:
        current = stack[-1]
        if current in copies:
            stack.pop()
        elif current is not node and (text := _label(current, names)):
            copies[stack.pop()] = _leaf(current, text)
        elif current.is_leaf:
            copies[stack.pop()] = current
        elif left[current] <= 0 or any(source not in left for source in current.inputs):
            copies[stack.pop()] = _leaf(current, f"{current.op.name}(...)")
        elif waiting := [source for source in current.inputs if source not in copies]:
            stack += waiting
        else:
            inputs = tuple(copies[source] for source in current.inputs)
            # Nameless, so that no line of its own is made for it.
            copies[stack.pop()] = Node(current.op, inputs, current.type, current.params, None, ())
    return copies[node]


def _label(node: Node, names: Mapping[Node, str]) -> str | None:
    # What a gradient makes takes over names; these are not what the user calls by them.
    return names.get(node) or (node.name if node.origin is None else None)


def _leaf(node: Node, text: str) -> Node:
    return Node(INPUT, (), node.type, None, text, ())


def brief(node: Node, names: Mapping[Node, str] | None = None, depth: int = 2, width: int = 72) -> str:
    """A formula in one line of limited length.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.
        width: the most characters.

    Returns:
        The line.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> brief(T.exp(T.tanh(T.sin(T.sqrt(x)))) + 1)
        'exp(tanh(...)) + 1'
    """
    text = "; ".join(line.strip() for line in to_text(shortened(node, names, depth)).splitlines())
    return text if len(text) <= width else text[: width - 4] + " ..."

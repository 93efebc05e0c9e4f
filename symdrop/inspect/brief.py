"""Expressions in one short line, whatever they stand on.

What lies deeper than a few operations is left out, so that the text of a node costs the same
in a graph of ten nodes and of a million.

Read next: tree.py
"""

from __future__ import annotations

from collections.abc import Mapping

from ..graph import Node
from ..op import INPUT, bodies, is_item, item_text
from .text import Printer, to_text

_MOST = 60


def is_free(node: Node) -> bool:
    """True if a node adds nothing to the depth of a formula, which hides it or writes it where it is used."""
    return node.op.hidden or (node.op.inline and not is_item(node))


def shortened(node: Node, names: Mapping[Node, str] | None = None, depth: int = 2, most: int = _MOST) -> Node:
    """A small copy of a formula: what is named, or lies too deep, is a leaf of that name.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.
        most: how many nodes the copy has at most.
    """
    names = names or {}
    # Every place in the formula on its own, so that nothing is used twice: node, depth left, places of its inputs.
    places: list[tuple[Node, int, list[int]]] = [(node, depth, [])]
    for current, left, inputs in places:
        if _label(current, names, left, current is node) is None and len(places) + len(current.inputs) <= most:
            left = 0 if current.op.name == "dim" else left
            for source in current.inputs:
                inputs.append(len(places))
                places.append((source, left - (not is_free(source)), []))
    copies: dict[int, Node] = {}
    for place in range(len(places) - 1, -1, -1):
        current, left, inputs = places[place]
        label = _label(current, names, left, current is node)
        if label is not None or len(inputs) < len(current.inputs):
            copies[place] = Node(INPUT, (), current.type, None, label or f"{current.op.name}(...)", ())
        elif current.is_leaf:
            copies[place] = current
        else:
            # Nameless, so that no line of its own is made for it.
            sources = tuple(copies[i] for i in inputs)
            copies[place] = Node(current.op, sources, current.type, current.params, None, ())
    return copies[0]


def _label(node: Node, names: Mapping[Node, str], left: int, root: bool) -> str | None:
    """The name of a node that is not written out, or None."""
    if not root and node in names:
        return names[node]
    # What a gradient makes takes over names; these are not what the user calls by them.
    if not root and node.name and node.origin is None:
        return node.name
    if bodies(node):
        return f"{node.op.name}(...)"
    if is_item(node):
        return f"{node.inputs[0].op.name}(...){item_text(node)}"
    too_deep = left < (0 if is_free(node) else 1) and not root
    return f"{node.op.name}(...)" if too_deep and not node.is_leaf else None


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
    text = to_text(shortened(node, names, depth))
    while "\n" in text and depth > 1:
        depth -= 1
        text = to_text(shortened(node, names, depth))
    text = "; ".join(line.strip() for line in text.splitlines())
    return text if len(text) <= width else text[: width - 4] + " ..."


def formula(node: Node, names: Mapping[Node, str] | None = None, depth: int = 20, width: int = 200) -> str:
    """A formula in one line, as much of it as the line holds.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.
        width: the most characters.

    Returns:
        The line; what lies too deep is written "name(...)".

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> y = T.exp(T.tanh(T.sin(T.sqrt(x)))) + 1
        >>> formula(y), formula(y, width=20)
        ('exp(tanh(sin(sqrt(x)))) + 1', 'exp(tanh(...)) + 1')
    """
    best, last = "", ""
    for levels in range(1, depth + 1):
        short = shortened(node, names, levels, most=width)
        printer = Printer([short], long=2 * width)
        text = printer[short]
        if text == last or printer.lines:
            break
        # A deeper formula may be the shorter one: "a + b" has fewer characters than "add(...)".
        best, last = text if len(text) <= width else best, text
    return best or brief(node, names, 1, width)


def rest(hidden: int, what: str, most: int) -> str:
    """The text in place of things that are too many to show.

    Example:
        >>> rest(2000, "step", 1000)
        '... and 2,000 more steps; most=1000 limits what is shown'
    """
    return f"... and {hidden:,} more {what}{'s' * (hidden != 1)}; most={most} limits what is shown"

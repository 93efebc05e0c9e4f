"""Graphs as trees: every node on a line, what it is computed from below it.

A node met again is shown by its number alone, so a tree has one full line for every node.
Nothing here recurses, and what is too deep or too much is counted instead of shown.

Read next: around.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TextIO

from ..binding import public
from ..compiler import Function, RuntimeFunction
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Graph, Node, toposort
from ..op import Constant, bodies
from .printed import Printed
from .text import to_text

Labelled = list[tuple[str, Node]]


def labelled(x: Any) -> Labelled:
    """The roots of anything that holds a graph, and what each is for.

    Args:
        x: a node, several, a Graph, or a compiled function.

    Raises:
        GraphTypeError: for anything else.
    """
    for kind, read in _READ:
        if isinstance(x, kind):
            return read(x)
    raise GraphTypeError(
        f"expected an expression, a list of them, a Graph or a compiled function, not {shown(x)}{here()}"
    )


def _of_graph(graph: Graph) -> Labelled:
    return list(zip(graph.labels, graph.outputs, strict=True))


def _of_several(values: Sequence[Any]) -> Labelled:
    return [("", root) for value in values for _, root in labelled(value)]


_READ: Sequence[tuple[Any, Callable[[Any], Labelled]]] = (
    (Node, lambda node: [("", node)]),
    (Graph, _of_graph),
    (Function, lambda f: _of_graph(f.stages["rewritten"])),
    (RuntimeFunction, lambda f: [(f"train: {a}", n) for a, n in labelled(f.train)]
     + [(f"test: {a}", n) for a, n in labelled(f.test)]),
    ((list, tuple), _of_several),
)  # fmt: skip


@public
def dprint(x: Any, file: TextIO | None = None, *, depth: int = 40, most: int = 500) -> str:
    """A graph as a tree: number, op, type, name and source line of every node.

    Args:
        x: an expression, a list of them, a Graph, or a compiled function (its outputs and updates).
        file: where to write the text too, such as ``sys.stdout``.
        depth: how many levels to show.
        most: how many lines to show.

    Returns:
        The text. Bodies of loops and branches stand indented below them.

    Raises:
        GraphTypeError: for what holds no graph.
        ArgumentError: for a depth or number of lines below 1.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> y = T.exp(x)
        >>> print(sd.inspect.dprint([y, x]).split("  at ")[0])
        #0 exp float32[?]
    """
    for limit, value in (("depth", depth), ("most", most)):
        if value < 1:
            raise ArgumentError(f"{limit}={shown(value)}: expected at least 1{here()}")
    roots = labelled(x)
    numbers: dict[Node, int] = {}
    lines: list[str] = []
    stack: list[tuple[str, Node | Graph, int]] = [
        (f"{label} = " if label else "", root, 0) for label, root in reversed(roots)
    ]
    while stack and len(lines) < most:
        label, what, level = stack.pop()
        margin = "  " * level
        if isinstance(what, Graph):
            inputs = ", ".join(to_text(leaf) for leaf in what.inputs)
            lines.append(f"{margin}{label}({inputs}):")
            stack += [(f"{name} = ", root, level + 1) for name, root in reversed(_of_graph(what))]
        elif what in numbers:
            lines.append(f"{margin}{label}#{numbers[what]}")
        elif level >= depth:
            lines.append(f"{margin}{label}...")
        else:
            numbers[what] = len(numbers)
            lines.append(f"{margin}{label}#{numbers[what]} {_line(what)}")
            below: list[tuple[str, Node | Graph, int]] = [(key, body, level + 1) for key, body in bodies(what).items()]
            below += [("", source, level + 1) for source in what.inputs]
            stack += reversed(below)
    hidden = _count([root for _, root in roots]) - len(numbers)
    if hidden:
        lines.append(f"... and {hidden} more node{'s' * (hidden > 1)}; depth={depth}, most={most} limit what is shown")
    text = "\n".join(lines)
    if file is not None:
        file.write(text + "\n")
    return Printed(text)


def _line(node: Node) -> str:
    params = [f"{key}={value!r:.40}" for key, value in node.params.items() if not isinstance(value, Graph)]
    words = [node.op.name + (f"({', '.join(params)})" if params else ""), str(node.type)]
    if isinstance(node, Constant):
        words.append(to_text(node))
    elif node.name:
        words.append(repr(node.name))
    text = " ".join(words)
    return f"{text}  at {node.lines[0]}" if node.lines and not node.is_leaf else text


def _count(roots: Sequence[Node]) -> int:
    """The nodes of graphs and of the bodies in them."""
    found: set[Node] = set()
    waiting = [list(roots)]
    while waiting:
        new = [node for node in toposort(waiting.pop(), stop=found.__contains__) if node not in found]
        found.update(new)
        waiting += [list(body.outputs) for node in new for body in bodies(node).values()]
    return len(found)

"""Printing: expressions as the mathematics they are.

Small expressions print on one line. What is used twice or grows long is printed once,
on a line of its own under a name, so that printing takes time linear in the graph::

    h = tanh(x @ W)
    where(bernoulli(...), 0, h * 2)

Read next: check.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Graph, Node, toposort
from ..op import Constant

# Longer texts get a line and a name of their own.
_LONG = 72

_PRECEDENCE = {
    "|": 1, "^": 2, "&": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "<<": 5, ">>": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "unary": 8, "**": 9, "atom": 10,
}  # fmt: skip

# Views that only say what the formula makes plain.
_INVISIBLE = ("broadcast", "identity", "specify_shape", "check_probability", "check_above")

_Text = tuple[str, int]


class Printer:
    """Text of nodes, each written once.

    Attributes:
        lines: the definitions written so far, "name = text".
    """

    def __init__(self, outputs: Sequence[Node]) -> None:
        self.lines: list[str] = []
        order = toposort(outputs)
        uses = Counter(source for node in order for source in node.inputs)
        self._taken = {node.name for node in order if node.name}
        self._texts: dict[Node, _Text] = {}
        roots = set(outputs)
        for node in order:
            text = self._write(node)
            if node not in roots and not node.is_leaf and self._deserves_line(node, text[0], uses[node]):
                name = node.name or self._fresh()
                self.lines.append(f"{name} = {text[0]}")
                text = name, _PRECEDENCE["atom"]
            self._texts[node] = text

    def __getitem__(self, node: Node) -> str:
        return self._texts[node][0]

    def _deserves_line(self, node: Node, text: str, uses: int) -> bool:
        if node.op.name in _INVISIBLE or node.op.name in ("dim", "dimshuffle", "item"):
            return False
        return bool(node.name and node.origin is None) or len(text) > _LONG or (uses > 1 and len(text) > 12)

    def _fresh(self) -> str:
        n = len(self.lines)
        while (name := f"t{n}") in self._taken:
            n += 1
        self._taken.add(name)
        return name

    def _write(self, node: Node) -> _Text:
        atom = _PRECEDENCE["atom"]
        if isinstance(node, Constant):
            return _constant(node), atom
        if node.is_leaf:
            return node.name or f"<{node.op.name} {node.type}>", atom
        texts = [self._texts[source] for source in node.inputs]
        if node.op.name in _INVISIBLE:
            return texts[0]
        if node.op.kind == "draw":
            return _draw(node, texts), atom
        if node.op.symbol:
            return self._infix(node, texts)
        special = _SPECIAL.get(node.op.name)
        if special:
            return special(node, [text for text, _ in texts]), atom
        arguments = [text for text, _ in texts] + [f"{k}={_param(v)}" for k, v in node.params.items()]
        return f"{node.op.name}({', '.join(arguments)})", atom

    def _infix(self, node: Node, texts: Sequence[_Text]) -> _Text:
        symbol = node.op.symbol
        assert symbol is not None
        if len(texts) == 1:
            precedence = _PRECEDENCE["unary"]
            return f"{symbol}{_inside(texts[0], precedence)}", precedence
        precedence = _PRECEDENCE[symbol]
        left, right = precedence, precedence + 1
        if symbol == "**":
            left, right = right, left
        return f"{_inside(texts[0], left)} {symbol} {_inside(texts[1], right)}", precedence


def _inside(text: _Text, precedence: int) -> str:
    return text[0] if text[1] >= precedence else f"({text[0]})"


def _constant(node: Constant) -> str:
    if node.name:
        return node.name
    if node.value.ndim == 0:
        value = node.value.item()
        return f"{value:.7g}" if isinstance(value, float) else str(value)
    if node.value.size <= 6:
        return np.array2string(node.value, separator=", ").replace("\n", "")
    return f"<constant {node.type}>"


def _param(value: Any) -> str:
    return repr(value) if isinstance(value, Graph) else str(value)


def _draw(node: Node, texts: Sequence[_Text]) -> str:
    """A draw names its stream and site, which say all about its bits, then its size and parameters."""
    ndim = node.params["ndim"]
    key = node.inputs[0]
    site = key.inputs[1] if key.inputs else None
    stream = key.inputs[0].name if key.inputs else texts[0][0]
    place = f"site {_site(site)}" if isinstance(site, Constant) else texts[0][0]
    size = ", ".join(text for text, _ in texts[2 : 2 + ndim])
    parameters = "".join(f", {text}" for text, _ in texts[2 + ndim :])
    return f"{node.op.name}({stream or 'stream'}, {place}, size=({size}){parameters})"


def _site(site: Constant) -> str:
    if site.name:
        return site.name
    high, low = (int(word) for word in site.value)
    return str(low) if high == 0 else f"0x{high:08x}{low:08x}"


def _dim(node: Node, texts: Sequence[str]) -> str:
    return f"{_named(texts[0])}.shape[{node.params['axis']}]"


def _named(text: str) -> str:
    return text if text.isidentifier() else f"({text})"


def _dimshuffle(node: Node, texts: Sequence[str]) -> str:
    pattern = node.params["pattern"]
    ndim = node.inputs[0].ndim
    text = _named(texts[0])
    if pattern == tuple(reversed(range(ndim))) and ndim == 2:
        return f"{text}.T"
    kept = [axis for axis in pattern if axis != "x"]
    if kept == list(range(ndim)):
        # New axes on the left stretch by themselves, as broadcasts do.
        return texts[0] if not ndim or pattern[-ndim:] == tuple(kept) else f"{text}[{_entries(pattern)}]"
    return f"{text}.dimshuffle({', '.join(map(str, pattern))})"


def _entries(pattern: Sequence[Any]) -> str:
    return ", ".join("None" if axis == "x" else ":" for axis in pattern)


def _cast(node: Node, texts: Sequence[str]) -> str:
    return f"{node.params['dtype']}({texts[0]})"


def _reshape(node: Node, texts: Sequence[str]) -> str:
    return f"{_named(texts[0])}.reshape({', '.join(texts[1:])})"


_SPECIAL: Mapping[str, Any] = {"dim": _dim, "dimshuffle": _dimshuffle, "cast": _cast, "reshape": _reshape}


def to_text(node: Node) -> str:
    """An expression as mathematics: one line if it is small, definitions and then the expression otherwise.

    Args:
        node: any node.

    Returns:
        What ``print(node)`` shows.

    Example:
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), T.matrix("W")
        >>> print(T.tanh(x @ W) * 2)
        tanh(x @ W) * 2
    """
    printer = Printer([node])
    return "\n".join([*printer.lines, printer[node]])


def graph_to_text(graph: Graph) -> str:
    """A closed graph: its inputs, the definitions, and what each output is.

    Args:
        graph: any graph.

    Returns:
        What ``print(graph)`` shows.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> print(Graph([x], [x + 1]))
        inputs: x: float32[?]
        output 0 = x + 1
    """
    printer = Printer(graph.outputs)
    inputs = ", ".join(f"{node.name or node.op.name}: {node.type}" for node in graph.inputs)
    outputs = [f"{label} = {printer[node]}" for label, node in zip(graph.labels, graph.outputs, strict=True)]
    return "\n".join([f"inputs: {inputs or 'none'}", *printer.lines, *outputs])

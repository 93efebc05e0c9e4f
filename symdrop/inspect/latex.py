"""Formulas as LaTeX: a style in which the notations of ops are written.

Read next: derivation.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import Node, toposort
from ..op import ATOM, COMPARISON, POWER, PRODUCT, SUM, Constant, Form, Style, Text
from .brief import shortened
from .text import constant_text

# What stands for a symbol of Python, by the number of operands.
_SYMBOLS: Mapping[tuple[str, int], Form] = {
    ("+", 2): Form("{0} + {1}", SUM, (SUM, SUM)),
    ("-", 2): Form("{0} - {1}", SUM, (SUM, PRODUCT)),
    ("-", 1): Form("-{0}", SUM, (PRODUCT,)),
    ("*", 2): Form(r"{0} \cdot {1}", PRODUCT, (PRODUCT, PRODUCT)),
    ("@", 2): Form(r"{0} \, {1}", PRODUCT, (PRODUCT, POWER)),
    ("/", 2): Form(r"\frac{{{0}}}{{{1}}}", POWER),
    ("**", 2): Form("{0}^{{{1}}}", POWER, (ATOM,)),
    **{
        (symbol, 2): Form(f"{{0}} {command} {{1}}", COMPARISON, (SUM, SUM))
        for symbol, command in (("<", "<"), ("<=", r"\le"), (">", ">"), (">=", r"\ge"), ("==", "="), ("!=", r"\ne"))
    },
}

# The functions for which LaTeX has a command.
_COMMANDS = frozenset((
    "arccos", "arcsin", "arctan", "cos", "cosh", "cot", "coth", "csc", "det", "log", "max", "min", "sec", "sin", "sinh",
    "tan", "tanh",
))  # fmt: skip


class _Latex(Style):
    """Formulas as LaTeX, to stand in maths mode."""

    opening, closing = r"\left(", r"\right)"

    def form(self, op: Any, arity: int) -> Form | None:
        form: Form | None = op.latex
        return form or _SYMBOLS.get((op.symbol, arity))

    def call(self, name: str, operands: Sequence[Text], params: Mapping[str, Any]) -> Text:
        command = rf"\{name}" if name in _COMMANDS else rf"\operatorname{{{escaped(name)}}}"
        return Text(rf"{command}\left({', '.join(text for text, _ in operands)}\right)")

    def method(self, x: Text, name: str, arguments: Sequence[Text]) -> Text:
        return self.call(name, [x, *arguments], {})

    def indexed(self, x: Text, index: str) -> Text:
        places = index.replace("None", r"\mathrm{None}")
        return Text(rf"{self.within(x)}\left[{places}\right]")

    def expanded(self, x: Text, index: str) -> Text:
        return x

    def item(self, values: Text, item: str) -> Text:
        return Text(rf"{self.within(values)}\mathrm{{{item}}}")

    def size(self, x: Text, axis: int) -> Text:
        return Text(rf"\operatorname{{dim}}_{{{axis}}}\left({x.text}\right)")

    def transposed(self, x: Text) -> Text:
        return Text(rf"{self.within(x)}^{{\top}}", POWER)

    def converted(self, x: Text, dtype: str) -> Text:
        return x


LATEX = _Latex()


def symbol(name: str) -> str:
    """A name as LaTeX: one letter in italics, numbers as indices, and g[x], a cotangent, with a bar."""
    if found := re.fullmatch(r"g\[(.+)\]", name):
        return rf"\bar{{{symbol(found[1])}}}"
    if found := re.fullmatch(r"(.+)\[([^\[\]]+)\]", name):
        return f"{symbol(found[1])}_{{{found[2]}}}"
    if found := re.fullmatch(r"(.+\(\.\.\.\))\.(\w+)", name):
        return rf"{symbol(found[1])}.\mathrm{{{found[2]}}}"
    if name.endswith("(...)"):
        return rf"\operatorname{{{escaped(name[:-5])}}}(\ldots)"
    if found := re.fullmatch(r"([A-Za-z])_?(\d*)", name):
        return f"{found[1]}_{{{found[2]}}}" if found[2] else found[1]
    return rf"\mathrm{{{escaped(name)}}}"


def escaped(text: str) -> str:
    """Text in which LaTeX sees only letters."""
    return re.sub(r"([\\{}_#$%&^~])", lambda found: _ESCAPES.get(found[1], "\\" + found[1]), text)


_ESCAPES = {"\\": r"\backslash{}", "^": r"\^{}", "~": r"\~{}"}


def latex(node: Node, names: Mapping[Node, str] | None = None, depth: int = 4) -> str:
    r"""A formula as LaTeX, to stand in maths mode.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.

    Returns:
        LaTeX.

    Example:
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), T.matrix("W")
        >>> print(latex(T.tanh(x @ W) / 2))
        \frac{\tanh\left(x \, W\right)}{2}
    """
    root = shortened(node, names, depth)
    texts: dict[Node, Text] = {}
    for part in toposort([root]):
        operands = [texts[source] for source in part.inputs]
        if isinstance(part, Constant) and not part.name:
            texts[part] = Text(constant_text(part))
        elif part.is_leaf:
            texts[part] = Text(symbol(part.name or part.op.name))
        elif part.op.kind == "draw":
            # What it is drawn from; stream, step and sizes are not mathematics.
            texts[part] = LATEX.call(part.op.name, operands[2 + part.params["ndim"] :], {})
        else:
            texts[part] = LATEX.write(part, operands)
    return texts[root].text

"""Notation: how the value of an op is written in a formula, declared beside the op.

As a formula is one function over a maths namespace, a notation is one function over a *style*, which is
text in Python's syntax or LaTeX::

    @dim.notation
    def dim_notation(style, node, x):
        return style.size(x, node.params["axis"])

Most ops need no such rule: they are written by their symbol between their operands, by a template
of LaTeX, or as a call. Operands come with the level of their outermost operation, as in a Pratt
parser, so that parentheses stand only where they are needed.

Read next: cotangent.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ..errors import GraphTypeError, here, shown

# Levels of precedence, those of Python; what stands between parentheses already is an atom.
COMPARISON, OR, XOR, AND, SHIFT, SUM, PRODUCT, UNARY, POWER, ATOM = range(1, 11)

_LEVELS = {
    "<": COMPARISON, "<=": COMPARISON, ">": COMPARISON, ">=": COMPARISON, "==": COMPARISON, "!=": COMPARISON,
    "|": OR, "^": XOR, "&": AND, "<<": SHIFT, ">>": SHIFT, "+": SUM, "-": SUM,
    "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "@": PRODUCT, "**": POWER,
}  # fmt: skip

_PREFIXES = ("+", "-", "~")

OpRule = TypeVar("OpRule", bound=Callable[..., Any])


class Text(NamedTuple):
    """A formula as it is written, and the level of its outermost operation."""

    text: str
    level: int = ATOM


class Form(NamedTuple):
    """A template with a place ``{0}``, ``{1}``, ... for each operand.

    Attributes:
        template: the text.
        level: that of the whole.
        operands: for each operand the least level at which it needs no parentheses; 0 for those that are not listed.
    """

    template: str
    level: int = ATOM
    operands: tuple[int, ...] = ()


class Notation:
    """The part of an op that says how it is written.

    Args:
        symbol: stands between two operands or before one, such as ``"+"``; by default the op is written as a call.
        latex: the template in LaTeX, where the symbol does not say it.
        hidden: whether a formula shows the first input in the op's place, as of views that formulas make plain.
        inline: whether the value is written where it is used, however often it is used.

    Raises:
        GraphTypeError: for a symbol that is none of Python's.
    """

    def __init__(
        self, symbol: str | None = None, latex: Form | None = None, hidden: bool = False, inline: bool = False
    ) -> None:
        if symbol is not None and symbol not in _LEVELS and symbol not in _PREFIXES:
            known = ", ".join(sorted({*_LEVELS, *_PREFIXES}))
            raise GraphTypeError(f"symbol={shown(symbol)}: an op is written by one of Python's, {known}{here()}")
        self.symbol = symbol
        self.latex = latex
        self.hidden = hidden
        self.inline = inline
        self.notation_rule: Callable[..., Text] | None = None
        self.item_rule: Callable[[Any, int], str] = _numbered

    def notation(self, rule: OpRule) -> OpRule:
        """Declare ``rule(style, node, *operands)``: the ``Text`` of a node from those of its inputs."""
        self.notation_rule = rule
        return rule

    def item_notation(self, rule: OpRule) -> OpRule:
        """Declare ``rule(node, index)``: how one value of an op with several is written behind the op."""
        self.item_rule = rule
        return rule


def _numbered(node: Any, index: int) -> str:
    return f"[{index}]"


def item_text(node: Any) -> str:
    """One value of an op with several, as it is written behind the op: "[0]", or what that op calls it."""
    (several,) = node.inputs
    text: str = several.op.item_rule(several, node.params["index"])
    return text


class Style:
    """Formulas in Python's syntax; other styles are subclasses.

    Attributes:
        opening, closing: parentheses.
    """

    opening, closing = "(", ")"

    def write(self, node: Any, operands: Sequence[Text]) -> Text:
        """One operation.

        Args:
            node: anything with an ``op`` and ``params``: a node, or a pattern that matches nodes.
            operands: its inputs as they are written.
        """
        op = node.op
        if op.hidden:
            return operands[0]
        if op.notation_rule is not None:
            written: Text = op.notation_rule(self, node, *operands)
            return written
        form = self.form(op, len(operands))
        return self.call(op.name, operands, node.params) if form is None else self.filled(form, operands)

    def form(self, op: Any, arity: int) -> Form | None:
        """The template of an op; None for one that is written as a call."""
        if op.symbol is None or arity > 2:
            return None
        if arity == 1:
            return Form(f"{op.symbol}{{0}}", UNARY, (UNARY,))
        level = _LEVELS[op.symbol]
        # Python reads from the left, powers from the right, and several comparisons as a chain.
        left, right = level + (level in (COMPARISON, POWER)), level + (level != POWER)
        return Form(f"{{0}} {op.symbol} {{1}}", level, (left, right))

    def filled(self, form: Form, operands: Sequence[Text]) -> Text:
        """A template with its operands."""
        least = form.operands + (0,) * (len(operands) - len(form.operands))
        return Text(form.template.format(*map(self.within, operands, least)), form.level)

    def within(self, operand: Text, level: int = ATOM) -> str:
        """An operand, in parentheses if its level is lower."""
        return operand.text if operand.level >= level else f"{self.opening}{operand.text}{self.closing}"

    def call(self, name: str, operands: Sequence[Text], params: Mapping[str, Any]) -> Text:
        """A call of a function; parameters that are off are not said."""
        words = [f"{key}={value}" for key, value in params.items() if value is not False]
        return Text(f"{name}({', '.join([*(text for text, _ in operands), *words])})")

    def method(self, x: Text, name: str, arguments: Sequence[Text]) -> Text:
        """A call of a method."""
        return Text(f"{self.within(x)}.{name}({', '.join(text for text, _ in arguments)})")

    def indexed(self, x: Text, index: str) -> Text:
        """Elements of a value."""
        return Text(f"{self.within(x)}[{index}]")

    def expanded(self, x: Text, index: str) -> Text:
        """A value with new axes, by an index of ``None`` and ``:``."""
        return self.indexed(x, index)

    def item(self, values: Text, item: str) -> Text:
        """One of several values."""
        return Text(f"{self.within(values)}{item}")

    def size(self, x: Text, axis: int) -> Text:
        """The size of an axis."""
        return Text(f"{self.within(x)}.shape[{axis}]")

    def transposed(self, x: Text) -> Text:
        """A matrix with its axes exchanged."""
        return Text(f"{self.within(x)}.T")

    def converted(self, x: Text, dtype: str) -> Text:
        """A value in another dtype."""
        return Text(f"{dtype}({x.text})")


TEXT = Style()

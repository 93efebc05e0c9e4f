"""The derivation of a gradient, told step by step.

The walk back is that of ``sd.grad`` itself, which is watched; nothing is derived a second time.

Read next: history.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..autodiff import Step
from ..autodiff import derivation as steps_of
from ..autodiff.structure import as_list
from ..errors import ArgumentError, here
from ..graph import Node
from .brief import brief
from .latex import escaped, latex, symbol

_Names = Mapping[Node, str]
_DEPTH = 4


class _Form(NamedTuple):
    """How the parts of a derivation are written."""

    maths: Callable[[Node, _Names], str]
    name: Callable[[str], str]
    formula: Callable[[str], str]
    rule: Callable[[str], str]
    item: str
    line: str
    head: str
    tail: str


def _verbatim(text: str) -> str:
    return text


def _in_maths(text: str) -> str:
    return "$" + text.replace(" += ", r" \mathrel{+}= ") + "$"


_brief = partial(brief, depth=_DEPTH, width=100)

_FORMS: Mapping[str, _Form] = {
    "text": _Form(_brief, _verbatim, _verbatim, _verbatim, "{}. {}", "\n   {}", "", ""),
    "markdown": _Form(_brief, _verbatim, "`{}`".format, "`{}`".format, "{}. {}", "  \n   {}", "", ""),
    "latex": _Form(
        partial(latex, depth=_DEPTH), symbol, _in_maths, lambda text: rf"\texttt{{{escaped(text)}}}",
        "\\item % {}\n  {}", " \\\\\n  {}", "\\begin{enumerate}\n", "\n\\end{enumerate}",
    ),
}  # fmt: skip


def explain(loss: Node, wrt: Any, form: str = "text") -> str:
    """How a gradient comes about, as a numbered list in the order of the walk back.

    Args:
        loss: a float scalar.
        wrt: a variable, or a list or tuple of them, as for ``sd.grad``.
        form: "text", "markdown" or "latex".

    Returns:
        A numbered item for every node on the way: its formula, how its gradient g[...] adds up where several
        contributions arrive, the pullback used, and what it adds to the gradients of which inputs.

    Raises:
        ArgumentError: for another form.
        GraphTypeError: if the loss is not a float scalar, or ``wrt`` not a variable.
        DisconnectedInputError: if the loss does not depend on a variable.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, w = T.scalar("x"), T.scalar("w")
        >>> print(sd.inspect.explain(T.tanh(w * x), wrt=w))
        1. loss = tanh(v1)
           g[loss] = 1, where the walk begins
           by tanh_pullback: g[v1] += g[loss] * (1 - loss * loss)
        2. v1 = w * x
           by mul_pullback: g[w] += g[v1] * x
        3. w
           g[w] is the gradient with respect to w
    """
    if form not in _FORMS:
        raise ArgumentError(f"form={form!r}: expected one of {', '.join(map(repr, _FORMS))}{here()}")
    steps = steps_of(loss, wrt)
    labels = _labels(loss, steps)
    wanted = set(as_list(wrt))
    written = _FORMS[form]
    names: dict[Node, str] = dict(labels)
    items = []
    for number, step in enumerate(steps, 1):
        lines = _told(step, labels, names, wanted, written, number == 1)
        items.append(written.item.format(number, "".join([lines[0], *map(written.line.format, lines[1:])])))
    return written.head + "\n".join(items) + written.tail


def _labels(loss: Node, steps: Sequence[Step]) -> dict[Node, str]:
    """A name for every node of the walk: its own where only it has that name, or a number in forward order."""
    nodes = [step.node for step in reversed(steps)]
    used = Counter(node.name for node in nodes if node.name)
    labels: dict[Node, str] = {}
    number = 0
    for node in nodes:
        if node.name and used[node.name] == 1:
            labels[node] = node.name
        elif node is loss:
            labels[node] = "loss" if "loss" not in used else "cost"
        else:
            number += 1
            while f"v{number}" in used:
                number += 1
            labels[node] = f"v{number}"
    return labels


def _told(step: Step, labels: _Names, names: dict[Node, str], wanted: set[Node], form: _Form, first: bool) -> list[str]:
    """The lines of one step; the cotangent gets its name here."""
    node, own = step.node, labels[step.node]
    formula = form.formula
    g = form.name(f"g[{own}]")
    lines = [formula(form.name(own))]
    if not node.is_leaf:
        text = form.maths(node, names)
        if text in (form.name(labels.get(source, "")) for source in node.inputs):
            lines[0] += f" is {formula(text)}, by {form.rule(node.op.name)}"
        else:
            lines = [formula(f"{form.name(own)} = {text}")]
    if len(step.arrived) > 1:
        parts = " + ".join(_contribution(part, names, form) for part in step.arrived)
        lines.append(f"the sum of {len(step.arrived)} contributions: " + formula(f"{g} = {parts}"))
    elif first:
        lines.append(formula(f"{g} = 1") + ", where the walk begins")
    for cotangent in (step.cotangent,) if isinstance(step.cotangent, Node) else ():
        names[cotangent] = f"g[{own}]"
    for source, given in step.handed:
        target = form.name(f"g[{labels.get(source) or source.name or source.op.name}]")
        what = formula(f"{target} += {_contribution(given, names, form)}")
        lines.append(f"by {form.rule(step.rule)}: {what}")
    if node in wanted:
        lines.append(f"{formula(g)} is the gradient with respect to {formula(form.name(own))}")
    elif not step.handed:
        lines.append("nothing flows on from here")
    return lines


def _contribution(node: Node, names: _Names, form: _Form) -> str:
    return form.name(names[node]) if node in names else form.maths(node, names)

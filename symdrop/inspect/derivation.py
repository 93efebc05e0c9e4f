"""The derivation of a gradient, told step by step.

The walk back is that of ``sd.grad`` itself, recorded; nothing is derived a second time.

Read next: history.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..autodiff import PullbackRecord
from ..autodiff import derivation as records_of
from ..autodiff.pytree import WITH_RESPECT_TO, as_list
from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node, unstretched
from ..ops.scan import Loop
from .brief import brief, rest
from .latex import escaped, latex, symbol
from .printed import Markdown, Printed

_Names = Mapping[Node, str]
_DEPTH = 4


class _Form(NamedTuple):
    """How the parts of a derivation are written.

    Attributes:
        maths, name, formula, rule: a formula of nodes, a name in one, a whole formula, and the name of a rule.
        item, line: an item of the list, and a further line of it.
        inner, after: a line of a list in an item, and the line that follows that list.
        head, tail: what stands around a list.
        rest: an item that says what is not shown.
    """

    maths: Callable[[Node, _Names], str]
    name: Callable[[str], str]
    formula: Callable[[str], str]
    rule: Callable[[str], str]
    item: str
    line: str
    inner: str
    after: str
    head: str
    tail: str
    rest: str


def _verbatim(text: str) -> str:
    return text


def _in_maths(text: str) -> str:
    return "$" + text.replace(" += ", r" \mathrel{+}= ") + "$"


_brief = partial(brief, depth=_DEPTH, width=100)

_FORMS: Mapping[str, _Form] = {
    "text": _Form(
        _brief, _verbatim, _verbatim, _verbatim, "{}. {}", "\n   {}", "\n   {}", "\n   {}", "", "", "{}"),
    "markdown": _Form(
        _brief, _verbatim, "`{}`".format, "`{}`".format, "{}. {}", "  \n   {}", "\n   {}", "\n\n   {}", "", "", "\n{}"),
    "latex": _Form(
        partial(latex, depth=_DEPTH), symbol, _in_maths, lambda text: rf"\texttt{{{escaped(text)}}}",
        "\\item % {}\n  {}", " \\\\\n  {}", "\n  {}", "\n  {}", "\\begin{enumerate}\n", "\n\\end{enumerate}",
        r"\item[] {}",
    ),
}  # fmt: skip


@public
def explain(loss: Node, wrt: Any, form: str = "text", *, most: int = 1000) -> str:
    """How a gradient comes about, as a numbered list in the order of the walk back.

    Args:
        loss: a float scalar.
        wrt: a variable, or a list or tuple of them, as for ``sd.grad``.
        form: "text", "markdown" or "latex".
        most: how many steps of a walk to show.

    Returns:
        A numbered item for every node on the way: its formula, how its gradient g[...] adds up where several
        contributions arrive, the pullback used, and what it adds to the gradients of which inputs. For a loop the walk
        back through one of its steps stands inside of the item as a list of its own.

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
        raise ArgumentError(f"form={shown(form)}: expected one of {', '.join(map(repr, _FORMS))}{here()}")
    teller = _Teller(_FORMS[form], most)
    teller.ends.update(dict.fromkeys(as_list(wrt, WITH_RESPECT_TO), "is the gradient with respect to {}"))
    told = teller.told(records_of(loss, wrt), loss)
    return Markdown(told) if form == "markdown" else Printed(told)


class _Teller:
    """Writes derivations.

    Args:
        form: how.
        most: how many steps of each are written.

    Attributes:
        ends: for the nodes where a walk ends, what their gradients are.
    """

    def __init__(self, form: _Form, most: int) -> None:
        self.form = form
        self.most = most
        self.ends: dict[Node, str] = {}
        self._labels: dict[Node, str] = {}
        # What nodes are called in formulas: by their labels, and the cotangents met so far g[...].
        self._names: dict[Node, str] = {}
        self._handed: set[Node] = set()
        self._number = 0

    def told(self, steps: Sequence[PullbackRecord], loss: Node | None = None) -> str:
        """The steps of a walk as a list."""
        self._label([step.node for step in reversed(steps) if step.node not in self._labels], loss)
        form, items = self.form, []
        for number, step in enumerate(steps[: self.most], 1):
            items.append(form.item.format(number, self._step(step)))
        if len(steps) > self.most:
            items.append(form.rest.format(rest(len(steps) - self.most, "step", self.most)))
        return form.head + "\n".join(items) + form.tail

    def _label(self, nodes: Sequence[Node], loss: Node | None) -> None:
        """A name for every node: its own where only it has that name, or a number in forward order."""
        used = Counter([*self._labels.values(), *(node.name for node in nodes if node.name)])
        for node in nodes:
            if node.name and used[node.name] == 1:
                label = node.name
            elif node is loss:
                label = "loss" if "loss" not in used else "cost"
            else:
                self._number += 1
                while f"v{self._number}" in used:
                    self._number += 1
                label = f"v{self._number}"
            self._labels[node] = self._names[node] = label

    def _step(self, step: PullbackRecord) -> str:
        """The lines about one step."""
        form = self.form
        first, *others = self._beginning(step)
        text = first + "".join(map(form.line.format, others))
        passed = self._handing_on(step)
        if step.inside:
            before, inside = self._inside(step)
            text += form.line.format(before) + "".join(map(form.inner.format, inside.splitlines()))
            text += form.after.format(passed.pop(0)) if passed else ""
        return text + "".join(map(form.line.format, passed))

    def _beginning(self, step: PullbackRecord) -> list[str]:
        """A node's formula, and its cotangent, which gets its name here."""
        node, form = step.node, self.form
        own = form.name(self._labels[node])
        lines = [form.formula(own)]
        g = form.name(f"g[{self._labels[node]}]")
        if not node.is_leaf:
            text = self._maths(node)
            if text in (form.name(self._called(source)) for source in node.inputs):
                lines[0] += f" is {form.formula(text)}, by {form.rule(node.op.name)}"
            else:
                lines = [form.formula(f"{own} = {text}")]
        parts = " + ".join(map(self._contribution, step.arrived))
        if len(step.arrived) > 1:
            lines.append(f"the sum of {len(step.arrived)} contributions: " + form.formula(f"{g} = {parts}"))
        elif step.arrived and step.arrived[0] not in self._handed:
            lines.append(form.formula(f"{g} = {parts}") + ", where the walk begins")
        if isinstance(step.cotangent, Node):
            self._names[step.cotangent] = f"g[{self._labels[node]}]"
        return lines

    def _handing_on(self, step: PullbackRecord) -> list[str]:
        """Which inputs receive what."""
        node, form, lines = step.node, self.form, []
        for source, given in step.handed:
            target = form.name(f"g[{self._called(source)}]")
            what = form.formula(f"{target} += {self._contribution(given)}")
            lines.append(f"by {form.rule(step.rule)}: {what}")
            self._handed.add(given)
        if node in self.ends:
            own = self._labels[node]
            end = self.ends[node].format(form.formula(form.name(own)))
            lines.append(f"{form.formula(form.name(f'g[{own}]'))} {end}")
        elif not step.handed:
            lines.append("nothing flows on from here")
        return lines

    def _inside(self, step: PullbackRecord) -> tuple[str, str]:
        """The lines about a body, and the walk through it."""
        before, roles = _BODIES.get(step.node.op.name, _in_body)(step.node)
        for leaf, outside, place, end in roles:
            label = self._called(outside) if outside is not None else leaf.name or "s"
            self._labels[leaf] = self._names[leaf] = f"{label}{place}"
            self.ends[leaf] = end
        return before, self.told(step.inside)

    def _called(self, node: Node) -> str:
        return self._labels.get(node) or node.name or node.op.name

    def _maths(self, node: Node) -> str:
        return self.form.maths(node, self._names)

    def _contribution(self, node: Node) -> str:
        return self.form.name(self._names[node]) if node in self._names else self._maths(node)


# An input of a body: what it stands for outside, which element of that, and what its gradient is.
_Role = tuple[Node, Node | None, str, str]


def _in_body(node: Node) -> tuple[str, list[_Role]]:
    return "in its body:", []


def _in_step(node: Node) -> tuple[str, list[_Role]]:
    loop = Loop(node)
    i = loop.position.name or "i"
    roles: list[_Role] = [(loop.position, None, "", "")]
    for leaf, sequence, offset in zip(loop.slices, loop.sequences, node.params["offsets"], strict=True):
        place = f"[{i} + {offset}]" if offset else f"[{i}]"
        roles.append((leaf, unstretched(sequence), place, "is an element of what the sequence receives"))
    roles += [(state, None, "", "is what the step before receives") for state in loop.states]
    roles += [
        (leaf, unstretched(outer), "", "adds up over the steps")
        for leaf, outer in zip(loop.inner, loop.captured, strict=True)
    ]
    return "in every step, the last one first:", roles


_BODIES: Mapping[str, Callable[[Node], tuple[str, list[_Role]]]] = {"scan": _in_step}

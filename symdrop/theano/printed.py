"""Graphs as text, one application a line, as ``theano.printing.debugprint`` wrote them.

Read next: formulas.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .applications import Apply
from .presented import Presented, presented
from .variable import Variable

# How lines are numbered, by the argument ``ids``.
NUMBERED: dict[str, Callable[[int], str]] = {
    "CHAR": lambda k: f"[id {letters(k)}]", "auto": lambda k: f"[id {letters(k)}]", "id": lambda k: f"[id {k}]",
    "int": lambda k: f"[id {k}]", "": lambda k: "",
}  # fmt: skip


def letters(number: int) -> str:
    """A number in capital letters, A for 0.

    Example:
        >>> letters(0), letters(25), letters(26)
        ('A', 'Z', 'BA')
    """
    text = ""
    while True:
        number, left = divmod(number, 26)
        text = chr(ord("A") + left) + text
        if not number:
            return text


class TreePrinter:
    """Writes variables as trees; what has been written is not written a second time.

    Args:
        ids: how lines are numbered: "CHAR", "int", "id", or "" for not at all.
        print_type: whether lines say the type.
        depth: how deep trees are written; -1 for all of them.
        stop_on_name: whether nothing is written of what a variable with a name is computed from.
        order: a number for each application, written behind it.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> list(TreePrinter().lines([T.exp(T.vector("x"))]))
        ["Elemwise{exp,no_inplace} [id A] ''   ", ' |x [id B]']
    """

    def __init__(
        self,
        ids: str = "CHAR",
        print_type: bool = False,
        depth: int = -1,
        stop_on_name: bool = False,
        order: Sequence[Apply] = (),
    ) -> None:
        self._number = NUMBERED[ids]
        self._print_type = print_type
        self._depth = depth
        self._stop_on_name = stop_on_name
        self._order = {node: k for k, node in enumerate(order)}
        self._ids: dict[Any, str] = {}

    def lines(self, variables: Sequence[Any]) -> Iterator[str]:
        """The lines of some variables."""
        # Each with what stands before it, before those below it, and how deep it is.
        waiting: list[tuple[Any, str, str, int]] = [(one, "", "", 0) for one in reversed(variables)]
        while waiting:
            variable, prefix, below, depth = waiting.pop()
            one = presented(variable, bool(self._order))
            known = one.key in self._ids
            label = self._ids.setdefault(one.key, self._number(len(self._ids)))
            yield prefix + self._line(one, variable, label)
            deep = self._depth >= 0 and depth + 1 >= self._depth
            if one.inputs is None or known or deep or (self._stop_on_name and one.name):
                continue
            last = len(one.inputs) - 1
            waiting += [
                (source, below + " |", below + ("  " if k == last else " |"), depth + 1)
                for k, source in reversed(list(enumerate(one.inputs)))
            ]

    def _line(self, one: Presented, variable: Any, label: str) -> str:
        kind = f" <{variable.type!r}>" if self._print_type and isinstance(variable, Variable) else ""
        if one.inputs is None:
            return f"{one.text} {label}{kind}"
        output = "" if one.output is None else f".{one.output}"
        place = str(self._order[one.owner]) if one.owner in self._order else ""
        return f"{one.text}{output} {label}{kind} '{one.name or ''}'   {place}"


def informative(variable: Any) -> Iterator[str]:
    """The lines of a tree in which every line has a letter, and what was written before is its letter in brackets.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> list(informative(T.exp(T.vector("x"))))
        ['A. Elemwise{exp,no_inplace}', ' B. x']
    """
    known: dict[Any, str] = {}
    waiting: list[tuple[Any, int]] = [(variable, 0)]
    while waiting:
        given, depth = waiting.pop()
        one = presented(given)
        if one.key in known:
            yield f"{' ' * depth}<{known[one.key]}>"
            continue
        known[one.key] = letters(len(known))
        named = one.name is not None and one.inputs is not None
        yield f"{' ' * depth}{known[one.key]}. {one.name if named else one.text}"
        if one.inputs is not None and not named:
            waiting += [(source, depth + 1) for source in reversed(one.inputs)]

"""Graphs as text, one application a line, as ``theano.printing.debugprint`` wrote them.

Read next: printing.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..op import Constant
from .applications import Apply
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


def leaf_text(variable: Any) -> str:
    """A leaf as Theano wrote it: its name, a constant's value, or a type.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> leaf_text(T.constant(2)), leaf_text(T.vector("x"))
        ('TensorConstant{2}', 'x')
    """
    if variable.name:
        return str(variable.name)
    if isinstance(variable, Constant):
        value = " ".join(str(variable.value).split())
        return f"TensorConstant{{{value}}}"
    return f"<{variable.type!r}>"


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
        >>> print("\\n".join(TreePrinter().lines([T.exp(T.vector("x"))])))
        Elemwise{exp,no_inplace} [id A] ''
         |x [id B]
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
            owner = variable.owner if isinstance(variable, Variable) else None
            key = variable if owner is None else owner
            known = key in self._ids
            label = self._ids.setdefault(key, self._number(len(self._ids)))
            yield prefix + self._line(variable, owner, label)
            deep = self._depth >= 0 and depth + 1 >= self._depth
            if owner is None or known or deep or (self._stop_on_name and variable.name):
                continue
            last = len(owner.inputs) - 1
            waiting += [
                (one, below + " |", below + ("  " if k == last else " |"), depth + 1)
                for k, one in reversed(list(enumerate(owner.inputs)))
            ]

    def _line(self, variable: Any, owner: Any, label: str) -> str:
        kind = f" <{variable.type!r}>" if self._print_type else ""
        if owner is None:
            return f"{leaf_text(variable)} {label}{kind}".rstrip()
        output = f".{variable.index}" if owner.nout > 1 else ""
        place = f"  {self._order[owner]}" if owner in self._order else ""
        return f"{owner.op}{output} {label}{kind} '{variable.name or ''}'{place}"


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
        one, depth = waiting.pop()
        owner = one.owner if isinstance(one, Variable) else None
        if one in known:
            yield f"{' ' * depth}<{known[one]}>"
            continue
        known[one] = letters(len(known))
        named = one.name is not None and owner is not None
        yield f"{' ' * depth}{known[one]}. {one.name if named or (owner is None and one.name) else _text(one, owner)}"
        if owner is not None and not named:
            waiting += [(source, depth + 1) for source in reversed(owner.inputs)]


def _text(variable: Any, owner: Any) -> str:
    return leaf_text(variable) if owner is None else str(owner.op)

"""Cotangents: the values that pullbacks take and return, among them the structural zero and the unknown one.

Read next: registry.py
"""

from __future__ import annotations

from typing import Any, Final

from ..graph import Node


class Zero:
    """The cotangent of an input on which the value does not depend smoothly: exactly nothing."""

    def __repr__(self) -> str:
        return "ZERO"


ZERO: Final = Zero()


class NoDerivative:
    """The cotangent of an input on which the value depends smoothly, by a derivative that nobody wrote down."""

    def __repr__(self) -> str:
        return "NO_DERIVATIVE"


NO_DERIVATIVE: Final = NoDerivative()

Cotangent = Node | Zero | NoDerivative

# The same of an op that has several values: one cotangent for each.
Cotangents = Cotangent | tuple[Cotangent, ...]


def is_cotangent(given: Any, of: Node) -> bool:
    """True for a node, ``ZERO`` or ``NO_DERIVATIVE``; for a node of several values, for as many nodes and zeros."""
    if isinstance(given, Node):
        return of.items is None
    if isinstance(given, Zero | NoDerivative):
        return True
    items = of.items or ()
    return isinstance(given, tuple) and len(given) == len(items) and all(isinstance(g, Node | Zero) for g in given)

"""Cotangents: the values that pullbacks take and return, among them the structural zero.

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

Cotangent = Node | Zero

# The same of an op that has several values: one cotangent for each.
Cotangents = Cotangent | tuple[Cotangent, ...]


def is_cotangent(given: Any, of: Node) -> bool:
    """True for a node or ``ZERO``; for a node of several values, for as many of them."""
    if isinstance(given, Node | Zero):
        return of.items is None or given is ZERO
    items = of.items or ()
    return isinstance(given, tuple) and len(given) == len(items) and all(isinstance(g, Node | Zero) for g in given)

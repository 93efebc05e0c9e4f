"""Pytrees: nested tuples, lists and dicts of values, taken apart into their leaves and put together again.

Read next: structured_loops.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from .scan_arguments import read_node


def rebuilt(tree: Any, values: Iterator[Node]) -> Any:
    """A collection of the same form with other values."""
    if isinstance(tree, Mapping):
        return {key: rebuilt(value, values) for key, value in tree.items()}
    if isinstance(tree, tuple) and type(tree) is not tuple:
        # A named tuple.
        return type(tree)(*(rebuilt(value, values) for value in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(rebuilt(value, values) for value in tree)
    return None if tree is None else next(values)


def in_form(tree: Any, values: Sequence[Node]) -> Any:
    """A collection of the same form, of as many other values."""
    return rebuilt(tree, iter(values))


def leaves(tree: Any, label: str) -> list[Node]:
    """The values of a nested collection, in order.

    Args:
        tree: a value, or tuples, lists and dicts of them; None stands for nothing.
        label: what errors call it.

    Raises:
        GraphTypeError: for what is no value.
    """
    if isinstance(tree, Mapping):
        return [leaf for key in tree for leaf in leaves(tree[key], f"{label}[{shown(key)}]")]
    if isinstance(tree, list | tuple):
        return [leaf for place, one in enumerate(tree) for leaf in leaves(one, f"{label}[{place}]")]
    return [] if tree is None else [read_node(tree, label)]


def leaves_like(tree: Any, like: Any, label: str, other: str) -> list[Node]:
    """The values of a nested collection that has the form of another.

    Args:
        tree: the collection.
        like: the other.
        label, other: what errors call them.

    Raises:
        GraphTypeError: if the forms differ, showing both.
    """
    if form(tree) != form(like):
        raise GraphTypeError(f"{label} has the form {form(tree)}, and {other} {form(like)}{here()}")
    return leaves(tree, label)


def form(tree: Any) -> str:
    """The form of a nested collection as a text, with a star for every value."""
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{shown(key)}: {form(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(form, tree)) + "]"
    if isinstance(tree, tuple):
        return "(" + "".join(f"{form(value)}, " for value in tree).rstrip(" ") + ")"
    return "None" if tree is None else "*"


def checked_function(fn: Any, label: str) -> Any:
    """A function that is called on symbolic values.

    Raises:
        GraphTypeError: if it is none.
    """
    if isinstance(fn, Node) or not callable(fn):
        raise GraphTypeError(f"{label} is a function of symbolic values, not {shown(fn)}{here()}")
    return fn


def some_leaves(tree: Any, label: str) -> list[Node]:
    """The values of a nested collection that has one at least.

    Raises:
        ArgumentError: if it has none.
    """
    found = leaves(tree, label)
    if not found:
        raise ArgumentError(f"{label} is {shown(tree)}, which holds no value{here()}")
    return found

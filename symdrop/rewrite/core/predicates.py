"""Predicates of nodes for rules: is it a constant, is it a structural zero, how large is it?

Read next: rewrite_rule.py
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...graph import Node
from ...op import Constant, Size, Sizes, is_dim
from ...ops.join import refine_shape
from ...ops.literals import as_literal, is_structural_zero, literal_value, may_be_literal, rearranges, repeated_scalar
from ...ops.views import filled

__all__ = [
    "as_literal",
    "as_sized",
    "full",
    "is_structural_zero",
    "literal_value",
    "may_be_literal",
    "rearranges",
    "repeated_scalar",
    "structural_zeros_in_place_of",
    "structural_zeros_of",
    "widens",
]  # fmt: skip


def full(value: Node, like: Node, sizes: Sizes) -> Node | None:
    """A value in the shape of a node, without depending on the node; None if its shape is data-dependent."""
    if value.ndim == like.ndim:
        return value
    given = sizes(like)
    if any(is_dim(size) and size.inputs[0] is like for size in given):
        return None
    made: Node = filled(value, given)
    return made


def as_sized(new: Node, old: Node) -> Node:
    """``new``, known to have the sizes that ``old``, in whose place it comes, has; a rewrite may have lost them."""
    if new.type is old.type or new.items is not None or new.ndim != old.ndim:
        return new
    return refine_shape(new, old.type.shape)


def structural_zeros_in_place_of(node: Node, sizes: Sizes) -> Node | None:
    """The structural zero of a node's type and sizes; None as for ``full``."""
    return full(structural_zeros_of(node.dtype, ()), node, sizes)


def structural_zeros_of(dtype: str, sizes: Sequence[Size]) -> Node:
    """The structural zeros of a dtype and shape."""
    made: Node = filled(Constant(np.zeros((), dtype), structural=True, lines=()), sizes)
    return made


def widens(narrow: str, wide: str) -> bool:
    """True if every float of one dtype is one of the other."""
    return narrow == wide or (narrow, wide) in {("float32", "float64"), ("float16", "float32"), ("float16", "float64")}


# Whoever keeps graphs asks often, and building ``bool | int | ...`` anew takes longer than looking.
_PLAIN = (bool, int, float, str, type(None))


def is_plain(value: object) -> bool:
    """True if the printed form of a parameter says all about it."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return isinstance(value, _PLAIN)

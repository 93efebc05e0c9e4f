"""Triangles and diagonals of matrices: their elements, and structural zeros elsewhere.

Read next: cholesky.py
"""

from __future__ import annotations

from typing import Any

from ...graph import Node
from ..creation import arange
from ..logic import STRUCTURAL_ZERO, eq, ge, le, where


def lower_triangle(x: Node, k: int) -> Node:
    """Matrices with zeros above a diagonal."""
    return where(le(_offsets(x), k), x, STRUCTURAL_ZERO)


def upper_triangle(x: Node, k: int) -> Node:
    """Matrices with zeros below a diagonal."""
    return where(ge(_offsets(x), k), x, STRUCTURAL_ZERO)


def is_diagonal(x: Node) -> Node:
    """True on the main diagonal of matrices."""
    made: Node = eq(_offsets(x), 0)
    return made


def _offsets(x: Node) -> Any:
    """How far every element lies to the right of the main diagonal."""
    rows, columns = (arange(0, size, 1, dtype="int64") for size in x.shape[-2:])
    return columns.dimshuffle("x", 0) - rows.dimshuffle(0, "x")

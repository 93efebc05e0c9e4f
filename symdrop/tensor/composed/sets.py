"""Sets of values: vectors of different elements in ascending order, of a size that the values decide.

Read next: segments.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...graph import Node
from ...op import as_node
from ..arguments import vector
from ..elementwise import neq, where
from ..extrema import argmax
from ..indexing import nonzero
from ..joining import concatenate, flip
from ..reductions import any as any_over
from .comparisons import isin
from .ordering import unique
from .rolling import diff


class UniqueAll(NamedTuple):
    """The different elements, the first place of each, the number of every element among them, and the counts."""

    values: Node
    indices: Node
    inverse_indices: Node
    counts: Node


class UniqueCounts(NamedTuple):
    """The different elements and how often each occurs."""

    values: Node
    counts: Node


class UniqueInverse(NamedTuple):
    """The different elements, and the number of every element among them."""

    values: Node
    inverse_indices: Node


@public
def unique_all(x: Any) -> UniqueAll:
    """The different elements of x with all that ``unique`` knows about them.

    Args:
        x: a tensor, which is flattened.

    Returns:
        A tuple with the fields ``values``, ``indices``, ``inverse_indices`` and ``counts``.
    """
    return UniqueAll(*unique(x, True, True, True))


@public
def unique_counts(x: Any) -> UniqueCounts:
    """The different elements of x and how often each occurs.

    Args:
        x: a tensor, which is flattened.

    Returns:
        A tuple with the fields ``values`` and ``counts``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.unique_counts(T.constant([2, 1, 2])).counts.eval().tolist()
        [1, 2]
    """
    return UniqueCounts(*unique(x, return_counts=True))


@public
def unique_inverse(x: Any) -> UniqueInverse:
    """The different elements of x, and the number of every element among them.

    Args:
        x: a tensor, which is flattened.

    Returns:
        A tuple with the fields ``values`` and ``inverse_indices``.
    """
    return UniqueInverse(*unique(x, return_inverse=True))


@public
def unique_values(x: Any) -> Node:
    """The different elements of x in ascending order.

    Args:
        x: a tensor, which is flattened.

    Returns:
        A vector.
    """
    made: Node = unique(x)
    return made


@public
def union1d(ar1: Any, ar2: Any) -> Node:
    """The elements that are in one of two tensors.

    Args:
        ar1: a tensor, which is flattened.
        ar2: another one.

    Returns:
        A vector in ascending order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.union1d(T.constant([3, 1]), T.constant([1, 2])).eval().tolist()
        [1, 2, 3]
    """
    return unique_values(concatenate([as_node(ar1).flatten(), as_node(ar2).flatten()], 0))


@public
def intersect1d(ar1: Any, ar2: Any) -> Node:
    """The elements that are in both of two tensors.

    Args:
        ar1: a tensor, which is flattened.
        ar2: another one.

    Returns:
        A vector in ascending order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.intersect1d(T.constant([3, 1, 1]), T.constant([1, 2])).eval().tolist()
        [1]
    """
    first = unique_values(ar1)
    return first[nonzero(isin(first, ar2))[0]]


@public
def setdiff1d(ar1: Any, ar2: Any) -> Node:
    """The elements of one tensor that are not in another.

    Args:
        ar1: a tensor, which is flattened.
        ar2: the other one.

    Returns:
        A vector in ascending order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.setdiff1d(T.constant([3, 1, 1]), T.constant([1, 2])).eval().tolist()
        [3]
    """
    first = unique_values(ar1)
    return first[nonzero(isin(first, ar2, invert=True))[0]]


@public
def setxor1d(ar1: Any, ar2: Any) -> Node:
    """The elements that are in exactly one of two tensors.

    Args:
        ar1: a tensor, which is flattened.
        ar2: another one.

    Returns:
        A vector in ascending order.

    Example:
        >>> import symdrop.tensor as T
        >>> T.setxor1d(T.constant([3, 1]), T.constant([1, 2])).eval().tolist()
        [2, 3]
    """
    return union1d(setdiff1d(ar1, ar2), setdiff1d(ar2, ar1))


@public
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Node:
    """The differences of neighbouring elements, between values before and after them.

    Args:
        ary: a tensor, which is flattened.
        to_end: what follows, a vector or number.
        to_begin: what comes first.

    Returns:
        A vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.ediff1d(T.constant([1, 2, 4]), to_end=9).eval().tolist()
        [1, 2, 9]
    """
    made = diff(as_node(ary).flatten())
    around = [None if one is None else as_node(one).flatten().astype(made.dtype) for one in (to_begin, to_end)]
    parts = [one for one in (around[0], made, around[1]) if one is not None]
    return concatenate(parts, 0) if len(parts) > 1 else made


@public
def trim_zeros(filt: Any, trim: str = "fb") -> Node:
    """A vector without the zeros at its ends.

    Args:
        filt: a vector.
        trim: "f" drops those in front, "b" those at the back.

    Returns:
        A vector of a size that the values decide.

    Example:
        >>> import symdrop.tensor as T
        >>> T.trim_zeros(T.constant([0, 1, 0, 2, 0])).eval().tolist()
        [1, 0, 2]
    """
    node = vector("trim_zeros", filt)
    full = neq(node, 0)
    size = node.shape[0]
    some = any_over(full)
    begin = argmax(full) if "f" in str(trim).lower() else as_node(0)
    end = as_node(size) - (argmax(flip(full)) if "b" in str(trim).lower() else as_node(0))
    return node[where(some, begin, 0) : where(some, end, 0)]


__all__ = [
    "ediff1d", "intersect1d", "setdiff1d", "setxor1d", "trim_zeros", "union1d", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip

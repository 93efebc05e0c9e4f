"""``theano.gof.utils``: small helpers that scripts borrowed.

Read next: ../replacement.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ...binding import public

Item = TypeVar("Item")


class MethodNotDefined(Exception):
    """The error of an op that lacks a method."""


class scratchpad:
    """An object on which anything may be written."""

    def clear(self) -> None:
        """Forget everything."""
        vars(self).clear()

    def __update__(self, other: Any) -> scratchpad:
        vars(self).update(vars(other))
        return self


@public
def uniq(seq: Iterable[Item]) -> list[Item]:
    """The elements in order, each once; they are compared, not hashed.

    Args:
        seq: anything with elements.

    Returns:
        A list.

    Example:
        >>> uniq([[1], [2], [1]])
        [[1], [2]]
    """
    found: list[Item] = []
    for one in seq:
        if one not in found:
            found.append(one)
    return found


@public
def difference(seq1: Iterable[Item], seq2: Iterable[Item]) -> list[Item]:
    """The elements of the first that are not among those of the second.

    Args:
        seq1, seq2: anything with elements.

    Returns:
        A list.

    Example:
        >>> difference([1, 2, 3], [2])
        [1, 3]
    """
    others = list(seq2)
    return [one for one in seq1 if one not in others]


@public
def flatten(a: Any) -> list[Any]:
    """The elements of lists, tuples and sets in one another, in one list.

    Args:
        a: anything.

    Returns:
        A list.

    Example:
        >>> flatten([1, (2, [3])])
        [1, 2, 3]
    """
    return [leaf for one in a for leaf in flatten(one)] if isinstance(a, list | tuple | set) else [a]

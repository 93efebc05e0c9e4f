"""Shape guards: what has to hold of sizes before anything is computed.

A function that serves every size compares, once a call, what its graph takes for equal. An op declares the guards that
its formula's own checks amount to::

    @specify_shape.guards
    def specify_shape_guards(sizes, y, x, *given, axes):
        for axis in axes:
            yield equal(sizes(x)[axis], sizes(y)[axis])

Read next: index_maps.py
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .base import Size


class Guard(NamedTuple):
    """A condition on sizes.

    Attributes:
        kind: "equal" where the products of two lots of sizes are equal, "some" where no size is 0, "least" where none
            is negative.
        first, second: the sizes.
    """

    kind: Literal["equal", "some", "least"]
    first: tuple[Size, ...]
    second: tuple[Size, ...] = ()


def equal(first: Size, second: Size) -> Guard:
    """Two sizes are equal."""
    return Guard("equal", (first,), (second,))

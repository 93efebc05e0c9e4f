"""The maximum whose gradient goes to one element: the first of the largest, as pooling has it.

Read next: ../nnet.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...graph import Node
from ...op import as_node, convert, reduction
from ...types import is_float
from ..creation import arange
from ..logic import STRUCTURAL_ZERO, eq, isnan, where
from ..reduce import Axes, along, extremum_samples, min_

# Positions are counted in 32 bits: windows are small, and narrow numbers are quick.
POSITION = "int32"
BEHIND_ALL = 2**31 - 1


@reduction(accepts_empty=False, nonnegative_if=(0,), combine="max")
def first_max(m: Any, x: Any, *, axis: Axes) -> Any:
    """Largest element along axes, NaN if there is one; the first such element in C order receives the gradient."""
    return m.max(x, axis=axis)


@first_max.pullback
def first_max_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    if not axis:
        return g
    largest = eq(x, along(x, y, axis))
    if is_float(x.dtype):
        largest = largest | isnan(x)
    place = _positions(x, axis)
    first = min_(where(largest, place, np.int32(BEHIND_ALL)), axis=axis)
    return where(eq(place, along(x, first, axis)), along(x, g, axis), STRUCTURAL_ZERO)


def _positions(x: Node, axis: Axes) -> Node:
    """The number of every element among those that are compared with it, in C order; size 1 along other axes."""
    made: Any = 0
    for one in axis:
        pattern = tuple(0 if k == one else "x" for k in range(x.ndim))
        number = arange(0, x.shape[one], 1, dtype=POSITION).dimshuffle(*pattern)
        made = made * convert(as_node(x.shape[one]), POSITION) + number if isinstance(made, Node) else number
    assert isinstance(made, Node)
    return made


@first_max.samples
def first_max_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from extremum_samples(rng, dtype)

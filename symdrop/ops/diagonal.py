"""A diagonal of a matrix, or of all matrices in a tensor: a view along two axes at once.

Read next: combined_scatter.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError
from ..graph import Node
from ..op import Batched, BatchedResult, IndexSpace, Size, Sizes, as_node, view
from ..types import TensorType
from .arithmetic import maximum, minimum
from .barriers import structural_zeros_like
from .creation import arange
from .scatter import set_subtensor
from .views import dimshuffle


@view
def diagonal(m: Any, x: Any, *, offset: int) -> Any:
    """The elements of the first two axes whose second index exceeds the first by ``offset``, along a new last axis."""
    return m.diagonal(x, offset, 0, 1)


@diagonal.infer
def diagonal_type(x: Node, *, offset: int) -> TensorType:
    if x.ndim < 2:
        raise GraphTypeError(f"a diagonal is that of a matrix, not of {x.type}")
    rows, columns, *others = x.type.shape
    known = None if rows is None or columns is None else max(0, min(rows - _down(offset), columns - _right(offset)))
    return TensorType(x.dtype, (*others, known))


def _down(offset: int) -> int:
    return max(-offset, 0)


def _right(offset: int) -> int:
    return max(offset, 0)


@diagonal.sizes
def diagonal_sizes(sizes: Sizes, x: Node, *, offset: int) -> Sequence[Size | None]:
    rows, columns, *others = sizes(x)
    down, right = _down(offset), _right(offset)
    ends = [as_node(size) - by if by else as_node(size) for size, by in ((rows, down), (columns, right))]
    shortest = ends[0] if rows is columns and not offset else minimum(*ends)
    return (*others, maximum(shortest, 0) if offset else shortest)


@diagonal.indexing_map
def diagonal_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *, offset: int) -> tuple[Any, ...]:
    return (at[-1] + _down(offset), at[-1] + _right(offset), *at[:-1])


# A rule of its own: the pullback then writes all diagonals at once.
@diagonal.batching
def diagonal_batching(rows: Node, y: Node, x: Batched, *, offset: int) -> BatchedResult:
    # Behind the two axes the examples are one axis more, which comes first in what is read.
    return diagonal(dimshuffle(x.value, pattern=(1, 2, 0, *range(3, x.value.ndim))), offset=offset)


@diagonal.pullback
def diagonal_pullback(g: Any, y: Node, x: Node, *, offset: int) -> Any:
    along = arange(0, y.shape[-1], 1, dtype="int64")
    first = g.dimshuffle(g.ndim - 1, *range(g.ndim - 1))
    rows, columns = along + _down(offset), along + _right(offset)
    return set_subtensor(structural_zeros_like(x), first, rows, columns, entries=("a", "a"))


@diagonal.samples
def diagonal_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (3, 4, 2)).astype(dtype)
    yield (x[:, :, 0],), {"offset": 0}
    yield (x,), {"offset": 1}
    yield (x,), {"offset": -1}
    yield (x[:, :, 0],), {"offset": 5}
    yield (x[:1, :1],), {"offset": 0}

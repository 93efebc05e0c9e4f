"""Recomputation: values that are not there before others are, so that what is computed of them is computed then.

    after(g arrived, x)     x, for whoever has the cotangent already

No rewrite sees through ``after``: what is computed of it is another value than what is computed of x, and so it is
not kept from the way forward. Compiled, it is a read of x and of one element of g.

Read next: call.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, IndexSpace, Size, Sizes, elementwise, view
from ...types import TensorType
from ..barriers import structural_zeros_like
from ..logic import neq
from ..scatter import inc_subtensor
from ..views import Index


@view
def corner(m: Any, x: Any) -> Any:
    """The first element of x in C order; 0 if there is none."""
    return x.reshape(-1)[0] if x.size else m.zeros((), x.dtype)


@corner.infer
def corner_type(x: Node) -> TensorType:
    return TensorType(x.dtype, ())


@corner.sizes
def corner_sizes(sizes: Sizes, x: Node) -> Sequence[Size | None]:
    return ()


@corner.indexing_map
def corner_map(i: IndexSpace, at: Index, x: Node) -> Index:
    return tuple(i.within(0, size) for size in i.sizes(x))


@corner.pullback
def corner_pullback(g: Any, y: Node, x: Node) -> Any:
    return inc_subtensor(structural_zeros_like(x), g, *[0] * x.ndim, entries=("i",) * x.ndim) if x.ndim else g


@corner.samples
def corner_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((2, 3), (1, 3), (4,)):
        yield (rng.uniform(-2, 2, shape).astype(dtype),), {}


@elementwise(condition=True)
def after(m: Any, there: Any, x: Any) -> Any:
    """x, computed of by nobody before ``there`` is known, whatever that is."""
    return x


@after.pullback
def after_pullback(g: Any, y: Any, there: Any, x: Any) -> Any:
    return ZERO, g


def when_known(values: Sequence[Node]) -> Node:
    """A truth value that is known when some values are."""
    return reduce(or_, [neq(corner(value), 0) for value in values])

"""Order along an axis.

Sorting is gathering in the order that ``argsort`` finds, so the order is all that needs an op.

Read next: nnet.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..op import ZERO, Size, Sizes, structured
from ..types import TensorType


@structured(axis_params=("axis",))
def argsort(m: Any, x: Any, *, axis: int) -> Any:
    """The positions along an axis in the order that sorts x, NaN last; equal elements keep their order."""
    return m.argsort(x, axis=axis, stable=True)


@argsort.infer
def argsort_type(x: Node, *, axis: int) -> TensorType:
    return TensorType("int64", x.type.shape)


@argsort.sizes
def argsort_sizes(sizes: Sizes, x: Node, *, axis: int) -> Sequence[Size | None]:
    return sizes(x)


@argsort.pullback
def argsort_pullback(g: Any, y: Node, x: Node, *, axis: int) -> Any:
    return ZERO


@argsort.samples
def argsort_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis in (((5,), 0), ((2, 3), 1), ((4, 1), 0), ((3, 0), 1), ((1, 2, 3), 1)):
        yield (rng.uniform(0, 9, shape).astype(dtype),), {"axis": axis}

"""Softmax and its logarithm, over the last axis.

Both subtract the largest element first, so that no exponential overflows, and both have
pullbacks in terms of their own value.

Read next: threefry.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..op import Size, Sizes, Structured, convert
from ..types import TensorType, float_dtype
from .functions import exp
from .reduce import MINUS_INFINITY, along, sum_


class RowFunction(Structured):
    """An op that turns every row of floats, a vector along the last axis, into a row as long."""

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        return [convert(node, float_dtype(node.dtype)) for node in inputs]

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        (x,) = inputs
        if x.ndim == 0:
            raise ShapeError("a scalar has no last axis; expected a tensor with at least one axis")
        return TensorType(x.dtype, x.type.shape)

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        return sizes(node.inputs[0])


def _below_zero(m: Any, x: Any) -> Any:
    return x - m.max(x, axis=-1, keepdims=True, initial=MINUS_INFINITY)


def _softmax(m: Any, x: Any) -> Any:
    """Every row as probabilities: exp(x) / sum(exp(x)) over the last axis."""
    weights = m.exp(_below_zero(m, x))
    return weights / m.sum(weights, axis=-1, keepdims=True)


def _log_softmax(m: Any, x: Any) -> Any:
    """The logarithm of softmax: x - logsumexp(x) over the last axis."""
    x = _below_zero(m, x)
    return x - m.log(m.sum(m.exp(x), axis=-1, keepdims=True))


softmax = RowFunction(_softmax, name="softmax", bounds=(0, 1), composed=True, axis_params=())
log_softmax = RowFunction(_log_softmax, name="log_softmax", composed=True, axis_params=())


@softmax.pullback
def softmax_pullback(g: Any, y: Node, x: Node) -> Any:
    return y * (g - _row_sum(y * g))


@log_softmax.pullback
def log_softmax_pullback(g: Any, y: Node, x: Node) -> Any:
    return g - exp(y) * _row_sum(g)


def _row_sum(x: Node) -> Node:
    """The sum over the last axis, repeated along it."""
    last = (x.ndim - 1,)
    return along(x, sum_(x, axis=last), last)


@softmax.samples
@log_softmax.samples
def row_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((4,), (2, 3), (2, 1), (2, 2, 3), (0, 3), (2, 0)):
        yield (rng.uniform(-2, 2, shape).astype(dtype),), {}
    if np.dtype(dtype).kind == "f":
        yield (np.array([[1000, 999, -1000], [-1000, -1000, -1001]], dtype),), {}

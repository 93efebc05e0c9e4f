"""Attention: means of values, weighted by the softmax of scores of queries and keys.

    out = kept(softmax(q @ k.T + bias)) @ v          for every query of every head

The formula says what it is; ops/attention/streamed.py what native code does, which never holds the scores of all pairs
of queries and keys. For the way back the op also gives the logarithm of the sum that a row of the softmax divides by.

Source: A. Vaswani et al., "Attention is all you need", NIPS 2017.

Read next: streamed.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Sizes
from ...types import TensorType, TupleType
from ..join import item
from ..linalg import matmul, transposed
from ..reduce import MINUS_INFINITY, along
from .gradient import attention_gradient
from .scores import Attention, attention_arrays, kept, optional, row_sum, scores, shape_of_scores, weights


def _attention(m: Any, q: Any, k: Any, v: Any, *given: Any, causal: bool, biased: bool, dropped: bool) -> Any:
    """Means of v weighted by softmax(q @ k.T + bias), and the logarithms of the sums that the softmax divides by."""
    bias, drop = optional(given, biased, dropped)
    shape_of_scores(q.shape, k.shape, v.shape, *(x.shape for x in given))
    score = scores(m, q, k, bias, causal)
    top = m.max(score, axis=-1, keepdims=True, initial=MINUS_INFINITY)
    top = m.where(top == MINUS_INFINITY, m.zeros_like(top), top)
    weight = m.exp(score - top)
    total = m.sum(weight, axis=-1, keepdims=True)
    # A query that sees no key has no weights.
    total = m.where(total == 0, m.ones_like(total), total)
    weight = weight / total
    if dropped:
        weight = m.where(drop, m.zeros_like(weight), weight)
    return m.matmul(weight, v), (top + m.log(total))[..., 0]


attention = Attention(_attention, name="attention", floats=3, axis_params=())


@attention.infer
def attention_type(q: Node, k: Node, v: Node, *given: Node, **params: Any) -> TupleType:
    shape = shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in given))
    return TupleType((TensorType(q.dtype, (*shape[:-1], v.type.shape[-1])), TensorType(q.dtype, shape[:-1])))


@attention.sizes
def attention_sizes(sizes: Sizes, q: Node, k: Node, v: Node, *given: Node, **params: Any) -> Sequence[Any]:
    return [(*sizes(q)[:-1], sizes(v)[-1]), sizes(q)[:-1]]


@attention.item_notation
def attention_item(node: Node, index: int) -> str:
    """The means, or the logarithms."""
    return "" if index == 0 else ".logsumexp"


@attention.pullback
def attention_pullback(
    g: Sequence[Any], y: Node, q: Node, k: Node, v: Node, *given: Node, causal: bool, biased: bool, dropped: bool
) -> Any:
    to_out, to_logs = g
    out, logs = (item(y, index=index) for index in (0, 1))
    bias, drop = optional(given, biased, dropped)
    params = {"causal": causal, "biased": biased, "dropped": dropped}
    found: list[Any] = [ZERO] * (3 + biased)
    if to_out is not ZERO:
        made = attention_gradient(q, k, v, out, logs, to_out, *given, **params)
        found[:3] = [item(made, index=index) for index in range(3)]
    if biased or to_logs is not ZERO:
        # The slopes of the scores are as many as these.
        weight = weights(q, k, bias, causal, logs)
        if biased and to_out is not ZERO:
            to_weight = kept(matmul(to_out, transposed(v)), drop)
            found[3] = weight * (to_weight - row_sum(to_out * out, k.shape[-2]))
        if to_logs is not ZERO:
            slope = weight * along(weight, to_logs, (q.ndim - 1,))
            parts = (matmul(slope, k), matmul(transposed(slope), q), ZERO, slope)
            found = [_sum(one, part) for one, part in zip(found, parts, strict=False)]
    return tuple(found)


def _sum(a: Any, b: Any) -> Any:
    return b if a is ZERO else a if b is ZERO else a + b


@attention.samples
def attention_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f":
        yield from ((tuple(arrays), params) for arrays, params in attention_arrays(rng, dtype))

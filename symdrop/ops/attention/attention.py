"""Attention: means of values, weighted by the softmax of scores of queries and keys.

    out = kept(softmax(q @ k.T + bias)) @ v          for every query of every head

The formula says what it is; ops/attention/streamed.py what native code does, which never holds the scores of all pairs
of queries and keys. For the way back the op also gives the logarithm of the sum that a row of the softmax divides by.

Source: A. Vaswani et al., "Attention is all you need", NIPS 2017.

Read next: operands.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Sizes
from ...types import TensorType, TupleType
from ..barriers import structural_zeros_like
from ..join import item
from ..reduce import MINUS_INFINITY, sum_
from .bias import attention_bias_gradient
from .gradient import attention_gradient
from .scores import Attention, attention_arrays, optional, scores, shape_of_scores


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
    params = {"causal": causal, "biased": biased, "dropped": dropped}
    # What arrives at a logarithm goes on by the weights, like what every weight of the row shares.
    sums = structural_zeros_like(logs) if to_out is ZERO else sum_(to_out * out, axis=(out.ndim - 1,))
    sums = sums if to_logs is ZERO else sums - to_logs
    inputs = (q, k, v, sums, logs, structural_zeros_like(out) if to_out is ZERO else to_out, *given)
    made = attention_gradient(*inputs, **params)
    found = [item(made, index=index) for index in range(3)]
    return (*found, attention_bias_gradient(*inputs, **params, summed=())) if biased else tuple(found)


@attention.samples
def attention_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f":
        yield from ((tuple(arrays), params) for arrays, params in attention_arrays(rng, dtype))
